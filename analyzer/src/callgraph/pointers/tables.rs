//! Where variables of a struct type are initialised, and which structs hold another by value: one fast pass over the text.

use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::hash::Hasher;
use uioscope_source::c::declared::{before_blanks, skip_blank};
use uioscope_source::c::lex::{self, Tok};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::language::is_preprocessed;
use uioscope_source::text::SourceTree;
use uioscope_source::text::is_word;
use uioscope_source::text::word_end;

/// How far a struct's head may stand before one of its members.
const LONGEST_STRUCT: usize = 32 * 1024;
/// How deep structs are looked for in structs.
const DEEPEST: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// `struct X v = {`
    Init,
    /// `struct X v;`: perhaps in another struct.
    Value,
    /// `typedef struct X T;`, `typedef struct X { … } T;`
    Typedef,
}

/// A struct's tag standing somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u64,
    file: u32,
    at: u32,
    kind: Kind,
}

/// Uses of struct types by value, in a tree.
#[derive(Debug, Default)]
pub struct Tables {
    entries: Vec<Entry>,
}

/// An initialised variable: where its type's name stands, and that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Table {
    /// Index of the file.
    pub file: u32,
    /// Byte offset of the type's name.
    pub at: u32,
    /// The type's name.
    pub name: String,
    /// It is a typedef's name.
    pub is_typedef: bool,
}

fn hash(name: &[u8]) -> u64 {
    let mut h = rustc_hash::FxHasher::default();
    h.write(name);
    h.finish()
}

impl Tables {
    /// Looks through all C files.
    pub fn new(tree: &SourceTree) -> Tables {
        let finder = memmem::Finder::new(b"struct");
        let mut entries: Vec<Entry> = tree
            .files
            .par_iter()
            .enumerate()
            .filter(|(_, f)| is_preprocessed(&f.path))
            .flat_map_iter(|(i, f)| {
                let text = &f.bytes;
                let mut found = Vec::new();
                for at in finder.find_iter(text) {
                    let tag = skip_blank(text, at + 6);
                    let end = word_end(text, tag);
                    if tag == at + 6 || end == tag || !is_word(text, at, 6) {
                        continue;
                    }
                    if let Some(kind) = kind(text, at, end) {
                        found.push(Entry { hash: hash(&text[tag..end]), file: i as u32, at: tag as u32, kind });
                    }
                }
                found
            })
            .collect();
        entries.par_sort_unstable();
        Tables { entries }
    }

    fn of(&self, name: &str) -> &[Entry] {
        let wanted = hash(name.as_bytes());
        let from = self.entries.partition_point(|e| e.hash < wanted);
        let to = self.entries.partition_point(|e| e.hash <= wanted);
        &self.entries[from..to]
    }

    /// Initialised variables of the structs, and of structs and typedefs that hold them.
    pub fn initialised(&self, lookup: &Lookup<'_>, tags: &BTreeSet<String>) -> Vec<Table> {
        let mut known: FxHashSet<String> = tags.iter().cloned().collect();
        let first = |name: &String| Holder { name: name.clone(), is_typedef: self.of(name).is_empty() };
        let mut fresh: Vec<Holder> = tags.iter().map(first).collect();
        let mut found = Vec::new();
        for _ in 0..DEEPEST {
            let mut next = BTreeSet::new();
            for Holder { name, is_typedef } in fresh.drain(..) {
                if is_typedef {
                    typedef_tables(lookup, &name, &mut found);
                }
                for e in self.of(&name) {
                    let text = &lookup.tree().files[e.file as usize].bytes;
                    if !text[e.at as usize..].starts_with(name.as_bytes()) {
                        continue;
                    }
                    match e.kind {
                        Kind::Init => {
                            found.push(Table { file: e.file, at: e.at, name: name.clone(), is_typedef: false })
                        }
                        Kind::Value => next.extend(enclosing(text, e.at as usize)),
                        Kind::Typedef => {
                            for alias in typedef_names(text, e.at as usize + name.len()) {
                                typedef_tables(lookup, &alias, &mut found);
                            }
                        }
                    }
                }
            }
            fresh.extend(next.into_iter().filter(|n| known.insert(n.name.clone())));
        }
        found.sort();
        found.dedup();
        found
    }
}

/// What the tag that ends at `end`, behind the keyword at `keyword`, is used for.
fn kind(text: &[u8], keyword: usize, end: usize) -> Option<Kind> {
    let next = skip_blank(text, end);
    let head = before_blanks(&text[..keyword]);
    if head.ends_with(b"typedef") && text.get(next) != Some(&b'*') {
        return Some(Kind::Typedef);
    }
    match text.get(next)? {
        b')' => (text.get(skip_blank(text, next + 1)) == Some(&b'{')).then_some(Kind::Init),
        b'{' => {
            // `struct X { … } v = {`
            let close = closing(text, next)?;
            ends(text, close).filter(|b| *b == b'=').map(|_| Kind::Init)
        }
        b if b.is_ascii_alphabetic() || *b == b'_' => match ends(text, next)? {
            b'=' => Some(Kind::Init),
            b';' | b',' => (!head.ends_with(b"extern")).then_some(Kind::Value),
            _ => None,
        },
        _ => None,
    }
}

