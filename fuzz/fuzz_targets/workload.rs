//! A workload is read, or refused with a line that it has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_model::simulate::Workload;

fuzz_target!(|text: &str| {
    if let Err(e) = Workload::parse("fuzz.toml", text) {
        assert!(e.line >= 1 && e.line <= 1 + text.matches('\n').count(), "{e}");
    }
});
