//! What functions do to references that they are handed, summed up once, callees first.

use super::rules::{Drops, Kind, Rules, Take};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::decls::functions::{Functions, Place};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::decls::types::Types;

/// What becomes of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// The caller has one more.
    Takes,
    /// It is stored where others see it.
    Keeps,
    /// The caller has one less.
    Drops,
}

impl Act {
    /// The word for tools.
    pub const fn name(self) -> &'static str {
        match self {
            Act::Takes => "takes",
            Act::Keeps => "keeps",
            Act::Drops => "drops",
        }
    }
}

/// With which result of the function something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// With every one.
    Always,
    /// Zero, false or `NULL`.
    Zero,
    /// Any other.
    Nonzero,
    /// The result does not tell.
    Sometimes,
}

impl When {
    /// The word for tools.
    pub const fn name(self) -> &'static str {
        match self {
            When::Always => "always",
            When::Zero => "zero",
            When::Nonzero => "nonzero",
            When::Sometimes => "sometimes",
        }
    }
}

/// One thing that a function does to what it is handed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Effect {
    /// Which argument.
    pub param: usize,
    /// The members behind it.
    pub members: Vec<String>,
    pub kind: Kind,
    pub act: Act,
    pub when: When,
    /// In which other argument it is kept, as far as that is known.
    pub into: Option<usize>,
}

/// A function in short.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Summary {
    pub effects: Vec<Effect>,
    /// The result is a reference, and whether it can be none.
    pub gives: Option<(Kind, bool)>,
}

impl Summary {
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.gives.is_none()
    }

    /// Of several functions that may be meant: what not all do is not sure.
    pub fn joined(mut self, other: &Summary) -> Summary {
        if self == *other {
            return self;
        }
        for e in &other.effects {
            if !self.effects.contains(e) {
                self.effects.push(e.clone());
            }
        }
        for e in &mut self.effects {
            e.when = When::Sometimes;
        }
        self.effects.sort();
        self.effects.dedup();
        if self.gives != other.gives {
            self.gives = None;
        }
        self
    }
}

/// How one path through a function ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exit {
    /// Whether what is returned is known to be zero or not.
    pub returned: Option<bool>,
    /// What became of what hangs on the parameters, by number and members; nothing where there is nothing to act on.
    pub acts: BTreeMap<(usize, Vec<String>, Kind), Act>,
    /// In which parameter one is kept.
    pub into: BTreeMap<usize, usize>,
    /// Parameters, with members, that are known to be null.
    pub nulls: BTreeSet<(usize, Vec<String>)>,
    /// A reference is returned, and whether it may be none.
    pub gives: Option<(Kind, bool)>,
}

/// Sums up the ends of all paths.
pub(super) fn sum(exits: &[Exit]) -> Summary {
    let places: BTreeSet<&(usize, Vec<String>, Kind)> = exits.iter().flat_map(|e| e.acts.keys()).collect();
    let mut effects = Vec::new();
    for place in places {
        let is_null = |e: &Exit| (0..=place.1.len()).any(|n| e.nulls.contains(&(place.0, place.1[..n].to_vec())));
        let ends: Vec<(Option<bool>, Option<Act>)> =
            exits.iter().filter(|e| !is_null(e)).map(|e| (e.returned, e.acts.get(place).copied())).collect();
        for act in [Act::Takes, Act::Keeps, Act::Drops] {
            let with = |e: &&(Option<bool>, Option<Act>)| e.1 == Some(act);
            let without = |e: &&(Option<bool>, Option<Act>)| e.1 != Some(act);
            if !ends.iter().any(|e| with(&e)) {
                continue;
            }
            let only = |value| {
                ends.iter().filter(with).all(|e| e.0 == Some(value))
                    && ends.iter().filter(without).all(|e| e.0 == Some(!value))
            };
            let when = if ends.iter().all(|e| with(&e)) {
                When::Always
            } else if only(false) {
                When::Zero
            } else if only(true) {
                When::Nonzero
            } else {
                When::Sometimes
            };
            let kept = |e: &Exit| e.into.get(&place.0).copied();
            let into = exits.iter().find_map(kept).filter(|_| act == Act::Keeps && place.1.is_empty());
            effects.push(Effect { param: place.0, members: place.1.clone(), kind: place.2, act, when, into });
        }
    }
    let given: BTreeSet<Kind> = exits.iter().filter_map(|e| e.gives).map(|g| g.0).collect();
    let fails = exits.iter().any(|e| e.gives.is_none_or(|g| g.1));
    let others_give_none = exits.iter().all(|e| e.gives.is_some() || e.returned == Some(false));
    let gives = match given.first() {
        Some(&kind) if given.len() == 1 && others_give_none => Some((kind, fails)),
        _ => None,
    };
    Summary { effects, gives }
}

