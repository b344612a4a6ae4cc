//! Declarations of Rust by their text: where names stand, and what stands at such a place.

use super::RustFile;
use crate::shapes::Kind;
use crate::shapes::{Definition, Root, Shape, Struct, shape, structure};
use crate::text::{SourceFile, Span, blank_before, blanks, is_word, word_end};
use crate::tree::Ast;
use memchr::memmem;

/// Calls `found` with each name after `fn` that has a body; C sees only what is made for it.
pub(crate) fn functions(text: &[u8], found: &mut dyn FnMut(Definition)) {
    for at in memmem::find_iter(text, b"fn").filter(|at| is_word(text, *at, 2)) {
        let start = blanks(text, at + 2);
        let end = word_end(text, start);
        if start > at + 2 && end > start && is_definition(text, start) {
            let name = Span::new(start as u32, end as u32);
            found(Definition { name, is_private: !is_extern(text, start), body: None });
        }
    }
}

/// `struct NAME`, `union NAME` and `type NAME` of Rust.
pub(crate) fn types(text: &[u8], found: &mut dyn FnMut(Kind, Span)) {
    for (keyword, kind) in [(&b"struct"[..], Kind::Struct), (b"union", Kind::Struct), (b"type", Kind::Typedef)] {
        for at in memmem::find_iter(text, keyword).filter(|at| is_word(text, *at, keyword.len())) {
            let name = blanks(text, at + keyword.len());
            let end = word_end(text, name);
            if end > name {
                found(kind, Span::new(name as u32, end as u32));
            }
        }
    }
}

/// The struct whose tag stands at `at`, if its body does. One that only says that there is such a struct does not count.
pub(crate) fn struct_at(file: &SourceFile, at: usize, tag: &str) -> Option<Struct> {
    let (start, text) = item(&file.bytes, at, &[b"struct", b"union"])?;
    let mut found: Option<Struct> = None;
    each_tree(text, |ast| {
        let is_shell = |s: &Struct| s.members.iter().all(|m| m.0.starts_with('_') && m.1.base == Root::Plain);
        let named = ast.aggregates.iter().find(|a| a.tag.is_some_and(|t| t.of(text) == tag.as_bytes()));
        if let Some(a) = named.filter(|_| found.is_none()) {
            found = Some(structure(text, ast, a)).filter(|s| !is_shell(s));
        }
    });
    let mut found = found?;
    file.path.clone_into(&mut found.path);
    found.at = start as u32;
    Some(found)
}

/// The text from the keyword before the name at `at`: where it starts, and enough of it for any declaration.
fn item<'f>(text: &'f [u8], at: usize, keywords: &[&[u8]]) -> Option<(usize, &'f [u8])> {
    const LONGEST: usize = 64 * 1024;
    let before = text[..at].trim_ascii_end();
    let keyword = keywords.iter().find(|k| before.ends_with(k))?;
    let start = before.len() - keyword.len();
    is_word(text, start, keyword.len()).then(|| (start, &text[start..text.len().min(at + LONGEST)]))
}

/// The trees of the first item of a text.
fn each_tree(text: &[u8], mut f: impl FnMut(&Ast)) {
    let unit = RustFile::new(text);
    if let Some(item) = unit.items.first() {
        unit.trees(*item, |ast| f(ast));
    }
}

/// The type whose name stands at `at`.
pub(crate) fn typedef_at(file: &SourceFile, at: usize, name: &str) -> Option<Shape> {
    let text = &file.bytes;
    if !is_word(text, at, name.len()) {
        return None;
    }
    let (_, text) = item(text, at, &[b"type"])?;
    let mut found = None;
    each_tree(text, |ast| {
        let named = ast.globals.iter().find(|d| d.name.of(text) == name.as_bytes());
        found = found.take().or(named.map(|d| shape(text, ast, d.ty)));
    });
    found
}

/// Byte offsets in Rust where a copy of `of` may stand: what the text alone says, for the parser to decide.
pub(crate) fn whole_structs(text: &[u8], of: &str) -> Vec<u32> {
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

/// Whether a brace follows the head of a Rust function sooner than a `;`.
fn is_definition(text: &[u8], at: usize) -> bool {
    let mut depth = 0usize;
    let head = text[at..].iter().take(4096).find(|b| {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(b, b'{' | b';')
    });
    head == Some(&b'{')
}

/// Whether the words before a Rust function's name make it one that C can call.
fn is_extern(text: &[u8], at: usize) -> bool {
    let head = &text[at.saturating_sub(160)..at];
    let start = head.iter().rposition(|b| matches!(b, b';' | b'}' | b'{')).map_or(0, |n| n + 1);
    memchr::memmem::find(&head[start..], b"extern").is_some()
}
