//! Edits of source text: spans of the original bytes and what takes their place.

use serde::Serialize;
use std::collections::BTreeMap;

/// How far an edit can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// It means the same.
    Safe,
    /// Its meaning may change; the note says how.
    Unsafe,
    /// It is only shown: nobody can apply it as it is.
    DisplayOnly,
}

impl Applicability {
    /// The word in JSON and reports.
    pub fn name(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::DisplayOnly => "display only",
        }
    }
}

/// A span of a file's original bytes and its new text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// Relative to the tree's root.
    pub path: String,
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// What takes its place.
    pub text: Vec<u8>,
}

impl Edit {
    /// Of a span.
    pub fn new(path: &str, start: u32, end: u32, text: impl Into<Vec<u8>>) -> Edit {
        Edit { path: path.to_owned(), start, end, text: text.into() }
    }

    /// Whether two edits cannot both be made: they touch the same bytes and are not the same edit. Insertions at the same
    /// place have no order.
    pub fn conflicts(&self, other: &Edit) -> bool {
        let overlap = self.start < other.end && other.start < self.end;
        let same_place = self.start == other.start && (self.start == self.end || other.start == other.end);
        self != other && self.path == other.path && (overlap || same_place)
    }
}

/// Edits that belong together: all of them are made, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Which findings it is for, by their place in the audit.
    pub sites: Vec<usize>,
    /// Sorted, without doubles; empty where nothing could be written.
    pub edits: Vec<Edit>,
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// What to know of it: how its meaning may change, or why it cannot be applied.
    pub note: String,
}

impl Fix {
    /// Of one finding.
    pub fn new(site: usize, mut edits: Vec<Edit>, applicability: Applicability, note: impl Into<String>) -> Fix {
        edits.sort();
        edits.dedup();
        Fix { sites: vec![site], edits, applicability, note: note.into() }
    }

    /// One that could not be written, and why.
    pub fn none(site: usize, note: impl Into<String>) -> Fix {
        Fix::new(site, Vec::new(), Applicability::DisplayOnly, note)
    }

    /// Edits of its own that contradict each other.
    pub fn is_torn(&self) -> bool {
        self.edits.iter().enumerate().any(|(i, a)| self.edits[i + 1..].iter().any(|b| a.conflicts(b)))
    }
}

/// Turns every fix that contradicts an earlier one, or itself, into one that is only shown.
///
/// `on_disk` gives an edit's place there; nothing where a line that is continued inside of a word has none.
pub fn settle<'f>(fixes: impl Iterator<Item = &'f mut Fix>, on_disk: impl Fn(&Edit) -> Option<(u32, u32)>) {
    let mut taken: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for fix in fixes.filter(|f| f.applicability != Applicability::DisplayOnly) {
        let mut is_lost = false;
        for edit in &mut fix.edits {
            match on_disk(edit) {
                Some(place) => (edit.start, edit.end) = place,
                None => is_lost = true,
            }
        }
        let clash = fix.edits.iter().find(|e| taken.get(&e.path).is_some_and(|all| all.iter().any(|o| o.conflicts(e))));
        let reason = match clash {
            _ if is_lost => Some("a line is continued inside of a word here: edit it by hand".to_owned()),
            Some(e) => Some(format!("another edit changes the same place of {}", e.path)),
            None if fix.is_torn() => Some("the variants of the text around it ask for different edits".to_owned()),
            None => None,
        };
        match reason {
            Some(reason) => {
                fix.applicability = Applicability::DisplayOnly;
                fix.note = if fix.note.is_empty() { reason } else { format!("{reason}; {}", fix.note) };
            }
            None => fix.edits.iter().for_each(|e| taken.entry(e.path.clone()).or_default().push(e.clone())),
        }
    }
}

