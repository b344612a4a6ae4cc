//! All paths of one function, the shortest first, with what is held and what is known on each.

use super::before::{Before, callee_name};
use super::place::{Aliases, call_key, known, last_member, place, root, squeezed, truth};
use super::rules::{Fails, Rules, Take, has_word};
use super::{Fault, RefStep};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use uioscope_source::body::{Body, ENTRY, EXIT, Fate, NodeId, VarId};
use uioscope_source::text::LineIndex;
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, StmtId};

/// So many states are looked at in a function.
const MOST: usize = 1 << 14;

/// Expressions nested more deeply are not looked into.
const DEEPEST: u32 = 200;

/// What became of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Held {
    /// It is held if that is true, or not: the call that took it may have failed.
    Maybe(String, bool),
    /// It is held.
    Yes,
    /// It was stored where others see it, or returned.
    Elsewhere,
    /// It was dropped. Whether it had been taken in this function.
    Dropped(bool),
}

/// What is known at a point of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct State {
    refs: BTreeMap<String, Held>,
    aliases: Aliases,
    facts: BTreeMap<String, bool>,
    /// Places that were stored where others see them.
    stored: BTreeSet<String>,
    /// Places that an allocator gave.
    lasting: BTreeSet<String>,
    /// Somebody has asked whether an owner is exiting.
    asked: bool,
    /// What is returned, as far as known: zero or not.
    returned: Option<bool>,
}

/// A point of a path.
struct Point {
    node: NodeId,
    state: Rc<State>,
    from: Option<usize>,
    note: Option<RefStep>,
}

/// A finding without its function: line, what, of what, and the path to it.
pub(super) type Found = (u32, Fault, String, Vec<RefStep>);

/// What the paths of a function show.
#[derive(Default)]
pub(super) struct Walked {
    pub found: Vec<Found>,
    /// Offsets of the calls.
    pub taken: BTreeSet<u32>,
    pub dropped: BTreeSet<u32>,
    pub gave_up: bool,
}

struct Walk<'w, 'b> {
    body: &'w Body<'b>,
    rules: &'w Rules,
    lines: &'w LineIndex,
    before: Before,
    out: Walked,
    seen: BTreeSet<(u32, Fault, String)>,
}

pub(super) fn walk(body: &Body<'_>, function: StmtId, rules: &Rules, lines: &LineIndex) -> Walked {
    let before = Before::of(body, function, rules);
    let mut w = Walk { body, rules, lines, before, out: Walked::default(), seen: BTreeSet::new() };
    w.run();
    w.out
}

impl Walk<'_, '_> {
    fn run(&mut self) {
        let mut points = vec![Point { node: ENTRY, state: Rc::default(), from: None, note: None }];
        let mut seen: FxHashSet<(NodeId, Rc<State>)> = FxHashSet::default();
        let mut queue = VecDeque::from([0usize]);
        while let Some(at) = queue.pop_front() {
            let (node, mut state) = (points[at].node, State::clone(&points[at].state));
            if points.len() > MOST {
                self.out.gave_up = true;
                return;
            }
            if node == EXIT {
                self.leave(&points, at);
                continue;
            }
            let n = &self.body.nodes[node as usize];
            let mut goes_on = true;
            if let Some((test, holds)) = n.assume {
                goes_on = self.assume(&mut state, test, holds);
                let text: String = squeezed(self.body, test).chars().take(60).collect();
                let what = format!("{} {text}", if holds { "if" } else { "unless" });
                points[at].note = Some(RefStep { line: self.line(test), what });
            }
            if let Some(root) = n.root {
                goes_on = self.eval(&mut state, root, &points, at, 0);
                if let Fate::Initial(var) = self.body.fate(root) {
                    let name = self.body.name(self.body.vars[var as usize].name);
                    self.assign_var(&mut state, var, name, root);
                }
                if self.body.fate(root) == Fate::Returned {
                    self.returns(&mut state, root);
                    points[at].note = Some(RefStep { line: self.line(root), what: "return".to_owned() });
                }
                if let Some(step) = self.said(root) {
                    points[at].note = Some(step);
                }
            }
            if !goes_on {
                continue;
            }
            let state = Rc::new(state);
            for &next in &n.next {
                if state.refs.is_empty() && !self.before.ahead[next as usize] {
                    continue;
                }
                // Each way out is one of its own, even where nothing else differs.
                if next == EXIT || seen.insert((next, state.clone())) {
                    points.push(Point { node: next, state: state.clone(), from: Some(at), note: None });
                    queue.push_back(points.len() - 1);
                }
            }
        }
    }

