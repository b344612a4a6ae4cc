//! What was wrong with the input, and what of it was not understood.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;
use std::fmt;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Input was lost or could not be trusted: exit status 2.
    Error,
    /// Worth knowing; nothing was lost.
    Warning,
}

/// Something that was wrong with the input, at a place, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Problem {
    /// File or directory, relative to the tree's root where it is inside.
    pub path: String,
    /// 1-based line, where there is one.
    pub line: Option<u32>,
    /// How bad.
    pub severity: Severity,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{}: {}", self.path, line, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// A place where the parser passed over tokens it did not understand, in a file that mattered to the audit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Skipped {
    /// File, relative to the tree's root.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// Why.
    pub reason: String,
}
