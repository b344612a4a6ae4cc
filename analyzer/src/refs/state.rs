//! What is known at a point of a path.

use super::before::Before;
use super::place::{Aliases, Fact, differ, is_below, root};
use super::rules::{Kind, has_word};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::{NodeId, VarId};
use uioscope_source::tree::ExprId;

/// What a reference is if the condition that it hangs on turns out otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Otherwise {
    /// It was never taken.
    Gone,
    /// It was dropped.
    Dropped,
    /// It was stored where others see it.
    Elsewhere,
}

/// What became of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Held {
    /// It is held if that is true, or not: the call that took it may have failed.
    Maybe(String, bool, Otherwise),
    /// So many are held.
    Yes(u8),
    /// It was stored where others see it, or returned; where, if that has a name.
    Elsewhere(Option<String>),
    /// It was dropped. Whether it had been taken in this function.
    Dropped(bool),
    /// Nothing is known.
    Unclear,
}

impl Held {
    /// It may be left behind.
    pub fn is_held(&self) -> bool {
        matches!(self, Held::Yes(_) | Held::Maybe(_, _, Otherwise::Gone))
    }
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ref {
    pub held: Held,
    /// A function that got it, or what holds it, and of which nothing is known.
    pub passed: Option<String>,
    /// Its count was raised or lowered in the open, which frees nothing by itself.
    pub by_hand: bool,
    /// The test of another count's end under which it was dropped.
    pub under: Option<NodeId>,
    /// What dropped it last.
    pub site: Option<ExprId>,
    /// It was taken of something that was alive before, so that somebody else has a reference.
    pub raised: bool,
}

impl Ref {
    pub fn new(held: Held) -> Ref {
        Ref { held, passed: None, by_hand: false, raised: false, under: None, site: None }
    }
}

/// A lent pointer that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lent {
    /// Where to.
    pub target: ExprId,
    /// The variable at the root of that.
    pub holder: String,
    /// The member that it is.
    pub member: String,
    /// What it was stored in is seen to go on living: it is new, the file's own, or was handed on.
    pub lives_on: bool,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value {
    Is(String),
    Not(BTreeSet<String>),
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub refs: BTreeMap<(String, Kind), Ref>,
    pub aliases: Aliases,
    /// Places in structs that are copies of other places.
    pub copies: BTreeMap<String, String>,
    facts: BTreeMap<String, bool>,
    values: BTreeMap<String, Value>,
    /// Places that were stored where others see them.
    pub stored: BTreeSet<String>,
    /// Places of parameters that were dropped before they got another value.
    pub gone: BTreeSet<(String, Kind)>,
    /// Lent ones that were stored where they outlive the call, and where.
    pub lent: BTreeMap<String, Lent>,
    /// Parameters that were given another value.
    pub given: BTreeSet<String>,
    /// Places that an allocator gave.
    pub lasting: BTreeSet<String>,
    /// The test that a count came to its end which was passed last, if it did.
    pub ended: Option<NodeId>,
    /// Somebody has asked whether an owner is exiting.
    pub asked: bool,
    /// What is returned, as far as known: zero or not.
    pub returned: Option<bool>,
    /// What is returned, by the name that conditions have for it.
    pub answer: Option<String>,
    /// What is returned, if it is a constant.
    pub says: Option<String>,
    /// The returned value is a reference, and whether it may be none.
    pub gives: Option<(Kind, bool)>,
}

impl State {
    /// A place by the name that its reference has.
    pub fn named(&self, place: String) -> String {
        let found = self.copies.iter().find(|(copy, _)| is_below(&place, copy));
        match found {
            Some((copy, of)) => format!("{of}{}", &place[copy.len()..]),
            None => place,
        }
    }

    /// Whether something is known to be true.
    pub fn fact(&self, key: &str) -> Option<bool> {
        self.facts.get(key).copied()
    }

