/* DragonFly: sys/sys/ktrace.h of 2007 on. The high byte of ktr_flags is the processor; bit 0 says that there are several threads. */
#include "machine.h"

struct timeval { time_t tv_sec; long tv_usec; };

struct ktr_header {
	int	ktr_len;
	short	ktr_type;
	short	ktr_flags;
	pid_t	ktr_pid;
	lwpid_t	ktr_tid;
	char	ktr_comm[16 + 1];
	struct	timeval ktr_time;
	char	*ktr_buf;
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
struct ktr_csw { int out; int user; };
#define KTR_USER	7
