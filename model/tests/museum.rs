//! The museum: every bug is found before its fix and not after it, here and, where it is installed, by SPIN.

mod spin;

use std::collections::BTreeSet;
use uioscope_model::{Options, Property, Scenario, Verdict, explore, library};

/// The pairs: file, before, after.
fn pairs() -> Vec<(&'static str, Scenario, Scenario)> {
    let pair = |(name, text): &(&'static str, &str)| {
        let cases = Scenario::parse(&format!("{name}.toml"), text).unwrap_or_else(|e| panic!("{e}"));
        let [before, after]: [Scenario; 2] = cases.try_into().unwrap_or_else(|_| panic!("{name}: two cases"));
        assert_eq!((&before.name, &after.name), (&format!("{name}/before"), &format!("{name}/after")));
        (*name, before, after)
    };
    library::MUSEUM.iter().map(pair).collect()
}

#[test]
fn the_museum_has_thirty_bugs_each_with_its_story_and_source() {
    let pairs = pairs();
    assert!(pairs.len() >= 30, "{}", pairs.len());
    for (name, before, after) in pairs {
        assert!(before.story.len() > 40 && before.source.len() > 20, "{name}");
        assert!(before.expect.as_ref().is_some_and(|e| !e.is_empty()), "{name}: the bug is expected");
        assert_eq!(after.expect.as_deref(), Some(&[][..]), "{name}: nothing is expected after the fix");
        assert_ne!(
            Scenario { name: after.name.clone(), story: after.story.clone(), expect: None, ..before.clone() },
            Scenario { expect: None, ..after },
            "{name}"
        );
    }
}

#[test]
fn every_bug_is_found_before_its_fix_and_not_after_it() {
    let mut wrong = Vec::new();
    for (name, before, after) in pairs() {
        for sc in [&before, &after] {
            for options in [Options::default(), Options::full()] {
                let report = explore(sc, &options).expect("playable");
                if report.meets(sc) != Some(true) {
                    let (violated, doubts) = (report.violated(), (&report.never, &report.unused));
                    wrong.push(format!("{}: {violated:?}, wanted {:?}; {doubts:?}", sc.name, sc.expect));
                }
            }
        }
        let safe = explore(&after, &Options::default()).expect("playable").verdict();
        if safe != Verdict::Safe {
            wrong.push(format!("{name}: {safe:?} after the fix"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn spin_says_the_same_of_the_museum() {
    if !spin::is_there() {
        eprintln!("SPIN or a C compiler is not installed: nothing was compared");
        return;
    }
    for (_, before, after) in pairs() {
        for sc in [before, after] {
            let ours = explore(&sc, &Options::full()).expect("playable");
            let (violated, states) = spin::check(&sc);
            let wanted: BTreeSet<Property> = ours.violated().into_iter().collect();
            assert_eq!(violated, wanted, "{}", sc.name);
            assert_eq!(states, ours.states + violated.len() as u64, "{}", sc.name);
        }
    }
}
