use super::*;
use uioscope_source::text::SourceTree;

/// Findings as `line fault object`, separated by commas.
fn check(body: &str, wanted: &str) {
    check_after("", body, wanted);
}

/// The same with something before the function; lines count as if it were not there.
fn check_after(before: &str, body: &str, wanted: &str) {
    let text = format!(
        "{before}int\nf(struct proc *p, struct lwp *l, struct req *r, int n)\n{{\n\tstruct vmspace *vm;\n\tint error;\n{body}\n}}\n"
    );
    let tree = SourceTree::from_memory("mem", vec![("a.c".to_owned(), text.clone().into_bytes())]);
    let found = refs(&tree, &Rules::builtin().expect("valid"));
    let lines = before.lines().count() as u32;
    let said: Vec<String> = found
        .findings
        .iter()
        .map(|f| format!("{} {} {}", i64::from(f.line) - i64::from(lines), f.fault.name(), f.object))
        .collect();
    assert_eq!(said.join(", "), wanted, "{text}{:#?}{:#?}", found.findings, found.summaries);
    assert!(found.undecided.is_empty());
}

const TAKE: &str = "\terror = proc_vmspace_getref(p, &vm);\n\tif (error)\n\t\treturn error;\n";

#[test]
fn an_exit_that_forgets_is_a_leak_and_a_failed_take_is_none() {
    check(&format!("{TAKE}\tuvmspace_free(vm);\n\treturn 0;"), "");
    check(&format!("{TAKE}\tif (n)\n\t\treturn EINVAL;\n\tuvmspace_free(vm);\n\treturn 0;"), "10 leaked vm");
    check(
        &format!(
            "{TAKE}\tswitch (n) {{\n\tcase 1:\n\t\tbreak;\n\tdefault:\n\t\treturn EINVAL;\n\t}}\n\tuvmspace_free(vm);\n\treturn 0;"
        ),
        "13 leaked vm",
    );
    check(&format!("{TAKE}\tif (n)\n\t\tgoto out;\n\tuio(vm);\nout:\n\tuvmspace_free(vm);\n\treturn error;"), "");
    check("\tif ((error = proc_vmspace_getref(p, &vm)) != 0)\n\t\treturn error;\n\treturn 0;", "8 leaked vm");
    check("\tif (proc_vmspace_getref(p, &vm))\n\t\treturn EFAULT;\n\tuvmspace_free(vm);\n\treturn 0;", "");
    check(
        "\tvm = vmspace_acquire_ref(p);\n\tif (vm == NULL)\n\t\treturn ESRCH;\n\tif (n) return 0;\n\tvmspace_free(vm);\n\treturn 0;",
        "9 leaked vm",
    );
    check("\tvm = get_task_mm(p);\n\tif (!vm)\n\t\treturn 0;\n\tmmput(vm);\n\treturn 0;", "");
    check(
        "\tif (!mmget_not_zero(vm))\n\t\treturn 0;\n\tif (n)\n\t\treturn 1;\n\tmmput(vm);\n\treturn 0;",
        "9 leaked vm",
    );
}

#[test]
fn conditions_that_are_tested_twice_agree() {
    check(
        "\tif (l != NULL) {\n\t\terror = proc_vmspace_getref(p, &vm);\n\t\tif (error)\n\t\t\treturn error;\n\t}\n\twork();\n\tif (l != NULL)\n\t\tuvmspace_free(vm);\n\treturn 0;",
        "",
    );
    check(
        "\tif (l != NULL) {\n\t\terror = proc_vmspace_getref(p, &vm);\n\t\tif (error)\n\t\t\treturn error;\n\t}\n\tl = other();\n\tif (l != NULL)\n\t\tuvmspace_free(vm);\n\treturn 0;",
        "14 leaked vm",
    );
    check(
        "\terror = 0;\n\tvm = p->p_vmspace;\n\tif ((p->p_flag & P_WEXIT) || vm->vm_refcnt < 1)\n\t\terror = EFAULT;\n\tif (error == 0)\n\t\tp->p_vmspace->vm_refcnt++;\n\tif (error != 0)\n\t\treturn error;\n\tio(vm);\n\tuvmspace_free(vm);\n\treturn 0;",
        "",
    );
    check(
        "\terror = 0;\n\tfor (n = 0; n < 10; n++) {\n\t\terror = proc_vmspace_getref(p, &vm);\n\t\tif (error)\n\t\t\tbreak;\n\t\tuvmspace_free(vm);\n\t}\n\treturn error;",
        "",
    );
}

