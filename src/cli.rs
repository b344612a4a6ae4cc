//! The arguments, and who they are for.

pub use crate::cli_gate::{GateArgs, GateFormat};
pub use crate::cli_index::{IndexArgs, KeepArgs};
pub use crate::cli_ktrace::{
    CallArgs, ConvertArgs, DumpArgs, DumpFormat, HintArgs, InfoArgs, KtraceCommand, LayoutArgs, Target,
};
pub use crate::cli_lsp::LspArgs;
pub use crate::cli_model::{
    CheckArgs, CheckFormat, Departures, ExploreArgs, ExportArgs, MatrixArgs, ModelCommand, Question, SearchArgs,
    SimulateArgs, TableFormat, Unwanted, WhyArgs,
};
use crate::filter::FailOn;
use crate::output::Output;
use crate::status::{Status, complain};
use crate::{ask, audit, explain, gate, index, ktrace, lsp, migrate, model, packs, parse, refs, shell};
use anyhow::{Context, Result};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use uioscope_analyzer::finding::{Access, Role};
use uioscope_migration::Column;

const AFTER: &str = "Exit status: 0 when all went well, 1 when --fail-on found something, 2 when input was lost, \
                     the ledger does not add up, or nothing could be done.";

/// Finds out what a kernel's I/O request field is really used for, and what it takes to change it.
///
/// Without a command, the embedded sample kernel is audited.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Use this many threads; 0 uses all cores.
    #[arg(long, global = true, value_name = "N", default_value_t = 0, hide_default_value = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(..=1024))]
    jobs: u16,

    /// Write colours `always`, `never`, or by `auto` only to a terminal and unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Audit every use of the field in a source tree.
    Audit(AuditArgs),
    /// Hold a tree to what is known of it: fail on every abuse that a baseline does not let pass.
    Check(GateArgs),
    /// Explain a finding: the way from the load to each of its roles, step by step.
    Explain(ExplainArgs),
    /// Say what an argument of a function ends up as: for each definition its roles, and the way to each.
    Callees(CalleesArgs),
    /// List the functions that use a process, or what else the field points to, for a role.
    Who(WhoArgs),
    /// Say where code does not keep its references to address spaces: leaks, double drops, uses after the drop.
    Refs(RefsArgs),
    /// Play designs and policies through every interleaving, or through large workloads.
    Model {
        #[command(subcommand)]
        command: ModelCommand,
    },
    /// Hold every finding against every design: what stays, what is edited, what breaks, and how.
    WhatIf(WhatIfArgs),
    /// Make the checklist of a migration, or say how far one has come.
    Plan(PlanArgs),
    /// Make the patch of a migration, one diff a step, or apply it.
    Patch(PatchArgs),
    /// Read kernel traces of all the BSDs, and write them in a format that any machine can read.
    Ktrace {
        #[command(subcommand)]
        command: KtraceCommand,
    },
    /// Serve an editor by the language server protocol, on standard input and output.
    Lsp(LspArgs),
    /// List, show and check role packs.
    Packs {
        #[command(subcommand)]
        command: Option<PacksCommand>,
    },
    /// Keep the analysis of a tree, so that the next audit of it takes no time as long as nothing changes.
    Index(KeepArgs),
    /// Say how much of a source tree the parser understands.
    Parse(ParseArgs),
    /// Print completions for a shell: put them where it looks for them.
    Completions {
        /// Complete for `bash`, `elvish`, `fish`, `powershell` or `zsh`.
        #[arg(value_name = "SHELL", hide_possible_values = true)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page of this program, or of one of its commands.
    Man {
        /// Print the page of this command, such as `audit` or `model check`.
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Print the JSON schema of a document that is written, or list the names of them all.
    Schema {
        /// Print the schema of this document, such as `audit`.
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

/// Arguments of `uioscope audit`.
#[derive(Debug, Default, Args)]
pub struct AuditArgs {
    /// Audit this directory or file, or standard input for `-`; without it, the embedded sample kernel.
    #[arg(value_name = "PATH")]
    pub tree: Option<PathBuf>,

    /// Track this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,

    /// Write the report as `text`, `json`, `markdown`, `html` (a page to look at), `gnu` (a line a finding, for editors) or `sarif` (for code hosts).
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: AuditFormat,

    /// Write the report to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Show only findings that have one of these roles; may be repeated.
    #[arg(long, value_name = "ROLE,..|abuse", value_delimiter = ',', value_parser = fail_on)]
    pub role: Vec<FailOn>,

    /// Show only findings of these kinds: `load`, `store`, `decl`, `mention`; may be repeated.
    #[arg(long, value_name = "KIND,..", value_delimiter = ',', value_parser = access)]
    pub access: Vec<Access>,

    /// Show only findings in files or directories that match this glob, such as `sys/kern/**`; may be repeated.
    #[arg(long, value_name = "GLOB")]
    pub path: Vec<String>,

    /// Show each finding in its source, with carets.
    #[arg(long)]
    pub excerpts: bool,

    /// Exit with status 1 when a shown finding has one of these roles, or any abuse for `abuse`.
    #[arg(long, value_name = "ROLE,..|abuse", value_delimiter = ',', value_parser = fail_on)]
    pub fail_on: Vec<FailOn>,

    #[command(flatten)]
    pub index: IndexArgs,
}

/// Arguments of `uioscope explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Explain the finding with this id (its start is enough), those at PATH:LINE, or what this function does to references.
    #[arg(value_name = "ID|PATH:LINE|FUNCTION")]
    pub what: String,

    /// Audit this directory or file; without it, the embedded sample kernel.
    #[arg(value_name = "TREE")]
    pub tree: Option<PathBuf>,

    /// Show all ways to each role, up to 100 of them, instead of the shortest.
    #[arg(long)]
    pub all_paths: bool,

    /// Track this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,

    /// Of references, know the functions in this TOML file too.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,

    #[command(flatten)]
    pub index: IndexArgs,
}

/// Which tree is asked, and how the answer is written.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// Ask this directory or file; without it, the embedded sample kernel.
    #[arg(value_name = "TREE")]
    pub tree: Option<PathBuf>,

    /// Track this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,

    /// Write the answer as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,
}

/// Arguments of `uioscope refs`.
#[derive(Debug, Args)]
pub struct RefsArgs {
    /// Look at this directory or file, or standard input for `-`; without it, at the embedded sample kernel.
    #[arg(value_name = "PATH")]
    pub tree: Option<PathBuf>,

    /// Know the functions in this TOML file too, which take and drop references.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,

    /// Write the findings as `text`, `markdown`, `json` or `html` (a page to look at).
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Format,

    /// Write the findings to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Exit with status 1 when a reference is not kept.
    #[arg(long)]
    pub fail: bool,
}

/// Arguments of `uioscope callees`.
#[derive(Debug, Args)]
pub struct CalleesArgs {
    /// Follow this argument, counted from 0, of this function or vnode operation, such as `psignal#0` or `VOP_OPEN#3`.
    #[arg(value_name = "NAME#ARG", value_parser = argument)]
    pub what: (String, usize),

    #[command(flatten)]
    pub ask: AskArgs,
}

/// Arguments of `uioscope who`.
#[derive(Debug, Args)]
pub struct WhoArgs {
    /// List functions that reach this role, such as `limits`.
    #[arg(value_name = "ROLE", value_parser = role)]
    pub role: Role,

    #[command(flatten)]
    pub ask: AskArgs,
}

/// Which tree is migrated, and from what.
#[derive(Debug, Default, Args)]
pub struct MigrateArgs {
    /// Work on this directory or file; without it, on the embedded sample kernel.
    #[arg(value_name = "TREE")]
    pub tree: Option<PathBuf>,

    /// Replace this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,
}

/// Arguments of `uioscope what-if`.
#[derive(Debug, Args)]
pub struct WhatIfArgs {
    #[command(flatten)]
    pub tree: MigrateArgs,

    /// List findings by what this design does to them: `proc`, `lwp`, `proc+representative-lwp`, `vmspace`, `vmspace-borrowed`, `vmspace-referenced`.
    #[arg(long, value_name = "DESIGN", default_value = "vmspace", hide_default_value = true, value_parser = column)]
    pub to: Column,

    /// Write the report as `text`, `json`, `markdown` or `html` (a page to look at).
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Format,

    /// Write the report to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What the field becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanTo {
    /// The address space.
    Vmspace,
    /// An LWP.
    Lwp,
}

/// Arguments of `uioscope plan`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PlanArgs {
    #[command(subcommand)]
    pub command: Option<PlanCommand>,

    #[command(flatten)]
    pub tree: MigrateArgs,

    /// Plan the way to `vmspace` or to `lwp`.
    #[arg(
        long,
        value_name = "DESIGN",
        default_value = "vmspace",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub to: PlanTo,

    /// Write the plan as `text`, `json`, `markdown` or `html` (a page to look at).
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Format,

    /// Write the plan to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Commands of `uioscope plan`.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Audit again, and tick what is done of a plan.
    Status {
        /// Read the plan from this file, written by `uioscope plan --format json`.
        #[arg(value_name = "PLAN")]
        plan: PathBuf,

        /// Audit this directory or file; without it, the embedded sample kernel.
        #[arg(value_name = "TREE")]
        tree: Option<PathBuf>,

        /// Write the answer as `text` or `json`.
        #[arg(
            long,
            value_name = "FORMAT",
            default_value = "text",
            hide_default_value = true,
            hide_possible_values = true
        )]
        format: Figures,
    },
}

