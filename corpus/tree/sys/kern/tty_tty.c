/*
 * /dev/tty: the terminal of whoever asks.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/tty.h>
#include <sys/vnode.h>

#define	cttyvp(p)	((p)->p_flag & P_CONTROLT ? (p)->p_session->s_ttyvp : NULL)

/*ARGSUSED*/
#ifdef __STDC__
int
cttyread(dev_t dev, struct uio *uio, int flag)
#else
cttyread(dev, uio, flag)
	dev_t dev;
	struct uio *uio;
	int flag;
#endif
{
	struct vnode *ttyvp = cttyvp(uio->uio_procp);

	if (ttyvp == NULL)
		return (EIO);
	return (VOP_READ(ttyvp, uio, flag, NOCRED));
}

/*ARGSUSED*/
int
cttywrite(dev, uio, flag)
	dev_t dev;
	struct uio *uio;
	int flag;
{
	register struct proc *p = uio->uio_procp;
	struct tty *tp;

	if ((p->p_flag & P_CONTROLT) == 0)
		return (EIO);
	tp = p->p_pgrp->pg_session->s_ttyp;
	return ((*linesw[tp->t_line].l_write)(tp, uio, flag));
}

static int
cttybackground(struct tty *tp, struct uio *uio)
{

	return (isbackground(uio->uio_procp, tp));
}

/*
 * A message to the terminal of the one whose request failed.
 */
void
ctty_complain(uio, msg)
	struct uio *uio;
	char *msg;
{
	tpr_t tpr;

	tpr = uio->uio_procp ? tprintf_open(uio->uio_procp) : NULL;
	tprintf(tpr, "%s\n", msg);
	tprintf_close(tpr);
}
