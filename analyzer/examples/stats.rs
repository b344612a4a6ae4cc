//! scratch
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = Instant::now();
    let tree = uioscope_analyzer::tree::SourceTree::read(std::path::Path::new(&a[1])).unwrap();
    let read = t.elapsed();
    let t = Instant::now();
    let s = uioscope_analyzer::stats::parse_stats(&tree);
    let d = t.elapsed();
    println!(
        "read {read:?} parse {d:?} {:.1} MB/s files {} bytes {} functions {} clean {} = {:.3}%",
        s.bytes as f64 / 1e6 / d.as_secs_f64(),
        s.files,
        s.bytes,
        s.functions,
        s.clean,
        100.0 * s.clean as f64 / s.functions as f64
    );
    for r in s.reasons.iter().take(30) {
        println!("{:6} {}", r.1, r.0);
    }
    for w in s.worst.iter().filter(|w| w.unclean > 0).take(a.get(2).map_or(20, |n| n.parse().unwrap())) {
        println!("{} {}/{} {:?}", w.path, w.unclean, w.functions, &w.skips[..w.skips.len().min(6)]);
    }
    println!("problems {}", s.problems.len());
    for p in s.problems.iter().take(20) {
        println!("{p}");
    }
}
