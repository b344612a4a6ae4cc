//! The machines: what a C compiler makes of `int`, `long`, a pointer and an `int64_t` on each.

use crate::endian::Endian;

/// One application binary interface of the BSDs.
#[derive(Debug, PartialEq, Eq)]
pub struct Abi {
    /// Its number in the neutral format; 0 is none of these.
    pub id: u16,
    /// Its name, as NetBSD's `MACHINE_ARCH` mostly has it.
    pub name: &'static str,
    /// Its byte order.
    pub endian: Endian,
    /// Bytes of a pointer.
    pub pointer: u8,
    /// Bytes of a `long` and a `size_t`.
    pub long: u8,
    /// Bytes of a `register_t`: those of a `long` but on MIPS n32.
    pub register: u8,
    /// The alignment of `int32_t`.
    pub int32_align: u8,
    /// The alignment of `int64_t`, of which a struct that holds one has at least as much.
    pub int64_align: u8,
}

const fn abi(id: u16, name: &'static str, endian: Endian, word: u8, int32_align: u8, int64_align: u8) -> Abi {
    Abi { id, name, endian, pointer: word, long: word, register: word, int32_align, int64_align }
}

const fn n32(id: u16, name: &'static str, endian: Endian) -> Abi {
    Abi { id, name, endian, pointer: 4, long: 4, register: 8, int32_align: 4, int64_align: 8 }
}

use Endian::{Big, Little};

/// The ABIs. `arm` and `armeb` are the old APCS one, `earm` and `earmeb` the EABI. Those before the tenth, each of another
/// layout but for the two MIPS, are what a layout is called where the bytes do not say which of the alike it is.
pub static ABIS: [Abi; 30] = [
    abi(1, "i386", Little, 4, 4, 4),
    abi(2, "amd64", Little, 8, 4, 8),
    abi(3, "sparc64", Big, 8, 4, 8),
    abi(4, "powerpc", Big, 4, 4, 8),
    abi(5, "m68k", Big, 4, 2, 2),
    abi(6, "arm", Little, 4, 4, 4),
    abi(7, "earm", Little, 4, 4, 8),
    abi(8, "mipseb", Big, 4, 4, 8),
    abi(9, "mipsel", Little, 4, 4, 8),
    abi(10, "aarch64", Little, 8, 4, 8),
    abi(11, "alpha", Little, 8, 4, 8),
    abi(12, "riscv64", Little, 8, 4, 8),
    abi(13, "ia64", Little, 8, 4, 8),
    abi(14, "mips64el", Little, 8, 4, 8),
    abi(15, "powerpc64le", Little, 8, 4, 8),
    abi(16, "powerpc64", Big, 8, 4, 8),
    abi(17, "mips64eb", Big, 8, 4, 8),
    abi(18, "aarch64eb", Big, 8, 4, 8),
    abi(19, "sparc", Big, 4, 4, 8),
    abi(20, "hppa", Big, 4, 4, 8),
    abi(21, "m88k", Big, 4, 4, 8),
    abi(22, "earmeb", Big, 4, 4, 8),
    abi(23, "vax", Little, 4, 4, 4),
    abi(24, "sh3el", Little, 4, 4, 4),
    abi(25, "ns32k", Little, 4, 4, 4),
    abi(26, "riscv32", Little, 4, 4, 8),
    abi(27, "sh3eb", Big, 4, 4, 4),
    abi(28, "armeb", Big, 4, 4, 4),
    n32(29, "mipsn32eb", Big),
    n32(30, "mipsn32el", Little),
];

/// What systems call their machines, and under what name those stand above.
#[rustfmt::skip]
static ALIASES: [(&str, &str); 41] = [
    ("x86_64", "amd64"), ("x64", "amd64"), ("pc98", "i386"), ("i486", "i386"), ("arm64", "aarch64"), ("armv6", "earm"),
    ("armv7", "earm"), ("earmv7hf", "earm"), ("evbarm", "earm"), ("zaurus", "arm"), ("armish", "arm"), ("palm", "arm"),
    ("cats", "arm"), ("macppc", "powerpc"), ("ppc", "powerpc"), ("socppc", "powerpc"), ("darwinppc", "powerpc"),
    ("ppc64", "powerpc64"), ("mips", "mipseb"), ("mips64", "mips64eb"), ("octeon", "mips64eb"), ("sgi", "mips64eb"),
    ("loongson", "mips64el"), ("riscv", "riscv64"), ("landisk", "sh3el"), ("luna88k", "m88k"), ("aviion", "m88k"),
    ("mvme88k", "m88k"), ("mvme68k", "m68k"), ("hp300", "m68k"), ("mac68k", "m68k"), ("amiga", "m68k"), ("sun3", "m68k"),
    ("atari", "m68k"), ("m68000", "m68k"), ("hppa64", "sparc64"), ("sun4v", "sparc64"), ("pmax", "mipsel"),
    ("sgimips", "mipseb"), ("dreamcast", "sh3el"), ("pc532", "ns32k"),
];

/// The ABI of that name, or of a port of that name.
pub fn find(name: &str) -> Option<&'static Abi> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| *name);
    ABIS.iter().find(|abi| abi.name == name)
}

impl Abi {
    /// Whether compilers lay everything out the same for both.
    pub fn alike(&self, other: &Abi) -> bool {
        let shape = |a: &Abi| (a.endian, a.pointer, a.long, a.register, a.int32_align, a.int64_align);
        shape(self) == shape(other)
    }

    /// The alignment of an integer or a pointer of `width` bytes.
    pub const fn align(&self, width: u8) -> u8 {
        match width {
            8 => self.int64_align,
            4 => self.int32_align,
            narrow => narrow,
        }
    }

    /// The first offset from `at` that a member of `width` bytes can have.
    pub const fn place(&self, at: usize, width: u8) -> usize {
        let align = self.align(width) as usize;
        at.div_ceil(align) * align
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_unique() {
        for (i, a) in ABIS.iter().enumerate() {
            assert_eq!(usize::from(a.id), i + 1);
            assert_eq!(find(a.name), Some(a));
        }
        assert_eq!(find("pdp11"), None);
        for (alias, name) in ALIASES {
            assert!(find(alias).is_some_and(|abi| abi.name == name), "{alias}");
        }
    }

    #[test]
    fn members_are_placed_by_their_alignment() {
        let [m68k, i386, amd64] = ["m68k", "i386", "amd64"].map(|name| find(name).expect("known"));
        assert_eq!([m68k, i386, amd64].map(|abi| abi.place(6, 4)), [6, 8, 8]);
        assert_eq!([m68k, i386, amd64].map(|abi| abi.place(30, 8)), [30, 32, 32]);
        assert_eq!([m68k, i386, amd64].map(|abi| abi.place(36, 8)), [36, 36, 40]);
    }
}
