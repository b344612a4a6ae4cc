//! As [`crate::step`]'s `lwp`: LWPs made, exiting by themselves, dying with their proc, taken over.

use super::super::rules::{Expr, Field, Var, all, any, not, when};
use super::{Build, phase, stage};
use crate::action::Act;
use crate::state::{Lwp, Phase, Stage};
use crate::words::{Ability, Aspect, Policy};

impl Build<'_> {
    pub(super) fn lwp_rules(&mut self, p: usize) {
        let mut waiting = vec![phase(p, Phase::ExecWait), phase(p, Phase::ExitWait)];
        if self.sc.steps.policy_before_wait {
            waiting.extend([phase(p, Phase::ExecPolicy), phase(p, Phase::ExitPolicy)]);
        }
        let waiting = any(waiting);
        for l in 0..self.sc.lwps {
            let lwp = self.lwp(p, l);
            if self.may(Ability::LwpCreate) {
                let guard = all([self.any_idle(p), lwp.is(Lwp::Free as u8)]);
                self.rule(Act::LwpCreate, &[p, l], guard, vec![lwp.set(Lwp::Run as u8)]);
            }
            self.leave_rules(p, l);
            if self.may(Ability::LwpExit) {
                let other = |k| if k == l { super::FALSE } else { self.lwp(p, k).is(Lwp::Run as u8) };
                let guard = all([self.idle(p, l), any(self.each_lwp(other))]);
                self.depart_rule(Act::LwpExit, p, l, guard);
            }
            let die = all([
                waiting.clone(),
                lwp.is(Lwp::Run as u8),
                Var(Field::Caller, p).isnt(l as u8),
                not(self.submitting(p, l)),
            ]);
            self.depart_rule(Act::LwpDie, p, l, die);
            self.takeover_rule(p, l);
        }
    }

    fn depart_rule(&mut self, act: Act, p: usize, l: usize, guard: Expr) {
        let body = match self.sc.lwp_exit.policy() {
            Policy::None => self.free_lwp(p, l),
            _ => vec![self.lwp(p, l).set(Lwp::Leaving as u8)],
        };
        self.rule(act, &[p, l], guard, body);
    }

    fn leave_rules(&mut self, p: usize, l: usize) {
        if self.sc.lwp_exit.policy() == Policy::None {
            return;
        }
        let leaving =
            all([self.lwp(p, l).is(Lwp::Leaving as u8), not(phase(p, Phase::Free)), not(phase(p, Phase::Zombie))]);
        if self.sc.lwp_exit.policy().cancels() {
            for r in 0..self.sc.requests {
                let guard = all([leaving.clone(), self.his(r, p, l), stage(r, Stage::Pending)]);
                self.rule(Act::LwpCancel, &[p, l, r], guard, self.complete(r));
            }
        }
        let done = self.satisfied(self.sc.lwp_exit.policy(), |r| self.his(r, p, l));
        let body = self.free_lwp(p, l);
        self.rule(Act::LwpGone, &[p, l], all([leaving, done]), body);
    }

    /// Request `r` is that LWP's, as far as requests remember.
    fn his(&self, r: usize, p: usize, l: usize) -> Expr {
        all([self.own(r, p), Var(Field::ByGone, r).is(0), Var(Field::By, r).is(l as u8)])
    }

    fn takeover_rule(&mut self, p: usize, l: usize) {
        if !self.may(Ability::Takeover) || !self.sc.reads.contains(&Aspect::SignalTarget) {
            return;
        }
        if !self.named {
            let copying = any(self.each_request(|r| all([self.own(r, p), stage(r, Stage::Copy)])));
            let guard = all([self.idle(p, l), copying]);
            self.rule(Act::Takeover, &[p, l], guard, Vec::new());
            return;
        }
        let affected = self.each_request(|r| all([self.his(r, p, l), Var(Field::Changed, r).is(0)]));
        let guard = all([self.idle(p, l), any(affected.clone())]);
        let body = affected.into_iter().enumerate();
        let body = body.flat_map(|(r, his)| when(his, vec![Var(Field::Changed, r).set(1)], Vec::new())).collect();
        self.rule(Act::Takeover, &[p, l], guard, body);
    }
}
