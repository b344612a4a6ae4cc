//! A struct of any header is laid out, or what could not be read is said.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::layout::{Machine, layouts};
use uioscope_source::text::SourceTree;

const MACHINE: Machine =
    Machine { name: "i386", little: true, pointer: 4, long: 4, int32_align: 4, int64_align: 4 };

fuzz_target!(|bytes: &[u8]| {
    let text = [b"struct s {\n", bytes, b"\n};\n"].concat();
    let tree = SourceTree::from_memory("fuzz", vec![("a.h".to_owned(), text)]);
    let _ = layouts(&Lookup::new(&tree), "a.h", "s", &[MACHINE]);
});
