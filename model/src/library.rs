//! The built-in scenarios, each with its story, its source and the verdict that a test holds it to.

use crate::nearest::hint;
use crate::scenario::{Scenario, ScenarioError};

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../corpus/scenarios/", $name, ".toml")))),*]
    };
}

/// The files: name and text.
pub const FILES: &[(&str, &str)] = files![
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

/// All scenarios, cases and all.
///
/// # Errors
/// A built-in file with an error, which a test rules out.
pub fn all() -> Result<Vec<Scenario>, ScenarioError> {
    let mut all = Vec::new();
    for (name, text) in FILES {
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
    let Some((_, text)) = FILES.iter().find(|(n, _)| *n == file) else {
        let known: Vec<_> = FILES.iter().map(|(n, _)| *n).collect();
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
