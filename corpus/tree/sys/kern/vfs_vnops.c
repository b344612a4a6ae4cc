/*
 * Files that are vnodes.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

/*
 * Package up an I/O request on a vnode into a uio and do it.
 */
int
vn_rdwr(rw, vp, base, len, offset, segflg, ioflg, cred, aresid, p)
	enum uio_rw rw;
	struct vnode *vp;
	caddr_t base;
	int len;
	off_t offset;
	enum uio_seg segflg;
	int ioflg;
	struct ucred *cred;
	size_t *aresid;
	struct proc *p;
{
	struct uio auio;
	struct iovec aiov;
	int error;

	auio.uio_iov = &aiov;
	auio.uio_iovcnt = 1;
	aiov.iov_base = base;
	aiov.iov_len = len;
	auio.uio_resid = len;
	auio.uio_offset = offset;
	auio.uio_segflg = segflg;
	auio.uio_rw = rw;
	auio.uio_procp = p;
	if (rw == UIO_READ)
		error = VOP_READ(vp, &auio, ioflg, cred);
	else
		error = VOP_WRITE(vp, &auio, ioflg, cred);
	if (aresid)
		*aresid = auio.uio_resid;
	return (error);
}

int
vn_read(struct file *fp, off_t *offset, struct uio *uio, struct ucred *cred)
{
	struct vnode *vp = (struct vnode *)fp->f_data;

	VOP_LEASE(vp, uio->uio_procp, cred, 0);
#ifdef notyet
	uio->uio_segflg = UIO_USERSPACE;
	uio->uio_procp = curproc;
#endif
	return (VOP_READ(vp, uio, 0, cred));
}

int
vn_write(fp, offset, uio, cred)
	struct file *fp;
	off_t *offset;
	struct uio *uio;
	struct ucred *cred;
{
	struct vnode *vp = (struct vnode *)fp->f_data;
	int ioflag = IO_UNIT;

	if (fp->f_flag & O_APPEND)
		ioflag |= IO_APPEND;
	VOP_LEASE(vp,
#ifdef LEASE_BY_CRED
	    NULL,
#else
	    uio->uio_procp,
#endif
	    cred, 1);
	return (VOP_WRITE(vp, uio, ioflag, cred));
}

/*
 * The same again when the buffer is a mapped one: user or kernel by flag.
 */
int
vn_mapread(struct vnode *vp, struct proc *p, void *base, int kernel)
{
	struct uio auio;

	auio.uio_iovcnt = 0;
	if (kernel)
		auio.uio_segflg = UIO_SYSSPACE;
	else
		auio.uio_segflg = UIO_USERSPACE;
	auio.uio_procp = p;
	return (VOP_READ(vp, &auio, 0, NULL));
}