#[test]
fn drops_are_counted_and_uses_after_them_are_seen() {
    check(&format!("{TAKE}\tuvmspace_free(vm);\n\tif (n)\n\t\tuvmspace_free(vm);\n\treturn 0;"), "11 dropped-twice vm");
    check(&format!("{TAKE}\tuvmspace_free(vm);\n\treturn uvm_io(&vm->vm_map);"), "10 used-after-drop vm");
    check(&format!("{TAKE}\tuvmspace_free(vm);\n\tvm = NULL;\n\treturn use(vm);"), "");
    check("\tuvmspace_free(vm);\n\tuvmspace_free(vm);\n\treturn 0;", "7 dropped-twice vm");
}

#[test]
fn every_way_out_is_looked_at() {
    let arm = format!("{TAKE}\tif (n)\n\t\treturn EPERM;\n\tuvmspace_free(vm);\n\treturn 0;\n");
    let body = format!("\tif (n > 7) {{\n{arm}\t}}\n{arm}");
    check(&body, "11 leaked vm, 19 leaked vm");
}

#[test]
fn who_owns_it_matters() {
    check("\tuvmspace_addref(p->p_vmspace);\n\tl->p_vmspace = p->p_vmspace;\n\treturn 0;", "");
    check(&format!("{TAKE}\tr->r_vmspace = vm;\n\treturn 0;"), "");
    check(
        "\tif (p->p_flag & P_WEXIT)\n\t\treturn EFAULT;\n\tuvmspace_addref(p->p_vmspace);\n\tr->r_vmspace = p->p_vmspace;\n\treturn 0;",
        "",
    );
    check(
        "\tuvmspace_addref(p->p_vmspace);\n\tuvmspace_free(p->p_vmspace);\n\treturn 0;",
        "6 owner-may-exit p->p_vmspace",
    );
    check("\tuvmspace_addref(curproc->p_vmspace);\n\tuvmspace_free(curproc->p_vmspace);\n\treturn 0;", "");
    check(
        "\tr = malloc(sizeof(*r), M_TEMP, M_WAITOK);\n\tr->r_vmspace = p->p_vmspace;\n\tqueue(r);\n\treturn 0;",
        "7 borrowed-stored p->p_vmspace",
    );
    check("\tr->r_vmspace = p->p_vmspace;\n\treturn 0;", "6 borrowed-stored p->p_vmspace");
    // On success it is the struct's; this function drops it itself when it fails, but for one exit.
    check(
        "\terror = proc_vmspace_getref(curproc, &r->r_vmspace);\n\tif (error)\n\t\treturn error;\n\tif (n > 5)\n\t\treturn EINVAL;\n\tif (n)\n\t\tgoto bad;\n\treturn 0;\nbad:\n\tuvmspace_free(r->r_vmspace);\n\treturn n;",
        "10 leaked r->r_vmspace",
    );
}

#[test]
fn a_lent_pointer_stored_through_a_parameter_outlives_the_call() {
    check("\tr->in.vm = p->p_vmspace;\n\treturn 0;", "6 borrowed-stored p->p_vmspace");
    check(
        "\tvm = l->l_proc->p_vmspace;\n\tif (n)\n\t\tr->vm = vm;\n\treturn 0;",
        "8 borrowed-stored l->l_proc->p_vmspace",
    );
    check("\tthe_softc.sc_vm = p->p_vmspace;\n\treturn 0;", "6 borrowed-stored p->p_vmspace");
    // Taken before or after, lent for the call alone, the caller's own, or the same owner's.
    check(
        "\tif (p->p_flag & P_WEXIT)\n\t\treturn 1;\n\tr->vm = p->p_vmspace;\n\tuvmspace_addref(p->p_vmspace);\n\treturn 0;",
        "",
    );
    check("\tr->uio_vmspace = p->p_vmspace;\n\treturn 0;", "");
    check("\tr->vm = curproc->p_vmspace;\n\treturn 0;", "");
    check("\tp->p_cache = p->p_vmspace;\n\treturn 0;", "");
}

