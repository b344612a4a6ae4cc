//! How fast traces are read, converted and read again: samples' records over and over.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::read::Event;
use uioscope_ktrace::{Summary, Trace};

/// The whole records of a sample, as often as make some megabytes.
fn trace(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples").join(name);
    let bytes = fs::read(path.with_extension("ktrace")).expect("a sample");
    let mut trace = Trace::open(&bytes[..], &Hints::default()).expect("a trace");
    let mut whole = bytes.len();
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Damage(damage) = event {
            whole = damage.offset as usize;
        }
    }
    bytes[..whole].repeat((4 << 20) / whole)
}

fn info(bytes: &[u8]) -> u64 {
    let mut trace = Trace::open(bytes, &Hints::default()).expect("a trace");
    let mut summary = Summary::default();
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Record(record) = event {
            summary.see(&record);
        }
    }
    summary.records
}

fn decode(bytes: &[u8]) -> usize {
    let mut trace = Trace::open(bytes, &Hints::default()).expect("a trace");
    let mut flaws = 0;
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Record(record) = event {
            flaws += usize::from(record.decode().flaw.is_some());
        }
    }
    flaws
}

fn convert<W: io::Write>(bytes: &[u8], sink: W) -> W {
    let mut trace = Trace::open(bytes, &Hints::default()).expect("a trace");
    let mut writer = Writer::new(sink, &trace.meta()).expect("a sink");
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Record(record) = event {
            writer.record(&record).expect("a sink");
        }
    }
    writer.finish().expect("a sink")
}

fn benches(c: &mut Criterion) {
    for name in ["netbsd4-v1-i386", "openbsd56-sparc64"] {
        let bytes = trace(name);
        let neutral = convert(&bytes, Vec::new());
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("info", |b| b.iter(|| info(black_box(&bytes))));
        group.bench_function("decode", |b| b.iter(|| decode(black_box(&bytes))));
        group.bench_function("convert", |b| b.iter(|| convert(black_box(&bytes), io::sink())));
        group.throughput(Throughput::Bytes(neutral.len() as u64));
        group.bench_function("read neutral", |b| b.iter(|| decode(black_box(&neutral))));
        group.finish();
    }
}

criterion_group!(trace_benches, benches);
criterion_main!(trace_benches);
