//! The steps by name.

use crate::words::Aspect;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $letters:literal;)*) => {
        /// What a step does; see [`Action`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $($(#[$doc])* $variant,)* }

        impl Act {
            /// All of them.
            pub const ALL: &'static [Act] = &[$(Act::$variant,)*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Act::$variant => $name,)* }
            }

            /// One letter for each id: `p` proc, `l` LWP, `r` request, `v` vmspace, `w` worker.
            pub fn letters(self) -> &'static str {
                match self { $(Act::$variant => $letters,)* }
            }
        }
    };
}

acts! {
    /// A proc makes an LWP.
    LwpCreate = "lwp-create", "pl";
    /// An LWP exits by itself.
    LwpExit = "lwp-exit", "pl";
    /// An LWP dies because its proc exits or execs.
    LwpDie = "lwp-die", "pl";
    /// An LWP that exits cancels one of its requests.
    LwpCancel = "lwp-cancel", "plr";
    /// An LWP that exits has done its policy and is freed.
    LwpGone = "lwp-gone", "pl";
    /// An LWP is taken over for another user thread.
    Takeover = "takeover", "pl";
    /// A proc is marked exiting.
    Exit = "exit", "pl";
    /// Exit's other LWPs are dead.
    ExitWaited = "exit-waited", "p";
    /// Exit has applied its policy, in kernels where that comes before the wait.
    ExitPoliced = "exit-policed", "p";
    /// Exit closes the files.
    ExitClose = "exit-close", "p";
    /// Exit looks at a pending request.
    ExitLook = "exit-look", "pr";
    /// Exit cancels a request.
    ExitCancel = "exit-cancel", "pr";
    /// Exit detaches the vmspace.
    ExitDetach = "exit-detach", "p";
    /// Exit reads the count.
    ExitCount = "exit-count", "p";
    /// Exit looks whether its reference is, or was, the last.
    ExitTest = "exit-test", "p";
    /// Exit drops its reference.
    ExitDrop = "exit-drop", "p";
    /// The proc is a zombie, and its last LWP gone.
    Zombie = "zombie", "p";
    /// The zombie is reaped and its proc freed.
    Reap = "reap", "p";
    /// Exit in one guarded step, which no kernel does; for comparison.
    ExitAtOnce = "exit-at-once", "p";
    /// A proc is marked execing.
    Exec = "exec", "pl";
    /// Exec's other LWPs are dead.
    ExecWaited = "exec-waited", "p";
    /// Exec has applied its policy, in kernels where that comes before the wait.
    ExecPoliced = "exec-policed", "p";
    /// Exec looks at a pending request.
    ExecLook = "exec-look", "pr";
    /// Exec cancels a request.
    ExecCancel = "exec-cancel", "pr";
    /// Exec swaps to a fresh vmspace.
    ExecSwap = "exec-swap", "pv";
    /// Exec finds no vmspace and fails.
    ExecNoMemory = "exec-enomem", "p";
    /// Exec reads the old vmspace's count.
    ExecCount = "exec-count", "p";
    /// Exec empties the map in place.
    ExecEmpty = "exec-empty", "p";
    /// Exec looks whether its reference is, or was, the last.
    ExecTest = "exec-test", "p";
    /// Exec drops the reference on the old vmspace.
    ExecDrop = "exec-drop", "p";
    /// A proc makes one with a copy of its vmspace.
    Fork = "fork", "pplv";
    /// A proc makes one that shares its vmspace.
    Vfork = "vfork", "ppl";
    /// The proc changes its credential.
    Setuid = "setuid", "p";
    /// The proc changes a limit.
    Setrlimit = "setrlimit", "p";
    /// The proc puts another file under a descriptor.
    Dup2 = "dup2", "p";
    /// The proc starts a session.
    Setsid = "setsid", "p";
    /// An LWP submits a disk request: it reads the pointer or takes the reference.
    SubmitDisk = "submit-disk", "plr";
    /// An LWP submits a pipe read, likewise.
    SubmitPipe = "submit-pipe", "plr";
    /// A kernel thread submits for a process that exits.
    SubmitLate = "submit-late", "pr";
    /// The process unmaps the request's buffer.
    Unmap = "unmap", "pr";
    /// The submitting LWP writes back the count it read.
    SubmitCount = "submit-count", "r";
    /// The submitting LWP enqueues the request.
    Enqueue = "enqueue", "r";
    /// The copy starts.
    StartCopy = "start-copy", "r";
    /// A worker adopts the vmspace and starts the copy.
    WorkerStart = "worker-start", "wr";
    /// A read of a dead vmspace is refused.
    Refuse = "refuse", "r";
    /// The copy ends and the request completes.
    FinishCopy = "finish-copy", "r";
    /// The copy faults, and the request ends without data.
    Fault = "fault", "r";
    /// The copy waits and never ends.
    Hang = "hang", "r";
    /// A pipe read completes with nothing, its writers being gone.
    EndOfFile = "end-of-file", "r";
    /// The request's release reads the count.
    ReleaseCount = "release-count", "r";
    /// The request drops its reference.
    Release = "release", "r";
    /// A worker gives back the vmspace it adopted.
    GiveBack = "give-back", "w";
    /// A vmspace without references is freed, where that is a step of its own.
    Free = "free", "v";
    /// The mover reads a proc's vmspace pointer.
    MoverLook = "mover-look", "wp";
    /// The mover raises the count.
    MoverHold = "mover-hold", "w";
    /// The mover works on the vmspace.
    MoverUse = "mover-use", "w";
    /// The mover drops its reference.
    MoverDrop = "mover-drop", "w";
}

