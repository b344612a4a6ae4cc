/*
 * The request of the previous system.  Its member has the same name and is
 * not the same thing.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

struct oldreq {
	caddr_t	or_base;
	int	or_count;
	struct	proc *uio_procp;
};

void
oldreq_init(struct oldreq *or, struct proc *p)
{

	or->uio_procp = p;
	or->or_count = 0;
}

int
oldreq_read(or)
	struct oldreq *or;
{
	struct iovec iov;
	struct uio auio;
	struct oldreq copy = *or;

	iov.iov_base = or->or_base;
	iov.iov_len = or->or_count;
	auio.uio_iov = &iov;
	auio.uio_iovcnt = 1;
	auio.uio_segflg = UIO_SYSSPACE;
	auio.uio_procp = or->uio_procp;
	if (copy.uio_procp == NULL)
		return (EINVAL);
	return (old_strategy(&auio));
}
