//! References that are not kept: every planted defect of the corpus, and none in its clean twin.

use std::collections::BTreeSet;
use uioscope_analyzer::refs::{Refs, Rules, refs};
use uioscope_source::text::SourceTree;

const DEFECTS: &str = include_str!("../../corpus/refs/defects.c");
const CLEAN: &str = include_str!("../../corpus/refs/clean.c");

fn look(name: &str, text: &str) -> Refs {
    let tree = SourceTree::from_memory("corpus", vec![(name.to_owned(), text.as_bytes().to_vec())]);
    refs(&tree, &Rules::builtin().expect("valid"))
}

#[test]
fn every_planted_defect_is_found_and_nothing_else() {
    let marked = |(line, text): (usize, &str)| {
        let fault = text.split_once("/* !")?.1.split_once(" */")?.0;
        Some((line as u32 + 1, fault.to_owned()))
    };
    let planted: BTreeSet<(u32, String)> = DEFECTS.lines().enumerate().filter_map(marked).collect();
    let found = look("defects.c", DEFECTS);
    let said: BTreeSet<(u32, String)> = found.findings.iter().map(|f| (f.line, f.fault.name().to_owned())).collect();
    assert_eq!(said, planted);
    assert!(planted.len() > 8 && found.undecided.is_empty());
    for f in &found.findings {
        assert!(f.steps.is_sorted_by_key(|s| s.line) || f.function == "loop_break", "{f:?}");
        assert!(!f.steps.is_empty(), "{f:?}");
    }
}

#[test]
fn the_clean_twin_is_clean() {
    let found = look("clean.c", CLEAN);
    assert_eq!(found.findings, []);
    assert!(found.functions >= 10 && found.undecided.is_empty());
}
