//! Where a header's members are: classes of layouts, and the origins that write them.

use crate::abi::{self, Abi};
pub use crate::classes::CLASSES;
use crate::endian::Endian;
use crate::probe::{EARLIEST, PIDS, Probe};
use crate::system::{DIALECTS, Dialect, Id, System, Versions};
use std::fmt;
use std::sync::LazyLock;

/// A member of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its offset.
    pub at: u8,
    /// Its bytes.
    pub width: u8,
}

/// What a timestamp's fraction counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Microseconds, `struct timeval`.
    Micro,
    /// Nanoseconds, `struct timespec`.
    Nano,
}

impl Unit {
    /// `us` or `ns`.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Micro => "us",
            Unit::Nano => "ns",
        }
    }

    /// How many make a second.
    pub const fn per_second(self) -> i64 {
        match self {
            Unit::Micro => 1_000_000,
            Unit::Nano => 1_000_000_000,
        }
    }
}

/// A system, one of its header versions, and an ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The system.
    pub system: System,
    /// The version; 0 where the header has none.
    pub version: u8,
    /// The name of an ABI; those that are alike have the same header.
    pub abi: &'static str,
}

/// One way to lay out a header, with all that share it.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// The byte order.
    pub endian: Endian,
    /// The header's bytes.
    pub size: u8,
    /// `ktr_len`, the payload's length.
    pub len: Field,
    /// `ktr_type`.
    pub kind: Field,
    /// `ktr_version`, where there is one.
    pub version: Option<Field>,
    /// `ktr_pid`.
    pub pid: Field,
    /// The offset of `ktr_comm`.
    pub comm: u8,
    /// The seconds.
    pub sec: Field,
    /// Their fraction.
    pub frac: Field,
    /// What the fraction counts.
    pub unit: Unit,
    /// A kernel pointer, or the LWP or thread.
    pub id: Field,
    /// The processor, or what holds it.
    pub cpu: Option<Field>,
    /// Who writes it.
    pub members: &'static [Member],
}

/// A system on an ABI: all that is needed to read its traces.
#[derive(Debug)]
pub struct Origin {
    /// The payload dialect.
    pub dialect: &'static Dialect,
    /// The machine.
    pub abi: &'static Abi,
    /// The header of each `ktr_version`; only the first where headers have none.
    pub classes: [Option<&'static Class>; 4],
    /// For each of them, the offsets that no member covers.
    gaps: [Vec<u8>; 4],
    /// A quick look at whether one starts at a place.
    pub(crate) probe: Probe,
}

impl Origin {
    /// Whether headers say their version.
    pub fn versioned(&self) -> bool {
        self.dialect.versions != Versions::None
    }

    /// Bytes of a `time_t`. Of a system that is known by its header alone, it is that of the newest times in it.
    pub fn time_t(&self) -> u8 {
        let newest = self.classes.into_iter().flatten().last().filter(|_| self.dialect.system == System::Told);
        newest.map_or_else(|| self.dialect.system.time_t(self.abi), |class| class.sec.width)
    }

    /// The header of `ktr_version`.
    #[inline]
    pub fn class(&self, version: i64) -> Option<&'static Class> {
        self.classes.get(usize::try_from(version).ok()?).copied().flatten()
    }

    /// Any of its classes, to find out the version by.
    #[inline]
    pub fn first(&self) -> &'static Class {
        match self.classes {
            [Some(class), ..] => class,
            _ => self.classes.into_iter().flatten().next().unwrap_or(&CLASSES[0]),
        }
    }

    /// A system on a machine, with its headers.
    pub(crate) fn new(dialect: &'static Dialect, abi: &'static Abi, classes: [Option<&'static Class>; 4]) -> Origin {
        let gaps = classes.map(|class| class.map(|class| gaps(class, dialect)).unwrap_or_default());
        let probe = Probe::new(classes, dialect.lost_seconds);
        Origin { dialect, abi, classes, gaps, probe }
    }

    /// Whether the padding of the header at the start of `bytes` is zero, where the kernel zeroes it.
    #[inline]
    pub fn is_clean(&self, version: Option<i16>, bytes: &[u8]) -> bool {
        let version = usize::try_from(version.unwrap_or_default()).unwrap_or_default().min(3);
        !self.dialect.zeroed || self.gaps[version].iter().all(|at| bytes.get(usize::from(*at)) == Some(&0))
    }

    /// Whether a header without blemish can start `bytes`, by the process, which little else looks like, the version and the seconds.
    #[inline]
    pub(crate) fn may_start(&self, bytes: &[u8]) -> bool {
        let read = |field: Field| self.first().endian.signed(bytes, field.at.into(), field.width);
        if !read(self.first().pid).is_some_and(is_pid) {
            return false;
        }
        let class = match self.dialect.versions {
            Versions::None => Some(self.first()),
            Versions::Member => self.first().version.and_then(read).and_then(|version| self.class(version)),
            Versions::TypeBit => match read(self.first().kind) {
                Some(kind) if kind & 0x4000 != 0 => self.class(1),
                Some(_) => Some(self.first()),
                None => None,
            },
        };
        let seconds = class.and_then(|class| read(class.sec));
        seconds
            .is_some_and(|sec| (i64::from(EARLIEST)..1 << 33).contains(&sec) || sec == 0 && self.dialect.lost_seconds)
    }

    /// Whether everything is laid out the same on both, and means the same.
    pub fn alike(&self, other: &Origin) -> bool {
        std::ptr::eq(self.dialect, other.dialect) && self.abi.alike(other.abi)
    }

    /// The machines that write such traces.
    pub fn machines(&self) -> impl Iterator<Item = &'static str> {
        ORIGINS.iter().filter(|other| self.alike(other)).map(|other| other.abi.name)
    }

    /// The origin of that system and ABI.
    pub fn find(system: System, abi: &str) -> Option<&'static Origin> {
        let abi = abi::find(abi)?;
        ORIGINS.iter().find(|o| o.dialect.system == system && std::ptr::eq(o.abi, abi))
    }

    /// Whether the id of a record of that version is an LWP or a thread.
    #[inline]
    pub fn has_lid(&self, version: Option<i64>) -> bool {
        match self.dialect.id {
            Id::Pointer => false,
            Id::PointerThenLwp => version.is_some_and(|v| v > 0),
            Id::Thread => true,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.dialect.name, self.abi.name)
    }
}

