//! What a scenario declares itself: properties, designs and policies, in the search, in traces, in generated tests and in SPIN.

mod spin;

use std::collections::BTreeSet;
use uioscope_model::witness::{Witness, through};
use uioscope_model::{Act, Name, Options, Property, Scenario, Trace, explore, generate};

fn scenario(keys: &str) -> Scenario {
    let text = format!("name = \"own\"\nsource = \"here\"\n{keys}");
    Scenario::parse("own.toml", &text).unwrap_or_else(|e| panic!("{e}")).remove(0)
}

fn declared(name: &str) -> Property {
    Property::Declared(Name::new(name).expect("a name"))
}

/// A request that is copied for a zombie, and two references on one vmspace.
const PROPERTIES: &str = "[[declare.property]]\nname = \"copy-for-a-zombie\"\n\
    never = \"some request r: stage[r] = copy and orphan[r] = 0 and phase[issuer[r]] = zombie\"\n\
    [[declare.property]]\nname = \"crowd\"\nnever = \"some vmspace v: 3 < refs[v]\"\n";

fn own() -> Scenario {
    scenario(&format!(
        "design = \"vmspace-referenced\"\nrequests = 2\nallow = [\"disk\", \"exit\"]\nsometimes = [\"exit-in-flight\"]\n{PROPERTIES}"
    ))
}

#[test]
fn a_declared_property_ends_its_path_like_any_other() {
    let sc = own();
    for options in [Options::default(), Options::full()] {
        let report = explore(&sc, &options).expect("playable");
        assert_eq!(report.violated(), [declared("copy-for-a-zombie"), declared("crowd")]);
        let steps: Vec<usize> = report.violations.iter().map(|v| v.steps).collect();
        // submit, enqueue, exit, waited, detach, drop, zombie, start-copy; and the reference of each request.
        assert_eq!(steps, [8, 3]);
        for violation in &report.violations {
            let trace = Trace::new(&sc, violation);
            let again = Trace::from_json(&trace.to_json()).expect("reads what it wrote");
            assert_eq!(again, trace);
            again.replay().expect("shows what it says");
            let test = generate::test(&trace).expect("a test");
            assert!(
                test.contains("book::Declared::from_json") && test.contains("Property::Declared(Name::new("),
                "{test}"
            );
        }
        let short = Trace { steps: report.violations[0].trace[..7].to_vec(), ..Trace::new(&sc, &report.violations[0]) };
        assert!(short.replay().is_err(), "one step before, nothing is shown");
    }
    let found = through(&sc, Act::Zombie, &Options::default()).expect("playable");
    let Witness::Violating(violation) = found else { panic!("{found:?}") };
    assert_eq!(violation.property, declared("copy-for-a-zombie"));
}

#[test]
fn what_never_holds_changes_nothing() {
    let with = own();
    let mut without = with.clone();
    without.declare.property.clear();
    let none = scenario(
        "design = \"vmspace-referenced\"\nrequests = 2\nallow = [\"disk\", \"exit\"]\n\
         [[declare.property]]\nname = \"free-request\"\nnever = \"some request r: stage[r] = hung\"\n",
    );
    let (a, b) = (explore(&without, &Options::full()), explore(&none, &Options::full()));
    let (a, b) = (a.expect("playable"), b.expect("playable"));
    assert_eq!((a.states, a.transitions, a.violations), (b.states, b.transitions, b.violations));
}

#[test]
fn spin_says_the_same_of_what_is_declared() {
    if !spin::is_there() {
        eprintln!("SPIN or a C compiler is not installed: nothing was compared");
        return;
    }
    let sc = own();
    let ours = explore(&sc, &Options::full()).expect("playable");
    let (violated, states) = spin::check(&sc);
    assert_eq!(violated, ours.violated().into_iter().collect::<BTreeSet<_>>());
    assert_eq!(states, ours.states + violated.len() as u64);
}

#[test]
fn bad_declarations_are_named_with_their_line() {
    let check = |declared: &str, wanted: &str| {
        let text = format!("name = \"own\"\ndesign = \"proc\"\n{declared}");
        let error = Scenario::parse("own.toml", &text).expect_err("an error").to_string();
        assert!(error.starts_with("own.toml:") && error.contains(wanted), "{error}");
    };
    check("[[declare.property]]\nname = \"p\"\nnever = \"some request r: stage[r] = cpoy\"\n", "did you mean `copy`?");
    check(
        "[[declare.property]]\nname = \"leak\"\nnever = \"some proc p: phase[p] = live\"\n",
        "`leak` is declared already",
    );
    check("expect = [\"laek\"]\n", "there is no property `laek`");
    check("[[declare.property]]\nname = \"p\"\n", "missing field `never`");
    check("[[declare.policy]]\nname = \"p\"\nwaits = [\"pendig\"]\n", "did you mean `pending`?");
}

