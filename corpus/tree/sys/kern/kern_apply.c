/*
 * Asks something about the process of a request, and remembers the last one.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

struct	proc *apply_last;

static int
apply_nice(p)
	struct proc *p;
{

	return (p->p_nice);
}

static int
apply_to(fn, p)
	int (*fn) __P((struct proc *));
	struct proc *p;
{

	return ((*fn)(p));
}

int
apply_uio(uio)
	struct uio *uio;
{

	return (apply_to(apply_nice, uio->uio_procp));
}

void
apply_keep(uio)
	struct uio *uio;
{

	apply_last = uio->uio_procp;
}

int
apply_again()
{

	return (apply_last->p_cred != NULL);
}
