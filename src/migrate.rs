//! `uioscope what-if`, `plan` and `patch`: from findings to the change itself.

use crate::cli::{Format, MigrateArgs, WhatIfArgs};
use crate::input;
use crate::output::Output;
use crate::packs;
use crate::progress::Progress;
use crate::status::{Status, complain, complain_of};
use anyhow::{Result, anyhow};
use uioscope_analyzer::finding::Audit;
use uioscope_analyzer::program::Program;
use uioscope_analyzer::tree::SourceTree;
use uioscope_analyzer::{Options, audit_with};
use uioscope_reports::{Style, whatif};

/// Every finding against every design.
pub fn what_if(args: &WhatIfArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let (_, audit, answer) = ask(&args.tree, |program, audit| uioscope_migration::what_if(program, audit))?;
    let report = match args.format {
        Format::Text => whatif::text(&answer, args.to, style).into_bytes(),
        Format::Markdown => whatif::markdown(&answer, args.to).into_bytes(),
        Format::Json => whatif::json(&answer),
    };
    output.finish(&report)?;
    Ok(state_of(&audit))
}

/// Reads and audits a tree, and asks `then` while the audit's indexes are there.
pub fn ask<R>(args: &MigrateArgs, then: impl FnOnce(&Program<'_, '_>, &Audit) -> R) -> Result<(SourceTree, Audit, R)> {
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let path = args.tree.as_deref();
    let progress = Progress::start(&format!("reading {}", input::name(path)));
    let tree = input::read(path)?;
    progress.stage(&format!("auditing {}", input::name(path)));
    let options = Options { field: args.field.clone(), pack, ways: 1 };
    let (audit, answer) = audit_with(&tree, &options, then).map_err(|e| anyhow!("{e}"))?;
    Ok((tree, audit, answer))
}

/// What went wrong with the input.
pub fn state_of(audit: &Audit) -> Status {
    let status = complain_of(&audit.problems);
    if audit.ledger.adds_up() {
        return status;
    }
    complain("the ledger does not add up: occurrences were lost or counted twice; do not trust this");
    Status::Trouble
}
