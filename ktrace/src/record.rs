//! One record, whatever system wrote it and in whatever layout it was found.

use crate::endian::Endian;
use crate::layout::{Class, Field, Origin, Unit};
use crate::payload::{Decoded, decode};
use crate::system::{Cpu, Kind, System, Versions};

/// No header is longer; of the known systems' none has more than 64 bytes.
pub const LONGEST_HEADER: usize = 255;

/// A record: the header's members in one shape for all systems, and the payload as it came.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Which it is in its file, from 0.
    pub index: u64,
    /// Where its header starts in its file.
    pub offset: u64,
    /// Who wrote it, or whose types it has.
    pub system: System,
    /// What it tells.
    pub kind: Kind,
    /// The type as its system numbers it, without the mark of lost events.
    pub code: i64,
    /// What a neutral file calls a type of its own.
    pub type_name: Option<&'a str>,
    /// Whether the kernel lost events before this one.
    pub dropped: bool,
    /// The payload's length as the origin's header says it.
    pub len: u64,
    /// `ktr_version`, where the header has one.
    pub version: Option<i16>,
    /// The process.
    pub pid: i32,
    /// The LWP or thread, where the header has one.
    pub lid: Option<i64>,
    /// The processor, where the header has one.
    pub cpu: Option<u32>,
    /// The command's name, up to its NUL.
    pub comm: &'a [u8],
    /// Seconds since 1970, as stored.
    pub sec: i64,
    /// Their fraction, as stored.
    pub frac: i64,
    /// What the fraction counts.
    pub unit: Unit,
    /// The payload.
    pub body: Body<'a>,
}

/// A payload, still encoded.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// As the kernel wrote it; shorter than [`Record::len`] only when the rest follows in parts.
    Raw {
        /// Whose layout it has.
        origin: &'static Origin,
        /// Its bytes, or the first of them.
        bytes: &'a [u8],
    },
    /// In the encoding of the neutral format.
    Neutral {
        /// Which version of it.
        version: u16,
        /// Its bytes, or the first of them.
        bytes: &'a [u8],
    },
    /// Bytes that only their writer understands.
    Opaque {
        /// Its bytes, or the first of them.
        bytes: &'a [u8],
    },
}

impl<'a> Record<'a> {
    /// The fraction in nanoseconds; absurd ones stay absurd without wrapping.
    pub fn nsec(&self) -> i64 {
        match self.unit {
            Unit::Micro => self.frac.saturating_mul(1000),
            Unit::Nano => self.frac,
        }
    }

    /// The time in nanoseconds since 1970.
    pub fn nanoseconds(&self) -> i128 {
        i128::from(self.sec) * 1_000_000_000 + i128::from(self.nsec())
    }

    /// The payload's members.
    pub fn decode(&self) -> Decoded<'a> {
        match self.body {
            Body::Raw { origin, bytes } => decode(origin, self.kind, bytes, self.len),
            Body::Neutral { version, bytes } => crate::neutral::decode(version, self.kind, bytes),
            Body::Opaque { bytes } => Decoded::opaque(bytes),
        }
    }

    /// The type's name.
    pub fn kind_name(&self) -> &'a str {
        self.type_name.unwrap_or(self.kind.name())
    }
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHeader {
    /// There are not enough of them.
    Short,
    /// The length is negative, or more than an address space.
    Length(i64),
    /// No kernel of the origin writes that version.
    Version(i64),
}

/// The bit of FreeBSD's types that says that the header has a version.
const VERSIONED: i64 = 0x4000;

/// A header's members.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Where they were read.
    pub class: &'static Class,
    /// The payload's length.
    pub len: u64,
    /// The type's number, without the mark of lost events.
    pub code: i64,
    /// Its meaning.
    pub kind: Kind,
    /// The mark of lost events.
    pub dropped: bool,
    /// The version.
    pub version: Option<i16>,
    /// The process.
    pub pid: i32,
    /// The LWP or thread.
    pub lid: Option<i64>,
    /// The processor.
    pub cpu: Option<u32>,
    /// The command's name, with what follows it in its array.
    pub comm: &'a [u8],
    /// The seconds.
    pub sec: i64,
    /// Their fraction.
    pub frac: i64,
    /// Whether the kernel loses the seconds here.
    lost_seconds: bool,
}

