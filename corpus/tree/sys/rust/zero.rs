//! A driver: an endless source of zeroes.

use crate::bindings::{self, proc, uio};
use core::ffi::c_int;
use core::ptr::{addr_of, addr_of_mut};

struct Softc {
    reader: *mut proc,
    last: i32,
}

/// Who reads, by number.
fn reader_pid(uio: *mut uio) -> i32 {
    let td = unsafe { (*uio).uio_procp };
    match unsafe { td.as_ref() } {
        Some(p) => p.p_pid,
        None => 0,
    }
}

#[no_mangle]
pub unsafe extern "C" fn zeroread(sc: &mut Softc, uio: *mut uio, ioflag: c_int) -> c_int {
    let uio = &mut *uio;
    if uio.uio_procp.is_null() {
        return 22;
    }
    sc.reader = uio.uio_procp;
    'again: loop {
        if (*uio.uio_procp).p_flag & bindings::P_SYSTEM != 0 {
            break 'again;
        }
        let nice = (*uio.uio_procp).p_nice as c_int + ioflag;
        if nice > 20 {
            continue 'again;
        }
        bindings::setrunnable(uio.uio_procp);
        break;
    }
    0
}

/// Reads through a place, without a reference to it.
unsafe fn zero_peek(uio: *const uio) -> bool {
    let owner = addr_of!((*uio).uio_procp).read();
    owner == bindings::curproc
}

unsafe fn zero_give(uio: *mut uio) {
    (*uio).uio_segflg = bindings::UIO_USERSPACE;
    addr_of_mut!((*uio).uio_procp).write(bindings::curproc);
}

/// Both names of one request.
unsafe fn zero_copy(from: &uio, len: usize) -> usize {
    let mut kuio = uio { uio_resid: len, ..*from };
    kuio.uio_segflg = bindings::UIO_SYSSPACE;
    kuio.uio_procp = core::ptr::null_mut();
    kuio.uio_resid
}
