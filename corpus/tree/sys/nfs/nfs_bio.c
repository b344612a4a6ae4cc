/*
 * Remote files: the block cache's side.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/resourcevar.h>
#include <sys/signalvar.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>
#include <sys/buf.h>

int
nfs_bioread(vp, uio, ioflag, cred)
	struct vnode *vp;
	struct uio *uio;
	int ioflag;
	struct ucred *cred;
{
	struct proc *p;
	int error;

#ifdef DIAGNOSTIC
	if (uio->uio_rw != UIO_READ)
		panic("nfs_bioread: mode");
#endif
	p = uio->uio_procp;
	error = nfs_fsinfo(vp, cred, p);
#ifdef NFS_ATTRCACHE
	if (error == 0) {
		error = VOP_GETATTR(vp, NULL, cred, uio->uio_procp);
#ifdef NFS_LEASES
		if (error == EAGAIN && uio->uio_procp != NULL) {
#else
		if (error == EAGAIN) {
#endif
			error = 0;
		}
#else
	if (error == 0) {
		error = nfs_check(vp, uio->uio_procp);
#endif
	}
	return (error);
}

int
nfs_write(v)
	void *v;
{
	struct vop_write_args /* {
		struct vnode *a_vp;
		struct uio *a_uio;
		int a_ioflag;
		struct ucred *a_cred;
	} */ *ap = v;
	register struct uio *uio = ap->a_uio;
	struct proc *p = uio->uio_procp;

	/*
	 * Maybe this should be above the vnode op call, but so long as
	 * servers have no limits, it does not matter.
	 */
	if (p && uio->uio_offset + uio->uio_resid >
	    p->p_rlimit[RLIMIT_FSIZE].rlim_cur) {
		psignal(p, SIGXFSZ);
		return (EFBIG);
	}
	return (nfs_dowrite(ap->a_vp, uio, ap->a_ioflag));
}

/*
 * Same process pointer, new request: the buffer is the cache's.
 */
int
nfs_doio(struct buf *bp, struct proc *p)
{
	struct uio uio;
	struct iovec io;
	struct uio *uiop = &uio;

	uiop->uio_iov = &io;
	uiop->uio_iovcnt = 1;
	uiop->uio_segflg = UIO_SYSSPACE;
	uiop->uio_procp = p;
	io.iov_len = uiop->uio_resid = bp->b_bcount;
	io.iov_base = bp->b_data;
	return (nfs_rpc(bp, uiop));
}
