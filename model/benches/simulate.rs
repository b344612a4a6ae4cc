//! How many events a second the simulator plays, on the built-in workload.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use uioscope_model::simulate::{Workload, simulate};
use uioscope_model::{Design, Policy};

fn benches(c: &mut Criterion) {
    let mut workload = Workload::parse("server", uioscope_corpus::WORKLOAD).expect("the built-in workload");
    // Long enough for a steady state, short enough to be played again and again.
    workload.duration.0 = workload.duration.0.min(5_000_000_000);
    let mut group = c.benchmark_group("simulate");
    group.sample_size(10);
    for policy in [Policy::None, Policy::CancelDrain] {
        let events = simulate(&workload, Design::Referenced, policy).expect("a result").events;
        group.throughput(Throughput::Elements(events));
        group.bench_function(policy.to_string(), |b| {
            b.iter(|| simulate(black_box(&workload), Design::Referenced, policy));
        });
    }
    group.finish();
}

criterion_group!(simulate_benches, benches);
criterion_main!(simulate_benches);
