/*
 * Portals.  The messages are as long as the man page.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

int
portal_open(struct uio *uio)
{
	struct ucred *cr;

	cr = uio->uio_procp->p_ucred;
	if (cr == NULL)
		panic("portal: a request came without
credentials; its uio_procp was set by
somebody else");
	return (portal_send(cr));
}

int
portal_read(uio)
	struct uio *uio;
{

	return uio->uio_procp ? EOPNOTSUPP : EINVAL;
}