    /// What is known to be zero or null.
    pub fn false_facts(&self) -> impl Iterator<Item = &String> {
        self.facts.iter().filter(|(_, v)| !**v).map(|(k, _)| k)
    }

    /// Notes a constant.
    pub fn set(&mut self, key: &str, truth: Option<bool>, constant: Option<String>) {
        if let Some(truth) = truth {
            self.facts.insert(key.to_owned(), truth);
        }
        if let Some(constant) = constant {
            self.values.insert(key.to_owned(), Value::Is(constant));
        }
    }

    /// A branch says something; `false`: it cannot be taken here. `names` resolves copies of places.
    pub fn assume(&mut self, fact: &Fact, before: &Before, names: &dyn Fn(&str, &State) -> String) -> bool {
        match fact {
            Fact::True(key, value) => {
                if self.facts.get(key).is_some_and(|known| known != value) || !self.decide(key, *value, names) {
                    return false;
                }
                // `if (x->vm == vm)`: x has a reference of its own.
                if let (true, Some((one, other))) = (*value, key.split_once("==")) {
                    let holds = |text: &str| text.contains("->") || text.contains('.');
                    for (of, by) in [(one, other), (other, one)] {
                        if holds(by) {
                            let place = names(of, self);
                            self.unclear(&place, &|held| matches!(held, Held::Dropped(_)));
                        }
                    }
                }
                let is_place = before.params.contains_key(root(key)) && before.named.contains(root(key));
                if before.related.contains(key) || is_place {
                    self.facts.insert(key.clone(), *value);
                }
            }
            Fact::Is(key, constant, holds) => {
                match (self.values.get(key), holds) {
                    (Some(Value::Is(known)), true) if differ(known, constant) => return false,
                    (Some(Value::Is(known)), false) if known == constant => return false,
                    (Some(Value::Not(all)), true) if all.contains(constant) => return false,
                    _ => {}
                }
                if !before.related.contains(key) {
                    return true;
                }
                match (self.values.get_mut(key), holds) {
                    (Some(Value::Is(_)), false) => {}
                    (Some(Value::Not(all)), false) => drop(all.insert(constant.clone())),
                    (None, false) => {
                        self.values.insert(key.clone(), Value::Not([constant.clone()].into()));
                    }
                    (_, true) => {
                        self.values.insert(key.clone(), Value::Is(constant.clone()));
                    }
                }
            }
        }
        true
    }

    /// What a condition says of references: `false` if it contradicts that one is held.
    fn decide(&mut self, key: &str, value: bool, names: &dyn Fn(&str, &State) -> String) -> bool {
        let place = names(key, self);
        if !value && self.refs.iter().any(|((p, _), r)| matches!(r.held, Held::Yes(_)) && is_below(p, &place)) {
            return false;
        }
        self.refs.retain(|(of, _), r| match &r.held {
            Held::Maybe(on, wanted, otherwise) if *on == key || *on == place => {
                if *wanted == value {
                    r.held = Held::Yes(1);
                    return true;
                }
                r.held = match otherwise {
                    Otherwise::Gone => return false,
                    Otherwise::Dropped => Held::Dropped(true),
                    Otherwise::Elsewhere => Held::Elsewhere(None),
                };
                true
            }
            // A pointer that is null has nothing behind it.
            Held::Maybe(..) if !value && *of == place => false,
            _ => true,
        });
        true
    }

    /// A variable gets another value: what was known of it, and of what hangs on it, is not known any more.
    pub fn forget_var(&mut self, var: VarId, name: &str) {
        self.forget_facts(name);
        self.aliases.remove(&var);
        self.aliases.retain(|_, place| root(place) != name);
        self.copies.retain(|copy, place| root(copy) != name && root(place) != name);
        // What hung on the old value cannot be named any more.
        self.refs.retain(|(place, _), _| root(place) != name);
        self.lasting.remove(name);
        self.stored.retain(|place| root(place) != name);
    }

