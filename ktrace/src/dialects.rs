//! The systems' dialects, as a table: each row says where it differs from the one that it descends from.

use crate::kind::Kind::{self, *};
use crate::system::{
    Arguments, CapFail as Cap, CodePlace, Cpu, Dialect, Family, Id, Returns, SigInfo, Stat, System, Versions,
};

const SYSCALL: (i64, Kind) = (1, Syscall);
const SYSRET: (i64, Kind) = (2, Sysret);
const NAMEI: (i64, Kind) = (3, Namei);
const GENIO: (i64, Kind) = (4, Genio);
const PSIG: (i64, Kind) = (5, Psig);
const CSW: (i64, Kind) = (6, Csw);
const EMUL: (i64, Kind) = (7, Emul);

const LITE2_TYPES: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW];
const NETBSD_1: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL];
const NETBSD_1_4: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, User)];
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
/// Of NetBSD's draft: SAUPCALL is left out, for nobody wrote it any more.
#[rustfmt::skip]
const NETBSD_DRAFT: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, User), (10, ExecArg), (11, ExecEnv), (14, Mib), (15, ExecFd),
];
/// `KTR\0` in memory, read by either byte order.
const START: [(i64, Kind); 2] = [(0x52544b, Start), (0x4b54_5200, Start)];
#[rustfmt::skip]
const OPENBSD_5: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, Struct), (9, User), START[0], START[1],
];
#[rustfmt::skip]
const OPENBSD_5_8: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, EMUL, (8, Struct), (9, User), (10, ExecArgs), (11, ExecEnvs), (12, Pledge),
    START[0], START[1],
];
#[rustfmt::skip]
const OPENBSD_7_1: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, (8, Struct), (9, User), (10, ExecArgs), (11, ExecEnvs), (12, Pledge), START[0],
    START[1],
];
#[rustfmt::skip]
const OPENBSD_7_3: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, (8, Struct), (9, User), (10, ExecArgs), (11, ExecEnvs), (12, Pledge),
    (13, PinSyscall), START[0], START[1],
];
const FREEBSD_8: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User), (8, Struct), (9, Sysctl)];
#[rustfmt::skip]
const FREEBSD_9: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User), (8, Struct), (9, Sysctl), (10, ProcCtor), (11, ProcDtor),
    (13, Fault), (14, FaultEnd),
];
#[rustfmt::skip]
const FREEBSD_10: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User), (8, Struct), (9, Sysctl), (10, ProcCtor), (11, ProcDtor),
    (12, CapFail), (13, Fault), (14, FaultEnd),
];
#[rustfmt::skip]
const FREEBSD_12: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User), (8, Struct), (9, Sysctl), (10, ProcCtor), (11, ProcDtor),
    (12, CapFail), (13, Fault), (14, FaultEnd), (15, StructArray),
];
#[rustfmt::skip]
const FREEBSD_15: &[(i64, Kind)] = &[
    SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User), (8, Struct), (9, Sysctl), (10, ProcCtor), (11, ProcDtor),
    (12, CapFail), (13, Fault), (14, FaultEnd), (15, StructArray), (16, Args), (17, Envs), (18, ExtErr),
];
const DRAGONFLY: &[(i64, Kind)] = &[SYSCALL, SYSRET, NAMEI, GENIO, PSIG, CSW, (7, User)];

#[rustfmt::skip]
const NETBSD_1_MACHINES: &[&str] = &["i386", "sparc64", "powerpc", "m68k", "arm", "mipseb", "mipsel", "amd64", "alpha", "sparc", "vax", "ns32k"];
#[rustfmt::skip]
const NETBSD_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "m68k", "arm", "mipseb", "mipsel", "alpha", "ia64", "sparc", "hppa", "vax",
    "ns32k", "sh3el", "sh3eb", "armeb", "mipsn32eb", "mipsn32el", "mips64eb", "mips64el",
];
#[rustfmt::skip]
const NETBSD_6_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "m68k", "arm", "earm", "mipseb", "mipsel", "aarch64", "alpha", "riscv64",
    "ia64", "mips64el", "powerpc64", "mips64eb", "aarch64eb", "sparc", "hppa", "earmeb", "vax", "sh3el", "riscv32",
    "sh3eb", "armeb", "mipsn32eb", "mipsn32el",
];
/// The derivatives were built for fewer.
#[rustfmt::skip]
const MOUSE_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "m68k", "arm", "mipseb", "mipsel", "alpha", "sparc", "vax", "sh3el", "sh3eb",
];
#[rustfmt::skip]
const OPENBSD_5_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "m68k", "arm", "earm", "alpha", "mips64el", "mips64eb", "sparc", "hppa",
    "m88k", "vax", "sh3el",
];
#[rustfmt::skip]
const OPENBSD_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "m68k", "arm", "earm", "aarch64", "alpha", "riscv64", "mips64el", "powerpc64",
    "mips64eb", "sparc", "hppa", "m88k", "vax", "sh3el",
];
#[rustfmt::skip]
const OPENBSD_7_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "earm", "aarch64", "alpha", "riscv64", "mips64el", "powerpc64", "mips64eb",
    "hppa", "m88k", "sh3el",
];
#[rustfmt::skip]
const FREEBSD_8_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "arm", "armeb", "mipseb", "mipsel", "ia64", "mips64el", "powerpc64", "mips64eb",
    "mipsn32eb",
];
#[rustfmt::skip]
const FREEBSD_9_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "arm", "armeb", "earm", "mipseb", "mipsel", "aarch64", "riscv64", "ia64",
    "mips64el", "powerpc64", "mips64eb", "earmeb", "mipsn32eb",
];
#[rustfmt::skip]
const FREEBSD_12_MACHINES: &[&str] = &[
    "i386", "amd64", "sparc64", "powerpc", "earm", "mipseb", "mipsel", "aarch64", "riscv64", "mips64el", "powerpc64le",
    "powerpc64", "mips64eb", "mipsn32eb",
];
#[rustfmt::skip]
const FREEBSD_14_MACHINES: &[&str] =
    &["i386", "amd64", "powerpc", "earm", "aarch64", "riscv64", "powerpc64le", "powerpc64"];

