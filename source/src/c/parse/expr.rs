//! Expressions.

use super::{Parser, TOO_DEEP};
use crate::c::lex::Tok;
use crate::tree::{AssignOp, Base, Expr, ExprId, List, Op, Type};

/// Chains (`a + b + …`, `a.b.c…`) longer than this are passed over: they would make trees deeper than a walker's stack.
const LONGEST_CHAIN: u16 = 1500;

/// Macro arguments that are no expressions may hold others, so deep.
const MOST_RETRIES: u8 = 1;

fn binary(kind: Tok) -> Option<(u8, Op)> {
    Some(match kind {
        Tok::OrOr => (1, Op::Or),
        Tok::AndAnd => (2, Op::And),
        Tok::Pipe | Tok::Caret => (3, Op::Arith),
        Tok::Amp => (5, Op::BitAnd),
        Tok::EqEq => (6, Op::Eq),
        Tok::NotEq => (6, Op::NotEq),
        Tok::Lt | Tok::Gt | Tok::Le | Tok::Ge => (7, Op::Order),
        Tok::Shl | Tok::Shr => (8, Op::Arith),
        Tok::Plus | Tok::Minus => (9, Op::Arith),
        Tok::Star | Tok::Slash | Tok::Percent => (10, Op::Arith),
        _ => return None,
    })
}

