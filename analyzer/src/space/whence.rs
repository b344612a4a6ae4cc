//! Where a request comes from: made by the call itself, or kept by an earlier one.

use super::value::returns;
use super::{Spaces, squeeze};
use std::collections::BTreeSet;
use uioscope_source::body::VarId;
use uioscope_source::places::{is_local, is_null};
use uioscope_source::shapes::Root;
use uioscope_source::tree::{Base, Expr, ExprId, Op, Storage};

/// Chains of assignments longer than this are given up on.
const DEEPEST: u32 = 8;

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whence {
    /// A variable of the call, or new memory.
    Own,
    /// Something that outlives the call: `softc.sc_uio`, `TAILQ_FIRST(&q)`.
    Kept(String),
    /// The callers pass it as that parameter.
    Given(u32),
    /// A member, as shown, of what that parameter points to: kept, unless the callers made that for the call.
    Held(u32, String),
    /// Not seen.
    Unknown,
}

impl Spaces<'_, '_> {
    /// All that the request left of the field can come from.
    pub fn whence(&self, base: ExprId) -> BTreeSet<Whence> {
        let mut out = BTreeSet::new();
        self.whence_of(base, 0, &mut out);
        out
    }

    fn whence_of(&self, e: ExprId, depth: u32, out: &mut BTreeSet<Whence>) {
        let body = self.body;
        let e = body.strip(e);
        if depth > DEEPEST || !self.burn() {
            out.insert(Whence::Unknown);
            return;
        }
        match body.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => self.whence_of(operand, depth + 1, out),
            _ if is_null(body, e) => drop(out.insert(Whence::Own)),
            Expr::Name => match body.var(e) {
                Some(var) => self.whence_of_variable(var, e, depth, out),
                None => {
                    let name = squeeze(body.text(e));
                    let is_variable = self.types.lookup.variable(&name, self.types.path).is_some();
                    out.insert(if is_variable { Whence::Kept(name) } else { Whence::Unknown });
                }
            },
            Expr::Member { base, name, .. } => self.whence_of_member(e, base, &body.name(name), depth, out),
            Expr::Index { base, .. } => {
                if is_local(body, e) {
                    out.insert(Whence::Own);
                } else {
                    self.whence_of_place(base, depth, out);
                }
            }
            Expr::Unary { op: Op::Deref, operand } => self.whence_of_place(operand, depth, out),
            Expr::Call { callee, args } => self.whence_of_call(e, callee, body.ast.list(args), depth, out),
            Expr::Choice { test, then, other } => {
                self.whence_of(then.unwrap_or(test), depth + 1, out);
                self.whence_of(other, depth + 1, out);
            }
            Expr::Binary { op: Op::Comma, rhs, .. } | Expr::Assign { rhs, .. } => self.whence_of(rhs, depth + 1, out),
            Expr::Binary { op: Op::Arith, lhs, .. } => self.whence_of(lhs, depth + 1, out),
            Expr::Compound { .. } | Expr::Init { .. } | Expr::Literal => drop(out.insert(Whence::Own)),
            _ => drop(out.insert(Whence::Unknown)),
        }
    }

    /// What a pointer to a pointer, or an array's name, stands for.
    fn whence_of_place(&self, e: ExprId, depth: u32, out: &mut BTreeSet<Whence>) {
        let body = self.body;
        let e = body.strip(e);
        match (body.ast.expr(e), body.var(e)) {
            (Expr::Name, Some(var)) => {
                let v = body.vars[var as usize];
                let is_request = v.ty.pointers <= 1 && v.ty.arrays == 0 && self.is_request(v.ty.base);
                match is_request {
                    // `(*uio).uio_procp`
                    true => self.whence_of_variable(var, e, depth, out),
                    // `*uiop`, where the callee makes one for its caller.
                    false if v.storage == Storage::Static => drop(out.insert(Whence::Kept(body.name(v.name)))),
                    false => drop(out.insert(Whence::Own)),
                }
            }
            _ => self.whence_of(e, depth + 1, out),
        }
    }

    fn is_request(&self, base: Base) -> bool {
        matches!(base, Base::Struct(tag) if self.body.name(tag) == self.request.of)
    }

    /// A member of something: kept, unless that was made for the call itself.
    fn whence_of_member(&self, e: ExprId, holder: ExprId, name: &str, depth: u32, out: &mut BTreeSet<Whence>) {
        let body = self.body;
        if is_local(body, e) {
            out.insert(Whence::Own);
            return;
        }
        let what = match self.types.struct_of(body, holder) {
            // What carries the arguments of a call lives as long as it.
            Some(of) if self.pack.callers.is_arguments(&of) => {
                out.insert(Whence::Own);
                return;
            }
            Some(of) if !of.is_empty() => format!("{of}.{name}"),
            _ => name.to_owned(),
        };
        let mut holders = BTreeSet::new();
        self.whence_of(holder, depth + 1, &mut holders);
        for holder in holders {
            out.insert(match holder {
                Whence::Own => Whence::Own,
                Whence::Given(n) | Whence::Held(n, _) => Whence::Held(n, what.clone()),
                Whence::Kept(_) | Whence::Unknown => Whence::Kept(what.clone()),
            });
        }
    }

    fn whence_of_variable(&self, var: VarId, e: ExprId, depth: u32, out: &mut BTreeSet<Whence>) {
        let body = self.body;
        let v = body.vars[var as usize];
        if v.storage == Storage::Static {
            out.insert(Whence::Kept(body.name(v.name)));
            return;
        }
        if v.ty.pointers == v.ty.arrays && v.param.is_none() {
            out.insert(Whence::Own);
            return;
        }
        let Some(node) = body.node(e) else {
            out.insert(Whence::Unknown);
            return;
        };
        let (values, from_entry) = body.reaching(var, node, body.ast.span(e).start);
        let mut found = BTreeSet::new();
        for value in &values {
            match value {
                // Set through its address: made for it.
                None => drop(found.insert(Whence::Own)),
                Some(value) if self.seen.borrow_mut().insert(*value) => {
                    self.whence_of(*value, depth + 1, &mut found);
                    self.seen.borrow_mut().remove(value);
                }
                Some(_) => {}
            }
        }
        match v.param {
            Some(n) if from_entry => drop(found.insert(Whence::Given(n))),
            // `TAILQ_FOREACH(uio, &sc->sc_queue, u_link)`: a macro sets it.
            None if values.is_empty() => found.extend(self.set_by_macro(var)),
            _ => {}
        }
        out.extend(found);
    }

    /// The macro's use that sets a variable which nothing else sets, if what it walks outlives the call.
    fn set_by_macro(&self, var: VarId) -> Option<Whence> {
        let body = self.body;
        body.exprs().find_map(|e| {
            let Expr::Call { callee, args } = body.ast.expr(e) else { return None };
            let args = body.ast.list(args);
            let takes = args.iter().any(|a| body.ast.expr(*a) == Expr::Name && body.var(*a) == Some(var));
            if takes && self.pack.callers.allocators.contains(&squeeze(body.text(callee))) {
                return Some(Whence::Own);
            }
            let kept = takes && args.iter().any(|a| self.outlives(*a));
            kept.then(|| {
                Whence::Kept(String::from_utf8_lossy(body.text(e)).split_whitespace().collect::<Vec<_>>().join(" "))
            })
        })
    }

    /// Whether an expression names memory that outlives the call: a global, or a member of what a pointer points to.
    fn outlives(&self, e: ExprId) -> bool {
        let body = self.body;
        let e = body.strip(e);
        match body.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => {
                let operand = body.strip(operand);
                match body.ast.expr(operand) {
                    Expr::Name => body.var(operand).is_none(),
                    Expr::Member { .. } | Expr::Index { .. } => !is_local(body, operand),
                    _ => false,
                }
            }
            Expr::Member { .. } | Expr::Index { .. } => !is_local(body, e),
            _ => false,
        }
    }

    fn whence_of_call(&self, e: ExprId, callee: ExprId, args: &[ExprId], depth: u32, out: &mut BTreeSet<Whence>) {
        let body = self.body;
        let name = squeeze(body.text(callee));
        if self.pack.callers.allocators.contains(&name) {
            out.insert(Whence::Own);
            return;
        }
        // A function that returns something else is cast: an allocator.
        let returned = self.returned(callee, |inner| {
            let f = inner.body.ast.functions.iter().find(|f| Some(f.name) == inner.body.function);
            let shape = f.map(|f| {
                let own = uioscope_source::shapes::shape(inner.body.source, inner.body.ast, f.ty);
                inner.types.lookup.resolve(&own, inner.types.path)
            });
            if !shape.is_some_and(|s| matches!(&s.base, Root::Struct(tag) if *tag == inner.request.of)) {
                return BTreeSet::from([Whence::Own]);
            }
            let mut found = BTreeSet::new();
            for e in returns(inner.body) {
                inner.whence_of(e, depth + 1, &mut found);
            }
            found
        });
        match returned {
            Some(found) => {
                for one in found {
                    match one {
                        Whence::Given(n) => match args.get(n as usize) {
                            Some(arg) => self.whence_of(*arg, depth + 1, out),
                            None => drop(out.insert(Whence::Unknown)),
                        },
                        Whence::Held(_, what) => drop(out.insert(Whence::Kept(what))),
                        one => drop(out.insert(one)),
                    }
                }
            }
            // `TAILQ_FIRST(&sc->sc_queue)`
            None if args.iter().any(|a| self.outlives(*a)) => {
                let shown: Vec<String> =
                    String::from_utf8_lossy(body.text(e)).split_whitespace().map(str::to_owned).collect();
                out.insert(Whence::Kept(shown.join(" ")));
            }
            None => drop(out.insert(Whence::Unknown)),
        }
    }
}
