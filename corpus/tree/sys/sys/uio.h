#ifndef _SYS_UIO_H_
#define _SYS_UIO_H_

struct iovec {
	void	*iov_base;
	size_t	 iov_len;
};

enum uio_rw { UIO_READ, UIO_WRITE };

enum uio_seg {
	UIO_USERSPACE,			/* user addresses, of uio_procp */
	UIO_SYSSPACE			/* kernel addresses */
};

struct uio {
	struct	iovec *uio_iov;
	int	uio_iovcnt;
	off_t	uio_offset;
	size_t	uio_resid;
	enum	uio_seg uio_segflg;
	enum	uio_rw uio_rw;
	struct	proc *uio_procp;	/* whose addresses, if any */
};

#define	UIO_MAXIOV	1024
#define	UIO_SMALLIOV	8

#ifdef _KERNEL
/*
 * Ask through this, and the day the member changes its type there is one
 * place to change.
 */
#define	uio_to_proc(u)	((u)->uio_procp)

/* The request must be the caller's own. */
#define	UIO_ASSERT_MINE(u) do {						\
	if ((u)->uio_segflg == UIO_USERSPACE &&				\
	    (u)->uio_procp != curproc)					\
		panic("not mine");					\
} while (/*CONSTCOND*/0)

/* A request on the stack, for one buffer of the calling process. */
#define	DECLARE_UIO(name, iovp, cnt, p)					\
	struct uio name = {						\
		.uio_iov = (iovp),					\
		.uio_iovcnt = (cnt),					\
		.uio_segflg = UIO_USERSPACE,				\
		.uio_procp = (p),					\
	}

static __inline int uio_is_mine __P((struct uio *)) __unused;

static __inline int
uio_is_mine(uio)
	struct uio *uio;
{

	return (uio->uio_procp == curproc);
}

int	uiomove __P((void *, int, struct uio *));
int	ureadc __P((int, struct uio *));
#endif /* _KERNEL */

#endif /* !_SYS_UIO_H_ */
