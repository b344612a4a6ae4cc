//! What NULL means to a reader: what a test of the value skips, chooses or returns when there is none, and whether the
//! value is looked into without a test.

use super::Flow;
use super::walk::{Item, Walk};
use crate::finding::{NullMeaning, Role, Skips};
use uioscope_source::body::{Body, Fate, NodeId};
use uioscope_source::places::is_null;
use uioscope_source::text::Span;
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Stmt, StmtId};

/// Longest text of a statement or expression that a meaning quotes.
const LONGEST: usize = 60;

/// The first look into the value that is reached from where the flow starts without a test in between.
pub(super) fn unguarded(body: &Body<'_>, starts: &[NodeId], tests: &[ExprId], looks: &[ExprId]) -> Option<ExprId> {
    if looks.is_empty() {
        return None;
    }
    let at = |list: &[ExprId]| -> Vec<(NodeId, u32, ExprId)> {
        list.iter().filter_map(|&e| Some((body.node(e)?, body.ast.span(e).end, e))).collect()
    };
    let (tests, looks) = (at(tests), at(looks));
    let mut seen = vec![false; body.nodes.len()];
    let mut work = starts.to_vec();
    let mut found: Option<ExprId> = None;
    while let Some(n) = work.pop() {
        if std::mem::replace(&mut seen[n as usize], true) {
            continue;
        }
        let test = tests.iter().filter(|t| t.0 == n).map(|t| t.1).min();
        for look in looks.iter().filter(|l| l.0 == n && test.is_none_or(|t| l.1 < t)) {
            let earlier = found.is_none_or(|f| body.ast.span(look.2).start < body.ast.span(f).start);
            found = if earlier { Some(look.2) } else { found };
        }
        if test.is_none() {
            work.extend_from_slice(&body.nodes[n as usize].next);
        }
    }
    found
}

/// What happens when the value that is tested at `e` is NULL.
pub(super) fn meaning(flow: &Flow<'_, '_>, e: ExprId) -> Option<NullMeaning> {
    let body = flow.body;
    // What the expression so far says when the value is NULL, and what is then not evaluated.
    let (mut at, mut says) = (e, false);
    let mut skipped: Vec<Span> = Vec::new();
    loop {
        match body.fate(at) {
            Fate::Operand(up) => {
                match body.ast.expr(up) {
                    Expr::Unary { op: Op::Not, .. } => says = !says,
                    Expr::Binary { op: Op::Eq, lhs, rhs } if is_null(body, lhs) || is_null(body, rhs) => says = !says,
                    Expr::Binary { op: Op::NotEq, .. } | Expr::Cast { .. } => {}
                    Expr::Binary { op: op @ (Op::And | Op::Or), lhs, rhs } => {
                        // `p && x`: x is not evaluated; `p == NULL || x` neither.
                        if lhs == at && says == (op == Op::Or) {
                            skipped.push(body.ast.span(rhs));
                        }
                    }
                    Expr::Choice { test, then, other } if test == at => {
                        let chosen = if says { then.unwrap_or(test) } else { other };
                        return Some(NullMeaning::Value(quote(body, body.ast.span(chosen))));
                    }
                    Expr::Call { callee, .. } => {
                        let name = quote(body, body.ast.span(callee));
                        return Some(if says || !flow.pack.effects.asserts(&name) {
                            NullMeaning::Hands { value: says, to: name }
                        } else {
                            NullMeaning::Panics
                        });
                    }
                    _ => return skips(flow, e, &skipped),
                }
                at = up;
            }
            Fate::Tested => return decides(flow, e, at, says, skipped),
            _ => return skips(flow, e, &skipped).or_else(|| Some(NullMeaning::Value(i32::from(says).to_string()))),
        }
    }
}

/// A branch or a loop.
fn decides(flow: &Flow<'_, '_>, e: ExprId, test: ExprId, says: bool, mut skipped: Vec<Span>) -> Option<NullMeaning> {
    let body = flow.body;
    let ast = body.ast;
    let branch = ast.stmts.iter().find_map(|s| match *s {
        Stmt::If { test: t, then, other } if t == test => Some((then, other)),
        Stmt::Loop { test: Some(t), body, .. } if t == test => Some((body, None)),
        _ => None,
    });
    let Some((then, other)) = branch else { return skips(flow, e, &skipped) };
    let (taken, left) = if says { (Some(then), other) } else { (other, Some(then)) };
    if let Some(taken) = taken {
        return Some(runs(flow, e, taken));
    }
    skipped.extend(left.and_then(|s| extent(body, s)));
    skips(flow, e, &skipped)
}

