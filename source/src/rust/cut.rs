//! A file's tokens to items: functions, types, variables, macros, each by itself, so that one bad one loses only itself.

use super::lex::{RustTok, RustToken};
use crate::text::Span;

/// An item that holds no other items but a function's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its first token and one past its last.
    pub tokens: (u32, u32),
    /// Of a function in an `impl` or `trait`: the tokens before that one's brace.
    pub owner: Option<(u32, u32)>,
    /// It stands in an `extern` block.
    pub foreign: bool,
}

/// How an item ends, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// At a `;`, whatever braces stand before it.
    Value,
    /// At a `;` or after a brace.
    Body,
    /// As a body; it holds items.
    Holder,
    /// As a body; it holds functions of other languages.
    Foreign,
    /// As a body; its functions belong to a type.
    Owner,
}

struct Cutter<'a> {
    source: &'a [u8],
    tokens: &'a [RustToken],
    partner: &'a [Option<u32>],
    items: Vec<Item>,
    strays: Vec<u32>,
    /// Closing braces that are the first on their lines, with their columns.
    first: Vec<(usize, usize)>,
}

/// The items in order, and brackets that close nothing.
pub fn cut(source: &[u8], tokens: &[RustToken], partner: &[Option<u32>]) -> (Vec<Item>, Vec<u32>) {
    let mut c = Cutter { source, tokens, partner, items: Vec::new(), strays: Vec::new(), first: Vec::new() };
    c.first = (0..tokens.len())
        .filter(|i| tokens[*i].kind == RustTok::Close(b'}'))
        .filter_map(|i| c.first_of_line(i))
        .collect();
    // Modules may stand in each other as deep as anybody likes.
    let mut work = vec![(0, tokens.len(), None, false)];
    while let Some((from, to, owner, foreign)) = work.pop() {
        c.level(from, to, owner, foreign, &mut work);
    }
    c.items.sort_unstable_by_key(|i| i.tokens);
    c.strays.sort_unstable();
    (c.items, c.strays)
}

type Level = (usize, usize, Option<(u32, u32)>, bool);

impl Cutter<'_> {
    fn text(&self, i: usize) -> &[u8] {
        self.tokens.get(i).map_or(&[], |t| t.span.of(self.source))
    }

    fn kind(&self, i: usize) -> Option<RustTok> {
        self.tokens.get(i).map(|t| t.kind)
    }

    fn level(&mut self, from: usize, to: usize, owner: Option<(u32, u32)>, foreign: bool, work: &mut Vec<Level>) {
        let mut i = from;
        while i < to {
            match self.kind(i) {
                Some(RustTok::Close(_)) => {
                    self.strays.push(self.tokens[i].span.start);
                    i += 1;
                    continue;
                }
                Some(RustTok::Punct(b';')) => {
                    i += 1;
                    continue;
                }
                _ => {}
            }
            let (start, head) = self.attributes(i, to);
            if head >= to {
                break;
            }
            let shape = self.shape(head, to);
            let (open, end) = self.end(start, head, to, shape);
            match (shape, open) {
                (Shape::Holder | Shape::Foreign | Shape::Owner, Some(open)) => {
                    let inner_end = if self.kind(end - 1) == Some(RustTok::Close(b'}')) { end - 1 } else { end };
                    let owner = (shape == Shape::Owner).then_some((head as u32, open as u32));
                    work.push((open + 1, inner_end.max(open + 1), owner, shape == Shape::Foreign));
                }
                _ => self.items.push(Item { tokens: (start as u32, end as u32), owner, foreign }),
            }
            i = end;
        }
    }

    /// Passes over attributes: where the item starts with those that are its own, and where it goes on after them.
    fn attributes(&self, mut i: usize, to: usize) -> (usize, usize) {
        let mut start = i;
        while i < to && self.kind(i) == Some(RustTok::Punct(b'#')) {
            let inner = self.kind(i + 1) == Some(RustTok::Punct(b'!'));
            let open = i + 1 + usize::from(inner);
            if self.kind(open) != Some(RustTok::Open(b'[')) {
                break;
            }
            i = self.partner[open].map_or(open + 1, |c| c as usize + 1).min(to);
            if inner {
                start = i;
            }
        }
        (start, i)
    }

    /// What the words at the start of an item say about its end.
    fn shape(&self, mut i: usize, to: usize) -> Shape {
        while i < to {
            let next = self.text(i + 1);
            match self.text(i) {
                b"pub" if next == b"(" => i = self.partner[i + 1].map_or(i + 1, |c| c as usize),
                b"const" if !matches!(next, b"fn" | b"unsafe" | b"extern" | b"async") => return Shape::Value,
                b"extern" if self.kind(i + 1) == Some(RustTok::Str) => {
                    if self.text(i + 2) == b"{" {
                        return Shape::Foreign;
                    }
                    i += 1;
                }
                b"extern" if next == b"{" => return Shape::Foreign,
                b"extern" if next == b"crate" => return Shape::Value,
                b"pub" | b"default" | b"async" | b"unsafe" | b"safe" | b"const" | b"extern" | b"auto" => {}
                b"mod" => return Shape::Holder,
                b"impl" | b"trait" => return Shape::Owner,
                b"static" | b"use" | b"type" | b"let" => return Shape::Value,
                _ => return Shape::Body,
            }
            i += 1;
        }
        Shape::Body
    }

    /// The brace of its body, if it has one, and one past its last token.
    fn end(&self, start: usize, head: usize, to: usize, shape: Shape) -> (Option<usize>, usize) {
        let mut i = head;
        while i < to {
            match self.tokens[i].kind {
                RustTok::Punct(b';') => return (None, i + 1),
                RustTok::Close(_) => return (None, i.max(head + 1)),
                RustTok::Open(b) => {
                    let close = self.partner[i].map(|c| c as usize).filter(|c| *c < to);
                    let Some(close) = close else {
                        // What follows is not lost with it: the brace in the item's own column ends it.
                        let end = self.column_end(start, i, to);
                        return ((b == b'{').then_some(i), end);
                    };
                    let generic = i > 0 && matches!(self.tokens[i - 1].kind, RustTok::Punct(b'<' | b'='));
                    if b == b'{' && shape != Shape::Value && !generic {
                        return (Some(i), close + 1);
                    }
                    i = close + 1;
                }
                _ => i += 1,
            }
        }
        (None, to)
    }

    fn column(&self, i: usize) -> usize {
        let at = self.tokens[i].span.start as usize;
        // Beyond that no line is indented.
        const WIDEST: usize = 256;
        let from = at.saturating_sub(WIDEST);
        at - memchr::memrchr(b'\n', &self.source[from..at]).map_or(from, |n| from + n + 1)
    }

    fn first_of_line(&self, i: usize) -> Option<(usize, usize)> {
        let (at, column) = (self.tokens[i].span.start as usize, self.column(i));
        self.source[at - column..at].iter().all(u8::is_ascii_whitespace).then_some((i, column))
    }

    fn column_end(&self, start: usize, open: usize, to: usize) -> usize {
        let column = self.column(start);
        let from = self.first.partition_point(|f| f.0 <= open);
        let end = self.first[from..].iter().take_while(|f| f.0 < to).find(|f| f.1 == column);
        end.map_or(to, |f| f.0 + 1)
    }
}

