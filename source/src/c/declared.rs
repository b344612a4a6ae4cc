//! Declarations of C by their text: where headers give names, and what stands at such a place.

use super::lex::{self, Tok};
use super::variant::{Cover, variants};
use super::{items, parse, pp::Unit};
use crate::shapes::Kind;
use crate::shapes::{Macro, Shape, Struct, shape, structure};
use crate::text::name_text;
use crate::text::{SourceFile, Span, blanks, is_continued, is_word, word_end};
use crate::tree::Ast;
use memchr::memmem;

/// Calls `found` with each name that a header declares: structs, macros, typedefs.
pub fn declared(text: &[u8], found: &mut dyn FnMut(Kind, Span)) {
    scan(text, &mut |kind, start, end| found(kind, Span::new(start as u32, end as u32)));
}

/// Calls `found` with the start and end of each declared name.
fn scan(text: &[u8], found: &mut dyn FnMut(Kind, usize, usize)) {
    for at in memmem::find_iter(text, b"define") {
        if before_blanks(&text[..at]).ends_with(b"#") {
            let name = skip_blank(text, at + 6);
            found(Kind::Macro, name, word_end(text, name));
        }
    }
    for keyword in [b"struct".as_slice(), b"union"] {
        for at in memmem::find_iter(text, keyword) {
            let after = at + keyword.len();
            let name = skip_blank(text, after);
            let end = word_end(text, name);
            if name > after && end > name && text.get(skip_blank(text, end)) == Some(&b'{') {
                found(Kind::Struct, name, end);
            }
        }
    }
    for at in memmem::find_iter(text, b"typedef") {
        typedef(text, at + 7, found);
    }
}

/// The names before the `;` that ends a typedef: each that is followed by `;`, `,`, `)` or `[`.
fn typedef(text: &[u8], mut at: usize, found: &mut dyn FnMut(Kind, usize, usize)) {
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

/// The first byte from `at` on that is neither blank nor comment.
pub fn skip_blank(text: &[u8], mut at: usize) -> usize {
    loop {
        while text.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'\\') {
            at += 1;
        }
        let rest = &text[at.min(text.len())..];
        if rest.starts_with(b"/*") {
            match memmem::find(rest, b"*/") {
                Some(n) => at += n + 2,
                None => return text.len(),
            }
        } else if rest.starts_with(b"//") {
            at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        } else {
            return at;
        }
    }
}

/// One past the brace that closes the first one of a text.
pub(crate) fn struct_end(text: &[u8]) -> Option<usize> {
    memchr::memchr(b'{', text).map(|open| brace_end(text, open))
}

