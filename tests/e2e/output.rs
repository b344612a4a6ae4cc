//! Where reports go.

use crate::support::{Directory, uioscope};
use std::fs;

#[test]
fn a_file_gets_what_the_terminal_would() {
    let directory = Directory::new();
    let out = directory.join("report.txt");
    let ran = uioscope(["audit"]).exits(0);
    let written = uioscope([std::ffi::OsStr::new("audit"), "-o".as_ref(), out.as_os_str()]).exits(0);
    assert_eq!(written.stdout, "");
    assert_eq!(directory.read("report.txt"), ran.stdout);
    assert_eq!(directory.names(), ["report.txt"], "nothing else is left");
}

#[test]
fn an_old_report_is_replaced_and_kept_when_nothing_came_of_it() {
    let directory = Directory::new();
    directory.write("r.json", "old");
    uioscope(["audit", "--format", "json", "-o", "r.json", "/no/such/tree"]).within(directory.path()).exits(2);
    assert_eq!(directory.read("r.json"), "old");
    uioscope(["audit", "--format", "json", "--output", "r.json"]).within(directory.path()).exits(0);
    assert!(directory.read("r.json").contains("uioscope.audit/1"));
    assert_eq!(directory.names(), ["r.json"]);
}

#[test]
fn a_report_inside_the_tree_does_not_change_the_audit() {
    let kernel = Directory::kernel();
    kernel.write("r.json", "");
    let run = || {
        uioscope(["audit", ".", "--format", "json", "-o", "r.json"]).within(kernel.path()).exits(0);
        kernel.read("r.json")
    };
    assert_eq!(run(), run());
}

#[test]
fn places_that_cannot_be_written_are_named_before_the_work() {
    let directory = Directory::new();
    fs::create_dir(directory.join("d")).expect("a directory");
    // The tree is missing too: that the output is complained of shows that it is looked at first.
    let check = |path: &str, want: &str| {
        let ran = uioscope(["audit", "/no/such/tree", "-o", path]).within(directory.path()).exits(2);
        assert!(ran.stderr.starts_with("uioscope: -o ") && ran.stderr.contains(want), "{}", ran.stderr);
        assert!(ran.stderr.contains(path), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    };
    check("d", "is a directory");
    check("d/", "is a directory");
    check("none/report.txt", "cannot write in none");
    check("none/", "is not the name of a file");
    assert_eq!(directory.names(), ["d"]);
    uioscope(["parse", "--stats", "-o", "d"]).within(directory.path()).exits(2);
}

#[test]
#[cfg(unix)]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = Directory::new();
    directory.write("real", "old");
    fs::set_permissions(directory.join("real"), fs::Permissions::from_mode(0o600)).expect("permissions");
    symlink("real", directory.join("link")).expect("a link");
    uioscope(["audit", "-o", "link"]).within(directory.path()).exits(0);
    assert!(fs::symlink_metadata(directory.join("link")).expect("the link").is_symlink());
    assert!(directory.read("real").contains("ledger"));
    assert_eq!(fs::metadata(directory.join("real")).expect("the file").permissions().mode() & 0o777, 0o600);
}

#[test]
#[cfg(target_os = "linux")]
fn devices_are_written_and_not_replaced() {
    uioscope(["audit", "-o", "/dev/null"]).exits(0);
    assert!(!fs::metadata("/dev/null").expect("the device").is_file());
    let ran = uioscope(["audit", "-o", "/dev/full"]).exits(2);
    assert!(ran.stderr.contains("-o /dev/full: cannot be written: "), "{}", ran.stderr);
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_uioscope"))
        .args(["audit", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let ran = child.wait_with_output().expect("it ends");
    assert_eq!(ran.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
}
