//! What exit, exec and LWP exit do about requests in flight.

use super::{Cx, Machine, Outcome};
use crate::action::{Act, Action};
use crate::book::{Owner, Way};
use crate::property::{Event, Property};
use crate::state::{GONE, NONE, Phase, Proc, Request, Stage, State};
use crate::words::Take;

impl Machine<'_> {
    /// Whether a request in that stage holds a reference on its vmspace.
    pub fn holds(&self, stage: Stage) -> bool {
        self.carry.vmspace
            && match self.scenario.take {
                Take::Submit => stage >= Stage::Submitting,
                Take::Copy | Take::StructThenAcquire => stage >= Stage::Copy,
                Take::Struct => false,
            }
    }

    /// Whether the request keeps at least the struct of its vmspace.
    pub(super) fn pins_struct(&self, r: &Request) -> bool {
        self.carry.vmspace
            && matches!(self.scenario.take, Take::Struct | Take::StructThenAcquire)
            && r.stage != Stage::Free
    }

    /// Whether another request of the same vmspace holds the reference that all of them share.
    pub(super) fn is_shared(&self, n: &State, r: usize, vm: u8) -> bool {
        let holds = |(i, q): (usize, &Request)| i != r && q.vm == vm && self.holds(q.stage);
        self.carry.queue && n.requests.iter().enumerate().any(holds)
    }

    /// The request is complete: its reference is dropped in a step of its own, or it is freed at once.
    pub(super) fn complete(&self, n: &mut State, r: usize) {
        self.outlives(n, r);
        if self.holds(n.requests[r].stage) {
            let request = &mut n.requests[r];
            // From here on nothing asks who submitted it.
            *request = Request { stage: Stage::Release, vm: request.vm, orphan: true, ..Request::FREE };
            for p in n.procs.iter_mut().filter(|p| usize::from(p.target) == r) {
                p.target = GONE;
            }
        } else {
            n.free_request(r);
        }
    }

    /// Whatever comes of it: the request is still there, and its process is not.
    pub(super) fn outlives(&self, n: &mut State, r: usize) {
        if n.requests[r].orphan {
            n.note(Event::OutlivesProc);
        }
    }

    /// Whether the policy has nothing left to do or to wait for among these requests.
    pub(super) fn satisfied<'r>(&self, way: Way, mut requests: impl Iterator<Item = &'r Request>) -> bool {
        !requests.any(|r| match r.stage {
            Stage::Pending => way.pending,
            Stage::Copy | Stage::Hung => way.copy,
            _ => false,
        })
    }

    /// [`Machine::satisfied`] for all requests that the proc's policy concerns, with no cancellation half done.
    pub(super) fn proc_satisfied(&self, s: &State, way: Way, p: usize) -> bool {
        s.procs[p].target == NONE && self.satisfied(way, s.requests.iter().filter(|r| concerns(s, way, p, r)))
    }
}

/// Whether the policy of proc `p` is about the request.
fn concerns(s: &State, way: Way, p: usize, r: &Request) -> bool {
    match way.of {
        Owner::Process => r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p,
        Owner::Vmspace => {
            let vm = s.procs[p].vm;
            let uses = |(q, proc): (usize, &Proc)| q != p && proc.phase != Phase::Free && proc.vm == vm;
            r.stage != Stage::Free && r.vm == vm && vm < GONE && !s.procs.iter().enumerate().any(uses)
        }
    }
}

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    /// Cancels a proc's pending requests, one in each step.
    pub(super) fn cancel_steps(&mut self, p: usize, way: Way, look: Act, cancel: Act) {
        let m = self.m;
        if !way.cancels {
            return;
        }
        if !m.scenario.steps.look_then_cancel {
            for r in 0..m.scenario.requests {
                if pending_of(self.s, way, p, r) {
                    self.step(cancel, &[p, r], |n| {
                        m.complete(n, r);
                        too_late(n, p);
                        Ok(())
                    });
                }
            }
            return;
        }
        match self.s.procs[p].target {
            NONE => {
                for r in (0..m.scenario.requests).filter(|&r| pending_of(self.s, way, p, r)) {
                    self.step(look, &[p, r], |n| {
                        n.procs[p].target = r as u8;
                        Ok(())
                    });
                }
            }
            target => {
                let r = usize::from(target);
                self.step(cancel, &[p, r], |n| cancel_what_was_seen(m, n, p, r));
            }
        }
    }
}

/// The request may have moved on since it was looked at; then both the cancellation and the completion finish it.
fn cancel_what_was_seen(m: &Machine<'_>, n: &mut State, p: usize, r: usize) -> Outcome {
    if r == usize::from(GONE) || n.requests[r].stage != Stage::Pending {
        return Err(Property::DoubleFree);
    }
    m.complete(n, r);
    n.procs[p].target = NONE;
    Ok(())
}

fn pending_of(s: &State, way: Way, p: usize, r: usize) -> bool {
    s.requests[r].stage == Stage::Pending && concerns(s, way, p, &s.requests[r])
}

fn too_late(n: &mut State, p: usize) {
    if n.requests_of(p).any(|(_, r)| r.stage == Stage::Copy) {
        n.note(Event::CancelTooLate);
    }
}
