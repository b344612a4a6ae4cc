//! Does code keep its references? Every path through a function from taking one to each exit.
//!
//! What is found: a reference that an exit leaves behind, one that is dropped twice, a use after the drop, one taken of an owner
//! that may be exiting, and a lent pointer stored where it outlives the call. Paths are followed with what their conditions say,
//! so that `if (error) return` after a failed take is no leak, and two tests of one condition agree. What a function does to a
//! reference that it is handed is summed up once, callees first, and believed where it is called.
//!
//! - *Invariant:* data in, data out; which functions take and drop is data ([`Rules`]).
//! - *Invariant:* a function whose paths are too many is listed as undecided, never as clean.

mod answers;
mod around;
mod before;
mod effect;
mod exit;
mod judge;
mod last;
mod macros;
mod names;
mod path;
mod place;
mod rules;
mod state;
mod summary;
mod walk;

pub use rules::{BUILTIN, Common, Drops, Fails, Family, Rules, RulesError, Take};
pub use summary::{Act, When};

use crate::finding::{Confidence, Problem};
use judge::{Judge, Sums};
use macros::Macros;
use names::Names;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::fmt;
use summary::Table;
use uioscope_source::decls::functions::Functions;
use uioscope_source::language;
use uioscope_source::text::{LineIndex, SourceTree};

/// So many rounds of summing up are made: chains of callers that are longer are not seen.
const ROUNDS: usize = 12;

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

/// Why a finding is not certain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A function got the reference, or what holds it, and nothing is known of what it does.
    Passed(String),
    /// Whether it was taken at all was not tested on the path.
    Untested,
    /// A function that drops it when it fails was called, and its result not tested.
    ResultUntested,
    /// A caller may keep the owner from exiting.
    CallerKeeps(String),
    /// Nobody in the tree calls the function by name: what its callers keep is not known.
    NoCallers,
    /// The function gives the same answer where it has taken nothing.
    SameAnswer(String),
    /// It was dropped of a parameter, and who calls may have another.
    CallersOwn,
    /// Both the owner and what the pointer was stored in belong to the callers.
    Outlives,
}

impl Doubt {
    /// What is left of a finding's confidence.
    pub const fn weighs(&self) -> Confidence {
        match self {
            Doubt::Passed(_) | Doubt::Untested | Doubt::ResultUntested | Doubt::SameAnswer(_) => Confidence::Likely,
            Doubt::CallerKeeps(_) | Doubt::NoCallers | Doubt::Outlives | Doubt::CallersOwn => Confidence::Possible,
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Passed(name) => write!(f, "what {name}() does with it is not known"),
            Doubt::Untested => f.write_str("whether it was taken is not tested on this path"),
            Doubt::CallerKeeps(name) => write!(f, "{name}(), which calls this, may keep the owner from exiting"),
            Doubt::NoCallers => {
                f.write_str("nobody in the tree calls this by name: what its callers keep is not known")
            }
            Doubt::CallersOwn => f.write_str("its callers may have another reference on it"),
            Doubt::Outlives => f.write_str("whether it outlives the owner, the callers decide: both are theirs"),
            Doubt::SameAnswer(answer) => {
                write!(f, "it answers {answer} also where it has taken nothing: its callers may know by other means")
            }
            Doubt::ResultUntested => {
                f.write_str("a function that drops it when it fails was called, and its result not tested")
            }
        }
    }
}

/// A reference that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefFinding {
    /// Stable across line moves: hashes path, function, what is wrong with what, the line's text without blanks, and an ordinal.
    pub id: String,
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
    /// How sure this is.
    pub confidence: Confidence,
    /// Why it is not certain.
    pub doubts: Vec<Doubt>,
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
    /// Why not.
    pub why: Unfollowed,
}

/// Why a function was not decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfollowed {
    /// It has too many paths.
    TooManyPaths,
    /// Its `#if`s make too many variants.
    TooManyVariants,
    /// It stores a lent pointer in what it was handed, in a member that is set to null elsewhere: whether in time, who calls decides.
    Lent {
        /// What is lent.
        object: String,
        /// The member that it is stored in.
        member: String,
        /// Where that is set to null.
        path: String,
        /// 1-based line.
        line: u32,
    },
    /// It takes a reference of an owner, which all that call it in this tree keep from exiting; others may call it too.
    Kept {
        /// What is taken.
        object: String,
        /// One of its callers.
        caller: String,
    },
    /// It holds a reference at an exit, and a function that drops one is registered beside it.
    Partner {
        /// What is held.
        object: String,
        /// Who drops.
        partner: String,
    },
}

impl Unfollowed {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Unfollowed::TooManyPaths => "too many paths".to_owned(),
            Unfollowed::TooManyVariants => "too many variants".to_owned(),
            Unfollowed::Lent { object, member, path, line } => format!(
                "{object} is only lent, and stored in {member}, which {path}:{line} sets back: whether in time, its callers decide"
            ),
            Unfollowed::Kept { object, caller } => {
                format!(
                    "{object} is taken of an owner that all callers in this tree keep from exiting, such as {caller}()"
                )
            }
            Unfollowed::Partner { object, partner } => {
                format!("{object} is held here, and {partner}(), which is registered beside it, may drop it")
            }
        }
    }
}

/// One thing that a function does to a reference that it is handed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Does {
    /// What.
    pub act: Act,
    /// To what, by the parameter's place: `#0->vm`; nothing for the result.
    pub place: Option<String>,
    /// What is counted.
    pub counted: String,
    /// With which result of the function.
    pub when: When,
}

