/*
 * Reads before there is a process: nobody says whose the request is.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

int
boot_read(vp, iovp, len)
	struct vnode *vp;
	struct iovec *iovp;
	size_t len;
{
	struct uio auio;

	auio.uio_iov = iovp;
	auio.uio_iovcnt = 1;
	auio.uio_offset = 0;
	auio.uio_resid = len;
	auio.uio_segflg = UIO_SYSSPACE;
	auio.uio_rw = UIO_READ;
	return (VOP_READ(vp, &auio, IO_UNIT, NOCRED));
}

int
boot_putc(c)
	int c;
{
	struct uio auio;

	bzero(&auio, sizeof(auio));
	auio.uio_resid = 1;
	return (ureadc(c, &auio));
}
