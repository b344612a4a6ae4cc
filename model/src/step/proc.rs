//! Procs that make others, and that change what completion reads.

use super::Cx;
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{Lwp, Phase, Proc, Request, Stage, State, VM_DYING};
use crate::words::{Ability, Source, VforkParent};

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    pub(super) fn proc_steps(&mut self, p: usize) {
        let m = self.m;
        if self.idle[p] == 0 {
            return;
        }
        let (fork, vfork) = (m.may(Ability::Fork), m.may(Ability::Vfork));
        if fork || vfork {
            for child in self.free_slots(m.scenario.procs, |s, p| s.procs[p].phase == Phase::Free) {
                for l in self.free_slots(m.scenario.lwps, |_, _| true) {
                    if vfork {
                        self.step(Act::Vfork, &[p, child, l], |n| {
                            let vm = n.procs[p].vm;
                            m.hold(n, vm)?;
                            n.procs[child] = newborn(vm, l);
                            if m.scenario.kernel.vfork_parent == VforkParent::Waits {
                                n.procs[child].lender = p as u8;
                            }
                            n.note(Event::Shared);
                            Ok(())
                        });
                    }
                    if fork {
                        for v in self.free_vms() {
                            self.step(Act::Fork, &[p, child, l, v], |n| {
                                n.vms[v] = VM_DYING + 1;
                                n.procs[child] = newborn(v as u8, l);
                                Ok(())
                            });
                        }
                    }
                }
            }
        }
        if !m.may(Ability::Change) {
            return;
        }
        let affected = |r: &Request| r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p && !r.changed;
        if self.s.requests.iter().any(affected) {
            for (aspect, act) in Act::changes(&m.scenario.reads) {
                // Where each aspect has a source of its own, only what is read through the pointer can be another.
                let matters = m.scenario.sources.is_empty() || m.scenario.source(aspect) == Source::Carried;
                self.step(act, &[p], |n| {
                    n.requests.iter_mut().filter(|r| matters && affected(r)).for_each(|r| r.changed = true);
                    Ok(())
                });
            }
        }
    }
}

fn newborn(vm: u8, l: usize) -> Proc {
    let mut proc = Proc { phase: Phase::Live, vm, ..Proc::FREE };
    proc.lwps[l] = Lwp::Run;
    proc
}
