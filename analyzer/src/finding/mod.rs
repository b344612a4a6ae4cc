//! What an audit says: plain data with public fields, shared by every later stage.
//!
//! Nothing here knows how a finding was made; reports render it, scoring compares it.

mod doubt;
mod note;
mod sentence;
mod step;
mod stored;

pub use doubt::RoleDoubt;
pub use note::{CallersLost, Disabled, Lost, Note};
pub use step::{NullMeaning, Skips, Step};
pub use stored::{StoredError, from_bytes, to_bytes};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use uioscope_source::text::Cond;
pub use uioscope_source::text::{Problem, Severity, Skipped};

/// How the field is touched at a site.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// The field's value is read.
    Load,
    /// The field is assigned, by `=` or by an initialiser.
    Store,
    /// The field's declaration in its struct.
    Decl,
    /// In a comment, a string, or text disabled by `#if 0`.
    Mention,
}

impl Access {
    /// All kinds, in the order that reports use.
    pub const ALL: [Access; 4] = [Access::Load, Access::Store, Access::Decl, Access::Mention];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            Access::Load => "load",
            Access::Store => "store",
            Access::Decl => "decl",
            Access::Mention => "mention",
        }
    }
}

/// What a loaded value is used for. The names are the contract, in JSON, packs, labels and reports.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// `p_vmspace`, `vm_map`, pmap, copyin/copyout and the like on user addresses.
    AddressSpace,
    /// Compared with another proc or thread pointer.
    Identity,
    /// Tested for NULL.
    Presence,
    /// `p_ucred`, `suser()`, permission checks.
    Credential,
    /// `p_rlimit`, `lim_cur()`.
    Limits,
    /// `psignal`, pending-signal tests, interruptible sleep.
    Signal,
    /// `p_stats`, `p_ru`.
    Accounting,
    /// `p_fd`, current directory, umask.
    Files,
    /// `p_session`, `p_pgrp`, controlling terminal.
    Session,
    /// `p_pid`, `p_comm` used as values.
    ProcessId,
    /// ktrace, ptrace, systrace state.
    Tracing,
    /// Priority, sleep and wakeup, LWP state.
    Scheduling,
    /// Handed to the lock manager or a vnode lock as the owner.
    LockOwner,
    /// Stored where it can outlive the call.
    Escape,
    /// Handed to an open-ended dispatch or to a callee that was not followed; always with a reason.
    Opaque,
    /// Nobody reads it.
    Unused,
}

impl Role {
    /// All roles, in the order that reports use.
    pub const ALL: [Role; 16] = [
        Role::AddressSpace,
        Role::Identity,
        Role::Presence,
        Role::Credential,
        Role::Limits,
        Role::Signal,
        Role::Accounting,
        Role::Files,
        Role::Session,
        Role::ProcessId,
        Role::Tracing,
        Role::Scheduling,
        Role::LockOwner,
        Role::Escape,
        Role::Opaque,
        Role::Unused,
    ];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            Role::AddressSpace => "address-space",
            Role::Identity => "identity",
            Role::Presence => "presence",
            Role::Credential => "credential",
            Role::Limits => "limits",
            Role::Signal => "signal",
            Role::Accounting => "accounting",
            Role::Files => "files",
            Role::Session => "session",
            Role::ProcessId => "process-id",
            Role::Tracing => "tracing",
            Role::Scheduling => "scheduling",
            Role::LockOwner => "lock-owner",
            Role::Escape => "escape",
            Role::Opaque => "opaque",
            Role::Unused => "unused",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.name() == name)
    }

    /// A use that needs more than an address space: an abuse in the sense of the 2005 discussion.
    /// Opaque and unused are no evidence either way.
    pub fn is_beyond_address_space(self) -> bool {
        !matches!(self, Role::AddressSpace | Role::Identity | Role::Presence | Role::Opaque | Role::Unused)
    }
}

/// Which address space a stored value makes the request name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Space {
    /// The calling process' user addresses.
    UserCurrent,
    /// Another process' memory.
    UserOther,
    /// The value names no user space.
    Kernel,
    /// Decided at run time by the companion field.
    Mixed,
    /// Copied from another request.
    Propagated,
    /// Not decidable from the source.
    Unknown,
}

impl Space {
    /// All spaces, in the order that reports use.
    pub const ALL: [Space; 6] =
        [Space::UserCurrent, Space::UserOther, Space::Kernel, Space::Mixed, Space::Propagated, Space::Unknown];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            Space::UserCurrent => "user-current",
            Space::UserOther => "user-other",
            Space::Kernel => "kernel",
            Space::Mixed => "mixed",
            Space::Propagated => "propagated",
            Space::Unknown => "unknown",
        }
    }
}

