//! Initialisers, and the operands of `asm`.

use super::Parser;
use crate::c::lex::Tok;
use crate::text::Span;
use crate::tree::{AssignOp, Expr, ExprId};

/// A designator of more levels than this is cut: no struct is nested so deeply.
const DEEPEST_DESIGNATOR: usize = 32;

/// Parts of one member are looked for among so many items before.
const MOST_OPEN: usize = 16;

/// `.name` or `[index]`.
#[derive(Debug, Clone, Copy)]
struct Designator {
    span: Span,
    is_name: bool,
}

/// One item of an initialiser.
#[derive(Debug)]
struct Item {
    path: Vec<Designator>,
    value: ExprId,
    span: Span,
}

impl Parser<'_> {
    /// `{ … }` of an initialiser.
    pub(super) fn initializer(&mut self) -> Option<ExprId> {
        self.deeper(Self::initializer_inner).unwrap_or_else(|| self.too_deep())
    }

    fn initializer_inner(&mut self) -> Option<ExprId> {
        let start = self.bump();
        let mut items = Vec::new();
        loop {
            match self.kind() {
                Tok::RBrace => {
                    self.pos += 1;
                    break;
                }
                Tok::End => {
                    self.record(self.before(), "initialiser without an end");
                    break;
                }
                Tok::Comma => self.pos += 1,
                _ => {
                    let before = self.pos;
                    items.extend(self.init_item());
                    if self.pos == before {
                        self.skip_one("this is no initialiser");
                    }
                }
            }
        }
        Some(self.listed(items, 0, start.to(self.before())))
    }

    /// The items of one level as an initialiser. Those that name parts of one member, `.u.a = 1, .u.b = 2`, are an
    /// initialiser of that member together.
    fn listed(&mut self, items: Vec<Item>, level: usize, span: Span) -> ExprId {
        let mut groups: Vec<(Option<Designator>, Vec<Item>)> = Vec::new();
        for item in items {
            let outer = item.path.get(level).filter(|_| item.path.len() > level + 1).copied();
            let same = |g: &(Option<Designator>, Vec<Item>)| match (g.0, outer) {
                (Some(a), Some(b)) => a.span.of(self.source) == b.span.of(self.source) && a.is_name == b.is_name,
                _ => false,
            };
            match groups.iter_mut().rev().take(MOST_OPEN).find(|g| same(g)) {
                Some(group) => group.1.push(item),
                None => groups.push((outer, vec![item])),
            }
        }
        let mark = self.scratch.len();
        for (outer, mut members) in groups {
            let first = members.first().map_or(span, |m| m.span);
            let e = match outer {
                None => {
                    let Some(item) = members.pop() else { continue };
                    self.designate(item.path.get(level).copied(), item.value, item.span)
                }
                Some(outer) => {
                    let whole = members.iter().fold(first, |all, m| all.to(m.span));
                    let inner = self.listed(members, level + 1, whole);
                    self.designate(Some(outer), inner, whole)
                }
            };
            self.scratch.push(e);
        }
        let items = self.list_from(mark);
        self.push(Expr::Init { items }, span)
    }

    /// `.a.b = v` where an expression stands, as in a macro's arguments.
    pub(super) fn designated(&mut self) -> Option<ExprId> {
        let item = self.init_item()?;
        let (first, span) = (item.path.first().copied(), item.span);
        let value = if item.path.len() > 1 { self.listed(vec![item], 1, span) } else { item.value };
        Some(self.designate(first, value, span))
    }

    fn designate(&mut self, by: Option<Designator>, value: ExprId, span: Span) -> ExprId {
        match by {
            Some(Designator { span: name, is_name: true }) => self.push(Expr::Field { name, value }, span),
            _ => value,
        }
    }

    /// An item's value. Macros that stand for items bring their own commas; after anything else one is due.
    fn item_value(&mut self) -> Option<ExprId> {
        let (start, skips) = (self.pos, self.ast.skips.len());
        let value = self.assign_expr()?;
        let is_macro = matches!(self.ast.exprs[value as usize], Expr::Name | Expr::Call { .. } | Expr::Literal);
        if is_macro || matches!(self.kind(), Tok::Comma | Tok::RBrace | Tok::End) {
            return Some(value);
        }
        self.ast.skips.truncate(skips);
        self.pos = start;
        self.whole(Self::assign_expr, &[Tok::Comma], "this is no initialiser")
    }

    /// `.a = v`, `.a.b = v`, `[3] = v`, `[1 ... 2] = v`, gcc 2's `a: v` and `[3] v`.
    fn init_item(&mut self) -> Option<Item> {
        let start = self.here();
        let mut path: Vec<Designator> = Vec::new();
        if self.kind() == Tok::Ident && self.kind_at(1) == Tok::Colon {
            path.push(Designator { span: self.bump(), is_name: true });
            self.pos += 1;
        } else {
            loop {
                match self.kind() {
                    Tok::Dot if self.kind_at(1) == Tok::Ident => {
                        self.pos += 1;
                        let name = self.bump();
                        if path.len() == DEEPEST_DESIGNATOR {
                            self.record(name, "a designator names too many levels");
                            path.pop();
                        }
                        path.push(Designator { span: name, is_name: true });
                    }
                    Tok::LBracket => {
                        self.pos += 1;
                        let index = self.here();
                        self.assign_expr();
                        if self.eat(Tok::Ellipsis) {
                            self.assign_expr();
                        }
                        let index = index.to(self.before());
                        self.expect(Tok::RBracket, "`]` expected in an initialiser");
                        if path.len() < DEEPEST_DESIGNATOR {
                            path.push(Designator { span: index, is_name: false });
                        }
                    }
                    _ => break,
                }
            }
        }
        if !path.is_empty() {
            self.eat(Tok::Eq);
        }
        let value = if self.kind() == Tok::LBrace { self.initializer()? } else { self.item_value()? };
        Some(Item { path, value, span: start.to(self.span_of(value)) })
    }

    /// `asm volatile ("…" : "=r" (x) : …)`: the operands are expressions.
    pub(super) fn asm(&mut self) -> ExprId {
        let start = self.bump();
        while matches!(self.kind(), Tok::Qualifier | Tok::Goto | Tok::Storage | Tok::Ident) {
            self.pos += 1;
        }
        let mark = self.scratch.len();
        if self.kind() == Tok::LParen {
            let close = self.close_of(self.pos);
            self.pos += 1;
            // The operands after the first colon are written to.
            let mut colons = 0;
            while self.pos < close {
                match self.kind() {
                    Tok::LParen => {
                        let constraint = self.text(self.pos - 1);
                        let Some(mut e) = self.primary() else { continue };
                        if colons == 1 {
                            let op = if constraint.contains(&b'+') { AssignOp::Other } else { AssignOp::Set };
                            let span = self.span_of(e);
                            let rhs = self.push(Expr::Unread, span);
                            e = self.push(Expr::Assign { lhs: e, rhs, op }, span);
                        }
                        self.scratch.push(e);
                    }
                    kind => {
                        colons += usize::from(kind == Tok::Colon);
                        self.pos += 1;
                    }
                }
            }
            self.pos = (close + 1).min(self.tokens.len());
        } else if self.kind() == Tok::LBrace {
            self.skip_group();
        }
        let operands = self.list_from(mark);
        self.push(Expr::Asm { operands }, start.to(self.before()))
    }
}
