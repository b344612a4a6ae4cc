//! Text that the parser once got wrong, and text that is wrong itself: what is lost of it, and that no more is.

use super::check;

#[test]
fn a_head_split_from_its_first_token_on() {
    check(
        "#ifdef A\nint f(struct proc *p)\n#else\nint f(p)\n\tstruct proc *p;\n#endif\n{\n}\nint z;",
        "(fn f int [p:struct.proc*] {}) | (fn f int [p:struct.proc*] {})\nz:int",
    );
    check(
        "#ifdef A\nint f(int a)\n#else\nint g(int b)\n#endif\n{\n\tx();\n}\nint z;",
        "(fn f int [a:int] {(call x)}) | (fn g int [b:int] {(call x)})\nz:int",
    );
}

#[test]
fn a_word_before_a_head_under_a_conditional() {
    check("#ifdef A\nstatic\n#endif\nint\nf(void)\n{\n}\n", "(fn static f int [] {}) | (fn f int [] {})");
}

#[test]
fn two_bodies_for_one_head() {
    check(
        "int\nf(int a)\n#ifdef A\n{\n\tx();\n}\n#else\n{\n\ty();\n}\n#endif\nint z;",
        "(fn f int [a:int] {(call x)}) | (fn f int [a:int] {(call y)})\nz:int",
    );
}

#[test]
fn an_attribute_macro_after_a_name() {
    check("int x PACKED, y;", "x:int y:int");
}

#[test]
fn a_function_that_returns_a_function() {
    check("void (*signal(int sig, void (*func)(int)))(int) { }", "(fn signal int*() [sig:int func:int*()] {})");
}

#[test]
fn a_bracket_too_many_does_not_end_the_body() {
    check(
        "int\nf(void)\n{\n\ta = ) b;\n\tc();\n}\nint z;",
        "(fn f int [] {() () b (call c)}) !!`;` expected: a = !!no statement starts so: ) !!no statement starts so: )\nz:int",
    );
}

#[test]
fn a_bracket_too_few_ends_with_the_definition() {
    check(
        "int\nf(int a\n{\n\tx();\n}\n\nint\ng(void)\n{\n\ty();\n}\n",
        "f:int() !!this is no declaration: }\n(fn g int [] {(call y)})",
    );
}

#[test]
fn unnamed_parameters_keep_their_places() {
    check("void f(int, char *p) { }", "(fn f int [:int p:int*] {})");
    check("void f(int a, foo_t) { }", "(fn f int [a:int :foo_t] {})");
}

#[test]
fn the_end_of_extern_c() {
    check("extern \"C\" {\nint f(int);\n}\nint z;", "f:int()\nz:int");
}

#[test]
fn what_is_passed_over_is_under_the_skip() {
    check(
        "f(void)\n{\n\tswitch (x) {\n\tcase 1 a();\n\t}\n}\n",
        "(fn f ? [] {(switch x {case ()})}) !!`:` expected after `case`: case 1 a()",
    );
}
