/*
 * /dev/fd: descriptors as files.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

int
fdesc_readdir(v)
	void *v;
{
	struct vop_read_args *ap = v;
	struct uio *uio = ap->a_uio;
	struct filedesc *fdp;
	int i, error = 0;

	fdp = uio->uio_procp->p_fd;
	for (i = 0; i < fdp->fd_nfiles && uio->uio_resid > 0; i++) {
		if (fdp->fd_ofiles[i] == NULL)
			continue;
		error = uiomove(&i, sizeof(i), uio);
	}
	return (error);
}

int
fdesc_close(uio, fd)
	struct uio *uio;
{

	return (fdrelease(uio->uio_procp, fd));
}
