//! What becomes of a value, expression by expression.

use super::{Callee, Cell, Exit, Flow, Outcome, StepAt, Trail, keep};
use crate::finding::{Lost, Note, NullMeaning, Role, Step};
use rustc_hash::FxHashSet;
use std::collections::VecDeque;
use uioscope_source::body::{Body, ENTRY, Fate, NodeId, VarId};
use uioscope_source::places::{is_local, is_null};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Storage};

/// How many nodes of the control flow are looked at for one value. Real functions need a few thousand.
const BUDGET: usize = 20_000_000;

/// A carrier that is nested deeper than this is let go: its type refers to itself.
pub(super) const DEEPEST: usize = 4;

/// A value on its way.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Where it is.
    pub e: ExprId,
    /// The struct that it points to, where it is known.
    pub of: Option<String>,
    /// Members from here to the value; none: it is the value.
    pub fields: Vec<String>,
    /// The last step on its way; an index into the walk's steps.
    pub trail: Option<u32>,
    /// It is no longer the value itself, but something that belongs to the value.
    pub derived: bool,
}

impl Item {
    /// The start of a flow.
    pub fn start(e: ExprId, of: Option<String>, fields: &[String]) -> Item {
        Item { e, of, fields: fields.to_vec(), trail: None, derived: false }
    }

    /// The same, seen at another expression.
    pub fn at(&self, e: ExprId) -> Item {
        Item { e, ..self.clone() }
    }
}

/// A flow under way.
pub(super) struct Walk<'w, 'x, 't> {
    pub flow: &'w Flow<'x, 't>,
    pub out: Outcome,
    pub work: VecDeque<Item>,
    seen: FxHashSet<(ExprId, Vec<String>, bool)>,
    /// Each step, and the one before it.
    steps: Vec<(StepAt, Option<u32>)>,
    /// Nodes of the control flow that may still be looked at.
    budget: usize,
    /// Nodes where the flow starts.
    starts: Vec<NodeId>,
    /// What NULL means is not asked.
    pub shallow: bool,
    /// Where the value is tested for NULL, and where it is looked into.
    tests: Vec<ExprId>,
    looks: Vec<ExprId>,
}

