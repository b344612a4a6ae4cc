//! The systems that wrote traces, and what each put into one: record types and payload dialects, as data.

use crate::abi::Abi;
use Kind::*;

/// What a record tells, whatever number its system gives that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The field's names; `names` says them as kdump does.
pub enum Kind {
    Start,
    Syscall,
    Sysret,
    Namei,
    Genio,
    Psig,
    Csw,
    Emul,
    User,
    ExecArg,
    ExecEnv,
    Mmsg,
    Mool,
    Saupcall,
    Mib,
    ExecFd,
    Struct,
    Sysctl,
    ProcCtor,
    ProcDtor,
    CapFail,
    Fault,
    FaultEnd,
    /// A type that the system does not define, or one of a program's own in a neutral file.
    Unknown,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Kind; 24] = [
        Start, Syscall, Sysret, Namei, Genio, Psig, Csw, Emul, User, ExecArg, ExecEnv, Mmsg, Mool, Saupcall, Mib,
        ExecFd, Struct, Sysctl, ProcCtor, ProcDtor, CapFail, Fault, FaultEnd, Unknown,
    ];

    /// The name in JSON: that of the `KTR_` constant.
    pub const fn name(self) -> &'static str {
        match self {
            Start => "START",
            Syscall => "SYSCALL",
            Sysret => "SYSRET",
            Namei => "NAMEI",
            Genio => "GENIO",
            Psig => "PSIG",
            Csw => "CSW",
            Emul => "EMUL",
            User => "USER",
            ExecArg => "EXEC_ARG",
            ExecEnv => "EXEC_ENV",
            Mmsg => "MMSG",
            Mool => "MOOL",
            Saupcall => "SAUPCALL",
            Mib => "MIB",
            ExecFd => "EXEC_FD",
            Struct => "STRUCT",
            Sysctl => "SYSCTL",
            ProcCtor => "PROCCTOR",
            ProcDtor => "PROCDTOR",
            CapFail => "CAPFAIL",
            Fault => "FAULT",
            FaultEnd => "FAULTEND",
            Unknown => "UNKNOWN",
        }
    }

    /// The short name in kdump's listing.
    pub const fn short(self) -> &'static str {
        match self {
            Start => "STRT",
            Syscall => "CALL",
            Sysret => "RET",
            Namei => "NAMI",
            Genio => "GIO",
            Psig => "PSIG",
            Csw => "CSW",
            Emul => "EMUL",
            User => "USER",
            ExecArg => "ARG",
            ExecEnv => "ENV",
            Mmsg => "MMSG",
            Mool => "MOOL",
            Saupcall => "SAU",
            Mib => "MIB",
            ExecFd => "EXFD",
            Struct => "STRU",
            Sysctl => "SCTL",
            ProcCtor => "PCTR",
            ProcDtor => "PDTR",
            CapFail => "CAP",
            Fault => "PFLT",
            FaultEnd => "PRET",
            Unknown => "UNKN",
        }
    }

    /// The kind of that name, in any case; `short` names count too.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name().eq_ignore_ascii_case(name) || k.short().eq_ignore_ascii_case(name))
    }
}

/// A system whose traces are known, or whoever else wrote a neutral file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// 4.4BSD-Lite2.
    Lite2,
    /// NetBSD 1.2 and 1.3.
    NetBsd13,
    /// NetBSD 1.4 to 1.6.
    NetBsd14,
    /// A derivative of NetBSD 1.4T whose seconds became 64-bit in 2019.
    Mouse14,
    /// NetBSD 2 to 5.
    NetBsd4,
    /// A derivative of NetBSD 4.0.1 whose seconds became 64-bit in 2019.
    Mouse40,
    /// NetBSD 6 and 7.
    NetBsd7,
    /// OpenBSD of 2011 to 2014, with the magic record.
    OpenBsd56,
    /// FreeBSD 9 and 10.
    FreeBsd93,
    /// DragonFly.
    DragonFly,
    /// AerieBSD, an older line of OpenBSD.
    Aerie,
    /// Whatever else a neutral file names, with record types of its own.
    Private,
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

/// The head of a SYSCALL payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// `int code, int argsize`: the size in bytes.
    Size,
    /// `short code, short narg`: their number.
    Number,
}

