//! `uioscope what-if`, `plan` and `patch`.

use crate::support::{Directory, keeps_schema, uioscope};
use serde_json::Value;

/// A small kernel that can be migrated whole: each kind of store, a load of the address space through a static function,
/// an assertion, a test of the companion.
fn kernel() -> Directory {
    let kernel = Directory::kernel();
    kernel.write("sys/sys/proc.h", "struct proc {\n\tstruct vmspace *p_vmspace;\n\tstruct session *p_session;\n};\nextern struct proc *curproc, proc0;\n");
    kernel.write("sys/kern/kern_subr.c", "#include <sys/proc.h>\n#include <sys/uio.h>\n");
    kernel.write("sys/kern/rw.c", RW);
    kernel.write("sys/kern/sys_generic.c", STORES);
    kernel
}

const RW: &str = "\
#include <sys/proc.h>
#include <sys/uio.h>

static void *map_of __P((struct proc *, int));

int
rw_map(uio)
	struct uio *uio;
{
	struct proc *p = NULL;

	if (uio->uio_segflg == UIO_USERSPACE)
		p = uio->uio_procp;
#ifdef DIAGNOSTIC
	if (uio->uio_segflg == UIO_USERSPACE && uio->uio_procp != curproc)
		panic(\"rw\");
#endif
	return (map_of(p, 1) != NULL && map_of(NULL, 0) != NULL);
}

static void *
map_of(p, n)
	struct proc *p;
	int n;
{

	if (p != NULL)
		return (p->p_vmspace->vm_map);
	return (kernel_map);
}

int
rw_session(struct uio *uio)
{
	return (uio->uio_procp->p_session != NULL);
}

int
rw_limit(uio)
	struct uio *uio;
{

