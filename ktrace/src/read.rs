//! A trace as a stream of records, in constant memory.
//!
//! Each record is checked against what follows it. Where the chain breaks, another kernel may have appended to the file;
//! failing that, the next place is looked for where a chain starts. What was passed over is [`Damage`].
//!
//! - *Invariant:* no length in the input decides how much memory is used.
//! - *Invariant:* every byte of the input is in a record or in a [`Damage`].

use crate::chain::{self, Next};
use crate::detect::likeliest;
use crate::fit::Fit;
use crate::layout::{DISTINCT, Origin};
use crate::record::{Body, Header, LONGEST_HEADER, NoHeader, PERFECT, Record};
use crate::window::Window;
use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

/// A payload longer than this comes in parts.
pub const PART: usize = 1 << 20;

/// So far behind damage, records of any other layout are looked for too.
const NEAR: usize = 1 << 13;

/// Something in a trace.
#[derive(Debug)]
pub enum Event<'a> {
    /// A record, with its payload or the first part of it.
    Record(Record<'a>),
    /// More of the last record's payload.
    Part(&'a [u8]),
    /// Something that is no record.
    Damage(Damage),
}

/// A place where a trace is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where.
    pub offset: u64,
    /// What is there.
    pub kind: DamageKind,
    /// Where reading goes on; `None` for the end.
    pub resumed: Option<u64>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DamageKind {
    /// The trace ends inside a header.
    HeaderTruncated {
        /// The bytes there are of it.
        present: usize,
    },
    /// The trace ends inside a payload.
    PayloadTruncated {
        /// The header's bytes.
        header_size: usize,
        /// The record's type.
        code: i64,
        /// The payload's length.
        len: u64,
        /// The bytes there are of it.
        present: u64,
    },
    /// A length that no record can have.
    Length(i64),
    /// The length leads to a place where no record starts.
    Derailed {
        /// The length.
        len: u64,
    },
    /// A version that no kernel of the origin writes.
    Version(i64),
    /// No header of the origin.
    NotARecord,
    /// Zeros, as a crash leaves them.
    ZeroFill {
        /// So many.
        bytes: u64,
    },
    /// Records of another layout follow, as when another kernel appended.
    OtherLayout {
        /// The layout before.
        from: &'static Origin,
        /// The layout from here on.
        to: &'static Origin,
    },
    /// The first record is not at the start.
    HeadMissing,
    /// A block of a neutral file whose checksum is wrong.
    Checksum,
    /// Something in a neutral file that its specification does not allow.
    Malformed(&'static str),
    /// A neutral file ends inside a block.
    BlockTruncated {
        /// The bytes there are of it.
        present: u64,
        /// The bytes there should be.
        len: u64,
    },
}

impl PartialEq for Origin {
    fn eq(&self, other: &Origin) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Origin {}

impl DamageKind {
    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            DamageKind::HeaderTruncated { .. } => "header_truncated",
            DamageKind::PayloadTruncated { .. } => "payload_truncated",
            DamageKind::Length(_) => "bad_length",
            DamageKind::Derailed { .. } => "derailed",
            DamageKind::Version(_) => "bad_version",
            DamageKind::NotARecord => "not_a_record",
            DamageKind::ZeroFill { .. } => "zero_fill",
            DamageKind::OtherLayout { .. } => "other_layout",
            DamageKind::HeadMissing => "head_missing",
            DamageKind::Checksum => "checksum",
            DamageKind::Malformed(_) => "malformed",
            DamageKind::BlockTruncated { .. } => "block_truncated",
        }
    }

    /// Whether it is only that the trace stops: what a kernel leaves when the process or the machine does.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            DamageKind::HeaderTruncated { .. }
                | DamageKind::PayloadTruncated { .. }
                | DamageKind::ZeroFill { .. }
                | DamageKind::BlockTruncated { .. }
        )
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {}: ", self.offset)?;
        match &self.kind {
            DamageKind::HeaderTruncated { present } => write!(f, "the trace ends {present} bytes into a header")?,
            DamageKind::PayloadTruncated { len, present, .. } => {
                write!(f, "the trace ends {present} bytes into a payload of {len}")?;
            }
            DamageKind::Length(len) => write!(f, "{len} is no length of a record")?,
            DamageKind::Derailed { len } => write!(f, "the length {len} leads to where no record starts")?,
            DamageKind::Version(version) => write!(f, "{version} is no version of a header here")?,
            DamageKind::NotARecord => write!(f, "no record starts here")?,
            DamageKind::ZeroFill { bytes } => write!(f, "{bytes} bytes of zeros")?,
            DamageKind::OtherLayout { from, to } => {
                write!(f, "records in the layout of {to} follow those of {from}: another kernel appended")?;
            }
            DamageKind::HeadMissing => write!(f, "no record starts here: the head is missing or damaged")?,
            DamageKind::Checksum => write!(f, "a block's checksum is wrong")?,
            DamageKind::Malformed(what) => f.write_str(what)?,
            DamageKind::BlockTruncated { present, len } => {
                write!(f, "the trace ends {present} bytes into a block of {len}")?;
            }
        }
        match self.resumed {
            Some(at) if at != self.offset => write!(f, "; reading goes on at offset {at}"),
            _ => Ok(()),
        }
    }
}

