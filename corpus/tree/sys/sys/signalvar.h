#ifndef _SYS_SIGNALVAR_H_
#define _SYS_SIGNALVAR_H_

#define	SIGHUP	1
#define	SIGINT	2
#define	SIGKILL	9
#define	SIGTTIN	21
#define	SIGIO	23
#define	SIGXFSZ	25

#define	CURSIG(p)	((p)->p_sigcheck ? issignal(p) : 0)

void	psignal __P((struct proc *, int));
int	issignal __P((struct proc *));

#endif /* !_SYS_SIGNALVAR_H_ */
