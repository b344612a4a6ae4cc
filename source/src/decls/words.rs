//! Which files may hold a word: one pass over the tree, then a few bits tell.

use crate::language;
use crate::text::{SourceTree, is_word};
use memchr::memmem;
use rayon::prelude::*;

/// For each file the words in it, as a set of bits that may say yes too often, but never no.
pub struct Words {
    files: Vec<Vec<u64>>,
}

/// Places of a word, file and byte offset of each; `None`: too many.
pub type Places = Option<Vec<(u32, u32)>>;

impl Words {
    /// Of all files that are read.
    pub fn new(tree: &SourceTree) -> Words {
        let of = |f: &crate::text::SourceFile| {
            if !language::is_read(&f.path) {
                return Vec::new();
            }
            // A bit for two bytes: names come back, so that a tenth of the bits are set.
            let mut bits = vec![0u64; (f.bytes.len() / 128).next_power_of_two().max(4)];
            let mask = bits.len() - 1;
            each_word(&f.bytes, |hash| {
                for slot in slots(hash) {
                    bits[slot >> 6 & mask] |= 1 << (slot & 63);
                }
            });
            bits
        };
        Words { files: tree.files.par_iter().map(of).collect() }
    }

    /// Every place of each word, in order, unless it has more than its number says.
    pub fn places(&self, tree: &SourceTree, words: &[(&str, usize)]) -> Vec<Places> {
        let finders: Vec<_> =
            words.iter().map(|(w, _)| (memmem::Finder::new(w), slots(hash_of(w.as_bytes())))).collect();
        // File by file: its bits and its text are then at hand for all words.
        let in_one = |(i, f): (usize, &crate::text::SourceFile)| {
            let mut found: Vec<(u32, u32, u32)> = Vec::new();
            for (n, (finder, slots)) in finders.iter().enumerate() {
                if self.may_hold(i, slots) {
                    in_file(&f.bytes, finder, words[n].0, |at| found.push((n as u32, i as u32, at)));
                }
            }
            found
        };
        let found: Vec<Vec<(u32, u32, u32)>> = tree.files.par_iter().enumerate().map(in_one).collect();
        let mut out: Vec<Places> = vec![Some(Vec::new()); words.len()];
        for (n, file, at) in found.into_iter().flatten() {
            let most = words[n as usize].1;
            let places = &mut out[n as usize];
            match places {
                Some(list) if list.len() < most => list.push((file, at)),
                _ => *places = None,
            }
        }
        out
    }

    /// Asks for one word: whether a file, by its index, may hold it.
    pub fn asked<'a>(&'a self, word: &str) -> impl Fn(usize) -> bool + use<'a> {
        let is_word = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let slots = slots(hash_of(word.as_bytes()));
        move |file| !is_word || self.may_hold(file, &slots)
    }

    fn may_hold(&self, file: usize, slots: &[usize; 3]) -> bool {
        let bits = &self.files[file];
        !bits.is_empty() && slots.iter().all(|s| bits[s >> 6 & (bits.len() - 1)] & 1 << (s & 63) != 0)
    }
}

/// The places of a word in one file.
pub fn in_file(text: &[u8], finder: &memmem::Finder<'_>, word: &str, mut found: impl FnMut(u32)) {
    finder.find_iter(text).filter(|at| is_word(text, *at, word.len())).for_each(|at| found(at as u32));
}

/// So many bytes are looked at together, a bit for each.
const BLOCK: usize = 64;

/// So many bytes of a word, and its length, tell it from others.
const HEAD: usize = 16;

