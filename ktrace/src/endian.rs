//! Integers of either byte order and of a width known only at run time.

/// The byte order of the machine that wrote a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// `little` or `big`.
    pub const fn name(self) -> &'static str {
        match self {
            Endian::Little => "little",
            Endian::Big => "big",
        }
    }

    /// The unsigned integer of `width` bytes (1, 2, 4 or 8) at `at`; `None` where the bytes end before it does.
    #[inline]
    pub fn unsigned(self, bytes: &[u8], at: usize, width: u8) -> Option<u64> {
        let field = bytes.get(at..at.checked_add(width.into())?)?;
        Some(match (field, self) {
            ([a], _) => u64::from(*a),
            ([a, b], Endian::Little) => u16::from_le_bytes([*a, *b]).into(),
            ([a, b], Endian::Big) => u16::from_be_bytes([*a, *b]).into(),
            ([a, b, c, d], Endian::Little) => u32::from_le_bytes([*a, *b, *c, *d]).into(),
            ([a, b, c, d], Endian::Big) => u32::from_be_bytes([*a, *b, *c, *d]).into(),
            (eight, Endian::Little) => u64::from_le_bytes(eight.try_into().ok()?),
            (eight, Endian::Big) => u64::from_be_bytes(eight.try_into().ok()?),
        })
    }

    /// The same, with the sign of its own width.
    #[inline]
    pub fn signed(self, bytes: &[u8], at: usize, width: u8) -> Option<i64> {
        let value = self.unsigned(bytes, at, width)?;
        let unused = 64 - 8 * u32::from(width.clamp(1, 8));
        Some((value << unused).cast_signed() >> unused)
    }

    /// The `int` at `at`.
    #[inline]
    pub fn int(self, bytes: &[u8], at: usize) -> Option<i32> {
        let field: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self {
            Endian::Little => i32::from_le_bytes(field),
            Endian::Big => i32::from_be_bytes(field),
        })
    }
}

/// A sequence of unsigned integers of one width, still in the order of their bytes.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    bytes: &'a [u8],
    width: u8,
    endian: Endian,
}

impl<'a> Words<'a> {
    /// As many whole words of `width` bytes (1, 2, 4 or 8) as `bytes` holds.
    pub fn new(bytes: &'a [u8], width: u8, endian: Endian) -> Words<'a> {
        let whole = bytes.len() - bytes.len() % usize::from(width.max(1));
        Words { bytes: &bytes[..whole], width: width.max(1), endian }
    }

    /// No words.
    pub const EMPTY: Words<'static> = Words { bytes: &[], width: 4, endian: Endian::Little };

    /// How many.
    pub fn len(&self) -> usize {
        self.bytes.len() / usize::from(self.width)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The words, without sign.
    pub fn iter(&self) -> impl Iterator<Item = u64> + 'a {
        let Words { bytes, width, endian } = *self;
        bytes.chunks_exact(width.into()).map(move |word| endian.unsigned(word, 0, width).unwrap_or_default())
    }

    /// The words as C `int`s.
    pub fn ints(&self) -> impl Iterator<Item = i32> + 'a {
        self.iter().map(|word| word as u32 as i32)
    }

    /// As the set of signals that a `sigset_t` is: signal n is bit (n - 1) mod 32 of word (n - 1) / 32.
    pub fn signals(&self) -> impl Iterator<Item = u32> + 'a {
        let bits = u32::from(self.width) * 8;
        (0u32..).zip(self.iter()).flat_map(move |(i, word)| {
            (0..bits).filter(move |bit| word >> bit & 1 == 1).map(move |bit| i * bits + bit + 1)
        })
    }
}

impl PartialEq for Words<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_all_widths() {
        let bytes = [0x80, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(Endian::Big.unsigned(&bytes, 0, 8), Some(0x8001_0203_0405_0607));
        assert_eq!(Endian::Little.unsigned(&bytes, 0, 8), Some(0x0706_0504_0302_0180));
        assert_eq!(Endian::Big.signed(&bytes, 0, 2), Some(-0x7fff));
        assert_eq!(Endian::Big.signed(&bytes, 0, 4), Some(-0x7ffe_fdfd));
        assert_eq!(Endian::Little.signed(&bytes, 0, 1), Some(-128));
        assert_eq!(Endian::Big.int(&bytes, 4), Some(0x0405_0607));
        assert_eq!(Endian::Big.unsigned(&bytes, 1, 8), None);
        assert_eq!(Endian::Big.int(&bytes, usize::MAX), None);
    }

    #[test]
    fn a_set_of_signals_keeps_its_word_order() {
        let big = Words::new(&[0, 0, 0, 1, 0x80, 0, 0, 1], 4, Endian::Big);
        assert_eq!(big.signals().collect::<Vec<_>>(), [1, 33, 64]);
        let little = Words::new(&[1, 0, 0, 0, 1, 0, 0, 0x80], 4, Endian::Little);
        assert_eq!(big, little);
    }
}
