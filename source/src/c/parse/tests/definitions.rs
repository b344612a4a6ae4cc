//! Function definitions: ANSI and K&R heads, and what macros make of them.

use super::check;

#[test]
fn ansi_heads() {
    check(
        "static struct vnode *\ngetvp(struct proc *p, int fd, ...)\n{\n\treturn (0);\n}\n",
        "(fn static getvp struct.vnode* [p:struct.proc* fd:int] {(return 0)})",
    );
    check("int f(void) { }", "(fn f int [] {})");
    check("int f() { }", "(fn f int [] {})");
    check("void f(foo_t, char *) { }", "(fn f int [:foo_t :int*] {})");
    check("void f(u_int n, const char *s, int v[4]) { }", "(fn f int [n:u_int s:int* v:int[]] {})");
}

#[test]
fn kandr_heads() {
    check(
        "int\nuiomove(cp, n, uio)\n\tregister caddr_t cp;\n\tregister int n;\n\tregister struct uio *uio;\n{\n\tn = 1;\n}\n",
        "(fn uiomove int [cp:caddr_t n:int uio:struct.uio*] {(= n 1)})",
    );
    check("f(a, b, c)\n\tstruct x *b, *a;\n\tint (*c)();\n{\n}\n", "(fn f ? [a:struct.x* b:struct.x* c:int*()] {})");
    check("f(a, b)\n\tu_long b;\n\tfoo_t a;\n{ }\nint z;", "(fn f ? [a:foo_t b:u_long] {})\nz:int");
}

#[test]
fn implicit_int() {
    check("f() { }", "(fn f ? [] {})");
    check("static f(void) { return 1; }", "(fn static f ? [] {(return 1)})");
    check("f(a, b)\n\tchar *b;\n{ }", "(fn f ? [a:int b:int*] {})");
    check("f(a, b) { }", "(fn f ? [a:int b:int] {})");
    check("static x, *y;", "static x:? static y:?*");
}

#[test]
fn kandr_heads_with_macros_for_names() {
    check(
        "int\nWRITE(ap)\n\tstruct vop_write_args *ap;\n{\n\treturn (ap->a_uio);\n}\n",
        "(fn WRITE int [ap:struct.vop_write_args*] {(return (-> ap a_uio))})",
    );
    check("WRITE(ap)\n\tstruct a *ap;\n{ }", "(fn WRITE ? [ap:struct.a*] {})");
}

#[test]
fn names_that_macros_make() {
    check(
        "int\n__C(X,_load_uio)(t, uio)\n\tbus_dma_tag_t t;\n\tstruct uio *uio;\n{\n}\n",
        "(fn __C(X,_load_uio) int [t:bus_dma_tag_t uio:struct.uio*] {})",
    );
    check(
        "static int\nELFNAMEEND(coredump_notes)(struct proc *p, struct lwp *l)\n{\n}\n",
        "(fn static ELFNAMEEND(coredump_notes) int [p:struct.proc* l:struct.lwp*] {})",
    );
    check("int CONCAT(a, b) (int x) { }", "(fn CONCAT(a, b) int [x:int] {})");
    check("int pre ## _read(int x) { }", "(fn pre ## _read int [x:int] {})");
}

#[test]
fn attribute_macros_before_a_head() {
    check("__dead void\npanic(const char *fmt, ...)\n{ }", "(fn panic int [fmt:int*] {})");
    check("static __inline int\nf(int a)\n{ }", "(fn static f int [a:int] {})");
    check("static INLINE struct buf *f(int a) { }", "(fn static f struct.buf* [a:int] {})");
    check("__attribute__((__noinline__)) int f(int a) { }", "(fn f int [a:int] {})");
    check("__section(\".init\") int f(int a) { }", "(fn f int [a:int] {})");
    check("DEV_API(int)\nf(int a)\n{ }", "(fn f DEV_API [a:int] {})");
}

#[test]
fn attribute_macros_after_a_head() {
    check("int\nf(int a) __attribute__((__unused__))\n{ }", "(fn f int [a:int] {})");
    check("int f(int a) __unused { }", "(fn f int [a:int] {})");
    check("int f(int a) NOTE(1) { }", "(fn f int [a:int] {})");
    check("int f(int a __unused, struct proc *p __attribute__((unused))) { }", "(fn f int [a:int p:struct.proc*] {})");
    check("int f __P((int a, char *b)) { }", "(fn f int [a:int b:int*] {})");
}

