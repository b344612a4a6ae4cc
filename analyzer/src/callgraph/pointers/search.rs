//! Where a name stands so that something may be registered there: a search in the text of all files.

use super::tables::{Table, enclosing};
use memchr::memmem;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::c::declared::{before_blanks, skip_blank};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::language::is_preprocessed;
use uioscope_source::text::is_word;

/// Occurrences of one file.
#[derive(Debug, Default)]
pub struct Occurrences {
    /// The name in `x.name =`, or in another place that only the syntax tree tells.
    pub code: Vec<u32>,
    /// `.name =`, `name:`
    pub designated: Vec<u32>,
    /// Initialised variables.
    pub tables: Vec<Table>,
}

/// Where a member is assigned or initialised, and the structs that have a member of the name.
pub fn members(lookup: &Lookup<'_>, member: &str) -> (BTreeMap<u32, Occurrences>, BTreeSet<String>) {
    let finder = memmem::Finder::new(member);
    let may_hold = lookup.words().asked(member);
    let per_file = |(i, f): (usize, &uioscope_source::text::SourceFile)| {
        let text = &f.bytes;
        let mut places = Occurrences::default();
        let mut tags = BTreeSet::new();
        for at in finder.find_iter(text).filter(|at| is_word(text, *at, member.len())) {
            let next = skip_blank(text, at + member.len());
            let follows = |i: usize| text.get(next + i).copied().unwrap_or_default();
            let head = before_blanks(&text[..at]);
            let is_dot = head.ends_with(b".");
            let is_access = head.ends_with(b"->")
                || is_dot && head.len() > 1 && {
                    let before = head[head.len() - 2];
                    before.is_ascii_alphanumeric() || matches!(before, b'_' | b')' | b']')
                };
            match follows(0) {
                b'=' if follows(1) != b'=' && is_access => places.code.push(at as u32),
                b'=' if follows(1) != b'=' && is_dot => places.designated.push(at as u32),
                b':' if !is_access && !is_dot && matches!(head.last(), Some(b'{' | b',' | b'/')) => {
                    places.designated.push(at as u32);
                }
                b')' | b';' | b',' | b'[' if !is_access && !is_dot => tags.extend(enclosing(text, at).map(|h| h.name)),
                _ => {}
            }
        }
        let is_empty = places.code.is_empty() && places.designated.is_empty() && tags.is_empty();
        (!is_empty).then_some((i as u32, places, tags))
    };
    let asked = lookup.tree().files.par_iter().enumerate().filter(|(i, f)| may_hold(*i) && is_preprocessed(&f.path));
    let files: Vec<_> = asked.filter_map(per_file).collect();
    let mut all = BTreeMap::new();
    let mut declared = BTreeSet::new();
    for (file, places, tags) in files {
        declared.extend(tags);
        all.insert(file, places);
    }
    (all, declared)
}

/// Where a name that is no member stands before a byte of some kind.
pub fn words(lookup: &Lookup<'_>, name: &str, wanted: impl Fn(u8) -> bool + Sync) -> BTreeMap<u32, Occurrences> {
    let finder = memmem::Finder::new(name);
    let may_hold = lookup.words().asked(name);
    let per_file = |(i, f): (usize, &uioscope_source::text::SourceFile)| {
        let text = &f.bytes;
        let meant = |at: &usize| {
            let head = before_blanks(&text[..*at]);
            is_word(text, *at, name.len())
                && !(head.ends_with(b"->") || head.ends_with(b"."))
                && text.get(skip_blank(text, at + name.len())).is_some_and(|b| wanted(*b))
        };
        let code: Vec<u32> = finder.find_iter(text).filter(meant).map(|at| at as u32).collect();
        (!code.is_empty()).then(|| (i as u32, Occurrences { code, ..Occurrences::default() }))
    };
    let asked = lookup.tree().files.par_iter().enumerate().filter(|(i, f)| may_hold(*i) && is_preprocessed(&f.path));
    let files: Vec<_> = asked.filter_map(per_file).collect();
    files.into_iter().collect()
}

/// Where `#if 0` hides text.
pub fn dead(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if memmem::find(text, b"if 0").is_none() {
        return found;
    }
    // For each conditional that is open: where its dead arm starts.
    let mut open: Vec<Option<usize>> = Vec::new();
    for at in memchr::memchr_iter(b'#', text) {
        let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
        if !text[line..at].trim_ascii().is_empty() {
            continue;
        }
        let word = text[at + 1..].trim_ascii_start();
        if let Some(test) = word.strip_prefix(b"if") {
            let is_never = test.trim_ascii_start().starts_with(b"0") && !test.trim_ascii_start().starts_with(b"0x");
            open.push((is_never && test.starts_with(b" ")).then_some(at));
        } else if word.starts_with(b"el") {
            found.extend(open.last_mut().and_then(Option::take).map(|from| (from, at)));
        } else if word.starts_with(b"endif") {
            found.extend(open.pop().flatten().map(|from| (from, at)));
        }
    }
    // Only the outermost count: what is inside them ends before.
    found.sort_unstable();
    let mut outer: Vec<(usize, usize)> = Vec::new();
    for range in found {
        if outer.last().is_none_or(|o| o.1 <= range.0) {
            outer.push(range);
        }
    }
    outer
}
