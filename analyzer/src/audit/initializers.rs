//! Initialisers of a tracked struct: by name, by position, and what is left to another one.

use crate::audit::scope::Meaning;
use crate::audit::site::{By, Known, Scan, Site};
use crate::finding::{Access, Implicit, Space};
use crate::flow::local::Outcome;
use std::collections::BTreeSet;
use uioscope_source::body::Fate;
use uioscope_source::shapes::{Root, Shape};
use uioscope_source::text::{Cond, Span};
use uioscope_source::tree::{Expr, ExprId};

impl<'x> Scan<'x, '_> {
    /// `uio { …, ..*other }`: the field is copied unless it is named.
    pub(super) fn rest(&self, e: ExprId, value: ExprId, out: &mut Vec<Site>) {
        let body = self.body;
        let Fate::Operand(init) = body.fate(e) else { return };
        let Expr::Init { items } = body.ast.expr(init) else { return };
        let names = |i: &ExprId| matches!(body.ast.expr(*i), Expr::Field { name, .. } if self.target.is_field(&body.name(name)));
        if body.ast.list(items).iter().any(names) || !self.init_shape(init).is_some_and(|s| self.is_target(&s, 0)) {
            return;
        }
        let (space, _) = self.spaces().of_initializer(init, value, None).close();
        // The companion may be named here, or set afterwards.
        let later = match body.fate(init) {
            Fate::Operand(literal) => match body.fate(literal) {
                Fate::Initial(var) => self.spaces().of_copy(literal, &body.name(body.vars[var as usize].name)),
                _ => Space::Propagated,
            },
            _ => Space::Propagated,
        };
        let space = if space == Space::Kernel { space } else { later };
        self.copied(body.ast.span(value), value, space, out);
    }

    /// The type that an initialiser initialises.
    pub(super) fn init_shape(&self, init: ExprId) -> Option<Shape> {
        let body = self.body;
        let lookup = self.types.lookup;
        match body.fate(init) {
            Fate::Initial(var) => {
                Some(uioscope_source::shapes::shape(body.source, body.ast, body.vars[var as usize].ty))
            }
            Fate::Operand(up) => match body.ast.expr(up) {
                Expr::Compound { ty, .. } => Some(uioscope_source::shapes::shape(body.source, body.ast, ty)),
                Expr::Assign { lhs, .. } => Some(self.types.of(body, lhs)),
                Expr::Field { name, .. } => {
                    let Fate::Operand(outer) = body.fate(up) else { return None };
                    lookup.member(&self.init_shape(outer)?, &body.name(name), self.types.path)
                }
                Expr::Init { items } => {
                    let mut shape = lookup.resolve(&self.init_shape(up)?, self.types.path);
                    if shape.arrays > 0 {
                        shape.arrays -= 1;
                        shape.pointers -= 1;
                        return Some(shape);
                    }
                    let at = body.ast.list(items).iter().position(|i| *i == init)?;
                    let members = match &shape.base {
                        Root::Struct(tag) => lookup.structure(tag, self.types.path)?.members.clone(),
                        Root::Inline(s) => s.members.clone(),
                        _ => return None,
                    };
                    members.get(at).map(|m| m.1.clone())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// `{ iov, 1, 0, len, UIO_SYSSPACE, UIO_READ, p }`
    pub(super) fn positional(&self, init: ExprId, items: &[ExprId], out: &mut Vec<Site>) {
        let Some(wanted) = self.target.position.filter(|w| items.len() > *w) else { return };
        let body = self.body;
        let Some(&item) = items.get(wanted) else { return };
        // A designator changes what the positions mean; then the names say it.
        let named = |i: &ExprId| matches!(body.ast.expr(*i), Expr::Field { .. });
        if items[..=wanted].iter().any(named) || !self.init_shape(init).is_some_and(|s| self.is_target(&s, 0)) {
            return;
        }
        let (item, is_sure) = self.behind_braces(item);
        let decided = self.spaces().of_initializer(init, item, None);
        let (space, notes) = decided.close();
        let mut outcome = Outcome::default();
        outcome.notes.extend(notes);
        out.push(Site {
            decided: BTreeSet::from([decided]),
            whence: BTreeSet::new(),
            by_macro: Cond::Const(true),
            at: body.ast.span(item).start,
            span: body.ast.span(item),
            implicit: Some(Implicit::Initializer),
            alias: None,
            access: Access::Store,
            known: if is_sure { Known::Tracked } else { Known::Perhaps },
            outcome,
            space: Some(space),
            expression: body.ast.span(item),
            is_macro_value: false,
        });
    }

    /// `.uio_procp = p`
    pub(super) fn designated(
        &self,
        e: ExprId,
        name: Span,
        value: ExprId,
        by: Option<Meaning<'x>>,
        out: &mut Vec<Site>,
    ) {
        let body = self.body;
        let Fate::Operand(init) = body.fate(e) else { return };
        self.designated_in(init, e, name, value, by, out);
    }

    pub(super) fn designated_in(
        &self,
        init: ExprId,
        e: ExprId,
        name: Span,
        value: ExprId,
        by: Option<Meaning<'x>>,
        out: &mut Vec<Site>,
    ) {
        let body = self.body;
        let shape = self.init_shape(init).map(|s| self.types.lookup.resolve(&s, self.types.path));
        let (known, doubt) = shape.map_or((Known::Nothing, None), |shape| self.known_by(&shape.base, by.as_ref()));
        if by.is_some() && known == Known::Other {
            return;
        }
        let by = By::new(by);
        let local = match body.fate(init) {
            Fate::Initial(var) => body.node(init).map(|n| (n, body.name(body.vars[var as usize].name))),
            _ => None,
        };
        let decided = self.spaces().of_initializer(init, value, local.as_ref().map(|(n, s)| (*n, s.as_str())));
        let (space, notes) = decided.close();
        let mut outcome = Outcome::default();
        outcome.notes.extend(notes.into_iter().chain(by.note).chain(doubt));
        out.push(Site {
            decided: BTreeSet::from([decided]),
            whence: BTreeSet::new(),
            by_macro: by.when,
            at: name.start,
            span: body.ast.span(e),
            implicit: by.name.as_ref().map(|_| Implicit::Macro),
            alias: by.name,
            access: Access::Store,
            known: by.known.max(known),
            outcome,
            space: Some(space),
            expression: body.ast.span(value),
            is_macro_value: false,
        });
    }
}
