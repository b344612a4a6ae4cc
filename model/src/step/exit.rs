//! A proc's exit: mark, wait for the other LWPs, apply the policy, detach, drop, zombie, reap.

use super::{Cx, Machine, Outcome};
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{Lwp, NONE, Phase, Request, Stage, State};
use crate::words::{Ability, Aspect, Closing, Guard};

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
            Phase::ExitDrop => self.step(Act::ExitDrop, &[p], |n| {
                drop_old(m, n, p)?;
                to(n, p, Phase::Dropped)
            }),
            Phase::Dropped => self.step(Act::Zombie, &[p], |n| {
                (0..m.scenario.lwps)
                    .filter(|&l| self.s.procs[p].lwps[l] != Lwp::Free)
                    .for_each(|l| n.free_lwp(p, l, m.fate));
                if m.scenario.reads.contains(&Aspect::Accounting) {
                    // Exit has summed up: what is charged from here on is lost.
                    let own = |r: &&mut Request| r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p;
                    n.requests.iter_mut().filter(own).for_each(|r| r.changed = true);
                }
                (n.procs[p].caller, n.procs[p].closed) = (0, m.scenario.closing != Closing::Never);
                to(n, p, Phase::Zombie)
            }),
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
        let done = m.proc_satisfied(self.s, m.scenario.exit, p);
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
        self.cancel_steps(p, m.scenario.exit, Act::ExitLook, Act::ExitCancel);
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
        let after_cancel = |r: &Request| !m.scenario.exit.cancels() || r.stage != crate::state::Stage::Pending;
        let left = self.s.requests_of(p).map(|(_, r)| r).filter(|r| after_cancel(r));
        if alone && m.satisfied(m.scenario.exit, left) {
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
    (n.procs[p].old, n.procs[p].vm) = (n.procs[p].vm, NONE);
    to(n, p, Phase::ExitDrop)
}

/// Reads the count of the detached vmspace.
pub(super) fn count(m: &Machine<'_>, n: &mut State, p: usize) -> Outcome {
    n.procs[p].seen = m.read_count(n, n.procs[p].old)?;
    Ok(())
}

/// Drops the reference on the detached vmspace.
pub(super) fn drop_old(m: &Machine<'_>, n: &mut State, p: usize) -> Outcome {
    let (old, seen) = (n.procs[p].old, n.procs[p].seen);
    (n.procs[p].old, n.procs[p].seen) = (NONE, 0);
    if seen == 0 { m.drop_vm(n, old, None) } else { m.write_down(n, old, seen) }
}