/// What a function does to references that it is handed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionRefs {
    /// The file.
    pub path: String,
    /// 1-based line of its name.
    pub line: u32,
    /// The function.
    pub function: String,
    /// In order of parameters.
    pub does: Vec<Does>,
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
    /// Functions that were given up on.
    pub undecided: Vec<Undecided>,
    /// What functions do to references that they are handed, as it was summed up; sorted by path and line.
    pub summaries: Vec<FunctionRefs>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Looks at every function of a tree that takes or drops a reference.
pub fn refs(tree: &SourceTree, rules: &Rules) -> Refs {
    let mut all = Refs { root: tree.root.clone(), problems: tree.problems.clone(), ..Refs::default() };
    let mut names = rules.names();
    let Some(own) = Names::new(&names) else { return all };
    let read: Vec<usize> = (0..tree.files.len())
        .filter(|i| !tree.files[*i].context && language::is_preprocessed(&tree.files[*i].path))
        .collect();
    let holding = |names: &Names| -> Vec<usize> {
        read.par_iter().copied().filter(|i| names.is_match(&tree.files[*i].bytes)).collect()
    };
    if holding(&own).is_empty() {
        return all;
    }
    let macros = Macros::new(tree, rules, &own);
    names.extend(macros.acting.iter().cloned());
    names.sort_unstable();
    let mut table = Table::new(Functions::new(tree));
    let mut news = names.clone();
    for _ in 0..ROUNDS {
        let Some(searched) = Names::new(&news) else { break };
        let sums: Vec<Sums> = {
            let judge = Judge { tree, rules, table: &table, macros: &macros, names: &searched };
            holding(&searched).par_iter().map(|file| judge.sums(*file)).collect()
        };
        news.clear();
        for (place, (name, summary)) in sums.into_iter().flatten() {
            if table.put(&name, place, summary) {
                news.push(name);
            }
        }
        news.sort_unstable();
        news.dedup();
        if news.is_empty() {
            break;
        }
    }
    names.extend(table.names());
    names.sort_unstable();
    names.dedup();
    let Some(names) = Names::new(&names) else { return all };
    let judge = Judge { tree, rules, table: &table, macros: &macros, names: &names };
    let found: Vec<Refs> = holding(&names).par_iter().map(|file| judge.findings(*file)).collect();
    for one in found {
        all.functions += one.functions;
        all.taken += one.taken;
        all.dropped += one.dropped;
        all.findings.extend(one.findings);
        all.undecided.extend(one.undecided);
        all.problems.extend(one.problems);
    }
    all.findings.sort_by(|a, b| {
        let key =
            |f: &'_ RefFinding| (f.path.clone(), f.line, f.fault, f.object.clone(), f.doubts.len(), f.steps.clone());
        key(a).cmp(&key(b))
    });
    // Two variants of a function that differ elsewhere show the same.
    all.findings.dedup_by(|a, b| (&a.path, a.line, a.fault, &a.object) == (&b.path, b.line, b.fault, &b.object));
    give_ids(tree, &mut all.findings);
    all.summaries = summaries(tree, rules, &table);
    all
}

/// What was summed up, for people and tools.
fn summaries(tree: &SourceTree, rules: &Rules, table: &Table<'_>) -> Vec<FunctionRefs> {
    let mut all: Vec<FunctionRefs> = Vec::new();
    for (place, summary) in table.all() {
        let file = &tree.files[place.file as usize];
        let end = uioscope_source::text::word_end(&file.bytes, place.at as usize);
        let mut does: Vec<Does> = summary
            .effects
            .iter()
            .map(|e| Does {
                act: e.act,
                place: Some(e.members.iter().fold(format!("#{}", e.param), |text, m| format!("{text}->{m}"))),
                counted: rules.counted(e.kind),
                when: e.when,
            })
            .collect();
        does.extend(summary.gives.map(|(kind, fails)| Does {
            act: Act::Takes,
            place: None,
            counted: rules.counted(kind),
            when: if fails { When::Nonzero } else { When::Always },
        }));
        all.push(FunctionRefs {
            path: file.path.clone(),
            line: LineIndex::new(&file.bytes).line(place.at),
            function: String::from_utf8_lossy(&file.bytes[place.at as usize..end]).into_owned(),
            does,
        });
    }
    all.sort();
    all
}

fn give_ids(tree: &SourceTree, findings: &mut [RefFinding]) {
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    for f in findings {
        let text = tree.file(&f.path).map_or(&[][..], |file| &file.bytes);
        let line = text.split(|b| *b == b'\n').nth(f.line.saturating_sub(1) as usize).unwrap_or_default();
        let squeezed: Vec<u8> = line.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        let parts =
            [f.path.as_bytes(), f.function.as_bytes(), f.fault.name().as_bytes(), f.object.as_bytes(), &squeezed];
        let hash = fnv(0xcbf2_9ce4_8422_2325, &parts);
        let ordinal = seen.entry(hash).or_default();
        f.id = format!("{:016x}", fnv(hash, &[&ordinal.to_le_bytes()]));
        *ordinal += 1;
    }
}

/// FNV-1a over the parts, each with an end mark: the same on every platform and in every version.
fn fnv(mut hash: u64, parts: &[&[u8]]) -> u64 {
    for part in parts {
        for b in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod arms;
#[cfg(test)]
mod idioms;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod others;
#[cfg(test)]
mod tests;
