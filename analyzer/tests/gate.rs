//! The gate is silent on what its baseline holds, and loud on all else.

use uioscope_analyzer::finding::Audit;
use uioscope_analyzer::gate::{Baseline, judge, updated};
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

const HEADER: &str = "struct proc;\nstruct uio { int a; int uio_segflg; struct proc *uio_procp; };\n";
const USER: &str = "int f(struct uio *u)\n{\n\tpsignal(u->uio_procp, 1);\n\treturn 0;\n}\n";

fn audited(files: &[(&str, &str)]) -> Audit {
    let all = [("sys/uio.h", HEADER)].iter().chain(files).map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec()));
    let options = Options { field: Some("uio.uio_procp".to_owned()), ..Options::default() };
    audit(&SourceTree::from_memory("t", all.collect()), &options).expect("an audit")
}

fn known(files: &[(&str, &str)]) -> Baseline {
    let audit = audited(files);
    let empty = Baseline::empty(&audit.field);
    updated(&empty, &judge(&audit, &empty, false, |_| true), "known", None, "2026-11-27")
}

/// `new held moved fixed unused`, as numbers.
fn check(baseline: &Baseline, files: &[(&str, &str)], read: bool, want: &str) {
    let audit = audited(files);
    let v = judge(&audit, baseline, false, |_| read);
    let got = [v.new.len(), v.held.len(), v.moved.len(), v.fixed.len(), v.unused.len()];
    assert_eq!(got.map(|n| n.to_string()).join(" "), want);
}

#[test]
fn a_baseline_holds_what_it_names() {
    let before = known(&[("kern/a.c", USER)]);
    assert_eq!(before.entries.len(), 1);
    check(&before, &[("kern/a.c", USER)], true, "0 1 0 0 0");
    check(&before, &[("kern/a.c", &format!("\n\n{USER}"))], true, "0 1 0 0 0");
    check(&before, &[("dev/a.c", USER)], true, "0 1 1 0 0");
    check(&before, &[("kern/a.c", "int g;\n")], true, "0 0 0 1 0");
    // A file that was not read says nothing.
    check(&before, &[("kern/a.c", "int g;\n")], false, "0 0 0 0 1");
    let more = format!("{USER}int g(struct uio *u)\n{{\n\treturn u->uio_procp->p_pid;\n}}\n");
    check(&before, &[("kern/a.c", &more)], true, "1 1 0 0 0");
}

#[test]
fn a_new_role_of_a_held_place_is_new() {
    let mut before = known(&[("kern/a.c", USER)]);
    before.entries[0].roles = vec!["limits".to_owned()];
    check(&before, &[("kern/a.c", USER)], true, "1 0 0 0 0");
}

#[test]
fn baselines_are_written_and_read() {
    let one = known(&[("kern/a.c", USER)]);
    let text = one.render();
    assert_eq!(Baseline::parse("b.toml", &text, "uio.uio_procp").expect("it reads"), one);
    let wrong = |text: &str, field: &str| Baseline::parse("b.toml", text, field).expect_err("an error").to_string();
    assert!(wrong(&text, "uio.uio_td").starts_with("b.toml: field is uio.uio_procp"));
    let merged = format!("{text}<<<<<<< HEAD\n");
    let line = text.lines().count() + 1;
    assert!(wrong(&merged, "uio.uio_procp").starts_with(&format!("b.toml:{line}: a conflict")));
    assert!(wrong("schema = 3\n", "uio.uio_procp").starts_with("b.toml:1: "));
    assert!(wrong(&text.replace("baseline/1", "baseline/9"), "uio.uio_procp").contains("schema is"));
}

#[test]
fn an_update_lets_pass_what_is_there() {
    let before = known(&[("kern/a.c", USER)]);
    let files = [("dev/a.c", USER), ("kern/b.c", "int g(struct uio *u) { return u->uio_procp->p_pid; }\n")];
    let audit = audited(&files);
    let next = updated(&before, &judge(&audit, &before, false, |_| true), "later", Some("me"), "2026-11-28");
    assert_eq!(next.entries.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["dev/a.c", "kern/b.c"]);
    assert_eq!((next.entries[0].reason.as_str(), next.entries[1].reason.as_str()), ("known", "later"));
    check(&next, &files, true, "0 2 0 0 0");
}
