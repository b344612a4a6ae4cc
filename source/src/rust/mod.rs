//! The Rust front end: a file is cut into items by its brackets, each item that matters is parsed by syn, and what syn
//! gives becomes the tree that the C front end makes too.
//!
//! An item that does not parse loses only itself. What would exhaust the parser's stack is blanked out beforehand. As in C,
//! an item is read in as many variants as its `#[cfg]`s need.

mod bound;
mod cfg;
mod cut;
pub(crate) mod declared;
pub mod lex;
mod lower;

use crate::c::parse::TOO_DEEP;
use crate::text::Cond;
use crate::text::Span;
use crate::tree::{Ast, Skip};
pub use cut::Item;
use cut::span_of;
use lex::{RustLexed, RustTok};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The reason of a skip where syn found no Rust.
pub const NO_RUST: &str = "does not parse as Rust";

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustTrouble {
    /// Byte offset.
    pub at: u32,
    /// What, and what to do.
    pub message: String,
}

/// A file's tokens and items.
#[derive(Debug)]
pub struct RustFile<'a> {
    /// Its bytes.
    pub source: &'a [u8],
    /// The same number of bytes in UTF-8.
    text: Cow<'a, str>,
    lexed: RustLexed,
    partner: Vec<Option<u32>>,
    /// Items in order.
    pub items: Vec<Item>,
    strays: Vec<u32>,
    conds: Vec<(Span, Cond)>,
}

