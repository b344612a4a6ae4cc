//! What syn gives, as the tree that later stages read.
//!
//! A value that Rust passes on unchanged (`&*p`, `p.as_ref()`, `Some(p)`, `p?`) is the value itself; a test for null or
//! `None` is a negation, as in C; patterns are tests and declarations. Where a value goes through a branch it gets a
//! variable whose name is the branch's keyword, which no other variable can have.

mod expr;
mod item;
mod macros;
mod pat;
mod stmt;
mod types;

use super::{NO_RUST, RustTrouble};
use crate::text::Span;
use crate::tree::{AssignOp, Ast, Decl, Expr, ExprId, List, Op, Skip, Stmt, StmtId, Type};
use proc_macro2::Span as Place;
use rustc_hash::FxHashSet;

/// A loop or labelled block around.
struct Frame {
    /// Its label without the tick.
    label: Option<String>,
    /// The variable that `break value` sets.
    value: Option<Span>,
}

struct Lower<'a> {
    source: &'a [u8],
    /// Where the parsed text starts in the file.
    base: u32,
    ast: &'a mut Ast,
    /// What `Self` is.
    this: Type,
    frames: Vec<Frame>,
    /// Closures around: a `return` leaves only them.
    closures: u32,
    /// Locals in sight, and whether each is a pointer or reference.
    locals: Vec<(String, bool)>,
    /// Every local of the function.
    names: FxHashSet<String>,
}

/// Parses the text of an item and adds its tree to `ast`. `owner`: the head of the `impl` or `trait` around, and where it
/// stands.
pub fn item(
    source: &[u8],
    text: &str,
    base: u32,
    foreign: bool,
    owner: Option<&(String, u32)>,
    ast: &mut Ast,
) -> Result<(), RustTrouble> {
    let mut lower = Lower {
        source,
        base,
        ast,
        this: Type::default(),
        frames: Vec::new(),
        closures: 0,
        locals: Vec::new(),
        names: FxHashSet::default(),
    };
    let failed = |e: syn::Error| {
        let at = base + (e.span().byte_range().start.min(text.len()) as u32);
        RustTrouble { at, message: format!("{NO_RUST}: {e}; the item around it was not read: correct it") }
    };
    if foreign {
        let parsed = syn::parse_str::<syn::ForeignItem>(text).map_err(failed)?;
        lower.foreign(&parsed);
        return Ok(());
    }
    if let Some((head, at)) = owner
        && let Ok(syn::Item::Impl(i)) = syn::parse_str::<syn::Item>(head)
    {
        lower.base = *at;
        lower.this = lower.ty(&i.self_ty);
        lower.base = base;
    }
    let parsed = syn::parse_str::<syn::Item>(text).map_err(failed)?;
    lower.item(&parsed);
    Ok(())
}

impl Lower<'_> {
    fn at(&self, place: Place) -> Span {
        let r = place.byte_range();
        Span::new(self.base + r.start as u32, self.base + r.end as u32)
    }

    fn text(&self, span: Span) -> String {
        String::from_utf8_lossy(span.of(self.source)).into_owned()
    }

    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = self.ast.exprs.len() as ExprId;
        self.ast.exprs.push(expr);
        self.ast.spans.push(span);
        self.ast.own.push(span);
        let mut depth = 0;
        let ast = &*self.ast;
        ast.operands(id, &mut |o| depth = depth.max(ast.depths[o as usize]));
        self.ast.depths.push(depth.saturating_add(1));
        id
    }

    /// A block as a value is deeper than what was made since `mark`, which stands in it.
    fn push_block(&mut self, body: StmtId, mark: usize, span: Span) -> ExprId {
        let inner = self.ast.depths[mark..].iter().copied().max().unwrap_or(0);
        let id = self.push(Expr::Block { body }, span);
        self.ast.depths[id as usize] = inner.saturating_add(1);
        id
    }

    fn name(&mut self, span: Span) -> ExprId {
        self.push(Expr::Name, span)
    }

    fn literal(&mut self, span: Span) -> ExprId {
        self.push(Expr::Literal, span)
    }

    fn unary(&mut self, op: Op, operand: ExprId, span: Span) -> ExprId {
        self.push(Expr::Unary { op, operand }, span)
    }

    fn binary(&mut self, op: Op, lhs: ExprId, rhs: ExprId) -> ExprId {
        let span = self.span(lhs).to(self.span(rhs));
        self.push(Expr::Binary { op, lhs, rhs }, span)
    }

    fn assign(&mut self, lhs: ExprId, rhs: ExprId, op: AssignOp) -> ExprId {
        let span = self.span(lhs).to(self.span(rhs));
        self.push(Expr::Assign { lhs, rhs, op }, span)
    }

    fn span(&self, id: ExprId) -> Span {
        self.ast.span(id)
    }

    fn list(&mut self, ids: &[u32]) -> List {
        let start = self.ast.lists.len() as u32;
        self.ast.lists.extend_from_slice(ids);
        List { start, end: self.ast.lists.len() as u32 }
    }

    fn decls(&mut self, decls: &[Decl]) -> List {
        let start = self.ast.decls.len() as u32;
        self.ast.decls.extend_from_slice(decls);
        List { start, end: self.ast.decls.len() as u32 }
    }

    fn stmt(&mut self, stmt: Stmt) -> StmtId {
        self.ast.stmts.push(stmt);
        self.ast.stmts.len() as StmtId - 1
    }

    fn block_of(&mut self, stmts: &[StmtId]) -> StmtId {
        let list = self.list(stmts);
        self.stmt(Stmt::Block(list))
    }

    fn declare(&mut self, decls: &[Decl], out: &mut Vec<StmtId>) {
        if !decls.is_empty() {
            let list = self.decls(decls);
            out.push(self.stmt(Stmt::Decls(list)));
        }
    }

    fn skip(&mut self, span: Span, reason: &'static str) {
        self.ast.skips.push(Skip { span, reason });
    }

    /// Notes a local, so that members of it are known to lie in it or behind it.
    fn local_is(&mut self, name: Span, pointer: bool) {
        let text = self.text(name);
        self.names.insert(text.clone());
        self.locals.push((text, pointer));
    }
}
