#ifndef _SYS_TTY_H_
#define _SYS_TTY_H_

struct tty {
	struct	session *t_session;
	struct	pgrp *t_pgrp;
	int	t_state;
};

#define	isctty(p, tp)							\
	((p)->p_session == (tp)->t_session && (p)->p_flag & P_CONTROLT)
#define	isbackground(p, tp)						\
	(isctty((p), (tp)) && (p)->p_pgrp != (tp)->t_pgrp)

typedef int	tpr_t;
tpr_t	tprintf_open __P((struct proc *));

#endif /* !_SYS_TTY_H_ */
