/*
 * Loading and dumping ELF, compiled once for each word size.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <uvm/uvm_extern.h>
#include <sys/vnode.h>

#ifndef ELFSIZE
#define	ELFSIZE		32
#endif
#define	X		__C(elf, ELFSIZE)
#define	ELFNAME(x)	__C(elf, __C(ELFSIZE, __C(_, x)))
#define	ELFNAMEEND(x)	__C(x, __C(_elf, ELFSIZE))

struct elf_target;
struct elf_map;

int
__C(X,_load_uio)(struct elf_target *t, struct elf_map *map, struct uio *uio)
{

	if (uio->uio_procp == NULL)
		return (ENOEXEC);
	return (elf_map_space(map, &uio->uio_procp->p_vmspace->vm_map));
}

int
ELFNAMEEND(coredump_notes)(struct proc *p, struct vnode *vp, struct ucred *cred,
    off_t *sizep)
{
	struct uio auio;
	struct iovec aiov;

	auio.uio_iov = &aiov;
	auio.uio_iovcnt = 1;
	auio.uio_segflg = UIO_SYSSPACE;
	auio.uio_procp = p;
	return (VOP_WRITE(vp, &auio, IO_UNIT, cred));
}

static int
ELFNAME(psections)(p, uio)
	struct proc *p;
	struct uio *uio;
{

	uio->uio_segflg = 0;
	uio->uio_procp = p;
	return (uiomove(p->p_addr, PAGE_SIZE, uio));
}
