#ifndef _SYS_PARAM_H_
#define _SYS_PARAM_H_

/*
 * A sample, and no release of anybody's; it keeps the name so that a
 * tool that looks for the family finds it.
 */
#define	BSD		199506
#define	BSD4_4		1
#define	__NetBSD_Version__	104990000

#ifndef NULL
#define	NULL	0
#endif

#include <sys/types.h>
#include <sys/errno.h>

#define	MAXCOMLEN	16
#define	MAXPHYS		(64 * 1024)
#define	PAGE_SIZE	4096

#define	PSWP	0
#define	PZERO	22
#define	PWAIT	32
#define	PCATCH	0x100

#define	min(a,b)	((a) < (b) ? (a) : (b))

#endif /* !_SYS_PARAM_H_ */
