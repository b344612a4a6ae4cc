/*
 * Compiler dialect, in one place.
 */
#ifndef _SYS_CDEFS_H_
#define _SYS_CDEFS_H_

#define	__CONCAT(x,y)	x ## y
#define	__C(x,y)	__CONCAT(x,y)
#define	__STRING(x)	#x

#if defined(__STDC__) || defined(__cplusplus)
#define	__P(protos)	protos
#else
#define	__P(protos)	()
#define	const
#define	volatile
#endif

#define	__dead		__attribute__((__noreturn__))
#define	__unused	__attribute__((__unused__))
#define	__printflike(f,a)	__attribute__((__format__(__printf__,f,a)))
#define	__predict_false(e)	__builtin_expect((e) != 0, 0)
#define	__KERNEL_RCSID(n,s)	static const char rcsid[] __unused = s

#endif /* !_SYS_CDEFS_H_ */
