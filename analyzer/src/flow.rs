//! Follows a loaded value through the function that loaded it, and says what it is used for.

use crate::ast::{Expr, ExprId, Op, Storage};
use crate::body::{Body, Fate, VarId};
use crate::finding::Role;
use crate::pack::Pack;
use crate::places::{is_assigned, is_local, is_null};
use crate::types::Types;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// A step of evidence, before its line is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The file.
    pub path: String,
    /// Byte offset.
    pub at: u32,
    /// What happens there.
    pub what: String,
}

/// The value, or a struct that carries it in a member, is handed to a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// The callee.
    pub name: String,
    /// 0-based argument.
    pub n: usize,
    /// Struct that the value points to, where it is known.
    pub of: Option<String>,
    /// The argument points to a struct that holds the value in this member.
    pub field: Option<String>,
    /// The file whose declarations say which function is meant.
    pub path: String,
    /// The file that the call stands in: a macro's, maybe.
    pub source: String,
    /// Byte offset of the argument there.
    pub at: u32,
}

/// The value is stored in memory that outlives the call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The struct's tag, where it is known.
    pub of: Option<String>,
    /// The member.
    pub field: String,
    /// Struct that the value points to, where it is known.
    pub pointee: Option<String>,
    /// The file that stores.
    pub path: String,
    /// Byte offset there.
    pub at: u32,
}

/// What became of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Every role that it reaches by itself.
    pub roles: BTreeSet<Role>,
    /// The step at which each role was first seen.
    pub reasons: BTreeMap<Role, Step>,
    /// Functions that it is handed to.
    pub calls: BTreeSet<Call>,
    /// Members of heap structs that it is stored in.
    pub cells: BTreeSet<Cell>,
    /// Each step in the body.
    pub steps: BTreeSet<Step>,
    /// The shortest way to each role beyond the body, once calls are followed.
    pub ways: BTreeMap<Role, Vec<Step>>,
    /// Why something is `opaque`.
    pub notes: BTreeSet<String>,
    /// The value leaves by `return`; for a macro: it is the macro's value.
    pub returned: bool,
}

impl Outcome {
    /// Adds what another path says.
    pub fn merge(&mut self, other: Outcome) {
        self.roles.extend(other.roles);
        for (role, step) in other.reasons {
            self.reasons.entry(role).or_insert(step);
        }
        self.calls.extend(other.calls);
        self.cells.extend(other.cells);
        self.steps.extend(other.steps);
        self.notes.extend(other.notes);
        self.returned |= other.returned;
    }
}

/// Follows values inside one body.
pub struct Flow<'x, 't> {
    /// The body.
    pub body: &'x Body<'x>,
    /// What reaching something means.
    pub pack: &'x Pack,
    /// Types of expressions; its path is the file whose declarations count.
    pub types: Types<'x, 't>,
    /// The file that the body stands in: for a macro not the one that uses it.
    pub source_path: &'x str,
    /// Struct that the field's value points to, where it is known.
    pub pointee: Option<String>,
    /// The body is that of a macro; how many are around it.
    pub macros: u32,
}

/// How many nodes of the control flow are looked at for one value. Real functions need a few thousand.
const BUDGET: usize = 20_000_000;

/// A value on its way.
#[derive(Debug, Clone)]
struct Item {
    /// Where it is.
    e: ExprId,
    /// The struct that it points to, where it is known.
    of: Option<String>,
    /// It is not the value itself but a pointer to a struct that holds it in this member.
    field: Option<String>,
}

struct Walk<'w, 'x, 't> {
    flow: &'w Flow<'x, 't>,
    out: Outcome,
    work: Vec<Item>,
    seen: FxHashSet<(ExprId, bool)>,
    last: Option<Step>,
    /// Nodes of the control flow that may still be looked at.
    budget: usize,
}

impl Flow<'_, '_> {
    /// The file that the body stands in.
    fn path(&self) -> &str {
        self.source_path
    }

    /// From a load of the field.
    pub fn follow(&self, load: ExprId) -> Outcome {
        self.run(vec![Item { e: load, of: self.pointee.clone(), field: None }])
    }

