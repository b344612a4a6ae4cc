//! The sample kernel, migrated: what the patch makes of it, whether it still compiles, and whether a second run finds anything.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use uioscope_analyzer::finding::{Access, Audit};
use uioscope_analyzer::{Options, audit_with};
use uioscope_migration::edit::Applicability;
use uioscope_migration::{Column, Plan, Series, Wanted, plan, series};
use uioscope_source::stats::parse_stats;
use uioscope_source::text::SourceTree;

type Files = BTreeMap<String, Vec<u8>>;

fn corpus() -> Files {
    uioscope_corpus::tree().into_iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
}

fn tree(files: &Files) -> SourceTree {
    SourceTree::from_memory("corpus", files.iter().map(|(p, b)| (p.clone(), b.clone())).collect())
}

fn migrated(files: &Files, unsafe_too: bool) -> (Audit, Plan, Series) {
    let tree = tree(files);
    let options = Options { ways: 1, ..Options::default() };
    let (audit, (plan, _)) =
        audit_with(&tree, &options, |program, audit| plan(program, audit, Column::Vmspace)).expect("an audit");
    let made = series(&tree, &audit, &plan, &Wanted { unsafe_too, only: None });
    (audit, plan, made)
}

fn after(unsafe_too: bool) -> Files {
    let mut files = corpus();
    files.extend(migrated(&files, unsafe_too).2.files);
    files
}

#[test]
fn the_tree_after_it() {
    let (before, after) = (corpus(), after(true));
    let mut shown = String::new();
    for (path, bytes) in after.iter().filter(|(p, b)| before[*p] != **b) {
        // Latin-1: every byte is a character.
        let text: String = bytes.iter().map(|b| char::from(*b)).collect();
        let _ = write!(shown, "==== {path}\n{}", text.replace('\r', "␍"));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn each_diff_applies_to_what_the_one_before_it_left() {
    for unsafe_too in [false, true] {
        let mut files = corpus();
        let (_, _, made) = migrated(&files, unsafe_too);
        for patch in &made.patches {
            let ends: Vec<usize> = heads(&patch.diff).skip(1).chain([patch.diff.len()]).collect();
            let mut start = 0;
            for end in ends {
                let diff = diffy::Patch::from_bytes(&patch.diff[start..end]).expect("a diff");
                start = end;
                let path = String::from_utf8_lossy(diff.original().expect("a name")).into_owned();
                let path = path.strip_prefix("a/").expect("-p1");
                let applied = diffy::apply_bytes(&files[path], &diff).expect("it applies");
                files.insert(path.to_owned(), applied);
            }
        }
        for (path, bytes) in &made.files {
            assert!(files[path] == *bytes, "{path} differs from what the diffs make of it");
        }
    }
}

/// Where each file's diff starts.
fn heads(diff: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let head = b"--- a/";
    let is_head = move |i: &usize| diff[*i..].starts_with(head) && (*i == 0 || diff[*i - 1] == b'\n');
    (0..diff.len()).filter(is_head)
}

#[test]
fn nothing_is_left_that_no_step_asks_about() {
    let files = after(true);
    let (audit, plan, made) = migrated(&files, true);
    assert!(audit.ledger.adds_up());
    assert!(made.files.is_empty(), "a second run changes {:?}", made.files.keys());
    let asking = plan.steps.iter().filter(|s| s.question.is_some());
    let asked: Vec<(&str, u32)> = asking.flat_map(|s| &s.sites).map(|s| (s.path.as_str(), s.line)).collect();
    for f in audit.findings.iter().filter(|f| f.access == Access::Load && f.implicit.is_none()) {
        assert!(asked.contains(&(f.path.as_str(), f.line)), "{}:{} is left, and nobody asks", f.path, f.line);
    }
}

#[test]
fn safe_edits_twice_are_safe_edits_once() {
    let (_, _, made) = migrated(&after(false), false);
    assert!(made.files.is_empty(), "a second run changes {:?}", made.files.keys());
}

#[test]
fn every_finding_has_its_place_in_the_plan() {
    let (audit, plan, _) = migrated(&corpus(), false);
    let planned: Vec<&String> = plan.steps.iter().flat_map(|s| &s.sites).filter_map(|s| s.id.as_ref()).collect();
    for f in audit.findings.iter().filter(|f| f.implicit.is_none() && f.access != Access::Decl) {
        assert!(planned.contains(&&f.id), "{}:{} is in no step", f.path, f.line);
    }
    for step in plan.steps.iter().filter(|s| !s.name.starts_with("tests/")) {
        let asks = step.question.is_some() || step.applicability != Some(Applicability::Unsafe);
        assert!(asks, "{} changes its meaning and does not ask", step.name);
    }
}

#[test]
fn edited_files_parse_as_well_as_before() {
    let skips = |files: &Files| -> BTreeMap<String, usize> {
        parse_stats(&tree(files)).worst.into_iter().map(|f| (f.path, f.skips.len())).collect()
    };
    let (before, now) = (skips(&corpus()), skips(&after(true)));
    for (path, n) in now {
        assert!(before.get(&path).is_some_and(|b| n <= *b), "{path}: {n} skips");
    }
}

#[test]
fn what_compiled_before_compiles_after() {
    if Command::new("gcc").arg("--version").output().is_err() {
        // Nobody to ask.
        return;
    }
    let before = compiled("before", &corpus());
    let passed: Vec<&String> = before.iter().filter(|(_, w)| w.is_some()).map(|(p, _)| p).collect();
    assert!(passed.len() > 20, "{passed:?}");
    for (name, unsafe_too) in [("safe", false), ("all", true)] {
        let now = compiled(name, &after(unsafe_too));
        for path in &passed {
            assert_eq!(now[*path], before[*path], "{path} ({name} edits)");
        }
    }
}

/// The warnings about types of each C file that compiles.
fn compiled(name: &str, files: &Files) -> BTreeMap<String, Option<Vec<String>>> {
    let root = std::env::temp_dir().join(format!("uioscope-{name}-{}", std::process::id()));
    for (path, bytes) in files {
        let place = root.join(path);
        std::fs::create_dir_all(place.parent().expect("a directory")).expect("it is made");
        std::fs::write(place, bytes).expect("it is written");
    }
    let c = files.keys().filter(|p| p.ends_with(".c"));
    let all = c.map(|path| (path.clone(), warnings(&root, &root.join(path)))).collect();
    std::fs::remove_dir_all(&root).expect("it goes");
    all
}

fn warnings(root: &Path, file: &Path) -> Option<Vec<String>> {
    let ran = Command::new("gcc")
        .args(["-std=gnu89", "-fsyntax-only", "-nostdinc", "-D_KERNEL", "-DDIAGNOSTIC", "-DKTRACE", "-I"])
        .arg(root.join("sys"))
        .arg(file)
        .env("LC_ALL", "C")
        .output()
        .expect("gcc runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    // Without places: lines move.
    let texts = said.lines().filter_map(|l| l.split_once("warning: ")).map(|(_, w)| w.to_owned());
    let mut list: Vec<String> =
        texts.filter(|w| w.contains("-Wincompatible-pointer-types") || w.contains("-Wint-conversion")).collect();
    list.sort();
    ran.status.success().then_some(list)
}
