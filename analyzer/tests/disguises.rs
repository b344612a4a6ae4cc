//! Uses of the field in random disguises, planted into random places of a made kernel: each must be found, with its access,
//! roles and space right or honestly less than certain. What only looks like a use must not be taken for one with certainty.
//!
//! `DISGUISES=n` plants that many, `DISGUISES_SEED=n` others.

#[path = "disguises/layout.rs"]
mod layout;
#[path = "disguises/plant.rs"]
mod plant;
#[path = "disguises/random.rs"]
mod random;

use plant::{Expect, Plant};
use random::Random;
use uioscope_analyzer::finding::{Access, Audit, Confidence, Finding, Role, Space};
use uioscope_analyzer::packs::Pack;
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

/// So many uses go into one tree.
const BATCH: u64 = 100;

const HEADER: &str = "\
#ifndef _SYS_UIO_H_
#define _SYS_UIO_H_
struct proc;
struct iovec;
struct uio {
	struct iovec *uio_iov;
	int uio_iovcnt;
	int uio_resid;
	int uio_segflg;
	struct proc *uio_procp;
};
typedef struct uio uio_t;
struct other { int o_a; struct proc *uio_procp; };
#define offsetof(t, m) ((unsigned long)&((t *)0)->m)
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
#endif
";

const PROC: &str = "\
struct ucred { int cr_uid; };
struct rlimit { int rlim_cur; };
struct plimit { struct rlimit pl_rlimit[8]; };
struct pstats { int p_ru; };
struct filedesc { int *fd_ofiles; };
struct vmspace { int vm_map; };
struct proc {
	struct ucred *p_ucred;
	struct plimit *p_limit;
	struct pstats *p_stats;
	struct filedesc *p_fd;
	struct vmspace *p_vmspace;
	int p_pid;
};
extern struct proc *curproc, proc0;
struct proc *pfind(int);
";

/// What is wrong with what was found of a use; nothing if it is right, or less than certain.
fn fault(plant: &Plant, found: &[&Finding]) -> Option<String> {
    if found.is_empty() {
        return Some("not found".to_owned());
    }
    let shown = || {
        let one = |f: &&Finding| {
            let roles: Vec<_> = f.roles.iter().map(|r| r.name()).collect();
            let space = f.space.map_or("", |s| s.name());
            format!("{} {} {space} {}", f.access.name(), roles.join(","), f.confidence.name())
        };
        found.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let wanted = match &plant.expect {
        Expect::Load(_) => Access::Load,
        Expect::Store(_) => Access::Store,
    };
    let sure = |f: &&&Finding| f.confidence == Confidence::Certain;
    let of_kind: Vec<&&Finding> = found.iter().filter(|f| f.access == wanted).collect();
    if of_kind.is_empty() {
        return found
            .iter()
            .find(|f| f.confidence == Confidence::Certain)
            .map(|_| format!("wrong access: {}", shown()));
    }
    let wrong = match &plant.expect {
        Expect::Load(roles) => {
            let is_wrong = |f: &&&Finding| {
                let open = f.roles.iter().any(|r| matches!(r, Role::Opaque | Role::Escape));
                let more = f.roles.iter().any(|r| {
                    !roles.contains(r) && !f.role_doubts.contains_key(r) && !matches!(r, Role::Opaque | Role::Escape)
                });
                let less = roles.iter().any(|r| !f.roles.contains(r)) && !open;
                sure(f) && (more || less)
            };
            of_kind.iter().any(is_wrong)
        }
        Expect::Store(space) => of_kind.iter().any(|f| {
            let is_open = matches!(f.space, Some(Space::Unknown | Space::Mixed | Space::Propagated) | None);
            sure(f) && f.space != Some(*space) && !is_open
        }),
    };
    wrong.then(|| format!("certain and wrong: {}", shown()))
}

/// Whether the one finding says just what is there.
fn is_exact(plant: &Plant, found: &[&Finding]) -> bool {
    found.iter().any(|f| match &plant.expect {
        Expect::Load(roles) => f.access == Access::Load && f.roles == *roles,
        Expect::Store(space) => f.access == Access::Store && f.space == Some(*space),
    })
}

/// The line on which a byte stands.
fn line(text: &str, at: usize) -> u32 {
    text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() as u32 + 1
}

struct Built {
    text: String,
    /// First and last line of each use.
    lines: Vec<(u32, u32)>,
}

/// Takes the marks out and remembers their lines.
fn build(text: &str) -> Built {
    let mut built = Built { text: String::with_capacity(text.len()), lines: Vec::new() };
    for c in text.chars() {
        match c {
            plant::OPEN => {
                let at = line(&built.text, built.text.len());
                built.lines.push((at, at));
            }
            plant::CLOSE => {
                let at = line(&built.text, built.text.len());
                built.lines.last_mut().expect("opened").1 = at;
            }
            c => built.text.push(c),
        }
    }
    built
}

fn audited(files: Vec<(String, Vec<u8>)>) -> Audit {
    let tree = SourceTree::from_memory("t", files);
    let pack = Pack::builtin("4.4bsd").expect("a pack");
    let options = Options { field: Some("uio.uio_procp".to_owned()), pack: Some(pack), ways: 1 };
    audit(&tree, &options).expect("an audit")
}

/// Plants that many uses from a seed; what is wrong with each that is, and how many are said exactly.
fn batch(seed: u64, count: u64) -> (Vec<String>, u64) {
    let mut random = Random::new(seed);
    let mut files =
        vec![("sys/uio.h".to_owned(), HEADER.as_bytes().to_vec()), ("sys/proc.h".to_owned(), PROC.as_bytes().to_vec())];
    let mut plants: Vec<(String, (u32, u32), Plant, String)> = Vec::new();
    let mut n = seed * BATCH;
    let mut left = count;
    let mut decoys = Vec::new();
    while left > 0 {
        let here = random.below(left.min(12)) + 1;
        let path = format!("{}/f{}.c", random.of(&["kern", "dev", "net/x", "arch/i386/i386"]), files.len());
        let mut text = "#include <sys/uio.h>\n#include <sys/proc.h>\n".to_owned();
        let mut own = Vec::new();
        for _ in 0..here {
            if random.one_in(6) {
                let name = format!("decoy_{n}");
                let decoy = plant::decoy(&mut random, &name);
                text += &layout::change(&mut random, &decoy);
                decoys.push((path.clone(), name));
            }
            let plant = plant::plant(&mut random, n);
            let laid = layout::change(&mut random, &plant.text);
            text += &laid;
            own.push((plant, laid));
            n += 1;
        }
        let built = build(&text);
        assert_eq!(built.lines.len(), own.len(), "each use is marked once: {text}");
        for ((plant, laid), lines) in own.into_iter().zip(built.lines) {
            plants.push((path.clone(), lines, plant, laid));
        }
        files.push((path, built.text.into_bytes()));
        left -= here;
    }
    let audit = audited(files);
    assert!(audit.ledger.adds_up(), "seed {seed}: {:?}", audit.ledger);
    let (mut faults, mut exact) = (Vec::new(), 0);
    for (path, (first, last), plant, laid) in &plants {
        let is_here =
            |f: &&Finding| f.path == *path && *first <= f.line && f.line <= *last && f.access != Access::Mention;
        let found: Vec<&Finding> = audit.findings.iter().filter(is_here).collect();
        exact += u64::from(is_exact(plant, &found));
        if let Some(fault) = fault(plant, &found) {
            let shown: String = laid.chars().filter(|c| !matches!(*c, plant::OPEN | plant::CLOSE)).collect();
            faults.push(format!("seed {seed}: {fault}; wanted {:?}\n{shown}", plant.expect));
        }
    }
    for (path, name) in &decoys {
        let is_taken = |f: &&Finding| {
            f.path == *path
                && f.function == *name
                && matches!(f.access, Access::Load | Access::Store)
                && f.confidence == Confidence::Certain
        };
        if let Some(f) = audit.findings.iter().find(is_taken) {
            faults.push(format!(
                "seed {seed}: {path}:{}: {name} has no use, and one is certain: {}",
                f.line, f.expression
            ));
        }
    }
    (faults, exact)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |v| v.parse().unwrap_or_else(|_| panic!("{name}={v} is no number")))
}

