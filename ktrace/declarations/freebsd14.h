/* FreeBSD 14: headers that say their version. */
#include "machine.h"

struct timeval { time_t tv_sec; long tv_usec; };
struct timespec { time_t tv_sec; long tv_nsec; };

/* Without 0x4000 in ktr_type a header is the one of FreeBSD 9 to 13. */
struct ktr_header_v0 {
	int	ktr_len;
	short	ktr_type;
	pid_t	ktr_pid;
	char	ktr_comm[19 + 1];
	struct	timeval ktr_time;
	intptr_t ktr_tid;
};

struct ktr_header_v1 {
	int	ktr_len;
	short	ktr_type;
	short	ktr_version;
	pid_t	ktr_pid;
	char	ktr_comm[19 + 1];
	struct	timespec ktr_time;
	long	ktr_tid;
	int	ktr_cpu;
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
	uint64_t st_dev; uint64_t st_ino; uint64_t st_nlink; uint16_t st_mode; int16_t st_padding0;
	uint32_t st_uid; uint32_t st_gid; int32_t st_padding1; uint64_t st_rdev;
	TIME_EXT(st_atim_ext) struct timespec st_atim; TIME_EXT(st_mtim_ext) struct timespec st_mtim;
	TIME_EXT(st_ctim_ext) struct timespec st_ctim; TIME_EXT(st_btim_ext) struct timespec st_birthtim;
	int64_t st_size; int64_t st_blocks; int32_t st_blksize; uint32_t st_flags; uint64_t st_gen; uint64_t st_spare[10];
};
#define KTR_SYSCTL	9
#define KTR_PROCCTOR	10
struct ktr_proc_ctor { unsigned int sv_flags; };
#define KTR_PROCDTOR	11
#define KTR_FAULT	13
struct ktr_fault { unsigned long vaddr; int type; };
#define KTR_FAULTEND	14
struct ktr_faultend { int result; };
#define KTR_CAPFAIL	12
struct ktr_cap_fail { int cap_type; uint64_t cap_needed[2]; uint64_t cap_held[2]; };
#define KTR_STRUCT_ARRAY	15
struct ktr_struct_array { size_t struct_size; };
