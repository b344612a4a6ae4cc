//! Finds the sites of the tracked field in one body: what is loaded, what is stored, and what becomes of it.

use crate::audit::written::Stored;
use crate::finding::{Access, Implicit, Note, Space};
use crate::flow::local::{Call, Flow, Outcome};
use crate::flow::target::{Inside, Target};
use crate::packs::Pack;
use crate::space::{Decided, Seg, Spaces, Whence, Who, squeeze};
use std::collections::BTreeSet;
use uioscope_source::body::{Body, Fate};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::shapes::{Root, Shape};
use uioscope_source::text::Span;
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op};

/// What is known of the struct that an access goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// It is the tracked one.
    Tracked,
    /// Nothing; its name alone speaks for it.
    Nothing,
    /// It is another one.
    Other,
}

/// One site, seen in one variant.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where the field's name stands, or the macro's, or the start of the copy.
    pub at: u32,
    /// The access.
    pub span: Span,
    /// Why the field's name does not stand there.
    pub implicit: Option<Implicit>,
    /// The macro that stands for the field here.
    pub alias: Option<String>,
    /// Load or store.
    pub access: Access,
    /// Whose member it is.
    pub known: Known,
    /// What became of a loaded value.
    pub outcome: Outcome,
    /// Space of a store, as far as its function tells.
    pub space: Option<Space>,
    /// What decides it, once for each variant that differs.
    pub decided: BTreeSet<Decided>,
    /// Where the request of a load comes from.
    pub whence: BTreeSet<Whence>,
    /// The access, or the stored expression.
    pub expression: Span,
    /// A loaded value is the value of the macro that the site is in.
    pub is_macro_value: bool,
}

/// Looks for sites in a body.
pub struct Scan<'x, 't> {
    /// The body.
    pub body: &'x Body<'x>,
    /// What is looked for.
    pub target: &'x Target,
    /// What reaching something means.
    pub pack: &'x Pack,
    /// Types of expressions.
    pub types: Types<'x, 't>,
    /// The body is that of a macro.
    pub in_macro: bool,
    /// What steps in the body give as their file.
    pub source_path: &'x str,
    /// Definitions, for what callees write to.
    pub functions: Option<&'x Functions<'t>>,
}

impl<'x, 't> Scan<'x, 't> {
    /// All sites of the body.
    pub fn sites(&self) -> Vec<Site> {
        let mut out = Vec::new();
        for e in self.body.exprs() {
            self.expr(e, &mut out);
        }
        out
    }

    fn spaces(&self) -> Spaces<'x, 't> {
        Spaces::new(self.body, self.pack, self.types, self.target.request(), self.functions)
    }

    fn expr(&self, e: ExprId, out: &mut Vec<Site>) {
        let body = self.body;
        match body.ast.expr(e) {
            Expr::Member { base, name, arrow } => {
                let text = body.name(name);
                if self.target.is_field(&text) {
                    let alias = (text != self.target.field).then_some(text);
                    self.access(e, name.start, Some((base, arrow)), alias, out);
                }
            }
            Expr::Name if body.var(e).is_none() => {
                let text = squeeze(body.text(e));
                if let Some(alias) = self.target.aliases.get(&text).filter(|a| a.definition.params.is_none()) {
                    if alias.is_value {
                        self.access(e, self.name_start(e, &text), None, Some(text), out);
                    } else if !self.is_callee(e) {
                        self.inside(e, &text, &alias.inside, out);
                    }
                }
            }
            Expr::Call { callee, args } => {
                let text = squeeze(body.text(callee));
                let alias = self.target.aliases.get(&text).filter(|a| a.definition.params.is_some());
                if let (Some(alias), Expr::Name, None) = (alias, body.ast.expr(callee), body.var(callee)) {
                    if alias.is_value {
                        self.access(e, self.name_start(callee, &text), None, Some(text), out);
                    } else {
                        self.inside(e, &text, &alias.inside, out);
                    }
                } else if let Some((to, from)) = self.pack.effects.copier(&text) {
                    let args = body.ast.list(args);
                    if let (Some(to), Some(from)) = (args.get(to), args.get(from)) {
                        self.block_copy(e, *from, *to, args, out);
                    }
                }
            }
            Expr::Init { items } => self.positional(e, body.ast.list(items), out),
            Expr::Field { name, value } if name.start == name.end => self.rest(e, value, out),
            Expr::Field { name, value } if self.target.is_field(&body.name(name)) => {
                self.designated(e, name, value, out)
            }
            Expr::Assign { lhs, rhs, op: AssignOp::Set } => self.copy(e, lhs, rhs, out),
            _ => {}
        }
        if let Fate::Initial(var) = body.fate(e) {
            let v = body.vars[var as usize];
            let shape = self.types.of_var(body, var);
            if self.is_target(&shape, 0)
                && !matches!(body.ast.expr(e), Expr::Init { .. } | Expr::Compound { .. } | Expr::Unread)
            {
                let space = self.spaces().of_copy(e, &body.name(v.name));
                self.copied(Span::new(v.name.start, body.ast.span(e).end), e, space, out);
            }
        }
    }

