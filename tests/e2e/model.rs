//! `uioscope model`: verdicts and costs.

use crate::support::{Directory, keeps_schema, uioscope};

#[test]
fn the_matrix_says_what_is_known() {
    let json = uioscope(["model", "matrix", "--format", "json"]).exits(0).json();
    keeps_schema(&json, include_str!("../../docs/schemas/matrix-1.schema.json"));
    let cell = |design: &str, exit: &str, exec: &str| {
        let cells = json["cells"].as_array().expect("cells");
        let found = cells.iter().find(|c| c["design"] == design && c["exit"] == exit && c["exec"] == exec);
        let found = found.expect("a cell");
        let violations = found["violations"].as_array().expect("violations").iter();
        violations.map(|v| v["property"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(json["cells"].as_array().map(Vec::len), Some(80));
    for exit in ["cancel", "cancel+drain"] {
        for exec in ["none", "cancel", "cancel+drain"] {
            assert!(cell("vmspace-referenced", exit, exec).is_empty(), "{exit} {exec}");
        }
    }
    assert_eq!(cell("vmspace-referenced", "none", "none"), ["leak"]);
    assert_eq!(cell("vmspace-referenced", "drain", "none"), ["deadlock"]);
    assert!(cell("proc", "cancel+drain", "cancel+drain").is_empty());
    for exec in ["none", "cancel"] {
        assert!(cell("proc", "cancel+drain", exec).contains(&"wrong-address-space".to_owned()));
    }
    assert!(cell("proc", "cancel+drain", "drain").contains(&"deadlock".to_owned()));
    assert!(cell("lwp", "cancel+drain", "cancel+drain").contains(&"use-after-free-lwp".to_owned()));
}

#[test]
fn a_violation_has_a_timeline_and_a_picture() {
    let directory = Directory::new();
    let run = ["model", "check", "--design", "proc", "--exec", "none", "--svg", "t.svg", "--fail"];
    let text = uioscope(run).within(directory.path()).exits(1).stdout;
    let timeline: String = text.lines().filter(|l| !l.contains(" states, ")).map(|l| format!("{l}\n")).collect();
    insta::assert_snapshot!(timeline);
    assert!(directory.read("t.svg").starts_with("<svg"));
    let json = uioscope(["model", "check", "--design", "proc", "--exec", "none", "--format", "json"]).exits(0).json();
    keeps_schema(&json, include_str!("../../docs/schemas/check-1.schema.json"));
    assert_eq!(json["violations"][0]["steps"], 6);
}

#[test]
fn a_search_that_is_cut_short_is_partial() {
    let ran = uioscope(["model", "check", "--memory", "0", "--full"]).exits(2);
    assert!(ran.stderr.contains("partial"), "{}", ran.stderr);
}

#[test]
fn costs_are_the_same_for_the_same_seed() {
    let small = "title = \"small\"\nduration = \"100ms\"\nworkers = 2\n[procs]\ncount = 20\nlwps = 2\nkib = 4\n\
        lifetime = { exponential = \"10ms\" }\nthink = { exponential = \"1ms\" }\n\
        [[request]]\nname = \"disk\"\nshare = 1.0\nservice = { exponential = \"2ms\" }\ncopy = { fixed = \"10us\" }\n";
    let directory = Directory::new();
    directory.write("w.toml", small);
    let run = |more: &[&str]| {
        let arguments = ["model", "simulate", "w.toml", "--seeds", "2"].into_iter().chain(more.iter().copied());
        uioscope(arguments).within(directory.path()).exits(0)
    };
    let json = run(&["--format", "json"]).json();
    keeps_schema(&json, include_str!("../../docs/schemas/simulate-1.schema.json"));
    assert_eq!(run(&[]).stdout, run(&[]).stdout);
    assert_ne!(run(&[]).stdout, run(&["--seed", "9"]).stdout);
    insta::assert_snapshot!(run(&[]).stdout);
    run(&["--svg", "s.svg"]);
    assert!(directory.read("s.svg").contains("</svg>"));
}

#[test]
fn bad_questions_are_named() {
    let directory = Directory::new();
    directory.write("bad.toml", "title = \"x\"\nworkers = 0\n");
    for (arguments, wanted) in [
        (&["model", "check", "no-such"][..], "no built-in scenario of that name"),
        (&["model", "check", "--design", "uio"], "there is no such design"),
        (&["model", "check", "--exit", "wait"], "there is no such policy"),
        (&["model", "simulate", "bad.toml"], "bad.toml:"),
        (&["model", "simulate", "none.toml"], "none.toml: cannot be read"),
    ] {
        let ran = uioscope(arguments).within(directory.path()).exits(2);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
}

#[test]
fn a_trace_is_kept_played_again_and_made_into_a_test() {
    let directory = Directory::new();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(directory.path());
    inside(&["model", "check", "lwp-exit/lwp", "--trace", "t.json"]).exits(0);
    let played = inside(&["model", "replay", "t.json"]).exits(0).stdout;
    assert!(played.contains("shows use-after-free-lwp") && played.contains("lwp-exit p0 l0"), "{played}");
    let written = inside(&["model", "test", "t.json"]).exits(0).stdout;
    assert_eq!(written, include_str!("../../model/tests/generated/lwp_exit.rs"));

    let trace = directory.read("t.json");
    for (from, to, wanted) in [
        (
            "submit-disk p0 l0 r0",
            "submit-disk p0 l3 r0",
            "bad.json: step 1, `submit-disk p0 l3 r0`, is not possible there",
        ),
        ("submit-disk p0 l0 r0", "walk p0", "is no step of this version"),
        ("model-trace/1", "model-trace/9", "make the trace again with this version"),
        ("\"procs\": 1", "\"procs\": 9", "must be between 1 and 4"),
    ] {
        assert!(trace.contains(from), "{from}");
        directory.write("bad.json", trace.replace(from, to));
        for command in ["replay", "test"] {
            let ran = inside(&["model", command, "bad.json"]).exits(2);
            assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
        }
    }
}

#[test]
fn scenarios_are_listed_and_files_are_read() {
    let list = uioscope(["model", "scenarios"]).exits(0).stdout;
    assert!(list.contains("lwp-exit/lwp  use-after-free-lwp\n"), "{list}");
    let directory = Directory::new();
    let file = "name = \"mine\"\nstory = \"One LWP, one request.\"\nsource = \"here\"\ndesign = \"proc\"\n\
        allow = [\"disk\", \"exit\"]\n";
    directory.write("mine.toml", file);
    let checked = uioscope(["model", "check", "mine.toml"]).within(directory.path()).exits(0).stdout;
    assert!(checked.starts_with("mine  unsafe\n"), "{checked}");
    for (from, to, wanted) in [
        ("design = \"proc\"", "design = \"uio\"", "mine.toml:4"),
        ("design", "desing", "mine.toml:4"),
        ("allow", "procs = 70\nallow", "mine.toml:5"),
    ] {
        directory.write("mine.toml", file.replace(from, to));
        let ran = uioscope(["model", "check", "mine.toml"]).within(directory.path()).exits(2);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
}
