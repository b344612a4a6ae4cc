//! Writes a neutral file, a block at a time.

use super::process::{Ending, Processes, encode};
use super::{
    BLOCK, BLOCK_HEADER, FOOTER, Meta, RECORD_HEADER, START, START_LITTLE, bit, block, body, extra, flag, number_of,
};
use crate::layout::{Origin, Unit};
use crate::record::{Body, Record};
use crate::system::{Kind, System};
use std::io::{self, Write};

/// A block is written when it has so many bytes.
const FULL: usize = 1 << 16;
/// A block names no more commands than that.
const NAMES: usize = 128;
/// The index has no more entries than that; when it is full, every second one goes.
const ENTRIES: usize = 1 << 12;

/// A record of a program's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entry<'a> {
    /// Its type, one of [`Meta::types`].
    pub kind: u8,
    /// The process, or whatever takes its place.
    pub pid: i32,
    /// The LWP or thread.
    pub lid: Option<i64>,
    /// Seconds on the file's clock.
    pub sec: i64,
    /// Nanoseconds, below 1,000,000,000.
    pub nsec: u32,
    /// What the process is called.
    pub name: &'a [u8],
    /// What the record says; up to 1 MiB, of more the first.
    pub payload: &'a [u8],
}

/// Writes records into a sink. Without [`Writer::finish`] the last of them are lost.
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    system: System,
    /// The system is known by its own header.
    is_told: bool,
    origin: Option<&'static Origin>,
    offset: u64,
    /// The names of the block.
    names: Vec<Vec<u8>>,
    last_name: usize,
    records: Vec<u8>,
    count: u32,
    first: (i64, u32),
    index: Vec<IndexEntry>,
    /// Every so many blocks have an entry.
    stride: u64,
    blocks: u64,
    processes: Processes,
    frame: Vec<u8>,
    compress: bool,
}

#[derive(Debug, Clone, Copy)]
struct IndexEntry {
    offset: u64,
    sec: i64,
    nsec: u32,
    records: u32,
}

/// What is to be written of a record's header.
struct Head<'a> {
    code: u16,
    flags: u16,
    pid: i32,
    lid: i32,
    sec: i64,
    nsec: u32,
    name: &'a [u8],
    len: u16,
}

/// What of a record does not fit into its header.
#[derive(Debug, Clone, Copy, Default)]
struct Wide {
    time: Option<(i64, i64)>,
    lid: Option<i64>,
    code: Option<i64>,
    len: Option<u64>,
    cpu: Option<u32>,
}

impl<W: Write> Writer<W> {
    /// Starts a file with its head.
    pub fn new(mut sink: W, meta: &Meta) -> io::Result<Writer<W>> {
        let head = meta.encode();
        sink.write_all(&head)?;
        Ok(Writer {
            sink,
            system: meta.origin_system(),
            is_told: meta.is_told(),
            origin: Origin::find(meta.origin_system(), &meta.machine),
            offset: head.len() as u64,
            names: Vec::new(),
            last_name: 0,
            records: Vec::with_capacity(2 * FULL),
            count: 0,
            first: (0, 0),
            index: Vec::new(),
            stride: 1,
            blocks: 0,
            processes: Processes::default(),
            frame: Vec::new(),
            compress: false,
        })
    }

    /// Compresses blocks that become shorter by it.
    pub fn compress(mut self, compress: bool) -> Writer<W> {
        self.compress = compress;
        self
    }

