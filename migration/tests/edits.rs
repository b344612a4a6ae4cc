//! Each kind of edit, from a function to what becomes of it.

use uioscope_analyzer::{Options, audit_with};
use uioscope_migration::{Column, Plan, Wanted, plan, series};
use uioscope_source::text::SourceTree;

const UIO_H: &str = "struct uio {\n\tint uio_segflg;\n\tstruct proc *uio_procp;\n};\n";
const PROC_H: &str = "struct proc {\n\tstruct vmspace *p_vmspace;\n\tint p_flag;\n};\nextern struct proc *curproc;\nstruct proc *pfind(int);\n";
const PARAM_H: &str = "#define __NetBSD_Version__ 104000000\n";
const UVM: &str = "void\nuvmspace_addref(vm)\n\tstruct vmspace *vm;\n{\n}\n";
const HEAD: &str = "#include <sys/proc.h>\n#include <sys/uio.h>\n";

fn run(text: &[u8]) -> (Plan, Vec<u8>) {
    run_on(text, UIO_H)
}

fn run_on(text: &[u8], uio_h: &str) -> (Plan, Vec<u8>) {
    let source = [HEAD.as_bytes(), text].concat();
    let files = [
        ("kern/a.c", &source[..]),
        ("kern/kern_subr.c", HEAD.as_bytes()),
        ("sys/param.h", PARAM_H.as_bytes()),
        ("sys/proc.h", PROC_H.as_bytes()),
        ("sys/uio.h", uio_h.as_bytes()),
        ("uvm/uvm_map.c", UVM.as_bytes()),
    ];
    let tree = SourceTree::from_memory("t", files.iter().map(|(p, b)| ((*p).to_owned(), b.to_vec())).collect());
    let options = Options { ways: 1, ..Options::default() };
    let (audit, (plan, _)) = audit_with(&tree, &options, |p, a| plan(p, a, Column::Vmspace)).expect("an audit");
    let wanted = Wanted { unsafe_too: true, only: None };
    let mut made = series(&tree, &audit, &plan, &wanted);
    let after = made.files.remove("kern/a.c").unwrap_or(source);
    (plan, after[HEAD.len()..].to_vec())
}

fn check(text: &str, want: &str) {
    let (plan, after) = run(text.as_bytes());
    let notes: Vec<&String> = plan.steps.iter().flat_map(|s| &s.notes).collect();
    assert_eq!(String::from_utf8_lossy(&after), want, "{notes:?}");
}

/// Nothing is edited, and some step says why.
fn refuses(text: &str, why: &str) {
    let (plan, after) = run(text.as_bytes());
    let notes: Vec<&String> = plan.steps.iter().flat_map(|s| &s.notes).collect();
    assert_eq!(String::from_utf8_lossy(&after), text, "{notes:?}");
    assert!(notes.iter().any(|n| n.contains(why)), "{notes:?}");
}

fn store(lines: &str) -> String {
    format!("int\nf(struct proc *p, struct uio *u)\n{{\n\tstruct uio a;\n\n{lines}\treturn (g(&a, u));\n}}\n")
}

#[test]
fn stores_of_the_caller() {
    let user = "\ta.uio_segflg = UIO_USERSPACE;\n";
    for (value, space) in [
        ("p", "p->p_vmspace"),
        ("curproc", "curproc->p_vmspace"),
        ("(p)", "(p)->p_vmspace"),
        ("x ? p : curproc", "x ? p->p_vmspace : curproc->p_vmspace"),
    ] {
        check(
            &store(&format!("{user}\ta.uio_procp = {value};\n")),
            &store(&format!("{user}\ta.uio_vmspace = {space};\n")),
        );
    }
}

#[test]
fn stores_for_the_kernel_take_the_companion_along() {
    let want = store("\tUIO_SETUP_SYSSPACE(&a);\n");
    check(&store("\ta.uio_segflg = UIO_SYSSPACE;\n\ta.uio_procp = NULL;\n"), &want);
    check(&store("\ta.uio_procp = (struct proc *)0;\n\ta.uio_segflg = UIO_SYSSPACE;\n"), &want);
    check(
        &store("\tu->uio_segflg = UIO_SYSSPACE;\n\tif (x)\n\t\tu->uio_procp = NULL;\n"),
        &store("\tu->uio_segflg = UIO_SYSSPACE;\n\tif (x)\n\t\tUIO_SETUP_SYSSPACE(u);\n"),
    );
    // Somebody looks at it in between: it stays.
    check(
        &store("\ta.uio_segflg = UIO_SYSSPACE;\n\th(&a);\n\ta.uio_procp = NULL;\n"),
        &store("\ta.uio_segflg = UIO_SYSSPACE;\n\th(&a);\n\tUIO_SETUP_SYSSPACE(&a);\n"),
    );
}

#[test]
fn what_is_decided_at_run_time_stays_so() {
    check(
        "int\nf(struct proc *p, int seg)\n{\n    struct uio a;\n\n    a.uio_segflg = seg;\n    a.uio_procp = p;\n    return (g(&a));\n}\n",
        "int\nf(struct proc *p, int seg)\n{\n    struct uio a;\n\n    a.uio_segflg = seg;\n    if (seg == UIO_SYSSPACE)\n    \tUIO_SETUP_SYSSPACE(&a);\n    else\n    \ta.uio_vmspace = p->p_vmspace;\n    return (g(&a));\n}\n",
    );
    refuses(
        "int\nf(struct proc *p, int seg)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = seg;\n\tif (seg)\n\t\ta.uio_procp = p;\n\treturn (g(&a));\n}\n",
        "it is the only statement of a branch, and becomes two",
    );
}

