//! A finding in its source: the expression that touches the field, in every variant of the text around it.

use std::collections::BTreeSet;
use uioscope_analyzer::finding::{Finding, Implicit};
use uioscope_analyzer::flow::global::Program;
use uioscope_analyzer::flow::local::macros::Text;
use uioscope_source::body::{Body, Fate};
use uioscope_source::c::declared::defining_macro;
use uioscope_source::c::declared::macro_at;
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::text::Span;
use uioscope_source::text::{LineIndex, SourceFile};
use uioscope_source::tree::{Ast, Expr, ExprId, Function, Stmt, StmtId};

/// One variant of the function or macro around a finding.
pub struct View<'v> {
    /// With control flow.
    pub body: &'v Body<'v>,
    /// The function; nothing in a macro.
    pub function: Option<Function>,
    /// The access.
    pub e: ExprId,
    /// Types of expressions.
    pub types: Types<'v, 'v>,
    /// The file.
    pub file: &'v SourceFile,
}

impl View<'_> {
    /// The tree.
    pub fn ast(&self) -> &Ast {
        self.body.ast
    }

    /// The expression that the value of `e` is an operand of.
    pub fn up(&self, e: ExprId) -> Option<ExprId> {
        match self.body.fate(e) {
            Fate::Operand(up) => Some(up),
            _ => None,
        }
    }
}

/// Byte offset of a finding.
pub fn offset(file: &SourceFile, lines: &LineIndex, finding: &Finding) -> u32 {
    lines.span(finding.line, &file.bytes).0 + finding.column - 1
}

/// Calls `f` with each variant of what is around a finding of C; says whether there was any.
pub fn visit(program: &Program<'_, '_>, finding: &Finding, mut f: impl FnMut(&View<'_>)) -> bool {
    let Some((index, file)) = source(program, &finding.path) else { return false };
    if !is_preprocessed(&file.path) {
        return false;
    }
    let at = offset(file, &LineIndex::new(&file.bytes), finding);
    let types = Types { lookup: program.lookup, path: &file.path };
    let mut found = false;
    if let Some((name, len)) = defining_macro(file, at as usize) {
        let Some(m) = macro_at(file, name, len) else { return false };
        let text = Text::new(&file.bytes, &m);
        let body = text.body(&file.bytes);
        if let Some(e) = access(&body, at, finding) {
            f(&View { body: &body, function: None, e, types, file });
            found = true;
        }
        return found;
    }
    program.functions.trees(index, at, |source, ast| {
        let Some(function) = ast.functions.iter().find(|f| f.span.holds(at)).copied() else { return };
        let body = Body::new(source, ast, &function);
        if let Some(e) = access(&body, at, finding) {
            f(&View { body: &body, function: Some(function), e, types, file });
            found = true;
        }
    });
    found
}

/// A file and its index.
pub fn source<'t>(program: &Program<'_, 't>, path: &str) -> Option<(u32, &'t SourceFile)> {
    let index = program.functions.index_of(path)?;
    Some((index, &program.lookup.tree().files[index as usize]))
}

/// The expression that a finding is about.
fn access(body: &Body<'_>, at: u32, finding: &Finding) -> Option<ExprId> {
    body.exprs().find(|&e| match body.ast.expr(e) {
        Expr::Member { name, .. } | Expr::Field { name, .. } => finding.implicit.is_none() && name.start == at,
        Expr::Assign { .. } => finding.implicit == Some(Implicit::Copy) && body.ast.span(e).start == at,
        _ => false,
    })
}

/// The block that a statement stands in by itself, and its position there.
pub fn block_of(ast: &Ast, stmt: StmtId) -> Option<(StmtId, usize)> {
    ast.stmts.iter().enumerate().find_map(|(i, s)| match s {
        Stmt::Block(list) => ast.list(*list).iter().position(|x| *x == stmt).map(|at| (i as StmtId, at)),
        _ => None,
    })
}

/// The statement that an expression is.
pub fn stmt_of(ast: &Ast, e: ExprId) -> Option<StmtId> {
    ast.stmts.iter().position(|s| *s == Stmt::Expr(e)).map(|i| i as StmtId)
}

/// From an expression's start to the `;` after it.
pub fn with_semicolon(text: &[u8], span: Span) -> Option<Span> {
    let mut at = span.end as usize;
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    (text.get(at) == Some(&b';')).then(|| Span::new(span.start, at as u32 + 1))
}

/// Names in a text, comments and strings included.
pub fn words(text: &[u8]) -> BTreeSet<&[u8]> {
    let ident = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    text.split(|b| !ident(b)).filter(|w| !w.is_empty()).collect()
}
