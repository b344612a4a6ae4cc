#ifndef _SYS_BUF_H_
#define _SYS_BUF_H_

struct buf {
	LIST_ENTRY(buf) b_hash;
	struct	proc *b_proc;
	int	b_flags;
	int	b_error;
	long	b_bcount;
	void	*b_data;
	void	(*b_iodone) __P((struct buf *));
	u_int	b_busy : 1,
		b_owned : 1,
		b_prio : 6;
};

#define	B_READ	0x01
#define	B_PHYS	0x02
#define	B_DONE	0x04

#endif /* !_SYS_BUF_H_ */
