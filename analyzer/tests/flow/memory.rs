//! Through structs, variables and the heap.

use super::{check, load, local};
use uioscope_analyzer::finding::Timing;

const TAKES: &str = "static int take(struct arg *ap) { return ap->a_p->p_pid; }\n";

#[test]
fn argument_structs() {
    local(TAKES, "struct arg a; a.a_p = p; return take(&a);", "process-id");
    local(TAKES, "struct arg a = { .a_p = p }; return take(&a);", "process-id");
    local(TAKES, "struct arg a = { p, 1 }; return take(&a);", "process-id");
    local(TAKES, "return take(&(struct arg){ .a_p = p });", "process-id");
    local(TAKES, "struct arg a, *ap = &a; ap->a_p = p; return take(ap);", "process-id");
}

#[test]
fn arrays_and_copies() {
    local(TAKES, "struct arg a[2]; a[1].a_p = p; return take(&a[1]);", "process-id");
    local(TAKES, "struct arg a, b; a.a_p = p; b = a; return take(&b);", "process-id");
    local(TAKES, "struct arg a, b, *q; q = &b; a.a_p = p; *q = a; return take(&b);", "process-id");
    local(TAKES, "struct arg a, b; a.a_p = p; bcopy(&a, &b, sizeof a); return take(&b);", "process-id");
    local(TAKES, "struct arg a, b; a.a_p = p; memcpy(&b, &a, sizeof a); return b.a_p->p_nice;", "scheduling");
}

#[test]
fn the_heap() {
    let soft = "struct soft { struct proc *s_p; struct arg *s_a; };\n";
    local(soft, "struct soft *s = get(); s->s_p = p; return 0;", "escape");
    let a = format!("{soft}int f(struct uio *u, struct soft *s) {{ s->s_p = u->uio_procp; return 0; }}\n");
    let b = format!("{soft}int g(struct soft *s) {{ return s->s_p->p_nice; }}\n");
    check(&[("dev/a.c", &a), ("dev/b.c", &b)], "dev/a.c:2", "scheduling escape");
    check(&[("dev/a.c", &a), ("net/b.c", &b)], "dev/a.c:2", "escape");
    let queue = format!("{soft}static void enqueue(struct soft *s, struct arg *a) {{ s->s_a = a; }}\n");
    local(&queue, "struct arg a; struct soft *s = get(); a.a_p = p; enqueue(s, &a);", "escape");
    assert_eq!(load(&[("dev/a.c", &a)], "dev/a.c:2").timing, Timing::MayOutlive);
}

#[test]
fn variables_that_stay() {
    local("", "static struct proc *last; if (last == curproc) return 1; last = p; return 0;", "identity escape");
    let text = "struct proc *owner;\nint f(struct uio *u) { owner = u->uio_procp; return 0; }\nint g(void) { return owner->p_nice; }\n";
    check(&[("kern/a.c", text)], "kern/a.c:2", "scheduling escape");
    let other = "extern struct proc *owner;\nint h(void) { return owner->p_pid; }\n";
    check(&[("kern/a.c", text), ("kern/b.c", other)], "kern/a.c:2", "scheduling process-id escape");
    let own = format!("static {text}");
    check(&[("kern/a.c", &own), ("kern/b.c", other)], "kern/a.c:2", "scheduling escape");
}
