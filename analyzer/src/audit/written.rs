//! Stores through the field's address: by functions that everybody knows, and by setters of the tree.

use crate::audit::site::{Known, Scan, Site, join};
use crate::finding::{Access, Note, Space};
use crate::packs::Written;
use crate::space::{squeeze, zeroes};
use std::collections::BTreeSet;
use uioscope_source::body::{Body, Fate};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Storage};

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

    /// `*&uio->uio_procp`, `(&uio->uio_procp)[0]`, with casts between: the field itself.
    pub(super) fn behind_its_address(&self, e: ExprId) -> ExprId {
        let body = self.body;
        let up = |mut at: ExprId| loop {
            match body.fate(at) {
                Fate::Operand(up) if matches!(body.ast.expr(up), Expr::Cast { .. }) => at = up,
                Fate::Operand(up) => return Some((up, at)),
                _ => return None,
            }
        };
        let Some((address, _)) = up(e) else { return e };
        let Expr::Unary { op: Op::AddrOf, operand } = body.ast.expr(address) else { return e };
        if body.strip(operand) != e && operand != e {
            return e;
        }
        match up(address) {
            Some((read, at)) => match body.ast.expr(read) {
                Expr::Unary { op: Op::Deref, .. } => self.behind_its_address(read),
                Expr::Index { base, index } if base == at && body.text(index) == b"0" => self.behind_its_address(read),
                _ => e,
            },
            None => e,
        }
    }

    /// Where a local pointer to the field is followed, `pp = &uio->uio_procp`: all that reads or writes through it; `None` where
    /// the address goes anywhere else.
    fn through_pointer(&self, e: ExprId) -> Option<Vec<ExprId>> {
        let body = self.body;
        let Fate::Operand(address) = body.fate(e) else { return None };
        let Expr::Unary { op: Op::AddrOf, .. } = body.ast.expr(address) else { return None };
        let mut value = address;
        let (var, at) = loop {
            match body.fate(value) {
                Fate::Initial(var) => break (var, body.ast.span(value).end),
                Fate::Operand(up) => match body.ast.expr(up) {
                    Expr::Cast { .. } => value = up,
                    Expr::Assign { lhs, rhs, op: AssignOp::Set } if rhs == value => {
                        break (body.var(body.strip(lhs))?, body.ast.span(up).end);
                    }
                    _ => return None,
                },
                _ => return None,
            }
        };
        if body.vars[var as usize].storage == Storage::Static {
            return None;
        }
        let through = |used: ExprId| {
            let Fate::Operand(up) = body.fate(used) else { return None };
            matches!(body.ast.expr(up), Expr::Unary { op: Op::Deref, .. }).then_some(up)
        };
        // A pointer that may be another one's too says nothing for certain.
        let all: Vec<ExprId> =
            body.reached(var, body.node(value)?, at).into_iter().map(through).collect::<Option<_>>()?;
        (body.definitions(var).len() == 1 && !all.is_empty()).then_some(all)
    }

    /// Stores and loads through a local pointer to the field.
    pub(super) fn pointed(&self, e: ExprId) -> Option<(Vec<ExprId>, Vec<ExprId>)> {
        Some(self.through_pointer(e)?.into_iter().partition(|p| self.assigned(*p).is_some()))
    }

    pub(super) fn by_pointer(
        &self,
        site: &mut Site,
        base: Option<(ExprId, bool)>,
        stores: &[ExprId],
        loads: &[ExprId],
    ) {
        let Some(&first) = stores.first() else {
            site.outcome = self.flow().follow_all(loads, &[]);
            site.whence = base.map(|(base, _)| self.whence(base)).unwrap_or_default();
            return;
        };
        site.access = Access::Store;
        for &store in stores {
            match (self.assigned(store), base) {
                (Some((assign, rhs, AssignOp::Set)), Some((base, arrow))) => {
                    if store == first {
                        site.expression = self.body.ast.span(rhs);
                    }
                    self.decide(site, self.spaces().of_store(assign, base, arrow, Some(rhs)));
                }
                _ => self.unseen(site, Note::StoredUnknown),
            }
        }
        let spaces: BTreeSet<Space> = site.decided.iter().map(|d| d.close().0).collect();
        site.space = join(&spaces);
        if !loads.is_empty() {
            // It is read too, which a store does not say.
            site.known = site.known.max(Known::Perhaps);
            site.outcome.notes.insert(Note::ReadThroughPointer);
        }
    }

    pub(super) fn is_address_taken(&self, e: ExprId) -> bool {
        let Fate::Operand(up) = self.body.fate(e) else { return false };
        let is_address = matches!(self.body.ast.expr(up), Expr::Unary { op: Op::AddrOf, .. });
        is_address
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
