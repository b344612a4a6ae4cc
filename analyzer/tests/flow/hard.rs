//! Programs beyond reason: followed in seconds, on an ordinary stack, and what was not followed is said at the load.
//!
//! Each case runs in a process of its own, so that one that overflows its stack or hangs is named and the others run.

use super::{audited, words};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One case has that long, in an unoptimised build on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A name, the text of `kern/a.c` with `vnode_if.src` behind a line of `%%`, the roles of the load in the first line, and
/// what its notes say. In the last line stands another load, for signals.
type Case = (&'static str, fn() -> String, &'static str, &'static str);

/// Each number below `n` in the place of `@`, and the next in the place of `$`.
fn numbered(n: usize, text: &str) -> String {
    (0..n).map(|i| text.replace('@', &i.to_string()).replace('$', &(i + 1).to_string())).collect()
}

/// The load is handed to `g0`.
fn handed(text: &str) -> String {
    format!("int f(struct uio *u) {{ return g0(u->uio_procp); }}\n{text}")
}

/// What becomes of `p`.
fn local(text: &str) -> String {
    format!("int f(struct uio *u) {{ struct proc *p = u->uio_procp; {text} }}\n")
}

const CASES: &[Case] = &[
    ("recursion", || handed("int g0(struct proc *p)\n{\n\tp->p_pid = 0;\n\treturn g0(p);\n}\n"), "process-id", ""),
    (
        "mutual recursion",
        || {
            let calls: String = (0..60).map(|i| format!("\tg{i}(p);\n")).collect();
            handed(&numbered(60, &format!("int g@(struct proc *p)\n{{\n{calls}\treturn p->p_pid;\n}}\n")))
        },
        "process-id",
        "",
    ),
    (
        "a ring of macros",
        || format!("{}{}#define M300(p) M0(p)\n", local("return M0(p);"), numbered(300, "#define M@(p) M$(p)\n")),
        "opaque",
        "M",
    ),
    (
        "parameters",
        || {
            let params: String = (0..299).map(|i| format!("int a{i}, ")).collect();
            format!(
                "{}int g({params}struct proc *p)\n{{\n\treturn p->p_pid;\n}}\n",
                local(&format!("return g({}p);", "0, ".repeat(299)))
            )
        },
        "process-id",
        "",
    ),
    (
        "registrations of one member",
        || {
            format!(
                "int f(struct uio *u, struct ops *o) {{ return (*o->o_go)(u->uio_procp); }}\n\
                struct ops {{\n\tint (*o_go)(struct proc *);\n}};\nstruct ops t[] = {{\n{}}};\n{}",
                numbered(10_000, "\t{ g@ },\n"),
                numbered(10_000, "int g@(struct proc *p)\n{\n\treturn p->p_pid;\n}\n")
            )
        },
        "opaque process-id",
        "10000 implementations",
    ),
    (
        "definitions that contradict each other",
        || {
            let heads = "int g0(int, char *);\nstruct proc *g0(void);\nextern g0();\n";
            handed(&format!(
                "{heads}int g0(struct proc *p)\n{{\n\treturn p->p_pid;\n}}\nint g0(p)\n\tstruct proc *p;\n{{\n\treturn p->p_nice;\n}}\n"
            ))
        },
        "process-id scheduling",
        "",
    ),
    (
        "copies in a ring",
        || local("struct arg a, b, c; a.a_p = p; for (;;) { b = a; c = b; a = c; take(&c); }") + TAKE,
        "process-id",
        "",
    ),
    (
        "copies on the heap in a ring",
        || local("struct arg *a = m(), *b = m(); a->a_p = p; for (;;) { *b = *a; *a = *b; }"),
        "escape",
        "",
    ),
    (
        "a list of operations with errors",
        || {
            "int f(struct uio *u, struct vnode *v) { return VOP_X(v, u->uio_procp); }\n\
                struct e t[] = {\n\t{ &vop_x_desc, g0 },\n};\nstruct vop_x_args { struct proc *a_p; };\n\
                int g0(struct vop_x_args *ap)\n{\n\treturn ap->a_p->p_pid;\n}\n\
                %%garbage } {\nvop_x {\n\tIN struct vnode *vp;\n\tIN struct proc *p;\nvop_y {\n}}};\nvop_x {\n"
                .to_owned()
        },
        "process-id",
        "",
    ),
    (
        "a chain of calls",
        || {
            handed(&format!(
                "{}int g2000(struct proc *p)\n{{\n\treturn p->p_pid;\n}}\n",
                numbered(2_000, "int g@(struct proc *p)\n{\n\treturn g$(p);\n}\n")
            ))
        },
        "process-id",
        "",
    ),
    (
        "a chain of macros",
        || {
            format!(
                "{}{}#define M2000(p) (p)->p_pid\n",
                local("return M0(p);"),
                numbered(2_000, "#define M@(p) M$(p)\n")
            )
        },
        "opaque",
        "M",
    ),
    (
        "callees",
        || {
            format!(
                "{}{}",
                local(&numbered(5_000, "g@(p); ")),
                numbered(5_000, "int g@(struct proc *p)\n{\n\treturn p->p_pid;\n}\n")
            )
        },
        "process-id",
        "",
    ),
    (
        "callers",
        || {
            format!(
                "struct proc *get(struct uio *u) {{ return u->uio_procp; }}\n{}",
                numbered(5_000, "int h@(struct uio *u)\n{\n\treturn get(u)->p_pid;\n}\n")
            )
        },
        "process-id",
        "",
    ),
    (
        "returns in a ring",
        || {
            "struct proc *get(struct uio *u) { return u->uio_procp; }\n\
            struct proc *\na(struct uio *u)\n{\n\treturn u ? get(u) : b(u);\n}\n\
            struct proc *\nb(struct uio *u)\n{\n\ta(u)->p_pid = 1;\n\treturn a(u);\n}\n"
                .to_owned()
        },
        "process-id",
        "",
    ),
];

const TAKE: &str = "int take(struct arg *ap)\n{\n\treturn ap->a_p->p_pid;\n}\n";

/// What a child process does: the case that the variable names.
#[test]
fn one_case() {
    let Ok(name) = std::env::var("UIOSCOPE_CASE") else { return };
    let (_, text, roles, note) = CASES.iter().find(|c| c.0 == name).expect("a case of that name");
    let all = text();
    let (text, operations) = all.split_once("%%").unwrap_or((&all, ""));
    let last = "int other(struct uio *u) { return psignal(u->uio_procp, 1); }\n";
    let audit = audited(&[("kern/a.c", &format!("{text}{last}")), ("kern/vnode_if.src", operations)]);
    let loads: Vec<_> = audit.findings.iter().filter(|f| f.path == "kern/a.c" && f.space.is_none()).collect();
    let got: Vec<_> = loads.iter().map(|f| words(f)).collect();
    assert_eq!(got, [*roles, "signal"], "{:?}", loads[0].notes);
    let notes = &loads[0].notes;
    assert!(note.is_empty() || notes.iter().any(|n| n.to_string().contains(note)), "no {note}: {notes:?}");
    println!("done");
}

/// Runs a case; an error says how it ended.
fn run(name: &str) -> Result<(), String> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    // What eats memory is stopped before it takes the machine with it.
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v 4000000 2>/dev/null; exec \"$0\" \"$@\""])
        .arg(me)
        .args(["hard::one_case", "--exact", "--nocapture", "--test-threads", "1"])
        .env("UIOSCOPE_CASE", name)
        .env("RUST_BACKTRACE", "0")
        .env_remove("RUST_MIN_STACK")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let start = Instant::now();
    while child.try_wait().map_err(|e| e.to_string())?.is_none() {
        if start.elapsed() > LIMIT {
            child.kill().map_err(|e| e.to_string())?;
            child.wait().map_err(|e| e.to_string())?;
            return Err(format!("{name}: not ready after {LIMIT:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let out = child.wait_with_output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    if std::env::var("UIOSCOPE_TIMES").is_ok() {
        eprintln!("{name}: {:.1?}", start.elapsed());
    }
    if out.status.success() && text.contains("done") {
        return Ok(());
    }
    let why: String = String::from_utf8_lossy(&out.stderr).chars().take(600).collect();
    Err(format!("{name}: {}: {why}", out.status))
}

#[test]
fn beyond_reason_is_followed_in_seconds_on_an_ordinary_stack() {
    let wrong: Vec<String> = CASES.iter().filter_map(|c| run(c.0).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}