    fn line(&self, e: ExprId) -> u32 {
        self.lines.line(self.body.ast.span(e).start)
    }

    /// What a person wants to read of a node: that it takes or drops.
    fn said(&self, root: ExprId) -> Option<RefStep> {
        let mut calls = Vec::new();
        self.each_call(root, &mut calls, 0);
        let name = calls.into_iter().find(|n| self.rules.take(n).is_some() || self.rules.drop(n).is_some())?;
        Some(RefStep { line: self.line(root), what: format!("{name}()") })
    }

    fn each_call(&self, e: ExprId, out: &mut Vec<String>, depth: u32) {
        if depth > DEEPEST {
            return;
        }
        if let Expr::Call { callee, .. } = self.body.ast.expr(e) {
            out.push(callee_name(self.body, callee));
        }
        let mut below = Vec::new();
        self.body.ast.operands(e, &mut |o| below.push(o));
        below.into_iter().for_each(|o| self.each_call(o, out, depth + 1));
    }

    /// What a branch says; `false`: it cannot be taken here.
    fn assume(&self, state: &mut State, test: ExprId, holds: bool) -> bool {
        if self.rules.shows_exiting(&String::from_utf8_lossy(self.body.text(test))) {
            state.asked = true;
        }
        let mut facts = Vec::new();
        known(self.body, test, holds, self.rules, &mut facts);
        for (key, value) in facts {
            if state.facts.get(&key).is_some_and(|known| *known != value) {
                return false;
            }
            state.refs.retain(|place, held| match held {
                Held::Maybe(on, wanted) if *on == key || (*on == *place && *place == key) => {
                    let taken = *wanted == value;
                    if taken {
                        *held = Held::Yes;
                    }
                    taken
                }
                _ => true,
            });
            if self.before.related.contains(&key) {
                state.facts.insert(key, value);
            }
        }
        true
    }

    /// Evaluates; `false`: nothing comes after it.
    fn eval(&mut self, state: &mut State, e: ExprId, points: &[Point], at: usize, depth: u32) -> bool {
        if depth > DEEPEST {
            return true;
        }
        let body = self.body;
        let ast = body.ast;
        match ast.expr(e) {
            Expr::Assign { lhs, rhs, op } => {
                let mut goes_on = self.eval(state, rhs, points, at, depth + 1);
                if ast.expr(body.strip(lhs)) != Expr::Name {
                    goes_on &= self.eval(state, lhs, points, at, depth + 1);
                }
                if op == AssignOp::Set {
                    self.assign(state, lhs, rhs, points, at);
                } else {
                    self.forget(state, lhs);
                    if op != AssignOp::Other {
                        self.count(state, lhs, op == AssignOp::Add, points, at);
                    }
                }
                return goes_on;
            }
            Expr::Unary { op: op @ (Op::Increment | Op::Decrement), operand } => {
                self.count(state, operand, op == Op::Increment, points, at);
                self.forget(state, operand);
                return true;
            }
            Expr::Call { callee, args } => {
                let name = callee_name(self.body, callee);
                let list = ast.list(args).to_vec();
                let mut goes_on = true;
                for &arg in &list {
                    goes_on &= self.eval(state, arg, points, at, depth + 1);
                }
                if let Some(take) = self.rules.take(&name).cloned() {
                    self.take(state, e, &take, &list, points, at);
                } else if let Some(rule) = self.rules.drop(&name)
                    && let Some(&arg) = list.get(rule.arg)
                {
                    self.drop(state, e, arg, points, at);
                } else {
                    for &arg in &list {
                        if let Some(place) = place(body, arg, &state.aliases) {
                            self.used(state, &place, arg, points, at);
                        }
                    }
                }
                return goes_on && !self.rules.common.noreturn.contains(&name);
            }
            Expr::Member { base, .. } => {
                if let Some(place) = place(body, base, &state.aliases) {
                    self.used(state, &place, base, points, at);
                }
            }
            Expr::Sizeof { .. } => return true,
            _ => {}
        }
        let mut below = Vec::new();
        ast.operands(e, &mut |o| below.push(o));
        // All of them are evaluated, also after one that does not return.
        let mut goes_on = true;
        for o in below {
            goes_on &= self.eval(state, o, points, at, depth + 1);
        }
        goes_on
    }

