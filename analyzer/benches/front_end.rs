//! How fast the front end is: the corpus repeated to about two megabytes, and a tree if `UIOSCOPE_BENCH_TREE` names one.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use uioscope_analyzer::{Options, audit};
use uioscope_source::c::variant::{Cover, variants};
use uioscope_source::c::{items, lex, parse, pp::Unit};
use uioscope_source::language::is_preprocessed;
use uioscope_source::text::SourceTree;
use uioscope_source::tree::Ast;

/// What one measurement reads.
const SIZE: usize = 2 << 20;

/// The corpus once, and its files again under other directories until it is large enough.
fn repeated_corpus() -> SourceTree {
    let corpus = uioscope_corpus::tree();
    let once: usize = corpus.iter().map(|(_, text)| text.len()).sum();
    let mut files = Vec::new();
    for copy in 0..SIZE.div_ceil(once) {
        let prefix = if copy == 0 { String::new() } else { format!("copy{copy}/") };
        files.extend(corpus.iter().map(|(path, text)| (format!("{prefix}{path}"), text.to_vec())));
    }
    SourceTree::from_memory("corpus", files)
}

/// Parses every variant of every item that has text of its own; says how many functions there are.
fn parse_all(tree: &SourceTree, ast: &mut Ast) -> usize {
    let mut functions = 0;
    for file in tree.files.iter().filter(|f| is_preprocessed(&f.path)) {
        let unit = Unit::new(&file.bytes);
        for item in items::cut(&unit) {
            for stream in variants(&unit, item, Cover::Text).streams {
                ast.clear();
                parse::parse(unit.source, &stream, ast);
                functions += ast.functions.len();
            }
        }
    }
    functions
}

fn measure(c: &mut Criterion, name: &str, tree: &SourceTree, options: &Options) {
    let mut group = c.benchmark_group(name);
    let c_bytes: usize = tree.files.iter().filter(|f| is_preprocessed(&f.path)).map(|f| f.bytes.len()).sum();
    group.sample_size(10).throughput(Throughput::Bytes(c_bytes as u64));
    group.bench_function("lex", |b| {
        b.iter(|| {
            tree.files
                .iter()
                .filter(|f| is_preprocessed(&f.path))
                .map(|f| lex::lex(black_box(&f.bytes)).tokens.len())
                .sum::<usize>()
        })
    });
    group.bench_function("parse", |b| {
        b.iter_batched_ref(Ast::default, |ast| parse_all(black_box(tree), ast), BatchSize::LargeInput);
    });
    let bytes: usize = tree.files.iter().map(|f| f.bytes.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("audit", |b| {
        b.iter(|| audit(black_box(tree), options).expect("the tree can be audited").ledger);
    });
    group.finish();
}

fn front_end(c: &mut Criterion) {
    measure(c, "corpus", &repeated_corpus(), &Options::default());
    if let Ok(path) = std::env::var("UIOSCOPE_BENCH_TREE") {
        let tree = SourceTree::read(Path::new(&path)).unwrap_or_else(|e| panic!("UIOSCOPE_BENCH_TREE: {e}"));
        measure(c, "tree", &tree, &Options::default());
    }
}

criterion_group!(benches, front_end);
criterion_main!(benches);
