//! The words of the question: designs, policies, and what an in-flight request may read when it completes.
//!
//! Their names are the contract, in scenario files, JSON and reports.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::sync::Mutex;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word in files, JSON and reports.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }

            /// The one of that name.
            pub fn parse(word: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|w| w.name() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use words;

/// A name that a file declares: letters, digits, `-`, `+` and `_`. It is kept once for the whole run, so that it can be copied
/// like a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Name(&'static str);

/// No name is longer.
const LONGEST_NAME: usize = 40;
/// No run keeps more names.
const MOST_NAMES: usize = 4096;

impl Name {
    /// Keeps the name; `None` if it is no name, or there are too many already.
    pub fn new(text: &str) -> Option<Name> {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '+' | '_');
        if text.is_empty() || text.len() > LONGEST_NAME || !text.chars().all(is_part) {
            return None;
        }
        let mut names = NAMES.lock().ok()?;
        if let Some(known) = names.get(text) {
            return Some(Name(known));
        }
        if names.len() >= MOST_NAMES {
            return None;
        }
        let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
        names.insert(kept);
        Some(Name(kept))
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
        let text = String::deserialize(from)?;
        let bad = "is no name: up to 40 small letters, digits, `-`, `+` and `_`";
        Name::new(&text).ok_or_else(|| serde::de::Error::custom(format!("`{}` {bad}", text.escape_default())))
    }
}

