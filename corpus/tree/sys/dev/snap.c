/*
 * Snapshots: a transfer struct that has a uio inside, and short names for
 * its members, as was the custom.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <uvm/uvm_extern.h>

struct snapxfer {
	int	x_unit;
	struct	uio x_uio;
	struct	uio x_kuio;
#define	x_resid		x_uio.uio_resid
#define	x_procp		x_uio.uio_procp
#define	x_kprocp	x_kuio.uio_procp
};

int
snap_start(struct snapxfer *x)
{

	if (x->x_procp == NULL)
		return (ESRCH);
	x->x_kuio.uio_segflg = UIO_SYSSPACE;
	x->x_kprocp = NULL;
	return (snap_run(x));
}

struct vm_map *
snap_map(x)
	struct snapxfer *x;
{

	return (&x->x_procp->p_vmspace->vm_map);
}