    /// Where a name stands inside its parentheses.
    fn name_start(&self, e: ExprId, name: &str) -> u32 {
        let offset = memchr::memmem::find(self.body.text(e), name.as_bytes()).unwrap_or(0);
        self.body.ast.own(e).start + offset as u32
    }

    fn is_callee(&self, e: ExprId) -> bool {
        matches!(self.body.fate(e), Fate::Operand(up) if matches!(self.body.ast.expr(up), Expr::Call { callee, .. } if callee == e))
    }

    fn known(&self, base: ExprId) -> Known {
        match self.types.struct_of(self.body, base) {
            Some(tag) if tag == self.target.of => Known::Tracked,
            Some(_) => Known::Other,
            None => Known::Nothing,
        }
    }

    /// `base->field`, or a macro that stands for it.
    fn access(&self, e: ExprId, at: u32, base: Option<(ExprId, bool)>, alias: Option<String>, out: &mut Vec<Site>) {
        let body = self.body;
        let known = match (&alias, base) {
            (None, Some((base, _))) => self.known(base),
            // The macro was found to stand for the field.
            _ => Known::Tracked,
        };
        let mut site = Site {
            at,
            span: body.ast.span(e),
            implicit: alias.as_ref().map(|_| Implicit::Macro),
            alias,
            access: Access::Load,
            known,
            outcome: Outcome::default(),
            space: None,
            decided: BTreeSet::new(),
            whence: BTreeSet::new(),
            expression: body.ast.span(e),
            is_macro_value: false,
        };
        if let Some((assign, rhs, op)) = self.assigned(e) {
            site.access = Access::Store;
            site.expression = body.ast.span(rhs);
            match base {
                Some((base, arrow)) if op == AssignOp::Set => {
                    self.decide(&mut site, self.spaces().of_store(assign, base, arrow, Some(rhs)));
                }
                _ => self.unseen(&mut site, Note::ThroughMacro),
            }
        } else if let Some((call, callee, stored)) = self.written(e) {
            site.access = Access::Store;
            site.expression = body.ast.span(call);
            let value = match stored {
                Stored::Value(value) => {
                    site.expression = body.ast.span(value);
                    Some(Some(value))
                }
                Stored::Null => Some(None),
                Stored::Unknown => None,
            };
            match (base, value) {
                (Some((base, arrow)), Some(value)) => {
                    self.decide(&mut site, self.spaces().of_store(call, base, arrow, value));
                }
                _ => self.unseen(&mut site, Note::StoredUnknown),
            }
            site.outcome.notes.insert(Note::WrittenByCallee(callee));
        } else {
            site.outcome = self.flow().follow(e);
            site.whence = base.map(|(base, _)| self.whence(base)).unwrap_or_default();
            site.outcome.held = site.whence.iter().find_map(|w| match w {
                Whence::Kept(what) => Some(what.clone()),
                // Callers may know better.
                _ => None,
            });
            site.is_macro_value = self.in_macro && !site.outcome.values.is_empty();
        }
        out.push(site);
    }

