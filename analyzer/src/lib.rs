//! Kernel source in, findings out.
#![forbid(unsafe_code)]
pub mod ast;
pub mod audit;
pub mod body;
pub mod c;
pub mod candidates;
pub mod dispatch;
pub mod facts;
pub mod file;
pub mod finding;
pub mod flow;
pub mod functions;
pub mod index;
pub mod ledger;
pub mod lookup;
pub mod macros;
pub mod pack;
pub mod program;
pub mod site;
pub mod space;
pub mod stats;
pub mod target;
pub mod tree;
pub mod types;
pub use audit::{AuditError, Options, audit};
