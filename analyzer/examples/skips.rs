//! scratch
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let tree = uioscope_analyzer::tree::SourceTree::read(std::path::Path::new(&a[1])).unwrap();
    let s = uioscope_analyzer::stats::parse_stats(&tree);
    let n: usize = a[3].parse().unwrap();
    let mut k = 0;
    let mut last = String::new();
    for w in &s.worst {
        for (line, r) in &w.skips {
            if r.contains(&a[2]) && w.path != last {
                let f = tree.file(&w.path).unwrap();
                let text = String::from_utf8_lossy(&f.bytes);
                let ls: Vec<_> = text.lines().skip(*line as usize - 1).take(2).collect();
                println!("{}:{line}: {r}\n    {}", w.path, ls.join("\n    "));
                k += 1;
                if w.skips.len() < 50 {
                    last = w.path.clone();
                }
                if k > n {
                    return;
                }
            }
        }
    }
}
