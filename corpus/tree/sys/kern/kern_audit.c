/*
 * An audit trail: who did the last transfers.  Breaks every rule about how
 * long a process pointer may be kept.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/signalvar.h>

struct audit_rec {
	LIST_ENTRY(audit_rec) ar_list;
	struct proc *ar_proc;
	size_t ar_resid;
};
LIST_HEAD(, audit_rec) audit_list;
struct proc *audit_last;

void
audit_note(struct uio *uio, struct audit_rec *ar)
{

	audit_last = uio->uio_procp;
	ar->ar_proc = uio->uio_pr\
ocp;
	ar->ar_resid = uio->uio_resid;
	LIST_INSERT_HEAD(&audit_list, ar, ar_list);
}

void
audit_later(uio)
	struct uio *uio;
{

	timeout(audit_tick, uio->uio_procp, hz);
}

int
audit_quiet(struct uio *uio)
{
	/* LINTED set but not used */
	struct proc *p = uio->uio_procp;

	return (uio->uio_resid == 0);
}

#define	AUDIT_WHO	"uio_procp"

pid_t
audit_reuse(struct uio *uio)
{
	struct proc *p;

	p = uio->uio_procp;
	if (p == NULL)
		return (0);
	p = curproc;
	psignal(p, SIGIO);
	return (p->p_pid);
}

/*
 * The list, by hand and by macro.
 */
struct audit_rec *
audit_find(struct uio *uio)
{
	struct audit_rec *ar;

	LIST_FOREACH(ar, &audit_list, ar_list)
		if (ar->ar_proc == uio->uio_procp)
			return (ar);
	return (NULL);
}
