//! The systems that wrote traces, and what makes one's records different from another's.

use crate::abi::Abi;
pub use crate::dialects::{DIALECTS, PRIVATE};
pub use crate::kind::Kind;

/// A system whose traces are known, or whoever else wrote a neutral file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// 4.4BSD-Lite2 and BSD/OS.
    Lite2,
    /// NetBSD 1.2 and 1.3.
    NetBsd13,
    /// NetBSD 1.4 and 1.5.
    NetBsd14,
    /// NetBSD 1.6 and what came between it and 2.0, with two return values.
    NetBsd16,
    /// A derivative of NetBSD 1.4T whose seconds became 64-bit in 2019.
    Mouse14,
    /// NetBSD 2 to 5.
    NetBsd4,
    /// A derivative of NetBSD 4.0.1 whose seconds became 64-bit in 2019.
    Mouse40,
    /// NetBSD 6 to 9.
    NetBsd7,
    /// NetBSD 10.
    NetBsd10,
    /// NetBSD's draft of a version 3, which was never merged.
    NetBsdDraft,
    /// OpenBSD 5.5 to 5.7, with the magic record.
    OpenBsd56,
    /// OpenBSD 5.8 to 7.0, with a value only where there is no error.
    OpenBsd58,
    /// OpenBSD 7.1 and 7.2, with names of 23.
    OpenBsd71,
    /// OpenBSD 7.3 and later.
    OpenBsd73,
    /// FreeBSD 8 and 9.0.
    FreeBsd8,
    /// FreeBSD 9.
    FreeBsd93,
    /// FreeBSD 10 and 11.
    FreeBsd10,
    /// FreeBSD 12 and 13.
    FreeBsd12,
    /// FreeBSD 14, whose headers say their version.
    FreeBsd14,
    /// FreeBSD 15.
    FreeBsd15,
    /// DragonFly.
    DragonFly,
    /// Darwin 8, which is Mac OS X 10.4.
    Darwin8,
    /// AerieBSD, an older line of OpenBSD.
    Aerie,
    /// One that is known by a header that was given.
    Told,
    /// Whatever else a neutral file names, with record types of its own.
    Private,
}

/// Systems whose record types have the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// None of the others.
    Other,
    /// NetBSD.
    NetBsd,
    /// OpenBSD.
    OpenBsd,
    /// FreeBSD.
    FreeBsd,
    /// DragonFly.
    DragonFly,
    /// 4.4BSD.
    Lite2,
    /// AerieBSD.
    Aerie,
    /// Darwin.
    Darwin,
}

/// What the header's last member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    /// A kernel pointer, which says nothing.
    Pointer,
    /// A kernel pointer in version 0, the LWP later.
    PointerThenLwp,
    /// The thread.
    Thread,
}

/// Where a header says its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// Nowhere.
    None,
    /// In a member.
    Member,
    /// In a member, where the type has the bit 0x4000; elsewhere the header is the old one.
    TypeBit,
}

/// Where a header says the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cpu {
    /// Nowhere.
    None,
    /// In a member.
    Member,
    /// In the high byte of a member.
    HighByte,
}

/// The head of a SYSCALL payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// `int code, int argsize`: the size in bytes.
    Size,
    /// `short code, short narg`: their number.
    Number,
    /// `short code, short narg`, and right behind them arguments of 64 bits, whatever a register has.
    WideNumber,
    /// `int32_t code, int32_t argsize`, and arguments of 64 bits.
    WideSize,
}

/// The value in a SYSRET payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// An `int`.
    Int,
    /// A `register_t`.
    Register,
    /// Two of them.
    Two,
    /// `int code, int error`, and only where that is 0 a `register_t`, or a `long long` of lseek(2).
    OnSuccess,
    /// `int16_t code`, `int32_t error` and two values of 64 bits.
    Wide,
}

/// Where `code` stands in a PSIG payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePlace {
    /// Behind the mask.
    AfterMask,
    /// Between the action and the mask.
    AfterAction,
    /// Before the action, which has 64 bits.
    BeforeAction,
}

/// What follows the fixed part of a PSIG payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigInfo {
    /// Nothing.
    None,
    /// A 128-byte siginfo_t behind the struct, not in every record (NetBSD).
    Behind {
        /// Whether faults carry three trap numbers instead of one.
        traps: bool,
        /// Whether its union holds integers of 64 bits, which align it.
        wide: bool,
    },
    /// A siginfo_t as the struct's last member (OpenBSD).
    Inside {
        /// Bytes of a `clock_t`.
        clock: u8,
        /// Whether the exit status stands between the times.
        status_between: bool,
        /// Whether the user stands before the union of what a signal and a child's end say.
        uid_first: bool,
    },
    /// One as the struct's last member, of which no more is known than where these stand in it.
    Unknown {
        /// The offset of the signal.
        signo: u8,
        /// The offset of the code.
        code: u8,
        /// The offset of the error.
        errno: u8,
        /// All of its bytes.
        size: u8,
        /// Bytes of the member with the strictest alignment.
        widest: u8,
    },
}

/// How `struct stat` is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stat {
    /// There is none in traces.
    None,
    /// FreeBSD's, with inodes of 32 bits.
    FreeBsd,
    /// FreeBSD's since 12.
    FreeBsd12,
    /// OpenBSD's since 5.5.
    OpenBsd,
}