    /// Where the request comes from. A wrapper in Rust holds what its user holds; a macro's request is its user's.
    fn whence(&self, base: ExprId) -> BTreeSet<Whence> {
        if self.in_macro || !is_preprocessed(self.types.path) { BTreeSet::new() } else { self.spaces().whence(base) }
    }

    /// Notes what decides the space of a store.
    fn decide(&self, site: &mut Site, decided: Decided) {
        let (space, notes) = decided.close();
        site.space = Some(space);
        site.outcome.notes.extend(notes);
        site.decided.insert(decided);
    }

    fn unseen(&self, site: &mut Site, note: Note) {
        site.space = Some(Space::Unknown);
        site.outcome.notes.insert(note);
        site.decided.insert(Decided { who: BTreeSet::from([Who::Unknown]), ..Decided::default() });
    }

    fn flow(&self) -> Flow<'_, '_> {
        Flow {
            body: self.body,
            pack: self.pack,
            types: self.types,
            source_path: self.source_path,
            pointee: self.target.pointee.clone(),
            macros: u32::from(self.in_macro),
            reading: None,
        }
    }

    /// The assignment whose left side is `e` (behind casts: gcc 2's lvalue casts), and what is assigned.
    fn assigned(&self, mut e: ExprId) -> Option<(ExprId, ExprId, AssignOp)> {
        let body = self.body;
        loop {
            let Fate::Operand(up) = body.fate(e) else { return None };
            match body.ast.expr(up) {
                Expr::Assign { lhs, rhs, op } if lhs == e => return Some((up, rhs, op)),
                Expr::Cast { .. } => e = up,
                _ => return None,
            }
        }
    }

    /// A macro whose text touches the field is used.
    fn inside(&self, e: ExprId, name: &str, inside: &[Inside], out: &mut Vec<Site>) {
        for access in [Access::Load, Access::Store] {
            let parts: Vec<&Inside> = inside.iter().filter(|i| i.access == access).collect();
            if parts.is_empty() {
                continue;
            }
            let mut outcome = Outcome::default();
            for p in &parts {
                outcome.merge(p.outcome.clone());
            }
            // What the macro calls is called from here.
            let here = |(c, trail)| (Call { path: self.types.path.to_owned(), ..c }, trail);
            outcome.calls = outcome.calls.into_iter().map(here).collect();
            outcome.settle(false);
            let decided: BTreeSet<Decided> =
                parts.iter().flat_map(|p| p.decided.iter().map(|d| self.at_use(e, d))).collect();
            let spaces: BTreeSet<Space> = if decided.is_empty() {
                parts.iter().filter_map(|p| p.space).collect()
            } else {
                decided.iter().map(|d| d.close().0).collect()
            };
            let at = self.name_start(e, name);
            out.push(Site {
                at,
                span: self.body.ast.span(e),
                implicit: Some(Implicit::Macro),
                alias: Some(name.to_owned()),
                access,
                known: Known::Tracked,
                outcome,
                space: join(&spaces),
                decided,
                whence: BTreeSet::new(),
                expression: self.body.ast.span(e),
                is_macro_value: false,
            });
        }
    }

