//! LWPs: made, exiting by themselves, dying with their proc, taken over for another user thread.

use super::Cx;
use crate::action::{Act, Action};
use crate::property::Property;
use crate::state::{Lwp, Phase, Request, Stage, State, Tie};
use crate::words::{Ability, Aspect, Policy};

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    pub(super) fn lwp_steps(&mut self, p: usize) {
        let m = self.m;
        let proc = &self.s.procs[p];
        let waiting = match proc.phase {
            Phase::Free | Phase::Zombie => return,
            Phase::ExecWait | Phase::ExitWait => true,
            // A kernel that cancels before it waits has told its LWPs to die when it was marked.
            Phase::ExecPolicy | Phase::ExitPolicy => m.scenario.steps.policy_before_wait,
            _ => false,
        };
        let running = proc.lwps.iter().filter(|&&l| l == Lwp::Run).count();
        let any_idle = self.idle[p] != 0;
        if m.may(Ability::LwpCreate) && any_idle {
            for l in self.free_slots(m.scenario.lwps, |s, l| s.procs[p].lwps[l] == Lwp::Free) {
                self.step(Act::LwpCreate, &[p, l], |n| {
                    n.procs[p].lwps[l] = Lwp::Run;
                    Ok(())
                });
            }
        }
        for l in 0..m.scenario.lwps {
            match proc.lwps[l] {
                Lwp::Free => {}
                Lwp::Leaving => self.leave_steps(p, l),
                Lwp::Run => {
                    if running > 1 && m.may(Ability::LwpExit) && self.is_idle(p, l) {
                        self.depart(Act::LwpExit, p, l);
                    }
                    if waiting && usize::from(proc.caller) != l && !self.s.submitting(p, l) {
                        self.depart(Act::LwpDie, p, l);
                    }
                    self.takeover_step(p, l);
                }
            }
        }
    }

    /// The LWP is freed at once, or first applies the policy for its exit.
    fn depart(&mut self, act: Act, p: usize, l: usize) {
        let m = self.m;
        let none = m.scenario.lwp_exit.policy() == Policy::None;
        self.step(act, &[p, l], |n| {
            if none {
                n.free_lwp(p, l, m.fate);
            } else {
                n.procs[p].lwps[l] = Lwp::Leaving;
            }
            Ok(())
        });
    }

    fn leave_steps(&mut self, p: usize, l: usize) {
        let m = self.m;
        let own = |r: &Request| r.tie == Tie::Named && usize::from(r.lwp) == l;
        if m.scenario.lwp_exit.policy().cancels() {
            for r in 0..m.scenario.requests {
                let request = &self.s.requests[r];
                let mine = own(request) && !request.orphan && usize::from(request.issuer) == p;
                if mine && request.stage == Stage::Pending {
                    self.step(Act::LwpCancel, &[p, l, r], |n| {
                        m.complete(n, r);
                        Ok(())
                    });
                }
            }
        }
        if m.satisfied(m.scenario.lwp_exit.policy(), self.s.requests_of(p).map(|(_, r)| r).filter(|r| own(r))) {
            self.step(Act::LwpGone, &[p, l], |n| {
                n.free_lwp(p, l, m.fate);
                Ok(())
            });
        }
    }

    /// Scheduler activations: the kernel's LWP goes on, but for another user thread than the one that submitted.
    fn takeover_step(&mut self, p: usize, l: usize) {
        let m = self.m;
        if !m.may(Ability::Takeover) || !m.scenario.reads.contains(&Aspect::SignalTarget) || !self.is_idle(p, l) {
            return;
        }
        let affected = |r: &Request| {
            r.stage != Stage::Free
                && !r.orphan
                && usize::from(r.issuer) == p
                && r.tie == Tie::Named
                && usize::from(r.lwp) == l
                && !r.changed
        };
        if m.named {
            if self.s.requests.iter().any(affected) {
                self.step(Act::Takeover, &[p, l], |n| {
                    n.requests.iter_mut().filter(|r| affected(r)).for_each(|r| r.changed = true);
                    Ok(())
                });
            }
        } else if self.s.requests_of(p).any(|(_, r)| r.stage == Stage::Copy) {
            // Nobody remembers the LWP, so nothing changes; the step is there to be counted.
            self.step(Act::Takeover, &[p, l], |_| Ok(()));
        }
    }
}
