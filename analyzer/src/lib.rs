//! Kernel source in, findings out.
#![forbid(unsafe_code)]
pub mod ast;
pub mod body;
pub mod c;
pub mod finding;
pub mod pack;
pub mod stats;
pub mod tree;
