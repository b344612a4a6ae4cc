//! Steps of evidence, and what NULL means: data with a code that JSON shows. Sentences are the reports' matter.

use super::Role;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Serialize, Serializer};
use std::fmt;

/// What happens to a value at one place. Sorted as the codes read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Step {
    /// `arg:psignal#0`: handed to a function.
    Argument {
        /// As it is called: a name, or `(*d_ioctl)`; `(*)` where an expression is called.
        callee: String,
        /// 0-based.
        n: usize,
    },
    /// `assign:p`: kept in a local variable.
    Assigned(String),
    /// `callback:f#0`: what it is kept for is called with it later.
    Callback {
        /// The function.
        function: String,
        /// 0-based argument.
        n: usize,
    },
    /// `called:f`: the function above it calls it.
    Called(String),
    /// `cmp`: compared with what is not NULL.
    Compared,
    /// `member:p_fd`: looked into.
    Member(String),
    /// What is done when it is NULL.
    Null(NullMeaning),
    /// `read`: the tracked field is read here.
    Read,
    /// `returned`: by the function.
    Returned,
    /// `stored:buf.b_proc`: kept in memory.
    Stored {
        /// The struct's tag, where it is known.
        of: Option<String>,
        /// The member, the variable, or the place as written.
        name: String,
    },
    /// `test`: tested for NULL.
    Tested,
}

impl Step {
    /// Whether the value is stored in that member, `struct.member`.
    pub fn stores_in(&self, field: &str) -> bool {
        match self {
            Step::Stored { of: Some(of), name } => field.split_once('.') == Some((of, name)),
            _ => false,
        }
    }

    /// What NULL means, if that is what is said.
    pub fn null(&self) -> Option<&NullMeaning> {
        match self {
            Step::Null(meaning) => Some(meaning),
            _ => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Argument { callee, n } => write!(f, "arg:{callee}#{n}"),
            Step::Assigned(name) => write!(f, "assign:{name}"),
            Step::Callback { function, n } => write!(f, "callback:{function}#{n}"),
            Step::Called(function) => write!(f, "called:{function}"),
            Step::Compared => f.write_str("cmp"),
            Step::Member(name) => write!(f, "member:{name}"),
            Step::Null(meaning) => meaning.fmt(f),
            Step::Read => f.write_str("read"),
            Step::Returned => f.write_str("returned"),
            Step::Stored { of: Some(of), name } => write!(f, "stored:{of}.{name}"),
            Step::Stored { of: None, name } => write!(f, "stored:{name}"),
            Step::Tested => f.write_str("test"),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a reader does with NULL. Texts of the source are one line, blanks collapsed, and short.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum NullMeaning {
    /// `breaks`: leaves the loop or switch.
    Breaks,
    /// `continues`: with the loop's next round.
    Continues,
    /// `default &proc0`: another value takes its place.
    Default(String),
    /// `dereferences`: it is looked into without a test.
    Dereferences,
    /// `does nothing`
    DoesNothing,
    /// `goes to out`
    Goes(String),
    /// `hands 1 to KASSERT`: the test's result is an argument.
    Hands {
        /// The result.
        value: bool,
        /// Who gets it.
        to: String,
    },
    /// `panics`
    Panics,
    /// `returns EIO`
    Returns(Option<String>),
    /// `runs error = EIO`: a branch of its own.
    Runs(String),
    /// `skips limits, psignal()`: what is done with a value is not done.
    Skips(Vec<Skips>),
    /// `value -1`: what a choice gives.
    Value(String),
}

/// What is skipped when the value is NULL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Skips {
    /// A use of the value.
    Role(Role),
    /// A call that gets it.
    Call(String),
    /// Source in which it does not stand.
    Text(String),
}

impl NullMeaning {
    /// Whether NULL tells the reader something: that the value is looked into without a test is no meaning, and a panic
    /// only says that NULL never comes.
    pub fn is_telling(&self) -> bool {
        !matches!(self, NullMeaning::Dereferences | NullMeaning::Panics)
    }
}

impl fmt::Display for NullMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NullMeaning::Breaks => f.write_str("breaks"),
            NullMeaning::Continues => f.write_str("continues"),
            NullMeaning::Default(text) => write!(f, "default {text}"),
            NullMeaning::Dereferences => f.write_str("dereferences"),
            NullMeaning::DoesNothing => f.write_str("does nothing"),
            NullMeaning::Goes(label) => write!(f, "goes to {label}"),
            NullMeaning::Hands { value, to } => write!(f, "hands {} to {to}", i32::from(*value)),
            NullMeaning::Panics => f.write_str("panics"),
            NullMeaning::Returns(None) => f.write_str("returns"),
            NullMeaning::Returns(Some(text)) => write!(f, "returns {text}"),
            NullMeaning::Runs(text) => write!(f, "runs {text}"),
            NullMeaning::Skips(list) => {
                for (i, skipped) in list.iter().enumerate() {
                    f.write_str(if i == 0 { "skips " } else { ", " })?;
                    match skipped {
                        Skips::Role(role) => f.write_str(role.name())?,
                        Skips::Call(name) => write!(f, "{name}()")?,
                        Skips::Text(text) => f.write_str(text)?,
                    }
                }
                Ok(())
            }
            NullMeaning::Value(text) => write!(f, "value {text}"),
        }
    }
}

impl Serialize for NullMeaning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
