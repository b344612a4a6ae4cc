/*
 * Came on a floppy from another system, line ends and all.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

#define	EMUL_RD	\
	UIO_READ

int
emul_read(struct proc *p, struct vnode *vp, caddr_t buf, int len)
{
	struct uio auio;

	auio.uio_resid = len;
	auio.uio_segflg = UIO_USERSPACE;
	auio.uio_rw = EMUL_RD;
	auio.uio_procp = p;
	return (VOP_READ(vp, &auio, 0, NULL));
}

int
emul_prio(uio)
	struct uio *uio;
{

	return (uio->uio_\
procp->p_priority);
}
