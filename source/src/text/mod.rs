//! Text in: files of a tree (the only module of this crate that does I/O), places in them, what is wrong with them, and
//! the presence conditions of what stands in them.

mod cond;
mod lines;
mod manifest;
mod names;
mod problem;
mod span;
mod splice;
mod tree;
mod words;

pub use cond::Cond;
pub use lines::LineIndex;
pub use manifest::Manifest;
pub use names::{byte_of, bytes_of, name_of, path_of};
pub use problem::{Problem, Severity, Skipped};
pub use span::Span;
pub use splice::whole_tokens;
pub use tree::{ENDINGS, SourceFile, SourceTree, TreeError};
pub use words::{blank_before, blanks, each_place, is_continued, is_word, name_text, word_end};
