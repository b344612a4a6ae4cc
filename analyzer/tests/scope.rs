//! Macros mean something only where their definition is seen.

use uioscope_analyzer::packs::Pack;
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

const HEADER: &str = "struct proc;\nstruct uio { int uio_resid; int uio_segflg; struct proc *uio_procp; };\n\
                      struct buf { struct proc *b_proc; };\n";

/// `line access confidence [when]` of each finding of `dev/t.c`.
fn check(files: &[(&str, &str)], want: &[&str]) {
    let all = [("sys/uio.h", HEADER)].iter().chain(files).map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec()));
    let tree = SourceTree::from_memory("t", all.collect());
    let options = Options { field: Some("uio.uio_procp".to_owned()), ..Options::default() };
    let audit = audit(&tree, &options).expect("an audit");
    assert!(audit.ledger.adds_up(), "{:?}", audit.ledger);
    let found: Vec<String> = audit
        .findings
        .iter()
        .filter(|f| f.path == "dev/t.c")
        .map(|f| {
            let when = f.when.as_ref().map(|w| format!(" [{w}]")).unwrap_or_default();
            format!("{} {} {}{when}", f.line, f.access.name(), f.confidence.name())
        })
        .collect();
    assert_eq!(found, want, "{files:#?}");
}

const ALIAS: &str = "#define b_proc uio_procp\n";
const GET: &str = "#define GET(u) ((u)->uio_procp)\n";

#[test]
fn a_macro_of_another_file_is_none() {
    let user = "#include <sys/uio.h>\nvoid f(struct uio *b) {\n\tpsignal(b->b_proc, 1);\n}\n";
    let other = ("net/o.c", "#include \"o.h\"\n");
    check(&[("net/o.h", ALIAS), other, ("dev/t.c", user)], &[]);
    let seen = format!("#include <net/o.h>\n{user}");
    check(&[("net/o.h", ALIAS), other, ("dev/t.c", &seen)], &["4 load certain"]);
    let through =
        [("net/o.h", ALIAS), ("net/p.h", "#include \"o.h\"\n"), ("dev/t.c", &seen.replace("net/o.h", "net/p.h"))];
    check(&through, &["4 load certain"]);
    let perhaps = format!("#ifdef O\n#include <net/o.h>\n#endif\n{user}");
    check(&[("net/o.h", ALIAS), other, ("dev/t.c", &perhaps)], &["6 load possible"]);
    // Another struct's member of that name is no use of the field, whatever the macro says.
    let known = seen.replace("struct uio", "struct buf");
    check(&[("net/o.h", ALIAS), other, ("dev/t.c", &known)], &[]);
}

#[test]
fn a_macro_that_goes_through_a_member() {
    let user = "#include <sys/uio.h>\nstruct x { struct uio x_uio;\n#define x_procp x_uio.uio_procp\n};\n\
                void f(struct x *x) {\n\tpsignal(x->x_procp, 1);\n}\n";
    check(&[("dev/t.c", user)], &["3 load likely", "6 load certain"]);
}

#[test]
fn a_header_that_only_the_command_line_names() {
    let user = "#include <sys/uio.h>\nvoid f(struct uio *u) {\n\tpsignal(GET(u), 1);\n}\n";
    check(&[("conf/config.h", GET), ("dev/t.c", user)], &["3 load possible"]);
}

#[test]
fn undefined_is_undefined() {
    let user = |before: &str, after: &str| {
        format!("#include <sys/uio.h>\n{before}void f(struct uio *u) {{\n\tpsignal(GET(u), 1);\n}}\n{after}")
    };
    check(&[("dev/t.c", &user(GET, "#undef GET\n"))], &["2 load likely", "4 load certain"]);
    check(&[("dev/t.c", &user(&format!("{GET}#undef GET\n"), ""))], &["2 load likely"]);
    check(&[("dev/t.c", &user("", GET))], &["5 load likely"]);
    check(
        &[("dev/t.c", &user(&format!("{GET}#ifdef X\n#undef GET\n#endif\n"), ""))],
        &["2 load likely", "7 load certain [!X]"],
    );
    // Defined anew, as something else.
    check(&[("dev/t.c", &user(&format!("{GET}#undef GET\n#define GET(u) curproc\n"), ""))], &["2 load likely"]);
    let own = user("#include \"get.h\"\n#undef GET\n#define GET(u) curproc\n", "");
    check(&[("dev/get.h", GET), ("dev/t.c", &own)], &[]);
}

#[test]
fn a_definition_says_when() {
    let either = "#ifdef HAVE_PROC\n#define GET(u) ((u)->uio_procp)\n#else\n#define GET(u) curproc\n#endif\n";
    let user = "#include <sys/uio.h>\n#include \"get.h\"\nvoid f(struct uio *u) {\n\tpsignal(GET(u), 1);\n}\n";
    check(&[("dev/get.h", either), ("dev/t.c", user)], &["4 load certain [HAVE_PROC]"]);
    let guarded = "#ifndef GET\n#define GET(u) ((u)->uio_procp)\n#endif\n";
    check(&[("dev/get.h", guarded), ("dev/t.c", user)], &["4 load certain"]);
    let kernel = "#ifdef _KERNEL\n#define GET(u) ((u)->uio_procp)\n#endif\n";
    check(&[("dev/get.h", kernel), ("dev/t.c", user)], &["4 load certain"]);
    // Two headers that are seen, and no condition that chooses.
    let both = user.replace("\"get.h\"", "\"get.h\"\n#include \"other.h\"");
    check(&[("dev/get.h", GET), ("dev/other.h", "#define GET(u) curproc\n"), ("dev/t.c", &both)], &["5 load possible"]);
}

#[test]
fn macros_that_call_each_other_end() {
    let user = "#include <sys/uio.h>\n#include \"a.h\"\nvoid f(struct uio *u) {\n\tcopy(u->uio_procp, 0);\n}\n";
    check(
        &[("dev/a.h", "#define copy(a, b) move(a, b)\n#define move(a, b) copy(a, b)\n"), ("dev/t.c", user)],
        &["4 load certain"],
    );
}

#[test]
fn a_field_that_is_gone() {
    let header = "struct vmspace;\nstruct uio { int uio_resid; struct vmspace *uio_vmspace; };\n";
    let audit_of = |source: &str, field: &str| {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let tree = SourceTree::from_memory("t", vec![file("kern/t.c", source), file("sys/uio.h", header)]);
        let pack = Pack::builtin("netbsd").expect("a pack");
        audit(&tree, &Options { field: Some(field.to_owned()), pack: Some(pack), ..Options::default() })
    };
    let copies = "void f(struct uio *a, struct uio *b) { *a = *b; }\n";
    let done = audit_of(copies, "uio.uio_procp").expect("an audit");
    assert_eq!((done.migrated.as_deref(), done.findings.len()), (Some("uio_vmspace"), 0));
    // What is left of it is still found.
    let left = audit_of("void f(struct uio *u) { psignal(u->uio_procp, 1); }\n", "uio.uio_procp").expect("an audit");
    assert_eq!((left.migrated.is_some(), left.findings.len()), (true, 1));
    // A name that no tree of the family ever had is an error, as the present one is no migration.
    assert!(audit_of(copies, "uio.uio_nosuch").is_err());
    assert_eq!(audit_of(copies, "uio.uio_vmspace").expect("an audit").migrated, None);
}
