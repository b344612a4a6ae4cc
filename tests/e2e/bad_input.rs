//! Input that nobody should have written, and trees that are not what they look like. Whatever one file holds, the rest
//! is audited, the ledger adds up, and nothing panics or hangs.

use crate::support::{Directory, RW_FINDINGS, Ran, keeps_schema, uioscope};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A use of the field that must be found wherever it can be.
const USE: &str = "int\nlast(struct uio *uio)\n{\n\tpsignal(uio->uio_procp, 1);\n\treturn (0);\n}\n";

/// Audits the small kernel with one bad file in it; exit status 0 or 2.
fn with_bad_file(bytes: impl AsRef<[u8]>) -> Ran {
    let kernel = Directory::kernel();
    kernel.write("sys/kern/bad.c", bytes);
    let ran = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).run();
    assert!(matches!(ran.code, Some(0 | 2)), "{:?}: {}", ran.code, ran.stderr);
    let findings = ran.findings();
    for want in RW_FINDINGS.map(|f| format!("sys/kern/rw.c:{f}")) {
        assert!(findings.contains(&want), "{want} was lost: {findings:?}");
    }
    // A report for people comes of it as well.
    for more in [&["--excerpts"][..], &["--format", "markdown"]] {
        let text = uioscope(["audit", "."].iter().chain(more)).within(kernel.path()).exits(ran.code.unwrap_or(2));
        assert!(text.stdout.len() < 100_000, "a report of {} bytes", text.stdout.len());
    }
    let figures = uioscope(["parse", ".", "--stats", "--format", "json"]).within(kernel.path()).run();
    keeps_schema(&figures.json(), include_str!("../../docs/schemas/parse-1.schema.json"));
    ran
}

fn is_named(ran: &Ran) {
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("uioscope: sys/kern/bad.c:"), "{}", ran.stderr);
}

fn uses_in_bad(ran: &Ran) -> usize {
    ran.findings().iter().filter(|f| f.starts_with("sys/kern/bad.c:")).count()
}

