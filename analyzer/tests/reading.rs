//! Uses of the field that do not look like one: each text is audited, and what is found is held to what stands there.

use uioscope_analyzer::finding::Access;
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

const HEADER: &str = "struct proc;\nstruct uio { int uio_resid; int uio_segflg; struct proc *uio_procp; };\n";

/// `line access function roles-or-space`, in order, without the declaration.
fn check_with(header: &str, source: &str, want: &[&str]) {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    let tree = SourceTree::from_memory("t", vec![file("kern/t.c", source), file("sys/uio.h", header)]);
    let options = Options { field: Some("uio.uio_procp".to_owned()), ..Options::default() };
    let audit = audit(&tree, &options).expect("an audit");
    assert!(audit.ledger.adds_up(), "{:?}", audit.ledger);
    let found: Vec<String> = audit
        .findings
        .iter()
        .filter(|f| f.path == "kern/t.c")
        .map(|f| {
            let roles = f.roles.iter().map(|r| r.name()).collect::<Vec<_>>().join(",");
            let meaning = if f.access == Access::Store { f.space.map_or("", |s| s.name()).to_owned() } else { roles };
            format!("{} {} {} {meaning}", f.line, f.access.name(), f.function).trim_end().to_owned()
        })
        .collect();
    assert_eq!(found, want, "{source}");
}

fn check(source: &str, want: &[&str]) {
    check_with(HEADER, source, want);
}

#[test]
fn names_that_macros_take() {
    check(
        "#define GET(u, m) ((u)->m)\nint g(struct uio *uio) {\n\tpsignal(GET(uio, uio_procp), 1);\n}\n",
        &["3 load g signal"],
    );
    check(
        "#define PUT(u, f, v) ((u)->uio_##f = (v))\nvoid g(struct uio *u) {\n\tPUT(u, procp, NULL);\n}\n",
        &["3 store g kernel"],
    );
    check(
        "#define ALL(X) X(uio_resid) X(uio_procp)\n#define PR(f) if (uio->f) return 1;\nint g(struct uio *uio) {\n\tALL(PR)\n\treturn 0;\n}\n",
        &["4 load g presence"],
    );
    check("int g(struct uio *u) { return UNSEEN(u, uio_procp); }\n", &["1 load g opaque"]);
    check("int uio_procp;\nint g(void) { return uio_procp; }\n", &[]);
}

#[test]
fn only_the_place_is_asked_for() {
    check("int g(void) { return offsetof(struct uio, uio_procp); }\n", &["1 load g unused"]);
    check(
        "struct proc *g(char *u) {\n\treturn *(struct proc **)(u + offsetof(struct uio, uio_procp));\n}\n",
        &["2 load g opaque"],
    );
}

#[test]
fn arguments_of_unknown_macros_are_code() {
    check("DEFINE_FREE(x, struct uio *, if (_T) psignal(_T->uio_procp, 1))\n", &["1 load - signal"]);
    check("WRAP(static int f(struct uio *uio) { psignal(uio->uio_procp, 1); return 0; })\n", &["1 load f signal"]);
}

#[test]
fn values_that_unknown_macros_take_are_not_unused() {
    check("HOOK(u->uio_procp)\n", &["1 load - opaque"]);
    check("HOOK(u->uio_procp, return 0)\n", &["1 load - opaque"]);
    // Braces that no one has seen.
    check("void f(struct uio *u) FUNC_BEGIN psignal(u->uio_procp, 1); FUNC_END\n", &["1 load - signal"]);
    check("void f(struct uio *u) FUNC_BEGIN x = u->uio_procp; FUNC_END\n", &["1 load - escape"]);
    check("int g(struct uio *u) { return sizeof(u->uio_procp); }\n", &["1 load g unused"]);
}

