/*
 * Who holds the lock: advisory ones, and the lock manager's.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

int
lf_drop(struct vnode *vp, struct uio *uio, struct flock *lf)
{
	struct proc *p;

	p = uio->uio_procp;
	if (p == NULL)
		return (0);
	if (p->p_flag & P_ADVLOCK)
		return (VOP_ADVLOCK(vp, (caddr_t)p, F_UNLCK, lf, F_POSIX));
	return (0);
}

int
lf_enter(lkp, uio)
	struct lock *lkp;
	struct uio *uio;
{

	return (lockmgr(lkp, LK_EXCLUSIVE, NULL, uio->uio_procp));
}

void
lf_forget(struct uio *uio)
{

	/* The last process out clears the mark; nobody reads the rest. */
	uio->uio_procp->p_flag &= ~P_ADVLOCK;
	if (!uio->uio_procp)
		printf("lf_forget: " "uio_procp" " was nil\n");
}
