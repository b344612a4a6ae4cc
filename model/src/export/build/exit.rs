//! As [`crate::step`]'s `exit`: mark, wait for the other LWPs, apply the policy, detach, drop, zombie, reap.

use super::super::rules::{Expr, FALSE, Field, Stmt, TRUE, Var, all, any, not, when};
use super::{Build, enter, phase, stage};
use crate::action::Act;
use crate::state::{NONE, Phase, Stage};
use crate::words::{Ability, Aspect, Closing, Guard};

impl Build<'_> {
    pub(super) fn exit_rules(&mut self, p: usize) {
        if !self.may(Ability::Exit) {
            return;
        }
        let split = self.sc.steps.split_count;
        let before = self.sc.steps.policy_before_wait;
        let seen = Var(Field::Seen, p);
        if self.sc.steps.exit_at_once {
            self.exit_at_once(p);
        } else {
            let first = if before { Phase::ExitPolicy } else { Phase::ExitWait };
            self.mark_rules(Act::Exit, p, first);
        }
        let waited = all([phase(p, Phase::ExitWait), self.waited(p, Guard::ExitWaits)]);
        if before {
            self.rule(Act::ExitDetach, &[p], waited, detach(p));
        } else {
            self.rule(Act::ExitWaited, &[p], waited, vec![enter(p, Phase::ExitPolicy)]);
        }
        self.exit_policy(p);
        if split {
            let guard = all([phase(p, Phase::ExitDrop), seen.is(0)]);
            let body = self.read_count(Var(Field::Old, p), seen);
            self.rule(Act::ExitCount, &[p], guard, body);
        }
        let guard = all([phase(p, Phase::ExitDrop), if split { seen.isnt(0) } else { TRUE }]);
        let mut body = self.drop_old(p);
        body.push(enter(p, Phase::Dropped));
        self.rule(Act::ExitDrop, &[p], guard, body);
        let body = self.become_zombie(p);
        self.rule(Act::Zombie, &[p], phase(p, Phase::Dropped), body);
        let body = self.free_proc(p);
        self.rule(Act::Reap, &[p], phase(p, Phase::Zombie), body);
    }

    /// Exit or exec begins.
    pub(super) fn mark_rules(&mut self, act: Act, p: usize, first: Phase) {
        for l in 0..self.sc.lwps {
            let body = vec![enter(p, first), Var(Field::Caller, p).set(l as u8)];
            self.rule(act, &[p, l], self.idle(p, l), body);
        }
    }

    fn become_zombie(&self, p: usize) -> Vec<Stmt> {
        let mut body = self.free_lwps(p);
        if self.sc.reads.contains(&Aspect::Accounting) {
            for r in 0..self.sc.requests {
                body.extend(when(self.own(r, p), vec![Var(Field::Changed, r).set(1)], Vec::new()));
            }
        }
        body.push(Var(Field::Caller, p).set(0));
        if self.sc.closing != Closing::Never {
            body.push(Var(Field::Closed, p).set(1));
        }
        body.push(enter(p, Phase::Zombie));
        body
    }

    fn exit_policy(&mut self, p: usize) {
        let at = phase(p, Phase::ExitPolicy);
        let closed = Var(Field::Closed, p);
        let done = self.proc_satisfied(self.sc.exit, p);
        let close = match self.sc.closing {
            Closing::Never => FALSE,
            Closing::BeforePolicy => closed.is(0),
            Closing::AfterPolicy => all([closed.is(0), done.clone()]),
        };
        self.rule(Act::ExitClose, &[p], all([at.clone(), close.clone()]), vec![closed.set(1)]);
        let at = match self.sc.closing {
            Closing::BeforePolicy => all([at, closed.isnt(0)]),
            _ => at,
        };
        self.cancel_rules(p, &at, self.sc.exit, Act::ExitLook, Act::ExitCancel);
        let guard = all([at, done, not(close)]);
        if self.sc.steps.policy_before_wait {
            self.rule(Act::ExitPoliced, &[p], guard, vec![enter(p, Phase::ExitWait)]);
        } else {
            self.rule(Act::ExitDetach, &[p], guard, detach(p));
        }
    }

    fn exit_at_once(&mut self, p: usize) {
        let cancels = self.sc.exit.cancels();
        let cancelled = |r| if cancels { stage(r, Stage::Pending) } else { FALSE };
        let left = self.satisfied(self.sc.exit, |r| all([self.own(r, p), not(cancelled(r))]));
        let alone: Expr = all([self.at_most_one_lwp(p), any(self.each_lwp(|l| self.idle(p, l)))]);
        let mut body = Vec::new();
        for r in 0..self.sc.requests {
            body.extend(when(all([self.own(r, p), cancelled(r)]), self.complete(r), Vec::new()));
        }
        body.extend(detach(p));
        body.extend(self.drop(Var(Field::Old, p)));
        body.push(Var(Field::Old, p).set(NONE));
        body.extend(self.free_lwps(p));
        body.push(enter(p, Phase::Zombie));
        self.rule(Act::ExitAtOnce, &[p], all([phase(p, Phase::Live), alone, left]), body);
    }

    /// Drops the reference on the detached vmspace.
    pub(super) fn drop_old(&self, p: usize) -> Vec<Stmt> {
        let (old, seen) = (Var(Field::Old, p), Var(Field::Seen, p));
        let mut body = if self.sc.steps.split_count { self.write_down(old, seen) } else { self.drop(old) };
        body.extend([old.set(NONE), seen.set(0)]);
        body
    }
}

fn detach(p: usize) -> Vec<Stmt> {
    vec![Var(Field::Old, p).copy(Var(Field::Vm, p)), Var(Field::Vm, p).set(NONE), enter(p, Phase::ExitDrop)]
}