#[test]
fn a_held_pointer_that_gets_another_value_is_lost() {
    check(
        "\tvm = vmspace_acquire_ref(p);\n\tif (vm == NULL)\n\t\treturn 1;\n\tvm = vmspace_acquire_ref(l->l_proc);\n\tif (vm == NULL)\n\t\treturn 1;\n\tvmspace_free(vm);\n\treturn 0;",
        "9 leaked vm",
    );
    check(&format!("{TAKE}\tvm = NULL;\n\treturn 0;"), "9 leaked vm");
    check(
        "\twhile (n--) {\n\t\tvm = get_task_mm(p);\n\t\tif (vm == NULL)\n\t\t\tcontinue;\n\t\tuse(1);\n\t}\n\treturn 0;",
        "7 leaked vm, 12 leaked vm",
    );
    // Another name, or somebody who got it, has it.
    check(&format!("{TAKE}\tr->vm = vm;\n\tvm = NULL;\n\treturn 0;"), "");
    check(&format!("{TAKE}\tattach(r, vm);\n\tvm = NULL;\n\treturn 0;"), "");
    check(
        "\tstruct vmspace *old;\n\told = vmspace_acquire_ref(p);\n\tif (old == NULL)\n\t\treturn 1;\n\tvm = old;\n\told = NULL;\n\tvmspace_free(vm);\n\treturn 0;",
        "",
    );
}

#[test]
fn who_frees_the_holder_leaves_what_it_holds() {
    let r = "\tr = malloc(sizeof(*r), M_TEMP, M_WAITOK);\n\terror = proc_vmspace_getref(p, &r->vm);\n\tif (error) {\n\t\tfree(r, M_TEMP);\n\t\treturn error;\n\t}\n";
    check(
        &format!("{r}\tif (n) {{\n\t\tfree(r, M_TEMP);\n\t\treturn n;\n\t}}\n\tqueue(r);\n\treturn 0;"),
        "14 leaked r->vm",
    );
    check(
        &format!(
            "{r}\tif (n) {{\n\t\tuvmspace_free(r->vm);\n\t\tfree(r, M_TEMP);\n\t\treturn n;\n\t}}\n\tqueue(r);\n\treturn 0;"
        ),
        "",
    );
    check(
        &format!(
            "{TAKE}\tr = kmem_alloc(8, 0);\n\tr->vm = vm;\n\tif (n) {{\n\t\tkmem_free(r, 8);\n\t\treturn n;\n\t}}\n\tqueue(r);\n\treturn 0;"
        ),
        "13 leaked vm",
    );
    check(
        &format!(
            "{TAKE}\tr = kmem_alloc(8, 0);\n\tr->vm = vm;\n\tif (n) {{\n\t\tkmem_free(r, 8);\n\t\tuvmspace_free(vm);\n\t\treturn n;\n\t}}\n\tqueue(r);\n\treturn 0;"
        ),
        "",
    );
}

#[test]
fn a_use_through_the_request_is_a_use() {
    check(&format!("{TAKE}\tr->vm = vm;\n\tuvmspace_free(vm);\n\treturn r->vm->vm_tsize;"), "11 used-after-drop vm");
    check("\tuvmspace_free(r->vm);\n\treturn uvm_io(&r->vm->vm_map);", "7 used-after-drop r->vm");
    check("\tuvmspace_free(r->vm);\n\tr->vm = NULL;\n\treturn uvm_io(r->vm);", "");
}

