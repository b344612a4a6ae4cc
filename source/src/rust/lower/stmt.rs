//! Statements and blocks, and expressions that branch.

use super::pat::Value;
use super::{Frame, Lower};
use crate::text::Span;
use crate::tree::{AssignOp, Base, Decl, Expr, ExprId, Op, Stmt, StmtId, Type};
use syn::{BinOp, Block, Pat};

/// What becomes of an expression's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sink {
    /// Nothing.
    Drop,
    /// The function's value.
    Return,
    /// The variable of that name gets it.
    Give(Span),
}

impl Lower<'_> {
    /// The statements of a block; the last expression goes where `sink` says.
    pub(super) fn statements(&mut self, stmts: &[syn::Stmt], sink: Sink, out: &mut Vec<StmtId>) {
        for (i, s) in stmts.iter().enumerate() {
            let is_last = i + 1 == stmts.len();
            match s {
                syn::Stmt::Local(l) => self.local(l, out),
                syn::Stmt::Item(i) => self.nested(i, out),
                syn::Stmt::Expr(e, None) if is_last => self.into(e, sink, out),
                syn::Stmt::Expr(e, _) => self.into(e, Sink::Drop, out),
                syn::Stmt::Macro(m) => {
                    let e = self.makro(&m.mac);
                    let sink = if is_last && m.semi_token.is_none() { sink } else { Sink::Drop };
                    self.sink(e, sink, out);
                }
            }
        }
    }

    /// A function's own variables are declared where they stand; its functions are functions.
    fn nested(&mut self, item: &syn::Item, out: &mut Vec<StmtId>) {
        let before = self.ast.globals.len();
        self.item(item);
        let decls = self.ast.globals.split_off(before);
        let variables: Vec<Decl> = decls.into_iter().filter(|d| d.name.end > d.name.start).collect();
        self.declare(&variables, out);
    }

    fn sink(&mut self, e: ExprId, sink: Sink, out: &mut Vec<StmtId>) {
        let stmt = match sink {
            Sink::Drop => Stmt::Expr(e),
            Sink::Return if self.closures > 0 => Stmt::Expr(e),
            Sink::Return => Stmt::Return(Some(e)),
            Sink::Give(name) => {
                let name = self.name(name);
                Stmt::Expr(self.assign(name, e, AssignOp::Set))
            }
        };
        out.push(self.stmt(stmt));
    }

    pub(super) fn block(&mut self, block: &Block, sink: Sink) -> StmtId {
        let seen = self.locals.len();
        let mut out = Vec::new();
        self.statements(&block.stmts, sink, &mut out);
        self.locals.truncate(seen);
        self.block_of(&out)
    }

    /// Whether a value is that of a variable declared with it, for members of it.
    fn points(&self, e: ExprId) -> bool {
        match self.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, .. } | Expr::Call { .. } | Expr::Choice { .. } | Expr::Block { .. } => true,
            Expr::Cast { ty, .. } => ty.pointers > 0,
            Expr::Name => self.is_pointer(self.ast.own(e)),
            _ => false,
        }
    }

    /// Whether the local of a name is a pointer or reference.
    pub(super) fn is_pointer(&self, name: Span) -> bool {
        // Nobody has more locals in sight.
        const MOST: usize = 1000;
        let text = self.text(name);
        self.locals.iter().rev().take(MOST).find(|l| l.0 == text).is_some_and(|l| l.1)
    }

    fn local(&mut self, local: &syn::Local, out: &mut Vec<StmtId>) {
        let (mut pat, mut ty) = (&local.pat, None);
        while let Pat::Type(t) = pat {
            ty = Some(self.ty(&t.ty));
            pat = &t.pat;
        }
        let keyword = self.at(local.let_token.span);
        let Some(init) = &local.init else {
            if let Pat::Ident(i) = pat {
                let name = self.at(i.ident.span());
                let ty = ty.unwrap_or_default();
                self.local_is(name, ty.pointers > 0);
                self.declare(&[Decl { name, ty, ..Decl::default() }], out);
            }
            return;
        };
        if let (Pat::Tuple(names), syn::Expr::Tuple(values), None) = (pat, &*init.expr, &init.diverge)
            && names.elems.len() == values.elems.len()
            && !names.elems.iter().any(|p| matches!(p, Pat::Rest(_)))
        {
            for (p, v) in names.elems.iter().zip(&values.elems) {
                self.bind(p, None, v, keyword, out);
            }
            return;
        }
        let Some((_, diverge)) = &init.diverge else {
            return self.bind(pat, ty, &init.expr, keyword, out);
        };
        let name = keyword.to(self.at(init.eq_token.span));
        let value = self.expr(&init.expr);
        self.temporary(name, value, out);
        let mut binds = Vec::new();
        let test = self.pattern(pat, Value::Whole(name, true), &mut binds);
        let test = test.unwrap_or_else(|| self.literal(keyword));
        let then = self.block_of(&[]);
        let mut other = Vec::new();
        self.into(diverge, Sink::Drop, &mut other);
        let other = Some(self.block_of(&other));
        out.push(self.stmt(Stmt::If { test, then, other }));
        self.declare(&binds, out);
    }

    /// `let pat: ty = value`
    fn bind(&mut self, pat: &Pat, ty: Option<Type>, value: &syn::Expr, keyword: Span, out: &mut Vec<StmtId>) {
        let mark = self.ast.exprs.len();
        let init = self.expr(value);
        let of = |e| Type { base: Base::Typeof(e), ..Type::default() };
        match pat {
            Pat::Ident(i) if i.subpat.is_none() => {
                let name = self.at(i.ident.span());
                let text = self.text(name);
                let points = ty.map_or_else(|| self.points(init), |t| t.pointers > 0);
                // In C a name is declared before its initialiser: the old variable has to be read apart from it.
                let shadows = (mark..self.ast.exprs.len())
                    .any(|e| self.ast.exprs[e] == Expr::Name && self.ast.own[e].of(self.source) == text.as_bytes());
                let init = if shadows {
                    self.temporary(keyword, init, out);
                    self.name(keyword)
                } else {
                    init
                };
                self.local_is(name, points);
                self.declare(&[Decl { name, ty: ty.unwrap_or(of(init)), init: Some(init), ..Decl::default() }], out);
            }
            Pat::Wild(_) => out.push(self.stmt(Stmt::Expr(init))),
            _ => {
                self.temporary(keyword, init, out);
                let mut binds = Vec::new();
                self.pattern(pat, Value::Whole(keyword, true), &mut binds);
                self.declare(&binds, out);
            }
        }
    }

    /// A variable of ours, named by a place of the text that is no name.
    pub(super) fn temporary(&mut self, name: Span, init: ExprId, out: &mut Vec<StmtId>) {
        let ty = Type { base: Base::Typeof(init), ..Type::default() };
        self.declare(&[Decl { name, ty, init: Some(init), ..Decl::default() }], out);
    }

    /// An expression as statements.
    pub(super) fn into(&mut self, e: &syn::Expr, sink: Sink, out: &mut Vec<StmtId>) {
        use syn::Expr as E;
        match e {
            E::Paren(p) => self.into(&p.expr, sink, out),
            E::Group(g) => self.into(&g.expr, sink, out),
            E::Block(b) => match &b.label {
                None => out.push(self.block(&b.block, sink)),
                Some(label) => {
                    // A block that can be left is a loop that is not gone through again.
                    let name = self.label(Some(label));
                    self.enter(Some(label), sink);
                    let body = self.block(&b.block, sink);
                    let end = self.stmt(Stmt::Break(name));
                    let body = self.block_of(&[body, end]);
                    self.frames.pop();
                    out.push(self.stmt(Stmt::Loop { init: None, test: None, step: None, body, name }));
                }
            },
            E::Unsafe(b) => out.push(self.block(&b.block, sink)),
            E::Const(b) => out.push(self.block(&b.block, sink)),
            E::If(i) if !matches!(sink, Sink::Give(_)) || !self.is_simple(e) => self.branch(i, sink, out),
            E::Match(m) => self.cases(m, sink, out),
            E::Loop(l) => {
                let name = self.label(l.label.as_ref());
                self.enter(l.label.as_ref(), sink);
                let body = self.block(&l.body, Sink::Drop);
                self.frames.pop();
                out.push(self.stmt(Stmt::Loop { init: None, test: None, step: None, body, name }));
            }
            E::While(w) => {
                let name = self.label(w.label.as_ref());
                self.enter(w.label.as_ref(), Sink::Drop);
                let seen = self.locals.len();
                let (mut inside, mut binds) = (Vec::new(), Vec::new());
                let test = self.condition(&w.cond, &mut inside, &mut binds);
                let (test, body) = if inside.is_empty() && binds.is_empty() {
                    (Some(test), self.block(&w.body, Sink::Drop))
                } else {
                    let mut then = Vec::new();
                    self.declare(&binds, &mut then);
                    then.push(self.block(&w.body, Sink::Drop));
                    let then = self.block_of(&then);
                    let other = Some(self.stmt(Stmt::Break(Span::default())));
                    inside.push(self.stmt(Stmt::If { test, then, other }));
                    (None, self.block_of(&inside))
                };
                self.locals.truncate(seen);
                self.frames.pop();
                out.push(self.stmt(Stmt::Loop { init: None, test, step: None, body, name }));
            }
            E::ForLoop(l) => {
                let name = self.label(l.label.as_ref());
                self.enter(l.label.as_ref(), Sink::Drop);
                let seen = self.locals.len();
                let all = self.at(l.for_token.span);
                let value = self.expr(&l.expr);
                let (mut init, mut body, mut binds) = (Vec::new(), Vec::new(), Vec::new());
                self.temporary(all, value, &mut init);
                self.pattern(&l.pat, Value::Whole(all, false), &mut binds);
                self.declare(&binds, &mut body);
                body.push(self.block(&l.body, Sink::Drop));
                let (init, body) = (init.pop(), self.block_of(&body));
                self.locals.truncate(seen);
                self.frames.pop();
                out.push(self.stmt(Stmt::Loop { init, test: None, step: None, body, name }));
            }
            E::Return(r) => match &r.expr {
                Some(value) => self.into(value, Sink::Return, out),
                None if self.closures == 0 => out.push(self.stmt(Stmt::Return(None))),
                None => {}
            },
            E::Break(b) => {
                let label = b.label.as_ref().map(|l| l.ident.to_string());
                let frame = self.frames.iter().rev().find(|f| label.is_none() || f.label == label);
                if let (Some(value), given) = (&b.expr, frame.and_then(|f| f.value)) {
                    self.into(value, given.map_or(Sink::Drop, Sink::Give), out);
                }
                let name = b.label.as_ref().map(|l| self.at(l.ident.span())).unwrap_or_default();
                out.push(self.stmt(Stmt::Break(name)));
            }
            E::Continue(c) => {
                let name = c.label.as_ref().map(|l| self.at(l.ident.span())).unwrap_or_default();
                out.push(self.stmt(Stmt::Continue(name)));
            }
            _ => {
                let e = self.expr(e);
                self.sink(e, sink, out);
            }
        }
    }

    fn label(&self, label: Option<&syn::Label>) -> Span {
        label.map(|l| self.at(l.name.ident.span())).unwrap_or_default()
    }

    fn enter(&mut self, label: Option<&syn::Label>, sink: Sink) {
        let value = if let Sink::Give(name) = sink { Some(name) } else { None };
        self.frames.push(Frame { label: label.map(|l| l.name.ident.to_string()), value });
    }

    /// Whether a branch is a choice between two plain values.
    pub(super) fn is_simple(&self, e: &syn::Expr) -> bool {
        use syn::Expr as E;
        let one = |b: &Block| matches!(&b.stmts[..], [syn::Stmt::Expr(e, None)] if self.is_simple(e));
        match e {
            E::If(i) => {
                !has_let(&i.cond)
                    && one(&i.then_branch)
                    && i.else_branch.as_ref().is_some_and(|(_, e)| self.is_simple(e))
            }
            E::Block(b) => b.label.is_none() && one(&b.block),
            E::Unsafe(b) => one(&b.block),
            E::Paren(p) => self.is_simple(&p.expr),
            E::Match(_) | E::Loop(_) | E::While(_) | E::ForLoop(_) | E::Return(_) | E::Break(_) | E::Continue(_) => {
                false
            }
            E::Closure(_) | E::Macro(_) => false,
            _ => true,
        }
    }

    /// A condition; what its `let`s need stands in `out`, what they bind in `binds`.
    fn condition(&mut self, e: &syn::Expr, out: &mut Vec<StmtId>, binds: &mut Vec<Decl>) -> ExprId {
        match e {
            syn::Expr::Let(l) => {
                let name = self.at(l.let_token.span).to(self.at(l.eq_token.span));
                let value = self.expr(&l.expr);
                self.temporary(name, value, out);
                let test = self.pattern(&l.pat, Value::Whole(name, true), binds);
                test.unwrap_or_else(|| self.literal(name))
            }
            syn::Expr::Binary(b) if matches!(b.op, BinOp::And(_)) && has_let(e) => {
                let lhs = self.condition(&b.left, out, binds);
                // What was bound is seen by what follows.
                self.declare(&std::mem::take(binds), out);
                let rhs = self.condition(&b.right, out, binds);
                self.binary(Op::And, lhs, rhs)
            }
            _ => self.expr(e),
        }
    }

    fn branch(&mut self, i: &syn::ExprIf, sink: Sink, out: &mut Vec<StmtId>) {
        let seen = self.locals.len();
        let (mut inside, mut binds, mut then) = (Vec::new(), Vec::new(), Vec::new());
        let test = self.condition(&i.cond, &mut inside, &mut binds);
        self.declare(&binds, &mut then);
        self.statements(&i.then_branch.stmts, sink, &mut then);
        let then = self.block_of(&then);
        self.locals.truncate(seen);
        let other = i.else_branch.as_ref().map(|(_, e)| {
            let mut other = Vec::new();
            self.into(e, sink, &mut other);
            self.block_of(&other)
        });
        inside.push(self.stmt(Stmt::If { test, then, other }));
        out.push(if inside.len() == 1 { inside[0] } else { self.block_of(&inside) });
    }

    /// `match`: a chain of tests.
    fn cases(&mut self, m: &syn::ExprMatch, sink: Sink, out: &mut Vec<StmtId>) {
        let name = self.at(m.match_token.span);
        let value = self.expr(&m.expr);
        let mut inside = Vec::new();
        self.temporary(name, value, &mut inside);
        // Each arm's statements, and its test; the last arms are put together first.
        let mut arms: Vec<(Option<ExprId>, Vec<StmtId>, StmtId)> = Vec::new();
        for arm in &m.arms {
            let seen = self.locals.len();
            let (mut binds, mut before, mut then) = (Vec::new(), Vec::new(), Vec::new());
            let mut test = self.pattern(&arm.pat, Value::Whole(name, true), &mut binds);
            if let Some((_, guard)) = &arm.guard {
                self.declare(&std::mem::take(&mut binds), &mut before);
                let guard = self.expr(guard);
                test = Some(match test {
                    Some(test) => self.binary(Op::And, test, guard),
                    None => guard,
                });
            }
            self.declare(&binds, &mut then);
            self.into(&arm.body, sink, &mut then);
            self.locals.truncate(seen);
            let then = self.block_of(&then);
            arms.push((test, before, then));
        }
        let mut rest: Option<StmtId> = None;
        let last = arms.len();
        for (i, (test, before, then)) in arms.into_iter().enumerate().rev() {
            // One of the arms is taken: the last needs no test.
            let stmt = match test {
                Some(test) if i + 1 < last || !before.is_empty() => {
                    let branch = self.stmt(Stmt::If { test, then, other: rest });
                    let all: Vec<StmtId> = before.into_iter().chain([branch]).collect();
                    self.block_of(&all)
                }
                _ => then,
            };
            rest = Some(stmt);
        }
        inside.extend(rest);
        out.push(self.block_of(&inside));
    }

    /// A branching expression as a value.
    pub(super) fn branching(&mut self, e: &syn::Expr, keyword: Span) -> ExprId {
        let mark = self.ast.exprs.len();
        let mut out = Vec::new();
        self.declare(&[Decl { name: keyword, ..Decl::default() }], &mut out);
        self.into(e, Sink::Give(keyword), &mut out);
        let value = self.name(keyword);
        out.push(self.stmt(Stmt::Expr(value)));
        let body = self.block_of(&out);
        self.push_block(body, mark, keyword)
    }

    /// A block as a value.
    pub(super) fn block_value(&mut self, block: &Block) -> ExprId {
        if let [syn::Stmt::Expr(e, None)] = &block.stmts[..] {
            return self.expr(e);
        }
        let span = Span::new(self.at(block.brace_token.span.open()).start, self.at(block.brace_token.span.close()).end);
        let mark = self.ast.exprs.len();
        let seen = self.locals.len();
        let mut out = Vec::new();
        let (last, before) = match block.stmts.split_last() {
            Some((syn::Stmt::Expr(e, None), before)) => (Some(e), before),
            _ => (None, &block.stmts[..]),
        };
        self.statements(before, Sink::Drop, &mut out);
        if let Some(last) = last {
            let value = self.expr(last);
            out.push(self.stmt(Stmt::Expr(value)));
        }
        self.locals.truncate(seen);
        let body = self.block_of(&out);
        self.push_block(body, mark, span)
    }
}

pub(super) fn has_let(e: &syn::Expr) -> bool {
    match e {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => has_let(&b.left) || has_let(&b.right),
        _ => false,
    }
}
