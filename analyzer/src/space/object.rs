//! Names for the objects of a function, so that two accesses of one object are known to be of one.

use super::{Spaces, squeeze};
use uioscope_source::tree::{Expr, ExprId, Op};

impl Spaces<'_, '_> {
    /// Names of the objects that may be meant: gcc lets `(a ? b : c).field` be assigned to.
    pub(super) fn objects(&self, base: ExprId, arrow: bool) -> Vec<String> {
        let base = self.body.strip(base);
        match self.body.ast.expr(base) {
            Expr::Choice { then: Some(then), other, .. } => vec![self.object(then, arrow), self.object(other, arrow)],
            _ => vec![self.object(base, arrow)],
        }
    }

    /// A name for the object: pointers that only ever point to one local are that local.
    pub(super) fn object(&self, base: ExprId, arrow: bool) -> String {
        let body = self.body;
        let base = body.strip(base);
        if arrow {
            return self.pointed(base);
        }
        match body.ast.expr(base) {
            Expr::Member { base, name, arrow } => format!("{}.{}", self.object(base, arrow), body.name(name)),
            Expr::Unary { op: Op::Deref, operand } => self.pointed(body.strip(operand)),
            Expr::Index { base, index } => {
                // A constant index tells elements apart, any other may be each of them.
                let index =
                    if body.ast.expr(index) == Expr::Literal { squeeze(body.text(index)) } else { String::new() };
                format!("{}[{index}]", self.object(base, false))
            }
            _ => squeeze(body.text(base)),
        }
    }

    /// What a pointer points to.
    pub(super) fn pointed(&self, e: ExprId) -> String {
        let body = self.body;
        match body.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => return self.object(operand, false),
            Expr::Name => {
                if let Some(var) = body.var(e) {
                    let definitions = body.definitions(var);
                    if let [Some(only)] = definitions[..]
                        && let Expr::Unary { op: Op::AddrOf, operand } = body.ast.expr(body.strip(only))
                    {
                        return self.object(operand, false);
                    }
                }
            }
            Expr::Member { base, name, arrow } => return format!("*{}.{}", self.object(base, arrow), body.name(name)),
            _ => {}
        }
        format!("*{}", squeeze(body.text(e)))
    }

    /// The name of a local object, as [`Self::of_copy`] and [`Self::of_initializer`] want it.
    pub fn object_name(&self, e: ExprId) -> String {
        self.object(e, false)
    }
}
