//! The classes of headers: which offsets and widths one can have, and who writes it. Made from `declarations` by the test
//! `ktrace_declarations` of the reports, which also compares.

use crate::endian::Endian::{Big, Little};
use crate::layout::Unit::{Micro, Nano};
use crate::layout::{Class, Field, Member};
use crate::system::System::{self, *};

const fn f(at: u8, width: u8) -> Field {
    Field { at, width }
}

const fn m(system: System, version: u8, abi: &'static str) -> Member {
    Member { system, version, abi }
}

/// Every known header, those of big-endian machines first.
#[rustfmt::skip]
pub static CLASSES: [Class; 55] = [
    Class { endian: Big, size: 40, len: f(0, 4), kind: f(26, 2), version: None, pid: f(4, 4), comm: 8, sec: f(28, 4), frac: f(32, 4), unit: Micro, id: f(36, 4), cpu: None, members: &[
        m(Aerie, 0, "powerpc"), m(Aerie, 0, "m68k"),
    ] },
    Class { endian: Big, size: 40, len: f(0, 4), kind: f(4, 2), version: None, pid: f(6, 4), comm: 10, sec: f(28, 4), frac: f(32, 4), unit: Micro, id: f(36, 4), cpu: None, members: &[
        m(Lite2, 0, "m68k"), m(NetBsd13, 0, "m68k"), m(NetBsd14, 0, "m68k"), m(NetBsd16, 0, "m68k"),
    ] },
    Class { endian: Big, size: 42, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 4), frac: f(34, 4), unit: Micro, id: f(38, 4), cpu: None, members: &[
        m(NetBsd4, 0, "m68k"), m(NetBsd7, 0, "m68k"), m(NetBsd10, 0, "m68k"),
    ] },
    Class { endian: Big, size: 42, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 4), frac: f(34, 4), unit: Nano, id: f(38, 4), cpu: None, members: &[
        m(NetBsd4, 1, "m68k"), m(NetBsd7, 1, "m68k"), m(NetBsd10, 1, "m68k"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(4, 2), version: None, pid: f(6, 4), comm: 10, sec: f(28, 8), frac: f(36, 4), unit: Micro, id: f(40, 4), cpu: None, members: &[
        m(Mouse14, 0, "m68k"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), cpu: None, members: &[
        m(Lite2, 0, "powerpc"), m(NetBsd13, 0, "powerpc"), m(NetBsd14, 0, "powerpc"), m(NetBsd14, 0, "sh3eb"), m(NetBsd14, 0, "mipsn32eb"), m(NetBsd16, 0, "powerpc"),
        m(NetBsd16, 0, "sh3eb"), m(NetBsd16, 0, "mipsn32eb"), m(FreeBsd8, 0, "powerpc"), m(FreeBsd93, 0, "powerpc"), m(FreeBsd10, 0, "powerpc"), m(Darwin8, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), cpu: None, members: &[
        m(NetBsd4, 0, "powerpc"), m(NetBsd4, 0, "sh3eb"), m(NetBsd4, 0, "mipsn32eb"), m(NetBsd7, 0, "powerpc"), m(NetBsd7, 0, "sh3eb"), m(NetBsd7, 0, "mipsn32eb"),
        m(NetBsd10, 0, "powerpc"), m(NetBsd10, 0, "sh3eb"), m(NetBsd10, 0, "mipsn32eb"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Nano, id: f(40, 4), cpu: None, members: &[
        m(NetBsd4, 1, "powerpc"), m(NetBsd4, 1, "sh3eb"), m(NetBsd4, 1, "mipsn32eb"), m(NetBsd7, 1, "powerpc"), m(NetBsd7, 1, "sh3eb"), m(NetBsd7, 1, "mipsn32eb"),
        m(NetBsd10, 1, "powerpc"), m(NetBsd10, 1, "sh3eb"), m(NetBsd10, 1, "mipsn32eb"),
    ] },
    Class { endian: Big, size: 46, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 8), frac: f(38, 4), unit: Micro, id: f(42, 4), cpu: None, members: &[
        m(Mouse40, 0, "m68k"),
    ] },
    Class { endian: Big, size: 46, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 8), frac: f(38, 4), unit: Nano, id: f(42, 4), cpu: None, members: &[
        m(Mouse40, 1, "m68k"), m(NetBsd7, 2, "m68k"), m(NetBsd10, 2, "m68k"),
    ] },
    Class { endian: Big, size: 46, len: f(42, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 24, sec: f(12, 8), frac: f(20, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd56, 0, "m68k"), m(OpenBsd58, 0, "m68k"),
    ] },
    Class { endian: Big, size: 48, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(44, 4), cpu: None, members: &[
        m(Mouse14, 0, "sh3eb"), m(FreeBsd8, 0, "sh3eb"), m(FreeBsd93, 0, "sh3eb"), m(FreeBsd10, 0, "sh3eb"),
    ] },
    Class { endian: Big, size: 48, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(36, 4), comm: 8, sec: f(24, 8), frac: f(32, 4), unit: Nano, id: f(40, 4), cpu: None, members: &[
        m(NetBsdDraft, 3, "sparc64"),
    ] },
    Class { endian: Big, size: 48, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(44, 4), cpu: None, members: &[
        m(Mouse40, 0, "sh3eb"),
    ] },
    Class { endian: Big, size: 48, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(44, 4), cpu: None, members: &[
        m(Mouse40, 1, "sh3eb"), m(NetBsd7, 2, "sh3eb"), m(NetBsd10, 2, "sh3eb"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), cpu: None, members: &[
        m(Mouse14, 0, "powerpc"), m(FreeBsd8, 0, "mipsn32eb"), m(FreeBsd93, 0, "mipsn32eb"), m(FreeBsd10, 0, "mipsn32eb"), m(FreeBsd12, 0, "powerpc"), m(FreeBsd12, 0, "mipsn32eb"),
        m(FreeBsd14, 0, "powerpc"), m(FreeBsd15, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(NetBsd13, 0, "sparc64"), m(NetBsd14, 0, "sparc64"), m(NetBsd16, 0, "sparc64"), m(Mouse14, 0, "sparc64"), m(FreeBsd8, 0, "sparc64"), m(FreeBsd93, 0, "sparc64"),
        m(FreeBsd10, 0, "sparc64"), m(FreeBsd12, 0, "sparc64"), m(FreeBsd14, 0, "sparc64"), m(FreeBsd15, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(48, 4), cpu: Some(f(52, 4)), members: &[
        m(FreeBsd14, 1, "powerpc"), m(FreeBsd15, 1, "powerpc"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(NetBsd7, 0, "sparc64"), m(NetBsd10, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Nano, id: f(48, 4), cpu: None, members: &[
        m(NetBsd4, 1, "sparc64"), m(NetBsd7, 1, "sparc64"), m(NetBsd10, 1, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), cpu: None, members: &[
        m(Mouse40, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(48, 4), cpu: None, members: &[
        m(Mouse40, 1, "powerpc"), m(NetBsd7, 2, "powerpc"), m(NetBsd7, 2, "mipsn32eb"), m(NetBsd10, 2, "powerpc"), m(NetBsd10, 2, "mipsn32eb"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(NetBsd4, 0, "sparc64"), m(Mouse40, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Nano, id: f(48, 4), cpu: None, members: &[
        m(Mouse40, 1, "sparc64"), m(NetBsd7, 2, "sparc64"), m(NetBsd10, 2, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 8), kind: f(30, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(Aerie, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(52, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd56, 0, "powerpc"), m(OpenBsd58, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 64, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Nano, id: f(48, 8), cpu: Some(f(56, 4)), members: &[
        m(FreeBsd14, 1, "sparc64"), m(FreeBsd15, 1, "sparc64"),
    ] },
    Class { endian: Big, size: 64, len: f(56, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd71, 0, "powerpc"), m(OpenBsd73, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 64, len: f(56, 8), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 8), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd56, 0, "sparc64"), m(OpenBsd58, 0, "sparc64"), m(OpenBsd71, 0, "sparc64"), m(OpenBsd73, 0, "sparc64"),
    ] },
    Class { endian: Little, size: 40, len: f(0, 4), kind: f(26, 2), version: None, pid: f(4, 4), comm: 8, sec: f(28, 4), frac: f(32, 4), unit: Micro, id: f(36, 4), cpu: None, members: &[
        m(Aerie, 0, "i386"),
    ] },
    Class { endian: Little, size: 44, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), cpu: None, members: &[
        m(Lite2, 0, "i386"), m(Lite2, 0, "earm"), m(NetBsd13, 0, "i386"), m(NetBsd13, 0, "earm"), m(NetBsd14, 0, "i386"), m(NetBsd14, 0, "earm"),
        m(NetBsd14, 0, "mipsn32el"), m(NetBsd16, 0, "i386"), m(NetBsd16, 0, "earm"), m(NetBsd16, 0, "mipsn32el"), m(FreeBsd8, 0, "i386"), m(FreeBsd93, 0, "i386"),
        m(FreeBsd10, 0, "i386"), m(FreeBsd12, 0, "i386"), m(FreeBsd14, 0, "i386"), m(FreeBsd15, 0, "i386"), m(Darwin8, 0, "i386"),
    ] },
    Class { endian: Little, size: 44, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), cpu: None, members: &[
        m(NetBsd4, 0, "i386"), m(NetBsd4, 0, "earm"), m(NetBsd4, 0, "mipsn32el"), m(NetBsd7, 0, "i386"), m(NetBsd7, 0, "earm"), m(NetBsd7, 0, "mipsn32el"),
        m(NetBsd10, 0, "i386"), m(NetBsd10, 0, "earm"), m(NetBsd10, 0, "mipsn32el"),
    ] },
    Class { endian: Little, size: 44, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Nano, id: f(40, 4), cpu: None, members: &[
        m(NetBsd4, 1, "i386"), m(NetBsd4, 1, "earm"), m(NetBsd4, 1, "mipsn32el"), m(NetBsd7, 1, "i386"), m(NetBsd7, 1, "earm"), m(NetBsd7, 1, "mipsn32el"),
        m(NetBsd10, 1, "i386"), m(NetBsd10, 1, "earm"), m(NetBsd10, 1, "mipsn32el"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(44, 4), cpu: None, members: &[
        m(Mouse14, 0, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 16, sec: f(36, 4), frac: f(40, 4), unit: Micro, id: f(12, 4), cpu: Some(f(6, 2)), members: &[
        m(DragonFly, 0, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Nano, id: f(40, 4), cpu: Some(f(44, 4)), members: &[
        m(FreeBsd14, 1, "i386"), m(FreeBsd15, 1, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(44, 4), cpu: None, members: &[
        m(Mouse40, 0, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(44, 4), cpu: None, members: &[
        m(Mouse40, 1, "i386"), m(NetBsd7, 2, "i386"), m(NetBsd10, 2, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(44, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 24, sec: f(12, 8), frac: f(20, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd56, 0, "i386"), m(OpenBsd58, 0, "i386"),
    ] },
    Class { endian: Little, size: 52, len: f(48, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 24, sec: f(12, 8), frac: f(20, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd71, 0, "i386"), m(OpenBsd73, 0, "i386"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), cpu: None, members: &[
        m(Mouse14, 0, "earm"), m(FreeBsd8, 0, "earm"), m(FreeBsd93, 0, "earm"), m(FreeBsd10, 0, "earm"), m(FreeBsd12, 0, "earm"), m(FreeBsd14, 0, "earm"),
        m(FreeBsd15, 0, "earm"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(Lite2, 0, "amd64"), m(NetBsd13, 0, "amd64"), m(NetBsd14, 0, "amd64"), m(NetBsd16, 0, "amd64"), m(Mouse14, 0, "amd64"), m(FreeBsd8, 0, "amd64"),
        m(FreeBsd93, 0, "amd64"), m(FreeBsd10, 0, "amd64"), m(FreeBsd12, 0, "amd64"), m(FreeBsd14, 0, "amd64"), m(FreeBsd15, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(NetBsd7, 0, "amd64"), m(NetBsd10, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Nano, id: f(48, 4), cpu: None, members: &[
        m(NetBsd4, 1, "amd64"), m(NetBsd7, 1, "amd64"), m(NetBsd10, 1, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), cpu: None, members: &[
        m(Mouse40, 0, "earm"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(48, 4), cpu: None, members: &[
        m(Mouse40, 1, "earm"), m(NetBsd7, 2, "earm"), m(NetBsd7, 2, "mipsn32el"), m(NetBsd10, 2, "earm"), m(NetBsd10, 2, "mipsn32el"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(48, 4), cpu: Some(f(52, 4)), members: &[
        m(FreeBsd14, 1, "earm"), m(FreeBsd15, 1, "earm"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(NetBsd4, 0, "amd64"), m(Mouse40, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Nano, id: f(48, 4), cpu: None, members: &[
        m(Mouse40, 1, "amd64"), m(NetBsd7, 2, "amd64"), m(NetBsd10, 2, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 8), kind: f(30, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), cpu: None, members: &[
        m(Aerie, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(52, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd56, 0, "earm"), m(OpenBsd58, 0, "earm"),
    ] },
    Class { endian: Little, size: 64, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 16, sec: f(40, 8), frac: f(48, 8), unit: Micro, id: f(12, 4), cpu: Some(f(6, 2)), members: &[
        m(DragonFly, 0, "amd64"),
    ] },
    Class { endian: Little, size: 64, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Nano, id: f(48, 8), cpu: Some(f(56, 4)), members: &[
        m(FreeBsd14, 1, "amd64"), m(FreeBsd15, 1, "amd64"),
    ] },
    Class { endian: Little, size: 64, len: f(56, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 4), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd71, 0, "earm"), m(OpenBsd73, 0, "earm"),
    ] },
    Class { endian: Little, size: 64, len: f(56, 8), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 8), unit: Nano, id: f(8, 4), cpu: None, members: &[
        m(OpenBsd56, 0, "amd64"), m(OpenBsd58, 0, "amd64"), m(OpenBsd71, 0, "amd64"), m(OpenBsd73, 0, "amd64"),
    ] },
];