#[test]
fn heads_with_function_pointers() {
    check("int (f)(int a) { }", "(fn f int [a:int] {})");
    check("int f(int (*cmp)(const void *, const void *)) { }", "(fn f int [cmp:int*()] {})");
    check(
        "vfs_walk(mp, fn, arg)\n\tstruct mount *mp;\n\tint (*fn) __P((struct vnode *, void *));\n\tvoid *arg;\n{ }",
        "(fn vfs_walk ? [mp:struct.mount* fn:int*() arg:int*] {})",
    );
}

#[test]
fn text_around_a_definition() {
    check(
        "/* uio->uio_procp { */ int f(void) { /* } */ return \"}\"; // }\n}\nint z;",
        "(fn f int [] {(return \"}\")})\nz:int",
    );
    check("int\x0c\nf(void)\x0c\n{\x0c\n\tx();\x0c\n}\x0c\nint z;", "(fn f int [] {(call x)})\nz:int");
    check("int\r\nf(a)\r\n\tint a;\r\n{\r\n\tx = \\\r\n\t  1;\r\n}\r\n", "(fn f int [a:int] {(= x 1)})");
    check("/* gr\u{fc}n */ int f(void) { x(\"\u{e4}\"); }", "(fn f int [] {(call x \"\u{e4}\")})");
    check("int lo\\\nng_na\\\r\nme(int par\\\nam) { par\\\nam = 1; }", "(fn long_name int [param:int] {(= param 1)})");
}

#[test]
fn what_stands_between_definitions() {
    check("RCSID(\"$x$\")\nint f(void) { }", "(fn f int [] {})");
    check("__KERNEL_RCSID(0, \"$x$\");\nint f(void) { }", "(fn f int [] {})");
    check("MODULE(a, b)\n\nstatic int x;\n", "static x:int");
    check("asm(\".globl x\");\nint y;", "y:int");
    check(";int y;", "y:int");
}

#[test]
fn a_broken_definition_does_not_take_the_next_one_with_it() {
    check(
        "int f(void)\n{\n\tif (x {\n\t\ty();\n\t}\n}\n\nint g(void) { y(); }",
        "(fn f int [] {(if (unread) ())}) !!this is no condition: x { y(); } !!no statement starts so: }\n\
         (fn g int [] {(call y)})",
    );
    check(
        "int f(void) { x = \"open;\n}\nint g(void) { y(); }",
        "(fn f int [] {(= x \"open;)})\n(fn g int [] {(call y)})",
    );
    check(
        "int f(void) { x = 'open;\n}\nint g(void) { y(); }",
        "(fn f int [] {()}) !!`;` expected: x = 'open;\n(fn g int [] {(call y)})",
    );
    check("int f(void) { y();\n", "(fn f int [] {(call y)}) !!block without an end: ;");
    check("}\nint g(void) { y(); }", "(fn g int [] {(call y)}) !!this is no declaration: } !!a bracket too many: }");
    check("int x = ;\nint g(void) { y(); }", "!!this is no declaration: ;\n(fn g int [] {(call y)})");
    check("int f(void) { /* open\n}\nint g(void) { }", "(fn f int [] {}) !!block without an end: {");
    check("{ x(); }\nint g(void) { y(); }", "!!a block outside a function: { x(); }\n(fn g int [] {(call y)})");
}

#[test]
fn heads_that_return_functions_and_arrays() {
    check(
        "int (*f(u, n))()\n\tstruct uio *u;\n\tint n;\n{\n\tg(u);\n}\n",
        "(fn f int*() [u:struct.uio* n:int] {(call g u)})",
    );
    check("char *(*h(struct uio *u))[4] { g(u); }", "(fn h int**() [u:struct.uio*] {(call g u)})");
}

#[test]
fn a_macro_around_a_type_is_no_head() {
    check("DECL(int) f(struct uio *u) { }", "(fn f DECL [u:struct.uio*] {})");
    check("f(int a) ATTR(x) { }", "(fn f ? [a:int] {})");
}

#[test]
fn a_macro_that_takes_a_body_ends_with_it() {
    check(
        "WRAP(static int w(void) { x(); })\n__attribute__((weak)) TEST(abc) { y(); }",
        "(fn TEST ? [abc:int] {(call y)})",
    );
}

#[test]
fn attributes_of_c23_may_stand_anywhere() {
    check(
        "[[nodiscard]] static int f([[a]] int b [[c]]) [[d::e(1)]] { [[likely]] g(); }",
        "(fn static f int [b:int] {(call g)})",
    );
}

#[test]
fn functions_inside_functions() {
    check(
        "int f(void) { int in(int x) { g(x); } in(1); }",
        "(fn in int [x:int] {(call g x)}) (fn f int [] {() (call in 1)})",
    );
}
