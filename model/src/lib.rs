//! Lifetimes in, verdicts out: what happens when the LWP exits before the uio is completed?
//!
//! A [`Scenario`] says how many procs, LWPs, vmspaces and requests there are, what a request carries and what exit and exec do
//! about requests in flight. [`explore()`] plays it through every interleaving and gives a [`Report`]: which properties
//! are violated, each with a shortest trace.
//!
//! Two LWPs share a vmspace; one submits and exits:
//!
//! ```
//! use uioscope_model::{Ability, Design, Property, Scenario};
//!
//! let two = Scenario::new(Design::Lwp).lwps(2).start([(2, 0)]).allow([Ability::Disk, Ability::LwpExit]);
//! let report = two.check()?;
//! assert_eq!(report.violated(), [Property::UseAfterFreeLwp]);
//! assert_eq!(report.violations[0].steps, 4);
//! assert_eq!(report.violations[0].trace[2].to_string(), "lwp-exit p0 l0");
//! # Ok::<(), uioscope_model::Impossible>(())
//! ```
//!
//! - *Invariant:* data in, data out; no file is read and nothing is printed here.
//! - *Invariant:* all engines run the same transition function, [`step::Machine::each`].
//! - *Invariant:* a stale pointer is known to be stale, whatever its slot is used for since.
//! - *Invariant:* the same input gives the same result, with any number of threads.
#![forbid(unsafe_code)]

pub mod action;
pub mod book;
pub mod condition;
pub mod explore;
pub mod export;
pub mod generate;
pub mod library;
pub mod matrix;
pub mod nearest;
pub mod pack;
pub mod property;
pub mod scenario;
pub mod simulate;
pub mod state;
pub mod step;
pub mod symmetry;
pub mod trace;
pub mod why;
pub mod witness;
pub mod words;

pub use action::{Act, Action};
pub use explore::{End, Options, Report, Verdict, Violation, explore};
pub use matrix::{Matrix, matrix};
pub use nearest::nearest;
pub use property::{Event, Property};
pub use scenario::{Impossible, Scenario, ScenarioError, Start, Steps};
pub use trace::{Trace, TraceError};
pub use words::{
    Ability, Aspect, Closing, Counts, Design, ExecMap, GiveBack, Guard, Hold, Kernel, LwpPolicy, Name, Policy,
    ReleaseIn, Source, Stand, Take, VforkParent, Writers,
};
