//! A role pack is read, or refused with a line that it has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_analyzer::packs::Pack;

fuzz_target!(|text: &str| {
    match Pack::parse("fuzz.toml", text) {
        Ok(pack) => assert!(pack.rules.is_sorted_by_key(|r| r.key())),
        Err(e) => assert!(e.line >= 1 && e.line <= 1 + text.matches('\n').count(), "{e}"),
    }
});