/// A text with edits made; those that are the same count once. Edits must not contradict each other.
pub fn apply<'e>(text: &[u8], edits: impl Iterator<Item = &'e Edit>) -> Vec<u8> {
    let mut sorted: Vec<&Edit> = edits.collect();
    sorted.sort();
    sorted.dedup();
    let mut out = Vec::with_capacity(text.len() + 256);
    let mut at = 0usize;
    for e in sorted {
        let (start, end) = (e.start as usize, (e.end as usize).min(text.len()));
        if start < at || start > text.len() {
            continue;
        }
        out.extend_from_slice(&text[at..start]);
        out.extend_from_slice(&e.text);
        at = end.max(start);
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// The whole line of a span, with its end, where nothing else stands on it; else the span.
pub fn whole_line(text: &[u8], start: u32, end: u32) -> (u32, u32) {
    let (s, e) = (start as usize, end as usize);
    let line = memchr::memrchr(b'\n', &text[..s]).map_or(0, |n| n + 1);
    let stop = memchr::memchr(b'\n', &text[e..]).map_or(text.len(), |n| e + n + 1);
    let blank = |part: &[u8]| part.iter().all(u8::is_ascii_whitespace);
    if blank(&text[line..s]) && blank(&text[e..stop]) { (line as u32, stop as u32) } else { (start, end) }
}

/// The blanks that a place's line starts with.
pub fn indent(text: &[u8], at: u32) -> &[u8] {
    let line = memchr::memrchr(b'\n', &text[..at as usize]).map_or(0, |n| n + 1);
    let blanks = text[line..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &text[line..line + blanks]
}

/// How the file ends its lines.
pub fn newline(text: &[u8]) -> &'static str {
    match memchr::memchr(b'\n', text) {
        Some(at) if at > 0 && text[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, edits: &[(u32, u32, &str)], want: &str) {
        let edits: Vec<Edit> = edits.iter().map(|(s, e, t)| Edit::new("a.c", *s, *e, *t)).collect();
        assert_eq!(String::from_utf8_lossy(&apply(text.as_bytes(), edits.iter())), want);
    }

    #[test]
    fn edits_are_spans_of_the_original() {
        check("abcdef", &[(1, 2, "XX"), (4, 4, "-")], "aXXcd-ef");
        check("abcdef", &[(1, 2, "X"), (1, 2, "X")], "aXcdef");
        check("abc", &[(3, 3, "d")], "abcd");
        check("abc", &[], "abc");
    }

    #[test]
    fn lines_go_whole_where_nothing_else_stands_on_them() {
        let text = b"a;\n\tb;\n c; d;\r\n";
        assert_eq!(whole_line(text, 4, 6), (3, 7));
        assert_eq!(whole_line(text, 8, 10), (8, 10));
        assert_eq!((indent(text, 4), newline(text), newline(b"a\r\nb")), (&b"\t"[..], "\n", "\r\n"));
    }

    #[test]
    fn the_later_of_two_that_contradict_is_only_shown() {
        let fix =
            |start, end, text: &str| Fix::new(0, vec![Edit::new("a.c", start, end, text)], Applicability::Safe, "");
        let mut fixes =
            [fix(0, 4, "x"), fix(0, 4, "x"), fix(3, 5, "y"), fix(4, 5, "z"), fix(9, 9, "q"), fix(9, 9, "r")];
        settle(fixes.iter_mut(), |e| Some((e.start, e.end)));
        let shown: Vec<bool> = fixes.iter().map(|f| f.applicability == Applicability::DisplayOnly).collect();
        assert_eq!(shown, [false, false, true, false, false, true]);
        assert_eq!(fixes[2].note, "another edit changes the same place of a.c");
    }

    proptest! {
        #[test]
        fn what_lies_outside_of_edits_survives(text in proptest::collection::vec(any::<u8>(), 0..200), cuts in proptest::collection::vec((0u32..200, 0u32..20), 0..8)) {
            let mut edits: Vec<Edit> = Vec::new();
            for (start, len) in cuts {
                let e = Edit::new("a", start, start + len, "<>");
                if (start + len) as usize <= text.len() && !edits.iter().any(|o| o.conflicts(&e)) {
                    edits.push(e);
                }
            }
            edits.sort();
            edits.dedup();
            let got = apply(&text, edits.iter());
            let gone: usize = edits.iter().map(|e| (e.end - e.start) as usize).sum();
            prop_assert_eq!(got.len(), text.len() - gone + 2 * edits.len());
            prop_assert_eq!(apply(&text, edits.iter().filter(|_| false)), text);
        }
    }
}
