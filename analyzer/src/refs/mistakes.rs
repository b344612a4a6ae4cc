//! One input for each kind of mistake.

use super::*;
use uioscope_source::text::SourceTree;

/// What is found in a text: function and fault.
pub(super) fn found(code: &str) -> Vec<String> {
    let tree = SourceTree::from_memory("mem", vec![("a.c".to_owned(), code.as_bytes().to_vec())]);
    let all = refs(&tree, &Rules::builtin().expect("valid"));
    assert!(all.undecided.is_empty(), "{:?}", all.undecided);
    all.findings.iter().map(|f| format!("{} {}", f.function, f.fault.name())).collect()
}

/// What is wrong, the function and its fault, and the text.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "a lent pointer in what goes on a list",
        "k1 borrowed-stored",
        r"int k1(struct req *r, struct task_struct *t) {
    r->mm = t->mm;
    list_add_tail(&r->list, &pending);
    return 0;
}",
    ),
    (
        "one exit of two forgets what a request got",
        "k2 leaked",
        r"int k2(struct req *r, struct proc *p) {
    int error;
    error = proc_vmspace_getref(p, &r->vm);
    if (error) return error;
    error = setup(r);
    if (error) return error;
    error = start(r);
    if (error) {
        uvmspace_free(r->vm);
        return error;
    }
    return 0;
}",
    ),
    (
        "what holds it is freed",
        "k3 leaked",
        r"int k3(struct proc *p) {
    struct req *r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
    int error;
    error = proc_vmspace_getref(p, &r->vm);
    if (error) {
        free(r, M_TEMP);
        return error;
    }
    if (check(r->flags)) {
        free(r, M_TEMP);
        return EINVAL;
    }
    uvmspace_free(r->vm);
    free(r, M_TEMP);
    return 0;
}",
    ),
    (
        "used through the request",
        "k4 used-after-drop",
        r"int k4(struct req *r) {
    uvmspace_free(r->vm);
    return uvm_io(&r->vm->vm_map, r->uio);
}",
    ),
    (
        "a macro hides the return",
        "k5 leaked",
        r"#define CHECK(x) do { if (!(x)) return (EINVAL); } while (0)
int k5(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int error = proc_vmspace_getref(p, &vm);
    if (error) return error;
    CHECK(uio->uio_resid > 0);
    error = work(vm, uio);
    uvmspace_free(vm);
    return error;
}",
    ),
    (
        "an ifdef drops and nothing else",
        "k6 leaked",
        r"int k6(struct proc *p) {
    struct vmspace *vm;
    if (proc_vmspace_getref(p, &vm)) return EFAULT;
    work(vm);
#ifdef VM_ACCOUNT
    uvmspace_free(vm);
#endif
    return 0;
}",
    ),
    (
        "mm access",
        "k7 leaked",
        r"int k7(struct task_struct *t, char *b) {
    struct mm_struct *mm = mm_access(t, 1);
    int n;
    if (IS_ERR_OR_NULL(mm)) return mm ? PTR_ERR(mm) : -ESRCH;
    if (!access_ok(b)) return -EFAULT;
    n = peek(mm, b);
    mmput(mm);
    return n;
}",
    ),
    (
        "mmgrab",
        "k8 leaked",
        r"int k8(struct ctx *c, struct mm_struct *mm) {
    mmgrab(mm);
    if (reg(c)) return -ENOMEM;
    use(c);
    mmdrop(mm);
    return 0;
}",
    ),
    (
        "an attribute drops again",
        "k9 dropped-twice",
        r"int k9(struct task_struct *t) {
    struct mm_struct *mm __free(mmput) = get_task_mm(t);
    if (!mm) return -ESRCH;
    if (bad(mm)) {
        mmput(mm);
        return -EIO;
    }
    return 0;
}",
    ),
    (
        "a helper drops before",
        "k10 dropped-twice",
        r"static void fin(struct vmspace *vm) {
    log();
    uvmspace_free(vm);
}
int k10(struct proc *p) {
    struct vmspace *vm;
    int e = proc_vmspace_getref(p, &vm);
    if (e) return e;
    e = work(vm);
    if (e) fin(vm);
    uvmspace_free(vm);
    return e;
}",
    ),
    (
        "a helper takes or fails",
        "k11 leaked",
        r"static int grab(struct proc *p, struct vmspace **vmp) {
    if (p->p_flag & P_WEXIT) return ESRCH;
    return proc_vmspace_getref(p, vmp);
}
int k11(struct proc *p) {
    struct vmspace *vm;
    int e;
    if ((e = grab(p, &vm)) != 0) return e;
    if (work(vm)) return EIO;
    uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "each round takes another",
        "k12 leaked",
        r"int k12(struct proc **pp, int n) {
    struct vmspace *vm = NULL;
    int i;
    for (i = 0; i < n; i++) {
        vm = vmspace_acquire_ref(pp[i]);
        if (vm == NULL) return ESRCH;
    }
    if (vm) vmspace_free(vm);
    return 0;
}",
    ),
    (
        "a helper hands on what it got",
        "b1 leaked",
        r"static int grab2(struct proc *p, struct vmspace **vmp) {
    int error;
    error = proc_vmspace_getref(p, vmp);
    return error;
}
int b1(struct proc *p) {
    struct vmspace *vm;
    int e;
    if ((e = grab2(p, &vm)) != 0) return e;
    if (work(vm)) return EIO;
    uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "a helper gives or not",
        "b2 leaked",
        r"static struct mm_struct *getmm(struct task_struct *t) {
    struct mm_struct *mm;
    mm = get_task_mm(t);
    if (mm && bad(mm)) {
        mmput(mm);
        return NULL;
    }
    return mm;
}
int b2(struct task_struct *t) {
    struct mm_struct *mm = getmm(t);
    if (!mm) return 0;
    if (work(mm)) return -EIO;
    mmput(mm);
    return 0;
}",
    ),
    (
        "the last error of a setup",
        "b3 leaked",
        r"int b3(struct req *r, struct task_struct *t) {
    r->mm = get_task_mm(t);
    if (!r->mm) return -ESRCH;
    if (setup(r)) {
        mmput(r->mm);
        return -EIO;
    }
    if (start(r)) return -EIO;
    return 0;
}",
    ),
    (
        "a new request is freed with it",
        "b4 leaked",
        r"struct req *b4(struct task_struct *t) {
    struct req *r = kzalloc(sizeof(*r), GFP_KERNEL);
    if (!r) return NULL;
    r->mm = get_task_mm(t);
    if (!r->mm) {
        kfree(r);
        return NULL;
    }
    if (init(r)) {
        kfree(r);
        return NULL;
    }
    return r;
}",
    ),
    (
        "a copy of the pointer is used",
        "b5 used-after-drop",
        r"int b5(struct req *r) {
    struct mm_struct *mm = r->mm;
    mmput(mm);
    wake_up(&mm->waiters);
    return 0;
}",
    ),
    (
        "a branch drops before",
        "b6 dropped-twice",
        r"int b6(struct task_struct *t) {
    struct mm_struct *mm = get_task_mm(t);
    if (!mm) return 0;
    if (ok(mm)) {
        mmput(mm);
    }
    mmput(mm);
    return 0;
}",
    ),
    (
        "a case returns",
        "b7 leaked",
        r"int b7(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int error;
    if ((error = proc_vmspace_getref(p, &vm)) != 0) return (error);
    switch (uio->uio_rw) {
        case UIO_READ: error = rd(vm);
        break;
        case UIO_WRITE: if (ro(vm)) return (EROFS);
        error = wr(vm);
        break;
    }
    uvmspace_free(vm);
    return (error);
}",
    ),
    (
        "a parameter that was taken",
        "b8 leaked",
        r"int b8(struct vmspace *vm, struct softc *sc) {
    uvmspace_addref(vm);
    if (sc->sc_dying) return ENXIO;
    sc->sc_busy = 1;
    io(sc);
    uvmspace_free(vm);
    return 0;
}",
    ),
    (
        "the label forgets",
        "b9 leaked",
        r"int b9(struct task_struct *t) {
    struct mm_struct *mm;
    mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    down_read(&mm->mmap_sem);
    if (fatal_signal_pending(current)) {
        up_read(&mm->mmap_sem);
        goto fail;
    }
    work(mm);
    up_read(&mm->mmap_sem);
    mmput(mm);
    return 0;
    fail: return -EINTR;
}",
    ),
    (
        "used after a helper dropped it",
        "h2 used-after-drop",
        r"static void req_done(struct req *r) {
    uvmspace_free(r->vm);
}
int h2(struct req *r) {
    int e;
    req_done(r);
    e = uvm_fault(&r->vm->vm_map, r->va);
    return e;
}",
    ),
    (
        "a macro hides the goto",
        "h3 leaked",
        r"#define BAIL(cond, lbl) do { if (cond) goto lbl; } while (0)
int h3(struct proc *p, struct uio *uio) {
    struct vmspace *vm;
    int error;
    error = proc_vmspace_getref(p, &vm);
    if (error) return error;
    BAIL(uio->uio_resid == 0, out);
    error = io(vm, uio);
    uvmspace_free(vm);
    out:  return error;
}",
    ),
    (
        "queued or freed with it",
        "h9 leaked",
        r"int h9(struct task_struct *t) {
    struct work *w = kmalloc(sizeof(*w), GFP_KERNEL);
    if (!w) return -ENOMEM;
    w->mm = get_task_mm(t);
    if (!w->mm) goto free;
    if (!queue_it(w)) goto free;
    return 0;
    free: kfree(w);
    return -EINVAL;
}",
    ),
    (
        "a new context is freed with what it grabbed",
        "h10 leaked",
        r"struct ctx *h10(void) {
    struct ctx *c = kzalloc(sizeof *c, GFP_KERNEL);
    if (!c) return NULL;
    c->mm = current->mm;
    mmgrab(c->mm);
    c->wq = alloc_workqueue(name, 0, 0);
    if (!c->wq) {
        kfree(c);
        return NULL;
    }
    return c;
}",
    ),
    (
        "returned although an attribute drops it",
        "h16 used-after-drop",
        r"struct mm_struct *h16(struct task_struct *t) {
    struct mm_struct *mm __free(mmput) = get_task_mm(t);
    return mm;
}",
    ),
    (
        "dropped by two names",
        "i3 dropped-twice",
        r"int i3(struct req *r) {
    struct vmspace *vm = r->vm;
    uvmspace_free(vm);
    uvmspace_free(r->vm);
    return 0;
}",
    ),
    (
        "a helper fills a request that is freed",
        "i5 leaked",
        r"static int req_init(struct req *r, struct proc *p) {
    int e = proc_vmspace_getref(p, &r->vm);
    if (e) return e;
    r->flags = 0;
    return 0;
}
int i5(struct proc *p) {
    struct req *r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
    int e;
    if ((e = req_init(r, p)) != 0) {
        free(r, M_TEMP);
        return e;
    }
    if (r->bad) {
        free(r, M_TEMP);
        return EINVAL;
    }
    enqueue(r);
    return 0;
}",
    ),
    (
        "an error pointer is no leak and a later error is one",
        "i7 leaked",
        r"ssize_t i7(struct task_struct *t, char *buf, size_t n) {
    struct mm_struct *mm = mm_access(t, 1);
    ssize_t r;
    if (IS_ERR(mm)) return PTR_ERR(mm);
    if (!mm) return 0;
    if (!buf) return -EINVAL;
    r = rd(mm, buf, n);
    mmput(mm);
    return r;
}",
    ),
    (
        "a helper stores what is lent in something new",
        "i9 borrowed-stored",
        r"static void set_vm(struct req *r, struct vmspace *vm) {
    r->vm = vm;
}
int i9(struct proc *p) {
    struct req *r = malloc(10, M_TEMP, M_WAITOK);
    set_vm(r, p->p_vmspace);
    enqueue(r);
    return 0;
}",
    ),
    (
        "a label too far",
        "i11 leaked",
        r"int i11(struct task_struct *t) {
    struct mm_struct *mm;
    void *pg;
    int r = -ENOMEM;
    mm = get_task_mm(t);
    if (!mm) return -ESRCH;
    pg = alloc();
    if (!pg) goto out;
    r = fill(mm, pg);
    if (r < 0) goto out_free;
    put(pg);
    mmput(mm);
    return 0;
    out_free: put(pg);
    mmput(mm);
    out: return r;
}",
    ),
];

#[test]
fn every_mistake_is_found_and_nothing_else() {
    let wrong: Vec<_> = MISTAKES.iter().filter(|(_, wanted, code)| found(code) != [*wanted]).collect();
    assert!(wrong.is_empty(), "{:?}", wrong.iter().map(|(what, _, code)| (what, found(code))).collect::<Vec<_>>());
}
