//! What is registered: which functions a call through a function pointer can reach.
//!
//! A member of a struct (`d_ioctl` of `struct cdevsw`), a global variable or a parameter that is a function pointer gets
//! its functions by initialisers, assignments and arguments. They are looked for in the text of the whole tree, and only
//! the places found are read: initialisers by the type of what they initialise, with macros expanded, assignments and
//! arguments by the syntax tree of their function.

mod code;
mod init;
mod search;
mod tables;
mod value;

#[cfg(test)]
mod tests;

use crate::callgraph::operations::{FEW, Implementation, Targets, select};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use tables::Tables;
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::lookup::Lookup;

/// How many function pointers may hang on each other.
const DEEPEST: u32 = 3;

/// A function pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Pointer {
    /// A member, and the struct's tag or typedef name if it is known.
    Member { holder: Option<String>, name: String },
    /// A parameter of a function, which is that of one file if it is static.
    Param { function: String, n: usize, file: Option<u32> },
    /// A global variable.
    Global { name: String },
}

/// What was found to be registered in a pointer.
#[derive(Debug, Default)]
struct Registered {
    targets: BTreeSet<Implementation>,
    unread: usize,
}

impl Registered {
    fn add(&mut self, function: &[u8], path: &str) {
        let function = String::from_utf8_lossy(function).into_owned();
        self.targets.insert(Implementation { function, path: path.to_owned() });
    }

    fn merge(&mut self, other: &Registered) {
        self.targets.extend(other.targets.iter().cloned());
        self.unread += other.unread;
    }
}

/// A cache by pointer, and how many others it was asked through.
type Cache = Mutex<FxHashMap<(Pointer, u32), Arc<Registered>>>;

/// What is registered in a tree.
pub struct Registry<'x, 't> {
    lookup: &'x Lookup<'t>,
    functions: &'x Functions<'t>,
    tables: OnceLock<Tables>,
    known: Cache,
}

impl<'x, 't> Registry<'x, 't> {
    /// Of a tree. Nothing is read before it is asked for.
    pub fn new(lookup: &'x Lookup<'t>, functions: &'x Functions<'t>) -> Registry<'x, 't> {
        Registry { lookup, functions, tables: OnceLock::new(), known: Mutex::default() }
    }

    /// The functions registered in a member of a struct, as seen from the calling file. Without a holder: in a member of
    /// that name of any struct, if they are few.
    pub fn targets(&self, holder: Option<&str>, member: &str, from: &str) -> Targets {
        let holder = holder.filter(|h| !h.is_empty()).map(str::to_owned);
        self.select(Pointer::Member { holder, name: member.to_owned() }, from)
    }

    /// The functions that are passed as argument `n` (0-based) of a function.
    pub fn passed(&self, name: &str, n: usize, from: &str) -> Targets {
        self.select(self.param(name, n, from), from)
    }

    /// The functions that are assigned to a global variable.
    pub fn assigned(&self, variable: &str, from: &str) -> Targets {
        self.select(Pointer::Global { name: variable.to_owned() }, from)
    }

    fn select(&self, pointer: Pointer, from: &str) -> Targets {
        let found = self.registered(pointer, 0);
        select(self.lookup.tree(), found.targets.iter().cloned().collect(), found.unread, from)
    }

    fn param(&self, function: &str, n: usize, from: &str) -> Pointer {
        let places = self.functions.definitions(function, from);
        let private =
            places.first().filter(|p| self.functions.file(**p).path == from && self.functions.is_private(**p));
        Pointer::Param { function: function.to_owned(), n, file: private.map(|p| p.file) }
    }

    /// All that is registered in a pointer; `depth` counts the pointers that led here.
    fn registered(&self, pointer: Pointer, depth: u32) -> Arc<Registered> {
        if depth >= DEEPEST {
            return Arc::new(Registered { unread: 1, ..Registered::default() });
        }
        let key = (pointer, depth);
        if let Some(known) = self.known.lock().expect("no panics while locked").get(&key) {
            return known.clone();
        }
        let found = Arc::new(self.find(&key.0, depth));
        self.known.lock().expect("no panics while locked").insert(key, found.clone());
        found
    }

    fn find(&self, pointer: &Pointer, depth: u32) -> Registered {
        let tree = self.lookup.tree();
        let mut found = Registered::default();
        let mut work: BTreeMap<u32, search::Occurrences>;
        let mut query = code::Query { registry: self, pointer, holders: BTreeSet::new(), is_only: true, depth };
        match pointer {
            Pointer::Member { holder, name } => {
                let (places, declared) = search::members(self.lookup, name);
                work = places;
                query.holders = holder.iter().cloned().collect();
                if holder.is_none() {
                    // Many structs have such a member: which one is meant cannot be said.
                    found.unread += usize::from(declared.len() > FEW);
                    query.holders = declared;
                } else {
                    query.is_only = declared.is_subset(&query.holders);
                }
                let tables = self.tables.get_or_init(|| Tables::new(tree));
                for table in tables.initialised(self.lookup, &query.holders) {
                    work.entry(table.file).or_default().tables.push(table);
                }
            }
            Pointer::Param { function, file, .. } => {
                work = search::words(self.lookup, function, |next| next == b'(');
                work.retain(|f, _| file.is_none_or(|only| *f == only));
            }
            Pointer::Global { name } => work = search::words(self.lookup, name, |next| matches!(next, b'=' | b')')),
        }
        let parts: Vec<Registered> = work.into_par_iter().map(|(file, places)| query.file(file, &places)).collect();
        parts.iter().for_each(|p| found.merge(p));
        found
    }
}
