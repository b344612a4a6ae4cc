//! Where names are declared: one fast pass over the text of headers and Rust files, nothing parsed.

use crate::language;
use crate::shapes::Kind;
use crate::text::SourceTree;
use rayon::prelude::*;
use std::hash::Hasher;

/// One declared name. Names are kept as hashes: whoever asks reads the place and sees whether it is the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u64,
    file: u32,
    at: u32,
}

/// Declarations of all headers.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
}

fn hash(kind: Kind, name: &[u8]) -> u64 {
    let mut h = rustc_hash::FxHasher::default();
    h.write_u8(kind as u8);
    h.write(name);
    h.finish()
}

impl Index {
    /// Of a tree's headers and its Rust files.
    pub fn new(tree: &SourceTree) -> Index {
        let mut entries: Vec<Entry> = tree
            .files
            .par_iter()
            .enumerate()
            .flat_map_iter(|(i, f)| {
                let mut found = Vec::new();
                if let Some(language) = language::of(&f.path) {
                    language.declarations(&f.path, &f.bytes, &mut |kind, name| {
                        let hash = hash(kind, name.of(&f.bytes));
                        found.push(Entry { hash, file: i as u32, at: name.start });
                    });
                }
                found
            })
            .collect();
        entries.par_sort_unstable();
        Index { entries }
    }

    /// File index and byte offset of each declaration of a name, in order of files; hashes may clash.
    pub fn places(&self, kind: Kind, name: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
        let wanted = hash(kind, name);
        let from = self.entries.partition_point(|e| e.hash < wanted);
        self.entries[from..].iter().take_while(move |e| e.hash == wanted).map(|e| (e.file as usize, e.at as usize))
    }
}
