//! What the companion field of a request holds, on the ways to a store and after it.

use super::{Seg, Spaces, squeeze, zeroes};
use std::collections::BTreeSet;
use uioscope_source::body::{EXIT, Fate, NodeId};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Storage};

/// A point of the evaluation at which something happens to the object.
enum Happening {
    Set(Seg),
    /// It is handed to somebody, or the tracked field is stored anew.
    Used,
}

impl Spaces<'_, '_> {
    /// What happens to the object in a node, in order.
    fn happenings(&self, node: NodeId, object: &str) -> Vec<(u32, Happening)> {
        let mut out = Vec::new();
        if let Some(root) = self.body.nodes[node as usize].root {
            self.collect(root, object, &mut out);
        }
        out.sort_by_key(|h| h.0);
        out
    }

    fn collect(&self, e: ExprId, object: &str, out: &mut Vec<(u32, Happening)>) {
        let body = self.body;
        let end = body.ast.span(e).end;
        match body.ast.expr(e) {
            Expr::Assign { lhs, rhs, op } => {
                let target = body.strip(lhs);
                let member = match body.ast.expr(target) {
                    Expr::Member { base, name, arrow } if self.objects(base, arrow).iter().any(|o| o == object) => {
                        Some(body.name(name))
                    }
                    _ => None,
                };
                if member.as_deref() == Some(&self.pack.companion.field) {
                    let segs = if op == AssignOp::Set { self.seg(rhs) } else { BTreeSet::from([Seg::Varies]) };
                    out.extend(segs.into_iter().map(|s| (end, Happening::Set(s))));
                } else if member.as_deref() == Some(self.request.field) {
                    out.push((end, Happening::Used));
                } else if member.is_none() && self.object(target, false) == object {
                    // The whole struct is copied.
                    out.push((end, Happening::Set(Seg::Copied)));
                }
            }
            Expr::Call { callee, args } => {
                let name = squeeze(body.text(callee));
                let args = body.ast.list(args);
                let is_object = |a: &ExprId| {
                    let a = body.strip(*a);
                    let named = match body.ast.expr(a) {
                        Expr::Unary { op: Op::AddrOf, operand } => self.object(operand, false),
                        Expr::Name | Expr::Member { .. } => self.pointed(a),
                        _ => return false,
                    };
                    named == object
                };
                let made = |a: &ExprId| {
                    let is_pointer = |operand| format!("*{}", squeeze(body.text(operand))) == object;
                    matches!(body.ast.expr(body.strip(*a)), Expr::Unary { op: Op::AddrOf, operand } if is_pointer(operand))
                };
                if let Some(n) = args.iter().position(|a| is_object(a) || made(a)) {
                    let zeroes = zeroes(body, &self.pack.effects, &name, args, n);
                    let set = self.set_by(callee, n);
                    if zeroes {
                        out.push((end, Happening::Set(self.zero())));
                    } else if set.is_empty() {
                        out.push((end, Happening::Used));
                    }
                    out.extend(set.into_iter().map(|s| (end, Happening::Set(s))));
                }
            }
            _ => {}
        }
        if let Fate::Initial(var) = body.fate(e) {
            let v = body.vars[var as usize];
            if let Some(element) = object.strip_prefix(&body.name(v.name)) {
                out.extend(self.initialised(e, element, v.ty.pointers).into_iter().map(|s| (end, Happening::Set(s))));
            }
        }
        let mut operands = Vec::new();
        body.ast.operands(e, &mut |o| operands.push(o));
        for o in operands {
            self.collect(o, object, out);
        }
    }

    /// What the initialiser of a variable makes of the companion; `element` is empty, or the index of an array's element.
    fn initialised(&self, init: ExprId, element: &str, pointers: u8) -> Vec<Seg> {
        let Expr::Init { items } = self.body.ast.expr(init) else {
            return if element.is_empty() && pointers == 0 { vec![Seg::Copied] } else { Vec::new() };
        };
        let one = |e: ExprId| {
            let segs: Vec<Seg> = self.companion_in(e).into_iter().collect();
            if segs.is_empty() { vec![self.zero()] } else { segs }
        };
        let items = self.body.ast.list(items);
        match element.strip_prefix('[').and_then(|e| e.strip_suffix(']')) {
            None if element.is_empty() => one(init),
            None => Vec::new(),
            Some("") => items.iter().flat_map(|i| one(*i)).collect(),
            Some(index) => {
                index.parse().ok().and_then(|n: usize| items.get(n)).map_or_else(|| vec![self.zero()], |i| one(*i))
            }
        }
    }

