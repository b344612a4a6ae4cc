//! Tests that a count has come to its end.

use super::before::callee_name;
use super::walk::Walk;
use uioscope_source::tree::{Expr, ExprId, Op};

impl Walk<'_, '_, '_> {
    /// Whether a test lowers a count of something else, such as of what holds a reference.
    pub(super) fn lowers(&self, test: ExprId) -> bool {
        let is_other = |e: ExprId| match self.body.ast.expr(self.body.strip(e)) {
            Expr::Member { name, .. } => self.calls.rules.count(&self.body.name(name)).is_none(),
            _ => false,
        };
        let mut found = false;
        let mut work = vec![test];
        while let Some(e) = work.pop() {
            found |= match self.body.ast.expr(e) {
                Expr::Unary { op: Op::Decrement, operand } => is_other(operand),
                Expr::Call { callee, args } if self.is_lowering(callee) => {
                    self.body.ast.list(args).iter().any(|arg| match self.body.ast.expr(self.body.strip(*arg)) {
                        Expr::Unary { op: Op::AddrOf, operand } => is_other(operand),
                        _ => false,
                    })
                }
                _ => false,
            };
            self.body.ast.operands(e, &mut |o| work.push(o));
        }
        found
    }

    fn is_lowering(&self, callee: ExprId) -> bool {
        self.calls.rules.common.lowers.contains(&callee_name(self.body, callee))
    }

    /// `if (--count > 0)`, `if (count-- != 1)`: there are others.
    pub(super) fn is_not_last(&self, test: ExprId) -> bool {
        match self.body.ast.expr(self.body.strip(test)) {
            Expr::Binary { op: Op::NotEq, .. } => true,
            Expr::Binary { op: Op::Order, .. } => self.body.text(test).contains(&b'>'),
            Expr::Unary { op: Op::Decrement, .. } => true,
            Expr::Unary { op: Op::Not, operand } => !self.is_not_last(operand),
            _ => false,
        }
    }
}
