//! How fast the standard question is played through: without reductions, with symmetry, and the whole matrix.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use uioscope_model::{Design, Options, Policy, Scenario, explore, matrix};

fn benches(c: &mut Criterion) {
    let sc = Scenario::standard(Design::Referenced, Policy::Cancel, Policy::Cancel);
    let full = Options::full();
    let mut group = c.benchmark_group("explore");
    group.sample_size(10);
    for threads in [1, 2] {
        let safety = Options { deadlock: false, ..full.clone() }.threads(threads);
        let states = explore(&sc, &safety).map_or(0, |r| r.states);
        group.throughput(Throughput::Elements(states));
        group.bench_function(format!("safety/{threads}"), |b| b.iter(|| explore(black_box(&sc), &safety)));
        let all = full.clone().threads(threads);
        group.bench_function(format!("with-deadlock/{threads}"), |b| b.iter(|| explore(black_box(&sc), &all)));
    }
    group.bench_function("symmetry", |b| b.iter(|| explore(black_box(&sc), &Options::default().threads(1))));
    group.bench_function("matrix", |b| b.iter(|| matrix(black_box(&sc), &Options::default().threads(2))));
    group.finish();
}

criterion_group!(explore_benches, benches);
criterion_main!(explore_benches);
