/*
 * What goes wrong with references to address spaces. A comment `!fault` marks the line where it shows.
 */

/* An early return forgets the reference. */
int
early_return(struct lwp *l, struct uio *uio, int op)
{
	struct vmspace *vm;
	int error;

	error = proc_vmspace_getref(l->l_proc, &vm);
	if (error)
		return error;
	switch (op) {
	case 0:
		uio->uio_rw = UIO_READ;
		break;
	default:
		return EINVAL;		/* !leaked */
	}
	error = authorize(l);
	if (error)
		return (error);		/* !leaked */
	error = uvm_io(&vm->vm_map, uio);
	uvmspace_free(vm);
	return error;
}

/* In a loop, `break` skips the drop. */
int
loop_break(struct proc **list, int n)
{
	struct vmspace *vm;
	int i, error = 0;

	for (i = 0; i < n; i++) {
		if (proc_vmspace_getref(list[i], &vm) != 0)
			continue;
		error = visit(vm);
		if (error)
			break;
		uvmspace_free(vm);
	}
	return error;			/* !leaked */
}

/* The error path drops, and the common path drops again. */
int
dropped_twice(struct proc *p, struct uio *uio)
{
	struct vmspace *vm;
	int error;

	if ((error = proc_vmspace_getref(p, &vm)) != 0)
		return error;
	error = uvm_io(&vm->vm_map, uio);
	if (error)
		uvmspace_free(vm);
	uvmspace_free(vm);		/* !dropped-twice */
	return error;
}

/* What the reference kept is used after it is gone. */
int
used_after(struct proc *p, struct uio *uio)
{
	struct vmspace *vm = vmspace_acquire_ref(p);

	if (vm == NULL)
		return ESRCH;
	vmspace_free(vm);
	return vm_fault(&vm->vm_map, uio);	/* !used-after-drop */
}

/* Nobody asks whether the process is exiting. */
void
of_an_exiting_process(struct proc *p, struct visit *v)
{
	struct vmspace *vm;

	vm = p->p_vmspace;
	uvmspace_addref(vm);		/* !owner-may-exit */
	visit_all(v, vm);
	uvmspace_free(vm);
}

/* Lent for the call, and kept in a request. */
int
kept_in_a_request(struct proc *p, caddr_t base)
{
	struct mover_request *mr;

	mr = malloc(sizeof(*mr), M_DEVBUF, M_WAITOK);
	mr->mr_base = base;
	mr->mr_vmspace = p->p_vmspace;	/* !borrowed-stored */
	mover_enqueue(mr);
	return 0;
}

/* The struct owns it if all goes well; one error return forgets that nobody does then. */
int
half_made(struct mover_state *ms, struct mover_request *mr)
{
	int error;

	error = proc_vmspace_getref(curproc, &mr->mr_vmspace);
	if (error)
		return error;
	if (mr->mr_count > MOVER_MAX)
		return EINVAL;		/* !leaked */
	error = mover_map(ms, mr);
	if (error)
		goto bad;
	return 0;
bad:
	uvmspace_free(mr->mr_vmspace);
	return error;
}

/* The count is raised by hand. */
int
by_hand(struct proc *p, struct uio *uio)
{
	int error;

	if ((p->p_flag & P_WEXIT) || p->p_vmspace->vm_refcnt < 1)
		return EFAULT;
	p->p_vmspace->vm_refcnt++;
	error = uvm_io(&p->p_vmspace->vm_map, uio);
	if (error)
		return error;		/* !leaked */
	uvmspace_free(p->p_vmspace);
	return 0;
}

/* In Linux' words. */
int
linux_words(struct task_struct *task, unsigned long addr)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm)
		return -ESRCH;
	if (!access_ok(addr))
		return -EFAULT;		/* !leaked */
	access_remote(mm, addr);
	mmput(mm);
	return 0;
}
