//! STRUCT: a kernel struct behind its name. Few are neutral enough to be decoded.

use super::{Flaw, Parsed, Payload, View, until_nul};
use crate::endian::{Endian, Words};
use crate::system::Stat;

/// The members that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Details<'a> {
    /// None.
    None,
    /// A socket address; port and address only for IPv4, which is the same bytes everywhere.
    Sockaddr { family: u8, internet: Option<(u16, &'a [u8])> },
    /// A file's status.
    Stat { ino: u64, mode: u16, size: i64, mtime: i64, birthtime: i64 },
    /// A time.
    Timespec { sec: i64, nsec: i64 },
}

/// What a violation of Capsicum's rules carries, by its kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Violation<'a> {
    /// The rights that were needed and those that were held, and the bytes of a union that they are in.
    Rights {
        /// Needed.
        needed: Words<'a>,
        /// Held.
        held: Words<'a>,
        /// The union; empty where there is none.
        raw: &'a [u8],
    },
    /// A number: a signal, a protocol, a call; and the union.
    Number(i32, &'a [u8]),
    /// A socket address, in its union.
    Address(&'a [u8]),
    /// A path up to its NUL, in its union.
    Path(&'a [u8]),
    /// Nothing, and the union.
    Nothing(&'a [u8]),
}

/// Offsets in a `struct stat`: whose it is, its size, inode and mode with their widths, size, the times' width, mtime, birth time.
pub const STATS: [StatAt; 7] = [
    StatAt { of: Stat::FreeBsd, len: 96, ino: (4, 4), mode: (8, 2), size: 48, time: 4, mtime: 32, birthtime: 80 },
    StatAt { of: Stat::FreeBsd, len: 108, ino: (4, 4), mode: (8, 2), size: 60, time: 8, mtime: 36, birthtime: 92 },
    StatAt { of: Stat::FreeBsd, len: 120, ino: (4, 4), mode: (8, 2), size: 72, time: 8, mtime: 40, birthtime: 104 },
    StatAt { of: Stat::FreeBsd12, len: 208, ino: (8, 8), mode: (24, 2), size: 96, time: 4, mtime: 64, birthtime: 88 },
    StatAt { of: Stat::FreeBsd12, len: 224, ino: (8, 8), mode: (24, 2), size: 112, time: 8, mtime: 64, birthtime: 96 },
    StatAt { of: Stat::OpenBsd, len: 108, ino: (8, 8), mode: (0, 4), size: 68, time: 8, mtime: 44, birthtime: 96 },
    StatAt { of: Stat::OpenBsd, len: 128, ino: (8, 8), mode: (0, 4), size: 80, time: 8, mtime: 48, birthtime: 112 },
];

/// Where the members of a `struct stat` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct StatAt {
    pub of: Stat,
    pub len: usize,
    pub ino: (usize, u8),
    pub mode: (usize, u8),
    pub size: usize,
    pub time: u8,
    pub mtime: usize,
    pub birthtime: usize,
}

pub(super) fn parse<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let name = until_nul(view.bytes);
    let Some(data) = view.bytes.get(name.len() + 1..) else {
        let flaw = Flaw::Short { need: name.len() + 1, have: view.bytes.len() };
        return Ok((Payload::Struct { name, data: &[], details: Details::None }, Some(flaw)));
    };
    let (details, flaw) = match name {
        _ if data.is_empty() => (Details::None, None),
        b"sockaddr" => sockaddr(data),
        b"stat" if view.origin.dialect.stat != Stat::None => stat(view, data),
        b"timespec" | b"abstimespec" | b"reltimespec" => timespec(view, data),
        _ => (Details::None, None),
    };
    Ok((Payload::Struct { name, data, details }, flaw))
}

/// What a socket address says.
pub fn sockaddr(data: &[u8]) -> (Details<'_>, Option<Flaw>) {
    let [len, family, ..] = *data else {
        return (Details::None, Some(Flaw::Short { need: 2, have: data.len() }));
    };
    let flaw = Flaw::Count { what: "sa_len", value: len.into(), have: data.len() };
    let odd = (usize::from(len) > data.len()).then_some(flaw);
    const AF_INET: u8 = 2;
    let port = Endian::Big.unsigned(data, 2, 2).map(|p| p as u16);
    let internet = (family == AF_INET).then(|| Some((port?, data.get(4..8)?))).flatten();
    (Details::Sockaddr { family, internet }, odd)
}

fn stat<'a>(view: &View<'_, '_>, data: &'a [u8]) -> (Details<'a>, Option<Flaw>) {
    let endian = view.origin.abi.endian;
    let of = view.origin.dialect.stat;
    let time = view.origin.time_t();
    let Some(at) = STATS.iter().find(|s| s.of == of && s.len == data.len() && s.time == time) else {
        return (Details::None, Some(Flaw::Odd { have: data.len() }));
    };
    let signed = |at, width| endian.signed(data, at, width).unwrap_or_default();
    let details = Details::Stat {
        ino: endian.unsigned(data, at.ino.0, at.ino.1).unwrap_or_default(),
        mode: signed(at.mode.0, at.mode.1) as u16,
        size: signed(at.size, 8),
        mtime: signed(at.mtime, at.time),
        birthtime: signed(at.birthtime, at.time),
    };
    (details, None)
}

/// An array of structs: the bytes of one, the name with its NUL, and the elements.
pub(super) fn array<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let long = view.origin.abi.long;
    let size = view.wide(0, long)?;
    let rest = view.rest(long.into())?;
    let name = until_nul(rest);
    let Some(data) = rest.get(name.len() + 1..) else {
        return Err(Flaw::Short { need: usize::from(long) + name.len() + 1, have: view.bytes.len() });
    };
    let whole = data.is_empty() || usize::try_from(size).is_ok_and(|size| size > 0 && data.len() % size == 0);
    let flaw = Flaw::Count { what: "struct_size", value: size.cast_signed(), have: data.len() };
    Ok((Payload::StructArray { size, name, data }, (!whole).then_some(flaw)))
}

