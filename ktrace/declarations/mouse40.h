/* A derivative of NetBSD 4.0.1: seconds of 64 bits since 2019. */
#include "machine.h"

#if BYTE_ORDER == LITTLE_ENDIAN
#define TYPE_AND_VERSION	short ktr_type; short ktr_version
#else
#define TYPE_AND_VERSION	short ktr_version; short ktr_type
#endif

struct timeval { int64_t tv_sec; long tv_usec; };
struct timespec { int64_t tv_sec; long tv_nsec; };

struct ktr_header_v0 {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	union { struct timeval tv; struct timespec _ts; } ktr_time;
	union { const void *ktr_buf; lwpid_t _lid; } ktr_id;
};

struct ktr_header_v1 {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	union { struct timespec ts; struct timeval _tv; } ktr_time;
	union { lwpid_t ktr_lid; const void *_buf; } ktr_id;
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
		struct { void *addr; int trap; } fault;
		struct { long band; int fd; } poll;
	} reason;
};
#define KTR_CSW		6
struct ktr_csw { int out; int user; };
#define KTR_EMUL	7
#define KTR_USER	8
struct ktr_user { char ktr_id[20]; };
#define KTR_MMSG	9
struct ktr_mmsg { int ktr_bits; unsigned int ktr_size; int ktr_remote_port; int ktr_local_port; int ktr_reserved; int ktr_id; };
#define KTR_EXEC_ARG	10
#define KTR_EXEC_ENV	11
#define KTR_MOOL	12
struct ktr_mool { const void *uaddr; size_t size; };
#define KTR_SAUPCALL	13
struct ktr_saupcall { int ktr_type; int ktr_nevent; int ktr_nint; void *ktr_sas; void *ktr_ap; };
struct sa_t { void *sa_context; int sa_id; int sa_cpu; };
#define KTR_MIB		14
