//! One fixture for each construct of Rust, as the tree that it gives.

use super::RustFile;
use crate::c::parse::tests::printer;

/// The trees of a source: items one a line, variants of an item with ` | ` between.
#[track_caller]
fn check(source: &str, want: &[&str]) {
    let unit = RustFile::new(source.as_bytes());
    let mut lines = Vec::new();
    for item in &unit.items {
        let mut trees = Vec::new();
        let troubles = unit.trees(*item, |ast| trees.push(printer::print(source.as_bytes(), &[], ast)));
        lines.push(trees.join(" | "));
        lines.extend(troubles.iter().map(|t| format!("{}: {}", t.at, t.message)));
    }
    lines.retain(|l| !l.is_empty());
    assert!(lines == want, "{source}\n--- want\n{}\n--- got\n{}\n", want.join("\n"), lines.join("\n"));
}

/// The statements of a function's body.
#[track_caller]
fn body(statements: &str, want: &str) {
    check(&format!("fn f() {{ {statements} }}"), &[&format!("(fn f int [] {{{want}}})")]);
}

#[test]
fn members_and_pointers() {
    body("(*u).a;", "(-> u a)");
    body("unsafe { (*u).a };", "{(-> u a)}");
    body("let p = unsafe { (*u).a };", "(decl p:typeof((-> u a))=(-> u a))");
    body("let v = &mut *u; v.a = p;", "(decl v:typeof(u)=u) (= (. v a) p)");
    body("let v: &mut S = g(); v.a;", "(decl v:struct.S*=(call g)) (-> v a)");
    body("let q = addr_of!((*u).a);", "(decl q:typeof((addr (-> u a)))=(addr (-> u a)))");
    body("&raw const (*u).a;", "(addr (-> u a))");
    body("addr_of_mut!((*u).a).write(p);", "(= (-> u a) p)");
    body("u.a[1].0;", "(. ([] (. u a) 1) 0)");
}

#[test]
fn values_that_are_passed_on() {
    body("x(p.as_ref().unwrap(), Some(p), p?, p.cast_mut());", "(call x p p p p)");
    body("p.cast::<S>();", "(cast struct.S* p)");
    body("p as *mut S as usize;", "(cast int (cast struct.S* p))");
    body("p.is_null();", "(not p)");
    body("core::ptr::eq(p, q);", "(== p q)");
    body("p == ptr::null_mut();", "(== p (call null_mut))");
    body("x.f(a, b); T::g(x); bindings::h(x);", "(call f x a b) (call g x) (call h x)");
}

#[test]
fn names_that_are_no_locals() {
    body(
        "let td = x.td(); y.td();",
        "(decl let:typeof((call td x))=(call td x)) (decl td:typeof(let)=let) (call td( y)",
    );
    body("let u = &mut *u;", "(decl let:typeof(u)=u) (decl u:typeof(let)=let)");
}

#[test]
fn branches() {
    body("let x = if c { a } else { b };", "(decl x:typeof((? c a b))=(? c a b))");
    body(
        "if let Some(p) = u.p() { p.a; }",
        "{(decl let Some(p) =:typeof((call p u))=(call p u)) \
         (if (not let Some(p) =) {(decl p:typeof(let Some(p) =)=let Some(p) =) (-> p a)})}",
    );
    body(
        "let Some(p) = g() else { return; };",
        "(decl let Some(p) =:typeof((call g))=(call g)) (if (not let Some(p) =) {} {{(return)}}) \
         (decl p:typeof(let Some(p) =)=let Some(p) =)",
    );
    body(
        "match p { Some(q) if q.a => b, None => return, _ => c };",
        "{(decl match:typeof(p)=p) {(decl q:typeof(match)=match) (if (&& (not match) (-> q a)) {b} \
         {(if (not match) {(return)} {c})})}}",
    );
    body("'a: loop { break 'a; }", "(loop <a> _ _ _ {(break <a>)})");
    body(
        "for i in 0..9 { continue }",
        "(loop (decl for:typeof((arith 0 9))=(arith 0 9)) _ _ {(decl i:?=for) {(continue)}})",
    );
    body(
        "while let Some(p) = q { }",
        "(loop _ _ _ {(decl let Some(p) =:typeof(q)=q) (if (not let Some(p) =) {(decl p:typeof(let Some(p) =)=let Some(p) =) {}} (break))})",
    );
}

#[test]
fn closures_and_macros() {
    body(
        "p.map(|q| q.a);",
        "(block-value {(decl map:typeof(p)=p) (? map map (block-value {(decl q:typeof(map)=map) (-> q a)}))})",
    );
    body(
        "kassert!(p.is_null(), \"x\"); println!(\"{}\", x = p);",
        "(call kassert (not p) \"x\") (call println \"{}\" p)",
    );
    body("assert_eq!(p, q); matches!(p, None);", "(== p q) (block-value {(decl matches:typeof(p)=p) (not matches)})");
    check(
        "fn f() { m!(a => b); }",
        &["(fn f int [] {(call m a)}) !!arguments of a macro that are no expressions: (a => b)"],
    );
}

#[test]
fn items() {
    check("#[repr(C)] pub struct uio { pub a: *mut thread, b: [u8; 2] }", &["(struct uio a:struct.thread* b:int[])"]);
    check("struct U(*mut uio); type T = Option<NonNull<uio>>;", &["(struct U :struct.uio*)", "typedef T:struct.uio*"]);
    check("static X: uio = uio { a: p, ..Y };", &["static X:struct.uio=(compound struct.uio (init (.a p) (. Y)))"]);
    check(
        "impl A for U { fn f(&self, x: u8) -> *mut T { self.raw } }",
        &["(fn f struct.T* [self:struct.U* x:int] {(return (-> self raw))})"],
    );
    check(
        "extern \"C\" { pub static p: *mut T; fn g(x: u8) -> *mut T; }",
        &["extern p:struct.T*", "extern g:struct.T*()"],
    );
}

#[test]
fn variants_and_faults() {
    check("fn f() { #[cfg(a)] x(); #[cfg(not(a))] y(); }", &["(fn f int [] {(call x)}) | (fn f int [] {(call y)})"]);
    check(
        "fn f() { a b } fn g() {}",
        &[
            "!!does not parse as Rust: fn f() { a b }",
            "11: does not parse as Rust: unexpected token, expected `;`; the item around it was not read: correct it",
            "(fn g int [] {})",
        ],
    );
}
