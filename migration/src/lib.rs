//! Findings and verdicts in; what breaks under each design, the plan and the patch out.
//!
//! [`what_if`] holds every finding of an audit against every design of the model. [`plan()`] makes a checklist of it: steps in an
//! order that keeps the tree compiling, each with its edits or its question. [`patch`] turns steps into unified diffs, and
//! [`status`] says which are done.
//!
//! - *Invariant:* data in, data out; no file is read or written, and nothing is printed here.
//! - *Invariant:* what is written into a tree comes from the role pack's `[migration]` section; no kernel's name stands here.
//! - *Invariant:* an edit is a span of the original bytes; all that lies outside of edits survives byte for byte.
//! - *Invariant:* what cannot be shown to keep its meaning is not a safe edit, and what cannot be edited is a question.
//! - *Invariant:* the same input gives the same result, with any number of threads.
#![forbid(unsafe_code)]

pub mod cocci;
pub mod design;
pub mod edit;
pub mod facts;
pub mod includes;
pub mod patch;
pub mod plan;
pub mod rewrite;
pub mod sites;
pub mod status;
pub mod verdict;
pub mod whatif;

pub use design::{Column, Design, Kind, Outcome};
pub use patch::{Series, Wanted, series};
pub use plan::{Plan, plan};
pub use whatif::{WhatIf, what_if};
