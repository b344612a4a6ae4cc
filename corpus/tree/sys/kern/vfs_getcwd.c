/*
 * Where am I?  Walking up from a directory to the root.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

static int
getcwd_scandir(struct vnode *vp, caddr_t buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct uio uio = { &iov, 1, 0, len, UIO_SYSSPACE, UIO_READ, NULL };

	return (VOP_READ(vp, &uio, 0, NULL));
}

int
getcwd_user(struct proc *p, struct vnode *vp, caddr_t buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct uio uio = { &iov, 1, 0, len, UIO_USERSPACE, UIO_READ, p };

	return (VOP_READ(vp, &uio, 0, NULL));
}

struct vnode *
cwd_of_request(uio)
	struct uio *uio;
{
	struct cwdinfo *cwdi = uio->uio_procp->p_cwdi;

	return (cwdi->cwdi_rdir ? cwdi->cwdi_rdir : cwdi->cwdi_cdir);
}

int
cwd_is_jailed(struct uio *uio, struct proc *q)
{

	return (!proc_isunder(uio->uio_procp, q));
}
