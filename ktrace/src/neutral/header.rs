//! The head of a neutral file: what it is, what can read it, and where it comes from.

use super::{Cursor, number_of, push_short};
use crate::abi::{self, Abi};
use crate::endian::Endian;
use crate::layout::Origin;
use crate::system::{Dialect, Kind, System};
use thiserror::Error;

/// The first bytes: one with the high bit, a name, CR LF, ^Z and LF, so that whatever a transfer spoils is noticed.
pub const MAGIC: [u8; 8] = *b"\x89KTR\r\n\x1a\n";
/// The version written here, and the newest that is understood.
pub const VERSION: u16 = 2;
/// No head is longer.
pub(super) const LONGEST: usize = 1 << 16;

/// What a file's times count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// 1970, UTC.
    Wall,
    /// Some moment of the machine's.
    Machine,
    /// Nothing: times only order the records.
    Steps,
}

impl Clock {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Clock::Wall => "utc",
            Clock::Machine => "machine",
            Clock::Steps => "steps",
        }
    }
}

/// Where a trace comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The operating system, or the program; for the BSDs, [`System::name`].
    pub system: String,
    /// The machine's architecture; for the BSDs, [`Abi::name`].
    pub machine: String,
    /// Bytes of a pointer there; 0 where that means nothing.
    pub word: u8,
    /// The byte order there.
    pub endian: Option<Endian>,
    /// What times count from.
    pub clock: Clock,
    /// What is to be added to every time: seconds and nanoseconds. 0 for the BSDs.
    pub base: (i64, u32),
    /// Names of the types of a program's own.
    pub types: Vec<(u8, String)>,
    /// The release of the system; empty where it is not known.
    pub release: String,
    /// The table that system calls are numbered by, such as `openbsd 7.3`; empty where it is not known.
    pub calls: String,
}

/// Keys of what a head may say beside what all say.
mod key {
    pub const RELEASE: u8 = 1;
    pub const CALLS: u8 = 2;
}

/// Why a file is not read.
#[derive(Debug, Error)]
pub enum FormatError {
    /// It does not start as one.
    #[error("this is no neutral trace: it does not start with its magic")]
    Magic,
    /// It wants a newer reader.
    #[error("this trace wants a reader of version {0}; this one is of version 2")]
    TooNew(u16),
    /// It ends in its head.
    #[error("the trace ends inside its head")]
    Short,
    /// Its head was changed.
    #[error("the checksum of the trace's head is wrong")]
    Checksum,
    /// Its head is not as specified.
    #[error("the trace's head is not as specified: {0}")]
    Malformed(&'static str),
    /// It cannot be read.
    #[error("cannot be read")]
    Io(#[from] std::io::Error),
}

/// The types of a system that has no numbers of its own in the format: they are a program's.
fn own_types(dialect: &Dialect) -> Vec<(u8, String)> {
    let known = dialect.types.iter().filter(|(_, kind)| *kind != Kind::Unknown);
    known.filter_map(|(number, kind)| Some((u8::try_from(*number).ok()?, kind.name().to_owned()))).take(64).collect()
}

impl Meta {
    /// A trace of that origin.
    pub fn of(origin: &Origin) -> Meta {
        Meta {
            system: origin.dialect.name.to_owned(),
            machine: origin.abi.name.to_owned(),
            word: origin.abi.pointer,
            endian: Some(origin.abi.endian),
            clock: Clock::Wall,
            base: (0, 0),
            types: match origin.dialect.system {
                System::Told => own_types(origin.dialect),
                _ => Vec::new(),
            },
            release: String::new(),
            calls: String::new(),
        }
    }

    /// A program's own trace, with the types of its records by number and name.
    pub fn program(name: &str, clock: Clock, types: &[(u8, &str)]) -> Meta {
        Meta {
            system: name.to_owned(),
            machine: String::new(),
            word: 0,
            endian: None,
            clock,
            base: (0, 0),
            types: types.iter().map(|(number, name)| (*number, (*name).to_owned())).collect(),
            release: String::new(),
            calls: String::new(),
        }
    }

    /// The BSD it names, or [`System::Private`].
    pub fn origin_system(&self) -> System {
        System::parse(&self.system).unwrap_or(System::Private)
    }

    /// Whether the origin is known by its own header alone: the types that it names are kinds.
    pub(crate) fn is_told(&self) -> bool {
        self.system == crate::told::NAME
    }

    /// The ABI it names.
    pub fn abi(&self) -> Option<&'static Abi> {
        abi::find(&self.machine)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.push(self.word);
        out.push(match self.endian {
            None => 0,
            Some(Endian::Little) => 1,
            Some(Endian::Big) => 2,
        });
        out.extend_from_slice(&number_of(self.origin_system()).to_le_bytes());
        out.extend_from_slice(&self.abi().map_or(0, |abi| abi.id).to_le_bytes());
        out.extend_from_slice(&self.base.0.to_le_bytes());
        out.extend_from_slice(&self.base.1.to_le_bytes());
        out.push(match self.clock {
            Clock::Wall => 0,
            Clock::Machine => 1,
            Clock::Steps => 2,
        });
        push_short(&mut out, self.system.as_bytes());
        push_short(&mut out, self.machine.as_bytes());
        let types = &self.types[..self.types.len().min(255)];
        out.push(types.len() as u8);
        for (number, name) in types {
            out.push(*number);
            // Short, so that all of them fit into the longest head.
            push_short(&mut out, &name.as_bytes()[..name.len().min(64)]);
        }
        for (key, text) in [(key::RELEASE, &self.release), (key::CALLS, &self.calls)] {
            if !text.is_empty() {
                out.push(key);
                push_short(&mut out, text.as_bytes());
            }
        }
        let len = (out.len() + 4) as u16;
        out[12..14].copy_from_slice(&len.to_le_bytes());
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// How many bytes the head that starts with `bytes` has; 14 of them are enough to say.
    pub(super) fn length(bytes: &[u8]) -> Result<usize, FormatError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(if MAGIC.starts_with(bytes) { FormatError::Short } else { FormatError::Magic });
        }
        let mut cursor = Cursor { bytes: &bytes[MAGIC.len()..] };
        let (Some(_), Some(oldest), Some(len)) = (cursor.u16(), cursor.u16(), cursor.u16()) else {
            return Err(FormatError::Short);
        };
        if oldest > VERSION {
            return Err(FormatError::TooNew(oldest));
        }
        if len < 40 {
            return Err(FormatError::Malformed("it is too short"));
        }
        Ok(len.into())
    }

