//! What a verdict rests on, held against the museum: what mended a bug is what the mended scenario rests on, and among what would mend
//! the other.

use uioscope_model::why::{Rest, remedies, rests_on};
use uioscope_model::{Options, Scenario, library};

/// Both halves of every bug, as far as they are asked the same: without names, stories and expectations.
fn pairs() -> Vec<(&'static str, Scenario, Scenario)> {
    let bare = |sc: &Scenario| Scenario {
        name: String::new(),
        story: String::new(),
        source: String::new(),
        sometimes: Vec::new(),
        expect: None,
        ..sc.clone()
    };
    let pair = |(name, text): &(&'static str, &str)| {
        let cases = Scenario::parse(&format!("{name}.toml"), text).unwrap_or_else(|e| panic!("{e}"));
        (*name, bare(&cases[0]), bare(&cases[1]))
    };
    library::MUSEUM.iter().map(pair).collect()
}

/// Whether the bug is the mended scenario with one thing switched off, and whether that is said to be needed.
fn switched(before: &Scenario, rests: &[Rest]) -> Option<bool> {
    rests.iter().find(|r| r.off.scenario == *before).map(|r| !r.appears.is_empty())
}

/// Bugs that no policy, design or order mends: what blocks for ever is let in, or it is not.
const WITHOUT_REMEDY: [&str; 2] = ["freebsd-aio-hung-daemon", "linux-aio-exit-hang"];

#[test]
fn what_mended_a_bug_is_what_the_mended_one_rests_on() {
    let mut as_switch = 0;
    for (name, before, after) in pairs() {
        let rests = rests_on(&after, &Options::default()).expect("playable");
        assert!(rests.iter().all(|r| !r.untold), "{name}");
        if let Some(needed) = switched(&before, &rests) {
            assert!(needed, "{name}: the verdict rests on what was mended");
            as_switch += 1;
        }
    }
    // The others change the design, or more than one thing.
    assert!(as_switch >= 21, "{as_switch}");
}

#[test]
fn every_bug_but_two_is_mended_by_one_change() {
    for (name, before, _) in pairs() {
        let mends = remedies(&before, &Options::default()).expect("playable");
        assert!(mends.complete, "{name}: {}", mends.tried);
        let size = mends.sets.first().map(Vec::len);
        assert_eq!(size, (!WITHOUT_REMEDY.contains(&name)).then_some(1), "{name}: {:?}", mends.sets);
    }
}

#[test]
fn parts_of_declared_designs_and_policies_are_switched_off_one_by_one() {
    let text = "name = \"held\"\ndesign = \"held\"\nexit = \"owned\"\nallow = [\"disk\", \"exit\"]\nrequests = 1\n\
                [[declare.design]]\nname = \"held\"\nleads = \"vmspace\"\nholds = [\"vmspace\", \"proc\"]\n\
                [[declare.policy]]\nname = \"owned\"\ncancels = true\nwaits = [\"pending\", \"copy\"]\n";
    let scenario = Scenario::parse("held.toml", text).expect("valid").remove(0);
    let rests = rests_on(&scenario, &Options::default()).expect("playable");
    let needed = |what: &str| {
        let rest = rests.iter().find(|r| r.off.what == what).unwrap_or_else(|| panic!("{what} in {rests:?}"));
        !rest.appears.is_empty()
    };
    // Exit waits, so the references are not needed; without the wait for what is copied the reference still is there.
    assert!(!needed("the request's reference on its vmspace") && !needed("the request's hold on its process"));
    assert!(!needed("exit cancels") && !needed("exit waits for what is being copied"));
    let alone = text.replace("holds = [\"vmspace\", \"proc\"]", "").replace("\"pending\", ", "");
    let alone = Scenario::parse("held.toml", &alone).expect("valid").remove(0);
    let rests = rests_on(&alone, &Options::default()).expect("playable");
    let wait = rests.iter().find(|r| r.off.what == "exit waits for what is being copied").expect("switched off");
    assert!(!wait.appears.is_empty(), "without a reference the wait is needed");
}
