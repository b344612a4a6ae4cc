//! Bytes are a stored audit, which is written as the same bytes again, or are refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_analyzer::finding::{from_bytes, to_bytes};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(audit) = from_bytes(bytes) {
        let again = to_bytes(&audit).expect("what was read can be written");
        assert_eq!(from_bytes(&again).expect("what was written can be read"), audit);
    }
});
