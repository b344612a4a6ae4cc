/*
 * What the compiler of the day took for C, and what was made of it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

/* At file scope. */
struct uio boot_uio = { .uio_segflg = UIO_SYSSPACE, .uio_procp = &proc0 };
struct uio idle_uio = { NULL, 0, 0, 0, UIO_SYSSPACE, UIO_READ, NULL };

int
g2_lvalues(struct vnode *vp, struct proc *p, caddr_t who, int rd)
{
	struct uio in, out;

	in.uio_segflg = UIO_SYSSPACE;
	out.uio_segflg = UIO_SYSSPACE;
	(rd ? in : out).uio_procp = p;
	(caddr_t)out.uio_procp = who;
	return (VOP_READ(vp, rd ? &in : &out, 0, NULL));
}

int
g2_arrays(struct vnode *vp, struct proc *p, struct iovec *iov, int len)
{
	struct uio au[2] = {
		[0] = { .uio_iov = iov, .uio_procp = p },
		[1] = { iov + 1, 1, 0, len, UIO_SYSSPACE, UIO_READ, NULL },
	};
	int i, error = 0;

	for (i = 0; i < 2 && !error; i++)
		error = VOP_READ(vp, &au[i], 0, NULL);
	au[1].uio_procp = (error, p);
	return (error);
}

int
g2_space(struct uio *uio, void *kaddr, size_t len)
{

	return (copyout_proc(uio->uio_procp, kaddr, uio->uio_iov->iov_base, len));
}

int
g2_depth(uio, n)
	struct uio *uio;
{
	__label__ again;
	int d = 0;

again:
	if (d < n && (uio->uio_procp ?: curproc)->p_holdcnt) {
		d++;
		goto again;
	}
	return (d);
}
