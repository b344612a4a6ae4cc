/* AerieBSD, of an older line of OpenBSD: a size_t first. */
#include "machine.h"

struct timeval { long tv_sec; long tv_usec; };

struct ktr_header {
	size_t	ktr_len;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	short	ktr_type;
	struct	timeval ktr_time;
	char	*ktr_buf;
};

#define KTR_SYSCALL	1
struct ktr_syscall { int ktr_code; int ktr_argsize; };
#define KTR_SYSRET	2
struct ktr_sysret { short ktr_code; short ktr_eosys; int ktr_error; int ktr_retval; };
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
				struct { clock_t utime; int status; clock_t stime; } cld;
			} pdata;
		} proc;
		struct { void *addr; int trap; } fault;
	} data;
};
struct ktr_psig { int signo; void *action; int mask; int code; struct siginfo si; };
#define KTR_CSW		6
struct ktr_csw { int out; int user; };
#define KTR_EMUL	7