#[test]
fn helpers_do_what_they_are_seen_to_do() {
    let end = "static void end(struct req *r)\n{\n\tif (r == NULL)\n\t\treturn;\n\tuvmspace_free(r->vm);\n\tr->done = 1;\n}\n\
               static void outer(struct req *q)\n{\n\tend(q);\n}\n";
    let body = |more: &str| {
        format!("\tstruct req q;\n\terror = proc_vmspace_getref(p, &q.vm);\n\tif (error)\n\t\treturn error;\n{more}")
    };
    check_after(end, &body("\touter(&q);\n\treturn 0;"), "");
    check_after(end, &body("\tif (n)\n\t\treturn n;\n\touter(&q);\n\treturn 0;"), "11 leaked q->vm");
    check_after(end, &body("\touter(&q);\n\tuvmspace_free(q.vm);\n\treturn 0;"), "11 dropped-twice q->vm");
    let get = "static struct vmspace *get(struct proc *p)\n{\n\tstruct vmspace *vm;\n\tif (proc_vmspace_getref(p, &vm))\n\t\treturn NULL;\n\treturn vm;\n}\n";
    check_after(
        get,
        "\tvm = get(p);\n\tif (vm == NULL)\n\t\treturn 1;\n\tif (n)\n\t\treturn n;\n\tuvmspace_free(vm);\n\treturn 0;",
        "10 leaked vm",
    );
    let out = "static int getvm(struct proc *p, struct vmspace **vmp)\n{\n\tstruct vmspace *vm;\n\tint error;\n\terror = proc_vmspace_getref(p, &vm);\n\tif (error)\n\t\treturn error;\n\t*vmp = vm;\n\treturn 0;\n}\n";
    check_after(
        out,
        "\terror = getvm(p, &vm);\n\tif (error)\n\t\treturn error;\n\tif (n)\n\t\treturn n;\n\tuvmspace_free(vm);\n\treturn 0;",
        "10 leaked vm",
    );
    check_after(out, "\tif (getvm(p, &vm) != 0)\n\t\treturn 1;\n\tuvmspace_free(vm);\n\treturn 0;", "");
    let fails = "static int start(struct vmspace *vm, int n)\n{\n\tint error = go(n);\n\tif (error) {\n\t\tuvmspace_free(vm);\n\t\treturn error;\n\t}\n\treturn 0;\n}\n";
    check_after(
        fails,
        &format!("{TAKE}\terror = start(vm, n);\n\tif (error)\n\t\treturn error;\n\tuvmspace_free(vm);\n\treturn 0;"),
        "",
    );
    check_after(
        fails,
        &format!(
            "{TAKE}\terror = start(vm, n);\n\tif (error) {{\n\t\tuvmspace_free(vm);\n\t\treturn error;\n\t}}\n\tuvmspace_free(vm);\n\treturn 0;"
        ),
        "11 dropped-twice vm",
    );
    let keeps = "static int add(struct sc *sc, struct vmspace *vm)\n{\n\tif (sc->full)\n\t\treturn ENOMEM;\n\tsc->vm = vm;\n\treturn 0;\n}\n";
    check_after(
        keeps,
        &format!("{TAKE}\terror = add(r, vm);\n\tif (error)\n\t\tuvmspace_free(vm);\n\treturn error;"),
        "",
    );
    check_after(
        keeps,
        &format!("{TAKE}\terror = add(r, vm);\n\tif (error)\n\t\treturn error;\n\treturn 0;"),
        "11 leaked vm",
    );
}

#[test]
fn macros_are_looked_into() {
    let rele = "#define VMRELE(vm) do { \\\n\tif (vm) \\\n\t\tuvmspace_free(vm); \\\n} while (0)\n";
    check_after(rele, &format!("{TAKE}\twork(vm);\n\tVMRELE(vm);\n\treturn 0;"), "");
    check_after(rele, &format!("{TAKE}\tVMRELE(vm);\n\treturn vm->vm_tsize;"), "10 used-after-drop vm");
    let check_n = "#define CHECK(n) do { if (n) return (EINVAL); } while (0)\n#define CHECKALL(n) CHECK((n) > 3)\n";
    check_after(check_n, &format!("{TAKE}\tCHECKALL(n);\n\tuvmspace_free(vm);\n\treturn 0;"), "9 leaked vm");
    let bail = "#define BAIL(e) do { error = (e); goto out; } while (0)\n";
    check_after(
        bail,
        &format!("{TAKE}\tif (n)\n\t\tBAIL(EIO);\n\tuvmspace_free(vm);\nout:\n\treturn error;"),
        "13 leaked vm",
    );
    check_after(
        bail,
        &format!("{TAKE}\tif (n)\n\t\tBAIL(EIO);\n\twork(vm);\nout:\n\tuvmspace_free(vm);\n\treturn error;"),
        "",
    );
    let take = "#define VMGET(p, vm) proc_vmspace_getref((p), &(vm))\n";
    check_after(
        take,
        "\tif ((error = VMGET(p, vm)) != 0)\n\t\treturn error;\n\tif (n)\n\t\treturn n;\n\tuvmspace_free(vm);\n\treturn 0;",
        "9 leaked vm",
    );
}

