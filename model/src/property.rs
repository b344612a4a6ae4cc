//! What can go wrong, and what is worth having happened.

use crate::words::{Name, open_words, words};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

open_words! {
    /// A property; its name is that of its violation.
    Property {
        /// A proc is read through a pointer after it was reaped.
        UseAfterFreeProc = "use-after-free-proc",
        /// An LWP is read after it exited, or asked for where none is left.
        UseAfterFreeLwp = "use-after-free-lwp",
        /// A vmspace is read after its last reference was dropped.
        UseAfterFreeVmspace = "use-after-free-vmspace",
        /// A copy lands in another address space than the buffer's.
        WrongAddressSpace = "wrong-address-space",
        /// A request is finished twice, a count falls below zero or is raised from it.
        DoubleFree = "double-free",
        /// Nothing moves any more, and a vmspace is held for nobody.
        Leak = "leak",
        /// An exit, exec or LWP exit has begun that can never finish.
        Deadlock = "deadlock",
        /// Completion reads something else than what was there at submission.
        ChangedSinceSubmission = "changed-since-submission",
        /// The last reference is dropped where sleeping is forbidden.
        SleepInInterrupt = "sleep-in-interrupt",
    }
}

words! {
    /// Something that should happen somewhere in a scenario that is worth its name: a "sometimes" property.
    Event {
        /// A process began to exit with requests in flight.
        ExitInFlight = "exit-in-flight",
        /// A process began to exec with requests in flight.
        ExecInFlight = "exec-in-flight",
        /// An LWP exited before its request completed.
        LwpExitInFlight = "lwp-exit-in-flight",
        /// The policy met a request that was being copied.
        CancelTooLate = "cancel-too-late",
        /// A request completed after its process was reaped.
        OutlivesProc = "outlives-proc",
        /// Two processes shared a vmspace.
        Shared = "shared",
        /// exec found no vmspace free.
        NoMemory = "no-memory",
        /// A request dropped the last reference.
        LastByRequest = "last-by-request",
        /// A worker dropped the last reference.
        LastByWorker = "last-by-worker",
        /// A copy was refused because the vmspace was gone.
        Refused = "refused",
        /// A reader saw end of file.
        EndOfFile = "end-of-file",
        /// A copy faulted.
        Faulted = "faulted",
        /// exec emptied a map in place while somebody pointed to it.
        Emptied = "emptied",
    }
}

/// Events are counted in a word of sixteen bits.
const _: () = assert!(Event::ALL.len() <= 16);
