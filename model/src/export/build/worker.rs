//! As [`crate::step`]'s `worker`: I/O workers that adopt the vmspace they copy for, and movers.

use super::super::rules::{FALSE, Field, Stmt, Var, all, not, when};
use super::{Build, fail, phase, refs, stage};
use crate::action::Act;
use crate::property::Property;
use crate::state::{NONE, Phase, Stage, VM_DYING, Work};
use crate::words::{Ability, GiveBack, Hold};

impl Build<'_> {
    pub(super) fn worker_rules(&mut self, w: usize) {
        if self.may(Ability::Mover) { self.mover_rules(w) } else { self.daemon_rules(w) }
    }

    fn daemon_rules(&mut self, w: usize) {
        let (work, held, serves) = (Var(Field::Work, w), Var(Field::Held, w), Var(Field::Serves, w));
        for r in 0..self.sc.requests {
            let guard = all([work.is(Work::Idle as u8), stage(r, Stage::Pending), self.ready(r)]);
            let refuses = self.refuses(r);
            self.rule(Act::Refuse, &[r], all([guard.clone(), refuses.clone()]), self.complete(r));
            let buffer = Var(Field::Buffer, r);
            let mut body = self.start(r);
            body.extend(self.hold(buffer));
            body.extend([work.set(Work::Copying as u8), held.copy(buffer), serves.set(r as u8)]);
            body.push(Var(Field::HeldReplaced, w).copy(Var(Field::Replaced, r)));
            self.rule(Act::WorkerStart, &[w, r], all([guard, not(refuses)]), body);
            let mut body = vec![work.set(Work::Adopted as u8), serves.set(NONE)];
            body.extend(self.finish(r));
            let guard = all([work.is(Work::Copying as u8), serves.is(r as u8), stage(r, Stage::Copy)]);
            self.rule(Act::FinishCopy, &[r], guard.clone(), body);
            self.fault_rules(r, guard, vec![work.set(Work::Adopted as u8), serves.set(NONE)]);
        }
        let give_back = match self.sc.give_back {
            GiveBack::Frees => self.drop(held),
            GiveBack::AssumesNotLast => (0..self.sc.vmspaces).rev().fold(self.drop(held), |rest, v| {
                let last = all([held.is(v as u8), refs(v).is(VM_DYING + 1)]);
                when(last, vec![refs(v).set(VM_DYING)], rest)
            }),
        };
        self.rule(Act::GiveBack, &[w], work.is(Work::Adopted as u8), then_idle(w, give_back));
    }

    fn mover_rules(&mut self, w: usize) {
        let (work, held) = (Var(Field::Work, w), Var(Field::Held, w));
        let (looked, holding) = (work.is(Work::Looked as u8), work.is(Work::Holding as u8));
        let acquires = self.sc.hold == Hold::Acquire;
        for p in 0..self.sc.procs {
            let vm = Var(Field::Vm, p);
            let dying = (0..self.sc.vmspaces).map(|v| all([vm.is(v as u8), refs(v).is(VM_DYING)]));
            let dying = if acquires { super::any(dying) } else { FALSE };
            let guard = all([work.is(Work::Idle as u8), not(phase(p, Phase::Free)), vm.isnt(NONE), not(dying)]);
            let mut body = vec![held.copy(vm)];
            if acquires {
                body.extend(self.hold(vm));
            }
            let next = if acquires { Work::Holding } else { Work::Looked };
            body.push(work.set(next as u8));
            self.rule(Act::MoverLook, &[w, p], guard, body);
        }
        if self.sc.hold == Hold::Raise {
            let mut body = self.hold(held);
            body.push(work.set(Work::Holding as u8));
            self.rule(Act::MoverHold, &[w], looked, body);
        } else {
            self.rule(Act::MoverUse, &[w], looked, then_idle(w, self.used(w)));
        }
        let mut body = self.used(w);
        body.push(work.set(Work::Worked as u8));
        self.rule(Act::MoverUse, &[w], holding, body);
        let body = then_idle(w, self.drop(held));
        self.rule(Act::MoverDrop, &[w], work.is(Work::Worked as u8), body);
    }

    fn used(&self, w: usize) -> Vec<Stmt> {
        let stale = fail(Property::UseAfterFreeVmspace);
        let another = when(Var(Field::HeldReplaced, w).isnt(0), fail(Property::WrongAddressSpace), Vec::new());
        self.by_vm(Var(Field::Held, w), |_| another.clone(), stale.clone(), stale)
    }
}

fn then_idle(w: usize, mut body: Vec<Stmt>) -> Vec<Stmt> {
    body.extend([
        Var(Field::Work, w).set(Work::Idle as u8),
        Var(Field::Held, w).set(NONE),
        Var(Field::Serves, w).set(NONE),
        Var(Field::HeldReplaced, w).set(0),
    ]);
    body
}
