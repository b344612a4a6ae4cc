//! Expressions.

use super::Lower;
use super::stmt::Sink;
use crate::text::Span;
use crate::tree::{AssignOp, Base, Decl, Expr, ExprId, Op, Stmt, Type};
use syn::punctuated::Punctuated;
use syn::{BinOp, Expr as E, Token, UnOp};

/// Methods that give what they are called on, in other words.
const SAME: &[&str] = &[
    "as_ref",
    "as_mut",
    "as_ptr",
    "as_mut_ptr",
    "as_non_null_ptr",
    "as_deref",
    "as_deref_mut",
    "assume_init",
    "borrow",
    "borrow_mut",
    "cast_const",
    "cast_mut",
    "clone",
    "cloned",
    "copied",
    "deref",
    "deref_mut",
    "expect",
    "into",
    "into_inner",
    "ok",
    "ok_or",
    "ok_or_else",
    "unwrap",
    "unwrap_unchecked",
];

/// Methods that ask whether there is something.
const TESTS: &[&str] = &["is_null", "is_none", "is_some"];

/// Methods that hand what they are called on to a closure, if there is something.
const GIVEN: &[&str] = &["and_then", "filter", "inspect", "is_none_or", "is_some_and", "map", "map_or", "map_or_else"];

/// Functions and variants that give their argument.
const WRAP: &[&str] = &["Some", "Ok", "from", "from_ref", "from_mut", "new_unchecked", "forget"];

