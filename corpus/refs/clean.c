/*
 * The same as in defects.c, done right.
 */

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
		error = EINVAL;
		goto out;
	}
	error = authorize(l);
	if (error)
		goto out;
	error = uvm_io(&vm->vm_map, uio);
out:
	uvmspace_free(vm);
	return error;
}

int
loop_break(struct proc **list, int n)
{
	struct vmspace *vm;
	int i, error = 0;

	for (i = 0; i < n; i++) {
		if (proc_vmspace_getref(list[i], &vm) != 0)
			continue;
		error = visit(vm);
		uvmspace_free(vm);
		if (error)
			break;
	}
	return error;
}

int
dropped_once(struct proc *p, struct uio *uio)
{
	struct vmspace *vm;
	int error;

	if ((error = proc_vmspace_getref(p, &vm)) != 0)
		return error;
	error = uvm_io(&vm->vm_map, uio);
	if (error) {
		uvmspace_free(vm);
		return error;
	}
	uvmspace_free(vm);
	return 0;
}

/* Taken for a user's memory alone, and tested again before it is dropped. */
int
only_for_users(struct lwp *l, struct uio *uio)
{
	struct vmspace *vm;
	int error;

	if (l == NULL) {
		UIO_SETUP_SYSSPACE(uio);
	} else {
		error = proc_vmspace_getref(l->l_proc, &vm);
		if (error)
			return error;
		uio->uio_offset = 0;
	}
	error = copy_all(uio);
	if (l != NULL)
		uvmspace_free(vm);
	return error;
}

int
used_before(struct proc *p, struct uio *uio)
{
	struct vmspace *vm = vmspace_acquire_ref(p);
	int error;

	if (vm == NULL)
		return ESRCH;
	error = vm_fault(&vm->vm_map, uio);
	vmspace_free(vm);
	return error;
}

void
of_a_process_that_stays(struct proc *p, struct visit *v)
{
	struct vmspace *vm;

	if (p->p_flag & P_WEXIT)
		return;
	vm = p->p_vmspace;
	uvmspace_addref(vm);
	visit_all(v, vm);
	uvmspace_free(vm);
}

int
kept_with_a_reference(struct proc *p, caddr_t base)
{
	struct mover_request *mr;
	int error;

	mr = malloc(sizeof(*mr), M_DEVBUF, M_WAITOK);
	error = proc_vmspace_getref(p, &mr->mr_vmspace);
	if (error) {
		free(mr, M_DEVBUF);
		return error;
	}
	mr->mr_base = base;
	mover_enqueue(mr);
	return 0;
}

int
half_made(struct mover_state *ms, struct mover_request *mr)
{
	int error;

	error = proc_vmspace_getref(curproc, &mr->mr_vmspace);
	if (error)
		return error;
	if (mr->mr_count > MOVER_MAX) {
		error = EINVAL;
		goto bad;
	}
	error = mover_map(ms, mr);
	if (error)
		goto bad;
	return 0;
bad:
	uvmspace_free(mr->mr_vmspace);
	return error;
}

int
by_hand(struct proc *p, struct uio *uio)
{
	struct vmspace *vm = p->p_vmspace;
	int error = 0;

	if ((p->p_flag & P_WEXIT) || vm->vm_refcnt < 1)
		error = EFAULT;
	if (error == 0)
		p->p_vmspace->vm_refcnt++;
	if (error != 0)
		return error;
	error = uvm_io(&vm->vm_map, uio);
	uvmspace_free(vm);
	return error;
}

int
linux_words(struct task_struct *task, unsigned long addr)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm)
		return -ESRCH;
	if (access_ok(addr))
		access_remote(mm, addr);
	mmput(mm);
	return 0;
}

/* vfork: whoever shares its own is not exiting. */
void
share(struct proc *p1, struct proc *p2)
{
	uvmspace_addref(p1->p_vmspace);
	p2->p_vmspace = p1->p_vmspace;
}