    /// `lhs` gets another value: what was known of it, and of what hangs on it, is not known any more.
    fn forget(&self, state: &mut State, lhs: ExprId) {
        let name = squeezed(self.body, lhs);
        match self.body.var(self.body.strip(lhs)) {
            Some(var) => forget_var(state, var, &name),
            None => state.facts.retain(|key, _| !has_word(key, &name)),
        }
    }

    /// A variable gets the value of an expression.
    fn assign_var(&self, state: &mut State, var: VarId, name: String, rhs: ExprId) {
        let from = place(self.body, rhs, &state.aliases);
        forget_var(state, var, &name);
        if let Some(key) = &self.call_of(rhs) {
            // `error = take(…)`: what the call's result is, is now the variable's value.
            for held in state.refs.values_mut() {
                if let Held::Maybe(on, _) = held
                    && on == key
                {
                    on.clone_from(&name);
                }
            }
            if let Some(held) = state.refs.remove(key) {
                state.refs.insert(name.clone(), held);
            }
            if self.allocates(rhs) {
                state.lasting.insert(name.clone());
            }
        }
        if let Some(from) = from.filter(|from| root(from) != name && self.before.named.contains(&name)) {
            state.aliases.insert(var, from);
        } else if let Some(value) = truth(self.body, rhs)
            && self.before.related.contains(&name)
        {
            state.facts.insert(name, value);
        }
    }

    fn assign(&mut self, state: &mut State, lhs: ExprId, rhs: ExprId, points: &[Point], at: usize) {
        let body = self.body;
        let target = body.strip(lhs);
        if let Some(var) = body.var(target) {
            self.assign_var(state, var, squeezed(body, target), rhs);
            return;
        }
        state.facts.retain(|key, _| *key != squeezed(body, lhs));
        let Some(from) = place(body, rhs, &state.aliases) else { return };
        if !self.is_seen_by_others(target) {
            return;
        }
        let lends = last_member(&from).is_some_and(|m| self.rules.is_pointer(m)) && self.outlives(state, target);
        match state.refs.get_mut(&from) {
            Some(held @ (Held::Yes | Held::Maybe(..))) => *held = Held::Elsewhere,
            Some(_) => {}
            None if lends => {
                let object = from.clone();
                self.find(Fault::BorrowedStored, object, lhs, points, at);
            }
            None => {}
        }
        state.stored.insert(from);
    }

    /// The key of the call that an expression is.
    fn call_of(&self, e: ExprId) -> Option<String> {
        let e = self.body.strip(e);
        matches!(self.body.ast.expr(e), Expr::Call { .. }).then(|| call_key(e))
    }

    fn allocates(&self, e: ExprId) -> bool {
        match self.body.ast.expr(self.body.strip(e)) {
            Expr::Call { callee, .. } => self.rules.common.allocators.contains(&callee_name(self.body, callee)),
            _ => false,
        }
    }

    /// Whether what is stored to is not the function's own: not a variable of its own, nor a member of one.
    fn is_seen_by_others(&self, target: ExprId) -> bool {
        let mut e = target;
        loop {
            match self.body.ast.expr(e) {
                Expr::Member { base, arrow: false, .. } | Expr::Index { base, .. } => e = self.body.strip(base),
                Expr::Member { arrow: true, .. } | Expr::Unary { op: Op::Deref, .. } => return true,
                Expr::Name => return self.body.var(e).is_none(),
                _ => return false,
            }
        }
    }

