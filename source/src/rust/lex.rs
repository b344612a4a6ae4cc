//! Bytes to tokens, as far as cutting a file into items needs them: brackets, names, and what is no code.
//!
//! Lexing never fails; syn says what is wrong with the items that are read.

use crate::text::Span;

/// RustToken kinds. Comments and strings are kept apart: a name in them is only mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RustTok {
    /// A name or keyword.
    Ident,
    /// `'a`
    Lifetime,
    /// A number or character.
    Literal,
    /// A string of any kind.
    Str,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// One character of an operator.
    Punct(u8),
}

/// A token with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RustToken {
    /// What it is.
    pub kind: RustTok,
    /// Where it is.
    pub span: Span,
}

/// All tokens of a file.
#[derive(Debug, Default)]
pub struct RustLexed {
    /// Without comments.
    pub tokens: Vec<RustToken>,
    /// Comments, in order.
    pub comments: Vec<Span>,
    /// Comments and strings without an end.
    pub open: Vec<(u32, &'static str)>,
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// One past the comment at `at`, and whether it ends.
fn block_comment(text: &[u8], at: usize) -> (usize, bool) {
    let (mut depth, mut i) = (0usize, at);
    while i < text.len() {
        if text[i..].starts_with(b"/*") {
            depth += 1;
            i += 2;
        } else if text[i..].starts_with(b"*/") {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return (i, true);
            }
        } else {
            i += 1;
        }
    }
    (text.len(), false)
}

/// One past the `quote` that ends what starts before `at`, escapes passed over.
fn quoted(text: &[u8], mut at: usize, quote: u8) -> (usize, bool) {
    while let Some(&b) = text.get(at) {
        at += 1;
        match b {
            b'\\' => at += 1,
            b if b == quote => return (at, true),
            _ => {}
        }
    }
    (text.len(), false)
}

/// One past the raw string whose `#`s or quote stand at `at`; `None` if none does.
fn raw_string(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let hashes = text[at..].iter().take_while(|b| **b == b'#').count();
    if text.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let mut i = at + hashes + 1;
    while let Some(n) = memchr::memchr(b'"', &text[i..]) {
        i += n + 1;
        if text[i..].iter().take(hashes).take_while(|b| **b == b'#').count() == hashes {
            return Some((i + hashes, true));
        }
    }
    Some((text.len(), false))
}

/// One past the character at `at` (the quote), or the lifetime.
fn tick(text: &[u8], at: usize) -> (RustTok, usize) {
    match text.get(at + 1) {
        Some(b'\\') => (RustTok::Literal, quoted(text, at + 1, b'\'').0),
        Some(&first) => {
            // A character of several bytes is one character.
            let wide = text[at + 2..].iter().take_while(|b| first >= 0xc0 && **b & 0xc0 == 0x80).count();
            if text.get(at + 2 + wide) == Some(&b'\'') && first != b'\'' {
                return (RustTok::Literal, at + 3 + wide);
            }
            (RustTok::Lifetime, at + 1 + text[at + 1..].iter().take_while(|b| word(**b)).count())
        }
        None => (RustTok::Lifetime, at + 1),
    }
}

/// The tokens of a file.
pub fn lex(text: &[u8]) -> RustLexed {
    let mut out = RustLexed::default();
    let mut at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let span = |a: usize, b: usize| Span::new(a as u32, b.min(text.len()) as u32);
    if text[at..].starts_with(b"#!") && !text[at + 2..].trim_ascii_start().starts_with(b"[") {
        let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
        out.comments.push(span(at, end));
        at = end;
    }
    while let Some(&b) = text.get(at) {
        let start = at;
        let rest = &text[at..];
        let kind = match b {
            b if b.is_ascii_whitespace() || b == 0x0b || b == 0 => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with(b"//") || rest.starts_with(b"/*") => {
                if rest[1] == b'/' {
                    at = memchr::memchr(b'\n', rest).map_or(text.len(), |n| start + n);
                } else {
                    let (end, ends) = block_comment(text, at);
                    out.open.extend((!ends).then_some((start as u32, "comment without an end: close it with */")));
                    at = end;
                }
                out.comments.push(span(start, at));
                continue;
            }
            b'"' => string(&mut out, start, quoted(text, at + 1, b'"'), &mut at),
            b'\'' => {
                let (kind, end) = tick(text, at);
                at = end.max(start + 1);
                kind
            }
            b'0'..=b'9' => {
                at += rest.iter().take_while(|b| word(**b)).count();
                if text.get(at) == Some(&b'.') && text.get(at + 1).is_some_and(u8::is_ascii_digit) {
                    at += 1 + text[at + 1..].iter().take_while(|b| word(**b)).count();
                }
                RustTok::Literal
            }
            b if word(b) => {
                let len = rest.iter().take_while(|b| word(**b)).count();
                at += len;
                match (&rest[..len], text.get(at)) {
                    (b"r" | b"br" | b"cr", Some(b'"' | b'#')) => match raw_string(text, at) {
                        Some(found) => string(&mut out, start, found, &mut at),
                        None => {
                            // `r#name`
                            let name = text.get(at + 1..).unwrap_or_default().iter().take_while(|b| word(**b)).count();
                            at += if name > 0 { 1 + name } else { 0 };
                            RustTok::Ident
                        }
                    },
                    (b"b" | b"c", Some(b'"')) => string(&mut out, start, quoted(text, at + 1, b'"'), &mut at),
                    (b"b", Some(b'\'')) => {
                        at = quoted(text, at + 1, b'\'').0;
                        RustTok::Literal
                    }
                    _ => RustTok::Ident,
                }
            }
            b'(' | b'[' | b'{' | b')' | b']' | b'}' => {
                at += 1;
                if matches!(b, b'(' | b'[' | b'{') { RustTok::Open(b) } else { RustTok::Close(b) }
            }
            _ => {
                at += 1;
                RustTok::Punct(b)
            }
        };
        out.tokens.push(RustToken { kind, span: span(start, at) });
    }
    out
}

fn string(out: &mut RustLexed, start: usize, (end, ends): (usize, bool), at: &mut usize) -> RustTok {
    out.open.extend((!ends).then_some((start as u32, "string without an end: close it")));
    *at = end;
    RustTok::Str
}

/// For each token the one that closes or opens it. A `}` closes its `{` although brackets inside are open.
pub fn partners(tokens: &[RustToken]) -> Vec<Option<u32>> {
    let mut partner = vec![None; tokens.len()];
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut braces = 0usize;
    for (i, t) in tokens.iter().enumerate() {
        match t.kind {
            RustTok::Open(b) => {
                open.push((b, i));
                braces += usize::from(b == b'{');
            }
            RustTok::Close(b) => {
                let wanted = match b {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                if wanted == b'{' && braces > 0 {
                    while open.last().is_some_and(|o| o.0 != b'{') {
                        open.pop();
                    }
                }
                if open.last().is_some_and(|o| o.0 == wanted) {
                    let (_, j) = open.pop().unwrap_or_default();
                    braces -= usize::from(wanted == b'{');
                    partner[i] = Some(j as u32);
                    partner[j] = Some(i as u32);
                }
            }
            _ => {}
        }
    }
    partner
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of the tokens, comments in `<>`.
    fn check(source: &str, want: &str) {
        let lexed = lex(source.as_bytes());
        let mut all: Vec<(Span, bool)> = lexed.tokens.iter().map(|t| (t.span, false)).collect();
        all.extend(lexed.comments.iter().map(|s| (*s, true)));
        all.sort();
        let text = |s: Span| source[s.start as usize..s.end as usize].replace(' ', "·");
        let got: Vec<_> = all.iter().map(|(s, c)| if *c { format!("<{}>", text(*s)) } else { text(*s) }).collect();
        assert_eq!(got.join(" "), want, "{source}");
    }

    #[test]
    fn what_is_no_code_is_one_token() {
        check("a/*b/*c*/d*/e// f\ng", "a </*b/*c*/d*/> e <//·f> g");
        check(r##"r#"a " b"# br"\" b"\"" c"x" r#fn "a\"b""##, r##"r#"a·"·b"# br"\" b"\"" c"x" r#fn "a\"b""##);
        check("'a' 'a '\\'' b'\\'' 'ü' '_ x.0.1", "'a' 'a '\\'' b'\\'' 'ü' '_ x . 0.1");
        check("#!/bin/sh x\n#![a]", "<#!/bin/sh·x> # ! [ a ]");
    }
}