/// Reads a trace in the layout of its origin.
#[derive(Debug)]
pub struct Reader<R> {
    window: Window<R>,
    /// Deliver a record as soon as it is there, without seeing what follows.
    eager: bool,
    /// No other origin is considered.
    fixed: bool,
    origin: &'static Origin,
    main: &'static Origin,
    /// Where the layout was changed last: never twice at a place, or two that both fit would change for ever.
    switched: Option<u64>,
    index: u64,
    /// How plausible headers are here at best: 4 where a kernel's seconds are always wrong.
    usual: u8,
    /// What is still to come of the last record's payload.
    rest: u64,
    parted: Option<(u64, usize, i64, u64)>,
    pending: Option<Damage>,
    fit: Fit,
}

/// What to do at a place.
enum Step {
    Record { size: usize, len: usize, points: u8 },
    Parts { size: usize, len: u64, points: u8 },
    Skip { to: usize, kind: DamageKind },
    Switch(&'static Origin),
    Search { from: usize, kind: DamageKind },
    Passed(Damage),
}

impl<R: Read> Reader<R> {
    /// Reads `source`, whose first bytes were taken off it and are `head`, from `start` on.
    pub fn new(head: Vec<u8>, start: usize, source: R, origin: &'static Origin) -> Reader<R> {
        let start = start.min(head.len());
        let pending = Damage { offset: 0, kind: DamageKind::HeadMissing, resumed: Some(start as u64) };
        let mut window = Window::new(head, source);
        window.pass(start);
        Reader {
            window,
            eager: false,
            fixed: false,
            origin,
            main: origin,
            switched: None,
            index: 0,
            usual: PERFECT - 1,
            rest: 0,
            parted: None,
            pending: (start > 0).then_some(pending),
            fit: Fit::default(),
        }
    }

    /// Delivers each record as soon as it is there, for a trace that is still growing. Then a record is believed that
    /// leads to where none starts.
    pub fn eager(mut self, eager: bool) -> Reader<R> {
        self.eager = eager;
        self
    }

    /// Reads everything in the layout of its origin, whatever it looks like.
    pub fn fixed(mut self, fixed: bool) -> Reader<R> {
        self.fixed = fixed;
        self
    }

    /// How well the records so far fit their system.
    pub fn fit(&self) -> &Fit {
        &self.fit
    }