    /// What a callee sets the companion of the request to that it gets as argument `n`, or makes there; nothing where it does not, or
    /// nobody knows.
    fn set_by(&self, callee: ExprId, n: usize) -> BTreeSet<Seg> {
        let field = self.pack.companion.field.clone();
        let set = self.returned(callee, |inner| {
            let body = inner.body;
            let mut found = BTreeSet::new();
            let param = |e: ExprId| body.var(e).is_some_and(|v| body.vars[v as usize].param == Some(n as u32));
            // `*uiop = uio`: what is made there is known by that name.
            let made: BTreeSet<u32> = body
                .exprs()
                .filter_map(|e| match body.ast.expr(e) {
                    Expr::Assign { lhs, rhs, .. } => match body.ast.expr(body.strip(lhs)) {
                        Expr::Unary { op: Op::Deref, operand } if param(body.strip(operand)) => {
                            body.var(body.strip(rhs))
                        }
                        _ => None,
                    },
                    _ => None,
                })
                .collect();
            for e in body.exprs() {
                let Expr::Assign { lhs, rhs, op: AssignOp::Set } = body.ast.expr(e) else { continue };
                let Expr::Member { base, name, .. } = body.ast.expr(body.strip(lhs)) else { continue };
                let base = body.strip(base);
                let behind = match body.ast.expr(base) {
                    Expr::Unary { op: Op::Deref, operand } => body.strip(operand),
                    _ => base,
                };
                let is_it =
                    body.name(name) == field && (param(behind) || body.var(behind).is_some_and(|v| made.contains(&v)));
                if is_it {
                    let fixed = |s: Seg| match s {
                        Seg::Given(_) | Seg::Entry(_) => Seg::Varies,
                        s => s,
                    };
                    found.extend(inner.seg(rhs).into_iter().map(fixed));
                }
            }
            found
        });
        set.unwrap_or_default()
    }

    /// The companion's values among the items of an initialiser; none: it does not stand there.
    pub(super) fn companion_in(&self, init: ExprId) -> BTreeSet<Seg> {
        let Expr::Init { items } = self.body.ast.expr(init) else { return BTreeSet::new() };
        for (position, &item) in self.body.ast.list(items).iter().enumerate() {
            match self.body.ast.expr(item) {
                Expr::Field { name, value } if self.body.name(name) == self.pack.companion.field => {
                    return self.seg(value);
                }
                Expr::Field { .. } => {}
                _ if Some(position) == self.request.companion_at => return self.seg(item),
                _ => {}
            }
        }
        BTreeSet::new()
    }

    /// What a value of the companion means.
    pub fn seg(&self, value: ExprId) -> BTreeSet<Seg> {
        let mut out = BTreeSet::new();
        self.seg_of(value, 0, &mut out);
        out
    }

    fn seg_of(&self, value: ExprId, depth: u32, out: &mut BTreeSet<Seg>) {
        let body = self.body;
        let e = body.strip(value);
        let text = squeeze(body.text(e));
        let text = text.trim_matches(['(', ')']);
        if depth > 4 || !self.burn() {
            out.insert(Seg::Varies);
            return;
        }
        if self.pack.companion.kernel.iter().any(|n| n == text) {
            out.insert(Seg::Kernel);
            return;
        }
        if self.pack.companion.user.iter().any(|n| n == text) {
            out.insert(Seg::User);
            return;
        }
        match body.ast.expr(e) {
            Expr::Literal if text == "0" => drop(out.insert(self.zero())),
            Expr::Literal => drop(out.insert(Seg::Number)),
            Expr::Member { name, .. } if body.name(name) == self.pack.companion.field => drop(out.insert(Seg::Copied)),
            Expr::Assign { rhs, .. } => self.seg_of(rhs, depth + 1, out),
            Expr::Choice { then: Some(then), other, .. } => {
                self.seg_of(then, depth + 1, out);
                self.seg_of(other, depth + 1, out);
            }
            Expr::Name => {
                let (Some(var), Some(node)) = (body.var(e), body.node(e)) else {
                    out.insert(Seg::Varies);
                    return;
                };
                let (values, from_entry) = body.reaching(var, node, body.ast.span(e).start);
                for v in &values {
                    match v {
                        Some(v) => self.seg_of(*v, depth + 1, out),
                        None => drop(out.insert(Seg::Varies)),
                    }
                }
                match body.vars[var as usize].param {
                    Some(n) if from_entry => drop(out.insert(Seg::Given(n))),
                    None if values.is_empty() => drop(out.insert(Seg::Varies)),
                    _ => {}
                }
            }
            _ => drop(out.insert(Seg::Varies)),
        }
    }

