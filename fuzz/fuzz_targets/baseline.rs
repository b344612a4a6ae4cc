//! A baseline is read, or refused with a line that it has; one that was read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_analyzer::gate::{Baseline, BaselineError};

fuzz_target!(|text: &str| {
    match Baseline::parse("b.toml", text, "uio.uio_procp") {
        Ok(read) => assert_eq!(Baseline::parse("b.toml", &read.render(), "uio.uio_procp"), Ok(read)),
        Err(BaselineError::Conflict { line, .. } | BaselineError::Form { line, .. }) => {
            assert!(line <= text.lines().count() + 1);
        }
        Err(BaselineError::Other { .. }) => {}
    }
});
