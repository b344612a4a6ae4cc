//! Does code keep its references? Every path through a function from taking one to each exit.
//!
//! What is found: a reference that an exit leaves behind, one that is dropped twice, a use after the drop, one taken of an owner
//! that may be exiting, and a lent pointer stored where it outlives the call. Paths are followed with what their conditions say,
//! so that `if (error) return` after a failed take is no leak, and two tests of one condition agree.
//!
//! - *Invariant:* data in, data out; which functions take and drop is data ([`Rules`]).
//! - *Invariant:* a function whose paths are too many is listed as undecided, never as clean.

mod before;
mod place;
mod rules;
mod walk;

pub use rules::{BUILTIN, Common, Drops, Fails, Family, Rules, RulesError, Take};

use crate::finding::Problem;
use aho_corasick::{AhoCorasick, packed};
use rayon::prelude::*;
use std::collections::BTreeSet;
use uioscope_source::body::Body;
use uioscope_source::language::{self, Cover};
use uioscope_source::text::{LineIndex, SourceFile, SourceTree};
use uioscope_source::tree::Skip;

/// What is wrong with a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// An exit leaves it behind.
    Leaked,
    /// It is dropped a second time.
    DroppedTwice,
    /// What it kept is used after it was dropped.
    UsedAfterDrop,
    /// It is taken of an owner of which nobody has asked whether it is exiting.
    OwnerMayExit,
    /// A lent pointer is stored where it outlives the call.
    BorrowedStored,
}

impl Fault {
    /// The word for tools.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Leaked => "leaked",
            Fault::DroppedTwice => "dropped-twice",
            Fault::UsedAfterDrop => "used-after-drop",
            Fault::OwnerMayExit => "owner-may-exit",
            Fault::BorrowedStored => "borrowed-stored",
        }
    }
}

/// One step of the path that shows a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefStep {
    /// 1-based line.
    pub line: u32,
    /// What happens there.
    pub what: String,
}

/// A reference that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefFinding {
    /// The file.
    pub path: String,
    /// 1-based line where it shows: of a leak the exit.
    pub line: u32,
    /// What is wrong.
    pub fault: Fault,
    /// The function.
    pub function: String,
    /// What is referenced, as written.
    pub object: String,
    /// From the taking to where it shows.
    pub steps: Vec<RefStep>,
}

/// A function that was not decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The file.
    pub path: String,
    /// 1-based line of its head.
    pub line: u32,
    /// The function.
    pub function: String,
}

/// What was found in a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// As the user named the tree.
    pub root: String,
    /// Functions in which a reference is taken or dropped.
    pub functions: u64,
    /// Places where one is taken.
    pub taken: u64,
    /// Places where one is dropped.
    pub dropped: u64,
    /// Sorted by path and line.
    pub findings: Vec<RefFinding>,
    /// Functions with too many paths.
    pub undecided: Vec<Undecided>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Looks at every function of a tree that takes or drops a reference.
pub fn refs(tree: &SourceTree, rules: &Rules) -> Refs {
    let mut all = Refs { root: tree.root.clone(), problems: tree.problems.clone(), ..Refs::default() };
    let Some(names) = Names::new(&rules.names()) else { return all };
    let files: Vec<&SourceFile> = tree
        .files
        .par_iter()
        .filter(|f| !f.context && language::is_preprocessed(&f.path) && names.is_match(&f.bytes))
        .collect();
    let found: Vec<Refs> = files.par_iter().map(|file| in_file(file, rules, &names)).collect();
    for one in found {
        all.functions += one.functions;
        all.taken += one.taken;
        all.dropped += one.dropped;
        all.findings.extend(one.findings);
        all.undecided.extend(one.undecided);
        all.problems.extend(one.problems);
    }
    all.findings.sort();
    // Two variants of a function that differ elsewhere show the same.
    all.findings.dedup_by(|a, b| (&a.path, a.line, a.fault, &a.object) == (&b.path, b.line, b.fault, &b.object));
    all
}

/// Looks for names in a text: with vectors as long as there are not too many of them.
struct Names {
    few: Option<packed::Searcher>,
    any: AhoCorasick,
}

impl Names {
    /// Nothing if no automaton of them can be built, as none can be of names of megabytes.
    fn new(names: &[String]) -> Option<Names> {
        Some(Names { few: packed::Searcher::new(names), any: AhoCorasick::new(names).ok()? })
    }

    fn is_match(&self, text: &[u8]) -> bool {
        match &self.few {
            Some(few) => few.find(text).is_some(),
            None => self.any.is_match(text),
        }
    }
}

fn in_file(file: &SourceFile, rules: &Rules, names: &Names) -> Refs {
    let text = language::text(&file.path, &file.bytes);
    let syntax = language::syntax(&file.path, &text);
    let lines = LineIndex::new(&file.bytes);
    let mut out = Refs::default();
    let mut skips: Vec<Skip> = Vec::new();
    let (mut functions, mut taken, mut dropped) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for part in language::parts(&*syntax) {
        let span = syntax.span(part);
        if !syntax.is_function(part) || !names.is_match(span.of(&text)) {
            continue;
        }
        syntax.trees(part, Cover::Text, &mut |ast| {
            skips.extend_from_slice(&ast.skips);
            for function in &ast.functions {
                let body = Body::with_branches(&text, ast, function);
                let name = body.name(function.name);
                if rules.take(&name).is_some() || rules.drop(&name).is_some() {
                    // What takes and drops for all others is believed.
                    continue;
                }
                let walked = walk::walk(&body, function.body, rules, &lines);
                if walked.taken.is_empty() && walked.dropped.is_empty() && walked.found.is_empty() {
                    continue;
                }
                let line = lines.line(function.name.start);
                functions.insert(function.name.start);
                taken.extend(walked.taken);
                dropped.extend(walked.dropped);
                let place = |(line, fault, object, steps)| RefFinding {
                    path: file.path.clone(),
                    line,
                    fault,
                    function: name.clone(),
                    object,
                    steps,
                };
                out.findings.extend(walked.found.into_iter().map(place));
                if walked.gave_up {
                    out.undecided.push(Undecided { path: file.path.clone(), line, function: name });
                }
            }
        });
    }
    skips.sort();
    skips.dedup();
    out.problems = language::problems(&*syntax, &file.path, &lines, skips.iter());
    out.undecided.sort();
    out.undecided.dedup();
    (out.functions, out.taken, out.dropped) = (functions.len() as u64, taken.len() as u64, dropped.len() as u64);
    out
}

#[cfg(test)]
mod tests;
