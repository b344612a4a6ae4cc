//! `uioscope what-if`, `plan` and `patch`: from findings to the change itself.

use crate::apply;
use crate::cli::{Figures, Format, MigrateArgs, PatchArgs, PatchTo, PlanArgs, PlanCommand, PlanTo, WhatIfArgs};
use crate::input;
use crate::output::Output;
use crate::packs;
use crate::progress::Progress;
use crate::status::{Status, complain, complain_of};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use uioscope_analyzer::finding::{Audit, Severity};
use uioscope_analyzer::flow::global::Program;
use uioscope_analyzer::packs::Pack;
use uioscope_analyzer::{AuditError, Options, audit_with};
use uioscope_migration::patch::{Patch, Series};
use uioscope_migration::plan::Plan;
use uioscope_migration::{Column, Wanted, cocci, series, status};
use uioscope_reports::{Style, html, plan as plans, whatif};
use uioscope_source::text::SourceTree;

/// Every finding against every design.
pub fn what_if(args: &WhatIfArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let (_, audit, (answer, is_done)) = ask(&args.tree, |program, audit| {
        (uioscope_migration::what_if(program, audit), program.target.field == program.pack.migration.member)
    })?;
    if is_done || audit.migrated.is_some() {
        complain(&match &audit.migrated {
            Some(member) => format!("already migrated: {} is gone, and {member} is declared", audit.field),
            None => format!("already migrated: {} is an address space", audit.field),
        });
    }
    let report = match args.format {
        Format::Text => whatif::text(&answer, args.to, style).into_bytes(),
        Format::Markdown => whatif::markdown(&answer, args.to).into_bytes(),
        Format::Json => whatif::json(&answer),
        Format::Html => html::what_if(&answer, args.to, said(&audit), env!("CARGO_PKG_VERSION")).into_bytes(),
    };
    output.finish(&report)?;
    Ok(state_of(&audit))
}

/// The checklist.
pub fn plan(args: &PlanArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    if let Some(PlanCommand::Status { plan, tree, format }) = &args.command {
        return standing(plan, tree.as_deref(), *format, colors);
    }
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let to = match args.to {
        PlanTo::Vmspace => Column::Vmspace,
        PlanTo::Lwp => Column::Lwp,
    };
    let (_, audit, (plan, _)) = ask(&args.tree, |program, audit| uioscope_migration::plan(program, audit, to))?;
    let report = match args.format {
        Format::Text => plans::text(&plan, style).into_bytes(),
        Format::Markdown => plans::markdown(&plan).into_bytes(),
        Format::Json => plans::json(&plan),
        Format::Html => html::plan(&plan, said(&audit), env!("CARGO_PKG_VERSION")).into_bytes(),
    };
    output.finish(&report)?;
    Ok(state_of(&audit))
}

/// What a page must say first: that input was lost, or that there is nothing to migrate.
fn said(audit: &Audit) -> Vec<String> {
    let lost = audit.problems.iter().filter(|p| p.severity == Severity::Error).count();
    let mut out: Vec<String> = Vec::new();
    if lost > 0 {
        out.push(format!("Input was lost: {lost} problems, named in the audit's report."));
    }
    if !audit.ledger.adds_up() {
        out.push("The ledger of the audit does not add up: do not trust this.".to_owned());
    }
    if let Some(member) = &audit.migrated {
        out.push(format!("Already migrated: {} is gone, and {member} is declared.", audit.field));
    }
    out
}

/// No plan is longer than this.
const LONGEST: u64 = 256 << 20;

fn old_plan(path: &Path) -> Result<status::OldPlan> {
    let text = input::small_text(path, LONGEST, "a plan")?;
    status::read(&text).map_err(|e| anyhow!("{}: {e}", path.display()))
}

