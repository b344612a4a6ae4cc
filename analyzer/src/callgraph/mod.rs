//! Which functions a call through a pointer or an operation can reach.

pub mod operations;
pub mod pointers;
