/*
 * Faults taken on behalf of a request.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/signalvar.h>

struct	user { int u_pcb; };

void
trap_onfault(struct uio *uio, int val)
{

	uio->uio_procp->p_addr->u_pcb = val;
}

int
trap_blame(frame, uio)
	struct frame *frame;
	struct uio *uio;
{
	struct proc *p;
	int sig;

	if ((p = uio->uio_procp) != NULL && (p->p_flag & P_SYSTEM) == 0) {
		sig = frame->f_code;
		trapsignal(p, sig, frame->f_va);
	}
	return (0);
}

int
trap_limits(struct uio *uio)
{
	struct plimit *lim;

	lim = uio->uio_procp->p_limit;
	return (lim == NULL);
}
