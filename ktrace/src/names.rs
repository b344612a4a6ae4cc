//! Names of signals, errors and system calls, as far as a number has one; every look-up is bounded.
//!
//! Signals and errors are those of 4.4BSD, which all of these systems kept. System calls differ by system and release:
//! those of NetBSD 4, and elsewhere the numbers that 4.4BSD gave out. A trace does not say which release wrote it, so a name
//! is a help for reading and never part of machine output.

use crate::system::System;

#[rustfmt::skip]
static SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS", "PIPE", "ALRM", "TERM",
    "URG", "STOP", "TSTP", "CONT", "CHLD", "TTIN", "TTOU", "IO", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "INFO",
    "USR1", "USR2",
];

#[rustfmt::skip]
static ERRORS: [&str; 81] = [
    "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EDEADLK", "ENOMEM",
    "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE",
    "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE",
    "EAGAIN", "EINPROGRESS", "EALREADY", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT",
    "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL",
    "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN",
    "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "ELOOP", "ENAMETOOLONG", "EHOSTDOWN", "EHOSTUNREACH",
    "ENOTEMPTY", "EPROCLIM", "EUSERS", "EDQUOT", "ESTALE", "EREMOTE", "EBADRPC", "ERPCMISMATCH", "EPROGUNAVAIL",
    "EPROGMISMATCH", "EPROCUNAVAIL", "ENOLCK", "ENOSYS", "EFTYPE", "EAUTH", "ENEEDAUTH",
];

/// By number; empty where there is none.
#[rustfmt::skip]
static CALLS: [&str; 399] = [
    "syscall", "exit", "fork", "read", "write", "open", "close", "wait4", "creat", "link", "unlink", "", "chdir",
    "fchdir", "mknod", "chmod", "chown", "obreak", "getfsstat", "lseek", "getpid", "mount", "unmount", "setuid",
    "getuid", "geteuid", "ptrace", "recvmsg", "sendmsg", "recvfrom", "accept", "getpeername", "getsockname", "access",
    "chflags", "fchflags", "sync", "kill", "stat", "getppid", "lstat", "dup", "pipe", "getegid", "profil", "ktrace",
    "sigaction", "getgid", "sigprocmask", "__getlogin", "__setlogin", "acct", "sigpending", "sigaltstack", "ioctl",
    "reboot", "revoke", "symlink", "readlink", "execve", "umask", "chroot", "fstat", "getkerninfo", "getpagesize",
    "msync", "vfork", "", "", "sbrk", "sstk", "mmap", "ovadvise", "munmap", "mprotect", "madvise", "", "", "mincore",
    "getgroups", "setgroups", "getpgrp", "setpgid", "setitimer", "wait", "swapon", "getitimer", "gethostname",
    "sethostname", "getdtablesize", "dup2", "", "fcntl", "select", "", "fsync", "setpriority", "socket", "connect",
    "accept", "getpriority", "send", "recv", "sigreturn", "bind", "setsockopt", "listen", "", "sigvec", "sigblock",
    "sigsetmask", "sigsuspend", "sigstack", "recvmsg", "sendmsg", "", "gettimeofday", "getrusage", "getsockopt", "",
    "readv", "writev", "settimeofday", "fchown", "fchmod", "recvfrom", "setreuid", "setregid", "rename", "truncate",
    "ftruncate", "flock", "mkfifo", "sendto", "shutdown", "socketpair", "mkdir", "rmdir", "utimes", "", "adjtime",
    "getpeername", "gethostid", "sethostid", "getrlimit", "setrlimit", "killpg", "setsid", "quotactl", "quota",
    "getsockname", "", "", "", "", "nfssvc", "getdirentries", "statfs", "fstatfs", "", "", "getfh", "getdomainname",
    "setdomainname", "uname", "sysarch", "", "", "", "semsys", "msgsys", "shmsys", "", "pread", "pwrite",
    "ntp_gettime", "ntp_adjtime", "", "", "", "", "setgid", "setegid", "seteuid", "lfs_bmapv", "lfs_markv",
    "lfs_segclean", "lfs_segwait", "stat", "fstat", "lstat", "pathconf", "fpathconf", "", "getrlimit", "setrlimit",
    "getdirentries", "mmap", "__syscall", "lseek", "truncate", "ftruncate", "__sysctl", "mlock", "munlock",
    "undelete", "futimes", "getpgid", "reboot", "poll", "lkmnosys", "lkmnosys", "lkmnosys", "lkmnosys", "lkmnosys",
    "lkmnosys", "lkmnosys", "lkmnosys", "lkmnosys", "lkmnosys", "__semctl", "semget", "semop", "semconfig", "msgctl",
    "msgget", "msgsnd", "msgrcv", "shmat", "shmctl", "shmdt", "shmget", "clock_gettime", "clock_settime",
    "clock_getres", "timer_create", "timer_delete", "timer_settime", "timer_gettime", "timer_getoverrun", "nanosleep",
    "fdatasync", "mlockall", "munlockall", "__sigtimedwait", "", "", "_ksem_init", "_ksem_open", "_ksem_unlink",
    "_ksem_close", "_ksem_post", "_ksem_wait", "_ksem_trywait", "_ksem_getvalue", "_ksem_destroy", "", "", "", "", "",
    "", "", "", "", "", "", "", "", "", "__posix_rename", "swapctl", "getdents", "minherit", "lchmod", "lchown",
    "lutimes", "__msync13", "__stat13", "__fstat13", "__lstat13", "__sigaltstack14", "__vfork14", "__posix_chown",
    "__posix_fchown", "__posix_lchown", "getsid", "__clone", "fktrace", "preadv", "pwritev", "__sigaction14",
    "__sigpending14", "__sigprocmask14", "__sigsuspend14", "__sigreturn14", "__getcwd", "fchroot", "fhopen", "fhstat",
    "fhstatfs", "____semctl13", "__msgctl13", "__shmctl13", "lchflags", "issetugid", "utrace", "getcontext",
    "setcontext", "_lwp_create", "_lwp_exit", "_lwp_self", "_lwp_wait", "_lwp_suspend", "_lwp_continue",
    "_lwp_wakeup", "_lwp_getprivate", "_lwp_setprivate", "", "", "", "", "", "", "", "", "", "", "", "",
    "sa_register", "sa_stacks", "sa_enable", "sa_setconcurrency", "sa_yield", "sa_preempt", "", "", "", "",
    "__sigaction_sigtramp", "pmc_get_info", "pmc_control", "rasctl", "kqueue", "kevent", "", "", "", "", "", "", "",
    "", "fsync_range", "uuidgen", "getvfsstat", "statvfs1", "fstatvfs1", "fhstatvfs1", "extattrctl",
    "extattr_set_file", "extattr_get_file", "extattr_delete_file", "extattr_set_fd", "extattr_get_fd",
    "extattr_delete_fd", "extattr_set_link", "extattr_get_link", "extattr_delete_link", "extattr_list_fd",
    "extattr_list_file", "extattr_list_link", "pselect", "pollts", "setxattr", "lsetxattr", "fsetxattr", "getxattr",
    "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr", "fremovexattr",
    "__stat30", "__fstat30", "__lstat30", "__getdents30", "posix_fadvise", "__fhstat30", "__ntp_gettime30",
    "__socket30", "__getfh30", "__fhopen40", "__fhstatvfs140", "__fhstat40",
];

