//! As [`crate::step`]'s `exec`: mark, wait for the other LWPs, apply the policy, swap, drop the old vmspace.

use super::super::rules::{Expr, Field, Var, all, any, when};
use super::{Build, enter, phase, refs};
use crate::action::Act;
use crate::state::{NONE, Phase, VM_DYING, VM_FREE};
use crate::words::{Ability, ExecMap, Guard};

impl Build<'_> {
    pub(super) fn exec_rules(&mut self, p: usize) {
        if !self.may(Ability::Exec) {
            return;
        }
        let split = self.sc.steps.split_count;
        let before = self.sc.steps.policy_before_wait;
        self.mark_rules(Act::Exec, p, if before { Phase::ExecPolicy } else { Phase::ExecWait });
        let waited = all([phase(p, Phase::ExecWait), self.waited(p, Guard::ExecWaits)]);
        let at = phase(p, Phase::ExecPolicy);
        self.cancel_rules(p, &at, self.exec, Act::ExecLook, Act::ExecCancel);
        let policed = all([at, self.proc_satisfied(self.exec, p)]);
        if before {
            self.rule(Act::ExecPoliced, &[p], policed, vec![enter(p, Phase::ExecWait)]);
            self.swap_rules(p, &waited);
        } else {
            self.rule(Act::ExecWaited, &[p], waited, vec![enter(p, Phase::ExecPolicy)]);
            self.swap_rules(p, &policed);
        }
        let seen = Var(Field::Seen, p);
        if split {
            let guard = all([phase(p, Phase::ExecDrop), seen.is(0)]);
            let body = self.read_count(Var(Field::Old, p), seen);
            self.rule(Act::ExecCount, &[p], guard, body);
        }
        let live = vec![Var(Field::Caller, p).set(0), enter(p, Phase::Live)];
        self.drop_rules(p, Phase::ExecDrop, [Act::ExecDrop, Act::ExecTest], live);
    }

    fn swap_rules(&mut self, p: usize, at: &Expr) {
        let free = |v| refs(v).is(VM_FREE);
        let vm = Var(Field::Vm, p);
        let lone = |v| all([vm.is(v as u8), refs(v).is(VM_DYING + 1)]);
        let alone = match self.sc.kernel.exec_map {
            ExecMap::Fresh => super::FALSE,
            ExecMap::InPlace => any((0..self.sc.vmspaces).map(lone)),
        };
        let mut body = Vec::new();
        for r in 0..self.sc.requests {
            let same = Var(Field::Buffer, r).equals(Expr::Read(vm));
            body.extend(when(same, vec![Var(Field::Replaced, r).set(1)], Vec::new()));
        }
        for w in 0..self.sc.workers {
            let same = Var(Field::Held, w).equals(Expr::Read(vm));
            body.extend(when(same, vec![Var(Field::HeldReplaced, w).set(1)], Vec::new()));
        }
        body.extend([Var(Field::Lender, p).set(NONE), Var(Field::Caller, p).set(0), enter(p, Phase::Live)]);
        self.rule(Act::ExecEmpty, &[p], all([at.clone(), alone.clone()]), body);
        let at = &all([at.clone(), super::not(alone)]);
        for v in 0..self.sc.vmspaces {
            let body = vec![
                refs(v).set(VM_DYING + 1),
                Var(Field::Old, p).copy(vm),
                vm.set(v as u8),
                Var(Field::Lender, p).set(NONE),
                enter(p, Phase::ExecDrop),
            ];
            self.rule(Act::ExecSwap, &[p, v], all([at.clone(), free(v)]), body);
        }
        if !self.sc.steps.exec_waits_for_vmspace {
            let full = all((0..self.sc.vmspaces).map(|v| super::not(free(v))));
            let body = vec![Var(Field::Caller, p).set(0), enter(p, Phase::Live)];
            self.rule(Act::ExecNoMemory, &[p], all([at.clone(), full]), body);
        }
    }
}
