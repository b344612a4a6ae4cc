//! Tests of the companion field: once every request names an address space, that says it all.

use super::Context;
use crate::edit::{Applicability, Edit, Fix};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::space::squeeze;
use uioscope_source::body::{Body, Fate};
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::text::Cond;
use uioscope_source::text::is_word;
use uioscope_source::text::{LineIndex, SourceFile};
use uioscope_source::tree::{Expr, ExprId, Op, Stmt};

/// A place that looks at the companion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The file.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// Around it.
    pub function: String,
    /// The edit, where it is a test for one of the constants.
    pub fix: Fix,
}

/// All places that look at the companion, in order.
pub fn find(context: &Context<'_, '_>) -> Vec<Test> {
    let companion = &context.program.pack.companion;
    if companion.field.is_empty() || !context.program.target.has_companion {
        return Vec::new();
    }
    let files = &context.program.lookup.tree().files;
    let of_file = |(i, f): (usize, &SourceFile)| in_file(context, i as u32, f);
    files
        .par_iter()
        .enumerate()
        .filter(|(_, f)| !f.context && is_preprocessed(&f.path))
        .flat_map_iter(of_file)
        .collect()
}

fn in_file(context: &Context<'_, '_>, index: u32, file: &SourceFile) -> Vec<Test> {
    let program = context.program;
    let name = program.pack.companion.field.as_str();
    let places: Vec<u32> = memchr::memmem::find_iter(&file.bytes, name)
        .filter(|at| is_word(&file.bytes, *at, name.len()))
        .map(|at| at as u32)
        .collect();
    if places.is_empty() {
        return Vec::new();
    }
    let types = Types { lookup: program.lookup, path: &file.path };
    let lines = LineIndex::new(&file.bytes);
    let mut found: BTreeMap<u32, Test> = BTreeMap::new();
    let mut items: BTreeSet<uioscope_source::language::Part> = BTreeSet::new();
    for at in places {
        let Some(item) = program.functions.item_at(index, at) else { continue };
        if !items.insert(item) {
            continue;
        }
        program.functions.trees(index, at, |source, ast| {
            for function in &ast.functions {
                let body = Body::new(source, ast, function);
                for e in body.exprs() {
                    let Expr::Member { name: n, .. } = ast.expr(e) else { continue };
                    let is_dead = || program.functions.syntax(index).presence(n.start) == Cond::Const(false);
                    if body.name(n) != name || is_dead() {
                        continue;
                    }
                    if let Some(fix) = look(context, &body, types, file, e) {
                        let function = body.name(function.name);
                        let test = Test { path: file.path.clone(), line: lines.line(n.start), function, fix };
                        found.entry(n.start).or_insert(test);
                    }
                }
            }
        });
    }
    found.into_values().collect()
}

/// What becomes of one look at the companion. Stores are no looks, nor are copies into another request's companion.
fn look(context: &Context<'_, '_>, body: &Body<'_>, types: Types<'_, '_>, file: &SourceFile, e: ExprId) -> Option<Fix> {
    let Expr::Member { base, arrow, .. } = body.ast.expr(e) else { return None };
    if types.struct_of(body, base).is_some_and(|of| of != context.program.target.of) {
        return None;
    }
    let Fate::Operand(up) = body.fate(e) else {
        return Some(Fix::none(0, "it is switched on, or tested as a number: write the cases as two branches"));
    };
    let companion = &context.program.pack.companion;
    match body.ast.expr(up) {
        Expr::Assign { .. } => None,
        // What decides where the request is made to name kernel memory.
        Expr::Binary { .. } if sets_up(context, body, up) => None,
        Expr::Binary { op: op @ (Op::Eq | Op::NotEq), lhs, rhs } => {
            let other = squeeze(body.text(body.strip(if lhs == e { rhs } else { lhs })));
            let is_user = companion.user.contains(&other);
            if !is_user && !companion.kernel.contains(&other) {
                return Some(Fix::none(0, "it is compared with what is no constant"));
            }
            // A constant that the helper does not store says more than where the addresses are.
            if !is_user && context.words().stored_by_setup(&companion.field).is_some_and(|c| c != other) {
                return Some(Fix::none(
                    0,
                    format!("{other} says more than that it is the kernel's memory: the test stays"),
                ));
            }
            let not = if is_user == (op == Op::Eq) { "!" } else { "" };
            let request = String::from_utf8_lossy(body.text(base)).into_owned();
            let words = context.words();
            let dot = if arrow { "->" } else { "." };
            let new = format!("{not}{}({request}{dot}{})", words.is_kernel, words.member);
            let own = body.ast.own(up);
            let edits = vec![Edit::new(&file.path, own.start, own.end, new)];
            let note = "it holds once every request says where its addresses are, those for mbufs too";
            Some(Fix::new(0, edits, Applicability::Unsafe, note))
        }
        _ => Some(Fix::none(0, "its value is handed on")),
    }
}

/// Whether a test's branch is the helper that makes a request name kernel memory.
fn sets_up(context: &Context<'_, '_>, body: &Body<'_>, test: ExprId) -> bool {
    let ast = body.ast;
    let branch = ast.stmts.iter().find_map(|s| match *s {
        Stmt::If { test: t, then, .. } if t == test => Some(then),
        _ => None,
    });
    let Some(Stmt::Expr(e)) = branch.map(|s| ast.stmt(s)) else { return false };
    matches!(ast.expr(e), Expr::Call { callee, .. } if body.text(callee) == context.words().setup.as_bytes())
}