#[test]
fn what_an_ifdef_takes_out_is_missing() {
    check(&format!("{TAKE}\twork(vm);\n#ifdef DIAGNOSTIC\n\tuvmspace_free(vm);\n#endif\n\treturn 0;"), "13 leaked vm");
    check(
        "#ifdef A\n\tvm = vmspace_acquire_ref(p);\n\tif (vm == NULL)\n\t\treturn 1;\n#endif\n\twork(n);\n#ifdef A\n\tvmspace_free(vm);\n#endif\n\treturn 0;",
        "",
    );
    check(&format!("{TAKE}#ifndef LAZY\n\tif (n)\n#endif\n\t\tuvmspace_free(vm);\n\treturn 0;"), "13 leaked vm");
}

#[test]
fn counts_of_linux_are_two() {
    check(
        "\tvm = mm_access(p, n);\n\tif (IS_ERR_OR_NULL(vm))\n\t\treturn -1;\n\tif (n)\n\t\treturn n;\n\tmmput(vm);\n\treturn 0;",
        "10 leaked vm",
    );
    check(
        "\tvm = get_task_mm(p);\n\tif (!vm)\n\t\treturn 0;\n\tmmgrab(vm);\n\tmmput(vm);\n\tif (n)\n\t\treturn n;\n\tmmdrop(vm);\n\treturn 0;",
        "12 leaked vm",
    );
    check(
        "\tvm = get_task_mm(p);\n\tif (!vm)\n\t\treturn 0;\n\tmmgrab(vm);\n\tr->mm = vm;\n\tmmput(vm);\n\treturn 0;",
        "",
    );
    check(
        "\tvm = get_task_mm(p);\n\tif (!vm)\n\t\treturn 0;\n\tatomic_inc(&vm->mm_count);\n\tmmput(vm);\n\tmmdrop(vm);\n\treturn 0;",
        "",
    );
}

#[test]
fn attributes_drop_at_the_end_of_a_scope() {
    check("\tstruct mm_struct *mm __free(mmput) = get_task_mm(p);\n\tif (!mm)\n\t\treturn -1;\n\treturn use(mm);", "");
    check("\t__attribute__((cleanup(put))) struct mm_struct *mm = get_task_mm(p);\n\treturn mm ? use(mm) : 0;", "");
    check(
        "\tstruct mm_struct *mm __free(mmput) = get_task_mm(p);\n\tif (!mm)\n\t\treturn -1;\n\tmmput(mm);\n\treturn 0;",
        "10 dropped-twice mm",
    );
    check(
        "\tstruct mm_struct *mm __free(mmput) = get_task_mm(p);\n\tif (!mm)\n\t\treturn -1;\n\tr->mm = no_free_ptr(mm);\n\treturn 0;",
        "",
    );
}

