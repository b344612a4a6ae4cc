//! Audits for people and machines: terminal text, Markdown, JSON.
//!
//! Every exporter takes plain data and writes to a [`std::fmt::Write`] or returns a `String`.
//!
//! - *Invariant:* nothing here prints, reads a file, an argument or the environment. Source bytes for excerpts come
//!   through a closure, colour through a [`Style`].
//! - *Invariant:* the same input gives the same bytes.
//! - *Invariant:* whatever stands in a file name, in source text or in a pack, no control character and no bidirectional
//!   override reaches the output raw (see [`safe`]).
//!
//! One exporter is one file: [`text`] (with [`summary`] and [`excerpts`]), [`explain`], [`answers`], [`markdown`], [`json`], [`packs`],
//! [`html`] (pages to look at), [`parse`], [`model`] (verdicts, timelines, ownership, costs), [`whatif`], [`plan`], [`layout`], [`refs`]; those of traces are in
//! [`ktrace`].
#![forbid(unsafe_code)]

pub mod answers;
pub mod checklist;
pub mod excerpts;
pub mod explain;
pub mod gate;
pub mod gnu;
pub mod html;
pub mod json;
pub mod ktrace;
pub mod layout;
pub mod markdown;
pub mod model;
pub mod numbers;
pub mod packs;
pub mod parse;
pub mod place;
pub mod plan;
pub mod refs;
pub mod safe;
pub mod sarif;
pub mod style;
pub mod summary;
pub mod text;
pub mod view;
pub mod whatif;

#[cfg(test)]
mod fixture;

pub use style::Style;
pub use view::View;
