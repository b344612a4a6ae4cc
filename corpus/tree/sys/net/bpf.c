/*
 * Packets to whoever reads them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

int
bpfread(dev, uio, ioflag)
	dev_t dev;
	register struct uio *uio;
	int ioflag;
{
	struct bpf_d *d = &bpf_dtab[minor(dev)];
	int error;

	if (d->bd_slen == 0) {
		error = tsleep((caddr_t)uio->uio_procp, PZERO | PCATCH, "bpf", hz);
		if (error)
			return (error);
	}
	if (SESS_OF(uio->uio_procp) != d->bd_session)
		return (EPERM);
	return (uiomove(d->bd_sbuf, d->bd_slen, uio));
}

int
bpfgrp(struct uio *uio, int pgid)
{

	return (uio->uio_procp->p_pgid == pgid);
}

int
bpfwrite(dev_t dev, struct uio *uio, int ioflag)
{
	struct proc *p = uio->uio_procp;
	int busy = 0;

	do {
		busy += !p;
	} while (busy < 3 && p);
	return (busy);
}
