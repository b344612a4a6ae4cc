/*
 * The other system's pread: which segment, the caller says.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

int
lnx_pread(struct proc *p, struct vnode *vp, void *buf, size_t len, int seg)
{
	struct uio auio;
	struct iovec iov;

	iov.iov_base = buf;
	iov.iov_len = len;
	auio.uio_iov = &iov;
	auio.uio_iovcnt = 1;
	auio.uio_segflg = seg ? UIO_SYSSPACE : UIO_USERSPACE;
	auio.uio_procp = seg ? NULL : p;
	return (VOP_READ(vp, &auio, 0, NULL));
}

int
lnx_again(struct vnode *vp, struct uio *uio)
{
	struct uio auio;
	struct proc *p = uio->uio_procp;

	auio.uio_segflg = uio->uio_segflg;
	auio.uio_procp = p;
	return (VOP_READ(vp, &auio, 0, NULL));
}

void
lnx_setowner(struct uio *uio, struct proc *newp)
{

	uio->uio_procp = newp;
}

int
lnx_getdents(struct proc *p, struct vnode *vp, caddr_t buf)
{
	struct iovec aiov;
	DECLARE_UIO(auio, &aiov, 1, p);

	aiov.iov_base = buf;
	UIO_ASSERT_MINE(&auio);
	return (VOP_READ(vp, &auio, 0, NULL));
}
