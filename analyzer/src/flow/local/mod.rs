//! Follows a loaded value through the function that loaded it, and says what it is used for.
//!
//! What is followed is either the value itself or a *carrier*: a struct, or a pointer to one, that holds the value in a
//! member, or in a member of what a member points to. [`Walk`] goes breadth first, so that what it says of a role is the
//! shortest way there.

mod carry;
mod hand;
pub mod macros;
mod null;
mod walk;

use crate::finding::{Note, Role, RoleDoubt, Step};
use crate::flow::target::Target;
use crate::packs::Pack;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::{Body, VarId};
use uioscope_source::decls::types::Types;
use uioscope_source::text::Cond;
use uioscope_source::tree::ExprId;
use walk::{Item, Walk};

/// A step of evidence, before its line is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepAt {
    /// The file.
    pub path: String,
    /// Byte offset.
    pub at: u32,
    /// What happens there.
    pub step: Step,
}

/// Steps from the start of a flow to something that it reaches.
pub type Trail = Vec<StepAt>;

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Callee {
    /// A function by its name.
    Function(String),
    /// A function that is kept with the value, and called with it later.
    Later(String),
    /// What a struct's member points to.
    Member {
        /// The struct's tag, where it is known.
        of: Option<String>,
        /// The member.
        name: String,
    },
    /// What a global or static pointer points to.
    Variable(String),
    /// What a parameter of the function itself points to.
    Param {
        /// 0-based.
        n: usize,
        /// Its name.
        name: String,
    },
}

impl Callee {
    /// As evidence shows it: `psignal`, `(*d_ioctl)`.
    pub fn shown(&self) -> String {
        match self {
            Callee::Function(name) | Callee::Later(name) => name.clone(),
            Callee::Member { name, .. } | Callee::Variable(name) | Callee::Param { name, .. } => format!("(*{name})"),
        }
    }
}

/// The value, or a carrier, is handed to a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// The callee.
    pub callee: Callee,
    /// 0-based argument.
    pub n: usize,
    /// Struct that the value points to, where it is known.
    pub of: Option<String>,
    /// Members from what is handed over to the value; none: it is the value.
    pub fields: Vec<String>,
    /// Other arguments that are functions: position and name.
    pub binds: Vec<(usize, String)>,
    /// The function that calls.
    pub from: String,
    /// The file whose declarations say which function is meant.
    pub path: String,
}

/// The value, or a carrier, is stored in memory that outlives the call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The struct's tag, where it is known.
    pub of: Option<String>,
    /// The member; for a variable: its name.
    pub field: String,
    /// It is a variable of the file or the kernel, not a member.
    pub is_variable: bool,
    /// Members from what is stored to the value.
    pub fields: Vec<String>,
    /// Struct that the value points to, where it is known.
    pub pointee: Option<String>,
    /// The file that stores.
    pub path: String,
}

impl Cell {
    /// `struct.member`, or what is known of it.
    pub fn shown(&self) -> String {
        self.of.as_ref().map_or_else(|| self.field.clone(), |of| format!("{of}.{}", self.field))
    }
}

/// The value, or a carrier, leaves a function for its callers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exit {
    /// The file that defines the function.
    pub path: String,
    /// Byte offset of its name there.
    pub at: u32,
    /// Its name.
    pub name: String,
    /// Through `*argument`; nothing: by `return`.
    pub argument: Option<usize>,
    /// Members from what is returned to the value.
    pub fields: Vec<String>,
    /// Struct that the value points to, where it is known.
    pub of: Option<String>,
}

