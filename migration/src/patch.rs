//! The plan's edits as unified diffs, one a step: each is made from what the one before it leaves.

use crate::edit::{Applicability, Edit, Fix, apply};
use crate::plan::{Plan, Step, StepKind};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::finding::{Access, Audit};
use uioscope_source::text::SourceTree;

/// Which edits are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Also those whose meaning may change.
    pub unsafe_too: bool,
    /// Of these steps only.
    pub only: Option<BTreeSet<String>>,
}

/// One step's diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The step's name.
    pub step: String,
    /// Its place in the plan, from 1.
    pub number: usize,
    /// The step's title.
    pub title: String,
    /// What to know of it.
    pub notes: Vec<String>,
    /// Whether its meaning may change.
    pub applicability: Applicability,
    /// A unified diff, for `-p1`.
    pub diff: Vec<u8>,
}

/// All diffs, and what they make of each file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// In the plan's order.
    pub patches: Vec<Patch>,
    /// New content by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Steps whose edits were left out, each with the reason.
    pub left: Vec<(String, String)>,
    /// Loads that still read the old field although stores no longer set it.
    pub stranded: usize,
}

/// Makes the diffs of a plan.
pub fn series(tree: &SourceTree, audit: &Audit, plan: &Plan, wanted: &Wanted) -> Series {
    let mut out = Series::default();
    let mut made: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    let is_wanted = |f: &Fix| match f.applicability {
        Applicability::Safe => !f.edits.is_empty(),
        Applicability::Unsafe => wanted.unsafe_too && !f.edits.is_empty(),
        Applicability::DisplayOnly => false,
    };
    let mut fixed: BTreeSet<usize> = BTreeSet::new();
    for (i, step) in plan.steps.iter().enumerate() {
        if wanted.only.as_ref().is_some_and(|only| !only.contains(&step.name)) {
            continue;
        }
        if step.kind == StepKind::Retire && !all_fixed(audit, &fixed) {
            out.left.push((step.name.clone(), "the old member is still used".to_owned()));
            continue;
        }
        let chosen: Vec<&Fix> = step.fixes.iter().filter(|f| is_wanted(f)).collect();
        for f in step.fixes.iter().filter(|f| !is_wanted(f)) {
            let why = match f.applicability {
                Applicability::Unsafe => format!("unsafe: {}", f.note),
                _ if f.edits.is_empty() => f.note.clone(),
                _ => format!("display only: {}", f.note),
            };
            if !why.is_empty() {
                out.left.push((step.name.clone(), why));
            }
        }
        fixed.extend(chosen.iter().flat_map(|f| &f.sites));
        let diff = step_diff(tree, &chosen, &mut made);
        if !diff.is_empty() {
            out.patches.push(patch(i + 1, step, &chosen, diff));
        }
    }
    let stores = audit.findings.iter().enumerate().any(|(i, f)| f.access == Access::Store && fixed.contains(&i));
    if stores {
        let is_left = |(i, f): &(usize, &uioscope_analyzer::finding::Finding)| {
            f.access == Access::Load && f.implicit.is_none() && !fixed.contains(i)
        };
        out.stranded = audit.findings.iter().enumerate().filter(is_left).count();
    }
    for (path, edits) in &made {
        if let Some(file) = tree.file(path) {
            let text = apply(&file.bytes, edits.iter());
            if text != file.bytes {
                out.files.insert(path.clone(), text);
            }
        }
    }
    out
}

fn patch(number: usize, step: &Step, chosen: &[&Fix], diff: Vec<u8>) -> Patch {
    let mut notes: Vec<String> = chosen.iter().filter(|f| !f.note.is_empty()).map(|f| f.note.clone()).collect();
    notes.sort();
    notes.dedup();
    Patch {
        step: step.name.clone(),
        number,
        title: step.title.clone(),
        notes,
        applicability: chosen.iter().map(|f| f.applicability).max().unwrap_or(Applicability::Safe),
        diff,
    }
}

/// Whether every place that names the field in code is among the fixed ones.
fn all_fixed(audit: &Audit, fixed: &BTreeSet<usize>) -> bool {
    audit.ledger.unresolved == 0
        && audit.findings.iter().enumerate().all(|(i, f)| match f.access {
            Access::Decl => uioscope_source::language::is_preprocessed(&f.path),
            Access::Mention => true,
            Access::Load | Access::Store => {
                let made = f.notes.contains(&uioscope_analyzer::finding::Note::MadeByMacro);
                let elsewhere = f.implicit.is_some_and(|k| k != uioscope_analyzer::finding::Implicit::Initializer);
                !made && elsewhere || fixed.contains(&i)
            }
        })
}

/// The diff of one step against what the steps before it left.
fn step_diff(tree: &SourceTree, chosen: &[&Fix], made: &mut BTreeMap<String, Vec<Edit>>) -> Vec<u8> {
    let mut fresh: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in chosen.iter().flat_map(|f| &f.edits) {
        fresh.entry(&edit.path).or_default().push(edit);
    }
    let mut diff = Vec::new();
    for (path, edits) in fresh {
        let Some(file) = tree.file(path) else { continue };
        let all = made.entry(path.to_owned()).or_default();
        let before = apply(&file.bytes, all.iter());
        all.extend(edits.into_iter().cloned());
        let after = apply(&file.bytes, all.iter());
        if before != after {
            diff.extend(unified(path, &before, &after));
        }
    }
    diff
}

/// A unified diff of one file, with three lines of context.
pub fn unified(path: &str, before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut options = diffy::DiffOptions::new();
    options.set_original_filename(format!("a/{path}")).set_modified_filename(format!("b/{path}"));
    let patch = options.create_patch_bytes(before, after);
    let mut out = Vec::new();
    // A blank line of context keeps its leading blank, as git writes it.
    let formatter = diffy::PatchFormatter::new().suppress_blank_empty(false);
    formatter.write_patch_into(&patch, &mut out).expect("writing to memory does not fail");
    out
}
