//! Every design under every policy of exit, of exec and of an LWP's exit.

use crate::explore::{Options, Report, Verdict, explore};
use crate::property::{Event, Property};
use crate::scenario::{Impossible, Scenario};
use crate::words::{Ability, Design, LwpPolicy, Policy};
use serde::{Deserialize, Serialize};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The schema's name and version.
pub const SCHEMA: &str = "uioscope.matrix/1";

/// A table of verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// [`SCHEMA`].
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// By design, then by the policies that vary: exit's, exec's, an LWP's exit's.
    pub cells: Vec<Cell>,
    /// Designs that the scenario cannot be asked of, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Events that the scenario wants to happen somewhere, and that happened in no cell. In a single cell a policy may be what
    /// prevents one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<Event>,
}

/// A design that a scenario cannot be asked of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which.
    pub design: Design,
    /// Why not.
    pub why: String,
}

/// One verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// What a request carries.
    pub design: Design,
    /// What exit does.
    pub exit: Policy,
    /// What exec does.
    pub exec: Policy,
    /// What an LWP's exit does, where that varies.
    #[serde(default, rename = "lwp-exit", skip_serializing_if = "Option::is_none")]
    pub lwp_exit: Option<LwpPolicy>,
    /// The answer.
    pub verdict: Verdict,
    /// Every property that is the first violation on some path.
    pub violations: Vec<Shortest>,
    /// What the scenario allows and nobody could do here; then the cell is not called safe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<Ability>,
    /// Different states, up to symmetry if that was on.
    pub states: u64,
    /// Steps taken from them.
    pub transitions: u64,
    /// Time it took.
    pub seconds: f64,
}

/// A violated property and how soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortest {
    /// Which.
    pub property: Property,
    /// Length of its shortest trace.
    pub steps: usize,
}

/// Which policies vary. Designs always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axes {
    /// Exit's.
    pub exit: bool,
    /// Exec's.
    pub exec: bool,
    /// An LWP's exit's.
    pub lwp_exit: bool,
}

impl Axes {
    /// Those of the standard question: exit and exec.
    pub const STANDARD: Axes = Axes { exit: true, exec: true, lwp_exit: false };

    /// Those that can matter in a scenario: policies of what it allows.
    pub fn of(scenario: &Scenario) -> Axes {
        let may = |ability| scenario.allow.contains(&ability);
        Axes { exit: may(Ability::Exit), exec: may(Ability::Exec), lwp_exit: may(Ability::LwpExit) }
    }
}

impl Cell {
    fn new(sc: &Scenario, axes: Axes, report: &Report) -> Cell {
        Cell {
            design: sc.design,
            exit: sc.exit,
            exec: sc.exec,
            lwp_exit: axes.lwp_exit.then_some(sc.lwp_exit),
            verdict: report.verdict(),
            violations: report.violations.iter().map(|v| Shortest { property: v.property, steps: v.steps }).collect(),
            unused: report.unused.clone(),
            states: report.states,
            transitions: report.transitions,
            seconds: report.seconds,
        }
    }
}

/// Plays `base` with every design and both policies varied; its own are ignored. Cells that were not begun before the cancel
/// flag was set are partial and have no states.
///
/// # Errors
/// The scenario is impossible.
pub fn matrix(base: &Scenario, options: &Options) -> Result<Matrix, Impossible> {
    matrix_over(base, Axes::STANDARD, options)
}

/// The values of an axis: all of them, or the one that the scenario has.
fn along<T: Copy>(varies: bool, all: &'static [T], own: T) -> Vec<T> {
    if varies { all.to_vec() } else { vec![own] }
}

/// Plays `base` with every design and the policies that `axes` names, as [`matrix`] does.
///
/// # Errors
/// The scenario is impossible under every design.
pub fn matrix_over(base: &Scenario, axes: Axes, options: &Options) -> Result<Matrix, Impossible> {
    let (mut scenarios, mut skipped) = (Vec::new(), Vec::new());
    let mut first_problem = None;
    for &design in Design::ALL {
        let base = Scenario { design, sometimes: Vec::new(), ..base.clone() };
        if let Err(problem) = base.check_sizes() {
            skipped.push(Skipped { design, why: problem.to_string() });
            first_problem = first_problem.or(Some(problem));
            continue;
        }
        for exit in along(axes.exit, Policy::ALL, base.exit) {
            for exec in along(axes.exec, Policy::ALL, base.exec) {
                for lwp_exit in along(axes.lwp_exit, LwpPolicy::ALL, base.lwp_exit) {
                    scenarios.push(Scenario { exit, exec, lwp_exit, ..base.clone() });
                }
            }
        }
    }
    if let (true, Some(problem)) = (scenarios.is_empty(), first_problem) {
        return Err(problem);
    }
    // Cells are small and many: each is searched by one thread, and the threads take the next one when they are done.
    let one = options.clone().threads(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(sc) = scenarios.get(i) else { return done };
            done.push(explore(sc, &one).map(|report| (i, Cell::new(sc, axes, &report), report.events)));
        }
    };
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let done: Result<Vec<_>, Impossible> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(scenarios.len())).map(|_| scope.spawn(work)).collect();
        let own = work();
        // A thread that panics must not take its cells out of the table unnoticed.
        let others = others.into_iter().flat_map(|t| t.join().unwrap_or_else(|panic| resume_unwind(panic)));
        own.into_iter().chain(others).collect()
    });
    let mut done = done?;
    done.sort_by_key(|(i, ..)| *i);
    let seen = |event: Event| done.iter().any(|(_, _, events)| events.iter().any(|&(e, n)| e == event && n > 0));
    let never = base.sometimes.iter().copied().filter(|&event| !seen(event)).collect();
    let cells = done.into_iter().map(|(_, cell, _)| cell).collect();
    Ok(Matrix { schema: SCHEMA.into(), scenario: base.name.clone(), cells, skipped, never })
}

impl Matrix {
    /// The cell of a design and its policies.
    pub fn cell(&self, design: Design, exit: Policy, exec: Policy) -> Option<&Cell> {
        self.cells.iter().find(|c| (c.design, c.exit, c.exec) == (design, exit, exec))
    }

    /// Whether any cell was not exhausted.
    pub fn partial(&self) -> bool {
        self.cells.iter().any(|c| c.verdict == Verdict::Partial)
    }
}
