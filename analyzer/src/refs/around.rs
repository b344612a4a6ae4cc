//! What stands around a function: who calls it, what is registered beside it, and where members are set back. Asked only where a
//! finding hangs on it.

use super::rules::{Rules, has_word};
use super::summary::{Act, Table};
use memchr::memmem;
use rayon::prelude::*;
use std::collections::BTreeSet;
use uioscope_source::decls::functions::Place;
use uioscope_source::language;
use uioscope_source::text::{SourceTree, Span, blanks, is_word, word_end};

/// So many callers of callers are asked.
const DEEPEST: u32 = 3;

/// Of what is called in more places, those who call the callers are not asked: each of them takes a look at the whole tree.
const MOST_CALLS: usize = 6;

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Around<'a, 't> {
    pub tree: &'t SourceTree,
    pub rules: &'a Rules,
    pub table: &'a Table<'t>,
}

/// Those who call a function, by whether something before the call asks whether an owner is exiting, or keeps it from that.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Callers {
    pub keeping: BTreeSet<String>,
    pub others: BTreeSet<String>,
}

impl Around<'_, '_> {
    /// Who calls the function at a place.
    /// What is handed as that argument is the owner.
    pub fn callers(&self, name: &str, place: Place, argument: usize) -> Callers {
        self.callers_below(name, place, Some(argument), DEEPEST)
    }

    fn callers_below(&self, name: &str, place: Place, argument: Option<usize>, depth: u32) -> Callers {
        let own = self.tree.files[place.file as usize].path.as_str();
        let is_private = self.table.functions.is_private(place);
        let files: Vec<usize> = (0..self.tree.files.len())
            .into_par_iter()
            .filter(|i| {
                let file = &self.tree.files[*i];
                let read = language::is_preprocessed(&file.path) && !file.context;
                read && (!is_private || file.path == own) && memmem::find(&file.bytes, name.as_bytes()).is_some()
            })
            .collect();
        let mut found = Callers::default();
        let means = |i: &usize| self.table.functions.definitions(name, &self.tree.files[*i].path).contains(&place);
        let files: Vec<usize> = files.into_iter().filter(means).collect();
        let calls: usize = files.iter().map(|i| calls_of(&self.tree.files[*i].bytes, name).len()).sum();
        let depth = if calls > MOST_CALLS { 0 } else { depth };
        for i in files {
            let file = &self.tree.files[i];
            let syntax = self.table.functions.syntax(i as u32);
            for at in calls_of(&file.bytes, name) {
                let Some(part) = syntax.part_at(at).filter(|p| syntax.is_function(*p)) else { continue };
                let span = syntax.span(part);
                let is_itself = i == place.file as usize && (span.start..span.end).contains(&place.at);
                let Some((caller, head)) = self.function(i as u32, at).filter(|_| !is_itself) else { continue };
                let before = file.bytes.get(head as usize..at as usize).unwrap_or_default();
                // Whoever hands in the process that it runs as keeps it.
                let own = argument.and_then(|n| handed(&file.bytes[at as usize..], n)).unwrap_or_default();
                let own = String::from_utf8_lossy(own);
                let is_own = self.rules.common.current.iter().any(|c| has_word(&own, c));
                let keeps = is_own
                    || self.keeps(before, &file.path, true)
                    || depth > 0 && {
                        let above = self.callers_below(&caller, Place { file: i as u32, at: head }, None, depth - 1);
                        above.others.is_empty() && !above.keeping.is_empty()
                    };
                if keeps {
                    found.keeping.insert(caller)
                } else {
                    found.others.insert(caller)
                };
            }
        }
        found
    }

    /// The function around a place, and where its name stands.
    fn function(&self, file: u32, at: u32) -> Option<(String, u32)> {
        let mut found = None;
        self.table.functions.trees(file, at, |source, ast| {
            // Several functions can stand in one item where its braces do not match.
            if let Some(name) = ast.functions.iter().map(|f| f.name).filter(|n| n.start < at).max_by_key(|n| n.start) {
                found = Some((String::from_utf8_lossy(name.of(source)).into_owned(), name.start));
            }
        });
        found
    }

    /// Whether one of these functions asks whether an owner is exiting or keeps it from that.
    pub fn helped(&self, helpers: &[String], path: &str) -> bool {
        helpers.iter().any(|name| self.is_keeping(name, path))
    }

    fn is_keeping(&self, name: &str, path: &str) -> bool {
        self.table.functions.definitions(name, path).into_iter().any(|place| {
            let file = self.table.functions.file(place);
            self.span(place).is_some_and(|s| self.keeps(s.of(&file.bytes), &file.path, false))
        })
    }

    /// Whether a text, or what it calls, asks whether an owner is exiting or keeps it from that.
    fn keeps(&self, text: &[u8], path: &str, deeper: bool) -> bool {
        if self.rules.shows_exiting(&String::from_utf8_lossy(text)) {
            return true;
        }
        deeper && called(text).any(|name| self.is_keeping(&name, path))
    }

    fn span(&self, place: Place) -> Option<Span> {
        let syntax = self.table.functions.syntax(place.file);
        syntax.part_at(place.at).map(|part| syntax.span(part))
    }

