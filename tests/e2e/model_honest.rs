//! "Safe" is a promise: `uioscope model check` says what a verdict does not rest on, and holds scenarios to what they expect.

use crate::support::{Directory, keeps_schema, uioscope};

const CHECK: &str = include_str!("../../docs/schemas/check-1.schema.json");
const MATRIX: &str = include_str!("../../docs/schemas/matrix-1.schema.json");

/// Checks a scenario of these keys: its exit status, and what it says on both outputs.
fn check(keys: &str, flags: &[&str], status: i32, wanted: &[&str]) {
    let directory = Directory::new();
    directory.write("s.toml", format!("name = \"s\"\n{keys}"));
    let arguments = ["model", "check", "s.toml"].iter().chain(flags);
    let ran = uioscope(arguments).within(directory.path()).exits(status);
    let said = ran.stdout + &ran.stderr;
    for wanted in wanted {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
}

#[test]
fn nothing_that_never_happened_is_called_safe() {
    let lonely = "design = \"lwp\"\nallow = [\"disk\", \"lwp-exit\"]\n";
    check(lonely, &[], 2, &["s  partial", "vacuous: lwp-exit is allowed and was never done"]);
    check("design = \"lwp\"\nallow = [\"lwp-exit\"]\n", &[], 2, &["vacuous: no step is possible"]);
    let unmet = "design = \"vmspace-referenced\"\nexit = \"cancel\"\nsometimes = [\"refused\"]\n";
    check(unmet, &[], 2, &["vacuous: refused was to happen somewhere and never did"]);
    let none = "design = \"proc\"\nrequests = 0\nallow = [\"disk\", \"exit\"]\n";
    check(none, &[], 2, &["disk is allowed and was never done"]);
    // An unsafe verdict stays one.
    check("design = \"lwp\"\nallow = [\"disk\", \"exit\", \"vfork\"]\n", &[], 0, &["s  unsafe", "vfork is allowed"]);
    check(
        "design = \"vmspace-referenced\"\nexit = \"cancel\"\n",
        &["--no-deadlock"],
        0,
        &["deadlock was not asked for"],
    );
}

#[test]
fn what_is_expected_is_held_to() {
    let safe = "design = \"vmspace-referenced\"\nexit = \"cancel\"\n";
    let with = |expect: &str| format!("{safe}expect = {expect}\n");
    check(&with("[]"), &[], 0, &["as expected: no violation"]);
    check(&with("[\"double-free\"]"), &[], 1, &["s: double-free was expected to be violated, and nothing is"]);
    check(&with("[\"double-free\"]"), &["--fail-on", "leak"], 1, &["was expected"]);
    let bad = "design = \"proc\"\nexpect = [\"use-after-free-proc\", \"wrong-address-space\"]\n";
    check(bad, &[], 0, &["as expected: use-after-free-proc, wrong-address-space"]);
    check(&bad.replace("\"use-after-free-proc\", ", ""), &[], 1, &["not as expected"]);
    check(
        &bad.replace("\"use-after-free-proc\", ", ""),
        &["--exit", "none"],
        0,
        &["what the scenario expects is not checked"],
    );
    check(bad, &["--lwp-exit", "drain"], 0, &["is not checked"]);
    check(&with("[]"), &["--memory", "0", "--full"], 2, &["partial"]);
}

#[test]
fn the_json_says_the_same() {
    let directory = Directory::new();
    let json = |keys: &str, status| {
        directory.write("s.toml", format!("name = \"s\"\n{keys}"));
        let json =
            uioscope(["model", "check", "s.toml", "--format", "json"]).within(directory.path()).exits(status).json();
        keeps_schema(&json, CHECK);
        json
    };
    let met = json("design = \"vmspace-referenced\"\nexit = \"cancel\"\nexpect = []\n", 0);
    assert_eq!((&met["met"], &met["vacuous"], &met["verdict"]), (&true.into(), &false.into(), &"safe".into()));
    let unmet = json("design = \"vmspace-referenced\"\nexit = \"cancel\"\nexpect = [\"leak\"]\n", 1);
    assert_eq!((&unmet["met"], &unmet["expect"][0]), (&false.into(), &"leak".into()));
    let vacuous = json("design = \"lwp\"\nallow = [\"disk\", \"vfork\"]\nexpect = []\n", 2);
    assert_eq!((&vacuous["verdict"], &vacuous["unused"][0]), (&"partial".into(), &"vfork".into()));
    assert!(vacuous["met"].is_null(), "it cannot be told");
}

#[test]
fn a_property_can_be_what_fails_the_run() {
    let unsafe_one = "design = \"lwp\"\n";
    check(unsafe_one, &[], 0, &["unsafe"]);
    check(unsafe_one, &["--fail"], 1, &[]);
    check(unsafe_one, &["--fail-on", "any"], 1, &[]);
    check(unsafe_one, &["--fail-on", "leak,wrong-address-space"], 1, &[]);
    check(unsafe_one, &["--fail-on", "leak"], 0, &[]);
    check(unsafe_one, &["--fail-on", "leek"], 2, &["did you mean `leak`?"]);
}

#[test]
fn a_misspelt_word_is_answered_with_the_nearest() {
    let nearest = |arguments: &[&str], wanted: &str| {
        let ran = uioscope(arguments).exits(2);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    };
    nearest(&["model", "check", "lwp-exti"], "did you mean `lwp-exit`?");
    nearest(&["model", "check", "exit/prok"], "did you mean `exit/proc`?");
    nearest(&["model", "check", "--design", "vmspace-refrenced"], "did you mean `vmspace-referenced`?");
    nearest(&["model", "check", "--lwp-exit", "detatch"], "did you mean `detach`?");
    check("design = \"prok\"\n", &[], 2, &["s.toml:2", "did you mean `proc`?"]);
    check("design = \"proc\"\nallow = [\"dsik\"]\n", &[], 2, &["s.toml:3", "did you mean `disk`?"]);
}

#[test]
fn an_lwps_exit_is_a_policy_of_its_own() {
    let check = |flags: &[&str], verdict: &str| {
        let ran = uioscope(["model", "check", "lwp-exit/lwp"].iter().chain(flags)).run();
        assert!(ran.stdout.starts_with(&format!("lwp-exit/lwp  {verdict}\n")), "{flags:?}: {}", ran.stdout);
    };
    check(&["--lwp-exit", "none"], "unsafe");
    for policy in ["detach", "take-over", "reparent"] {
        check(&["--lwp-exit", policy], "safe");
    }
    // What waits or cancels leaves nothing in flight, which the scenario asks for.
    check(&["--lwp-exit", "cancel+drain"], "partial");
    let table = uioscope(["model", "matrix", "lwp-exit/lwp", "--format", "json"]).exits(0).json();
    keeps_schema(&table, MATRIX);
    assert_eq!(table["cells"].as_array().map(Vec::len), Some(35), "5 designs x 7 policies");
    let all = uioscope(["model", "matrix", "lwp-exit"]).exits(0).stdout;
    assert!(all.contains("LWP exit reparent"), "{all}");
}

#[test]
fn a_safe_verdict_says_what_it_rests_on() {
    let why = |arguments: &[&str], status| {
        let json = uioscope(["model", "why"].iter().chain(arguments).chain(&["--format", "json"])).exits(status).json();
        keeps_schema(&json, include_str!("../../docs/schemas/why-1.schema.json"));
        json
    };
    let exit = why(&["exit/proc-fixed"], 0);
    let needed = |off: &str| {
        let rests = exit["rests"].as_array().expect("rests").iter();
        rests.clone().find(|r| r["off"] == off).unwrap_or_else(|| panic!("{off} in {exit}"))["needed"].clone()
    };
    assert_eq!((needed("exit cancels"), needed("exit waits")), (false.into(), true.into()));
    let text = uioscope(["model", "why", "exit/proc-fixed"]).exits(0).stdout;
    assert!(text.contains("exit waits  without it: ") && text.contains("not needed: "), "{text}");

    let mended = why(&["lwp-exit/lwp"], 0);
    let sets = mended["remedies"].as_array().expect("remedies");
    assert!(sets.contains(&serde_json::json!(["LWP exit detach"])), "{mended}");
    assert!(sets.iter().all(|s| s.as_array().map(Vec::len) == Some(1)), "the smallest alone: {mended}");
    // The standard question without a policy needs more than one.
    let two = why(&["--design", "proc", "--exit", "none", "--exec", "none"], 0);
    assert!(
        two["remedies"]
            .as_array()
            .expect("remedies")
            .contains(&serde_json::json!(["exit cancel+drain", "exec cancel+drain"])),
        "{two}"
    );
    assert_eq!(why(&["--memory", "0"], 2)["whole"], false);
}

#[test]
fn a_witness_goes_through_the_step_that_is_asked_for() {
    let through = |arguments: &[&str], wanted: &str| {
        let text = uioscope(["model", "why"].iter().chain(arguments)).exits(0).stdout;
        assert!(text.contains(wanted), "{text}");
    };
    through(&["exit/proc", "--through", "vfork"], "wrong-address-space through vfork");
    through(&["exit/referenced", "--through", "reap"], "no violating step nor a leak lies behind it");
    through(&["exit/proc", "--through", "fork"], "fork is never taken");
    let ran = uioscope(["model", "why", "exit/proc", "--through", "vfrok"]).exits(2);
    assert!(ran.stderr.contains("did you mean `vfork`?"), "{}", ran.stderr);
}
