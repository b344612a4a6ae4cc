//! Finds the sites of the tracked field in one body: what is loaded, what is stored, and what becomes of it.

use crate::audit::scope::{Meaning, Unsure, meaning};
use crate::audit::written::Stored;
use crate::finding::{Access, Implicit, Note, Space};
use crate::flow::local::{Call, Flow, Outcome};
use crate::flow::target::{Inside, Target};
use crate::packs::Pack;
use crate::space::{Decided, Seg, Spaces, Whence, Who, squeeze};
use std::collections::BTreeSet;
use uioscope_source::body::{Body, Fate};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::lookup::Owner;
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::shapes::{Root, Shape};
use uioscope_source::text::{Cond, Span, word_end};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op};

/// What is known of the struct that an access goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// It is the tracked one.
    Tracked,
    /// It is the tracked one, and whoever its address is handed to may store there.
    Handed,
    /// Nothing; its name alone speaks for it.
    Nothing,
    /// It is the tracked one if a macro means what it seems to.
    Perhaps,
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
    /// When the macro that is used here stands for the field.
    pub by_macro: Cond,
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

    pub(super) fn spaces(&self) -> Spaces<'x, 't> {
        Spaces::new(self.body, self.pack, self.types, self.target.request(), self.functions)
    }

    fn expr(&self, e: ExprId, out: &mut Vec<Site>) {
        let body = self.body;
        match body.ast.expr(e) {
            Expr::Member { base, name, arrow } => {
                let text = body.name(name);
                if let Some(by) = self.stands_for(&text, name.start) {
                    self.access(e, name.start, Some((base, arrow)), by, out);
                } else if let Some(root) = self.by_path(e, &text) {
                    let before = out.len();
                    self.access(e, name.start, Some(root), None, out);
                    for site in &mut out[before..] {
                        site.implicit = Some(Implicit::Path);
                    }
                    // Another struct's members may have the same names.
                    if out.last().is_some_and(|s| s.known == Known::Other) {
                        out.truncate(before);
                    }
                }
            }
            Expr::Name if body.var(e).is_none() => {
                let text = squeeze(body.text(e));
                if let Some(m) = self.meaning(&text, e).filter(|m| m.alias.definition.params.is_none()) {
                    if m.alias.is_value {
                        self.access(e, self.name_start(e, &text), None, Some(m), out);
                    } else if !self.is_callee(e) {
                        self.inside(e, &m, out);
                    }
                }
            }
            Expr::Call { callee, args } => {
                let text = squeeze(body.text(callee));
                let is_name = body.ast.expr(callee) == Expr::Name && body.var(callee).is_none();
                let meaning = if is_name { self.meaning(&text, callee) } else { None };
                if let Some(m) = meaning.filter(|m| m.alias.definition.params.is_some()) {
                    if m.alias.is_value {
                        self.access(e, self.name_start(callee, &text), None, Some(m), out);
                    } else {
                        self.inside(e, &m, out);
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
            Expr::Field { name, value } => {
                if let Some(by) = self.stands_for(&body.name(name), name.start) {
                    self.designated(e, name, value, by, out);
                } else {
                    self.designated_path(e, &body.name(name), out);
                }
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

    /// Whose member the field's name is, or that of a macro for it: `#define x_procp x_uio.uio_procp` goes by its first member.
    pub(super) fn known_by(&self, of: &Root, by: Option<&Meaning<'_>>) -> (Known, Option<Note>) {
        let Some(m) = by else { return self.known_of(of, &self.target.field) };
        let text =
            self.types.lookup.tree().file(&m.alias.definition.path).map(|f| m.alias.definition.body.of(&f.bytes));
        let text = text.unwrap_or_default().trim_ascii_start();
        let first = String::from_utf8_lossy(&text[..word_end(text, 0)]).into_owned();
        match self.known_of(of, &first) {
            // The first member of a longer way is of any struct.
            (Known::Other, _) if first != self.target.field => (Known::Tracked, None),
            (Known::Tracked, _) => (Known::Tracked, None),
            (known, note) => match self.known_of(of, &m.alias.definition.name) {
                (Known::Other, _) => (Known::Other, None),
                _ => (known, note),
            },
        }
    }

    /// Whose member a name is: another struct's only if that one is seen to declare it.
    fn known_of(&self, of: &Root, name: &str) -> (Known, Option<Note>) {
        let lookup = self.types.lookup;
        let owner = match of {
            Root::Struct(tag) if *tag == self.target.of => return (Known::Tracked, None),
            Root::Struct(tag) => lookup.owner(tag, name, self.types.path),
            Root::Inline(s) => match lookup.declared_member(s, name, self.types.path, 0) {
                Some((tag, _)) => Owner::Of(tag),
                None => Owner::Nobody,
            },
            // Of an implicit int nothing is known either.
            Root::Plain | Root::Unknown | Root::Named(_) => return (Known::Nothing, None),
        };
        let tag = match of {
            Root::Struct(tag) => tag.clone(),
            _ => String::new(),
        };
        match owner {
            Owner::Of(tag) if tag == self.target.of => (Known::Tracked, None),
            Owner::Of(_) => (Known::Other, None),
            Owner::Nobody => (Known::Perhaps, Some(Note::NoSuchMember(tag))),
            Owner::Unknown => (Known::Perhaps, Some(Note::StructUnseen(tag))),
        }
    }

    /// Whether a member's name is the field's (nothing to add) or that of a macro for it.
    pub(super) fn stands_for(&self, name: &str, at: u32) -> Option<Option<Meaning<'x>>> {
        if name == self.target.field {
            return Some(None);
        }
        let m = self.meaning_at(name, at)?;
        (m.alias.is_value && m.alias.definition.params.is_none()).then_some(Some(m))
    }

    /// What a macro's name means where it is used.
    fn meaning(&self, name: &str, e: ExprId) -> Option<Meaning<'x>> {
        self.target.aliases.contains_key(name).then(|| self.meaning_at(name, self.name_start(e, name)))?
    }

    fn meaning_at(&self, name: &str, at: u32) -> Option<Meaning<'x>> {
        // Places in a macro's text, or in text that macros made, say nothing of the order.
        let is_placed = !self.in_macro && self.source_path == self.types.path;
        meaning(self.types.lookup, self.target, name, self.types.path, is_placed.then_some(at))
    }

    /// `base->field`, or a macro that stands for it.
    fn access(&self, e: ExprId, at: u32, base: Option<(ExprId, bool)>, by: Option<Meaning<'x>>, out: &mut Vec<Site>) {
        let body = self.body;
        let (known, doubt) = match base {
            Some((base, _)) => {
                let shape = self.types.lookup.resolve(&self.types.of(body, base), self.types.path);
                match self.path_from(e, base) {
                    Some(first) => self.known_of(&shape.base, first),
                    None => self.known_by(&shape.base, by.as_ref()),
                }
            }
            // The macro was found to stand for the field.
            None => (Known::Tracked, None),
        };
        if by.is_some() && known == Known::Other {
            // Another struct's member of the macro's name.
            return;
        }
        let by = By::new(by);
        let mut site = Site {
            at,
            span: body.ast.span(e),
            implicit: by.name.as_ref().map(|_| Implicit::Macro),
            alias: by.name,
            access: Access::Load,
            known: by.known.max(known),
            outcome: Outcome::default(),
            space: None,
            decided: BTreeSet::new(),
            whence: BTreeSet::new(),
            by_macro: by.when,
            expression: body.ast.span(e),
            is_macro_value: false,
        };
        let e = self.behind_its_address(e);
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
        } else if let Some((stores, loads)) = self.pointed(e) {
            self.by_pointer(&mut site, base, &stores, &loads);
        } else {
            if self.is_address_taken(e) {
                // Whoever has it may store there.
                site.known = site.known.max(Known::Handed);
            }
            site.outcome = self.flow().follow(e);
            site.whence = base.map(|(base, _)| self.whence(base)).unwrap_or_default();
            site.outcome.held = site.whence.iter().find_map(|w| match w {
                Whence::Kept(what) => Some(what.clone()),
                // Callers may know better.
                _ => None,
            });
            site.is_macro_value = self.in_macro && !site.outcome.values.is_empty();
        }
        site.outcome.notes.extend(by.note.into_iter().chain(doubt));
        out.push(site);
    }

    /// Where the request comes from. A wrapper in Rust holds what its user holds; a macro's request is its user's.
    pub(super) fn whence(&self, base: ExprId) -> BTreeSet<Whence> {
        if self.in_macro || !is_preprocessed(self.types.path) { BTreeSet::new() } else { self.spaces().whence(base) }
    }

    /// Notes what decides the space of a store.
    pub(super) fn decide(&self, site: &mut Site, decided: Decided) {
        let (space, notes) = decided.close();
        site.space = Some(space);
        site.outcome.notes.extend(notes);
        site.decided.insert(decided);
    }

    pub(super) fn unseen(&self, site: &mut Site, note: Note) {
        site.space = Some(Space::Unknown);
        site.outcome.notes.insert(note);
        site.decided.insert(Decided { who: BTreeSet::from([Who::Unknown]), ..Decided::default() });
    }

    pub(super) fn flow(&self) -> Flow<'_, '_> {
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
    pub(super) fn assigned(&self, mut e: ExprId) -> Option<(ExprId, ExprId, AssignOp)> {
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
    fn inside(&self, e: ExprId, meaning: &Meaning<'_>, out: &mut Vec<Site>) {
        let (name, inside) = (meaning.alias.definition.name.as_str(), &meaning.alias.inside);
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
            let by = By::of(meaning);
            outcome.notes.extend(by.note);
            out.push(Site {
                at,
                span: self.body.ast.span(e),
                implicit: Some(Implicit::Macro),
                alias: by.name,
                access,
                known: by.known,
                outcome,
                space: join(&spaces),
                decided,
                whence: BTreeSet::new(),
                by_macro: by.when,
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
    pub(super) fn is_target(&self, shape: &Shape, pointers: u8) -> bool {
        let shape = self.types.lookup.resolve(shape, self.types.path);
        shape.pointers == pointers
            && !shape.function
            && matches!(&shape.base, Root::Struct(tag) if *tag == self.target.of)
    }

    pub(super) fn copied(&self, span: Span, value: ExprId, space: Space, out: &mut Vec<Site>) {
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
            by_macro: Cond::Const(true),
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
}

/// What a site says of the macro that stands for the field there.
pub(super) struct By {
    pub(super) name: Option<String>,
    pub(super) known: Known,
    pub(super) when: Cond,
    pub(super) note: Option<Note>,
}

impl By {
    pub(super) fn new(meaning: Option<Meaning<'_>>) -> By {
        let none = By { name: None, known: Known::Tracked, when: Cond::Const(true), note: None };
        meaning.map_or(none, |m| By::of(&m))
    }

    fn of(meaning: &Meaning<'_>) -> By {
        let note = meaning.doubt.clone().map(|d| match d {
            Unsure::Unseen(path) => Note::MacroUnseen(path),
            Unsure::Several(path) => Note::MacroSeveral(path),
        });
        By {
            name: Some(meaning.alias.definition.name.clone()),
            known: if note.is_some() { Known::Perhaps } else { Known::Tracked },
            when: meaning.when.clone(),
            note,
        }
    }
}

/// One space for several: a site that differs from arm to arm is decided elsewhere.
pub fn join(spaces: &BTreeSet<Space>) -> Option<Space> {
    let known: Vec<Space> = spaces.iter().copied().filter(|s| *s != Space::Unknown).collect();
    match known[..] {
        [] => spaces.first().copied(),
        // One that is not known may be another.
        [_] if spaces.contains(&Space::Unknown) => Some(Space::Unknown),
        [one] => Some(one),
        _ => Some(Space::Mixed),
    }
}
