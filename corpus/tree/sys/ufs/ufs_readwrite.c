/*
 * Reading and writing, for every file system that stores blocks: included
 * with READ and WRITE defined to the names they are to have.
 */

/* ARGSUSED */
int
READ(v)
	void *v;
{
	struct vop_read_args *ap = v;
	struct uio *uio = ap->a_uio;

#ifdef DIAGNOSTIC
	if (uio->uio_rw != UIO_READ)
		panic("%s: mode", READ_S);
	if (uio->uio_procp == (struct proc *)0 &&
	    uio->uio_segflg == UIO_USERSPACE)
		panic("%s: nobody", READ_S);
#endif
	return (uiomove(DIP(ap->a_vp), uio->uio_resid, uio));
}

int
WRITE(ap)
	struct vop_write_args /* {
		struct vnode *a_vp;
		struct uio *a_uio;
	} */ *ap;
{
	register struct uio *uio;
	register struct proc *p;

	uio = ap->a_uio;
	p = uio->uio_procp;
	if (p && uio->uio_offset + uio->uio_resid >
	    p->p_rlimit[RLIMIT_FSIZE].rlim_cur) {
		psignal(p, SIGXFSZ);
		return (EFBIG);
	}
	if (DIP(ap->a_vp) == NULL)
		return (UPDATE(ap->a_vp, uio->uio_procp));
	return (0);
}
