//! A scenario is read, or refused with a line that it has; what is read can be played.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_model::{Options, Scenario, explore};

fuzz_target!(|text: &str| {
    match Scenario::parse("fuzz.toml", text) {
        Ok(scenarios) => {
            // A megabyte of states is enough to take every kind of step.
            let options = Options { memory: 1 << 20, ..Options::default() }.threads(1);
            for scenario in scenarios.iter().take(2) {
                explore(scenario, &options).expect("what was read has possible sizes");
            }
        }
        Err(e) => assert!(e.line >= 1 && e.line <= 1 + text.matches('\n').count(), "{e}"),
    }
});
