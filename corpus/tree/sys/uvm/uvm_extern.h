#ifndef _UVM_UVM_EXTERN_H_
#define _UVM_UVM_EXTERN_H_

/*
 * The address space, which is all that a request was meant to ask for.
 */
struct vm_map {
	struct	pmap *pmap;
	vaddr_t	min_offset;
	vaddr_t	max_offset;
};

struct vmspace {
	struct	vm_map vm_map;
	int	vm_refcnt;
	vsize_t	vm_ssize;
	vaddr_t	vm_maxsaddr;
};

int	uvm_vslock __P((struct proc *, caddr_t, size_t, int));
void	uvm_vsunlock __P((struct proc *, caddr_t, size_t));
vaddr_t	map_top __P((struct vm_map *));

#endif /* !_UVM_UVM_EXTERN_H_ */