/// What follows the fixed part of a PSIG payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigInfo {
    /// Nothing.
    None,
    /// A 128-byte siginfo_t behind the struct, not in every record (NetBSD); whether it has `trap2` and `trap3`.
    Behind {
        /// Whether faults carry three trap numbers instead of one.
        traps: bool,
    },
    /// A siginfo_t as the struct's last member (OpenBSD).
    Inside {
        /// Bytes of a `clock_t`.
        clock: u8,
        /// Whether the exit status stands between the times.
        status_between: bool,
    },
}

/// How one system fills its records.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Which system.
    pub system: System,
    /// Its short name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its record types.
    pub types: &'static [(i64, Kind)],
    /// The namespace of its record types in the neutral format.
    pub namespace: u8,
    /// The longest command name.
    pub comm: u8,
    /// What the header's last member holds.
    pub id: Id,
    /// Whether the kernel zeroes the header before it fills it, so that padding is zero.
    pub zeroed: bool,
    /// Whether the type's high bit says that events were lost.
    pub drops: bool,
    /// The head of SYSCALL.
    pub arguments: Arguments,
    /// Whether SYSRET returns a `register_t`; an `int` otherwise.
    pub wide_return: bool,
    /// Whether SYSRET has a second value.
    pub second_return: bool,
    /// Bits of a `sigset_t`.
    pub sigset: u8,
    /// Whether `code` stands before `mask` in PSIG.
    pub code_first: bool,
    /// What follows in PSIG.
    pub siginfo: SigInfo,
    /// Whether CSW has the wait message.
    pub wait_message: bool,
    /// Whether USER starts with a 20-byte id.
    pub user_id: bool,
    /// Whether SYSCALL of sysctl(2) carries the MIB behind the arguments.
    pub mib_behind: bool,
}

const SYSCALL: (i64, Kind) = (1, Syscall);
const SYSRET: (i64, Kind) = (2, Sysret);
const NAMEI: (i64, Kind) = (3, Namei);
const GENIO: (i64, Kind) = (4, Genio);
const PSIG: (i64, Kind) = (5, Psig);
const CSW: (i64, Kind) = (6, Csw);
const EMUL: (i64, Kind) = (7, Emul);

const NETBSD_1: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL];
#[rustfmt::skip]
const NETBSD_1_5: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, User)];
#[rustfmt::skip]
const NETBSD_2: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, User), (9, Mmsg), (10, ExecArg), (11, ExecEnv), (12, Mool),
    (13, Saupcall), (14, Mib),
];
#[rustfmt::skip]
const NETBSD_6: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, User), (10, ExecArg), (11, ExecEnv), (13, Saupcall), (14, Mib),
    (15, ExecFd),
];
const OPENBSD: &[(i64, Kind)] =
    &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, Struct), (9, User), (0x52544b, Start), (0x4b54_5200, Start)];
#[rustfmt::skip]
const FREEBSD: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User), (8, Struct), (9, Sysctl), (10, ProcCtor), (11, ProcDtor),
    (12, CapFail), (13, Fault), (14, FaultEnd),
];
const DRAGONFLY: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User)];

/// What all are measured against; the rows below say where they differ.
const LITE2: Dialect = Dialect {
    system: System::Lite2,
    name: "lite2",
    title: "4.4BSD-Lite2",
    types: &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW],
    namespace: 5,
    comm: 16,
    id: Id::Pointer,
    zeroed: false,
    drops: false,
    arguments: Arguments::Size,
    wide_return: false,
    second_return: false,
    sigset: 32,
    code_first: false,
    siginfo: SigInfo::None,
    wait_message: false,
    user_id: false,
    mib_behind: false,
};
const NETBSD13: Dialect = Dialect {
    system: System::NetBsd13,
    name: "netbsd13",
    title: "NetBSD 1.2 or 1.3",
    types: NETBSD_1,
    namespace: 1,
    wide_return: true,
    ..LITE2
};
const NETBSD14: Dialect = Dialect {
    system: System::NetBsd14,
    name: "netbsd14",
    title: "NetBSD 1.4 to 1.6",
    types: NETBSD_1_5,
    sigset: 128,
    user_id: true,
    ..NETBSD13
};
const NETBSD4: Dialect = Dialect {
    system: System::NetBsd4,
    name: "netbsd4",
    title: "NetBSD 2 to 5",
    types: NETBSD_2,
    id: Id::PointerThenLwp,
    zeroed: true,
    second_return: true,
    siginfo: SigInfo::Behind { traps: false },
    ..NETBSD14
};
const FREEBSD93: Dialect = Dialect {
    system: System::FreeBsd93,
    name: "freebsd93",
    title: "FreeBSD 9 or 10",
    types: FREEBSD,
    namespace: 3,
    comm: 19,
    id: Id::Thread,
    drops: true,
    arguments: Arguments::Number,
    wide_return: true,
    sigset: 128,
    code_first: true,
    wait_message: true,
    ..LITE2
};

