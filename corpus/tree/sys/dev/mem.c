/*
 * /dev/mem, with what was tried before.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>

int
mmrw(dev, uio, flags)
	dev_t dev;
	struct uio *uio;
	int flags;
{
	int error = 0;

#if 0
	uio->uio_segflg = UIO_SYSSPACE;
	uio->uio_procp = &proc0;
#endif
#if 1
	error = uiomove(zeropage, PAGE_SIZE, uio);
#else
	if (uio->uio_segflg == UIO_USERSPACE && uio->uio_procp != curproc)
		panic("mmrw");
#endif
#if 0
#ifdef MEM_TRACE
	printf("mem: %d\n", uio->uio_procp->p_pid);
#else
	;
#endif
#endif
	return (error);
}

void
mem_fence(struct uio *uio)
{
	register struct proc *p asm("a2");

	p = uio->uio_procp;
	__asm __volatile("movl %0,%%sfc" : : "d" (p) : "memory");
	asm volatile ("nop");
}

int
mem_mode(struct uio *uio)
{

	return (uio->uio_segflg == UIO_SYSSPACE
#ifndef TRUST_SEGFLG
	    || uio->uio_procp == NULL
#endif
	    ? UIO_SYSSPACE : UIO_USERSPACE);
}
