//! How a run ended, and what is said about it on standard error.

use std::io::Write;
use std::process::ExitCode;
use uioscope_analyzer::finding::{Problem, Severity};
use uioscope_reports::safe;

/// The exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Done, and nothing to complain about: 0.
    Done,
    /// What `--fail-on` names was found: 1.
    Found,
    /// Input was lost, or the result cannot be trusted, or nothing could be done: 2.
    Trouble,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// Writes `uioscope: MESSAGE` on standard error. A closed standard error is nothing to die of.
pub fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "uioscope: {}", safe::clean_lines(message));
}

/// So many problems of one file are said one by one.
const PER_FILE: usize = 10;
/// So many are said in all.
const IN_ALL: usize = 200;

/// Complains of the problems that lost input, and says what they make of the exit status.
pub fn complain_of(problems: &[Problem]) -> Status {
    let lost: Vec<&Problem> = problems.iter().filter(|p| p.severity == Severity::Error).collect();
    let lines = complaints(&lost);
    for line in lines.iter().take(IN_ALL) {
        complain(line);
    }
    if lines.len() > IN_ALL {
        complain(&format!("… and {} more, listed in the JSON report", lines.len() - IN_ALL));
    }
    if lost.is_empty() { Status::Done } else { Status::Trouble }
}

/// One line a problem, but no more than a few a file.
fn complaints(problems: &[&Problem]) -> Vec<String> {
    let mut lines = Vec::new();
    for file in problems.chunk_by(|a, b| a.path == b.path) {
        lines.extend(file.iter().take(PER_FILE).map(|p| safe::clean(&p.to_string()).into_owned()));
        if file.len() > PER_FILE {
            lines.push(format!("{}: … and {} more", safe::clean(&file[0].path), file.len() - PER_FILE));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &str, line: u32) -> Problem {
        Problem { path: path.to_owned(), line: Some(line), severity: Severity::Error, message: "bad".to_owned() }
    }

    #[test]
    fn one_file_does_not_drown_the_others() {
        let problems: Vec<Problem> =
            (1..=5000).map(|line| problem("a\x1b.c", line)).chain([problem("b.c", 7)]).collect();
        let lines = complaints(&problems.iter().collect::<Vec<_>>());
        assert_eq!(lines.len(), PER_FILE + 2);
        assert_eq!(lines[0], "a\\u{1b}.c:1: bad");
        assert_eq!(lines[PER_FILE], "a\\u{1b}.c: … and 4990 more");
        assert_eq!(lines[PER_FILE + 1], "b.c:7: bad");
    }
}
