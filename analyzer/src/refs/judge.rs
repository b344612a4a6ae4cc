//! The functions of one file: each in all its variants, and with macros expanded that hide something.

use super::around::Around;
use super::macros::Macros;
use super::names::Names;
use super::rules::Rules;
use super::summary::{Calls, Summary, Table, When, sum};
use super::walk::{Found, Hangs, Walked, walk};
use super::{Confidence, Doubt, RefFinding, Refs, Undecided, Unfollowed};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::Body;
use uioscope_source::decls::functions::Place;
use uioscope_source::language::{self, Cover, Part, Syntax};
use uioscope_source::text::{LineIndex, SourceTree, Span};
use uioscope_source::tree::{Ast, Skip};

/// What a file is judged with.
pub(super) struct Judge<'j, 't> {
    pub tree: &'t SourceTree,
    pub rules: &'j Rules,
    pub table: &'j Table<'t>,
    pub macros: &'j Macros<'t>,
    pub names: &'j Names,
}

/// What the functions of a file do, by the places of their names.
pub(super) type Sums = BTreeMap<Place, (String, Summary)>;

/// A function that was followed.
struct Followed<'a> {
    name: String,
    /// Where its name stands in the file; nothing for one that a macro makes.
    at: Option<u32>,
    /// The item that it is in.
    span: Span,
    walked: Walked,
    /// Where a byte of what was read stands in the file.
    origin: &'a dyn Fn(u32) -> u32,
}

/// What is made of a finding.
enum Judged {
    Stays,
    Goes,
    Undecided(Unfollowed),
}

/// A text that is read: a file, or what was made of a part of it.
struct Read<'r, 's> {
    path: &'r str,
    syntax: &'r (dyn Syntax<'s> + 's),
    /// Of the file.
    lines: &'r LineIndex,
    /// Where a byte stands in the file, and whether it stands there itself.
    origin: &'r dyn Fn(u32) -> u32,
    own: &'r dyn Fn(u32) -> Option<u32>,
    /// The item that it is in the file.
    span: Span,
    skips: &'r mut Vec<Skip>,
}

impl Judge<'_, '_> {
    /// What the functions of a file do to what they are handed.
    pub fn sums(&self, file: usize) -> Sums {
        let mut sums = Sums::new();
        self.each(file, &mut Vec::new(), &mut |f| {
            let mut summary = sum(&f.walked.exits);
            if f.walked.gave_up {
                summary.gives = None;
                summary.effects.iter_mut().for_each(|e| e.when = When::Sometimes);
            }
            if let Some(at) = f.at {
                let place = Place { file: file as u32, at };
                match sums.remove(&place) {
                    Some((name, old)) => sums.insert(place, (name, old.joined(&summary))),
                    None => sums.insert(place, (f.name, summary)),
                };
            }
        });
        sums
    }

    /// What is wrong in a file.
    pub fn findings(&self, file: usize) -> Refs {
        let source = &self.tree.files[file];
        let lines = LineIndex::new(&source.bytes);
        let mut out = Refs::default();
        let mut skips: Vec<Skip> = Vec::new();
        let (mut functions, mut taken, mut dropped) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut undecided: Vec<Undecided> = Vec::new();
        let incomplete = self.each(file, &mut skips, &mut |f| {
            let walked = f.walked;
            if walked.taken.is_empty() && walked.dropped.is_empty() && walked.found.is_empty() {
                return;
            }
            let at =
                f.at.unwrap_or_else(|| walked.taken.iter().chain(&walked.dropped).next().map_or(0, |t| (f.origin)(*t)));
            functions.insert(at);
            taken.extend(walked.taken.iter().map(|t| (f.origin)(*t)));
            dropped.extend(walked.dropped.iter().map(|t| (f.origin)(*t)));
            let line = lines.line(at);
            if walked.gave_up {
                let why = Unfollowed::TooManyPaths;
                undecided.push(Undecided { path: source.path.clone(), line, function: f.name.clone(), why });
            }
            let place = Place { file: file as u32, at };
            for mut found in walked.found {
                match self.hangs(&mut found, &f.name, place, f.span) {
                    Judged::Stays => {}
                    Judged::Goes => continue,
                    Judged::Undecided(why) => {
                        let (path, function) = (source.path.clone(), f.name.clone());
                        undecided.push(Undecided { path, line: found.line, function, why });
                        continue;
                    }
                }
                out.findings.push(RefFinding {
                    id: String::new(),
                    path: source.path.clone(),
                    line: found.line,
                    fault: found.fault,
                    function: f.name.clone(),
                    object: found.object,
                    confidence: found.doubts.iter().map(Doubt::weighs).max().unwrap_or(Confidence::Certain),
                    doubts: found.doubts,
                    steps: found.steps,
                });
            }
        });
        for (line, function) in incomplete {
            let why = Unfollowed::TooManyVariants;
            undecided.push(Undecided { path: source.path.clone(), line, function, why });
        }
        skips.sort();
        skips.dedup();
        let text = language::text(&source.path, &source.bytes);
        let syntax = language::syntax(&source.path, &text);
        out.problems = language::problems(&*syntax, &source.path, &lines, skips.iter());
        undecided.sort();
        undecided.dedup();
        out.undecided = undecided;
        (out.functions, out.taken, out.dropped) = (functions.len() as u64, taken.len() as u64, dropped.len() as u64);
        out
    }

