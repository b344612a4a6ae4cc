//! From function to function.

use super::{check, handed, load, local, noted, steps};
use std::fmt::Write;
use uioscope_analyzer::finding::Timing;

#[test]
fn callees() {
    handed("int g(p)\n\tstruct proc *p;\n{\n\treturn p->p_pid;\n}\n", "process-id");
    handed(
        "int\ng(struct proc *p)\n{\n\treturn h(0, p);\n}\nint h(int a, struct proc *q) { return q->p_nice; }\n",
        "scheduling",
    );
    handed("int g(struct proc *p) { return 0; }\n", "unused");
    handed("", "opaque");
    local("", "return psignal(p, 1);", "signal");
}

#[test]
fn which_callee() {
    let f = "int f(struct uio *u) { return g(u->uio_procp); }\n";
    let own = format!("{f}static int g(struct proc *p) {{ return p->p_pid; }}\n");
    let (pid, nice) = ("int g(struct proc *p) { return p->p_pid; }\n", "int g(struct proc *p) { return p->p_nice; }\n");
    check(&[("kern/a.c", &own), ("kern/b.c", nice)], "kern/a.c:1", "process-id");
    check(&[("kern/a.c", f), ("kern/b.c", &format!("static {nice}")), ("dev/c.c", pid)], "kern/a.c:1", "process-id");
    check(&[("kern/a.c", f), ("kern/b.c", nice), ("dev/c.c", pid)], "kern/a.c:1", "scheduling");
    let ports = [("kern/a.c", f), ("arch/x/m.c", pid), ("arch/y/m.c", nice), ("arch/x/a.c", f)];
    check(&ports, "kern/a.c:1", "scheduling process-id");
    check(&ports, "arch/x/a.c:1", "process-id");
}

#[test]
fn variable_arguments() {
    let text = "int f(struct uio *u) { return g(0, u->uio_procp); }\nint g(int a, ...) { return a; }\n";
    check(&[("kern/a.c", text)], "kern/a.c:1", "opaque");
    noted(&[("kern/a.c", text)], "kern/a.c:1", "argument 1 of g()");
}

#[test]
fn recursion() {
    handed("int g(struct proc *p)\n{\n\treturn p ? g(p->p_pptr) : g(p);\n}\n", "presence process-id");
    handed(
        "int g(struct proc *p) { return h(p); }\nint h(struct proc *p) { return p->p_nice ? 1 : g(p); }\n",
        "scheduling",
    );
    handed("int g(struct proc *p) { return g(p); }\n", "unused");
}

#[test]
fn ways_name_each_call() {
    let text = "int f(struct uio *u) { return g(u->uio_procp); }\nint g(struct proc *p) { return h(p); }\nint h(struct proc *p) { return p->p_pid; }\n";
    let f = load(&[("kern/a.c", text)], "kern/a.c:1");
    assert_eq!(steps(&f.ways[0].steps), ["kern/a.c:1 arg:g#0", "kern/a.c:2 arg:h#0", "kern/a.c:3 member:p_pid"]);
    assert_eq!(f.timing, Timing::Synchronous);
}

#[test]
fn returned_to_callers() {
    let get = "struct proc *\nget(struct uio *u) { return u->uio_procp; }\n";
    let user = "int f(struct uio *u)\n{\n\treturn get(u)->p_pid;\n}\n";
    check(&[("kern/a.c", get), ("kern/b.c", user)], "kern/a.c:2", "process-id");
    let twice = "struct proc *\ntwo(struct uio *u) { return get(u); }\nint f(struct uio *u) { struct proc *p = two(u); return p->p_nice; }\n";
    check(&[("kern/a.c", get), ("kern/b.c", twice)], "kern/a.c:2", "scheduling");
    check(&[("kern/a.c", get)], "kern/a.c:2", "opaque");
    noted(&[("kern/a.c", get)], "kern/a.c:2", "whose callers are not seen");
}

#[test]
fn left_behind_an_argument() {
    let text = "void get(struct uio *u, struct proc **pp) { *pp = u->uio_procp; }\n\
        int f(struct uio *u) { struct proc *p; get(u, &p); return p->p_pid; }\n";
    check(&[("kern/a.c", text)], "kern/a.c:1", "process-id");
    let text = "void get(struct uio *u, struct proc **pp) { *pp = u->uio_procp; }\n\
        int f(struct uio *u, struct proc **pp) { get(u, pp); return 0; }\n";
    check(&[("kern/a.c", text)], "kern/a.c:1", "opaque");
}

const IF: &str = "vop_x {\n\tIN struct vnode *vp;\n\tIN struct proc *p;\n};\n";
const VOP: &str = "struct vop_x_args { struct vnode *a_vp; struct proc *a_p; };\n";

/// A file system whose operation does something.
fn fs(name: &str, does: &str) -> (String, String) {
    let text = format!(
        "int {name}_x(struct vop_x_args *ap) {{ {does} }}\nstruct e t[] = {{\n\t{{ &vop_x_desc, {name}_x }},\n}};\n"
    );
    (format!("{name}/vnops.c"), text)
}

