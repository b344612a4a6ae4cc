//! What holds for any input: nothing panics, hangs or overflows a stack, no place lies outside its file, and the ledger
//! adds up.

use proptest::prelude::*;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use uioscope_analyzer::finding::{Audit, Finding, Severity};
use uioscope_analyzer::packs::Pack;
use uioscope_analyzer::{Options, audit};
use uioscope_source::c::variant::{Cover, variants};
use uioscope_source::c::{items, parse, pp::Unit};
use uioscope_source::rust;
use uioscope_source::text::SourceTree;
use uioscope_source::text::Span;
use uioscope_source::tree::{Ast, Base, Decl, Expr, ExprId, List, Stmt, StmtId, Type};

#[path = "properties/bad_input.rs"]
mod bad_input;

/// No walker of a tree needs more levels than this: chains end at 1500, and nesting at 200.
const DEEPEST: u32 = 2000;

/// Parses every variant of every item and checks the trees.
fn check_trees(source: &[u8]) {
    let unit = Unit::new(source);
    for range in items::cut(&unit) {
        assert!(
            range.0 < range.1 && range.1 as usize <= unit.lexed.tokens.len(),
            "an item outside the file: {range:?}"
        );
        // What reads every arm once is a part of what also reads their absence; large inputs are parsed only once.
        let covers = if source.len() < 1 << 16 { &[Cover::All, Cover::Text][..] } else { &[Cover::All] };
        for &cover in covers {
            let taken = variants(&unit, range, cover);
            assert!(!taken.streams.is_empty(), "an item without a variant");
            for stream in &taken.streams {
                let mut ast = Ast::default();
                parse::parse(source, stream, &mut ast);
                Tree { ast: &ast, length: source.len() as u32 }.check();
            }
        }
    }
}

/// Prints the presence condition of every token.
fn check_conditions(source: &[u8]) {
    let unit = Unit::new(source);
    let step = (unit.lexed.tokens.len() / 200).max(1);
    for token in (0..unit.lexed.tokens.len()).step_by(step) {
        let text = unit.presence(token as u32).to_string();
        assert!(!text.is_empty(), "a presence condition without words");
    }
}

/// Parses every item of a Rust file and checks the trees.
fn check_rust_trees(source: &[u8]) {
    let unit = rust::RustFile::new(source);
    for item in &unit.items {
        let span = unit.span(*item);
        assert!(span.start < span.end && span.end as usize <= source.len(), "an item outside the file: {span:?}");
        let troubles = unit.trees(*item, |ast| Tree { ast, length: source.len() as u32 }.check());
        assert!(troubles.iter().all(|t| t.at as usize <= source.len()), "{troubles:?}");
    }
}

fn check_rust_conditions(source: &[u8]) {
    let unit = rust::RustFile::new(source);
    for at in (0..source.len()).step_by((source.len() / 50).max(1)) {
        assert!(!unit.presence(at as u32).to_string().is_empty(), "a presence condition without words");
    }
}

struct Tree<'a> {
    ast: &'a Ast,
    length: u32,
}

/// Something that stands in the tree: an expression or a statement.
#[derive(Clone, Copy)]
enum Id {
    Expr(ExprId),
    Stmt(StmtId),
}

