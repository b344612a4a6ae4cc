//! The state as the transition function sees it: plain fields, a few bytes each.
//!
//! A pointer to a vmspace is a slot number, or [`GONE`] once what it pointed to was freed. Freeing a vmspace, a proc, an LWP or
//! a request turns all pointers to it into stale ones at that moment; the slot can then be used again without a stale
//! pointer ever being taken for a good one.

use crate::property::Event;
use crate::words::LwpPolicy;

/// Most procs a state has room for.
pub const MAX_PROCS: usize = 4;
/// Most LWPs in a proc.
pub const MAX_LWPS: usize = 4;
/// Most requests.
pub const MAX_REQUESTS: usize = 6;
/// Most vmspaces.
pub const MAX_VMSPACES: usize = 6;
/// Most I/O workers and movers together.
pub const MAX_WORKERS: usize = 2;

/// A pointer whose vmspace or request has been freed.
pub const GONE: u8 = 6;
/// No vmspace or request: not attached, or the kernel's own.
pub const NONE: u8 = 7;

/// A vmspace slot that is free.
pub const VM_FREE: u8 = 0;
/// A vmspace without references that is not freed yet. One more for each reference.
pub const VM_DYING: u8 = 1;

/// Where a proc is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Phase {
    /// The slot is free.
    #[default]
    Free,
    /// Runs.
    Live,
    /// Marked execing, waits for the other LWPs.
    ExecWait,
    /// Exec applies its policy.
    ExecPolicy,
    /// Swapped, has yet to drop the old vmspace.
    ExecDrop,
    /// Marked exiting, waits for the other LWPs.
    ExitWait,
    /// Exit applies its policy.
    ExitPolicy,
    /// Detached, has yet to drop the vmspace.
    ExitDrop,
    /// Dropped, not yet a zombie.
    Dropped,
    /// Waits to be reaped.
    Zombie,
}

impl Phase {
    const ALL: [Phase; 10] = [
        Phase::Free,
        Phase::Live,
        Phase::ExecWait,
        Phase::ExecPolicy,
        Phase::ExecDrop,
        Phase::ExitWait,
        Phase::ExitPolicy,
        Phase::ExitDrop,
        Phase::Dropped,
        Phase::Zombie,
    ];

    pub(crate) fn from_bits(bits: u8) -> Phase {
        Phase::ALL.get(usize::from(bits)).copied().unwrap_or_default()
    }

    /// Whether an exit or exec has begun and not ended.
    pub fn in_transit(self) -> bool {
        self > Phase::Live && self < Phase::Zombie
    }
}

/// An LWP's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Lwp {
    /// The slot is free.
    #[default]
    Free,
    /// Runs.
    Run,
    /// Exits, and applies the policy for that.
    Leaving,
}

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proc {
    /// Where it is in its life.
    pub phase: Phase,
    /// The LWP that called exit or exec.
    pub caller: u8,
    /// `p_vmspace`; [`NONE`] is the kernel's own, as after exit's detach.
    pub vm: u8,
    /// The vmspace that exit or exec has detached and not dropped yet.
    pub old: u8,
    /// Whether exit has closed the files.
    pub closed: bool,
    /// A count that was read and not written back, as it stands in [`State::vms`]; zero: none.
    pub seen: u8,
    /// A request that the policy has looked at and will cancel.
    pub target: u8,
    /// The proc that stands still until this one execs or exits; [`NONE`]: none.
    pub lender: u8,
    /// Its LWPs.
    pub lwps: [Lwp; MAX_LWPS],
}

impl Proc {
    /// A free slot.
    pub const FREE: Proc = Proc {
        phase: Phase::Free,
        caller: 0,
        vm: NONE,
        old: NONE,
        closed: false,
        seen: 0,
        target: NONE,
        lender: NONE,
        lwps: [Lwp::Free; MAX_LWPS],
    };

    /// How many LWPs there are.
    pub fn alive(&self) -> usize {
        self.lwps.iter().filter(|&&l| l != Lwp::Free).count()
    }
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Stage {
    /// The slot is free: never used, or completed and released.
    #[default]
    Free,
    /// The submitter has read the count and not written it back.
    Counting,
    /// The submitter has read the pointer or taken the reference.
    Submitting,
    /// In the queue.
    Pending,
    /// The copy has started.
    Copy,
    /// Complete, but its reference is not dropped yet.
    Release,
    /// The copy has started, and will never end.
    Hung,
}

impl Stage {
    const ALL: [Stage; 7] =
        [Stage::Free, Stage::Counting, Stage::Submitting, Stage::Pending, Stage::Copy, Stage::Release, Stage::Hung];

