/*
 * DMA maps for requests.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <uvm/uvm_extern.h>

int
_bus_dmamap_load_uio(t, map, uio, flags)
	bus_dma_tag_t t;
	bus_dmamap_t map;
	struct uio *uio;
	int flags;
{
	struct proc *p = NULL;
	pmap_t pmap;
	int i, seg, error;

	if (uio->uio_segflg == UIO_USERSPACE) {
		p = uio->uio_procp;
#ifdef DIAGNOSTIC
		if (p == NULL)
			panic("_bus_dmamap_load_uio: USERSPACE but no proc");
#endif
	}
	pmap = p != NULL ? p->p_vmspace->vm_map.pmap : pmap_kernel();
	seg = 0;
	for (i = 0, error = 0; i < uio->uio_iovcnt && error == 0; i++)
		error = _bus_dmamap_load_buffer(t, map, uio->uio_iov[i].iov_base,
		    uio->uio_iov[i].iov_len, pmap, &seg);
	return (error);
}

int
_bus_dmamap_check(bus_dma_tag_t t, struct uio *uio, vaddr_t va)
{
	vaddr_t end;

	end = (vaddr_t)(uio->uio_procp->p_vmspace->vm_maxsaddr);
	return (va < end);
}
