//! Reads a neutral file, a block at a time.

use super::header::{LONGEST, Meta};
use super::process::{self, Process};
use super::{
    BLOCK, BLOCK_HEADER, Cursor, FormatError, LONGEST_BODY, MAGIC, RECORD_HEADER, START, START_LITTLE, bit, block,
    extra, flag, namespace_system, origin_of,
};
use crate::endian::Endian;
use crate::layout::Unit;
use crate::read::{Damage, DamageKind, Event};
use crate::record::{Body, Record};
use crate::system::{Kind, System};
use crate::window::Window;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Reads a neutral file in constant memory.
#[derive(Debug)]
pub struct Reader<R> {
    window: Window<R>,
    meta: Meta,
    /// The version of the format.
    version: u16,
    system: System,
    index: u64,
    /// The body of the present block, where its names are in it, and what is to be read next.
    body: Vec<u8>,
    names: Vec<(usize, usize)>,
    at: usize,
    base: i64,
    body_offset: u64,
    /// Whether the file ends inside the present block, and where.
    cut: Option<Damage>,
    processes: BTreeMap<i32, Process>,
}

/// A record's place in a body.
struct Place {
    start: usize,
    payload: usize,
    end: usize,
    flags: u16,
}

impl<R: Read> Reader<R> {
    /// Reads the head of a file whose first bytes, perhaps none, were taken off `source` and are `head`.
    pub fn new(head: Vec<u8>, source: R) -> Result<Reader<R>, FormatError> {
        let mut window = Window::new(head, source);
        window.fill(MAGIC.len() + 6)?;
        let len = Meta::length(window.bytes())?;
        debug_assert!(len <= LONGEST);
        window.fill(len)?;
        let head = window.bytes().get(..len).ok_or(FormatError::Short)?;
        let (meta, version) = (Meta::decode(head)?, Meta::version(head));
        window.pass(len);
        Ok(Reader::on(window, meta, version))
    }

    /// Reads on from `offset`, where a block starts; `source` gives what is from there on. Records are counted from there.
    pub fn at(meta: Meta, version: u16, offset: u64, source: R) -> Reader<R> {
        Reader::on(Window::at(offset, source), meta, version)
    }

    fn on(window: Window<R>, meta: Meta, version: u16) -> Reader<R> {
        let system = meta.origin_system();
        Reader {
            window,
            meta,
            version,
            system,
            index: 0,
            body: Vec::new(),
            names: Vec::new(),
            at: 0,
            base: 0,
            body_offset: 0,
            cut: None,
            processes: BTreeMap::new(),
        }
    }

    /// Where the trace comes from.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The version of the format that the file is of.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The notes on processes that were read so far; they stand at the end of a file.
    pub fn processes(&self) -> &BTreeMap<i32, Process> {
        &self.processes
    }

    /// The offset of what is read next.
    pub fn offset(&self) -> u64 {
        if self.at < self.body.len() { self.body_offset + self.at as u64 } else { self.window.offset() }
    }

