//! Statements, and macros that stand for them.

use super::{body, check};

#[test]
fn branches() {
    body("if (a) b(); else if (c) d(); else { e(); }", "(if a (call b) (if c (call d) {(call e)}))");
    body("if (a) if (b) c(); else d();", "(if a (if b (call c) (call d)))");
    body("if (a) ; else b();", "(if a () (call b))");
    body("if ISSET(a) b();", "(if (call ISSET a) (call b))");
    body("if ((p = q->r) == 0 || !s) return;", "(if (|| (== (= p (-> q r)) 0) (not s)) (return))");
}

#[test]
fn loops() {
    body("while (a) b();\nfor (;;) c();", "(loop _ a _ (call b)) (loop _ _ _ (call c))");
    body("for (i = 0, j = 1; i < n; i++) { f(i); }", "(loop (comma (= i 0) (= j 1)) (order i n) (++ i) {(call f i)})");
    body("for (int i = 0; i < 3; i++) ;", "(loop (decl i:int=0) (order i 3) (++ i) ())");
    body("do { a(); } while (b);\ndo c(); while (0)\nd();", "(do {(call a)} b) (do (call c) 0) (call d)");
    body("for (;;) { if (a) continue; break; }", "(loop _ _ _ {(if a (continue)) (break)})");
}

#[test]
fn named_loops() {
    body(
        "while <\"outer\"> (a) { for <\"inner\"> (;;) { break <\"outer\">; continue <\"inner\">; } }",
        "(loop <\"outer\"> _ a _ {(loop <\"inner\"> _ _ _ {(break <\"outer\">) (continue <\"inner\">)})})",
    );
    body("do <\"x\"> { break <\"x\">; } while (a);", "(do <\"x\"> {(break <\"x\">)} a)");
    body("do <\"x\"> a(); while <\"x\"> (b);", "(do <\"x\"> (call a) b)");
    body("switch <\"x\"> (a) { case 1: break <\"x\">; }", "(switch <\"x\"> a {case (break <\"x\">)})");
}

#[test]
fn switches() {
    body(
        "switch (a) { case 1: b(); break; case 'x': default: c(); }",
        "(switch a {case (call b) (break) case case (call c)})",
    );
    body("switch (a) { case 1 ... 5: case A ... B: x(); }", "(switch a {case case (call x)})");
    body("switch (a) { case (1 ? 2 : 3): x(); case -1: y(); }", "(switch a {case (call x) case (call y)})");
    body("switch (a) { case B(1): { x(); } break; }", "(switch a {case {(call x)} (break)})");
    body("switch (a) { CASEOF(b): x(); }", "(switch a {case (call x)})");
}

#[test]
fn jumps() {
    body(
        "again: a();\nif (b) goto again;\ngoto *tab[i];\nout: ;",
        "(label again) (call a) (if b (goto again)) (goto *) (label out) ()",
    );
    body("return;\nreturn 0;\nreturn (a, b);", "(return) (return 0) (return (comma a b))");
    body("out: __attribute__((unused)) x();", "(label out) (call x)");
}

#[test]
fn macros_that_stand_for_statements() {
    body("KASSERT(a)\nb();\nBREAK", "(call KASSERT a) (call b) BREAK");
    body("DPRINTF((\"x\"))\nif (a) RETURN(b)\nelse c();", "(call DPRINTF \"x\") (if a (call RETURN b) (call c))");
    body("LOCK(x) a(); UNLOCK(x)", "(call LOCK x) (call a) (call UNLOCK x)");
    body("PANIC\nx = 1;", "PANIC (= x 1)");
}

#[test]
fn macros_that_stand_for_loop_heads() {
    body(
        "LIST_FOREACH(p, &allproc, p_list) { a(p); }",
        "(loop _ (call LIST_FOREACH p (addr allproc) p_list) _ {(call a p)})",
    );
    body(
        "LIST_FOREACH(p, &allproc, p_list)\n\ta(p);\nb();",
        "(loop _ (call LIST_FOREACH p (addr allproc) p_list) _ (call a p)) (call b)",
    );
    body(
        "PROC_LOOP(p) { a(p); }\nFOREVER { b(); }",
        "(loop _ (call PROC_LOOP p) _ {(call a p)}) (loop _ FOREVER _ {(call b)})",
    );
    body("for_each_thing(x) if (x) a(); else b();", "(loop _ (call for_each_thing x) _ (if x (call a) (call b)))");
}

#[test]
fn an_else_whose_if_stands_elsewhere() {
    body("IFX(a) b();\nelse c();\nd();", "(call IFX a) (call b) (call c) (call d)");
}

#[test]
fn blocks_and_empty_statements() {
    body("{ { a(); } ; }\n;;", "{{(call a)} ()} () ()");
    body("{ int x; x = 1; int y = 2; f(y); }", "{(decl x:int) (= x 1) (decl y:int=2) (call f y)}");
}

#[test]
fn what_cannot_be_read_is_passed_over_with_its_reason() {
    passed("if (a b) c();\nd();", "{(if (unread) (call c)) (call d)}", "this is no condition: a b");
    passed("@ x;\nd();", "{() (call d)}", "no statement starts so: @ x;");
    passed("int = 3;\nd();", "{(decl ) (call d)}", "this declaration could not be read: = 3;");
    passed("x = 3 4 5;\nd();", "{() (call d)}", "`;` expected: x = 3 4 5;");
    passed("do a(); b();", "{(do (call a) (unread)) (call b)}", "`while` expected after `do`: b");
    passed("x->3 = 4;\nd();", "{x (= 3 4) (call d)}", "a member's name was expected: 3");
    passed("x[1 = 2;\nd();", "{([] x (unread)) (call d)}", "this is no index: 1 = 2");
}

#[track_caller]
fn passed(statements: &str, tree: &str, skip: &str) {
    check(&format!("f(void)\n{{\n{statements}\n}}\n"), &format!("(fn f ? [] {tree}) !!{skip}"));
}

#[test]
fn what_looks_odd_but_can_be_read() {
    body("a b c d;\nd();", "(decl d:c) (call d)");
    body("for (a; b) c();\nd();", "(loop a b _ (call c)) (call d)");
    body("f(a b);\nd();", "(call f <a>) (call d)");
}

#[test]
fn loop_heads_before_what_would_go_on_with_a_call() {
    body("LIST_FOREACH(e, h) (void)f(e);", "(loop _ (call LIST_FOREACH e h) _ (cast int (call f e)))");
    body("EACH(e, h) ++n;", "(loop _ (call EACH e h) _ (++ n))");
    body("LIST_FOREACH(e, h) *e = 1;", "(loop _ (call LIST_FOREACH e h) _ (= (deref e) 1))");
    body("f(a)++;", "(++ (call f a))");
}

#[test]
fn attributes_before_statements() {
    body("if (a) __attribute__((likely)) return 1;", "(if a (return 1))");
    body("__attribute__((unused)) int x;", "(decl x:int)");
    body("__attribute__((fallthrough)); b();", "(decl ) (call b)");
}
