use super::*;
use std::fmt::Write;
use uioscope_source::text::SourceTree;

const OPS: &str = "struct ops {\n\tint *head;\n\tint (*o_read) __P((int, struct proc *));\n\tint (*o_write)();\n};\n";

fn with<R>(files: &[(&str, &str)], ask: impl Fn(&Registry<'_, '_>) -> R) -> R {
    let tree =
        SourceTree::from_memory("t", files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect());
    let (lookup, functions) = (Lookup::new(&tree), Functions::new(&tree));
    ask(&Registry::new(&lookup, &functions))
}

fn names(targets: &Targets) -> Vec<&str> {
    let names: BTreeSet<&str> = targets.all.iter().map(|t| t.function.as_str()).collect();
    names.into_iter().collect()
}

/// Registrations in `o_read` of `struct ops`.
fn check(text: &str, want: &[&str]) {
    with(&[("sys/ops.h", OPS), ("dev/a.c", text)], |r| {
        let got = r.targets(Some("ops"), "o_read", "dev/a.c");
        assert_eq!((names(&got), got.unread), (want.to_vec(), 0), "{text}");
    });
}

#[test]
fn initialisers() {
    check("struct ops a = { 0, f, g };", &["f"]);
    check("struct ops a = { .o_read = f, .o_write = g }, b = { .o_write = g, .o_read = &h };", &["f", "h"]);
    check("struct ops a = { o_read: f, o_write: g };", &["f"]);
    check("static const struct ops a[] = { { 0, f, g }, { 0, NULL, g }, [4] = { .o_write = g, .head = 0 } };", &["f"]);
    check("struct ops a[] = { 0, f, g, 0, h, g };", &["f", "h"]);
    check("struct ops a = { 0, (int (*) __P((int)))f };\nstruct ops *p = &a;\nextern struct ops q;", &["f"]);
    check("struct ops a = { 0, N > 0 ? f : (int (*)())g };", &["f", "g"]);
    check("struct ops a = {\n#ifdef A\n 0, f, g\n#else\n 0, h, g\n#endif\n};", &["f", "h"]);
    check("/* struct ops a = { 0, f, g }; */\n#if 0\nstruct ops b = { .o_read = g };\n#endif\n", &[]);
    check("struct ops a = { 0, f", &[]);
}

#[test]
fn nested_and_named_types() {
    check(
        "struct dev {\n\tint n;\n\tstruct ops o[2];\n\tint m;\n};\nstruct dev d = { 1, { { 0, f, g }, { 0, h } }, 2 };",
        &["f", "h"],
    );
    check("struct dev {\n\tint n;\n\tstruct ops o;\n\tint m;\n};\nstruct dev d = { 1, 0, f, g, 2 };", &["f"]);
    check(
        "typedef struct ops ops_t;\nops_t a = { 0, f };\nvoid x(void)\n{\n\tstatic ops_t b = { 0, g };\n}\n",
        &["f", "g"],
    );
    check("struct dev {\n\tstruct ops o;\n} d[] = {\n\t{ { 0, f } },\n};\n", &["f"]);
    check("struct other { int (*o_read)(); };\nstruct other b = { g };\nstruct ops a = { 0, f };", &["f"]);
}

#[test]
fn macros_make_names() {
    let conf = "#define __CONCAT(x,y) x ## y\n#define dev_type_open(n) int n __P((int))\n\
        #define dev_init(c,n,t) ((c) > 0 ? __CONCAT(n,t) : (__CONCAT(dev_type_,t)((*))) enxio)\n\
        #define dev_tty_init(c,n) { 0, dev_init(c,n,open), \\\n dev_init(c,n,write) }\n#define none { 0, enodev, 0 }\n";
    check(&format!("{conf}struct ops a[] = {{ dev_tty_init(NCOM,com), none, }};"), &["comopen", "enodev", "enxio"]);
    check("#define J(a,b) a##b\n#define K(a) J(a,read)\nstruct ops a = { 0, K(x_) };", &["x_read"]);
    check("#define J(a,b) a/**/b\nstruct ops a = { 0, J(x,read) };", &["xread"]);
    check("struct ops a = { 0, __CONCAT(x,read) };", &["xread"]);
    check("#define E(a) a##read\n#define F E\nstruct ops a = { 0, F(x) }, b = { 0, E() };", &["read", "xread"]);
    check("#ifdef L\n#define M f\n#else\n#define M g\n#endif\nstruct ops a = { 0, M };", &["f", "g"]);
    check("#define O(x) .o_read = x, .o_write = 0\nstruct ops a = { O(f) };", &["f"]);
}

