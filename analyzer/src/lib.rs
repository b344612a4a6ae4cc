//! Kernel source in, findings out.
//!
//! [`audit()`] takes a [`tree::SourceTree`] and gives a [`finding::Audit`]: for every occurrence of one struct field's name
//! what it is, where, and what for. The stages, each a module with plain data between: [`ledger`] and [`candidates`] (where
//! to look), [`c`] (text to [`ast`]), [`body`] (control flow), [`site`] (accesses), [`flow`] and [`program`] (roles),
//! [`space`] (stores), [`audit()`] (findings).
//!
//! - *Invariant:* only [`tree`] does I/O.
//! - *Invariant:* parsing never fails; what was not understood is recorded with its reason.
//! - *Invariant:* every occurrence ends in exactly one bucket of the ledger.
//! - *Invariant:* the same input gives the same result, with any number of threads.
//! - *Invariant:* what is known of one kernel stands in its role pack, not here.
#![forbid(unsafe_code)]

pub mod audit;
mod callers;
mod callgraph;
pub mod finding;
pub mod flow;
pub mod gate;
pub mod packs;
pub mod questions;
pub mod refs;
pub mod space;

pub use audit::{AuditError, Options, audit, audit_with};