    /// What decides a store in a macro's text where it is used with these arguments.
    fn at_use(&self, e: ExprId, inside: &Decided) -> Decided {
        let args = match self.body.ast.expr(e) {
            Expr::Call { args, .. } => self.body.ast.list(args),
            _ => &[],
        };
        let spaces = self.spaces();
        let mut decided = Decided { segs: BTreeSet::new(), who: BTreeSet::new(), ..inside.clone() };
        for seg in &inside.segs {
            match seg {
                Seg::Given(n) => match args.get(*n as usize) {
                    Some(arg) => decided.segs.extend(spaces.seg(*arg)),
                    None => drop(decided.segs.insert(Seg::Varies)),
                },
                Seg::Entry(n) => match args.get(*n as usize) {
                    Some(arg) => decided.segs.extend(spaces.companion_at_call(*arg, e)),
                    None => drop(decided.segs.insert(Seg::Unset)),
                },
                seg => drop(decided.segs.insert(*seg)),
            }
        }
        for who in &inside.who {
            match who {
                Who::Given { n, fields, .. } => match args.get(*n as usize) {
                    Some(arg) => decided.who.extend(spaces.who_of(*arg, fields)),
                    None => drop(decided.who.insert(Who::Unknown)),
                },
                who => drop(decided.who.insert(who.clone())),
            }
        }
        decided
    }

    /// Whether a type is the tracked struct behind that many pointers.
    fn is_target(&self, shape: &Shape, pointers: u8) -> bool {
        let shape = self.types.lookup.resolve(shape, self.types.path);
        shape.pointers == pointers
            && !shape.function
            && matches!(&shape.base, Root::Struct(tag) if *tag == self.target.of)
    }

    fn copied(&self, span: Span, value: ExprId, space: Space, out: &mut Vec<Site>) {
        out.push(Site {
            at: span.start,
            span,
            implicit: Some(Implicit::Copy),
            alias: None,
            access: Access::Store,
            known: Known::Tracked,
            outcome: Outcome::default(),
            space: Some(space),
            decided: BTreeSet::new(),
            whence: BTreeSet::new(),
            expression: self.body.ast.span(value),
            is_macro_value: false,
        });
    }

    /// Whether an expression is a whole tracked struct, where its own variable's declaration tells; assignments are many.
    fn quickly(&self, e: ExprId) -> Option<bool> {
        let body = self.body;
        let (name, pointers) = match body.ast.expr(e) {
            Expr::Name => (e, 0),
            Expr::Unary { op: Op::Deref, operand } => (body.strip(operand), 1),
            Expr::Member { .. } | Expr::Index { .. } | Expr::Choice { .. } => return None,
            _ => return Some(false),
        };
        let Some(var) = body.var(name) else { return if pointers == 0 { Some(false) } else { None } };
        let ty = body.vars[var as usize].ty;
        match ty.base {
            uioscope_source::tree::Base::Struct(tag) => {
                Some(ty.pointers == pointers && body.name(tag) == self.target.of)
            }
            uioscope_source::tree::Base::Named(name) => {
                Some(ty.pointers == pointers && self.target.typedefs.contains(&body.name(name)))
            }
            uioscope_source::tree::Base::Typeof(_) => None,
            _ => Some(false),
        }
    }

    /// `kuio = *uio`
    fn copy(&self, e: ExprId, lhs: ExprId, rhs: ExprId, out: &mut Vec<Site>) {
        let body = self.body;
        if matches!(body.ast.expr(rhs), Expr::Init { .. } | Expr::Compound { .. } | Expr::Literal) {
            return;
        }
        let is_copy = match (self.quickly(lhs), self.quickly(rhs)) {
            (Some(false), _) | (_, Some(false)) => false,
            (Some(true), _) | (_, Some(true)) => true,
            (None, None) => {
                self.is_target(&self.types.of(body, lhs), 0) && self.is_target(&self.types.of(body, rhs), 0)
            }
        };
        if is_copy {
            let space = self.spaces().of_copy(e, &self.spaces().object_name(lhs));
            self.copied(body.ast.span(e), rhs, space, out);
        }
    }

