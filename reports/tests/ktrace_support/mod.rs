//! Traces made by hand, with the offsets of the systems' headers as literals, and what is read of them.

use serde_json::Value;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::read::{Damage, Event};
use uioscope_ktrace::{OpenError, Trace};
use uioscope_reports::ktrace::json;

/// Offsets of a little-endian header's members.
#[derive(Clone, Copy)]
pub struct Header {
    pub size: usize,
    pub len: (usize, usize),
    pub kind: (usize, usize),
    pub version: Option<usize>,
    pub pid: usize,
    pub comm: usize,
    pub sec: (usize, usize),
    pub frac: (usize, usize),
    pub id: usize,
    pub name: [u8; 17],
}

/// NetBSD on amd64; FreeBSD there, with version 0.
pub const LE56: Header = Header {
    size: 56,
    len: (0, 4),
    kind: (4, 2),
    version: Some(6),
    pid: 8,
    comm: 12,
    sec: (32, 8),
    frac: (40, 8),
    id: 48,
    name: *b"bad\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
};
/// NetBSD on i386, versions 0 and 1.
pub const V1_I386: Header = Header { size: 44, sec: (32, 4), frac: (36, 4), id: 40, ..LE56 };
/// NetBSD 6 on i386, version 2.
pub const V2_I386: Header = Header { size: 48, sec: (32, 8), frac: (40, 4), id: 44, ..LE56 };
/// OpenBSD on amd64.
pub const OPENBSD64: Header = Header {
    size: 64,
    len: (56, 8),
    kind: (0, 4),
    version: None,
    pid: 4,
    comm: 32,
    sec: (16, 8),
    frac: (24, 8),
    id: 8,
    ..LE56
};

impl Header {
    /// A header that says `len`.
    pub fn header(&self, kind: i32, version: i16, len: i64) -> Vec<u8> {
        let mut bytes = vec![0; self.size];
        let mut put = |(at, width): (usize, usize), n: i64| {
            bytes[at..at + width].copy_from_slice(&n.to_le_bytes()[..width]);
        };
        put(self.len, len);
        put(self.kind, kind.into());
        if let Some(at) = self.version {
            put((at, 2), version.into());
        }
        put((self.pid, 4), 77);
        put(self.sec, 1_000_000_000);
        put(self.frac, 5000);
        put((self.id, 4), 1);
        bytes[self.comm..self.comm + 17].copy_from_slice(&self.name);
        bytes
    }

    /// A record.
    pub fn record(&self, kind: i32, version: i16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = self.header(kind, version, payload.len() as i64);
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// What is read of a trace.
#[derive(Debug)]
pub struct Found {
    pub records: Vec<Value>,
    pub damage: Vec<Damage>,
}

/// Reads a trace as the command does.
pub fn dump(bytes: &[u8]) -> Result<Found, OpenError> {
    let mut trace = Trace::open(bytes, &Hints::default())?;
    let mut found = Found { records: Vec::new(), damage: Vec::new() };
    while let Some(event) = trace.next_event()? {
        match event {
            Event::Record(record) => {
                let mut line = Vec::new();
                json::record(&mut line, &record, usize::MAX);
                found.records.push(serde_json::from_slice(&line).expect("valid JSON"));
            }
            Event::Damage(damage) => found.damage.push(damage),
            Event::Part(_) => {}
        }
    }
    Ok(found)
}
