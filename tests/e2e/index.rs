//! Analyses that are kept: never another byte, and never for a tree that has changed.

use crate::support::{Directory, Ran, uioscope};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// As long as a file system needs to give the next change another time.
fn settle() {
    sleep(Duration::from_millis(300));
}

fn index(tree: &Path, cache: &Path) -> Ran {
    uioscope([Path::new("index"), Path::new("."), Path::new("--cache"), cache]).within(tree).run()
}

/// The same command with what is kept, and without.
fn compare(arguments: &[&str], tree: &Path, cache: &Path) {
    let run = |more: &[&str]| {
        let all = arguments.iter().chain(more).map(|a| (*a).to_owned());
        uioscope(all.collect::<Vec<String>>()).within(tree).run()
    };
    let (with, without) = (run(&["--index", "--cache", &cache.display().to_string()]), run(&["--no-index"]));
    assert_eq!((with.code, with.stdout), (without.code, without.stdout), "{arguments:?}");
}

#[test]
fn every_report_is_the_same_with_what_was_kept() {
    let (kernel, cache) = (Directory::kernel(), Directory::new());
    settle();
    let id = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(0).audit()["findings"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let commands: [&[&str]; 9] = [
        &["audit", "."],
        &["audit", ".", "--format", "json"],
        &["audit", ".", "--format", "sarif", "--role", "abuse"],
        &["audit", ".", "--format", "gnu", "--fail-on", "abuse"],
        &["audit", ".", "--excerpts"],
        &["audit", ".", "--path", "nowhere/**"],
        &["check", "."],
        &["check", ".", "--format", "json"],
        &["explain", &id, "."],
    ];
    // The first of each makes it or finds it, the second finds it.
    for command in commands.iter().chain(&commands) {
        compare(command, kernel.path(), cache.path());
    }
    assert!(!cache.names().is_empty(), "nothing was kept");
}

#[test]
fn what_is_kept_is_used_until_something_changes() {
    let (kernel, cache) = (Directory::kernel(), Directory::new());
    let fresh = index(kernel.path(), cache.path());
    // A file that was written this moment can be written again without a trace.
    assert!(fresh.code == Some(2) && fresh.stderr.contains("changed just now"), "{fresh:?}");
    settle();
    let said = |word: &str| {
        let ran = index(kernel.path(), cache.path());
        assert!(ran.code == Some(0) && ran.stdout.starts_with(word), "{word}: {ran:?}");
    };
    said("kept: ");
    said("unchanged: ");
    let text = kernel.read("sys/kern/rw.c");
    kernel.write("sys/kern/rw.c", text.replace("int", "INT"));
    settle();
    said("kept: ");
    said("unchanged: ");
    let removed = uioscope(["index", "--clean", "--cache", &cache.path().display().to_string()]).exits(0);
    assert!(removed.stdout.starts_with("removed: 1 analyses"), "{}", removed.stdout);
    said("kept: ");
}

#[test]
fn a_tree_that_changes_at_random_is_always_seen_as_it_is() {
    let (kernel, cache) = (Directory::kernel(), Directory::new());
    let mut seed = 1_u64;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let use_of = |n: usize| format!("int g{n}(struct uio *uio)\n{{\n\treturn suser(uio->uio_procp->p_ucred, 0);\n}}\n");
    for round in 0..24 {
        match next(6) {
            0 => kernel.write(&format!("sys/kern/n{round}.c"), use_of(round)),
            1 => kernel.write("sys/kern/rw.c", kernel.read("sys/kern/rw.c") + &use_of(round)),
            2 => {
                let made: Vec<_> = fs::read_dir(kernel.join("sys/kern")).expect("a directory").flatten().collect();
                let one = &made[next(made.len())];
                if one.file_name() != "rw.c" {
                    fs::remove_file(one.path()).expect("removed");
                }
            }
            // The same length, and the same time as before.
            3 => {
                let path = kernel.join("sys/kern/rw.c");
                let time = fs::metadata(&path).and_then(|m| m.modified()).expect("a time");
                let text = kernel.read("sys/kern/rw.c");
                let (old, new) = if text.contains("p_ucred") { ("p_ucred", "p_comm2") } else { ("p_comm2", "p_ucred") };
                kernel.write("sys/kern/rw.c", text.replace(old, new));
                fs::File::options().write(true).open(&path).and_then(|f| f.set_modified(time)).expect("set back");
            }
            4 => {
                let to = kernel.join(&format!("sys/kern/r{round}.c"));
                fs::copy(kernel.join("sys/kern/rw.c"), to).expect("copied");
            }
            _ => {}
        }
        if next(2) == 0 {
            settle();
        }
        compare(&["audit", ".", "--format", "json"], kernel.path(), cache.path());
    }
}

#[test]
fn what_is_damaged_is_said_and_made_anew() {
    let (kernel, cache) = (Directory::kernel(), Directory::new());
    settle();
    assert_eq!(index(kernel.path(), cache.path()).code, Some(0));
    let name = cache.names().pop().expect("one");
    let whole = fs::read(cache.join(&name)).expect("readable");
    let mut bent = whole.clone();
    *bent.last_mut().expect("not empty") ^= 1;
    let broken: [(&str, &[u8]); 5] = [
        ("an earlier one", b"uioscope-index/0\n1234"),
        ("an empty one", b""),
        ("a cut one", &whole[..whole.len() / 2]),
        ("a bent one", &bent),
        ("a line alone", b"uioscope-index/1\n"),
    ];
    for (what, bytes) in broken {
        fs::write(cache.join(&name), bytes).expect("written");
        let ran = index(kernel.path(), cache.path());
        assert!(ran.stdout.starts_with("kept: ") && ran.stderr.contains("made anew"), "{what}: {ran:?}");
        assert!(index(kernel.path(), cache.path()).stdout.starts_with("unchanged: "), "{what}");
    }
}

#[test]
fn what_cannot_be_kept_is_said() {
    let (kernel, cache) = (Directory::kernel(), Directory::new());
    settle();
    cache.write("file", "x");
    let file = cache.join("file").display().to_string();
    let ran = uioscope(["audit", ".", "--index", "--cache", &file]).within(kernel.path()).exits(2);
    assert!(ran.stderr.contains("--cache") && ran.stderr.contains("is no directory"), "{}", ran.stderr);
    let ran = uioscope(["audit", "--index"]).exits(2);
    assert!(ran.stderr.contains("--index: name a tree"), "{}", ran.stderr);
    let ran = uioscope(["audit", ".", "--index", "--no-index"]).within(kernel.path()).exits(2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
    // Where a file is lost, the next run may find it: nothing is kept, and the audit is as it is.
    kernel.write("sys/kern/nul.c", b"int a;\0\n/* long enough that this is still text, in spite of it */\n");
    settle();
    let ran = uioscope(["audit", ".", "--index", "--cache", &cache.join("c").display().to_string()])
        .within(kernel.path())
        .exits(2);
    assert!(ran.stderr.contains("nothing was kept"), "{}", ran.stderr);
}

#[test]
fn two_runs_at_once_do_no_harm() {
    let (kernel, cache) = (Directory::kernel(), Directory::new());
    settle();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| compare(&["audit", ".", "--format", "json"], kernel.path(), cache.path()));
        }
    });
    assert!(index(kernel.path(), cache.path()).stdout.starts_with("unchanged: "));
    assert_eq!(cache.names().len(), 1, "{:?}", cache.names());
}
