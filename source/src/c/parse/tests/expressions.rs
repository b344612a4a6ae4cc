//! Expressions.

use super::body;

#[test]
fn levels_and_sides() {
    body("x = a + b * c - d;", "(= x (arith (arith a (arith b c)) d))");
    body("x = a == b && c != d || e < f & g;", "(= x (|| (&& (== a b) (!= c d)) (& (order e f) g)))");
    body("a -= 1; b |= 2; c--;", "(-= a 1) (op= b 2) (-- c)");
    body("a = b = c, d += e;", "(comma (= a (= b c)) (+= d e))");
    body("x = -a[1]++ + !*p->q.r;", "(= x (arith (arith (++ ([] a 1))) (not (deref (. (-> p q) r)))))");
    body("x = a ? b : c ? d : e;", "(= x (? a b (? c d e)))");
    body("x = (a ? b, c : d) + 1;", "(= x (arith (? a (comma b c) d) 1))");
    body("f(a, (b, c))(d)[e].g;", "(. ([] (call (call f a (comma b c)) d) e) g)");
}

#[test]
fn casts() {
    body("x = (struct proc *)p;", "(= x (cast struct.proc* p))");
    body("x = (caddr_t)&y;\nz = (u_long)(a + b);", "(= x (cast caddr_t (addr y))) (= z (cast u_long (arith a b)))");
    body("x = (int (*)(int))f;\ny = (foo *)p;", "(= x (cast int*() f)) (= y (cast foo* p))");
    body("x = (const foo)-1;\ny = (a)-1;", "(= x (cast foo (arith 1))) (= y (arith a 1))");
    body(
        "x = (foo)y;\nz = (foo)\"s\";\nw = (foo)!v;",
        "(= x (cast foo y)) (= z (cast foo \"s\")) (= w (cast foo (not v)))",
    );
    body("(void)f(x);", "(cast int (call f x))");
}

#[test]
fn casts_that_look_like_calls() {
    body("x = (foo)(y);\nz = (foo_t)(y);", "(= x (call foo y)) (= z (cast foo_t y))");
    body("x = (foo)(bar)y;", "(= x (cast foo (cast bar y)))");
    body("x = (u_int)(y) + 1;\nw = (a)(b)(c);", "(= x (arith (cast u_int y) 1)) (= w (call (call a b) c))");
    body("x = (a) & b;\nz = (a_t) & b;", "(= x (& a b)) (= z (cast a_t (addr b)))");
    body("x = (a) * b;\nz = (a_t) * b;", "(= x (arith a b)) (= z (cast a_t (deref b)))");
}

#[test]
fn casts_as_lvalues() {
    body("(caddr_t)p = q;\n(char *)p += 2;", "(= (cast caddr_t p) q) (+= (cast int* p) 2)");
    body("((struct b *)p)++;\n*((int *)p)++ = 1;", "(++ (cast struct.b* p)) (= (deref (++ (cast int* p))) 1)");
}

#[test]
fn conditional_lvalues() {
    body("(a ? b : c) = d;\n(a ? u : v)->w = d;", "(= (? a b c) d) (= (-> (? a u v) w) d)");
    body("*(a ? &b : &c) = d;", "(= (deref (? a (addr b) (addr c))) d)");
    body("(a, b) = c;", "(= (comma a b) c)");
}

#[test]
fn a_conditional_without_its_middle() {
    body("x = a ?: b;\ny = f(a) ? : c;", "(= x (? a _ b)) (= y (? (call f a) _ c))");
}

#[test]
fn sizeof_takes_types_and_expressions() {
    body(
        "x = sizeof(struct uio) + sizeof *p + sizeof(p->q);",
        "(= x (arith (arith (sizeof _) (sizeof (deref p))) (sizeof (-> p q))))",
    );
    body("x = sizeof(foo_t) * 2 + sizeof (int *);", "(= x (arith (arith (sizeof _) 2) (sizeof _)))");
    body("x = __alignof__(struct a);", "(= x (sizeof _))");
}

#[test]
fn compound_literals() {
    body("f((struct uio){ .uio_procp = p });", "(call f (compound struct.uio (init (.uio_procp p))))");
    body(
        "x = (foo){ 1, 2 };\ny = (int []){ 1 }[0];",
        "(= x (compound foo (init 1 2))) (= y ([] (compound int[] (init 1)) 0))",
    );
    body("y = (&(struct a){ 1 })->b;", "(= y (-> (addr (compound struct.a (init 1))) b))");
}

#[test]
fn statement_expressions() {
    body("x = ({ int t = a; t + 1; });", "(= x (block-value {(decl t:int=a) (arith t 1)}))");
    body("f(({ g(); h; }), i);", "(call f (block-value {(call g) h}) i)");
    body("({ if (a) b(); });", "(block-value {(if a (call b))})");
}