    /// Whether what is stored to is there after the call: allocated here, or a variable of the file.
    fn outlives(&self, state: &State, target: ExprId) -> bool {
        let Some(place) = place(self.body, target, &Aliases::new()) else { return false };
        let mut e = target;
        while let Expr::Member { base, .. } | Expr::Index { base, .. } = self.body.ast.expr(e) {
            e = self.body.strip(base);
        }
        let global = self.body.ast.expr(e) == Expr::Name && self.body.var(e).is_none();
        global && !self.rules.common.current.iter().any(|c| c == root(&place)) || state.lasting.contains(root(&place))
    }

    /// A count that is raised takes a reference, and one that is lowered drops it.
    fn count(&mut self, state: &mut State, counter: ExprId, raised: bool, points: &[Point], at: usize) {
        let Expr::Member { base, name, .. } = self.body.ast.expr(self.body.strip(counter)) else { return };
        if !self.rules.is_count(&self.body.name(name)) {
            return;
        }
        let Some(object) = place(self.body, base, &state.aliases) else { return };
        if raised {
            self.out.taken.insert(self.body.ast.span(counter).start);
            self.owned(state, &object, counter, points, at);
            self.hold(state, object, Held::Yes);
        } else {
            self.drop(state, counter, base, points, at);
        }
    }

    fn take(&mut self, state: &mut State, call: ExprId, take: &Take, args: &[ExprId], points: &[Point], at: usize) {
        self.out.taken.insert(self.body.ast.span(call).start);
        let object = match (take.arg, take.out) {
            (Some(i), _) => args.get(i).and_then(|&arg| place(self.body, arg, &state.aliases)),
            (_, Some(i)) => args.get(i).and_then(|&arg| match self.body.ast.expr(self.body.strip(arg)) {
                Expr::Unary { op: Op::AddrOf, operand } => {
                    self.forget(state, operand);
                    place(self.body, operand, &state.aliases)
                }
                // Through a pointer of somebody else's: it is theirs.
                _ => None,
            }),
            _ => Some(call_key(call)),
        };
        let Some(object) = object else { return };
        if !take.checks {
            self.owned(state, &object, call, points, at);
        }
        let held = match take.fails {
            None => Held::Yes,
            Some(fails) => Held::Maybe(call_key(call), fails == Fails::Zero),
        };
        self.hold(state, object, held);
    }

    fn hold(&self, state: &mut State, object: String, held: Held) {
        let held = if state.stored.contains(&object) { Held::Elsewhere } else { held };
        state.refs.insert(object, held);
    }

    /// A reference on what an owner lends: has anybody asked whether the owner is exiting?
    fn owned(&mut self, state: &State, object: &str, at_expr: ExprId, points: &[Point], at: usize) {
        let Some((owner, member)) = object.rsplit_once("->") else { return };
        let current = self.rules.common.current.iter().any(|c| has_word(owner, c));
        if self.rules.is_pointer(member) && !current && !state.asked && !self.before.shared.contains(object) {
            self.find(Fault::OwnerMayExit, object.to_owned(), at_expr, points, at);
        }
    }

    fn drop(&mut self, state: &mut State, call: ExprId, arg: ExprId, points: &[Point], at: usize) {
        self.out.dropped.insert(self.body.ast.span(call).start);
        let Some(object) = place(self.body, arg, &state.aliases) else { return };
        let lent = last_member(&object).is_some_and(|m| self.rules.is_pointer(m));
        let now = match state.refs.get(&object) {
            // What an owner lends has the owner's own reference besides.
            Some(Held::Dropped(taken)) if !lent || *taken => {
                self.find(Fault::DroppedTwice, object.clone(), call, points, at);
                Held::Dropped(false)
            }
            Some(Held::Yes | Held::Maybe(..)) => Held::Dropped(true),
            _ => Held::Dropped(false),
        };
        state.refs.insert(object, now);
    }

