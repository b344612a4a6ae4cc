//! What the simulator's machine is made of.

use super::cost::Cost;
use super::queue::Queue;
use super::workload::{Draw, Nanos, Workload};
use crate::book::{Carry, Way};
use rand_pcg::Pcg64Mcg;
use std::collections::VecDeque;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Running,
    /// Waits for its requests; then it goes on.
    Execing,
    /// Waits for its requests; then it is a zombie.
    Exiting,
    Gone,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    /// Counts the uses of the slot, so that events of an earlier use are known as such.
    pub(super) turn: u32,
    pub(super) life: Life,
    pub(super) vm: u32,
    pub(super) vm_turn: u32,
    /// The head of its list of requests.
    pub(super) first: u32,
    pub(super) pending: u32,
    pub(super) copying: u32,
    pub(super) since: Nanos,
    /// When it has done with cancelling.
    pub(super) busy_until: Nanos,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Vm {
    pub(super) turn: u32,
    pub(super) references: u32,
    /// Processes that use it and have not begun to exit.
    pub(super) users: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Free,
    /// Its data has not come.
    Pending,
    /// Its data has come; it waits for a worker.
    Ready,
    Copying,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Io {
    pub(super) turn: u32,
    pub(super) stage: Progress,
    pub(super) kind: u8,
    pub(super) proc: u32,
    pub(super) proc_turn: u32,
    pub(super) vm: u32,
    pub(super) vm_turn: u32,
    /// Which of its process' LWPs submitted it, and which use of that.
    pub(super) lwp: u32,
    pub(super) lwp_turn: u32,
    /// Neighbours in the process' list.
    pub(super) next: u32,
    pub(super) before: u32,
}

pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
pub(super) enum Due {
    /// An LWP of a process submits.
    Submit {
        proc: u32,
        turn: u32,
        lwp: u32,
        lwp_turn: u32,
    },
    /// A request's data comes, and whoever served it is free.
    Data {
        request: u32,
        turn: u32,
        kind: u8,
    },
    /// A process has done with cancelling.
    Cancelled {
        proc: u32,
        turn: u32,
    },
    /// An LWP exits by itself.
    Leave {
        proc: u32,
        turn: u32,
        lwp: u32,
    },
    /// A worker has copied.
    Copied {
        request: u32,
        turn: u32,
    },
    Exec {
        proc: u32,
        turn: u32,
    },
    Exit {
        proc: u32,
        turn: u32,
    },
}

pub(super) struct Drawn {
    pub(super) service: Draw,
    pub(super) copy: Draw,
    pub(super) never: f64,
    /// Shares up to and including this kind's.
    pub(super) upto: f64,
    /// How many more can be served at once, and who waits; `None`: no end of them.
    pub(super) free: Option<u32>,
    pub(super) waiting: VecDeque<(u32, u32)>,
}

pub(super) struct Kernel<'w> {
    pub(super) workload: &'w Workload,
    pub(super) carry: Carry,
    pub(super) way: Way,
    pub(super) lwp_way: Way,
    /// Of each process slot's LWPs, how many have come and gone.
    pub(super) lwp_turns: Vec<u32>,
    pub(super) lwp_lifetime: Option<Draw>,
    pub(super) cancel_time: Option<Draw>,
    /// The time is over: what is under way comes to its end, and nothing new begins.
    pub(super) over: bool,
    pub(super) rng: Pcg64Mcg,
    pub(super) queue: Queue<Due>,
    pub(super) now: Nanos,
    pub(super) procs: Vec<Process>,
    pub(super) free_procs: Vec<u32>,
    pub(super) vms: Vec<Vm>,
    pub(super) free_vms: Vec<u32>,
    pub(super) requests: Vec<Io>,
    pub(super) free_requests: Vec<u32>,
    pub(super) ready: VecDeque<(u32, u32)>,
    pub(super) idle_workers: u32,
    pub(super) lifetime: Draw,
    pub(super) think: Draw,
    pub(super) kinds: Vec<Drawn>,
    /// vmspaces that have references and no user.
    pub(super) dead_vms: u64,
    pub(super) waiting: u64,
    pub(super) in_flight: u64,
    pub(super) dead_area: u128,
    pub(super) last_change: Nanos,
    pub(super) cost: Cost,
}
