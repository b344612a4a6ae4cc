//! Prints a tree as compact nested brackets, for tests to compare.

use crate::c::lex::{Tok, Token};
use crate::text::Span;
use crate::tree::{AssignOp, Ast, Base, Decl, Expr, ExprId, Function, List, Op, Skip, Stmt, StmtId, Storage, Type};

/// Everything that a stream of tokens gave: aggregates, declarations, functions, and what was passed over.
pub fn print(source: &[u8], tokens: &[Token], ast: &Ast) -> String {
    let p = Printer { source, tokens, ast };
    let mut parts = Vec::new();
    for a in &ast.aggregates {
        let tag = a.tag.map_or_else(|| "-".to_owned(), |t| p.text(t));
        parts.push(format!("(struct {tag} {})", p.decls(a.members)));
    }
    parts.extend(ast.globals.iter().map(|d| p.decl(d)));
    parts.extend(ast.functions.iter().map(|f| p.function(f)));
    parts.extend(ast.skips.iter().map(|s| p.skip(s)));
    parts.join(" ")
}

struct Printer<'a> {
    source: &'a [u8],
    tokens: &'a [Token],
    ast: &'a Ast,
}

impl Printer<'_> {
    /// The text, continued lines joined and blanks made one. Bytes beyond ASCII are Latin-1.
    fn text(&self, span: Span) -> String {
        let text: String = span.of(self.source).iter().map(|b| char::from(*b)).collect();
        let text = text.replace("\\\n", "").replace("\\\r\n", "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// A name or literal without the brackets around it, which belong to its place: its tokens in this variant.
    fn word(&self, id: ExprId) -> String {
        if self.tokens.is_empty() {
            // Another front end's tree.
            return self.text(self.ast.own(id));
        }
        let span = self.ast.span(id);
        let inside = |t: &&Token| span.start <= t.span.start && t.span.end <= span.end;
        let tokens: Vec<Token> = self.tokens.iter().filter(inside).copied().collect();
        let open = tokens.iter().take_while(|t| t.kind == Tok::LParen).count();
        let mut end = tokens.len();
        for _ in 0..open {
            end -= usize::from(tokens[end - 1].kind == Tok::RParen);
        }
        if self.ast.expr(id) == Expr::Name {
            let pasted = (open + 1..end).step_by(2).take_while(|i| tokens[*i].kind == Tok::HashHash).count();
            end = open + 1 + 2 * pasted;
        }
        tokens[open..end].iter().map(|t| self.text(t.span)).collect::<Vec<_>>().join(" ")
    }

    fn function(&self, f: &Function) -> String {
        let word = if f.is_static { "fn static" } else { "fn" };
        format!("({word} {} {} [{}] {})", self.text(f.name), self.ty(f.ty), self.decls(f.params), self.stmt(f.body))
    }

    fn skip(&self, s: &Skip) -> String {
        format!("!!{}: {}", s.reason, self.text(s.span))
    }

    fn decls(&self, list: List) -> String {
        self.ast.decls(list).iter().map(|d| self.decl(d)).collect::<Vec<_>>().join(" ")
    }

    /// `static name:type=initialiser`
    fn decl(&self, d: &Decl) -> String {
        let storage = match d.storage {
            Storage::Plain => "",
            Storage::Static => "static ",
            Storage::Extern => "extern ",
            Storage::Typedef => "typedef ",
        };
        let init = d.init.map(|e| format!("={}", self.expr(e))).unwrap_or_default();
        format!("{storage}{}:{}{init}", self.text(d.name), self.ty(d.ty))
    }

    /// `proc*[]()`: pointers, then arrays, then whether it is (or points to) a function.
    fn ty(&self, ty: Type) -> String {
        let base = match ty.base {
            Base::Unknown => "?".to_owned(),
            Base::Builtin => "int".to_owned(),
            Base::Struct(tag) => format!("struct.{}", self.text(tag)),
            Base::Anonymous(_) => "struct.-".to_owned(),
            Base::Enum => "enum".to_owned(),
            Base::Named(name) => self.text(name),
            Base::Typeof(e) => format!("typeof({})", self.expr(e)),
        };
        let stars = "*".repeat(usize::from(ty.pointers - ty.arrays));
        let arrays = "[]".repeat(usize::from(ty.arrays));
        format!("{base}{stars}{arrays}{}", if ty.function { "()" } else { "" })
    }

    fn all(&self, list: List) -> String {
        self.ast.list(list).iter().map(|e| format!(" {}", self.expr(*e))).collect()
    }

    fn expr(&self, id: ExprId) -> String {
        let e = |id: ExprId| self.expr(id);
        match self.ast.expr(id) {
            Expr::Name | Expr::Literal => self.word(id),
            Expr::Member { base, name, arrow } => {
                format!("({} {} {})", if arrow { "->" } else { "." }, e(base), self.text(name))
            }
            Expr::Index { base, index } => format!("([] {} {})", e(base), e(index)),
            Expr::Call { callee, args } => format!("(call {}{})", e(callee), self.all(args)),
            Expr::Unary { op, operand } => format!("({} {})", word(op), e(operand)),
            Expr::Binary { op, lhs, rhs } => format!("({} {} {})", word(op), e(lhs), e(rhs)),
            Expr::Assign { lhs, rhs, op } => {
                let op = match op {
                    AssignOp::Set => "=",
                    AssignOp::Add => "+=",
                    AssignOp::Sub => "-=",
                    AssignOp::Other => "op=",
                };
                format!("({op} {} {})", e(lhs), e(rhs))
            }
            Expr::Choice { test, then, other } => {
                format!("(? {} {} {})", e(test), then.map_or_else(|| "_".to_owned(), e), e(other))
            }
            Expr::Cast { ty, operand } => format!("(cast {} {})", self.ty(ty), e(operand)),
            Expr::Sizeof { operand } => format!("(sizeof {})", operand.map_or_else(|| "_".to_owned(), e)),
            Expr::Compound { ty, init } => format!("(compound {} {})", self.ty(ty), e(init)),
            Expr::Init { items } => format!("(init{})", self.all(items)),
            Expr::Field { name, value } => format!("(.{} {})", self.text(name), e(value)),
            Expr::Block { body } => format!("(block-value {})", self.stmt(body)),
            Expr::TypeArg { ty } => format!("<{}>", self.ty(ty)),
            Expr::Asm { operands } => format!("(asm{})", self.all(operands)),
            Expr::Unread => "(unread)".to_owned(),
        }
    }

    /// ` <"name">` of a loop or jump.
    fn named(&self, name: Span) -> String {
        if name == Span::default() { String::new() } else { format!(" <{}>", self.text(name)) }
    }

    fn stmt(&self, id: StmtId) -> String {
        let or_none = |e: Option<ExprId>| e.map_or_else(|| "_".to_owned(), |e| self.expr(e));
        match self.ast.stmt(id) {
            Stmt::Expr(e) => self.expr(e),
            Stmt::Decls(list) => format!("(decl {})", self.decls(list)),
            Stmt::Block(list) => {
                let inner: Vec<_> = self.ast.list(list).iter().map(|s| self.stmt(*s)).collect();
                format!("{{{}}}", inner.join(" "))
            }
            Stmt::If { test, then, other } => {
                let other = other.map(|s| format!(" {}", self.stmt(s))).unwrap_or_default();
                format!("(if {} {}{other})", self.expr(test), self.stmt(then))
            }
            Stmt::Loop { init, test, step, body, name } => {
                let init = init.map_or_else(|| "_".to_owned(), |s| self.stmt(s));
                let (test, step) = (or_none(test), or_none(step));
                format!("(loop{} {init} {test} {step} {})", self.named(name), self.stmt(body))
            }
            Stmt::DoWhile { body, test, name } => {
                format!("(do{} {} {})", self.named(name), self.stmt(body), self.expr(test))
            }
            Stmt::Switch { value, body, name } => {
                format!("(switch{} {} {})", self.named(name), self.expr(value), self.stmt(body))
            }
            Stmt::Case(_) => "case".to_owned(),
            Stmt::Label(name) => format!("(label {})", self.text(name)),
            Stmt::Goto(name) if name == Span::default() => "(goto *)".to_owned(),
            Stmt::Goto(name) => format!("(goto {})", self.text(name)),
            Stmt::Break(name) => format!("(break{})", self.named(name)),
            Stmt::Continue(name) => format!("(continue{})", self.named(name)),
            Stmt::Return(None) => "(return)".to_owned(),
            Stmt::Return(Some(e)) => format!("(return {})", self.expr(e)),
            Stmt::Empty => "()".to_owned(),
        }
    }
}

fn word(op: Op) -> &'static str {
    match op {
        Op::Deref => "deref",
        Op::AddrOf => "addr",
        Op::Not => "not",
        Op::Increment => "++",
        Op::Decrement => "--",
        Op::Arith => "arith",
        Op::Eq => "==",
        Op::NotEq => "!=",
        Op::Order => "order",
        Op::And => "&&",
        Op::Or => "||",
        Op::BitAnd => "&",
        Op::Comma => "comma",
    }
}
