/*
 * Disks out of files: requests of every make and initialiser.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

struct vnd_pair {
	int	vp_unit;
	struct	uio vp_in;
	struct	uio vp_out;
};

int
vnd_label(struct vnode *vp, struct proc *p, caddr_t buf)
{
	struct iovec iov = { buf, 512 };
	struct uio auio = {
		uio_iov: &iov,
		uio_iovcnt: 1,
		uio_resid: 512,
		uio_segflg: UIO_SYSSPACE,
		uio_rw: UIO_READ,
		uio_procp: p,
	};

	return (VOP_READ(vp, &auio, 0, NULL));
}

int
vnd_copyup(struct vnode *vp, struct proc *p, int unit)
{
	struct vnd_pair pair = {
		.vp_unit = unit,
		.vp_in = {
			.uio_rw = UIO_READ,
			.uio_procp = p,
		},
		.vp_out = {
			.uio_rw = UIO_WRITE,
			.uio_segflg = UIO_SYSSPACE,
#ifdef VND_AS_CALLER
			.uio_procp = p,
#else
			.uio_procp = NULL,
#endif
		},
	};

	return (vnd_both(vp, &pair));
}

int
vnd_flush(struct vnode *vp, struct proc *p)
{

	return (vnd_go(vp, &(struct uio){ .uio_rw = UIO_WRITE, .uio_segflg = UIO_SYSSPACE, .uio_procp = p }));
}

void
vnd_pair_init(struct vnd_pair *pp, struct uio *from, struct proc *p)
{

	pp->vp_in = *from;
	pp->vp_in.uio_procp = p;
	pp->vp_out.uio_segflg = UIO_SYSSPACE;
	pp->vp_out.uio_procp = p;
}

int
vnd_static(struct vnode *vp)
{
	static struct uio zuio;

	zuio.uio_procp = curproc;
	return (VOP_READ(vp, &zuio, 0, NULL));
}
