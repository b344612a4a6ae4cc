/* A derivative of NetBSD 1.4T: seconds of 64 bits since 2019. */
#include "machine.h"

struct timeval { int64_t tv_sec; long tv_usec; };

struct ktr_header {
	int	ktr_len;
	short	ktr_type;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	struct	timeval ktr_time;
	char	*ktr_buf;
};

#define KTR_SYSCALL	1
struct ktr_syscall { int ktr_code; int ktr_argsize; };
#define KTR_SYSRET	2
struct ktr_sysret { short ktr_code; short ktr_eosys; int ktr_error; register_t ktr_retval; };
#define KTR_NAMEI	3
#define KTR_GENIO	4
struct ktr_genio { int ktr_fd; int ktr_rw; };
#define KTR_PSIG	5
struct ktr_psig { int signo; void *action; struct { unsigned int bits[4]; } mask; int code; };
#define KTR_CSW		6
struct ktr_csw { int out; int user; };
#define KTR_EMUL	7
#define KTR_USER	8
struct ktr_user { char ktr_id[20]; };
