//! Whatever stands in the files, a plan and its diffs are made, and what is made is made once.

use proptest::prelude::*;
use uioscope_analyzer::{Options, audit_with};
use uioscope_migration::{Column, Wanted, plan, series};
use uioscope_source::text::SourceTree;

/// The sample kernel's headers and one of its files, damaged.
fn damaged(pick: usize, at: usize, gone: usize, put: &[u8]) -> Vec<(String, Vec<u8>)> {
    let all = uioscope_corpus::tree();
    let sources: Vec<_> = all.iter().filter(|(p, _)| p.ends_with(".c")).collect();
    let (path, bytes) = sources[pick % sources.len()];
    let at = at % bytes.len();
    let end = (at + gone).min(bytes.len());
    let text = [&bytes[..at], put, &bytes[end..]].concat();
    let headers = all.iter().filter(|(p, _)| p.ends_with(".h")).map(|(p, b)| ((*p).to_owned(), b.to_vec()));
    headers.chain([((*path).to_owned(), text)]).collect()
}

fn migrate(files: Vec<(String, Vec<u8>)>) -> std::collections::BTreeMap<String, Vec<u8>> {
    let tree = SourceTree::from_memory("t", files);
    let options = Options { ways: 1, ..Options::default() };
    let Ok((audit, (plan, _))) = audit_with(&tree, &options, |p, a| plan(p, a, Column::Vmspace)) else {
        return Default::default();
    };
    let places = plan.steps.iter().flat_map(|s| &s.sites).filter(|s| s.id.is_some()).count();
    assert!(places > 0, "a field that is declared has its last step");
    series(&tree, &audit, &plan, &Wanted { unsafe_too: false, only: None }).files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn damaged_files_are_no_reason_to_stop(
        pick in 0usize..100,
        at in 0usize..10_000,
        gone in 0usize..60,
        put in prop_oneof![Just(Vec::new()), proptest::collection::vec(any::<u8>(), 0..6), Just(b"#if 0\n".to_vec()), Just(b"(".to_vec())],
    ) {
        let files = damaged(pick, at, gone, &put);
        let made = migrate(files.clone());
        let after = files.into_iter().map(|(p, b)| { let b = made.get(&p).cloned().unwrap_or(b); (p, b) }).collect();
        let again = migrate(after);
        prop_assert!(again.is_empty(), "a second run changes {:?}", again.keys());
    }
}
