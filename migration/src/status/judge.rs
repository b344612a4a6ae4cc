//! Whether a place that no longer uses the old field does what the plan says, or only does nothing any more.

use super::{Old, line_key};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::finding::{Access, Finding, Space};
use uioscope_analyzer::packs::Migration;
use uioscope_source::language;
use uioscope_source::text::{SourceTree, is_word};

/// The tree as it stands now, seen from the new member.
pub struct After<'a> {
    /// The tree.
    pub tree: &'a SourceTree,
    /// Names that edits write; nothing known where the plan's pack is not at hand.
    pub words: Option<&'a Migration>,
    /// What an audit of the new member finds.
    pub findings: &'a [Finding],
    /// The new member is declared.
    pub is_declared: bool,
}

/// How one place stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// It does what the plan says.
    Done,
    /// It does not; why.
    Left(String),
    /// It cannot be told; why.
    Unknown(String),
}

impl After<'_> {
    /// Which places are what the plan's edits make of them, line by line. Several of one function may become lines that are the
    /// same; there are then as many of those.
    pub fn made(&self, old: &[Old]) -> Vec<bool> {
        let mut left: BTreeMap<(&str, &str), BTreeMap<String, usize>> = BTreeMap::new();
        let mut known: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
        let mut all = Vec::with_capacity(old.len());
        for Old { path, function, becomes, already, .. } in old {
            let lines = left.entry((path, function)).or_insert_with(|| self.lines(path, function));
            let is_new = known.insert((path, function, becomes));
            let count = lines.get_mut(becomes).filter(|_| !becomes.is_empty());
            all.push(count.is_some_and(|count| {
                if is_new {
                    *count = count.saturating_sub(*already);
                }
                let is_made = *count > 0;
                *count = count.saturating_sub(1);
                is_made
            }));
        }
        all
    }

    /// The lines of a function, by their keys, and how many there are of each.
    pub fn lines(&self, path: &str, function: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in self.functions(path, function).iter().flat_map(|t| t.split(|b| *b == b'\n')) {
            *counts.entry(line_key(function, line)).or_default() += 1;
        }
        counts
    }

    /// A place whose old use is gone.
    pub fn judge(&self, old: &Old) -> Stands {
        let texts = self.functions(&old.path, &old.function);
        if old.kind == "removed" {
            return Stands::Done;
        }
        let place = format!("{}:{}", old.path, old.function);
        let Some(words) = self.words else {
            return Stands::Unknown(format!("{place}: the plan's pack is not known here"));
        };
        if texts.is_empty() {
            return Stands::Unknown(format!("{place}: the function was not found again"));
        }
        match (old.access.as_str(), old.kind.as_str()) {
            ("store", "sysspace" | "vmspace") => self.store(old, &texts, words, &place),
            ("load", "vmspace") if self.in_function(old, Access::Load).next().is_some() => Stands::Done,
            _ => Stands::Unknown(format!("{place}: the old use is gone; whether it was replaced cannot be told")),
        }
    }

    /// A store is done when the same request's new member is stored, with the right space.
    fn store(&self, old: &Old, texts: &[&[u8]], words: &Migration, place: &str) -> Stands {
        let member = &words.member;
        let sets_up = !words.setup.is_empty() && texts.iter().any(|t| holds(t, &words.setup));
        let spaces: Vec<Option<Space>> = self.in_function(old, Access::Store).map(|f| f.space).collect();
        let is_kernel = |s: &Option<Space>| *s == Some(Space::Kernel);
        if old.kind == "sysspace" {
            return match (sets_up || spaces.iter().any(is_kernel), spaces.is_empty()) {
                (true, _) => Stands::Done,
                (false, true) => Stands::Left(format!("{place} says nowhere that the request names kernel memory")),
                (false, false) if spaces.contains(&Some(Space::Unknown)) => {
                    Stands::Unknown(format!("{place}: which address space {member} gets is not known"))
                }
                (false, false) => Stands::Left(format!("{place} stores another address space than the kernel's")),
            };
        }
        let was = |s: &Option<Space>| s.is_some_and(|s| s.name() == old.space);
        if spaces.iter().any(was) {
            return Stands::Done;
        }
        match spaces.iter().find(|s| !is_kernel(s)) {
            Some(Some(Space::Unknown)) => {
                Stands::Unknown(format!("{place}: which address space {member} gets is not known"))
            }
            Some(Some(space)) => {
                Stands::Unknown(format!("{place}: {member} is stored, as {} and not {}", space.name(), old.space))
            }
            _ if spaces.is_empty() => Stands::Left(format!("{place} does not store {member}")),
            _ => Stands::Left(format!("{place} stores the kernel's address space")),
        }
    }

    /// What the audit of the new member finds in the place's function, wherever its file went.
    fn in_function<'s>(&'s self, old: &'s Old, access: Access) -> impl Iterator<Item = &'s Finding> {
        let here = move |f: &&Finding| f.access == access && f.implicit.is_none() && f.function == old.function;
        let is_own = move |f: &Finding| f.path == old.path;
        let moved = !self.findings.iter().filter(here).any(is_own);
        self.findings.iter().filter(here).filter(move |f| is_own(f) || moved && self.tree.file(&old.path).is_none())
    }

    /// The texts of the function, or macro, that the place stands in.
    fn functions(&self, path: &str, function: &str) -> Vec<&[u8]> {
        let own: Vec<_> = self.tree.file(path).into_iter().collect();
        let moved = self.tree.files.iter().filter(|_| own.is_empty());
        let mut found = Vec::new();
        for file in own.iter().copied().chain(moved) {
            let Some(language) = language::of(&file.path) else { continue };
            let name = function.as_bytes();
            if memchr::memmem::find(&file.bytes, name).is_none() {
                continue;
            }
            let mut at: Option<u32> = None;
            language.functions(&file.bytes, &mut |d| {
                let text = &file.bytes[..];
                // Up to the next function, where the body's end is not known.
                if let Some(start) = at.take() {
                    found.push(&text[start as usize..d.name.start as usize]);
                }
                if d.name.of(text) == name {
                    match d.body {
                        Some(body) => found.push(&text[d.name.start as usize..body.end as usize]),
                        None => at = Some(d.name.start),
                    }
                }
            });
            found.extend(at.map(|start| &file.bytes[start as usize..]));
        }
        if found.is_empty() && (function == "-" || function.contains('(')) {
            found.extend(own.iter().map(|f| &f.bytes[..]));
        }
        found
    }
}

/// Whether a name stands in a text.
fn holds(text: &[u8], name: &str) -> bool {
    memchr::memmem::find_iter(text, name).any(|at| is_word(text, at, name.len()))
}
