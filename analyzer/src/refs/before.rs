//! What is known of a function before its paths are followed.

use super::place::{Aliases, known, last_member, place, root, squeezed, truth};
use super::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::{Body, Fate, Node};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Stmt, StmtId};

/// See the module.
#[derive(Default)]
pub(super) struct Before {
    /// Conditions that decide about a take or a drop and are tested elsewhere too, or whose variables are given a constant. Nothing
    /// is remembered of others, or there would be too many paths.
    pub related: BTreeSet<String>,
    /// For each node, whether a take, a drop or a lent pointer can come after it: where not, and nothing is held, no path is followed.
    pub ahead: Vec<bool>,
    /// Variables that references are named by, and those that they are copied from; no others' values are kept.
    pub named: BTreeSet<String>,
    /// Places that the function drops somewhere.
    pub drops: BTreeSet<String>,
    /// Places that it gives to another owner: whoever shares its own address space, at fork, is not exiting.
    pub shared: BTreeSet<String>,
}

/// The name of a called function; empty where it is none.
pub(super) fn callee_name(body: &Body<'_>, callee: ExprId) -> String {
    match body.ast.expr(callee) {
        Expr::Name => String::from_utf8_lossy(body.text(callee)).into_owned(),
        _ => String::new(),
    }
}

impl Before {
    /// Of a function.
    pub fn of(body: &Body<'_>, function: StmtId, rules: &Rules) -> Before {
        let mut before = Before { named: names(body, rules), ahead: ahead(body, rules), ..Before::default() };
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for node in &body.nodes {
            if let Some((test, true)) = node.assume {
                let mut facts = Vec::new();
                known(body, test, true, rules, &mut facts);
                known(body, test, false, rules, &mut facts);
                let keys: BTreeSet<String> = facts.into_iter().map(|(key, _)| key).collect();
                keys.into_iter().for_each(|key| *times.entry(key).or_default() += 1);
            }
        }
        before.related = times.into_iter().filter(|(_, n)| *n > 1).map(|(key, _)| key).collect();
        for e in body.exprs() {
            if let Expr::Assign { lhs, rhs, op: AssignOp::Set } = body.ast.expr(e)
                && let Some(to) = place(body, lhs, &Aliases::new())
                && last_member(&to).is_some_and(|m| rules.is_pointer(m))
            {
                before.shared.extend(place(body, rhs, &Aliases::new()));
            }
            match body.ast.expr(e) {
                Expr::Assign { lhs, rhs, op: AssignOp::Set } if truth(body, rhs).is_some() => {
                    before.related.insert(squeezed(body, lhs));
                }
                Expr::Call { callee, args } => {
                    if let Some(rule) = rules.drop(&callee_name(body, callee))
                        && let Some(&arg) = body.ast.list(args).get(rule.arg)
                        && let Some(place) = place(body, arg, &Aliases::new())
                    {
                        before.drops.insert(place);
                    }
                }
                _ => {}
            }
        }
        let mut deciding = BTreeSet::new();
        guards(body, function, rules, &mut deciding);
        if before.drops.iter().any(|place| place.contains("->")) {
            // What is returned says whose a reference in somebody else's struct is.
            let returned = body.exprs().filter(|e| body.fate(*e) == Fate::Returned);
            deciding.extend(returned.map(|e| squeezed(body, e)));
        }
        before.related.retain(|key| deciding.contains(key));
        before
    }
}

/// Whether an expression takes, drops or lends.
fn matters(body: &Body<'_>, e: ExprId, rules: &Rules, depth: u32) -> bool {
    const DEEPEST: u32 = 200;
    let here = match body.ast.expr(e) {
        Expr::Call { callee, .. } => {
            let name = callee_name(body, callee);
            rules.take(&name).is_some() || rules.drop(&name).is_some()
        }
        Expr::Member { name, .. } => {
            let name = body.name(name);
            rules.is_count(&name) || rules.is_pointer(&name)
        }
        _ => false,
    };
    let mut below = Vec::new();
    body.ast.operands(e, &mut |o| below.push(o));
    here || (depth < DEEPEST && below.into_iter().any(|o| matters(body, o, rules, depth + 1)))
}

