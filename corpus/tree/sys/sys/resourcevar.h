#ifndef _SYS_RESOURCEVAR_H_
#define _SYS_RESOURCEVAR_H_

#define	RLIMIT_CPU	0
#define	RLIMIT_FSIZE	1
#define	RLIM_NLIMITS	2

struct rlimit {
	off_t	rlim_cur;
	off_t	rlim_max;
};

struct plimit {
	struct	rlimit pl_rlimit[RLIM_NLIMITS];
	int	p_refcnt;
};

struct rusage {
	long	ru_inblock;
	long	ru_oublock;
	long	ru_msgsnd;
	long	ru_msgrcv;
};

struct pstats {
	struct	rusage p_ru;
};

#endif /* !_SYS_RESOURCEVAR_H_ */
