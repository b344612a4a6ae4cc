/*
 * Odds and ends of the vnode layer, with the macros of several hands.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>
#include <sys/signalvar.h>

#define	BAIL(e)		do { error = (e); goto out; } while (0)
#define	FUNCTION	static __unused int
#define	FORUIOV(i, u)	for ((i) = 0; (i) < (u)->uio_iovcnt; (i)++)
#define	LOCALS		int error = 0; int i
#define	UIO_INTR(u)	CURSIG(uio_to_proc(u))
#define	TRACEUIO(u, what) {						\
	printf("%s: pid %d\n", what, (u)->uio_procp->p_pid);		\
}

FUNCTION
vfs_walk(struct vnode *vp, struct uio *uio)
{
	LOCALS;

	TRACEUIO(uio, "walk")
	UIO_ASSERT_MINE(uio);
	FORUIOV(i, uio) {
		if (UIO_INTR(uio))
			BAIL(EINTR);
	}
	if (uio_to_proc(uio) == NULL)
		BAIL(EINVAL);
	error = suser(uio_to_proc(uio)->p_ucred,
	    &uio_to_proc(uio)->p_acflag);
out:
	return error;
}

int
vfs_who(uio)
	struct uio *uio;
{

	return (uio_to_proc(uio)->p_pid);
}

void __dead
vfs_die(struct uio *uio)
{

	panic("vfs: %s", uio->uio_procp->p_comm);
}

int vfs_mine(struct uio *) __unused;
int __unused
vfs_mine(struct uio *uio)
{

	return (uio->uio_procp == curproc);
}