    /// Writes a record of a program's own.
    pub fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.processes.name(entry.pid, entry.name);
        let payload = &entry.payload[..entry.payload.len().min(crate::read::PART)];
        let narrow = entry.lid.and_then(|lid| i32::try_from(lid).ok());
        let wide = entry.lid.filter(|_| narrow.is_none());
        let nsec = entry.nsec.min(999_999_999);
        let wide_time = (!self.is_near(entry.sec)).then_some((entry.sec, i64::from(nsec)));
        let head = Head {
            code: entry.kind.into(),
            flags: lid_flags(entry.lid),
            pid: entry.pid,
            lid: narrow.unwrap_or_default(),
            sec: entry.sec,
            nsec,
            name: entry.name,
            len: short_length(payload.len() as u64),
        };
        let start = self.begin(head, wide_time)?;
        let wide = Wide { time: wide_time, lid: wide, len: long_length(payload.len() as u64), ..Wide::default() };
        self.extensions(wide, start);
        self.records.extend_from_slice(payload);
        self.end(start)
    }

    /// Says what ended a process of which there was a record. Of BSD processes the writer finds that out itself.
    pub fn ended(&mut self, pid: i32, ending: Ending) {
        self.processes.end(pid, ending);
    }

    /// Writes a record of any trace. If its payload comes in parts, those must follow.
    pub fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.processes.see(record);
        let narrow = record.lid.and_then(|lid| i32::try_from(lid).ok());
        let wide_lid = record.lid.filter(|_| narrow.is_none());
        let narrow_code = u8::try_from(record.code).ok();
        let mut flags = lid_flags(record.lid);
        flags |= record.version.map_or(0, |v| (v.clamp(0, 6) + 1) as u16);
        flags |= if record.dropped { flag::DROPPED } else { 0 };
        flags |= if record.unit == Unit::Micro { flag::MICRO } else { 0 };
        let nsec = (0..record.unit.per_second()).contains(&record.frac).then(|| record.nsec() as u32);
        let wide_time = (nsec.is_none() || !self.is_near(record.sec)).then_some((record.sec, record.frac));
        let namespace = record.system.dialect().namespace();
        let head = Head {
            code: u16::from(namespace) << 8 | u16::from(narrow_code.unwrap_or_default()),
            flags,
            pid: record.pid,
            lid: narrow.unwrap_or_default(),
            sec: record.sec,
            nsec: nsec.unwrap_or_default(),
            name: record.comm,
            len: short_length(record.len),
        };
        let start = self.begin(head, wide_time)?;
        // START's number is the same whatever the origin's byte order.
        let code = if record.kind == Kind::Start && record.code == START_LITTLE { START } else { record.code };
        let wide = Wide {
            time: wide_time,
            lid: wide_lid,
            code: narrow_code.is_none().then_some(code),
            len: long_length(record.len),
            cpu: record.cpu,
        };
        match record.body {
            Body::Raw { origin, bytes } => {
                let decoded = record.decode();
                let whole = bytes.len() as u64 == record.len;
                // What another system appended keeps its layout, for the file's head does not speak of it.
                let own = origin.dialect.system == if self.is_told { System::Told } else { self.system };
                let at = self.records.len();
                self.extensions(wide, start);
                let fits =
                    own && whole && decoded.flaw.is_none() && body::encode(&mut self.records, &decoded.payload, origin);
                if !fits {
                    self.records.truncate(at);
                    self.set(start, flag::RAW);
                    self.records.extend_from_slice(&number_of(origin.dialect.system).to_le_bytes());
                    self.records.extend_from_slice(&origin.abi.id.to_le_bytes());
                    self.extensions(wide, start);
                    self.records.extend_from_slice(bytes);
                }
                if !whole {
                    self.set(start, flag::MORE);
                }
            }
            Body::Neutral { version, bytes } => {
                self.extensions(wide, start);
                let decoded = body::decode(version, record.kind, bytes);
                let at = self.records.len();
                let origin = self.origin.filter(|_| version < super::VERSION && decoded.flaw.is_none());
                let again = origin.is_some_and(|origin| body::encode(&mut self.records, &decoded.payload, origin));
                if !again {
                    self.records.truncate(at);
                    self.records.extend_from_slice(bytes);
                }
            }
            Body::Opaque { bytes } => {
                self.extensions(wide, start);
                self.records.extend_from_slice(bytes);
            }
        }
        self.end(start)
    }

    /// Writes more of the last record's payload.
    pub fn part(&mut self, bytes: &[u8]) -> io::Result<()> {
        for part in bytes.chunks(crate::read::PART) {
            let head =
                Head { code: 0, flags: flag::PART, pid: 0, lid: 0, sec: self.first.0, nsec: 0, name: b"", len: 0 };
            let start = self.begin(head, None)?;
            self.records.extend_from_slice(part);
            self.end(start)?;
        }
        Ok(())
    }

    /// Whether a time can be given by its distance from the block's first.
    fn is_near(&self, sec: i64) -> bool {
        self.count == 0 || sec.checked_sub(self.first.0).is_some_and(|d| i32::try_from(d).is_ok())
    }

    /// Puts a record's header, and says where. Its length is put by [`Writer::end`].
    fn begin(&mut self, head: Head<'_>, wide_time: Option<(i64, i64)>) -> io::Result<usize> {
        let Head { code, flags, pid, lid, mut sec, nsec, name, len } = head;
        let index = match self.name(name) {
            Some(index) => index,
            None => {
                self.flush()?;
                self.name(name).unwrap_or(u16::MAX)
            }
        };
        if self.count == 0 {
            self.first = (sec, nsec);
        }
        if wide_time.is_some() {
            sec = self.first.0;
        }
        let start = self.records.len();
        let near = sec.wrapping_sub(self.first.0) as i32;
        let mut bytes = [0; RECORD_HEADER];
        bytes[4..6].copy_from_slice(&code.to_le_bytes());
        bytes[6..8].copy_from_slice(&flags.to_le_bytes());
        bytes[8..12].copy_from_slice(&pid.to_le_bytes());
        bytes[12..16].copy_from_slice(&lid.to_le_bytes());
        bytes[16..20].copy_from_slice(&near.to_le_bytes());
        bytes[20..24].copy_from_slice(&nsec.to_le_bytes());
        bytes[24..26].copy_from_slice(&index.to_le_bytes());
        bytes[26..28].copy_from_slice(&len.to_le_bytes());
        self.records.extend_from_slice(&bytes);
        Ok(start)
    }

    fn set(&mut self, start: usize, flags: u16) {
        let old = u16::from_le_bytes([self.records[start + 6], self.records[start + 7]]);
        self.records[start + 6..start + 8].copy_from_slice(&(old | flags).to_le_bytes());
    }

    fn extensions(&mut self, wide: Wide, start: usize) {
        if let Some((sec, frac)) = wide.time {
            self.set(start, flag::WIDE_TIME);
            self.records.extend_from_slice(&sec.to_le_bytes());
            self.records.extend_from_slice(&frac.to_le_bytes());
        }
        if let Some(lid) = wide.lid {
            self.set(start, flag::WIDE_LID);
            self.records.extend_from_slice(&lid.to_le_bytes());
        }
        if let Some(code) = wide.code {
            self.set(start, flag::WIDE_TYPE);
            self.records.extend_from_slice(&code.to_le_bytes());
        }
        if let Some(len) = wide.len {
            self.set(start, flag::LONG);
            self.records.extend_from_slice(&len.to_le_bytes());
        }
        if let Some(cpu) = wide.cpu {
            self.set(start, flag::EXTRA);
            let bytes = cpu.to_le_bytes();
            let need = (4 - cpu.leading_zeros() as usize / 8).max(1);
            self.records.extend_from_slice(&(2 + need as u16).to_le_bytes());
            self.records.extend_from_slice(&[extra::CPU, need as u8]);
            self.records.extend_from_slice(&bytes[..need]);
        }
    }

    fn end(&mut self, start: usize) -> io::Result<()> {
        let len = (self.records.len() - start) as u32;
        self.records[start..start + 4].copy_from_slice(&len.to_le_bytes());
        self.count += 1;
        if self.records.len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// The number of a name in this block; `None` when the block can take no more of them.
    fn name(&mut self, name: &[u8]) -> Option<u16> {
        let name = &name[..name.len().min(255)];
        if name.is_empty() {
            return Some(u16::MAX);
        }
        if self.names.get(self.last_name).is_none_or(|last| last != name) {
            self.last_name = match self.names.iter().position(|n| n == name) {
                Some(at) => at,
                None if self.names.len() == NAMES => return None,
                None => {
                    self.names.push(name.to_vec());
                    self.names.len() - 1
                }
            };
        }
        Some(self.last_name as u16)
    }

    /// Writes out what is there, as a block of its own.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        self.frame.clear();
        self.frame.extend_from_slice(&self.first.0.to_le_bytes());
        self.frame.extend_from_slice(&(self.names.len() as u16).to_le_bytes());
        for name in &self.names {
            super::push_short(&mut self.frame, name);
        }
        if self.blocks.is_multiple_of(self.stride) {
            let (sec, nsec) = self.first;
            self.index.push(IndexEntry { offset: self.offset, sec, nsec, records: self.count });
            if self.index.len() == ENTRIES {
                let mut kept = 0u64;
                self.index.retain(|_| {
                    kept += 1;
                    kept % 2 == 1
                });
                self.stride *= 2;
            }
        }
        self.blocks += 1;
        let count = std::mem::take(&mut self.count);
        let records = std::mem::take(&mut self.records);
        let frame = std::mem::take(&mut self.frame);
        let written = self.block(block::RECORDS, count, &[&frame, &records]);
        self.records = records;
        self.records.clear();
        self.frame = frame;
        self.names.clear();
        self.last_name = 0;
        written
    }

    fn block(&mut self, kind: u16, count: u32, parts: &[&[u8]]) -> io::Result<()> {
        let len: usize = parts.iter().map(|p| p.len()).sum();
        // The index is found by its last bytes, which therefore stay as they are.
        let packed = if self.compress && kind != block::INDEX { packed(parts, len) } else { None };
        let whole = packed.as_deref().map(|bytes| [bytes]);
        let parts = whole.as_ref().map_or(parts, |whole| &whole[..]);
        let len = packed.as_ref().map_or(len, Vec::len);
        let mut header = [0; BLOCK_HEADER];
        header[..4].copy_from_slice(&BLOCK);
        header[4..6].copy_from_slice(&kind.to_le_bytes());
        header[6..8].copy_from_slice(&(if packed.is_some() { bit::COMPRESSED } else { 0 }).to_le_bytes());
        header[8..12].copy_from_slice(&(len as u32).to_le_bytes());
        header[12..16].copy_from_slice(&count.to_le_bytes());
        let mut sum = crc32fast::Hasher::new();
        sum.update(&header[..16]);
        parts.iter().for_each(|p| sum.update(p));
        header[16..].copy_from_slice(&sum.finalize().to_le_bytes());
        self.sink.write_all(&header)?;
        for part in parts {
            self.sink.write_all(part)?;
        }
        self.offset += (BLOCK_HEADER + len) as u64;
        Ok(())
    }

    /// Writes the last block, the notes on processes and the index, and gives the sink back.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        let processes = std::mem::take(&mut self.processes).into_sorted();
        let mut notes = Vec::new();
        let mut rest = processes;
        // Notes of many processes are several blocks.
        while !rest.is_empty() {
            let later = rest.keys().nth(1024).copied().map(|pid| rest.split_off(&pid)).unwrap_or_default();
            notes.clear();
            encode(&rest, &mut notes);
            self.block(block::PROCESSES, rest.len() as u32, &[&notes])?;
            rest = later;
        }
        // With one block there is nothing to jump to.
        if self.blocks > 1 {
            let mut body = Vec::with_capacity(24 * self.index.len() + 16);
            for entry in &self.index {
                body.extend_from_slice(&entry.offset.to_le_bytes());
                body.extend_from_slice(&entry.sec.to_le_bytes());
                body.extend_from_slice(&entry.nsec.to_le_bytes());
                body.extend_from_slice(&entry.records.to_le_bytes());
            }
            body.extend_from_slice(&self.offset.to_le_bytes());
            body.extend_from_slice(&FOOTER);
            let count = self.index.len() as u32;
            self.block(block::INDEX, count, &[&body])?;
        }
        self.sink.flush()?;
        Ok(self.sink)
    }
}

/// A body compressed, with its length before it; `None` where that is no shorter.
fn packed(parts: &[&[u8]], len: usize) -> Option<Vec<u8>> {
    /// Quick and good enough for what repeats as much as records do.
    const LEVEL: u8 = 6;
    let mut out = (len as u32).to_le_bytes().to_vec();
    out.extend(miniz_oxide::deflate::compress_to_vec_zlib(&parts.concat(), LEVEL));
    (out.len() < len).then_some(out)
}

fn lid_flags(lid: Option<i64>) -> u16 {
    if lid.is_some() { flag::LID } else { 0 }
}

fn short_length(len: u64) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

fn long_length(len: u64) -> Option<u64> {
    (len >= u64::from(u16::MAX)).then_some(len)
}