#[test]
fn idioms_are_silent() {
    check(
        "\tvm = NULL;\n\tif (n)\n\t\tproc_vmspace_getref(p, &vm);\n\twork(vm);\n\tif (vm != NULL)\n\t\tuvmspace_free(vm);\n\treturn 0;",
        "",
    );
    check(
        "\tint held = 0;\n\tif (n & 4) {\n\t\tif (proc_vmspace_getref(p, &vm))\n\t\t\treturn 1;\n\t\theld = 1;\n\t}\n\twork(n);\n\tif (held)\n\t\tuvmspace_free(vm);\n\treturn 0;",
        "",
    );
    check(
        "\tif (n & 4)\n\t\tif (proc_vmspace_getref(p, &vm))\n\t\t\treturn 1;\n\twork(n);\n\tif (n & 4)\n\t\tuvmspace_free(vm);\n\treturn 0;",
        "",
    );
    check(
        "\terror = 0;\n\tif (proc_vmspace_getref(p, &vm) == 0)\n\t\terror = 1;\n\twork(n);\n\tif (error == 1)\n\t\tuvmspace_free(vm);\n\treturn 0;",
        "",
    );
    check("\tTAILQ_FOREACH(r, &p->p_reqs, next) {\n\t\tuvmspace_free(r->vm);\n\t}\n\treturn 0;", "");
    check(
        "\twhile ((r = TAILQ_FIRST(&p->p_reqs)) != NULL) {\n\t\tTAILQ_REMOVE(&p->p_reqs, r, next);\n\t\tuvmspace_free(r->vm);\n\t\tfree(r);\n\t}\n\treturn 0;",
        "",
    );
    check("\tvm = get_task_mm(p);\n\tif (IS_ERR_OR_NULL(vm))\n\t\treturn 0;\n\tmmput(vm);\n\treturn 0;", "");
    check(
        &format!(
            "\tswitch (n) {{\n\tcase ONE:\n\tcase TWO:\n\t\tbreak;\n\tdefault:\n\t\treturn 1;\n\t}}\n{TAKE}\tswitch (n) {{\n\tcase ONE:\n\t\ta();\n\t\tbreak;\n\tcase TWO:\n\t\tb();\n\t\tbreak;\n\tdefault:\n\t\treturn EINVAL;\n\t}}\n\tuvmspace_free(vm);\n\treturn 0;"
        ),
        "",
    );
    check(
        "\tlwkt_gettoken(&p->p_token);\n\tvm = p->p_vmspace;\n\tvmspace_hold(vm);\n\twork(vm);\n\tvmspace_drop(vm);\n\treturn 0;",
        "",
    );
    check(
        "\tif (p != NULL && (vm = vmspace_acquire_ref(p)) != NULL) {\n\t\twork(vm);\n\t\tvmspace_free(vm);\n\t}\n\treturn 0;",
        "",
    );
    check("\tvm = n ? get_task_mm(p) : NULL;\n\tif (vm)\n\t\tmmput(vm);\n\treturn 0;", "");
    check(
        "\tif (!(vm = get_task_mm(p)) || n) {\n\t\tif (vm)\n\t\t\tmmput(vm);\n\t\treturn 1;\n\t}\n\tmmput(vm);\n\treturn 0;",
        "",
    );
}

#[test]
fn rules_of_the_users_own_are_checked() {
    let check = |text: &str, wanted: &str| {
        let got = Rules::parse("x.toml", text).map_or_else(|e| e.to_string(), |_| "fine".to_owned());
        assert!(got.contains(wanted), "{got}");
    };
    check("", "fine");
    check(
        "[[family]]\nname = \"x\"\nobject = \"y\"\nref = \"z\"\ntake = [{ name = \"t\" }]\ndrop = []\n",
        "x.toml:5: `t` must have one of",
    );
    check("[[family]]\nnam = 1", "x.toml:2: unknown field");
}

/// All of a tree with one file.
fn all(code: &str) -> Refs {
    let tree = SourceTree::from_memory("mem", vec![("a.c".to_owned(), code.as_bytes().to_vec())]);
    refs(&tree, &Rules::builtin().expect("valid"))
}

const LOAD: &str = "int load(struct map *map, struct proc *p) { map->m_vm = p->p_vmspace; return 0; }\n";

#[test]
fn a_loan_that_is_ended_elsewhere_is_named_and_no_finding() {
    let ended = all(&format!("{LOAD}void unload(struct map *map) {{ map->m_vm = NULL; }}\n"));
    assert!(ended.findings.is_empty(), "{:?}", ended.findings);
    let [only] = ended.undecided.as_slice() else { panic!("{:?}", ended.undecided) };
    assert_eq!((only.function.as_str(), only.line), ("load", 1));
    assert!(only.why.words().contains("m_vm, which a.c:2 sets back"), "{}", only.why.words());
    // Where nobody does, both belong to the callers; where it is queued, it outlives the call for certain.
    let open = all(LOAD);
    assert_eq!(
        (open.findings[0].confidence, &open.findings[0].doubts[..]),
        (Confidence::Possible, &[Doubt::Outlives][..])
    );
    let queued = LOAD.replace("return 0", "enqueue(map); return 0");
    let queued = all(&format!("{queued}void unload(struct map *map) {{ map->m_vm = NULL; }}\n"));
    assert_eq!(queued.findings[0].confidence, Confidence::Certain);
}

#[test]
fn what_an_owner_gives_up_is_handed_over() {
    let code = "void swap(struct rq *rq, struct task_struct *prev) { struct mm_struct *old = prev->active_mm; prev->active_mm = NULL; \
                rq->prev_mm = old; }\n";
    assert!(all(code).findings.is_empty());
    assert_eq!(all(&code.replace("prev->active_mm = NULL;", "")).findings.len(), 1);
}

