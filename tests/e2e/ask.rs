//! `explain`, `callees`, `who`: the ways of values, asked for one by one.

use crate::support::{keeps_schema, uioscope};

const SCHEMA: &str = include_str!("../../docs/schemas/answers-1.schema.json");

#[test]
fn a_finding_is_explained_step_by_step() {
    insta::assert_snapshot!(uioscope(["explain", "lnx_rw.c:29"]).exits(0).stdout);
}

#[test]
fn all_paths_are_more_than_the_shortest() {
    let ways = |more: &[&str]| {
        let arguments = ["explain", "nfs_subs.c:51"].into_iter().chain(more.iter().copied());
        uioscope(arguments).exits(0).stdout.lines().filter(|l| l.starts_with("presence")).count()
    };
    let (shortest, all) = (ways(&[]), ways(&["--all-paths"]));
    assert!(shortest == 1 && all >= shortest, "{shortest} {all}");
}

#[test]
fn an_argument_is_followed_in_every_definition() {
    insta::assert_snapshot!(uioscope(["callees", "uiomove#2"]).exits(0).stdout);
    let of_operation = uioscope(["callees", "VOP_READ#1"]).exits(0).stdout;
    assert!(of_operation.contains("READ"), "{of_operation}");
}

#[test]
fn functions_are_found_by_role() {
    let text = uioscope(["who", "limits"]).exits(0).stdout;
    assert!(text.lines().last().is_some_and(|l| l.ends_with("with the role limits")), "{text}");
    assert!(text.contains("member:p_rlimit"), "{text}");
}

#[test]
fn answers_keep_their_schema() {
    for arguments in [["callees", "uiomove#2"], ["callees", "VOP_READ#1"], ["who", "session"]] {
        let json = uioscope(arguments.into_iter().chain(["--format", "json"])).exits(0).json();
        assert_eq!(json["schema"], "uioscope.answers/1");
        keeps_schema(&json, SCHEMA);
    }
}

#[test]
fn questions_about_nothing_are_named() {
    for (arguments, wanted) in [
        (["callees", "no_such#0"], "no function of that name"),
        (["callees", "uiomove#9"], "it takes 3 arguments"),
        (["callees", "VOP_READ#9"], "it takes 4 arguments"),
        (["callees", "uiomove"], "NAME#ARG"),
        (["who", "nobody"], "there is no such role"),
        (["explain", "nowhere.c:1"], "no finding nowhere.c:1"),
    ] {
        let ran = uioscope(arguments).exits(2);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
}