    /// The version of the format that the head which starts with `bytes` is of.
    pub(super) fn version(bytes: &[u8]) -> u16 {
        let mut cursor = Cursor { bytes: bytes.get(MAGIC.len()..).unwrap_or_default() };
        cursor.u16().unwrap_or(VERSION)
    }

    /// Reads a head of which all bytes are there. What a newer version put at its end is passed over.
    pub(super) fn decode(bytes: &[u8]) -> Result<Meta, FormatError> {
        let (members, sum) = bytes.split_at(bytes.len().saturating_sub(4));
        if crc32fast::hash(members).to_le_bytes() != *sum {
            return Err(FormatError::Checksum);
        }
        let mut cursor = Cursor { bytes: members.get(14..).ok_or(FormatError::Short)? };
        Meta::members(&mut cursor).ok_or(FormatError::Malformed("its strings do not fit"))
    }

    fn members(cursor: &mut Cursor<'_>) -> Option<Meta> {
        let word = cursor.u8()?;
        let endian = match cursor.u8()? {
            1 => Some(Endian::Little),
            2 => Some(Endian::Big),
            _ => None,
        };
        cursor.take(4)?;
        let base = (cursor.i64()?, cursor.u32()?);
        let clock = match cursor.u8()? {
            0 => Clock::Wall,
            1 => Clock::Machine,
            _ => Clock::Steps,
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let system = text(cursor.short()?);
        let machine = text(cursor.short()?);
        let mut types = Vec::new();
        for _ in 0..cursor.u8()? {
            types.push((cursor.u8()?, text(cursor.short()?)));
        }
        let (mut release, mut calls) = (String::new(), String::new());
        while let Some(key) = cursor.u8() {
            let value = text(cursor.short()?);
            match key {
                key::RELEASE => release = value,
                key::CALLS => calls = value,
                // What a newer version says.
                _ => {}
            }
        }
        Some(Meta { system, machine, word, endian, clock, base, types, release, calls })
    }
}
