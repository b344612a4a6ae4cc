/*
 * One process looks into another.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

int
ptrace_poke(struct proc *p, pid_t pid, void *addr, size_t len)
{
	struct proc *t;
	struct uio uio;
	struct iovec iov;

	if ((t = pfind(pid)) == NULL)
		return (ESRCH);
	iov.iov_base = addr;
	iov.iov_len = len;
	uio.uio_iov = &iov;
	uio.uio_iovcnt = 1;
	uio.uio_resid = len;
	uio.uio_rw = UIO_WRITE;
	uio.uio_segflg = UIO_USERSPACE;
	uio.uio_procp = t;
	return (target_io(&uio));
}

int
ptrace_peek(p, pid, addr)
	struct proc *p;
	pid_t pid;
	void *addr;
{
	struct proc *t = pfind(pid);
	struct uio uio;
	int val;
	struct iovec iov;

	iov.iov_base = (caddr_t)&val;
	iov.iov_len = sizeof(val);
	uio.uio_iov = &iov;
	uio.uio_iovcnt = 1;
	uio.uio_segflg = UIO_SYSSPACE;
	uio.uio_rw = UIO_READ;
	uio.uio_procp = t;
	if (target_io(&uio))
		return (-1);
	return (val);
}

/*
 * Registers: the tracer's memory, whatever the target.
 */
int
ptrace_regs(struct proc *p, struct proc *t, void *regs)
{
	struct uio uio;

	uio.uio_segflg = UIO_USERSPACE;
	uio.uio_rw = UIO_READ;
	uio.uio_procp = p;
	return (process_doregs(p, t, &uio));
}

int
process_owner(struct uio *uio, pid_t pid)
{
	struct proc *t = pfind(pid);
	struct proc *p = uio->uio_procp;

	return (t != NULL && t->p_pptr == p);
}
