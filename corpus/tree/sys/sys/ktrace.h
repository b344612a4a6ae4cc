#ifndef _SYS_KTRACE_H_
#define _SYS_KTRACE_H_

#define	KTR_SYSCALL	1
#define	KTR_GENIO	4
#define	KTRPOINT(p, type)	((p)->p_traceflag & (1 << (type)))

void	ktrgenio __P((void *, int, enum uio_rw, struct iovec *, int, int));

#endif /* !_SYS_KTRACE_H_ */