/// What all are measured against; the rows below say where they differ.
const LITE2: Dialect = Dialect {
    system: System::Lite2,
    name: "lite2",
    title: "4.4BSD-Lite2 or BSD/OS",
    family: Family::Lite2,
    types: LITE2_TYPES,
    machines: &["i386", "m68k", "mipsel", "mipseb", "sparc", "alpha"],
    comm: 16,
    id: Id::Pointer,
    versions: Versions::None,
    cpu: Cpu::None,
    zeroed: false,
    lost_seconds: false,
    drops: false,
    arguments: Arguments::Size,
    returns: Returns::Int,
    restart: -1,
    sigset: 32,
    code: CodePlace::AfterMask,
    siginfo: SigInfo::None,
    wait_message: false,
    user_id: false,
    mib_behind: false,
    stat: Stat::None,
    cap_fail: Cap::Rights,
    header_only: false,
};
const NETBSD13: Dialect = Dialect {
    system: System::NetBsd13,
    name: "netbsd13",
    title: "NetBSD 1.2 or 1.3",
    family: Family::NetBsd,
    types: NETBSD_1,
    machines: NETBSD_1_MACHINES,
    returns: Returns::Register,
    ..LITE2
};
const NETBSD14: Dialect = Dialect {
    system: System::NetBsd14,
    name: "netbsd14",
    title: "NetBSD 1.4 or 1.5",
    types: NETBSD_1_4,
    machines: NETBSD_MACHINES,
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
    versions: Versions::Member,
    zeroed: true,
    lost_seconds: true,
    returns: Returns::Two,
    restart: -3,
    siginfo: SigInfo::Behind { traps: false, wide: false },
    ..NETBSD14
};
const NETBSD7: Dialect = Dialect {
    system: System::NetBsd7,
    name: "netbsd7",
    title: "NetBSD 6 to 9",
    types: NETBSD_6,
    machines: NETBSD_6_MACHINES,
    lost_seconds: false,
    siginfo: SigInfo::Behind { traps: true, wide: false },
    ..NETBSD4
};
const OPENBSD56: Dialect = Dialect {
    system: System::OpenBsd56,
    name: "openbsd56",
    title: "OpenBSD 5.5 to 5.7",
    family: Family::OpenBsd,
    types: OPENBSD_5,
    machines: OPENBSD_5_MACHINES,
    id: Id::Thread,
    zeroed: true,
    returns: Returns::Register,
    user_id: true,
    siginfo: SigInfo::Inside { clock: 8, status_between: false, uid_first: false },
    mib_behind: true,
    stat: Stat::OpenBsd,
    ..LITE2
};
const OPENBSD58: Dialect = Dialect {
    system: System::OpenBsd58,
    name: "openbsd58",
    title: "OpenBSD 5.8 to 7.0",
    types: OPENBSD_5_8,
    machines: OPENBSD_MACHINES,
    returns: Returns::OnSuccess,
    ..OPENBSD56
};
const OPENBSD71: Dialect = Dialect {
    system: System::OpenBsd71,
    name: "openbsd71",
    title: "OpenBSD 7.1 or 7.2",
    types: OPENBSD_7_1,
    machines: OPENBSD_7_MACHINES,
    comm: 23,
    ..OPENBSD58
};
const FREEBSD93: Dialect = Dialect {
    system: System::FreeBsd93,
    name: "freebsd93",
    title: "FreeBSD 9",
    family: Family::FreeBsd,
    types: FREEBSD_9,
    machines: FREEBSD_9_MACHINES,
    comm: 19,
    id: Id::Thread,
    drops: true,
    arguments: Arguments::Number,
    returns: Returns::Register,
    sigset: 128,
    code: CodePlace::AfterAction,
    wait_message: true,
    stat: Stat::FreeBsd,
    ..LITE2
};
const FREEBSD12: Dialect = Dialect {
    system: System::FreeBsd12,
    name: "freebsd12",
    title: "FreeBSD 12 or 13",
    types: FREEBSD_12,
    machines: FREEBSD_12_MACHINES,
    stat: Stat::FreeBsd12,
    ..FREEBSD93
};
const FREEBSD14: Dialect = Dialect {
    system: System::FreeBsd14,
    name: "freebsd14",
    title: "FreeBSD 14",
    machines: FREEBSD_14_MACHINES,
    versions: Versions::TypeBit,
    cpu: Cpu::Member,
    ..FREEBSD12
};