/// What a violation of Capsicum's rules carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapFail {
    /// The rights that were needed and held.
    Rights,
    /// The call, its ABI, and a union by the kind of violation.
    Union,
}

/// How one system fills its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Which system.
    pub system: System,
    /// Its short name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Whose record types it has.
    pub family: Family,
    /// Its record types.
    pub types: &'static [(i64, Kind)],
    /// The machines that it runs on.
    pub machines: &'static [&'static str],
    /// The longest command name.
    pub comm: u8,
    /// What the header's last member holds.
    pub id: Id,
    /// Where the header says its version.
    pub versions: Versions,
    /// Where it says the processor.
    pub cpu: Cpu,
    /// Whether the kernel zeroes the header before it fills it, so that padding is zero.
    pub zeroed: bool,
    /// Whether version 0 has seconds of 0 on big-endian machines of 64 bits, where a shorter time lies over the wrong half.
    pub lost_seconds: bool,
    /// Whether the type's high bit says that events were lost.
    pub drops: bool,
    /// The head of SYSCALL.
    pub arguments: Arguments,
    /// The value of SYSRET.
    pub returns: Returns,
    /// The error of a call that is to be made again.
    pub restart: i32,
    /// Bits of a `sigset_t`.
    pub sigset: u8,
    /// Where `code` stands in PSIG.
    pub code: CodePlace,
    /// What follows in PSIG.
    pub siginfo: SigInfo,
    /// Whether CSW has the wait message.
    pub wait_message: bool,
    /// Whether USER starts with a 20-byte id.
    pub user_id: bool,
    /// Whether SYSCALL of sysctl(2) carries the MIB behind the arguments.
    pub mib_behind: bool,
    /// The layout of `struct stat`.
    pub stat: Stat,
    /// What CAPFAIL carries.
    pub cap_fail: CapFail,
    /// Whether it differs from another in widths of the header alone, so that no payload and no call ever vouches for it.
    pub header_only: bool,
}

impl System {
    /// What it puts into its records.
    pub fn dialect(self) -> &'static Dialect {
        DIALECTS.iter().find(|d| d.system == self).unwrap_or(&PRIVATE)
    }

    /// Its short name.
    pub fn name(self) -> &'static str {
        self.dialect().name
    }

    /// The system of that short name.
    pub fn parse(name: &str) -> Option<System> {
        DIALECTS.iter().find(|d| d.name == name).map(|d| d.system)
    }

    /// Whether it is of NetBSD's family.
    pub fn is_netbsd(self) -> bool {
        self.dialect().family == Family::NetBsd
    }

    /// Whether it is of OpenBSD's family.
    pub fn is_openbsd(self) -> bool {
        self.dialect().family == Family::OpenBsd
    }

    /// Bytes of a `time_t` there.
    pub fn time_t(self, abi: &Abi) -> u8 {
        use System::*;
        match self {
            NetBsd7 | NetBsd10 | NetBsdDraft | Mouse14 | Mouse40 => 8,
            OpenBsd56 | OpenBsd58 | OpenBsd71 | OpenBsd73 => 8,
            FreeBsd8 | FreeBsd93 | FreeBsd10 if matches!(abi.name, "i386" | "powerpc") => 4,
            FreeBsd12 | FreeBsd14 | FreeBsd15 if abi.name == "i386" => 4,
            FreeBsd8 | FreeBsd93 | FreeBsd10 | FreeBsd12 | FreeBsd14 | FreeBsd15 => 8,
            Lite2 | DragonFly | Aerie | Darwin8 | Told | Private => abi.long,
            // An `int` on LP64, a `long` on ILP32.
            NetBsd13 | NetBsd14 | NetBsd16 | NetBsd4 => 4,
        }
    }
}

impl Dialect {
    /// What a type number means here.
    #[inline]
    pub fn kind(&self, code: i64) -> Kind {
        match self.types.iter().find(|(number, _)| *number == code) {
            Some((_, kind)) => *kind,
            None => Kind::Unknown,
        }
    }

    /// Whether a type number means anything here, known or not.
    pub fn defines(&self, code: i64) -> bool {
        self.types.iter().any(|(number, _)| *number == code)
    }

    /// Its number of the namespace of record types in the neutral format.
    pub const fn namespace(&self) -> u8 {
        match self.family {
            Family::Other => 0,
            Family::NetBsd => 1,
            Family::OpenBsd => 2,
            Family::FreeBsd => 3,
            Family::DragonFly => 4,
            Family::Lite2 => 5,
            Family::Aerie => 6,
            Family::Darwin => 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_means_different_things() {
        let seven = |system: System| system.dialect().kind(7);
        assert_eq!(seven(System::NetBsd7), Kind::Emul);
        assert_eq!(seven(System::FreeBsd93), Kind::User);
        assert_eq!(seven(System::Lite2), Kind::Unknown);
    }

    #[test]
    fn names_are_unique_and_parse_and_machines_are_known() {
        for dialect in &DIALECTS {
            assert_eq!(System::parse(dialect.name), Some(dialect.system));
            assert_eq!(dialect.system.dialect(), dialect);
            for machine in dialect.machines {
                assert!(crate::abi::find(machine).is_some_and(|abi| abi.name == *machine), "{machine}");
            }
        }
    }
}