    /// A place in a struct gets another value.
    pub fn forget_place(&mut self, place: &str) {
        self.aliases.retain(|_, of| !is_below(of, place));
        self.copies.retain(|copy, of| !is_below(copy, place) && !is_below(of, place));
        self.stored.retain(|of| !is_below(of, place));
        self.refs.retain(|(of, _), _| !is_below(of, place));
    }

    /// Of a place nothing is known any more where its references are like that.
    pub fn unclear(&mut self, place: &str, is: &dyn Fn(&Held) -> bool) {
        self.refs
            .iter_mut()
            .filter(|((of, _), r)| of == place && is(&r.held))
            .for_each(|(_, r)| r.held = Held::Unclear);
    }

    /// What was known of something is not known any more.
    pub fn forget_facts(&mut self, name: &str) {
        self.facts.retain(|key, _| !has_word(key, name));
        self.values.retain(|key, _| !has_word(key, name));
    }

    /// What a lent pointer was stored in is handed on.
    pub fn hand_on(&mut self, holder: &str) {
        self.lent.values_mut().filter(|l| l.holder == holder).for_each(|l| l.lives_on = true);
    }

    /// A place's references go by another name from here on.
    pub fn rename(&mut self, from: &str, to: &str) {
        let moved: Vec<(String, Kind)> = self.refs.keys().filter(|(p, _)| is_below(p, from)).cloned().collect();
        for key in moved {
            if let Some(r) = self.refs.remove(&key) {
                self.refs.insert((format!("{to}{}", &key.0[from.len()..]), key.1), r);
            }
        }
        for of in self.aliases.values_mut().chain(self.copies.values_mut()) {
            if is_below(of, from) {
                *of = format!("{to}{}", &of[from.len()..]);
            }
        }
    }

    /// One of two things happened, and nobody knows which.
    pub fn unite(&mut self, other: &State) {
        for (key, r) in &other.refs {
            self.refs.entry(key.clone()).or_insert_with(|| Ref { held: Held::Unclear, ..r.clone() });
        }
        for (key, r) in &mut self.refs {
            if other.refs.get(key).is_none_or(|o| o.held != r.held) {
                r.held = Held::Unclear;
            }
        }
        self.aliases.retain(|var, of| other.aliases.get(var) == Some(of));
        self.copies.retain(|copy, of| other.copies.get(copy) == Some(of));
        self.facts.retain(|key, value| other.facts.get(key) == Some(value));
        self.values.retain(|key, value| other.values.get(key) == Some(value));
        self.lent.retain(|place, _| other.lent.contains_key(place));
        self.stored.extend(other.stored.iter().cloned());
        self.gone.extend(other.gone.iter().cloned());
        self.lasting.retain(|place| other.lasting.contains(place));
        self.asked |= other.asked;
    }

    /// Forgets what cannot matter any more from a node on.
    pub fn prune(&mut self, node: NodeId, before: &Before) {
        let is_ahead = |place: &str| before.is_ahead(node, root(place));
        let stays = |place: &str| before.params.contains_key(root(place)) || before.cleaned.contains_key(root(place));
        self.facts.retain(|key, _| stays(key) || before.is_fact_ahead(node, key));
        self.values.retain(|key, _| before.is_fact_ahead(node, key));
        self.refs.retain(|(place, _), r| {
            r.held.is_held()
                || is_ahead(place)
                || stays(place)
                || matches!(&r.held, Held::Maybe(..) | Held::Elsewhere(Some(_)))
        });
        let (aliases, copies) = (&self.aliases, &self.copies);
        let is_aliased = |place: &String| aliases.values().chain(copies.values()).any(|of| of == place);
        self.stored.retain(|place| is_ahead(place) || stays(place) || is_aliased(place));
        self.lasting.retain(|place| is_ahead(place));
        // What a parameter was stored in through another is asked at the exit.
        self.copies.retain(|copy, of| is_ahead(copy) || stays(copy) && before.handed.contains(of));
    }
}
