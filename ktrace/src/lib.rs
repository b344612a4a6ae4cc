//! Kernel traces.
#![forbid(unsafe_code)]

pub mod abi;
mod chain;
mod classes;
pub mod detect;
pub mod endian;
pub mod layout;
pub mod looks;
pub mod names;
pub mod neutral;
pub mod payload;
pub mod read;
pub mod record;
pub mod system;
