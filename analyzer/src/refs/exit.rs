//! What is left behind, returned or handed on where a path ends.

use super::Fault;
use super::before::callee_name;
use super::effect::{FREED, doubts};
use super::place::{constant, is_below, root, squeezed, truth};
use super::rules::Kind;
use super::state::{Held, Otherwise, Ref, State};
use super::summary::{Act, Exit};
use super::walk::{DroppedPlace, Dropping, Hangs, Walk};
use uioscope_source::tree::{Base, Expr, ExprId};

impl Walk<'_, '_, '_> {
    pub(super) fn returns(&mut self, state: &mut State, value: ExprId) {
        let (inner, released) = self.value(value);
        if let Some(object) = self.place(state, inner) {
            let drops = self.before.cleaned.get(&object).is_some_and(|f| self.calls.rules.drop(f).is_some());
            let found = state.refs.iter().find(|((p, _), r)| *p == object && r.held.is_held());
            // It is dropped on the way out, and whoever called gets it all the same.
            if let Some((_, r)) = found.filter(|_| drops && !released) {
                let doubts = doubts(r);
                self.find(Fault::UsedAfterDrop, &object, value, doubts);
            }
            let held = state.refs.iter_mut().rev().find(|((p, _), r)| *p == object && r.held.is_held());
            if let Some(((_, kind), r)) = held {
                state.gives = Some((*kind, matches!(r.held, Held::Maybe(..))));
                r.held = Held::Elsewhere(None);
            }
        }
        for (key, sure) in self.results(value) {
            for ((p, kind), r) in &mut state.refs {
                if *p == key {
                    state.gives = Some((*kind, !sure || matches!(r.held, Held::Maybe(..))));
                    r.held = Held::Elsewhere(None);
                }
                // `return submit(r)`: whoever called tests it.
                if let Held::Maybe(on, _, otherwise) = &r.held
                    && *on == key
                    && *otherwise != Otherwise::Gone
                {
                    r.held = Held::Unclear;
                }
            }
        }
        let (value, _) = self.value(value);
        let name = squeezed(self.body, value);
        state.says = constant(self.body, value);
        state.answer = match self.results(value).as_slice() {
            [(key, true)] => Some(key.clone()),
            _ => Some(name.clone()),
        };
        state.returned = self.error_pointer(value).or_else(|| truth(self.body, value)).or_else(|| state.fact(&name));
    }

    /// `ERR_PTR(-ESRCH)` is as good as none.
    fn error_pointer(&self, e: ExprId) -> Option<bool> {
        match self.body.ast.expr(self.body.strip(e)) {
            Expr::Call { args, callee } if !callee_name(self.body, callee).is_empty() => match self.body.ast.list(args)
            {
                [only] => truth(self.body, *only).filter(|t| *t).map(|_| false),
                _ => None,
            },
            _ => None,
        }
    }

    /// At an exit nothing may be held that only this function knows of.
    pub(super) fn leave(&mut self, state: &State) {
        // `return take(…)`: the caller tests what was not tested here.
        let untested = |answer: &String| {
            state.refs.values().find_map(|r| match &r.held {
                Held::Maybe(on, wanted, Otherwise::Gone) if on == answer => Some(*wanted),
                _ => None,
            })
        };
        match state.answer.as_ref().filter(|_| state.returned.is_none()).and_then(untested) {
            Some(wanted) => {
                let mut other = state.clone();
                other.returned = Some(wanted);
                self.note_exit(&other);
                let mut failed = other;
                failed.returned = Some(!wanted);
                failed.refs.retain(
                    |_, r| !matches!(&r.held, Held::Maybe(on, _, Otherwise::Gone) if Some(on) == state.answer.as_ref()),
                );
                self.note_exit(&failed);
            }
            None => self.note_exit(state),
        }
        self.note_answer(state);
        if state.returned != Some(true) && state.says.as_deref().is_none_or(|says| says == "0") {
            let dropped = state.refs.iter().filter(|(_, r)| matches!(r.held, Held::Dropped(_)));
            self.drops.extend(dropped.map(|((place, kind), _)| (place.clone(), *kind, Dropping::Good)));
        }
        for (object, lent) in &state.lent {
            // Who takes a reference besides shows that the owner may go.
            let sure = lent.lives_on || !self.out.taken.is_empty();
            self.find_before(Fault::BorrowedStored, object, lent.target, (!sure).then(|| lent.member.clone()));
        }
        for ((object, kind), r) in &state.refs {
            let of = root(object);
            if let Some(cleaned) = self.before.cleaned.get(object) {
                let drops = self.calls.rules.drop(cleaned).is_some();
                if drops && matches!(r.held, Held::Dropped(true)) {
                    let line = self.last_line();
                    self.report(line, Fault::DroppedTwice, object, doubts(r), Vec::new(), None);
                }
                continue;
            }
            if self.before.cleaned.contains_key(of) {
                continue;
            }
            if let Some(only_if) = self.left_behind(state, object, *kind, r) {
                let line = self.last_line();
                let made = self.out.found.len();
                self.report(line, Fault::Leaked, object, doubts(r), only_if, None);
                if let Some(found) = self.out.found.get_mut(made) {
                    found.hangs = Hangs::Partner(state.returned);
                }
            }
        }
    }

    /// What was stored where others see it gets another value, and nobody has been handed what it is in: it is this function's again,
    /// or nobody's.
    pub(super) fn taken_back(&mut self, state: &mut State, to: &str, value: ExprId) {
        if !self.called_with(root(to)).is_empty() {
            return;
        }
        for ((of, _), r) in state.refs.iter_mut().filter(|((of, _), _)| of != to) {
            if r.held == Held::Elsewhere(Some(to.to_owned())) && !is_below(of, to) {
                r.held = Held::Yes(1);
                state.stored.remove(of);
            }
        }
        let is_lost = |r: &Ref| matches!(r.held, Held::Yes(_)) && r.passed.is_none() && !r.by_hand;
        let lost = state.refs.iter().any(|((of, _), r)| of == to && is_lost(r));
        if lost
            && truth(self.body, value) == Some(false)
            && !state.copies.values().any(|of| of == to)
            && !self.is_lent(to)
        {
            self.find(Fault::Leaked, to, value, Vec::new());
        }
    }

    /// Whether an exit leaves a reference behind: nothing if it does not, else places of which the function has to drop one elsewhere
    /// for that to be wrong.
    fn left_behind(&self, state: &State, object: &str, kind: Kind, r: &Ref) -> Option<Vec<DroppedPlace>> {
        let of = root(object);
        let this = || vec![(object.to_owned(), kind, Dropping::Ever)];
        if let Held::Elsewhere(Some(to)) = &r.held {
            // In somebody else's struct it is theirs, unless this function drops it there when it fails.
            let fails = state.returned == Some(true) && r.passed.is_none();
            return (fails && !r.by_hand && self.before.params.contains_key(root(to)))
                .then(|| vec![(object.to_owned(), kind, Dropping::Stored)]);
        }
        if !r.held.is_held() {
            return None;
        }
        let is_param = self.before.params.contains_key(of);
        let var = self.body.vars.iter().find(|v| self.body.name(v.name) == of);
        if of == object {
            // A function that never drops takes for its caller.
            let is_new = state.lasting.contains(of) || object.starts_with('@');
            let own = !is_param && !r.by_hand && (is_new || !r.raised);
            return (var.is_some() || object.starts_with('@')).then(|| if own { Vec::new() } else { this() });
        }
        if r.passed.as_deref() == Some(FREED) {
            return Some(Vec::new());
        }
        // Who drops where it fails alone takes for its caller.
        if is_param && self.is_lent(object) && state.returned == Some(false) {
            return Some(vec![(object.to_owned(), kind, Dropping::Good)]);
        }
        if self.is_lent(object) {
            return if r.by_hand || state.returned != Some(true) { Some(this()) } else { Some(Vec::new()) };
        }
        let is_struct = !is_param && var.is_some_and(|v| v.ty.pointers == 0);
        if is_struct || state.lasting.contains(of) && !state.stored.contains(of) {
            return Some(if r.passed.is_none() && !r.by_hand { Vec::new() } else { this() });
        }
        (state.returned == Some(true)).then(this)
    }

    /// For the summary.
    fn note_exit(&mut self, state: &State) {
        let path = |place: &str| {
            let mut parts = place.split("->");
            let param = parts.next().filter(|of| !state.given.contains(*of))?;
            let param = *self.before.params.get(param)?;
            Some((param, parts.map(str::to_owned).collect::<Vec<String>>()))
        };
        let mut exit = Exit { returned: state.returned, gives: state.gives, ..Exit::default() };
        for ((place, kind), r) in &state.refs {
            let (place, act) = match &r.held {
                Held::Yes(_) | Held::Maybe(_, _, Otherwise::Gone) => (place, Some(Act::Takes)),
                Held::Elsewhere(Some(to)) => (to, Some(Act::Takes)),
                Held::Dropped(false) => (place, Some(Act::Drops)),
                _ => (place, None),
            };
            if let (Some((param, members)), Some(act)) = (path(place), act) {
                exit.acts.insert((param, members, *kind), act);
            }
        }
        for (place, kind) in &state.gone {
            if let Some((param, members)) = path(place) {
                exit.acts.entry((param, members, *kind)).or_insert(Act::Drops);
            }
        }
        for place in state.stored.iter().filter(|p| self.before.handed.contains(*p)) {
            let Some((param, members)) = path(place) else { continue };
            let holder = state.copies.iter().find(|(_, of)| *of == place).and_then(|(to, _)| path(to));
            exit.into.extend(holder.map(|(holder, _)| (param, holder)));
            for kind in self.kinds_of(place) {
                if !state.refs.contains_key(&(place.clone(), kind)) {
                    exit.acts.entry((param, members.clone(), kind)).or_insert(Act::Keeps);
                }
            }
        }
        for (name, param) in &self.before.params {
            if state.fact(name) == Some(false) && !state.given.contains(name) {
                exit.nulls.insert((*param, Vec::new()));
            }
        }
        for key in self.null_places(state) {
            exit.nulls.extend(path(&key));
        }
        self.out.exits.push(exit);
    }

    fn null_places(&self, state: &State) -> Vec<String> {
        let nulls = state.false_facts().map(|key| key.replace('.', "->"));
        nulls.filter(|key| self.before.params.contains_key(root(key))).collect()
    }

    fn kinds_of(&self, param: &str) -> Vec<Kind> {
        let var = self.body.vars.iter().find(|v| v.param.is_some() && self.body.name(v.name) == param);
        match var.map(|v| v.ty.base) {
            Some(Base::Struct(tag)) => self.calls.rules.kinds_of(&self.body.name(tag)),
            _ => Vec::new(),
        }
    }
}
