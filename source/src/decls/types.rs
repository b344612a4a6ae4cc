//! The types of expressions, as far as declarations that can be found tell.

use crate::body::Body;
use crate::c::{lex, parse};
use crate::decls::lookup::Lookup;
use crate::shapes::{Root, Shape, shape};
use crate::tree::{Ast, Expr, ExprId, Op, Stmt, Type};

/// How deep a type may hang on other expressions' types.
const DEEPEST: u32 = 64;

/// A macro that hangs on a macro counts as so many.
const MACRO: u32 = 8;

/// What is needed to type the expressions of a body.
#[derive(Clone, Copy)]
pub struct Types<'x, 't> {
    /// Declarations of the tree.
    pub lookup: &'x Lookup<'t>,
    /// The file.
    pub path: &'x str,
}

impl Types<'_, '_> {
    /// The type of an expression of a body.
    pub fn of(&self, body: &Body<'_>, e: ExprId) -> Shape {
        self.resolve(body, e, 0)
    }

    /// The type of a variable, also of one that has its initialiser's.
    pub fn of_var(&self, body: &Body<'_>, var: crate::body::VarId) -> Shape {
        match body.vars[var as usize].ty {
            Type { base: crate::tree::Base::Typeof(inner), .. } => self.resolve(body, inner, 1),
            ty => shape(body.source, body.ast, ty),
        }
    }

    /// The tag of the struct that an expression is, or points to; `None` where the type is not known. An unnamed struct
    /// has an empty tag.
    pub fn struct_of(&self, body: &Body<'_>, e: ExprId) -> Option<String> {
        match self.lookup.resolve(&self.of(body, e), self.path).base {
            Root::Struct(tag) => Some(tag),
            Root::Inline(s) => Some(s.tag.clone()),
            // Of an implicit int nothing is known either.
            Root::Plain | Root::Unknown | Root::Named(_) => None,
        }
    }

    fn resolve(&self, body: &Body<'_>, e: ExprId, depth: u32) -> Shape {
        let ast = body.ast;
        let own = |ty| shape(body.source, ast, ty);
        let unpoint = |mut s: Shape| {
            s = self.lookup.resolve(&s, self.path);
            s.pointers = s.pointers.saturating_sub(1);
            s.arrays = s.arrays.min(s.pointers);
            s
        };
        match ast.expr(e) {
            Expr::Name => match body.var(e) {
                Some(var) => {
                    let ty = body.vars[var as usize].ty;
                    match ty.base {
                        crate::tree::Base::Typeof(_) if depth >= DEEPEST => Shape::default(),
                        crate::tree::Base::Typeof(inner) => self.resolve(body, inner, depth + 1),
                        _ => own(ty),
                    }
                }
                None => {
                    let text = String::from_utf8_lossy(body.text(e)).trim_matches(['(', ')', ' ']).to_owned();
                    match self.lookup.variable(&text, self.path) {
                        Some(v) => v.shape.clone(),
                        None => self.of_macro(&text, false, depth),
                    }
                }
            },
            Expr::Member { base, name, .. } => {
                let of = self.resolve(body, base, depth);
                self.lookup.member(&of, &body.name(name), self.path).unwrap_or_default()
            }
            Expr::Index { base, .. } => unpoint(self.resolve(body, base, depth)),
            Expr::Unary { op: Op::Deref, operand } => unpoint(self.resolve(body, operand, depth)),
            Expr::Unary { op: Op::AddrOf, operand } => {
                let mut s = self.resolve(body, operand, depth);
                s.pointers = s.pointers.saturating_add(1);
                s
            }
            Expr::Unary { op: Op::Increment | Op::Decrement, operand } => self.resolve(body, operand, depth),
            Expr::Cast { ty, .. } | Expr::Compound { ty, .. } => own(ty),
            Expr::Choice { other, .. } => self.resolve(body, other, depth),
            Expr::Binary { op: Op::Comma, rhs, .. } => self.resolve(body, rhs, depth),
            Expr::Binary { op: Op::Arith, lhs, .. } => self.resolve(body, lhs, depth),
            Expr::Assign { lhs, .. } => self.resolve(body, lhs, depth),
            // The value of a block is that of its last expression.
            Expr::Block { body: inner } => match ast.stmt(inner) {
                Stmt::Block(list) => match ast.list(list).last().map(|s| ast.stmt(*s)) {
                    Some(Stmt::Expr(last)) if depth < DEEPEST => self.resolve(body, last, depth + 1),
                    _ => Shape::default(),
                },
                _ => Shape::default(),
            },
            Expr::Call { callee, .. } => match ast.expr(callee) {
                Expr::Name if body.var(callee).is_none() => {
                    self.of_macro(&String::from_utf8_lossy(body.text(callee)), true, depth)
                }
                _ => Shape::default(),
            },
            _ => Shape::default(),
        }
    }

    /// The type that a macro's text gives by itself, by a cast for instance: `#define VTOI(vp) ((struct inode *)…)`.
    fn of_macro(&self, name: &str, called: bool, depth: u32) -> Shape {
        if depth >= DEEPEST || name.is_empty() {
            return Shape::default();
        }
        let Some(m) = self.lookup.makro(name, self.path) else { return Shape::default() };
        if m.params.is_some() != called {
            return Shape::default();
        }
        let Some(file) = self.lookup.tree().file(&m.path) else { return Shape::default() };
        let mut ast = Ast::default();
        let tokens = lex::lex_at(&file.bytes, m.body.start as usize, m.body.end as usize);
        let Some(e) = parse::parse_expression(&file.bytes, &tokens, &mut ast) else { return Shape::default() };
        ast.stmts.push(Stmt::Expr(e));
        let body = Body::build(&file.bytes, &ast, &[], ast.stmts.len() as u32 - 1);
        self.resolve(&body, e, depth + MACRO)
    }
}
