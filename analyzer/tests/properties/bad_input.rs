//! Inputs that nest or repeat beyond reason: read in seconds, on an ordinary stack.
//!
//! Each case runs in a process of its own, so that one that overflows its stack or hangs is named and the others run.

use super::{
    Duration, HEADER, Instant, LazyLock, check_audit, check_conditions, check_rust_audit, check_rust_conditions,
    check_rust_trees, check_trees,
};
use std::io::Read;
use std::process::{Command, Stdio};

/// How often things stand in each other or in a row.
static MANY: LazyLock<usize> =
    LazyLock::new(|| std::env::var("UIOSCOPE_MANY").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000));

/// The same for what an audit finds, of which no function has as much.
static FEWER: LazyLock<usize> = LazyLock::new(|| *MANY / 100);

/// One case has that long, in an unoptimised build on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// `head`, then `open` many times, `middle`, and `close` as often.
fn nested(head: &str, open: &str, middle: &str, close: &str, tail: &str) -> String {
    format!("{head}{}{middle}{}{tail}", open.repeat(*MANY), close.repeat(*MANY))
}

/// Inside a function's body that loads the field afterwards.
fn body(open: &str, middle: &str, close: &str) -> String {
    nested("int f(struct uio *uio) {\nstruct proc *p;\n", open, middle, close, ";\np = uio->uio_procp;\n}\n")
}

fn expression(open: &str, middle: &str, close: &str) -> String {
    let text = nested("int f(struct uio *uio) {\nx = ", open, middle, close, ";\n");
    format!("{text}x = uio->uio_procp;\n}}\n")
}

/// Each number in the place of `@`.
fn numbered(text: &str) -> String {
    numbered_to(*MANY, text)
}

fn numbered_to(end: usize, text: &str) -> String {
    (0..end).map(|i| text.replace('@', &i.to_string())).collect()
}

fn function(text: &str) -> String {
    format!("int f(struct uio *uio) {{\nstruct proc *p;\n{text}\nx = uio->uio_procp;\n}}\n")
}

/// Inside a Rust function that loads the field afterwards.
fn rust(open: &str, middle: &str, close: &str) -> String {
    nested("unsafe fn f(uio: *mut uio) {\nx = ", open, middle, close, ";\np = (*uio).uio_procp;\n}\n")
}

