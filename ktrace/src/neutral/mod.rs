//! The neutral format.
use crate::{payload::Decoded, system::Kind};
/// Decodes.
pub fn decode<'a>(_kind: Kind, bytes: &'a [u8]) -> Decoded<'a> {
    Decoded::opaque(bytes)
}
