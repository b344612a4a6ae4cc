//! The arguments of `uioscope model`.

use crate::cli::Figures;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use uioscope_model::nearest::hint;
use uioscope_model::{Act, Design, LwpPolicy, Policy, Property};

/// Commands of `uioscope model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Give the verdict of every design under every policy that can matter, of the standard question or of a scenario.
    Matrix(MatrixArgs),
    /// Give the verdict of one scenario, with a shortest timeline for each property that is violated.
    Check(CheckArgs),
    /// Say what a safe verdict rests on, or the smallest change that makes an unsafe scenario safe.
    Why(WhyArgs),
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
    #[cfg(feature = "explorer")]
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
    /// Play this scenario: a built-in one by its name, or those in a TOML file; without it, the standard one.
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<String>,

    /// Let an LWP's exit do this, or `all` of it in turn, which is the default for scenarios in which LWPs exit.
    #[arg(long, value_name = "POLICY|all", value_parser = lwp_policy_or_all)]
    pub lwp_exit: Option<Departures>,

    /// Write the table as `text`, `json`, `markdown` or `html` (a page to look at).
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

    /// Let an LWP's exit do this about its own: the same, or `detach`, `take-over`, `reparent`.
    #[arg(long, value_name = "POLICY", value_parser = lwp_policy)]
    pub lwp_exit: Option<LwpPolicy>,
}

impl Question {
    /// Whether the flags make it another question than the scenario's.
    pub fn overrides(&self) -> bool {
        self.design.is_some() || self.exit.is_some() || self.exec.is_some() || self.lwp_exit.is_some()
    }
}

/// Which policies of an LWP's exit a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departures {
    /// Each in turn.
    All,
    /// This one.
    One(LwpPolicy),
}

/// What `model check --fail-on` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// Any violation.
    Any,
    /// One property's.
    One(Property),
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
#[cfg(feature = "explorer")]
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

    /// Write the verdict as `text`, `json` or `html` (a page to look at).
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: CheckFormat,

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

    /// Exit with status 1 when one of these properties is violated, or `any`.
    #[arg(long, value_name = "PROPERTY,..|any", value_delimiter = ',', value_parser = fail_on)]
    pub fail_on: Vec<Unwanted>,

    /// `--fail-on any`, as it was once called.
    #[arg(long, hide = true)]
    pub fail: bool,

    #[command(flatten)]
    pub search: SearchArgs,
}

/// Arguments of `uioscope model why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    #[command(flatten)]
    pub question: Question,

    /// Show a shortest trace that takes this step instead: to a violation, if one lies behind it.
    #[arg(long, value_name = "STEP", value_parser = act)]
    pub through: Option<Act>,

    /// Write the answer as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,

    /// Write the answer to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

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

    /// Let LWPs that exit do this about their own requests.
    #[arg(long, value_name = "POLICY", value_parser = lwp_policy, default_value = "none")]
    pub lwp_exit: LwpPolicy,

    /// Use this seed instead of the workload's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Play this many seeds, from the first on, and say how far the figures scatter.
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub seeds: u16,

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
    /// To look at: one file.
    Html,
}

/// How verdicts are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For a terminal.
    Text,
    /// For tools.
    Json,
    /// To look at, with timelines: one file.
    Html,
}

/// Reads a word, or says which there are and which was probably meant.
fn word<T: Copy>(what: &str, word: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    let known: Vec<&str> = all.iter().map(|&t| name(t)).collect();
    let found = all.iter().copied().find(|&t| name(t) == word);
    let hint = || hint(word, known.iter().copied());
    found.ok_or_else(|| format!("there is no such {what}; one of {}{}", known.join(", "), hint()))
}

fn design(name: &str) -> Result<Design, String> {
    word("design", name, Design::ALL, Design::name)
}

fn policy(name: &str) -> Result<Policy, String> {
    word("policy", name, Policy::ALL, Policy::name)
}

fn act(name: &str) -> Result<Act, String> {
    word("step", name, Act::ALL, Act::name)
}

fn lwp_policy(name: &str) -> Result<LwpPolicy, String> {
    word("policy of an LWP's exit", name, LwpPolicy::ALL, LwpPolicy::name)
}

fn lwp_policy_or_all(name: &str) -> Result<Departures, String> {
    if name == "all" { Ok(Departures::All) } else { lwp_policy(name).map(Departures::One) }
}

fn fail_on(name: &str) -> Result<Unwanted, String> {
    if name == "any" {
        Ok(Unwanted::Any)
    } else {
        word("property", name, Property::ALL, Property::name).map(Unwanted::One)
    }
}
