//! Comparisons with the running process: after `if (p != curproc)` the value is another one.

use super::{Spaces, Who};
use std::collections::BTreeSet;
use uioscope_source::body::{Body, ENTRY, VarId};
use uioscope_source::tree::{Expr, ExprId, Op};

impl Spaces<'_, '_> {
    /// Whether every way to a use of a variable has found that it is not the running process.
    pub(super) fn is_not_current(&self, var: VarId, e: ExprId) -> bool {
        let body = self.body;
        let is_comparison = |e: ExprId| match body.ast.expr(e) {
            Expr::Binary { op: Op::Eq | Op::NotEq, lhs, rhs } => self.compares(body, var, lhs, rhs),
            _ => false,
        };
        // Most functions compare nothing; the branches are made for those that do.
        if !body.exprs().any(is_comparison) {
            return false;
        }
        let Some(head) = body.function else { return false };
        let Some(function) = body.ast.functions.iter().find(|f| f.name == head) else { return false };
        let branches = Body::with_branches(body.source, body.ast, function);
        let Some(to) = branches.node(e) else { return false };
        let mut seen = vec![false; branches.nodes.len()];
        // A comparison speaks of the value that the variable has then: each definition is a new start.
        let mut work = vec![ENTRY];
        for event in branches.events[var as usize].iter().filter(|e| e.is_def) {
            if event.node == to {
                return false;
            }
            work.extend_from_slice(&branches.nodes[event.node as usize].next);
        }
        while let Some(n) = work.pop() {
            if std::mem::replace(&mut seen[n as usize], true) {
                continue;
            }
            let node = &branches.nodes[n as usize];
            if node.assume.is_some_and(|(test, holds)| self.denies(&branches, var, test, holds)) {
                continue;
            }
            if n == to {
                return false;
            }
            work.extend_from_slice(&node.next);
        }
        true
    }

    /// Whether a condition that holds, or does not, says that the variable is not the running process.
    fn denies(&self, body: &Body<'_>, var: VarId, test: ExprId, holds: bool) -> bool {
        match body.ast.expr(body.strip(test)) {
            Expr::Unary { op: Op::Not, operand } => self.denies(body, var, operand, !holds),
            Expr::Binary { op: Op::And, lhs, rhs } if holds => {
                self.denies(body, var, lhs, true) || self.denies(body, var, rhs, true)
            }
            Expr::Binary { op: Op::Or, lhs, rhs } if !holds => {
                self.denies(body, var, lhs, false) || self.denies(body, var, rhs, false)
            }
            Expr::Binary { op: Op::NotEq, lhs, rhs } if holds => self.compares(body, var, lhs, rhs),
            Expr::Binary { op: Op::Eq, lhs, rhs } if !holds => self.compares(body, var, lhs, rhs),
            _ => false,
        }
    }

    /// Whether one side is the variable, and the other the running process.
    fn compares(&self, body: &Body<'_>, var: VarId, lhs: ExprId, rhs: ExprId) -> bool {
        let is_var = |e: ExprId| body.var(body.strip(e)) == Some(var);
        let is_current = |e: ExprId| {
            let mut out = BTreeSet::new();
            if !is_var(e) {
                out = self.who(e);
            }
            out == BTreeSet::from([Who::Current])
        };
        is_var(lhs) && is_current(rhs) || is_var(rhs) && is_current(lhs)
    }
}
