//! I/O workers that adopt the vmspace they copy for, and movers that visit vmspaces by themselves.

use super::Cx;
use crate::action::{Act, Action};
use crate::property::{Event, Property};
use crate::state::{NONE, Phase, Stage, State, VM_DYING, Work, Worker};
use crate::words::{Ability, GiveBack, Hold};

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    pub(super) fn worker_steps(&mut self, w: usize) {
        if self.m.may(Ability::Mover) { self.mover_steps(w) } else { self.daemon_steps(w) }
    }

    fn daemon_steps(&mut self, w: usize) {
        let m = self.m;
        let worker = self.s.workers[w];
        match worker.work {
            Work::Idle => {
                // Idle workers are alike.
                if m.lowest && self.s.workers[..w].contains(&Worker::IDLE) {
                    return;
                }
                for r in (0..m.scenario.requests).filter(|&r| self.s.requests[r].stage == Stage::Pending) {
                    if !self.ready(r) {
                        continue;
                    }
                    if m.refuses(&self.s.requests[r]) {
                        self.step(Act::Refuse, &[r], |n| {
                            n.note(Event::Refused);
                            m.complete(n, r);
                            Ok(())
                        });
                        continue;
                    }
                    self.step(Act::WorkerStart, &[w, r], |n| {
                        m.start(n, r)?;
                        let vm = n.requests[r].vm;
                        m.hold(n, vm)?;
                        n.workers[w] =
                            Worker { work: Work::Copying, vm, request: r as u8, replaced: n.requests[r].replaced };
                        Ok(())
                    });
                }
            }
            Work::Copying => {
                let r = usize::from(worker.request);
                if self.s.requests[r].stage == Stage::Hung {
                    return;
                }
                let over = Worker { work: Work::Adopted, request: NONE, ..worker };
                self.step(Act::FinishCopy, &[r], |n| {
                    n.workers[w] = over;
                    m.finish(n, r)
                });
                self.fault_steps(r, |n| n.workers[w] = over);
            }
            _ => self.step(Act::GiveBack, &[w], |n| {
                n.workers[w] = Worker::IDLE;
                let held = n.vms.get(usize::from(worker.vm)).copied().unwrap_or_default();
                if m.scenario.give_back == GiveBack::AssumesNotLast && held == VM_DYING + 1 {
                    // The count falls to zero, and nobody frees what it counted.
                    n.vms[usize::from(worker.vm)] = VM_DYING;
                    n.note(Event::LastByWorker);
                    return Ok(());
                }
                m.drop_vm(n, worker.vm, Some(Event::LastByWorker))
            }),
        }
    }

    fn mover_steps(&mut self, w: usize) {
        let m = self.m;
        let worker = self.s.workers[w];
        match worker.work {
            Work::Idle => {
                for p in 0..m.scenario.procs {
                    let vm = self.s.procs[p].vm;
                    if self.s.procs[p].phase == Phase::Free || vm == NONE {
                        continue;
                    }
                    let count = self.s.vms.get(usize::from(vm)).copied().unwrap_or_default();
                    if m.scenario.hold == Hold::Acquire && count == VM_DYING {
                        continue;
                    }
                    self.step(Act::MoverLook, &[w, p], |n| {
                        n.workers[w] = Worker { work: Work::Looked, vm, request: NONE, replaced: false };
                        if m.scenario.hold == Hold::Acquire {
                            m.hold(n, vm)?;
                            n.workers[w].work = Work::Holding;
                        }
                        Ok(())
                    });
                }
            }
            Work::Looked if m.scenario.hold == Hold::Raise => self.step(Act::MoverHold, &[w], |n| {
                m.hold(n, worker.vm)?;
                n.workers[w].work = Work::Holding;
                Ok(())
            }),
            Work::Looked | Work::Holding => self.step(Act::MoverUse, &[w], |n| {
                if n.vms.get(usize::from(worker.vm)).is_none() {
                    return Err(Property::UseAfterFreeVmspace);
                }
                if worker.replaced {
                    return Err(Property::WrongAddressSpace);
                }
                n.workers[w] =
                    if worker.work == Work::Looked { Worker::IDLE } else { Worker { work: Work::Worked, ..worker } };
                Ok(())
            }),
            _ => self.step(Act::MoverDrop, &[w], |n| {
                n.workers[w] = Worker::IDLE;
                m.drop_vm(n, worker.vm, Some(Event::LastByWorker))
            }),
        }
    }
}
