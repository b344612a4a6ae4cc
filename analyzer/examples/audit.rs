//! scratch
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = Instant::now();
    let tree = uioscope_analyzer::tree::SourceTree::read(std::path::Path::new(&a[1])).unwrap();
    let read = t.elapsed();
    let t = Instant::now();
    let audit =
        uioscope_analyzer::audit(&tree, &uioscope_analyzer::Options { field: a.get(2).cloned(), pack: None }).unwrap();
    eprintln!(
        "read {read:?} audit {:?} {} {} {:?} {:?} skipped {} problems {}",
        t.elapsed(),
        audit.pack,
        audit.field,
        audit.ledger,
        audit.coverage,
        audit.skipped.len(),
        audit.problems.len()
    );
    println!("{}", serde_json::to_string_pretty(&audit).unwrap());
}
