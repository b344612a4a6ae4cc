//! The arguments of `uioscope model`.

use crate::cli::Figures;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use uioscope_model::{Design, Policy};

/// Commands of `uioscope model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Give the verdict of every design under every exit and exec policy.
    Matrix(MatrixArgs),
    /// Give the verdict of one scenario, with a shortest timeline for each property that is violated.
    Check(CheckArgs),
    /// List the built-in scenarios, with their stories.
    Scenarios,
    /// Play a trace again, and say where it stops being possible.
    Replay {
        /// Play this trace, as `check --trace` wrote it.
        #[arg(value_name = "TRACE.json")]
        trace: PathBuf,
    },
    /// Write a Rust test that plays a trace on the model's API and asserts what it shows.
    Test {
        /// Make the test from this trace, as `check --trace` wrote it.
        #[arg(value_name = "TRACE.json")]
        trace: PathBuf,

        /// Write the test to this file, which keeps its old content until the new one is whole.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write a scenario as a model for SPIN or TLC, one step there for one step here.
    Export(ExportArgs),
    /// Walk through a scenario in a browser, with stateright's explorer.
    Explore(ExploreArgs),
    /// Play a workload of thousands of processes under each exit policy, and say what it costs.
    Simulate(SimulateArgs),
}

/// How to search.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Stop after this many MiB and report what was covered.
    #[arg(long, value_name = "MIB", default_value_t = 8192)]
    pub memory: usize,

    /// Do not look for deadlock, which takes a pass of its own.
    #[arg(long)]
    pub no_deadlock: bool,

    /// Count states that differ only in numbering as different, which is slower and gives the same verdicts.
    #[arg(long)]
    pub full: bool,
}

/// Arguments of `uioscope model matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Write the table as `text`, `json` or `markdown`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: TableFormat,

    /// Write the table to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub search: SearchArgs,
}

/// Which scenario, and what to change in it.
#[derive(Debug, Args)]
pub struct Question {
    /// Play this scenario: a built-in one by its name, or those in a TOML file; without it, the standard one.
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<String>,

    /// Let requests carry this instead: `proc`, `lwp`, `proc+representative-lwp`, `vmspace-borrowed`, `vmspace-referenced`.
    #[arg(long, value_name = "DESIGN", value_parser = design)]
    pub design: Option<Design>,

    /// Let exit do this about requests in flight: `none`, `drain`, `cancel`, `cancel+drain`.
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub exit: Option<Policy>,

    /// Let exec do this about requests in flight.
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub exec: Option<Policy>,
}

/// Arguments of `uioscope model export`.
#[derive(Debug, Args)]
#[group(id = "language", required = true, multiple = false, args = ["promela", "tla"])]
pub struct ExportArgs {
    #[command(flatten)]
    pub question: Question,

    /// Write Promela, for SPIN.
    #[arg(long)]
    pub promela: bool,

    /// Write TLA+, for TLC.
    #[arg(long)]
    pub tla: bool,

    /// Write the model to this file, which keeps its old content until the new one is whole; beside NAME.tla, NAME.cfg.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `uioscope model explore`.
#[derive(Debug, Args)]
pub struct ExploreArgs {
    #[command(flatten)]
    pub question: Question,

    /// Serve the explorer on this port of this machine alone.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
}

/// Arguments of `uioscope model check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub question: Question,

    /// Write the verdict as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,

    /// Write the verdict to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Draw the timeline of the first violation into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Write the ownership graph at the end of the first violation's trace into this file, for Graphviz.
    #[arg(long, value_name = "FILE")]
    pub dot: Option<PathBuf>,

    /// Write the trace of the first violation into this file, for `replay` and `test`; if it ends in .ktrace, as a kernel trace.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,

    /// Exit with status 1 when a property is violated.
    #[arg(long)]
    pub fail: bool,

    #[command(flatten)]
    pub search: SearchArgs,
}

/// Arguments of `uioscope model simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Play this workload; without it, a built-in one.
    #[arg(value_name = "WORKLOAD.toml")]
    pub workload: Option<PathBuf>,

    /// Let requests carry this.
    #[arg(long, value_name = "DESIGN", value_parser = design, default_value = "vmspace-referenced")]
    pub design: Design,

    /// Use this seed instead of the workload's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Write the costs as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,

    /// Write the costs to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Draw memory over time and exit latency into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// How a table is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For a terminal.
    Text,
    /// For tools.
    Json,
    /// For a mail or a tracker.
    Markdown,
}

fn design(name: &str) -> Result<Design, String> {
    let known = || Design::ALL.iter().map(|d| d.name()).collect::<Vec<_>>().join(", ");
    Design::parse(name).ok_or_else(|| format!("there is no such design; one of {}", known()))
}

fn policy(name: &str) -> Result<Policy, String> {
    let known = || Policy::ALL.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
    Policy::parse(name).ok_or_else(|| format!("there is no such policy; one of {}", known()))
}