#[test]
fn anothers_memory_is_referenced_on_every_way_out() {
    check(
        "int\nf(int pid)\n{\n\tstruct proc *t = pfind(pid);\n\tstruct uio a;\n\tint error;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_procp = t;\n\tif (pid == 0)\n\t\treturn (EINVAL);\n\treturn (g(&a));\n}\n",
        "int\nf(int pid)\n{\n\tstruct proc *t = pfind(pid);\n\tstruct uio a;\n\tint error;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_vmspace = t->p_vmspace;\n\tuvmspace_addref(a.uio_vmspace);\n\tif (pid == 0) {\n\t\tuvmspace_free(a.uio_vmspace);\n\t\treturn (EINVAL);\n\t}\n\terror = g(&a);\n\tuvmspace_free(a.uio_vmspace);\n\treturn (error);\n}\n",
    );
    check(
        "void\nf(int pid)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_procp = pfind(pid);\n\tg(&a);\n}\n",
        "void\nf(int pid)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_vmspace = pfind(pid)->p_vmspace;\n\tuvmspace_addref(a.uio_vmspace);\n\tg(&a);\n\tuvmspace_free(a.uio_vmspace);\n}\n",
    );
    refuses(
        "int\nf(int pid)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_procp = pfind(pid);\n\treturn (g(&a));\n}\n",
        "there is no variable to keep it in",
    );
}

#[test]
fn the_address_space_travels_through_functions() {
    check(
        "static void *m();\n\nstatic void *\nm(n, p)\n\tint n;\n\tregister struct proc *p;\n{\n\treturn (p == NULL ? km : p->p_vmspace->vm_map);\n}\n\nint\nf(struct uio *u, struct proc *p)\n{\n\tvoid *v = m(1, p);\n\n\treturn (v == m(0, u->uio_procp));\n}\n",
        "static void *m();\n\nstatic void *\nm(n, vm)\n\tint n;\n\tregister struct vmspace *vm;\n{\n\treturn (vm == NULL ? km : vm->vm_map);\n}\n\nint\nf(struct uio *u, struct proc *p)\n{\n\tvoid *v = m(1, p != NULL ? p->p_vmspace : NULL);\n\n\treturn (v == m(0, u->uio_vmspace));\n}\n",
    );
    refuses(
        "static void *\nm(struct proc *p)\n{\n\treturn (p->p_vmspace->vm_map);\n}\nvoid *(*mp)(struct proc *);\n\nvoid *\nf(struct uio *u)\n{\n\tmp = m;\n\treturn (m(u->uio_procp));\n}\n",
        "the address of m() is taken in kern/a.c",
    );
    refuses(
        "void *\nf(struct uio *u)\n{\n\tstruct proc *p = u->uio_procp;\n\n\tif (p->p_flag & 1)\n\t\treturn (NULL);\n\treturn (p->p_vmspace->vm_map);\n}\n",
        "its p_flag is used beside its address space",
    );
}

#[test]
fn comparisons_are_of_address_spaces() {
    check(
        "int\nf(struct uio *u)\n{\n\treturn (u->uio_procp == curproc || curproc != u->uio_procp);\n}\n",
        "int\nf(struct uio *u)\n{\n\treturn (u->uio_vmspace == curproc->p_vmspace ||\n\t    curproc->p_vmspace != u->uio_vmspace);\n}\n",
    );
}

#[test]
fn an_lwp_leads_to_its_process() {
    let header = "struct uio {\n\tint uio_segflg;\n\tstruct lwp *uio_lwp;\n};\n";
    let text = "#include <sys/lwp.h>\nint\nf(struct lwp *l, struct uio *u)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_lwp = l;\n\tpsignal(u->uio_lwp, 1);\n\treturn (g(&a, u->uio_lwp->l_proc->p_vmspace->vm_map));\n}\n";
    let want = "#include <sys/lwp.h>\nint\nf(struct lwp *l, struct uio *u)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n\ta.uio_vmspace = l->l_proc->p_vmspace;\n\tpsignal(curlwp, 1);\n\treturn (g(&a, u->uio_vmspace->vm_map));\n}\n";
    let (plan, after) = run_on(text.as_bytes(), header);
    let notes: Vec<&String> = plan.steps.iter().flat_map(|s| &s.notes).collect();
    assert_eq!(String::from_utf8_lossy(&after), want, "{notes:?}");
}

#[test]
fn bytes_that_are_not_edited_survive() {
    let text = b"int\r\nf(struct proc *p)\r\n{\r\n\tstruct uio a;\t/* gr\xfc\xdfe */\r\n\r\n\ta.uio_segflg = UIO_SYSSPACE;\r\n\ta.uio_procp = p;\t/* \xe4 */\r\n\treturn (g(&a));\r\n}";
    let want = b"int\r\nf(struct proc *p)\r\n{\r\n\tstruct uio a;\t/* gr\xfc\xdfe */\r\n\r\n\tUIO_SETUP_SYSSPACE(&a);\t/* \xe4 */\r\n\treturn (g(&a));\r\n}";
    assert_eq!(run(text).1, want);
}

#[test]
fn both_arms_of_a_conditional_are_edited() {
    check(
        "int\nf(struct proc *p)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n#ifdef X\n\ta.uio_procp = p;\n#else\n\ta.uio_procp = curproc;\n#endif\n\treturn (g(&a));\n}\n",
        "int\nf(struct proc *p)\n{\n\tstruct uio a;\n\n\ta.uio_segflg = UIO_USERSPACE;\n#ifdef X\n\ta.uio_vmspace = p->p_vmspace;\n#else\n\ta.uio_vmspace = curproc->p_vmspace;\n#endif\n\treturn (g(&a));\n}\n",
    );
}
