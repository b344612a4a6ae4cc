//! Everything that is rare: "uio_procp" in quotes, conditions, and patterns.

use crate::bindings::{self, proc, uio};

/* a comment /* in a comment: uio_procp */ here too: uio_procp */

const NAME: &str = r#"a "uio_procp" of old"#;

#[cfg(feature = "trace")]
unsafe fn odd_traced(uio: &uio) -> bool {
    (*uio.uio_procp).p_traceflag != 0
}

#[cfg(any())]
unsafe fn odd_never(uio: &uio) -> i32 {
    (*uio.uio_procp).p_pid
}

unsafe fn odd_arms(uio: &mut uio, p: *mut proc) {
    #[cfg(feature = "audit")]
    let who = uio.uio_procp;
    #[cfg(not(feature = "audit"))]
    let who = p;
    bindings::psignal(who, 1);
}

/// By pattern.
unsafe fn odd_pattern(uio: &uio) -> bool {
    let uio { uio_procp: p, uio_resid, .. } = uio;
    *uio_resid > 0 && !p.is_null()
}

unsafe fn odd_let_else(uio: &uio) -> i32 {
    let Some(p) = uio.uio_procp.as_ref() else { return 0 };
    p.p_pid
}

unsafe fn odd_closure(uio: &uio) -> Option<i32> {
    let find = |u: &uio| unsafe { u.uio_procp.as_ref() }.map(|p| p.p_pid);
    find(uio)
}

unsafe fn odd_value(uio: &uio) -> u8 {
    let nice = if uio.uio_resid > 0 {
        let p = uio.uio_procp;
        (*p).p_nice
    } else {
        0
    };
    nice
}

unsafe fn odd_macros(uio: &uio, p: *mut proc) {
    assert!(!uio.uio_procp.is_null(), "nobody's uio_procp");
    assert_eq!(uio.uio_procp, p);
    kassert!((*uio.uio_procp).p_holdcnt > 0);
}

mod inner {
    use super::*;

    pub trait Owner {
        fn raw(&self) -> *mut uio;

        /// Whether it holds a lock.
        fn locks(&self) -> bool {
            unsafe { (*(*self.raw()).uio_procp).p_flag & bindings::P_ADVLOCK != 0 }
        }
    }
}

/// Another member of that name.
struct Old {
    uio_procp: i32,
}

fn odd_old(old: &Old) -> i32 {
    old.uio_procp
}
