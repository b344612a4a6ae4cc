//! Places worth parsing although the field's name does not stand there: copies and initialisers of the whole struct, and
//! uses of macros. They are found in the text, so that only those functions are parsed.

use crate::finding::Access;
use crate::macros::Text;
use crate::pack::Pack;
use crate::site::Scan;
use crate::target::{Alias, Inside, Target};
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use uioscope_source::decls::index::{blanks, word_end};
use uioscope_source::decls::lookup::{Lookup, Macro, is_word};
use uioscope_source::decls::types::Types;
use uioscope_source::text::{SourceFile, SourceTree};

/// Index of the last byte before `at` that is no blank, plus one.
fn blank_before(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text[at - 1].is_ascii_whitespace() {
        at -= 1;
    }
    at
}

/// Typedef names of `struct of` itself (not of pointers to it).
pub fn typedefs(tree: &SourceTree, of: &str) -> BTreeSet<String> {
    let finder = memmem::Finder::new(of);
    let names = |f: &SourceFile| {
        let text = &f.bytes;
        let mut names = Vec::new();
        for at in finder.find_iter(text).filter(|at| is_word(text, *at, of.len())) {
            let Some(head) = text[..blank_before(text, at)].strip_suffix(b"struct") else { continue };
            let name = blanks(text, at + of.len());
            let end = word_end(text, name);
            if head.trim_ascii_end().ends_with(b"typedef") && end > name {
                names.push(String::from_utf8_lossy(&text[name..end]).into_owned());
            }
        }
        names
    };
    tree.files.par_iter().flat_map_iter(names).collect()
}

/// Byte offsets in Rust where a copy of `of` may stand: what the text alone says, for the parser to decide.
pub fn whole_struct_rust(text: &[u8], of: &str) -> Vec<u32> {
    if !memmem::find_iter(text, of.as_bytes()).any(|at| is_word(text, at, of.len())) {
        return Vec::new();
    }
    let rest = memmem::find_iter(text, b"..").filter(|at| {
        let after = text.get(at + 2);
        after.is_some_and(|b| *b == b'*' || b.is_ascii_alphabetic() || *b == b'_')
            && matches!(text[..blank_before(text, *at)].last(), Some(b',' | b'{'))
    });
    let copied = memmem::find_iter(text, b"=").filter(|at| text.get(blanks(text, at + 1)) == Some(&b'*'));
    let read = memmem::find_iter(text, b"ptr::read(");
    rest.chain(copied).chain(read).map(|at| at as u32).collect()
}