/// How sure the analyzer is that a site is one, and of what it says about it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The type of the base is known to be the tracked struct.
    Certain,
    /// Only one struct of the tree has a field of this name.
    Likely,
    /// The type stayed unknown, or the text could not be parsed.
    Possible,
}

/// When the use happens relative to the call that issued the request.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// Only while the issuing call runs.
    Synchronous,
    /// Reachable through something queued, stored, or handed to a callback or timer.
    MayOutlive,
    /// Not followed that far.
    Unknown,
}

/// What code runs as. Where nothing else is known it runs for the process that made the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunAs {
    /// For the process that makes the call.
    #[serde(rename = "syscall")]
    Process,
    /// A thread of the kernel.
    Thread,
    /// A timer.
    Callout,
    /// A software interrupt.
    Softint,
    /// A task of a queue that a thread works on.
    #[serde(rename = "taskqueue")]
    Task,
    /// An interrupt.
    Interrupt,
    /// More callers than were looked at.
    Unknown,
}

impl RunAs {
    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            RunAs::Process => "syscall",
            RunAs::Thread => "thread",
            RunAs::Callout => "callout",
            RunAs::Softint => "softint",
            RunAs::Task => "taskqueue",
            RunAs::Interrupt => "interrupt",
            RunAs::Unknown => "unknown",
        }
    }

    /// Whether what runs there is not the process that made the request.
    pub fn is_elsewhere(self) -> bool {
        !matches!(self, RunAs::Process | RunAs::Unknown)
    }
}

/// Why a site carries no textual occurrence of the field's name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Implicit {
    /// The name stands in the body of a macro that is used here.
    Macro,
    /// A positional initialiser reaches the field.
    Initializer,
    /// A copy of the whole struct.
    Copy,
    /// A request reaches a reader of the field without ever having it stored.
    Unset,
    /// The field's name is a macro's, and the members that it stands for are named here.
    Path,
}

/// One step of evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Evidence {
    /// File, relative to the tree's root, with `/`.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// What happens there.
    pub step: Step,
    /// What must be configured for it; nothing where it is always there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Cond>,
    /// The macro in whose text it stands.
    #[serde(rename = "macro", skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// A role that a value does not have in every configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, BorshSerialize, BorshDeserialize)]
pub struct RoleCondition {
    /// The role.
    pub role: Role,
    /// What must be configured for it, beyond the finding's own `when`.
    pub when: Cond,
    /// It needs an option for debugging, such as `DIAGNOSTIC`.
    pub diagnostic: bool,
}

/// A way from a finding to what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Way {
    /// The role that it leads to; nothing for the way of a request to a reader.
    pub role: Option<Role>,
    /// Its steps.
    pub steps: Vec<Evidence>,
}

/// Which process a value names. The order is that in which a reader of several of them has to worry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Who {
    /// NULL.
    Null,
    /// The process that makes the call.
    Current,
    /// A process without user memory.
    Kernel,
    /// Another process.
    Other,
    /// The field of another request.
    Tracked,
    /// Not seen.
    Unknown,
    /// What the callers pass.
    Given {
        /// 0-based parameter.
        n: u32,
        /// Members from there to the value.
        fields: Vec<String>,
        /// It was compared with the running process, and is not that.
        not_current: bool,
    },
}

/// What callers decide of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Origin {
    /// What comes from there: `current process`, `kernel addresses`, `kept in softc.sc_uio`, `thread`.
    pub what: String,
    /// The calls, from the finding's function up.
    pub steps: Vec<Evidence>,
}

