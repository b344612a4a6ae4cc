//! All paths of one function, the shortest first, with what is held and what is known on each.

use super::answers::Answer;
use super::before::{Before, callee_name, facts};
use super::place::{Fact, constant, place, root, squeezed, truth};
use super::rules::{Kind, has_word};
use super::state::{Held, Otherwise, State};
use super::summary::{Callee, Calls, Exit};
use super::{Doubt, Fault, RefStep};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use uioscope_source::body::{Body, ENTRY, EXIT, Fate, VarId};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, StmtId};

/// So many states are looked at in a function.
const MOST: usize = 1 << 14;

/// Expressions nested more deeply are not looked into.
pub(super) const DEEPEST: u32 = 200;

/// A point of a path.
pub(super) struct Point {
    pub node: uioscope_source::body::NodeId,
    state: Rc<State>,
    pub from: Option<usize>,
    pub note: Option<RefStep>,
    /// Something is taken or dropped there.
    pub acts: bool,
}

/// A place that is dropped, and which of its counts.
pub(super) type DroppedPlace = (String, Kind, Dropping);

/// On which paths something is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dropping {
    Ever,
    /// After it was stored where others see it.
    Stored,
    /// Where the function does not fail.
    Good,
}

/// What makes a finding another one.
type Key = (u32, Fault, String, Vec<DroppedPlace>);

/// What stands around the function decides about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hangs {
    /// Nothing does.
    Nowhere,
    /// The owner is that parameter: its callers may keep it.
    Callers(usize),
    /// What the lent pointer was stored in may live no longer than its owner, as a member of that name is set back elsewhere.
    SetBack(String),
    /// Whoever is registered beside the function may drop what it holds at this exit, with what it returns: zero, or not.
    Partner(Option<bool>),
}

/// A finding without its function.
pub(super) struct Found {
    pub line: u32,
    pub fault: Fault,
    pub object: String,
    /// Why it is not certain.
    pub doubts: Vec<Doubt>,
    pub steps: Vec<RefStep>,
    /// What it hangs on.
    pub hangs: Hangs,
    /// Functions that were called on the path and may keep the owner.
    pub helpers: Vec<String>,
    /// It is one only if the function drops one of these places on another path.
    pub only_if_dropped: Vec<DroppedPlace>,
}

/// What the paths of a function show.
#[derive(Default)]
pub(super) struct Walked {
    pub found: Vec<Found>,
    /// Offsets of the calls.
    pub taken: BTreeSet<u32>,
    pub dropped: BTreeSet<u32>,
    pub exits: Vec<Exit>,
    pub gave_up: bool,
}

pub(super) struct Walk<'w, 'b, 't> {
    pub body: &'w Body<'b>,
    pub calls: Calls<'w, 't>,
    /// The line of a place.
    pub lines: &'w dyn Fn(u32) -> u32,
    pub before: Before,
    pub out: Walked,
    /// Places that are dropped on some path.
    pub drops: BTreeSet<DroppedPlace>,
    /// How paths end that answer with a constant.
    pub answers: BTreeMap<Answer, usize>,
    pub points: Vec<Point>,
    pub at: usize,
    pub seen: BTreeSet<Key>,
}

pub(super) fn walk(body: &Body<'_>, function: StmtId, calls: Calls<'_, '_>, lines: &dyn Fn(u32) -> u32) -> Walked {
    let before = Before::of(body, function, &calls);
    let mut w = Walk {
        body,
        calls,
        lines,
        before,
        out: Walked::default(),
        drops: BTreeSet::new(),
        answers: BTreeMap::new(),
        points: Vec::new(),
        at: 0,
        seen: BTreeSet::new(),
    };
    w.run();
    w.same_answers();
    let drops = std::mem::take(&mut w.drops);
    w.out.found.retain(|f| f.only_if_dropped.is_empty() || f.only_if_dropped.iter().any(|p| drops.contains(p)));
    let mut seen = BTreeSet::new();
    w.out.found.retain(|f| seen.insert((f.line, f.fault, f.object.clone())));
    w.out.exits.sort();
    w.out.exits.dedup();
    w.out
}

