//! Which system calls a system has.

use crate::layout::Origin;
use crate::payload::Payload;

/// Whether no release of the origin has such a call.
pub fn is_none(_origin: &Origin, _payload: &Payload<'_>) -> bool {
    false
}