#[test]
fn a_missing_tree_is_named() {
    let ran = uioscope(["audit", "/no/such/tree"]).exits(2);
    assert!(ran.stderr.starts_with("uioscope: ") && ran.stderr.contains("/no/such/tree"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn an_empty_tree_is_named() {
    let directory = Directory::new();
    let path = directory.path().to_str().expect("a path in UTF-8");
    let ran = uioscope(["audit", path]).exits(2);
    assert!(ran.stderr.contains(path), "{}", ran.stderr);
    directory.write("README", "no source");
    uioscope(["audit", path]).exits(2);
}

#[test]
fn a_field_that_is_not_there_gets_the_list_of_those_that_are() {
    let kernel = Directory::kernel();
    let run = |field: &str| uioscope(["audit", ".", "--field", field]).within(kernel.path()).exits(2).stderr;
    let stderr = run("uio.uio_nothing");
    for want in ["uio_nothing", "uio_segflg", "uio_procp"] {
        assert!(stderr.contains(want), "{stderr}");
    }
    assert!(run("nothing.at_all").contains("no struct nothing is declared there; name a field of one that is"));
    for bad in ["uio_procp", "", "uio.", ".uio_procp", "a.b.c", "uio. uio_procp"] {
        assert!(run(bad).contains(&format!("--field {bad}: write it as STRUCT.FIELD")), "{bad}");
    }
}

#[test]
fn a_struct_that_is_not_there_is_said_even_if_the_name_occurs() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", ".", "--field", "nothing.uio_procp"]).within(kernel.path()).exits(2);
    assert!(ran.stderr.contains("no struct nothing"), "{}", ran.stderr);
}

#[test]
fn empty_standard_input_is_said() {
    let ran = uioscope(["audit", "-"]).input("").exits(2);
    assert!(ran.stderr.contains("<stdin>"), "{}", ran.stderr);
}

#[test]
fn one_line_of_50_megabytes() {
    let mut text = "int big(struct uio *uio) { int x = 0; ".to_owned();
    text += &"x = x + 1; ".repeat(25_000_000 / 11);
    text += "psignal(uio->uio_procp, x); ";
    text += &"x = x + 1; ".repeat(25_000_000 / 11);
    text += "return (x); }\n";
    let ran = with_bad_file(&text);
    assert_eq!(uses_in_bad(&ran), 1);
    assert!(ran.stdout.len() < 1_000_000, "the document has {} bytes", ran.stdout.len());
}

#[test]
fn nested_parentheses() {
    let n = 100_000;
    let ran = with_bad_file(format!("int x = {}1{};\n{USE}", "(".repeat(n), ")".repeat(n)));
    assert_eq!(uses_in_bad(&ran), 1);
    with_bad_file(format!("int\nf(void)\n{{\n\treturn {}1{};\n}}\n{USE}", "(".repeat(n), ")".repeat(n)));
    // Never closed, and closed too often.
    with_bad_file(format!("int x = {}1;\n{USE}", "(".repeat(n)));
    with_bad_file(format!("int x = 1{};\n{USE}", ")".repeat(n)));
}

#[test]
fn other_nesting() {
    let n = 100_000;
    for (open, close) in
        [("{", "}"), ("[", "]"), ("if (x) ", ";"), ("x ? ", "1"), ("- ", "1;"), ("f(", ")"), ("{ (", "[ ")]
    {
        with_bad_file(format!("int\nf(int x)\n{{\n\tx = {} {};\n}}\n{USE}", open.repeat(n), close.repeat(n)));
    }
}

#[test]
fn nested_conditionals() {
    let n = 100_000;
    let ran = with_bad_file(format!("{}int x;\n{}{USE}", "#if A\n".repeat(n), "#endif\n".repeat(n)));
    assert_eq!(uses_in_bad(&ran), 1);
}

#[test]
fn nested_conditionals_that_never_end() {
    let ran = with_bad_file(format!("{}{USE}", "#if A\n".repeat(100_000)));
    is_named(&ran);
    assert!(ran.stderr.lines().count() < 1000, "{} lines of complaint", ran.stderr.lines().count());
}

#[test]
fn a_conditional_of_many_arms() {
    let ran = with_bad_file(format!("#if A\n{}#endif\n{USE}", "#elif B\n".repeat(100_000)));
    assert_eq!(uses_in_bad(&ran), 1);
    let arms: String = (0..20_000).map(|i| format!("#elif B{i}\n\tg({i});\n")).collect();
    with_bad_file(format!("int\nf(void)\n{{\n#if A\n{arms}#endif\n}}\n{USE}"));
}

#[test]
fn unterminated_things() {
    is_named(&with_bad_file(format!("{USE}/* never ends\nuio_procp\n")));
    is_named(&with_bad_file(format!("{USE}char *s = \"never ends\n")));
    is_named(&with_bad_file(format!("#ifdef NEVER_ENDS\n{USE}")));
    with_bad_file(format!("{USE}int\nf(void)\n{{\n\tg(uio_procp"));
    with_bad_file(format!("{USE}#define X \\"));
    with_bad_file(format!("{USE}#"));
    with_bad_file(format!("#endif\n#else\n{USE}"));
    with_bad_file(format!("{USE}char c = '"));
}

#[test]
fn nul_bytes() {
    with_bad_file(format!("int x;\0\0\0\n{USE}"));
    with_bad_file([0; 4096]);
    with_bad_file("");
}

#[test]
fn invalid_utf_8() {
    let mut bytes = b"/* gr\xfc\xdfe */ char *s = \"\xff\xfe\x80\";\n".to_vec();
    bytes.extend(USE.bytes());
    let ran = with_bad_file(bytes);
    assert_eq!((ran.code, uses_in_bad(&ran)), (Some(0), 1), "{}", ran.stderr);
}

#[test]
fn every_byte_everywhere() {
    let every: Vec<u8> = (0..=255).collect();
    with_bad_file([every.repeat(64), USE.bytes().collect(), every].concat());
}

#[test]
fn links_that_loop_end() {
    let kernel = Directory::kernel();
    let run = || uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).run();
    let before = run().findings();
    symlink("..", kernel.join("sys/kern/up")).expect("a link");
    symlink("itself.c", kernel.join("sys/kern/itself.c")).expect("a link");
    let ran = run();
    assert!(matches!(ran.code, Some(0 | 2)), "{}", ran.stderr);
    assert_eq!(ran.findings(), before);
}

#[test]
fn links_out_of_the_tree_are_not_followed() {
    let outside = Directory::kernel();
    let kernel = Directory::kernel();
    let run = || uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).run();
    let before = run().findings();
    symlink(outside.join("sys/kern/rw.c"), kernel.join("sys/kern/out.c")).expect("a link");
    symlink(outside.join("sys"), kernel.join("out")).expect("a link");
    let ran = run();
    assert!(matches!(ran.code, Some(0 | 2)), "{}", ran.stderr);
    assert_eq!(ran.findings(), before);
}

#[test]
fn a_file_that_may_not_be_read_is_named_and_passed_over() {
    let kernel = Directory::kernel();
    kernel.write("sys/kern/secret.c", USE);
    let secret = kernel.join("sys/kern/secret.c");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("permissions");
    if fs::read(&secret).is_ok() {
        return; // root reads everything
    }
    let ran = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(2);
    assert!(ran.stderr.contains("uioscope: sys/kern/secret.c: "), "{}", ran.stderr);
    assert_eq!(ran.findings().len(), 6);
}

#[test]
fn a_directory_that_may_not_be_read_is_named_and_passed_over() {
    let kernel = Directory::kernel();
    kernel.write("sys/locked/secret.c", USE);
    let locked = kernel.join("sys/locked");
    let permit = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).expect("permissions");
    permit(0o000);
    if fs::read_dir(&locked).is_ok() {
        return; // root reads everything
    }
    let ran = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).run();
    permit(0o755);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("uioscope: sys/locked: could not be read: "), "{}", ran.stderr);
    assert_eq!(ran.findings().len(), 6);
}