    pub(crate) fn from_bits(bits: u8) -> Stage {
        Stage::ALL.get(usize::from(bits)).copied().unwrap_or_default()
    }
}

/// A request's tie to the LWP that submitted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Tie {
    /// It names the LWP.
    #[default]
    Named,
    /// It names an LWP that is gone.
    Gone,
    /// It was cut loose when the LWP exited, and names none.
    Loose,
    /// It was handed to the process when the LWP exited, and names that.
    Handed,
}

impl Tie {
    const ALL: [Tie; 4] = [Tie::Named, Tie::Gone, Tie::Loose, Tie::Handed];

    pub(crate) fn from_bits(bits: u8) -> Tie {
        Tie::ALL.get(usize::from(bits)).copied().unwrap_or_default()
    }
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// How far it is.
    pub stage: Stage,
    /// A pipe read; otherwise disk.
    pub pipe: bool,
    /// The proc that submitted it; zero once that was reaped.
    pub issuer: u8,
    /// Whether that proc was reaped.
    pub orphan: bool,
    /// The LWP that submitted it, as long as anything depends on it; zero then.
    pub lwp: u8,
    /// What became of its tie to that LWP.
    pub tie: Tie,
    /// The space its buffer is in, which is what vmspace designs carry.
    pub vm: u8,
    /// Whether what its pointers lead to has taken the place of what they were to lead to.
    pub replaced: bool,
    /// Whether something that completion reads has changed since submission.
    pub changed: bool,
    /// A count that was read and not written back, as it stands in [`State::vms`]; zero: none.
    pub seen: u8,
}

impl Request {
    /// A free slot.
    pub const FREE: Request = Request {
        stage: Stage::Free,
        pipe: false,
        issuer: 0,
        orphan: false,
        lwp: 0,
        tie: Tie::Named,
        vm: NONE,
        replaced: false,
        changed: false,
        seen: 0,
    };

    /// Whether it was submitted and has not completed.
    pub fn in_flight(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::Copy | Stage::Hung)
    }
}

/// What a worker is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Work {
    /// Nothing.
    #[default]
    Idle,
    /// Copies, in an adopted vmspace.
    Copying,
    /// Has finished the copy and not given back the vmspace.
    Adopted,
    /// A mover that has read a pointer.
    Looked,
    /// A mover that holds a reference.
    Holding,
    /// A mover that has done its work and still holds the reference.
    Worked,
}

impl Work {
    const ALL: [Work; 6] = [Work::Idle, Work::Copying, Work::Adopted, Work::Looked, Work::Holding, Work::Worked];

    pub(crate) fn from_bits(bits: u8) -> Work {
        Work::ALL.get(usize::from(bits)).copied().unwrap_or_default()
    }
}

/// An I/O worker or a mover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worker {
    /// What it is at.
    pub work: Work,
    /// The vmspace it adopted, holds or has looked at.
    pub vm: u8,
    /// The request it copies for.
    pub request: u8,
    /// Whether the map of that vmspace has become another program's.
    pub replaced: bool,
}

impl Worker {
    /// A worker with nothing to do.
    pub const IDLE: Worker = Worker { work: Work::Idle, vm: NONE, request: NONE, replaced: false };
}

/// What the end of an LWP does to the requests that it submitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    /// Whether requests remember their LWP.
    pub named: bool,
    /// What becomes of those that do.
    pub policy: LwpPolicy,
    /// Whether it matters which thread they name.
    pub changes: bool,
}

/// Everything there is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// Processes.
    pub procs: [Proc; MAX_PROCS],
    /// Vmspaces: [`VM_FREE`], [`VM_DYING`], or the count plus one.
    pub vms: [u8; MAX_VMSPACES],
    /// Requests.
    pub requests: [Request; MAX_REQUESTS],
    /// I/O workers and movers.
    pub workers: [Worker; MAX_WORKERS],
    /// What happened in the step that led here, one bit an [`Event`]. Not part of the state proper: it is never stored.
    pub events: u16,
}

