//! Every built-in scenario: its verdict, that it is not vacuous, and that symmetry changes nothing.

use uioscope_model::{Options, Scenario, Trace, explore, library};

fn scenarios() -> Vec<Scenario> {
    library::all().expect("built-in scenarios are valid")
}

#[test]
fn verdicts_are_as_expected_and_no_scenario_is_vacuous() {
    let mut wrong = Vec::new();
    for sc in scenarios() {
        let report = sc.check().expect("playable");
        let mut want = sc.expect.clone().expect("every built-in scenario says what it expects");
        want.sort();
        if report.violated() != want || report.vacuous() {
            wrong.push(format!(
                "{}: {:?}, wanted {want:?}; never {:?} {:?}",
                sc.name,
                report.violated(),
                report.never,
                report.unused
            ));
        }
        assert!(!sc.story.is_empty() && !sc.source.is_empty(), "{} has a story and a source", sc.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn symmetry_changes_no_verdict_and_no_length() {
    for sc in scenarios() {
        let full = explore(&sc, &Options::full()).expect("playable");
        let quotient = sc.check().expect("playable");
        let lengths =
            |r: &uioscope_model::Report| r.violations.iter().map(|v| (v.property, v.steps)).collect::<Vec<_>>();
        assert_eq!(lengths(&full), lengths(&quotient), "{}", sc.name);
        assert!(quotient.states <= full.states, "{}", sc.name);
    }
}

#[test]
fn traces_have_the_length_they_say_and_can_be_played_again() {
    for sc in scenarios() {
        for options in [Options::default(), Options::full()] {
            for v in explore(&sc, &options).expect("playable").violations {
                assert_eq!(v.trace.len(), v.steps, "{} {}", sc.name, v.property);
                let trace = Trace::new(&sc, &v);
                let again = Trace::from_json(&trace.to_json()).expect("reads what it wrote");
                assert_eq!(again, trace);
                again.replay().unwrap_or_else(|e| panic!("{} {}: {e}", sc.name, v.property));
            }
        }
    }
}

#[test]
fn files_are_named_as_they_name_themselves() {
    for (name, text) in library::FILES.iter().chain(library::MUSEUM) {
        assert!(text.starts_with(&format!("name = \"{name}\"\n")), "{name}");
    }
    assert!(library::find("exit/proc").is_ok());
    assert!(library::find("exit/nothing").is_err());
    assert!(library::find("nothing").is_err());
}
