//! The 38 header classes: which offsets and widths a header can have, and who writes them.
//!
//! Made by cross compilers for the ABIs and checked against the systems' headers. A new layout is a new row.

use crate::endian::Endian::{Big, Little};
use crate::layout::Unit::{Micro, Nano};
use crate::layout::{Class, Field, Member};
use crate::system::System::*;

const fn f(at: u8, width: u8) -> Field {
    Field { at, width }
}

const fn m(system: crate::system::System, version: u8, abi: &'static str) -> Member {
    Member { system, version, abi }
}

/// Every known header, those of big-endian machines first.
#[rustfmt::skip]
pub static CLASSES: [Class; 38] = [
    Class { endian: Big, size: 40, len: f(0, 4), kind: f(4, 2), version: None, pid: f(6, 4), comm: 10, sec: f(28, 4), frac: f(32, 4), unit: Micro, id: f(36, 4), members: &[
        m(Lite2, 0, "m68k"), m(NetBsd13, 0, "m68k"), m(NetBsd14, 0, "m68k"),
    ] },
    Class { endian: Big, size: 42, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 4), frac: f(34, 4), unit: Nano, id: f(38, 4), members: &[
        m(NetBsd4, 1, "m68k"), m(NetBsd7, 1, "m68k"),
    ] },
    Class { endian: Big, size: 42, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 4), frac: f(34, 4), unit: Micro, id: f(38, 4), members: &[
        m(NetBsd4, 0, "m68k"), m(NetBsd7, 0, "m68k"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(4, 2), version: None, pid: f(6, 4), comm: 10, sec: f(28, 8), frac: f(36, 4), unit: Micro, id: f(40, 4), members: &[
        m(Mouse14, 0, "m68k"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), members: &[
        m(NetBsd13, 0, "powerpc"), m(NetBsd14, 0, "mipseb"), m(NetBsd14, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Nano, id: f(40, 4), members: &[
        m(NetBsd4, 1, "mipseb"), m(NetBsd4, 1, "powerpc"), m(NetBsd7, 1, "mipseb"), m(NetBsd7, 1, "powerpc"),
    ] },
    Class { endian: Big, size: 44, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), members: &[
        m(NetBsd4, 0, "mipseb"), m(NetBsd4, 0, "powerpc"), m(NetBsd7, 0, "mipseb"), m(NetBsd7, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 46, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 8), frac: f(38, 4), unit: Nano, id: f(42, 4), members: &[
        m(Mouse40, 1, "m68k"), m(NetBsd7, 2, "m68k"),
    ] },
    Class { endian: Big, size: 46, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(30, 8), frac: f(38, 4), unit: Micro, id: f(42, 4), members: &[
        m(Mouse40, 0, "m68k"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), members: &[
        m(Mouse14, 0, "mipseb"), m(Mouse14, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(FreeBsd93, 0, "sparc64"), m(Mouse14, 0, "sparc64"), m(NetBsd14, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Nano, id: f(48, 4), members: &[
        m(NetBsd4, 1, "sparc64"), m(NetBsd7, 1, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(NetBsd7, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(48, 4), members: &[
        m(Mouse40, 1, "mipseb"), m(Mouse40, 1, "powerpc"), m(NetBsd7, 2, "mipseb"), m(NetBsd7, 2, "powerpc"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), members: &[
        m(Mouse40, 0, "mipseb"), m(Mouse40, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Nano, id: f(48, 4), members: &[
        m(Mouse40, 1, "sparc64"), m(NetBsd7, 2, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(0, 4), kind: f(6, 2), version: Some(f(4, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(Mouse40, 0, "sparc64"), m(NetBsd4, 0, "sparc64"),
    ] },
    Class { endian: Big, size: 56, len: f(52, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 4), unit: Nano, id: f(8, 4), members: &[
        m(OpenBsd56, 0, "powerpc"),
    ] },
    Class { endian: Big, size: 64, len: f(56, 8), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 8), unit: Nano, id: f(8, 4), members: &[
        m(OpenBsd56, 0, "sparc64"),
    ] },
    Class { endian: Little, size: 40, len: f(0, 4), kind: f(26, 2), version: None, pid: f(4, 4), comm: 8, sec: f(28, 4), frac: f(32, 4), unit: Micro, id: f(36, 4), members: &[
        m(Aerie, 0, "i386"),
    ] },
    Class { endian: Little, size: 44, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), members: &[
        m(FreeBsd93, 0, "i386"), m(Lite2, 0, "i386"), m(Lite2, 0, "mipsel"), m(NetBsd13, 0, "arm"), m(NetBsd13, 0, "i386"), m(NetBsd13, 0, "mipsel"), m(NetBsd14, 0, "arm"), m(NetBsd14, 0, "i386"), m(NetBsd14, 0, "mipsel"),
    ] },
    Class { endian: Little, size: 44, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Nano, id: f(40, 4), members: &[
        m(NetBsd4, 1, "arm"), m(NetBsd4, 1, "i386"), m(NetBsd4, 1, "mipsel"), m(NetBsd7, 1, "arm"), m(NetBsd7, 1, "earm"), m(NetBsd7, 1, "i386"), m(NetBsd7, 1, "mipsel"),
    ] },
    Class { endian: Little, size: 44, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(36, 4), unit: Micro, id: f(40, 4), members: &[
        m(NetBsd4, 0, "arm"), m(NetBsd4, 0, "i386"), m(NetBsd4, 0, "mipsel"), m(NetBsd7, 0, "arm"), m(NetBsd7, 0, "earm"), m(NetBsd7, 0, "i386"), m(NetBsd7, 0, "mipsel"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(44, 4), members: &[
        m(Mouse14, 0, "arm"), m(Mouse14, 0, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(44, 4), members: &[
        m(Mouse40, 1, "arm"), m(Mouse40, 1, "i386"), m(NetBsd7, 2, "arm"), m(NetBsd7, 2, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(44, 4), members: &[
        m(Mouse40, 0, "arm"), m(Mouse40, 0, "i386"),
    ] },
    Class { endian: Little, size: 48, len: f(44, 4), kind: f(0, 4), version: None, pid: f(4, 4), comm: 24, sec: f(12, 8), frac: f(20, 4), unit: Nano, id: f(8, 4), members: &[
        m(OpenBsd56, 0, "i386"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), members: &[
        m(Mouse14, 0, "mipsel"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(FreeBsd93, 0, "amd64"), m(Mouse14, 0, "amd64"), m(NetBsd14, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Nano, id: f(48, 4), members: &[
        m(NetBsd4, 1, "amd64"), m(NetBsd7, 1, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 4), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(NetBsd7, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Nano, id: f(48, 4), members: &[
        m(Mouse40, 1, "mipsel"), m(NetBsd7, 2, "earm"), m(NetBsd7, 2, "mipsel"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 4), unit: Micro, id: f(48, 4), members: &[
        m(Mouse40, 0, "mipsel"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Nano, id: f(48, 4), members: &[
        m(Mouse40, 1, "amd64"), m(NetBsd7, 2, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 4), kind: f(4, 2), version: Some(f(6, 2)), pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(Mouse40, 0, "amd64"), m(NetBsd4, 0, "amd64"),
    ] },
    Class { endian: Little, size: 56, len: f(0, 8), kind: f(30, 2), version: None, pid: f(8, 4), comm: 12, sec: f(32, 8), frac: f(40, 8), unit: Micro, id: f(48, 8), members: &[
        m(Aerie, 0, "amd64"),
    ] },
    Class { endian: Little, size: 64, len: f(0, 4), kind: f(4, 2), version: None, pid: f(8, 4), comm: 16, sec: f(40, 8), frac: f(48, 8), unit: Micro, id: f(12, 4), members: &[
        m(DragonFly, 0, "amd64"),
    ] },
    Class { endian: Little, size: 64, len: f(56, 8), kind: f(0, 4), version: None, pid: f(4, 4), comm: 32, sec: f(16, 8), frac: f(24, 8), unit: Nano, id: f(8, 4), members: &[
        m(OpenBsd56, 0, "amd64"),
    ] },
];