    /// The next record, part or damage; `None` at the end.
    pub fn next_event(&mut self) -> io::Result<Option<Event<'_>>> {
        loop {
            if self.at < self.body.len() {
                match self.place() {
                    Ok(place) => {
                        self.at = place.end;
                        return Ok(Some(self.event(&place)));
                    }
                    Err(what) => {
                        let offset = self.body_offset + self.at as u64;
                        self.at = self.body.len();
                        let cut = self.cut.take();
                        let damage = Damage { offset, kind: DamageKind::Malformed(what), resumed: None };
                        return Ok(Some(Event::Damage(cut.unwrap_or(damage))));
                    }
                }
            }
            if let Some(damage) = self.cut.take() {
                return Ok(Some(Event::Damage(damage)));
            }
            self.window.fill(BLOCK_HEADER)?;
            if self.window.bytes().is_empty() {
                return Ok(None);
            }
            // Files that were joined are files: a head starts another origin.
            if self.window.bytes().starts_with(&MAGIC) && self.another()? {
                continue;
            }
            if let Some(damage) = self.block()? {
                return Ok(Some(Event::Damage(damage)));
            }
        }
    }

    /// Takes up the head of another file that stands behind the present one; `false` where there is none that is sound.
    fn another(&mut self) -> io::Result<bool> {
        self.window.fill(MAGIC.len() + 6)?;
        let Ok(len) = Meta::length(self.window.bytes()) else { return Ok(false) };
        self.window.fill(len)?;
        let Some(head) = self.window.bytes().get(..len) else { return Ok(false) };
        let Ok(meta) = Meta::decode(head) else { return Ok(false) };
        self.version = Meta::version(head);
        self.system = meta.origin_system();
        self.meta = meta;
        self.window.pass(len);
        Ok(true)
    }

    /// Takes up the next block. What it holds of records is then in `body`.
    fn block(&mut self) -> io::Result<Option<Damage>> {
        let offset = self.window.offset();
        let damage = |kind, resumed| Ok(Some(Damage { offset, kind, resumed }));
        let Some(header) = self.window.bytes().get(..BLOCK_HEADER) else {
            let present = self.window.bytes().len() as u64;
            self.window.pass(usize::MAX);
            return damage(DamageKind::BlockTruncated { present, len: BLOCK_HEADER as u64 }, None);
        };
        let mut cursor = Cursor { bytes: &header[4..] };
        let members = (cursor.u16(), cursor.u16(), cursor.u32(), cursor.u32(), cursor.u32());
        let (Some(kind), Some(bits), Some(len), _, Some(sum)) = members else {
            return damage(DamageKind::Malformed("a block's header"), None);
        };
        let len = len as usize;
        if header[..4] != BLOCK || len > LONGEST_BODY {
            let resumed = self.search()?;
            return damage(DamageKind::Malformed("no block starts here"), resumed);
        }
        self.window.fill(BLOCK_HEADER + len)?;
        let Some(whole) = self.window.bytes().get(..BLOCK_HEADER + len) else {
            // Readable up to the last whole record, though nothing vouches for it.
            let present = self.window.bytes().len() - BLOCK_HEADER;
            let kind_of = DamageKind::BlockTruncated { present: present as u64, len: len as u64 };
            let resumed_inside = self.inside()?;
            if let Some(resumed) = resumed_inside {
                return damage(DamageKind::Checksum, Some(resumed));
            }
            self.cut = Some(Damage { offset, kind: kind_of, resumed: None });
            if kind == block::RECORDS && bits & bit::COMPRESSED == 0 {
                let body = self.window.bytes()[BLOCK_HEADER..BLOCK_HEADER + present].to_vec();
                self.take(body);
            }
            self.window.pass(usize::MAX);
            return Ok(None);
        };
        let mut check = crc32fast::Hasher::new();
        check.update(&whole[..16]);
        check.update(&whole[BLOCK_HEADER..]);
        if check.finalize() != sum {
            let resumed = self.search()?;
            return damage(DamageKind::Checksum, resumed);
        }
        let Some(body) = unpacked(&whole[BLOCK_HEADER..], bits) else {
            self.window.pass(BLOCK_HEADER + len);
            return damage(DamageKind::Malformed("a compressed block"), Some(self.window.offset()));
        };
        match kind {
            block::RECORDS => self.take(body),
            block::PROCESSES => {
                let body = &body;
                if process::decode(body, &mut self.processes).is_none() {
                    self.window.pass(BLOCK_HEADER + len);
                    return damage(DamageKind::Malformed("a note on a process"), Some(self.window.offset()));
                }
            }
            // The index, and what newer versions have.
            _ => {}
        }
        self.window.pass(BLOCK_HEADER + len);
        Ok(None)
    }

    /// Takes the body of a block of records, or as much as there is of it, and its names.
    fn take(&mut self, body: Vec<u8>) {
        self.body = body;
        self.body_offset = self.window.offset() + BLOCK_HEADER as u64;
        self.names.clear();
        let mut cursor = Cursor { bytes: &self.body };
        let mut read = || {
            self.base = cursor.i64()?;
            for _ in 0..cursor.u16()? {
                let len = cursor.short()?.len();
                let end = self.body.len() - cursor.bytes.len();
                self.names.push((end - len, end));
            }
            Some(self.body.len() - cursor.bytes.len())
        };
        // Names that do not fit are found out by the records that have none.
        self.at = read().unwrap_or(self.body.len());
    }

    /// Whether another block starts inside what is there of the present one: then its length is wrong.
    fn inside(&mut self) -> io::Result<Option<u64>> {
        let found = memchr::memmem::find(&self.window.bytes()[1..], &BLOCK);
        let Some(found) = found.filter(|at| sound(&self.window.bytes()[at + 1..])) else { return Ok(None) };
        self.window.pass(found + 1);
        Ok(Some(self.window.offset()))
    }

    /// Goes to the next block that is sound, or to the end.
    fn search(&mut self) -> io::Result<Option<u64>> {
        self.window.pass(1);
        loop {
            match memchr::memmem::find(self.window.bytes(), &BLOCK) {
                Some(at) => {
                    self.window.pass(at);
                    self.window.fill(BLOCK_HEADER + LONGEST_BODY)?;
                    if sound(self.window.bytes()) {
                        return Ok(Some(self.window.offset()));
                    }
                    self.window.pass(1);
                }
                None if self.window.is_last() => {
                    self.window.pass(usize::MAX);
                    return Ok(None);
                }
                None => {
                    self.window.pass(self.window.bytes().len().saturating_sub(BLOCK.len() - 1));
                    self.window.fill(BLOCK_HEADER)?;
                }
            }
        }
    }

    /// Finds the bounds of the record at `at`.
    fn place(&self) -> Result<Place, &'static str> {
        let bytes = &self.body[self.at..];
        let header = bytes.get(..RECORD_HEADER).ok_or("a record is shorter than its header")?;
        let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let flags = u16::from_le_bytes([header[6], header[7]]);
        let mut payload = RECORD_HEADER;
        for (bit, size) in
            [(flag::RAW, 4), (flag::WIDE_TIME, 16), (flag::WIDE_LID, 8), (flag::WIDE_TYPE, 8), (flag::LONG, 8)]
        {
            payload += if flags & bit != 0 { size } else { 0 };
        }
        // From version 2 on, what is not known says how long it is.
        let own = [flag::EXTRA, flag::RESERVED[0], flag::RESERVED[1]];
        for _ in own.into_iter().filter(|bit| self.version >= 2 && flags & bit != 0) {
            let len = bytes.get(payload..payload + 2).ok_or("a record's extensions do not fit")?;
            payload += 2 + usize::from(u16::from_le_bytes([len[0], len[1]]));
        }
        if len < payload || len > bytes.len() {
            return Err("a record's length does not fit");
        }
        Ok(Place { start: self.at, payload: self.at + payload, end: self.at + len, flags })
    }

    fn event(&mut self, place: &Place) -> Event<'_> {
        let payload = &self.body[place.payload..place.end];
        if place.flags & flag::PART != 0 {
            return Event::Part(payload);
        }
        let index = self.index;
        self.index += 1;
        match self.record(place, index, payload) {
            Some(record) => Event::Record(record),
            None => Event::Damage(Damage {
                offset: self.body_offset + place.start as u64,
                kind: DamageKind::Malformed("a record's extensions do not fit"),
                resumed: None,
            }),
        }
    }

    fn record<'a>(&'a self, place: &Place, index: u64, payload: &'a [u8]) -> Option<Record<'a>> {
        let flags = place.flags;
        let has = |bit| flags & bit != 0;
        let mut cursor = Cursor { bytes: self.body.get(place.start + 4..place.payload)? };
        let (kind, _) = (cursor.u16()?, cursor.u16()?);
        let (pid, lid) = (cursor.i32()?, cursor.i32()?);
        let (near, nsec) = (cursor.i32()?, cursor.u32()?);
        let (name, len) = (cursor.u16()?, cursor.u16()?);
        let origin = if has(flag::RAW) { Some(origin_of(cursor.u16()?, cursor.u16()?)) } else { None };
        let unit = if has(flag::MICRO) { Unit::Micro } else { Unit::Nano };
        let (sec, frac) = if has(flag::WIDE_TIME) {
            (cursor.i64()?, cursor.i64()?)
        } else {
            let nsec = i64::from(nsec);
            (self.base.wrapping_add(near.into()), if unit == Unit::Micro { nsec / 1000 } else { nsec })
        };
        let lid = if has(flag::WIDE_LID) { cursor.i64()? } else { lid.into() };
        let [low, namespace] = kind.to_le_bytes();
        let code = if has(flag::WIDE_TYPE) { cursor.i64()? } else { low.into() };
        let len = if has(flag::LONG) { cursor.u64()? } else { len.into() };
        let cpu = if self.version >= 2 && has(flag::EXTRA) { processor(&mut cursor) } else { None };
        let ours = self.system.dialect().namespace() == namespace;
        let system = match origin {
            Some(Some(origin)) => origin.dialect.system,
            _ if ours => self.system,
            _ => namespace_system(namespace),
        };
        // START is read as its own machine reads it.
        let endian = origin.flatten().map_or(self.meta.endian, |origin| Some(origin.abi.endian));
        let swapped = code == START && system.is_openbsd() && endian == Some(Endian::Little);
        let code = if swapped { START_LITTLE } else { code };
        let kind = system.dialect().kind(code);
        let named = |(number, _): &&(u8, String)| i64::from(*number) == code;
        let type_name = if system == System::Private { self.meta.types.iter().find(named) } else { None };
        let told = (origin.is_none() && self.meta.is_told()).then(|| match type_name {
            Some((_, name)) => Kind::parse(name),
            // The one type whose number the head cannot hold.
            None => (code == START).then_some(Kind::Start),
        });
        let told = told.flatten();
        let (kind, type_name) = told.map_or((kind, type_name), |kind| (kind, None));
        let body = match origin {
            Some(Some(origin)) => Body::Raw { origin, bytes: payload },
            Some(None) => Body::Opaque { bytes: payload },
            None if told.is_some() => Body::Neutral { version: self.version, bytes: payload },
            None if system == System::Private => Body::Opaque { bytes: payload },
            None => Body::Neutral { version: self.version, bytes: payload },
        };
        let comm =
            self.names.get(usize::from(name)).and_then(|(from, to)| self.body.get(*from..*to)).unwrap_or_default();
        let version = flags & flag::VERSION;
        Some(Record {
            index,
            offset: self.body_offset + place.start as u64,
            system,
            kind,
            code,
            type_name: type_name.map(|(_, name)| name.as_str()),
            dropped: has(flag::DROPPED),
            len,
            version: (version > 0).then(|| version as i16 - 1),
            pid,
            lid: has(flag::LID).then_some(lid),
            cpu,
            comm,
            sec,
            frac,
            unit,
            body,
        })
    }
}

