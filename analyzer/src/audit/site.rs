//! Finds the sites of the tracked field in one body: what is loaded, what is stored, and what becomes of it.

use crate::audit::space::{Spaces, is_argument_struct, squeeze};
use crate::finding::{Access, Implicit, Note, Space};
use crate::flow::local::{Call, Flow, Outcome};
use crate::flow::target::{Inside, Target};
use crate::packs::Pack;
use std::collections::BTreeSet;
use uioscope_source::body::{Body, Fate};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::places::is_local;
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
    /// Space of a store.
    pub space: Option<Space>,
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
    /// All sites of the body.
    pub fn sites(&self) -> Vec<Site> {
        let mut out = Vec::new();
        for e in self.body.exprs() {
            self.expr(e, &mut out);
        }
        out
    }

    fn spaces(&self) -> Spaces<'_, '_> {
        Spaces {
            body: self.body,
            pack: self.pack,
            types: self.types,
            field: &self.target.field,
            companion_at: self.target.companion_position,
            has_companion: self.target.has_companion,
            fuel: std::cell::Cell::new(2000),
        }
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
                } else if matches!(text.as_str(), "bcopy" | "memcpy" | "memmove" | "ovbcopy" | "__builtin_memcpy") {
                    self.block_copy(e, &text, body.ast.list(args), out);
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
            expression: body.ast.span(e),
            is_macro_value: false,
        };
        if let Some((assign, rhs, op)) = self.assigned(e) {
            site.access = Access::Store;
            site.expression = body.ast.span(rhs);
            let (space, notes) = match base {
                Some((base, arrow)) if op == AssignOp::Set => self.spaces().of_store(assign, base, arrow, rhs),
                _ => (Space::Unknown, vec![Note::ThroughMacro]),
            };
            site.space = Some(space);
            site.outcome.notes.extend(notes);
        } else if let Some((call, callee, value)) = self.written(e) {
            site.access = Access::Store;
            site.expression = value.map_or(body.ast.span(call), |v| body.ast.span(v));
            let (space, notes) = match (base, value) {
                (Some((base, arrow)), Some(value)) => self.spaces().of_store(call, base, arrow, value),
                _ => (Space::Unknown, vec![Note::StoredUnknown]),
            };
            site.space = Some(space);
            site.outcome.notes.extend(notes);
            site.outcome.notes.insert(Note::WrittenByCallee(callee));
        } else {
            site.outcome = self.flow().follow(e);
            site.outcome.held = base.and_then(|(base, _)| self.held(base, 0));
            site.is_macro_value = self.in_macro && !site.outcome.values.is_empty();
        }
        out.push(site);
    }

    /// The call that writes to the field through its address, whom it calls, and what is written if that is an argument.
    fn written(&self, e: ExprId) -> Option<(ExprId, String, Option<ExprId>)> {
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

    /// The member of a heap struct that the request comes out of: it was put there by an earlier call. Argument structs
    /// live as long as the call.
    fn held(&self, base: ExprId, depth: u32) -> Option<String> {
        let body = self.body;
        let base = body.strip(base);
        // A wrapper in Rust holds what its user holds.
        if !is_preprocessed(self.types.path) {
            return None;
        }
        match body.ast.expr(base) {
            Expr::Member { base: holder, name, arrow: true } => {
                let root = body.var(body.strip(holder));
                if is_local(body, base) || root.is_none() {
                    return None;
                }
                let of = self.types.struct_of(body, holder).filter(|s| !s.is_empty())?;
                (!is_argument_struct(of.as_bytes())).then(|| format!("{of}.{}", body.name(name)))
            }
            Expr::Name if depth == 0 => {
                let var = body.var(base)?;
                let definitions = body.definitions(var);
                let held: Vec<Option<String>> =
                    definitions.into_iter().map(|d| d.and_then(|d| self.held(d, depth + 1))).collect();
                held.first().cloned().flatten().filter(|first| held.iter().all(|h| h.as_ref() == Some(first)))
            }
            _ => None,
        }
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
            let spaces: BTreeSet<Space> = parts.iter().filter_map(|p| p.space).collect();
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
                expression: self.body.ast.span(e),
                is_macro_value: false,
            });
        }
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
        let (space, _) = self.spaces().of_initializer(init, value, None);
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
    fn block_copy(&self, e: ExprId, name: &str, args: &[ExprId], out: &mut Vec<Site>) {
        let body = self.body;
        let [a, b, size] = args else { return };
        let sized = matches!(body.ast.expr(body.strip(*size)), Expr::Sizeof { .. } | Expr::Binary { .. });
        let (from, to) = if name.ends_with("bcopy") { (*a, *b) } else { (*b, *a) };
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
        let (space, notes) = self.spaces().of_initializer(init, item, None);
        let mut outcome = Outcome::default();
        outcome.notes.extend(notes);
        out.push(Site {
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
        let (space, notes) = self.spaces().of_initializer(init, value, local.as_ref().map(|(n, s)| (*n, s.as_str())));
        let mut outcome = Outcome::default();
        outcome.notes.extend(notes);
        let text = body.name(name);
        let alias = (text != self.target.field).then_some(text);
        out.push(Site {
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