impl Tree<'_> {
    fn check(&self) {
        let Ast { exprs, spans, own, depths, stmts, lists: _, decls, aggregates, functions, globals, skips } = self.ast;
        assert_eq!((exprs.len(), exprs.len()), (spans.len(), depths.len()), "expressions without a place or depth");
        assert_eq!(own.len(), exprs.len());
        spans.iter().chain(own).for_each(|s| self.span(*s));
        decls.iter().chain(globals).for_each(|d| self.decl(d));
        for (i, e) in exprs.iter().enumerate() {
            self.expr(i as ExprId, *e);
        }
        for s in stmts {
            self.stmt(*s);
        }
        for a in aggregates {
            self.span(a.span);
            a.tag.into_iter().for_each(|t| self.span(t));
            self.decls(a.members);
        }
        for f in functions {
            [f.name, f.span].into_iter().for_each(|s| self.span(s));
            assert!(f.span.start <= f.name.start && f.name.end <= f.span.end, "a function's name outside it");
            self.ty(f.ty);
            self.decls(f.params);
            self.stmt_id(f.body);
        }
        for s in skips {
            self.span(s.span);
            assert!(!s.reason.is_empty(), "something was passed over without a reason");
        }
        assert!(depths.iter().all(|d| u32::from(*d) <= DEEPEST), "an expression of depth {:?}", depths.iter().max());
        self.height();
    }

    fn span(&self, s: Span) {
        assert!(s.start <= s.end && s.end <= self.length, "{s:?} lies outside a file of {} bytes", self.length);
    }

    fn expr_id(&self, id: ExprId) {
        assert!((id as usize) < self.ast.exprs.len(), "no expression {id}");
    }

    fn stmt_id(&self, id: StmtId) {
        assert!((id as usize) < self.ast.stmts.len(), "no statement {id}");
    }

    fn list(&self, l: List, of: usize) {
        assert!(l.start <= l.end && l.end as usize <= self.ast.lists.len(), "{l:?} outside its pool");
        assert!(self.ast.list(l).iter().all(|i| (*i as usize) < of), "a list of what is not there");
    }

    fn decls(&self, l: List) {
        assert!(l.start <= l.end && l.end as usize <= self.ast.decls.len(), "{l:?} outside its pool");
    }

    fn decl(&self, d: &Decl) {
        self.span(d.name);
        self.ty(d.ty);
        d.init.into_iter().for_each(|e| self.expr_id(e));
    }

    fn ty(&self, ty: Type) {
        assert!(ty.arrays <= ty.pointers, "more arrays than pointers and arrays together: {ty:?}");
        match ty.base {
            Base::Struct(s) | Base::Named(s) => self.span(s),
            Base::Anonymous(i) => assert!((i as usize) < self.ast.aggregates.len(), "no aggregate {i}"),
            Base::Typeof(e) => self.expr_id(e),
            Base::Unknown | Base::Builtin | Base::Enum => {}
        }
    }

    fn expr(&self, id: ExprId, e: Expr) {
        let (exprs, stmts) = (self.ast.exprs.len(), self.ast.stmts.len());
        match e {
            Expr::Call { args: l, .. } | Expr::Init { items: l } | Expr::Asm { operands: l } => self.list(l, exprs),
            Expr::Cast { ty, .. } | Expr::Compound { ty, .. } | Expr::TypeArg { ty } => self.ty(ty),
            Expr::Member { name, .. } | Expr::Field { name, .. } => self.span(name),
            Expr::Block { body } => assert!((body as usize) < stmts, "no statement {body}"),
            _ => {}
        }
        let mut depth = 0;
        self.ast.operands(id, &mut |o| {
            // What is smaller comes first, so that there are no rings.
            assert!(o < id, "expression {id} has the operand {o}");
            depth = depth.max(self.ast.depths[o as usize]);
        });
        let own = self.ast.depths[id as usize];
        match e {
            // A statement expression is deeper than all that stands in it.
            Expr::Block { .. } => assert!(own > depth),
            _ => assert_eq!(own, depth + 1, "the depth of expression {id}"),
        }
    }

    fn stmt(&self, s: Stmt) {
        match s {
            Stmt::Decls(l) => self.decls(l),
            Stmt::Block(l) => self.list(l, self.ast.stmts.len()),
            Stmt::Label(name) | Stmt::Goto(name) | Stmt::Break(name) | Stmt::Continue(name) => self.span(name),
            Stmt::Loop { name, .. } | Stmt::DoWhile { name, .. } | Stmt::Switch { name, .. } => self.span(name),
            _ => {}
        }
        self.parts(s).into_iter().for_each(|p| match p {
            Id::Expr(e) => self.expr_id(e),
            Id::Stmt(s) => self.stmt_id(s),
        });
    }

    fn parts(&self, s: Stmt) -> Vec<Id> {
        match s {
            Stmt::Expr(e) => vec![Id::Expr(e)],
            Stmt::Decls(l) => self.ast.decls(l).iter().filter_map(|d| d.init).map(Id::Expr).collect(),
            Stmt::Block(l) => self.ast.list(l).iter().copied().map(Id::Stmt).collect(),
            Stmt::If { test, then, other } => {
                [Id::Expr(test), Id::Stmt(then)].into_iter().chain(other.map(Id::Stmt)).collect()
            }
            Stmt::Loop { init, test, step, body, .. } => {
                let exprs = test.into_iter().chain(step).map(Id::Expr);
                init.map(Id::Stmt).into_iter().chain(exprs).chain([Id::Stmt(body)]).collect()
            }
            Stmt::DoWhile { body, test, .. } => vec![Id::Stmt(body), Id::Expr(test)],
            Stmt::Switch { value, body, .. } => vec![Id::Expr(value), Id::Stmt(body)],
            Stmt::Return(e) => e.map(Id::Expr).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The depth that a walker sees that goes from expressions into blocks and back.
    fn height(&self) {
        let mut heights = [vec![0u32; self.ast.exprs.len()], vec![0u32; self.ast.stmts.len()]];
        let all = (0..self.ast.stmts.len() as u32).map(Id::Stmt).chain((0..self.ast.exprs.len() as u32).map(Id::Expr));
        for root in all {
            let mut work = vec![root];
            while let Some(&at) = work.last() {
                let (kind, index) = match at {
                    Id::Expr(e) => (0, e as usize),
                    Id::Stmt(s) => (1, s as usize),
                };
                if heights[kind][index] > 0 {
                    work.pop();
                    continue;
                }
                let mut parts = Vec::new();
                match at {
                    Id::Stmt(s) => parts = self.parts(self.ast.stmt(s)),
                    Id::Expr(e) => {
                        self.ast.operands(e, &mut |o| parts.push(Id::Expr(o)));
                        if let Expr::Block { body } = self.ast.expr(e) {
                            parts.push(Id::Stmt(body));
                        }
                    }
                }
                let height = |p: &Id| match *p {
                    Id::Expr(e) => heights[0][e as usize],
                    Id::Stmt(s) => heights[1][s as usize],
                };
                let open: Vec<Id> = parts.iter().filter(|p| height(p) == 0).copied().collect();
                if open.is_empty() {
                    heights[kind][index] = 1 + parts.iter().map(height).max().unwrap_or(0);
                    work.pop();
                } else {
                    work.extend(open);
                }
            }
        }
        let deepest = heights.iter().flatten().max().copied().unwrap_or(0);
        assert!(deepest <= DEEPEST, "a walker would need {deepest} levels");
    }
}

const HEADER: &str = "struct proc;\nstruct uio { struct proc *uio_procp; int uio_segflg; };\n";

fn audit_text(path: &str, text: &[u8]) -> Audit {
    let files = vec![(path.to_owned(), text.to_vec()), ("sys/uio.h".to_owned(), HEADER.as_bytes().to_vec())];
    static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::builtin("netbsd").expect("a built-in pack"));
    let options = Options { field: Some("uio.uio_procp".to_owned()), pack: Some(PACK.clone()), ..Options::default() };
    audit(&SourceTree::from_memory("t", files), &options).expect("the field is declared")
}