    /// `uio { …, ..*other }`: the field is copied unless it is named.
    fn rest(&self, e: ExprId, value: ExprId, out: &mut Vec<Site>) {
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

    /// `bcopy(uio, &kuio, sizeof(*uio))`
    fn block_copy(&self, e: ExprId, from: ExprId, to: ExprId, args: &[ExprId], out: &mut Vec<Site>) {
        let body = self.body;
        let is_size = |a: &ExprId| matches!(body.ast.expr(body.strip(*a)), Expr::Sizeof { .. } | Expr::Binary { .. });
        let sized = args.iter().any(|a| *a != from && *a != to && is_size(a));
        let target = |x: ExprId| self.is_target(&self.types.of(body, body.strip(x)), 1);
        if sized && target(from) && target(to) {
            let object = match body.ast.expr(body.strip(to)) {
                Expr::Unary { op: Op::AddrOf, operand } => self.spaces().object_name(operand),
                _ => format!("*{}", squeeze(body.text(to))),
            };
            let space = self.spaces().of_copy(e, &object);
            self.copied(body.ast.span(e), from, space, out);
        }
    }

    /// The type that an initialiser initialises.
    fn init_shape(&self, init: ExprId) -> Option<Shape> {
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
    fn positional(&self, init: ExprId, items: &[ExprId], out: &mut Vec<Site>) {
        let Some(wanted) = self.target.position.filter(|w| items.len() > *w) else { return };
        let body = self.body;
        let Some(&item) = items.get(wanted) else { return };
        // A designator changes what the positions mean; then the names say it.
        let named = |i: &ExprId| matches!(body.ast.expr(*i), Expr::Field { .. });
        if items[..=wanted].iter().any(named) || !self.init_shape(init).is_some_and(|s| self.is_target(&s, 0)) {
            return;
        }
        let decided = self.spaces().of_initializer(init, item, None);
        let (space, notes) = decided.close();
        let mut outcome = Outcome::default();
        outcome.notes.extend(notes);
        out.push(Site {
            decided: BTreeSet::from([decided]),
            whence: BTreeSet::new(),
            at: body.ast.span(item).start,
            span: body.ast.span(item),
            implicit: Some(Implicit::Initializer),
            alias: None,
            access: Access::Store,
            known: Known::Tracked,
            outcome,
            space: Some(space),
            expression: body.ast.span(item),
            is_macro_value: false,
        });
    }

    /// `.uio_procp = p`
    fn designated(&self, e: ExprId, name: Span, value: ExprId, out: &mut Vec<Site>) {
        let body = self.body;
        let Fate::Operand(init) = body.fate(e) else { return };
        let shape = self.init_shape(init).map(|s| self.types.lookup.resolve(&s, self.types.path));
        let known = match shape.map(|s| s.base) {
            Some(Root::Struct(tag)) if tag == self.target.of => Known::Tracked,
            Some(Root::Struct(_) | Root::Inline(_)) => Known::Other,
            _ => Known::Nothing,
        };
        let local = match body.fate(init) {
            Fate::Initial(var) => body.node(init).map(|n| (n, body.name(body.vars[var as usize].name))),
            _ => None,
        };
        let decided = self.spaces().of_initializer(init, value, local.as_ref().map(|(n, s)| (*n, s.as_str())));
        let (space, notes) = decided.close();
        let mut outcome = Outcome::default();
        outcome.notes.extend(notes);
        let text = body.name(name);
        let alias = (text != self.target.field).then_some(text);
        out.push(Site {
            decided: BTreeSet::from([decided]),
            whence: BTreeSet::new(),
            at: name.start,
            span: body.ast.span(e),
            implicit: alias.as_ref().map(|_| Implicit::Macro),
            alias,
            access: Access::Store,
            known,
            outcome,
            space: Some(space),
            expression: body.ast.span(value),
            is_macro_value: false,
        });
    }
}

/// One space for several: a site that differs from arm to arm is decided elsewhere.
pub fn join(spaces: &BTreeSet<Space>) -> Option<Space> {
    let known: Vec<Space> = spaces.iter().copied().filter(|s| *s != Space::Unknown).collect();
    match known[..] {
        [] => spaces.first().copied(),
        [one] => Some(one),
        _ => Some(Space::Mixed),
    }
}
