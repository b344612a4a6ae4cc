//! Declarations: types, declarators, initialisers, structs.

use super::{body, check};

#[test]
fn declarators() {
    check(
        "int a, *b, **c, d[2], *e[3][4], f(int), *g(void);",
        "a:int b:int* c:int** d:int[] e:int*[][] f:int() g:int*()",
    );
    check("extern struct proc proc0, *curproc;", "extern proc0:struct.proc extern curproc:struct.proc*");
    check("unsigned long long x; long int y = 3;", "x:int\ny:int=3");
    check("const struct x * const volatile p;", "p:struct.x*");
    check("char * __unused p, FAR *q;", "p:int* q:int*");
}

#[test]
fn function_pointers() {
    check("int (*fp)(int, char *);", "fp:int*()");
    check("struct buf *(*tab[4])(int);", "tab:struct.buf**[]()");
    check("void (*fp) __P((struct proc *));", "fp:int*()");
    check("foo_t (*fp)(int);", "fp:foo_t*()");
    body("int (*fp)(int) = g, n;\nfoo_t (*gp)(int) = h;", "(decl fp:int*()=g n:int) (decl gp:foo_t*()=h)");
    body("(*fp)(a, b);\n(*sc->sc_ops->op)(a);", "(call (deref fp) a b) (call (deref (-> (-> sc sc_ops) op)) a)");
}

#[test]
fn typedefs() {
    check("typedef struct uio uio_t, *uiop_t;", "typedef uio_t:struct.uio typedef uiop_t:struct.uio*");
    check("typedef int (*fn_t)(void);", "typedef fn_t:int*()");
    check("typedef struct { int a; } s_t;", "(struct - a:int) typedef s_t:struct.-");
}

#[test]
fn typedef_names_that_nobody_declared() {
    check("daddr_t x, *y; vnode_t *vp;", "x:daddr_t y:daddr_t*\nvp:vnode_t*");
    body("foo x;\nfoo *y;\nfoo *z = 0, w[2];", "(decl x:foo) (decl y:foo*) (decl z:foo*=0 w:foo[])");
    body("a * b;\na * b + c;\nfoo bar = baz;", "(decl b:a*) (arith (arith a b) c) (decl bar:foo=baz)");
    body("const foo x = 1;\nfoo const *y;", "(decl x:foo=1) (decl y:foo*)");
    check("int f(foo x, bar *y, baz, ...) { }", "(fn f int [x:foo y:bar* :baz] {})");
}

#[test]
fn structs() {
    check(
        "struct uio {\n\tstruct iovec *uio_iov;\n\tint a, b[2];\n\tstruct proc *uio_procp;\n};",
        "(struct uio uio_iov:struct.iovec* a:int b:int[] uio_procp:struct.proc*)",
    );
    check(
        "struct a { union { int x; char y; } u; struct { int z; }; };",
        "(struct - x:int y:int) (struct - z:int) (struct a u:struct.- :struct.-)",
    );
    check(
        "struct a { struct b { int x; } b; } c, *d;",
        "(struct b x:int) (struct a b:struct.b) c:struct.a d:struct.a*",
    );
    check(
        "struct a { int (*op)(int); TAILQ_ENTRY(a) link; LIST_HEAD(, b) head; };",
        "(struct a op:int*() link:? head:?)",
    );
    check("struct __packed a { int x; } __attribute__((packed));", "(struct a x:int)");
    check("struct a { int x __aligned(8); const char *y; };", "(struct a x:int y:int*)");
    check("enum e { A, B = 2 } x; enum e y;", "x:enum\ny:enum");
}

#[test]
fn bit_fields() {
    check("struct a { u_int x:3, :2, y : 4; int : 0; };", "(struct a x:u_int :u_int y:u_int :int)");
    check("struct a { unsigned x : sizeof(int) * 2; };", "(struct a x:int)");
}

#[test]
fn macros_that_stand_for_declarations() {
    check("LIST_HEAD(, foo) heads[4], *more;", "heads:?[] more:?*");
    check("STATIC int x; DECLARE(y) int z;", "x:int\nz:int");

    body(
        "DEF(x) int y;\nMACRO_DECL;\nDEV(a, b);\nint z;",
        "(call DEF x) (decl y:int) MACRO_DECL (call DEV a b) (decl z:int)",
    );
    body("NFS_DECL\nint y;", "NFS_DECL (decl y:int)");
}

#[test]
fn positional_initialisers() {
    check("struct a x = { 1, \"s\", &y, f };", "x:struct.a=(init 1 \"s\" (addr y) f)");
    check("int x[] = { 1, 2, }, y = 3;", "x:int[]=(init 1 2) y:int=3");
}

#[test]
fn nested_initialisers() {
    check("struct a x[2] = { { 1, { 2, 3 } }, { 4 } };", "x:struct.a[]=(init (init 1 (init 2 3)) (init 4))");
    check(
        "struct op ops[] = { { &a_desc, f }, { (void *)0, 0 } };",
        "ops:struct.op[]=(init (init (addr a_desc) f) (init (cast int* 0) 0))",
    );
}

#[test]
fn designated_initialisers() {
    check(
        "struct uio x = { .uio_procp = p, .uio_iov = &iov };",
        "x:struct.uio=(init (.uio_procp p) (.uio_iov (addr iov)))",
    );
    check("struct uio x = { uio_procp: p, uio_iov: 0 };", "x:struct.uio=(init (.uio_procp p) (.uio_iov 0))");
    check("int t[4] = { [0] = 1, [1 ... 2] = 3, [3] 4 };", "t:int[]=(init 1 3 4)");
    check(
        "struct a x = { .b = { .c = 1 }, .d.e = 2, .f[3] = 4 };",
        "x:struct.a=(init (.b (init (.c 1))) (.d (init (.e 2))) (.f (init 4)))",
    );
    check("struct a x[2] = { [0].b = 1, [1] = { .b = 2 } };", "x:struct.a[]=(init (init (.b 1)) (init (.b 2)))");
    check("struct a x = { .b.c = 1, .d = 2, .b.e = 3 };", "x:struct.a=(init (.b (init (.c 1) (.e 3))) (.d 2))");
    body("struct uio x = { .uio_procp = p, 0 };", "(decl x:struct.uio=(init (.uio_procp p) 0))");
}

#[test]
fn typeof_in_declarations() {
    body("typeof(uio->uio_procp) p = q;", "(decl p:typeof((-> uio uio_procp))=q)");
    body("__typeof__(struct proc *) p;\ntypeof(x) *y, z;", "(decl p:struct.proc*) (decl y:typeof(x)* z:typeof(x))");
}

#[test]
fn storage_classes() {
    body(
        "static struct proc *last;\nregister i;\nregister struct proc *p = q;",
        "(decl static last:struct.proc*) (decl i:?) (decl p:struct.proc*=q)",
    );
    body("extern int hz, f(int);\nint g __P((int));", "(decl extern hz:int extern f:int()) (decl g:int())");
    check(
        "int f(void) { struct s { int a; } s; enum { A } e; }",
        "(struct s a:int) (fn f int [] {(decl s:struct.s) (decl e:enum)})",
    );
}