/// Every system, in the order in which they are preferred where bytes do not tell them apart.
pub static DIALECTS: [Dialect; 11] = [
    NETBSD14,
    NETBSD4,
    Dialect {
        system: System::NetBsd7,
        name: "netbsd7",
        title: "NetBSD 6 or 7",
        types: NETBSD_6,
        siginfo: SigInfo::Behind { traps: true },
        ..NETBSD4
    },
    NETBSD13,
    LITE2,
    FREEBSD93,
    Dialect {
        system: System::OpenBsd56,
        name: "openbsd56",
        title: "OpenBSD 5",
        types: OPENBSD,
        namespace: 2,
        id: Id::Thread,
        zeroed: true,
        wide_return: true,
        user_id: true,
        siginfo: SigInfo::Inside { clock: 8, status_between: false },
        mib_behind: true,
        ..LITE2
    },
    Dialect {
        system: System::DragonFly,
        name: "dfly",
        title: "DragonFly",
        types: DRAGONFLY,
        namespace: 4,
        comm: 16,
        wait_message: false,
        ..FREEBSD93
    },
    Dialect {
        system: System::Aerie,
        name: "aerie",
        title: "AerieBSD",
        types: NETBSD_1,
        namespace: 6,
        siginfo: SigInfo::Inside { clock: 4, status_between: true },
        ..LITE2
    },
    Dialect { system: System::Mouse14, name: "mouse14", title: "NetBSD 1.4T with 64-bit seconds", ..NETBSD14 },
    Dialect { system: System::Mouse40, name: "mouse40", title: "NetBSD 4.0.1 with 64-bit seconds", ..NETBSD4 },
];

/// What stands for a system that is none of the BSDs.
pub static PRIVATE: Dialect = Dialect {
    system: System::Private,
    name: "private",
    title: "a program's own records",
    types: &[],
    namespace: 0,
    id: Id::Thread,
    ..LITE2
};

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

    /// Whether it is of NetBSD's family, whose headers have a version since 2.0.
    pub fn is_netbsd(self) -> bool {
        self.dialect().namespace == 1
    }

    /// Bytes of a `time_t` there.
    pub fn time_t(self, abi: &Abi) -> u8 {
        match self {
            System::NetBsd7 | System::OpenBsd56 | System::Mouse14 | System::Mouse40 => 8,
            System::Lite2 | System::FreeBsd93 | System::DragonFly | System::Aerie => abi.long,
            _ => abi.time_t,
        }
    }
}

impl Dialect {
    /// What a type number means here.
    #[inline]
    pub fn kind(&self, code: i64) -> Kind {
        match self.types.iter().find(|(number, _)| *number == code) {
            Some((_, kind)) => *kind,
            None => Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_means_different_things() {
        let seven = |system: System| system.dialect().kind(7);
        assert_eq!(seven(System::NetBsd7), Emul);
        assert_eq!(seven(System::FreeBsd93), User);
        assert_eq!(seven(System::Lite2), Unknown);
    }

    #[test]
    fn names_are_unique_and_parse() {
        for dialect in &DIALECTS {
            assert_eq!(System::parse(dialect.name), Some(dialect.system));
            assert_eq!(dialect.system.dialect(), dialect);
        }
        for kind in Kind::ALL {
            assert_eq!((Kind::parse(kind.name()), Kind::parse(kind.short())), (Some(kind), Some(kind)));
        }
    }
}