/// Byte offsets where a copy of `struct of`, or a positional initialiser of one, may stand.
pub fn whole_struct(text: &[u8], of: &str) -> Vec<u32> {
    let mut out = Vec::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    for at in memmem::find_iter(text, of.as_bytes()) {
        if !is_word(text, at, of.len())
            || !text[..blank_before(text, at)].ends_with(b"struct")
            || blank_before(text, at) == at
        {
            continue;
        }
        let mut pos = blanks(text, at + of.len());
        if text.get(pos) == Some(&b')') && text.get(blanks(text, pos + 1)) == Some(&b'{') {
            // A compound literal.
            out.push(at as u32);
        }
        // `struct uio a, *b, c[2] = { … }`
        for _ in 0..16 {
            while text.get(pos).is_some_and(|b| *b == b'*' || b.is_ascii_whitespace()) {
                pos += 1;
            }
            let end = word_end(text, pos);
            if end == pos {
                break;
            }
            names.insert(&text[pos..end]);
            pos = blanks(text, end);
            if text.get(pos) == Some(&b'[') {
                pos = memchr::memchr(b']', &text[pos..]).map_or(text.len(), |n| blanks(text, pos + n + 1));
            }
            if text.get(pos) == Some(&b'=') {
                out.push(at as u32);
                break;
            }
            if text.get(pos) != Some(&b',') {
                break;
            }
            pos += 1;
        }
    }
    for name in &names {
        for at in memmem::find_iter(text, name) {
            if is_word(text, at, name.len()) && is_copied(text, at, name.len(), &names) {
                out.push(at as u32);
            }
        }
    }
    if !names.is_empty() {
        for call in ["bcopy", "memcpy", "memmove"] {
            for at in memmem::find_iter(text, call.as_bytes()) {
                let end = memchr::memchr(b';', &text[at..]).map_or(text.len(), |n| at + n);
                let args = &text[at..end.min(at + 400)];
                if memmem::find(args, b"sizeof").is_some()
                    && names.iter().any(|n| memmem::find_iter(args, n).any(|i| is_word(args, i, n.len())))
                {
                    out.push(at as u32);
                }
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether the name at `at` is copied from (`= *uio`) or to (`kuio = auio`, `*uio = …`).
fn is_copied(text: &[u8], at: usize, len: usize, names: &BTreeSet<&[u8]>) -> bool {
    let before = blank_before(text, at);
    if text[..before].ends_with(b"*") {
        let assign = blank_before(text, before - 1);
        if text[..assign].ends_with(b"=") && !text[..assign].ends_with(b"==") {
            return true;
        }
    }
    let next = blanks(text, at + len);
    if text.get(next) != Some(&b'=') || text.get(next + 1) == Some(&b'=') {
        return false;
    }
    let value = blanks(text, next + 1);
    match text.get(value) {
        Some(b'*' | b'{') => true,
        Some(_) => {
            let end = word_end(text, value);
            names.contains(&text[value..end]) && text.get(blanks(text, end)) == Some(&b';')
        }
        None => false,
    }
}

/// The macro in whose text a byte offset lies: place and length of its name.
pub fn defining_macro(file: &SourceFile, at: usize) -> Option<(usize, usize)> {
    let text = &file.bytes;
    let mut start = at.min(text.len());
    loop {
        start = memchr::memrchr(b'\n', &text[..start]).map_or(0, |n| n + 1);
        let line = text[..start.saturating_sub(1)].strip_suffix(b"\r").unwrap_or(&text[..start.saturating_sub(1)]);
        if start == 0 || !line.ends_with(b"\\") {
            break;
        }
        start -= 1;
    }
    let hash = blanks(text, start);
    if text.get(hash) != Some(&b'#') {
        return None;
    }
    let word = blanks(text, hash + 1);
    if !text[word..].starts_with(b"define") {
        return None;
    }
    let name = blanks(text, word + 6);
    let end = word_end(text, name);
    (end > name && end <= at).then_some((name, end - name))
}

/// What a macro's text does with the field; `None` when it does nothing with it.
pub fn alias(lookup: &Lookup<'_>, pack: &Pack, target: &Target, m: Macro) -> Option<Alias> {
    let file = lookup.tree().file(&m.path)?;
    let text = Text::new(&file.bytes, &m);
    let body = text.body(&file.bytes);
    let globals = FxHashMap::default();
    let types = Types { lookup, globals: &globals, path: &m.path };
    let sites = Scan { body: &body, target, pack, types, in_macro: true }.sites();
    if sites.is_empty() {
        // `#define PROC uio_procp`: a member by another name.
        let text = String::from_utf8_lossy(m.body.of(&file.bytes));
        let is_name = m.params.is_none() && text.trim() == target.field;
        return is_name.then(|| Alias { definition: m, is_value: true, inside: Vec::new() });
    }
    let is_value = sites.iter().any(|s| s.is_macro_value);
    let inside = sites
        .into_iter()
        .filter(|s| matches!(s.access, Access::Load | Access::Store) && s.known != crate::site::Known::Other)
        .map(|s| Inside { access: s.access, outcome: s.outcome, space: s.space, by: s.alias })
        .collect();
    Some(Alias { definition: m, is_value, inside })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: usize) {
        assert_eq!(whole_struct(text.as_bytes(), "uio").len(), want, "{text}");
    }

    #[test]
    fn copies_and_initialisers_are_noticed() {
        check("f(struct uio *uio) { struct uio kuio; kuio = *uio; }", 2);
        check("struct uio a, b; a = b;", 1);
        check("struct uio a = { x };", 2);
        check("struct uio *u; u = x; if (u == y) u->a = b;", 0);
        check("g((struct uio){ a, b });", 1);
        check("struct uio a, *b; bcopy(b, &a, sizeof(a));", 1);
        check("struct uiox a; struct iovec uio; a = *b;", 0);
    }

    #[test]
    fn macros_are_found_from_their_text() {
        let file =
            SourceFile { path: "x.h".into(), bytes: b"#define f(u) \\\n\t(u)->x\nint x;".to_vec(), context: false };
        assert_eq!(defining_macro(&file, 21), Some((8, 1)));
        assert_eq!(defining_macro(&file, 27), None);
    }
}
