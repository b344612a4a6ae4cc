/*
 * The line printer: polled or by interrupt, as a table of operations says.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

struct lptops {
	int	(*lo_start) __P((struct proc *, int));
	int	(*lo_stop) __P((struct proc *));
};

static int
lpt_poll(struct proc *p, int n)
{

	return (p->p_nice > n);
}

static int
lpt_intr(struct proc *p, int n)
{

	return (n == 0 ? p->p_pid : 0);
}

static int
lpt_halt(struct proc *p)
{

	return (p != curproc);
}

static struct lptops lpt_polled = { lpt_poll, lpt_halt };
static struct lptops lpt_interrupted = {
	.lo_start = lpt_intr,
	.lo_stop = lpt_halt,
};

int
lptwrite(struct lptops *ops, struct uio *uio)
{
	int error;

	error = (*ops->lo_start)(uio->uio_procp, uio->uio_resid);
	if (error)
		return (ops->lo_stop(uio->uio_procp));
	return (0);
}
