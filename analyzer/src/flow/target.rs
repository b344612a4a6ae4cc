//! What is audited: a field of a struct, and the macros that stand for it.

use crate::finding::{Access, Space};
use crate::flow::local::Outcome;
use crate::space::Request;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use uioscope_source::shapes::Macro;

/// A macro whose text holds the field.
#[derive(Debug, Clone)]
pub struct Alias {
    /// Its definition.
    pub definition: Macro,
    /// Its value is the field itself: `((u)->uio_procp)`.
    pub is_value: bool,
    /// What its text does by itself.
    pub inside: Vec<Inside>,
}

/// An access in a macro's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Load or store.
    pub access: Access,
    /// What becomes of a loaded value.
    pub outcome: Outcome,
    /// Space of a store.
    pub space: Option<Space>,
    /// What decides it; parameters are the macro's.
    pub decided: BTreeSet<crate::space::Decided>,
    /// The macro that stands for the field inside this one's text.
    pub by: Option<String>,
}

/// The tracked field.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The struct's tag.
    pub of: String,
    /// The field.
    pub field: String,
    /// The struct that the field points to, where it is known.
    pub pointee: Option<String>,
    /// Position among the struct's members, and that of the companion field, for positional initialisers.
    pub position: Option<usize>,
    /// See `position`.
    pub companion_position: Option<usize>,
    /// Whether the struct has the pack's companion field, as far as its declaration is known.
    pub has_companion: bool,
    /// The members that the field is, outermost first, where its name is a macro's: `#define uio_procp uio_u.procp`.
    pub paths: Vec<Vec<String>>,
    /// The member that the struct declares instead: the field was asked for, and is gone.
    pub replaced_by: Option<String>,
    /// Typedef names of the struct.
    pub typedefs: BTreeSet<String>,
    /// Files that are included inside of the struct's declaration.
    pub parts: BTreeSet<String>,
    /// Macros that make the field's name, or hand it on, and that are used.
    pub makers: BTreeSet<String>,
    /// Macros that stand for the field, by name: all definitions that do.
    pub aliases: FxHashMap<String, Vec<Alias>>,
}

impl Target {
    /// The struct, for whoever looks at what is stored.
    pub fn request(&self) -> Request<'_> {
        Request {
            of: &self.of,
            field: &self.field,
            companion_at: self.companion_position,
            has_companion: self.has_companion,
        }
    }

    /// Whether a member's name is the field's or, wherever that is seen, that of an object-like macro for it.
    pub fn is_field(&self, name: &str) -> bool {
        let stands_for = |a: &Alias| a.is_value && a.definition.params.is_none();
        name == self.field || self.aliases.get(name).is_some_and(|all| all.iter().any(stands_for))
    }
}