impl<'w, 'x, 't> Walk<'w, 'x, 't> {
    /// Starts.
    pub fn new(flow: &'w Flow<'x, 't>, start: Vec<Item>) -> Walk<'w, 'x, 't> {
        let starts = start.iter().filter_map(|i| flow.body.node(i.e)).collect();
        Walk {
            flow,
            out: Outcome::default(),
            work: start.into(),
            seen: FxHashSet::default(),
            steps: Vec::new(),
            budget: BUDGET,
            starts,
            shallow: false,
            tests: Vec::new(),
            looks: Vec::new(),
        }
    }

    /// Follows everything to its end.
    pub fn run(&mut self) {
        while let Some(item) = self.work.pop_front() {
            if self.seen.insert((item.e, item.fields.clone(), item.derived)) {
                if item.fields.is_empty() {
                    if self.flow.reading.is_none() {
                        self.step(&item);
                    }
                } else {
                    self.carry(&item);
                }
            }
        }
    }

    /// What came of it. `from_entry`: the value is there from the start of the function.
    pub fn finish(mut self, from_entry: bool) -> Outcome {
        if from_entry {
            self.starts = vec![ENTRY];
        }
        if let Some(look) = super::null::unguarded(self.flow.body, &self.starts, &self.tests, &self.looks) {
            let step = self.place_step(look, Step::Null(NullMeaning::Dereferences));
            self.out.nulls.insert(step);
        }
        self.out
    }

    /// The file that the body stands in.
    pub fn path(&self) -> &str {
        self.flow.source_path
    }

    fn place_step(&self, at: ExprId, step: Step) -> StepAt {
        StepAt { path: self.path().to_owned(), at: self.flow.body.ast.span(at).start, step }
    }

    /// A step of an item's way, and the item after it.
    pub fn note(&mut self, item: &Item, at: ExprId, step: Step) -> Item {
        let step = self.place_step(at, step);
        self.note_step(item, step)
    }

    fn note_step(&mut self, item: &Item, step: StepAt) -> Item {
        self.out.steps.insert(step.clone());
        self.steps.push((step, item.trail));
        Item { trail: Some(self.steps.len() as u32 - 1), ..item.clone() }
    }

    /// An item's way from the start.
    pub fn trail(&self, item: &Item) -> Trail {
        let mut trail = Vec::new();
        let mut at = item.trail;
        while let Some(i) = at {
            let (step, before) = &self.steps[i as usize];
            trail.push(step.clone());
            at = *before;
        }
        trail.reverse();
        trail
    }

    fn role(&mut self, item: &Item, role: Role) {
        let trail = self.trail(item);
        self.out.reason(role, trail);
    }

    /// The value cannot be followed further. Where only readers are looked for, that is no matter.
    pub fn opaque(&mut self, item: &Item, why: Lost) {
        if self.flow.reading.is_none() {
            self.role(item, Role::Opaque);
            self.out.notes.insert(Note::Lost(why));
        }
    }

    /// It is stored where it can outlive the call.
    pub fn escape(&mut self, item: &Item) {
        if self.flow.reading.is_none() {
            self.role(item, Role::Escape);
        }
    }

    /// One value and what becomes of it.
    fn step(&mut self, item: &Item) {
        match self.flow.body.fate(item.e) {
            Fate::Discarded => {}
            Fate::Tested => self.test(item),
            Fate::Switched => self.opaque(item, Lost::SwitchedOn),
            Fate::Returned => self.returned(item),
            Fate::Initial(var) => self.define(item, var, item.e),
            Fate::Operand(up) => self.operand(item, up),
        }
    }

    /// It is the function's value, or the macro's.
    pub fn returned(&mut self, item: &Item) {
        let body = self.flow.body;
        if self.flow.macros > 0 {
            let trail = self.trail(item);
            return keep(&mut self.out.values, item.fields.clone(), trail);
        }
        let item = self.note(item, item.e, Step::Returned);
        self.exit(&item, None, body);
    }

    /// It leaves for the callers.
    fn exit(&mut self, item: &Item, argument: Option<usize>, body: &Body<'_>) {
        let Some(name) = body.function else { return self.opaque(item, Lost::NoFunction) };
        let exit = Exit {
            path: self.path().to_owned(),
            at: name.start,
            name: body.name(name),
            argument,
            fields: item.fields.clone(),
            of: item.of.clone(),
        };
        let trail = self.trail(item);
        keep(&mut self.out.exits, exit, trail);
    }

    /// The uses that a definition reaches, as long as the budget lasts.
    pub fn reached(&mut self, item: &Item, var: VarId, node: NodeId, at: u32) -> Vec<ExprId> {
        match self.budget.checked_sub(self.flow.body.nodes.len()) {
            Some(left) => {
                self.budget = left;
                self.flow.body.reached(var, node, at)
            }
            None => {
                self.opaque(item, Lost::ChangesHands);
                Vec::new()
            }
        }
    }

    fn test(&mut self, item: &Item) {
        let next = self.note(item, item.e, Step::Tested);
        self.role(&next, Role::Presence);
        if !item.derived {
            self.tests.push(item.e);
            if !self.shallow
                && let Some(what) = super::null::meaning(self.flow, item.e)
            {
                let step = self.place_step(item.e, Step::Null(what));
                self.out.nulls.insert(step);
            }
        }
    }

    /// It becomes a variable's value; with fields: a part of it.
    pub fn define(&mut self, item: &Item, var: VarId, value: ExprId) {
        let body = self.flow.body;
        let Some(node) = body.node(value) else { return };
        let v = body.vars[var as usize];
        let item = self.note(item, value, Step::Assigned(body.name(v.name)));
        // The definition is complete at the end of the assignment, or of the initialiser.
        let at = match body.fate(value) {
            Fate::Operand(up) => body.ast.span(up).end,
            _ => body.ast.span(value).end,
        };
        let mut uses = self.reached(&item, var, node, at);
        if v.storage == Storage::Static {
            // It is still there in the next call.
            self.escape(&item);
            uses.extend(self.reached(&item, var, ENTRY, 0));
        }
        self.work.extend(uses.into_iter().map(|e| item.at(e)));
    }

    fn operand(&mut self, item: &Item, up: ExprId) {
        let body = self.flow.body;
        let ast = body.ast;
        let e = item.e;
        match ast.expr(up) {
            Expr::Cast { ty, .. } => {
                if ty.pointers == 0
                    && ty.base == uioscope_source::tree::Base::Builtin
                    && matches!(body.fate(up), Fate::Discarded)
                {
                    return; // `(void)p`
                }
                self.work.push_back(item.at(up));
            }
            Expr::Block { .. } => self.work.push_back(item.at(up)),
            Expr::Compound { .. } => self.initializer(item, up),
            Expr::Choice { test, .. } if test != e => self.work.push_back(item.at(up)),
            Expr::Choice { then, .. } => {
                self.test(item);
                if then.is_none() {
                    self.work.push_back(item.at(up));
                }
            }
            Expr::Binary { op: Op::Comma, rhs, .. } => {
                if rhs == e {
                    self.work.push_back(item.at(up));
                } else if let Some(by) = self.prints_list(up) {
                    self.out.seen_to(None, Some(by));
                }
            }
            Expr::Binary { op: Op::And | Op::Or, .. } | Expr::Unary { op: Op::Not, .. } => self.test(item),
            Expr::Binary { op: Op::Eq | Op::NotEq, lhs, rhs } => {
                let other = if lhs == e { rhs } else { lhs };
                if is_null(body, other) {
                    self.test(item);
                } else {
                    self.compared(item);
                }
            }
            Expr::Binary { op: Op::Order, .. } => self.compared(item),
            Expr::Unary { op: Op::Deref, .. } => self.opaque(item, Lost::ReadWhole),
            Expr::Unary { op: Op::AddrOf, .. } => self.address(item, up),
            Expr::Binary { .. } | Expr::Unary { .. } => self.opaque(item, Lost::Arithmetic),
            Expr::Member { name, .. } => self.member(item, up, &body.name(name)),
            Expr::Index { base, .. } => {
                self.opaque(item, if base == e { Lost::Indexed } else { Lost::Index });
            }
            Expr::Call { callee, args } => {
                if callee == e {
                    return self.opaque(item, Lost::Called);
                }
                let n = ast.list(args).iter().position(|a| *a == e).unwrap_or_default();
                self.argument(item, up, n);
            }
            Expr::Assign { lhs, rhs, .. } => {
                if rhs == e {
                    self.store(item, lhs);
                    self.work.push_back(item.at(up));
                } else {
                    self.opaque(item, Lost::ChangedInPlace);
                }
            }
            // Not evaluated.
            Expr::Sizeof { .. } => {}
            Expr::Field { .. } | Expr::Init { .. } => self.initializer(item, up),
            Expr::Asm { .. } => self.opaque(item, Lost::Assembler),
            Expr::Name | Expr::Literal | Expr::TypeArg { .. } | Expr::Unread => {
                self.opaque(item, Lost::Unread);
            }
        }
    }

    fn compared(&mut self, item: &Item) {
        let item = self.note(item, item.e, Step::Compared);
        self.role(&item, Role::Identity);
    }

    /// `&p`: whoever gets it can read and write the variable.
    fn address(&mut self, item: &Item, up: ExprId) {
        let body = self.flow.body;
        let mut item = item.clone();
        if let Fate::Operand(call) = body.fate(up)
            && let Expr::Call { callee, args } = body.ast.expr(call)
        {
            let n = body.ast.list(args).iter().position(|a| *a == up).unwrap_or_default();
            let name = self.callees(callee).first().map_or_else(|| "(*)".to_owned(), |c| c.shown());
            item = self.note(&item, item.e, Step::Argument { callee: name, n });
        }
        self.opaque(&item, Lost::Address);
    }

    fn member(&mut self, item: &Item, access: ExprId, name: &str) {
        let item = &self.note(item, access, Step::Member(name.to_owned()));
        self.out.seen_to(Some(name.to_owned()), None);
        if !item.derived {
            self.looks.push(access);
        }
        let of = item.of.clone();
        let pack = self.flow.pack;
        if pack.is_hop(of.as_deref(), name) {
            let next = of.and_then(|s| self.flow.types.lookup.structure(&s, self.flow.types.path));
            let next = next.and_then(|s| match &s.member(name)?.base {
                uioscope_source::shapes::Root::Struct(tag) => Some(tag.clone()),
                _ => None,
            });
            let hop = Item { e: access, of: next, derived: true, ..item.clone() };
            return self.work.push_back(hop);
        }
        let flags = self.flags(access);
        let rule = pack.member(of.as_deref(), name);
        if rule.is_none() && flags.is_empty() {
            if let Some(first) = self.first_member(of.as_deref(), name) {
                return self.member(item, access, &first);
            }
            return self.opaque(item, Lost::Member { of, name: name.to_owned(), pack: pack.name.clone() });
        }
        // A flag word means what its bits mean, if they are known.
        let own = rule.filter(|_| flags.is_empty()).map(|r| r.roles.clone()).unwrap_or_default();
        for role in own.into_iter().chain(flags) {
            self.role(item, role);
        }
    }

    /// `#define p_cwd p_fd->fd_cdir`: the member that such a path starts with.
    fn first_member(&self, of: Option<&str>, name: &str) -> Option<String> {
        let types = &self.flow.types;
        let path = types.lookup.makro(name, types.path).filter(|m| m.params.is_none())?;
        let text = path.body.of(&types.lookup.tree().file(&path.path)?.bytes).trim_ascii();
        let first = text.split(|b| !b.is_ascii_alphanumeric() && *b != b'_').next()?;
        let first = std::str::from_utf8(first).ok().filter(|f| f.len() < text.len())?;
        // What has a rule ends here, so that no ring of macros is followed.
        self.flow.pack.member(of, first).map(|_| first.to_owned())
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
            Expr::Assign { lhs, rhs, op } if lhs == access && op != AssignOp::Set => rhs,
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

    fn argument(&mut self, item: &Item, call: ExprId, n: usize) {
        let Expr::Call { callee, .. } = self.flow.body.ast.expr(call) else { return };
        let callees = self.callees(callee);
        if callees.is_empty() {
            let item = self.note(item, item.e, Step::Argument { callee: "(*)".to_owned(), n });
            return self.opaque(&item, Lost::CalledExpression(n));
        }
        for name in callees {
            self.argument_of(item, call, name, n);
        }
    }

    fn argument_of(&mut self, item: &Item, call: ExprId, name: Callee, n: usize) {
        let item = &self.note(item, item.e, Step::Argument { callee: name.shown(), n });
        if let Callee::Function(name) = &name {
            if let Some(rule) = self.flow.pack.call(name, n) {
                if rule.roles.contains(&Role::Opaque) {
                    self.out.notes.insert(Note::OpaqueRule {
                        n,
                        callee: name.clone(),
                        pack: rule.pack.clone(),
                        reference: rule.reference.clone(),
                    });
                }
                rule.roles.iter().for_each(|r| self.role(item, *r));
                if rule.roles.contains(&Role::Escape) {
                    self.called_back(item, call, n);
                }
                return;
            }
            let effects = &self.flow.pack.effects;
            if effects.prints(name) || n > 0 && effects.asserts(name) {
                return self.out.seen_to(None, Some(name.clone()));
            }
            if self.through(item, call, name, n) {
                return;
            }
        }
        self.hand(item, call, name, n);
    }

    /// Who prints what stands in a list like that of `KASSERT(c, ("%p is not %p", a, b))`.
    fn prints_list(&self, mut list: ExprId) -> Option<String> {
        let body = self.flow.body;
        loop {
            let Fate::Operand(up) = body.fate(list) else { return None };
            match body.ast.expr(up) {
                Expr::Binary { op: Op::Comma, lhs, .. } if lhs == list => list = up,
                Expr::Call { callee, args } if callee != list => {
                    let name = self.callees(callee).into_iter().find_map(|c| match c {
                        Callee::Function(name) => Some(name),
                        _ => None,
                    })?;
                    let n = body.ast.list(args).iter().position(|a| *a == list)?;
                    return (n > 0 && self.flow.pack.effects.asserts(&name)).then_some(name);
                }
                _ => return None,
            }
        }
    }

    /// Through a macro of that name, if there is one.
    pub fn through(&mut self, item: &Item, call: ExprId, name: &str, n: usize) -> bool {
        let Some(mut out) = crate::flow::local::macros::through(self.flow, name, n, item.of.clone(), &item.fields)
        else {
            return false;
        };
        let before = self.trail(item);
        for (fields, trail) in std::mem::take(&mut out.values) {
            // The macro's value is the value itself, or leads to it.
            let mut next = Item { e: call, fields, ..item.clone() };
            for step in trail {
                next = self.note_step(&next, step);
            }
            self.work.push_back(next);
        }
        self.out.merge_after(&before, out);
        true
    }

    /// The value, or a carrier, is assigned to `lhs`.
    pub fn store(&mut self, item: &Item, lhs: ExprId) {
        let body = self.flow.body;
        let target = body.strip(lhs);
        if let (Expr::Name, Some(var)) = (body.ast.expr(target), body.var(target)) {
            return self.define(item, var, item.e);
        }
        let (of, name) = self.place(target);
        let item = &self.note(item, item.e, Step::Stored { of: of.clone(), name: name.clone() });
        if is_local(body, target) {
            if !self.carried_on(item, target) && item.fields.is_empty() {
                let place = of.map_or_else(|| name.clone(), |of| format!("{of}.{name}"));
                self.opaque(item, Lost::LocalStruct(place));
            }
            return;
        }
        if let Expr::Unary { op: Op::Deref, operand } = body.ast.expr(target)
            && let Some(var) = body.var(body.strip(operand))
            && let Some(n) = body.vars[var as usize].param
            && self.flow.macros == 0
            && body.definitions(var).is_empty()
        {
            // An out-parameter: the callers say where it is.
            return self.exit(item, Some(n as usize), body);
        }
        self.escape(item);
        match body.ast.expr(target) {
            Expr::Member { base, name, .. } => {
                let holder = self.flow.types.struct_of(body, base).filter(|s| !s.is_empty());
                self.cell(item, holder, body.name(name), item.fields.clone());
            }
            Expr::Name => {
                let field = body.name(body.ast.own(target));
                let cell = Cell { is_variable: true, ..self.new_cell(item, None, field, item.fields.clone()) };
                let trail = self.trail(item);
                keep(&mut self.out.cells, cell, trail);
            }
            _ => {}
        }
    }

    fn new_cell(&self, item: &Item, of: Option<String>, field: String, fields: Vec<String>) -> Cell {
        let path = self.path().to_owned();
        Cell { of, field, is_variable: false, fields, pointee: item.of.clone(), path }
    }

    /// It is in a member of memory that outlives the call.
    pub fn cell(&mut self, item: &Item, of: Option<String>, field: String, fields: Vec<String>) {
        let cell = self.new_cell(item, of, field, fields);
        let trail = self.trail(item);
        keep(&mut self.out.cells, cell, trail);
    }

    /// A struct, where it is known, and a member; or a global's name.
    fn place(&self, target: ExprId) -> (Option<String>, String) {
        let body = self.flow.body;
        match body.ast.expr(target) {
            Expr::Member { base, name, .. } => {
                let of = self.flow.types.struct_of(body, base).filter(|s| !s.is_empty());
                (of, body.name(name))
            }
            _ => {
                let text = String::from_utf8_lossy(body.text(target)).split_whitespace().collect::<Vec<_>>().join(" ");
                (None, text.trim_matches(['(', ')']).to_owned())
            }
        }
    }
}