/// Text of which bytes that are no UTF-8 were replaced one by one.
fn utf8(source: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(source) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(source.len());
    for chunk in source.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

impl<'a> RustFile<'a> {
    /// Of a file.
    pub fn new(source: &'a [u8]) -> RustFile<'a> {
        let lexed = lex::lex(source);
        let partner = lex::partners(&lexed.tokens);
        let (items, strays) = cut::cut(source, &lexed.tokens, &partner);
        let conds = cfg::regions(source, &lexed.tokens, &partner);
        RustFile { source, text: utf8(source), lexed, partner, items, strays, conds }
    }

    /// The place of an item.
    pub fn span(&self, item: Item) -> Span {
        span_of(&self.lexed.tokens, item.tokens)
    }

    /// The item at a byte offset.
    pub fn item_at(&self, at: u32) -> Option<Item> {
        let i = self.items.partition_point(|i| self.span(*i).end <= at);
        self.items.get(i).copied().filter(|i| self.span(*i).holds(at))
    }

    /// Under which `#[cfg]`s a place exists.
    pub fn presence(&self, at: u32) -> Cond {
        Cond::all(self.conds.iter().filter(|(s, _)| s.holds(at)).map(|(_, c)| c.clone()).collect())
    }

    /// Whether a byte offset lies in a comment.
    pub fn in_comment(&self, at: u32) -> bool {
        let i = self.lexed.comments.partition_point(|s| s.end <= at);
        self.lexed.comments.get(i).is_some_and(|s| s.holds(at))
    }

    /// The kind of the token at a byte offset, and those before and after it.
    pub fn tokens_at(&self, at: u32) -> (Option<RustTok>, Option<RustTok>, Option<RustTok>) {
        let tokens = &self.lexed.tokens;
        let i = tokens.partition_point(|t| t.span.end <= at);
        let kind = |i: usize| tokens.get(i).map(|t| t.kind);
        let here = tokens.get(i).filter(|t| t.span.holds(at)).map(|t| t.kind);
        (i.checked_sub(1).and_then(kind), here, kind(i + 1))
    }

    /// Whether an item is a function, by its words.
    pub fn is_function(&self, item: Item) -> bool {
        let (from, to) = (item.tokens.0 as usize, item.tokens.1 as usize);
        let head = &self.lexed.tokens[from..to.min(from + 64)];
        head.iter().any(|t| t.kind == RustTok::Ident && t.span.of(self.source) == b"fn")
    }

    /// Brackets that close nothing, and comments and strings without an end.
    pub fn troubles(&self) -> Vec<RustTrouble> {
        let open = self.lexed.open.iter().map(|(at, m)| RustTrouble { at: *at, message: (*m).to_owned() });
        let stray = "a closing bracket without its opening one: it was passed over; remove it";
        open.chain(self.strays.iter().map(|at| RustTrouble { at: *at, message: stray.to_owned() })).collect()
    }

    /// All variants of an item, each as a tree; the answer says what did not parse.
    pub fn trees(&self, item: Item, mut f: impl FnMut(&mut Ast)) -> Vec<RustTrouble> {
        let span = self.span(item);
        let lost = |f: &mut dyn FnMut(&mut Ast), reason| {
            let mut ast = Ast::default();
            ast.skips.push(Skip { span, reason });
            f(&mut ast);
        };
        let Some(deep) = bound::too_deep(self.source, &self.lexed.tokens, &self.partner, item.tokens) else {
            lost(&mut f, TOO_DEEP);
            return Vec::new();
        };
        let deep: Vec<Span> = deep
            .into_iter()
            .filter(|(a, b)| a < b)
            .map(|(a, b)| span_of(&self.lexed.tokens, (a as u32, b as u32)))
            .collect();
        let mut troubles = Vec::new();
        let mut any = false;
        for absent in self.variants(span) {
            let text = self.masked(span, deep.iter().chain(&absent));
            let mut ast = Ast::default();
            ast.skips.extend(deep.iter().map(|s| Skip { span: *s, reason: TOO_DEEP }));
            let this = item.owner.and_then(|o| self.owner(o));
            match lower::item(self.source, &text, span.start, item.foreign, this.as_ref(), &mut ast) {
                Ok(()) => {
                    any = true;
                    f(&mut ast);
                }
                Err(t) => troubles.push(t),
            }
            // The thread's map of places would grow with every item.
            proc_macro2::extra::invalidate_current_thread_spans();
        }
        if any {
            // A variant that an attribute tore apart is no fault of the file's.
            return Vec::new();
        }
        troubles.truncate(1);
        lost(&mut f, NO_RUST);
        troubles
    }

    /// The text before the brace of an `impl` or `trait`, with an empty body.
    fn owner(&self, head: (u32, u32)) -> Option<(String, u32)> {
        let blanks = bound::too_deep(self.source, &self.lexed.tokens, &self.partner, head)?;
        let span = span_of(&self.lexed.tokens, head);
        let text = self.text.get(span.start as usize..span.end as usize)?;
        blanks.is_empty().then(|| (format!("{text}{{}}"), span.start))
    }

    fn masked<'s>(&self, span: Span, blanks: impl Iterator<Item = &'s Span>) -> String {
        let mut bytes = self.text.as_bytes().get(span.start as usize..span.end as usize).unwrap_or_default().to_vec();
        for b in blanks {
            let part = bytes.get_mut((b.start - span.start) as usize..(b.end - span.start) as usize);
            part.into_iter().flatten().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// For each variant what is absent from it. Together they show each conditional part both present and absent.
    fn variants(&self, item: Span) -> Vec<Vec<Span>> {
        const MOST_PARTS: usize = 64;
        let inside = |s: &Span| item.start < s.start && s.end <= item.end;
        let parts: Vec<&(Span, Cond)> = self.conds.iter().filter(|(s, _)| inside(s)).take(MOST_PARTS).collect();
        if parts.is_empty() {
            return vec![Vec::new()];
        }
        let mut atoms = BTreeSet::new();
        for (_, c) in &parts {
            collect(c, &mut atoms);
        }
        let atoms: Vec<&str> = atoms.into_iter().collect();
        let flips = (0..atoms.len()).flat_map(|i| [(Some(i), true), (Some(i), false)]);
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for (flip, all) in [(None, true), (None, false)].into_iter().chain(flips) {
            let value = |a: &str| {
                let is_it = flip.is_some_and(|i| atoms[i] == a);
                Some(all != is_it)
            };
            let present: Vec<bool> = parts.iter().map(|(_, c)| c.eval(&value).unwrap_or(true)).collect();
            let fresh = present.iter().enumerate().filter(|(i, p)| seen.insert((*i, **p))).count();
            if fresh > 0 {
                out.push(parts.iter().zip(&present).filter(|(_, p)| !**p).map(|((s, _), _)| *s).collect());
            }
        }
        out
    }
}

fn collect<'c>(cond: &'c Cond, atoms: &mut BTreeSet<&'c str>) {
    match cond {
        Cond::Const(_) => {}
        Cond::Atom(a) => {
            atoms.insert(a);
        }
        Cond::Not(c) => collect(c, atoms),
        Cond::And(list) | Cond::Or(list) => list.iter().for_each(|c| collect(c, atoms)),
    }
}

#[cfg(test)]
mod tests;
