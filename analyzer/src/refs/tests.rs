use super::*;
use uioscope_source::text::SourceTree;

/// Findings as `line fault object`, separated by commas.
fn check(body: &str, wanted: &str) {
    let text = format!(
        "int\nf(struct proc *p, struct lwp *l, struct req *r, int n)\n{{\n\tstruct vmspace *vm;\n\tint error;\n{body}\n}}\n"
    );
    let tree = SourceTree::from_memory("mem", vec![("a.c".to_owned(), text.clone().into_bytes())]);
    let found = refs(&tree, &Rules::builtin().expect("valid"));
    let said: Vec<String> =
        found.findings.iter().map(|f| format!("{} {} {}", f.line, f.fault.name(), f.object)).collect();
    assert_eq!(said.join(", "), wanted, "{text}{:#?}", found.findings);
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
