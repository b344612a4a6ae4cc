//! What the C headers declare, as a tool would write it down. Do not edit.
#![allow(non_camel_case_types)]

use core::ffi::{c_char, c_int, c_uchar, c_void};

pub const P_SYSTEM: c_int = 0x00200;
pub const P_ADVLOCK: c_int = 0x00001;

pub type uio_seg = u32;
pub const UIO_USERSPACE: uio_seg = 0;
pub const UIO_SYSSPACE: uio_seg = 1;
pub type uio_rw = u32;
pub const UIO_READ: uio_rw = 0;

#[repr(C)]
pub struct iovec {
    pub iov_base: *mut c_void,
    pub iov_len: usize,
}

#[repr(C)]
pub struct uio {
    pub uio_iov: *mut iovec,
    pub uio_iovcnt: c_int,
    pub uio_offset: i64,
    pub uio_resid: usize,
    pub uio_segflg: uio_seg,
    pub uio_rw: uio_rw,
    pub uio_procp: *mut proc,
}

/// Its members stand in sys/proc.h.
#[repr(C)]
pub struct proc {
    _unused: [u8; 0],
}

extern "C" {
    pub static mut curproc: *mut proc;
    pub static mut proc0: proc;
    pub fn psignal(p: *mut proc, sig: c_int);
    pub fn pfind(pid: i32) -> *mut proc;
    pub fn uiomove(buf: *mut c_void, n: c_int, uio: *mut uio) -> c_int;
    pub fn panic(fmt: *const c_char, ...) -> !;
    pub fn setrunnable(p: *mut proc);
}

pub type priority = c_uchar;
