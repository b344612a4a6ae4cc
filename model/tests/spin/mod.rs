//! SPIN, where it is installed: its verdict and how many states it stored.

use std::collections::BTreeSet;
use std::process::Command;
use uioscope_model::{Property, Scenario, export};

/// Whether SPIN and a C compiler are installed.
pub fn is_there() -> bool {
    let there = |name: &str| Command::new(name).arg("--version").output().is_ok();
    there("spin") && there("cc")
}

/// What SPIN says: the properties, and how many states it stored.
pub fn check(sc: &Scenario) -> (BTreeSet<Property>, u64) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("m.pml"), export::promela(sc).expect("playable")).expect("written");
    let run = |command: &mut Command| {
        let ran = command.current_dir(directory.path()).output().expect("runs");
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{command:?}: {text}{}", String::from_utf8_lossy(&ran.stderr));
        text
    };
    run(Command::new("spin").args(["-a", "m.pml"]));
    run(Command::new("cc").args(["-O0", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"]));
    let said = run(Command::new("./pan").args(["-c0", "-m1000000"]));
    assert!(!said.contains("max search depth too small"), "{said}");
    let number = |line: &str| line.split_whitespace().next().and_then(|n| n.parse().ok());
    let states = said.lines().find(|l| l.contains("states, stored")).and_then(number).expect("a count");
    let declared = sc.declare.property.iter().map(|rule| Property::Declared(rule.name));
    let all = Property::ALL.iter().copied().chain(declared);
    let violated = all.filter(|&p| said.contains(&format!("(bad!={})", export::code_in(sc, p))));
    (violated.collect(), states)
}
