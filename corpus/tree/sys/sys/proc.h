#ifndef _SYS_PROC_H_
#define _SYS_PROC_H_

#include <sys/queue.h>

struct session {
	int	s_count;
	struct	proc *s_leader;
	struct	vnode *s_ttyvp;
	struct	tty *s_ttyp;
};

struct pgrp {
	LIST_HEAD(, proc) pg_members;
	struct	session *pg_session;
	pid_t	pg_id;
};

struct pcred {
	struct	ucred *pc_ucred;
	uid_t	p_ruid;
	uid_t	p_svuid;
};

struct proc {
	struct	proc *p_forw;
	struct	proc *p_back;
	LIST_ENTRY(proc) p_list;

	struct	pcred *p_cred;
	struct	filedesc *p_fd;
	struct	cwdinfo *p_cwdi;
	struct	pstats *p_stats;
	struct	plimit *p_limit;
	struct	vmspace *p_vmspace;
	struct	sigacts *p_sigacts;
#define	p_ucred		p_cred->pc_ucred
#define	p_rlimit	p_limit->pl_rlimit

	int	p_flag;
	char	p_stat;
	pid_t	p_pid;
	LIST_ENTRY(proc) p_pglist;
	struct	proc *p_pptr;
	pid_t	p_oppid;
	int	p_dupfd;

	void	*p_wchan;
	u_int	p_slptime;
	int	p_traceflag;
	void	*p_tracep;
	int	p_siglist;
	char	p_sigcheck;
	int	p_holdcnt;
	int	p_sigmask;
	u_char	p_priority;
	u_char	p_usrpri;
	u_char	p_nice;
	char	p_comm[MAXCOMLEN + 1];
	struct	pgrp *p_pgrp;
	struct	user *p_addr;
	u_short	p_xstat;
	u_short	p_acflag;
	struct	rusage *p_ru;
};

#define	p_session	p_pgrp->pg_session
#define	p_pgid		p_pgrp->pg_id

#define	SRUN	2
#define	SSLEEP	3
#define	SSTOP	4
#define	SZOMB	5

#define	P_ADVLOCK	0x00001
#define	P_CONTROLT	0x00002
#define	P_INMEM		0x00004
#define	P_SYSTEM	0x00200
#define	P_TRACED	0x00800
#define	P_WEXIT		0x02000

#define	ASU	0x02
#define	ACORE	0x08

LIST_HEAD(proclist, proc);

extern struct proc *curproc;
extern struct proc proc0;
extern struct proclist allproc;

struct	proc *pfind __P((pid_t));
void	setrunnable __P((struct proc *));
int	inferior __P((struct proc *));
int	tsleep __P((void *, int, const char *, int));
void	wakeup __P((void *));
#endif /* !_SYS_PROC_H_ */