/// What became of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Every role that it reaches by itself.
    pub roles: BTreeSet<Role>,
    /// Ways to each of them, the shortest first.
    pub reasons: BTreeMap<Role, Vec<Trail>>,
    /// Functions that it is handed to.
    pub calls: BTreeMap<Call, Trail>,
    /// Members of heap structs and variables that it is stored in.
    pub cells: BTreeMap<Cell, Trail>,
    /// Ways back to callers.
    pub exits: BTreeMap<Exit, Trail>,
    /// For a macro: it is the macro's value, with the members from there to the value.
    pub values: BTreeMap<Vec<String>, Trail>,
    /// Each step in the body.
    pub steps: BTreeSet<StepAt>,
    /// What is done with NULL.
    pub nulls: BTreeSet<StepAt>,
    /// Where the tracked field is read, when readers are looked for.
    pub readers: BTreeMap<StepAt, Trail>,
    /// For a load: the heap struct's member that holds the request, `struct.member`.
    pub held: Option<String>,
    /// The way to the nearest reader of a request that was never set.
    pub reads: Trail,
    /// The tracked field is stored, when readers are looked for.
    pub sets: bool,
    /// Requests of the callers that were filled here, when readers are looked for.
    pub upward: BTreeSet<Exit>,
    /// Ways to each role once calls are followed, and when they can be gone; several where all were asked for.
    pub ways: Vec<(Role, Trail)>,
    /// Why a role is not certain, where every way to it is in doubt.
    pub doubts: BTreeMap<Role, RoleDoubt>,
    /// What must be configured for a role, where it is not always there.
    pub conditions: BTreeMap<Role, Cond>,
    /// Why something is `opaque`.
    pub notes: BTreeSet<Note>,
    /// A member that is read behind it, whatever for: the value must be valid.
    pub looked_into: Option<String>,
    /// Who prints it.
    pub printed: Option<String>,
}

/// So many ways to a role are remembered: one of them may need less to be configured than the shortest.
const MOST_REASONS: usize = 8;

/// Keeps the shorter trail.
fn keep<K: Ord>(map: &mut BTreeMap<K, Trail>, key: K, trail: Trail) {
    match map.entry(key) {
        Entry::Vacant(v) => {
            v.insert(trail);
        }
        Entry::Occupied(mut o) => {
            if (trail.len(), &trail) < (o.get().len(), o.get()) {
                o.insert(trail);
            }
        }
    }
}

impl Outcome {
    /// Adds what another path says.
    pub fn merge(&mut self, other: Outcome) {
        self.merge_after(&[], other);
    }

    /// Adds what comes after some steps.
    pub fn merge_after(&mut self, before: &[StepAt], other: Outcome) {
        let after = |trail: Trail| if before.is_empty() { trail } else { [before, &trail[..]].concat() };
        self.roles.extend(other.roles);
        for (role, trails) in other.reasons {
            trails.into_iter().for_each(|t| self.reason(role, after(t)));
        }
        other.calls.into_iter().for_each(|(k, t)| keep(&mut self.calls, k, after(t)));
        other.cells.into_iter().for_each(|(k, t)| keep(&mut self.cells, k, after(t)));
        other.exits.into_iter().for_each(|(k, t)| keep(&mut self.exits, k, after(t)));
        other.values.into_iter().for_each(|(k, t)| keep(&mut self.values, k, after(t)));
        other.readers.into_iter().for_each(|(k, t)| keep(&mut self.readers, k, after(t)));
        self.steps.extend(other.steps);
        self.nulls.extend(other.nulls);
        self.sets |= other.sets;
        self.upward.extend(other.upward);
        self.held = self.held.take().or(other.held);
        self.notes.extend(other.notes);
        self.seen_to(other.looked_into, other.printed);
    }

    /// It is looked into, or printed; the first name in order is kept.
    pub fn seen_to(&mut self, looked_into: Option<String>, printed: Option<String>) {
        let first = |a: Option<String>, b: Option<String>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.looked_into = first(self.looked_into.take(), looked_into);
        self.printed = first(self.printed.take(), printed);
    }

    /// What is said of a value that reaches nothing that a role names: one that is looked into, or
    /// printed, is used all the same.
    pub fn close(&mut self) {
        let is_unused = self.roles.iter().all(|r| *r == Role::Unused);
        if let (true, Some(name)) = (is_unused, &self.looked_into) {
            self.notes.insert(Note::LookedInto(name.clone()));
            self.roles = BTreeSet::from([Role::Opaque]);
        } else if let (true, Some(by)) = (is_unused, &self.printed) {
            self.notes.insert(Note::OnlyPrinted(by.clone()));
            self.roles = BTreeSet::from([Role::Opaque]);
        }
    }