/// The offsets that no member covers. What stands behind 4-byte seconds is left out: newer kernels leave the old ones there. So is
/// what stands behind a name, up to where the next member can start.
fn gaps(class: &Class, dialect: &Dialect) -> Vec<u8> {
    let fields = [class.len, class.kind, class.pid, class.sec, class.frac, class.id];
    let named = Field { at: class.comm, width: (dialect.comm + 1).div_ceil(4) * 4 };
    let seconds = Field { at: class.sec.at, width: 8 };
    let taken: Vec<Field> = fields.into_iter().chain(class.version).chain(class.cpu).chain([named, seconds]).collect();
    let free = |at: &u8| !taken.iter().any(|field| (field.at..field.at + field.width).contains(at));
    (0..class.size).filter(free).collect()
}

/// Whether a number can be that of a process; -1 is that of a record of none.
fn is_pid(n: i64) -> bool {
    (-1..i64::from(PIDS)).contains(&n)
}

/// One of those that are alike, in order of preference: what bytes can tell apart.
pub static DISTINCT: LazyLock<Vec<&'static Origin>> = LazyLock::new(|| distinct(ORIGINS.iter()));

/// The first of each group that is alike.
pub fn distinct(origins: impl Iterator<Item = &'static Origin>) -> Vec<&'static Origin> {
    let mut found: Vec<&'static Origin> = Vec::new();
    for origin in origins {
        if !found.iter().any(|known| known.alike(origin)) {
            found.push(origin);
        }
    }
    found
}

/// Every system on every machine that it runs on, in order of preference.
pub static ORIGINS: LazyLock<Vec<Origin>> = LazyLock::new(|| {
    let mut origins = Vec::new();
    for dialect in &DIALECTS {
        for abi in abi::ABIS.iter().filter(|abi| dialect.machines.contains(&abi.name)) {
            let mut classes = [None; 4];
            for class in &CLASSES {
                for member in class.members.iter().filter(|m| m.system == dialect.system) {
                    if abi::find(member.abi).is_some_and(|known| known.alike(abi)) {
                        classes[usize::from(member.version)] = Some(class);
                    }
                }
            }
            // Version 3 occurs where there is a second, because the kernel ORs 1 and 2, and has its header.
            if classes[3].is_none() {
                classes[3] = classes[2];
            }
            if classes.iter().any(Option::is_some) {
                origins.push(Origin::new(dialect, abi, classes));
            }
        }
    }
    origins
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_sound() {
        for class in &CLASSES {
            let fields = [class.len, class.kind, class.pid, class.sec, class.frac, class.id];
            for field in fields.into_iter().chain(class.version) {
                assert!(matches!(field.width, 2 | 4 | 8), "{class:?}");
                assert!(field.at + field.width <= class.size, "{class:?}");
            }
            assert!(class.comm + 17 <= class.size);
            for member in class.members {
                let abi = abi::find(member.abi).expect("a known ABI");
                assert_eq!(abi.endian, class.endian);
                let comm = member.system.dialect().comm + 1;
                assert!(class.comm + comm <= class.size, "{member:?}");
            }
        }
    }

    #[test]
    fn every_system_has_a_header_on_every_machine() {
        for dialect in &DIALECTS {
            for machine in dialect.machines {
                assert!(Origin::find(dialect.system, machine).is_some(), "{} on {machine}", dialect.name);
            }
        }
    }

    #[test]
    fn header_sizes_are_those_that_the_compilers_gave() {
        let check = |system, abi, version, size, sec: (u8, u8)| {
            let class = Origin::find(system, abi).and_then(|o| o.class(version)).expect("a known layout");
            assert_eq!((class.size, (class.sec.at, class.sec.width)), (size, sec), "{system:?} {abi} {version}");
        };
        check(System::NetBsd14, "m68k", 0, 40, (28, 4));
        check(System::NetBsd4, "sparc64", 0, 56, (32, 8));
        check(System::NetBsd7, "sparc64", 0, 56, (32, 4));
        check(System::NetBsd7, "i386", 1, 44, (32, 4));
        check(System::NetBsd7, "i386", 3, 48, (32, 8));
        check(System::OpenBsd56, "powerpc", 0, 56, (16, 8));
        check(System::DragonFly, "amd64", 0, 64, (40, 8));
        assert!(Origin::find(System::Mouse40, "earm").is_none());
        assert!(Origin::find(System::NetBsd4, "i386").is_some_and(|o| o.class(2).is_none()));
    }
}
