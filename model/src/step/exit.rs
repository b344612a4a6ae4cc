//! A proc's exit: mark, wait for the other LWPs, apply the policy, detach, drop, zombie, reap.

use super::{Cx, Machine, Outcome};
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{Lwp, NONE, Phase, Proc, Request, Stage, State, Tie, VM_DYING};
use crate::words::{Ability, Aspect, Closing, Counts, Guard};

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    pub(super) fn exit_steps(&mut self, p: usize) {
        let m = self.m;
        let proc = &self.s.procs[p];
        match proc.phase {
            Phase::Live if m.may(Ability::Exit) && m.scenario.steps.exit_at_once => self.exit_at_once(p),
            Phase::Live if m.may(Ability::Exit) => {
                for l in self.idle(p) {
                    self.step(Act::Exit, &[p, l], |n| {
                        let first =
                            if m.scenario.steps.policy_before_wait { Phase::ExitPolicy } else { Phase::ExitWait };
                        mark(n, p, l, first, Event::ExitInFlight);
                        Ok(())
                    });
                }
            }
            Phase::ExitWait if proc.alive() <= 1 || !m.scenario.keeps(Guard::ExitWaits) => {
                if m.scenario.steps.policy_before_wait {
                    self.step(Act::ExitDetach, &[p], |n| detach(n, p));
                } else {
                    self.step(Act::ExitWaited, &[p], |n| to(n, p, Phase::ExitPolicy));
                }
            }
            Phase::ExitPolicy => self.exit_policy(p),
            Phase::ExitDrop if m.scenario.steps.split_count && proc.seen == 0 => {
                self.step(Act::ExitCount, &[p], |n| count(m, n, p));
            }
            Phase::ExitDrop => match halves(m, proc.seen) {
                Half::First => {
                    let act = if m.scenario.kernel.counts == Counts::TestThenDecrement {
                        Act::ExitTest
                    } else {
                        Act::ExitDrop
                    };
                    self.step(act, &[p], |n| first_half(m, n, p));
                }
                Half::Second => {
                    let act = if m.scenario.kernel.counts == Counts::TestThenDecrement {
                        Act::ExitDrop
                    } else {
                        Act::ExitTest
                    };
                    self.step(act, &[p], |n| {
                        second_half(m, n, p)?;
                        to(n, p, Phase::Dropped)
                    });
                }
                Half::Whole => self.step(Act::ExitDrop, &[p], |n| {
                    drop_old(m, n, p)?;
                    to(n, p, Phase::Dropped)
                }),
            },
            // Whoever holds the LWP is waited for.
            Phase::Dropped if m.carry.lwp && self.s.requests_of(p).any(|(_, r)| r.tie == Tie::Named) => {}
            Phase::Dropped => self.step(Act::Zombie, &[p], |n| {
                (0..m.scenario.lwps)
                    .filter(|&l| self.s.procs[p].lwps[l] != Lwp::Free)
                    .for_each(|l| n.free_lwp(p, l, m.fate));
                if m.scenario.carried().any(|aspect| aspect == Aspect::Accounting) {
                    // Exit has summed up: what is charged from here on is lost.
                    let own = |r: &&mut Request| r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p;
                    n.requests.iter_mut().filter(own).for_each(|r| r.changed = true);
                }
                (n.procs[p].caller, n.procs[p].closed) = (0, m.scenario.closing != Closing::Never);
                to(n, p, Phase::Zombie)
            }),
            Phase::Zombie if m.carry.proc && self.s.requests_of(p).next().is_some() => {}
            Phase::Zombie => self.step(Act::Reap, &[p], |n| {
                n.free_proc(p);
                Ok(())
            }),
            _ => {}
        }
    }

    fn exit_policy(&mut self, p: usize) {
        let m = self.m;
        let closed = self.s.procs[p].closed;
        let done = m.proc_satisfied(self.s, m.exit, p);
        let close = match m.scenario.closing {
            Closing::Never => false,
            Closing::BeforePolicy => !closed,
            Closing::AfterPolicy => !closed && done,
        };
        if close {
            self.step(Act::ExitClose, &[p], |n| {
                n.procs[p].closed = true;
                Ok(())
            });
        }
        if m.scenario.closing == Closing::BeforePolicy && !closed {
            return;
        }
        self.cancel_steps(p, m.exit, Act::ExitLook, Act::ExitCancel);
        if !done || close {
            return;
        }
        if m.scenario.steps.policy_before_wait {
            self.step(Act::ExitPoliced, &[p], |n| to(n, p, Phase::ExitWait));
        } else {
            self.step(Act::ExitDetach, &[p], |n| detach(n, p));
        }
    }

    /// What exit would be if it were one step that waits until it can be done.
    fn exit_at_once(&mut self, p: usize) {
        let m = self.m;
        let alone = self.s.procs[p].alive() == 1 && self.idle[p] != 0;
        let after_cancel = |r: &Request| !m.exit.cancels || r.stage != crate::state::Stage::Pending;
        let left = self.s.requests_of(p).map(|(_, r)| r).filter(|r| after_cancel(r));
        if alone && m.satisfied(m.exit, left) {
            self.step(Act::ExitAtOnce, &[p], |n| {
                for r in 0..m.scenario.requests {
                    let r_of_p = self.s.requests_of(p).any(|(i, request)| i == r && !after_cancel(request));
                    if r_of_p {
                        m.complete(n, r);
                    }
                }
                detach(n, p)?;
                drop_old(m, n, p)?;
                (0..m.scenario.lwps)
                    .filter(|&l| self.s.procs[p].lwps[l] != Lwp::Free)
                    .for_each(|l| n.free_lwp(p, l, m.fate));
                to(n, p, Phase::Zombie)
            });
        }
    }
}

