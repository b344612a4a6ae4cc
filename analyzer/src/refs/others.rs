//! Inputs in which others have a reference too, or get it, or give it back.

use super::kinds::told;

/// What it is, what is found, and the text.
const OTHERS: &[(&str, &[&str], &str)] = &[
    (
        "each neighbour that has it gives it up",
        &[],
        r"void d1(struct list *l, struct mm_struct *mm) {
    struct nb *n;
    for (n = l->head; n != NULL; n = n->next) {
        if (n->mm == mm) {
            n->mm = NULL;
            mmput(mm);
        }
    }
}",
    ),
    (
        "each round gets another through a pointer",
        &[],
        r"static void steal(struct ctx *c, struct vmspace **out) { *out = c->vm; c->vm = NULL; }
void d2(struct ctx *c, int n) {
    struct vmspace *vm;
    for (; n > 0; n--, c++) {
        if (c->busy) { steal(c, &vm); uvmspace_free(vm); }
    }
}",
    ),
    (
        "a question asked twice of one thing",
        &[],
        r"int d3(struct proc *p, struct mnt *m, int flags) {
    struct vmspace *vm = NULL;
    if (ISSET(flags, F_REMOTE) && proc_vmspace_getref(p, &vm) != 0) return EFAULT;
    work(m);
    if (ISSET(flags, F_REMOTE)) uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "a question asked of another thing",
        &["d4 leaked"],
        r"int d4(struct proc *p, int flags, int more) {
    struct vmspace *vm = NULL;
    if (ISSET(flags, F_REMOTE) && proc_vmspace_getref(p, &vm) != 0) return EFAULT;
    work(p);
    if (ISSET(more, F_REMOTE)) uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "a member of it is put on a list",
        &[],
        r"static void schedule_mm(struct mm_struct *mm) {
    mmget(mm);
    list_add_tail(&mm->mmlist, &todo);
}
void d5(struct hw *hw) {
    struct mm_struct *mm = hw->mm;
    schedule_mm(mm);
}",
    ),
    (
        "taken for what it is reached through",
        &[],
        r"struct tun *d6(char *name) {
    struct mm_struct *mm = make(name);
    struct tun *t = priv(mm);
    if (!t) return NULL;
    mmget(mm);
    link(t);
    return t;
}",
    ),
    (
        "a struct is made of them",
        &[],
        r"int d7(struct mm_struct *mm, int c) {
    struct info *i = kmalloc(sizeof(*i), GFP_ATOMIC);
    if (!i) return 0;
    *i = (struct info){ c, mm };
    mmget(mm);
    if (hand(i) < 0) {
        mmput(mm);
        kfree(i);
        return 0;
    }
    return 1;
}",
    ),
    (
        "a helper forgets its parameter and drops nothing",
        &[],
        r"static void check_default(struct mm_struct *mm) {
    lock();
    if (mm == default_mm) default_mm = NULL;
    else mm = NULL;
    unlock();
    if (mm) mmput(mm);
}
int d8(struct mm_struct *mm) {
    check_default(mm);
    return mm->flags;
}",
    ),
    (
        "used twice after one drop",
        &["d9 used-after-drop"],
        r"int d9(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return 0;
    mmput(mm);
    work(mm->a);
    work(mm->b);
    return 0;
}",
    ),
    (
        "one case drops, and the end of all drops again",
        &["d10 dropped-twice"],
        r"int d10(struct task_struct *t, int cmd) {
    struct mm_struct *mm = get_task_mm(t);
    int err = 0;
    if (!mm) return -ESRCH;
    switch (cmd) {
    case GET: err = get(mm); mmput(mm); break;
    case SET: err = set(mm); break;
    }
    mmput(mm);
    return err;
}",
    ),
    (
        "a goto past the label that drops",
        &["d11 leaked"],
        r"int d11(struct task_struct *t, char *u) {
    struct mm_struct *mm = get_task_mm(t);
    int ret;
    if (!mm) return -ESRCH;
    ret = audit(t);
    if (ret != 0) goto out;
    ret = work(mm, u);
    mmput(mm);
out:
    return ret;
}",
    ),
    (
        "stored, and taken back where it fails",
        &["d12 leaked"],
        r"int d12(struct task_struct *t, struct ctx *c) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    c->mm = mm;
    if (c->dead) {
        c->mm = NULL;
        return -EIO;
    }
    return 0;
}",
    ),
    (
        "taken back and dropped",
        &[],
        r"int d13(struct task_struct *t, struct ctx *c) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    c->mm = mm;
    if (c->dead) {
        c->mm = NULL;
        mmput(mm);
        return -EIO;
    }
    return 0;
}",
    ),
    (
        "forgotten by the only one who knows it",
        &["d14 leaked"],
        r"int d14(struct ctx *c) {
    int err;
    c->mm = get_task_mm(current);
    if (!c->mm) return -EINVAL;
    err = init();
    if (err) {
        c->mm = NULL;
        return err;
    }
    return 0;
}",
    ),
    (
        "a copy of what was dropped is used",
        &["d15 used-after-drop"],
        r"int d15(struct req *r) {
    struct vmspace *vm = r->vm;
    uvmspace_free(r->vm);
    return vm->vm_rssize;
}",
    ),
    (
        "handed over to another thread and forgotten here",
        &[],
        r"int d16(struct task_struct *t, struct ctx *c) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    c->mm = mm;
    wake(c);
    c->mm = NULL;
    return 0;
}",
    ),
    (
        "a macro that takes and jumps",
        &["d17 dropped-twice"],
        r"#define GETVM(p, vm, label) do { if (proc_vmspace_getref((p), &(vm)) != 0) { error = EFAULT; goto label; } } while (0)
int d17(struct proc *p) {
    struct vmspace *vm;
    int error = 0;
    GETVM(p, vm, out);
    error = work(vm);
    if (error) uvmspace_free(vm);
    uvmspace_free(vm);
out:
    return error;
}",
    ),
    (
        "a loop that leaves in the middle",
        &["d18 leaked"],
        r"int d18(struct task_struct *t, int n) {
    struct mm_struct *mm;
    while (n-- > 0) {
        mm = get_task_mm(t);
        if (!mm) continue;
        if (work(mm)) break;
        mmput(mm);
    }
    return 0;
}",
    ),
    (
        "a helper that drops through a pointer",
        &["d19 leaked"],
        r"static inline void vmdrop(struct vmspace **vmp) {
    if (*vmp != NULL) {
        uvmspace_free(*vmp);
        *vmp = NULL;
    }
}
int d19(struct proc *p, int n) {
    struct vmspace *vm = NULL;
    int error = proc_vmspace_getref(p, &vm);
    if (error != 0) goto bad;
    if (n < 0) return EINVAL;
    error = work(vm, n);
bad:
    vmdrop(&vm);
    return error;
}",
    ),
];

#[test]
fn what_others_have_is_thought_of() {
    told(OTHERS);
}