/// What a patch is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PatchTo {
    /// Unified diffs that make the field an address space.
    Vmspace,
    /// A semantic patch of the mechanical part.
    Cocci,
}

/// Arguments of `uioscope patch`.
#[derive(Debug, Args)]
pub struct PatchArgs {
    #[command(flatten)]
    pub tree: MigrateArgs,

    /// Write diffs to `vmspace`, or the mechanical part as a semantic patch for `cocci`.
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "vmspace",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub to: PatchTo,

    /// Make also the edits whose meaning may change; the plan says how.
    #[arg(long = "unsafe")]
    pub unsafe_too: bool,

    /// Make only the edits of this step, by its name in the plan.
    #[arg(long, value_name = "STEP")]
    pub only: Option<String>,

    /// With --only: also the steps without which its edits do not compile.
    #[arg(long, requires = "only")]
    pub with_needs: bool,

    /// Write one file a step into this directory.
    #[arg(short, long, value_name = "DIR", conflicts_with = "apply")]
    pub output: Option<PathBuf>,

    /// Write the edits into the tree, each file whole or not at all, and list the files.
    #[arg(long)]
    pub apply: bool,

    /// Refuse to edit files that changed since this plan was written as JSON.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
}

/// Commands of `uioscope packs`.
#[derive(Debug, Subcommand)]
pub enum PacksCommand {
    /// Print a built-in role pack, to copy and change it.
    Show {
        /// Print the pack of this name.
        name: String,
    },
    /// Check a role pack, and say what it holds.
    Check {
        /// Check the pack in this TOML file.
        file: PathBuf,
    },
}

