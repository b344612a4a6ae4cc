//! Every variant of every item of a Rust file gives a tree whose operands come first, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_source::rust::RustFile;

fuzz_target!(|source: &[u8]| {
    let unit = RustFile::new(source);
    for at in 0..source.len().min(100) as u32 {
        assert!(!unit.presence(at).to_string().is_empty());
    }
    for item in &unit.items {
        // Places inside are not known here: proc-macro2 keeps none when it is built for a fuzzer.
        unit.trees(*item, |ast| {
            for id in 0..ast.exprs.len() as u32 {
                ast.operands(id, &mut |o| assert!(o < id, "an operand that comes later"));
            }
        });
    }
});