	if (uio->uio_procp)
		psignal(uio->uio_procp, SIGXFSZ);
	return (0);
}
";

const STORES: &str = "\
#include <sys/proc.h>
#include <sys/uio.h>

int
sys_read(struct proc *p, int fd, int seg)
{
	struct uio auio, kuio, muio;

	auio.uio_segflg = UIO_USERSPACE;
	auio.uio_procp = p;
	kuio.uio_segflg = UIO_SYSSPACE;
	kuio.uio_resid = 1;
	kuio.uio_procp = NULL;	/* nobody */
	muio.uio_segflg = seg;
	muio.uio_procp = p;
	return (do_read(fd, &auio, &kuio, &muio));
}
";

#[test]
fn what_if_counts_and_explains() {
    let json = uioscope(["what-if", "--format", "json"]).exits(0).json();
    keeps_schema(&json, include_str!("../../docs/schemas/what-if-1.schema.json"));
    let all = json["findings"].as_array().expect("findings").len() as u64;
    for total in json["totals"].as_array().expect("totals") {
        let counts =
            ["unchanged", "edit", "argument", "silent", "unsafe"].iter().map(|k| total[*k].as_u64().expect("a count"));
        assert_eq!(counts.sum::<u64>(), all, "{total}");
    }
    insta::assert_snapshot!(uioscope(["what-if"]).exits(0).stdout);
    let text = uioscope(["what-if", "--format", "markdown", "--to", "vmspace-borrowed"]).exits(0).stdout;
    assert!(text.contains("| vmspace-borrowed |") && text.contains("use-after-free-vmspace after "), "{text}");
}

#[test]
fn what_null_meant_is_said_where_it_is_lost() {
    let json = uioscope(["what-if", "--format", "json"]).exits(0).json();
    let findings = json["findings"].as_array().expect("findings");
    let load = findings.iter().find(|f| f["function"] == "ctty_complain" && f["access"] == "load").expect("the load");
    let vmspace = &load["designs"]["vmspace"];
    assert_eq!((vmspace["outcome"].as_str(), vmspace["kind"].as_str()), (Some("silent"), Some("curlwp")), "{vmspace}");
    assert_eq!(vmspace["null"][0], "value NULL");
    assert_eq!(load["designs"]["proc"]["outcome"], "unchanged");
}

#[test]
fn a_plan_is_a_checklist_in_order() {
    let kernel = kernel();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(kernel.path());
    let json = inside(&["plan", ".", "--format", "json"]).exits(0).json();
    keeps_schema(&json, include_str!("../../docs/schemas/plan-1.schema.json"));
    let steps = json["steps"].as_array().expect("steps");
    let names: Vec<&str> = steps.iter().map(|s| s["name"].as_str().expect("a name")).collect();
    for (i, step) in steps.iter().enumerate() {
        for need in step["needs"].as_array().expect("needs") {
            let at = names.iter().position(|n| need == n).expect("a step of the plan");
            assert!(at < i, "{} comes before {need}", names[i]);
        }
    }
    insta::assert_snapshot!(inside(&["plan", "."]).exits(0).stdout);
    let markdown = inside(&["plan", ".", "--format", "markdown"]).exits(0).stdout;
    assert!(markdown.contains("- [ ] sys/kern/rw.c:") && markdown.contains("**To decide:**"), "{markdown}");
    let lwp = inside(&["plan", ".", "--to", "lwp", "--format", "json"]).exits(0).json();
    keeps_schema(&lwp, include_str!("../../docs/schemas/plan-1.schema.json"));
    assert_eq!(lwp["steps"][0]["notes"][0], "this tree has no LWPs yet: they come first");
}

#[test]
fn a_patch_keeps_the_style_of_what_it_changes() {
    let kernel = kernel();
    insta::assert_snapshot!(uioscope(["patch", ".", "--unsafe"]).within(kernel.path()).exits(0).stdout);
    let cocci = uioscope(["patch", ".", "--to", "cocci"]).within(kernel.path()).exits(0).stdout;
    assert!(cocci.contains("-U.uio_procp->p_vmspace\n+U.uio_vmspace\n"), "{cocci}");
}

#[test]
fn applying_twice_changes_nothing() {
    let kernel = kernel();
    let apply = |more: &[&str]| {
        uioscope(["patch", ".", "--apply"].into_iter().chain(more.iter().copied())).within(kernel.path()).exits(0)
    };
    let written = apply(&[]).stdout;
    assert!(written.contains("sys/kern/rw.c\n") && written.contains("sys/sys/uio.h\n"), "{written}");
    let after = kernel.read("sys/kern/sys_generic.c");
    assert_eq!(apply(&[]).stdout, "");
    assert_eq!(kernel.read("sys/kern/sys_generic.c"), after);
    // The rest, then nothing: the old member is gone.
    assert!(apply(&["--unsafe"]).stdout.contains("sys/sys/uio.h\n"));
    assert!(!kernel.read("sys/sys/uio.h").contains("uio_procp"));
    let again = apply(&["--unsafe"]);
    assert_eq!((again.stdout.as_str(), again.stderr.contains("already migrated")), ("", true), "{}", again.stderr);
    let audit = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(0).json();
    assert_eq!(audit["field"], "uio.uio_vmspace");
    assert_eq!(audit["ledger"]["unresolved"], 0);
}

#[test]
fn one_step_or_one_file_a_step() {
    let kernel = kernel();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(kernel.path());
    let alone = inside(&["patch", ".", "--only", "store/sys/kern"]).exits(2);
    assert!(
        alone.stdout.is_empty() && alone.stderr.contains("declare, helpers must come before it"),
        "{}",
        alone.stderr
    );
    let with = inside(&["patch", ".", "--only", "store/sys/kern", "--with-needs"]).exits(0).stdout;
    assert!(with.contains("+++ b/sys/kern/sys_generic.c") && with.contains("+++ b/sys/sys/uio.h"), "{with}");
    assert!(!with.contains("# applicability: unsafe"), "{with}");
    inside(&["patch", ".", "--unsafe", "-o", "out"]).exits(0);
    let files = std::fs::read_dir(kernel.path().join("out")).expect("the directory").count();
    let plan = inside(&["plan", ".", "--format", "json"]).exits(0).json();
    let with_edits = |s: &&Value| !s["applicability"].is_null();
    assert_eq!(files, plan["steps"].as_array().expect("steps").iter().filter(with_edits).count());
    let unknown = inside(&["patch", ".", "--only", "store/nowhere"]).exits(2).stderr;
    assert!(unknown.contains("has no such step; its steps are declare, "), "{unknown}");
}

#[test]
fn status_follows_moved_lines_and_renamed_files() {
    let kernel = kernel();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(kernel.path());
    inside(&["plan", ".", "--format", "json", "-o", "plan.json"]).exits(0);
    let standing = || {
        let json = inside(&["plan", "status", "plan.json", ".", "--format", "json"]).exits(0).json();
        keeps_schema(&json, include_str!("../../docs/schemas/plan-status-1.schema.json"));
        let steps = json["steps"].as_array().expect("steps").clone();
        steps
            .iter()
            .map(|s| format!("{} {}", s["step"].as_str().expect("a name"), s["state"].as_str().expect("a state")))
            .collect::<Vec<_>>()
    };
    assert!(standing().iter().all(|s| s.ends_with(" open")), "{:?}", standing());
    let moved = kernel.read("sys/kern/rw.c");
    std::fs::remove_file(kernel.path().join("sys/kern/rw.c")).expect("it goes");
    kernel.write("sys/kern/rw_new.c", format!("/* moved */\n\n{moved}"));
    let loads = |list: &[String]| {
        list.iter().filter(|s| s.starts_with("space/") || s.starts_with("current/")).cloned().collect::<Vec<_>>()
    };
    assert!(loads(&standing()).iter().all(|s| s.ends_with(" open")), "{:?}", standing());
    inside(&["patch", ".", "--apply", "--only", "declare"]).exits(0);
    inside(&["patch", ".", "--apply", "--only", "store/sys/kern", "--with-needs"]).exits(0);
    let now = standing();
    assert!(now.contains(&"store/sys/kern done".to_owned()) && now.contains(&"declare done".to_owned()), "{now:?}");
    assert!(loads(&now).iter().all(|s| s.ends_with(" open")), "{now:?}");
    inside(&["patch", ".", "--apply", "--unsafe"]).exits(0);
    assert!(standing().iter().all(|s| s.ends_with(" done")), "{:?}", standing());
    let text = inside(&["plan", "status", "plan.json", "."]).exits(0).stdout;
    assert!(text.starts_with("uio.uio_procp is gone\n") && text.contains("[x] retire"), "{text}");
}

#[test]
fn what_a_plan_without_edits_became_is_not_known() {
    let kernel = kernel();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(kernel.path());
    inside(&["plan", ".", "--to", "lwp", "--format", "json", "-o", "plan.json"]).exits(0);
    let states = || {
        let json = inside(&["plan", "status", "plan.json", ".", "--format", "json"]).exits(0).json();
        let steps = json["steps"].as_array().expect("steps").clone();
        steps.iter().map(|s| s["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>()
    };
    assert!(!states().iter().any(|s| s == "done" || s == "unknown"), "{:?}", states());
    kernel.write("sys/kern/rw.c", "int nothing;\n");
    assert!(states().iter().any(|s| s == "unknown") && !states().iter().any(|s| s == "done"), "{:?}", states());
}

#[test]
fn bad_input_is_named() {
    let kernel = kernel();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(kernel.path());
    inside(&["plan", ".", "--format", "json", "-o", "plan.json"]).exits(0);
    kernel.write("broken.json", "{ \"schema\": \"uioscope.plan/9\" }");
    let changed = kernel.read("sys/kern/rw.c") + "/* changed */\n";
    kernel.write("sys/kern/rw.c", changed);
    for (arguments, wanted) in [
        (
            &["patch", ".", "--plan", "plan.json"][..],
            "changed since the plan was made: sys/kern/rw.c; make the plan again",
        ),
        (&["plan", "status", "broken.json", "."], "its schema is `uioscope.plan/9` and not uioscope.plan/1"),
        (&["plan", "status", "none.json", "."], "none.json: cannot be read"),
        (&["patch", "--apply"], "--apply: name the tree to write to"),
        (&["patch", ".", "--to", "cocci", "--apply"], "--to cocci writes one semantic patch"),
        (&["patch", ".", "--field", "uio.uio_none"], "struct uio (sys/sys/uio.h) has no field uio_none"),
        (&["what-if", ".", "--to", "mm"], "there is no such design; one of proc, lwp, "),
    ] {
        let ran = inside(arguments).exits(2);
        assert!(ran.stderr.contains(wanted), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_field_without_a_companion_is_planned_by_its_values() {
    let kernel = kernel();
    kernel.write("sys/sys/uio.h", "struct uio {\n\tint uio_resid;\n\tstruct proc *uio_procp;\n};\n");
    kernel.write("sys/kern/sys_generic.c", "#include <sys/proc.h>\n#include <sys/uio.h>\nint\nf(struct proc *p)\n{\n\tstruct uio a, b;\n\n\ta.uio_procp = p;\n\tb.uio_procp = NULL;\n\treturn (g(&a, &b));\n}\nint\nc(void)\n{\n\treturn (f(curproc));\n}\n");
    let text = uioscope(["patch", "."]).within(kernel.path()).exits(0).stdout;
    assert!(
        text.contains("+\ta.uio_vmspace = p->p_vmspace;\n") && text.contains("+\tUIO_SETUP_SYSSPACE(&b);\n"),
        "{text}"
    );
}

#[test]
fn a_field_that_no_pack_replaces_is_said_to_be_one() {
    let kernel = kernel();
    kernel.write("sys/sys/buf.h", "struct buf {\n\tstruct proc *b_proc;\n};\n");
    kernel.write("sys/kern/b.c", "#include <sys/buf.h>\nvoid\nb(struct buf *bp)\n{\n\tbp->b_proc = NULL;\n}\n");
    let ran = uioscope(["patch", ".", "--field", "buf.b_proc"]).within(kernel.path()).exits(0);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("says what replaces a field of struct uio"), "{}", ran.stderr);
}

#[test]
fn half_a_migration_leaves_a_plan_for_the_rest() {
    let kernel = kernel();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(kernel.path());
    inside(&["patch", ".", "--apply", "--only", "declare"]).exits(0);
    inside(&["patch", ".", "--apply", "--only", "helpers"]).exits(0);
    let plan = inside(&["plan", ".", "--format", "json"]).exits(0).json();
    let names: Vec<&str> = plan["steps"].as_array().expect("steps").iter().filter_map(|s| s["name"].as_str()).collect();
    assert!(
        !names.contains(&"declare") && !names.contains(&"helpers") && names.contains(&"store/sys/kern"),
        "{names:?}"
    );
    inside(&["patch", ".", "--apply", "--unsafe"]).exits(0);
    for command in ["what-if", "plan", "patch"] {
        let ran = inside(&[command, "."]).exits(0);
        assert!((ran.stdout + &ran.stderr).contains("already migrated: uio.uio_vmspace is an address space"));
    }
}

#[test]
#[cfg(unix)]
fn a_tree_that_cannot_be_written_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let kernel = kernel();
    let file = kernel.path().join("sys/kern/rw.c");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).expect("permissions");
    let before = (kernel.read("sys/kern/rw.c"), kernel.read("sys/sys/uio.h"));
    let ran = uioscope(["patch", ".", "--apply"]).within(kernel.path()).exits(2);
    assert!(ran.stderr.contains("sys/kern/rw.c: cannot be written; nothing was written"), "{}", ran.stderr);
    assert_eq!((kernel.read("sys/kern/rw.c"), kernel.read("sys/sys/uio.h")), before);
}
