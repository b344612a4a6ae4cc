//! The C front end: unpreprocessed kernel C to syntax trees, all `#if` arms included.
//!
//! `lex` → `condition`/`pp` → `items` → `variant` → `parse`. Parsing never fails: it returns trees and a list of what it
//! passed over, each with a reason.
pub mod condition;
pub mod declared;
pub mod grammar;
pub mod items;
pub mod lex;
pub mod outline;
pub mod parse;
pub mod pp;
pub mod variant;
pub mod whole;

use items::Range;
use pp::Unit;

/// A file's tokens and items.
#[derive(Debug)]
pub struct File<'t> {
    /// Tokens and conditionals.
    pub unit: Unit<'t>,
    /// Items.
    pub items: Vec<Range>,
}

impl<'t> File<'t> {
    /// Of a text.
    pub fn new(text: &'t [u8]) -> File<'t> {
        let unit = Unit::new(text);
        let items = items::cut(&unit);
        File { unit, items }
    }
}