/// One site of the tracked field, and everything the audit says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Finding {
    /// Stable across line moves: hashes path, function, the line's text without blanks, and an ordinal.
    pub id: String,
    /// A hash of the function, the line's text and an ordinal: the same wherever the file lies. Unique but by chance.
    pub fingerprint: String,
    /// File, relative to the tree's root, with `/`.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in bytes.
    pub column: u32,
    /// Enclosing function or macro; `-` at file scope.
    pub function: String,
    /// How the field is touched.
    pub access: Access,
    /// Sorted; empty unless `access` is a load.
    pub roles: Vec<Role>,
    /// For a store (and for a disabled one): which space it makes the request name.
    pub space: Option<Space>,
    /// Presence condition (`DIAGNOSTIC && !NFS`), or nothing where the site is always there.
    pub when: Option<Cond>,
    /// For a load or declaration: the accessing expression; for a store: the stored expression. One line, blanks collapsed.
    pub expression: String,
    /// When the use happens.
    pub timing: Timing,
    /// Sorted by place, then text.
    pub evidence: Vec<Evidence>,
    /// How sure this is.
    pub confidence: Confidence,
    /// Why the field's name does not stand here; nothing for a textual occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implicit: Option<Implicit>,
    /// Reasons for `opaque`, `unknown` and `possible`, and remarks; sorted as they read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Roles that are less sure than the finding itself, each with the reason: its surest way leads through that.
    #[serde(
        rename = "role-confidence",
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "only_confidence"
    )]
    pub role_doubts: BTreeMap<Role, RoleDoubt>,
    /// Roles that need something configured.
    #[serde(rename = "role-conditions", skip_serializing_if = "Vec::is_empty")]
    pub role_conditions: Vec<RoleCondition>,
    /// What readers do with NULL, each a [`Step::Null`].
    #[serde(rename = "null-meaning", skip_serializing_if = "Vec::is_empty")]
    pub null_meaning: Vec<Evidence>,
    /// The ways from the load to each role, the shortest first, for explanations; not part of the JSON contract, where
    /// `evidence` holds the same steps.
    #[serde(skip)]
    pub ways: Vec<Way>,
    /// What the code runs as, where functions are registered to run elsewhere, or entries are seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<RunAs>,
    /// What the callers make of it: each answer with the calls that give it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
    /// For a store: the process that its readers have to reckon with; not part of the JSON contract.
    #[serde(skip)]
    pub stored: Option<Who>,
    /// Byte span of the access in its file, for excerpts; not part of the JSON contract.
    #[serde(skip)]
    pub span: (u32, u32),
}

impl Finding {
    /// How sure a role is: as sure as its surest way, and no surer than the finding.
    pub fn confidence_of(&self, role: Role) -> Confidence {
        self.role_doubts.get(&role).map_or(self.confidence, |d| d.leaves().max(self.confidence))
    }

    /// A role as people read it: `signal`, `likely signal`, `possible signal`.
    pub fn shown(&self, role: Role) -> String {
        match self.role_doubts.get(&role) {
            None => role.name().to_owned(),
            Some(doubt) => format!("{} {}", doubt.leaves().name(), role.name()),
        }
    }
}

impl Confidence {
    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::Likely => "likely",
            Confidence::Possible => "possible",
        }
    }
}

/// A map from roles to `likely` or `possible`.
fn only_confidence<S: Serializer>(doubts: &BTreeMap<Role, RoleDoubt>, out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(doubts.iter().map(|(role, doubt)| (role, doubt.leaves())))
}

/// Every occurrence of the field's name, each in exactly one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Ledger {
    /// Textual occurrences of the name, as a whole word.
    pub occurrences: u64,
    /// Loads, stores and declarations of the tracked field.
    pub classified: u64,
    /// Occurrences that could not be read; each is a finding of confidence `possible` with its reason.
    pub unresolved: u64,
    /// In comments, strings and disabled text.
    pub mentions: u64,
    /// A field of the same name in another struct, or another thing of that name.
    pub other: u64,
}

impl Ledger {
    /// Whether nothing was lost or counted twice.
    pub fn adds_up(&self) -> bool {
        self.occurrences == self.classified + self.unresolved + self.mentions + self.other
    }
}

/// What was read to get the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, BorshSerialize, BorshDeserialize)]
pub struct Coverage {
    /// Source files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files with at least one occurrence or implicit site.
    pub files_with_sites: u64,
    /// Source files passed over because they are binary.
    pub binary: u64,
    /// Files passed over because their names do not end like source.
    pub other_files: u64,
}

/// A whole audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// `uioscope.audit/1`.
    pub schema: &'static str,
    /// The audited tree, as the user named it.
    pub tree: String,
    /// `struct.field`.
    pub field: String,
    /// Name of the role pack.
    pub pack: String,
    /// The member that the struct declares in place of the field, which is gone: the tree is migrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrated: Option<String>,
    /// The denominator.
    pub ledger: Ledger,
    /// What was read.
    pub coverage: Coverage,
    /// Sorted by path, line, column, implicit.
    pub findings: Vec<Finding>,
    /// Parts of examined files that were not understood.
    pub skipped: Vec<Skipped>,
    /// Sorted.
    pub problems: Vec<Problem>,
}

/// The audit document's schema name and version.
pub const AUDIT_SCHEMA: &str = "uioscope.audit/1";