/// What all functions do, as far as known.
pub(super) struct Table<'t> {
    pub functions: Functions<'t>,
    sums: FxHashMap<Place, Summary>,
    names: FxHashSet<String>,
}

/// What is known of a called function.
pub(super) enum Callee<'c> {
    Take(Kind, &'c Take),
    Drop(Kind, &'c Drops),
    Summed(Summary),
    /// It does nothing to references that it is handed.
    Nothing,
    Unknown,
}

impl<'t> Table<'t> {
    pub fn new(functions: Functions<'t>) -> Table<'t> {
        Table { functions, sums: FxHashMap::default(), names: FxHashSet::default() }
    }

    /// Notes what a function does; whether that is news.
    pub fn put(&mut self, name: &str, at: Place, summary: Summary) -> bool {
        let old = self.sums.get(&at);
        if old == Some(&summary) || old.is_none() && summary.is_empty() {
            return false;
        }
        self.names.insert(name.to_owned());
        self.sums.insert(at, summary);
        true
    }

    /// The names of functions that do something.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.names.iter().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Every function that does something.
    pub fn all(&self) -> Vec<(Place, &Summary)> {
        let mut all: Vec<(Place, &Summary)> =
            self.sums.iter().filter(|(_, s)| !s.is_empty()).map(|(p, s)| (*p, s)).collect();
        all.sort();
        all
    }

    /// Whether a function does that to something that it is handed, with some result.
    pub fn does(&self, name: &str, from: &str, act: Act) -> bool {
        self.names.contains(name)
            && self.of(name, from).is_some_and(|sum| sum.effects.iter().any(|effect| effect.act == act))
    }

    fn of(&self, name: &str, from: &str) -> Option<Summary> {
        let places = self.functions.definitions(name, from);
        if places.is_empty() {
            return None;
        }
        if !self.names.contains(name) {
            return Some(Summary::default());
        }
        let nothing = Summary::default();
        places
            .iter()
            .map(|p| self.sums.get(p).unwrap_or(&nothing))
            .fold(None, |all: Option<Summary>, one| Some(all.map_or_else(|| one.clone(), |all| all.joined(one))))
    }
}

/// Who is called, as seen from one file.
#[derive(Clone, Copy)]
pub(super) struct Calls<'c, 't> {
    pub rules: &'c Rules,
    pub table: &'c Table<'t>,
    pub path: &'c str,
    /// Declarations, for types.
    pub lookup: &'c Lookup<'t>,
}

impl<'c, 't> Calls<'c, 't> {
    pub fn types(&self) -> Types<'c, 't> {
        Types { lookup: self.lookup, path: self.path }
    }

    pub fn callee(&self, name: &str) -> Callee<'c> {
        if let Some((kind, take)) = self.rules.take(name) {
            return Callee::Take(kind, take);
        }
        if let Some((kind, drop)) = self.rules.drop(name) {
            return Callee::Drop(kind, drop);
        }
        match self.table.of(name, self.path) {
            None if self.rules.common.only_asks(name) => Callee::Nothing,
            None => Callee::Unknown,
            Some(s) if s.is_empty() => Callee::Nothing,
            Some(s) => Callee::Summed(s),
        }
    }

    /// Whether a function takes, keeps or drops what it is handed.
    pub fn matters(&self, name: &str) -> bool {
        self.rules.is_named(name)
            || self.table.names.contains(name) && self.table.of(name, self.path).is_some_and(|s| !s.is_empty())
    }
}