    /// The same with all steps of one file at other places of another, for text that was made of that one's.
    pub fn moved(mut self, from: &str, to: &str, place: &dyn Fn(u32) -> u32) -> Outcome {
        let step = |s: StepAt| if s.path == from { StepAt { path: to.to_owned(), at: place(s.at), ..s } } else { s };
        let trail = |t: Trail| t.into_iter().map(step).collect::<Trail>();
        fn map<K: Ord>(map: BTreeMap<K, Trail>, trail: &dyn Fn(Trail) -> Trail) -> BTreeMap<K, Trail> {
            map.into_iter().map(|(k, t)| (k, trail(t))).collect()
        }
        self.reasons = self.reasons.into_iter().map(|(r, ts)| (r, ts.into_iter().map(trail).collect())).collect();
        self.calls = map(self.calls, &trail);
        self.cells = map(self.cells, &trail);
        self.values = map(self.values, &trail);
        self.exits = map(self.exits, &trail)
            .into_iter()
            .map(|(e, t)| if e.path == from { (Exit { path: to.to_owned(), at: place(e.at), ..e }, t) } else { (e, t) })
            .collect();
        self.steps = self.steps.into_iter().map(step).collect();
        self.nulls = self.nulls.into_iter().map(step).collect();
        self.readers = self.readers.into_iter().map(|(s, t)| (step(s), trail(t))).collect();
        self.reads = trail(self.reads);
        self
    }

    /// Adds a role with a way to it.
    pub fn reason(&mut self, role: Role, trail: Trail) {
        self.roles.insert(role);
        let trails = self.reasons.entry(role).or_default();
        if let Err(at) = trails.binary_search_by(|t| (t.len(), t).cmp(&(trail.len(), &trail))) {
            trails.insert(at, trail);
            trails.truncate(MOST_REASONS);
        }
    }

    /// Whether more than this body has to be looked at.
    pub fn leads_on(&self) -> bool {
        !self.calls.is_empty() || !self.cells.is_empty() || !self.exits.is_empty()
    }

    /// A value that reaches nothing is unused; one that reaches something is not. A macro's value is its user's matter.
    pub fn settle(&mut self, in_macro: bool) {
        let leads_on = self.leads_on() || (in_macro && !self.values.is_empty());
        if self.roles.is_empty() && !leads_on {
            self.roles.insert(Role::Unused);
        } else if self.roles.len() > 1 || leads_on {
            self.roles.remove(&Role::Unused);
        }
    }
}

/// Follows values inside one body.
pub struct Flow<'x, 't> {
    /// The body.
    pub body: &'x Body<'x>,
    /// What reaching something means.
    pub pack: &'x Pack,
    /// Types of expressions; its path is the file whose declarations count.
    pub types: Types<'x, 't>,
    /// The file that the body stands in: for a macro not the one that uses it.
    pub source_path: &'x str,
    /// Struct that the field's value points to, where it is known.
    pub pointee: Option<String>,
    /// The body is that of a macro; how many are around it.
    pub macros: u32,
    /// Only readers of this field are looked for; what they do with it is not.
    pub reading: Option<&'x Target>,
}

impl Flow<'_, '_> {
    /// From an expression whose value it is.
    pub fn follow(&self, load: ExprId) -> Outcome {
        self.follow_all(&[load], &[])
    }

    /// From expressions that are the value, or that lead to it by these members.
    pub fn follow_all(&self, starts: &[ExprId], fields: &[String]) -> Outcome {
        self.run(starts, fields, false)
    }

    /// From every use of a parameter that the value is handed in by, or whose members lead to it.
    pub fn follow_param(&self, var: VarId, fields: &[String]) -> Outcome {
        let mut uses = self.body.reached(var, uioscope_source::body::ENTRY, 0);
        uses.retain(|u| self.body.var(*u) == Some(var));
        self.run(&uses, fields, true)
    }

    fn run(&self, starts: &[ExprId], fields: &[String], from_entry: bool) -> Outcome {
        let start = starts.iter().map(|&e| Item::start(e, self.pointee.clone(), fields)).collect();
        let mut walk = Walk::new(self, start);
        walk.run();
        let mut out = walk.finish(from_entry);
        out.settle(self.macros > 0);
        out
    }
}

/// The way back to the callers of what a parameter points to.
pub(crate) fn upward(body: &Body<'_>, path: &str, var: VarId, fields: &[String]) -> Option<Exit> {
    let v = body.vars[var as usize];
    let name = body.function?;
    let n = v.param.filter(|_| v.ty.pointers > 0)?;
    Some(Exit {
        path: path.to_owned(),
        at: name.start,
        name: body.name(name),
        argument: Some(n as usize),
        fields: fields.to_vec(),
        of: None,
    })
}