type Case = (&'static str, fn() -> String);

/// The same for Rust.
const RUST: &[Case] = &[
    ("rust parens", || rust("(", "a", ")")),
    ("rust open parens", || rust("(", "a", "")),
    ("rust closing parens", || rust("", "a", ")")),
    ("rust braces", || rust("{", "a", "}")),
    ("rust open braces", || rust("{", "a", "")),
    ("rust closing braces", || rust("", "a", "}")),
    ("rust brackets", || rust("a[", "a", "]")),
    ("rust arrays", || rust("[", "a", "]")),
    ("rust negations", || rust("!", "a", "")),
    ("rust minus", || rust("-", "a", "")),
    ("rust dereferences", || rust("*", "a", "")),
    ("rust references", || rust("&", "a", "")),
    ("rust mutable references", || rust("&mut ", "a", "")),
    ("rust sums", || rust("a + ", "a", "")),
    ("rust flags", || rust("A | ", "a", "")),
    ("rust comparisons", || rust("a < b && ", "a", "")),
    ("rust assignments", || rust("a = ", "a", "")),
    ("rust ranges", || rust("a..", "a", "")),
    ("rust casts", || rust("a", " as u8", "")),
    ("rust questions", || rust("a", "?", "")),
    ("rust question marks", || rust("", "a", "?")),
    ("rust members", || rust("a.", "a", "")),
    ("rust method calls", || rust("", "a", ".b()")),
    ("rust calls in a row", || rust("", "a", "(b)")),
    ("rust calls", || rust("a(", "a", ")")),
    ("rust arguments", || rust("a(b, ", "a", ")")),
    ("rust else-ifs", || rust("if a { b } else ", "{ c }", "")),
    ("rust ifs of ifs", || rust("if ", "a", " { } ")),
    ("rust ifs in a row", || rust("0; ", "if a { b }", "if a { b } ")),
    ("rust matches", || rust("match a { b => ", "c", " }")),
    ("rust matches of matches", || rust("match ", "a", " { }")),
    ("rust arms", || rust("match a { ", "", "A | B => b, ") + "} }"),
    ("rust closures", || rust("|| ", "a", "")),
    ("rust closures with parameters", || rust("|a, b| ", "a", "")),
    ("rust closures after an or", || rust("A | |a, b| ", "a", "")),
    ("rust returns", || rust("return ", "a", "")),
    ("rust breaks", || rust("break ", "a", "")),
    ("rust lets", || rust("0; if let a = ", "b", " {}")),
    ("rust loops", || rust("0; loop {", "a", "}")),
    ("rust labels", || rust("'a: {", "a", "}")),
    ("rust unsafe", || rust("unsafe {", "a", "}")),
    ("rust macros", || rust("m!(", "a", ")")),
    ("rust macro braces", || rust("m!{", "a", "}")),
    ("rust struct literals", || rust("S { a: ", "a", " }")),
    ("rust rests", || rust("S { ..", "a", " }")),
    ("rust generics", || rust("0; let a: A<", "u8", ">")),
    ("rust generics with commas", || rust("0; let a: A<u8, ", "u8", ">")),
    ("rust pointers", || rust("0; let a: *const ", "u8", "")),
    ("rust pointer types", || format!("fn f(a: {}u8) {{ uio_procp }}", "*mut ".repeat(*MANY))),
    ("rust functions as types", || format!("fn f(a: {}u8) {{ uio_procp }}", "fn() -> ".repeat(*MANY))),
    ("rust bound types", || format!("fn f(a: {}u8) {{ uio_procp }}", "for<'a, 'b> fn() -> ".repeat(*MANY))),
    ("rust patterns", || rust("0; let ", "a", " = b")),
    ("rust reference patterns", || format!("fn f() {{ let {}a = uio_procp; }}", "&".repeat(*MANY))),
    ("rust tuple patterns", || nested("fn f() { let ", "(", "a", ")", " = uio_procp; }")),
    ("rust paths", || rust("a::", "a", "")),
    ("rust qualified paths", || rust("<", "a", " as A>::B")),
    ("rust uses", || nested("use ", "a::{", "uio_procp", "}", ";")),
    ("rust modules", || nested("", "mod a { ", "fn uio_procp() {}", " }", "")),
    ("rust impls", || nested("", "impl A { ", "fn uio_procp() {}", " }", "")),
    ("rust open modules", || nested("", "mod a {\n", "fn uio_procp() {}", "", "")),
    ("rust functions in functions", || nested("", "fn a() { ", "uio_procp", " }", "")),
    ("rust attributes", || nested("", "#[a] ", "fn uio_procp() {}", "", "")),
    ("rust conditions", || nested("", "#[cfg(a)] ", "fn uio_procp() {}", "", "")),
    ("rust conditions in each other", || nested("#[cfg(", "not(", "a", ")", ")] fn uio_procp() {}")),
    ("rust conditions in a row", || numbered("#[cfg(a@)] fn f@() {}\n") + "fn uio_procp() {}"),
    ("rust conditions in a body", || format!("fn f() {{ {} uio_procp }}", numbered("#[cfg(a@)] f@();\n"))),
    ("rust comments", || nested("", "/* ", "uio_procp", " */", "")),
    ("rust open comments", || nested("", "/* ", "uio_procp", "", "")),
    ("rust quotes", || rust("\"", "a", "")),
    ("rust ticks", || rust("'", "a", "")),
    ("rust raw strings", || rust("r#", "\"a\"", "#")),
    ("rust open functions", || numbered("fn f@() {\n") + "uio_procp"),
    ("rust statements", || rust("a; ", "a", "; a")),
    ("rust lets in a row", || format!("fn f(u: &uio) {{ let a0 = u; {} a1.uio_procp }}", numbered("let a = a@; "))),
    ("rust loads", || format!("fn f(u: &uio) {{ {} }}", "let p = u.uio_procp; g(p);".repeat(*FEWER))),
    ("rust a name of 50 MB", || format!("fn {}() {{}} fn uio_procp() {{}}", "abcdefghij".repeat(5_000_000))),
];

const CASES: &[Case] = &[
    // Brackets.
    ("parens", || expression("(", "a", ")")),
    ("open parens", || expression("(", "a", "")),
    ("closing parens", || expression("", "a", ")")),
    ("braces", || body("{", "a;", "}")),
    ("open braces", || body("{", "a;", "")),
    ("closing braces", || body("", "a;", "}")),
    ("brackets", || expression("a[", "a", "]")),
    ("open brackets", || expression("a[", "a", "")),
    ("brackets outside functions", || nested("", "(", "uio_procp", ")", ";\n")),
    ("braces outside functions", || nested("", "{", "uio_procp", "}", ";\n")),
    // Conditionals.
    ("conditionals in each other", || nested("int x;\n", "#if A\n", "int uio_procp;\n", "#endif\n", "int y;\n")),
    ("different conditionals in each other", || {
        format!("{}int uio_procp;\n{}", numbered("#ifdef A@\nint a@;\n"), "#endif\n".repeat(*MANY))
    }),
    ("conditionals in each other in a body", || body("#ifdef A\na;\n", "b;\n", "#endif\n")),
    ("conditionals without an end", || nested("int x;\n", "#if A\n", "int uio_procp;\n", "", "")),
    ("conditionals in a row", || numbered("#ifdef A@\nint a@;\n#endif\n") + "int uio_procp;\n"),
    ("conditionals in a row in a body", || function(&numbered("#ifdef A@\na@();\n#endif\n"))),
    ("arms in a row", || format!("#if A\n{}int uio_procp;\n#endif\n", numbered("#elif B == @\nint a@;\n"))),
    ("named arms in a row", || format!("#if A\n{}int uio_procp;\n#endif\n", numbered("#elif defined(B@)\nint a@;\n"))),
    ("arms in a row in a body", || function(&format!("#if A\n{}b();\n#endif\n", numbered("#elif B@\na@();\n")))),
    ("#else in a row", || nested("#if A\n", "#else\nint a;\n", "int uio_procp;\n", "", "#endif\n")),
    ("#endif in a row", || nested("", "#endif\n", "int uio_procp;\n", "", "")),
    ("parens in a condition", || nested("#if ", "(", "A", ")", "\nint uio_procp;\n#endif\n")),
    ("negations in a condition", || nested("#if ", "!", "A", "", "\nint uio_procp;\n#endif\n")),
    ("terms of a condition", || format!("#if 0{}\nint uio_procp;\n#endif\n", numbered(" || defined(A@)"))),
    ("terms that must all hold", || format!("#if 1{}\nint uio_procp;\n#endif\n", numbered(" && defined(A@)"))),
    ("alternating terms", || {
        let open: String = (0..60).map(|i| format!("A{i} && (B{i} || (")).collect();
        format!("#if {open}C{}\nint uio_procp;\n#endif\n", "))".repeat(60))
    }),
    ("alternating terms of few names", || {
        let open: String = (0..30).map(|i| format!("(A{} || B{i}) && (!A{} || (", i % 3, (i + 1) % 3)).collect();
        format!("#if {open}C{}\nint uio_procp;\n#endif\n", "))".repeat(30))
    }),
    ("defines and occurrences", || numbered("#define A@ 1\n") + &"int uio_procp;\n".repeat(*FEWER)),
    // Statements.
    ("else-ifs", || body("if (a) b(); else ", "c();", "")),
    ("else-ifs with braces", || body("if (a) { b(); } else ", "c();", "")),
    ("ifs", || body("if (a) ", "c();", "")),
    ("whiles", || body("while (a) ", "c();", "")),
    ("fors", || body("for (;;) ", "c();", "")),
    ("dos", || body("do ", "c();", " while (a);")),
    ("switches", || body("switch (a) ", "c();", "")),
    ("loop macros", || body("LIST_FOREACH(a, b, c) ", "c();", "")),
    ("loop macros with braces", || body("LOOP(a) {", "c();", "}")),
    ("elses", || body("else ", "c();", "")),
    ("labels", || function(&numbered("a@: "))),
    ("cases", || format!("{}}}\n", function(&format!("switch (a) {{ {}", numbered("case @: "))))),
    ("computed gotos", || function(&numbered_to(*FEWER, "a@: goto *x;\n"))),
    ("gotos to labels", || function(&numbered("a@: goto a@;\n"))),
    ("statements", || function(&numbered("a@();\n"))),
    ("semicolons", || body(";", "", "")),
    ("macros for statements", || body("M(a)\n", "", "")),
    ("names", || body("a ", "", "")),
    ("names on lines", || body("a\n", "", "")),
    // Expressions.
    ("casts", || expression("(int)", "a", "")),
    ("casts to names", || expression("(foo)", "a", "")),
    ("casts to typedefs", || expression("(foo_t)", "(a)", "")),
    ("minus", || expression("- ", "a", "")),
    ("stars", || expression("*", "a", "")),
    ("ands", || expression("& ", "a", "")),
    ("nots", || expression("!", "a", "")),
    ("steps", || expression("++ ", "a", "")),
    ("steps behind", || expression("", "a", "++ ")),
    ("sizeof", || expression("sizeof ", "a", "")),
    ("__extension__", || expression("__extension__ ", "a", "")),
    ("sums", || expression("a + ", "a", "")),
    ("products of sums", || expression("(a + ", "a", ") * b")),
    ("commas", || expression("a, ", "a", "")),
    ("assignments", || expression("a = ", "a", "")),
    ("members", || expression("", "a", ".b")),
    ("members by pointer", || expression("", "a", "->b")),
    ("indices", || expression("", "a", "[0]")),
    ("calls of calls", || expression("", "a", "()")),
    ("calls in calls", || expression("f(", "a", ")")),
    ("calls with commas", || expression("f(a, ", "a", ")")),
    ("open calls", || expression("f(", "a", "")),
    ("arguments", || expression("", "f(a", ", a") + ")"),
    ("arguments that are no expressions", || function(&format!("x = {}a b{};\n", "f(".repeat(60), " y)".repeat(60)))),
    ("arguments that are statements", || {
        function(&format!("x = {}a{};\n", "f(if (a) ".repeat(60), "; b())".repeat(60)))
    }),
    ("ternaries", || expression("a ? b : ", "a", "")),
    ("ternaries in their middles", || expression("a ? ", "b", " : c")),
    ("ternaries without middles", || expression("a ?: ", "a", "")),
    ("blocks as values", || expression("({ ", "a", "; })")),
    ("open blocks as values", || expression("({ ", "a", "")),
    ("sums of blocks", || {
        function(&format!("x = {}a{};\n", "({ ".repeat(45), format!("; }}){}", " + a".repeat(1400)).repeat(45)))
    }),
    ("members of blocks", || {
        function(&format!("x = {}a{};\n", "({ ".repeat(45), format!("; }}){}", ".a".repeat(1400)).repeat(45)))
    }),
    ("compound literals", || expression("(struct a){ ", "a", " }")),
    ("strings in a row", || expression("\"a\" ", "\"a\"", "")),
    ("quotes", || expression("\"", "a", "")),
    ("apostrophes", || expression("'", "a", "")),
    ("pasted names", || expression("a ## ", "a", "")),
    ("typeof", || body("typeof(", "a", ") x")),
    ("asm", || body("asm(", "a", ")")),
    // Declarations.
    ("initialisers", || nested("int x = ", "{ ", "uio_procp", " }", ";\n")),
    ("open initialisers", || nested("int x = ", "{ ", "uio_procp", "", ";\n")),
    ("designated initialisers", || nested("int x = { ", ".a = { ", "uio_procp", " }", " };\n")),
    ("designators", || nested("int x = { ", "[0]", " = uio_procp", "", " };\n")),
    ("members of designators", || nested("int x = { ", ".a", " = uio_procp", "", " };\n")),
    ("items of an initialiser", || nested("int x[] = { ", "1, ", "uio_procp", "", " };\n")),
    ("kandr parameters", || {
        let names: Vec<_> = (0..*MANY).map(|i| format!("a{i}")).collect();
        format!("int f({}) {} {{ return uio_procp; }}\n", names.join(", "), numbered("int a@; "))
    }),
    ("parameters", || format!("int f({}int b) {{ return uio_procp; }}\n", numbered("int a@, "))),
    ("structs", || nested("", "struct { ", "int uio_procp;", " } a;", "\n")),
    ("open structs", || nested("", "struct { ", "int uio_procp;", "", "\n")),
    ("unions with tags", || nested("", "union u { ", "int uio_procp;", " };", "\n")),
    ("members of a struct", || format!("struct a {{ {} int uio_procp; }};\n", numbered("int a@; "))),
    ("pointers", || nested("int ", "*", "uio_procp", "", ";\n")),
    ("arrays", || nested("int uio_procp", "[1]", "", "", ";\n")),
    ("pointers to functions", || nested("int ", "(*", "uio_procp", ")(int)", ";\n")),
    ("names in parens", || nested("int ", "(", "uio_procp", ")", ";\n")),
    ("declared names", || format!("int {}uio_procp;\n", numbered("a@, "))),
    ("qualifiers", || nested("", "const ", "int uio_procp", "", ";\n")),
    ("attributes", || nested("", "__attribute__((a)) ", "int uio_procp", "", ";\n")),
    ("words before a name", || nested("", "a ", "uio_procp", "", ";\n")),
    ("macros outside functions", || nested("", "X(a)\n", "int uio_procp;\n", "", "")),
    ("macros on one line", || nested("", "X(a) ", "int uio_procp;\n", "", "")),
    ("macros with bodies", || nested("", "X(a) { }\n", "int uio_procp;\n", "", "")),
    ("closing brackets outside functions", || nested("", "] ) ", "int uio_procp;\n", "", "")),
    ("typedefs of typedefs", || {
        let chain: String = (1..*MANY).map(|i| format!("typedef t{} t{i};\n", i - 1)).collect();
        format!("typedef struct uio t0;\n{chain}int f(t{} *u) {{ return u->uio_procp; }}\n", *MANY - 1)
    }),
    ("typedefs in a ring", || "typedef a b;\ntypedef b a;\nint f(a *u) { return u->uio_procp; }\n".to_owned()),
    // The audit.
    ("loads", || function(&"p = uio->uio_procp;\n".repeat(*FEWER))),
    ("loads that are used", || function(&"p = uio->uio_procp; x = p->p_pid;\n".repeat(*FEWER))),
    ("loads in branches", || function(&"if (a) p = uio->uio_procp; x(p);\n".repeat(*FEWER))),
    ("variables that hold each other", || {
        function(&format!("struct proc *q; {}{}uio->uio_procp = p;", "p = q;\n".repeat(12), "q = p;\n".repeat(12)))
    }),
    ("stores", || function(&"uio->uio_procp = p;\n".repeat(*FEWER))),
    ("functions", || numbered_to(*FEWER, "int f@(struct uio *uio) { return uio->uio_procp->p_pid; }\n")),
    ("requests", || format!("int f(void) {{ {} x = u1.uio_procp; }}\n", numbered_to(*FEWER, "struct uio u@;\n"))),
    ("copies", || function(&numbered_to(*FEWER, "struct uio v@ = *uio;\n"))),
    ("macros with the field", || numbered_to(*FEWER, "#define M@(u) ((u)->uio_procp)\n")),
    ("macros of macros", || {
        let chain: String = (1..*FEWER).map(|i| format!("#define M{i}(u) M{}(u)\n", i - 1)).collect();
        format!(
            "#define M0(u) ((u)->uio_procp)\n{chain}int f(struct uio *u) {{ return M5(u) == M{}(u); }}\n",
            *FEWER - 1
        )
    }),
    ("a macro of itself", || {
        "#define M(u) M((u)->uio_procp)\n#define A(u) B(u)\n#define B(u) A(u)\nint f(struct uio *u) { A(u->uio_procp); M(u); }\n"
            .to_owned()
    }),
    ("macros that double", || {
        let double: String = (1..9).map(|i| format!("#define D{i}(p) D{}(p) + D{}(p)\n", i - 1, i - 1)).collect();
        format!("#define D0(p) (p)->p_pid\n{double}int f(struct uio *u) {{ return D8(u->uio_procp); }}\n")
    }),
    ("uses of a macro", || format!("#define M(u) ((u)->uio_procp)\n{}", function(&"x = M(uio);\n".repeat(*FEWER)))),
    ("mentions", || nested("", "/* uio_procp */\n", "", "", "")),
    ("occurrences without a newline", || "uio_procp ".repeat(*FEWER)),
    ("continued lines", || nested("int f(struct uio *uio) { x = uio->uio_", "\\\n", "procp; }\n", "", "")),
    // Long lines.
    ("a line of 50 MB", || {
        format!("int f(struct uio *uio) {{ {} return uio->uio_procp; }}", "abcdefg = h;".repeat(4_000_000))
    }),
    ("a name of 50 MB", || format!("int {}; int uio_procp;", "abcdefghij".repeat(5_000_000))),
    ("a comment of 50 MB", || format!("/* {} */ int uio_procp;", "abcdefghij".repeat(5_000_000))),
    ("a string of 50 MB", || format!("char *s = \"{}\"; int uio_procp;", "abcdefghij".repeat(5_000_000))),
];

/// What a child process does: the case that the variable names.
#[test]
fn one_case() {
    let Ok(name) = std::env::var("UIOSCOPE_CASE") else { return };
    let (_, text) = CASES.iter().chain(RUST).find(|c| c.0 == name).expect("a case of that name");
    let is_rust = name.starts_with("rust ");
    let text = text();
    println!("made {} bytes", text.len());
    let conditions = if is_rust { check_rust_conditions } else { check_conditions as fn(&[u8]) };
    let trees = if is_rust { check_rust_trees } else { check_trees as fn(&[u8]) };
    let audit = if is_rust { check_rust_audit } else { check_audit as fn(&[u8]) };
    for (stage, run) in [("conditions", conditions), ("trees", trees), ("audit", audit)] {
        if stage == "trees" && text.len() > 8 << 20 {
            // The audit parses it too, and with the checks it is only slower.
            continue;
        }
        println!("stage {stage}");
        let start = Instant::now();
        run(text.as_bytes());
        println!("took {:.1?}", start.elapsed());
    }
    println!("done");
}

/// Runs a case; an error says how it ended, and where.
fn run(name: &str) -> Result<(), String> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    // What eats memory is stopped before it takes the machine with it.
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v 6000000 2>/dev/null; exec \"$0\" \"$@\""])
        .arg(me)
        .args(["bad_input::one_case", "--exact", "--nocapture", "--test-threads", "1"])
        .env("UIOSCOPE_CASE", name)
        .env("RUST_BACKTRACE", "0")
        .env_remove("RUST_MIN_STACK")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) => break Some(status),
            None if start.elapsed() > LIMIT => {
                child.kill().map_err(|e| e.to_string())?;
                child.wait().map_err(|e| e.to_string())?;
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().map(|mut s| s.read_to_string(&mut out));
    child.stderr.take().map(|mut s| s.read_to_string(&mut err));
    if std::env::var("UIOSCOPE_TIMES").is_ok() {
        eprintln!("{name}: {}", out.lines().filter(|l| l.starts_with("took")).collect::<Vec<_>>().join(" "));
    }
    if status.is_some_and(|s| s.success()) && out.contains("\ndone") {
        return Ok(());
    }
    let stages: Vec<_> = out.lines().filter(|l| l.starts_with("stage ") || l.starts_with("took ")).collect();
    let stage = stages.join(" ");
    let why: Vec<_> = err.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("note:")).take(3).collect();
    let how = status.map_or_else(|| format!("not ready after {LIMIT:?}"), |s| s.to_string());
    Err(format!("{name}: {how}: {stage}: {}", why.join(" / ")))
}

#[test]
fn beyond_reason_is_read_in_seconds_on_an_ordinary_stack() {
    use rayon::prelude::*;
    let only = std::env::var("UIOSCOPE_ONLY").unwrap_or_default();
    let wrong: Vec<String> =
        CASES.par_iter().chain(RUST).filter(|c| c.0.contains(&only)).filter_map(|c| run(c.0).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn cases_have_names_of_their_own_and_hold_an_occurrence() {
    let mut names: Vec<&str> = CASES.iter().chain(RUST).map(|c| c.0).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|n| n[0] != n[1]), "two cases have the same name");
    assert!(HEADER.contains("uio_procp"));
}
