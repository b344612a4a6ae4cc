//! Inputs in which a take, a drop, a store or a return stands in an arm of `?:`, `&&` or `||`.

use super::kinds::told;
use super::*;

/// What it is, what is found, and the text.
const ARMS: &[(&str, &[&str], &str)] = &[
    (
        "dropped in an arm, under no flag of the take",
        &["a1 leaked"],
        r"int a1(struct proc *p, int c) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm)) return EFAULT;
    work(vm);
    c ? uvmspace_free(vm) : (void)0;
    return 0;
}",
    ),
    (
        "dropped in both arms",
        &[],
        r"int a2(struct proc *p, int c) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm)) return EFAULT;
    c ? (work(vm), uvmspace_free(vm)) : uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "dropped in an arm and again",
        &["a3 dropped-twice"],
        r"int a3(struct proc *p, int c) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm)) return EFAULT;
    c ? uvmspace_free(vm) : note(c);
    uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "dropped behind and",
        &["a4 leaked"],
        r"int a4(struct task_struct *t, int c) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    c > 3 && (mmput(mm), 1);
    return 0;
}",
    ),
    (
        "dropped behind or, where it is there",
        &[],
        r"int a5(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    work(t);
    (void)(mm == NULL || (mmput(mm), 1));
    return 0;
}",
    ),
    (
        "taken in an arm and dropped under its flag",
        &[],
        r"int a6(struct proc *p, int c) {
    struct vmspace *vm = NULL;
    int e = (c & REMOTE) ? proc_vmspace_getref(p, &vm) : 0;
    if (e) return e;
    work(p);
    if (c & REMOTE) uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "taken in an arm and forgotten",
        &["a7 leaked"],
        r"int a7(struct proc *p, int c) {
    struct vmspace *vm = NULL;
    int e = (c & REMOTE) ? proc_vmspace_getref(p, &vm) : 0;
    if (e) return e;
    if (p->p_flag & BUSY) return EBUSY;
    if (c & REMOTE) uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "lent in an arm to what is new",
        &["a8 borrowed-stored"],
        r"int a8(struct proc *p, int c) {
    struct req *r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
    r->vm = c ? p->p_vmspace : NULL;
    enqueue(r);
    return 0;
}",
    ),
    (
        "returned in an arm",
        &[],
        r"struct mm_struct *a9(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    return mm ? mm : ERR_PTR(-ESRCH);
}",
    ),
    (
        "returned in an arm, left behind in the other",
        &["a10 leaked"],
        r"struct mm_struct *a10(struct task_struct *t, int c) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return NULL;
    return c ? mm : NULL;
}",
    ),
    (
        "used in an arm after the drop",
        &["a11 used-after-drop"],
        r"int a11(struct proc *p, int c) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm)) return EFAULT;
    uvmspace_free(vm);
    return c ? vm->vm_tsize : 0;
}",
    ),
    (
        "the failing take is behind and",
        &[],
        r"int a12(struct proc *p, int c) {
    struct vmspace *vm = NULL;
    if (c && proc_vmspace_getref(p, &vm) != 0) return EFAULT;
    work(p);
    if (c) uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "a macro with an arm",
        &["a13 leaked"],
        r"#define MAYBE_FREE(c, vm) ((c) ? uvmspace_free(vm) : (void)0)
int a13(struct proc *p, int c) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm)) return EFAULT;
    MAYBE_FREE(c, vm);
    return 0;
}",
    ),
];

#[test]
fn every_arm_is_a_path() {
    told(ARMS);
}

#[test]
fn blocks_in_arms_in_blocks_take_no_time() {
    let deep =
        (0..40).fold("0".to_owned(), |inner, i| format!("f(({{ int x{i} = {inner}; x{i}; }}), a ? b : c, d && e())"));
    let code = format!("int big(struct vmspace *vm) {{ int x = {deep}; uvmspace_free(vm); return x; }}");
    let tree = SourceTree::from_memory("mem", vec![("a.c".to_owned(), code.into_bytes())]);
    let all = refs(&tree, &Rules::builtin().expect("valid"));
    assert_eq!((all.functions, all.findings.len()), (1, 0));
}