#[test]
fn members_of_unnamed_members() {
    let user = "void f(struct my *m) {\n\tpsignal(m->uio_procp, 1);\n}\n";
    let found = |decl: &str| check(&format!("{decl}\n{user}"), &["3 load f signal"]);
    found("struct my { int a; struct uio; };");
    found("typedef struct uio uio_t; struct my { int a; uio_t; };");
    found("struct in { int z; union { struct uio; int q; }; }; struct my { struct in; };");
    // What is not seen to be another's member is not taken for one.
    found("struct my { int a; };");
    found("struct my;");
    check(&format!("struct my {{ struct proc *uio_procp; }};\n{user}"), &[]);
}

#[test]
fn declarations_that_a_compiler_puts_together() {
    let user = "int g(struct uio *u) { psignal(u->uio_procp, 1); }\n";
    check_with(
        "struct uio { int a; struct_group(tail, struct proc *uio_procp; int z;); };\n",
        user,
        &["1 load g signal"],
    );
    let set = "#define SET(u, ...) (u)->uio_procp __VA_OPT__(= __VA_ARGS__)\n";
    check(
        &format!("{set}void f(struct uio *u, struct proc *p) {{\n\tSET(u, NULL);\n}}\n"),
        &["1 mention SET", "3 store f kernel"],
    );
}

#[test]
fn operators_that_macros_stand_for() {
    check("void f(struct uio *u) { u->uio_procp ASSIGN p; }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { if (u->uio_procp EQUALS p) return; }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { x = u->uio_procp OR_ELSE p; }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { g(u->uio_procp OR_ELSE p); }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { g((u->uio_procp OR_ELSE p)); }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { a[u->uio_procp OR_ELSE p] = 1; }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { int x = u->uio_procp OR_ELSE p; }\n", &["1 load f opaque"]);
    check("int f(struct uio *u) { return u->uio_procp OR_ELSE 1; }\n", &["1 load f opaque"]);
    check("int f(struct uio *u) { while (u->uio_procp UNLIKE p) g(); }\n", &["1 load f opaque"]);
    check("int f(struct uio *u) { for (; u->uio_procp UNLIKE p; ) g(); }\n", &["1 load f opaque"]);
    check("void f(struct uio *u) { struct s x = { .p = u->uio_procp OR_ELSE p }; }\n", &["1 load f opaque"]);
    check(
        "void f(struct uio *u) { x = y ? u->uio_procp : u->uio_procp OR_ELSE p; }\n",
        &["1 load f opaque", "1 load f opaque"],
    );
}

#[test]
fn tokens_that_lines_cut() {
    check("void f(struct uio *u) { psignal(u-\\\n>uio_procp, 1); }\n", &["2 load f signal"]);
    check("int f(struct uio *u) { ret\\\nurn u->uio_procp =\\\n= p; }\n", &["2 load f identity"]);
    check("int f(struct uio *u) { /\\\n* u->uio_procp = p; */ }\n", &["2 mention f"]);
}

#[test]
fn designators_of_several_levels() {
    check(
        "struct w { struct uio u; };\nstruct w w = { .u.uio_procp = 0, .u.uio_segflg = UIO_SYSSPACE };\n",
        &["2 store - kernel"],
    );
}

