//! Declarations by name: where they stand ([`index`], [`functions`]), and what they say ([`lookup`], [`types`]), and who sees them ([`includes`]).

pub mod expand;
pub mod expanded;
pub mod functions;
pub mod includes;
pub mod index;
pub mod lookup;
pub mod types;
pub mod words;