#[test]
fn ten_thousand_uses_in_disguise_are_found() {
    let (count, seed) = (number("DISGUISES", 10_000), number("DISGUISES_SEED", 0));
    let batches: Vec<u64> = (0..count.div_ceil(BATCH)).collect();
    let (mut faults, mut exact) = (Vec::new(), 0);
    for i in batches {
        let (wrong, right) = batch(seed + i, BATCH.min(count - i * BATCH));
        faults.extend(wrong);
        exact += right;
    }
    let shown = faults.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} of {count} wrong:\n{shown}", faults.len());
    println!("{exact} of {count} exact");
    // Doubt is no way out: few disguises leave one.
    assert!(exact * 100 >= count * 85, "only {exact} of {count} are said exactly");
}

#[test]
fn the_judge_knows_a_wrong_answer() {
    let plant = |expect| Plant { text: String::new(), expect };
    let source = "#include <sys/uio.h>\nvoid f(struct uio *u) {\n\tpsignal(u->uio_procp, 1);\n}\nvoid g(struct uio *u) {\n\tu->uio_procp = 0;\n}\n";
    let audit = audited(vec![
        ("sys/uio.h".to_owned(), HEADER.as_bytes().to_vec()),
        ("kern/t.c".to_owned(), source.as_bytes().to_vec()),
    ]);
    let at = |line: u32| audit.findings.iter().filter(|f| f.path == "kern/t.c" && f.line == line).collect::<Vec<_>>();
    assert_eq!(fault(&plant(Expect::Load(vec![Role::Signal])), &at(3)), None);
    assert!(fault(&plant(Expect::Load(vec![Role::Limits])), &at(3)).is_some());
    assert!(fault(&plant(Expect::Store(Space::Kernel)), &at(3)).is_some());
    assert!(fault(&plant(Expect::Store(Space::UserOther)), &at(6)).is_some());
    assert!(fault(&plant(Expect::Load(vec![Role::Signal])), &[]).is_some());
}
