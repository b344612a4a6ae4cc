//! An audit of anything loses no occurrence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use uioscope_analyzer::packs::Pack;
use uioscope_source::text::SourceTree;
use uioscope_analyzer::{Options, audit};

const HEADER: &[u8] = b"struct proc;\nstruct uio { struct proc *uio_procp; int uio_segflg; };\n";

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::builtin("netbsd").expect("a built-in pack"));

fuzz_target!(|source: &[u8]| {
    // The name is too long for a fuzzer to find: a byte that C does not use stands for it.
    let mut text = Vec::with_capacity(source.len());
    for b in source {
        match b {
            b'@' => text.extend_from_slice(b"uio->uio_procp "),
            b => text.push(*b),
        }
    }
    let files = vec![("a.c".to_owned(), text), ("sys/uio.h".to_owned(), HEADER.to_vec())];
    let tree = SourceTree::from_memory("fuzz", files);
    let options = Options { field: Some("uio.uio_procp".to_owned()), pack: Some(PACK.clone()), ..Options::default() };
    let audit = audit(&tree, &options).expect("the field is declared");
    assert!(audit.ledger.adds_up(), "{:?}", audit.ledger);
    let found = audit.findings.iter().filter(|f| f.implicit.is_none()).count() as u64;
    assert_eq!(found + audit.ledger.other, audit.ledger.occurrences);
});
