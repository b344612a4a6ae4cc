//! What people type every day: a path alone, formats for editors and code hosts, completions.

use crate::support::{Directory, uioscope};

#[test]
fn a_path_alone_is_audited() {
    let kernel = Directory::kernel();
    let alone = uioscope(["."]).within(kernel.path()).exits(0).stdout;
    assert_eq!(alone, uioscope(["audit", "."]).within(kernel.path()).exits(0).stdout);
    let flags = uioscope(["--format", "json", "."]).within(kernel.path()).exits(0);
    assert_eq!(flags.audit()["schema"], "uioscope.audit/1");
    let wrong = uioscope(["auidt"]).within(kernel.path()).exits(2).stderr;
    assert!(wrong.contains("'audit'"), "{wrong}");
}

#[test]
fn gnu_lines_name_places_that_exist() {
    let kernel = Directory::kernel();
    let above = kernel.path().parent().expect("a directory above");
    let name = kernel.path().file_name().expect("a name").to_string_lossy().into_owned();
    for (here, tree) in [(kernel.path(), "."), (above, name.as_str())] {
        let out = uioscope(["audit", tree, "--format", "gnu"]).within(here).exits(0).stdout;
        assert_eq!(out.lines().count(), 6, "{out}");
        for line in out.lines() {
            let mut parts = line.splitn(4, ':');
            let (path, at) = (parts.next().expect("a path"), parts.next().expect("a line"));
            let text = std::fs::read(here.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
            let at: usize = at.parse().expect("a number");
            assert!(0 < at && at <= text.split(|b| *b == b'\n').count(), "{line}");
        }
    }
}

#[test]
fn sarif_has_results_with_fingerprints_that_do_not_hang_on_the_path() {
    let kernel = Directory::kernel();
    let run = |tree: &str| {
        let out = uioscope(["audit", tree, "--format", "sarif"]).within(kernel.path()).exits(0).stdout;
        serde_json::from_str::<serde_json::Value>(&out).expect("JSON")
    };
    let prints = |doc: &serde_json::Value| {
        let results = doc["runs"][0]["results"].as_array().expect("results").clone();
        results
            .iter()
            .map(|r| r["partialFingerprints"]["uioscope/v1"].as_str().expect("one").to_owned())
            .collect::<Vec<_>>()
    };
    let first = run(".");
    assert_eq!(first["version"], "2.1.0");
    for result in first["runs"][0]["results"].as_array().expect("results") {
        let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(first["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a uri");
        assert!(kernel.path().join(uri).is_file(), "{uri}");
    }
    // Ten lines more at the top of every file.
    let mut before = prints(&first);
    for file in
        walkdir::WalkDir::new(kernel.path()).into_iter().filter_map(Result::ok).filter(|f| f.file_type().is_file())
    {
        let text = std::fs::read(file.path()).expect("a file");
        std::fs::write(file.path(), [&b"\n".repeat(10)[..], &text].concat()).expect("written");
    }
    let mut after = prints(&run("."));
    before.sort();
    after.sort();
    assert_eq!(before, after);
    assert!(!before.is_empty());
}

#[test]
fn shells_manuals_and_schemas() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(uioscope(["completions", shell]).exits(0).stdout.contains("uioscope"));
    }
    assert!(uioscope(["man"]).exits(0).stdout.contains(".TH uioscope 1"));
    assert!(uioscope(["man", "model", "check"]).exits(0).stdout.contains("uioscope\\-model\\-check"));
    let wrong = uioscope(["man", "adit"]).exits(2).stderr;
    assert!(wrong.contains("did you mean audit?"), "{wrong}");
    let names = uioscope(["schema"]).exits(0).stdout;
    for name in names.lines() {
        let schema: serde_json::Value =
            serde_json::from_str(&uioscope(["schema", name]).exits(0).stdout).expect("JSON");
        assert!(schema["$id"].is_string(), "{name}");
    }
}

/// A kernel with a baseline of what is in it.
fn gated() -> Directory {
    let kernel = Directory::kernel();
    let no_baseline = uioscope(["check", "."]).within(kernel.path()).exits(1);
    assert!(no_baseline.stdout.contains("new "), "{}", no_baseline.stdout);
    let update = ["check", ".", "--baseline", "b.toml", "--update", "--reason", "known", "--owner", "me"];
    uioscope(update).within(kernel.path()).exits(0);
    kernel
}

