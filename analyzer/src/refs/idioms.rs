//! One input for each idiom that is no mistake.

use super::mistakes::found;

/// What is right, and the text.
const IDIOMS: &[(&str, &str)] = &[
    (
        "null first and tested at the end",
        r"int s1(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int error = 0;
    vm = NULL;
    if (p != curproc) {
        error = proc_vmspace_getref(p, &vm);
        if (error) vm = NULL;
    }
    if (error == 0) error = work(uio);
    if (vm != NULL) uvmspace_free(vm);
    return error;
}",
    ),
    (
        "taken and dropped under one flag",
        r"int s2(struct proc *p, int flags) {
    struct vmspace *vm;
    int e;
    if (flags & F_REMOTE) {
        e = proc_vmspace_getref(p, &vm);
        if (e) return e;
    }
    else vm = curproc->p_vmspace;
    e = work(vm);
    if (flags & F_REMOTE) uvmspace_free(vm);
    return e;
}",
    ),
    (
        "a queue is emptied",
        r"void s3(struct reqhead *h) {
    struct req *r;
    while ((r = TAILQ_FIRST(h)) != NULL) {
        TAILQ_REMOVE(h, r, q);
        uvmspace_free(r->vm);
        free(r, M_TEMP);
    }
}",
    ),
    (
        "a queue is walked and freed",
        r"void s3b(struct reqhead *h) {
    struct req *r, *n;
    TAILQ_FOREACH_SAFE(r, h, q, n) {
        TAILQ_REMOVE(h, r, q);
        uvmspace_free(r->vm);
        free(r, M_TEMP);
    }
}",
    ),
    (
        "a list is walked and freed",
        r"void s3c(struct list_head *h) {
    struct req *r, *n;
    list_for_each_entry_safe(r, n, h, list) {
        list_del(&r->list);
        mmput(r->mm);
        kfree(r);
    }
}",
    ),
    (
        "an error that is a number",
        r"int s4(struct proc *p) {
    struct vmspace *vm;
    int error;
    error = 1;
    if (ok(p)) error = proc_vmspace_getref(p, &vm);
    if (error == 1) return EINVAL;
    if (error) return error;
    work(vm);
    uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "error pointers and null",
        r"int s5(struct task_struct *t) {
    struct mm_struct *mm = mm_access(t, 2);
    if (IS_ERR_OR_NULL(mm)) return -ESRCH;
    work(mm);
    mmput(mm);
    return 0;
}",
    ),
    (
        "a default that cannot be",
        r"int s6(struct proc *p, int op) {
    struct vmspace *vm;
    int e;
    switch (op) {
        case 1: case 2: break;
        default: return EINVAL;
    }
    if ((e = proc_vmspace_getref(p, &vm)) != 0) return e;
    switch (op) {
        case 1: e = a(vm);
        break;
        case 2: e = b(vm);
        break;
        default: return EINVAL;
    }
    uvmspace_free(vm);
    return e;
}",
    ),
    (
        "a token keeps the owner",
        r"int s7(struct proc *p) {
    struct vmspace *vm;
    lwkt_gettoken(&p->p_token);
    vm = p->p_vmspace;
    vmspace_ref(vm);
    lwkt_reltoken(&p->p_token);
    work(vm);
    vmspace_rel(vm);
    return 0;
}",
    ),
    (
        "a lock keeps the owner",
        r"int s8(struct task_struct *t) {
    struct mm_struct *mm;
    task_lock(t);
    mm = t->mm;
    if (mm) mmget(mm);
    task_unlock(t);
    if (!mm) return 0;
    work(mm);
    mmput(mm);
    return 1;
}",
    ),
    (
        "a helper keeps or fails",
        r"static int own(struct req *r, struct vmspace *vm) {
    if (full(r)) return EAGAIN;
    r->vm = vm;
    enqueue(r);
    return 0;
}
int s9(struct proc *p, struct req *r) {
    struct vmspace *vm;
    int e;
    if ((e = proc_vmspace_getref(p, &vm)) != 0) return e;
    if ((e = own(r, vm)) != 0) uvmspace_free(vm);
    return e;
}",
    ),
    (
        "an attribute and its release",
        r"int s10(struct task_struct *t, struct vhost *v) {
    struct mm_struct *mm __free(mmput) = get_task_mm(t);
    if (!mm) return -ESRCH;
    if (bad(v)) return -EIO;
    v->mm = no_free_ptr(mm);
    return 0;
}",
    ),
    (
        "a macro drops and clears",
        r"#define REL(vm) do { if ((vm) != NULL) { uvmspace_free(vm); (vm) = NULL; } } while (0)
int s11(struct proc *p) {
    struct vmspace *vm = NULL;
    int e;
    if ((e = proc_vmspace_getref(p, &vm)) != 0) goto out;
    e = work(vm);
    if (e) {
        REL(vm);
        goto out;
    }
    e = more(vm);
    out: REL(vm);
    return e;
}",
    ),
    (
        "taken through the copy",
        r"int s12(struct kioctx *c, struct kmem *k) {
    struct ctx *x = kzalloc(sizeof(*x), GFP_KERNEL);
    if (!x) return -ENOMEM;
    x->mm = current->mm;
    mmgrab(x->mm);
    if (setup(x)) {
        mmdrop(x->mm);
        kfree(x);
        return -EIO;
    }
    publish(x);
    return 0;
}",
    ),
    (
        "the last one frees",
        r"int s13(struct vmspace *vm) {
    if (--vm->vm_refcnt == 0) {
        uvm_unmap(vm);
        pool_put(&pool, vm);
        return 1;
    }
    return 0;
}",
    ),
    (
        "each round drops",
        r"int s14(struct proc *p) {
    struct vmspace *vm;
    int tries = 3;
    do {
        vm = vmspace_acquire_ref(p);
        if (vm == NULL) return ESRCH;
        if (try(vm)) {
            vmspace_free(vm);
            return 0;
        }
        vmspace_free(vm);
    } while (--tries);
    return EBUSY;
}",
    ),
    (
        "a helper gives or not",
        r"static struct mm_struct *getmm(struct task_struct *t) {
    struct mm_struct *mm;
    mm = get_task_mm(t);
    if (mm && bad(mm)) {
        mmput(mm);
        return NULL;
    }
    return mm;
}
int t1(struct task_struct *t) {
    struct mm_struct *mm = getmm(t);
    int r = 0;
    if (mm) {
        r = work(mm);
        mmput(mm);
    }
    return r;
}",
    ),
    (
        "a flag of its own",
        r"int t2(struct proc *p) {
    struct vmspace *vm;
    int held = 0, e = 0;
    if (need(p)) {
        e = proc_vmspace_getref(p, &vm);
        if (e) goto out;
        held = 1;
    }
    else vm = &vmspace0;
    e = work(vm);
    out: if (held) uvmspace_free(vm);
    return e;
}",
    ),
    (
        "an error pointer from a helper",
        r"struct mm_struct *t3(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return ERR_PTR(-ESRCH);
    if (denied(mm)) {
        mmput(mm);
        mm = ERR_PTR(-EACCES);
    }
    return mm;
}
int t4(struct task_struct *t) {
    struct mm_struct *mm = t3(t);
    if (IS_ERR(mm)) return PTR_ERR(mm);
    work(mm);
    mmput(mm);
    return 0;
}",
    ),
    (
        "taken of a context",
        r"int t5(struct ctx *c) {
    if (!mmget_not_zero(c->mm)) return -EFAULT;
    kthread_use_mm(c->mm);
    io(c);
    kthread_unuse_mm(c->mm);
    mmput(c->mm);
    return 0;
}",
    ),
    (
        "what it held before",
        r"void t6(struct ctx *c) {
    struct mm_struct *mm = c->mm;
    c->mm = NULL;
    if (mm) mmput(mm);
}",
    ),
    (
        "exchanged for null",
        r"void t7(struct ctx *c) {
    struct mm_struct *mm = xchg(&c->mm, NULL);
    if (mm) mmdrop(mm);
}",
    ),
    (
        "through a pointer",
        r"int t8(struct task_struct *t, struct mm_struct **out) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    *out = mm;
    return 0;
}
int t9(struct task_struct *t) {
    struct mm_struct *mm = NULL;
    int e = t8(t, &mm);
    if (e) return e;
    work(mm);
    mmput(mm);
    return 0;
}",
    ),
    (
        "a hold on the owner",
        r"int t10(struct proc *p) {
    struct vmspace *vm;
    PHOLD(p);
    vm = p->p_vmspace;
    vmspace_hold(vm);
    work(vm);
    vmspace_drop(vm);
    PRELE(p);
    return 0;
}",
    ),
    (
        "an array of requests",
        r"void t11(struct req **rv, int n) {
    int i;
    for (i = 0; i < n; i++) {
        if (rv[i]->mm) mmput(rv[i]->mm);
        kfree(rv[i]);
    }
}",
    ),
    (
        "tried until it is there",
        r"int t12(struct proc *p, int n) {
    struct vmspace *vm;
    int e;
    for (;;) {
        e = proc_vmspace_getref(p, &vm);
        if (e == EBUSY) {
            pause();
            continue;
        }
        if (e) return e;
        break;
    }
    e = work(vm);
    uvmspace_free(vm);
    return e;
}",
    ),
    (
        "an error by its case",
        r"int g4(struct proc *p) {
    struct vmspace *vm;
    int error = proc_vmspace_getref(p, &vm);
    switch (error) {
        case 0: break;
        case EFAULT: return EIO;
        default: return error;
    }
    error = io(vm);
    uvmspace_free(vm);
    return error;
}",
    ),
    (
        "held by the process",
        r"int g10(struct proc *p) {
    PROC_LOCK(p);
    if (p->p_flag & P_WEXIT) {
        PROC_UNLOCK(p);
        return ESRCH;
    }
    _PHOLD(p);
    PROC_UNLOCK(p);
    atomic_add_int(&p->p_vmspace->vm_refcnt, 1);
    io(p);
    vmspace_free(p->p_vmspace);
    PRELE(p);
    return 0;
}",
    ),
    (
        "its own or referenced",
        r"int g19(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int error;
    if (p == curproc) {
        vm = p->p_vmspace;
        uvmspace_addref(vm);
    }
    else if ((error = proc_vmspace_getref(p, &vm)) != 0) return error;
    error = uvm_io(&vm->vm_map, uio);
    uvmspace_free(vm);
    return error;
}",
    ),
    (
        "labels in order",
        r"int j2b(struct proc *a, struct proc *b) {
    struct vmspace *va, *vb;
    int e;
    if ((e = proc_vmspace_getref(a, &va)) != 0) return e;
    if ((e = proc_vmspace_getref(b, &vb)) != 0) goto out1;
    e = copy(va, vb);
    uvmspace_free(vb);
    out1: uvmspace_free(va);
    return e;
}",
    ),
    (
        "helpers for both ends",
        r"static int req_init(struct req *r, struct proc *p) {
    int e = proc_vmspace_getref(p, &r->vm);
    if (e) return e;
    r->flags = 0;
    return 0;
}
static void req_fini(struct req *r) {
    uvmspace_free(r->vm);
    free(r, M_TEMP);
}
int j3(struct proc *p) {
    struct req *r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
    int e;
    if ((e = req_init(r, p)) != 0) {
        free(r, M_TEMP);
        return e;
    }
    if (r->bad) {
        req_fini(r);
        return EINVAL;
    }
    enqueue(r);
    return 0;
}",
    ),
    (
        "taken by a choice and dropped by its flag",
        r"int j4(struct vfs *v, struct task_struct *t) {
    struct mm_struct *mm;
    int locked = 0, r;
    mm = v->async ? get_task_mm(t) : current->mm;
    if (!mm) return -ESRCH;
    r = op(mm);
    if (v->async) mmput(mm);
    return r;
}",
    ),
    (
        "a grab in place of a use",
        r"struct mm_struct *proc_mem_open(struct inode *inode, unsigned int mode) {
    struct task_struct *task = get_proc_task(inode);
    struct mm_struct *mm = ERR_PTR(-ESRCH);
    if (task) {
        mm = mm_access(task, mode);
        put_task_struct(task);
        if (!IS_ERR_OR_NULL(mm)) {
            mmgrab(mm);
            mmput(mm);
        }
    }
    return mm;
}
int j7(struct inode *inode, struct file *file) {
    struct mm_struct *mm = proc_mem_open(inode, 1);
    if (IS_ERR_OR_NULL(mm)) return mm ? PTR_ERR(mm) : -ESRCH;
    file->private_data = mm;
    return 0;
}",
    ),
    (
        "cases with defaults of their own",
        r"int j11(struct proc *p, struct lwp *l, int req) {
    struct vmspace *vm;
    int e, write = 0;
    switch (req) {
        case PT_WRITE: write = 1;
        case PT_READ: if ((e = proc_vmspace_getref(p, &vm)) != 0) return e;
        e = domem(l, vm, write);
        uvmspace_free(vm);
        return e;
        case PT_IO: switch (l->op) {
            case A: case B: break;
            default: return EINVAL;
        }
        e = proc_vmspace_getref(p, &vm);
        if (e) return e;
        e = domem(l, vm, 2);
        uvmspace_free(vm);
        return e;
    }
    return EINVAL;
}",
    ),
];

#[test]
fn every_idiom_is_silent() {
    let wrong: Vec<_> = IDIOMS.iter().filter(|(_, code)| !found(code).is_empty()).collect();
    assert!(wrong.is_empty(), "{:?}", wrong.iter().map(|(what, code)| (what, found(code))).collect::<Vec<_>>());
}
