//! The built-in scenarios, each with its story, its source and the verdict that a test holds it to.

use crate::nearest::hint;
use crate::scenario::{Scenario, ScenarioError};

macro_rules! files {
    ($folder:literal: $($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../corpus/", $folder, "/", $name, ".toml")))),*]
    };
}

/// The files: name and text.
pub const FILES: &[(&str, &str)] = files!["scenarios":
    "aio-daemon-last-reference",
    "completion-reads",
    "drain-own-pipe",
    "exec",
    "exit",
    "lwp-exit",
    "mm-count",
    "mover",
    "orphan-pipe-read",
    "resurrection",
    "rlimit-fsize",
    "scheduler-activations",
    "setuid",
    "signal-to-a-gone-lwp",
    "vfork",
];

/// The museum: real bugs, a file each, with a case before the fix and one after it.
pub const MUSEUM: &[(&str, &str)] = files!["museum":
    "freebsd-aio-cancel-walk",
    "freebsd-aio-daemon-last",
    "freebsd-aio-hung-daemon",
    "freebsd-linux-ptrace-first-thread",
    "freebsd-proc-rwmem-reclaim",
    "freebsd-proc-rwmem-wiring",
    "freebsd-procfs-exit",
    "freebsd-procfs-u-area",
    "freebsd-sigio-registration-at-exit",
    "freebsd-swapout-resurrection",
    "freebsd-usb-fs",
    "freebsd-vmspace-freed-twice",
    "freebsd-vmspace-freed-twice-by-exec",
    "freebsd-vmspace-test-then-decrement",
    "linux-aio-context-lookup",
    "linux-aio-destroy-does-not-wait",
    "linux-aio-exit-hang",
    "linux-aio-teardown-order",
    "linux-amdkfd-mmput-in-notifier",
    "linux-amdkfd-notifier-mm",
    "linux-binder-node",
    "linux-binder-thread",
    "linux-borrowed-mm",
    "linux-io-uring-cancel-after-task-work",
    "linux-io-uring-complete-post",
    "linux-io-uring-files",
    "linux-io-uring-identity",
    "linux-io-uring-iovec",
    "linux-io-uring-mapped-ring",
    "linux-io-uring-wait-and-free",
    "linux-io-wq-static-creds",
    "linux-main-thread-mm",
    "linux-oom-reaper-mmput",
    "linux-proc-pid-mem",
    "netbsd-lwp-exit2",
    "netbsd-uvmspace-exec",
    "netbsd-vfork-child",
];

/// All scenarios of the museum.
///
/// # Errors
/// A built-in file with an error, which a test rules out.
pub fn museum() -> Result<Vec<Scenario>, ScenarioError> {
    read(MUSEUM)
}

/// All scenarios but the museum's, cases and all.
///
/// # Errors
/// A built-in file with an error, which a test rules out.
pub fn all() -> Result<Vec<Scenario>, ScenarioError> {
    read(FILES)
}

fn read(files: &[(&str, &str)]) -> Result<Vec<Scenario>, ScenarioError> {
    let mut all = Vec::new();
    for (name, text) in files {
        all.extend(Scenario::parse(&format!("{name}.toml"), text)?);
    }
    Ok(all)
}

/// The scenarios of one file, or the one case that is named `file/case`.
///
/// # Errors
/// No such file or case: what there is instead.
pub fn find(name: &str) -> Result<Vec<Scenario>, ScenarioError> {
    let file = name.split_once('/').map_or(name, |(file, _)| file);
    let error = |message| ScenarioError { file: name.to_owned(), line: 1, message };
    let Some((_, text)) = FILES.iter().chain(MUSEUM).find(|(n, _)| *n == file) else {
        let known: Vec<_> = FILES.iter().chain(MUSEUM).map(|(n, _)| *n).collect();
        let hint = hint(file, known.iter().copied());
        return Err(error(format!("no built-in scenario of that name; there are {}{hint}", known.join(", "))));
    };
    let mut cases = Scenario::parse(&format!("{file}.toml"), text)?;
    if name == file {
        return Ok(cases);
    }
    let known: Vec<_> = cases.iter().map(|s| s.name.clone()).collect();
    cases.retain(|s| s.name == name);
    if cases.is_empty() {
        let hint = hint(name, known.iter().map(String::as_str));
        return Err(error(format!("no such case; there are {}{hint}", known.join(", "))));
    }
    Ok(cases)
}
