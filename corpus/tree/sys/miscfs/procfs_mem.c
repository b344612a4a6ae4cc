/*
 * /proc/N/mem.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/signalvar.h>
#include <sys/vnode.h>

int
procfs_checkio(struct uio *uio, struct proc *t)
{
	struct proc *p = uio->uio_procp;
	int error;

	if (p == t)
		return (0);
	if (p->p_cred->p_ruid == t->p_cred->p_ruid)
		return (0);
	if ((error = suser(p->p_ucred, &p->p_acflag)) != 0)
		return (error);
	return (0);
}

int
procfs_rwmem(curp, pid, uio)
	struct proc *curp;
	pid_t pid;
	struct uio *uio;
{
	struct uio tuio;
	struct proc *t;

	t = pfind(pid);
	bzero((caddr_t)&tuio, sizeof (tuio));
	tuio.uio_iov = uio->uio_iov;
	tuio.uio_iovcnt = uio->uio_iovcnt;
	tuio.uio_procp = t;
	return (target_io(&tuio));
}

int
procfs_ctl(struct uio *uio, struct proc *t)
{

	if (uio->uio_procp->p_pid == t->p_oppid && inferior(uio->uio_procp))
		return (EBUSY);
	uio->uio_procp->p_xstat = SIGKILL;
	return (0);
}
