//! How sure a role is: as sure as the surest way to it.

use super::audited;

/// Each role of the only load with how sure it is.
fn check(text: &str, want: &str) {
    let found = audited(&[("kern/a.c", text)]).findings;
    let f = found.iter().find(|f| f.path == "kern/a.c" && f.space.is_none()).expect("a load");
    let got: Vec<String> = f.roles.iter().map(|r| f.shown(*r)).collect();
    assert_eq!(got.join(", "), want, "{text}\n{f:#?}");
}

const LOAD: &str = "void f(struct uio *u, struct vn *v) { g(u->uio_procp, v); }\n";

#[test]
fn calls_and_members_are_certain() {
    check(
        &format!("void h(struct proc *q) {{ psignal(q, 1); }}\nvoid g(struct proc *p) {{ h(p); }}\n{LOAD}"),
        "signal",
    );
}

#[test]
fn one_of_several_functions_is_not() {
    let with = |n: usize| {
        let tables: String = (0..n)
            .map(|i| {
                let does = if i == 0 { "psignal(p, 1)" } else { "p->p_nice++" };
                format!("static void m{i}(struct proc *p) {{ {does}; }}\nstruct ops t{i} = {{ m{i} }};\n")
            })
            .collect();
        format!(
            "struct ops {{ void (*o_f)(struct proc *); }};\nstruct vn {{ struct ops *v_ops; }};\n{tables}\
             void g(struct proc *p, struct vn *v) {{ v->v_ops->o_f(p); }}\n{LOAD}"
        )
    };
    check(&with(1), "signal");
    check(&with(3), "likely signal, likely scheduling");
    check(&with(6), "possible signal, possible scheduling, opaque");
}

#[test]
fn a_surer_way_counts() {
    let text = "struct ops { void (*o_f)(struct proc *); };\nstruct vn { struct ops *v_ops; };\n\
                static void a(struct proc *p) { psignal(p, 1); }\nstatic void b(struct proc *p) { p->p_nice++; }\n\
                struct ops ta = { a }, tb = { b };\n\
                static void last(struct proc *p) { psignal(p, 1); }\nstatic void next(struct proc *p) { last(p); }\n\
                void g(struct proc *p, struct vn *v) { v->v_ops->o_f(p); next(p); }\n";
    check(&format!("{text}{LOAD}"), "signal, likely scheduling");
}

#[test]
fn a_struct_that_anybody_holds_is_possible() {
    let text = "struct softc { struct proc *s_p; };\n\
                void g(struct proc *p, struct softc *s) { s->s_p = p; }\n\
                void tick(struct softc *s) { psignal(s->s_p, 1); }\n";
    check(&format!("{text}{LOAD}"), "possible signal, escape");
}

#[test]
fn what_comes_back_to_any_caller_is_possible() {
    let text = "struct proc *same(struct proc *p) { return p; }\n\
                void g(struct proc *p, struct vn *v) { same(p); }\n\
                void other(void) { psignal(same(curproc), 1); }\n";
    check(&format!("{text}{LOAD}"), "possible signal");
}
