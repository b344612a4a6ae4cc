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

/// Complains of every problem that lost input, and says what that makes of the exit status.
pub fn complain_of(problems: &[Problem]) -> Status {
    let mut status = Status::Done;
    for problem in problems.iter().filter(|p| p.severity == Severity::Error) {
        complain(&safe::clean(&problem.to_string()));
        status = Status::Trouble;
    }
    status
}
