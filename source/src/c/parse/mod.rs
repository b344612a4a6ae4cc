//! Tokens of one variant to a tree, never failing.
//!
//! What cannot be read is passed over up to the next safe point (`;`, or the brace that closes the block) and recorded
//! with its reason. Unpreprocessed C is read by what it looks like: a name after a name is a declaration, a call without
//! a semicolon is a macro that stands for a statement, and so on; each such guess stands in one function.

mod decl;
mod expr;
mod head;
mod init;
mod stmt;
mod whole;

use super::lex::{Tok, Token};
use crate::text::Span;
use crate::tree::{Ast, Expr, ExprId, List, Skip, Stmt, StmtId};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Nesting beyond which text is passed over, so that neither the parser nor a walker of its trees runs out of stack.
const DEEPEST: u16 = 200;

/// The reason of a skip beyond that depth.
pub const TOO_DEEP: &str = "nested too deeply";

/// The reason of a skip of a block that belongs to no function: most likely one whose head was not understood.
pub const OUTSIDE: &str = "a block outside a function";

/// Parses one token stream of a file into `ast`, which is not cleared.
pub fn parse(source: &[u8], tokens: &[Token], ast: &mut Ast) {
    let tokens = &*without_attributes(tokens);
    let mut p = Parser { source, tokens, pos: 0, depth: 0, ast, scratch: Vec::new(), retries: 0, linkage: 0 };
    while p.pos < p.tokens.len() {
        let before = p.pos;
        p.external();
        if p.pos == before {
            p.skip_one("no declaration starts so");
        }
    }
}

/// Parses a stream of tokens as one expression; `None` when something is left over.
pub fn parse_expression(source: &[u8], tokens: &[Token], ast: &mut Ast) -> Option<ExprId> {
    let tokens = &*without_attributes(tokens);
    let mut p = Parser { source, tokens, pos: 0, depth: 0, ast, scratch: Vec::new(), retries: 0, linkage: 0 };
    let e = p.comma_expr()?;
    (p.pos == tokens.len()).then_some(e)
}

/// Parses a stream of tokens as the statements of a block.
pub fn parse_statements(source: &[u8], tokens: &[Token], ast: &mut Ast) -> StmtId {
    let tokens = &*without_attributes(tokens);
    let mut p = Parser { source, tokens, pos: 0, depth: 0, ast, scratch: Vec::new(), retries: 0, linkage: 0 };
    let mark = p.scratch.len();
    while p.pos < p.tokens.len() {
        let before = p.pos;
        let s = p.stmt();
        p.scratch.push(s);
        if p.pos == before {
            p.skip_one("no statement starts so");
        }
    }
    let list = p.list_from(mark);
    p.push_stmt(Stmt::Block(list))
}

/// The tokens without C23's `[[ … ]]`, which may stand nearly everywhere and says nothing to a reader of values. No index of an
/// array begins with a bracket.
fn without_attributes(tokens: &[Token]) -> Cow<'_, [Token]> {
    let opens =
        |i: usize| tokens[i].kind == Tok::LBracket && tokens.get(i + 1).is_some_and(|t| t.kind == Tok::LBracket);
    let Some(first) = (0..tokens.len()).find(|i| opens(*i)) else { return Cow::Borrowed(tokens) };
    let ends = attribute_ends(tokens, first, opens);
    let mut out = tokens[..first].to_vec();
    let mut i = first;
    while i < tokens.len() {
        match ends.get(&i) {
            Some(end) => i = *end,
            None => {
                out.push(tokens[i]);
                i += 1;
            }
        }
    }
    Cow::Owned(out)
}

/// Where each `[[ … ]]` ends, by where it begins; `first` is the first that may be one.
fn attribute_ends(tokens: &[Token], first: usize, opens: impl Fn(usize) -> bool) -> FxHashMap<usize, usize> {
    let mut ends = FxHashMap::default();
    let mut open: Vec<usize> = Vec::new();
    for (i, t) in tokens.iter().enumerate().skip(first) {
        match t.kind {
            Tok::LBracket | Tok::LParen => open.push(i),
            Tok::RBracket | Tok::RParen => {
                if let Some(start) = open.pop()
                    && opens(start)
                    && tokens[i - 1].kind == Tok::RBracket
                {
                    ends.insert(start, i + 1);
                }
            }
            Tok::LBrace | Tok::RBrace | Tok::Semi => open.clear(),
            _ => {}
        }
    }
    ends
}

struct Parser<'a> {
    source: &'a [u8],
    tokens: &'a [Token],
    pos: usize,
    depth: u16,
    ast: &'a mut Ast,
    /// Lists under construction.
    scratch: Vec<u32>,
    /// How many macro arguments around here are being read a second time.
    retries: u8,
    /// Open `extern "C" {`.
    linkage: u32,
}

impl<'a> Parser<'a> {
    fn kind(&self) -> Tok {
        self.kind_at(0)
    }

    fn kind_at(&self, ahead: usize) -> Tok {
        self.tokens.get(self.pos + ahead).map_or(Tok::End, |t| t.kind)
    }

