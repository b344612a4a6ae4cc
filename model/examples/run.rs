//! x
use uioscope_model::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t: usize = a[2].parse().unwrap();
    let std =
        Scenario::standard(Design::parse(&a[3]).unwrap(), Policy::parse(&a[4]).unwrap(), Policy::parse(&a[5]).unwrap());
    match a[1].as_str() {
        "matrix" => {
            let t0 = std::time::Instant::now();
            let m = matrix(&std, &Options::default().threads(t)).unwrap();
            for c in &m.cells {
                println!(
                    "{:28} {:12} {:12} {:?} {:?} {} {} {:.2}",
                    c.design.name(),
                    c.exit.name(),
                    c.exec.name(),
                    c.verdict,
                    c.violations.iter().map(|v| format!("{}:{}", v.property, v.steps)).collect::<Vec<_>>(),
                    c.states,
                    c.transitions,
                    c.seconds
                );
            }
            println!("{:?}", t0.elapsed());
        }
        x => {
            let o = Options { symmetry: x.contains("sym"), memory: 17 << 30, ..Options::default() }.threads(t);
            let sc = if x.contains("big") {
                std.procs(3).requests(3).vmspaces(4).start([(1, 0), (1, 1), (1, 2)])
            } else {
                std
            };
            println!("bits {}", pack::Layout::new(&sc).bits());
            let r = explore(&sc, &o).unwrap();
            println!(
                "{:?} {:?} states {} tr {} depth {} {:.2}s {:.2} M/s {:.1} B/state {:?}",
                r.verdict(),
                r.end,
                r.states,
                r.transitions,
                r.depth,
                r.seconds,
                r.states as f64 / r.seconds / 1e6,
                r.bytes as f64 / r.states as f64,
                r.events
            );
            for v in &r.violations {
                println!(
                    "{} {}: {}",
                    v.property,
                    v.steps,
                    v.trace.iter().map(|a| a.to_string()).collect::<Vec<_>>().join("; ")
                );
            }
        }
    }
}
