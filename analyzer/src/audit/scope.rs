//! Which definition of a macro a place sees: those of its own file above it, and those of the files that it includes, as far as
//! an `#undef` leaves them.

use crate::flow::target::{Alias, Target};
use memchr::memmem;
use uioscope_source::c::declared::macro_at;
use uioscope_source::decls::includes::{ASSEMBLER, KERNEL, Sight};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::language;
use uioscope_source::shapes::Kind;
use uioscope_source::text::{Cond, SourceFile, is_word};

/// What a macro's name means at a place, where it means the field.
#[derive(Debug)]
pub struct Meaning<'a> {
    /// The definition.
    pub alias: &'a Alias,
    /// Under which conditionals it is that one.
    pub when: Cond,
    /// Why it may be another, or none.
    pub doubt: Option<Unsure>,
}

/// Why a macro may not be what it seems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsure {
    /// The file that defines it is perhaps not included.
    Unseen(String),
    /// Another definition of the same name, in that file, is seen too.
    Several(String),
}

/// A definition that may hold where the file ends, or at a place of it.
#[derive(Debug, Clone)]
struct Live<'a> {
    /// Nothing where the definition does not touch the field.
    alias: Option<&'a Alias>,
    path: String,
    when: Cond,
}

/// What one file leaves of a name.
#[derive(Debug)]
struct Left<'a> {
    live: Vec<Live<'a>>,
    /// When it says nothing of the name, so that what it includes holds.
    passes: Cond,
}

/// What a macro's name means in file `path`, at `at` or, without it, wherever the file's macros are used.
pub fn meaning<'a>(
    lookup: &Lookup<'_>,
    target: &'a Target,
    name: &str,
    path: &str,
    at: Option<u32>,
) -> Option<Meaning<'a>> {
    let all = target.aliases.get(name)?;
    let own = lookup.tree().file(path).map(|f| left(f, name, all, at)).unwrap_or_else(Left::nothing);
    let mut live = own.live;
    let mut unseen = None;
    if own.passes != Cond::Const(false) {
        let mut files: Vec<(&SourceFile, Sight)> = Vec::new();
        for (f, _) in lookup.places(Kind::Macro, name, path) {
            if f.path != path && !files.iter().any(|(known, _)| known.path == f.path) {
                files.push((f, lookup.sight(path, &f.path)));
            }
        }
        // Sources that are included define macros too, but stand in no index.
        for alias in all.iter().filter(|a| a.definition.path != path) {
            let Some(f) = lookup.tree().file(&alias.definition.path) else { continue };
            if !files.iter().any(|(known, _)| known.path == f.path) {
                files.push((f, lookup.sight(path, &f.path)));
            }
        }
        let best = files.iter().map(|f| f.1).max().unwrap_or(Sight::No);
        for (f, _) in files.iter().filter(|f| f.1 == best && best != Sight::No) {
            let holds = |l: Live<'a>| Live { when: Cond::all(vec![l.when, own.passes.clone()]), ..l };
            live.extend(left(f, name, all, None).live.into_iter().map(holds));
        }
        if best == Sight::Maybe {
            unseen = live.iter().find(|l| l.alias.is_some()).map(|l| Unsure::Unseen(l.path.clone()));
        }
    }
    let chosen = live.iter().find(|l| l.alias.is_some())?.clone();
    let alias = chosen.alias?;
    // Arms of one conditional exclude each other; two files do not.
    let other = live.iter().find(|l| l.alias.is_none_or(|a| a.is_value != alias.is_value) && l.path != chosen.path);
    let beside = live.iter().find(|l| l.alias.is_none() && l.path == chosen.path && chosen.when == Cond::Const(true));
    let several = || other.or(beside).map(|l| Unsure::Several(l.path.clone()));
    Some(Meaning { alias, when: chosen.when, doubt: unseen.or_else(several) })
}

impl Left<'_> {
    fn nothing() -> Self {
        Left { live: Vec::new(), passes: Cond::Const(true) }
    }
}

/// A condition without what every kernel's own files are compiled with, and without the question whether the name itself is
/// defined already (`#ifndef GET` before `#define GET`).
fn asked(when: Cond, name: &str) -> Cond {
    let is_open = |term: &Cond| match term.literal() {
        Some((atom, true)) => !KERNEL.contains(&atom),
        Some((atom, false)) => atom != name && !ASSEMBLER.contains(&atom),
        None => true,
    };
    Cond::all(when.terms().iter().filter(|t| is_open(t)).cloned().collect())
}

/// What a file's directives leave of a name above `at`, or at its end.
fn left<'a>(file: &SourceFile, name: &str, all: &'a [Alias], at: Option<u32>) -> Left<'a> {
    let mut left = Left::nothing();
    let text = &file.bytes;
    let mut events: Vec<(usize, bool)> = Vec::new();
    for place in memmem::find_iter(text, name.as_bytes()).filter(|p| is_word(text, *p, name.len())) {
        if at.is_some_and(|at| place >= at as usize) {
            break;
        }
        if macro_at(file, place, name.len()).is_some() {
            events.push((place, true));
        } else if is_undefined(text, place) {
            events.push((place, false));
        }
    }
    if events.is_empty() {
        return left;
    }
    let read = language::text(&file.path, text);
    let syntax = language::syntax(&file.path, &read);
    for (place, is_definition) in events {
        let when = asked(syntax.presence(place as u32), name);
        if when == Cond::Const(false) || syntax.in_comment(place as u32) {
            continue;
        }
        // What held before holds where this is not.
        let not = when.clone().negate();
        for l in &mut left.live {
            l.when = Cond::all(vec![l.when.clone(), not.clone()]);
        }
        left.live.retain(|l| l.when != Cond::Const(false));
        left.passes = Cond::all(vec![left.passes, not]);
        if is_definition {
            let alias = all.iter().find(|a| a.definition.path == file.path && a.definition.at == place as u32);
            left.live.push(Live { alias, path: file.path.clone(), when });
        }
    }
    left
}

fn is_undefined(text: &[u8], at: usize) -> bool {
    let before = text[..at].trim_ascii_end();
    before.len() < at && before.strip_suffix(b"undef").is_some_and(|head| head.trim_ascii_end().ends_with(b"#"))
}
