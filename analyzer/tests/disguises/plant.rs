//! One use of the field in a disguise: what is written, and what it is.

use super::random::Random;
use uioscope_analyzer::finding::{Role, Space};

/// Stands before a use.
pub const OPEN: char = '\u{2}';
/// Stands behind it.
pub const CLOSE: char = '\u{3}';

/// What a use is.
#[derive(Debug, Clone)]
pub enum Expect {
    /// A load for exactly these.
    Load(Vec<Role>),
    /// A store that makes the request name that space.
    Store(Space),
}

/// A use: a text with one pair of marks.
pub struct Plant {
    pub text: String,
    pub expect: Expect,
}

/// How the field is reached.
#[derive(Debug, Default)]
struct Reached {
    /// Text before the function: macros, types, helpers.
    before: String,
    params: String,
    /// Statements before.
    locals: String,
    /// With the marks.
    expr: String,
    /// It can stand left of an assignment.
    is_place: bool,
    /// The function's head is of the new kind.
    ansi: bool,
}

fn marked(text: &str) -> String {
    format!("{OPEN}{text}{CLOSE}")
}

fn reach(random: &mut Random, n: u64) -> Reached {
    let simple = |expr: &str| Reached {
        params: "struct uio *u".to_owned(),
        expr: marked(expr),
        is_place: true,
        ..Reached::default()
    };
    let with = |before: String, expr: String| Reached { before, ..simple(&expr) };
    match random.below(40) {
        0 => simple("u->uio_procp"),
        1 => simple("(*u).uio_procp"),
        2 => simple("((struct uio *)(void *)u)->uio_procp"),
        3 => simple("(u)->uio_procp"),
        4 => simple("u[0].uio_procp"),
        5 => simple("(&u[1])->uio_procp"),
        6 => simple("(flag ? u : u + 1)->uio_procp"),
        7 => simple("({ u; })->uio_procp"),
        8 => with(format!("#define ACC_{n}(x) ((x)->uio_procp)\n"), format!("ACC_{n}(u)")),
        9 => with(format!("#define fld_{n} uio_procp\n"), format!("u->fld_{n}")),
        10 => with(format!("#define F_{n}(x, f) ((x)->uio_##f)\n"), format!("F_{n}(u, procp)")),
        11 => with(format!("#define G_{n}(x, m) ((x)->m)\n"), format!("G_{n}(u, uio_procp)")),
        12 => Reached {
            before: format!("struct req_{n} {{ int a; struct uio r_uio; }};\n"),
            params: format!("struct req_{n} *r"),
            ..simple("r->r_uio.uio_procp")
        },
        13 => Reached { params: "uio_t *u".to_owned(), ..simple("u->uio_procp") },
        14 => Reached {
            params: "void *arg".to_owned(),
            locals: "struct uio *u = arg;\n\t".to_owned(),
            ..simple("u->uio_procp")
        },
        15 => Reached {
            params: "struct uio *w".to_owned(),
            locals: "__typeof__(*w) *u = w;\n\t".to_owned(),
            ..simple("u->uio_procp")
        },
        16 => Reached { params: "int *q".to_owned(), ..simple("container_of(q, struct uio, uio_resid)->uio_procp") },
        17 => with(format!("struct uio *getuio_{n}(void);\n"), format!("getuio_{n}()->uio_procp")),
        18 => Reached {
            before: format!("struct my_{n} {{ int z; struct uio; }};\n"),
            params: format!("struct my_{n} *m"),
            ..simple("m->uio_procp")
        },
        19 => Reached {
            before: format!("struct sc_{n} {{ struct {{ struct uio *su_uio; }} sc_u[4]; }};\n"),
            params: format!("struct sc_{n} *sc"),
            ..simple("sc->sc_u[flag].su_uio->uio_procp")
        },
        20 => Reached {
            locals: "struct proc **pp = &".to_owned() + &marked("u->uio_procp") + ";\n\t",
            expr: "(*pp)".to_owned(),
            ..simple("")
        },
        21 => {
            with(format!("#define IN_{n}(x) ((x)->uio_procp)\n#define OUT_{n}(y) IN_{n}(y)\n"), format!("OUT_{n}(u)"))
        }
        22 => with(
            format!("#ifdef A_{n}\n#define S_{n} uio_procp\n#else\n#define S_{n} uio_procp\n#endif\n"),
            format!("u->S_{n}"),
        ),
        23 => with(format!("#define UIO_{n} (u)\n"), format!("UIO_{n}->uio_procp")),
        24 => Reached { is_place: false, ..simple("*(struct proc **)((char *)u + offsetof(struct uio, uio_procp))") },
        25 => with(format!("#define CUR_{n}(x) ({{ struct uio *_u = (x); _u->uio_procp; }})\n"), format!("CUR_{n}(u)"))
            .read_only(),
        26 => Reached { params: "struct uio **uu".to_owned(), ..simple("(*uu)->uio_procp") },
        27 => Reached {
            before: format!("union un_{n} {{ struct uio *a; void *b; }};\n"),
            params: format!("union un_{n} *v"),
            ..simple("v->a->uio_procp")
        },
        28 => Reached { params: "struct uio u[]".to_owned(), ..simple("u[flag].uio_procp") }.ansi(),
        29 => with(
            format!("#define AC_{n}(x, m) ((x)->m)\n#define AP_{n}(a, b, c) b(a, c)\n"),
            format!("AP_{n}(u, AC_{n}, uio_procp)"),
        ),
        30 => with(format!("#define V_{n}(x, ...) ((x)->__VA_ARGS__)\n"), format!("V_{n}(u, uio_procp)")),
        31 => simple("*&u->uio_procp"),
        32 => Reached {
            before: format!("#define UIO_S{n} struct uio\n"),
            params: format!("UIO_S{n} *u"),
            ..simple("u->uio_procp")
        },
        33 => Reached { params: "struct uio *const u".to_owned(), ..simple("u->uio_procp") },
        34 => Reached { params: "struct uio *__restrict u".to_owned(), ..simple("u->uio_procp") },
        35 => Reached { params: "volatile struct uio *u".to_owned(), ..simple("u->uio_procp") },
        36 => Reached {
            before: format!("struct ctx_{n} {{ struct uio *(*c_get)(int); }};\n"),
            params: format!("struct ctx_{n} *c"),
            ..simple("c->c_get(flag)->uio_procp")
        },
        37 => Reached { locals: "struct uio *w[2];\n\tw[0] = u;\n\t".to_owned(), ..simple("w[0]->uio_procp") },
        38 => Reached {
            before: format!("struct q_{n} {{ struct {{ union {{ struct uio q_uio; int z; }}; }}; }};\n"),
            params: format!("struct q_{n} *q"),
            ..simple("q->q_uio.uio_procp")
        },
        _ => simple("u -> uio_procp"),
    }
}