impl Default for State {
    fn default() -> State {
        State {
            procs: [Proc::FREE; MAX_PROCS],
            vms: [VM_FREE; MAX_VMSPACES],
            requests: [Request::FREE; MAX_REQUESTS],
            workers: [Worker::IDLE; MAX_WORKERS],
            events: 0,
        }
    }
}

impl State {
    /// Records that something worth counting happened.
    pub(crate) fn note(&mut self, event: Event) {
        self.events |= 1 << event as u16;
    }

    /// Requests of a proc that is not reaped, with their slots.
    pub fn requests_of(&self, p: usize) -> impl Iterator<Item = (usize, &Request)> {
        self.requests
            .iter()
            .enumerate()
            .filter(move |(_, r)| r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p)
    }

    /// Whether the LWP is between the two steps of a submission.
    pub fn submitting(&self, p: usize, l: usize) -> bool {
        self.requests_of(p)
            .any(|(_, r)| matches!(r.stage, Stage::Counting | Stage::Submitting) && usize::from(r.lwp) == l)
    }

    /// No exit, exec or LWP exit is under way.
    pub fn quiet(&self) -> bool {
        self.procs.iter().all(|p| !p.phase.in_transit() && !p.lwps.contains(&Lwp::Leaving))
    }

    /// Frees the vmspace; every pointer to it is stale from here on.
    pub(crate) fn free_vm(&mut self, v: u8) {
        self.vms[usize::from(v)] = VM_FREE;
        let stale = |at: &mut u8| {
            if *at == v {
                *at = GONE;
            }
        };
        for p in &mut self.procs {
            stale(&mut p.vm);
            stale(&mut p.old);
        }
        // Of what is gone it does not matter what it had become.
        for r in self.requests.iter_mut().filter(|r| r.vm == v) {
            (r.vm, r.replaced) = (GONE, false);
        }
        for w in self.workers.iter_mut().filter(|w| w.vm == v) {
            (w.vm, w.replaced) = (GONE, false);
        }
    }

    /// The map of the vmspace becomes another program's; every pointer to it stays good.
    pub(crate) fn empty_vm(&mut self, v: u8) {
        let waits = self.requests.iter().any(|r| r.vm == v && r.in_flight());
        if waits || self.workers.iter().any(|w| w.vm == v) {
            self.note(Event::Emptied);
        }
        self.requests.iter_mut().filter(|r| r.vm == v).for_each(|r| r.replaced = true);
        self.workers.iter_mut().filter(|w| w.vm == v).for_each(|w| w.replaced = true);
    }

    /// Frees the LWP. Requests that remember it (`named`) come to what the policy makes of them.
    pub(crate) fn free_lwp(&mut self, p: usize, l: usize, fate: Fate) {
        let Fate { named, policy, changes } = fate;
        self.procs[p].lwps[l] = Lwp::Free;
        let takes_over = policy == LwpPolicy::TakeOver;
        let heir = if takes_over { self.procs[p].lwps.iter().position(|&l| l == Lwp::Run) } else { None };
        let own = |r: &Request| r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p;
        let of_l = |r: &Request| own(r) && r.tie == Tie::Named && (!named || usize::from(r.lwp) == l);
        if self.requests.iter().any(|r| of_l(r) && r.in_flight()) {
            self.note(Event::LwpExitInFlight);
        }
        if named {
            let his = self.requests.iter_mut().filter(|r| of_l(r));
            his.for_each(|r| match (policy, heir) {
                // Whoever is signalled is another thread than the one that submitted.
                (LwpPolicy::TakeOver, Some(heir)) => (r.lwp, r.changed) = (heir as u8, changes || r.changed),
                (LwpPolicy::Detach, _) => (r.lwp, r.tie) = (0, Tie::Loose),
                (LwpPolicy::Reparent, _) => (r.lwp, r.tie) = (0, Tie::Handed),
                _ => (r.lwp, r.tie) = (0, Tie::Gone),
            });
        }
    }

    /// Frees the proc.
    pub(crate) fn free_proc(&mut self, p: usize) {
        self.procs[p] = Proc::FREE;
        let own = |r: &Request| r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p;
        self.requests.iter_mut().filter(|r| own(r)).for_each(|r| (r.issuer, r.orphan) = (0, true));
    }

    /// Frees the request.
    pub(crate) fn free_request(&mut self, r: usize) {
        self.requests[r] = Request::FREE;
        for p in &mut self.procs {
            if usize::from(p.target) == r {
                p.target = GONE;
            }
        }
    }
}
