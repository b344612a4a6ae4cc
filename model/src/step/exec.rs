//! A proc's exec: mark, wait for the other LWPs, apply the policy, swap to a fresh vmspace, drop the old one.

use super::exit::{Half, count, drop_old, first_half, halves, mark, second_half, to};
use super::{Cx, Outcome};
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{NONE, Phase, State, VM_DYING};
use crate::words::{Ability, Counts, ExecMap, Guard};

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
                self.cancel_steps(p, m.exec, Act::ExecLook, Act::ExecCancel);
                if !m.proc_satisfied(self.s, m.exec, p) {
                } else if m.scenario.steps.policy_before_wait {
                    self.step(Act::ExecPoliced, &[p], |n| to(n, p, Phase::ExecWait));
                } else {
                    self.swap_steps(p);
                }
            }
            Phase::ExecDrop if m.scenario.steps.split_count && proc.seen == 0 => {
                self.step(Act::ExecCount, &[p], |n| count(m, n, p));
            }
            Phase::ExecDrop => match halves(m, proc.seen) {
                Half::First => {
                    let act = if m.scenario.kernel.counts == Counts::TestThenDecrement {
                        Act::ExecTest
                    } else {
                        Act::ExecDrop
                    };
                    self.step(act, &[p], |n| first_half(m, n, p));
                }
                Half::Second => {
                    let act = if m.scenario.kernel.counts == Counts::TestThenDecrement {
                        Act::ExecDrop
                    } else {
                        Act::ExecTest
                    };
                    self.step(act, &[p], |n| {
                        second_half(m, n, p)?;
                        live(n, p)
                    });
                }
                Half::Whole => self.step(Act::ExecDrop, &[p], |n| {
                    drop_old(m, n, p)?;
                    live(n, p)
                }),
            },
            _ => {}
        }
    }

    fn swap_steps(&mut self, p: usize) {
        let m = self.m;
        let vm = self.s.procs[p].vm;
        let alone = || self.s.vms.get(usize::from(vm)).is_some_and(|&count| count == VM_DYING + 1);
        if m.scenario.kernel.exec_map == ExecMap::InPlace && alone() {
            self.step(Act::ExecEmpty, &[p], |n| {
                n.empty_vm(vm);
                n.procs[p].lender = NONE;
                live(n, p)
            });
            return;
        }
        let mut room = false;
        for v in self.free_vms() {
            room = true;
            self.step(Act::ExecSwap, &[p, v], |n| {
                n.vms[v] = VM_DYING + 1;
                (n.procs[p].old, n.procs[p].vm, n.procs[p].lender) = (n.procs[p].vm, v as u8, NONE);
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
