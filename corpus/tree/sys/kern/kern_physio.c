/*
 * Raw I/O: straight between the device and the caller's pages.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/buf.h>
#include <sys/uio.h>
#include <uvm/uvm_extern.h>

#define	trunc(x)	({ typeof (x) _x = (x); _x & ~(PAGE_SIZE - 1); })

int
physio(strategy, bp, dev, flags, minphys, uio)
	void (*strategy) __P((struct buf *));
	struct buf *bp;
	dev_t dev;
	int flags;
	void (*minphys) __P((struct buf *));
	struct uio *uio;
{
	struct iovec *iovp;
	struct proc *p = curproc;
	int error, s;

	error = 0;
	bp->b_proc = uio->uio_procp;
	iovp = uio->uio_iov;
	while (iovp->iov_len > 0 && error == 0) {
		(caddr_t)bp->b_data = iovp->iov_base;	/* gcc 2: cast as lvalue */
		bp->b_bcount = iovp->iov_len;
		(*minphys)(bp);
		error = uvm_vslock(uio->uio_procp, bp->b_data, bp->b_bcount,
		    flags & B_READ);
		if (error)
			break;
		(*strategy)(bp);
		s = splbio();
		while ((bp->b_flags & B_DONE) == 0)
			tsleep(bp, PSWP, "physio", 0);
		splx(s);
		uvm_vsunlock(p, bp->b_data, bp->b_bcount);
		(flags & B_READ ? iovp->iov_base : bp->b_data) += bp->b_bcount;
		iovp->iov_len -= bp->b_bcount;
	}
	return (error);
}

/*
 * How far the request's map lets one transfer go.
 */
vsize_t
physio_span(struct uio *uio)
{
	vaddr_t top;

	top = ({
		typeof (uio->uio_procp) _p = uio->uio_procp;
		_p ? map_top(&_p->p_vmspace->vm_map) : 0;
	});
	return (trunc(top));
}