/// Words of which a file can declare more.
macro_rules! open_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// One that the scenario declares.
            Declared(Name),
        }

        impl $name {
            /// Those of the standard library, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word in files, JSON and reports.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Declared(name) => name.as_str(),
                }
            }

            /// The one of that name in the standard library.
            pub fn parse(word: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|w| w.name() == word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                let name = Name::deserialize(from)?;
                Ok($name::parse(name.as_str()).unwrap_or($name::Declared(name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

pub(crate) use open_words;

open_words! {
    /// What a request carries to find the address space of its buffer.
    Design {
        /// A pointer to the process, without a reference: `uio_procp`.
        Proc = "proc",
        /// A pointer to the LWP that submitted: `uio_lwp`, `uio_td`.
        Lwp = "lwp",
        /// A pointer to the process; whoever needs an LWP takes the one that represents it now.
        Representative = "proc+representative-lwp",
        /// A pointer to the vmspace, without a reference.
        Borrowed = "vmspace-borrowed",
        /// A pointer to the vmspace and a reference on it.
        Referenced = "vmspace-referenced",
    }
}

open_words! {
    /// What exit or exec does about the process' requests in flight.
    Policy {
        /// Nothing.
        None = "none",
        /// Waits until all have completed.
        Drain = "drain",
        /// Cancels those that are pending; one that is being copied is left alone.
        Cancel = "cancel",
        /// Cancels those that are pending and waits for those that are being copied.
        CancelDrain = "cancel+drain",
    }
}

words! {
    /// What an LWP's exit does about its own requests in flight.
    LwpPolicy {
        /// Nothing.
        None = "none",
        /// Waits until all have completed.
        Drain = "drain",
        /// Cancels those that are pending; one that is being copied is left alone.
        Cancel = "cancel",
        /// Cancels those that are pending and waits for those that are being copied.
        CancelDrain = "cancel+drain",
        /// Cuts them loose: they name no LWP any more. Where only the LWP leads to the buffer, their data is lost.
        Detach = "detach",
        /// Makes another LWP of the process theirs; where there is none, nothing.
        TakeOver = "take-over",
        /// Hands them to the process: from then on it is what they name.
        Reparent = "reparent",
    }
}

impl LwpPolicy {
    /// The part of it that cancels and waits.
    pub fn policy(self) -> Policy {
        match self {
            LwpPolicy::Drain => Policy::Drain,
            LwpPolicy::Cancel => Policy::Cancel,
            LwpPolicy::CancelDrain => Policy::CancelDrain,
            LwpPolicy::None | LwpPolicy::Detach | LwpPolicy::TakeOver | LwpPolicy::Reparent => Policy::None,
        }
    }
}

words! {
    /// A guard of the steps that can be left out, to see what it is there for.
    Guard {
        /// Exit goes on only when its other LWPs are dead.
        ExitWaits = "exit-waits-for-lwps",
        /// So does exec.
        ExecWaits = "exec-waits-for-lwps",
        /// An LWP whose process exits or execs submits nothing more.
        NothingNew = "nothing-new",
    }
}

impl Guard {
    /// What it says.
    pub fn meaning(self) -> &'static str {
        match self {
            Guard::ExitWaits => "exit waits until its other LWPs are dead",
            Guard::ExecWaits => "exec waits until its other LWPs are dead",
            Guard::NothingNew => "a process that exits or execs submits nothing more",
        }
    }

    /// Whether it can make a difference where this may happen.
    pub(crate) fn matters(self, may: &dyn Fn(Ability) -> bool) -> bool {
        match self {
            Guard::ExitWaits => may(Ability::Exit),
            Guard::ExecWaits => may(Ability::Exec),
            Guard::NothingNew => may(Ability::Exit) || may(Ability::Exec),
        }
    }
}

words! {
    /// Something of the submitter that completion reads.
    Aspect {
        /// `p_ucred`; `setuid` changes it.
        Credential = "credential",
        /// `p_rlimit`; `setrlimit` changes it.
        Limits = "limits",
        /// Whom a signal is sent to; an LWP taken over for another user thread is another target.
        SignalTarget = "signal-target",
        /// `p_stats`; exit sums it up, and what is charged to a zombie is lost.
        Accounting = "accounting",
        /// `p_fd`; `dup2` and `close` change it.
        Files = "files",
        /// `p_session`; `setsid` changes it.
        Session = "session",
    }
}

words! {
    /// Where completion reads it.
    Source {
        /// Through what the request carries, as it is at completion.
        Carried = "carried",
        /// A copy, or a reference of its own, taken at submission.
        Snapshot = "snapshot",
        /// Whatever process happens to run: `curproc` in a daemon or an interrupt.
        Current = "current",
    }
}

words! {
    /// What the scenario lets happen.
    Ability {
        /// A process makes another LWP.
        LwpCreate = "lwp-create",
        /// An LWP that is not the last exits by itself.
        LwpExit = "lwp-exit",
        /// A process exits.
        Exit = "exit",
        /// A process executes another program.
        Exec = "exec",
        /// A process makes one with a copy of its vmspace.
        Fork = "fork",
        /// A process makes one that shares its vmspace.
        Vfork = "vfork",
        /// A request whose I/O finishes by itself.
        Disk = "disk",
        /// A request that waits for another process to write.
        Pipe = "pipe",
        /// An LWP is taken over for another user thread (scheduler activations).
        Takeover = "takeover",
        /// The process changes what completion reads: setuid, setrlimit, dup2, setsid.
        Change = "change",
        /// A kernel thread that visits processes' vmspaces by itself: swap-out, procfs, dmover.
        Mover = "mover",
        /// A copy faults, and its request ends without data.
        Fault = "fault",
        /// A copy waits and never ends.
        Hang = "hang",
        /// A kernel thread submits for a process that exits.
        LateSubmit = "late-submit",
        /// A process unmaps the buffer of a request in flight.
        Unmap = "unmap",
    }
}

words! {
    /// When exit closes the process' files, so that readers of its pipes can see end of file.
    Closing {
        /// End of file is not modelled.
        Never = "never",
        /// Before the policy is applied.
        BeforePolicy = "before-policy",
        /// After it.
        AfterPolicy = "after-policy",
    }
}

words! {
    /// When a request of design `vmspace-referenced` takes its reference, and of what kind.
    Take {
        /// With the pointer, at submission.
        Submit = "submit",
        /// Only when the copy starts: too late.
        Copy = "copy",
        /// At submission, but one that keeps only the struct, as Linux' `mm_count` does.
        Struct = "struct",
        /// That, and a real reference for the copy unless the count is zero: `mmget_not_zero`.
        StructThenAcquire = "struct-then-acquire",
    }
}

words! {
    /// How the mover gets at a vmspace.
    Hold {
        /// It keeps the pointer it read.
        Borrow = "borrow",
        /// It reads the pointer and later raises the count, whatever it is.
        Raise = "raise",
        /// It raises the count in the same step and only from above zero: `vmspace_acquire_ref`.
        Acquire = "acquire",
    }
}

words! {
    /// How an I/O worker gives back the vmspace it adopted.
    GiveBack {
        /// Whoever drops the last reference frees the vmspace.
        Frees = "frees",
        /// It only counts down, on the assumption that it never holds the last one.
        AssumesNotLast = "assumes-not-last",
    }
}

words! {
    /// What exec does with the map of a vmspace that nobody else uses.
    ExecMap {
        /// It takes a fresh vmspace.
        Fresh = "fresh",
        /// It empties the map in place: every pointer to the vmspace stays good, and leads to another program.
        InPlace = "in-place",
    }
}

words! {
    /// How exit and exec drop a count.
    Counts {
        /// In one step.
        Atomic = "atomic",
        /// One less, and later a look whether it is zero: two that race both see zero.
        DecrementThenTest = "decrement-then-test",
        /// A look whether it is the last, and later one less: two that race both see another.
        TestThenDecrement = "test-then-decrement",
    }
}

words! {
    /// Who writes to the pipe that a request reads.
    Writers {
        /// Another process.
        Others = "others",
        /// The reader's own process.
        Own = "own",
        /// Either.
        Any = "any",
    }
}

words! {
    /// Which LWP represents its process.
    Stand {
        /// Any that there is.
        Any = "any",
        /// The first, as long as it lives.
        Leader = "leader",
        /// The first, which stays for the process' life, if only as a zombie.
        LeaderStays = "leader-stays",
    }
}

words! {
    /// Where a request drops its reference.
    ReleaseIn {
        /// In a thread, which may sleep.
        Thread = "thread",
        /// In an interrupt, or under a lock that must not be slept with.
        Interrupt = "interrupt",
    }
}

words! {
    /// What vfork does to the parent.
    VforkParent {
        /// Nothing: both run.
        Runs = "runs",
        /// It stands still until the child execs or exits.
        Waits = "waits",
    }
}

/// How this kernel differs from the one that scenarios play unless they say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Kernel {
    /// What exec does with a map that nobody else uses.
    pub exec_map: ExecMap,
    /// How exit and exec drop a count.
    pub counts: Counts,
    /// Who writes to a pipe.
    pub writers: Writers,
    /// Which LWP represents its process.
    pub representative: Stand,
    /// Where a request drops its reference.
    pub release_in: ReleaseIn,
    /// What vfork does to the parent.
    pub vfork_parent: VforkParent,
    /// Whether the pages of a buffer are wired, so that unmapping them does not give them to somebody else.
    pub wired: bool,
}

impl Default for Kernel {
    fn default() -> Kernel {
        Kernel {
            exec_map: ExecMap::Fresh,
            counts: Counts::Atomic,
            writers: Writers::Others,
            representative: Stand::Any,
            release_in: ReleaseIn::Thread,
            vfork_parent: VforkParent::Runs,
            wired: false,
        }
    }
}