#[test]
fn a_partner_in_the_table_may_drop_what_is_held() {
    let start = "void *start(struct seq *m) { struct mm_struct *mm = get_task_mm(m->task); if (!mm) return NULL; return find(mm); }\n\
                 void stop(struct seq *m) { mmput(m->task->mm); }\n";
    let with = all(&format!("{start}struct ops o = {{ .start = start, .stop = stop }};\n"));
    assert!(with.findings.is_empty(), "{:?}", with.findings);
    assert!(with.undecided[0].why.words().contains("stop(), which is registered beside it"));
    assert_eq!(all(start).findings.len(), 1);
    // A failure is no success: nobody calls the partner then.
    let open = "int open(struct f *f, struct proc *p) { struct vmspace *vm; if (proc_vmspace_getref(p, &vm)) return EFAULT; \
                if (busy(f)) return EBUSY; uvmspace_free(vm); return 0; }\nint close(struct f *f) { uvmspace_free(f->vm); return 0; }\n\
                struct ops o = { .open = open, .close = close };\n";
    assert_eq!(all(open).findings.len(), 1);
}

#[test]
fn callers_may_keep_the_owner() {
    let copy =
        "int copy(struct proc *p) { uvmspace_addref(p->p_vmspace); io(p); uvmspace_free(p->p_vmspace); return 0; }\n";
    let held = "int top(struct proc *p) { mutex_enter(proc_lock); copy(p); return 0; }\n";
    let bare = "int other(struct proc *p) { return copy(p); }\n";
    let doubts = |code: &str| all(code).findings.into_iter().map(|f| f.doubts).collect::<Vec<_>>();
    assert_eq!(doubts(&format!("static {copy}{held}")), Vec::<Vec<Doubt>>::new());
    assert_eq!(doubts(&format!("static {copy}int own(void) {{ return copy(curproc); }}\n")), Vec::<Vec<Doubt>>::new());
    // Others may call it too.
    let kept = Unfollowed::Kept { object: "p->p_vmspace".to_owned(), caller: "top".to_owned() };
    assert_eq!(all(&format!("{copy}{held}")).undecided.into_iter().map(|u| u.why).collect::<Vec<_>>(), [kept]);
    assert_eq!(doubts(&format!("{copy}{held}")), Vec::<Vec<Doubt>>::new());
    assert_eq!(doubts(&format!("static {copy}{held}{bare}")), [[Doubt::CallerKeeps("top".to_owned())]]);
    assert_eq!(doubts(&format!("{copy}{bare}")), [Vec::<Doubt>::new()]);
    assert_eq!(doubts(copy), [[Doubt::NoCallers]]);
}

#[test]
fn counts_that_the_tree_itself_defines_are_counts() {
    let atomic = "static inline void atomic_inc(atomic_t *v) { v->counter++; }\n#define put_ioctx(k) do { if \
                  (atomic_dec_and_test(&(k)->users)) __put_ioctx(k); } while (0)\n\
                  static void __put_ioctx(struct kioctx *k) { mmdrop(k->mm); k->mm = NULL; kfree(k); }\n";
    let alloc = "struct kioctx *alloc(void) { struct mm_struct *mm; struct kioctx *k = kzalloc(1, 2); if (!k) return NULL; mm = k->mm = \
                 current->mm; atomic_inc(&mm->mm_count); if (setup(k) < 0) goto out; if (more(k)) goto cleanup; return k; cleanup: \
                 __put_ioctx(k); return NULL; out: mmdrop(mm); kfree(k); return NULL; }\n";
    let destroy = "void destroy(struct kioctx *k) { put_ioctx(k); wait_for_all(k); put_ioctx(k); }\n";
    let found = all(&format!("{atomic}{alloc}{destroy}"));
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    assert!(found.summaries.iter().any(|s| s.function == "__put_ioctx" && s.does[0].act == Act::Drops));
    let forgets = all(&format!("{atomic}{}", alloc.replace("out: mmdrop(mm);", "out:")));
    assert_eq!(forgets.findings.len(), 1, "{:?}", forgets.findings);
}

#[test]
fn what_never_goes_away_and_what_was_alive_before_is_no_mistake() {
    let code = "int walk(void) { struct mm_struct *at = &init_mm, *mm, *prev; atomic_inc(&init_mm.mm_users); while (more()) { prev = at; \
                atomic_inc(&prev->mm_users); mm = next(at); mmput(prev); mmput(at); at = mm; } mmput(at); return 0; }\n";
    assert!(all(code).findings.is_empty(), "{:?}", all(code).findings);
}

