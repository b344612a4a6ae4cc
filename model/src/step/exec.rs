//! A proc's exec: mark, wait for the other LWPs, apply the policy, swap to a fresh vmspace, drop the old one.

use super::exit::{count, drop_old, mark, to};
use super::{Cx, Outcome};
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{Phase, State, VM_DYING};
use crate::words::{Ability, Guard};

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    pub(super) fn exec_steps(&mut self, p: usize) {
        let m = self.m;
        let proc = &self.s.procs[p];
        match proc.phase {
            Phase::Live if m.may(Ability::Exec) => {
                for l in self.idle(p) {
                    self.step(Act::Exec, &[p, l], |n| {
                        let first =
                            if m.scenario.steps.policy_before_wait { Phase::ExecPolicy } else { Phase::ExecWait };
                        mark(n, p, l, first, Event::ExecInFlight);
                        Ok(())
                    });
                }
            }
            Phase::ExecWait if proc.alive() <= 1 || !m.scenario.keeps(Guard::ExecWaits) => {
                if m.scenario.steps.policy_before_wait {
                    self.swap_steps(p);
                } else {
                    self.step(Act::ExecWaited, &[p], |n| to(n, p, Phase::ExecPolicy));
                }
            }
            Phase::ExecPolicy => {
                self.cancel_steps(p, m.scenario.exec, Act::ExecLook, Act::ExecCancel);
                if !m.proc_satisfied(self.s, m.scenario.exec, p) {
                } else if m.scenario.steps.policy_before_wait {
                    self.step(Act::ExecPoliced, &[p], |n| to(n, p, Phase::ExecWait));
                } else {
                    self.swap_steps(p);
                }
            }
            Phase::ExecDrop if m.scenario.steps.split_count && proc.seen == 0 => {
                self.step(Act::ExecCount, &[p], |n| count(m, n, p));
            }
            Phase::ExecDrop => self.step(Act::ExecDrop, &[p], |n| {
                drop_old(m, n, p)?;
                live(n, p)
            }),
            _ => {}
        }
    }

    fn swap_steps(&mut self, p: usize) {
        let m = self.m;
        let mut room = false;
        for v in self.free_vms() {
            room = true;
            self.step(Act::ExecSwap, &[p, v], |n| {
                n.vms[v] = VM_DYING + 1;
                (n.procs[p].old, n.procs[p].vm) = (n.procs[p].vm, v as u8);
                to(n, p, Phase::ExecDrop)
            });
        }
        if !room && !m.scenario.steps.exec_waits_for_vmspace {
            self.step(Act::ExecNoMemory, &[p], |n| {
                n.note(Event::NoMemory);
                live(n, p)
            });
        }
    }
}

fn live(n: &mut State, p: usize) -> Outcome {
    n.procs[p].caller = 0;
    to(n, p, Phase::Live)
}
