//! Where names are declared: one fast pass over the text of headers and Rust files, nothing parsed.

use crate::decls::lookup::is_word;
use crate::language::is_rust;
use crate::text::SourceTree;
use memchr::memmem;
use rayon::prelude::*;
use std::hash::Hasher;

/// What is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `struct NAME {`, `union NAME {`
    Struct,
    /// `#define NAME`
    Macro,
    /// `typedef … NAME;`
    Typedef,
}

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

/// The end of the word that starts at `at`; `at` itself where none does.
pub fn word_end(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// The first byte from `at` on that is no blank.
pub fn blanks(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|b| b.is_ascii_whitespace()).count()
}

impl Index {
    /// Of a tree's headers and its Rust files.
    pub fn new(tree: &SourceTree) -> Index {
        let mut entries: Vec<Entry> = tree
            .files
            .par_iter()
            .enumerate()
            .filter(|(_, f)| f.path.ends_with(".h") || is_rust(&f.path))
            .flat_map_iter(|(i, f)| {
                let mut found = Vec::new();
                let found_at = |kind, start: usize, end: usize| {
                    found.push(Entry { hash: hash(kind, &f.bytes[start..end]), file: i as u32, at: start as u32 });
                };
                if is_rust(&f.path) {
                    scan_rust(&f.bytes, found_at)
                } else {
                    scan(&f.bytes, found_at)
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

/// Calls `found` with the start and end of each declared name.
fn scan(text: &[u8], mut found: impl FnMut(Kind, usize, usize)) {
    for at in memmem::find_iter(text, b"define") {
        let head = text[..at].trim_ascii_end();
        if head.ends_with(b"#") {
            let name = blanks(text, at + 6);
            found(Kind::Macro, name, word_end(text, name));
        }
    }
    for keyword in [b"struct".as_slice(), b"union"] {
        for at in memmem::find_iter(text, keyword) {
            let after = at + keyword.len();
            let name = blanks(text, after);
            let end = word_end(text, name);
            if name > after && end > name && text.get(blanks(text, end)) == Some(&b'{') {
                found(Kind::Struct, name, end);
            }
        }
    }
    for at in memmem::find_iter(text, b"typedef") {
        typedef(text, at + 7, &mut found);
    }
}

/// `struct NAME`, `union NAME` and `type NAME` of Rust.
fn scan_rust(text: &[u8], mut found: impl FnMut(Kind, usize, usize)) {
    for (keyword, kind) in [(&b"struct"[..], Kind::Struct), (b"union", Kind::Struct), (b"type", Kind::Typedef)] {
        for at in memmem::find_iter(text, keyword).filter(|at| is_word(text, *at, keyword.len())) {
            let name = blanks(text, at + keyword.len());
            let end = word_end(text, name);
            if end > name {
                found(kind, name, end);
            }
        }
    }
}

/// The names before the `;` that ends a typedef: each that is followed by `;`, `,`, `)` or `[`.
fn typedef(text: &[u8], mut at: usize, found: &mut impl FnMut(Kind, usize, usize)) {
    // Long bodies are structs; their names come after the brace that closes them.
    const LONGEST: usize = 64 * 1024;
    let end = text.len().min(at + LONGEST);
    let mut depth = 0usize;
    while at < end {
        match text[at] {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return,
            b'/' if text[at..].starts_with(b"/*") => {
                at += memmem::find(&text[at..end], b"*/").unwrap_or(end - at);
            }
            b if depth == 0 && (b.is_ascii_alphabetic() || b == b'_') => {
                let stop = word_end(text, at);
                if matches!(text.get(blanks(text, stop)), Some(b';' | b',' | b')' | b'[')) {
                    found(Kind::Typedef, at, stop);
                }
                at = stop;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_declared() {
        let text = b"#define A 1\n# define\tB(x) x\nstruct s { int a; } v;\nstruct t *p;\n\
            typedef struct u {\n int x; } u_t, *u_p;\ntypedef int (*fn_t)(int);\nenum e;";
        let mut found = Vec::new();
        scan(text, |kind, start, end| found.push(format!("{kind:?} {}", String::from_utf8_lossy(&text[start..end]))));
        let want =
            ["Macro A", "Macro B", "Struct s", "Struct u", "Typedef u_t", "Typedef u_p", "Typedef fn_t", "Typedef int"];
        assert_eq!(found, want);
    }
}
