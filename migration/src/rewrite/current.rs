//! Loads that are about the process itself: the running one takes the field's place, where it is the same.

use super::Context;
use crate::edit::{Applicability, Edit, Fix, whole_line};
use crate::facts::Facts;
use crate::sites::{View, block_of, stmt_of, visit, with_semicolon};
use crate::whatif::{all_of, argument, null_meanings};
use std::collections::BTreeSet;
use uioscope_analyzer::finding::{Confidence, Finding, Role, Timing};
use uioscope_source::tree::{Ast, Expr, ExprId, Op};

/// The fix for a load whose value is more than an address space.
pub fn fix(context: &Context<'_, '_>, site: usize) -> Fix {
    let f = &context.audit.findings[site];
    let Some(current) = context.words().current(context.pointee()) else {
        return Fix::none(site, format!("the pack names no running struct {}", context.pointee()));
    };
    let mut trouble: BTreeSet<String> = BTreeSet::new();
    let mut edits = Vec::new();
    let found = visit(context.program, f, |view| match replace(context, view, current) {
        Ok(more) => edits.extend(more),
        Err(why) => drop(trouble.insert(why)),
    });
    if !found {
        return Fix::none(site, "no front end that edits reads this text; edit it by hand");
    }
    if let Some(why) = trouble.pop_first() {
        return Fix::none(site, why);
    }
    match doubt(f, &context.facts[site], current) {
        None => Fix::new(site, edits, Applicability::Safe, ""),
        Some(note) => Fix::new(site, edits, Applicability::Unsafe, note),
    }
}

fn replace(context: &Context<'_, '_>, view: &View<'_>, current: &str) -> Result<Vec<Edit>, String> {
    let own = view.ast().own(view.e);
    if view.body.vars.iter().any(|v| view.body.name(v.name) == current) {
        return Err(format!("`{current}` is a variable of this function"));
    }
    let mut edits = vec![Edit::new(&view.file.path, own.start, own.end, current)];
    edits.extend(context.seeing(&view.file.path, own.start, context.pointee())?);
    Ok(edits)
}

/// Why the running process may not be the one that the field named.
fn doubt(f: &Finding, facts: &Facts, current: &str) -> Option<String> {
    let null = null_meanings(f);
    if !null.is_empty() {
        return Some(format!("NULL meant something here ({}), and {current} is never NULL", all_of(&null)));
    }
    if let Some(other) = &facts.other {
        return Some(format!("the value can be {other}"));
    }
    if facts.held {
        return Some(format!(
            "the request was kept: whoever runs when it is read is not who made it; hand over {}",
            argument(&f.roles)
        ));
    }
    if let Some(context) = f.contexts.iter().find(|c| c.is_elsewhere()) {
        return Some(format!(
            "the code runs as {}, where {current} is not who made the request; hand over {}",
            context.name(),
            argument(&f.roles)
        ));
    }
    if f.confidence == Confidence::Possible {
        return Some("the struct left of the field is not known".to_owned());
    }
    match f.timing {
        Timing::Synchronous => None,
        Timing::MayOutlive => Some("the value is kept, and may be NULL or used after the call".to_owned()),
        Timing::Unknown => {
            let why = f.notes.first().map_or_else(|| "it is not followed to its end".to_owned(), ToString::to_string);
            Some(format!("what becomes of the value is not known for all: {why}"))
        }
    }
}

/// Whether an expression whose value nobody takes can be left out: it calls, sets and decides nothing.
fn does_nothing(ast: &Ast, e: ExprId) -> bool {
    let mut nothing = match ast.expr(e) {
        Expr::Name | Expr::Literal | Expr::Member { .. } | Expr::Cast { .. } => true,
        Expr::Unary { op, .. } => matches!(op, Op::AddrOf | Op::Deref),
        _ => false,
    };
    ast.operands(e, &mut |o| nothing = nothing && does_nothing(ast, o));
    nothing
}

/// The fix for a load whose value nobody uses.
pub fn removed(context: &Context<'_, '_>, site: usize) -> Fix {
    let f = &context.audit.findings[site];
    let mut edits = Vec::new();
    let mut trouble = BTreeSet::new();
    let found = visit(context.program, f, |view| {
        let ast = view.ast();
        // Up to the statement: `(void)uio->uio_procp;`
        let mut e = view.e;
        while let Some(up) = view.up(e) {
            e = up;
        }
        let stmt = stmt_of(ast, e).filter(|s| block_of(ast, *s).is_some());
        // A statement goes only when all that it does is known to be nothing.
        let span = stmt.filter(|_| does_nothing(ast, e)).and_then(|_| with_semicolon(view.body.source, ast.span(e)));
        match span.filter(|_| f.roles == [Role::Unused]) {
            Some(span) => {
                let (start, end) = whole_line(view.body.source, span.start, span.end);
                edits.push(Edit::new(&view.file.path, start, end, ""));
            }
            None => drop(trouble.insert("its value is unused, but it is part of something else")),
        }
    });
    match trouble.pop_first() {
        Some(why) => Fix::none(site, why),
        None if !found => Fix::none(site, "no front end that edits reads this text; edit it by hand"),
        None => Fix::new(site, edits, Applicability::Safe, ""),
    }
}
