//! Questions to a tree's index, without an audit around them.

mod answers;

use crate::audit::{AuditError, Options, prepare};
use crate::finding::Role;
use crate::flow::global::with;
pub use answers::{Answer, AskError};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::text::SourceTree;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What becomes of argument `n`, counted from 0, of a function, or of a vnode operation in capitals.
    Callees {
        /// The function.
        name: String,
        /// The argument.
        n: usize,
    },
    /// Which functions use a process, or what else the field points to, for a role.
    Who(Role),
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is nothing to ask.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The question is about nothing in the tree.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// Answers, sorted by path and line.
///
/// # Errors
/// The tree has no such field, or the function is not in it.
pub fn ask(tree: &SourceTree, options: &Options, question: &Question) -> Result<Vec<Answer>, Error> {
    let lookup = Lookup::new(tree);
    let (pack, target) = prepare(tree, &lookup, options)?;
    let functions = Functions::new(tree);
    with(&lookup, &functions, &pack, &target, options.ways, |program| match question {
        Question::Callees { name, n } => Ok(program.callees(name, *n)?),
        Question::Who(role) => Ok(program.who(*role)),
    })
}
