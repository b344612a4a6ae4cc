#ifndef _SYS_FILEDESC_H_
#define _SYS_FILEDESC_H_

struct file;
struct fileops {
	int	(*fo_read) __P((struct file *, off_t *, struct uio *,
		    struct ucred *, int));
	int	(*fo_write) __P((struct file *, off_t *, struct uio *,
		    struct ucred *, int));
	int	(*fo_poll) __P((struct file *, struct uio *, struct proc *));
};

#define	O_APPEND	0x0008

struct file {
	int	f_flag;
	int	f_count;
	struct	ucred *f_cred;
	struct	fileops *f_ops;
	off_t	f_offset;
	void	*f_data;
};

struct filedesc {
	struct	file **fd_ofiles;
	int	fd_nfiles;
	int	fd_lastfile;
};

struct cwdinfo {
	struct	vnode *cwdi_cdir;
	struct	vnode *cwdi_rdir;
	u_short	cwdi_cmask;
};

int	falloc __P((struct proc *, struct file **, int *));
int	fdrelease __P((struct proc *, int));

#endif /* !_SYS_FILEDESC_H_ */