#[test]
fn typeof_and_extension() {
    body("x = (typeof(y))z;\n__extension__ (a + b);", "(= x (cast typeof(y) z)) (arith a b)");
    body("x = sizeof(typeof(p->q));", "(= x (sizeof _))");
}

#[test]
fn assembler() {
    body("asm volatile(\"nop\");", "(asm)");
    body(
        "__asm__ __volatile__(\"x %0,%1\" : \"=r\" (a) : \"r\" (b->c), \"m\" (*d) : \"memory\");",
        "(asm (= a (unread)) (-> b c) (deref d))",
    );
    body("asm(\"a\n\tb\" : : \"r\" (x));", "(asm x)");
    body("asm(\"a\" : \"+r\" (x), \"=m\" (y) : \"r\" (z));", "(asm (op= x (unread)) (= y (unread)) z)");
    body("__asm(\"x\" : [out] \"=r\" (y));\nz();", "(asm (= y (unread))) (call z)");
}

#[test]
fn strings() {
    body("f(\"a\" \"b\" \"c\", d);", "(call f \"a\" \"b\" \"c\" d)");
    body("f(\"a\" PRIx64 \"b\", d);", "(call f \"a\" PRIx64 \"b\" d)");
    body("f(\"over\nthe line\", d);\ng('\\'', '\"');", "(call f \"over the line\" d) (call g '\\'' '\"')");
    body("f(\"uio->uio_procp\");\ng(L\"x\");", "(call f \"uio->uio_procp\") (call g L\"x\")");
}

#[test]
fn old_style_assignment_operators_are_two_tokens() {
    body("x =- 1;\ny =* p;\nz =& q;", "(= x (arith 1)) (= y (deref p)) (= z (addr q))");
}

#[test]
fn names_over_continued_lines() {
    body("p = uio->uio_\\\nprocp;\nfo\\\r\no(a);", "(= p (-> uio uio_procp)) (call foo a)");
}

#[test]
fn macro_arguments() {
    body(
        "va_arg(ap, int);\nMALLOC(p, struct foo *, sizeof(*p), M_X);",
        "(call va_arg ap <int>) (call MALLOC p <struct.foo*> (sizeof (deref p)) M_X)",
    );
    body("LIST_INIT(&x);\nf(foo *, bar baz);", "(call LIST_INIT (addr x)) (call f <foo*> <bar>)");
    body("CMP(a, <, b);\nDO(if (x) y(););", "(call CMP a (unread) b) (call DO (block-value {(if x (call y))}))");
    body("SPL(x, { y(); z(); });", "(call SPL x (block-value {{(call y) (call z)}}))");
    body("f(, a);\nf(a, , b);\nf();", "(call f (unread) a) (call f a (unread) b) (call f)");
    body("x = f(a, return, b);", "(= x (call f a (unread) b))");
}

#[test]
fn members_named_like_keywords() {
    body("x = p->default;\ny = q.if;", "(= x (-> p default)) (= y (. q if))");
}

#[test]
fn address_of_a_label_and_of_a_row() {
    body("x = &&out;\ny = &a[1];", "(= x (addr out)) (= y (addr ([] a 1)))");
}

#[test]
fn types_with_annotations() {
    body("x = (__force int)a;", "(= x (cast int a))");
    body("x = (__attribute__((x)) struct proc *)a;", "(= x (cast struct.proc* a))");
    body("struct proc *_Nonnull q = p;", "(decl q:struct.proc*=p)");
}

/// An expression has one parent, so walking the tree takes as long as the text is.
#[test]
fn choices_by_type_stand_in_each_other() {
    let text = format!("x = {}u{};", "_Generic(".repeat(60), ", int: a)".repeat(60));
    let source = format!("int f(void) {{ {text} }}");
    let mut ast = crate::tree::Ast::default();
    crate::c::parse::parse(source.as_bytes(), &crate::c::lex::lex(source.as_bytes()).tokens, &mut ast);
    let mut parents = vec![0; ast.exprs.len()];
    for e in 0..ast.exprs.len() as u32 {
        ast.operands(e, &mut |o| parents[o as usize] += 1);
    }
    assert!(parents.iter().all(|n| *n <= 1), "{parents:?}");
}

#[test]
fn a_choice_by_type_is_one_of_its_values() {
    body("_Generic(u, struct uio *: f(u), default: 0);", "(comma (sizeof u) (? (unread) (call f u) 0))");
    body("ON(x, break, f(u); continue);", "(call ON x (unread) (block-value {(call f u) (continue)}))");
}
