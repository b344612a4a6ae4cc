//! A plan that somebody hands over is read, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = uioscope_migration::status::read(text);
});