    /// From every use of a parameter that the value is handed in by; `field`: the parameter points to a struct that holds
    /// the value in this member.
    pub fn follow_param(&self, var: VarId, field: Option<&str>) -> Outcome {
        let mut uses = self.body.reached(var, crate::body::ENTRY, 0);
        uses.retain(|u| self.body.var(*u) == Some(var));
        let field = field.map(str::to_owned);
        self.run(uses.into_iter().map(|e| Item { e, of: self.pointee.clone(), field: field.clone() }).collect())
    }

    fn run(&self, work: Vec<Item>) -> Outcome {
        let mut walk =
            Walk { flow: self, out: Outcome::default(), work, seen: FxHashSet::default(), last: None, budget: BUDGET };
        while let Some(item) = walk.work.pop() {
            if walk.seen.insert((item.e, item.field.is_some())) {
                match item.field {
                    Some(field) => walk.carry(item.e, &field, item.of),
                    None => walk.step(item.e, item.of),
                }
            }
        }
        let mut out = walk.out;
        out.settle(self.macros > 0);
        out
    }
}

impl Outcome {
    /// A value that reaches nothing is unused; one that reaches something is not. A macro's value is its user's matter.
    pub fn settle(&mut self, in_macro: bool) {
        let leads_on = !self.calls.is_empty() || !self.cells.is_empty() || (in_macro && self.returned);
        if self.roles.is_empty() && !leads_on {
            self.roles.insert(Role::Unused);
        } else if self.roles.len() > 1 || leads_on {
            self.roles.remove(&Role::Unused);
        }
    }
}