/// One past the brace that closes the one at `open`.
pub fn brace_end(text: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for token in lex::raw(&text[open..]) {
        match token.kind {
            Tok::LBrace => depth += 1,
            Tok::RBrace => {
                depth -= 1;
                if depth == 0 {
                    return open + token.span.end as usize;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The struct whose tag stands at `at`, if its body does.
pub(crate) fn struct_at(file: &SourceFile, at: usize, tag: &str) -> Option<Struct> {
    let text = &file.bytes;
    if !is_word(text, at, tag.len()) {
        return None;
    }
    let open = skip_blank(text, at + tag.len());
    if text.get(open) != Some(&b'{') {
        return None;
    }
    let before = before_blanks(&text[..at]);
    let keyword = [b"struct".as_slice(), b"union"].into_iter().find(|k| before.ends_with(k))?;
    let start = before.len() - keyword.len();
    let end = brace_end(text, open);
    let mut slice = text[start..end].to_vec();
    slice.push(b';');
    let mut found = parse_struct(&slice, tag)?;
    file.path.clone_into(&mut found.path);
    found.at = start as u32;
    Some(found)
}

pub(crate) fn parse_struct(slice: &[u8], tag: &str) -> Option<Struct> {
    let mut result: Option<Struct> = None;
    each_tree(slice, |ast| {
        let Some(a) =
            ast.aggregates.iter().rfind(|a| a.tag.is_some_and(|t| &*name_text(t.of(slice)) == tag.as_bytes()))
        else {
            return;
        };
        let this = structure(slice, ast, a);
        match &mut result {
            None => result = Some(this),
            // Members of all arms, in the order of the first that has them.
            Some(known) => {
                for m in this.members {
                    if !known.members.iter().any(|k| k.0 == m.0 && !m.0.is_empty()) {
                        known.members.push(m);
                    }
                }
            }
        }
    });
    result
}

/// The typedef whose name stands at `at`.
pub(crate) fn typedef_at(file: &SourceFile, at: usize, name: &str) -> Option<Shape> {
    let text = &file.bytes;
    if !is_word(text, at, name.len()) {
        return None;
    }
    let after = skip_blank(text, at + name.len());
    if !matches!(text.get(after), Some(b';' | b',' | b'[' | b')' | b'(')) {
        return None;
    }
    // The nearest `typedef` before whose declaration reaches here: a struct's body may stand in between.
    let head = memmem::rfind(&text[..at], b"typedef")?;
    let mut depth = 0usize;
    for token in lex::raw(&text[head..at]) {
        match token.kind {
            Tok::LBrace => depth += 1,
            Tok::RBrace => depth = depth.saturating_sub(1),
            Tok::Semi if depth == 0 => return None,
            _ => {}
        }
    }
    let end = memchr::memchr(b';', &text[after..]).map_or(text.len(), |n| after + n + 1);
    let slice = &text[head..end];
    let mut found = None;
    each_tree(slice, |ast| {
        if let Some(d) = ast.globals.iter().find(|d| d.name.of(slice) == name.as_bytes()) {
            found.get_or_insert_with(|| shape(slice, ast, d.ty));
        }
    });
    found
}

/// The macro whose name stands at `at`, if a definition does.
pub fn macro_at(file: &SourceFile, at: usize, len: usize) -> Option<Macro> {
    let text = &file.bytes;
    if !is_word(text, at, len) {
        return None;
    }
    let before = before_blanks(&text[..at]);
    let hash = before_blanks(before.strip_suffix(b"define")?);
    if before.len() == at || !hash.ends_with(b"#") {
        return None;
    }
    let mut pos = at + len;
    let mut params = None;
    if text.get(pos) == Some(&b'(') {
        let close = pos + memchr::memchr(b')', &text[pos..])?;
        let names = lex::lex_at(text, pos + 1, close).into_iter().filter(|t| t.kind == Tok::Ident);
        params = Some(names.map(|t| t.span).collect());
        pos = close + 1;
    }
    let end = directive_end(text, pos);
    Some(Macro {
        at: at as u32,
        name: String::from_utf8_lossy(&text[at..at + len]).into_owned(),
        params,
        body: Span::new(pos as u32, end as u32),
        path: file.path.clone(),
    })
}

/// A text without the blanks, comments and continued line ends that it ends with.
pub fn before_blanks(mut text: &[u8]) -> &[u8] {
    loop {
        let trimmed = text.trim_ascii_end();
        let before = match trimmed.strip_suffix(b"*/") {
            Some(comment) => memmem::rfind(comment, b"/*").map_or(trimmed, |open| &trimmed[..open]),
            None if trimmed.len() < text.len() => trimmed.strip_suffix(b"\\").unwrap_or(trimmed),
            None => trimmed,
        };
        if before.len() == text.len() {
            return text;
        }
        text = before;
    }
}

/// Where a directive's logical line ends: at the newline, which neither a backslash nor a comment carries over.
fn directive_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&b) = text.get(at) {
        match b {
            b'\n' if !is_continued(&text[from..at]) => return at,
            b'/' if text[at..].starts_with(b"/*") => {
                at = memmem::find(&text[at + 2..], b"*/").map_or(text.len(), |n| at + n + 4);
                continue;
            }
            b'/' if text[at..].starts_with(b"//") => {
                at = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
                continue;
            }
            b'"' | b'\'' => {
                let line = &text[at + 1..memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n)];
                let mut escaped = false;
                let close = line.iter().position(|c| {
                    let is_close = *c == b && !escaped;
                    escaped = *c == b'\\' && !escaped;
                    is_close
                });
                at += close.map_or(0, |n| n + 1);
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Parses all variants of all items of a text.
fn each_tree(text: &[u8], mut f: impl FnMut(&Ast)) {
    let unit = Unit::new(text);
    let mut ast = Ast::default();
    for item in items::cut(&unit) {
        for stream in variants(&unit, item, Cover::Text).streams {
            ast.clear();
            parse::parse(text, &stream, &mut ast);
            f(&ast);
        }
    }
}

/// What of a text stands after its last newline.
fn last_line(text: &[u8]) -> &[u8] {
    &text[memchr::memrchr(b'\n', text).map_or(0, |n| n + 1)..]
}

/// The macro in whose text a byte offset lies: place and length of its name.
pub fn defining_macro(file: &SourceFile, at: usize) -> Option<(usize, usize)> {
    let text = &file.bytes;
    let mut start = at.min(text.len());
    loop {
        let end = start;
        start = memchr::memrchr(b'\n', &text[..start]).map_or(0, |n| n + 1);
        let line = &text[start..end];
        // A comment that began above carries its line on.
        let closes = memmem::find(line, b"*/");
        if let Some(closes) = closes.filter(|c| memmem::find(&line[..*c], b"/*").is_none()) {
            start = memmem::rfind(&text[..start + closes], b"/*")?;
            continue;
        }
        if start == 0 || !is_continued(last_line(&text[..start - 1])) {
            break;
        }
        start -= 1;
    }
    // What stands behind the place is none of its directive's head.
    let text = &text[..at.min(text.len())];
    let hash = skip_blank(text, start);
    if text.get(hash) != Some(&b'#') {
        return None;
    }
    let word = skip_blank(text, hash + 1);
    if !text[word..].starts_with(b"define") {
        return None;
    }
    let name = skip_blank(text, word + 6);
    let end = word_end(&file.bytes, name);
    (end > name && end <= at).then_some((name, end - name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_declared() {
        let text = b"#define A 1\n# define\tB(x) x\nstruct s { int a; } v;\nstruct t *p;\n\
            typedef struct u {\n int x; } u_t, *u_p;\ntypedef int (*fn_t)(int);\nenum e;";
        let mut found = Vec::new();
        scan(text, &mut |kind, start, end| {
            found.push(format!("{kind:?} {}", String::from_utf8_lossy(&text[start..end])))
        });
        let want =
            ["Macro A", "Macro B", "Struct s", "Struct u", "Typedef u_t", "Typedef u_p", "Typedef fn_t", "Typedef int"];
        assert_eq!(found, want);
    }

    #[test]
    fn macros_are_found_from_their_text() {
        let file = SourceFile::new("x.h".into(), b"#define f(u) \\\n\t(u)->x\nint x;".to_vec(), false);
        assert_eq!(defining_macro(&file, 21), Some((8, 1)));
        assert_eq!(defining_macro(&file, 27), None);
    }
}