impl Lower<'_> {
    pub(super) fn expr(&mut self, e: &E) -> ExprId {
        match e {
            E::Path(p) => self.path(&p.path),
            E::Lit(l) => {
                let span = self.at(l.lit.span());
                self.literal(span)
            }
            E::Paren(p) => {
                let id = self.expr(&p.expr);
                self.around(id, self.at(p.paren_token.span.open()), self.at(p.paren_token.span.close()))
            }
            E::Group(g) => self.expr(&g.expr),
            E::Field(f) => self.field(f),
            E::Index(i) => {
                let (base, index) = (self.expr(&i.expr), self.expr(&i.index));
                let span = self.span(base).to(self.at(i.bracket_token.span.close()));
                self.push(Expr::Index { base, index }, span)
            }
            E::Unary(u) => self.prefix(u),
            E::Reference(r) => self.address(&r.expr, self.at(r.and_token.span)),
            E::RawAddr(r) => self.address(&r.expr, self.at(r.and_token.span)),
            E::Binary(b) => self.infix(b),
            E::Assign(a) => {
                let (lhs, rhs) = (self.expr(&a.left), self.expr(&a.right));
                self.assign(lhs, rhs, AssignOp::Set)
            }
            E::Cast(c) => {
                let operand = self.expr(&c.expr);
                let ty = self.ty(&c.ty);
                let span = self.span(operand).to(self.at(c.as_token.span));
                self.push(Expr::Cast { ty, operand }, span)
            }
            E::Call(c) => self.call(c),
            E::MethodCall(m) => self.method(m),
            E::Macro(m) => self.makro(&m.mac),
            E::Struct(s) => self.literal_struct(s),
            E::Tuple(t) => self.items(&t.elems, self.at(t.paren_token.span.open())),
            E::Array(a) => self.items(&a.elems, self.at(a.bracket_token.span.open())),
            E::Repeat(r) => {
                let (value, len) = (self.expr(&r.expr), self.expr(&r.len));
                let items = self.list(&[value, len]);
                let span = self.at(r.bracket_token.span.open()).to(self.at(r.bracket_token.span.close()));
                self.push(Expr::Init { items }, span)
            }
            E::Range(r) => {
                let (from, to) = (r.start.as_ref().map(|e| self.expr(e)), r.end.as_ref().map(|e| self.expr(e)));
                match (from, to) {
                    (Some(a), Some(b)) => self.binary(Op::Arith, a, b),
                    (Some(one), None) | (None, Some(one)) => one,
                    (None, None) => self.literal(Span::default()),
                }
            }
            E::Try(t) => self.expr(&t.expr),
            E::Await(a) => self.expr(&a.base),
            E::Block(b) if b.label.is_none() => self.block_value(&b.block),
            E::Unsafe(b) => self.block_value(&b.block),
            E::Const(b) => self.block_value(&b.block),
            E::Async(b) => self.block_value(&b.block),
            E::TryBlock(b) => self.block_value(&b.block),
            E::Block(b) => {
                let keyword = b.label.as_ref().map(|l| self.at(l.name.apostrophe)).unwrap_or_default();
                self.branching(e, keyword)
            }
            E::If(i) if self.is_simple(e) => self.choice(i),
            E::If(i) => self.branching(e, self.at(i.if_token.span)),
            E::Match(m) => self.branching(e, self.at(m.match_token.span)),
            E::Loop(l) => self.branching(e, self.at(l.loop_token.span)),
            E::While(l) => self.branching(e, self.at(l.while_token.span)),
            E::ForLoop(l) => self.branching(e, self.at(l.for_token.span)),
            E::Return(r) => self.leaving(e, self.at(r.return_token.span)),
            E::Break(b) => self.leaving(e, self.at(b.break_token.span)),
            E::Continue(c) => self.leaving(e, self.at(c.continue_token.span)),
            E::Closure(c) => self.closure(c, None),
            E::Let(l) => self.expr(&l.expr),
            _ => self.push(Expr::Unread, Span::default()),
        }
    }

    /// Brackets belong to the place of what stands in them.
    fn around(&mut self, id: ExprId, open: Span, close: Span) -> ExprId {
        self.ast.spans[id as usize] = Span::new(open.start, close.end);
        id
    }

    pub(super) fn path(&mut self, path: &syn::Path) -> ExprId {
        let span = path.segments.last().map(|s| self.at(s.ident.span())).unwrap_or_default();
        self.name(span)
    }

    /// A statement that has no value, where one is asked for.
    fn leaving(&mut self, e: &E, keyword: Span) -> ExprId {
        let mark = self.ast.exprs.len();
        let mut out = Vec::new();
        self.into(e, Sink::Drop, &mut out);
        let body = self.block_of(&out);
        self.push_block(body, mark, keyword)
    }

    fn choice(&mut self, i: &syn::ExprIf) -> ExprId {
        let test = self.expr(&i.cond);
        let then = self.block_value(&i.then_branch);
        let Some((_, other)) = &i.else_branch else { return then };
        let other = self.expr(other);
        let span = self.at(i.if_token.span).to(self.span(other));
        self.push(Expr::Choice { test, then: Some(then), other }, span)
    }

    fn items(&mut self, elems: &Punctuated<E, Token![,]>, open: Span) -> ExprId {
        let ids: Vec<ExprId> = elems.iter().map(|e| self.expr(e)).collect();
        let span = ids.last().map_or(open, |last| open.to(self.span(*last)));
        let items = self.list(&ids);
        self.push(Expr::Init { items }, span)
    }

    /// `base.name`; `(*base).name` is what C calls `base->name`.
    fn field(&mut self, f: &syn::ExprField) -> ExprId {
        let mut base = &*f.base;
        while let E::Paren(p) = base {
            base = &p.expr;
        }
        let name = match &f.member {
            syn::Member::Named(i) => self.at(i.span()),
            syn::Member::Unnamed(i) => self.at(i.span),
        };
        if let E::Unary(syn::ExprUnary { op: UnOp::Deref(star), expr, .. }) = base {
            let start =
                if let E::Paren(p) = &*f.base { self.at(p.paren_token.span.open()) } else { self.at(star.span) };
            let base = self.expr(expr);
            let span = start.to(self.span(base)).to(name);
            return self.push(Expr::Member { base, name, arrow: true }, span);
        }
        let base = self.expr(&f.base);
        let arrow = match self.ast.expr(base) {
            Expr::Name => self.is_pointer(self.ast.own(base)),
            Expr::Call { .. } | Expr::Block { .. } => true,
            Expr::Cast { ty, .. } => ty.pointers > 0,
            Expr::Unary { op: Op::AddrOf, .. } => true,
            _ => false,
        };
        let span = self.span(base).to(name);
        self.push(Expr::Member { base, name, arrow }, span)
    }

    fn prefix(&mut self, u: &syn::ExprUnary) -> ExprId {
        let operand = self.expr(&u.expr);
        let (op, start) = match &u.op {
            UnOp::Deref(t) => (Op::Deref, self.at(t.span)),
            UnOp::Not(t) => (Op::Not, self.at(t.span)),
            UnOp::Neg(t) => (Op::Arith, self.at(t.span)),
            _ => return operand,
        };
        if let (Op::Deref, Expr::Unary { op: Op::AddrOf, operand }) = (op, self.ast.expr(operand)) {
            return operand;
        }
        let span = start.to(self.span(operand));
        self.unary(op, operand, span)
    }

    /// `&x`; of `&*x` only `x` is left.
    fn address(&mut self, e: &E, start: Span) -> ExprId {
        let mut inner = e;
        while let E::Paren(p) = inner {
            inner = &p.expr;
        }
        if let E::Unary(syn::ExprUnary { op: UnOp::Deref(_), expr, .. }) = inner {
            return self.expr(expr);
        }
        let operand = self.expr(e);
        let span = start.to(self.span(operand));
        self.unary(Op::AddrOf, operand, span)
    }

    fn infix(&mut self, b: &syn::ExprBinary) -> ExprId {
        let (lhs, rhs) = (self.expr(&b.left), self.expr(&b.right));
        let op = match b.op {
            BinOp::Eq(_) => Op::Eq,
            BinOp::Ne(_) => Op::NotEq,
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => Op::Order,
            BinOp::And(_) => Op::And,
            BinOp::Or(_) => Op::Or,
            BinOp::BitAnd(_) => Op::BitAnd,
            BinOp::Add(_)
            | BinOp::Sub(_)
            | BinOp::Mul(_)
            | BinOp::Div(_)
            | BinOp::Rem(_)
            | BinOp::BitXor(_)
            | BinOp::BitOr(_)
            | BinOp::Shl(_)
            | BinOp::Shr(_) => Op::Arith,
            BinOp::AddAssign(_) => return self.assign(lhs, rhs, AssignOp::Add),
            BinOp::SubAssign(_) => return self.assign(lhs, rhs, AssignOp::Sub),
            _ => return self.assign(lhs, rhs, AssignOp::Other),
        };
        self.binary(op, lhs, rhs)
    }

    fn call_of(&mut self, name: Span, callee: Span, args: &[ExprId], span: Span) -> ExprId {
        // A local of the same name is not what is called: with its bracket the name is no local's.
        let is_local = self.names.contains(&self.text(name));
        let bracket = callee.of(self.source).ends_with(b"(");
        let callee = self.name(if is_local && bracket { callee } else { name });
        let args = self.list(args);
        self.push(Expr::Call { callee, args }, span)
    }

    fn call(&mut self, c: &syn::ExprCall) -> ExprId {
        let close = self.at(c.paren_token.span.close());
        let E::Path(path) = &*c.func else {
            let callee = self.expr(&c.func);
            let args: Vec<ExprId> = c.args.iter().map(|a| self.expr(a)).collect();
            let args = self.list(&args);
            let span = self.span(callee).to(close);
            return self.push(Expr::Call { callee, args }, span);
        };
        let Some(last) = path.path.segments.last() else { return self.push(Expr::Unread, close) };
        let name = self.at(last.ident.span());
        let text = last.ident.to_string();
        let qualifier = path.path.segments.iter().rev().nth(1);
        let of = qualifier.map(|s| s.ident.to_string()).unwrap_or_default();
        let args: Vec<ExprId> = c.args.iter().map(|a| self.expr(a)).collect();
        let span = name.to(close);
        match (of.as_str(), text.as_str(), &args[..]) {
            (_, "eq" | "addr_eq", [a, b]) => return self.binary(Op::Eq, *a, *b),
            ("ptr", "read" | "read_volatile" | "read_unaligned", [p]) => return self.unary_deref(*p, span),
            ("ptr", "write" | "write_volatile" | "write_unaligned", [p, value]) => {
                let place = self.unary_deref(*p, span);
                return self.assign(place, *value, AssignOp::Set);
            }
            ("NonNull", "new", [p]) => return *p,
            (_, name, [p]) if WRAP.contains(&name) => return *p,
            // A wrapper's constructor: `Uio(p)`.
            (_, name, [p]) if name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.bytes().all(is_upper) => {
                let ty = self.path_type(&path.path);
                return self.push(Expr::Cast { ty, operand: *p }, span);
            }
            _ => {}
        }
        let callee = Span::new(name.start, self.at(c.paren_token.span.open()).start + 1);
        let plain = callee.end == name.end + 1 && path.path.segments.len() > 1;
        let call = self.call_of(name, if plain { callee } else { name }, &args, span);
        // `uio::default()`, `zeroed::<uio>()`: their type stands there.
        let ty = match (text.as_str(), &last.arguments) {
            ("default" | "new" | "zeroed", syn::PathArguments::None) if path.path.segments.len() > 1 => {
                let own = |s: &syn::PathSegment| s.ident == "Self" || s.ident == of.as_str() && is_type(&of);
                qualifier.filter(|s| own(s)).map(|s| self.segment_type(s))
            }
            ("zeroed" | "uninit", syn::PathArguments::AngleBracketed(a)) => a.args.iter().find_map(|a| match a {
                syn::GenericArgument::Type(t) => Some(self.ty(t)),
                _ => None,
            }),
            _ => None,
        };
        match ty {
            Some(ty) => self.push(Expr::Cast { ty, operand: call }, span),
            None => call,
        }
    }

    fn segment_type(&self, s: &syn::PathSegment) -> Type {
        if s.ident == "Self" {
            return self.this;
        }
        Type { base: Base::Struct(self.at(s.ident.span())), ..Type::default() }
    }

    fn unary_deref(&mut self, e: ExprId, span: Span) -> ExprId {
        match self.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => operand,
            _ => self.unary(Op::Deref, e, span),
        }
    }

    fn method(&mut self, m: &syn::ExprMethodCall) -> ExprId {
        let text = m.method.to_string();
        let this = self.expr(&m.receiver);
        let name = self.at(m.method.span());
        let close = self.at(m.paren_token.span.close());
        let span = self.span(this).to(close);
        if GIVEN.contains(&text.as_str())
            && let Some(E::Closure(c)) = m.args.last()
            && c.inputs.len() == 1
        {
            return self.given(this, &m.args, c, name);
        }
        let args: Vec<ExprId> = m.args.iter().map(|a| self.expr(a)).collect();
        let turbofish = m.turbofish.as_ref().and_then(|t| t.args.first());
        match (text.as_str(), &args[..]) {
            ("cast", []) => match turbofish {
                Some(syn::GenericArgument::Type(t)) => {
                    let ty = super::types::pointer(self.ty(t));
                    self.push(Expr::Cast { ty, operand: this }, span)
                }
                _ => this,
            },
            (t, _) if SAME.contains(&t) && args.len() <= 1 => this,
            (t, []) if TESTS.contains(&t) => self.unary(Op::Not, this, span),
            ("eq", [other]) => self.binary(Op::Eq, this, *other),
            ("ne", [other]) => self.binary(Op::NotEq, this, *other),
            ("unwrap_or" | "unwrap_or_else" | "or" | "or_else", [other]) => {
                self.push(Expr::Choice { test: this, then: None, other: *other }, span)
            }
            // `addr_of_mut!((*uio).uio_procp).write(p)`
            ("read", []) | ("write", [_]) if matches!(self.ast.expr(this), Expr::Unary { op: Op::AddrOf, .. }) => {
                let place = self.unary_deref(this, span);
                match args.first() {
                    Some(value) => self.assign(place, *value, AssignOp::Set),
                    None => place,
                }
            }
            _ => {
                let all: Vec<ExprId> = [this].into_iter().chain(args).collect();
                let open = self.at(m.paren_token.span.open());
                let callee = Span::new(name.start, open.start + 1);
                self.call_of(name, if callee.end == name.end + 1 { callee } else { name }, &all, span)
            }
        }
    }

    /// `this.map(|x| …)`: what is there is tested and handed to the closure.
    fn given(&mut self, this: ExprId, args: &Punctuated<E, Token![,]>, c: &syn::ExprClosure, name: Span) -> ExprId {
        let mark = self.ast.exprs.len();
        let mut out = Vec::new();
        let ty = Type { base: Base::Typeof(this), ..Type::default() };
        self.declare(&[Decl { name, ty, init: Some(this), ..Decl::default() }], &mut out);
        let test = self.name(name);
        let body = self.closure(c, Some(name));
        let other = match args.first() {
            Some(first) if args.len() > 1 => self.expr(first),
            _ => self.literal(name),
        };
        // The type of a choice is that of its last part.
        let value = self.push(Expr::Choice { test, then: Some(other), other: body }, name);
        out.push(self.stmt(Stmt::Expr(value)));
        let body = self.block_of(&out);
        let inner = mark.min(this as usize);
        self.push_block(body, inner, name)
    }

    /// A closure's body is part of the function; what its parameter gets is known where it is called at once.
    fn closure(&mut self, c: &syn::ExprClosure, given: Option<Span>) -> ExprId {
        let mark = self.ast.exprs.len();
        let seen = self.locals.len();
        let (mut out, mut binds) = (Vec::new(), Vec::new());
        for input in &c.inputs {
            let value = given.map_or(super::pat::Value::Nothing, |name| super::pat::Value::Whole(name, true));
            self.pattern(input, value, &mut binds);
        }
        self.declare(&binds, &mut out);
        self.closures += 1;
        let frames = std::mem::take(&mut self.frames);
        let value = self.expr(&c.body);
        self.frames = frames;
        self.closures -= 1;
        self.locals.truncate(seen);
        if out.is_empty() {
            return value;
        }
        out.push(self.stmt(Stmt::Expr(value)));
        let body = self.block_of(&out);
        let span = self.at(c.or1_token.span).to(self.span(value));
        self.push_block(body, mark, span)
    }

    /// `uio { a: b, ..c }`; what stands after the dots is a member without a name.
    fn literal_struct(&mut self, s: &syn::ExprStruct) -> ExprId {
        let mut items = Vec::new();
        for f in &s.fields {
            let name = match &f.member {
                syn::Member::Named(i) => self.at(i.span()),
                syn::Member::Unnamed(i) => self.at(i.span),
            };
            let value = self.expr(&f.expr);
            let span = name.to(self.span(value));
            items.push(self.push(Expr::Field { name, value }, span));
        }
        if let Some(rest) = &s.rest {
            let value = self.expr(rest);
            let span = self.span(value);
            items.push(self.push(Expr::Field { name: Span::new(span.start, span.start), value }, span));
        }
        let items = self.list(&items);
        let (open, close) = (self.at(s.brace_token.span.open()), self.at(s.brace_token.span.close()));
        let init = self.push(Expr::Init { items }, Span::new(open.start, close.end));
        let ty = self.path_type(&s.path);
        let start = s.path.segments.first().map_or(open, |p| self.at(p.ident.span()));
        self.push(Expr::Compound { ty, init }, start.to(close))
    }
}

fn is_upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'
}

/// Whether a path's part names a type, not a module.
fn is_type(name: &str) -> bool {
    !matches!(name, "mem" | "ptr" | "core" | "std" | "bindings" | "self" | "crate" | "super")
}