/// The example of the guide.
const OWN: &str = "[[family]]\nname = \"mine\"\nobject = \"pool\"\nref = \"here\"\ntake = [{ name = \"pool_tryref\", arg = 0, fails = \"zero\", \
    checks = true }, { name = \"pool_find\", out = 1, fails = \"nonzero\" }]\ndrop = [{ name = \"pool_unref\", arg = 0 }]\n\
    counts = [\"p_refcnt\"]\npointers = [\"o_pool\"]\nexiting = [\"O_DYING\"]\n";

#[test]
fn counts_of_the_users_own_have_their_idioms() {
    let rules = Rules::builtin().expect("valid").with(Rules::parse("own.toml", OWN).expect("valid"));
    let found = |code: &str| {
        let tree = SourceTree::from_memory("mem", vec![("a.c".to_owned(), code.as_bytes().to_vec())]);
        let all = refs(&tree, &rules);
        assert!(all.undecided.is_empty(), "{:?}", all.undecided);
        all.findings.iter().map(|f| format!("{} {}", f.function, f.fault.name())).collect::<Vec<_>>()
    };
    let right = "
struct pool { int p_refcnt; LIST_ENTRY(pool) p_list; };
void put(struct pool *pp) { if (--pp->p_refcnt == 0) pool_destroy(pp); }
void put2(struct pool *pp) { pp->p_refcnt--; if (pp->p_refcnt == 0) free(pp); }
struct pool *get(int id) { struct pool *pp; LIST_FOREACH(pp, &pools, p_list) { if (pp->p_id == id) { pp->p_refcnt++; return pp; } } return NULL; }
int walk(void) { struct pool *pp; int n = 0; for (pp = LIST_FIRST(&pools); pp; pp = LIST_NEXT(pp, p_list)) { pp->p_refcnt++; n += visit(pp); if (--pp->p_refcnt == 0) pool_destroy(pp); } return n; }
void drain(void) { struct pool *pp; while ((pp = LIST_FIRST(&pools)) != NULL) { LIST_REMOVE(pp, p_list); pool_unref(pp); } }
void drain2(void) { struct pool *pp, *np; for (pp = head; pp != NULL; pp = np) { np = pp->p_next; pool_unref(pp); } }
int use(int id) { struct pool *pp; if (pool_find(id, &pp)) return ENOENT; work(pp); pool_unref(pp); return 0; }
int use2(struct obj *o) { if (!pool_tryref(o->o_pool)) return ENOENT; work(o->o_pool); pool_unref(o->o_pool); return 0; }
int use3(int id) { struct pool *pp = get(id); int e; if (pp == NULL) return ENOENT; e = work(pp); put(pp); return e; }
int close1(struct dev *d) { struct pool *pp = d->d_pool; int last; last = --pp->p_refcnt == 0; if (last) pool_destroy(pp); return 0; }
int close2(struct dev *d) { struct pool *pp = d->d_pool; if (pp->p_refcnt-- > 1) return 0; pool_destroy(pp); return 0; }
";
    assert_eq!(found(right), Vec::<String>::new());
    // What the function that is called for the last one does is what it always does.
    let last = "static void limfree(struct pool *lim) { int n = --lim->p_refcnt; if (n > 0) return; free(lim); }\n\
                int twice(struct pool *pl) { if (--pl->p_refcnt == 0) limfree(pl); return 0; }\n";
    assert_eq!(found(last), ["twice dropped-twice"]);
    let wrong = "
int bad1(int id) { struct pool *pp = get(id); int e; if (pp == NULL) return ENOENT; e = work(pp); if (e) return e; put(pp); return 0; }
int bad2(int id) { struct pool *pp; if (pool_find(id, &pp)) return ENOENT; if (work(pp)) return EIO; pool_unref(pp); return 0; }
int bad3(struct pool *pp) { pp->p_refcnt++; if (work(pp)) return EIO; if (--pp->p_refcnt == 0) pool_destroy(pp); return 0; }
";
    assert_eq!(found(&format!("{right}{wrong}")), ["bad1 leaked", "bad2 leaked", "bad3 leaked"]);
}
