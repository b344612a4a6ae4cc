//! Every design under every exit and exec policy.

use crate::explore::{Options, Report, Verdict, explore};
use crate::property::Property;
use crate::scenario::{Impossible, Scenario};
use crate::words::{Design, Policy};
use serde::{Deserialize, Serialize};
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
    /// By design, then exit, then exec policy.
    pub cells: Vec<Cell>,
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
    /// The answer.
    pub verdict: Verdict,
    /// Every property that is the first violation on some path.
    pub violations: Vec<Shortest>,
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

impl Cell {
    fn new(sc: &Scenario, report: &Report) -> Cell {
        Cell {
            design: sc.design,
            exit: sc.exit,
            exec: sc.exec,
            verdict: report.verdict(),
            violations: report.violations.iter().map(|v| Shortest { property: v.property, steps: v.steps }).collect(),
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
    let mut scenarios = Vec::new();
    for &design in Design::ALL {
        for &exit in Policy::ALL {
            for &exec in Policy::ALL {
                scenarios.push(Scenario { design, exit, exec, ..base.clone() });
            }
        }
    }
    base.check_sizes()?;
    // Cells are small and many: each is searched by one thread, and the threads take the next one when they are done.
    let one = options.clone().threads(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(sc) = scenarios.get(i) else { return done };
            done.push(explore(sc, &one).map(|report| (i, Cell::new(sc, &report))));
        }
    };
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let done: Result<Vec<(usize, Cell)>, Impossible> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(scenarios.len())).map(|_| scope.spawn(work)).collect();
        let own = work();
        own.into_iter().chain(others.into_iter().flat_map(|t| t.join().unwrap_or_default())).collect()
    });
    let mut done = done?;
    done.sort_by_key(|(i, _)| *i);
    let cells = done.into_iter().map(|(_, cell)| cell).collect();
    Ok(Matrix { schema: SCHEMA.into(), scenario: base.name.clone(), cells })
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
