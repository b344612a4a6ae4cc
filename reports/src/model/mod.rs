//! The model for people and machines: verdicts, timelines, ownership graphs, costs, and traces as kernel traces.

pub mod ktrace;
pub mod ownership;
pub mod simulate;
pub mod svg;
pub mod timeline;
mod verdict;
pub mod why;

pub use verdict::{check, check_json, matrix, matrix_json, matrix_markdown, scenarios};
