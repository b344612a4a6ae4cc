//! Requests: submitted in two steps, copied in two, released in one of its own.

use super::{Cx, Machine, Ones, Outcome};
use crate::action::{Act, Action};
use crate::book::Leads;
use crate::property::{Event, Property};
use crate::state::{GONE, Lwp, Phase, Request, Stage, State, Tie, VM_DYING};
use crate::words::{Ability, Closing, Guard, ReleaseIn, Take, Writers};

impl<F: FnMut(Action, &State, Option<Property>)> Cx<'_, '_, F> {
    pub(super) fn request_steps(&mut self, r: usize) {
        let m = self.m;
        let request = &self.s.requests[r];
        if m.may(Ability::Unmap) {
            self.unmap_steps(r);
        }
        match request.stage {
            Stage::Free => self.submit_steps(r),
            Stage::Counting => self.step(Act::SubmitCount, &[r], |n| {
                let Request { vm, seen, .. } = n.requests[r];
                m.write_up(n, vm, seen)?;
                (n.requests[r].stage, n.requests[r].seen) = (Stage::Submitting, 0);
                Ok(())
            }),
            Stage::Submitting => self.step(Act::Enqueue, &[r], |n| {
                m.enqueue(n, r);
                Ok(())
            }),
            Stage::Pending => {
                if request.pipe && self.end_of_file() {
                    self.step(Act::EndOfFile, &[r], |n| {
                        n.note(Event::EndOfFile);
                        m.complete(n, r);
                        Ok(())
                    });
                }
                if m.scenario.workers == 0 || m.may(Ability::Mover) {
                    self.start_step(r);
                }
            }
            Stage::Copy => {
                if m.scenario.workers == 0 || m.may(Ability::Mover) {
                    self.step(Act::FinishCopy, &[r], |n| m.finish(n, r));
                    self.fault_steps(r, |_| {});
                }
            }
            Stage::Hung => {}
            Stage::Release if m.scenario.steps.split_count && request.seen == 0 => {
                self.step(Act::ReleaseCount, &[r], |n| {
                    n.requests[r].seen = m.read_count(n, n.requests[r].vm)?;
                    Ok(())
                });
            }
            Stage::Release => self.step(Act::Release, &[r], |n| {
                let Request { vm, seen, .. } = n.requests[r];
                let is_shared = m.is_shared(n, r, vm);
                n.free_request(r);
                let last = n.vms.get(usize::from(vm)).is_some_and(|&count| count == VM_DYING + 1) && !is_shared;
                if last {
                    n.note(Event::LastByRequest);
                    if m.scenario.kernel.release_in == ReleaseIn::Interrupt {
                        return Err(Property::SleepInInterrupt);
                    }
                }
                match seen {
                    0 if is_shared => Ok(()),
                    0 => m.drop_vm(n, vm, None),
                    seen => m.write_down(n, vm, seen),
                }
            }),
        }
    }

    /// A copy can fault, and end without data, or wait for ever. `rest` is what it means for a worker.
    pub(super) fn fault_steps(&mut self, r: usize, rest: impl FnOnce(&mut State)) {
        let m = self.m;
        if m.may(Ability::Fault) {
            self.step(Act::Fault, &[r], |n| {
                rest(n);
                n.note(Event::Faulted);
                if !m.is_lost(&n.requests[r]) {
                    m.outlives(n, r);
                    m.resolve(n, r)?;
                }
                m.complete(n, r);
                Ok(())
            });
        }
        if m.may(Ability::Hang) {
            self.step(Act::Hang, &[r], |n| {
                n.requests[r].stage = Stage::Hung;
                Ok(())
            });
        }
    }

    /// The process unmaps what a request in flight copies to.
    fn unmap_steps(&mut self, r: usize) {
        let m = self.m;
        let request = &self.s.requests[r];
        let p = usize::from(request.issuer);
        let waits = matches!(request.stage, Stage::Pending | Stage::Copy) && !request.orphan && !request.replaced;
        if waits && self.idle[p] != 0 && self.s.procs[p].vm == request.vm {
            self.step(Act::Unmap, &[p, r], |n| {
                // Wired pages stay until the copy is over.
                n.requests[r].replaced = !m.scenario.kernel.wired;
                Ok(())
            });
        }
    }

    fn submit_steps(&mut self, r: usize) {
        let m = self.m;
        // Free slots are alike; symmetry asks for the first alone.
        if m.lowest && self.s.requests[..r].iter().any(|q| q.stage == Stage::Free) {
            return;
        }
        for p in 0..m.scenario.procs {
            let proc = &self.s.procs[p];
            if m.may(Ability::LateSubmit) && matches!(proc.phase, Phase::ExitWait | Phase::ExitPolicy) {
                let l = usize::from(proc.caller);
                self.step(Act::SubmitLate, &[p, r], |n| m.submit(n, p, l, r, false));
            }
            for l in self.submitters(p) {
                for (ability, act) in [(Ability::Disk, Act::SubmitDisk), (Ability::Pipe, Act::SubmitPipe)] {
                    if m.may(ability) {
                        self.step(act, &[p, l, r], |n| m.submit(n, p, l, r, ability == Ability::Pipe));
                    }
                }
            }
        }
    }