impl Parser<'_> {
    /// `a, b`. `None`: nothing that starts an expression stands here; nothing was taken.
    pub(super) fn comma_expr(&mut self) -> Option<ExprId> {
        let mut lhs = self.assign_expr()?;
        while self.kind() == Tok::Comma && !self.too_long(lhs) {
            self.pos += 1;
            let Some(rhs) = self.assign_expr() else {
                self.pos -= 1;
                break;
            };
            lhs = self.infix(Op::Comma, lhs, rhs);
        }
        Some(lhs)
    }

    fn too_long(&self, id: ExprId) -> bool {
        self.ast.depths[id as usize] >= LONGEST_CHAIN
    }

    fn infix(&mut self, op: Op, lhs: ExprId, rhs: ExprId) -> ExprId {
        let span = self.span_of(lhs).to(self.span_of(rhs));
        self.push(Expr::Binary { op, lhs, rhs }, span)
    }

    /// An expression without a comma.
    pub(super) fn assign_expr(&mut self) -> Option<ExprId> {
        self.deeper(Self::assign_inner).unwrap_or_else(|| self.too_deep())
    }

    /// Passes over what nests too deeply: the bracketed group or the token.
    pub(super) fn too_deep(&mut self) -> Option<ExprId> {
        let start = self.here();
        if matches!(self.kind(), Tok::LParen | Tok::LBrace | Tok::LBracket) {
            self.skip_group();
        } else if matches!(self.kind(), Tok::End | Tok::RParen | Tok::RBrace | Tok::RBracket | Tok::Semi) {
            return None;
        } else {
            self.pos += 1;
        }
        let span = start.to(self.before());
        self.record(span, TOO_DEEP);
        Some(self.push(Expr::Unread, span))
    }

    fn assign_inner(&mut self) -> Option<ExprId> {
        let lhs = self.binary_expr(1)?;
        match self.kind() {
            // Conditional lvalues and casts on the left are gcc 2 idioms; any expression may be assigned to.
            Tok::Eq | Tok::OpEq => {
                let op = match self.text(self.pos) {
                    b"=" => AssignOp::Set,
                    b"+=" => AssignOp::Add,
                    b"-=" => AssignOp::Sub,
                    _ => AssignOp::Other,
                };
                self.pos += 1;
                let rhs = if self.kind() == Tok::LBrace { self.initializer() } else { self.assign_expr() };
                let Some(rhs) = rhs else {
                    let span = self.span_of(lhs).to(self.before());
                    return Some(self.push(Expr::Unary { op: Op::Arith, operand: lhs }, span));
                };
                let span = self.span_of(lhs).to(self.span_of(rhs));
                Some(self.push(Expr::Assign { lhs, rhs, op }, span))
            }
            Tok::Question => {
                self.pos += 1;
                let then = if self.kind() == Tok::Colon { None } else { self.comma_expr() };
                if !self.expect(Tok::Colon, "`:` expected after `?`") {
                    return Some(lhs);
                }
                let other = self.assign_expr()?;
                let span = self.span_of(lhs).to(self.span_of(other));
                Some(self.push(Expr::Choice { test: lhs, then, other }, span))
            }
            _ => Some(lhs),
        }
    }

    fn binary_expr(&mut self, least: u8) -> Option<ExprId> {
        let mut lhs = self.unary()?;
        while let Some((level, op)) = binary(self.kind()) {
            if level < least || self.too_long(lhs) {
                break;
            }
            let mark = self.pos;
            self.pos += 1;
            let Some(rhs) = self.binary_expr(level + 1) else {
                self.pos = mark;
                break;
            };
            lhs = self.infix(op, lhs, rhs);
        }
        Some(lhs)
    }

    fn unary(&mut self) -> Option<ExprId> {
        while self.eat(Tok::Extension) {}
        let op = match self.kind() {
            Tok::Star => Op::Deref,
            Tok::Amp | Tok::AndAnd => Op::AddrOf,
            Tok::Not => Op::Not,
            Tok::PlusPlus => Op::Increment,
            Tok::MinusMinus => Op::Decrement,
            Tok::Minus | Tok::Plus | Tok::Tilde => Op::Arith,
            Tok::Sizeof => return Some(self.sizeof()),
            Tok::LParen => return self.paren(),
            _ => return self.postfix(),
        };
        let start = self.bump();
        let operand = self.deeper(Self::unary).unwrap_or_else(|| self.too_deep())?;
        let span = start.to(self.span_of(operand));
        Some(self.push(Expr::Unary { op, operand }, span))
    }

    fn sizeof(&mut self) -> ExprId {
        let start = self.bump();
        let operand = if self.kind() == Tok::LParen && self.is_type_in_parens(false) {
            self.pos += 1;
            self.type_name();
            self.expect(Tok::RParen, "`)` expected after a type");
            None
        } else {
            self.deeper(Self::unary).flatten()
        };
        let span = start.to(self.before());
        self.push(Expr::Sizeof { operand }, span)
    }

    /// A cast, a compound literal, a statement expression, or an expression in parentheses.
    fn paren(&mut self) -> Option<ExprId> {
        let start = self.here();
        if self.kind_at(1) == Tok::LBrace {
            self.pos += 1;
            let inner = self.ast.depths.len();
            let Some(body) = self.deeper(|p| p.block()) else { return self.too_deep() };
            self.expect(Tok::RParen, "`)` expected after a statement expression");
            let e = self.push(Expr::Block { body }, start.to(self.before()));
            let deepest = self.ast.depths[inner..].iter().copied().max().unwrap_or(0);
            self.ast.depths[e as usize] = deepest.saturating_add(1);
            return Some(self.suffixes(e));
        }
        if self.is_type_in_parens(true) {
            self.pos += 1;
            let ty = self.type_name();
            self.expect(Tok::RParen, "`)` expected after a type");
            if self.kind() == Tok::LBrace {
                let init = self.initializer()?;
                let e = self.push(Expr::Compound { ty, init }, start.to(self.before()));
                return Some(self.suffixes(e));
            }
            if matches!(self.kind(), Tok::Comma | Tok::RParen) {
                // A type in parentheses as a macro's argument.
                return Some(self.push(Expr::TypeArg { ty }, start.to(self.before())));
            }
            let operand = self.deeper(Self::unary).unwrap_or_else(|| self.too_deep())?;
            let span = start.to(self.span_of(operand));
            return Some(self.push(Expr::Cast { ty, operand }, span));
        }
        self.postfix()
    }

    /// Whether the parenthesis here holds a type. For a cast the token after it counts: `(foo)(x)` is a call unless `foo`
    /// is known to be a type.
    fn is_type_in_parens(&self, cast: bool) -> bool {
        let mut i = self.pos + 1;
        match self.at(i) {
            Tok::Struct | Tok::Union | Tok::Enum | Tok::TypeWord | Tok::Qualifier | Tok::Typeof => return true,
            Tok::Attribute => return true,
            Tok::Ident => {}
            _ => return false,
        }
        let name = i;
        while matches!(self.at(i), Tok::Ident | Tok::Qualifier) {
            i += 1;
        }
        // `(__force int)`
        if matches!(self.at(i), Tok::Struct | Tok::Union | Tok::Enum | Tok::TypeWord | Tok::Typeof) {
            return true;
        }
        let names = i - name;
        let mut stars = 0;
        while matches!(self.at(i), Tok::Star | Tok::Qualifier) {
            stars += usize::from(self.at(i) == Tok::Star);
            i += 1;
        }
        match self.at(i) {
            Tok::RParen if stars > 0 || names > 1 => true,
            Tok::RParen if !cast => self.looks_like_type(name),
            Tok::RParen => match self.at(i + 1) {
                Tok::Ident
                | Tok::Number
                | Tok::Str
                | Tok::Char
                | Tok::Sizeof
                | Tok::Not
                | Tok::Tilde
                | Tok::Extension => true,
                Tok::LBrace => true,
                // `(foo)(bar)x`: a call is not followed by a name, so both are casts.
                Tok::LParen
                    if matches!(self.at(self.close_of(i + 1) + 1), Tok::Ident | Tok::Number | Tok::Str | Tok::Char) =>
                {
                    true
                }
                Tok::LParen | Tok::Star | Tok::Amp | Tok::Minus | Tok::Plus | Tok::PlusPlus | Tok::MinusMinus => {
                    self.looks_like_type(name)
                }
                _ => false,
            },
            // `(foo (*)(int))`, `(foo [])`
            Tok::LParen => {
                stars == 0
                    && self.at(i + 1) == Tok::Star
                    && matches!(self.at(i + 2), Tok::RParen | Tok::Star | Tok::Qualifier)
            }
            Tok::LBracket => self.at(i + 1) == Tok::RBracket && self.at(i + 2) == Tok::RParen,
            _ => false,
        }
    }

    /// Names that kernels use for types without a keyword.
    pub(super) fn looks_like_type(&self, index: usize) -> bool {
        let name = self.text(index);
        name.ends_with(b"_t")
            || name.starts_with(b"u_")
            || matches!(name, b"caddr_t" | b"uint" | b"ushort" | b"ulong" | b"uchar" | b"unchar" | b"bool" | b"boolean")
            || (name.starts_with(b"uint") || name.starts_with(b"int")) && name.last().is_some_and(u8::is_ascii_digit)
    }

    pub(super) fn primary(&mut self) -> Option<ExprId> {
        let start = self.here();
        match self.kind() {
            Tok::Ident if self.kind_at(1) == Tok::LParen && self.text(self.pos) == b"_Generic" => Some(self.generic()),
            Tok::Ident => {
                self.pos += 1;
                // Names pasted in a macro's text: `a ## b`.
                while self.kind() == Tok::HashHash {
                    self.pos = (self.pos + 2).min(self.tokens.len());
                }
                let e = self.push(Expr::Name, start.to(self.before()));
                Some(self.strings_after(e))
            }
            // A parameter made a string in a macro's text: `#x`.
            Tok::Hash if self.kind_at(1) == Tok::Ident => {
                self.pos += 2;
                let e = self.push(Expr::Literal, start.to(self.before()));
                Some(self.strings_after(e))
            }
            Tok::Number | Tok::Char | Tok::OpenQuote => {
                self.pos += 1;
                Some(self.push(Expr::Literal, start))
            }
            Tok::Str => {
                self.pos += 1;
                let e = self.push(Expr::Literal, start);
                Some(self.strings_after(e))
            }
            Tok::LParen => {
                self.pos += 1;
                let inner = match self.whole(Self::comma_expr, &[Tok::RParen], "this is no expression") {
                    Some(e) => e,
                    None => self.push(Expr::Unread, start),
                };
                if !self.eat(Tok::RParen) {
                    self.skip_to_close("this is no expression");
                    self.eat(Tok::RParen);
                }
                // The parentheses belong to the expression's place, so that spans nest.
                self.ast.spans[inner as usize] = start.to(self.before());
                Some(inner)
            }
            Tok::Asm => Some(self.asm()),
            // Types stand where expressions do in macro arguments: `va_arg(ap, int)`, `MALLOC(p, struct foo *, …)`.
            Tok::Struct | Tok::Union | Tok::Enum | Tok::TypeWord | Tok::Qualifier | Tok::Typeof => {
                let ty = self.type_name();
                Some(self.push(Expr::TypeArg { ty }, start.to(self.before())))
            }
            _ => None,
        }
    }

    /// `_Generic(e, int: a, default: b)`: one of the values; the expression itself is not evaluated.
    fn generic(&mut self) -> ExprId {
        let start = self.bump();
        let close = self.close_of(self.pos);
        self.pos += 1;
        let operand = self.assign_expr();
        let asked = self.push(Expr::Sizeof { operand }, start);
        let mut value: Option<ExprId> = None;
        while self.pos < close && value.is_none_or(|v| !self.too_long(v)) && self.eat(Tok::Comma) {
            if !self.eat(Tok::Default) {
                self.type_name();
            }
            if !self.eat(Tok::Colon) {
                break;
            }
            let Some(one) = self.assign_expr() else { break };
            value = Some(match value {
                None => one,
                Some(then) => {
                    // An expression has one parent, so each choice has a test of its own.
                    let test = self.push(Expr::Unread, start);
                    let span = self.span_of(then).to(self.span_of(one));
                    self.push(Expr::Choice { test, then: Some(then), other: one }, span)
                }
            });
        }
        if self.pos < close {
            let from = self.here();
            self.pos = close;
            self.record(from.to(self.before()), "this is no choice by type");
        }
        self.eat(Tok::RParen);
        let span = start.to(self.before());
        match value {
            Some(value) => self.push(Expr::Binary { op: Op::Comma, lhs: asked, rhs: value }, span),
            None => asked,
        }
    }

    /// Adjacent strings, and macros that stand for strings among them, are one literal.
    fn strings_after(&mut self, first: ExprId) -> ExprId {
        let literal = self.ast.exprs[first as usize] == Expr::Literal;
        let mut any = false;
        loop {
            match self.kind() {
                Tok::Str => self.pos += 1,
                Tok::Ident
                    if (literal || any)
                        && matches!(self.kind_at(1), Tok::Str | Tok::Comma | Tok::RParen | Tok::Semi) =>
                {
                    self.pos += 1;
                }
                Tok::Ident if (literal || any) && self.kind_at(1) == Tok::LParen => {
                    self.pos += 1;
                    self.skip_group();
                }
                _ => break,
            }
            any = true;
        }
        if !any {
            return first;
        }
        let span = self.span_of(first).to(self.before());
        self.push(Expr::Literal, span)
    }

    /// Passes over tokens up to the closing bracket of the current level.
    fn skip_to_close(&mut self, reason: &'static str) {
        let (start, mark) = (self.here(), self.pos);
        while !matches!(self.kind(), Tok::End | Tok::RParen | Tok::RBracket | Tok::RBrace | Tok::Semi) {
            if matches!(self.kind(), Tok::LParen | Tok::LBracket | Tok::LBrace) {
                self.skip_group();
            } else {
                self.pos += 1;
            }
        }
        // What was passed over as a whole before has said so.
        if self.pos > mark || self.ast.skips.last().is_none_or(|s| s.reason != reason) {
            self.record(start.to(self.before()), reason);
        }
    }

    fn postfix(&mut self) -> Option<ExprId> {
        let e = self.primary()?;
        Some(self.suffixes(e))
    }

    fn suffixes(&mut self, mut e: ExprId) -> ExprId {
        while !self.too_long(e) {
            let start = self.span_of(e);
            let next = match self.kind() {
                Tok::LParen => {
                    let args = self.arguments();
                    let call = self.push(Expr::Call { callee: e, args }, start.to(self.before()));
                    self.strings_after(call)
                }
                Tok::LBracket => {
                    self.pos += 1;
                    let index = match self.whole(Self::comma_expr, &[Tok::RBracket], "this is no index") {
                        Some(i) => i,
                        None => self.push(Expr::Unread, start),
                    };
                    if !self.eat(Tok::RBracket) {
                        self.skip_to_close("this is no index");
                        self.eat(Tok::RBracket);
                    }
                    self.push(Expr::Index { base: e, index }, start.to(self.before()))
                }
                Tok::Dot | Tok::Arrow => {
                    let arrow = self.kind() == Tok::Arrow;
                    self.pos += 1;
                    let name = self.here();
                    match self.kind() {
                        Tok::Ident => self.pos += 1,
                        // Old code has members named like keywords of later C.
                        k if k.is_word() => self.pos += 1,
                        _ => {
                            self.record(name, "a member's name was expected");
                            return e;
                        }
                    }
                    // A member whose name is pasted by a macro: `sc->M(x)`: the call's name is the member's.
                    self.push(Expr::Member { base: e, name, arrow }, start.to(name))
                }
                kind @ (Tok::PlusPlus | Tok::MinusMinus) => {
                    self.pos += 1;
                    let op = if kind == Tok::PlusPlus { Op::Increment } else { Op::Decrement };
                    self.push(Expr::Unary { op, operand: e }, start.to(self.before()))
                }
                _ => return e,
            };
            e = next;
        }
        self.record(self.span_of(e), "a chain of operators is too long");
        e
    }

    /// `( … )` after a callee. Arguments may be types, statements (macros take anything) or missing.
    pub(super) fn arguments(&mut self) -> List {
        self.pos += 1;
        let mark = self.scratch.len();
        loop {
            match self.kind() {
                Tok::RParen => {
                    self.pos += 1;
                    break;
                }
                Tok::End => {
                    self.record(self.before(), "arguments without an end");
                    break;
                }
                Tok::Comma => {
                    // An argument left out: `SLIST_HEAD(, foo)`.
                    if matches!(self.at(self.pos.wrapping_sub(1)), Tok::LParen | Tok::Comma) {
                        let e = self.push(Expr::Unread, self.here());
                        self.scratch.push(e);
                    }
                    self.pos += 1;
                }
                _ => {
                    let before = self.pos;
                    let e = self.argument();
                    self.scratch.push(e);
                    if self.pos == before {
                        break;
                    }
                }
            }
        }
        self.list_from(mark)
    }

    fn argument(&mut self) -> ExprId {
        let start = self.here();
        let mark = self.pos;
        let ends = |k| matches!(k, Tok::Comma | Tok::RParen);
        if self.is_type_argument() {
            let ty = self.type_name();
            if ends(self.kind()) {
                return self.push(Expr::TypeArg { ty }, start.to(self.before()));
            }
            self.pos = mark;
        }
        let skips = self.ast.skips.len();
        // A designated initialiser: `MAKE(x, .field = 1)`.
        let e = if self.kind() == Tok::Dot { self.designated() } else { self.assign_expr() };
        if let Some(e) = e
            && ends(self.kind())
        {
            return e;
        }
        self.ast.skips.truncate(skips);
        // No expression: a macro takes operators, keywords, declarations and statements too. They are tokens that are
        // read by what they are: a statement, if they can be one.
        self.pos = mark;
        let close = self.argument_end();
        if (mark..close).all(|i| !matches!(self.at(i), Tok::Ident | Tok::LBrace)) {
            // Operators: `CMP(a, <, b)`.
            self.pos = close;
            return self.push(Expr::Unread, start.to(self.before()));
        }
        // Each second reading reads all that is inside again, so only so many may stand in each other.
        self.retries += 1;
        let body =
            if self.retries <= MOST_RETRIES { self.deeper(|p| p.statement_argument(close)).flatten() } else { None };
        self.retries -= 1;
        if let Some(body) = body {
            self.pos = close;
            return self.push(Expr::Block { body }, start.to(self.before()));
        }
        self.pos = close.max(mark + usize::from(self.at(mark) != Tok::RParen));
        let span = start.to(self.before());
        self.record(span, "this macro argument could not be read");
        self.push(Expr::Unread, span)
    }

    /// `foo *`, `foo bar`, up to `,` or `)`.
    fn is_type_argument(&self) -> bool {
        let mut i = self.pos;
        if self.at(i) != Tok::Ident {
            return false;
        }
        while matches!(self.at(i), Tok::Ident | Tok::Qualifier) {
            i += 1;
        }
        let names = i - self.pos;
        let stars = i;
        while matches!(self.at(i), Tok::Star | Tok::Qualifier) {
            i += 1;
        }
        matches!(self.at(i), Tok::Comma | Tok::RParen) && (i > stars || names > 1)
    }

    fn argument_end(&self) -> usize {
        let mut i = self.pos;
        while i < self.tokens.len() {
            match self.at(i) {
                Tok::Comma | Tok::RParen | Tok::RBrace | Tok::RBracket => return i,
                Tok::LParen | Tok::LBrace | Tok::LBracket => i = self.close_of(i) + 1,
                _ => i += 1,
            }
        }
        self.tokens.len()
    }

    /// The type of `typeof(x)`.
    pub(super) fn typeof_type(&mut self) -> Type {
        self.pos += 1;
        let mut base = Base::Unknown;
        if self.kind() == Tok::LParen {
            if self.is_type_in_parens(false) {
                self.pos += 1;
                let ty = self.type_name();
                self.expect(Tok::RParen, "`)` expected after a type");
                return ty;
            }
            if let Some(e) = self.primary() {
                base = Base::Typeof(e);
            }
        }
        Type { base, ..Type::default() }
    }
}

impl Tok {
    /// A keyword.
    fn is_word(self) -> bool {
        !matches!(self, Tok::End) && (self as u8) >= (Tok::If as u8)
    }
}