/// The audit of one file beside a header: nothing is lost, and all places are in the file.
fn check_audit(text: &[u8]) {
    check_audit_of("a.c", text);
}

fn check_rust_audit(text: &[u8]) {
    check_audit_of("a.rs", text);
}

fn check_audit_of(path: &str, text: &[u8]) {
    let audit = audit_text(path, text);
    let expected = 1 + occurrences(text);
    assert_eq!(audit.ledger.occurrences, expected, "occurrences");
    assert!(audit.ledger.adds_up(), "{:?}", audit.ledger);
    let textual = audit.findings.iter().filter(|f| f.implicit.is_none()).count() as u64;
    assert_eq!(textual + audit.ledger.other, expected, "an occurrence without a finding: {:?}", audit.ledger);
    let lines = 1 + text.iter().filter(|b| **b == b'\n').count() as u32;
    for f in audit.findings.iter().filter(|f| f.path == path) {
        assert!((1..=lines).contains(&f.line) && f.column >= 1, "{}:{} of {lines} lines", f.line, f.column);
        assert!(f.span.0 <= f.span.1 && f.span.1 as usize <= text.len(), "{:?} in {} bytes", f.span, text.len());
        assert!(!f.expression.contains('\n') && f.id.len() == 16, "{f:?}");
    }
    let mut ids: Vec<_> = audit.findings.iter().map(|f| &f.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|w| w[0] != w[1]), "two findings have the same id");
    let defects = audit.problems.iter().filter(|p| p.severity == Severity::Error && p.message.contains("defect"));
    assert_eq!(defects.count(), 0);
}

