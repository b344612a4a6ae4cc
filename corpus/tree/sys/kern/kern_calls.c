/* System calls and the like: whose process the rest of the tree is handed. */

#include <sys/param.h>
#include <sys/proc.h>
#include <sys/vnode.h>

struct sys_read_args {
	int fd;
	void *buf;
	size_t nbyte;
};

int
sys_read(p, v, retval)
	struct proc *p;
	void *v;
	register_t *retval;
{
	struct sys_read_args *uap = v;
	struct file *fp = p->p_fd->fd_ofiles[uap->fd];

	return (dofileread(p, uap->fd, fp, uap->buf, uap->nbyte, &fp->f_offset, retval));
}

int
sys_poll(struct proc *p, void *v, register_t *retval)
{
	struct sys_read_args *uap = v;

	return (dofilepoll(p, p->p_fd->fd_ofiles[uap->fd]));
}

int
sys_getcwd(struct proc *p, void *v, register_t *retval)
{
	struct sys_read_args *uap = v;

	return (getcwd_user(p, p->p_fd->fd_cdir, uap->buf, uap->nbyte));
}

int
sys_emul(struct proc *p, void *v, register_t *retval)
{
	struct sys_read_args *uap = v;
	struct vnode *vp = p->p_fd->fd_cdir;
	int error;

	error = emul_read(p, vp, uap->buf, uap->nbyte);
	if (error == 0)
		error = g2_arrays(vp, p, uap->buf, uap->nbyte);
	if (error == 0)
		error = lnx_getdents(p, vp, uap->buf);
	if (error == 0)
		error = vnd_copyup(vp, p, uap->fd);
	return (error);
}

int
sys_ptregs(struct proc *p, void *v, register_t *retval)
{
	struct sys_read_args *uap = v;
	struct proc *t;

	if ((t = pfind(uap->fd)) == NULL)
		return (ESRCH);
	return (ptrace_regs(p, t, uap->buf));
}