    /// The offset of what is read next.
    pub fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// The next record, part or damage; `None` at the end.
    pub fn next_event(&mut self) -> io::Result<Option<Event<'_>>> {
        if let Some(damage) = self.pending.take() {
            return Ok(self.damage(damage));
        }
        if self.rest > 0 {
            return self.part();
        }
        if self.eager {
            // No more than the header, for which it may have to wait.
            self.window.fill(1)?;
            while Header::read(self.origin, self.window.bytes()).err() == Some(NoHeader::Short)
                && !self.window.is_last()
            {
                self.window.fill(self.window.bytes().len() + 1)?;
            }
        } else {
            self.window.fill(LONGEST_HEADER)?;
        }
        if self.window.bytes().is_empty() {
            return Ok(None);
        }
        match self.step()? {
            Step::Record { size, len, points } => Ok(self.record(size, len, len as u64, points)),
            Step::Parts { size, len, points } => {
                self.rest = len - PART as u64;
                Ok(self.record(size, PART, len, points))
            }
            Step::Skip { to, kind } => {
                let offset = self.offset();
                self.window.pass(to);
                let resumed = (!self.window.bytes().is_empty() || !self.window.is_last()).then(|| self.offset());
                Ok(self.damage(Damage { offset, kind, resumed }))
            }
            Step::Switch(to) => {
                let from = std::mem::replace(&mut self.origin, to);
                let offset = self.offset();
                self.switched = Some(offset);
                let kind = DamageKind::OtherLayout { from, to };
                Ok(self.damage(Damage { offset, kind, resumed: Some(offset) }))
            }
            Step::Passed(damage) => Ok(self.damage(damage)),
            Step::Search { from, kind } => {
                let offset = self.offset();
                let resumed = self.search(from)?;
                Ok(self.damage(Damage { offset, kind, resumed }))
            }
        }
    }

