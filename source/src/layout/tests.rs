use super::*;
use crate::text::SourceTree;

const I386: Machine = Machine { name: "i386", little: true, pointer: 4, long: 4, int32_align: 4, int64_align: 4 };
const AMD64: Machine = Machine { name: "amd64", little: true, pointer: 8, long: 8, int32_align: 4, int64_align: 8 };
const M68K: Machine = Machine { name: "m68k", little: false, pointer: 4, long: 4, int32_align: 2, int64_align: 2 };
const POWERPC: Machine =
    Machine { name: "powerpc", little: false, pointer: 4, long: 4, int32_align: 4, int64_align: 8 };

fn tree(files: &[(&str, &str)]) -> SourceTree {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    SourceTree::from_memory("mem", files)
}

/// `machine size: name offset/width …`, a line for each machine.
fn laid_out(files: &[(&str, &str)], name: &str) -> String {
    let tree = tree(files);
    let lookup = Lookup::new(&tree);
    let all = match layouts(&lookup, files[0].0, name, &[I386, AMD64, M68K, POWERPC]) {
        Ok(all) => all,
        Err(e) => return e.to_string(),
    };
    let member = |m: &Placed| {
        let bits = m.bits.map_or(String::new(), |(at, n)| format!(":{at}+{n}"));
        format!(" {} {}/{}{bits}", m.name, m.offset, m.width)
    };
    let line = |l: &Layout| format!("{} {}:{}\n", l.machine, l.size, l.members.iter().map(member).collect::<String>());
    let unread = |u: &Unread| format!("{}: {}\n", u.machine, u.why);
    all.layouts.iter().map(line).chain(all.unread.iter().map(unread)).collect()
}

fn check(body: &str, wanted: &[&str]) {
    let got = laid_out(&[("a.h", &format!("struct s {{ {body} }};\n"))], "s");
    assert_eq!(got.lines().collect::<Vec<_>>(), wanted, "{body}");
}

#[test]
fn members_stand_where_each_machine_aligns_them() {
    check(
        "char c; int n;",
        &["i386 8: c 0/1 n 4/4", "amd64 8: c 0/1 n 4/4", "m68k 6: c 0/1 n 2/4", "powerpc 8: c 0/1 n 4/4"],
    );
    check(
        "int a; long long q; void *p;",
        &[
            "i386 16: a 0/4 q 4/8 p 12/4",
            "amd64 24: a 0/4 q 8/8 p 16/8",
            "m68k 16: a 0/4 q 4/8 p 12/4",
            "powerpc 24: a 0/4 q 8/8 p 16/4",
        ],
    );
}

#[test]
fn declarators_of_all_kinds_are_read() {
    let same = |body: &str, wanted: &str| {
        let got = laid_out(&[("a.h", &format!("struct s {{ {body} }};\n"))], "s");
        assert_eq!(got.lines().next(), Some(wanted), "{body}");
    };
    same("char a[3][4], *b[2], (*c)[7];", "i386 24: a 0/12 b 12/8 c 20/4");
    same("int (*f)(int, char *); int (*g) __P((int));", "i386 8: f 0/4 g 4/4");
    same("unsigned x:3, y:30; short z;", "i386 12: x 0/4:0+3 y 4/4:32+30 z 8/2");
    same("union { int a; char b[6]; } u; struct { short x; } v;", "i386 12: u.a 0/4 u.b 0/6 v.x 8/2");
    same("struct { int a; }; enum e { A, B } b; const volatile long c;", "i386 12: a 0/4 b 4/4 c 8/4");
    same("char c; int n; } __attribute__((packed)); struct t { int x;", "i386 5: c 0/1 n 1/4");
    same("char c; int n __attribute__((__aligned__(16)));", "i386 32: c 0/1 n 16/4");
    same("int a; char rest[];", "i386 4: a 0/4 rest 4/0");
    same("struct s *next; struct nowhere *x;", "i386 8: next 0/4 x 4/4");
    same("struct { char c; int n; } a[3];", "i386 24: a[].c 0/1 a[].n 4/20");
}