#[test]
fn files_that_change_and_vanish_while_they_are_read() {
    let kernel = Directory::kernel();
    let over = AtomicBool::new(false);
    let grown = format!("{}{USE}", " ".repeat(1 << 20));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for i in 0..50 {
                    kernel.write(&format!("sys/kern/v{i}.c"), USE);
                }
                kernel.write("sys/kern/big.c", &grown);
                kernel.write("sys/kern/big.c", "");
                for i in 0..50 {
                    fs::remove_file(kernel.join(&format!("sys/kern/v{i}.c"))).expect("the file goes");
                }
            }
        });
        let runs: Vec<Ran> =
            (0..20).map(|_| uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).run()).collect();
        over.store(true, Ordering::Relaxed);
        for ran in runs {
            let said = ran.stderr.contains("changed while it was read") || ran.stderr.contains("vanished while");
            assert_eq!(ran.code, Some(if said { 2 } else { 0 }), "{}", ran.stderr);
            let findings = ran.findings();
            for want in RW_FINDINGS.map(|f| format!("sys/kern/rw.c:{f}")) {
                assert!(findings.contains(&want), "{want} was lost: {findings:?}");
            }
        }
    });
}

#[test]
fn things_that_are_not_files() {
    for arguments in [&["audit", "/dev/null"][..], &["parse", "--stats", "/dev/null"]] {
        let ran = uioscope(arguments).exits(2);
        assert!(
            ran.stderr.starts_with("uioscope: /dev/null: neither a directory nor a regular file"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn what_is_binary_is_said_to_be() {
    let directory = Directory::new();
    directory.write("a.c", [0; 4096]);
    for arguments in [&["audit", "a.c"][..], &["audit", "."], &["parse", "--stats", "a.c"]] {
        let ran = uioscope(arguments).within(directory.path()).exits(2);
        assert!(ran.stderr.contains(": binary, and nothing else"), "{arguments:?}: {}", ran.stderr);
    }
    let ran = uioscope(["audit", "-"]).input([0; 4096]).exits(2);
    assert!(ran.stderr.starts_with("uioscope: <stdin>: binary"), "{}", ran.stderr);
}

#[test]
fn a_link_to_nothing_and_a_link_to_itself_are_named() {
    let directory = Directory::new();
    symlink("nowhere", directory.join("dangling.c")).expect("a link");
    symlink("round.c", directory.join("round.c")).expect("a link");
    for name in ["dangling.c", "round.c"] {
        let ran = uioscope(["audit", name]).within(directory.path()).exits(2);
        assert!(ran.stderr.starts_with(&format!("uioscope: {name}: ")), "{}", ran.stderr);
    }
}

#[test]
fn what_has_no_end_is_no_pack_and_no_plan() {
    let kernel = Directory::kernel();
    for file in ["/dev/zero", "/dev/null"] {
        for arguments in [
            &["audit", ".", "--pack", file][..],
            &["refs", ".", "--rules", file],
            &["plan", "status", file, "."],
            &["patch", ".", "--plan", file],
            &["model", "check", file],
            &["model", "simulate", file],
        ] {
            let ran = uioscope(arguments.iter().copied()).within(kernel.path()).exits(2);
            assert!(ran.stderr.contains(&format!("{file}: neither a directory nor a regular file")), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_sparse_file_is_not_read() {
    let kernel = Directory::kernel();
    let file = fs::File::create(kernel.path().join("sys/kern/bad.c")).expect("a file");
    file.set_len(3 << 30).expect("a sparse file");
    let ran = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(2);
    is_named(&ran);
    assert!(ran.stderr.contains("larger than 256 MiB") && !ran.findings().is_empty(), "{}", ran.stderr);
}

#[test]
fn names_that_are_no_text_are_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let kernel = Directory::kernel();
    let text = "#include <sys/uio.h>\n#include <sys/proc.h>\nint\nk(struct uio *u)\n{\n\tu->uio_segflg = UIO_USERSPACE;\n\
                \tu->uio_procp = curproc;\n\treturn (uiomove(0, 0, u));\n}\n";
    let names = [&b"sys/kern/lat\xe9.c"[..], b"sys/kern/lat\xea.c"];
    for name in names {
        fs::write(kernel.path().join(OsStr::from_bytes(name)), text).expect("written");
    }
    let diff = uioscope(["patch", ".", "--unsafe"]).within(kernel.path()).exits(0).stdout;
    for name in ["lat\\351.c", "lat\\352.c"] {
        assert!(diff.contains(&format!("+++ \"b/sys/kern/{name}\"\n")), "{diff}");
    }
    let found = uioscope(["audit", "."]).within(kernel.path()).exits(0).stdout;
    assert!(found.contains("lat\\351.c:7") && found.contains("lat\\352.c:7"), "{found}");
    uioscope(["patch", ".", "--apply", "--unsafe"]).within(kernel.path()).exits(0);
    for name in names {
        let now = fs::read_to_string(kernel.path().join(OsStr::from_bytes(name))).expect("text");
        assert!(now.contains("uio_vmspace = curproc->p_vmspace"), "{now}");
    }
}
