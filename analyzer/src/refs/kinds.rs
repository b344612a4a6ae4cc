//! Inputs of all kinds, mistakes beside what is none: what is found in each, nothing for an empty list.

use super::mistakes::found;

/// What it is, what is found, and the text.
const KINDS: &[(&str, &[&str], &str)] = &[
    (
        "a helper drops under a flag that is its argument, and the caller's is another",
        &["b1 leaked"],
        r"static void done(struct vmspace *vm, int keep) {
    if (keep)
        return;
    uvmspace_free(vm);
}
int b1(struct proc *p) {
    struct vmspace *vm;
    int e;
    if ((e = proc_vmspace_getref(p, &vm)) != 0) return e;
    e = work(vm);
    if (e) {
        return e;
    }
    done(vm, 0);
    return 0;
}",
    ),
    (
        "a macro with a hidden return after the take, its condition in an argument",
        &["b2 leaked"],
        r"#define FAIL_IF(cond, err) do { if (cond) { printf(#cond); return err; } } while (0)
int b2(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int e;
    e = proc_vmspace_getref(p, &vm);
    FAIL_IF(e, e);
    FAIL_IF(uio->uio_resid == 0, 0);
    e = uvm_io(&vm->vm_map, uio);
    uvmspace_free(vm);
    return e;
}",
    ),
    (
        "a macro jumps to the label that drops",
        &[],
        r"#define CHECK_GOTO(cond) if (!(cond)) { e = EINVAL; goto out; }
int b3(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int e;
    if ((e = proc_vmspace_getref(p, &vm)) != 0) return e;
    CHECK_GOTO(uio->uio_resid)
    e = uvm_io(&vm->vm_map, uio);
out:
    uvmspace_free(vm);
    return e;
}",
    ),
    (
        "an ifdef takes out the drop of one way out",
        &["b4 leaked"],
        r"int b4(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return 0;
    if (busy(t)) {
#ifdef CONFIG_SMP
        mmput(mm);
#endif
        return -EBUSY;
    }
    mmput(mm);
    return 0;
}",
    ),
    (
        "take and drop in the same ifdef",
        &[],
        r"int b5(struct proc *p) {
#ifdef REMOTE
    struct vmspace *vm;
    int e = proc_vmspace_getref(p, &vm);
    if (e) return e;
#endif
    work(p);
#ifdef REMOTE
    uvmspace_free(vm);
#endif
    return 0;
}",
    ),
    (
        "a cleanup attribute, and an exit before the take",
        &[],
        r"int b6(struct task_struct *t, int c) {
    struct mm_struct *mm __free(mmput) = NULL;
    if (c) return -EINVAL;
    mm = get_task_mm(t);
    if (IS_ERR_OR_NULL(mm)) return -ESRCH;
    return work(mm);
}",
    ),
    (
        "what an attribute holds is handed on by name and dropped all the same",
        &["b7 used-after-drop"],
        r"struct mm_struct *b7(struct task_struct *t) {
    struct mm_struct *mm __free(mmput) = get_task_mm(t);
    if (!mm) return NULL;
    work(mm);
    return mm;
}",
    ),
    (
        "a lent pointer through a parameter of a parameter",
        &["b8 borrowed-stored"],
        r"void b8(struct queue *q, struct proc *p) {
    q->head->vm = p->p_vmspace;
    TAILQ_INSERT_TAIL(&q->list, q->head, link);
}",
    ),
    (
        "take and drop under two names of one flag",
        &[],
        r"int b9(struct proc *p, int flags) {
    struct vmspace *vm = NULL;
    int remote = flags & F_REMOTE, e;
    if (remote) {
        e = proc_vmspace_getref(p, &vm);
        if (e != 0) return e;
    }
    e = work(p);
    if (remote) uvmspace_free(vm);
    return e;
}",
    ),
    (
        "dropped under the flag turned round",
        &["b10 leaked"],
        r"int b10(struct proc *p, int flags) {
    struct vmspace *vm = NULL;
    int e;
    if (flags & F_REMOTE) {
        e = proc_vmspace_getref(p, &vm);
        if (e != 0) return e;
    }
    e = work(p);
    if (!(flags & F_REMOTE) && vm) uvmspace_free(vm);
    return e;
}",
    ),
    (
        "a list is filled and emptied again",
        &[],
        r"int b11(struct head *h, struct proc *p, int n) {
    struct req *r;
    int e = 0;
    while (n-- > 0) {
        r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
        e = proc_vmspace_getref(p, &r->vm);
        if (e) { free(r, M_TEMP); break; }
        LIST_INSERT_HEAD(h, r, link);
    }
    if (e) {
        while (!LIST_EMPTY(h)) {
            r = LIST_FIRST(h);
            LIST_REMOVE(r, link);
            uvmspace_free(r->vm);
            free(r, M_TEMP);
        }
    }
    return e;
}",
    ),
    (
        "null or error, and the other way out forgets",
        &["b12 leaked"],
        r"int b12(struct task_struct *t) {
    struct mm_struct *mm = mm_access(t, 2);
    if (IS_ERR_OR_NULL(mm)) return -ESRCH;
    if (down_read_killable(&mm->mmap_sem)) return -EINTR;
    work(mm);
    up_read(&mm->mmap_sem);
    mmput(mm);
    return 0;
}",
    ),
    (
        "an error pointer that is tested by its two halves",
        &[],
        r"int b13(struct task_struct *t) {
    struct mm_struct *mm = mm_access(t, 2);
    if (!mm || IS_ERR(mm)) return -ESRCH;
    work(mm);
    mmput(mm);
    return 0;
}",
    ),
    (
        "the owner of a list of processes is never asked",
        &["b15 owner-may-exit"],
        r"int b15(struct proclist *l) {
    struct proc *p;
    struct vmspace *vm;
    int n = 0;
    LIST_FOREACH(p, l, p_list) {
        vm = p->p_vmspace;
        uvmspace_addref(vm);
        n += count(vm);
        uvmspace_free(vm);
    }
    return n;
}",
    ),
    (
        "overwritten by a second take",
        &["b16 leaked"],
        r"int b16(struct proc *a, struct proc *b) {
    struct vmspace *vm;
    int e;
    if ((e = proc_vmspace_getref(a, &vm)) != 0) return e;
    work(vm);
    if ((e = proc_vmspace_getref(b, &vm)) != 0) return e;
    work(vm);
    uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "a lock keeps the owner, taken by a helper",
        &[],
        r"static struct proc *plock(pid_t pid) {
    struct proc *p = pfind(pid);
    if (p == NULL) return NULL;
    PHOLD(p);
    return p;
}
int b14(pid_t pid) {
    struct proc *p = plock(pid);
    struct vmspace *vm;
    if (p == NULL) return ESRCH;
    vm = p->p_vmspace;
    uvmspace_addref(vm);
    work(vm);
    uvmspace_free(vm);
    PRELE(p);
    return 0;
}",
    ),
    (
        "the same answer with it and without",
        &["b17 leaked"],
        r"int b17(struct proc *p, void **buf) {
    if ((p->p_sflag & PS_WEXIT) || p->p_vmspace->vm_refcnt < 1) return NO_RESOURCES;
    p->p_vmspace->vm_refcnt++;
    if (extract(&p->p_vmspace->vm_map, buf)) return NO_RESOURCES;
    return 0;
}",
    ),
    (
        "one answer for each",
        &[],
        r"int b18(struct proc *p, void **buf) {
    if ((p->p_sflag & PS_WEXIT) || p->p_vmspace->vm_refcnt < 1) return ESRCH;
    p->p_vmspace->vm_refcnt++;
    extract(&p->p_vmspace->vm_map, buf);
    return 0;
}",
    ),
    (
        "a do-while macro drops and returns",
        &[],
        r"#define BAIL(vm, err) do { uvmspace_free(vm); return (err); } while (/*CONSTCOND*/0)
int b19(struct proc *p) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm) != 0) return EFAULT;
    if (bad(vm)) BAIL(vm, EINVAL);
    work(vm);
    BAIL(vm, 0);
}",
    ),
    (
        "kept in a file's variable",
        &[],
        r"static struct mm_struct *watched;
int b20(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    if (watched) { mmput(mm); return -EBUSY; }
    watched = mm;
    return 0;
}",
    ),
    (
        "a switch drops in all its cases but one",
        &["b21 leaked"],
        r"int b21(struct proc *p, int op) {
    struct vmspace *vm;
    int e = proc_vmspace_getref(p, &vm);
    if (e) return e;
    switch (op) {
    case READ: e = rd(vm); uvmspace_free(vm); break;
    case WRITE: e = wr(vm); uvmspace_free(vm); break;
    default: e = EINVAL; break;
    }
    return e;
}",
    ),
    (
        "the same answer, but what it holds is dropped where it fails",
        &[],
        r"int c1(struct proc *p, void **buf) {
    if ((p->p_sflag & PS_WEXIT) || p->p_vmspace->vm_refcnt < 1) return NO_RESOURCES;
    p->p_vmspace->vm_refcnt++;
    if (extract(&p->p_vmspace->vm_map, buf)) { uvmspace_free(p->p_vmspace); return NO_RESOURCES; }
    return 0;
}",
    ),
    (
        "already there: nothing is taken, and that is fine",
        &[],
        r"int c2(struct req *r, struct task_struct *t) {
    if (r->mm) return 0;
    r->mm = get_task_mm(t);
    if (!r->mm) return -ESRCH;
    return 0;
}",
    ),
    (
        "a helper asks whether the owner is exiting",
        &[],
        r"static int alive(struct proc *p) { return (p->p_flag & P_WEXIT) == 0; }
int c3(struct proclist *l) {
    struct proc *p;
    int n = 0;
    LIST_FOREACH(p, l, p_list) {
        if (!alive(p)) continue;
        uvmspace_addref(p->p_vmspace);
        n += count(p);
        uvmspace_free(p->p_vmspace);
    }
    return n;
}",
    ),
];

#[test]
fn every_kind_is_told() {
    told(KINDS);
}

/// Checks what is found in each.
pub(super) fn told(kinds: &[(&str, &[&str], &str)]) {
    let wrong: Vec<String> = kinds
        .iter()
        .filter(|(_, wanted, code)| found(code) != *wanted)
        .map(|(what, wanted, code)| format!("{what}: {:?} instead of {wanted:?}", found(code)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
