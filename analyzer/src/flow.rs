//! Follows a loaded value through the function that loaded it, and says what it is used for.

use crate::ast::{Expr, ExprId, Op, Storage};
use crate::body::{Body, Fate, VarId};
use crate::finding::Role;
use crate::pack::Pack;
use crate::types::Types;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// What became of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Every role that it reaches.
    pub roles: BTreeSet<Role>,
    /// Byte offset and text of each step.
    pub steps: BTreeSet<(u32, String)>,
    /// Why something is `opaque`.
    pub notes: BTreeSet<String>,
    /// The value leaves by `return`; for a macro: it is the macro's value.
    pub returned: bool,
}

impl Outcome {
    /// Adds what another path says.
    pub fn merge(&mut self, other: Outcome) {
        self.roles.extend(other.roles);
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
    /// Types of expressions.
    pub types: Types<'x, 't>,
    /// Struct that the field's value points to, where it is known.
    pub pointee: Option<String>,
    /// The body is that of a macro; how many are around it.
    pub macros: u32,
}

/// A value on its way, and the struct that it points to.
type Item = (ExprId, Option<String>);

struct Walk<'w, 'x, 't> {
    flow: &'w Flow<'x, 't>,
    out: Outcome,
    work: Vec<Item>,
    seen: FxHashSet<ExprId>,
}

impl Flow<'_, '_> {
    /// From a load of the field.
    pub fn follow(&self, load: ExprId) -> Outcome {
        self.run(vec![(load, self.pointee.clone())])
    }

    /// From every use of a parameter that the value is handed in by.
    pub fn follow_param(&self, var: VarId) -> Outcome {
        let mut uses = self.body.reached(var, crate::body::ENTRY, 0);
        uses.retain(|u| self.body.var(*u) == Some(var));
        self.run(uses.into_iter().map(|u| (u, self.pointee.clone())).collect())
    }

    fn run(&self, work: Vec<Item>) -> Outcome {
        let mut walk = Walk { flow: self, out: Outcome::default(), work, seen: FxHashSet::default() };
        while let Some((e, of)) = walk.work.pop() {
            if walk.seen.insert(e) {
                walk.step(e, of);
            }
        }
        let mut out = walk.out;
        if out.roles.is_empty() && !(self.macros > 0 && out.returned) {
            out.roles.insert(Role::Unused);
        } else if out.roles.len() > 1 {
            out.roles.remove(&Role::Unused);
        }
        out
    }
}

/// Whether an expression is a null pointer constant.
pub fn is_null(body: &Body<'_>, e: ExprId) -> bool {
    let e = body.strip(e);
    let text = body.text(e);
    let text = text.trim_ascii();
    match body.ast.expr(e) {
        Expr::Literal => {
            text.trim_ascii_start().strip_prefix(b"(").map_or(text, |t| t.strip_suffix(b")").unwrap_or(t)) == b"0"
        }
        Expr::Name => matches!(text, b"NULL" | b"nullptr" | b"(NULL)"),
        _ => false,
    }
}

impl Walk<'_, '_, '_> {
    fn body(&self) -> &Body<'_> {
        self.flow.body
    }

    fn note_step(&mut self, at: ExprId, step: String) {
        let offset = self.body().ast.span(at).start;
        self.out.steps.insert((offset, step));
    }

    fn role(&mut self, role: Role) {
        self.out.roles.insert(role);
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
        for used in body.reached(var, node, at) {
            self.work.push((used, of.clone()));
        }
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
                self.work.push((up, of));
            }
            Expr::Block { .. } | Expr::Compound { .. } => self.work.push((up, of)),
            Expr::Choice { test, .. } if test != e => self.work.push((up, of)),
            Expr::Choice { then, .. } => {
                self.test(e);
                if then.is_none() {
                    self.work.push((up, of));
                }
            }
            Expr::Binary { op: Op::Comma, rhs, .. } => {
                if rhs == e {
                    self.work.push((up, of));
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
                    self.work.push((up, of));
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
            return self.work.push((access, next));
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
            let roles = rule.roles.clone();
            return roles.into_iter().for_each(|r| self.role(r));
        }
        if let Some(out) = crate::macros::through(self.flow, &name, n, of.clone()) {
            if out.returned {
                // The macro's value is the value itself.
                self.work.push((call, of));
            }
            self.out.merge(Outcome { returned: false, ..out });
            return;
        }
        self.opaque(format!("argument {n} of {name}() is not followed yet"));
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
            self.opaque(format!("stored in {what} of a local struct, which is not followed yet"));
        } else {
            self.role(Role::Escape);
        }
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

/// Whether memory that is assigned to belongs to a local struct or array: its life ends with the call.
pub fn is_local(body: &Body<'_>, target: ExprId) -> bool {
    let mut e = body.strip(target);
    loop {
        match body.ast.expr(e) {
            Expr::Member { base, arrow, .. } => {
                e = body.strip(base);
                if arrow {
                    return points_to_local(body, e);
                }
            }
            Expr::Index { base, .. } => {
                e = body.strip(base);
                if let (Expr::Name, Some(var)) = (body.ast.expr(e), body.var(e)) {
                    let v = body.vars[var as usize];
                    return v.ty.arrays > 0 && v.param.is_none() && v.storage == Storage::Plain;
                }
            }
            Expr::Name => {
                return body.var(e).is_some_and(|v| {
                    let v = body.vars[v as usize];
                    v.storage == Storage::Plain && v.param.is_none_or(|_| v.ty.pointers == 0)
                });
            }
            Expr::Unary { op: Op::Deref, operand } => return points_to_local(body, body.strip(operand)),
            _ => return false,
        }
    }
}

/// Whether a pointer only ever holds the addresses of locals.
fn points_to_local(body: &Body<'_>, e: ExprId) -> bool {
    let Expr::Name = body.ast.expr(e) else {
        return matches!(body.ast.expr(e), Expr::Unary { op: Op::AddrOf, operand } if is_local(body, operand));
    };
    let Some(var) = body.var(e) else { return false };
    if body.vars[var as usize].param.is_some() {
        return false;
    }
    let definitions = body.definitions(var);
    !definitions.is_empty()
        && definitions.iter().all(|d| {
            d.is_some_and(|d| match body.ast.expr(body.strip(d)) {
                Expr::Unary { op: Op::AddrOf, operand } => is_local(body, operand),
                _ => false,
            })
        })
}
