//! Statements.

use super::{Parser, TOO_DEEP};
use crate::c::lex::Tok;
use crate::text::{Span, is_continued};
use crate::tree::{Case, Expr, ExprId, Stmt, StmtId};

impl Parser<'_> {
    /// `{ … }`; the brace stands here.
    pub(super) fn block(&mut self) -> StmtId {
        if let Some(id) = self.deeper(Self::block_inner) {
            return id;
        }
        let start = self.here();
        self.skip_group();
        self.record(start.to(self.before()), TOO_DEEP);
        self.push_stmt(Stmt::Empty)
    }

    fn block_inner(&mut self) -> StmtId {
        self.expect(Tok::LBrace, "`{` expected");
        let mark = self.scratch.len();
        loop {
            match self.kind() {
                Tok::RBrace => {
                    self.pos += 1;
                    break;
                }
                Tok::End => {
                    self.record(self.before(), "block without an end");
                    break;
                }
                _ => {
                    let before = self.pos;
                    let s = self.stmt();
                    self.scratch.push(s);
                    if self.pos == before {
                        self.skip_one("no statement starts so");
                    }
                }
            }
        }
        let list = self.list_from(mark);
        self.push_stmt(Stmt::Block(list))
    }

    /// One statement or declaration.
    pub(super) fn stmt(&mut self) -> StmtId {
        if let Some(id) = self.deeper(Self::stmt_inner) {
            return id;
        }
        let start = self.here();
        if self.kind() == Tok::LBrace {
            self.skip_group();
            self.record(start.to(self.before()), TOO_DEEP);
        } else {
            self.skip_statement(TOO_DEEP);
        }
        self.push_stmt(Stmt::Empty)
    }

    fn stmt_inner(&mut self) -> StmtId {
        let stmt = match self.kind() {
            Tok::LBrace => return self.block(),
            Tok::Semi => {
                self.pos += 1;
                Stmt::Empty
            }
            Tok::If => self.if_stmt(),
            Tok::While => self.while_stmt(),
            Tok::For => self.for_stmt(),
            Tok::Do => self.do_stmt(),
            Tok::Switch => self.switch_stmt(),
            Tok::Case => {
                let start = self.bump();
                let first = self.here();
                // The constant's `?:` is so rare that a colon ends it.
                let from = self.pos;
                while !matches!(self.kind(), Tok::Colon | Tok::End | Tok::Semi | Tok::RBrace) {
                    if self.kind() == Tok::LParen { self.skip_group() } else { self.pos += 1 }
                }
                let value = self.pos == from + 1;
                if !self.eat(Tok::Colon) {
                    self.record(start.to(self.before()), "`:` expected after `case`");
                }
                Stmt::Case(if value { Case::Value(first) } else { Case::Unread })
            }
            Tok::Default if self.kind_at(1) == Tok::Colon => {
                self.pos += 2;
                Stmt::Case(Case::Default)
            }
            Tok::Break | Tok::Continue => {
                let is_break = self.kind() == Tok::Break;
                self.pos += 1;
                let name = self.loop_name();
                self.semi();
                if is_break { Stmt::Break(name) } else { Stmt::Continue(name) }
            }
            Tok::Return => {
                self.pos += 1;
                let value = self.whole(Self::comma_expr, &[Tok::Semi], "this is no value to return");
                self.semi();
                Stmt::Return(value)
            }
            Tok::Goto => self.goto_stmt(),
            Tok::Asm => {
                let e = self.asm();
                self.eat(Tok::Semi);
                Stmt::Expr(e)
            }
            Tok::Ident if self.kind_at(1) == Tok::Colon => {
                let name = self.bump();
                self.pos += 1;
                while self.kind() == Tok::Attribute {
                    self.pos += 1;
                    self.skip_group();
                }
                Stmt::Label(name)
            }
            Tok::Attribute if self.is_attributed_statement() => return self.stmt(),
            _ if self.is_declaration() => {
                // `struct s f(int a) { … }` in a block; what it names of the function around it is taken for unknown.
                if self.nested_head() && self.nested_function() { Stmt::Empty } else { Stmt::Decls(self.declaration()) }
            }
            Tok::Else => {
                // The `if` of this `else` stands in another arm, or behind a macro: both branches can run.
                self.pos += 1;
                return self.stmt();
            }
            _ => return self.expr_stmt(),
        };
        self.push_stmt(stmt)
    }

    /// A statement's `;`. Macros that bring their own are common before a closing brace or another statement.
    fn semi(&mut self) {
        if !self.eat(Tok::Semi) && !matches!(self.kind(), Tok::RBrace | Tok::End) {
            self.skip_statement("`;` expected");
        }
    }

    /// The local dialect's loop names: `while <"name"> (…)`, `break <"name">;`.
    fn loop_name(&mut self) -> Span {
        if self.kind() == Tok::Lt && self.kind_at(1) == Tok::Str && self.kind_at(2) == Tok::Gt {
            self.pos += 3;
            return self.tokens[self.pos - 2].span;
        }
        self.nowhere()
    }

    /// `( expression )` of an `if`, `while` or `switch`.
    fn condition(&mut self) -> ExprId {
        if self.kind() != Tok::LParen {
            // A macro that brings its own parentheses: `if ISSET(x)`.
            return match self.assign_expr() {
                Some(e) => e,
                None => self.unread(),
            };
        }
        let start = self.bump();
        let skips = self.ast.skips.len();
        let e = match self.whole(Self::comma_expr, &[Tok::RParen], "this is no condition") {
            Some(e) => e,
            None => self.unread(),
        };
        if self.kind() != Tok::RParen {
            let (from, mark) = (self.here(), self.pos);
            while !matches!(self.kind(), Tok::RParen | Tok::End | Tok::RBrace) {
                if matches!(self.kind(), Tok::LParen | Tok::LBrace | Tok::LBracket) {
                    self.skip_group()
                } else {
                    self.pos += 1
                }
            }
            if self.pos > mark || self.ast.skips.len() == skips {
                self.record(from.to(self.before()), "this is no condition");
            }
        }
        self.eat(Tok::RParen);
        let span = self.span_of(e);
        self.ast.spans[e as usize] = start.to(span).to(self.before());
        e
    }

    fn if_stmt(&mut self) -> Stmt {
        self.pos += 1;
        let test = self.condition();
        let then = self.stmt();
        let other = if self.eat(Tok::Else) { Some(self.stmt()) } else { None };
        Stmt::If { test, then, other }
    }

    fn while_stmt(&mut self) -> Stmt {
        self.pos += 1;
        let name = self.loop_name();
        let test = self.condition();
        let body = self.stmt();
        Stmt::Loop { init: None, test: Some(test), step: None, body, name }
    }

    fn do_stmt(&mut self) -> Stmt {
        self.pos += 1;
        let name = self.loop_name();
        let body = self.stmt();
        let test = if self.eat(Tok::While) {
            // The dialect may give the name again.
            self.loop_name();
            self.condition()
        } else {
            self.record(self.here(), "`while` expected after `do`");
            self.unread()
        };
        // Macros end with `while (0)`, and their users' semicolon is theirs.
        self.eat(Tok::Semi);
        Stmt::DoWhile { body, test, name }
    }

    fn switch_stmt(&mut self) -> Stmt {
        self.pos += 1;
        let name = self.loop_name();
        let value = self.condition();
        let body = self.stmt();
        Stmt::Switch { value, body, name }
    }

    fn for_stmt(&mut self) -> Stmt {
        self.pos += 1;
        let name = self.loop_name();
        let mut parts = [None, None];
        let mut init = None;
        if self.kind() == Tok::LParen {
            let close = self.close_of(self.pos);
            self.pos += 1;
            if self.is_declaration() {
                let list = self.declaration();
                init = Some(self.push_stmt(Stmt::Decls(list)));
            } else {
                if let Some(e) = self.whole(Self::comma_expr, &[Tok::Semi, Tok::RParen], "this is no loop head") {
                    init = Some(self.push_stmt(Stmt::Expr(e)));
                }
                if self.pos < close {
                    self.expect(Tok::Semi, "`;` expected in `for`");
                }
            }
            for (i, part) in parts.iter_mut().enumerate() {
                *part = self.whole(Self::comma_expr, &[Tok::Semi, Tok::RParen], "this is no loop head");
                if i == 0 && self.pos < close {
                    self.expect(Tok::Semi, "`;` expected in `for`");
                }
            }
            if self.pos < close {
                let from = self.here();
                self.pos = close;
                self.record(from.to(self.before()), "this is no loop head");
            }
            self.eat(Tok::RParen);
        }
        let [test, step] = parts;
        let body = self.stmt();
        Stmt::Loop { init, test, step, body, name }
    }

    fn goto_stmt(&mut self) -> Stmt {
        self.pos += 1;
        if self.kind() == Tok::Ident {
            let name = self.bump();
            self.semi();
            return Stmt::Goto(name);
        }
        self.comma_expr();
        self.semi();
        Stmt::Goto(self.nowhere())
    }

    /// An expression; a macro's use may stand for a statement or a loop head, without a semicolon.
    fn expr_stmt(&mut self) -> StmtId {
        if self.is_head_of_statement() {
            let start = self.bump();
            let callee = self.push(Expr::Name, start);
            let args = self.arguments();
            let test = self.push(Expr::Call { callee, args }, start.to(self.before()));
            let body = self.stmt();
            let name = self.nowhere();
            return self.push_stmt(Stmt::Loop { init: None, test: Some(test), step: None, body, name });
        }
        let skips = self.ast.skips.len();
        let start = self.pos;
        let Some(e) = self.comma_expr() else {
            self.skip_statement("no statement starts so");
            return self.push_stmt(Stmt::Empty);
        };
        if self.eat(Tok::Semi) {
            return self.push_stmt(Stmt::Expr(e));
        }
        let callee = match self.ast.exprs[e as usize] {
            Expr::Call { callee, .. } => Some(callee),
            Expr::Name => Some(e),
            _ => None,
        };
        let name = callee.filter(|c| self.ast.exprs[*c as usize] == Expr::Name).map(|c| self.span_of(c));
        match (self.kind(), name) {
            (Tok::RBrace | Tok::End, _) => {}
            (Tok::LBrace, Some(_)) => {
                // A macro that stands for a loop head; if it is another block's head, the loop's exit covers it.
                let body = self.block();
                return self.push_stmt(Stmt::Loop {
                    init: None,
                    test: Some(e),
                    step: None,
                    body,
                    name: self.nowhere(),
                });
            }
            // A macro that stands for a label: `CASEOF(x):`.
            (Tok::Colon, Some(_)) => {
                self.pos += 1;
                return self.push_stmt(Stmt::Case(Case::Unread));
            }
            (_, Some(name)) if is_loop_name(name.of(self.source)) => {
                let body = self.stmt();
                return self.push_stmt(Stmt::Loop {
                    init: None,
                    test: Some(e),
                    step: None,
                    body,
                    name: self.nowhere(),
                });
            }
            // A macro that stands for a statement.
            (_, Some(_)) if self.pos > start => {}
            _ => {
                // What goes on after an expression may be an operator that a macro stands for: nothing is known of it all.
                self.ast.skips.truncate(skips);
                self.pos = start;
                self.skip_statement("`;` expected");
                return self.push_stmt(Stmt::Empty);
            }
        }
        self.push_stmt(Stmt::Expr(e))
    }

    /// `EACH(e, h) (void)f();`, `FOREACH(e, h) ++n;`: a macro that stands for a loop head, before what would go on with a call.
    fn is_head_of_statement(&self) -> bool {
        if self.kind() != Tok::Ident || self.kind_at(1) != Tok::LParen {
            return false;
        }
        let next = self.close_of(self.pos + 1) + 1;
        match self.at(next) {
            // No function's result is called with nothing but `void`, and nothing is named right after `++`.
            Tok::LParen => {
                self.text(next + 1) == b"void" && self.at(next + 2) == Tok::RParen && self.at(next + 3) != Tok::Semi
                    || is_loop_name(self.text(self.pos))
            }
            Tok::PlusPlus | Tok::MinusMinus => {
                matches!(self.at(next + 1), Tok::Ident | Tok::LParen | Tok::Star) || is_loop_name(self.text(self.pos))
            }
            Tok::Star | Tok::Minus | Tok::Amp => is_loop_name(self.text(self.pos)),
            _ => false,
        }
    }

    /// `__attribute__((likely)) return x;`: takes the attributes, if it is a statement that they stand before.
    fn is_attributed_statement(&mut self) -> bool {
        let start = self.pos;
        while self.kind() == Tok::Attribute {
            self.pos += 1;
            if self.kind() == Tok::LParen {
                self.skip_group();
            }
        }
        let is_statement = matches!(
            self.kind(),
            Tok::If
                | Tok::While
                | Tok::For
                | Tok::Do
                | Tok::Switch
                | Tok::Case
                | Tok::Default
                | Tok::Break
                | Tok::Continue
                | Tok::Return
                | Tok::Goto
                | Tok::LBrace
                | Tok::Star
                | Tok::LParen
                | Tok::PlusPlus
                | Tok::MinusMinus
        ) || self.kind() == Tok::Ident && !self.is_declaration() && self.kind_at(1) != Tok::Semi;
        if !is_statement {
            self.pos = start;
        }
        is_statement
    }

    /// Whether a declaration starts here; names are judged by what follows them.
    fn is_declaration(&self) -> bool {
        match self.kind() {
            Tok::Struct
            | Tok::Union
            | Tok::Enum
            | Tok::Typedef
            | Tok::Static
            | Tok::Extern
            | Tok::Storage
            | Tok::Qualifier
            | Tok::TypeWord
            | Tok::Typeof
            | Tok::Attribute => true,
            Tok::Extension => !matches!(self.kind_at(1), Tok::LParen),
            Tok::Ident => self.is_named_declaration(),
            _ => false,
        }
    }

    fn is_named_declaration(&self) -> bool {
        match self.kind_at(1) {
            Tok::Qualifier
            | Tok::TypeWord
            | Tok::Struct
            | Tok::Union
            | Tok::Enum
            | Tok::Static
            | Tok::Extern
            | Tok::Storage => {
                // `MACRO static int x;`, but a macro on its own line is a statement before a declaration.
                !self.is_line_of_macro()
            }
            Tok::Ident => match self.kind_at(2) {
                Tok::Semi | Tok::Comma | Tok::Eq | Tok::LBracket | Tok::Attribute | Tok::Asm => {
                    !self.is_line_of_macro()
                }
                Tok::Star | Tok::Ident => !self.is_line_of_macro(),
                Tok::LParen => self.is_local_prototype(),
                _ => false,
            },
            Tok::Star => {
                let mut i = self.pos + 1;
                while matches!(self.at(i), Tok::Star | Tok::Qualifier) {
                    i += 1;
                }
                self.at(i) == Tok::Ident
                    && (matches!(
                        self.at(i + 1),
                        Tok::Semi | Tok::Comma | Tok::Eq | Tok::LBracket | Tok::Attribute | Tok::Asm
                    ) || (self.at(i + 1) == Tok::LParen && self.looks_like_type(self.pos))
                        || (self.at(i + 1) == Tok::Ident && self.is_attribute_name(i + 1)))
            }
            // `foo_t (*fp)(int) = …`
            Tok::LParen if self.kind_at(2) == Tok::Star && self.kind_at(3) == Tok::Ident => {
                let close = self.close_of(self.pos + 1);
                self.looks_like_type(self.pos) && matches!(self.at(close + 1), Tok::LParen | Tok::LBracket)
            }
            _ => false,
        }
    }

    /// `foo_t f(x), g __P((int));` in a block; `MACRO f(x);` is two statements if the name is in capitals.
    fn is_local_prototype(&self) -> bool {
        self.text(self.pos).iter().any(u8::is_ascii_lowercase)
    }

    /// A name in capitals on a line of its own: a macro that stands for a statement, and no type.
    fn is_line_of_macro(&self) -> bool {
        let is_type = self.text(self.pos).iter().any(u8::is_ascii_lowercase);
        match (self.tokens.get(self.pos), self.tokens.get(self.pos + 1)) {
            (Some(a), Some(b)) if !is_type => {
                let mut lines = Span::new(a.span.end, b.span.start).of(self.source).split(|b| *b == b'\n').peekable();
                // A line that a backslash continues does not end there.
                std::iter::from_fn(|| lines.next().filter(|_| lines.peek().is_some())).any(|line| !is_continued(line))
            }
            _ => false,
        }
    }

    /// A macro argument that is a statement (or several), up to the token at `close`. `None`: it is none either.
    pub(super) fn statement_argument(&mut self, close: usize) -> Option<StmtId> {
        let (tokens, skips, mark) = (self.tokens, self.ast.skips.len(), self.scratch.len());
        if close == self.pos + 1 && !matches!(self.kind(), Tok::LBrace) {
            // One word or operator: `CMP(a, <, b)`.
            self.pos = close;
            return Some(self.push_stmt(Stmt::Empty));
        }
        self.tokens = &tokens[..close];
        while self.pos < close {
            let before = self.pos;
            let s = self.stmt();
            self.scratch.push(s);
            if self.pos == before || self.ast.skips.len() > skips {
                break;
            }
        }
        let complete = self.pos >= close && self.ast.skips.len() == skips;
        self.tokens = tokens;
        self.ast.skips.truncate(skips);
        let list = self.list_from(mark);
        complete.then(|| self.push_stmt(Stmt::Block(list)))
    }
}

/// Macros that stand for a loop head say so in their names.
fn is_loop_name(name: &[u8]) -> bool {
    let upper = name.to_ascii_uppercase();
    memchr::memmem::find(&upper, b"FOREACH").is_some() || memchr::memmem::find(&upper, b"FOR_EACH").is_some()
}
