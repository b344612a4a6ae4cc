//! What NULL means, and requests that were never set.

use super::{load, unset};

/// What the reader does with NULL.
fn means(rest: &str, want: &[&str]) {
    let text = format!("int f(struct uio *u) {{ struct proc *p = u->uio_procp;\n{rest}\n}}\n");
    let f = load(&[("kern/a.c", &text)], "kern/a.c:1");
    assert_eq!(f.null_meaning.iter().map(|e| e.step.to_string()).collect::<Vec<_>>(), want, "{rest}");
}

#[test]
fn meanings() {
    means("if (p && p->p_limit) return 1; return 0;", &["skips limits"]);
    means("if (p != NULL) psignal(p, 1);", &["skips signal"]);
    means("return p ? p->p_pid : -1;", &["value -1"]);
    means("if (p == NULL) p = &proc0; return p->p_pid;", &["default &proc0"]);
    means("if (p == NULL) return (EIO); return p->p_pid;", &["returns EIO"]);
    means("if (!p) panic(\"none\"); return p->p_pid;", &["panics"]);
    means("if (p == NULL) goto out; p->p_nice = 1; out: return 0;", &["goes to out"]);
    means("return p->p_pid;", &["dereferences"]);
}

const READ: &str = "int rd(struct uio *uio) { return uio->uio_procp == curproc; }\n\
    struct e t[] = {\n\t{ &vop_read_desc, rd_op },\n};\n\
    int rd_op(struct vop_read_args *ap) { return rd(ap->a_uio); }\n\
    struct vop_read_args { struct vnode *a_vp; struct uio *a_uio; };\n\
    void set(struct uio *uio) { uio->uio_procp = curproc; }\n";

/// Whether the request of a function with that body is told as never set, and is said to be NULL.
fn is_unset(body: &str, want: Option<bool>) {
    let text = format!("int f(struct vnode *vp, struct uio *uio) {{ {body} }}\n{READ}");
    let got = unset(&text);
    let zero = got.iter().find(|u| u.0 == 1).map(|u| u.1.contains("NULL is read"));
    assert_eq!((zero, got.len()), (want, usize::from(want.is_some())), "{body}: {got:?}");
}

#[test]
fn requests_that_were_never_set() {
    is_unset("struct uio a; a.uio_resid = 1; return rd(&a);", Some(false));
    is_unset("struct uio a; a.uio_resid = 1; return VOP_READ(vp, &a);", Some(false));
    is_unset("struct uio a; bzero(&a, sizeof a); return rd(&a);", Some(true));
    is_unset("struct uio a; memset(&a, 0, sizeof a); return VOP_READ(vp, &a);", Some(true));
    is_unset("struct uio a = { .uio_resid = 1 }; return rd(&a);", Some(true));
}

#[test]
fn requests_that_were_set() {
    is_unset("struct uio a; a.uio_resid = 1; return 0;", None);
    is_unset("struct uio a; a.uio_procp = curproc; return rd(&a);", None);
    is_unset("struct uio a; set(&a); return rd(&a);", None);
    is_unset("struct uio a; a = *uio; return rd(&a);", None);
    is_unset("struct uio a; bcopy(uio, &a, sizeof a); return rd(&a);", None);
    is_unset("struct uio a = *uio; return rd(&a);", None);
    is_unset("struct uio a = { 1, 0, curproc }; return rd(&a);", None);
    is_unset("struct uio a = { .uio_procp = curproc }; return rd(&a);", None);
}
