//! Looks for names in a text: with vectors as long as there are not too many of them.

use aho_corasick::{AhoCorasick, MatchKind, packed};
use uioscope_source::text::is_word;

/// See the module.
pub(super) struct Names {
    few: Option<packed::Searcher>,
    any: AhoCorasick,
}

impl Names {
    /// Nothing if no automaton of them can be built, as none can be of names of megabytes.
    pub fn new(names: &[String]) -> Option<Names> {
        let few = packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder().extend(names).build();
        let any = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names).ok()?;
        Some(Names { few, any })
    }

    /// Whether one of them stands there as a word.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let is_one = |start: usize, end: usize| {
            let word = text[start..end].iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'_');
            let from = word.map_or(start, |i| start + i + 1);
            is_word(text, from, end - from)
        };
        match &self.few {
            Some(few) => few.find_iter(text).any(|m| is_one(m.start(), m.end())),
            None => self.any.find_iter(text).any(|m| is_one(m.start(), m.end())),
        }
    }
}