    /// A function that drops, and is registered in one table with this one: what the one holds when it returns, the other drops.
    pub fn partner(&self, name: &str, place: Place) -> Option<String> {
        let file = &self.tree.files[place.file as usize];
        let text = file.bytes.as_slice();
        let mut beside = BTreeSet::new();
        for at in memmem::find_iter(text, name.as_bytes()).filter(|at| is_word(text, *at, name.len())) {
            let own = self.span(place).is_some_and(|s| (s.start..s.end).contains(&(at as u32)));
            if !own && let Some(table) = initializer(text, at) {
                beside.extend(words(table));
            }
        }
        beside.remove(name);
        beside.into_iter().find(|other| {
            self.table.functions.definitions(other, &file.path).into_iter().any(|at| {
                let of = self.table.functions.file(at);
                self.span(at).is_some_and(|s| called(s.of(&of.bytes)).any(|callee| self.drops(&callee, &of.path)))
            })
        })
    }

    fn drops(&self, name: &str, path: &str) -> bool {
        self.rules.drop(name).is_some() || self.table.does(name, path, Act::Drops)
    }

    /// Where a member is set to zero outside of a function.
    pub fn set_back(&self, member: &str, except: (u32, Span)) -> Option<(String, u32)> {
        let own = except.0 as usize;
        let order: Vec<usize> = std::iter::once(own).chain((0..self.tree.files.len()).filter(|i| *i != own)).collect();
        order.into_par_iter().find_map_first(|i| {
            let file = &self.tree.files[i];
            let text = file.bytes.as_slice();
            if !language::is_preprocessed(&file.path) || file.context {
                return None;
            }
            let mut places = memmem::find_iter(text, member.as_bytes()).filter(|at| {
                let outside = i != except.0 as usize || !(except.1.start..except.1.end).contains(&(*at as u32));
                outside && is_word(text, *at, member.len()) && is_cleared(text, *at, member.len())
            });
            places.next().map(|at| (file.path.clone(), at as u32))
        })
    }
}

/// Where a text calls a function.
fn calls_of(text: &[u8], name: &str) -> Vec<u32> {
    memmem::find_iter(text, name.as_bytes())
        .filter(|at| is_word(text, *at, name.len()) && text.get(blanks(text, at + name.len())) == Some(&b'('))
        .map(|at| at as u32)
        .collect()
}

/// The text of a call's argument.
fn handed(call: &[u8], number: usize) -> Option<&[u8]> {
    let open = call.iter().position(|b| *b == b'(')?;
    let (mut depth, mut start, mut n) = (0u32, open + 1, 0);
    for (i, b) in call.iter().enumerate().skip(open) {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 1 => return (n == number).then(|| &call[start..i]),
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 1 && n == number => return Some(&call[start..i]),
            b',' if depth == 1 => (n, start) = (n + 1, i + 1),
            _ => {}
        }
    }
    None
}

fn words(text: &[u8]) -> impl Iterator<Item = String> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    text.split(move |b| !is_part(b))
        .filter(|w| w.first().is_some_and(|b| !b.is_ascii_digit()))
        .map(|w| String::from_utf8_lossy(w).into_owned())
}

/// The names before an opening bracket.
fn called(text: &[u8]) -> impl Iterator<Item = String> {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let starts = move |i: &usize| is_part(text[*i]) && (*i == 0 || !is_part(text[*i - 1]));
    (0..text.len()).filter(starts).filter_map(|i| {
        let end = word_end(text, i);
        (text.get(blanks(text, end)) == Some(&b'(')).then(|| String::from_utf8_lossy(&text[i..end]).into_owned())
    })
}

/// The braces around a place, if they are what a variable starts with.
fn initializer(text: &[u8], at: usize) -> Option<&[u8]> {
    let mut depth = 0;
    let open = (0..at).rev().find(|i| match text[*i] {
        b'}' => {
            depth += 1;
            false
        }
        b'{' if depth == 0 => true,
        b'{' => {
            depth -= 1;
            false
        }
        _ => false,
    })?;
    if text[..open].trim_ascii_end().last() != Some(&b'=') {
        return None;
    }
    let close = text[at..].iter().position(|b| *b == b'}').map_or(text.len(), |i| at + i);
    Some(&text[open..close])
}

/// Whether the member at a place is set to zero there.
fn is_cleared(text: &[u8], at: usize, len: usize) -> bool {
    let is_member = text[..at].ends_with(b"->") || text[..at].ends_with(b".");
    let equals = blanks(text, at + len);
    let value = blanks(text, equals + 1);
    let end = word_end(text, value);
    is_member && text.get(equals) == Some(&b'=') && matches!(&text[value..end], b"NULL" | b"0" | b"nullptr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_table_and_what_clears_is_told_from_the_rest() {
        let text = b"static struct ops o = { .start = m_start, .stop = m_stop, };\nint f(void) { g(m_start); }";
        let table = initializer(text, memmem::find(text, b"m_start").expect("there")).expect("a table");
        assert!(has_word(&String::from_utf8_lossy(table), "m_stop"));
        assert_eq!(initializer(text, memmem::rfind(text, b"m_start").expect("there")), None);
        let clears = |text: &[u8]| is_cleared(text, memmem::find(text, b"vm").expect("there"), 2);
        assert!(clears(b"r->vm = NULL;") && clears(b"r.vm=0;"));
        assert!(!clears(b"r->vm == NULL") && !clears(b"vm = NULL;") && !clears(b"r->vm = other;"));
        assert_eq!(handed(b"f(a(b, c), d)", 1), Some(&b" d"[..]));
        assert_eq!((handed(b"f(a)", 1), handed(b"f(a", 0)), (None, None));
        assert_eq!(called(b"a(b, c (d)) e").collect::<Vec<_>>(), ["a", "c"]);
    }
}