/// Whole words, with continued lines joined as the compiler does it.
fn occurrences(text: &[u8]) -> u64 {
    let mut joined = Vec::new();
    let mut rest = text;
    while let Some(&b) = rest.first() {
        match [&b"\\\n"[..], b"\\\r\n"].iter().find(|c| rest.starts_with(c)) {
            Some(c) => rest = &rest[c.len()..],
            None => {
                joined.push(b);
                rest = &rest[1..];
            }
        }
    }
    let part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    joined.split(|b| !part(b)).filter(|w| *w == b"uio_procp").count() as u64
}

/// Words that C is made of.
const WORDS: &str = "a b x uio p f g M LIST_FOREACH foo_t u_int __P __unused curproc proc0 NULL \
    if else while for do switch case default break continue return goto sizeof struct union enum typedef static extern \
    register inline const volatile void char int long unsigned typeof asm __attribute__ __extension__ \
    ( ) { } [ ] ; , : ? . -> ... # ## = += == != < > <= >= && || ! & | ^ ~ + - * / % << >> ++ -- \
    0 1 0x1f \"s\" 'c' \" ' \\ @ $ /* */ // /*c*/ ({ }) (int) (foo_t) *p, ; ; ; ( ) ( ) { } , =";

const LINES: [&str; 14] = [
    "#if A",
    "#if defined(A) && !defined(B)",
    "#if A > 1 || (defined(B) && (C || !A))",
    "#ifdef A",
    "#ifndef A",
    "#ifdef B",
    "#elif defined(B)",
    "#else",
    "#endif",
    "#endif",
    "#endif",
    "#define M(a) f(a)",
    "#define X \\",
    "#if 0",
];

/// Text made of C's words, with conditionals.
fn like_c(extra: &'static [&'static str]) -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let word = proptest::sample::select(words).prop_map(|w| format!("{w} "));
    let glued = proptest::sample::select(vec!["\n", "\n", "}\n", "\\\n", "\r\n", "\x0c", ";\n", "\n{\n", "\t"]);
    let line = proptest::sample::select(LINES.to_vec()).prop_map(|l| format!("\n{l}\n"));
    let piece = prop_oneof![
        12 => word,
        3 => glued.prop_map(str::to_owned),
        2 => line,
        3 => proptest::sample::select(extra.to_vec()).prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..120).prop_map(|p| p.concat())
}

/// Words that Rust is made of.
const RUST_WORDS: &str = "fn impl mod trait struct enum unsafe extern let if else match while for in loop break return \
    move mut ref const static pub self Self as dyn where type use 'a 'b: 'c' \"s\" r#\"x\"# b'x' // /* */ #[cfg(a)] \
    #[cfg(not(a))] #![cfg(b)] ( ) { } [ ] < > ; , : :: . .. ..= -> => = == ! & && | || * - ? _ x uio uio_procp 0 1.0 \
    Some(x) None |a,b| m!(x) macro_rules! println!(\"{}\",x)";

fn rust_words() -> impl Strategy<Value = String> {
    let words: Vec<&str> = RUST_WORDS.split_whitespace().collect();
    proptest::collection::vec(proptest::sample::select(words), 0..8).prop_map(|w| w.join(" "))
}

/// The sample kernel's Rust with a part of it replaced.
fn mutated(at: usize, len: usize, with: &str) -> Vec<u8> {
    let files: Vec<_> = uioscope_corpus::tree().into_iter().filter(|(p, _)| p.ends_with(".rs")).collect();
    let mut text = files[at % files.len()].1.to_vec();
    let start = at % text.len();
    let end = text.len().min(start + len);
    text.splice(start..end, with.bytes());
    text
}

const DEFINITIONS: &[&str] =
    &["int f(int a) {\n", "\nf(a, b)\n\tstruct x *a;\n{\n", "struct a { int b; };\n", "f(a, (b), "];

