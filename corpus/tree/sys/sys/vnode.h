#ifndef _SYS_VNODE_H_
#define _SYS_VNODE_H_

struct vnode {
	int	v_flag;
	int	v_type;
	int	v_usecount;
	int	(**v_op) __P((void *));
	void	*v_data;
};

#define	IO_UNIT		0x01
#define	IO_APPEND	0x02
#define	IO_SYNC		0x04
#define	LK_EXCLUSIVE	2
#define	F_UNLCK		2
#define	F_POSIX		0x040

struct vop_read_args {
	struct	vnode *a_vp;
	struct	uio *a_uio;
	int	a_ioflag;
	struct	ucred *a_cred;
};
#define	vop_write_args	vop_read_args

struct vop_readlink_args {
	struct	vnode *a_vp;
	struct	uio *a_uio;
	struct	ucred *a_cred;
};

struct vop_lookup_args {
	struct	vnode *a_dvp;
	struct	vnode **a_vpp;
	struct	proc *a_p;
};

/* In ubc-less kernels the page cache asks through here; not through uio_procp. */

struct vnodeop_desc {
	int	vdesc_offset;
	const char *vdesc_name;
};
struct vnodeopv_entry_desc {
	struct	vnodeop_desc *opve_op;
	int	(*opve_impl) __P((void *));
};
extern struct vnodeop_desc vop_read_desc, vop_write_desc;

#define	NOCRED	((struct ucred *)-1)

int	VOP_READ __P((struct vnode *, struct uio *, int, struct ucred *));
int	VOP_WRITE __P((struct vnode *, struct uio *, int, struct ucred *));
int	VOP_OPEN __P((struct vnode *, int, struct ucred *, struct proc *));
int	VOP_GETATTR __P((struct vnode *, void *, struct ucred *, struct proc *));
int	VOP_LEASE __P((struct vnode *, struct proc *, struct ucred *, int));
int	VOP_ADVLOCK __P((struct vnode *, void *, int, void *, int));
int	vn_rdwr __P((enum uio_rw, struct vnode *, caddr_t, int, off_t,
	    enum uio_seg, int, struct ucred *, size_t *, struct proc *));

#endif /* !_SYS_VNODE_H_ */