    /// What stands around a function decides about some findings.
    fn hangs(&self, found: &mut Found, name: &str, place: Place, span: Span) -> Judged {
        let around = Around { tree: self.tree, rules: self.rules, table: self.table };
        if around.helped(&found.helpers, &self.tree.files[place.file as usize].path) {
            return Judged::Goes;
        }
        match &found.hangs {
            Hangs::Nowhere => {}
            Hangs::Callers(argument) => {
                let callers = around.callers(name, place, *argument);
                if !callers.others.is_empty() && callers.keeping.is_empty() {
                    return Judged::Stays;
                }
                let is_all = callers.others.is_empty() && !callers.keeping.is_empty();
                if is_all && self.table.functions.is_private(place) {
                    return Judged::Goes;
                }
                if let Some(caller) = callers.keeping.iter().next().filter(|_| is_all) {
                    let (object, caller) = (found.object.clone(), caller.clone());
                    return Judged::Undecided(Unfollowed::Kept { object, caller });
                }
                found.doubts.push(match callers.keeping.into_iter().next() {
                    Some(caller) => Doubt::CallerKeeps(caller),
                    None => Doubt::NoCallers,
                });
            }
            Hangs::SetBack(member) => {
                if let Some((path, at)) = around.set_back(member, (place.file, span)) {
                    let file = self.tree.file(&path).map_or(&[][..], |f| &f.bytes);
                    let (object, line) = (found.object.clone(), LineIndex::new(file).line(at));
                    return Judged::Undecided(Unfollowed::Lent { object, member: member.clone(), path, line });
                }
                found.doubts.push(Doubt::Outlives);
            }
            Hangs::Partner(returned) => {
                let head = &self.tree.files[place.file as usize].bytes[span.start as usize..];
                let head = &head[..(place.at.saturating_sub(span.start) as usize).min(head.len())];
                let is_failure = *returned == Some(true) && !head.contains(&b'*');
                if !is_failure && let Some(partner) = around.partner(name, place) {
                    return Judged::Undecided(Unfollowed::Partner { object: found.object.clone(), partner });
                }
            }
        }
        Judged::Stays
    }

    /// Follows every function of a file that may matter; those whose variants were too many are the answer, with their lines.
    fn each(&self, file: usize, skips: &mut Vec<Skip>, f: &mut dyn FnMut(Followed<'_>)) -> Vec<(u32, String)> {
        let source = &self.tree.files[file];
        let text = language::text(&source.path, &source.bytes);
        let syntax = language::syntax(&source.path, &text);
        let lines = LineIndex::new(&source.bytes);
        let mut incomplete = Vec::new();
        for part in language::parts(&*syntax) {
            let span = syntax.span(part);
            if !syntax.is_function(part) || !self.names.is_match(span.of(&text)) {
                continue;
            }
            let made = syntax.preprocessed().and_then(|c| {
                let range = *c.items.get(part.0 as usize)?;
                self.macros.expand(c, range, source, &self.table.functions)
            });
            let mut names = BTreeSet::new();
            let mut one = |followed: Followed<'_>| {
                names.insert(followed.name.clone());
                f(followed);
            };
            let mut read =
                Read { path: &source.path, syntax: &*syntax, lines: &lines, origin: &|at| at, own: &Some, span, skips };
            let missed = match made {
                Some(made) => {
                    let inner = language::syntax(&source.path, &made.text);
                    let origin = |at: u32| made.origin(at).at;
                    let own = |at: u32| made.origin(at).is_own.then(|| origin(at));
                    let skips = &mut Vec::new();
                    let mut read = Read { syntax: &*inner, origin: &origin, own: &own, skips, ..read };
                    let parts: Vec<Part> = language::parts(&*inner).collect();
                    parts.into_iter().fold(false, |missed, part| self.part(&mut read, part, &mut one) | missed)
                }
                None => self.part(&mut read, part, &mut one),
            };
            if missed {
                incomplete.extend(names.into_iter().map(|name| (lines.line(span.start), name)));
            }
        }
        incomplete
    }

    /// Follows the functions of a part in all its variants; whether some were left out.
    fn part(&self, read: &mut Read<'_, '_>, part: Part, f: &mut dyn FnMut(Followed<'_>)) -> bool {
        let Read { path, syntax, lines, origin, own, span, .. } = *read;
        let missed = syntax.trees(part, Cover::All, &mut |ast: &mut Ast| {
            read.skips.extend_from_slice(&ast.skips);
            for function in &ast.functions {
                let body = Body::with_arms(syntax.source(), ast, function);
                let name = body.name(function.name);
                if self.rules.is_named(&name) {
                    // What takes and drops for all others is believed.
                    continue;
                }
                let calls = Calls { rules: self.rules, table: self.table, path, lookup: &self.macros.lookup };
                let walked = walk(&body, function.body, calls, &|at| lines.line(origin(at)));
                f(Followed { name, at: own(function.name.start), span, walked, origin });
            }
        });
        missed.incomplete
    }
}
