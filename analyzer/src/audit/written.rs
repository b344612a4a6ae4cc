//! Stores through the field's address: by functions that everybody knows, and by setters of the tree.

use crate::audit::site::Scan;
use crate::space::squeeze;
use uioscope_source::body::{Body, Fate};
use uioscope_source::tree::{Expr, ExprId, Op};

/// Functions and macros of C libraries and kernels that write to where an argument points, or to the argument itself: that
/// argument, and the one that says what is written.
const WRITERS: [(&str, usize, usize); 17] = [
    ("memset", 0, 1),
    ("bzero", 0, usize::MAX),
    ("explicit_bzero", 0, usize::MAX),
    ("memcpy", 0, 1),
    ("memmove", 0, 1),
    ("__builtin_memcpy", 0, 1),
    ("bcopy", 1, 0),
    ("ovbcopy", 1, 0),
    ("WRITE_ONCE", 0, 1),
    ("rcu_assign_pointer", 0, 1),
    ("smp_store_release", 0, 1),
    ("atomic_store", 0, 1),
    ("atomic_store_ptr", 0, 1),
    ("atomic_store_relaxed", 0, 1),
    ("atomic_store_release", 0, 1),
    ("atomic_store_rel_ptr", 0, 1),
    ("atomic_swap_ptr", 0, 1),
];

impl Scan<'_, '_> {
    /// The call that writes to the field through its address, whom it calls, and what is written if that is an argument.
    pub(super) fn written(&self, e: ExprId) -> Option<(ExprId, String, Option<ExprId>)> {
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
                    let value = match WRITERS.iter().find(|w| w.0 == name && w.1 == n) {
                        Some(writer) => args.get(writer.2).map(|v| self.behind_address(*v)),
                        None if is_address => self.assigned_by(&name, n)?.and_then(|k| args.get(k).copied()),
                        None => return None,
                    };
                    return Some((up, name, value));
                }
                _ => return None,
            }
            at = up;
        }
    }

    /// `&p` where `p` is what is copied.
    fn behind_address(&self, e: ExprId) -> ExprId {
        match self.body.ast.expr(self.body.strip(e)) {
            Expr::Unary { op: Op::AddrOf, operand } => operand,
            _ => e,
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
