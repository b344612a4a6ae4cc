#ifndef _SYS_SYSTM_H_
#define _SYS_SYSTM_H_

extern int hz;

void	panic __P((const char *, ...)) __dead __printflike(1, 2);
int	printf __P((const char *, ...)) __printflike(1, 2);
int	copyin __P((const void *, void *, size_t));
int	copyout __P((const void *, void *, size_t));
void	bzero __P((void *, size_t));
void	*memset __P((void *, int, size_t));
void	timeout __P((void (*)(void *), void *, int));
int	suser __P((struct ucred *, u_short *));
int	splbio __P((void));
void	splx __P((int));

#ifdef DIAGNOSTIC
#define	KASSERT(e)	do { if (!(e)) panic("assertion"); } while (0)
#else
#define	KASSERT(e)	/* nothing */
#endif

#endif /* !_SYS_SYSTM_H_ */
