//! Rules of references are read, or refused with a line that they have; with the built-in ones any source is looked through.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use uioscope_analyzer::refs::{Rules, refs};
use uioscope_source::text::SourceTree;

static BUILTIN: LazyLock<Rules> = LazyLock::new(|| Rules::builtin().expect("the built-in rules"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Rules::parse("fuzz.toml", text);
    }
    // A byte that C does not use stands for what a fuzzer would not find.
    let mut text = Vec::with_capacity(bytes.len());
    for b in bytes {
        match b {
            b'@' => text.extend_from_slice(b"uvmspace_free(vm)"),
            b'`' => text.extend_from_slice(b"proc_vmspace_getref(p, &vm)"),
            b => text.push(*b),
        }
    }
    let tree = SourceTree::from_memory("fuzz", vec![("a.c".to_owned(), text)]);
    refs(&tree, &BUILTIN);
});
