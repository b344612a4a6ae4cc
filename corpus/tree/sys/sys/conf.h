#ifndef _SYS_CONF_H_
#define _SYS_CONF_H_

struct cdevsw {
	int	(*d_open) __P((dev_t, int, int, struct proc *));
	int	(*d_read) __P((dev_t, struct uio *, int));
	int	(*d_write) __P((dev_t, struct uio *, int));
	int	(*d_ioctl) __P((dev_t, u_long, caddr_t, int, struct proc *));
};

extern struct cdevsw cdevsw[];
#define	major(d)	(((d) >> 8) & 0xff)
#define	minor(d)	((d) & 0xff)

#endif /* !_SYS_CONF_H_ */
