#ifndef _SYS_TYPES_H_
#define _SYS_TYPES_H_

#include <sys/cdefs.h>

typedef	unsigned char	u_char;
typedef	unsigned short	u_short;
typedef	unsigned int	u_int;
typedef	unsigned long	u_long;
typedef	char *		caddr_t;
typedef	unsigned long	vaddr_t;
typedef	unsigned long	vsize_t;
typedef	unsigned long	size_t;
typedef	long long	off_t;
typedef	int		pid_t;
typedef	u_int		dev_t;
typedef	u_int		uid_t;
typedef	long		register_t;

#endif /* !_SYS_TYPES_H_ */
