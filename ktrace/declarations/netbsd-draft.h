/* The "version 3" that was never merged into NetBSD: big-endian everywhere, widths of their own. */
#include "machine.h"

struct ktr_header_v3 {
	int32_t	ktr_len;
	int16_t	ktr_version;
	int16_t	ktr_type;
	char	ktr_comm[16];
	int64_t	tv_sec;
	int32_t	tv_nsec;
	int32_t	ktr_pid;
	int32_t	ktr_lid;
	int32_t	unused;
};

#define KTR_SYSCALL	1
struct ktr_syscall { int32_t ktr_code; int32_t ktr_argsize; };
#define KTR_SYSRET	2
struct ktr_sysret { int16_t ktr_code; int32_t ktr_error; int64_t ktr_retval; int64_t ktr_retval_1; };
#define KTR_NAMEI	3
#define KTR_GENIO	4
struct ktr_genio { int32_t ktr_fd; int32_t ktr_rw; };
#define KTR_PSIG	5
struct ktr_psig { int32_t signo; int32_t code; int64_t action; struct { uint32_t bits[4]; } mask; };
#define KTR_CSW		6
struct ktr_csw { int32_t out; int32_t user; };
#define KTR_EMUL	7
#define KTR_USER	8
struct ktr_user { char ktr_id[20]; };
#define KTR_EXEC_ARG	10
#define KTR_EXEC_ENV	11
#define KTR_MIB		14
#define KTR_EXEC_FD	15
struct ktr_execfd { int32_t ktr_fd; uint32_t ktr_dtype; };
