//! `#if`s that split what the parser wants whole: every arm is read in some variant.

use super::{body, check};

#[test]
fn a_split_head() {
    check(
        "int\n#ifdef A\nf(struct proc *p, int n)\n#else\nf(p, n)\n\tstruct proc *p;\n\tint n;\n#endif\n{\n\tx(p);\n}\nint z;\n",
        "(fn f int [p:struct.proc* n:int] {(call x p)}) | (fn f int [p:struct.proc* n:int] {(call x p)})\nz:int",
    );

    check(
        "f(a,\n#ifdef A\n  b,\n#endif\n  c)\n\tint a;\n#ifdef A\n\tint b;\n#endif\n\tint c;\n{\n}\n",
        "(fn f ? [a:int b:int c:int] {}) | (fn f ? [a:int c:int] {})",
    );
}

#[test]
fn a_split_if() {
    body("#ifdef A\nif (a)\n#endif\n\tb();\nc();", "(if a (call b)) (call c) | (call b) (call c)");
    body("#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\n\tc();\n}", "(if a {(call c)}) | (if b {(call c)})");
    body("if (a &&\n#ifdef A\n  b &&\n#endif\n  c)\n\td();", "(if (&& (&& a b) c) (call d)) | (if (&& a c) (call d))");
}

#[test]
fn a_split_else() {
    body(
        "if (a)\n\tb();\n#ifdef A\nelse\n\tc();\n#endif\nd();",
        "(if a (call b) (call c)) (call d) | (if a (call b)) (call d)",
    );
    body("#ifdef A\nif (a)\n\tb();\nelse\n#endif\nif (c)\n\td();", "(if a (call b) (if c (call d))) | (if c (call d))");
    body(
        "if (a) {\n\tb();\n#ifdef A\n} else if (c) {\n\td();\n#endif\n}",
        "(if a {(call b)} (if c {(call d)})) | (if a {(call b)})",
    );
}

#[test]
fn a_split_expression() {
    body("x = a\n#ifdef A\n  + b\n#endif\n  ;", "(= x (arith a b)) | (= x a)");
    body("x =\n#ifdef A\n  uio->uio_procp\n#else\n  curproc\n#endif\n  ;", "(= x (-> uio uio_procp)) | (= x curproc)");
    body(
        "return (\n#if A > 1\n  a\n#elif defined(B)\n  b\n#else\n  c\n#endif\n  );",
        "(return a) | (return b) | (return c)",
    );
}

#[test]
fn a_split_initialiser() {
    check(
        "struct op ops[] = {\n\t{ 1 },\n#ifdef A\n\t{ 2 },\n#endif\n\t{ 3 }\n};",
        "ops:struct.op[]=(init (init 1) (init 2) (init 3)) | ops:struct.op[]=(init (init 1) (init 3))",
    );
    check(
        "struct a x = {\n\t.b = 1,\n#ifdef A\n\t.c = 2\n#else\n\t.c = 3\n#endif\n};",
        "x:struct.a=(init (.b 1) (.c 2)) | x:struct.a=(init (.b 1) (.c 3))",
    );
}

#[test]
fn split_call_arguments() {
    body("f(a,\n#ifdef A\n  uio->uio_procp,\n#endif\n  b);", "(call f a (-> uio uio_procp) b) | (call f a b)");
    body("f(a\n#ifdef A\n  , b);\n#else\n  );\n#endif\nc();", "(call f a b) (call c) | (call f a) (call c)");
}

#[test]
fn a_split_struct_and_a_split_switch() {
    check("struct a {\n\tint x;\n#ifdef A\n\tint y;\n#endif\n};", "(struct a x:int y:int) | (struct a x:int)");
    body(
        "switch (a) {\n#ifdef A\ncase 1:\n\tb();\n#endif\ndefault:\n\tc();\n}",
        "(switch a {case (call b) case (call c)}) | (switch a {case (call c)})",
    );
}

#[test]
fn unbalanced_braces_across_arms() {
    body(
        "#ifdef A\n\tif (a) {\n#endif\n\tb();\n#ifdef A\n\t}\n#endif\n\tc();",
        "(if a {(call b)}) (call c) | (call b) (call c)",
    );
    body(
        "#ifdef A\n\twhile (a) {\n#else\n\tfor (;;) {\n#endif\n\tb();\n\t}\n\tc();",
        "(loop _ a _ {(call b)}) (call c) | (loop _ _ _ {(call b)}) (call c)",
    );
    body(
        "#ifdef A\n\tif (a) {\n#endif\n\tb();\n#ifndef A\n\tc();\n#else\n\t}\n#endif",
        "(if a {(call b)}) | (call b) (call c)",
    );
    check(
        "int\nf(void)\n{\n#ifdef A\n\tif (a) {\n\t\tb();\n#else\n\t{\n#endif\n\t}\n}\nint z;\n",
        "(fn f int [] {(if a {(call b)})}) | (fn f int [] {{}})\nz:int",
    );
}

#[test]
fn nested_conditionals() {
    body(
        "#ifdef A\na();\n#ifdef B\nb();\n#else\nc();\n#endif\n#else\nd();\n#endif",
        "(call a) (call b) | (call a) (call c) | (call d)",
    );
    body("#if 0\na();\n#ifdef B\nb();\n#endif\n#endif\nc();", "(call c)");
    body("#if 1\na();\n#else\nb();\n#endif\nc();", "(call a) (call c)");
    // What no configuration has is read all the same.
    body(
        "#ifdef A\na();\n#ifdef B\n#ifndef A\nb();\n#endif\n#endif\n#else\nc();\n#endif",
        "(call a) | (call a) | (call a) (call b) | (call a) | (call c)",
    );
}

#[test]
fn a_function_defined_twice() {
    check(
        "#ifdef A\nint\nf(a)\n\tint a;\n{\n\tx();\n}\n#else\nint\nf(int a)\n{\n\ty();\n}\n#endif\nint z;",
        "(fn f int [a:int] {(call x)})\n(fn f int [a:int] {(call y)})\nz:int",
    );
}

#[test]
fn directives_that_split_nothing() {
    check(
        "int f(void)\n{\n#define X {\n#include \"x.h\"\n#undef X\n#pragma y {\n\ta();\n}\nint z;",
        "(fn f int [] {(call a)})\nz:int",
    );
    body("#ifdef A /* { */\n#endif // }\na();", "(call a) | (call a)");
    body("  #  ifdef A\na();\n  # else\nb();\n  #endif", "(call a) | (call b)");
    body("#if A && \\\n  B\na();\n#endif\nb();", "(call a) (call b) | (call b)");
}

#[test]
fn conditionals_that_do_not_match() {
    check("#endif\nint a;\n#else\nint b;\n#ifdef A\nint c;", "a:int\nb:int\nc:int");
}