    fn damage(&mut self, damage: Damage) -> Option<Event<'_>> {
        if matches!(damage.kind, DamageKind::OtherLayout { .. }) {
            self.fit.restart();
        }
        self.fit.breaks += u64::from(!damage.kind.is_end() || damage.resumed.is_some());
        Some(Event::Damage(damage))
    }

    fn part(&mut self) -> io::Result<Option<Event<'_>>> {
        self.window.fill(1)?;
        let have = self.window.bytes().len();
        if have == 0 {
            let (offset, header_size, code, len) = self.parted.take().unwrap_or_default();
            let kind = DamageKind::PayloadTruncated { header_size, code, len, present: len - self.rest };
            self.rest = 0;
            return Ok(Some(Event::Damage(Damage { offset, kind, resumed: None })));
        }
        let take = usize::try_from(self.rest).unwrap_or(usize::MAX).min(have);
        self.rest -= take as u64;
        self.window.pass(take);
        Ok(Some(Event::Part(self.window.passed(take))))
    }

    fn record(&mut self, size: usize, have: usize, len: u64, points: u8) -> Option<Event<'_>> {
        let (index, offset) = (self.index, self.offset());
        self.window.pass(size + have);
        self.index += 1;
        let origin = self.origin;
        let whole = self.window.passed(size + have);
        let header = Header::read(origin, whole).ok()?;
        if self.rest > 0 {
            self.parted = Some((offset, size, header.code, len));
        }
        let bytes = &whole[size..];
        let record = Record {
            index,
            offset,
            system: origin.dialect.system,
            kind: header.kind,
            code: header.code,
            type_name: None,
            dropped: header.dropped,
            len,
            version: header.version,
            pid: header.pid,
            lid: header.lid,
            cpu: header.cpu,
            comm: header.name(),
            sec: header.sec,
            frac: header.frac,
            unit: header.class.unit,
            body: Body::Raw { origin, bytes },
        };
        self.fit.see(origin, &header, points, &record.decode());
        Some(Event::Record(record))
    }

    /// Decides what is at the current place.
    fn step(&mut self) -> io::Result<Step> {
        let bytes = self.window.bytes();
        let header = match Header::read(self.origin, bytes) {
            Ok(header) => header,
            Err(reason) => return self.no_header(reason),
        };
        let points = header.plausibility();
        if points <= 2 && chain::is_zero(bytes, header.size()) {
            return self.zeros();
        }
        let (size, len, code) = (header.size(), header.len, header.code);
        if self.eager && (points < 3 || points < PERFECT && len > PART as u64) {
            // Nothing to wait for.
            return Ok(match self.other() {
                Some(to) => Step::Switch(to),
                None => Step::Search { from: 1, kind: DamageKind::NotARecord },
            });
        }
        if len > PART as u64 {
            return self.long(size, len, code, points);
        }
        let whole = size + len as usize;
        if self.eager {
            self.window.fill(whole)?;
        } else {
            self.window.fill(whole + LONGEST_HEADER)?;
        }
        let bytes = self.window.bytes();
        if bytes.len() < whole {
            if let Some(to) = self.other() {
                return Ok(Step::Switch(to));
            }
            return Ok(self.truncated(size, len, code));
        }
        let following = chain::next(self.origin, &bytes[whole..], self.window.is_last());
        // Odd members in a chain that holds are odd members.
        let chosen = self.switched == Some(self.offset());
        // Two that are odd in a row, where none was, are more likely another kernel's.
        let doubtful = points < self.usual && matches!(following, Next::Header(next) if next < PERFECT);
        if doubtful && let Some(to) = self.other() {
            return Ok(Step::Switch(to));
        }
        if points >= 3 && (following.fits() || chosen || self.eager) {
            self.usual = self.usual.max(points);
            return Ok(Step::Record { size, len: len as usize, points });
        }
        if let Some(to) = self.other() {
            return Ok(Step::Switch(to));
        }
        if points < 2 {
            return Ok(Step::Search { from: 1, kind: DamageKind::NotARecord });
        }
        if !following.fits() && whole > size {
            // Its length may be wrong: a chain that starts inside it is the better guess.
            let bytes = self.window.bytes();
            let own = chain::resume(self.origin, bytes, size..whole, self.window.is_last(), self.usual);
            if let Some(inside) = own.or_else(|| self.stranger(size..whole).map(|(place, _)| place)) {
                return Ok(Step::Skip { to: inside, kind: DamageKind::Derailed { len } });
            }
        }
        Ok(Step::Record { size, len: len as usize, points })
    }

    fn no_header(&mut self, reason: NoHeader) -> io::Result<Step> {
        let present = self.window.bytes().len();
        if reason == NoHeader::Short {
            let zero = chain::is_zero(self.window.bytes(), present);
            let bytes = present as u64;
            let kind = if zero { DamageKind::ZeroFill { bytes } } else { DamageKind::HeaderTruncated { present } };
            return Ok(Step::Skip { to: present, kind });
        }
        if let Some(to) = self.other() {
            return Ok(Step::Switch(to));
        }
        let kind = match reason {
            NoHeader::Length(len) => DamageKind::Length(len),
            NoHeader::Version(version) => DamageKind::Version(version),
            NoHeader::Short => DamageKind::NotARecord,
        };
        Ok(Step::Search { from: 1, kind })
    }

    /// A record longer than is held in memory: believed if its header is without blemish and no chain starts within what
    /// is there of it.
    fn long(&mut self, size: usize, len: u64, code: i64, points: u8) -> io::Result<Step> {
        self.window.fill(size + PART)?;
        if let Some(to) = self.other() {
            return Ok(Step::Switch(to));
        }
        if points >= self.usual {
            let bytes = self.window.bytes();
            if bytes.len() < size + PART {
                return Ok(
                    match chain::resume(self.origin, bytes, size..bytes.len(), self.window.is_last(), self.usual) {
                        Some(inside) => Step::Skip { to: inside, kind: DamageKind::Derailed { len } },
                        None => self.truncated(size, len, code),
                    },
                );
            }
            if chain::resume(self.origin, bytes, size..bytes.len(), false, self.usual).is_none() {
                return Ok(Step::Parts { size, len, points });
            }
        }
        Ok(Step::Search { from: size.min(self.window.bytes().len()), kind: DamageKind::Derailed { len } })
    }

    fn truncated(&self, size: usize, len: u64, code: i64) -> Step {
        let present = (self.window.bytes().len() - size) as u64;
        // A chain that starts inside is better than an end.
        if let Some(inside) =
            chain::resume(self.origin, self.window.bytes(), size..usize::MAX, self.window.is_last(), self.usual)
        {
            return Step::Skip { to: inside, kind: DamageKind::Derailed { len } };
        }
        let kind = DamageKind::PayloadTruncated { header_size: size, code, len, present };
        Step::Skip { to: self.window.bytes().len(), kind }
    }

    /// Another layout in which a chain starts here, where the present one's breaks: the main one, or the most similar.
    fn other(&self) -> Option<&'static Origin> {
        if self.fixed || self.switched == Some(self.offset()) {
            return None;
        }
        let alike =
            |o: &&'static Origin| (o.abi.name == self.main.abi.name, o.dialect.system == self.main.dialect.system);
        let mut others: Vec<&'static Origin> =
            DISTINCT.iter().copied().filter(|o| *o != self.origin && self.follows(o)).collect();
        others.sort_by_key(|o| std::cmp::Reverse((*o == self.main, alike(o))));
        let first = *others.first()?;
        // Which of them it is, what follows decides; where that does not, the most similar.
        if first == self.main {
            return Some(first);
        }
        likeliest(&others, self.window.bytes(), self.window.is_last()).or(Some(first))
    }

    /// Whether a record of `origin` without blemish is here, and one of it, or of the main origin, or the end follows.
    fn follows(&self, origin: &'static Origin) -> bool {
        let bytes = self.window.bytes();
        let Ok(header) = Header::read(origin, bytes) else { return false };
        if header.plausibility() != PERFECT || !origin.is_clean(header.version, bytes) {
            return false;
        }
        let Some(rest) = chain::end(&header, bytes.len()).and_then(|end| bytes.get(end..)) else { return false };
        let perfect = |o| chain::next(o, rest, self.window.is_last()) == Next::Header(PERFECT);
        rest.is_empty() && self.window.is_last() || perfect(origin) || perfect(self.main)
    }

    fn zeros(&mut self) -> io::Result<Step> {
        let offset = self.offset();
        loop {
            let zeros = self.window.bytes().iter().position(|b| *b != 0);
            // A header may start with zeros: with those of a big-endian length.
            self.window.pass(zeros.map_or(usize::MAX, |n| n.saturating_sub(8)));
            self.window.fill(1)?;
            if zeros.is_some() || self.window.bytes().is_empty() {
                break;
            }
        }
        let bytes = self.offset() - offset;
        let resumed = if self.window.bytes().is_empty() { None } else { self.search(0)? };
        Ok(Step::Passed(Damage { offset, kind: DamageKind::ZeroFill { bytes }, resumed }))
    }

    /// The first of these places, as far as they are near, where a chain of any origin starts.
    fn stranger(&self, places: Range<usize>) -> Option<(usize, &'static Origin)> {
        if self.fixed {
            return None;
        }
        let (bytes, last) = (self.window.bytes(), self.window.is_last());
        let places = places.start..places.end.min(places.start + NEAR);
        let place = chain::anyone(bytes, places, last)?;
        let origins: Vec<&'static Origin> =
            DISTINCT.iter().copied().filter(|o| chain::starts(o, &bytes[place..], last, PERFECT)).collect();
        Some((place, likeliest(&origins, &bytes[place..], last)?))
    }

    /// Goes to the first place from `from` on where a chain starts, or to the end.
    fn search(&mut self, from: usize) -> io::Result<Option<u64>> {
        self.window.pass(from);
        loop {
            // Of a trace that is still growing, what is there has to do.
            self.window.fill(if self.eager { 1 } else { PART + 2 * LONGEST_HEADER })?;
            let (bytes, last) = (self.window.bytes(), self.window.is_last());
            let found = chain::resume(self.origin, bytes, 0..bytes.len(), last, self.usual)
                .or_else(|| chain::resume(self.main, bytes, 0..bytes.len(), last, self.usual));
            if found.is_none_or(|found| found > NEAR)
                && let Some((place, to)) = self.stranger(0..found.unwrap_or(usize::MAX))
            {
                self.window.pass(place);
                let offset = self.offset();
                let from = std::mem::replace(&mut self.origin, to);
                let kind = DamageKind::OtherLayout { from, to };
                self.switched = Some(offset);
                self.pending = Some(Damage { offset, kind, resumed: Some(offset) });
                return Ok(Some(offset));
            }
            if let Some(found) = found {
                self.window.pass(found);
                return Ok(Some(self.offset()));
            }
            if last {
                self.window.pass(usize::MAX);
                return Ok(None);
            }
            if self.eager && bytes.len() < PART {
                self.window.fill(bytes.len() + 1)?;
                continue;
            }
            // What starts near the end of the window is looked at again with what follows.
            self.window.pass((bytes.len() - 1).min(PART));
        }
    }
}
