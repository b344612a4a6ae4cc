//! A request with manners: what drivers in Rust use instead of the bare struct.

use crate::bindings::{self, proc, uio};
use core::ptr::{self, NonNull};

/// A request that somebody else owns.
pub struct Request<'a> {
    raw: &'a mut uio,
}

/// Only the pointer.
pub struct RawRequest(*mut uio);

impl<'a> Request<'a> {
    /// # Safety
    /// `raw` is a request, and nobody else has it.
    pub unsafe fn from_raw(raw: *mut uio) -> Request<'a> {
        Request { raw: unsafe { &mut *raw } }
    }

    /// Whether anybody's addresses are named.
    pub fn has_proc(&self) -> bool {
        !self.raw.uio_procp.is_null()
    }

    /// Whether it is the caller's own.
    pub fn is_mine(&self) -> bool {
        ptr::eq(self.raw.uio_procp, unsafe { bindings::curproc })
    }

    /// From here on the addresses are the kernel's.
    pub fn to_kernel(&mut self) {
        self.raw.uio_procp = ptr::null_mut();
        self.raw.uio_segflg = bindings::UIO_SYSSPACE;
    }
}

impl RawRequest {
    /// Tells whoever asked that it went wrong.
    pub fn complain(&self) {
        let p = unsafe { (*self.0).uio_procp };
        if let Some(p) = NonNull::new(p) {
            unsafe { bindings::psignal(p.as_ptr(), 13) };
        }
    }

    /// Every request of the kernel's own looks like this: no uio_procp.
    pub fn kernel(len: usize) -> uio {
        uio {
            uio_iov: ptr::null_mut(),
            uio_iovcnt: 0,
            uio_offset: 0,
            uio_resid: len,
            uio_segflg: bindings::UIO_SYSSPACE,
            uio_rw: bindings::UIO_READ,
            uio_procp: ptr::null_mut(),
        }
    }
}