/// Every system, in the order in which they are preferred where bytes do not tell them apart.
pub static DIALECTS: [Dialect; 23] = [
    NETBSD14,
    NETBSD4,
    NETBSD7,
    Dialect {
        system: System::NetBsd10,
        name: "netbsd10",
        title: "NetBSD 10",
        siginfo: SigInfo::Behind { traps: true, wide: true },
        ..NETBSD7
    },
    NETBSD13,
    Dialect {
        system: System::NetBsd16,
        name: "netbsd16",
        title: "NetBSD 1.6, before 2.0",
        returns: Returns::Two,
        ..NETBSD14
    },
    Dialect {
        system: System::NetBsdDraft,
        name: "netbsd-draft",
        title: "NetBSD's draft of a version 3",
        types: NETBSD_DRAFT,
        machines: &["sparc64"],
        id: Id::Thread,
        zeroed: true,
        arguments: Arguments::WideSize,
        returns: Returns::Wide,
        code: CodePlace::BeforeAction,
        siginfo: SigInfo::None,
        ..NETBSD4
    },
    LITE2,
    FREEBSD93,
    Dialect { system: System::FreeBsd10, name: "freebsd10", title: "FreeBSD 10 or 11", types: FREEBSD_10, ..FREEBSD93 },
    FREEBSD12,
    Dialect {
        system: System::FreeBsd8,
        name: "freebsd8",
        title: "FreeBSD 8 or 9.0",
        types: FREEBSD_8,
        machines: FREEBSD_8_MACHINES,
        wait_message: false,
        ..FREEBSD93
    },
    FREEBSD14,
    Dialect {
        system: System::FreeBsd15,
        name: "freebsd15",
        title: "FreeBSD 15",
        types: FREEBSD_15,
        cap_fail: Cap::Union,
        ..FREEBSD14
    },
    OPENBSD56,
    OPENBSD58,
    OPENBSD71,
    Dialect {
        system: System::OpenBsd73,
        name: "openbsd73",
        title: "OpenBSD 7.3 or later",
        types: OPENBSD_7_3,
        siginfo: SigInfo::Inside { clock: 8, status_between: false, uid_first: true },
        ..OPENBSD71
    },
    Dialect {
        system: System::DragonFly,
        name: "dfly",
        title: "DragonFly",
        family: Family::DragonFly,
        types: DRAGONFLY,
        machines: &["amd64", "i386"],
        comm: 16,
        cpu: Cpu::HighByte,
        wait_message: false,
        stat: Stat::None,
        ..FREEBSD93
    },
    Dialect {
        system: System::Darwin8,
        name: "darwin8",
        title: "Darwin 8 (Mac OS X 10.4)",
        family: Family::Darwin,
        types: DRAGONFLY,
        machines: &["powerpc", "i386"],
        arguments: Arguments::WideNumber,
        returns: Returns::Register,
        code: CodePlace::AfterAction,
        ..LITE2
    },
    Dialect {
        system: System::Aerie,
        name: "aerie",
        title: "AerieBSD",
        family: Family::Aerie,
        types: NETBSD_1,
        machines: &["i386", "amd64", "sparc64", "powerpc", "m68k", "arm", "alpha", "sparc", "hppa", "m88k", "vax"],
        siginfo: SigInfo::Inside { clock: 4, status_between: true, uid_first: false },
        ..LITE2
    },
    Dialect {
        system: System::Mouse14,
        name: "mouse14",
        title: "NetBSD 1.4T with 64-bit seconds",
        machines: MOUSE_MACHINES,
        header_only: true,
        ..NETBSD14
    },
    Dialect {
        system: System::Mouse40,
        name: "mouse40",
        title: "NetBSD 4.0.1 with 64-bit seconds",
        machines: MOUSE_MACHINES,
        header_only: true,
        lost_seconds: false,
        ..NETBSD4
    },
];

/// What stands for a system that is none of the BSDs.
pub static PRIVATE: Dialect = Dialect {
    system: System::Private,
    name: "private",
    title: "a program's own records",
    family: Family::Other,
    types: &[],
    machines: &[],
    id: Id::Thread,
    ..LITE2
};
