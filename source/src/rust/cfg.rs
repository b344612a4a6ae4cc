//! `#[cfg(…)]`: under which conditions a place exists.

use super::lex::{RustTok, RustToken};
use crate::text::Cond;
use crate::text::Span;

/// Deeper conditions than this are an atom in their own words.
const DEEPEST: u32 = 8;

struct Finder<'a> {
    source: &'a [u8],
    tokens: &'a [RustToken],
    partner: &'a [Option<u32>],
}

/// Every place with a condition, outer ones first.
pub fn regions(source: &[u8], tokens: &[RustToken], partner: &[Option<u32>]) -> Vec<(Span, Cond)> {
    let f = Finder { source, tokens, partner };
    let mut out = Vec::new();
    if memchr::memmem::find(source, b"cfg").is_none() {
        return out;
    }
    // One past the end of each group around, innermost last.
    let mut around: Vec<usize> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        while around.last().is_some_and(|end| *end <= i) {
            around.pop();
        }
        let end = around.last().copied().unwrap_or(tokens.len());
        match tokens[i].kind {
            RustTok::Punct(b'#') => {
                let start = i;
                let (mut here, mut inside) = (Vec::new(), Vec::new());
                while let Some((open, inner)) = f.attribute(i) {
                    let conds = if inner { &mut inside } else { &mut here };
                    conds.extend(f.condition(open));
                    i = f.after(open, end);
                }
                if !inside.is_empty() {
                    out.push((f.span(start, end), Cond::all(inside)));
                }
                if !here.is_empty() {
                    out.push((f.span(start, f.extent(i, end)), Cond::all(here)));
                }
                i = i.max(start + 1);
            }
            RustTok::Open(_) => {
                around.push(partner[i].map_or(end, |c| c as usize).min(end));
                i += 1;
            }
            _ => i += 1,
        }
    }
    out
}

impl Finder<'_> {
    fn kind(&self, i: usize) -> Option<RustTok> {
        self.tokens.get(i).map(|t| t.kind)
    }

    fn text(&self, i: usize) -> &[u8] {
        self.tokens.get(i).map_or(&[], |t| t.span.of(self.source))
    }

    fn span(&self, from: usize, to: usize) -> Span {
        let last = to.max(from + 1).min(self.tokens.len()) - 1;
        self.tokens[from].span.to(self.tokens[last].span)
    }

    fn after(&self, open: usize, end: usize) -> usize {
        self.partner[open].map_or(open, |c| c as usize).min(end) + 1
    }

    /// The bracket of the attribute at `i`, and whether it is one of what stands around.
    fn attribute(&self, i: usize) -> Option<(usize, bool)> {
        if self.kind(i)? != RustTok::Punct(b'#') {
            return None;
        }
        let inner = self.kind(i + 1)? == RustTok::Punct(b'!');
        let open = i + 1 + usize::from(inner);
        (self.kind(open)? == RustTok::Open(b'[')).then_some((open, inner))
    }

    /// `[cfg(…)]`
    fn condition(&self, open: usize) -> Option<Cond> {
        let close = self.partner.get(open + 2).copied().flatten()? as usize;
        (self.text(open + 1) == b"cfg" && close > open + 2).then(|| self.cond(open + 3, close, 0))
    }

    fn cond(&self, from: usize, to: usize, depth: u32) -> Cond {
        let atom = || {
            let words: Vec<_> =
                (from..to).take(64).map(|i| String::from_utf8_lossy(self.text(i)).into_owned()).collect();
            Cond::Atom(words.join(" "))
        };
        if depth >= DEEPEST || self.kind(from + 1) != Some(RustTok::Open(b'(')) {
            return atom();
        }
        let Some(close) = self.partner[from + 1].map(|c| c as usize).filter(|c| *c <= to) else { return atom() };
        let mut terms = Vec::new();
        let mut start = from + 2;
        while start < close {
            let mut i = start;
            while i < close && self.kind(i) != Some(RustTok::Punct(b',')) {
                i = if let RustTok::Open(_) = self.tokens[i].kind { self.after(i, close) } else { i + 1 };
            }
            terms.push(self.cond(start, i.min(close), depth + 1));
            start = i + 1;
        }
        match self.text(from) {
            b"all" => Cond::all(terms),
            b"any" => Cond::any(terms),
            b"not" if terms.len() == 1 => terms.remove(0).negate(),
            _ => atom(),
        }
    }

    /// One past the last token of what starts at `i`: an item, statement, arm, member or expression.
    fn extent(&self, mut i: usize, end: usize) -> usize {
        let value = matches!(self.text(i), b"let" | b"static" | b"use" | b"type")
            || (self.text(i) == b"const" && self.text(i + 1) != b"fn");
        let item =
            matches!(self.text(i), b"pub" | b"fn" | b"unsafe" | b"extern" | b"const" | b"impl" | b"mod" | b"struct");
        while i < end {
            match self.tokens[i].kind {
                RustTok::Punct(b';') => return i + 1,
                RustTok::Punct(b',') if !item => return i + 1,
                // Another attribute starts something else.
                RustTok::Punct(b'#') => return i,
                RustTok::Open(b) => {
                    i = self.after(i, end);
                    let goes_on = matches!(self.text(i), b"else" | b"." | b"?" | b"as" | b";" | b",");
                    if b == b'{' && !value && !goes_on {
                        return i.min(end);
                    }
                }
                _ => i += 1,
            }
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::lex::{lex, partners};

    fn check(source: &str, want: &[&str]) {
        let lexed = lex(source.as_bytes());
        let found = regions(source.as_bytes(), &lexed.tokens, &partners(&lexed.tokens));
        let got: Vec<_> =
            found.iter().map(|(s, c)| format!("{c}: {}", &source[s.start as usize..s.end as usize])).collect();
        assert_eq!(got, want, "{source}");
    }

    #[test]
    fn conditions_reach_to_the_end_of_what_they_stand_before() {
        check(
            "#[cfg(test)] fn f(a: A, b: B) -> C { x } fn g() {}",
            &["test: #[cfg(test)] fn f(a: A, b: B) -> C { x }"],
        );
        check("f! { #[cfg(not(a))] #[b] let x = S { c: 1 }; y }", &["!a: #[cfg(not(a))] #[b] let x = S { c: 1 };"]);
        check("{ #[cfg(a)] if x { y } else { z } w }", &["a: #[cfg(a)] if x { y } else { z }"]);
        check("{ #[cfg(a)] b: c, d: e }", &["a: #[cfg(a)] b: c,"]);
        check(
            "#![cfg(any())] x { #![cfg(all(a, b))] y } z",
            &["0: #![cfg(any())] x { #![cfg(all(a, b))] y } z", "a && b: #![cfg(all(a, b))] y"],
        );
        check("#[cfg(feature = \"x\")] a;", &["feature = \"x\": #[cfg(feature = \"x\")] a;"]);
    }
}
