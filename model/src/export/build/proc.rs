//! As [`crate::step`]'s `proc`: procs that make others, and that change what completion reads.

use super::super::rules::{Expr, Field, Stmt, Var, all, any, when};
use super::{Build, phase, refs};
use crate::action::Act;
use crate::state::{Lwp, Phase, VM_DYING, VM_FREE};
use crate::words::{Ability, Source, VforkParent};

impl Build<'_> {
    pub(super) fn proc_rules(&mut self, p: usize) {
        for child in (0..self.sc.procs).filter(|&child| child != p) {
            for l in 0..self.sc.lwps {
                self.fork_rules(p, child, l);
            }
        }
        if !self.may(Ability::Change) {
            return;
        }
        for (aspect, act) in Act::changes(&self.sc.reads) {
            let matters = self.sc.sources.is_empty() || self.sc.source(aspect) == Source::Carried;
            let affected = self.each_request(|r| all([self.own(r, p), Var(Field::Changed, r).is(0)]));
            let guard = all([self.any_idle(p), any(affected.clone())]);
            let body = affected.into_iter().enumerate().filter(|_| matters);
            let body = body.flat_map(|(r, his)| when(his, vec![Var(Field::Changed, r).set(1)], Vec::new())).collect();
            self.rule(act, &[p], guard, body);
        }
    }

    fn fork_rules(&mut self, p: usize, child: usize, l: usize) {
        let guard = all([self.any_idle(p), phase(child, Phase::Free)]);
        let vm = Var(Field::Vm, child);
        let newborn = |b: &Build<'_>, of: Stmt| -> [Stmt; 3] {
            [super::enter(child, Phase::Live), of, b.lwp(child, l).set(Lwp::Run as u8)]
        };
        if self.may(Ability::Vfork) {
            let mut body = self.hold(Var(Field::Vm, p));
            body.extend(newborn(self, vm.copy(Var(Field::Vm, p))));
            if self.sc.kernel.vfork_parent == VforkParent::Waits {
                body.push(Var(Field::Lender, child).set(p as u8));
            }
            self.rule(Act::Vfork, &[p, child, l], guard.clone(), body);
        }
        if self.may(Ability::Fork) {
            for v in 0..self.sc.vmspaces {
                let mut body = vec![refs(v).set(VM_DYING + 1)];
                body.extend(newborn(self, vm.set(v as u8)));
                let guard: Expr = all([guard.clone(), refs(v).is(VM_FREE)]);
                self.rule(Act::Fork, &[p, child, l, v], guard, body);
            }
        }
    }
}
