//! Places and conditions as texts, so that the same thing written twice is known to be the same.

use super::rules::Rules;
use std::collections::BTreeMap;
use uioscope_source::body::{Body, VarId};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op};

/// Longer chains of members are no places.
const LONGEST: usize = 32;

/// Conditions deeper than this say nothing.
const DEEPEST: u32 = 64;

/// What a local variable was last copied from.
pub(super) type Aliases = BTreeMap<VarId, String>;

/// A variable, or members of one: `dus->dus_vmspace`. Variables that are copies of a place stand for it.
pub(super) fn place(body: &Body<'_>, e: ExprId, aliases: &Aliases) -> Option<String> {
    let mut members = Vec::new();
    let mut at = body.strip(e);
    loop {
        match body.ast.expr(at) {
            Expr::Member { base, name, .. } if members.len() < LONGEST => {
                members.push(body.name(name));
                at = body.strip(base);
            }
            Expr::Name => {
                let mut text = match body.var(at).and_then(|var| aliases.get(&var)) {
                    Some(alias) => alias.clone(),
                    None => String::from_utf8_lossy(body.text(at)).into_owned(),
                };
                for member in members.iter().rev() {
                    text.push_str("->");
                    text.push_str(member);
                }
                return Some(text);
            }
            _ => return None,
        }
    }
}

/// The last member of a place.
pub(super) fn last_member(place: &str) -> Option<&str> {
    place.rsplit_once("->").map(|(_, member)| member)
}

/// The variable at a place's root.
pub(super) fn root(place: &str) -> &str {
    place.split("->").next().unwrap_or(place)
}

/// Whether an expression is `0` or `NULL`.
pub(super) fn is_zero(body: &Body<'_>, e: ExprId) -> bool {
    matches!(body.text(body.strip(e)), b"0" | b"NULL" | b"false" | b"FALSE")
}

/// What an expression's value is known to be: zero, or not. An error number is a name in capitals that starts with `E`.
pub(super) fn truth(body: &Body<'_>, e: ExprId) -> Option<bool> {
    let e = body.strip(e);
    if is_zero(body, e) {
        return Some(false);
    }
    let text = body.text(e);
    let is_error =
        |t: &[u8]| t.len() > 2 && t[0] == b'E' && t.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match body.ast.expr(e) {
        Expr::Literal if text.first().is_some_and(u8::is_ascii_digit) => Some(true),
        Expr::Name if body.var(e).is_none() && is_error(text) => Some(true),
        Expr::Unary { op: Op::Arith, operand } => truth(body, operand).filter(|t| *t),
        _ => None,
    }
}

/// What is known where a condition holds, or does not: each a text and whether it is true.
pub(super) fn known(body: &Body<'_>, e: ExprId, holds: bool, rules: &Rules, out: &mut Vec<(String, bool)>) {
    known_below(body, e, holds, rules, out, 0);
}

fn known_below(body: &Body<'_>, e: ExprId, holds: bool, rules: &Rules, out: &mut Vec<(String, bool)>, depth: u32) {
    if depth > DEEPEST {
        return;
    }
    let e = body.strip(e);
    let mut deeper = |e, holds| known_below(body, e, holds, rules, out, depth + 1);
    match body.ast.expr(e) {
        Expr::Unary { op: Op::Not, operand } => deeper(operand, !holds),
        Expr::Binary { op: Op::And, lhs, rhs } if holds => {
            deeper(lhs, true);
            deeper(rhs, true);
        }
        Expr::Binary { op: Op::Or, lhs, rhs } if !holds => {
            deeper(lhs, false);
            deeper(rhs, false);
        }
        Expr::Binary { op: op @ (Op::Eq | Op::NotEq), lhs, rhs } => {
            let same = op == Op::Eq;
            if is_zero(body, rhs) {
                deeper(lhs, holds != same);
            } else if is_zero(body, lhs) {
                deeper(rhs, holds != same);
            } else if !calls(body, e, 0) {
                let (a, b) = (squeezed(body, lhs), squeezed(body, rhs));
                let (a, b) = if a <= b { (a, b) } else { (b, a) };
                out.push((format!("{a}=={b}"), holds == same));
            }
        }
        Expr::Assign { lhs, op: AssignOp::Set, .. } => deeper(lhs, holds),
        Expr::Call { callee, args } => {
            let name = body.text(callee);
            match body.ast.list(args) {
                [only, ..] if rules.common.transparent.iter().any(|t| t.as_bytes() == name) => deeper(*only, holds),
                _ => out.push((call_key(e), holds)),
            }
        }
        Expr::Literal => {}
        _ if calls(body, e, 0) => {}
        _ => out.push((squeezed(body, e), holds)),
    }
}

/// The name of a call's result, which no text can have.
pub(super) fn call_key(call: ExprId) -> String {
    format!("@{call}")
}

fn calls(body: &Body<'_>, e: ExprId, depth: u32) -> bool {
    if depth > DEEPEST || matches!(body.ast.expr(e), Expr::Call { .. } | Expr::Block { .. } | Expr::Assign { .. }) {
        return true;
    }
    let mut any = false;
    body.ast.operands(e, &mut |o| any |= calls(body, o, depth + 1));
    any
}

/// The text without blanks.
pub(super) fn squeezed(body: &Body<'_>, e: ExprId) -> String {
    let text = body.text(body.strip(e));
    String::from_utf8_lossy(text).chars().filter(|c| !c.is_whitespace()).collect()
}
