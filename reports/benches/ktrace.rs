//! How fast records become text and JSON.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fs;
use std::hint::black_box;
use std::path::Path;
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::names::Names;
use uioscope_ktrace::read::Event;
use uioscope_ktrace::record::Record;
use uioscope_reports::ktrace::json;
use uioscope_reports::ktrace::text::{Lines, Options, Times};

fn each(bytes: &[u8], mut write: impl FnMut(&mut Vec<u8>, &Record<'_>)) -> u64 {
    let mut trace = Trace::open(bytes, &Hints::default()).expect("a trace");
    let (mut out, mut written) = (Vec::new(), 0);
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Record(record) = event {
            write(&mut out, &record);
            written += out.len() as u64;
            out.clear();
        }
    }
    written
}

fn benches(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/neutral/netbsd4-v1-i386.ktrace");
    let bytes = fs::read(path).expect("a golden file");
    let mut group = c.benchmark_group("dump");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let options = Options { times: Times::Relative, decimal: false, hexadecimal: false, most: 64 };
    group.bench_function("text", |b| {
        b.iter(|| {
            let mut lines = Lines::new(options, Names::default());
            each(black_box(&bytes), |out, record| lines.record(out, record))
        });
    });
    group.bench_function("jsonl", |b| {
        b.iter(|| {
            each(black_box(&bytes), |out, record| {
                json::record(out, record, usize::MAX);
            })
        });
    });
    group.finish();
}

criterion_group!(dump_benches, benches);
criterion_main!(dump_benches);