#[test]
fn the_gate_is_silent_on_what_it_knows_and_loud_on_the_rest() {
    let kernel = gated();
    let check = ["check", ".", "--baseline", "b.toml"];
    uioscope(check).within(kernel.path()).exits(0);
    let file = |path: &str| kernel.join(path);
    let abused = uioscope(["audit", ".", "--role", "abuse", "--format", "json"]).within(kernel.path()).exits(0).audit();
    let path = abused["findings"][0]["path"].as_str().expect("an abuse").to_owned();
    let text = std::fs::read(file(&path)).expect("a file");
    // Moved within the file.
    std::fs::write(file(&path), [&b"\n\n"[..], &text].concat()).expect("written");
    uioscope(check).within(kernel.path()).exits(0);
    // To another directory.
    std::fs::create_dir_all(file("moved")).expect("a directory");
    std::fs::rename(file(&path), file("moved/x.c")).expect("moved");
    let moved = uioscope(check).within(kernel.path()).exits(0).stdout;
    assert!(moved.contains(&format!("moved {path} to moved/x.c:")), "{moved}");
    // A new one, behind a macro too.
    let more = "#define CRED(u) ((u)->uio_procp->p_ucred)\nint zz(struct uio *u) { return CRED(u)->cr_uid; }\n";
    std::fs::write(file("moved/y.c"), more).expect("written");
    let loud = uioscope(check).within(kernel.path()).exits(1).stdout;
    assert!(loud.contains("credential"), "{loud}");
    let json =
        uioscope(["check", ".", "--baseline", "b.toml", "--format", "json"]).within(kernel.path()).exits(1).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/schemas/gate-1.schema.json")).expect("a schema");
    jsonschema::validate(&schema, &json).expect("it fits its schema");
    assert!(!json["new"].as_array().expect("new").is_empty());
    let gnu = uioscope(["check", ".", "--baseline", "b.toml", "--format", "gnu"]).within(kernel.path()).exits(1).stdout;
    assert!(gnu.lines().all(|l| l.contains(": error: new abuse: ")), "{gnu}");
    // Gone again.
    std::fs::remove_file(file("moved/y.c")).expect("removed");
    std::fs::remove_file(file("moved/x.c")).expect("removed");
    let fixed = uioscope(check).within(kernel.path()).exits(0).stdout;
    assert!(fixed.contains("fixed, take it out"), "{fixed}");
}

#[test]
fn a_baseline_that_cannot_be_used_is_an_error() {
    let kernel = gated();
    let bad = |text: &str, want: &str| {
        kernel.write("bad.toml", text);
        let error = uioscope(["check", ".", "--baseline", "bad.toml"]).within(kernel.path()).exits(2).stderr;
        assert!(error.contains(want), "{error}");
    };
    let good = std::fs::read_to_string(kernel.join("b.toml")).expect("a file");
    bad(&format!("<<<<<<< a\n{good}"), "bad.toml:1: a conflict");
    bad(&good.replace("uio.uio_procp", "uio.uio_td"), "field is uio.uio_td");
    bad("[[entry]\n", "bad.toml:1: ");
    let none = uioscope(["check", ".", "--baseline", "none.toml"]).within(kernel.path()).exits(2).stderr;
    assert!(none.contains("none.toml"), "{none}");
    let why = uioscope(["check", ".", "--baseline", "b.toml", "--update"]).within(kernel.path()).exits(2).stderr;
    assert!(why.contains("--reason"), "{why}");
}

#[test]
fn ids_do_not_hang_on_which_directory_was_named() {
    let kernel = Directory::kernel();
    let ids = |tree: &str, only: &str| {
        let audit = uioscope(["audit", tree, "--format", "json"]).within(kernel.path()).exits(0).audit();
        let all = audit["findings"].as_array().expect("findings").clone();
        let of = all.iter().filter(|f| f["path"].as_str().is_some_and(|p| p.starts_with(only)));
        of.map(|f| f["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let whole = ids("sys", "kern/");
    assert!(!whole.is_empty());
    assert_eq!(whole, ids("sys/kern", ""));
}