    fn used(&mut self, state: &State, object: &str, e: ExprId, points: &[Point], at: usize) {
        let lent = last_member(object).is_some_and(|m| self.rules.is_pointer(m));
        if !lent && matches!(state.refs.get(object), Some(Held::Dropped(_))) {
            self.find(Fault::UsedAfterDrop, object.to_owned(), e, points, at);
        }
    }

    fn returns(&self, state: &mut State, value: ExprId) {
        if let Some(object) = place(self.body, value, &state.aliases)
            && let Some(held @ (Held::Yes | Held::Maybe(..))) = state.refs.get_mut(&object)
        {
            *held = Held::Elsewhere;
        }
        if let Some(key) = self.call_of(value)
            && let Some(held) = state.refs.get_mut(&key)
        {
            *held = Held::Elsewhere;
        }
        let name = squeezed(self.body, value);
        state.returned = truth(self.body, value).or_else(|| state.facts.get(&name).copied());
    }

    /// At an exit nothing may be held that only this function knows of.
    fn leave(&mut self, points: &[Point], at: usize) {
        let state = Rc::clone(&points[at].state);
        let held = state.refs.iter().filter(|(_, held)| matches!(held, Held::Yes | Held::Maybe(..)));
        let own = |place: &str| {
            let is_var = !place.contains("->");
            // A function that never drops and succeeds takes for its caller.
            let lent = last_member(place).is_some_and(|m| self.rules.is_pointer(m))
                && !(state.returned == Some(false) && self.before.drops.is_empty());
            // In somebody else's struct it is theirs, unless this function drops it itself when it fails.
            is_var || lent || (state.returned == Some(true) && self.before.drops.contains(place))
        };
        let leaked: Vec<String> = held.filter(|(place, _)| own(place)).map(|(place, _)| place.clone()).collect();
        for object in leaked {
            let line = self.last_line(points, at);
            let shown = if object.starts_with('@') { "the result".to_owned() } else { object };
            self.report(line, Fault::Leaked, shown, points, at, None);
        }
    }

    fn last_line(&self, points: &[Point], at: usize) -> u32 {
        let mut place = Some(at);
        while let Some(i) = place {
            let node = &self.body.nodes[points[i].node as usize];
            if let Some(e) = node.root.or(node.assume.map(|(test, _)| test)) {
                return self.line(e);
            }
            place = points[i].from;
        }
        self.body.function.map_or(1, |name| self.lines.line(name.start))
    }

    fn find(&mut self, fault: Fault, object: String, e: ExprId, points: &[Point], at: usize) {
        let line = self.line(e);
        let shown: String = squeezed(self.body, e).chars().take(60).collect();
        self.report(line, fault, object, points, at, Some(RefStep { line, what: shown }));
    }

    /// Reports it once; the path is a shortest one, as paths are followed in order of length.
    fn report(&mut self, line: u32, fault: Fault, object: String, points: &[Point], at: usize, last: Option<RefStep>) {
        if !self.seen.insert((line, fault, object.clone())) {
            return;
        }
        let mut steps: Vec<RefStep> = last.into_iter().collect();
        let mut place = Some(at);
        while let Some(i) = place {
            steps.extend(points[i].note.clone());
            place = points[i].from;
        }
        steps.reverse();
        // What was before the reference was taken, or dropped, does not matter.
        let is_take = |s: &RefStep| {
            s.what.strip_suffix("()").is_some_and(|n| self.rules.take(n).is_some() || self.rules.drop(n).is_some())
        };
        if let Some(first) = steps.iter().position(is_take) {
            steps.drain(..first);
        }
        steps.dedup();
        self.out.found.push((line, fault, object, steps));
    }
}

fn forget_var(state: &mut State, var: VarId, name: &str) {
    state.facts.retain(|key, _| !has_word(key, name));
    state.aliases.remove(&var);
    state.aliases.retain(|_, place| root(place) != name);
    // What hung on the old value cannot be named any more.
    state.refs.retain(|place, _| root(place) != name);
    state.lasting.remove(name);
}
