//! Strings that a page's data hold once, however often they stand in it.

use crate::safe::clean;
use std::collections::HashMap;

/// The table of strings, each made safe.
#[derive(Debug, Default)]
pub struct Pool {
    /// By number.
    pub strings: Vec<String>,
    known: HashMap<String, usize>,
}

impl Pool {
    /// The number of a text.
    pub fn of(&mut self, text: &str) -> usize {
        if let Some(n) = self.known.get(text) {
            return *n;
        }
        let n = self.strings.len();
        self.strings.push(clean(text).into_owned());
        self.known.insert(text.to_owned(), n);
        n
    }

    /// The same; -1 for an empty one.
    pub fn maybe(&mut self, text: &str) -> i64 {
        if text.is_empty() { -1 } else { self.of(text) as i64 }
    }
}