/// How far a plan has come.
fn standing(plan: &Path, tree: Option<&Path>, format: Figures, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let old = old_plan(plan)?;
    let output = Output::open(None)?;
    let style = Style { color: colors(&output) };
    let tree = input::read(tree)?;
    let options = Options { field: Some(old.field.clone()), pack: None, ways: 1 };
    let column = if old.to == Column::Lwp.name() { Column::Lwp } else { Column::Vmspace };
    let planned = |program: &Program<'_, '_>, audit: &Audit| {
        (uioscope_migration::plan(program, audit, column).0, program.pack.migration.clone())
    };
    let (findings, problems, fresh, note) = match audit_with(&tree, &options, planned) {
        Ok((audit, _)) if audit.migrated.is_some() => {
            (audit.findings, audit.problems, None, Some(format!("{} is gone", old.field)))
        }
        Ok((audit, fresh)) => (audit.findings, audit.problems, Some(fresh), None),
        // The last step removes it.
        Err(AuditError::NoField { .. } | AuditError::Nothing { .. }) => {
            (Vec::new(), tree.problems.clone(), None, Some(format!("{} is gone", old.field)))
        }
        Err(e) => return Err(anyhow!("{e}")),
    };
    let builtin = || Pack::builtin(&old.pack).ok().map(|p| p.migration).filter(|m| m.is_known());
    let words = fresh.as_ref().map(|f| f.1.clone()).filter(|m| m.is_known()).or_else(builtin);
    // What the new member is used for says whether the steps did what the plan says.
    let of = old.field.split('.').next().unwrap_or_default();
    let new = words.as_ref().and_then(|words| {
        let field = Some(format!("{of}.{}", words.member));
        audit_with(&tree, &Options { field, pack: Pack::builtin(&old.pack).ok(), ways: 1 }, planned).ok()
    });
    let after = status::After {
        tree: &tree,
        words: words.as_ref(),
        findings: new.as_ref().map_or(&[], |n| &n.0.findings),
        is_declared: new.is_some(),
    };
    let fresh = fresh.or_else(|| new.as_ref().map(|n| n.1.clone()));
    let (steps, unplanned) = status::standing(&old, &tree, &findings, fresh.as_ref().map(|f| &f.0), &after);
    let status = plans::Status {
        schema: plans::STATUS_SCHEMA,
        field: &old.field,
        steps: &steps,
        unplanned: &unplanned,
        note: note.as_deref(),
    };
    let report = match format {
        Figures::Text => plans::status_text(&status, style).into_bytes(),
        Figures::Json => plans::status_json(&status),
    };
    output.finish(&report)?;
    Ok(complain_of(&problems))
}

/// The patch.
pub fn patch(args: &PatchArgs) -> Result<Status> {
    let root = if args.apply { Some(root(args)?) } else { None };
    let output = if args.output.is_none() { Some(Output::open(None)?) } else { None };
    if args.to == PatchTo::Cocci {
        if args.apply || args.only.is_some() || args.output.is_some() {
            bail!("--to cocci writes one semantic patch to standard output: leave out --apply, --only and -o");
        }
        let (_, audit, text) = ask(&args.tree, |program, _| cocci::semantic_patch(program.pack, program.target))?;
        Output::Stdout.finish(text.as_bytes())?;
        return Ok(state_of(&audit));
    }
    let (tree, audit, (plan, _)) =
        ask(&args.tree, |program, audit| uioscope_migration::plan(program, audit, Column::Vmspace))?;
    if let Some(done) = &plan.done {
        complain(done);
        return Ok(state_of(&audit));
    }
    if let Some(only) = args.only.as_ref().filter(|only| plan.steps.iter().all(|s| s.name != **only)) {
        let known: Vec<&str> = plan.steps.iter().map(|s| s.name.as_str()).collect();
        bail!("--only {only}: the plan has no such step; its steps are {}", known.join(", "));
    }
    if let Some(path) = &args.plan {
        unchanged(&old_plan(path)?, &plan)?;
    }
    let only = args.only.as_deref().map(|only| chosen(&plan, only, args.with_needs)).transpose()?;
    let wanted = Wanted { unsafe_too: args.unsafe_too, only };
    let made = series(&tree, &audit, &plan, &wanted);
    let status = state_of(&audit);
    say_what_is_left(&plan, &made, args);
    if let Some(root) = root {
        return Ok(status.max(write_tree(&root, &tree, &made)?));
    }
    match (&args.output, output) {
        (Some(directory), _) => write_directory(directory, &made.patches)?,
        (None, Some(output)) => output.finish(&made.patches.iter().flat_map(whole).collect::<Vec<u8>>())?,
        (None, None) => {}
    }
    Ok(status)
}

