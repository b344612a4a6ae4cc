//! As [`crate::step`]'s `exec`: mark, wait for the other LWPs, apply the policy, swap, drop the old vmspace.

use super::super::rules::{Expr, Field, TRUE, Var, all};
use super::{Build, enter, phase, refs};
use crate::action::Act;
use crate::state::{Phase, VM_DYING, VM_FREE};
use crate::words::{Ability, Guard};

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
        self.cancel_rules(p, &at, self.sc.exec, Act::ExecLook, Act::ExecCancel);
        let policed = all([at, self.proc_satisfied(self.sc.exec, p)]);
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
        let guard = all([phase(p, Phase::ExecDrop), if split { seen.isnt(0) } else { TRUE }]);
        let mut body = self.drop_old(p);
        body.extend([Var(Field::Caller, p).set(0), enter(p, Phase::Live)]);
        self.rule(Act::ExecDrop, &[p], guard, body);
    }

    fn swap_rules(&mut self, p: usize, at: &Expr) {
        let free = |v| refs(v).is(VM_FREE);
        let vm = Var(Field::Vm, p);
        for v in 0..self.sc.vmspaces {
            let body = vec![
                refs(v).set(VM_DYING + 1),
                Var(Field::Old, p).copy(vm),
                vm.set(v as u8),
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
