//! Payloads in the neutral encoding: members at fixed widths, little endian, whatever the origin's were.

mod encode;
mod first;
mod second;

pub(super) use encode::encode;

use super::{Cursor, number_of, push_short};
use crate::endian::{Endian, Words};
use crate::payload::{Activations, Decoded, Flaw, Payload};
use crate::system::Kind;

/// Decodes a payload as that version of the format has it. What a newer one put behind its last member is passed over.
pub fn decode(version: u16, kind: Kind, bytes: &[u8]) -> Decoded<'_> {
    let mut cursor = Cursor { bytes };
    let members = if version < 2 { first::members(kind, &mut cursor) } else { second::members(kind, &mut cursor) };
    match members {
        Some(payload) => Decoded { payload, flaw: None, raw: bytes },
        None => {
            let flaw = Flaw::Odd { have: bytes.len() };
            Decoded { payload: Payload::Opaque(bytes), flaw: Some(flaw), raw: bytes }
        }
    }
}

fn little(bytes: &[u8], width: u8) -> Words<'_> {
    Words::new(bytes, width, Endian::Little)
}

fn activations(bytes: &[u8]) -> Activations<'_> {
    Activations::new(bytes, 8, Endian::Little)
}
