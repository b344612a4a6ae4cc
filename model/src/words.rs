//! The words of the question: designs, policies, and what an in-flight request may read when it completes.
//!
//! Their names are the contract, in scenario files, JSON and reports.

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

words! {
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

words! {
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

impl Policy {
    /// Whether pending requests are cancelled.
    pub fn cancels(self) -> bool {
        matches!(self, Policy::Cancel | Policy::CancelDrain)
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

impl From<Policy> for LwpPolicy {
    fn from(policy: Policy) -> LwpPolicy {
        match policy {
            Policy::None => LwpPolicy::None,
            Policy::Drain => LwpPolicy::Drain,
            Policy::Cancel => LwpPolicy::Cancel,
            Policy::CancelDrain => LwpPolicy::CancelDrain,
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