impl Reached {
    fn read_only(self) -> Reached {
        Reached { is_place: false, ..self }
    }

    /// Its parameter has no form of the old kind.
    fn ansi(self) -> Reached {
        Reached { ansi: true, ..self }
    }
}

/// What a process is used for, `{}` being the process.
const USES: [(&str, Role); 11] = [
    ("psignal({}, 1);", Role::Signal),
    ("x = {}->p_ucred->cr_uid;", Role::Credential),
    ("x = {}->p_pid;", Role::ProcessId),
    ("x = {}->p_limit->pl_rlimit[3].rlim_cur;", Role::Limits),
    ("x = {} == curproc;", Role::Identity),
    ("if ({} == NULL) return (0);", Role::Presence),
    ("if (!{}) x = 2;", Role::Presence),
    ("x = {}->p_vmspace->vm_map;", Role::AddressSpace),
    ("x = {}->p_fd->fd_ofiles[0];", Role::Files),
    ("x += {}->p_stats->p_ru;", Role::Accounting),
    ("tsleep({}, 1, \"wait\", 0);", Role::Scheduling),
];

/// A use of a value: text before the function, and the statements.
fn used(random: &mut Random, n: u64, value: &str) -> (String, String, Role) {
    let (template, role) = random.of(&USES);
    let of = |v: &str| template.replace("{}", v);
    let helper = |name: &str, v: &str| {
        format!("static int {name}(struct proc *{v})\n{{\n\tint x = 0;\n\t{}\n\treturn x;\n}}\n", of(v))
    };
    let plain = |statements: String| (String::new(), statements, role);
    match random.below(24) {
        0 => plain(format!("struct proc *p = {value};\n\t{}", of("p"))),
        1 => (helper(&format!("h_{n}"), "q"), format!("x = h_{n}({value});"), role),
        2 => {
            let outer = format!("static int o_{n}(int a, struct proc *r) {{ return h_{n}(r); }}\n");
            (helper(&format!("h_{n}"), "q") + &outer, format!("x = o_{n}(3, {value});"), role)
        }
        3 => {
            let of_struct = format!("struct arg_{n} {{ int k; struct proc *ap; }};\n");
            (of_struct, format!("struct arg_{n} a;\n\ta.ap = {value};\n\t{}", of("a.ap")), role)
        }
        4 => (helper(&format!("h_{n}"), "q"), format!("int (*fp)(struct proc *) = h_{n};\n\tx = fp({value});"), role),
        5 => plain(of(&format!("((struct proc *){value})"))),
        6 => plain(of(&format!("(x, {value})"))),
        7 => (format!("#define C_{n}(q) {}\n", of("(q)").trim_end_matches(';')), format!("C_{n}({value});"), role),
        8 => (
            format!("static int k_{n}(q)\n\tstruct proc *q;\n{{\n\tint x = 0;\n\t{}\n\treturn (x);\n}}\n", of("q")),
            format!("x = k_{n}({value});"),
            role,
        ),
        9 => plain(format!("struct proc *p;\n\tp = {value};\n\t{}", of("p"))),
        10 => plain(format!("struct proc *p, *s;\n\tp = {value}, s = p;\n\t{}", of("s"))),
        11 => plain(format!("__attribute__((unused)) struct proc *p = {value};\n\t{}", of("p"))),
        12 => plain(format!("[[maybe_unused]] struct proc *p = {value};\n\t{}", of("p"))),
        13 => plain(of(&format!("((struct proc *)(unsigned long){value})"))),
        14 => {
            let of_struct = format!("struct arg_{n} {{ int k; struct proc *ap; }};\n");
            (of_struct, format!("struct arg_{n} a = {{ .k = 1, .ap = {value} }};\n\t{}", of("a.ap")), role)
        }
        15 => {
            let before = format!(
                "struct arg_{n} {{ int k; struct proc *ap; }};\nstatic int t_{n}(struct arg_{n} *q)\n{{\n\tint x = 0;\n\t{}\n\treturn x;\n}}\n",
                of("q->ap")
            );
            (before, format!("struct arg_{n} a;\n\ta.ap = {value};\n\tx = t_{n}(&a);"), role)
        }
        16 => {
            let before = format!("struct ops_{n} {{ int (*fn)(struct proc *); }};\n");
            let table = format!("static struct ops_{n} ops_{n} = {{ h_{n} }};\n");
            (before + &helper(&format!("h_{n}"), "q") + &table, format!("x = ops_{n}.fn({value});"), role)
        }
        _ => plain(of(value)),
    }
}

