/*
 * read, write, and their friends.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/ktrace.h>

int
dofileread(struct proc *p, int fd, struct file *fp, void *buf, size_t nbyte,
    off_t *offset, register_t *retval)
{
	struct uio auio;
	struct iovec aiov;
	long cnt, error = 0;

	aiov.iov_base = buf;
	aiov.iov_len = nbyte;
	auio.uio_iov = &aiov;
	auio.uio_iovcnt = 1;
	auio.uio_resid = nbyte;
	auio.uio_rw = UIO_READ;
	auio.uio_segflg = UIO_USERSPACE;
	auio.uio_procp = p;
	cnt = nbyte;
	error = (*fp->f_ops->fo_read)(fp, offset, &auio, fp->f_cred, 1);
	cnt -= auio.uio_resid;
	*retval = cnt;
	return (error);
}

int
sys_writev(p, v, retval)
	struct proc *p;
	void *v;
	register_t *retval;
{
	struct sys_writev_args *uap = v;
	struct file *fp;
	struct uio auio;
	struct iovec *iov, aiov[UIO_SMALLIOV];
	int error;

	if ((u_int)uap->fd >= p->p_fd->fd_nfiles ||
	    (fp = p->p_fd->fd_ofiles[uap->fd]) == NULL)
		return (EBADF);
	iov = aiov;
	auio.uio_procp = p;
	auio.uio_iov = iov;
	auio.uio_iovcnt = uap->iovcnt;
	auio.uio_rw = UIO_WRITE;
	auio.uio_segflg = UIO_USERSPACE;
	error = copyin(uap->iovp, iov, uap->iovcnt * sizeof(struct iovec));
	if (error == 0)
		error = (*fp->f_ops->fo_write)(fp, &fp->f_offset, &auio,
		    fp->f_cred, 1);
	return (error);
}

int
sys_pread(struct proc *p, void *v, register_t *retval)
{
	struct iovec aiov;
	struct uio auio;

	bzero(&auio, sizeof(auio));
	auio.uio_iov = &aiov;
	auio.uio_iovcnt = 1;
	auio.uio_rw = UIO_READ;
	auio.uio_procp = curproc;
	return (pread_common(p, v, &auio, retval));
}

int
sys_preadv(struct proc *p, void *v, register_t *retval)
{
	struct uio auio;

	memset(&auio, 0, sizeof auio);
	auio.uio_procp = p;
	return (pread_common(p, v, &auio, retval));
}

int
dofilepoll(struct proc *p, struct file *fp)
{
	struct iovec aiov;
	DECLARE_UIO(auio, &aiov, 1, p);

	return ((*fp->f_ops->fo_poll)(fp, &auio, p));
}
