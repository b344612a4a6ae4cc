/* OpenBSD 5.8 to 7.0: sys/sys/ktrace.h 1.23 of 2015 on; a value only where there is no error. */
#include "machine.h"

struct timespec { time_t tv_sec; long tv_nsec; };

struct ktr_header {
	unsigned int ktr_type;
	pid_t	ktr_pid;
	pid_t	ktr_tid;
	struct	timespec ktr_time;
	char	ktr_comm[16 + 1];
	size_t	ktr_len;
};

#define KTR_START	0x4b545200
#define KTR_SYSCALL	1
struct ktr_syscall { int ktr_code; int ktr_argsize; };
#define KTR_SYSRET	2
struct ktr_sysret { int ktr_code; int ktr_error; };
#define KTR_NAMEI	3
#define KTR_GENIO	4
struct ktr_genio { int ktr_fd; int ktr_rw; };
#define KTR_PSIG	5
union sigval { int sival_int; void *sival_ptr; };
struct siginfo {
	int si_signo; int si_code; int si_errno;
	union {
		int pad[128 / sizeof(int) - 3];
		struct {
			pid_t pid;
			union {
				struct { uid_t uid; union sigval value; } kill;
				struct { clock64_t utime; clock64_t stime; int status; } cld;
			} pdata;
		} proc;
		struct { void *addr; int trap; } fault;
	} data;
};
struct ktr_psig { int signo; void *action; int mask; int code; struct siginfo si; };
#define KTR_CSW		6
struct ktr_csw { int out; int user; };
#define KTR_EMUL	7
#define KTR_STRUCT	8
struct stat {
	uint32_t st_mode; int32_t st_dev; uint64_t st_ino; uint32_t st_nlink; uint32_t st_uid; uint32_t st_gid; int32_t st_rdev;
	struct timespec st_atim; struct timespec st_mtim; struct timespec st_ctim;
	int64_t st_size; int64_t st_blocks; int32_t st_blksize; uint32_t st_flags; uint32_t st_gen;
	struct timespec st_birthtim;
};
#define KTR_USER	9
struct ktr_user { char ktr_id[20]; };
#define KTR_EXECARGS	10
#define KTR_EXECENV	11
#define KTR_PLEDGE	12
struct ktr_pledge { int error; int syscall; uint64_t code; };
