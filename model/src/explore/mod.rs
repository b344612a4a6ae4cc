//! Exhaustive search, breadth first, so that the first trace to a violation is a shortest one.
//!
//! - *Invariant:* the same scenario and options give the same report, with any number of threads.
//! - *Invariant:* states are stored whole. Nothing is told apart by a hash alone.
//! - *Invariant:* a path ends at its first violation.

mod deadlock;
mod path;
mod search;
mod shard;

use crate::action::{Act, Action};
use crate::pack::Layout;
use crate::property::{Event, Property};
use crate::scenario::{Impossible, Scenario};
use crate::words::Ability;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to search.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads; zero: as many as the caller's pool has.
    pub threads: usize,
    /// Whether states that differ only in numbering count as one.
    pub symmetry: bool,
    /// Whether to look for deadlock, which takes about as long as the search itself.
    pub deadlock: bool,
    /// Bytes after which the search stops and reports what it has covered.
    pub memory: usize,
    /// Set from outside to stop early.
    pub cancel: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Options {
        Options { threads: 0, symmetry: true, deadlock: true, memory: 8 << 30, cancel: Arc::default() }
    }
}

impl Options {
    /// Every state for itself.
    pub fn full() -> Options {
        Options { symmetry: false, ..Options::default() }
    }

    /// With that many threads.
    pub fn threads(self, threads: usize) -> Options {
        Options { threads, ..self }
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// There is nothing more.
    Exhausted,
    /// The memory limit was reached.
    Memory,
    /// The cancel flag was set.
    Cancelled,
}

/// The answer in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No violation in any state, and all that the scenario is about happened.
    Safe,
    /// At least one violation.
    Unsafe,
    /// None so far, but not all states were seen, or something that the scenario is about never happened.
    Partial,
}

/// A property that is the first to be violated on some path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Which.
    pub property: Property,
    /// The length of the shortest trace.
    pub steps: usize,
    /// A shortest trace. For `leak` and `deadlock` its end is the state that shows it, otherwise its last step.
    pub trace: Vec<Action>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// By property.
    pub violations: Vec<Violation>,
    /// Different states seen.
    pub states: u64,
    /// Steps taken from them.
    pub transitions: u64,
    /// Levels of the search.
    pub depth: usize,
    /// States seen but not looked into, when the search stopped early.
    pub unexplored: u64,
    /// Why it ended.
    pub end: End,
    /// How often each kind of step was taken.
    pub hits: Vec<(Act, u64)>,
    /// How often each event was seen.
    pub events: Vec<(Event, u64)>,
    /// Expected events that never were.
    pub never: Vec<Event>,
    /// What the scenario allows and nobody ever could do.
    pub unused: Vec<Ability>,
    /// Declared properties that were never at stake, and a part of the condition that was true in no state.
    pub idle: Vec<(Property, String)>,
    /// Properties that the options left out.
    pub unasked: Vec<Property>,
    /// Bytes held at the end by the visited set.
    pub bytes: usize,
    /// Time it took.
    pub seconds: f64,
}

impl Report {
    /// The answer in a word.
    pub fn verdict(&self) -> Verdict {
        match (self.violations.is_empty(), self.end) {
            (false, _) => Verdict::Unsafe,
            (true, End::Exhausted) if !self.vacuous() => Verdict::Safe,
            _ => Verdict::Partial,
        }
    }

    /// The violated properties.
    pub fn violated(&self) -> Vec<Property> {
        self.violations.iter().map(|v| v.property).collect()
    }

    /// Whether the property is the first to be violated on some path.
    pub fn violates(&self, property: Property) -> bool {
        self.violations.iter().any(|v| v.property == property)
    }

    /// How often that kind of step was taken.
    pub fn hits(&self, act: Act) -> u64 {
        self.hits.iter().find(|(a, _)| *a == act).map_or(0, |(_, n)| *n)
    }

    /// Whether something that the scenario is about never happened, so that its verdict says less than it seems to.
    pub fn vacuous(&self) -> bool {
        !self.never.is_empty() || !self.unused.is_empty() || self.transitions == 0
    }

    /// Whether the violations are those that the scenario expects; `None` where it expects nothing, and where that cannot be
    /// told yet: not all states were seen, a property was not asked for, or nothing was at stake.
    pub fn meets(&self, scenario: &Scenario) -> Option<bool> {
        let expected = scenario.expect.as_ref()?;
        if self.violations.iter().any(|v| !expected.contains(&v.property)) {
            return Some(false);
        }
        let missing = |p: &Property| !self.violates(*p) && !self.unasked.contains(p);
        if self.end != End::Exhausted {
            return None;
        }
        if expected.iter().any(missing) {
            return Some(false);
        }
        let is_told = self.unasked.is_empty() && (!self.violations.is_empty() || !self.vacuous());
        is_told.then_some(true)
    }
}

impl Scenario {
    /// Plays the scenario through, with the default options.
    ///
    /// # Errors
    /// The scenario is impossible: see [`Scenario::check_sizes`].
    pub fn check(&self) -> Result<Report, Impossible> {
        explore(self, &Options::default())
    }
}

/// Plays a scenario through every interleaving.
///
/// # Errors
/// The scenario is impossible: see [`Scenario::check_sizes`].
pub fn explore(scenario: &Scenario, options: &Options) -> Result<Report, Impossible> {
    scenario.check_sizes()?;
    let run = || {
        if Layout::new(scenario).bits() <= u64::BITS {
            search::run::<u64>(scenario, options)
        } else {
            search::run::<u128>(scenario, options)
        }
    };
    if options.threads == 0 {
        return Ok(run());
    }
    // A pool that cannot be made (no threads left) is no reason to give no answer.
    Ok(match rayon::ThreadPoolBuilder::new().num_threads(options.threads).build() {
        Ok(pool) => pool.install(run),
        Err(_) => run(),
    })
}
