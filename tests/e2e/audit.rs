//! What is audited, and which of it is shown.

use crate::support::{Directory, RW_C, RW_FINDINGS, UIO_H, uioscope};

fn of_rw(path: &str) -> Vec<String> {
    RW_FINDINGS.iter().map(|f| format!("{path}:{f}")).collect()
}

#[test]
fn no_arguments_audit_the_embedded_corpus() {
    let ran = uioscope::<&str>([]).exits(0);
    assert!(ran.stdout.starts_with("audit   the embedded corpus\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nledger  "), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    assert!(!ran.stdout.contains('\x1b'), "no colours but on a terminal");
}

#[test]
fn no_path_audits_the_embedded_corpus_too() {
    assert_eq!(uioscope(["audit"]).exits(0).stdout, uioscope::<&str>([]).exits(0).stdout);
    let audit = uioscope(["audit", "--format", "json"]).exits(0).audit();
    assert_eq!(audit["tree"], "the embedded corpus");
    assert!(audit["findings"].as_array().is_some_and(|f| !f.is_empty()));
}

#[test]
fn a_tree_is_audited_whole() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(0);
    let mut want = of_rw("sys/kern/rw.c");
    want.push("sys/kern/sys_generic.c:7 store user-current".to_owned());
    want.push("sys/sys/uio.h:10 decl -".to_owned());
    assert_eq!(ran.findings(), want);
    assert_eq!(ran.audit()["field"], "uio.uio_procp");
}

#[test]
fn one_file_is_audited_alone() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", "rw.c", "--format", "json"]).within(&kernel.join("sys/kern")).exits(0);
    assert_eq!(ran.findings(), of_rw("rw.c"));
}

#[test]
fn a_directory_inside_a_tree_is_audited_alone() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", "sys/kern", "--format", "json"]).within(kernel.path()).exits(0);
    let mut want = of_rw("rw.c");
    want.push("sys_generic.c:7 store user-current".to_owned());
    assert_eq!(ran.findings(), want);
}

#[test]
fn standard_input_is_one_file() {
    let ran = uioscope(["audit", "-", "--format", "json"]).input(format!("{RW_C}{UIO_H}")).exits(0);
    let mut want = of_rw("<stdin>");
    want.push("<stdin>:19 decl -".to_owned());
    assert_eq!(ran.findings(), want);
}

#[test]
fn any_field_can_be_named() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", "--field", "uio.uio_segflg", "--format", "json", "."]).within(kernel.path()).exits(0);
    assert_eq!(ran.audit()["field"], "uio.uio_segflg");
    assert_eq!(ran.audit()["ledger"]["occurrences"], 2);
}

#[test]
fn filters_show_less_and_leave_the_ledger_whole() {
    let kernel = Directory::kernel();
    let run = |filter: &[&str]| {
        let arguments = ["audit", ".", "--format", "json"].iter().chain(filter);
        let ran = uioscope(arguments).within(kernel.path()).exits(0);
        assert_eq!(ran.audit()["ledger"]["occurrences"], 6);
        ran.findings().len()
    };
    assert_eq!(run(&["--role", "signal"]), 1);
    assert_eq!(run(&["--role", "signal,session"]), 2);
    assert_eq!(run(&["--role", "signal", "--role", "session"]), 2);
    assert_eq!(run(&["--access", "store"]), 1);
    assert_eq!(run(&["--access", "store,decl"]), 2);
    assert_eq!(run(&["--path", "sys/kern"]), 5);
    assert_eq!(run(&["--path", "*.h"]), 1);
    assert_eq!(run(&["--path", "sys/**/rw.c", "--access", "load"]), 3);
    assert_eq!(run(&["--role", "lock-owner"]), 0);
}

#[test]
fn a_filtered_report_says_so() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", ".", "--role", "session"]).within(kernel.path()).exits(0);
    assert!(ran.stdout.contains("showing 1 of 6 findings: role session"), "{}", ran.stdout);
    assert!(ran.stdout.contains("6 occurrences"), "{}", ran.stdout);
}

#[test]
fn fail_on_speaks_of_what_is_shown() {
    let kernel = Directory::kernel();
    let run = |arguments: &[&str], code: i32| {
        uioscope(["audit", "."].iter().chain(arguments)).within(kernel.path()).exits(code);
    };
    run(&["--fail-on", "abuse"], 1);
    run(&["--fail-on", "session"], 1);
    run(&["--fail-on", "files,session"], 1);
    run(&["--fail-on", "files,lock-owner"], 0);
    run(&["--fail-on", "abuse", "--access", "store"], 0);
    run(&["--fail-on", "abuse", "--path", "*.h"], 0);
}

#[test]
fn bad_arguments_are_named() {
    let check = |arguments: &[&str], want: &str| {
        let ran = uioscope(arguments).exits(2);
        assert!(ran.stderr.contains(want), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    };
    check(&["audit", "--role", "sessions"], "one of address-space, identity");
    check(&["audit", "--access", "read"], "one of load, store, decl, mention");
    check(&["audit", "--fail-on", "abuses"], "unused, abuse");
    check(&["audit", "--path", "a["], "--path `a[`: ");
    check(&["audit", "--format", "yaml"], "'yaml'");
    check(&["audit", "--jobs", "x"], "--jobs");
    check(&["audit", "--excerpts", "--format", "json"], "--excerpts goes with --format text");
    check(&["parse"], "--stats");
    check(&["nonsense"], "nonsense");
}

#[test]
fn help_is_help() {
    for arguments in [&["--help"][..], &["audit", "--help"], &["packs", "--help"], &["parse", "--help"], &["--version"]]
    {
        let ran = uioscope(arguments).exits(0);
        assert!(!ran.stdout.is_empty() && ran.stderr.is_empty());
    }
}
