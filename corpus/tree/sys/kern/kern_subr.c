/*
 * Moving data between a request's buffers and the kernel.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

int
uiomove(void *buf, int n, struct uio *uio)
{
	struct iovec *iov;
	u_int cnt;
	int error = 0;
	char *cp = buf;

#ifdef DIAGNOSTIC
	if (uio->uio_segflg == UIO_USERSPACE && uio->uio_procp != curproc)
		panic("uiomove: uio_procp");
#endif
	while (n > 0 && uio->uio_resid) {
		iov = uio->uio_iov;
		cnt = iov->iov_len;
		if (cnt == 0) {
			uio->uio_iov++;
			uio->uio_iovcnt--;
			continue;
		}
		if (cnt > n)
			cnt = n;
		switch (uio->uio_segflg) {
		case UIO_USERSPACE:
			if (uio->uio_rw == UIO_READ)
				error = copyout(cp, iov->iov_base, cnt);
			else
				error = copyin(iov->iov_base, cp, cnt);
			if (error)
				return (error);
			break;
		case UIO_SYSSPACE:
			/* Never looks at uio_procp. */
			bcopy(cp, iov->iov_base, cnt);
			break;
		}
		iov->iov_base = (caddr_t)iov->iov_base + cnt;
		iov->iov_len -= cnt;
		uio->uio_resid -= cnt;
		uio->uio_offset += cnt;
		cp += cnt;
		n -= cnt;
	}
	return (error);
}

/*
 * One character to a request.  The `if' is in two pieces: the kernel with
 * subyte keeps both.
 */
int
ureadc(c, uio)
	int c;
	register struct uio *uio;
{
	register struct iovec *iov;

	iov = uio->uio_iov;
#ifndef NO_SUBYTE
	if (uio->uio_segflg == UIO_USERSPACE) {
		if (uio->uio_procp == NULL)
			return (EFAULT);
		if (subyte(iov->iov_base, c) < 0)
			return (EFAULT);
	} else
#endif
	if (c >= 0)
		*(char *)iov->iov_base = c;
	iov->iov_base = (caddr_t)iov->iov_base + 1;
	iov->iov_len--;
	uio->uio_resid--;
	uio->uio_offset++;
	return (0);
}

/* Nobody ever cared who. */
uioskip(n, uio)
	struct uio *uio;
{

	(void)uio->uio_procp;
	uio->uio_offset += n;
	uio->uio_resid =- n;		/* sic: means -= in the old language */
	return (n);
}