#[test]
fn macros_that_never_end() {
    check("#define f g\n#define g f\n#define h(x) h(h(x))\nstruct ops a = { 0, f };", &["f"]);
    let mut bomb = String::from("#define b0 x x\n");
    for i in 1..40 {
        let _ = writeln!(bomb, "#define b{i} b{} b{}", i - 1, i - 1);
    }
    bomb.push_str("struct ops a = { 0, b39 }, b = { 0, f };");
    let deep = format!("#define f(x) x\nstruct ops a = {{ 0, {}g{} }};", "f(".repeat(20_000), ")".repeat(20_000));
    let braces = format!("struct ops a = {{ 0, {}g{} }};", "{".repeat(20_000), "}".repeat(20_000));
    let brackets = format!("struct ops a = {{ 0, {}g{} }};", "(".repeat(20_000), ")".repeat(20_000));
    for text in [bomb, deep, braces, brackets] {
        with(&[("ops.h", OPS), ("a.c", &text)], |r| assert!(!r.targets(Some("ops"), "o_read", "a.c").is_all));
    }
}

#[test]
fn assignments() {
    check("int f(int x)\n{\n}\nvoid a(struct ops *o)\n{\n\to->o_read = f;\n\to->o_write = g;\n}\n", &["f"]);
    check(
        "void a(struct ops *o, struct ops p)\n{\n\to->o_read = p.o_read = (void *)&f;\n\tp.o_read = x ? g : NULL;\n}\n",
        &["f", "g"],
    );
    check(
        "struct other { int (*o_read)(); };\nvoid a(struct other *o, struct ops *p)\n{\n\to->o_read = f;\n\tp->o_read = g;\n}\n",
        &["g"],
    );
    check(
        "void a(struct ops *o)\n{\n\tint (*p)() = f;\n\tif (o->o_read == g)\n\t\tp = h;\n\to->o_read = p;\n}\n",
        &["f", "h"],
    );
    check(
        "void set(struct ops *o, int (*p)())\n{\n\to->o_read = p;\n}\nvoid b(void)\n{\n\tset(0, f);\n\tset(0, g);\n}\n",
        &["f", "g"],
    );
}

#[test]
fn what_is_not_understood_is_counted() {
    let text = "void a(struct ops *o)\n{\n\to->o_read = table[3];\n\to->o_read = find(3);\n}\n";
    with(&[("ops.h", OPS), ("a.c", text)], |r| {
        let got = r.targets(Some("ops"), "o_read", "a.c");
        assert_eq!((names(&got), got.unread, got.is_all), (vec![], 2, false));
    });
}

#[test]
fn the_holder_may_be_unknown() {
    let text = "struct ops a = { 0, f };\nstruct other {\n\tint (*o_read)();\n};\nstruct other b = { g };";
    with(&[("ops.h", OPS), ("a.c", text)], |r| {
        assert_eq!(names(&r.targets(None, "o_read", "a.c")), ["f", "g"]);
        assert_eq!(names(&r.targets(Some("other"), "o_read", "a.c")), ["g"]);
    });
    let many: String = (0..6).map(|i| format!("struct s{i} {{\n\tint (*o_read)();\n}};\n")).collect();
    with(&[("ops.h", OPS), ("a.c", &format!("{many}{text}"))], |r| {
        let got = r.targets(None, "o_read", "a.c");
        assert_eq!((names(&got), got.is_all), (vec!["f", "g"], false));
    });
}

#[test]
fn arguments_and_variables() {
    let text = "int f(int x)\n{\n}\nint (*hook)() = f;\nvoid a(void)\n{\n\thook = g;\n\tdoio(1, f);\n\tdoio(2, x ? &h : f);\n}\n";
    with(&[("a.c", text), ("b.c", "void doio(int n, int (*p)())\n{\n\t(*p)(n);\n}\n")], |r| {
        assert_eq!(names(&r.passed("doio", 1, "b.c")), ["f", "h"]);
        assert_eq!(names(&r.assigned("hook", "b.c")), ["f", "g"]);
    });
}

#[test]
fn many_registrations_take_linear_time() {
    let mut table = String::from("struct ops t[] = {\n");
    let mut code = String::from("void a(struct ops *o)\n{\n");
    for i in 0..10_000 {
        let _ = writeln!(table, "#if 0\n{{ 0, x }},\n#endif\n\t{{ 0, (int (*)())f{i}, g }},");
        let _ = writeln!(code, "\to->o_read = h{i};");
    }
    let (table, code) = (format!("{table}}};\n"), format!("{code}}}\n"));
    with(&[("ops.h", OPS), ("a.c", &table), ("b.c", &code)], |r| {
        let got = r.targets(Some("ops"), "o_read", "a.c");
        assert_eq!((got.count, got.followed.len()), (20_000, 20_000));
    });
}