/// What a branch that is taken for NULL does first.
fn runs(flow: &Flow<'_, '_>, e: ExprId, branch: StmtId) -> NullMeaning {
    let body = flow.body;
    let mut branch = branch;
    while let Stmt::Block(list) = body.ast.stmt(branch) {
        let Some(&first) = body.ast.list(list).iter().find(|s| body.ast.stmt(**s) != Stmt::Empty) else { break };
        branch = first;
    }
    match body.ast.stmt(branch) {
        Stmt::Return(None) => NullMeaning::Returns(None),
        Stmt::Return(Some(v)) => {
            NullMeaning::Returns(Some(quote(body, body.ast.span(v)).trim_matches(['(', ')']).to_owned()))
        }
        Stmt::Goto(label) => NullMeaning::Goes(quote(body, label)),
        Stmt::Break(_) => NullMeaning::Breaks,
        Stmt::Continue(_) => NullMeaning::Continues,
        Stmt::Expr(x) => match body.ast.expr(x) {
            Expr::Call { callee, .. } if flow.pack.effects.panics(&quote(body, body.ast.span(callee))) => {
                NullMeaning::Panics
            }
            Expr::Assign { lhs, rhs, op: AssignOp::Set } if is_same(body, lhs, e) => {
                NullMeaning::Default(quote(body, body.ast.span(rhs)))
            }
            _ => NullMeaning::Runs(quote(body, body.ast.span(x))),
        },
        _ => extent(body, branch).map_or(NullMeaning::DoesNothing, |s| NullMeaning::Runs(quote(body, s))),
    }
}

fn is_same(body: &Body<'_>, a: ExprId, b: ExprId) -> bool {
    let (a, b) = (body.strip(a), body.strip(b));
    match (body.var(a), body.var(b)) {
        (Some(a), Some(b)) => a == b,
        _ => body.text(a) == body.text(b),
    }
}

/// The roles and calls that the value has in what is skipped; the text, where it has none there.
fn skips(flow: &Flow<'_, '_>, e: ExprId, skipped: &[Span]) -> Option<NullMeaning> {
    let body = flow.body;
    let first = skipped.first()?;
    let var = body.var(body.strip(e));
    let inside = |e: &ExprId| skipped.iter().any(|s| s.holds(body.ast.span(*e).start));
    let uses: Vec<ExprId> = body.exprs().filter(|u| var.is_some() && body.var(*u) == var && inside(u)).collect();
    let start = uses.iter().map(|&e| Item::start(e, flow.pointee.clone(), &[])).collect();
    let mut walk = Walk::new(flow, start);
    walk.shallow = true;
    walk.run();
    let roles = walk.out.roles.iter().filter(|r| !matches!(r, Role::Presence | Role::Opaque));
    let mut what: Vec<Skips> = roles.map(|r| Skips::Role(*r)).collect();
    what.extend(walk.out.calls.keys().map(|c| Skips::Call(c.callee.shown())));
    what.dedup();
    if what.is_empty() {
        what.push(Skips::Text(quote(body, *first)));
    }
    Some(NullMeaning::Skips(what))
}

/// From the first to the last expression of a statement.
fn extent(body: &Body<'_>, stmt: StmtId) -> Option<Span> {
    let mut all: Option<Span> = None;
    let mut add = |s: Span| all = Some(all.map_or(s, |a| Span::new(a.start.min(s.start), a.end.max(s.end))));
    let mut work = vec![stmt];
    while let Some(s) = work.pop() {
        match body.ast.stmt(s) {
            Stmt::Expr(e) | Stmt::Return(Some(e)) => add(body.ast.span(e)),
            Stmt::Decls(list) => {
                body.ast.decls(list).iter().filter_map(|d| d.init).for_each(|e| add(body.ast.span(e)));
            }
            Stmt::Block(list) => work.extend(body.ast.list(list)),
            Stmt::If { test, then, other } => {
                add(body.ast.span(test));
                work.push(then);
                work.extend(other);
            }
            Stmt::Loop { init, test, step, body: inner, .. } => {
                test.into_iter().chain(step).for_each(|e| add(body.ast.span(e)));
                work.extend(init);
                work.push(inner);
            }
            Stmt::DoWhile { body: inner, test: value, .. } | Stmt::Switch { value, body: inner, .. } => {
                add(body.ast.span(value));
                work.push(inner);
            }
            Stmt::Label(s) | Stmt::Goto(s) | Stmt::Break(s) | Stmt::Continue(s) if s.end > s.start => add(s),
            _ => {}
        }
    }
    all
}

/// One line of source.
fn quote(body: &Body<'_>, span: Span) -> String {
    let text = String::from_utf8_lossy(span.of(body.source)).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
