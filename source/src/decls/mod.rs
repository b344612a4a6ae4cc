//! Declarations by name: where they stand ([`index`], [`functions`]), and what they say ([`lookup`], [`types`]).

pub mod expand;
pub mod expanded;
pub mod functions;
pub mod index;
pub mod lookup;
pub mod types;
