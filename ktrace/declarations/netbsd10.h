/* NetBSD 10: sys/sys/siginfo.h 1.34 of 2019, whose union holds integers of 64 bits. */
#include "machine.h"

#if BYTE_ORDER == LITTLE_ENDIAN
#define TYPE_AND_VERSION	short ktr_type; short ktr_version
#else
#define TYPE_AND_VERSION	short ktr_version; short ktr_type
#endif

struct timeval32 { int32_t tv_sec; long tv_usec; };
struct timespec32 { int32_t tv_sec; long tv_nsec; };
struct timespec { int64_t tv_sec; long tv_nsec; };

struct ktr_header_v0 {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	struct	timeval32 ktr_time;
	const void *ktr_buf;
};

struct ktr_header_v1 {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	struct	timespec32 ktr_time;
	lwpid_t	ktr_lid;
};

/* Version 3 is 1 | 2 by accident, and has this header too. */
struct ktr_header_v2 {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	struct	timespec ktr_time;
	lwpid_t	ktr_lid;
};

#define KTR_SYSCALL	1
struct ktr_syscall { int ktr_code; int ktr_argsize; };
#define KTR_SYSRET	2
struct ktr_sysret { short ktr_code; short ktr_eosys; int ktr_error; register_t ktr_retval; register_t ktr_retval_1; };
#define KTR_NAMEI	3
#define KTR_GENIO	4
struct ktr_genio { int ktr_fd; int ktr_rw; };
#define KTR_PSIG	5
struct ktr_psig { int signo; void *action; struct { unsigned int bits[4]; } mask; int code; };
union sigval { int sival_int; void *sival_ptr; };
struct ktr_siginfo {
	int si_signo; int si_code; int si_errno;
	union {
		struct { pid_t pid; uid_t uid; union sigval value; } rt;
		struct { pid_t pid; uid_t uid; int status; clock_t utime; clock_t stime; } child;
		struct { void *addr; int trap; int trap2; int trap3; } fault;
		struct { long band; int fd; } poll;
		struct { int sysnum; int retval[2]; int error; uint64_t args[8]; } syscall;
	} reason;
};
#define KTR_CSW		6
struct ktr_csw { int out; int user; };
#define KTR_EMUL	7
#define KTR_USER	8
struct ktr_user { char ktr_id[20]; };
#define KTR_EXEC_ARG	10
#define KTR_EXEC_ENV	11
#define KTR_SAUPCALL	13
struct ktr_saupcall { int ktr_type; int ktr_nevent; int ktr_nint; void *ktr_sas; void *ktr_ap; };
struct sa_t { void *sa_context; int sa_id; int sa_cpu; };
#define KTR_MIB		14
#define KTR_EXEC_FD	15
struct ktr_execfd { int ktr_fd; unsigned int ktr_dtype; };