/// Exit or exec begins.
pub(super) fn mark(n: &mut State, p: usize, l: usize, phase: Phase, in_flight: Event) {
    if n.requests_of(p).any(|(_, r)| r.in_flight()) {
        n.note(in_flight);
    }
    n.procs[p].phase = phase;
    n.procs[p].caller = l as u8;
}

pub(super) fn to(n: &mut State, p: usize, phase: Phase) -> Outcome {
    n.procs[p].phase = phase;
    Ok(())
}

/// From here on the proc's vmspace is the kernel's own.
fn detach(n: &mut State, p: usize) -> Outcome {
    (n.procs[p].old, n.procs[p].vm, n.procs[p].lender) = (n.procs[p].vm, NONE, NONE);
    to(n, p, Phase::ExitDrop)
}

/// Reads the count of the detached vmspace.
pub(super) fn count(m: &Machine<'_>, n: &mut State, p: usize) -> Outcome {
    n.procs[p].seen = m.read_count(n, n.procs[p].old)?;
    Ok(())
}

/// How much of dropping a reference is one step.
pub(super) enum Half {
    Whole,
    First,
    Second,
}

/// What is left to do of it.
pub(super) fn halves(m: &Machine<'_>, seen: u8) -> Half {
    match (m.scenario.kernel.counts, seen) {
        (Counts::Atomic, _) => Half::Whole,
        (_, 0) => Half::First,
        _ => Half::Second,
    }
}

/// In the first half: it was not, or was, the last.
const OTHERS_LEFT: u8 = 1;
const LAST: u8 = 2;

/// One less and not yet looked whether that is zero; or looked and not yet one less.
pub(super) fn first_half(m: &Machine<'_>, n: &mut State, p: usize) -> Outcome {
    let proc = &mut n.procs[p];
    let Some(count) = n.vms.get_mut(usize::from(proc.old)).filter(|count| **count > VM_DYING) else {
        return if proc.old == NONE { skip_half(proc) } else { Err(Property::DoubleFree) };
    };
    if m.scenario.kernel.counts == Counts::TestThenDecrement {
        proc.seen = if *count == VM_DYING + 1 { LAST } else { OTHERS_LEFT };
    } else {
        *count -= 1;
        proc.seen = OTHERS_LEFT;
    }
    Ok(())
}

/// The kernel's own vmspace has no count.
fn skip_half(proc: &mut Proc) -> Outcome {
    proc.seen = OTHERS_LEFT;
    Ok(())
}

/// What is left of it.
pub(super) fn second_half(m: &Machine<'_>, n: &mut State, p: usize) -> Outcome {
    let (old, seen) = (n.procs[p].old, n.procs[p].seen);
    (n.procs[p].old, n.procs[p].seen) = (NONE, 0);
    let Some(count) = n.vms.get_mut(usize::from(old)) else {
        // Another one saw zero as well, and has freed it.
        return if old == NONE { Ok(()) } else { Err(Property::DoubleFree) };
    };
    if m.scenario.kernel.counts == Counts::DecrementThenTest {
        if *count == VM_DYING {
            m.last_gone(n, old);
        }
        return Ok(());
    }
    if *count <= VM_DYING {
        return Err(Property::DoubleFree);
    }
    *count -= 1;
    if seen == LAST {
        if *count > VM_DYING {
            // It was the last when it looked, and somebody has taken a reference since.
            n.free_vm(old);
            return Ok(());
        }
        m.last_gone(n, old);
    }
    Ok(())
}

/// Drops the reference on the detached vmspace.
pub(super) fn drop_old(m: &Machine<'_>, n: &mut State, p: usize) -> Outcome {
    let (old, seen) = (n.procs[p].old, n.procs[p].seen);
    (n.procs[p].old, n.procs[p].seen) = (NONE, 0);
    if seen == 0 { m.drop_vm(n, old, None) } else { m.write_down(n, old, seen) }
}