#[test]
fn what_other_headers_say_is_found_and_each_machine_has_its_own() {
    let files = [
        (
            "sys/h.h",
            "#include <sys/types.h>\n#define MAX 16\n#define LEN(x) ((x) + 1)\nstruct h {\n#if BYTE_ORDER == LITTLE_ENDIAN\n\
             short type; short version;\n#else\nshort version; short type;\n#endif\nchar comm[LEN(MAX)];\n\
             struct tv when; reg_t r; TWO(int) pair; };\n",
        ),
        (
            "sys/types.h",
            "typedef _T_ tm_t;\nstruct tv { tm_t sec; long usec; };\n#define TWO(t) struct { t one, two; }\n",
        ),
        ("arch/i386/include/types.h", "typedef int reg_t;\n#define _T_ long\n"),
        ("arch/amd64/include/types.h", "typedef long reg_t;\n#define _T_ int\n"),
        ("arch/m68k/include/types.h", "typedef int reg_t;\n#define _T_ long long\n"),
    ];
    assert_eq!(
        laid_out(&files, "h"),
        "i386 44: type 0/2 version 2/2 comm 4/17 when.sec 24/4 when.usec 28/4 r 32/4 pair.one 36/4 pair.two 40/4\n\
         amd64 56: type 0/2 version 2/2 comm 4/17 when.sec 24/4 when.usec 32/8 r 40/8 pair.one 48/4 pair.two 52/4\n\
         m68k 46: version 0/2 type 2/2 comm 4/17 when.sec 22/8 when.usec 30/4 r 34/4 pair.one 38/4 pair.two 42/4\n\
         powerpc: sys/types.h: _T_ is not declared for this machine in what was read\n"
    );
}

#[test]
fn a_pointer_does_not_ask_what_it_points_to() {
    let text = "typedef void handler_t(int);\ntypedef handler_t *sig_t;\nstruct s { int signo; sig_t action; nowhere_t const *x; };\n";
    let first = |text: &str| laid_out(&[("a.h", text)], "s").lines().next().unwrap_or_default().to_owned();
    assert_eq!(first(text), "i386 12: signo 0/4 action 4/4 x 8/4");
    assert!(first("struct s { nowhere_t x; };").contains("nowhere_t is not declared"));
}

#[test]
fn what_cannot_be_laid_out_is_said() {
    assert_eq!(
        laid_out(&[("a.h", "struct t { int x; };\nstruct r { int y; };\n")], "s"),
        "a.h: no struct s in it; it declares r, t"
    );
    let first = |text: &str| laid_out(&[("a.h", text)], "s").lines().next().unwrap_or_default().to_owned();
    assert_eq!(first("struct s { struct s inner; };"), "i386: a.h: struct s contains itself");
    assert_eq!(first("struct s { int a[N]; };"), "i386: `N` in a constant expression: its value is not known");
    assert_eq!(first("#define N N2\n#define N2 N\nstruct s { int a[N]; };"), "i386: macros without an end");
    assert_eq!(first("struct s { long double x; };"), "i386: the width of `long double` is not known here");
    assert_eq!(first("struct s { int a[-1]; };"), "i386: a.h: a has -1 elements");
    assert_eq!(first("struct s { char a[1 << 40]; };"), "i386: `a` is too large");
    assert!(first("struct s { int a").is_empty() || first("struct s { int a").starts_with("i386"));
    let chain: String = (0..5000).map(|i| format!("typedef t{} t{i};\n", i + 1)).collect();
    assert!(first(&format!("{chain}struct s {{ t0 x; }};")).contains("nested too deeply"));
    let deep = format!("struct s {{ {} int x; {} }};", "struct {".repeat(5000), "} y;".repeat(5000));
    assert!(first(&deep).contains("nested too deeply"), "{}", first(&deep));
    let deep = format!("struct s {{ int a[{}1{}]; }};", "(".repeat(5000), ")".repeat(5000));
    assert!(first(&deep).contains("nested too deeply"), "{}", first(&deep));
}

#[test]
fn what_makes_it_unfit_is_named() {
    let tree = tree(&[(
        "a.h",
        "struct s { int len; short type; int pid; char comm[17]; long sec; enum e { A } e; int b:3; void *buf; };",
    )]);
    let lookup = Lookup::new(&tree);
    let all = layouts(&lookup, "a.h", "s", &[I386, AMD64, M68K]).expect("a struct");
    let said: Vec<String> = faults(&all).into_iter().map(|f| format!("{} {}: {}", f.kind, f.member, f.why)).collect();
    let has = |wanted: &str| assert!(said.iter().any(|s| s.starts_with(wanted)), "{wanted} in {said:#?}");
    has("pointer buf");
    has("enum e");
    has("bit-field b");
    has("width sec: its width differs: 4 bytes on i386 m68k, 8 bytes on amd64");
    has("place pid: its place differs, and that of 5 more: 6 on m68k, 8 on i386 amd64");
    has("padding pid: padding before pid holds whatever was in memory: 2 bytes on i386 amd64");
    has("size : its size differs");
    has("byte-order ");
    let fit = layouts(&lookup, "a.h", "s", &[I386]).expect("a struct");
    assert!(!faults(&fit).iter().any(|f| f.kind == "width"));
}
