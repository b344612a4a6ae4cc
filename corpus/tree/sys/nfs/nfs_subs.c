/*
 * Requests made out of other requests.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

int
nfs_bounce(struct vnode *vp, struct uio *uio, caddr_t page)
{
	struct uio kuio;
	struct iovec kiov;

	kuio = *uio;
	kiov.iov_base = page;
	kiov.iov_len = PAGE_SIZE;
	kuio.uio_iov = &kiov;
	kuio.uio_iovcnt = 1;
	kuio.uio_segflg = UIO_SYSSPACE;
	return (VOP_READ(vp, &kuio, 0, NULL));
}

int
nfs_retry(vp, uiop)
	struct vnode *vp;
	struct uio *uiop;
{
	struct uio saved = *uiop;
	int error;

	while ((error = VOP_READ(vp, uiop, 0, NULL)) == EAGAIN)
		*uiop = saved;
	return (error);
}

int
nfs_split(struct vnode *vp, struct uio *uio, int n)
{
	struct uio auio;
	struct iovec aiov;

	aiov = *uio->uio_iov;
	auio.uio_iov = &aiov;
	auio.uio_iovcnt = 1;
	auio.uio_resid = n;
	auio.uio_offset = uio->uio_offset;
	auio.uio_segflg = uio->uio_segflg;
	auio.uio_rw = uio->uio_rw;
	auio.uio_procp = uio->uio_procp;
	return (VOP_WRITE(vp, &auio, 0, NULL));
}

int
nfs_pull(struct vnode *vp, struct uio *uio)
{
	struct uio auio;

	auio.uio_procp = uio->uio_procp;
	return (VOP_READ(vp, &auio, 0, NULL));
}

int
nfs_readdir_kernel(struct vnode *vp, struct vop_lookup_args *ap, struct uio *uio)
{
	struct uio auio;

	auio.uio_segflg = UIO_SYSSPACE;
	auio.uio_procp = ap->a_p;
	if (ap->a_p == NULL)
		auio.uio_procp = uio->uio_procp;
	return (VOP_READ(vp, &auio, 0, NULL));
}