/// Arguments of `uioscope parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// Parse this directory or file, or standard input for `-`; without it, the embedded sample kernel.
    #[arg(value_name = "PATH")]
    pub tree: Option<PathBuf>,

    /// Print how many function bodies were parsed without a skipped token, and why others were not.
    #[arg(long, required_unless_present = "facts")]
    pub stats: bool,

    /// Print what the parser understood, one fact a line: definitions, declarations, accesses, assignments, calls, tests.
    #[arg(long, conflicts_with = "stats")]
    pub facts: bool,

    /// List this many of the files that were understood least.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub worst: usize,

    /// Write the figures as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,

    /// Write the figures to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How an audit is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For tools.
    Json,
    /// For a tracker.
    Markdown,
    /// To look at, filter and tick: one file.
    Html,
}

/// How an audit is reported to people, tools, editors and code hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AuditFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For tools.
    Json,
    /// For a tracker.
    Markdown,
    /// A line a finding, as compilers write it.
    Gnu,
    /// For code hosts: SARIF 2.1.0.
    Sarif,
    /// To look at, filter and tick: one file.
    Html,
}

/// How figures are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Figures {
    /// For a terminal.
    Text,
    /// For tools.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn colors(self, output: &Output) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
                !refused && !dumb && output.is_terminal()
            }
        }
    }
}

