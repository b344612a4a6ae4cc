//! What takes, drops, stores and exits do to what is held.

use super::place::{Aliases, call_key, is_below, last_member, place, root, through, truth};
use super::rules::{Fails, Kind, Take, has_word};
use super::state::{Held, Lent, Otherwise, Ref, State};
use super::summary::{Act, Summary, When};
use super::walk::{Dropping, Hangs, Walk};
use super::{Doubt, Fault};
use uioscope_source::tree::{Base, Expr, ExprId, Op};

/// More references on one thing are not counted.
const MOST_HELD: u8 = 3;

impl Walk<'_, '_, '_> {
    /// A place of a struct, or of nobody knows where, gets a value.
    pub(super) fn store(&mut self, state: &mut State, target: ExprId, rhs: ExprId) {
        let (value, _) = self.value(rhs);
        let from = self.place(state, value);
        let to = place(self.body, target, &state.aliases);
        state.forget_facts(&super::place::squeezed(self.body, target));
        if let Some(to) = &to {
            // What still names the old value goes on naming it.
            let named: Vec<_> = state.aliases.iter().filter(|(_, of)| *of == to).map(|(v, _)| *v).collect();
            if let Some(&var) = named.first() {
                let name = self.body.name(self.body.vars[var as usize].name);
                state.rename(&to.clone(), &name);
                state.aliases.remove(&var);
            }
            if self.before.params.contains_key(root(to)) {
                let is_gone = |r: &Ref| matches!(r.held, Held::Dropped(false));
                let gone: Vec<_> =
                    state.refs.iter().filter(|((p, _), r)| p == to && is_gone(r)).map(|(k, _)| k.clone()).collect();
                state.gone.extend(gone);
            }
            self.taken_back(state, to, value);
            state.forget_place(to);
            // What an owner gives up is lent no more: it is handed over.
            state.lent.remove(to);
        }
        let others_see = self.is_seen_by_others(target);
        for (key, _) in self.results(rhs) {
            if state.refs.keys().any(|(p, _)| *p == key) {
                match &to {
                    Some(to) => {
                        self.settle(state, &key, to);
                        state.rename(&key, to);
                    }
                    None => state.refs.retain(|(p, _), _| *p != key),
                }
            }
        }
        let Some(from) = from else { return };
        if others_see {
            state.hand_on(&from);
        }
        if !others_see {
            match to {
                // An array of the function's own: nobody knows which of it is dropped.
                None => self.elsewhere(state, &from, None),
                Some(to) if to != from && state.refs.keys().any(|(p, _)| *p == from) => {
                    state.copies.insert(to, from);
                }
                Some(_) => {}
            }
            return;
        }
        if !state.refs.keys().any(|(p, _)| *p == from) && !self.is_lent(&from) && !self.before.objects.contains(&from) {
            return;
        }
        let lends = self.is_lent(&from)
            && self.is_counted_type(value)
            && !self.is_of_current(&from, state, target)
            && to.as_deref().is_none_or(|to| root(to) != root(&from))
            && !to.as_deref().and_then(last_member).is_some_and(|m| self.calls.rules.is_lent(m))
            && self.outlives(state, target);
        let is_known = state.refs.keys().any(|(p, _)| *p == from);
        if lends && !is_known {
            let held = place(self.body, target, &Aliases::new()).unwrap_or_default();
            let holder = root(&held).to_owned();
            let member = last_member(&held).unwrap_or_default().to_owned();
            let lives_on = !self.before.params.contains_key(&holder);
            state.lent.insert(from.clone(), Lent { target, holder, member, lives_on });
        }
        self.elsewhere(state, &from, to.clone());
        if let Some(to) = to.filter(|to| *to != from && !is_below(&from, to)) {
            state.copies.insert(to, from.clone());
        }
        state.stored.insert(from);
    }

    /// Whether the type of a lent pointer is that of something counted, as far as it is known.
    fn is_counted_type(&self, e: ExprId) -> bool {
        let tag = self.calls.types().struct_of(self.body, e);
        tag.is_none_or(|tag| !self.calls.rules.kinds_of(&tag).is_empty())
    }

    /// The caller's own, lent to what the caller has handed in, or that of somebody who never exits.
    fn is_of_current(&self, from: &str, state: &State, target: ExprId) -> bool {
        let common = &self.calls.rules.common;
        let Some((owner, _)) = from.rsplit_once("->") else { return false };
        if common.immortal.iter().any(|c| root(owner) == c) {
            return true;
        }
        let to = place(self.body, target, &Aliases::new());
        let is_new = to.is_some_and(|to| state.lasting.contains(root(&to)));
        !is_new && common.current.iter().any(|c| has_word(owner, c))
    }

    /// A call's result that hangs on itself hangs on the place that it is stored to.
    fn settle(&self, state: &mut State, key: &str, to: &str) {
        for r in state.refs.values_mut() {
            if let Held::Maybe(on, ..) = &mut r.held
                && on == key
            {
                *on = to.to_owned();
            }
        }
    }

    /// A held reference is stored where others see it: of several counts the last that was taken, which is the higher one.
    pub(super) fn elsewhere(&self, state: &mut State, from: &str, to: Option<String>) {
        let held = state.refs.iter_mut().rev().find(|((p, _), r)| p == from && r.held.is_held());
        if let Some((_, r)) = held {
            r.held = match r.held {
                Held::Yes(n) if n > 1 => Held::Yes(n - 1),
                _ => Held::Elsewhere(to),
            };
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

    /// Whether what is stored to is there after the call: allocated here, handed in, or a variable of the file.
    fn outlives(&self, state: &State, target: ExprId) -> bool {
        let Some(place) = place(self.body, target, &Aliases::new()) else { return false };
        let of = root(&place);
        let mut e = target;
        while let Expr::Member { base, .. } | Expr::Index { base, .. } = self.body.ast.expr(e) {
            e = self.body.strip(base);
        }
        let global = self.body.ast.expr(e) == Expr::Name && self.body.var(e).is_none();
        global && !self.calls.rules.common.current.iter().any(|c| c == of)
            || state.lasting.contains(of)
            || self.before.params.contains_key(of)
    }

    /// A variable gets another value while it holds a reference.
    pub(super) fn overwritten(&mut self, state: &mut State, name: &str, e: ExprId, is_value: bool) {
        let held: Vec<(String, Kind)> =
            state.refs.iter().filter(|((p, _), r)| p == name && r.held.is_held()).map(|(k, _)| k.clone()).collect();
        if held.is_empty() {
            return;
        }
        // Another name for it stays.
        let other = state.aliases.iter().find(|(_, of)| *of == name).map(|(var, _)| *var);
        if let Some(var) = other {
            let other = self.body.name(self.body.vars[var as usize].name);
            state.aliases.remove(&var);
            state.rename(name, &other);
            return;
        }
        if let Some(copy) = state.copies.iter().find(|(_, of)| *of == name).map(|(copy, _)| copy.clone()) {
            state.copies.remove(&copy);
            state.rename(name, &copy);
            return;
        }
        let is_made_of_it = is_value && has_word(&String::from_utf8_lossy(self.body.text(e)), name);
        for key in held {
            let Some(r) = state.refs.remove(&key) else { continue };
            // What was handed on is given up by `vm = NULL`.
            let given_up = r.passed.is_some() && truth(self.body, e) == Some(false);
            if !is_made_of_it && !given_up && !r.by_hand && !self.before.params.contains_key(name) {
                self.find(Fault::Leaked, name, e, doubts(&r));
            }
        }
    }

    /// A count that is raised takes a reference, and one that is lowered drops it.
    pub(super) fn count(&mut self, state: &mut State, counter: ExprId, raised: bool) {
        self.count_at(state, counter, counter, raised, None);
    }

    fn count_at(
        &mut self,
        state: &mut State,
        at: ExprId,
        counter: ExprId,
        raised: bool,
        tried: Option<String>,
    ) -> bool {
        let Expr::Member { base, name, .. } = self.body.ast.expr(self.body.strip(counter)) else { return false };
        let Some(kind) = self.calls.rules.count(&self.body.name(name)) else { return false };
        let Some(object) = self.place(state, base) else { return true };
        if raised {
            self.out.taken.insert(self.body.ast.span(at).start);
            if tried.is_none() {
                self.owned(state, &object, at);
            }
            let held = tried.map_or(Held::Yes(1), |key| Held::Maybe(key, true, Otherwise::Gone));
            self.hold(state, object.clone(), kind, held);
            if let Some(r) = state.refs.get_mut(&(object, kind)) {
                (r.by_hand, r.raised) = (true, true);
            }
        } else {
            self.drop(state, at, object, kind, true);
        }
        true
    }

    /// Whether a call raises or lowers a count that it gets a pointer to.
    pub(super) fn counted(&mut self, state: &mut State, call: ExprId, name: &str, args: &[ExprId]) -> bool {
        let common = &self.calls.rules.common;
        let is_of = |list: &[String]| list.iter().any(|n| n == name);
        let (raises, tries, lowers) = (is_of(&common.raises), is_of(&common.tries), is_of(&common.lowers));
        if !(raises || tries || lowers) {
            return false;
        }
        // `atomic_add_int(&count, -1)`
        let is_negative = |e: &ExprId| self.body.text(self.body.strip(*e)).first() == Some(&b'-');
        let up = (raises || tries) != args.iter().any(is_negative);
        args.iter().any(|&arg| match self.body.ast.expr(self.body.strip(arg)) {
            Expr::Unary { op: Op::AddrOf, operand } => {
                self.count_at(state, call, operand, up, tries.then(|| call_key(call)))
            }
            _ => false,
        })
    }

    pub(super) fn take(&mut self, state: &mut State, call: ExprId, kind: Kind, take: &Take, args: &[ExprId]) {
        self.out.taken.insert(self.body.ast.span(call).start);
        let object = match (take.arg, take.out) {
            (Some(i), _) => args.get(i).and_then(|&arg| self.place(state, arg)),
            (_, Some(i)) => args.get(i).and_then(|&arg| {
                let place = through(self.body, arg, &["*".to_owned()], &state.aliases);
                if let Expr::Unary { op: Op::AddrOf, operand } = self.body.ast.expr(self.body.strip(arg)) {
                    if let Some(name) = &place {
                        self.overwritten(state, name, call, false);
                    }
                    self.forget(state, operand);
                }
                place
            }),
            _ => Some(call_key(call)),
        };
        let Some(object) = object else { return };
        if !take.checks {
            self.owned(state, &object, call);
        }
        let held = match take.fails {
            None => Held::Yes(1),
            Some(fails) => Held::Maybe(call_key(call), fails == Fails::Zero, Otherwise::Gone),
        };
        self.hold(state, object.clone(), kind, held);
        if let Some(r) = state.refs.get_mut(&(object, kind)).filter(|_| take.arg.is_some()) {
            r.raised = true;
        }
    }

    fn hold(&self, state: &mut State, object: String, kind: Kind, held: Held) {
        if self.is_immortal(&object) {
            return;
        }
        state.lent.remove(&object);
        let held = match state.refs.get(&(object.clone(), kind)).map(|r| &r.held) {
            Some(Held::Yes(n)) if held == Held::Yes(1) && *n >= MOST_HELD => Held::Unclear,
            Some(Held::Yes(n)) if held == Held::Yes(1) => Held::Yes(n + 1),
            Some(Held::Yes(n)) => Held::Yes(*n),
            // One is where others see it, and another is here.
            Some(Held::Elsewhere(_)) => Held::Unclear,
            _ if state.stored.contains(&object) => {
                let to = state.copies.iter().find(|(_, of)| **of == object).map(|(to, _)| to.clone());
                Held::Elsewhere(to)
            }
            _ => held,
        };
        let raised = state.refs.get(&(object.clone(), kind)).is_some_and(|r| r.raised);
        state.refs.insert((object, kind), Ref { raised, ..Ref::new(held) });
    }

    /// A reference on what an owner lends: has anybody asked whether the owner is exiting?
    fn owned(&mut self, state: &State, object: &str, at: ExprId) {
        let Some((owner, member)) = object.rsplit_once("->") else { return };
        let current = self.calls.rules.common.current.iter().any(|c| has_word(owner, c));
        // At fork: who shares its own is not exiting.
        let shares = |to: &str| last_member(to).is_some_and(|m| self.calls.rules.is_pointer(m));
        let is_shared = state.copies.iter().any(|(to, of)| of == object && shares(to));
        if self.calls.rules.is_pointer(member)
            && !is_shared
            && !current
            && !state.asked
            && !self.before.shared.contains(object)
        {
            let helpers = self.called_with(root(owner));
            let made = self.out.found.len();
            self.find(Fault::OwnerMayExit, object, at, Vec::new());
            if let Some(found) = self.out.found.get_mut(made) {
                let param = self.before.params.get(root(owner));
                found.hangs = param.map_or(Hangs::Nowhere, |param| Hangs::Callers(*param));
                found.helpers = helpers;
            }
        }
    }

    /// A variable of the function's own.
    fn is_of_unknown(&self, object: &str) -> bool {
        root(object) == object && !self.before.params.contains_key(object)
    }

    /// What never goes away needs no reference.
    fn is_immortal(&self, object: &str) -> bool {
        self.calls.rules.common.immortal.iter().any(|name| name == object)
    }

    pub(super) fn is_lent(&self, object: &str) -> bool {
        let Some((owner, member)) = object.rsplit_once("->") else { return false };
        let var = self.body.vars.iter().find(|v| self.body.name(v.name) == owner);
        let is_owner = match var.map(|v| v.ty.base) {
            Some(Base::Struct(tag)) => self.calls.rules.is_owner(&self.body.name(tag), member),
            _ => true,
        };
        is_owner && self.calls.rules.is_pointer(member)
    }

    pub(super) fn drop(&mut self, state: &mut State, call: ExprId, object: String, kind: Kind, by_hand: bool) {
        self.out.dropped.insert(self.body.ast.span(call).start);
        if self.is_immortal(&object) {
            return;
        }
        self.drops.insert((object.clone(), kind, Dropping::Ever));
        let lent = self.is_lent(&object);
        let key = (object.clone(), kind);
        let old = state.refs.get(&key).cloned().unwrap_or_else(|| Ref::new(Held::Unclear));
        // Where a variable's value comes from nobody knows, who has another reference on it is not known either.
        let others = old.raised && self.is_of_unknown(&object);
        let now = match &old.held {
            Held::Dropped(_) if others => Held::Unclear,
            // Each round drops what somebody else has had.
            Held::Dropped(false) if old.site == Some(call) => Held::Unclear,
            // Two who give up their share of what holds it: the last of them drops.
            Held::Dropped(_) if state.ended.is_some() && state.ended != old.under => Held::Unclear,
            // What an owner lends has the owner's own reference besides, and who lowers a count in the open may have several.
            Held::Dropped(taken) if *taken || !(lent || by_hand) => {
                self.find(Fault::DroppedTwice, &object, call, doubts(&old));
                Held::Dropped(false)
            }
            Held::Maybe(_, _, Otherwise::Dropped) => {
                let mut doubts = doubts(&old);
                doubts.push(Doubt::ResultUntested);
                self.find(Fault::DroppedTwice, &object, call, doubts);
                Held::Dropped(false)
            }
            Held::Yes(n) if *n > 1 => Held::Yes(n - 1),
            Held::Yes(_) | Held::Maybe(..) => Held::Dropped(true),
            Held::Elsewhere(to) => {
                if let Some(to) = to {
                    self.drops.insert((to.clone(), kind, Dropping::Ever));
                }
                self.drops.insert((object.clone(), kind, Dropping::Stored));
                Held::Dropped(true)
            }
            Held::Dropped(_) | Held::Unclear => Held::Dropped(false),
        };
        state.refs.insert(
            key,
            Ref { held: now, passed: None, by_hand, raised: old.raised, under: state.ended, site: Some(call) },
        );
    }

    pub(super) fn used(&mut self, state: &mut State, object: &str, e: ExprId) {
        let gone = state.refs.iter().find(|((p, _), r)| p == object && matches!(r.held, Held::Dropped(_)));
        let others = state.refs.iter().any(|((p, _), r)| p == object && r.held.is_held());
        let is_kept = |r: &Ref| r.by_hand || r.raised && self.is_of_unknown(object);
        if let Some((_, r)) = gone.filter(|(_, r)| !is_kept(r) && !others && !self.is_lent(object)) {
            let mut doubts = doubts(r);
            if self.before.params.contains_key(object) {
                doubts.push(Doubt::CallersOwn);
            }
            self.find(Fault::UsedAfterDrop, object, e, doubts);
            // What comes after is the same mistake.
            state.unclear(object, &|held| matches!(held, Held::Dropped(_)));
        }
    }

    /// Arguments of a function that does nothing to references, or of which nothing is known.
    pub(super) fn handed(&mut self, state: &mut State, name: &str, is_known: bool, args: &[ExprId]) {
        for &arg in args {
            let stripped = self.body.strip(arg);
            let operand = match self.body.ast.expr(stripped) {
                Expr::Unary { op: Op::AddrOf, operand } => Some(operand),
                _ => None,
            };
            if let Some(place) = operand.is_none().then(|| self.place(state, arg)).flatten() {
                self.used(state, &place, arg);
            }
            if let Some(var) = operand.filter(|o| self.body.var(*o).is_some()) {
                // Whoever has the address may store.
                let name = super::place::squeezed(self.body, var);
                state.forget_facts(&name);
                state.unclear(&name, &|held| !matches!(held, Held::Yes(_)));
            }
            self.handed_on(state, name, operand.unwrap_or(arg));
            let Some(place) = self.place(state, operand.unwrap_or(arg)) else { continue };
            if !is_known {
                self.passed(state, name, &place, operand.is_some());
            }
            self.queued(state, name, &place);
        }
    }

    /// What is put on a list by a member of it, or by its own name, stays there with its reference.
    fn queued(&self, state: &mut State, name: &str, place: &str) {
        if self.calls.rules.common.queues.iter().any(|q| q == name) {
            let held: Vec<String> =
                state.refs.keys().map(|(of, _)| of.clone()).filter(|of| is_below(place, of)).collect();
            held.iter().for_each(|of| self.elsewhere(state, of, None));
        }
    }

    /// What a lent pointer was stored in goes to a function, or a member of it to one that puts things on lists.
    fn handed_on(&self, state: &mut State, name: &str, arg: ExprId) {
        if state.lent.is_empty() {
            return;
        }
        let Some(place) = place(self.body, arg, &Aliases::new()) else { return };
        let queues = self.calls.rules.common.queues.iter().any(|q| q == name);
        if queues || !place.contains("->") {
            state.hand_on(root(&place));
        }
    }

    /// A function of which nothing is known gets a place, or its address.
    fn passed(&self, state: &mut State, name: &str, place: &str, address: bool) {
        let frees = self.calls.rules.common.frees.iter().any(|f| f == name);
        if frees && !address {
            self.freed(state, place);
            return;
        }
        for ((of, _), r) in &mut state.refs {
            if is_below(of, place) && r.passed.is_none() {
                r.passed = Some(name.to_owned());
            }
        }
    }

    /// What held references is freed: what still has a name of its own is held by that, the rest is left behind.
    fn freed(&self, state: &mut State, holder: &str) {
        let vars: Vec<(u32, String)> = state.aliases.iter().map(|(v, of)| (*v, of.clone())).collect();
        for (var, of) in vars {
            if of != holder && is_below(&of, holder) {
                let name = self.body.name(self.body.vars[var as usize].name);
                state.aliases.remove(&var);
                state.rename(&of, &name);
            }
        }
        let lent: Vec<String> = state.refs.keys().map(|(of, _)| of.clone()).filter(|of| self.is_lent(of)).collect();
        for ((of, _), r) in &mut state.refs {
            if let Held::Elsewhere(Some(to)) = &r.held
                && to != holder
                && is_below(to, holder)
                && !is_below(of, holder)
            {
                r.held = Held::Yes(1);
                // What an owner lends has the owner's own reference besides: this one was named by the holder alone.
                if lent.contains(of) {
                    r.passed = Some(FREED.to_owned());
                }
            } else if of != holder && is_below(of, holder) && r.held.is_held() {
                r.passed = Some(FREED.to_owned());
            }
        }
    }

    /// What a function is known to do.
    pub(super) fn apply(&mut self, state: &mut State, call: ExprId, summary: &Summary, args: &[ExprId]) {
        for effect in &summary.effects {
            let Some(&arg) = args.get(effect.param) else { continue };
            let Some(object) = through(self.body, arg, &effect.members, &state.aliases) else { continue };
            let object = state.named(object);
            let key = (object.clone(), effect.kind);
            let result = call_key(call);
            match (effect.act, effect.when) {
                (Act::Takes, When::Sometimes) => {
                    self.out.taken.insert(self.body.ast.span(call).start);
                    state.refs.insert(key, Ref::new(Held::Unclear));
                }
                (Act::Takes, when) => {
                    self.out.taken.insert(self.body.ast.span(call).start);
                    if effect.members.last().is_some_and(|m| m == "*") {
                        self.overwritten(state, &object, call, false);
                        if let Expr::Unary { op: Op::AddrOf, operand } = self.body.ast.expr(self.body.strip(arg)) {
                            self.forget(state, operand);
                        }
                    }
                    let held = match when {
                        When::Always | When::Sometimes => Held::Yes(1),
                        When::Zero => Held::Maybe(result, false, Otherwise::Gone),
                        When::Nonzero => Held::Maybe(result, true, Otherwise::Gone),
                    };
                    self.hold(state, object, effect.kind, held);
                }
                (Act::Drops, When::Always) => self.drop(state, call, object, effect.kind, false),
                (act, when) => {
                    if act == Act::Keeps
                        && when == When::Always
                        && let Some(&holder) = effect.into.and_then(|i| args.get(i))
                    {
                        self.lent_to(state, &key.0, holder);
                    }
                    self.changed(state, call, key, act, when);
                }
            }
        }
        if let Some((kind, fails)) = summary.gives {
            self.out.taken.insert(self.body.ast.span(call).start);
            let key = call_key(call);
            let held = if fails { Held::Maybe(key.clone(), true, Otherwise::Gone) } else { Held::Yes(1) };
            self.hold(state, key, kind, held);
        }
    }

    /// A function keeps a lent pointer in another of its arguments.
    fn lent_to(&self, state: &mut State, from: &str, holder: ExprId) {
        let Some(held) = place(self.body, holder, &Aliases::new()) else { return };
        let of = root(&held).to_owned();
        let is_known = state.refs.keys().any(|(p, _)| p == from);
        let is_new = state.lasting.contains(&of);
        if is_known || !self.is_lent(from) || !is_new || self.is_of_current(from, state, holder) {
            return;
        }
        let lent = Lent { target: holder, holder: of, member: String::new(), lives_on: is_new };
        state.lent.insert(from.to_owned(), lent);
    }

    /// A function drops or keeps what it is handed, perhaps not with every result.
    fn changed(&mut self, state: &mut State, call: ExprId, key: (String, Kind), act: Act, when: When) {
        if act == Act::Drops {
            self.out.dropped.insert(self.body.ast.span(call).start);
            self.drops.insert((key.0.clone(), key.1, Dropping::Ever));
        }
        if act == Act::Keeps && self.is_lent(&key.0) && !state.refs.contains_key(&key) {
            return;
        }
        let result = call_key(call);
        let otherwise = if act == Act::Drops { Otherwise::Dropped } else { Otherwise::Elsewhere };
        let r = state.refs.entry(key).or_insert_with(|| Ref::new(Held::Unclear));
        r.held = match (&r.held, when) {
            (Held::Yes(_) | Held::Maybe(..), When::Always) => Held::Elsewhere(None),
            (Held::Yes(1), When::Zero) => Held::Maybe(result, true, otherwise),
            (Held::Yes(1), When::Nonzero) => Held::Maybe(result, false, otherwise),
            (Held::Dropped(taken), _) if act == Act::Keeps => Held::Dropped(*taken),
            _ => Held::Unclear,
        };
    }
}

/// What holds a reference was freed.
pub(super) const FREED: &str = "\0";

/// Why a finding about a reference is not certain.
pub(super) fn doubts(r: &Ref) -> Vec<Doubt> {
    let mut all = Vec::new();
    if let Some(name) = r.passed.as_ref().filter(|n| *n != FREED) {
        all.push(Doubt::Passed(name.clone()));
    }
    if let Held::Maybe(on, _, Otherwise::Gone) = &r.held
        && !on.is_empty()
    {
        all.push(Doubt::Untested);
    }
    all
}