/// The calls from here on are NetBSD's own.
const BEFORE_NETBSD: usize = 203;

/// `INT` for 2.
pub fn signal(number: i32) -> Option<&'static str> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    SIGNALS.get(index).copied()
}

/// `ENOENT` for 2, and what a kernel's own negative numbers mean on `system`.
pub fn error(system: System, number: i32) -> Option<&'static str> {
    let restart = system.dialect().restart;
    match number {
        -2 => Some("EJUSTRETURN"),
        _ if number == restart => Some("ERESTART"),
        _ => ERRORS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied(),
    }
}

/// `read` for 3, where `system` has or had such a call.
pub fn syscall(system: System, number: i32) -> Option<&'static str> {
    let index = usize::try_from(number).ok()?;
    if system == System::Private || index >= BEFORE_NETBSD && !system.is_netbsd() {
        return None;
    }
    CALLS.get(index).copied().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups_are_bounded() {
        assert_eq!(
            (signal(2), signal(0), signal(-1), signal(i32::MAX), signal(31)),
            (Some("INT"), None, None, None, Some("USR2"))
        );
        assert_eq!(error(System::NetBsd7, 2), Some("ENOENT"));
        assert_eq!(error(System::NetBsd7, -3), Some("ERESTART"));
        assert_eq!(error(System::FreeBsd93, -1), Some("ERESTART"));
        assert_eq!(error(System::FreeBsd93, -3), None);
        assert_eq!(error(System::NetBsd7, i32::MIN), None);
        assert_eq!(syscall(System::NetBsd4, 3), Some("read"));
        assert_eq!((syscall(System::NetBsd4, 100_000), syscall(System::NetBsd4, -26)), (None, None));
        assert_eq!(syscall(System::FreeBsd93, 300), None);
    }
}