#[test]
fn stores_that_do_not_look_like_one() {
    check(
        "void g(struct uio *u) {\n\tmemset(&u->uio_procp, 0, 8);\n\tWRITE_ONCE(u->uio_procp, p);\n}\n",
        &["2 store g kernel", "3 store g unknown"],
    );
    check(
        "static void set(struct proc **pp, struct proc *p) { *pp = p; }\nvoid g(struct uio *u) {\n\tset(&u->uio_procp, q);\n}\n",
        &["3 store g unknown"],
    );
    check(
        "void g(struct uio *u) {\n\tmemset(&u->uio_procp, 0xff, 8);\n\tbzero(&u->uio_procp, 8);\n}\n",
        &["2 store g unknown", "3 store g kernel"],
    );
    // `memcpy` copies what is pointed to.
    check(
        "void g(struct uio *u) {\n\tu->uio_segflg = UIO_USERSPACE;\n\tmemcpy(&u->uio_procp, curproc, 8);\n\tmemcpy(&u->uio_procp, &curproc, 8);\n\tWRITE_ONCE(u->uio_procp, &proc0);\n}\n",
        &["3 store g unknown", "4 store g user-current", "5 store g kernel"],
    );
    // Only zeroes say that a request names user addresses.
    check(
        "void g(struct proc *p) {\n\tstruct uio a;\n\tmemset(&a, 0xff, sizeof(a));\n\ta.uio_procp = curproc;\n}\n",
        &["4 store g unknown"],
    );
    check("void g(struct uio *u) {\n\tasm(\"x\" : \"=r\" (u->uio_procp) : \"r\" (1));\n}\n", &["2 store g unknown"]);
}

#[test]
fn a_macro_declares_the_member() {
    check_with(
        "struct proc;\n#define TAIL(t, n) t *n\nstruct uio { int uio_segflg; TAIL(struct proc, uio_procp); };\n",
        "int g(struct uio *uio) {\n\tpsignal(uio->uio_procp, 1);\n}\n",
        &["2 load g signal"],
    );
}

#[test]
fn conditionals_and_splices_of_later_c() {
    check("#if 0\n#elifdef B\nint g(struct uio *u) { psignal(u->uio_procp, 1); }\n#endif\n", &["3 load g signal"]);
    check(
        "#define P(u) \\ \n\tpsignal((u)->uio_procp, 1)\nint g(struct uio *u) { P(u); }\n",
        &["2 load P signal", "3 load g signal"],
    );
    check(
        "int g(struct uio *u) {\n\treturn n == 0xFF'00 && u->uio_procp == q && m == 0xFF'FF;\n}\n",
        &["2 load g identity"],
    );
}

/// `line access` of implicit findings and others, where the field's name is a macro's.
#[test]
fn a_field_that_a_macro_names() {
    let header = "struct proc;\nstruct uio { int a; union { struct proc *procp; void *v; } uio_u; int uio_segflg; };\n\
                  #define uio_procp uio_u.procp\n";
    check_with(header, "int g(struct uio *u) { psignal(u->uio_procp, 1); }\n", &["1 load g signal"]);
    check_with(header, "int g(struct uio *u) { psignal(u->uio_u.procp, 1); }\n", &["1 load g signal"]);
    check_with(header, "int g(struct uio *u) { psignal((u->uio_u).procp, 1); }\n", &["1 load g signal"]);
    check_with(header, "int g(struct other { int procp; } *u) { psignal(u->procp, 1); }\n", &[]);
    check_with(header, "int g(struct uio *u) { u->uio_u.procp = NULL; }\n", &["1 store g kernel"]);
    check_with(header, "int g() { struct uio u = { .uio_u.procp = NULL }; }\n", &["1 store g kernel"]);
    check_with(header, "int g() { struct uio u = { .uio_procp = NULL }; }\n", &["1 store g kernel"]);
    check_with(header, "int g() { struct uio u = { .uio_u = { .procp = NULL } }; }\n", &["1 store g kernel"]);
    check_with(header, "int g() { struct uio u = { 1, { NULL } }; }\n", &["1 store g kernel"]);
    let macro_of = "#define P(u) ((u)->uio_u.procp)\nint g(struct uio *u) { psignal(P(u), 1); }\n";
    check_with(header, macro_of, &["2 load g signal"]);
    let plain = "struct proc;\nstruct uio { int a; struct proc *uio_xp; };\n#define uio_procp uio_xp\n";
    check_with(plain, "int g(struct uio *u) { psignal(u->uio_procp, 1); }\n", &["1 load g signal"]);
    check_with(plain, "int g(struct uio *u) { psignal(u->uio_xp, 1); }\n", &["1 load g signal"]);
    check_with(plain, "struct mine { struct proc *uio_xp; };\nint g(struct mine *u) { psignal(u->uio_xp, 1); }\n", &[]);
}