/// The rights needed and held, of two words each.
fn rights<'a>(view: &View<'a, '_>, at: usize, raw: &'a [u8]) -> Result<Violation<'a>, Flaw> {
    let words = |bytes| Words::new(bytes, 8, view.origin.abi.endian);
    let bytes = view.rest(at)?.get(..32).ok_or(Flaw::Short { need: at + 32, have: view.bytes.len() })?;
    Ok(Violation::Rights { needed: words(&bytes[..16]), held: words(&bytes[16..]), raw })
}

pub(super) fn cap_fail<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let at = view.origin.abi.place(4, 8);
    let payload = Payload::CapFail { kind: view.int(0)?, call: None, violation: rights(view, at, &[])? };
    Ok((payload, view.exactly(at + 32)))
}

/// A violation since FreeBSD 15: what the union holds depends on its kind.
pub(super) fn cap_fail_of_many_kinds<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    const UNION: usize = 1024;
    let at = view.origin.abi.place(12, 8);
    let kind = view.int(0)?;
    let call = Some((view.half(4)?.into(), view.int(8)?.cast_unsigned()));
    let raw = view.rest(at)?;
    let violation = match kind {
        0 | 1 => rights(view, at, raw)?,
        2..=4 => Violation::Number(view.int(at)?, raw),
        5 => Violation::Address(raw),
        6 => Violation::Path(raw),
        _ => Violation::Nothing(raw),
    };
    Ok((Payload::CapFail { kind, call, violation }, view.exactly(at + UNION)))
}

fn timespec<'a>(view: &View<'_, '_>, data: &'a [u8]) -> (Details<'a>, Option<Flaw>) {
    let abi = view.origin.abi;
    let width = view.origin.time_t();
    let at = abi.place(width.into(), abi.long);
    let parts = (abi.endian.signed(data, 0, width), abi.endian.signed(data, at, abi.long));
    match parts {
        (Some(sec), Some(nsec)) => (Details::Timespec { sec, nsec }, None),
        _ => (Details::None, Some(Flaw::Short { need: at + usize::from(abi.long), have: data.len() })),
    }
}