impl Walk<'_, '_, '_> {
    fn body(&self) -> &Body<'_> {
        self.flow.body
    }

    fn note_step(&mut self, at: ExprId, what: String) {
        let step = Step { path: self.flow.path().to_owned(), at: self.body().ast.span(at).start, what };
        self.last = Some(step.clone());
        self.out.steps.insert(step);
    }

    fn role(&mut self, role: Role) {
        self.out.roles.insert(role);
        if let Some(step) = &self.last {
            self.out.reasons.entry(role).or_insert_with(|| step.clone());
        }
    }

    fn push(&mut self, e: ExprId, of: Option<String>) {
        self.work.push(Item { e, of, field: None });
    }

    fn opaque(&mut self, why: String) {
        self.role(Role::Opaque);
        self.out.notes.insert(why);
    }

    /// One value and what becomes of it.
    fn step(&mut self, e: ExprId, of: Option<String>) {
        match self.body().fate(e) {
            Fate::Discarded => {}
            Fate::Tested => self.test(e),
            Fate::Switched => self.opaque("switched on".into()),
            Fate::Returned => {
                self.out.returned = true;
                if self.flow.macros == 0 {
                    self.note_step(e, "returned".into());
                    self.opaque("returned to the caller, which is not followed yet".into());
                }
            }
            Fate::Initial(var) => self.define(var, e, of),
            Fate::Operand(up) => self.operand(e, up, of),
        }
    }

    /// The uses that a definition reaches, as long as the budget lasts.
    fn reached(&mut self, var: VarId, node: crate::body::NodeId, at: u32) -> Vec<ExprId> {
        match self.budget.checked_sub(self.flow.body.nodes.len()) {
            Some(left) => {
                self.budget = left;
                self.flow.body.reached(var, node, at)
            }
            None => {
                self.opaque("the value changes hands too often to be followed".into());
                Vec::new()
            }
        }
    }

    fn test(&mut self, e: ExprId) {
        self.note_step(e, "test".into());
        self.role(Role::Presence);
    }

    fn define(&mut self, var: VarId, value: ExprId, of: Option<String>) {
        let body = self.flow.body;
        let Some(node) = body.node(value) else { return };
        let v = body.vars[var as usize];
        self.note_step(value, format!("assign:{}", body.name(v.name)));
        if v.storage == Storage::Static {
            self.role(Role::Escape);
            return;
        }
        if v.ty.pointers == 0 && matches!(v.ty.base, crate::ast::Base::Struct(_) | crate::ast::Base::Anonymous(_)) {
            // A struct's initialiser: the value is in one of its members.
            self.opaque(format!("stored in the local struct {}, which is not followed yet", body.name(v.name)));
            return;
        }
        // The definition is complete at the end of the assignment, or of the initialiser.
        let at = match body.fate(value) {
            Fate::Operand(up) => body.ast.span(up).end,
            _ => body.ast.span(value).end,
        };
        for used in self.reached(var, node, at) {
            self.push(used, of.clone());
        }
    }

    /// A pointer to a struct that holds the value: what is read out of it is the value again.
    fn carry(&mut self, e: ExprId, field: &str, of: Option<String>) {
        let body = self.flow.body;
        let on = |e: ExprId| Item { e, of: of.clone(), field: Some(field.to_owned()) };
        let define = |walk: &mut Self, var: VarId, value: ExprId| {
            let Some(node) = body.node(value) else { return };
            let at = match body.fate(value) {
                Fate::Operand(up) => body.ast.span(up).end,
                _ => body.ast.span(value).end,
            };
            let reached = walk.reached(var, node, at);
            walk.work.extend(reached.into_iter().map(on));
        };
        match body.fate(e) {
            Fate::Initial(var) => define(self, var, e),
            Fate::Operand(up) => match body.ast.expr(up) {
                Expr::Cast { .. } | Expr::Unary { op: Op::Deref | Op::AddrOf, .. } => self.work.push(on(up)),
                Expr::Member { name, .. } if body.name(name) == field && !is_assigned(body, up) => {
                    self.note_step(up, format!("member:{field}"));
                    self.push(up, of);
                }
                Expr::Assign { lhs, rhs, .. } if rhs == e => {
                    if let Some(var) = body.var(body.strip(lhs)) {
                        define(self, var, e);
                    }
                }
                Expr::Call { callee, args } if callee != e => {
                    let n = body.ast.list(args).iter().position(|a| *a == e).unwrap_or_default();
                    let (name, plain) = self.callee(callee);
                    if plain {
                        self.hand(e, name, n, of, Some(field.to_owned()));
                    } else {
                        self.note_step(e, format!("arg:{name}#{n}"));
                        self.opaque(format!(
                            "argument {n} of {name}: which function this is depends on what is registered"
                        ));
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn hand(&mut self, e: ExprId, name: String, n: usize, of: Option<String>, field: Option<String>) {
        self.note_step(e, format!("arg:{name}#{n}"));
        let at = self.body().ast.span(e).start;
        let path = self.flow.types.path.to_owned();
        let source = self.flow.path().to_owned();
        self.out.calls.insert(Call { name, n, of, field, path, source, at });
    }

    fn operand(&mut self, e: ExprId, up: ExprId, of: Option<String>) {
        let body = self.flow.body;
        let ast = body.ast;
        match ast.expr(up) {
            Expr::Cast { ty, .. } => {
                if ty.pointers == 0 && ty.base == crate::ast::Base::Builtin && matches!(body.fate(up), Fate::Discarded)
                {
                    return; // `(void)p`
                }
                self.push(up, of);
            }
            Expr::Block { .. } | Expr::Compound { .. } => self.push(up, of),
            Expr::Choice { test, .. } if test != e => self.push(up, of),
            Expr::Choice { then, .. } => {
                self.test(e);
                if then.is_none() {
                    self.push(up, of);
                }
            }
            Expr::Binary { op: Op::Comma, rhs, .. } => {
                if rhs == e {
                    self.push(up, of);
                }
            }
            Expr::Binary { op: Op::And | Op::Or, .. } | Expr::Unary { op: Op::Not, .. } => self.test(e),
            Expr::Binary { op: Op::Eq | Op::NotEq, lhs, rhs } => {
                let other = if lhs == e { rhs } else { lhs };
                if is_null(body, other) {
                    self.test(e);
                } else {
                    self.note_step(e, "cmp".into());
                    self.role(Role::Identity);
                }
            }
            Expr::Binary { op: Op::Order, .. } => {
                self.note_step(e, "cmp".into());
                self.role(Role::Identity);
            }
            Expr::Binary { .. } | Expr::Unary { op: Op::Arith | Op::Step, .. } => {
                self.opaque("used in arithmetic".into())
            }
            Expr::Unary { op: Op::Deref, .. } => self.opaque("read as a whole through *".into()),
            Expr::Unary { op: Op::AddrOf, .. } => self.address(e, up),
            Expr::Unary { .. } => self.opaque("used in arithmetic".into()),
            Expr::Member { name, .. } => self.member(up, &body.name(name), of),
            Expr::Index { base, .. } => {
                self.opaque(if base == e { "indexed" } else { "used as an index" }.to_owned());
            }
            Expr::Call { callee, args } => {
                if callee == e {
                    return self.opaque("called".into());
                }
                let n = ast.list(args).iter().position(|a| *a == e).unwrap_or_default();
                self.argument(e, up, callee, n, of);
            }
            Expr::Assign { lhs, rhs, .. } => {
                if rhs == e {
                    self.store(lhs, e, of.clone());
                    self.push(up, of);
                } else {
                    self.opaque("changed in place".into());
                }
            }
            // Not evaluated.
            Expr::Sizeof { .. } => {}
            Expr::Field { name, .. } => {
                let field = body.name(name);
                self.note_step(e, format!("stored:{field}"));
                self.initializer(up);
            }
            Expr::Init { .. } => self.initializer(e),
            Expr::Asm { .. } => self.opaque("handed to inline assembler".into()),
            Expr::Name | Expr::Literal | Expr::TypeArg { .. } | Expr::Unread => self.opaque("could not be read".into()),
        }
    }

    /// `&p`: whoever gets it can read and write the variable.
    fn address(&mut self, e: ExprId, up: ExprId) {
        let body = self.flow.body;
        if let Fate::Operand(call) = body.fate(up)
            && let Expr::Call { callee, args } = body.ast.expr(call)
        {
            let n = body.ast.list(args).iter().position(|a| *a == up).unwrap_or_default();
            let name = self.callee(callee).0;
            self.note_step(e, format!("arg:{name}#{n}"));
        }
        self.opaque("its address is handed on".into());
    }

    /// The value stands in the initialiser of something.
    fn initializer(&mut self, mut e: ExprId) {
        let body = self.flow.body;
        loop {
            match body.fate(e) {
                Fate::Operand(up)
                    if matches!(body.ast.expr(up), Expr::Init { .. } | Expr::Field { .. } | Expr::Compound { .. }) =>
                {
                    e = up
                }
                Fate::Initial(var) if body.vars[var as usize].storage == Storage::Static => {
                    return self.role(Role::Escape);
                }
                _ => return self.opaque("stored in a local struct, which is not followed yet".into()),
            }
        }
    }

    fn member(&mut self, access: ExprId, name: &str, of: Option<String>) {
        self.note_step(access, format!("member:{name}"));
        let pack = self.flow.pack;
        if pack.is_hop(of.as_deref(), name) {
            let next = of.and_then(|s| self.flow.types.lookup.structure(&s, self.flow.types.path));
            let next = next.and_then(|s| match &s.member(name)?.base {
                crate::lookup::Root::Struct(tag) => Some(tag.clone()),
                _ => None,
            });
            return self.push(access, next);
        }
        let flags = self.flags(access);
        let rule = pack.member(of.as_deref(), name);
        if rule.is_none() && flags.is_empty() {
            let of = of.as_deref().unwrap_or("?");
            return self.opaque(format!("member {of}.{name} has no rule in pack {}", pack.name));
        }
        // A flag word means what its bits mean, if they are known.
        let own = rule.filter(|_| flags.is_empty()).map(|r| r.roles.clone()).unwrap_or_default();
        for role in own.into_iter().chain(flags) {
            self.role(role);
        }
    }

    /// Roles of the constants that a flag word is tested against or changed by.
    fn flags(&self, access: ExprId) -> Vec<Role> {
        let body = self.flow.body;
        let Fate::Operand(up) = body.fate(access) else { return Vec::new() };
        let other = match body.ast.expr(up) {
            Expr::Binary { op: Op::BitAnd, lhs, rhs } => {
                if lhs == access {
                    rhs
                } else {
                    lhs
                }
            }
            Expr::Assign { lhs, rhs, plain: false } if lhs == access => rhs,
            _ => return Vec::new(),
        };
        let mut roles = Vec::new();
        let mut work = vec![other];
        while let Some(e) = work.pop() {
            if body.ast.expr(e) == Expr::Name {
                let text = String::from_utf8_lossy(body.text(e)).trim_matches(['(', ')', ' ']).to_owned();
                roles.extend(self.flow.pack.flag(&text).into_iter().flat_map(|r| r.roles.clone()));
            }
            body.ast.operands(e, &mut |o| work.push(o));
        }
        roles
    }

    /// A callee's name for people, and whether it is a plain name of the tree.
    fn callee(&self, callee: ExprId) -> (String, bool) {
        let body = self.flow.body;
        let mut e = body.strip(callee);
        while let Expr::Unary { op: Op::Deref, operand } = body.ast.expr(e) {
            e = body.strip(operand);
        }
        let clean = |b: &[u8]| String::from_utf8_lossy(b).trim_matches(['(', ')', '*', ' ']).to_owned();
        match body.ast.expr(e) {
            Expr::Name if body.var(e).is_none() && e == callee => (clean(body.text(e)), true),
            Expr::Name => (format!("(*{})", clean(body.text(e))), false),
            Expr::Member { name, .. } => (format!("(*{})", body.name(name)), false),
            _ => ("(*)".to_owned(), false),
        }
    }

    fn argument(&mut self, e: ExprId, call: ExprId, callee: ExprId, n: usize, of: Option<String>) {
        let (name, plain) = self.callee(callee);
        self.note_step(e, format!("arg:{name}#{n}"));
        if !plain {
            return self
                .opaque(format!("argument {n} of {name}: which function this is depends on what is registered"));
        }
        if let Some(rule) = self.flow.pack.call(&name, n) {
            if rule.roles.contains(&Role::Opaque) {
                let why = format!("argument {n} of {name}: by a rule of pack {} ({})", rule.pack, rule.reference);
                self.out.notes.insert(why);
            }
            let roles = rule.roles.clone();
            return roles.into_iter().for_each(|r| self.role(r));
        }
        if let Some(out) = crate::macros::through(self.flow, &name, n, of.clone()) {
            if out.returned {
                // The macro's value is the value itself.
                self.push(call, of);
            }
            self.out.merge(Outcome { returned: false, ..out });
            return;
        }
        self.hand(e, name, n, of, None);
    }

    /// The value is assigned to `lhs`.
    fn store(&mut self, lhs: ExprId, value: ExprId, of: Option<String>) {
        let body = self.flow.body;
        let target = body.strip(lhs);
        if let (Expr::Name, Some(var)) = (body.ast.expr(target), body.var(target)) {
            return self.define(var, value, of);
        }
        let what = self.place(target);
        self.note_step(value, format!("stored:{what}"));
        if is_local(body, target) {
            if !self.carried_on(target, of) {
                self.opaque(format!("stored in {what} of a local struct that goes nowhere that can be followed"));
            }
            return;
        }
        self.role(Role::Escape);
        if let Expr::Member { base, name, .. } = body.ast.expr(target) {
            let at = body.ast.span(target).start;
            let path = self.flow.path().to_owned();
            let holder = self.flow.types.struct_of(body, base).filter(|s| !s.is_empty());
            self.out.cells.insert(Cell { of: holder, field: body.name(name), pointee: of, path, at });
        }
    }

    /// The value is in a member of a local struct: everything that uses the struct's address, or the member, uses it.
    fn carried_on(&mut self, target: ExprId, of: Option<String>) -> bool {
        let body = self.flow.body;
        let Expr::Member { base, name, .. } = body.ast.expr(target) else { return false };
        let base = body.strip(base);
        let Some(var) = body.var(base) else { return false };
        let field = body.name(name);
        let node = body.node(target).unwrap_or(crate::body::ENTRY);
        let from = body.ast.span(target).end;
        // The struct itself is never assigned to as a whole here, so every later use of its name counts.
        let mut any = false;
        for e in self.reached(var, node, from) {
            let names_member = matches!(body.fate(e), Fate::Operand(up) if matches!(body.ast.expr(up), Expr::Member { name, .. } if body.name(name) == field));
            let is_address = matches!(body.fate(e), Fate::Operand(up) if matches!(body.ast.expr(up), Expr::Unary { op: Op::AddrOf, .. } | Expr::Call { .. }));
            if names_member || is_address {
                any = true;
                self.work.push(Item { e, of: of.clone(), field: Some(field.clone()) });
            }
        }
        any
    }

    /// `struct.field` or a global's name.
    fn place(&self, target: ExprId) -> String {
        let body = self.flow.body;
        match body.ast.expr(target) {
            Expr::Member { base, name, .. } => {
                let of = self.flow.types.struct_of(body, base).filter(|s| !s.is_empty());
                let name = body.name(name);
                of.map_or_else(|| name.clone(), |s| format!("{s}.{name}"))
            }
            _ => {
                let text = String::from_utf8_lossy(body.text(target)).split_whitespace().collect::<Vec<_>>().join(" ");
                text.trim_matches(['(', ')']).to_owned()
            }
        }
    }
}
