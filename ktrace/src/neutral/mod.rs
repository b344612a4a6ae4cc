//! The neutral format: a trace that any machine can read, whatever machine it was made on.
//!
//! `docs/ktrace-format.md` is its specification; this is one implementation of it. A program writes records of its own like
//! this:
//!
//! ```
//! use uioscope_ktrace::neutral::{Clock, Entry, Meta, Reader, Writer};
//! use uioscope_ktrace::read::Event;
//!
//! // The types by number and name, as readers will show them.
//! let meta = Meta::program("model", Clock::Steps, &[(1, "submit"), (2, "exit")]);
//! let mut writer = Writer::new(Vec::new(), &meta)?;
//! writer.entry(&Entry { kind: 1, pid: 7, lid: Some(2), sec: 0, nsec: 1, name: b"p0", payload: b"read r0" })?;
//! writer.entry(&Entry { kind: 2, pid: 7, lid: None, sec: 0, nsec: 2, name: b"p0", payload: b"" })?;
//! let file: Vec<u8> = writer.finish()?;
//!
//! let mut reader = Reader::new(Vec::new(), &file[..])?;
//! let Some(Event::Record(first)) = reader.next_event()? else { panic!("a record") };
//! assert_eq!((first.kind_name(), first.pid, first.lid, first.comm), ("submit", 7, Some(2), &b"p0"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - *Invariant:* what a writer gets, a reader gives back: every member of every record, in order. Padding and kernel
//!   pointers in headers are not kept.
//! - *Invariant:* a reader passes over what it does not know by its length.

mod body;
mod header;
mod index;
mod process;
mod read;
mod write;

pub use body::decode;
pub use header::{Clock, FormatError, MAGIC, Meta, VERSION};
pub use index::{Index, Indexed};
pub use process::{Ending, Process, Processes};
pub use read::Reader;
pub use write::{Entry, Writer};

use crate::abi::{self, Abi};
use crate::layout::Origin;
use crate::system::System;

/// What a block starts with.
const BLOCK: [u8; 4] = *b"\xb1KTB";
/// Bytes of a block's header.
const BLOCK_HEADER: usize = 20;
/// No body is longer.
const LONGEST_BODY: usize = 1 << 22;
/// Bytes of a record's header, without extensions.
const RECORD_HEADER: usize = 28;
/// What a file with an index ends with.
const FOOTER: [u8; 8] = *b"\xb1KTINDEX";

/// Kinds of blocks.
mod block {
    pub const RECORDS: u16 = 1;
    pub const PROCESSES: u16 = 2;
    pub const INDEX: u16 = 3;
}

/// Flags of a record.
mod flag {
    /// The version and one; 0 for none.
    pub const VERSION: u16 = 7;
    pub const MICRO: u16 = 1 << 3;
    pub const LID: u16 = 1 << 4;
    pub const DROPPED: u16 = 1 << 5;
    /// The payload is as the origin wrote it; with the origin.
    pub const RAW: u16 = 1 << 6;
    pub const WIDE_TIME: u16 = 1 << 7;
    pub const WIDE_LID: u16 = 1 << 8;
    pub const WIDE_TYPE: u16 = 1 << 9;
    pub const LONG: u16 = 1 << 10;
    /// More of the payload follows.
    pub const MORE: u16 = 1 << 11;
    /// This is more of a payload.
    pub const PART: u16 = 1 << 12;
    /// Members that not every origin has, each with its key and length.
    pub const EXTRA: u16 = 1 << 13;
    /// What is not given out yet. Each of these announces an extension that says its own length, as [`EXTRA`] does.
    pub const RESERVED: [u16; 2] = [1 << 14, 1 << 15];
}

/// Keys of what a record has with [`flag::EXTRA`].
mod extra {
    /// The processor, in as many bytes as it needs.
    pub const CPU: u8 = 1;
}

/// Bits of a block.
mod bit {
    /// The body is compressed.
    pub const COMPRESSED: u16 = 1;
}

/// The number of OpenBSD's START, as its header has it.
const START: i64 = 0x4b54_5200;
/// The same as a little-endian machine reads what stands in a file.
const START_LITTLE: i64 = 0x52_544b;

/// The numbers of systems in the format. A new one gets a new number; none is ever reused.
const SYSTEMS: [(u16, System); 23] = [
    (1, System::NetBsd13),
    (2, System::NetBsd14),
    (3, System::Mouse14),
    (4, System::NetBsd4),
    (5, System::Mouse40),
    (6, System::NetBsd7),
    (7, System::OpenBsd56),
    (8, System::FreeBsd93),
    (9, System::DragonFly),
    (10, System::Lite2),
    (11, System::Aerie),
    (12, System::NetBsd16),
    (13, System::NetBsd10),
    (14, System::NetBsdDraft),
    (15, System::OpenBsd58),
    (16, System::OpenBsd71),
    (17, System::OpenBsd73),
    (18, System::FreeBsd8),
    (19, System::FreeBsd10),
    (20, System::FreeBsd12),
    (21, System::FreeBsd14),
    (22, System::FreeBsd15),
    (23, System::Darwin8),
];

fn number_of(system: System) -> u16 {
    SYSTEMS.iter().find(|(_, s)| *s == system).map_or(0, |(n, _)| *n)
}

fn system_of(number: u16) -> Option<System> {
    SYSTEMS.iter().find(|(n, _)| *n == number).map(|(_, s)| *s)
}

fn abi_of(number: u16) -> Option<&'static Abi> {
    abi::ABIS.iter().find(|abi| abi.id == number)
}

fn origin_of(system: u16, abi: u16) -> Option<&'static Origin> {
    Origin::find(system_of(system)?, abi_of(abi)?.name)
}

/// The system whose types a namespace holds, when the file's own has another.
fn namespace_system(namespace: u8) -> System {
    match namespace {
        1 => System::NetBsd7,
        2 => System::OpenBsd56,
        3 => System::FreeBsd93,
        4 => System::DragonFly,
        5 => System::Lite2,
        6 => System::Aerie,
        7 => System::Darwin8,
        _ => System::Private,
    }
}

/// Little-endian members taken off the front of bytes.
#[derive(Debug, Clone, Copy)]
struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(n)?;
        self.bytes = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[b]| b)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_le_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A byte that says how many follow, and those.
    fn short(&mut self) -> Option<&'a [u8]> {
        let len = self.u8()?;
        self.take(len.into())
    }
}

/// Appends a byte that says how many follow, and those; of more than 255 the first 255.
fn push_short(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(255)];
    out.push(bytes.len() as u8);
    out.extend_from_slice(bytes);
}
