//! The arguments of the gate.

use crate::cli_index::IndexArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `uioscope check`.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// Check this directory or file; without it, the embedded sample kernel.
    #[arg(value_name = "TREE")]
    pub tree: Option<PathBuf>,

    /// Let pass what stands in this TOML file.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write to the baseline what is new, and take out of it what is gone.
    #[arg(long, requires = "baseline", requires = "reason")]
    pub update: bool,

    /// With --update: say why the new entries are let pass.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// With --update: say who looks after the new entries.
    #[arg(long, value_name = "WHO", requires = "update")]
    pub owner: Option<String>,

    /// Fail on abuses that are only possible, too.
    #[arg(long)]
    pub possible: bool,

    /// Track this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,

    /// Write the verdict as `text`, `json`, or `gnu` (a line for each new abuse, for editors and logs).
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: GateFormat,

    /// Write the verdict to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub index: IndexArgs,
}

/// How the gate's verdict is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    /// For a terminal.
    Text,
    /// For tools.
    Json,
    /// A line for each new abuse, as compilers write it.
    Gnu,
}
