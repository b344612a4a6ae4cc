/*
 * The media changer: who asks is found out in two places, and looked at in
 * another.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/signalvar.h>
#include <sys/proc.h>
#include <sys/uio.h>

static struct proc *
ch_asker(uio)
	struct uio *uio;
{

	return (uio->uio_procp);
}

static int
ch_find(uio, pp)
	struct uio *uio;
	struct proc **pp;
{

	if (uio->uio_resid == 0)
		return (EINVAL);
	*pp = uio->uio_procp;
	return (0);
}

int
chread(dev, uio, flag)
	dev_t dev;
	struct uio *uio;
	int flag;
{
	struct proc *p;
	int error;

	if (ch_asker(uio)->p_flag & P_WEXIT)
		return (EINTR);
	if ((error = ch_find(uio, &p)) != 0)
		return (error);
	psignal(p, SIGXFSZ);
	return (0);
}
