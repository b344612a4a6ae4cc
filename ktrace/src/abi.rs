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
    /// Bytes of a `long`, a `size_t` and a `register_t`.
    pub long: u8,
    /// The alignment of `int32_t`.
    pub int32_align: u8,
    /// The alignment of `int64_t`, of which a struct that holds one has at least as much.
    pub int64_align: u8,
    /// Bytes of the `time_t` that systems with 32-bit time had here: `long` on ILP32, `int` on LP64 (NetBSD to 5).
    pub time_t: u8,
}

const fn abi(id: u16, name: &'static str, endian: Endian, word: u8, int32_align: u8, int64_align: u8) -> Abi {
    Abi { id, name, endian, pointer: word, long: word, int32_align, int64_align, time_t: 4 }
}

/// The ABIs that the header classes know. `arm` is the old APCS one, `earm` the EABI.
pub static ABIS: [Abi; 9] = [
    abi(1, "i386", Endian::Little, 4, 4, 4),
    abi(2, "amd64", Endian::Little, 8, 4, 8),
    abi(3, "sparc64", Endian::Big, 8, 4, 8),
    abi(4, "powerpc", Endian::Big, 4, 4, 8),
    abi(5, "m68k", Endian::Big, 4, 2, 2),
    abi(6, "arm", Endian::Little, 4, 4, 4),
    abi(7, "earm", Endian::Little, 4, 4, 8),
    abi(8, "mipseb", Endian::Big, 4, 4, 8),
    abi(9, "mipsel", Endian::Little, 4, 4, 8),
];

/// The ABI of that name.
pub fn find(name: &str) -> Option<&'static Abi> {
    ABIS.iter().find(|abi| abi.name == name)
}

impl Abi {
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
    }

    #[test]
    fn members_are_placed_by_their_alignment() {
        let [m68k, i386, amd64] = ["m68k", "i386", "amd64"].map(|name| find(name).expect("known"));
        assert_eq!([m68k, i386, amd64].map(|abi| abi.place(6, 4)), [6, 8, 8]);
        assert_eq!([m68k, i386, amd64].map(|abi| abi.place(30, 8)), [30, 32, 32]);
        assert_eq!([m68k, i386, amd64].map(|abi| abi.place(36, 8)), [36, 36, 40]);
    }
}