#[test]
fn a_wait_that_may_be_given_up_is_none_to_rely_on() {
    let with = |gives_up: bool| {
        scenario(&format!(
            "design = \"vmspace-borrowed\"\nexit = \"timed\"\nallow = [\"disk\", \"exit\"]\n\
             [[declare.policy]]\nname = \"timed\"\nwaits = [\"pending\", \"copy\"]\ngives-up = {gives_up}\n"
        ))
    };
    let violated = |sc: &Scenario| sc.check().expect("playable").violated();
    assert_eq!(violated(&with(false)), []);
    assert_eq!(violated(&with(true)), [Property::UseAfterFreeVmspace]);
}

#[test]
fn a_policy_of_the_vmspace_sees_to_the_requests_of_all_who_shared_it() {
    // p0 submits and exits; p1 is the last user, and only a policy of the vmspace sees p0's request.
    let with = |of: &str| {
        scenario(&format!(
            "design = \"vmspace-borrowed\"\nexit = \"own\"\nprocs = 2\nallow = [\"disk\", \"exit\"]\n\
             start = [{{ lwps = 1, vmspace = 0 }}, {{ lwps = 1, vmspace = 0 }}]\n\
             [[declare.policy]]\nname = \"own\"\nof = \"{of}\"\ncancels = true\nwaits = [\"pending\", \"copy\"]\n"
        ))
    };
    let violated = |of: &str| with(of).check().expect("playable").violated();
    assert_eq!(violated("process"), [], "each waits for its own, so nothing is left for the last");
    assert_eq!(violated("vmspace"), []);
    let none = Scenario { exit: uioscope_model::Policy::None, ..with("process") };
    assert_eq!(none.check().expect("playable").violated(), [Property::UseAfterFreeVmspace]);
}

#[test]
fn one_reference_for_a_queue_is_as_good_as_one_for_each_request() {
    let with = |holds: &str| {
        scenario(&format!(
            "design = \"own\"\nexit = \"cancel\"\nrequests = 3\nallow = [\"disk\", \"exit\"]\nsometimes = [\"last-by-request\"]\n\
             [[declare.design]]\nname = \"own\"\nleads = \"vmspace\"\nholds = {holds}\n"
        ))
    };
    for holds in ["[\"vmspace\"]", "[\"queue\"]"] {
        let report = with(holds).check().expect("playable");
        assert_eq!((report.violated(), report.vacuous()), (vec![], false), "{holds}");
    }
    assert_eq!(with("[]").check().expect("playable").violated(), [Property::UseAfterFreeVmspace]);
}

#[test]
fn a_property_that_is_never_at_stake_is_said() {
    let idle = |allow: &str, never: &str| {
        let sc = scenario(&format!(
            "design = \"vmspace-referenced\"\nexit = \"cancel+drain\"\nallow = [{allow}]\n\
             [[declare.property]]\nname = \"p\"\nnever = \"{never}\"\n"
        ));
        let of = |options| explore(&sc, &options).expect("playable").idle.into_iter().map(|(_, part)| part).collect();
        let (some, all): (Vec<String>, Vec<String>) = (of(Options::default()), of(Options::full()));
        assert_eq!(some, all);
        some
    };
    let zombie = "some request r: stage[r] = copy and phase[issuer[r]] = zombie";
    // Both parts are true somewhere, though never at once: that is what the property is about.
    assert_eq!(idle("\"disk\", \"exit\"", zombie), Vec::<String>::new());
    assert_eq!(idle("\"exit\"", zombie), ["stage[r] = copy"]);
    assert_eq!(idle("\"disk\"", zombie), ["phase[issuer[r]] = zombie"]);
    assert_eq!(idle("\"disk\", \"exit\"", "some proc p: phase[p] = zombie and refs[vm[p]] = 7"), ["refs[vm[p]] = 7"]);
    // One part alone is what must never be; of `or` and `not` one part alone says nothing.
    for never in ["some vmspace v: refs[v] = 7", "some vmspace v: refs[v] = 7 or refs[v] = 8"] {
        assert_eq!(idle("\"disk\", \"exit\"", never), Vec::<String>::new());
    }
    let violated = own();
    assert_eq!(explore(&violated, &Options::default()).expect("playable").idle, []);
}
