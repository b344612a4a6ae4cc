//! States as numbers: each field in as many bits as the scenario's counts need.

use crate::scenario::Scenario;
use crate::state::{Lwp, Phase, Request, Stage, State, Tie, VM_DYING, Work};
use crate::words::{Closing, LwpPolicy, Policy};
use std::hash::Hash;

/// An integer that holds a packed state.
pub trait Word: Copy + Eq + Ord + Hash + Send + Sync + std::fmt::Debug {
    /// How many bits it has.
    const BITS: u32;
    /// Nothing set.
    const ZERO: Self;
    /// With `value` added at a place where nothing is set yet.
    fn put(self, value: u8, at: u32) -> Self;
    /// The number of `width` bits, at most eight, at that place.
    fn get(self, at: u32, width: u32) -> u8;
    /// A well-mixed hash.
    fn mix(self) -> u64;
}

/// One round of multiply and fold; the constants are those of wyhash and splitmix.
fn fold(x: u64) -> u64 {
    let wide = u128::from(x ^ 0x9e37_79b9_7f4a_7c15) * 0xe703_7ed1_a0b4_28db;
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl Word for u64 {
    const BITS: u32 = 64;
    const ZERO: u64 = 0;
    #[inline]
    fn put(self, value: u8, at: u32) -> u64 {
        // Fields of no width stand at the very end in a full word; the mask keeps the shift in range.
        self | u64::from(value) << (at & 63)
    }
    #[inline]
    fn get(self, at: u32, width: u32) -> u8 {
        (self >> (at & 63)) as u8 & ((1u16 << width) - 1) as u8
    }
    #[inline]
    fn mix(self) -> u64 {
        fold(self)
    }
}

impl Word for u128 {
    const BITS: u32 = 128;
    const ZERO: u128 = 0;
    #[inline]
    fn put(self, value: u8, at: u32) -> u128 {
        self | u128::from(value) << (at & 127)
    }
    #[inline]
    fn get(self, at: u32, width: u32) -> u8 {
        (self >> (at & 127)) as u8 & ((1u16 << width) - 1) as u8
    }
    #[inline]
    fn mix(self) -> u64 {
        fold(fold(self as u64) ^ (self >> 64) as u64)
    }
}

/// Bits for the numbers below `n`.
fn bits(n: usize) -> u32 {
    n.max(1).next_power_of_two().trailing_zeros()
}

/// Which field has how many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    procs: usize,
    lwps: usize,
    vms: usize,
    requests: usize,
    workers: usize,
    proc_id: u32,
    lwp_id: u32,
    lwp: u32,
    count: u32,
    closed: u32,
    seen: u32,
    target: u32,
    orphan: u32,
    tie: u32,
    changed: u32,
    vm: u32,
}

impl Layout {
    /// The layout for a scenario's counts. Fields that it cannot use have no bits.
    pub fn new(sc: &Scenario) -> Layout {
        let on = |yes: bool| u32::from(yes);
        let count = bits(usize::from(VM_DYING) + 1 + sc.procs + sc.requests + sc.workers);
        Layout {
            procs: sc.procs,
            lwps: sc.lwps,
            vms: sc.vmspaces,
            requests: sc.requests,
            workers: sc.workers,
            proc_id: bits(sc.procs),
            lwp_id: bits(sc.lwps),
            lwp: 1 + on(sc.lwp_exit.policy() != Policy::None),
            count,
            closed: on(sc.closing != Closing::Never),
            seen: if sc.steps.split_count { count } else { 0 },
            target: if sc.steps.look_then_cancel { 3 } else { 0 },
            orphan: 1,
            tie: on(sc.names_lwp()) + on(matches!(sc.lwp_exit, LwpPolicy::Detach | LwpPolicy::Reparent)),
            changed: on(!sc.reads.is_empty()),
            vm: 3,
        }
    }