    /// The LWPs of `p` that can submit.
    fn submitters(&self, p: usize) -> Ones {
        let proc = &self.s.procs[p];
        let leaves = matches!(proc.phase, Phase::ExecWait | Phase::ExecPolicy | Phase::ExitWait | Phase::ExitPolicy);
        if !leaves || self.m.scenario.keeps(Guard::NothingNew) {
            return self.idle(p);
        }
        let can = |&l: &usize| proc.lwps[l] == Lwp::Run && usize::from(proc.caller) != l && !self.s.submitting(p, l);
        Ones((0..self.m.scenario.lwps).filter(can).fold(0, |all, l| all | 1 << l))
    }

    /// The I/O starts, with nothing but the request to say where its buffer is.
    fn start_step(&mut self, r: usize) {
        let m = self.m;
        if !self.ready(r) {
            return;
        }
        if m.refuses(&self.s.requests[r]) {
            self.step(Act::Refuse, &[r], |n| {
                n.note(Event::Refused);
                m.complete(n, r);
                Ok(())
            });
            return;
        }
        self.step(Act::StartCopy, &[r], |n| {
            m.start(n, r)?;
            if m.scenario.steps.copy_at_once { m.finish(n, r) } else { Ok(()) }
        });
    }

    /// A disk answers by itself; a pipe when a live proc other than the reader writes.
    pub(super) fn ready(&self, r: usize) -> bool {
        let request = &self.s.requests[r];
        let is_own = |p: usize| !request.orphan && p == usize::from(request.issuer);
        let writes = |(p, phase): (usize, Phase)| match self.m.scenario.kernel.writers {
            Writers::Others => phase == Phase::Live && !is_own(p),
            Writers::Own => is_own(p) && self.idle[p] != 0,
            Writers::Any => {
                if is_own(p) {
                    self.idle[p] != 0
                } else {
                    phase == Phase::Live
                }
            }
        };
        !request.pipe || self.s.procs.iter().map(|p| p.phase).enumerate().any(writes)
    }

    /// Every proc inherits the write end; the last to close it ends the file.
    fn end_of_file(&self) -> bool {
        self.m.scenario.closing != Closing::Never && self.s.procs.iter().all(|p| p.phase == Phase::Free || p.closed)
    }
}

impl Machine<'_> {
    /// The submitter reads the pointer that the request will carry, or takes the reference.
    fn submit(&self, n: &mut State, p: usize, l: usize, r: usize, pipe: bool) -> Outcome {
        let vm = n.procs[p].vm;
        if vm == GONE {
            return Err(Property::UseAfterFreeVmspace);
        }
        let takes = self.carry.vmspace && self.scenario.take == Take::Submit && !self.is_shared(n, r, vm);
        n.requests[r] = Request { stage: Stage::Submitting, pipe, issuer: p as u8, lwp: l as u8, vm, ..Request::FREE };
        if takes && self.scenario.steps.split_count {
            (n.requests[r].stage, n.requests[r].seen) = (Stage::Counting, self.read_count(n, vm)?);
            return Ok(());
        }
        if takes {
            self.hold(n, vm)?;
        }
        if self.scenario.steps.submit_at_once {
            self.enqueue(n, r);
        }
        Ok(())
    }

    fn enqueue(&self, n: &mut State, r: usize) {
        let request = &mut n.requests[r];
        request.stage = Stage::Pending;
        if !self.named {
            request.lwp = 0;
        }
    }

    /// Whether the request knows that its vmspace is gone and gives up.
    pub(super) fn refuses(&self, request: &Request) -> bool {
        let sc = self.scenario;
        self.is_lost(request) || self.carry.vmspace && sc.take == Take::StructThenAcquire && request.vm == GONE
    }

    /// Whether nothing leads to the buffer any more, and the request knows it.
    fn is_lost(&self, request: &Request) -> bool {
        self.carry.leads == Leads::Lwp && request.tie == Tie::Loose
    }

    /// The copy starts.
    pub(super) fn start(&self, n: &mut State, r: usize) -> Outcome {
        self.outlives(n, r);
        self.resolve(n, r)?;
        let late = matches!(self.scenario.take, Take::Copy | Take::StructThenAcquire);
        if self.carry.vmspace && late && !self.is_shared(n, r, n.requests[r].vm) {
            self.hold(n, n.requests[r].vm)?;
        }
        n.requests[r].stage = Stage::Copy;
        // What it waited for does not matter any more.
        n.requests[r].pipe = false;
        Ok(())
    }

    /// The copy ends.
    pub(super) fn finish(&self, n: &mut State, r: usize) -> Outcome {
        if self.is_lost(&n.requests[r]) {
            n.note(Event::Refused);
            self.complete(n, r);
            return Ok(());
        }
        self.outlives(n, r);
        self.resolve(n, r)?;
        self.read_submitter(n, r)?;
        self.complete(n, r);
        Ok(())
    }
}
