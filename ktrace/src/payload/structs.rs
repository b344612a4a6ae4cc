//! STRUCT: a kernel struct behind its name. Few are neutral enough to be decoded.

use super::{Flaw, Parsed, Payload, View, until_nul};
use crate::endian::Endian;
use crate::system::System;

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

/// Offsets in FreeBSD's `struct stat` of before 64-bit inodes, by its size: the times' width, size, mtime, birthtime.
const STATS: [(usize, u8, usize, usize, usize); 2] = [(96, 4, 48, 32, 80), (120, 8, 72, 40, 104)];

pub(super) fn parse<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let name = until_nul(view.bytes);
    let Some(data) = view.bytes.get(name.len() + 1..) else {
        let flaw = Flaw::Short { need: name.len() + 1, have: view.bytes.len() };
        return Ok((Payload::Struct { name, data: &[], details: Details::None }, Some(flaw)));
    };
    let (details, flaw) = match name {
        _ if data.is_empty() => (Details::None, None),
        b"sockaddr" => sockaddr(data),
        b"stat" if view.origin.dialect.system == System::FreeBsd93 => stat(view, data),
        b"timespec" | b"abstimespec" | b"reltimespec" => timespec(view, data),
        _ => (Details::None, None),
    };
    Ok((Payload::Struct { name, data, details }, flaw))
}

pub(crate) fn sockaddr(data: &[u8]) -> (Details<'_>, Option<Flaw>) {
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
    let Some((_, width, size, mtime, birthtime)) = STATS.into_iter().find(|s| s.0 == data.len()) else {
        return (Details::None, Some(Flaw::Odd { have: data.len() }));
    };
    let signed = |at, width| endian.signed(data, at, width).unwrap_or_default();
    let details = Details::Stat {
        ino: endian.unsigned(data, 4, 4).unwrap_or_default(),
        mode: signed(8, 2) as u16,
        size: signed(size, 8),
        mtime: signed(mtime, width),
        birthtime: signed(birthtime, width),
    };
    (details, None)
}

fn timespec<'a>(view: &View<'_, '_>, data: &'a [u8]) -> (Details<'a>, Option<Flaw>) {
    let abi = view.origin.abi;
    let width = view.origin.dialect.system.time_t(abi);
    let at = abi.place(width.into(), abi.long);
    let parts = (abi.endian.signed(data, 0, width), abi.endian.signed(data, at, abi.long));
    match parts {
        (Some(sec), Some(nsec)) => (Details::Timespec { sec, nsec }, None),
        _ => (Details::None, Some(Flaw::Short { need: at + usize::from(abi.long), have: data.len() })),
    }
}