impl Act {
    /// The system calls that change one of these. Accounting is closed by exit, and a signal's target by the LWP's fate.
    pub(crate) fn changes(reads: &[Aspect]) -> impl Iterator<Item = (Aspect, Act)> {
        let act = |aspect| match aspect {
            Aspect::Credential => Some(Act::Setuid),
            Aspect::Limits => Some(Act::Setrlimit),
            Aspect::Files => Some(Act::Dup2),
            Aspect::Session => Some(Act::Setsid),
            Aspect::Accounting | Aspect::SignalTarget => None,
        };
        reads.iter().filter_map(move |&aspect| Some((aspect, act(aspect)?)))
    }
}

/// A step: what, and the ids it is about. Written `submit-disk p0 l1 r0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action {
    /// What it does.
    pub act: Act,
    /// Ids in the order of [`Act::letters`]; the rest is zero.
    pub ids: [u8; 4],
}

impl Action {
    /// The action on these ids; more than four are ignored.
    pub fn new(act: Act, ids: &[u8]) -> Action {
        let mut all = [0; 4];
        for (to, &id) in all.iter_mut().zip(ids) {
            *to = id;
        }
        Action { act, ids: all }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.act.name())?;
        self.act.letters().chars().zip(self.ids).try_for_each(|(letter, id)| write!(f, " {letter}{id}"))
    }
}

/// Text that names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no step of this version: a step is a name and its ids, as in `submit-disk p0 l1 r0`")]
pub struct NoSuchAction(pub String);

impl FromStr for Action {
    type Err = NoSuchAction;

    fn from_str(text: &str) -> Result<Action, NoSuchAction> {
        let bad = || NoSuchAction(text.to_owned());
        let mut parts = text.split_ascii_whitespace();
        let name = parts.next().ok_or_else(bad)?;
        let act = Act::ALL.iter().copied().find(|a| a.name() == name).ok_or_else(bad)?;
        let mut action = Action::new(act, &[]);
        for (letter, id) in act.letters().chars().zip(&mut action.ids) {
            let digits = parts.next().and_then(|p| p.strip_prefix(letter)).ok_or_else(bad)?;
            *id = digits.parse().map_err(|_| bad())?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(action) }
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Action, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_it_is_written() {
        for &act in Act::ALL {
            let action = Action::new(act, &[3, 1, 2, 0][..act.letters().len()]);
            assert_eq!(action.to_string().parse(), Ok(action));
        }
        for bad in ["", "exit", "exit p0", "exit p0 l0 l0", "exit l0 p0", "exit p0 l999", "leave p0"] {
            assert!(bad.parse::<Action>().is_err(), "{bad}");
        }
    }
}
