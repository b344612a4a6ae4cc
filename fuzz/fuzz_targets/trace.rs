//! A trace is read and replayed, or refused; what is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_model::Trace;

fuzz_target!(|text: &str| {
    if let Ok(trace) = Trace::from_json(text) {
        assert_eq!(Trace::from_json(&trace.to_json()), Ok(trace.clone()));
        if let Ok(replay) = trace.replay() {
            assert_eq!(replay.states.len(), trace.steps.len() + 1);
        }
    }
});
