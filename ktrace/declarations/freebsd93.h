/* FreeBSD 9: sys/sys/ktrace.h of r237719. */
#include "machine.h"

struct timeval { time_t tv_sec; long tv_usec; };
struct timespec { time_t tv_sec; long tv_nsec; };

struct ktr_header {
	int	ktr_len;
	short	ktr_type;
	pid_t	ktr_pid;
	char	ktr_comm[19 + 1];
	struct	timeval ktr_time;
	intptr_t ktr_tid;
};

#define KTR_SYSCALL	1
struct ktr_syscall { short ktr_code; short ktr_narg; register_t ktr_args[1]; };
#define KTR_SYSRET	2
struct ktr_sysret { short ktr_code; short ktr_eosys; int ktr_error; register_t ktr_retval; };
#define KTR_NAMEI	3
#define KTR_GENIO	4
struct ktr_genio { int ktr_fd; int ktr_rw; };
#define KTR_PSIG	5
struct ktr_psig { int signo; void *action; int code; struct { uint32_t bits[4]; } mask; };
#define KTR_CSW		6
struct ktr_csw { int out; int user; char wmesg[8]; };
#define KTR_USER	7
#define KTR_STRUCT	8
struct stat {
	uint32_t st_dev; uint32_t st_ino; uint16_t st_mode; uint16_t st_nlink; uint32_t st_uid; uint32_t st_gid; uint32_t st_rdev;
	struct timespec st_atim; struct timespec st_mtim; struct timespec st_ctim;
	int64_t st_size; int64_t st_blocks; uint32_t st_blksize; uint32_t st_flags; uint32_t st_gen; int32_t st_lspare;
	struct timespec st_birthtim; char st_pad[TIME_PAD];
};
#define KTR_SYSCTL	9
#define KTR_PROCCTOR	10
struct ktr_proc_ctor { unsigned int sv_flags; };
#define KTR_PROCDTOR	11
#define KTR_FAULT	13
struct ktr_fault { unsigned long vaddr; int type; };
#define KTR_FAULTEND	14
struct ktr_faultend { int result; };
