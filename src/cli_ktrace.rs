//! The arguments of `uioscope ktrace`.

use crate::cli::Figures;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use uioscope_ktrace::layout::{ORIGINS, Origin};
use uioscope_ktrace::system::{DIALECTS, Kind, System};
use uioscope_reports::ktrace::text;

/// Commands of `uioscope ktrace`.
#[derive(Debug, Subcommand)]
pub enum KtraceCommand {
    /// Say what a trace is: who wrote it and how sure that is, what it holds, where it is damaged.
    Info(InfoArgs),
    /// Print a trace record by record.
    Dump(DumpArgs),
    /// Write a trace in the neutral format, which any machine can read, or for a viewer.
    Convert(ConvertArgs),
    /// Lay a struct out on every machine, and say what makes it unfit as a file format.
    Layout(LayoutArgs),
}

/// What is known of a trace beforehand.
#[derive(Debug, Args)]
pub struct HintArgs {
    /// Take the trace for one of this system, such as `netbsd14`, `openbsd56` or `freebsd93`.
    #[arg(long, value_name = "SYSTEM", value_parser = system)]
    pub system: Option<System>,

    /// Take the trace for one of this machine, such as `i386`, `amd64` or `sparc64`.
    #[arg(long, value_name = "ABI", value_parser = abi)]
    pub abi: Option<String>,

    /// Read the trace as one of this system on this machine, such as `netbsd4-i386`, whatever it looks like.
    #[arg(long, value_name = "SYSTEM-ABI", value_parser = assumed, conflicts_with_all = ["system", "abi"])]
    pub assume: Option<&'static Origin>,

    /// Read the trace as this kernel's own `ktrace.h` declares it, on the machine of --abi: of a system that is not known.
    #[arg(long, value_name = "KTRACE.H", requires = "abi", conflicts_with_all = ["system", "assume"])]
    pub header: Option<PathBuf>,

    /// Look for what --header needs in this directory; without it, in the nearest one above that holds `sys/types.h`.
    #[arg(long, value_name = "DIR", requires = "header")]
    pub tree: Option<PathBuf>,
}

/// Arguments of `uioscope ktrace info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Read this trace, or standard input for `-`.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Write what is found as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,

    /// Write what is found to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub hints: HintArgs,
}

/// Where names of system calls come from.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// Name system calls by this table: a kernel's own `syscalls.master`.
    #[arg(long, value_name = "FILE")]
    pub calls: Option<PathBuf>,
}

/// Arguments of `uioscope ktrace layout`.
#[derive(Debug, Args)]
pub struct LayoutArgs {
    /// Read the struct from this header.
    #[arg(value_name = "HEADER.h")]
    pub header: PathBuf,

    /// Lay this struct out, by its tag or a typedef's name.
    #[arg(value_name = "STRUCT")]
    pub name: String,

    /// Look for types and macros in this directory; without it, in the nearest one above that holds `sys/types.h`.
    #[arg(long, value_name = "DIR")]
    pub tree: Option<PathBuf>,

    /// Lay it out on these machines only.
    #[arg(long, value_name = "ABI,…", value_delimiter = ',', value_parser = abi)]
    pub abi: Vec<String>,

    /// Write the layouts as `text` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: Figures,

    /// Write the layouts to this file, which keeps its old content until the new one is whole.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `uioscope ktrace dump`.
#[derive(Debug, Args)]
pub struct DumpArgs {
    /// Read this trace, or standard input for `-`.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Print only these types: letters as ktrace(1) has them, or names such as `syscall,namei`.
    #[arg(short = 't', value_name = "TYPES", value_parser = types)]
    pub types: Option<Types>,

    /// Print only records of this process; may be repeated.
    #[arg(short = 'p', value_name = "PID", allow_negative_numbers = true)]
    pub pid: Vec<i32>,

    /// Print the time since the record before.
    #[arg(short = 'R', group = "times")]
    pub relative: bool,

    /// Print the time since 1970.
    #[arg(short = 'T', group = "times")]
    pub absolute: bool,

    /// Print the time since the first record.
    #[arg(short = 'E', group = "times")]
    pub elapsed: bool,

    /// Print arguments and return values in decimal.
    #[arg(short = 'd')]
    pub decimal: bool,

    /// Print no more than this many bytes of data; without it, 64 in text and all in JSON.
    #[arg(short = 'm', value_name = "BYTES")]
    pub most: Option<usize>,

    /// Print data in hexadecimal.
    #[arg(short = 'x')]
    pub hexadecimal: bool,

    /// Print what is appended to the file as it comes, until interrupted.
    #[arg(long)]
    pub follow: bool,

    /// Print lines of `text`, one `json` document, or `jsonl`, one object a line.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, hide_possible_values = true)]
    pub format: DumpFormat,

    #[command(flatten)]
    pub calls: CallArgs,

    #[command(flatten)]
    pub hints: HintArgs,
}

/// Arguments of `uioscope ktrace convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// Read this trace, or standard input for `-`.
    #[arg(value_name = "IN")]
    pub file: PathBuf,

    /// Write to this file, which keeps its old content until the new one is whole, or to standard output for `-`.
    #[arg(value_name = "OUT")]
    pub out: PathBuf,

    /// Write the `neutral` format, or events for `perfetto`.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "neutral",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub to: Target,

    /// Replace OUT if it is there.
    #[arg(long)]
    pub force: bool,

    /// Compress the blocks of a neutral file.
    #[arg(long)]
    pub compress: bool,

    #[command(flatten)]
    pub calls: CallArgs,

    #[command(flatten)]
    pub hints: HintArgs,
}

/// Which types of records are printed.
#[derive(Debug, Clone)]
pub struct Types(pub Vec<Kind>);

/// How records are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DumpFormat {
    /// For a terminal.
    Text,
    /// One document.
    Json,
    /// One object a line.
    Jsonl,
}

/// What a trace is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The neutral format.
    Neutral,
    /// Chrome trace events.
    Perfetto,
}

fn system(name: &str) -> Result<System, String> {
    let known = || DIALECTS.iter().map(|d| d.name).collect::<Vec<_>>().join(", ");
    System::parse(name).ok_or_else(|| format!("there is no such system; one of {}", known()))
}

fn abi(name: &str) -> Result<String, String> {
    let known = || uioscope_ktrace::abi::ABIS.iter().map(|a| a.name).collect::<Vec<_>>().join(", ");
    uioscope_ktrace::abi::find(name)
        .map(|a| a.name.to_owned())
        .ok_or_else(|| format!("there is no such machine; one of {}", known()))
}

fn assumed(name: &str) -> Result<&'static Origin, String> {
    // A version in between is allowed and changes nothing: each record says its own.
    let parts: Vec<&str> = name.split('-').filter(|part| !matches!(*part, "v0" | "v1" | "v2" | "v3")).collect();
    let found = parts.split_last().and_then(|(abi, system)| Origin::find(System::parse(&system.join("-"))?, abi));
    let known = || ORIGINS.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("there is no such layout; one of {}", known()))
}

fn types(text: &str) -> Result<Types, String> {
    text::kinds(text).map(Types)
}