fn operation(from: &str, systems: &[(String, String)], roles: &str) {
    let call = "int f(struct uio *u, struct vnode *vp) { return VOP_X(vp, u->uio_procp); }\n";
    let mut files = vec![(from, call), ("kern/vnode_if.src", IF), ("sys/vnode.h", VOP)];
    files.extend(systems.iter().map(|(p, t)| (p.as_str(), t.as_str())));
    check(&files, &format!("{from}:1"), roles);
}

#[test]
fn vnode_operations() {
    let few = [fs("a", "return ap->a_p->p_pid;"), fs("b", "struct proc *p = ap->a_p; return p->p_nice;")];
    operation("kern/k.c", &few, "scheduling process-id");
    operation("kern/k.c", &[], "opaque");
    let names = ["a", "b", "c", "d", "e", "g"];
    let many = names.map(|n| fs(n, if n == "a" { "return ap->a_p->p_pid;" } else { "return ap->a_p->p_nice;" }));
    operation("kern/k.c", &many, "opaque");
    operation("a/k.c", &many, "process-id opaque");
    let same = names.map(|n| fs(n, "return ap->a_p->p_pid;"));
    operation("kern/k.c", &same, "process-id opaque");
}

#[test]
fn operations_of_an_included_file() {
    let table = "#define READ ffs_x\n#include \"../rw.c\"\nstruct e t[] = {\n\t{ &vop_x_desc, ffs_x },\n};\n";
    let rw = "int\nREAD(struct vop_x_args *ap)\n{\n\treturn ap->a_p->p_pid;\n}\n";
    operation("kern/k.c", &[("ffs/t.c".into(), table.into()), ("rw.c".into(), rw.into())], "process-id");
}

const OPS: &str = "struct ops { int (*o_open)(struct proc *); int (*o_close)(struct proc *); };\n";

fn pointer(table: &str, roles: &str) {
    let call = "int f(struct uio *u, struct ops *o) { return (*o->o_close)(u->uio_procp); }\n";
    let does = "int a(struct proc *p) { return p->p_pid; }\nint b(struct proc *p) { return p->p_nice; }\n";
    let table = format!("{does}{table}");
    check(&[("kern/a.c", call), ("sys/ops.h", OPS), ("dev/t.c", &table)], "kern/a.c:1", roles);
}

#[test]
fn tables_of_functions() {
    pointer("struct ops t = { .o_open = a, .o_close = b };\n", "scheduling");
    pointer("struct ops t = { b, a };\n", "process-id");
    pointer("struct ops t = { b, a }, s = { a, b };\n", "scheduling process-id");
    pointer("", "opaque");
}

#[test]
fn tables_made_by_macros() {
    let call = "int f(struct uio *u, int n) { return (*cdevsw[n].d_open)(n, u->uio_procp); }\n";
    let conf = "struct cdevsw { int (*d_open)(int, struct proc *); int (*d_close)(int); };\nextern struct cdevsw cdevsw[];\n\
        #define dev_init(c,n,t) ((c) > 0 ? __CONCAT(n,t) : 0)\n#define cdev_init(c,n) { dev_init(c,n,open), dev_init(c,n,close) }\n";
    let table = "struct cdevsw cdevsw[] = {\n\tcdev_init(NCOM,com),\n};\nint comopen(int d, struct proc *p) { return p->p_pid; }\n";
    check(&[("kern/a.c", call), ("sys/conf.h", conf), ("dev/conf.c", table)], "kern/a.c:1", "process-id");
}

#[test]
fn function_parameters() {
    let does = "int a(struct proc *p) { return p->p_pid; }\nint b(struct proc *p) { return p->p_nice; }\n\
        int apply(int (*fn)(struct proc *), struct proc *p) { return (*fn)(p); }\n";
    let text = format!(
        "int f(struct uio *u) {{ return apply(a, u->uio_procp); }}\nint h(void) {{ return apply(b, curproc); }}\n{does}"
    );
    check(&[("kern/a.c", &text)], "kern/a.c:1", "process-id");
}

#[test]
fn callbacks() {
    let text = "int f(struct uio *u) { timeout(later, u->uio_procp, hz); return 0; }\nvoid later(void *v) { struct proc *p = v; p->p_nice++; }\n";
    check(&[("kern/a.c", text)], "kern/a.c:1", "scheduling escape");
    assert_eq!(load(&[("kern/a.c", text)], "kern/a.c:1").timing, Timing::MayOutlive);
}

#[test]
fn many_targets_are_what_all_of_them_do() {
    let mut table = String::from("struct ops t[] = {\n");
    for i in 0..600 {
        let _ = writeln!(table, "\t{{ 0, f{i} }},");
    }
    pointer(&format!("{table}}};\n"), "opaque");
}
