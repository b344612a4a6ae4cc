//! The plan's edits as unified diffs, one a step: each is made from what the one before it leaves.

use crate::edit::{Applicability, Edit, Fix, apply};
use crate::plan::{Plan, Step, StepKind};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::finding::{Access, Audit};
use uioscope_source::text::{SourceTree, bytes_of};

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
            let text = apply(file.on_disk(), edits.iter());
            if text != file.on_disk() {
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
        let before = apply(file.on_disk(), all.iter());
        all.extend(edits.into_iter().cloned());
        let after = apply(file.on_disk(), all.iter());
        if before != after {
            diff.extend(unified(path, &before, &after));
        }
    }
    diff
}

/// A unified diff of one file, with three lines of context.
pub fn unified(path: &str, before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut options = diffy::DiffOptions::new();
    options.set_original_filename("a").set_modified_filename("b");
    let patch = options.create_patch_bytes(before, after);
    let mut out = Vec::new();
    // A blank line of context keeps its leading blank, as git writes it.
    let formatter = diffy::PatchFormatter::new().suppress_blank_empty(false);
    formatter.write_patch_into(&patch, &mut out).expect("writing to memory does not fail");
    // The names as git writes them, whatever bytes they are made of.
    let body = memchr::memmem::find(&out, b"\n@@ ").map_or(out.len(), |at| at + 1);
    [&header("---", "a", path), &header("+++", "b", path), &out[body..]].concat()
}

/// `--- a/path`: in quotes, with octal numbers, where a byte of the name is no plain character; with a TAB after a name with blanks,
/// so that patch(1) sees its end.
fn header(mark: &str, side: &str, path: &str) -> Vec<u8> {
    let name = bytes_of(path);
    let is_plain = |b: &u8| (0x20..0x7f).contains(b) && !matches!(b, b'"' | b'\\');
    if name.iter().all(is_plain) {
        let end = if name.contains(&b' ') { "\t" } else { "" };
        return format!("{mark} {side}/{path}{end}\n").into_bytes();
    }
    let mut quoted = String::new();
    for b in &name {
        match b {
            b'"' | b'\\' => quoted.extend(['\\', char::from(*b)]),
            b if is_plain(b) => quoted.push(char::from(*b)),
            b => quoted += &format!("\\{b:03o}"),
        }
    }
    format!("{mark} \"{side}/{quoted}\"\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_are_written_as_git_does() {
        let check = |path: &str, want: &str| {
            let diff = unified(path, b"a\n", b"b\n");
            let text = String::from_utf8(diff).expect("ASCII");
            assert_eq!(text.lines().next().expect("a line"), want);
            assert!(text.ends_with("@@ -1 +1 @@\n-a\n+b\n"), "{text}");
        };
        check("kern/a.c", "--- a/kern/a.c");
        check("kern/a b.c", "--- a/kern/a b.c\t");
        check("kern/a\"b\\c.c", "--- \"a/kern/a\\\"b\\\\c.c\"");
        check("gr\u{fc}n.c", "--- \"a/gr\\303\\274n.c\"");
        let latin = OsStr::from_bytes(b"gr\xfcn.c");
        check(&uioscope_source::text::name_of(latin.as_ref()), "--- \"a/gr\\374n.c\"");
        check("a\nb.c", "--- \"a/a\\012b.c\"");
    }
}