    /// What the companion of the request that an argument points to can be when a call is made.
    pub fn companion_at_call(&self, arg: ExprId, call: ExprId) -> BTreeSet<Seg> {
        let body = self.body;
        let arg = body.strip(arg);
        let Some(node) = body.node(call) else { return BTreeSet::from([Seg::Unset]) };
        let object = match body.ast.expr(arg) {
            Expr::Unary { op: Op::AddrOf, operand } => self.object(operand, false),
            _ => self.object(arg, true),
        };
        self.backward(&object, node, body.ast.span(call).start)
    }

    /// What the companion is set to after the store, before the object is used; and whether a path leads to a use (or the
    /// end) without that.
    pub(super) fn forward(&self, object: &str, node: NodeId, time: u32) -> (BTreeSet<Seg>, bool) {
        let mut found = BTreeSet::new();
        let mut open = false;
        let mut seen = vec![false; self.body.nodes.len()];
        let mut work = vec![(node, time)];
        while let Some((n, after)) = work.pop() {
            // The first thing that happens to the object ends the path.
            let happenings = self.happenings(n, object);
            if let Some(first) = happenings.iter().find(|h| h.0 > after).map(|h| h.0) {
                for (_, h) in happenings.iter().filter(|h| h.0 == first) {
                    match h {
                        Happening::Set(seg) => drop(found.insert(*seg)),
                        Happening::Used => open = true,
                    }
                }
                continue;
            }
            open |= n == EXIT;
            for &next in &self.body.nodes[n as usize].next {
                if !std::mem::replace(&mut seen[next as usize], true) {
                    work.push((next, 0));
                }
            }
        }
        (found, open)
    }

    /// What the companion was set to before the store.
    pub(super) fn backward(&self, object: &str, node: NodeId, time: u32) -> BTreeSet<Seg> {
        let mut found = BTreeSet::new();
        let mut seen = vec![false; self.body.nodes.len()];
        let mut work = vec![(node, time)];
        while let Some((n, before)) = work.pop() {
            let sets: Vec<(u32, Seg)> = self
                .happenings(n, object)
                .into_iter()
                .filter_map(|h| if let Happening::Set(seg) = h.1 { Some((h.0, seg)) } else { None })
                .filter(|h| h.0 < before)
                .collect();
            if let Some((last, _)) = sets.last() {
                found.extend(sets.iter().filter(|s| s.0 == *last).map(|s| s.1));
                continue;
            }
            if n == uioscope_source::body::ENTRY {
                found.insert(self.at_entry(object));
            }
            for &back in &self.body.nodes[n as usize].back {
                if !std::mem::replace(&mut seen[back as usize], true) {
                    work.push((back, u32::MAX));
                }
            }
        }
        found
    }

    /// What the companion is when the function starts: zero in static memory.
    fn at_entry(&self, object: &str) -> Seg {
        let root = object.split(['.', '[']).next().unwrap_or(object);
        let named = |name: &str| self.body.vars.iter().enumerate().find(|(_, v)| self.body.name(v.name) == name);
        if let Some((i, v)) = object.strip_prefix('*').and_then(named)
            && let Some(n) = v.param.filter(|_| self.body.definitions(i as u32).is_empty())
        {
            return Seg::Entry(n);
        }
        match named(root) {
            Some((_, v)) if v.storage == Storage::Static => self.zero(),
            _ => Seg::Unset,
        }
    }
}