const USES: &[&str] = &[
    "uio->uio_procp ",
    "uio->uio_procp = p;\n",
    "p = uio->uio_procp;\n",
    "uio_procp ",
    "/* uio_procp */",
    "\"uio_procp\"",
    "uio_\\\nprocp ",
    "#define P(u) ((u)->uio_procp)\n",
    "P(uio) ",
    "struct uio v = *uio;\n",
    "struct uio w = { p, 1 };\n",
    "int f(struct uio *uio) {\n",
    "if (p == uio->uio_procp) psignal(p, 1);\n",
    "x = uio->uio_procp->p_pid;\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn trees_of_any_bytes_are_sound(source in proptest::collection::vec(any::<u8>(), 0..600)) {
        check_trees(&source);
        check_conditions(&source);
    }

    #[test]
    fn trees_of_text_like_c_are_sound(source in like_c(DEFINITIONS)) {
        check_trees(source.as_bytes());
        check_conditions(source.as_bytes());
    }

    #[test]
    fn no_occurrence_is_lost_in_text_like_c(source in like_c(USES)) {
        check_audit(source.as_bytes());
    }

    #[test]
    fn rust_of_any_bytes_is_sound(source in proptest::collection::vec(any::<u8>(), 0..600)) {
        check_rust_trees(&source);
        check_rust_conditions(&source);
    }

    #[test]
    fn mutated_rust_is_sound((at, len, with) in (0usize..1 << 16, 0usize..40, rust_words())) {
        let source = mutated(at, len, &with);
        check_rust_trees(&source);
        check_rust_conditions(&source);
        check_rust_audit(&source);
    }

    #[test]
    fn conditions_of_any_words_print(source in "#(if|elif|ifdef|ifndef) ?([A-C]|defined|[()!&|<>0-9\\\\]| ){0,40}\nx\n#endif\n") {
        check_conditions(source.as_bytes());
    }

    #[test]
    fn a_pack_is_read_or_refused_with_a_line(text in "(name|title|rules|\\[|\\]|\\{|\\}|=|\"|,|\n| |roles|proc.p_pid|signal|member){0,60}") {
        if let Err(e) = Pack::parse("x.toml", &text) {
            prop_assert!(e.line >= 1 && e.line <= 1 + text.matches('\n').count(), "{e}");
        }
    }
}

#[test]
fn the_oracle_counts_what_a_reader_would() {
    assert_eq!(occurrences(b"uio_procp uio_\\\nprocp auio_procp uio_procpp /* uio_procp */ uio_\nprocp"), 3);
}

/// Roles and space of the one site of a function's body.
fn site(statements: &str) -> String {
    let text = format!("int f(struct uio *uio, struct proc *q)\n{{\n{statements}\n}}\n");
    let audit = audit_text("a.c", text.as_bytes());
    let sites = audit.findings.iter().filter(|f| f.path == "a.c" && f.implicit.is_none());
    let of = |f: &Finding| format!("{:?} {:?} {:?}", f.access, f.roles, f.space.map(|s| s.name()));
    sites.map(of).collect::<Vec<_>>().join("; ")
}

#[test]
fn how_a_name_is_spelled_does_not_change_what_is_found() {
    let load = "struct proc *p = uio->uio_procp;\n";
    let plain = [
        format!("{load}if (@p@) x();"),
        format!("{load}x(@p@->p_pid);"),
        format!("{load}psignal(@p@, 1);"),
        format!("{load}if (@p@ == @q@) x();"),
        format!("{load}if (@p@ == @0@) x();"),
        format!("{load}sc->sc_p = @p@;"),
        "struct proc *p;\n@p@ = uio->uio_procp;\npsignal(p, 1);".to_owned(),
        "x(@uio@->uio_procp->p_pid);".to_owned(),
        "@uio@->uio_procp = @q@;\n@uio@->uio_segflg = UIO_SYSSPACE;".to_owned(),
        "uio->uio_segflg = @UIO_SYSSPACE@;\nuio->uio_procp = q;".to_owned(),
        "uio->uio_segflg = UIO_USERSPACE;\nuio->uio_procp = @curproc@;".to_owned(),
    ];
    let around = [
        "(%)",
        "((%))",
        "(/* c */ %)",
        "(% /* c */)",
        "/* c */ % /* c */",
        "(\n%\n)",
        "(\t%\x0c)",
        "(\n#ifdef A\n%\n#else\n%\n#endif\n)",
        "\n#if 1\n%\n#endif\n",
        "\\\n%\\\n",
    ];
    let mut wrong = Vec::new();
    for statements in plain {
        let spelled = |how: &str| {
            let parts = statements.split('@').enumerate();
            parts.map(|(i, p)| if i % 2 == 1 { how.replace('%', p) } else { p.to_owned() }).collect::<String>()
        };
        let want = site(&spelled("%"));
        for text in around.map(spelled) {
            let got = site(&text);
            if got != want {
                wrong.push(format!("{text}\n    want {want}\n    found {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}
