/*
 * The fast file system, by way of ufs_readwrite.c.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/resourcevar.h>
#include <sys/signalvar.h>
#include <sys/proc.h>
#include <sys/uio.h>
#include <sys/vnode.h>

#define	READ		ffs_read
#define	READ_S		"ffs_read"
#define	WRITE		ffs_write
#define	WRITE_S		"ffs_write"
#define	DIP(vp)		((vp)->v_data)
#define	UPDATE(vp, p)	ffs_update((vp), (p), 1)

#include "ufs_readwrite.c"

int (**ffs_vnodeop_p) __P((void *));
struct vnodeopv_entry_desc ffs_vnodeop_entries[] = {
	{ &vop_read_desc, ffs_read },
	{ &vop_write_desc, ffs_write },
	{ (struct vnodeop_desc *)NULL, (int (*) __P((void *)))NULL }
};

int
ffs_symlink(struct vnode *vp, char *target, int len, struct proc *p)
{
	struct uio auio = { .uio_segflg = UIO_SYSSPACE, .uio_procp = p };

	auio.uio_resid = len;
	return (ffs_putlink(vp, target, &auio));
}
