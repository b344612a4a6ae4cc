//! How a kernel calls through its vectors of operations: `[operations]`.

use super::{PackError, Place};
use serde::Deserialize;
use toml::Spanned;

/// The section `[operations]`. Empty words: a kernel that has no such thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operations {
    /// Name of the file that lists the operations and their arguments: `vnode_if.src`.
    pub list: String,
    /// What their names begin with: `vop_`.
    pub prefix: String,
    /// What their descriptors' names end with: `_desc`.
    pub descriptor: String,
    /// What the members of their argument structs begin with: `a_`.
    pub member: String,
    /// The struct through which they are called where they are functions: `vop_ops`.
    pub vector: String,
}

impl Operations {
    pub(super) fn read(&mut self, place: &Place<'_>, raw: Raw) -> Result<(), PackError> {
        if let Some(list) = raw.list {
            self.list = list;
        }
        for (own, text) in [
            (&mut self.prefix, &raw.prefix),
            (&mut self.descriptor, &raw.descriptor),
            (&mut self.member, &raw.member),
            (&mut self.vector, &raw.vector),
        ] {
            if let Some(text) = text {
                *own = place.identifier(text)?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    list: Option<String>,
    prefix: Option<Spanned<String>>,
    descriptor: Option<Spanned<String>>,
    member: Option<Spanned<String>>,
    vector: Option<Spanned<String>>,
}