/// The step that is asked for, with those that it needs where that is wanted.
fn chosen(plan: &Plan, only: &str, with_needs: bool) -> Result<BTreeSet<String>> {
    let needed = uioscope_migration::plan::needed(plan, only);
    if !needed.is_empty() && !with_needs {
        bail!("--only {only}: {} must come before it; --with-needs takes them along", needed.join(", "));
    }
    Ok(needed.into_iter().chain([only]).map(str::to_owned).collect())
}

/// The tree that --apply writes to.
fn root(args: &PatchArgs) -> Result<PathBuf> {
    match &args.tree.tree {
        Some(path) if path.as_os_str() != "-" => Ok(path.clone()),
        _ => bail!("--apply: name the tree to write to; the embedded kernel and standard input cannot be written"),
    }
}

/// Refuses what was planned on other bytes.
fn unchanged(old: &status::OldPlan, plan: &Plan) -> Result<()> {
    let changed: Vec<&str> = plan
        .files
        .iter()
        .filter(|(path, digest)| old.files.get(*path) != Some(digest))
        .map(|(path, _)| path.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    bail!("changed since the plan was made: {}; make the plan again", changed.join(", "))
}

fn say_what_is_left(plan: &Plan, made: &Series, args: &PatchArgs) {
    let steps: BTreeSet<&str> = made.left.iter().map(|(name, _)| name.as_str()).collect();
    if !steps.is_empty() {
        let all = plan.steps.len();
        let hint = if args.unsafe_too { "" } else { "; --unsafe makes those that can be written" };
        complain(&format!(
            "{} of {all} steps have edits that were left out: `uioscope plan` says why{hint}",
            steps.len()
        ));
    }
    if made.stranded > 0 && args.only.is_none() {
        complain(&format!(
            "{} loads of the old field are left, and stores that they relied on are replaced: decide those steps before the kernel runs",
            made.stranded
        ));
    }
}

/// A step's diff with what is to be known of it, which `git apply` and `patch` pass over.
fn whole(patch: &Patch) -> Vec<u8> {
    let mut head = format!("# {} {}: {}\n", patch.number, patch.step, patch.title);
    head += &format!("# applicability: {}\n", patch.applicability.name());
    patch.notes.iter().for_each(|n| head += &format!("# {n}\n"));
    [uioscope_reports::safe::clean_lines(&head).as_bytes(), &patch.diff].concat()
}

fn write_directory(directory: &Path, patches: &[Patch]) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("-o {}: cannot be made", directory.display()))?;
    for patch in patches {
        let name: String =
            patch.step.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let path = directory.join(format!("{:04}-{name}.patch", patch.number));
        Output::open(Some(&path))?.finish(&whole(patch))?;
    }
    Ok(())
}

fn write_tree(root: &Path, tree: &SourceTree, made: &Series) -> Result<Status> {
    let (written, interrupted) = apply::apply(root, tree, &made.files)?;
    let list: String = written.iter().map(|p| format!("{}\n", uioscope_reports::safe::clean(p))).collect();
    Output::Stdout.finish(list.as_bytes())?;
    if interrupted {
        complain(&format!("stopped: {} of {} files were written, each of them whole", written.len(), made.files.len()));
        return Ok(Status::Trouble);
    }
    Ok(Status::Done)
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
