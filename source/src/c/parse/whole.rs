//! Expressions that must be read to their end, or not at all.

use super::Parser;
use crate::c::lex::Tok;
use crate::tree::{Expr, ExprId};

impl Parser<'_> {
    /// An expression that goes up to one of `ends` on this level. What goes on after an expression may be an operator
    /// that a macro stands for, `if (a EQUALS b)`, and then nothing is known of any part of it: it is all passed over.
    pub(super) fn whole(
        &mut self,
        read: fn(&mut Self) -> Option<ExprId>,
        ends: &[Tok],
        reason: &'static str,
    ) -> Option<ExprId> {
        let (start, skips) = (self.pos, self.ast.skips.len());
        let from = self.here();
        let e = read(self);
        // Where a block or the text ends, what is open has no end that could be waited for.
        if ends.contains(&self.kind()) || matches!(self.kind(), Tok::End | Tok::RBrace) {
            return e;
        }
        self.ast.skips.truncate(skips);
        self.pos = start;
        while !ends.contains(&self.kind())
            && !matches!(self.kind(), Tok::End | Tok::RBrace | Tok::RParen | Tok::RBracket)
        {
            match self.kind() {
                // A statement has ended before the bracket did.
                Tok::Semi => break,
                Tok::LParen | Tok::LBrace | Tok::LBracket => self.skip_group(),
                _ => self.pos += 1,
            }
        }
        let span = from.to(self.before());
        self.record(span, reason);
        Some(self.push(Expr::Unread, span))
    }
}