impl Walk<'_, '_, '_> {
    fn run(&mut self) {
        // Whoever is handed something is asked at each exit what became of it.
        let to_the_end = !self.before.params.is_empty();
        self.points = vec![Point { node: ENTRY, state: Rc::default(), from: None, note: None, acts: false }];
        let mut seen: FxHashSet<(u32, Rc<State>)> = FxHashSet::default();
        let mut queue = VecDeque::from([0usize]);
        while let Some(at) = queue.pop_front() {
            self.at = at;
            let (node, mut state) = (self.points[at].node, State::clone(&self.points[at].state));
            if self.points.len() > MOST {
                self.out.gave_up = true;
                return;
            }
            if node == EXIT {
                self.leave(&state);
                continue;
            }
            let n = &self.body.nodes[node as usize];
            let mut goes_on = true;
            // `do … while (0)` and `while (1)`.
            if n.assume.is_some_and(|(test, holds)| truth(self.body, test) == Some(!holds)) {
                continue;
            }
            if n.assume.is_some() || n.chosen.is_some() {
                let facts = facts(self.body, n, &self.calls);
                goes_on = self.assume(&mut state, &facts);
                // `if (p == curproc)`: the caller's own, which does not exit meanwhile.
                let is_own = |key: &str| self.calls.rules.common.current.iter().any(|c| has_word(key, c));
                let own = |fact: &Fact| matches!(fact, Fact::True(key, true) if key.contains("==") && is_own(key));
                state.asked |= facts.iter().any(own);
                let test = n.assume.map(|a| self.body.text(a.0));
                state.asked |= test.is_some_and(|t| self.calls.rules.shows_exiting(&String::from_utf8_lossy(t)));
                if let Some((test, holds)) = n.assume.filter(|(test, _)| self.lowers(*test)) {
                    state.ended = (holds != self.is_not_last(test)).then_some(node);
                }
                self.note_branch(n.assume, n.chosen.as_ref());
            }
            if let Some(root) = n.root {
                goes_on &= self.root(&mut state, root);
            }
            if !goes_on {
                continue;
            }
            for &next in &n.next {
                let mut state = state.clone();
                state.prune(next, &self.before);
                if !to_the_end && state.refs.is_empty() && state.lent.is_empty() && !self.before.ahead[next as usize] {
                    continue;
                }
                let state = Rc::new(state);
                // Each way out is one of its own, even where nothing else differs.
                if next == EXIT || seen.insert((next, state.clone())) {
                    self.points.push(Point { node: next, state, from: Some(at), note: None, acts: false });
                    queue.push_back(self.points.len() - 1);
                }
            }
        }
    }

    /// Evaluates what a node evaluates; `false`: nothing comes after it.
    fn root(&mut self, state: &mut State, root: ExprId) -> bool {
        if self.before.heads.contains(&root) {
            self.next_round(state, root);
        }
        let goes_on = self.eval(state, root, 0);
        let note = match self.body.fate(root) {
            Fate::Initial(var) => {
                let name = self.body.name(self.body.vars[var as usize].name);
                if self.before.cleaned.contains_key(&name) {
                    // The scope of the last round has ended.
                    state.refs.retain(|(place, _), _| place != &name);
                }
                self.assign_var(state, var, name, root);
                None
            }
            Fate::Returned => {
                self.returns(state, root);
                Some(RefStep { line: self.line(root), what: "return".to_owned() })
            }
            _ => None,
        };
        let said = self.said(root);
        self.points[self.at].acts = said.is_some();
        if let Some(step) = said.or(note) {
            self.points[self.at].note = Some(step);
        }
        goes_on
    }

    /// A macro that stands for a loop's head gives its variables other values.
    fn next_round(&self, state: &mut State, head: ExprId) {
        let Expr::Call { args, .. } = self.body.ast.expr(head) else { return };
        for (i, &arg) in self.body.ast.list(args).iter().enumerate() {
            if let Some(var) = self.body.var(self.body.strip(arg)) {
                let name = squeezed(self.body, arg);
                if i == 0 || !self.before.params.contains_key(&name) {
                    state.forget_var(var, &name);
                }
            }
        }
    }

    /// What a branch says; `false`: it cannot be taken here.
    fn assume(&self, state: &mut State, facts: &[Fact]) -> bool {
        let names = |key: &str, state: &State| self.resolved(key, state);
        facts.iter().all(|fact| state.assume(fact, &self.before, &names))
    }

    /// The place that a condition's text is about.
    fn resolved(&self, key: &str, state: &State) -> String {
        let text = key.replace('.', "->");
        let of = root(&text);
        let alias = state.aliases.iter().find(|(var, _)| self.body.name(self.body.vars[**var as usize].name) == of);
        let text = match alias {
            Some((_, place)) => format!("{place}{}", &text[of.len()..]),
            None => text,
        };
        state.named(text)
    }

    /// The place of an expression, by the name that its reference has.
    pub(super) fn place(&self, state: &State, e: ExprId) -> Option<String> {
        Some(state.named(place(self.body, e, &state.aliases)?))
    }

    /// Evaluates; `false`: nothing comes after it.
    fn eval(&mut self, state: &mut State, e: ExprId, depth: u32) -> bool {
        if depth > DEEPEST {
            self.out.gave_up = true;
            return true;
        }
        let body = self.body;
        let ast = body.ast;
        if let Some(arm) = self.chosen_arm(e) {
            return arm.is_none_or(|arm| self.eval(state, arm, depth + 1));
        }
        match ast.expr(e) {
            Expr::Choice { test, then, other } => {
                let goes_on = self.eval(state, test, depth + 1);
                self.either(state, then, Some(other), depth);
                return goes_on;
            }
            Expr::Binary { op: Op::And | Op::Or, lhs, rhs } => {
                let goes_on = self.eval(state, lhs, depth + 1);
                self.either(state, None, Some(rhs), depth);
                return goes_on;
            }
            Expr::Assign { lhs, rhs, op } => {
                let mut goes_on = self.eval(state, rhs, depth + 1);
                if ast.expr(body.strip(lhs)) != Expr::Name {
                    goes_on &= self.eval(state, lhs, depth + 1);
                }
                match op {
                    AssignOp::Set => self.assign(state, lhs, rhs),
                    AssignOp::Other => self.forget(state, lhs),
                    AssignOp::Add | AssignOp::Sub => {
                        self.forget(state, lhs);
                        self.count(state, lhs, op == AssignOp::Add);
                    }
                }
                return goes_on;
            }
            Expr::Unary { op: op @ (Op::Increment | Op::Decrement), operand } => {
                self.count(state, operand, op == Op::Increment);
                self.forget(state, operand);
                return true;
            }
            Expr::Call { callee, args } => {
                let name = callee_name(body, callee);
                let list = ast.list(args).to_vec();
                let mut goes_on = true;
                for &arg in &list {
                    goes_on &= self.eval(state, arg, depth + 1);
                }
                if self.calls.rules.keeps_owner(&String::from_utf8_lossy(body.text(e))) {
                    state.asked = true;
                }
                match self.calls.callee(&name) {
                    Callee::Take(kind, take) => self.take(state, e, kind, &take.clone(), &list),
                    Callee::Drop(kind, rule) => {
                        if let Some(&arg) = list.get(rule.arg)
                            && let Some(object) = self.place(state, arg)
                        {
                            self.drop(state, e, object, kind, false);
                        }
                    }
                    // Also where the tree itself defines what raises and lowers counts.
                    _ if self.counted(state, e, &name, &list) => {}
                    Callee::Summed(summary) => self.apply(state, e, &summary, &list),
                    Callee::Nothing => self.handed(state, &name, true, &list),
                    Callee::Unknown if name.is_empty() => self.handed(state, &squeezed(body, callee), false, &list),
                    Callee::Unknown => self.handed(state, &name, false, &list),
                }
                return goes_on && !self.calls.rules.common.noreturn.contains(&name);
            }
            Expr::Member { base, .. } => {
                if let Some(place) = self.place(state, base) {
                    self.used(state, &place, base);
                }
            }
            Expr::Sizeof { .. } => return true,
            // Of a struct that is made of them nobody knows where it goes.
            Expr::Init { items } => {
                for &item in ast.list(items) {
                    let value = match ast.expr(item) {
                        Expr::Field { value, .. } => value,
                        _ => item,
                    };
                    if let Some(place) = self.place(state, value) {
                        self.elsewhere(state, &place, None);
                        if self.before.objects.contains(&place) {
                            state.stored.insert(place);
                        }
                    }
                }
            }
            _ => {}
        }
        let mut below = Vec::new();
        ast.operands(e, &mut |o| below.push(o));
        // All of them are evaluated, also after one that does not return.
        let mut goes_on = true;
        for o in below {
            goes_on &= self.eval(state, o, depth + 1);
        }
        goes_on
    }

    /// One of two is evaluated, or one or nothing, and nobody knows which.
    fn either(&mut self, state: &mut State, one: Option<ExprId>, other: Option<ExprId>, depth: u32) {
        let mut second = state.clone();
        one.map(|e| self.eval(state, e, depth + 1));
        other.map(|e| self.eval(&mut second, e, depth + 1));
        state.unite(&second);
    }

    /// What of a choice is evaluated at this point of the path, as far as it is made.
    pub(super) fn chosen_arm(&self, e: ExprId) -> Option<Option<ExprId>> {
        let node = self.points.get(self.at)?.node;
        self.body.arm(&self.body.nodes[node as usize].arms, e)
    }

    /// `lhs` gets another value.
    pub(super) fn forget(&self, state: &mut State, lhs: ExprId) {
        let name = squeezed(self.body, lhs);
        match self.body.var(self.body.strip(lhs)) {
            Some(var) => state.forget_var(var, &name),
            None => state.forget_facts(&name),
        }
    }

    /// A variable gets the value of an expression.
    fn assign_var(&mut self, state: &mut State, var: VarId, name: String, rhs: ExprId) {
        let (value, released) = self.value(rhs);
        let from = self.place(state, value).or_else(|| self.addressed(value));
        let results = self.results(rhs);
        // What it held is not lost if the new value is made of it.
        if from.as_deref() != Some(&name) {
            self.overwritten(state, &name, rhs, true);
        }
        if let (Some(from), true) = (&from, released) {
            state.forget_var(var, &name);
            state.rename(&from.clone(), &name);
            return;
        }
        state.forget_var(var, &name);
        if self.before.params.contains_key(&name) {
            state.given.insert(name.clone());
        }
        for (key, sure) in results {
            // `error = take(…)`: what the call's result is, is now the variable's value.
            for r in state.refs.values_mut() {
                if let Held::Maybe(on, ..) = &mut r.held
                    && *on == key
                {
                    on.clone_from(&name);
                }
            }
            if state.refs.keys().any(|(p, _)| *p == key) {
                state.rename(&key, &name);
                for ((p, _), r) in &mut state.refs {
                    if *p == name && !sure && r.held == Held::Yes(1) {
                        r.held = Held::Maybe(name.clone(), true, Otherwise::Gone);
                    }
                }
            }
        }
        if self.allocates(value) {
            state.lasting.insert(name.clone());
        }
        let is_wanted = |from: &str| self.before.named.contains(&name) || self.is_lent(from);
        let from = from.filter(|from| root(from) != name && is_wanted(from));
        if let Some(from) = from.filter(|from| !repeats(from)) {
            state.aliases.insert(var, from);
        } else if self.before.related.contains(&name) {
            state.set(&name, truth(self.body, value), constant(self.body, value));
        }
    }

    /// The expression behind what hands on a pointer that an attribute would drop, and whether there is such a thing.
    pub(super) fn value(&self, e: ExprId) -> (ExprId, bool) {
        let e = self.body.strip(e);
        if let Some(Some(arm)) = self.chosen_arm(e) {
            return self.value(arm);
        }
        if let Expr::Call { callee, args } = self.body.ast.expr(e)
            && let [only] = self.body.ast.list(args)
            && self.calls.rules.common.releases.contains(&callee_name(self.body, callee))
        {
            return (*only, true);
        }
        // `return crhold(cred)`: what takes hands on what it got.
        if let Expr::Call { callee, args } = self.body.ast.expr(e)
            && let Some((_, take)) = self.calls.rules.take(&callee_name(self.body, callee))
            && let Some(&arg) = take.arg.and_then(|i| self.body.ast.list(args).get(i)).filter(|_| take.fails.is_none())
        {
            return self.value(arg);
        }
        // `mm = ctx->mm = current->mm`
        if let Expr::Assign { rhs, op: AssignOp::Set, .. } = self.body.ast.expr(e) {
            return self.value(rhs);
        }
        (e, false)
    }

    /// The struct that a pointer is the address of: `&init_mm`.
    fn addressed(&self, e: ExprId) -> Option<String> {
        let Expr::Unary { op: Op::AddrOf, operand } = self.body.ast.expr(self.body.strip(e)) else { return None };
        let operand = self.body.strip(operand);
        let is_pointer = self.body.var(operand).is_some_and(|v| self.body.vars[v as usize].ty.pointers > 0);
        (self.body.ast.expr(operand) == Expr::Name && !is_pointer).then(|| squeezed(self.body, operand))
    }

    fn assign(&mut self, state: &mut State, lhs: ExprId, rhs: ExprId) {
        let target = self.body.strip(lhs);
        match self.body.var(target) {
            Some(var) => self.assign_var(state, var, squeezed(self.body, target), rhs),
            None => self.store(state, target, rhs),
        }
    }

    /// The calls whose result an expression can be, and whether it always is.
    pub(super) fn results(&self, e: ExprId) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        let mut work = vec![(e, true)];
        while let Some((e, sure)) = work.pop() {
            let e = self.body.strip(e);
            if let Some(arm) = self.chosen_arm(e) {
                work.extend(arm.map(|arm| (arm, sure)));
                continue;
            }
            match self.body.ast.expr(e) {
                Expr::Call { .. } => found.push((super::place::call_key(e), sure)),
                Expr::Choice { test, then, other } => {
                    work.push((then.unwrap_or(test), false));
                    work.push((other, false));
                }
                Expr::Binary { op: Op::Comma, rhs, .. } => work.push((rhs, sure)),
                Expr::Assign { rhs, op: AssignOp::Set, .. } => work.push((rhs, sure)),
                _ => {}
            }
        }
        found
    }

    fn allocates(&self, e: ExprId) -> bool {
        match self.body.ast.expr(self.body.strip(e)) {
            Expr::Call { callee, .. } => self.calls.rules.common.allocators.contains(&callee_name(self.body, callee)),
            _ => false,
        }
    }
}

/// A list is walked: its members have no names.
fn repeats(place: &str) -> bool {
    let mut members: Vec<&str> = place.split("->").skip(1).collect();
    let all = members.len();
    members.sort_unstable();
    members.dedup();
    members.len() < all
}
