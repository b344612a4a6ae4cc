/*
 * Terminal input, in the local dialect of C: loops have names.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/tty.h>
#include <sys/signalvar.h>

int
ttread(tp, uio, flag)
	struct tty *tp;
	struct uio *uio;
	int flag;
{
	int c;
	int error;

	while <"line"> (uio->uio_resid > 0) {
		for <"char"> (;;) {
			c = tt_getc(tp);
			if (c < 0)
				break <"line">;
			if (c == '\026')
				continue <"char">;
			if (isbackground(uio->uio_procp, tp)) {
				psignal(uio->uio_procp, SIGTTIN);
				break <"line">;
			}
			error = ureadc(c, uio);
			if (error)
				return (error);
		}
	}
	return (0);
}

int
ttcheckpri(struct uio *uio, int c)
{
	int pri;

	switch (c) {
	case '0' ... '9':
		pri = uio->uio_procp->p_nice;
		break;
	case 'a' ... 'f': case 'A' ... 'F':
		setrunnable(uio->uio_procp);
		/* FALLTHROUGH */
	default:
		pri = PZERO;
	}
	return (pri);
}

void
ttwakeone(struct uio *uio)
{
	struct proc *p = uio->uio_procp;

	if (p->p_stat == SSLEEP)
		wakeup((caddr_t)p);
}