fn role(name: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::name).join(", ");
    Role::parse(name).ok_or_else(|| format!("there is no such role; one of {}", known()))
}

fn column(name: &str) -> Result<Column, String> {
    let known = || Column::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    let found = Column::ALL.iter().copied().find(|c| c.name() == name);
    found.ok_or_else(|| format!("there is no such design; one of {}", known()))
}

fn argument(text: &str) -> Result<(String, usize), String> {
    let parts = text.split_once('#').and_then(|(name, n)| Some((name, n.parse().ok()?)));
    match parts {
        Some((name, n)) if !name.is_empty() => Ok((name.to_owned(), n)),
        _ => Err("write it as NAME#ARG with the argument counted from 0, for instance psignal#0".to_owned()),
    }
}

fn access(name: &str) -> Result<Access, String> {
    let known = || Access::ALL.map(Access::name).join(", ");
    Access::ALL
        .into_iter()
        .find(|a| a.name() == name)
        .ok_or_else(|| format!("there is no such kind; one of {}", known()))
}

fn fail_on(name: &str) -> Result<FailOn, String> {
    match name {
        "abuse" => Ok(FailOn::Abuse),
        _ => role(name).map(FailOn::Role).map_err(|e| format!("{e}, abuse")),
    }
}

/// Reads the arguments, does what they say, and answers with the exit status.
pub fn run() -> ExitCode {
    let arguments =
        shell::with_command(&Cli::command(), std::env::args_os().collect(), &|path| Path::new(path).exists());
    let status = execute(&Cli::parse_from(arguments)).unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        Status::Trouble
    });
    status.into()
}

fn execute(cli: &Cli) -> Result<Status> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(cli.jobs.into());
    pool.build_global().context("--jobs: the threads cannot be started")?;
    let colors = |output: &Output| cli.color.colors(output);
    match &cli.command {
        None => audit::run(&AuditArgs::default(), colors),
        Some(Command::Audit(args)) => audit::run(args, colors),
        Some(Command::Check(args)) => gate::run(args, colors),
        Some(Command::Explain(args)) => explain::run(args, colors),
        Some(Command::Callees(args)) => ask::callees(args, colors),
        Some(Command::Who(args)) => ask::who(args, colors),
        Some(Command::Model { command }) => model::run(command, colors),
        Some(Command::WhatIf(args)) => migrate::what_if(args, colors),
        Some(Command::Plan(args)) => migrate::plan(args, colors),
        Some(Command::Patch(args)) => migrate::patch(args),
        Some(Command::Refs(args)) => refs::run(args, colors),
        Some(Command::Ktrace { command }) => ktrace::run(command, colors),
        Some(Command::Lsp(args)) => lsp::run(args),
        Some(Command::Packs { command }) => packs::run(command.as_ref(), colors),
        Some(Command::Index(args)) => index::run(args),
        Some(Command::Parse(args)) => parse::run(args, colors),
        Some(Command::Completions { shell }) => shell::completions(Cli::command(), *shell),
        Some(Command::Man { command }) => shell::manual(Cli::command(), command),
        Some(Command::Schema { name }) => shell::schema(name.as_deref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_is_explained_in_one_sentence() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments().filter(|a| !a.is_global_set() || command.get_name() == "uioscope") {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty() && !help.contains(". "), "{}: {help}", argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
