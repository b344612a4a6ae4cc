#ifndef _SYS_ERRNO_H_
#define _SYS_ERRNO_H_

#define	EPERM		1
#define	ESRCH		3
#define	EINTR		4
#define	EIO		5
#define	ENXIO		6
#define	ENOEXEC		8
#define	EBADF		9
#define	EFAULT		14
#define	EBUSY		16
#define	EINVAL		22
#define	EFBIG		27
#define	EAGAIN		35
#define	EOPNOTSUPP	45

#endif /* !_SYS_ERRNO_H_ */
