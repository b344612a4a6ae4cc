//! Stores through the field's address: by functions that everybody knows, and by setters of the tree.

use crate::audit::site::Scan;
use crate::packs::Written;
use crate::space::{squeeze, zeroes};
use uioscope_source::body::{Body, Fate};
use uioscope_source::tree::{Expr, ExprId, Op};

/// What a callee writes to the field.
pub(super) enum Stored {
    /// Zeroes.
    Null,
    /// One of the call's arguments.
    Value(ExprId),
    /// What its arguments do not say.
    Unknown,
}

impl Scan<'_, '_> {
    /// The call that writes to the field through its address, whom it calls, and what is written.
    pub(super) fn written(&self, e: ExprId) -> Option<(ExprId, String, Stored)> {
        let body = self.body;
        let mut at = e;
        let mut is_address = false;
        loop {
            let Fate::Operand(up) = body.fate(at) else { return None };
            match body.ast.expr(up) {
                Expr::Unary { op: Op::AddrOf, .. } if !is_address => is_address = true,
                Expr::Cast { .. } => {}
                Expr::Call { callee, args } if callee != at => {
                    let name = squeeze(body.text(callee));
                    let args = body.ast.list(args);
                    let n = args.iter().position(|a| *a == at)?;
                    if body.var(callee).is_some() {
                        return None;
                    }
                    let value = match self.pack.effects.writer(&name, n).map(|w| w.written) {
                        Some(Written::Zeroes) => return Some((up, name, Stored::Null)),
                        Some(Written::Fill(_)) if !zeroes(body, &self.pack.effects, &name, args, n) => None,
                        // What a pointer points to is not known; what an address was taken of is.
                        Some(Written::Copy(from)) => args.get(from).and_then(|v| self.behind_address(*v)),
                        Some(Written::Fill(from) | Written::Value(from)) => args.get(from).copied(),
                        None if is_address => self.assigned_by(&name, n)?.and_then(|k| args.get(k).copied()),
                        None => return None,
                    };
                    return Some((up, name, value.map_or(Stored::Unknown, Stored::Value)));
                }
                _ => return None,
            }
            at = up;
        }
    }

    /// `&p` where `p` is what is copied.
    fn behind_address(&self, e: ExprId) -> Option<ExprId> {
        match self.body.ast.expr(self.body.strip(e)) {
            Expr::Unary { op: Op::AddrOf, operand } => Some(operand),
            _ => None,
        }
    }

    /// Whether a function of the tree assigns to what its parameter `n` points to; and which of its parameters it assigns, if it is
    /// one.
    fn assigned_by(&self, name: &str, n: usize) -> Option<Option<usize>> {
        let functions = self.functions?;
        let mut found: Option<Option<usize>> = None;
        for place in functions.definitions(name, self.types.path).into_iter().take(4) {
            functions.trees(place.file, place.at, |source, ast| {
                for f in ast.functions.iter().filter(|f| f.name.start <= place.at && place.at < f.name.end) {
                    let body = Body::new(source, ast, f);
                    for e in body.exprs() {
                        let Expr::Assign { lhs, rhs, .. } = ast.expr(e) else { continue };
                        let Expr::Unary { op: Op::Deref, operand } = ast.expr(body.strip(lhs)) else { continue };
                        let param = |e: ExprId| {
                            let var = body.var(body.strip(e))?;
                            body.vars[var as usize].param.filter(|_| body.definitions(var).is_empty())
                        };
                        if param(operand) == Some(n as u32) {
                            let value = param(rhs).map(|k| k as usize);
                            found = Some(if found.is_some_and(|f| f != value) { None } else { value });
                        }
                    }
                }
            });
        }
        found
    }
}