/// Where a statement may stand.
fn around(random: &mut Random, n: u64, statements: &str) -> String {
    match random.below(10) {
        0 => format!("if (flag) {{\n\t{statements}\n\t}}"),
        1 => format!("for (;;) {{\n\t{statements}\n\tbreak;\n\t}}"),
        2 => format!("do {{\n\t{statements}\n\t}} while (0);"),
        3 => format!("switch (flag) {{\n\tcase 1: {{\n\t{statements}\n\t}}\n\t}}"),
        4 => format!("\n#ifdef OPT_{n}\n\t{statements}\n#endif\n"),
        5 => format!("\n#ifndef OPT_{n}\n\tx = 1;\n#elif defined(B)\n\tx = 2;\n#else\n\t{statements}\n#endif\n"),
        6 => format!("again_{n}:\n\t{{ {statements} }}"),
        _ => statements.to_owned(),
    }
}

fn function(random: &mut Random, n: u64, params: &str, ansi: bool, body: &str) -> String {
    let head = match random.below(8) {
        1 if ansi => format!("int use_{n}({params}, int flag)\n"),
        6 => format!("extern int use_{n}({params}, int flag);\nint\nuse_{n}({params}, int flag)\n"),
        7 => format!("static int __unused\nuse_{n}({params}, int flag)\n"),
        0 => format!("int\nuse_{n}({params}, int flag)\n"),
        1 => {
            let name = params.rsplit([' ', '*']).next().unwrap_or(params);
            format!("int\nuse_{n}({name}, flag)\n\t{params};\n\tint flag;\n")
        }
        2 => format!("static inline int use_{n}({params}, int flag) "),
        3 => format!("__attribute__((noinline)) int use_{n}({params}, int flag)\n"),
        4 => format!("int (use_{n})({params}, int flag)\n"),
        _ => format!("int use_{n}({params}, int flag)\n"),
    };
    format!("{head}{{\n\tint x = 0;\n\t{body}\n\treturn (x);\n}}\n")
}

