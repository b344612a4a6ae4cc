//! `uioscope`: what a kernel's I/O request field is really used for, and what it takes to change it.
//!
//! This package only wires: it reads arguments, calls the analyzer or the model, and hands the result to a report.
//!
//! - *Invariant:* no analysis and no rendering here.
//! - *Invariant:* everything that goes to a terminal and comes from outside is made safe first.

use std::process::ExitCode;

mod apply;
mod ask;
mod audit;
mod cli;
mod cli_gate;
mod cli_index;
mod cli_ktrace;
mod cli_lsp;
mod cli_model;
mod explain;
mod filter;
mod gate;
mod index;
mod input;
mod ktrace;
mod lsp;
mod lsp_answers;
mod migrate;
mod model;
mod output;
mod packs;
mod parse;
mod progress;
mod refs;
mod shell;
mod status;

/// Thousands of files are read into memory by several threads at once, which the system's allocator serialises.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
