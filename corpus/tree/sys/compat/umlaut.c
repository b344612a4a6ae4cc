/*
 * Aus München, with love.  (One byte of this file is no ASCII and no UTF-8.)
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/filedesc.h>

int
uml_alloc(struct uio *uio, struct file **fpp, int *fdp)
{

	return (falloc(uio->uio_procp, fpp, fdp));
}

int
uml_umask(uio)
	register struct uio *uio;
{
	/* uio_procp \
	 * is the caller here. */
	return (uio->uio_procp->p_cwdi->cwdi_cmask);
}