/// Values that are stored, and the space that they name.
const VALUES: [(&str, Space); 5] = [
    ("NULL", Space::Kernel),
    ("(struct proc *)0", Space::Kernel),
    ("curproc", Space::UserCurrent),
    ("&proc0", Space::Kernel),
    ("pfind(flag)", Space::UserOther),
];

/// A use of number `n`.
pub fn plant(random: &mut Random, n: u64) -> Plant {
    if random.one_in(3) { store(random, n) } else { load(random, n) }
}

fn load(random: &mut Random, n: u64) -> Plant {
    let r = reach(random, n);
    let (before, statements, role) = used(random, n, &r.expr);
    let body = around(random, n, &format!("{{\n\t{}{statements}\n\t}}", r.locals));
    let text = r.before + &before + &function(random, n, &r.params, r.ansi, &body);
    Plant { text, expect: Expect::Load(vec![role]) }
}

fn store(random: &mut Random, n: u64) -> Plant {
    let (value, space) = random.of(&VALUES);
    let expect = Expect::Store(space);
    let inside = |random: &mut Random, before: String, params: &str, statements: String| {
        let body = around(random, n, &format!("{{\n\t{statements}\n\t}}"));
        Plant { text: before + &function(random, n, params, params.ends_with(']'), &body), expect: expect.clone() }
    };
    let by_name = |text: &str| marked(&text.replace("{}", value));
    let param = "struct uio *u";
    match random.below(28) {
        14 => {
            // Callers decide.
            let setter = format!(
                "static void set_{n}(struct uio *w, struct proc *q)\n{{\n\tw->uio_segflg = UIO_USERSPACE;\n\t{} = q;\n}}\n",
                marked("w->uio_procp")
            );
            inside(random, setter, param, format!("set_{n}(u, {value});"))
        }
        15 => {
            let setter = format!(
                "static void set_{n}(struct uio *w, struct proc *q) {{ w->uio_segflg = UIO_USERSPACE; {} = q; }}\n",
                marked("w->uio_procp")
            );
            let outer = format!("static void via_{n}(int k, struct uio *w, struct proc *q) {{ set_{n}(w, q); }}\n");
            inside(random, setter + &outer, param, format!("via_{n}(1, u, {value});"))
        }
        16 => {
            let setter = format!("static void put_{n}(struct proc **w, struct proc *q) {{ *w = q; }}\n");
            inside(random, setter, param, format!("put_{n}({}, {value});", marked("&u->uio_procp")))
        }
        17 => inside(
            random,
            String::new(),
            param,
            format!("for ({} = {value}; flag; )\n\t\tbreak;", marked("u->uio_procp")),
        ),
        18 => inside(random, String::new(), param, format!("{} = flag ? {value} : {value};", marked("u->uio_procp"))),
        19 => {
            let mut plant = inside(
                random,
                String::new(),
                param,
                format!("u->uio_segflg = UIO_SYSSPACE;\n\t{} = {value};", marked("u->uio_procp")),
            );
            plant.expect = Expect::Store(Space::Kernel);
            plant
        }
        20 => inside(
            random,
            String::new(),
            param,
            format!("u->uio_segflg = UIO_USERSPACE;\n\t{} = {value};", marked("u->uio_procp")),
        ),
        21 => inside(
            random,
            String::new(),
            param,
            format!(
                "struct uio a;\n\ta.uio_segflg = UIO_USERSPACE;\n\t{} = {value};\n\tuse(&a);",
                marked("a.uio_procp")
            ),
        ),
        22 => {
            let before = format!("typedef struct uio mine_{n};\n");
            inside(random, before, param, format!("mine_{n} a = {{ 0, 1, 2, 3, {} }};\n\tuse(&a);", by_name("{}")))
        }
        0 => inside(
            random,
            String::new(),
            param,
            format!("struct uio a = {{ {} }};\n\tuse(&a);", by_name(".uio_procp = {}")),
        ),
        1 => inside(
            random,
            String::new(),
            param,
            format!("struct uio a = {{ 0, 1, 2, 3, {} }};\n\tuse(&a);", by_name("{}")),
        ),
        2 => inside(random, String::new(), param, format!("*u = (struct uio){{ {} }};", by_name(".uio_procp = {}"))),
        3 => {
            let before = format!("struct req_{n} {{ int a; struct uio r_uio; }};\n");
            inside(
                random,
                before,
                param,
                format!("struct req_{n} r = {{ {} }};\n\tuse(&r);", by_name(".r_uio.uio_procp = {}")),
            )
        }
        4 => {
            let before = format!("struct req_{n} {{ int a; struct uio r_uio; }};\n");
            let init = format!(".r_uio = {{ {} }}", by_name(".uio_procp = {}"));
            inside(random, before, param, format!("struct req_{n} r = {{ {init} }};\n\tuse(&r);"))
        }
        5 => inside(
            random,
            String::new(),
            param,
            format!("struct uio a[2] = {{ [1] = {{ {} }} }};\n\tuse(a);", by_name(".uio_procp = {}")),
        ),
        6 => inside(
            random,
            String::new(),
            param,
            format!("struct uio a = {{ {} }};\n\tuse(&a);", by_name("uio_procp: {}")),
        ),
        7 => {
            let before = format!("#define SET_{n}(x, v) ((x)->uio_procp = (v))\n");
            inside(random, before, param, marked(&format!("SET_{n}(u, {value})")) + ";")
        }
        8 => {
            let before = format!("#define PUT_{n}(x, f, v) do {{ (x)->uio_##f = (v); }} while (0)\n");
            inside(random, before, param, marked(&format!("PUT_{n}(u, procp, {value})")) + ";")
        }
        9 => inside(
            random,
            String::new(),
            param,
            format!("struct proc *a;\n\ta = {} = {value};\n\tuse(a);", marked("u->uio_procp")),
        ),
        10 => inside(
            random,
            String::new(),
            param,
            format!("if (({} = {value}) != curproc)\n\t\tx = 3;", marked("u->uio_procp")),
        ),
        11 => inside(
            random,
            String::new(),
            param,
            format!("struct proc *p;\n\tp = {value};\n\t{} = p;", marked("u->uio_procp")),
        ),
        12 => Plant {
            text: inside(random, String::new(), param, marked("memset(&u->uio_procp, 0, sizeof(u->uio_procp))") + ";")
                .text,
            expect: Expect::Store(Space::Kernel),
        },
        13 => inside(
            random,
            String::new(),
            param,
            format!("struct proc *p = {value};\n\tmemcpy({}, &p, sizeof(p));", marked("&u->uio_procp")),
        ),
        _ => {
            let mut r = reach(random, n);
            while !r.is_place {
                r = reach(random, n);
            }
            let statements = format!("{}{} = {value};", r.locals, r.expr);
            inside(random, r.before, &r.params, statements)
        }
    }
}

/// What looks like a use and is none.
pub fn decoy(random: &mut Random, name: &str) -> String {
    let body = match random.below(14) {
        5 => "goto uio_procp; uio_procp: use(u);",
        6 => "enum { uio_procp = 3 }; use(uio_procp);",
        7 => "extern struct other *o; psignal(o->uio_procp, 1);",
        8 => "typedef int uio_procp; uio_procp x = 1; use(x);",
        9 => "struct l { struct proc *uio_procp; } l = { .uio_procp = curproc }; use(&l);",
        12 => "int (*uio_procp)(void) = 0; uio_procp();",
        0 => "/* psignal(u->uio_procp, 1); */",
        1 => "log(\"u->uio_procp = p\");",
        2 => "int uio_procp = 3; use(uio_procp);",
        3 => "struct other o; o.uio_procp = curproc; use(&o);",
        4 => "struct { int uio_procp; } s; s.uio_procp = 1; use(&s);",
        _ => "\n#if 0\n\tpsignal(u->uio_procp, 1);\n#endif\n",
    };
    format!("void {name}(struct uio *u)\n{{\n\t{body}\n}}\n")
}
