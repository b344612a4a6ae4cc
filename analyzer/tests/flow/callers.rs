//! What callers decide: the space of a stored parameter, where a request was kept, what code runs as.

use super::audited;
use uioscope_analyzer::finding::{Finding, Space, Timing};

const SET: &str = "u->uio_segflg = UIO_USERSPACE; u->uio_procp = p;";

fn all(text: &str) -> Vec<Finding> {
    audited(&[("kern/a.c", text)]).findings.into_iter().filter(|f| f.path == "kern/a.c").collect()
}

/// The spaces of all stores, in order.
fn spaces(text: &str, want: &[Space]) {
    let found = all(text);
    let got: Vec<Space> = found.iter().filter_map(|f| f.space).collect();
    assert_eq!(got, want, "{text}\n{found:#?}");
}

/// The timing of the only load, and what its code runs as.
fn load(text: &str, timing: Timing, contexts: &str) {
    let found = all(text);
    let f = found.iter().find(|f| f.space.is_none()).expect("a load");
    let got: Vec<&str> = f.contexts.iter().map(|c| c.name()).collect();
    assert_eq!((f.timing, got.join(" ")), (timing, contexts.to_owned()), "{text}\n{f:#?}");
}

fn stored_by(caller: &str, want: Space) {
    spaces(&format!("static int f(struct proc *p, struct uio *u) {{ {SET} return 0; }}\n{caller}"), &[want]);
}

#[test]
fn a_parameter_is_what_the_callers_pass() {
    stored_by("int c(struct uio *u) { return f(curproc, u); }", Space::UserCurrent);
    stored_by("int c(struct uio *u) { return f(pfind(5), u); }", Space::UserOther);
    stored_by("int c(struct uio *u) { return f(&proc0, u); }", Space::Kernel);
    stored_by("int c(struct uio *u) { return f(NULL, u) + f(&proc0, u); }", Space::Kernel);
    stored_by("int c(struct uio *u) { return f(pfind(5), u) + f(curproc, u); }", Space::Mixed);
    stored_by("int c(struct uio *u, struct proc *p) { return f(p->p_pptr, u); }", Space::Unknown);
    stored_by("", Space::Unknown);
}

#[test]
fn through_as_many_calls_as_it_takes() {
    let deep = "int g(struct uio *u, struct proc *q) { return f(q, u); }\n\
                int h(struct proc *q, struct uio *u) { return q ? g(u, q) : h(q, u); }\n";
    stored_by(&format!("{deep}int c(struct uio *u) {{ return h(pfind(5), u); }}"), Space::UserOther);
    stored_by(
        &format!("{deep}int sys_c(struct proc *p, void *v, register_t *r) {{ return h(p, v); }}"),
        Space::UserCurrent,
    );
    stored_by(&format!("{deep}struct odd t = {{ h }};"), Space::Unknown);
}

#[test]
fn a_helper_and_a_local_struct_are_looked_into() {
    stored_by(
        "struct proc *find(int n) { return pfind(n); }\nint c(struct uio *u) { return f(find(5), u); }",
        Space::UserOther,
    );
    spaces(
        &format!(
            "static int f(struct arg *a, struct uio *u) {{ struct proc *p = a->a_p; {SET} return 0; }}\n\
             int c(struct uio *u) {{ struct arg a = {{ pfind(5) }}; return f(&a, u); }}"
        ),
        &[Space::UserOther],
    );
}

#[test]
fn ways_and_comparisons_count() {
    let own = |body: &str, want| {
        spaces(&format!("int f(struct uio *u, int n) {{ struct proc *p = curproc; {body} return 0; }}"), &[want])
    };
    own(&format!("{SET} p = pfind(n);"), Space::UserCurrent);
    own(&format!("if (n) p = pfind(n); {SET}"), Space::Mixed);
    own(&format!("if (n) p = pfind(n); if (p != curproc) {{ {SET} }}"), Space::UserOther);
    own(&format!("if (n) p = pfind(n); if (p == curproc) return 1; {SET}"), Space::UserOther);
}

#[test]
fn callers_set_the_companion() {
    let f = "static int f(struct proc *p, struct uio *u) { u->uio_procp = p; return 0; }\n";
    spaces(
        &format!(
            "{f}int sys_c(struct proc *p, void *v, register_t *r) {{ struct uio a; a.uio_segflg = UIO_USERSPACE; return f(p, &a); }}"
        ),
        &[Space::UserCurrent],
    );
    spaces(
        &format!("{f}int c(void) {{ struct uio a; a.uio_segflg = UIO_SYSSPACE; return f(curproc, &a); }}"),
        &[Space::Kernel],
    );
}

#[test]
fn a_daemon_is_not_the_requester() {
    let d = "static void d(void *v) { struct uio a; a.uio_segflg = UIO_USERSPACE; a.uio_procp = curproc; go(&a); }\n";
    spaces(&format!("{d}void i(void) {{ kthread_create1(d, 0, 0, \"d\"); }}"), &[Space::UserOther]);
    spaces(d, &[Space::UserCurrent]);
}

const SINK: &str = "static int sink(struct uio *u) { psignal(u->uio_procp, 1); return 0; }\n";

#[test]
fn requests_that_were_kept_outlive_the_call() {
    let kept = |caller: &str| {
        load(&format!("struct sc {{ struct uio *s_u; struct uio s_r; }};\n{SINK}{caller}"), Timing::MayOutlive, "")
    };
    kept("int c(struct sc *s) { return sink(s->s_u); }");
    kept("int c(struct sc *s) { return sink(&s->s_r); }");
    kept("int c(struct sc *s) { struct uio *u = TAILQ_FIRST(&s->s_q); return sink(u); }");
    kept("struct uio *get(struct sc *s) { return s->s_u; }\nint c(struct sc *s) { return sink(get(s)); }");
    kept("int b(struct uio *u) { return sink(u); }\nint c(struct sc *s) { struct uio a; return b(&a) + b(s->s_u); }");
    kept("static struct uio *g;\nint c(void) { return sink(g); }");
}

#[test]
fn requests_of_the_call_do_not() {
    let own =
        |caller: &str| load(&format!("struct sc {{ struct uio *s_u; }};\n{SINK}{caller}"), Timing::Synchronous, "");
    own("int c(void) { struct uio a; return sink(&a); }");
    own("int c(void) { struct uio *u = malloc(sizeof(*u)); return sink(u); }");
    own(
        "static int b(struct sc *s) { return sink(s->s_u); }\nint c(struct uio *u) { struct sc s; s.s_u = u; return b(&s); }",
    );
}

#[test]
fn registrations_say_what_code_runs_as() {
    let run = |caller: &str, timing, contexts: &str| load(&format!("{SINK}{caller}"), timing, contexts);
    let late = "static void late(void *v) { struct uio a; sink(&a); }\n";
    run(&format!("{late}void i(void) {{ timeout(late, 0, 1); }}"), Timing::Synchronous, "callout");
    run(&format!("{late}void i(void *t) {{ TASK_INIT(t, 0, late, 0); }}"), Timing::Synchronous, "taskqueue");
    run(
        &format!(
            "{late}void i(void) {{ timeout(late, 0, 1); }}\nint sys_c(struct proc *p, void *v, register_t *r) {{ return sink(v); }}"
        ),
        Timing::Synchronous,
        "syscall callout",
    );
    run(
        "static void late(void *v) { sink(v); }\nvoid i(void *u) { timeout(late, u, 1); }",
        Timing::MayOutlive,
        "callout",
    );
}