/// See [`Before::ahead`].
fn ahead(body: &Body<'_>, rules: &Rules) -> Vec<bool> {
    let mut ahead = vec![false; body.nodes.len()];
    let is_one = |n: &Node| n.root.is_some_and(|root| matters(body, root, rules, 0));
    let mut work: Vec<usize> = (0..body.nodes.len()).filter(|i| is_one(&body.nodes[*i])).collect();
    while let Some(i) = work.pop() {
        if !std::mem::replace(&mut ahead[i], true) {
            work.extend(body.nodes[i].back.iter().map(|&n| n as usize));
        }
    }
    ahead
}

/// Collects the conditions of every `if` around a take or a drop; whether there is one in the statement.
fn guards(body: &Body<'_>, stmt: StmtId, rules: &Rules, out: &mut BTreeSet<String>) -> bool {
    let ast = body.ast;
    let takes = |e: ExprId| matters(body, e, rules, 0);
    match ast.stmt(stmt) {
        Stmt::Expr(e) | Stmt::Return(Some(e)) => takes(e),
        Stmt::Decls(list) => ast.decls(list).iter().filter_map(|d| d.init).any(takes),
        Stmt::Block(list) => {
            let mut any = false;
            for &inner in ast.list(list) {
                any |= guards(body, inner, rules, out);
            }
            any
        }
        Stmt::If { test, then, other } => {
            let inside = guards(body, then, rules, out) | other.is_some_and(|o| guards(body, o, rules, out));
            if inside {
                let mut facts = Vec::new();
                known(body, test, true, rules, &mut facts);
                known(body, test, false, rules, &mut facts);
                out.extend(facts.into_iter().map(|(key, _)| key));
            }
            inside || takes(test)
        }
        Stmt::Loop { body: inner, .. } | Stmt::DoWhile { body: inner, .. } | Stmt::Switch { body: inner, .. } => {
            guards(body, inner, rules, out)
        }
        _ => false,
    }
}

/// See [`Before::named`].
fn names(body: &Body<'_>, rules: &Rules) -> BTreeSet<String> {
    let ast = body.ast;
    let mut names = BTreeSet::new();
    let mut copies: Vec<(String, String)> = Vec::new();
    for e in body.exprs() {
        match ast.expr(e) {
            Expr::Call { callee, args } => {
                let name = callee_name(body, callee);
                if rules.take(&name).is_some() || rules.drop(&name).is_some() {
                    let below = |arg: &ExprId| match ast.expr(body.strip(*arg)) {
                        Expr::Unary { op: Op::AddrOf, operand } => operand,
                        _ => *arg,
                    };
                    let places = ast.list(args).iter().filter_map(|arg| place(body, below(arg), &Aliases::new()));
                    names.extend(places.map(|p| root(&p).to_owned()));
                }
            }
            Expr::Member { base, name, .. } => {
                let name = body.name(name);
                if rules.is_count(&name) || rules.is_pointer(&name) {
                    names.extend(place(body, base, &Aliases::new()).map(|p| root(&p).to_owned()));
                }
            }
            Expr::Assign { lhs, rhs, op: AssignOp::Set } => {
                if let (Some(to), Some(from)) = (place(body, lhs, &Aliases::new()), place(body, rhs, &Aliases::new())) {
                    copies.push((to, root(&from).to_owned()));
                }
            }
            _ => {}
        }
    }
    for var in &body.vars {
        if let Some(from) = var.init.and_then(|init| place(body, init, &Aliases::new())) {
            copies.push((body.name(var.name), root(&from).to_owned()));
        }
    }
    loop {
        let before = names.len();
        names.extend(
            copies.iter().filter(|(to, _)| names.contains(to)).map(|(_, from)| from.clone()).collect::<Vec<_>>(),
        );
        if names.len() == before {
            return names;
        }
    }
}
