/*
 * Writing trace records, and asking whether to.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/ktrace.h>
#include <sys/vnode.h>

int
ktrwrite(struct vnode *vp, void *hdr, int len)
{
	struct uio auio;
	struct iovec aiov[2];

	auio.uio_iov = &aiov[0];
	auio.uio_offset = 0;
	auio.uio_segflg = UIO_SYSSPACE;
	auio.uio_rw = UIO_WRITE;
	aiov[0].iov_base = hdr;
	aiov[0].iov_len = len;
	auio.uio_resid = len;
	auio.uio_iovcnt = 1;
	auio.uio_procp = (struct proc *)0;
	return (VOP_WRITE(vp, &auio, IO_UNIT | IO_APPEND, NULL));
}

void
ktruio(int fd, struct uio *uio, int error)
{

	if (KTRPOINT(uio->uio_procp, KTR_GENIO))
		ktrgenio(uio->uio_procp->p_tracep, fd, uio->uio_rw,
		    uio->uio_iov, uio->uio_resid, error);
}

int
ktr_stopped(uio)
	struct uio *uio;
{
	int traced;

	traced = uio->uio_procp->p_flag & P_TRACED;
	return (traced != 0);
}
