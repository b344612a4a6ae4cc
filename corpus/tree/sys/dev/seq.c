/*
 * MIDI sequencer.  One player at a time.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/conf.h>

struct seq_softc {
	pid_t	sc_player;
	struct	proc *sc_async;
	struct	uio sc_uio;
	int	(*sc_put) __P((struct seq_softc *, struct proc *));
	u_int	sc_open : 1, sc_sync : 1, : 6;
	u_int	sc_mine : 1;
} seq_softc[4];

int
seqwrite(dev, uio, ioflag)
	dev_t dev;
	struct uio *uio;
	int ioflag;
{
	struct seq_softc *sc = &seq_softc[minor(dev)];

	if (uio->uio_procp->p_pid != sc->sc_player)
		return (EBUSY);
	sc->sc_mine = uio->uio_procp == sc->sc_async;
	return ((*sc->sc_put)(sc, uio->uio_procp));
}

int
seqread(dev_t dev, struct uio *uio, int ioflag)
{
	struct seq_softc *sc = &seq_softc[minor(dev)];

	sc->sc_async = uio->uio_procp;
	return (uiomove(sc, sizeof (*sc), uio));
}

/* A request that the device keeps to itself. */
int
seqplay(struct seq_softc *sc)
{

	sc->sc_uio.uio_segflg = UIO_USERSPACE;
	sc->sc_uio.uio_procp = sc->sc_async;
	return (seq_run(sc, &sc->sc_uio));
}
