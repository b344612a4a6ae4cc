//! How fast values are followed, and how the time grows with the program: double sizes should take double the time.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use uioscope_analyzer::packs::Pack;
use uioscope_analyzer::{Options, audit};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::index::Index;
use uioscope_source::text::SourceTree;

const HEADER: &str = "struct proc { int p_pid; };\nstruct uio { struct proc *uio_procp; };\n\
    struct ops { int (*o_go)(struct proc *); };\n";

fn tree(files: Vec<(String, String)>) -> SourceTree {
    let header = ("sys/uio.h".to_owned(), HEADER.to_owned());
    let files = files.into_iter().chain([header]).map(|(p, t)| (p, t.into_bytes())).collect();
    SourceTree::from_memory("t", files)
}

/// Each number below `n` in the place of `@`, and the next in the place of `$`.
fn numbered(n: usize, text: &str) -> String {
    (0..n).map(|i| text.replace('@', &i.to_string()).replace('$', &(i + 1).to_string())).collect()
}

const LOAD: &str = "int f(struct uio *u)\n{\n\treturn g0(u->uio_procp);\n}\n";

/// Each function calls the next one.
fn chain(n: usize) -> SourceTree {
    let calls = numbered(n, "int g@(struct proc *p)\n{\n\treturn g$(p);\n}\n");
    tree(vec![("kern/a.c".into(), format!("{LOAD}{calls}int g{n}(struct proc *p)\n{{\n\treturn p->p_pid;\n}}\n"))])
}

/// One call reaches any of so many functions.
fn wide(n: usize) -> SourceTree {
    let call = "int f(struct uio *u, struct ops *o)\n{\n\treturn (*o->o_go)(u->uio_procp);\n}\n";
    let targets = numbered(n, "int g@(struct proc *p)\n{\n\treturn p->p_pid;\n}\n");
    let table = format!("struct ops t[] = {{\n{}}};\n{targets}", numbered(n, "\t{ g@ },\n"));
    tree(vec![("kern/a.c".into(), call.into()), ("dev/t.c".into(), table)])
}

/// Each function calls the next one and the first one, the last one the first.
fn recursive(n: usize) -> SourceTree {
    let calls = numbered(n - 1, "int g@(struct proc *p)\n{\n\tg0(p);\n\treturn g$(p);\n}\n");
    let last = format!("int g{}(struct proc *p)\n{{\n\tg0(p);\n\treturn p->p_pid;\n}}\n", n - 1);
    tree(vec![("kern/a.c".into(), format!("{LOAD}{calls}{last}"))])
}

/// About so many bytes of small functions and structs in files of a hundred kilobytes.
fn generated(bytes: usize) -> SourceTree {
    let text = numbered(
        1000,
        "struct s@ {\n\tint m@;\n};\n\nstatic int\nf@(struct s@ *s, int n)\n{\n\tif (s->m@ == n)\n\t\treturn (f$(s, n));\n\treturn (0);\n}\n",
    );
    let count = bytes.div_ceil(text.len());
    tree((0..count).map(|i| (format!("dev/d{i}.{}", if i % 4 == 0 { "h" } else { "c" }), text.clone())).collect())
}

fn options() -> Options {
    let pack = Pack::builtin("4.4bsd").expect("a built-in pack");
    Options { field: Some("uio.uio_procp".to_owned()), pack: Some(pack), ..Options::default() }
}

fn growth(c: &mut Criterion, name: &str, sizes: [usize; 3], make: fn(usize) -> SourceTree) {
    let options = options();
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for n in sizes {
        let tree = make(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &tree, |b, tree| {
            b.iter(|| audit(black_box(tree), &options).expect("the tree can be audited").ledger);
        });
    }
    group.finish();
}

fn flow(c: &mut Criterion) {
    let large = generated(8 << 20);
    let mut group = c.benchmark_group("index");
    group.sample_size(10).throughput(Throughput::Bytes(large.files.iter().map(|f| f.bytes.len() as u64).sum()));
    group.bench_function("functions", |b| {
        b.iter(|| drop(black_box(Functions::new(black_box(&large)))));
    });
    group.bench_function("declarations", |b| b.iter(|| drop(black_box(Index::new(black_box(&large))))));
    group.finish();

    let files = uioscope_corpus::tree().into_iter().map(|(p, t)| (p.to_owned(), t.to_vec())).collect();
    let corpus = SourceTree::from_memory("corpus", files);
    c.bench_function("flow/corpus", |b| {
        b.iter(|| audit(black_box(&corpus), &Options::default()).expect("an audit").ledger);
    });

    growth(c, "chain", [50, 100, 200], chain);
    growth(c, "dispatch", [125, 250, 500], wide);
    growth(c, "recursion", [25, 50, 100], recursive);
}

criterion_group!(benches, flow);
criterion_main!(benches);