    /// How many bits a state takes.
    pub fn bits(&self) -> u32 {
        let proc = 4 + self.lwp_id + 2 * self.vm + self.closed + self.seen + self.target + self.lwp * self.lwps as u32;
        let request = 3 + 1 + self.proc_id + self.lwp_id + self.orphan + self.tie + self.vm + self.changed + self.seen;
        self.procs as u32 * proc
            + self.vms as u32 * self.count
            + self.requests as u32 * request
            + self.workers as u32 * (3 + 3 + 3)
    }

    /// The highest count that a state has room for, as it stands in [`State::vms`].
    pub(crate) fn most(&self) -> u8 {
        ((1u32 << self.count) - 1) as u8
    }

    /// The state as a number. What the scenario has no room for is left out.
    #[inline]
    pub fn pack<W: Word>(&self, s: &State) -> W {
        let mut word = W::ZERO;
        let mut at = 0;
        let mut put = |value: u8, width: u32| {
            word = word.put(value, at);
            at += width;
        };
        for p in &s.procs[..self.procs] {
            put(p.phase as u8, 4);
            put(p.caller, self.lwp_id);
            put(p.vm, self.vm);
            put(p.old, self.vm);
            put(u8::from(p.closed), self.closed);
            if self.seen > 0 {
                put(p.seen, self.seen);
            }
            if self.target > 0 {
                put(p.target, self.target);
            }
            for &l in &p.lwps[..self.lwps] {
                put(l as u8, self.lwp);
            }
        }
        for &v in &s.vms[..self.vms] {
            put(v, self.count);
        }
        for r in &s.requests[..self.requests] {
            put(r.stage as u8, 3);
            put(u8::from(r.pipe), 1);
            put(r.issuer, self.proc_id);
            put(r.lwp, self.lwp_id);
            put(u8::from(r.orphan), self.orphan);
            if self.tie > 0 {
                put(r.tie as u8, self.tie);
            }
            put(r.vm, self.vm);
            if self.changed > 0 {
                put(u8::from(r.changed), 1);
            }
            if self.seen > 0 {
                put(r.seen, self.seen);
            }
        }
        for w in &s.workers[..self.workers] {
            put(w.work as u8, 3);
            put(w.vm, 3);
            put(w.request, 3);
        }
        word
    }

    /// The state of a number that [`Layout::pack`] made.
    #[inline]
    pub fn unpack<W: Word>(&self, word: W) -> State {
        let mut at = 0;
        let mut get = |width: u32| {
            let value = word.get(at, width);
            at += width;
            value
        };
        let mut s = State::default();
        for p in &mut s.procs[..self.procs] {
            p.phase = Phase::from_bits(get(4));
            p.caller = get(self.lwp_id);
            p.vm = get(self.vm);
            p.old = get(self.vm);
            p.closed = get(self.closed) != 0;
            p.seen = get(self.seen);
            if self.target > 0 {
                p.target = get(self.target);
            }
            for l in &mut p.lwps[..self.lwps] {
                *l = match get(self.lwp) {
                    0 => Lwp::Free,
                    1 => Lwp::Run,
                    _ => Lwp::Leaving,
                };
            }
        }
        for v in &mut s.vms[..self.vms] {
            *v = get(self.count);
        }
        for r in &mut s.requests[..self.requests] {
            *r = Request {
                stage: Stage::from_bits(get(3)),
                pipe: get(1) != 0,
                issuer: get(self.proc_id),
                lwp: get(self.lwp_id),
                orphan: get(self.orphan) != 0,
                tie: Tie::from_bits(get(self.tie)),
                vm: get(self.vm),
                changed: get(self.changed) != 0,
                seen: get(self.seen),
            };
        }
        for w in &mut s.workers[..self.workers] {
            (w.work, w.vm, w.request) = (Work::from_bits(get(3)), get(3), get(3));
        }
        s
    }
}

/// What would not fit, for the error: the counts and how many bits they take.
pub(crate) fn too_large(sc: &Scenario) -> Option<u32> {
    let bits = Layout::new(sc).bits();
    (bits > u128::BITS).then_some(bits)
}
