//! What exit, exec and LWP exit do about requests in flight.

use super::{Cx, Machine, Outcome};
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{GONE, NONE, Request, Stage, State};
use crate::words::{Design, Policy, Take};

impl Machine<'_> {
    /// Whether a request in that stage holds a reference on its vmspace.
    pub fn holds(&self, stage: Stage) -> bool {
        self.scenario.design == Design::Referenced
            && match self.scenario.take {
                Take::Submit => stage >= Stage::Submitting,
                Take::Copy | Take::StructThenAcquire => stage >= Stage::Copy,
                Take::Struct => false,
            }
    }

    /// Whether the request keeps at least the struct of its vmspace.
    pub(super) fn pins_struct(&self, r: &Request) -> bool {
        self.scenario.design == Design::Referenced
            && matches!(self.scenario.take, Take::Struct | Take::StructThenAcquire)
            && r.stage != Stage::Free
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
    pub(super) fn satisfied<'r>(&self, policy: Policy, mut requests: impl Iterator<Item = &'r Request>) -> bool {
        match policy {
            Policy::None => true,
            Policy::Drain | Policy::CancelDrain => !requests.any(Request::in_flight),
            Policy::Cancel => !requests.any(|r| r.stage == Stage::Pending),
        }
    }

    /// [`Machine::satisfied`] for all of a proc's requests, with no cancellation half done.
    pub(super) fn proc_satisfied(&self, s: &State, policy: Policy, p: usize) -> bool {
        s.procs[p].target == NONE && self.satisfied(policy, s.requests_of(p).map(|(_, r)| r))
    }
}

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    /// Cancels a proc's pending requests, one in each step.
    pub(super) fn cancel_steps(&mut self, p: usize, policy: Policy, look: Act, cancel: Act) {
        let m = self.m;
        if !policy.cancels() {
            return;
        }
        if !m.scenario.steps.look_then_cancel {
            for r in 0..m.scenario.requests {
                if pending_of(self.s, p, r) {
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
                for r in (0..m.scenario.requests).filter(|&r| pending_of(self.s, p, r)) {
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

fn pending_of(s: &State, p: usize, r: usize) -> bool {
    let request = &s.requests[r];
    request.stage == Stage::Pending && !request.orphan && usize::from(request.issuer) == p
}

fn too_late(n: &mut State, p: usize) {
    if n.requests_of(p).any(|(_, r)| r.stage == Stage::Copy) {
        n.note(Event::CancelTooLate);
    }
}
