/*
 * Sockets: the ends of send and receive that look at the request.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/resourcevar.h>
#include <sys/signalvar.h>

int
sosend(struct socket *so, struct mbuf *addr, struct uio *uio, int flags)
{
	struct proc *p = uio ? uio->uio_procp : curproc;
	long space;

	p->p_stats->p_ru.ru_msgsnd++;
	space = sbspace(&so->so_snd);
	if (space < uio->uio_resid && CURSIG(p))
		return (EINTR);
	return (0);
}

int
soreceive(so, paddr, uio, flagsp)
	struct socket *so;
	struct mbuf **paddr;
	struct uio *uio;
	int *flagsp;
{

#ifdef notyet
	if (uio->uio_procp)
		uio->uio_procp->p_stats->p_ru.ru_msgrcv++;
#endif
	return (sbreceive(so, uio));
}

/*
 * A receive into mbufs has no buffer, and so no space: only the count is
 * looked at.
 */
int
sopeek(struct socket *so, struct mbuf **mp)
{
	struct uio auio;
	struct proc *p = curproc;

	auio.uio_resid = 1000000000;
	auio.uio_procp = p;
	return (mbreceive(so, mp, &auio));
}

int
sodrain(so)
	struct socket *so;
{
	struct uio auio;

	auio.uio_resid = 1000000000;
	auio.uio_procp = NULL;
	return (mbreceive(so, NULL, &auio));
}

int
soboot(struct socket *so)
{
	struct uio auio;

	auio.uio_resid = 512;
	auio.uio_procp = &proc0;
	return (mbreceive(so, NULL, &auio));
}
