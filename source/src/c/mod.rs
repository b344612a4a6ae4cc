//! The C front end: unpreprocessed kernel C to syntax trees, all `#if` arms included.
//!
//! `lex` → `condition`/`pp` → `items` → `variant` → `parse`. Parsing never fails: it returns trees and a list of what it
//! passed over, each with a reason.
pub mod condition;
pub mod declared;
pub mod grammar;
pub mod items;
pub mod language;
pub mod lex;
pub mod outline;
pub mod parse;
pub mod pp;
pub mod variant;
pub mod whole;

pub use language::File;
