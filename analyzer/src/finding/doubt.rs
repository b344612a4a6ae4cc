//! Doubts: why a role is not certain, as data.

use super::Confidence;
use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;

/// What on the way to a role leaves it open whether the value goes there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum RoleDoubt {
    /// A call through a table or pointer means one of several functions.
    Dispatch {
        /// What is called, `(*vp->v_op)` or `VOP_READ`.
        through: String,
        /// How many functions are registered for it.
        count: usize,
    },
    /// The table is known by its member's name alone.
    NameAlone {
        /// What is called.
        through: String,
    },
    /// It is stored in a member, and read from the same member of any such struct.
    Heap {
        /// `struct.member`, or the member alone.
        member: String,
    },
    /// It is stored in a variable that is read somewhere else.
    Variable(String),
    /// It comes back to every caller of a function, whoever passed it.
    AnyCaller(String),
    /// It is handed over beside this function, which may be called with it.
    Beside(String),
}

/// So many functions may be meant for a role of one of them to be likely.
pub const FEW_TARGETS: usize = 4;

impl RoleDoubt {
    /// How sure a role still is beyond it.
    pub fn leaves(&self) -> Confidence {
        match self {
            RoleDoubt::Dispatch { count, .. } if *count <= FEW_TARGETS => Confidence::Likely,
            RoleDoubt::Variable(_) | RoleDoubt::Beside(_) => Confidence::Likely,
            RoleDoubt::Dispatch { .. }
            | RoleDoubt::NameAlone { .. }
            | RoleDoubt::Heap { .. }
            | RoleDoubt::AnyCaller(_) => Confidence::Possible,
        }
    }
}

impl fmt::Display for RoleDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RoleDoubt::Dispatch { through, count } => write!(f, "through {through}, which is one of {count} functions"),
            RoleDoubt::NameAlone { through } => write!(f, "through {through}, whose struct is not known"),
            RoleDoubt::Heap { member } => write!(f, "through {member}, of whichever struct that is"),
            RoleDoubt::Variable(name) => write!(f, "through the variable {name}"),
            RoleDoubt::AnyCaller(name) => write!(f, "back to any caller of {name}()"),
            RoleDoubt::Beside(name) => write!(f, "if {name}() is called with it"),
        }
    }
}