#[test]
fn pointers_to_the_field() {
    let of =
        |body: &str| format!("void f(struct uio *u, struct proc *p) {{ struct proc **pp = &u->uio_procp; {body} }}\n");
    check(&of("*pp = NULL;"), &["1 store f kernel"]);
    check(&of("psignal(*pp, 1);"), &["1 load f signal"]);
    check(&of("if (p) *pp = NULL; else *pp = curproc;"), &["1 store f unknown"]);
    let companion = "u->uio_segflg = UIO_USERSPACE; ";
    check(&of(&format!("{companion}if (p) *pp = NULL; else *pp = curproc;")), &["1 store f mixed"]);
    check(&of(&format!("{companion}if (p) *pp = pfind(1); else *pp = curproc;")), &["1 store f mixed"]);
    check(&of("keep(pp);"), &["1 load f opaque"]);
    check("void f(struct uio *u) { *&u->uio_procp = NULL; }\n", &["1 store f kernel"]);
    check("void f(struct uio *u) { *(struct proc **)&u->uio_procp = NULL; }\n", &["1 store f kernel"]);
    check("void f(struct uio *u) { (&u->uio_procp)[0] = NULL; }\n", &["1 store f kernel"]);
    check("void f(struct uio *u) { psignal(*&u->uio_procp, 1); }\n", &["1 load f signal"]);
    check("void f(struct uio *u) { struct proc **pp; pp = &u->uio_procp; *pp = NULL; }\n", &["1 store f kernel"]);
}

#[test]
fn directives_and_types_with_comments() {
    check(
        "/* c */ #define GET(u) ((u)->uio_procp)\nint g(struct uio *u) { psignal(GET(u), 1); }\n",
        &["1 load GET signal", "2 load g signal"],
    );
    check(
        "#/**/define/**/GET(u) /* over\n lines */ ((u)->uio_procp)\nint g(struct uio *u) { psignal(GET(u), 1); }\n",
        &["2 load GET signal", "3 load g signal"],
    );
    check("int g() { struct /* c */ uio /* d */ u = { 1, UIO_SYSSPACE, NULL }; }\n", &["1 store g kernel"]);
    check("typedef struct uio mine;\nint g() { mine u = { 1, UIO_SYSSPACE, NULL }; }\n", &["2 store g kernel"]);
    check(
        "struct r { int a; struct uio r_uio; };\nint g() { struct r r = { 1, { 1, UIO_SYSSPACE, NULL } }; }\n",
        &["2 store g kernel"],
    );
    check(
        "struct r { int a; struct uio r_uio; };\nint g(struct r *r, struct uio *u) { r->r_uio = *u; }\n",
        &["2 store g propagated"],
    );
}

#[test]
fn what_is_only_looked_into_or_printed() {
    let header =
        "struct proc { int p_pid; int p_flag; };\nstruct uio { int a; int uio_segflg; struct proc *uio_procp; };\n";
    // No role names what a flag word is for, but the pointer must be good.
    check_with(header, "int g(struct uio *u) { return u->uio_procp->p_flag; }\n", &["1 load g opaque"]);
    check_with(header, "void g(struct uio *u) { printf(\"%p\", u->uio_procp); }\n", &["1 load g opaque"]);
    check_with(header, "void g(struct uio *u) { KASSERT(u, (\"%p %p\", u->uio_procp, u)); }\n", &["1 load g opaque"]);
    check_with(
        header,
        "void g(struct uio *u) { KASSERT(u->uio_procp == curproc, (\"x\")); }\n",
        &["1 load g identity"],
    );
    // One that is printed and more.
    check_with(
        header,
        "void g(struct uio *u) { struct proc *p = u->uio_procp; printf(\"%p\", p); psignal(p, 1); }\n",
        &["1 load g signal"],
    );
}