    fn at(&self, index: usize) -> Tok {
        self.tokens.get(index).map_or(Tok::End, |t| t.kind)
    }

    fn here(&self) -> Span {
        match self.tokens.get(self.pos) {
            Some(t) => t.span,
            None => self.before(),
        }
    }

    /// The token before.
    fn before(&self) -> Span {
        match self.pos.checked_sub(1).and_then(|i| self.tokens.get(i)) {
            Some(t) => t.span,
            None => Span::default(),
        }
    }

    fn text(&self, index: usize) -> &'a [u8] {
        self.tokens.get(index).map_or(&[], |t| t.span.of(self.source))
    }

    fn bump(&mut self) -> Span {
        let span = self.here();
        self.pos += usize::from(self.pos < self.tokens.len());
        span
    }

    fn eat(&mut self, kind: Tok) -> bool {
        let yes = self.kind() == kind;
        self.pos += usize::from(yes);
        yes
    }

    /// Takes a token that has to be there; where it is not, the gap is recorded.
    fn expect(&mut self, kind: Tok, reason: &'static str) -> bool {
        if self.eat(kind) {
            return true;
        }
        self.record(Span::new(self.before().end, self.here().start.max(self.before().end)), reason);
        false
    }

    fn record(&mut self, span: Span, reason: &'static str) {
        self.ast.skips.push(Skip { span, reason });
    }

    fn skip_one(&mut self, reason: &'static str) {
        let span = self.bump();
        self.record(span, reason);
    }

    /// Index of the bracket that closes the one at `open`, or of the end.
    fn close_of(&self, open: usize) -> usize {
        let mut depth = 0usize;
        for (i, t) in self.tokens[open.min(self.tokens.len())..].iter().enumerate() {
            match t.kind {
                Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
                Tok::RParen | Tok::RBrace | Tok::RBracket => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return open + i;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Takes a bracketed group whole, without looking into it.
    fn skip_group(&mut self) {
        self.pos = (self.close_of(self.pos) + 1).min(self.tokens.len());
    }

    /// Passes over everything up to a `;` (taken) or a closing bracket (left), recording why.
    fn skip_statement(&mut self, reason: &'static str) {
        let start = self.here();
        let mut end = start;
        while !matches!(self.kind(), Tok::End | Tok::RBrace | Tok::RParen | Tok::RBracket) {
            if self.kind() == Tok::Semi {
                end = self.bump();
                break;
            }
            if matches!(self.kind(), Tok::LBrace | Tok::LParen | Tok::LBracket) {
                self.skip_group();
            } else {
                self.pos += 1;
            }
            end = self.before();
        }
        self.record(start.to(end), reason);
    }

    fn list_from(&mut self, mark: usize) -> List {
        let start = self.ast.lists.len() as u32;
        self.ast.lists.extend_from_slice(&self.scratch[mark..]);
        self.scratch.truncate(mark);
        List { start, end: self.ast.lists.len() as u32 }
    }

    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let mut deepest = 0;
        let depths = &self.ast.depths;
        self.ast.operands_depth(expr, depths, &mut deepest);
        self.ast.exprs.push(expr);
        self.ast.spans.push(span);
        self.ast.own.push(span);
        self.ast.depths.push(deepest.saturating_add(1));
        self.ast.exprs.len() as u32 - 1
    }

    fn push_stmt(&mut self, stmt: Stmt) -> StmtId {
        self.ast.stmts.push(stmt);
        self.ast.stmts.len() as u32 - 1
    }

    fn span_of(&self, id: ExprId) -> Span {
        self.ast.spans[id as usize]
    }

    /// Runs `f` one level deeper, or not at all when that is too deep.
    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        Some(result)
    }
}

impl Ast {
    /// The greatest depth among an expression's operands.
    fn operands_depth(&self, expr: Expr, depths: &[u16], deepest: &mut u16) {
        let mut see = |id: ExprId| *deepest = (*deepest).max(depths[id as usize]);
        match expr {
            Expr::Name | Expr::Literal | Expr::TypeArg { .. } | Expr::Unread | Expr::Block { .. } => {}
            Expr::Member { base, .. } => see(base),
            Expr::Index { base, index } => {
                see(base);
                see(index);
            }
            Expr::Call { callee, args: list } => {
                see(callee);
                self.list(list).iter().for_each(|&a| see(a));
            }
            Expr::Unary { operand, .. } | Expr::Cast { operand, .. } => see(operand),
            Expr::Sizeof { operand } => operand.into_iter().for_each(see),
            Expr::Binary { lhs, rhs, .. } | Expr::Assign { lhs, rhs, .. } => {
                see(lhs);
                see(rhs);
            }
            Expr::Choice { test, then, other } => {
                see(test);
                then.into_iter().for_each(&mut see);
                see(other);
            }
            Expr::Compound { init, .. } => see(init),
            Expr::Init { items: list } | Expr::Asm { operands: list } => self.list(list).iter().for_each(|&a| see(a)),
            Expr::Field { value, .. } => see(value),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