/// The processor, among what a record has beside its header.
fn processor(cursor: &mut Cursor<'_>) -> Option<u32> {
    let len = cursor.u16()?;
    let mut members = Cursor { bytes: cursor.take(len.into())? };
    while let (Some(key), Some(value)) = (members.u8(), members.short()) {
        if key == extra::CPU && value.len() <= 4 {
            return Some(value.iter().rev().fold(0, |cpu, byte| cpu << 8 | u32::from(*byte)));
        }
    }
    None
}

/// A block's body as it was before it was compressed; `None` where it cannot be that.
fn unpacked(body: &[u8], bits: u16) -> Option<Vec<u8>> {
    if bits & bit::COMPRESSED == 0 {
        return Some(body.to_vec());
    }
    let mut cursor = Cursor { bytes: body };
    let len = usize::try_from(cursor.u32()?).ok().filter(|len| *len <= LONGEST_BODY)?;
    let body = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(cursor.bytes, len).ok()?;
    (body.len() == len).then_some(body)
}

/// Whether a whole block with a right checksum is at the start.
pub(super) fn sound(bytes: &[u8]) -> bool {
    let mut cursor = Cursor { bytes };
    let mut parts = || -> Option<bool> {
        cursor.take(8)?;
        let len = cursor.u32()? as usize;
        cursor.u32()?;
        let sum = cursor.u32()?;
        let mut check = crc32fast::Hasher::new();
        check.update(&bytes[..16]);
        check.update(cursor.take(len)?);
        Some(bytes.starts_with(&BLOCK) && check.finalize() == sum)
    };
    parts().unwrap_or(false)
}
