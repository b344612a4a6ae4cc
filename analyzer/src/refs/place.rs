//! Places and conditions as texts, so that the same thing written twice is known to be the same.

use super::rules::Rules;
use std::collections::BTreeMap;
use uioscope_source::body::{Body, VarId};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op};

/// Longer chains of members are no places.
const LONGEST: usize = 8;

/// Conditions deeper than this say nothing.
const DEEPEST: u32 = 64;

/// What a local variable was last copied from.
pub(super) type Aliases = BTreeMap<VarId, String>;

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// Whether that is true.
    True(String, bool),
    /// Whether the first is the second, which is a constant.
    Is(String, String, bool),
}

impl Fact {
    /// The text that it is about.
    pub fn key(&self) -> &str {
        match self {
            Fact::True(key, _) | Fact::Is(key, ..) => key,
        }
    }
}

/// A variable, or members of one: `dus->dus_vmspace`; what a pointer points to is its member `*`. Variables that are copies of a
/// place stand for it.
pub(super) fn place(body: &Body<'_>, e: ExprId, aliases: &Aliases) -> Option<String> {
    let mut members = Vec::new();
    let mut at = body.strip(e);
    loop {
        if members.len() >= LONGEST {
            return None;
        }
        match body.ast.expr(at) {
            Expr::Member { base, name, .. } => {
                members.push(body.name(name));
                at = body.strip(base);
            }
            Expr::Unary { op: Op::Deref, operand } => {
                members.push("*".to_owned());
                at = body.strip(operand);
            }
            // `(&x)->y` is `x.y`, and `*&x` is `x`.
            Expr::Unary { op: Op::AddrOf, operand } if !members.is_empty() => {
                if members.last().is_some_and(|m| m == "*") {
                    members.pop();
                }
                at = body.strip(operand);
            }
            // Nothing is no place.
            Expr::Name if members.is_empty() && body.var(at).is_none() && is_zero(body, at) => return None,
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

/// What a place that is reached through an argument is called: of `&vm` its `*` is `vm`.
pub(super) fn through(body: &Body<'_>, arg: ExprId, members: &[String], aliases: &Aliases) -> Option<String> {
    let arg = body.strip(arg);
    let (mut text, rest) = match body.ast.expr(arg) {
        Expr::Unary { op: Op::AddrOf, operand } => {
            let rest = if members.first().is_some_and(|m| m == "*") { &members[1..] } else { members };
            // What is given to a variable itself is not given to what it was a copy of.
            let none = Aliases::new();
            (place(body, operand, if rest.is_empty() { &none } else { aliases })?, rest)
        }
        _ => (place(body, arg, aliases)?, members),
    };
    for member in rest {
        text.push_str("->");
        text.push_str(member);
    }
    Some(text)
}

/// A place as a person writes it.
pub(super) fn shown(place: &str) -> String {
    match place.strip_suffix("->*") {
        Some(pointer) => format!("*{pointer}"),
        None => place.to_owned(),
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

/// Whether a place is the other, or hangs on it.
pub(super) fn is_below(place: &str, above: &str) -> bool {
    place.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("->"))
}

/// Whether an expression is `0` or `NULL`.
pub(super) fn is_zero(body: &Body<'_>, e: ExprId) -> bool {
    matches!(body.text(body.strip(e)), b"0" | b"NULL" | b"false" | b"FALSE" | b"nullptr" | b"0L")
}

/// What an expression's value is known to be: zero, or not. An error number is a name in capitals that starts with `E`.
pub(super) fn truth(body: &Body<'_>, e: ExprId) -> Option<bool> {
    let e = body.strip(e);
    if is_zero(body, e) {
        return Some(false);
    }
    let text = body.text(e);
    match body.ast.expr(e) {
        Expr::Literal if text.first().is_some_and(u8::is_ascii_digit) => Some(true),
        Expr::Name if text == b"true" || text == b"TRUE" => Some(true),
        Expr::Name if body.var(e).is_none() && is_error(text) => Some(true),
        Expr::Unary { op: Op::Arith, operand } if text.first() == Some(&b'-') => truth(body, operand).filter(|t| *t),
        _ => None,
    }
}

/// The same of the text of a constant.
pub(super) fn truth_of(text: &[u8]) -> Option<bool> {
    match text {
        b"0" => Some(false),
        [digit, ..] if digit.is_ascii_digit() => Some(true),
        _ => is_error(text).then_some(true),
    }
}

fn is_error(t: &[u8]) -> bool {
    t.len() > 2 && t[0] == b'E' && t.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The text of a constant: a number, a name in capitals that is no variable, or one of them with a sign.
pub(super) fn constant(body: &Body<'_>, e: ExprId) -> Option<String> {
    let e = body.strip(e);
    let text = squeezed(body, e);
    match body.ast.expr(e) {
        Expr::Literal if text.starts_with(|c: char| c.is_ascii_digit() || c == '\'') => Some(text),
        Expr::Name if body.var(e).is_none() && is_capitals(&text) => Some(text),
        Expr::Unary { op: Op::Arith, operand } => constant(body, operand).map(|_| text),
        _ => None,
    }
}

pub(super) fn is_capitals(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && !text.contains(|c: char| c.is_ascii_lowercase())
}

/// Whether two constants are known to differ. Names of two errors, or of a number and a name, may be the same.
pub(super) fn differ(a: &str, b: &str) -> bool {
    let number = |t: &str| t.parse::<i64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a != b,
        (None, None) => a != b && is_capitals(a) && is_capitals(b),
        _ => false,
    }
}

/// What is known where a condition holds, or does not.
pub(super) fn known(body: &Body<'_>, e: ExprId, holds: bool, rules: &Rules, out: &mut Vec<Fact>) {
    known_below(body, e, holds, rules, out, 0);
}

fn known_below(body: &Body<'_>, e: ExprId, holds: bool, rules: &Rules, out: &mut Vec<Fact>, depth: u32) {
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
        Expr::Binary { op: Op::Comma, rhs, .. } => deeper(rhs, holds),
        Expr::Binary { op: op @ (Op::Eq | Op::NotEq), lhs, rhs } => {
            let same = op == Op::Eq;
            if is_zero(body, rhs) {
                deeper(lhs, holds != same);
            } else if is_zero(body, lhs) {
                deeper(rhs, holds != same);
            } else {
                let (value, with) = match (constant(body, lhs), constant(body, rhs)) {
                    (None, Some(c)) => (lhs, c),
                    (Some(c), None) => (rhs, c),
                    _ => {
                        if !calls(body, e, 0) {
                            out.push(pair(body, lhs, rhs, holds == same));
                        }
                        return;
                    }
                };
                let value = assigned(body, value);
                if holds == same && truth(body, if value == lhs { rhs } else { lhs }) == Some(true) {
                    known_below(body, value, true, rules, out, depth + 1);
                }
                match body.ast.expr(body.strip(value)) {
                    Expr::Call { .. } => out.push(Fact::Is(call_key(body.strip(value)), with, holds == same)),
                    _ if calls(body, value, 0) => {}
                    _ => out.push(Fact::Is(squeezed(body, value), with, holds == same)),
                }
            }
        }
        // `error < 0` and `error > 0`: it is not zero.
        Expr::Binary { op: Op::Order, lhs, rhs } if is_zero(body, rhs) => {
            let operator = String::from_utf8_lossy(body.text(e)).into_owned();
            let is_strict = !operator.contains("<=") && !operator.contains(">=");
            if is_strict == holds {
                deeper(lhs, true);
            }
            if !calls(body, e, 0) {
                out.push(Fact::True(squeezed(body, e), holds));
            }
        }
        Expr::Assign { lhs, op: AssignOp::Set, .. } => deeper(lhs, holds),
        Expr::Call { callee, args } => {
            let name = body.text(callee);
            let is_of = |list: &[String]| list.iter().any(|t| t.as_bytes() == name);
            match body.ast.list(args) {
                [only, ..] if is_of(&rules.common.transparent) => deeper(*only, holds),
                [only] if is_of(&rules.common.none) => deeper(*only, !holds),
                // `ISSET(flags, REMOTE)`: the same question has the same answer.
                args if is_question(name) && !args.iter().any(|a| calls(body, *a, 0)) => {
                    out.push(Fact::True(squeezed(body, e), holds));
                }
                _ => out.push(Fact::True(call_key(e), holds)),
            }
        }
        Expr::Literal => {}
        _ if calls(body, e, 0) => {}
        _ => out.push(Fact::True(squeezed(body, e), holds)),
    }
}

/// What `x = …` in brackets assigns to.
fn assigned(body: &Body<'_>, e: ExprId) -> ExprId {
    match body.ast.expr(body.strip(e)) {
        Expr::Assign { lhs, op: AssignOp::Set, .. } => lhs,
        _ => e,
    }
}

fn pair(body: &Body<'_>, lhs: ExprId, rhs: ExprId, holds: bool) -> Fact {
    let (a, b) = (squeezed(body, lhs), squeezed(body, rhs));
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    Fact::True(format!("{a}=={b}"), holds)
}

/// The name of a call's result, which no text can have.
pub(super) fn call_key(call: ExprId) -> String {
    format!("@{call}")
}

/// A macro that asks what something is or has.
fn is_question(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    is_capitals(&name) && (name.starts_with("IS") || name.contains("HAS"))
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
