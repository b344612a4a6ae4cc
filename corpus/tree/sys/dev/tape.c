/*
 * Tapes.  Two drivers in one file: the old one goes when the new one works.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/signalvar.h>

#ifdef NEWTAPE
int
taperead(struct uio *uio)
{

	return (CURSIG(uio->uio_procp) ? EINTR : tape_next(uio));
}
#else /* !NEWTAPE */
int
taperead(uio)
	struct uio *uio;
{
	int blk;

	blk = uio->uio_offset >> 9;
	blk =- 1;		/* =-: the old operator */
	if (uio->uio_procp->p_flag & P_WEXIT)
		return (ENXIO);
	return (tape_seek(blk));
}
#endif

int
tapewrite(struct uio *uio)
{
	int error;

	if (tape_busy())
		error = EBUSY;
#ifdef TAPE_OWNER
	else if (uio->uio_procp->p_pptr == NULL)
		error = ESRCH;
#endif
	else
		error = tape_put(uio);
	return (error);
}

#if 0
int
tapeioctl(struct uio *uio)
{

	psignal(uio->uio_procp, SIGHUP);
	return (0);
}
#endif
