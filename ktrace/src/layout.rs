//! Where a header's members are: classes of layouts, and the origins that write them.

use crate::abi::{self, Abi};
pub use crate::classes::CLASSES;
use crate::endian::Endian;
use crate::system::{DIALECTS, Dialect, Id, System};
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
    /// The ABI's name.
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
    pub classes: [Option<&'static Class>; 3],
}

impl Origin {
    /// Whether headers say their version.
    pub fn versioned(&self) -> bool {
        self.classes.iter().flatten().any(|class| class.version.is_some())
    }

    /// The header of `ktr_version`. Version 3 occurs, because the kernel ORs 1 and 2, and has version 2's header.
    #[inline]
    pub fn class(&self, version: i64) -> Option<&'static Class> {
        match version {
            0..=2 => self.classes[version as usize],
            3 => self.classes[2],
            _ => None,
        }
    }

    /// Any of its classes, to find out the version by.
    #[inline]
    pub fn first(&self) -> &'static Class {
        self.classes[0].unwrap_or(&CLASSES[0])
    }

    /// What distinguishes origins that decode everything alike: their headers and payload layouts.
    pub fn same_decoding(&self, other: &Origin) -> bool {
        let alike = |a: &Abi, b: &Abi| {
            (a.endian, a.pointer, a.int32_align, a.int64_align) == (b.endian, b.pointer, b.int32_align, b.int64_align)
        };
        self.classes.map(|c| c.map(std::ptr::from_ref)) == other.classes.map(|c| c.map(std::ptr::from_ref))
            && self.dialect == other.dialect
            && alike(self.abi, other.abi)
    }

    /// The origin of that system and ABI.
    pub fn find(system: System, abi: &str) -> Option<&'static Origin> {
        ORIGINS.iter().find(|o| o.dialect.system == system && o.abi.name == abi)
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

/// Every system on every ABI that the classes name, in order of preference.
pub static ORIGINS: LazyLock<Vec<Origin>> = LazyLock::new(|| {
    let mut origins = Vec::new();
    for dialect in &DIALECTS {
        for abi in &abi::ABIS {
            let mut classes = [None; 3];
            for class in &CLASSES {
                for member in class.members.iter().filter(|m| m.system == dialect.system && m.abi == abi.name) {
                    classes[usize::from(member.version)] = Some(class);
                }
            }
            if classes[0].is_some() {
                origins.push(Origin { dialect, abi, classes });
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
    fn ninety_three_layouts_make_fifty_nine_origins() {
        assert_eq!(CLASSES.iter().map(|c| c.members.len()).sum::<usize>(), 93);
        assert_eq!(ORIGINS.len(), 59);
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