/// Calls `found` with the hash of each word. Without a branch for each byte: the ends of words cannot be foreseen.
fn each_word(text: &[u8], mut found: impl FnMut(u64)) {
    let mut before = false;
    // A word that goes on from the block before: where it starts.
    let mut open = 0;
    let mut at = 0;
    while at < text.len() {
        let names = names_in(&text[at..]);
        let starts = names & !(names << 1 | u64::from(before));
        if before {
            let more = names.trailing_ones() as usize;
            if more == BLOCK {
                at += BLOCK;
                continue;
            }
            found(hash_at(text, open, at + more - open));
        }
        let mut left = starts;
        while left != 0 {
            let start = left.trailing_zeros();
            left &= left - 1;
            let len = (names >> start).trailing_ones();
            if (start + len) as usize == BLOCK {
                open = at + start as usize;
            } else {
                found(hash_at(text, at + start as usize, len as usize));
            }
        }
        before = names >> (BLOCK - 1) == 1;
        at += BLOCK;
    }
    if before {
        found(hash_at(text, open, text.len() - open));
    }
}

/// A bit for each of the first 64 bytes: whether it is part of a name.
fn names_in(text: &[u8]) -> u64 {
    let mut block = [0u8; BLOCK];
    let n = text.len().min(BLOCK);
    block[..n].copy_from_slice(&text[..n]);
    let is_name = block.map(|b| {
        let letter = (b | 0x20).wrapping_sub(b'a') < 26;
        let digit = b.wrapping_sub(b'0') < 10;
        u8::from(letter | digit | (b == b'_'))
    });
    let (eights, _) = is_name.as_chunks::<8>();
    // Eight bytes of 0 or 1 become eight bits.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().enumerate().fold(0, |all, (i, eight)| all | bits(eight) << (8 * i))
}

/// The hash of the word at a place.
fn hash_at(text: &[u8], at: usize, len: usize) -> u64 {
    match text.get(at..at + HEAD) {
        Some(head) => {
            let word = u128::from_le_bytes(head.try_into().expect("sixteen bytes"));
            let kept = if len >= HEAD { word } else { word & ((1u128 << (8 * len)) - 1) };
            mixed(kept, len)
        }
        None => hash_of(&text[at..at + len]),
    }
}

fn hash_of(word: &[u8]) -> u64 {
    let mut head = [0u8; HEAD];
    let n = word.len().min(HEAD);
    head[..n].copy_from_slice(&word[..n]);
    mixed(u128::from_le_bytes(head), word.len())
}

fn mixed(word: u128, len: usize) -> u64 {
    let (low, high) = (word as u64, (word >> 64) as u64);
    let wide = u128::from(low ^ 0x9e37_79b9_7f4a_7c15) * u128::from(high ^ len as u64 ^ 0xd1b5_4a32_d192_ed03);
    (wide as u64 ^ (wide >> 64) as u64).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

/// Three bits for a word.
fn slots(hash: u64) -> [usize; 3] {
    [hash >> 42, hash >> 21 & 0x1f_ffff, hash & 0x1f_ffff].map(|s| s as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_lost() {
        let text = "int f(struct uio *uio)\n{\n\treturn g(uio) + f2(h);\n}\nx";
        let tree = SourceTree::from_memory("t", vec![("a.c".to_owned(), text.as_bytes().to_vec())]);
        let words = Words::new(&tree);
        for word in ["int", "f", "struct", "uio", "return", "g", "f2", "h", "x"] {
            let want = text.match_indices(word).filter(|(at, _)| is_word(text.as_bytes(), *at, word.len())).count();
            let found = words.places(&tree, &[(word, 100)]).remove(0);
            assert_eq!(found.expect("few").len(), want, "{word}");
        }
        assert_eq!(words.places(&tree, &[("uio", 1)]), [None]);
    }

    #[test]
    fn words_across_blocks() {
        // Of every length, at every place in a block, and at the end of the text.
        for len in [1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 130] {
            for before in 0..70 {
                let word = "a1_Z".repeat(40)[..len].to_owned();
                for after in ["", " ", "(x) + yy"] {
                    let text = format!("{}{word}{after}", ";".repeat(before));
                    let mut got = Vec::new();
                    each_word(text.as_bytes(), |hash| got.push(hash));
                    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
                    let words = text.as_bytes().split(|b| !is_name(b)).filter(|w| !w.is_empty());
                    assert_eq!(got, words.map(hash_of).collect::<Vec<_>>(), "{text}");
                }
            }
        }
    }
}