impl<'a> Header<'a> {
    /// Reads the header at the start of `bytes` in the layout that its version has on `origin`.
    #[inline]
    pub fn read(origin: &'static Origin, bytes: &'a [u8]) -> Result<Header<'a>, NoHeader> {
        let first = origin.first();
        let endian = first.endian;
        let dialect = origin.dialect;
        let half = |field: Field| endian.signed(bytes, field.at.into(), field.width).ok_or(NoHeader::Short);
        let (class, version) = match (dialect.versions, first.version) {
            (Versions::Member, Some(field)) => {
                let version = half(field)?;
                (origin.class(version).ok_or(NoHeader::Version(version))?, Some(version))
            }
            (Versions::TypeBit, _) if half(first.kind)? & VERSIONED != 0 => {
                let version = half(Field { at: first.kind.at + 2, width: 2 })?;
                let class = origin.class(version).filter(|class| class.version.is_some());
                (class.ok_or(NoHeader::Version(version))?, Some(version))
            }
            _ => (first, None),
        };
        let bytes = bytes.get(..class.size.into()).ok_or(NoHeader::Short)?;
        let signed = |field: Field| endian.signed(bytes, field.at.into(), field.width).unwrap_or_default();
        let len = signed(class.len);
        let Ok(unsigned) = u64::try_from(len) else {
            return Err(NoHeader::Length(len));
        };
        let mut code = signed(class.kind);
        let dropped = dialect.drops && code < 0;
        if dropped {
            code &= 0x7fff;
        }
        if dialect.versions == Versions::TypeBit {
            code &= !VERSIONED;
        } else if class.kind.width == 4 {
            code &= 0xffff_ffff;
        }
        let comm = usize::from(class.comm);
        Ok(Header {
            class,
            len: unsigned,
            code,
            kind: dialect.kind(code),
            dropped,
            version: version.map(|v| v as i16),
            pid: signed(class.pid) as i32,
            lid: origin.has_lid(version).then(|| signed(class.id)),
            cpu: class.cpu.filter(|_| dialect.cpu != Cpu::None).map(|field| {
                let value = endian.unsigned(bytes, field.at.into(), field.width).unwrap_or_default() as u32;
                if dialect.cpu == Cpu::HighByte { value >> 8 } else { value }
            }),
            comm: &bytes[comm..comm + usize::from(dialect.comm) + 1],
            sec: signed(class.sec),
            frac: signed(class.frac),
            lost_seconds: dialect.lost_seconds
                && version == Some(0)
                && class.endian == Endian::Big
                && class.sec.width == 8,
        })
    }

    /// The header's bytes.
    pub fn size(&self) -> usize {
        self.class.size.into()
    }

    /// The command's name: no longer than the system allows, and up to its NUL.
    #[inline]
    pub fn name(&self) -> &'a [u8] {
        let longest = self.comm.len() - 1;
        let end = self.comm.iter().position(|c| *c == 0).unwrap_or(longest);
        &self.comm[..end.min(longest)]
    }

    /// How many of five things are as a kernel would have them: the type, the process, the name, the seconds, their
    /// fraction.
    #[inline]
    pub fn plausibility(&self) -> u8 {
        let start = self.kind == Kind::Start;
        let kind = self.kind != Kind::Unknown || (1..=255).contains(&self.code);
        let pid = (0..100_000).contains(&self.pid) || start && self.pid == -1;
        // The longest names have no NUL behind them on kernels that do not zero the header.
        let comm = self.name();
        let named = !comm.is_empty() || start || self.kind == Kind::Emul;
        let name = named && comm.iter().all(|c| (0x20..0x7f).contains(c) || *c >= 0xa0);
        let sec = (100_000_000..1 << 33).contains(&self.sec) || self.lost_seconds && self.sec == 0 && kind && named;
        let frac = (0..self.class.unit.per_second()).contains(&self.frac);
        u8::from(kind) + u8::from(pid) + u8::from(name) + u8::from(sec) + u8::from(frac)
    }
}

/// What [`Header::plausibility`] gives a header without blemish.
pub const PERFECT: u8 = 5;
