//! Which files may hold a word: one pass over the tree, then a few bits tell.

use memchr::memmem;
use rayon::prelude::*;
use std::hash::Hasher;
use uioscope_source::language;
use uioscope_source::text::{SourceTree, is_word};

/// Whether a byte is part of a name.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = (i as u8).is_ascii_alphanumeric() || i as u8 == b'_';
        i += 1;
    }
    table
};

/// For each file the words in it, as a set of bits that may say yes too often, but never no.
pub(super) struct Words {
    files: Vec<Vec<u64>>,
}

impl Words {
    pub fn new(tree: &SourceTree) -> Words {
        let of = |f: &uioscope_source::text::SourceFile| {
            if !language::is_read(&f.path) {
                return Vec::new();
            }
            // A bit for two bytes: names come back, so that a tenth of the bits are set.
            let mut bits = vec![0u64; (f.bytes.len() / 128).next_power_of_two().max(4)];
            let mut rest = &f.bytes[..];
            while let Some(start) = rest.iter().position(|b| IN_NAME[*b as usize]) {
                let word = &rest[start..];
                let end = word.iter().position(|b| !IN_NAME[*b as usize]).unwrap_or(word.len());
                set(&mut bits, &word[..end]);
                rest = &word[end..];
            }
            bits
        };
        Words { files: tree.files.par_iter().map(of).collect() }
    }

    /// Every place of a word: file and byte offset.
    pub fn places(&self, tree: &SourceTree, word: &str, most: usize) -> Option<Vec<(u32, u32)>> {
        let finder = memmem::Finder::new(word);
        let slots = slots(word.as_bytes());
        let mut found = Vec::new();
        for (i, f) in tree.files.iter().enumerate() {
            if self.may_hold(i, &slots) {
                in_file(&f.bytes, &finder, word, |at| found.push((i as u32, at)));
                if found.len() > most {
                    return None;
                }
            }
        }
        Some(found)
    }

    fn may_hold(&self, file: usize, slots: &[u64; 3]) -> bool {
        let bits = &self.files[file];
        !bits.is_empty() && slots.iter().all(|s| bits[*s as usize >> 6 & (bits.len() - 1)] & 1 << (s & 63) != 0)
    }
}

/// The places of a word in one file.
pub(super) fn in_file(text: &[u8], finder: &memmem::Finder<'_>, word: &str, mut found: impl FnMut(u32)) {
    finder.find_iter(text).filter(|at| is_word(text, *at, word.len())).for_each(|at| found(at as u32));
}

/// Three bits for a word.
fn slots(word: &[u8]) -> [u64; 3] {
    let mut h = rustc_hash::FxHasher::default();
    h.write(word);
    let h = h.finish();
    [h >> 40, h >> 20 & 0xff_ffff, h & 0xff_ffff]
}

fn set(bits: &mut [u64], word: &[u8]) {
    for slot in slots(word) {
        bits[slot as usize >> 6 & (bits.len() - 1)] |= 1 << (slot & 63);
    }
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
            assert_eq!(words.places(&tree, word, 100).expect("few").len(), want, "{word}");
        }
        assert_eq!(words.places(&tree, "uio", 1), None);
    }
}
