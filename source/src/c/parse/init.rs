//! Initialisers, and the operands of `asm`.

use super::Parser;
use crate::c::lex::Tok;
use crate::text::Span;
use crate::tree::{Expr, ExprId};

impl Parser<'_> {
    /// `{ … }` of an initialiser.
    pub(super) fn initializer(&mut self) -> Option<ExprId> {
        self.deeper(Self::initializer_inner).unwrap_or_else(|| self.too_deep())
    }

    fn initializer_inner(&mut self) -> Option<ExprId> {
        let start = self.bump();
        let mark = self.scratch.len();
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
                    if let Some(e) = self.init_item() {
                        self.scratch.push(e);
                    }
                    if self.pos == before {
                        self.skip_one("this is no initialiser");
                    }
                }
            }
        }
        let items = self.list_from(mark);
        Some(self.push(Expr::Init { items }, start.to(self.before())))
    }

    pub(super) fn init_item(&mut self) -> Option<ExprId> {
        let start = self.here();
        let mut name = None;
        // `.a = v`, `.a.b = v`, `[3] = v`, `[1 ... 2] = v`, gcc 2's `a: v` and `[3] v`.
        if self.kind() == Tok::Ident && self.kind_at(1) == Tok::Colon {
            name = Some(self.bump());
            self.pos += 1;
        }
        while name.is_none() || matches!(self.kind(), Tok::Dot | Tok::LBracket) {
            match self.kind() {
                Tok::Dot if self.kind_at(1) == Tok::Ident => {
                    self.pos += 1;
                    name = Some(self.bump());
                }
                Tok::LBracket => {
                    self.pos += 1;
                    self.assign_expr();
                    if self.eat(Tok::Ellipsis) {
                        self.assign_expr();
                    }
                    self.expect(Tok::RBracket, "`]` expected in an initialiser");
                    name = name.or(Some(Span::new(start.start, start.start)));
                }
                _ => break,
            }
        }
        if name.is_some() {
            self.eat(Tok::Eq);
        }
        let value = if self.kind() == Tok::LBrace { self.initializer() } else { self.assign_expr() }?;
        match name {
            Some(name) if name.end > name.start => {
                let span = start.to(self.span_of(value));
                Some(self.push(Expr::Field { name, value }, span))
            }
            _ => Some(value),
        }
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
            while self.pos < close {
                if self.kind() == Tok::LParen {
                    let e = self.primary();
                    self.scratch.extend(e);
                } else {
                    self.pos += 1;
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
