//! What becomes of a value: in one function ([`local`]), and through the program ([`global`]).

pub mod global;
pub mod local;
pub mod target;