/// The place of a range of tokens.
pub fn span_of(tokens: &[RustToken], range: (u32, u32)) -> Span {
    tokens[range.0 as usize].span.to(tokens[(range.1 as usize).max(range.0 as usize + 1) - 1].span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::lex::{lex, partners};

    /// The items' texts, and their owners'.
    fn check(source: &str, want: &[&str]) {
        let lexed = lex(source.as_bytes());
        let (items, _) = cut(source.as_bytes(), &lexed.tokens, &partners(&lexed.tokens));
        let text = |r| {
            let span = span_of(&lexed.tokens, r);
            source[span.start as usize..span.end as usize].replace('\n', " ")
        };
        let got: Vec<_> =
            items.iter().map(|i| i.owner.map_or_else(String::new, |o| text(o) + ": ") + &text(i.tokens)).collect();
        assert_eq!(got, want, "{source}");
    }

    #[test]
    fn items_are_cut_out_of_what_holds_them() {
        check(
            "#![no_std] use a::{b, c}; #[d] pub struct S { a: u8 } struct T(u8);",
            &["use a::{b, c};", "#[d] pub struct S { a: u8 }", "struct T(u8);"],
        );
        check(
            "mod a { const X: T = T { a: 1 }; impl<T> A for B<T> { fn f(&self) {} } } fn g() {}",
            &["const X: T = T { a: 1 };", "impl<T> A for B<T>: fn f(&self) {}", "fn g() {}"],
        );
        check(
            "extern \"C\" { fn f(); } pub extern \"C\" fn g() {} macro_rules! m { () => {}; } m!(a); m! {}",
            &["fn f();", "pub extern \"C\" fn g() {}", "macro_rules! m { () => {}; }", "m!(a);", "m! {}"],
        );
    }

    #[test]
    fn a_lost_brace_loses_one_function() {
        check("fn a() {\n if x {\n}\nfn b() {}\n", &["fn a() {  if x { }", "fn b() {}"]);
        check(
            "impl S {\n fn a() {\n  if x {\n }\n fn b() {}\n}\nfn c() {}\n",
            &["impl S: fn a() {   if x {  }", "impl S: fn b() {}", "fn c() {}"],
        );
        check("fn a() { } }\nfn b() { ( }\nfn c() {}", &["fn a() { }", "fn b() { ( }", "fn c() {}"]);
    }
}
