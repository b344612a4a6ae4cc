//! What an expression is as a place: assigned to, null, or memory whose life ends with the call.

use crate::body::{Body, Fate};
use crate::tree::{AssignOp, Expr, ExprId, Op, Storage};

/// Whether an expression is a null pointer constant.
pub fn is_null(body: &Body<'_>, e: ExprId) -> bool {
    let e = body.strip(e);
    let text = body.text(e);
    let text = text.trim_ascii();
    match body.ast.expr(e) {
        Expr::Literal => {
            text.trim_ascii_start().strip_prefix(b"(").map_or(text, |t| t.strip_suffix(b")").unwrap_or(t)) == b"0"
        }
        Expr::Name => matches!(text, b"NULL" | b"nullptr" | b"(NULL)" | b"None"),
        // `ptr::null_mut()`
        Expr::Call { callee, args } => args.start == args.end && matches!(body.text(callee), b"null" | b"null_mut"),
        _ => false,
    }
}

/// Whether an expression is the left side of an assignment.
pub fn is_assigned(body: &Body<'_>, e: ExprId) -> bool {
    match body.fate(e) {
        Fate::Operand(up) => matches!(body.ast.expr(up), Expr::Assign { lhs, op: AssignOp::Set, .. } if lhs == e),
        _ => false,
    }
}

/// Whether memory that is assigned to belongs to a local struct or array: its life ends with the call.
pub fn is_local(body: &Body<'_>, target: ExprId) -> bool {
    let mut e = body.strip(target);
    loop {
        match body.ast.expr(e) {
            Expr::Member { base, arrow, .. } => {
                e = body.strip(base);
                if arrow {
                    return points_to_local(body, e);
                }
            }
            Expr::Index { base, .. } => {
                e = body.strip(base);
                if let (Expr::Name, Some(var)) = (body.ast.expr(e), body.var(e)) {
                    let v = body.vars[var as usize];
                    return v.ty.arrays > 0 && v.param.is_none() && v.storage == Storage::Plain;
                }
            }
            Expr::Name => {
                return body.var(e).is_some_and(|v| {
                    let v = body.vars[v as usize];
                    v.storage == Storage::Plain && v.param.is_none_or(|_| v.ty.pointers == 0)
                });
            }
            Expr::Unary { op: Op::Deref, operand } => return points_to_local(body, body.strip(operand)),
            _ => return false,
        }
    }
}

/// Whether a pointer only ever holds the addresses of locals.
fn points_to_local(body: &Body<'_>, e: ExprId) -> bool {
    let Expr::Name = body.ast.expr(e) else {
        return matches!(body.ast.expr(e), Expr::Unary { op: Op::AddrOf, operand } if is_local(body, operand));
    };
    let Some(var) = body.var(e) else { return false };
    if body.vars[var as usize].param.is_some() {
        return false;
    }
    let definitions = body.definitions(var);
    !definitions.is_empty()
        && definitions.iter().all(|d| {
            d.is_some_and(|d| match body.ast.expr(body.strip(d)) {
                Expr::Unary { op: Op::AddrOf, operand } => is_local(body, operand),
                _ => false,
            })
        })
}