/// One past the brace that closes the one at `open`; comments are taken for text.
fn closing(text: &[u8], open: usize) -> Option<usize> {
    let reach = &text[open..text.len().min(open + LONGEST_STRUCT)];
    let mut depth = 0usize;
    for at in memchr::memchr2_iter(b'{', b'}', reach) {
        match reach[at] {
            b'{' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth == 0 {
            return Some(open + at + 1);
        }
    }
    None
}

/// The byte that ends the declarator at `at`.
fn ends(text: &[u8], at: usize) -> Option<u8> {
    let reach = &text[at..text.len().min(at + 400)];
    let mut i = 0;
    while i < reach.len() {
        match reach[i] {
            b'[' => i += memchr::memchr(b']', &reach[i..])?,
            b'/' if reach[i..].starts_with(b"/*") => i += memmem::find(&reach[i..], b"*/")? + 1,
            b @ (b'=' | b';' | b',' | b'(' | b')' | b'{' | b'}' | b'#') => return Some(b),
            _ => {}
        }
        i += 1;
    }
    None
}

/// A struct by its tag, or else its typedef name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The name.
    pub name: String,
    /// It is a typedef's.
    pub is_typedef: bool,
}

/// The tag, or else the typedef name, of the struct that a place stands in.
pub fn enclosing(text: &[u8], at: usize) -> Option<Holder> {
    let reach = at.saturating_sub(LONGEST_STRUCT);
    let (mut pos, mut depth) = (at, 0usize);
    let mut outermost = None;
    while let Some(n) = memchr::memrchr2(b'{', b'}', &text[reach..pos]) {
        pos = reach + n;
        if text[pos] == b'}' {
            depth += 1;
            continue;
        }
        if depth > 0 {
            depth -= 1;
            continue;
        }
        let head = before_blanks(&text[..pos]);
        let is_struct = |h: &[u8]| h.ends_with(b"struct") || h.ends_with(b"union");
        if is_struct(head) {
            // One without a tag: its members are found by what holds it.
            outermost = Some(pos);
            continue;
        }
        let start = head.len() - head.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let before = before_blanks(&head[..start]);
        let is_tag = start < head.len() && before.len() < start && is_struct(before);
        let name = || String::from_utf8_lossy(&head[start..]).into_owned();
        return is_tag.then(|| Holder { name: name(), is_typedef: false });
    }
    // `typedef struct { … } T;`
    let open = outermost?;
    let before = before_blanks(&text[..open]);
    let before = before.strip_suffix(b"struct").or_else(|| before.strip_suffix(b"union"))?.trim_ascii_end();
    let name = before.ends_with(b"typedef").then(|| typedef_names(text, open).into_iter().next()).flatten()?;
    Some(Holder { name, is_typedef: true })
}

/// Names up to the `;` that ends a typedef, from after its struct's tag on; pointers to it are left out.
fn typedef_names(text: &[u8], at: usize) -> Vec<String> {
    let (mut depth, mut names, mut pointer) = (0usize, Vec::new(), false);
    let reach = &text[at..text.len().min(at + LONGEST_STRUCT)];
    for token in lex::raw(reach) {
        match token.kind {
            Tok::LBrace => depth += 1,
            Tok::RBrace => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Tok::Semi => break,
            Tok::Star => pointer = true,
            Tok::Comma => pointer = false,
            Tok::Ident if !pointer => names.push(String::from_utf8_lossy(token.span.of(reach)).into_owned()),
            _ => {}
        }
    }
    names
}

/// Initialised variables of a typedef's name.
fn typedef_tables(lookup: &Lookup<'_>, alias: &str, found: &mut Vec<Table>) {
    let finder = memmem::Finder::new(alias);
    let may_hold = lookup.words().asked(alias);
    let tables: Vec<Table> = lookup
        .tree()
        .files
        .par_iter()
        .enumerate()
        .filter(|(i, f)| may_hold(*i) && is_preprocessed(&f.path))
        .flat_map_iter(|(i, f)| {
            let text = &f.bytes;
            let is_init = |at: &usize| {
                let next = skip_blank(text, at + alias.len());
                is_word(text, *at, alias.len())
                    && text.get(next).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                    && ends(text, next) == Some(b'=')
            };
            let table = |at: usize| Table { file: i as u32, at: at as u32, name: alias.to_owned(), is_typedef: true };
            finder.find_iter(text).filter(is_init).map(table).collect::<Vec<_>>()
        })
        .collect();
    found.extend(tables);
}
