//! The flow at its own layer: what one load is used for, in trees of a few lines.

use uioscope_analyzer::finding::{Audit, Evidence, Finding, Implicit};
use uioscope_analyzer::packs::Pack;
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

#[path = "flow/callers.rs"]
mod callers;
#[path = "flow/calls.rs"]
mod calls;
#[path = "flow/doubts.rs"]
mod doubts;
#[path = "flow/hard.rs"]
mod hard;
#[path = "flow/memory.rs"]
mod memory;
#[path = "flow/null.rs"]
mod null;

const HEADER: &str = "struct proc { int p_pid; int p_nice; int p_siglist; void *p_fd; void *p_cred; void *p_stats;\n\
    void *p_vmspace; void *p_limit; struct proc *p_pptr; };\n\
    struct uio { int uio_resid; int uio_segflg; struct proc *uio_procp; };\n\
    struct arg { struct proc *a_p; int a_n; };\n\
    extern struct proc *curproc, proc0;\n";

/// An audit of some files beside the header.
fn audited(files: &[(&str, &str)]) -> Audit {
    let all = files.iter().chain(&[("sys/uio.h", HEADER)]);
    let tree = SourceTree::from_memory("t", all.map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect());
    let pack = Pack::builtin("4.4bsd").expect("a built-in pack");
    let options = Options { field: Some("uio.uio_procp".to_owned()), pack: Some(pack), ..Options::default() };
    audit(&tree, &options).expect("the field is declared")
}

/// The load at `path:line`.
fn load(files: &[(&str, &str)], place: &str) -> Finding {
    let found = audited(files).findings;
    let here = |f: &&Finding| format!("{}:{}", f.path, f.line) == place && f.space.is_none();
    found.iter().find(here).unwrap_or_else(|| panic!("no load at {place}: {found:#?}")).clone()
}

fn words(f: &Finding) -> String {
    sorted(f.roles.iter().map(|r| r.name()).collect())
}

fn sorted(mut words: Vec<&str>) -> String {
    words.sort_unstable();
    words.join(" ")
}

fn steps(list: &[Evidence]) -> Vec<String> {
    list.iter().map(|e| format!("{}:{} {}", e.path, e.line, e.step)).collect()
}

/// The roles of the load at a place.
fn check(files: &[(&str, &str)], place: &str, roles: &str) {
    let f = load(files, place);
    assert_eq!(words(&f), sorted(roles.split(' ').collect()), "{files:#?}\n{:?}\n{:#?}", f.notes, steps(&f.evidence));
}

/// What `g` does with a load that it is handed; `text` defines it.
fn handed(text: &str, roles: &str) {
    check(&[("kern/a.c", &format!("int f(struct uio *u) {{ return g(u->uio_procp); }}\n{text}"))], "kern/a.c:1", roles);
}

/// What becomes of `p`, which is loaded in the function's first line, in the rest of it; `before` stands ahead.
fn local(before: &str, rest: &str, roles: &str) {
    let head = before.matches('\n').count() + 1;
    let text = format!("{before}int f(struct uio *u) {{ struct proc *p = u->uio_procp, *q;\n{rest}\n}}\n");
    check(&[("kern/a.c", &text)], &format!("kern/a.c:{head}"), roles);
}

/// A reason of that text stands at the load.
fn noted(files: &[(&str, &str)], place: &str, note: &str) {
    let f = load(files, place);
    assert!(f.notes.iter().any(|n| n.to_string().contains(note)), "{note}: {:#?}", f.notes);
}

/// What is said of the local requests that were never set: their places.
fn unset(text: &str) -> Vec<(u32, String)> {
    let src = "vop_read {\n\tIN struct vnode *vp;\n\tINOUT struct uio *uio;\n};\n";
    let all = audited(&[("kern/a.c", text), ("kern/vnode_if.src", src)]).findings;
    let of_kind = all.iter().filter(|f| f.implicit == Some(Implicit::Unset));
    of_kind.map(|f| (f.line, f.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))).collect()
}

#[test]
fn macros() {
    local("#define M(a, b, c) ((b)->p_pid + (a))\n", "return M(1, p, 2);", "process-id");
    local("#define T(p) ((p) ? (p)->p_nice : 0)\n", "return T(p);", "presence scheduling");
    local("#define S(q) do { if ((q)->p_siglist) psignal((q), 1); } while (0)\n", "S(p);", "signal");
    local("#define N(q) M((q), 0)\n#define M(a, b) ((a)->p_pid)\n", "return N(p);", "process-id");
}

#[test]
fn macros_that_leave() {
    local("#define C(q, l) if ((q) == NULL) goto l\n", "C(p, out); p->p_fd = 0; out: return 0;", "presence files");
    local("#define R(q) if ((q) != curproc) return (1)\n", "R(p);", "identity");
}

#[test]
fn macros_for_paths() {
    local("#define p_who p_pptr->p_cred\n", "return p->p_who != 0;", "process-id");
    let text = "#define PROC(s) (s)->uio_procp\nint f(struct uio *u) { return PROC(u)->p_nice; }\n";
    check(&[("kern/a.c", text)], "kern/a.c:2", "scheduling");
}

#[test]
fn macros_by_configuration() {
    let before = "#ifdef A\n#define M(p) ((p)->p_pid)\n#else\n#define M(p) ((p)->p_fd)\n#endif\n";
    local(before, "return M(p);", "files process-id");
    handed("#define g(p) g((p), 0)\nint g(struct proc *p, int n) { return p->p_nice; }\n", "scheduling");
    local("#define M(p) N(p)\n#define N(p) M(p)\n", "return M(p);", "opaque");
}

/// Roles that need something: `role if condition`, with `!` where it is for debugging.
fn conditions(text: &str, want: &[&str]) {
    let f = load(&[("kern/a.c", text)], "kern/a.c:1");
    let say = |c: &uioscope_analyzer::finding::RoleCondition| -> String {
        format!("{}{} if {}", if c.diagnostic { "!" } else { "" }, c.role.name(), c.when)
    };
    assert_eq!(f.role_conditions.iter().map(say).collect::<Vec<_>>(), want, "{text}");
}

#[test]
fn what_must_be_configured() {
    let load = "int f(struct uio *u) { return g(u->uio_procp); }\n";
    conditions(
        &format!(
            "{load}int g(struct proc *p) {{\n#ifdef DIAGNOSTIC\nif (p == NULL) panic(\"\");\n#endif\nreturn p->p_pid; }}\n"
        ),
        &["!presence if DIAGNOSTIC"],
    );
    conditions(
        &format!(
            "{load}int g(struct proc *p) {{\n#ifdef NFS\nh(p);\n#endif\nreturn p->p_pid; }}\nint h(struct proc *p) {{ return p->p_nice; }}\n"
        ),
        &["scheduling if NFS"],
    );
    let never = "int f(struct uio *u) { return g(u->uio_procp); }\n\
        int g(struct proc *p) {\n#ifdef DIAGNOSTIC\nh(p);\n#endif\nreturn p->p_pid; }\n\
        int h(struct proc *p) {\n#ifndef DIAGNOSTIC\nreturn p->p_nice;\n#endif\n}\n";
    check(&[("kern/a.c", never)], "kern/a.c:1", "process-id");
    conditions(never, &[]);
}
