//! Carriers: structs, and pointers to structs, that hold the value in a member. What is read out of them is the value
//! again.

use super::walk::{DEEPEST, Item, Walk};
use super::{Callee, StepAt, keep};
use crate::finding::{Lost, Step};
use uioscope_source::body::{ENTRY, Fate};
use uioscope_source::places::is_assigned;
use uioscope_source::shapes::{Root, shape};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Storage};

impl Walk<'_, '_, '_> {
    /// A carrier and what becomes of it.
    pub(super) fn carry(&mut self, item: &Item) {
        let body = self.flow.body;
        let e = item.e;
        match body.fate(e) {
            Fate::Initial(var) => self.define(item, var, e),
            Fate::Returned => self.returned(item),
            Fate::Discarded | Fate::Tested | Fate::Switched => {}
            Fate::Operand(up) => match body.ast.expr(up) {
                Expr::Cast { .. }
                | Expr::Block { .. }
                | Expr::Unary { op: Op::Deref | Op::AddrOf | Op::Increment | Op::Decrement, .. }
                | Expr::Binary { op: Op::Arith, .. } => self.work.push_back(item.at(up)),
                Expr::Binary { op: Op::Comma, rhs, .. } if rhs == e => self.work.push_back(item.at(up)),
                Expr::Choice { test, .. } if test != e => self.work.push_back(item.at(up)),
                Expr::Index { base, .. } if base == e => self.work.push_back(item.at(up)),
                Expr::Member { name, .. } => self.picked(item, up, &body.name(name)),
                Expr::Assign { lhs, rhs, op: AssignOp::Set } if rhs == e => {
                    self.store(item, lhs);
                    self.work.push_back(item.at(up));
                }
                Expr::Assign { lhs, .. } if lhs == e => self.overwritten(item),
                Expr::Call { callee, args } if callee != e => {
                    let n = body.ast.list(args).iter().position(|a| *a == e).unwrap_or_default();
                    self.handed(item, up, callee, n);
                }
                Expr::Field { .. } | Expr::Init { .. } | Expr::Compound { .. } => self.initializer(item, up),
                _ => {}
            },
        }
    }

    /// `carrier->name`
    fn picked(&mut self, item: &Item, access: ExprId, name: &str) {
        let reading = self.flow.reading.filter(|_| item.fields.len() == 1);
        let is_meant = item.fields[0] == name || reading.is_some_and(|t| t.is_field(name));
        if !is_meant {
            return;
        }
        // Whoever gets its address may set it.
        let address = matches!(self.flow.body.fate(access), Fate::Operand(up)
            if matches!(self.flow.body.ast.expr(up), Expr::Unary { op: Op::AddrOf, .. }));
        if is_assigned(self.flow.body, access) || address && reading.is_some() {
            self.out.sets |= reading.is_some();
            return;
        }
        let mut item = self.note(item, access, Step::Member(name.to_owned()));
        if reading.is_some() {
            let Expr::Member { name: span, .. } = self.flow.body.ast.expr(access) else { return };
            let reader = StepAt { path: self.path().to_owned(), at: span.start, step: Step::Read };
            let trail = self.trail(&item);
            return keep(&mut self.out.readers, reader, trail);
        }
        item.e = access;
        item.fields.remove(0);
        self.work.push_back(item);
    }

    /// `*uio = …`: whoever reads it later reads something else.
    fn overwritten(&mut self, item: &Item) {
        if self.flow.reading.is_some() && item.fields.len() == 1 {
            self.out.sets = true;
        }
    }

    fn handed(&mut self, item: &Item, call: ExprId, callee: ExprId, n: usize) {
        let callees = self.callees(callee);
        if callees.is_empty() {
            let item = self.note(item, item.e, Step::Argument { callee: "(*)".to_owned(), n });
            return self.opaque(&item, Lost::CalledExpression(n));
        }
        for name in callees {
            self.handed_to(item, call, name, n);
        }
    }

    fn handed_to(&mut self, item: &Item, call: ExprId, name: Callee, n: usize) {
        let body = self.flow.body;
        let item = &self.note(item, item.e, Step::Argument { callee: name.shown(), n });
        if let Callee::Function(function) = &name {
            let known = &self.flow.pack.effects;
            if known.filler(function, n).is_some() {
                return;
            }
            if let Some((to, from)) = known.copier(function) {
                let Expr::Call { args, .. } = body.ast.expr(call) else { return };
                let to = body.ast.list(args).get(to).copied();
                return match to {
                    Some(to) if n == from => self.copied(item, to),
                    _ => self.overwritten(item),
                };
            }
            if self.through(item, call, function, n) {
                return;
            }
        }
        self.hand(item, call, name, n);
    }

    /// The whole struct is copied to where a pointer points.
    fn copied(&mut self, item: &Item, to: ExprId) {
        let body = self.flow.body;
        let to = body.strip(to);
        if let Expr::Unary { op: Op::AddrOf, operand } = body.ast.expr(to) {
            let target = body.strip(operand);
            if let Some(var) = body.var(target) {
                let node = body.node(to).unwrap_or(ENTRY);
                let uses = self.reached(item, var, node, body.ast.span(to).end);
                self.work.extend(uses.into_iter().map(|e| item.at(e)));
                return;
            }
        }
        self.escape(item);
        let holder = self.flow.types.struct_of(body, to).filter(|s| !s.is_empty());
        if let [field] = &item.fields[..] {
            self.cell(item, holder, field.clone(), Vec::new());
        }
    }

    /// The value is in a member of a local struct: everything that uses the struct uses it.
    pub(super) fn carried_on(&mut self, item: &Item, target: ExprId) -> bool {
        let body = self.flow.body;
        // Members from the variable to the place, outermost last.
        let mut fields = Vec::new();
        let mut base = target;
        loop {
            match body.ast.expr(base) {
                Expr::Member { base: inner, name, .. } => {
                    fields.push(body.name(name));
                    base = body.strip(inner);
                }
                Expr::Index { base: inner, .. } => base = body.strip(inner),
                Expr::Unary { op: Op::Deref | Op::AddrOf, operand } => base = body.strip(operand),
                _ => break,
            }
        }
        fields.reverse();
        fields.extend(item.fields.iter().cloned());
        let Some(var) = body.var(base) else { return false };
        if fields.is_empty() || fields.len() > DEEPEST {
            return false;
        }
        let node = body.node(target).unwrap_or(ENTRY);
        let mut uses = self.reached(item, var, node, body.ast.span(target).end);
        // A pointer that only ever holds one local's address is that local.
        for value in body.definitions(var).into_iter().flatten() {
            if let Expr::Unary { op: Op::AddrOf, operand } = body.ast.expr(body.strip(value))
                && let Some(pointed) = body.var(body.strip(operand))
            {
                uses.extend(self.reached(item, pointed, node, body.ast.span(target).end));
            }
        }
        let goes_on = |e: &ExprId| match body.fate(*e) {
            Fate::Operand(up) => match body.ast.expr(up) {
                Expr::Member { name, .. } => body.name(name) == fields[0] && !is_assigned(body, up),
                Expr::Assign { lhs, .. } => lhs != *e,
                _ => true,
            },
            _ => true,
        };
        uses.retain(goes_on);
        let any = !uses.is_empty();
        self.work.extend(uses.into_iter().map(|e| Item { e, fields: fields.clone(), ..item.clone() }));
        any
    }

    /// The value stands in the initialiser of something; `e` is the item or the list.
    pub(super) fn initializer(&mut self, item: &Item, up: ExprId) {
        let body = self.flow.body;
        let mut fields = item.fields.clone();
        let (mut e, mut at) = (item.e, up);
        loop {
            match body.ast.expr(at) {
                Expr::Field { name, .. } => fields.insert(0, body.name(name)),
                Expr::Init { items } if !matches!(body.ast.expr(e), Expr::Field { .. }) => {
                    let position = body.ast.list(items).iter().position(|i| *i == e).unwrap_or_default();
                    if let Some(member) = self.member_at(at, position) {
                        fields.insert(0, member);
                    }
                }
                _ => {}
            }
            match body.fate(at) {
                Fate::Operand(next)
                    if matches!(
                        body.ast.expr(next),
                        Expr::Init { .. } | Expr::Field { .. } | Expr::Compound { .. }
                    ) =>
                {
                    (e, at) = (at, next);
                }
                _ => break,
            }
        }
        let what = fields.first().cloned().unwrap_or_default();
        let item = &self.note(item, item.e, Step::Stored { of: None, name: what });
        if fields.is_empty() || fields.len() > DEEPEST {
            return self.opaque(item, Lost::Initializer);
        }
        let on = Item { e: at, fields, ..item.clone() };
        match body.fate(at) {
            Fate::Initial(var) if body.vars[var as usize].storage == Storage::Static => self.escape(item),
            Fate::Initial(var) => self.define(&on, var, at),
            // A compound literal is a value like any other.
            _ => self.work.push_back(on),
        }
    }

    /// The member that a position in an initialiser means; nothing for an array's element.
    fn member_at(&self, init: ExprId, position: usize) -> Option<String> {
        let body = self.flow.body;
        let types = self.flow.types;
        let ty = match body.fate(init) {
            Fate::Initial(var) => body.vars[var as usize].ty,
            Fate::Operand(up) => match body.ast.expr(up) {
                Expr::Compound { ty, .. } => ty,
                _ => return None,
            },
            _ => return None,
        };
        let shape = types.lookup.resolve(&shape(body.source, body.ast, ty), types.path);
        if shape.arrays > 0 {
            return None;
        }
        let of = match &shape.base {
            Root::Struct(tag) => types.lookup.structure(tag, types.path)?,
            Root::Inline(s) => s.clone(),
            _ => return None,
        };
        of.members.get(position).map(|m| m.0.clone())
    }
}
