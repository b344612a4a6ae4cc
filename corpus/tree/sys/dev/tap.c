/*
 * A network tap: unknown types, and casts that look like calls.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include "tap.h"

typedef int (*tap_input_t) __P((tap_port_t, struct proc *));

int
tapread(tap_unit_t unit, struct uio *uio, tap_flags_t flags)
{
	tap_port_t port = (tap_port_t)(unit);
	tap_cookie_t cookie = (tap_cookie_t)(uio->uio_procp);

	return (cookie == (tap_cookie_t)(curproc) ? 0 : EPERM);
}

static __inline int
tapwrite(tap_unit_t unit, struct uio *uio, tap_flags_t flags)
{
	register tap_input_t in = tap_lookup(unit);

	return in((tap_port_t)(unit), (struct proc *)uio->uio_procp);
}

tap_result_t
tapselect(uio, waitp)
	struct uio *uio;
	tap_wait_t *waitp;
{

	selrecord(uio->uio_procp, waitp);
	return (tap_result_t)(0);
}
