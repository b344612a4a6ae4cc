//! Calls that a value goes on in.

use super::walk::{Item, Walk};
use super::{Call, Callee, keep};
use crate::finding::Step;
use uioscope_source::body::VarId;
use uioscope_source::tree::{Expr, ExprId, Op};

impl Walk<'_, '_, '_> {
    /// What is called, as far as its name tells.
    pub fn callees(&self, callee: ExprId) -> Vec<Callee> {
        let mut out = Vec::new();
        self.called(callee, callee, 0, &mut out);
        out
    }

    fn called(&self, e: ExprId, callee: ExprId, depth: u32, out: &mut Vec<Callee>) {
        let body = self.flow.body;
        let mut e = body.strip(e);
        while let Expr::Unary { op: Op::Deref | Op::AddrOf, operand } = body.ast.expr(e) {
            e = body.strip(operand);
        }
        let clean = |b: &[u8]| String::from_utf8_lossy(b).trim_matches(['(', ')', '*', ' ']).to_owned();
        let found = match body.ast.expr(e) {
            Expr::Name => {
                let name = clean(body.text(e));
                match body.var(e) {
                    // What a local was given by its bare name is a function.
                    None if e == callee || depth > 0 => Callee::Function(name),
                    None => Callee::Variable(name),
                    Some(var) => return self.pointed(var, name, callee, depth, out),
                }
            }
            Expr::Member { base, name, .. } => self.member_callee(base, body.name(name)),
            Expr::Choice { then: Some(then), other, .. } if depth < 4 => {
                self.called(then, callee, depth + 1, out);
                return self.called(other, callee, depth + 1, out);
            }
            // `__C(SGMAP_TYPE,_load_buffer)(…)`: the name is made of pieces, and its definition's is written so too.
            Expr::Call { callee: maker, .. }
                if depth == 0 && body.ast.expr(maker) == Expr::Name && body.var(maker).is_none() =>
            {
                Callee::Function(String::from_utf8_lossy(body.text(e)).into_owned())
            }
            _ => return,
        };
        if !out.contains(&found) {
            out.push(found);
        }
    }

    fn member_callee(&self, base: ExprId, name: String) -> Callee {
        let of = self.flow.types.struct_of(self.flow.body, base).filter(|s| !s.is_empty());
        Callee::Member { of, name }
    }

    /// What a local function pointer holds: a parameter, or the things that it is set to.
    fn pointed(&self, var: VarId, name: String, callee: ExprId, depth: u32, out: &mut Vec<Callee>) {
        let body = self.flow.body;
        let definitions = body.definitions(var);
        let mut add = |one: Callee| {
            if !out.contains(&one) {
                out.push(one);
            }
        };
        if let Some(n) = body.vars[var as usize].param {
            add(Callee::Param { n: n as usize, name: name.clone() });
        } else if definitions.is_empty() {
            add(Callee::Variable(name.clone()));
        }
        for value in definitions {
            let before = out.len();
            if let Some(value) = value.filter(|_| depth < 4) {
                self.called(value, callee, depth + 1, out);
            }
            // What is not seen is one more that may be called.
            let unseen = Callee::Variable(name.clone());
            if out.len() == before && value.is_none_or(|v| !self.is_known_callee(v)) && !out.contains(&unseen) {
                out.push(unseen);
            }
        }
    }

    /// Whether an expression of a kind that a callee is found for; it stands in the list already then.
    fn is_known_callee(&self, e: ExprId) -> bool {
        let body = self.flow.body;
        matches!(body.ast.expr(body.strip(e)), Expr::Name | Expr::Member { .. } | Expr::Choice { .. })
    }

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
