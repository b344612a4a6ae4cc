//! Calls that a value goes on in.

use super::walk::{Item, Walk};
use super::{Call, Callee, keep};
use crate::finding::Step;
use uioscope_source::tree::{Expr, ExprId};

impl Walk<'_, '_, '_> {
    /// `timeout(f, p, hz)`: what is kept beside a function is what it gets as its first argument.
    pub(super) fn called_back(&mut self, item: &Item, call: ExprId, n: usize) {
        for (_, function) in self.names(call, n) {
            let item = self.note(item, item.e, Step::Callback { function: function.clone(), n: 0 });
            self.give(&item, Callee::Later(function), 0, Vec::new());
        }
    }

    /// Other arguments of a call that may be functions: position and name.
    fn names(&self, call: ExprId, n: usize) -> Vec<(usize, String)> {
        let body = self.flow.body;
        let Expr::Call { args, .. } = body.ast.expr(call) else { return Vec::new() };
        let others = body.ast.list(args).iter().map(|a| body.strip(*a)).enumerate().filter(|(i, _)| *i != n);
        others
            .filter(|(_, a)| body.ast.expr(*a) == Expr::Name && body.var(*a).is_none())
            .map(|(i, a)| (i, body.name(body.ast.own(a))))
            .collect()
    }

    /// To a function whose source is looked at later.
    pub fn hand(&mut self, item: &Item, call: ExprId, callee: Callee, n: usize) {
        let binds = self.names(call, n);
        self.give(item, callee, n, binds);
    }

    fn give(&mut self, item: &Item, callee: Callee, n: usize, binds: Vec<(usize, String)>) {
        let body = self.flow.body;
        let call = Call {
            callee,
            n,
            of: item.of.clone(),
            fields: item.fields.clone(),
            binds,
            from: body.function.map(|f| body.name(f)).unwrap_or_default(),
            path: self.flow.types.path.to_owned(),
        };
        let trail = self.trail(item);
        keep(&mut self.out.calls, call, trail);
    }
}
