//! As [`crate::step`]'s `exit`: mark, wait for the other LWPs, apply the policy, detach, drop, zombie, reap.

use super::super::rules::{Expr, FALSE, Field, Stmt, TRUE, Var, all, any, not, when};
use super::{Build, enter, fail, phase, stage};
use crate::action::Act;
use crate::property::Property;
use crate::state::{NONE, Phase, Stage, Tie, VM_DYING};
use crate::words::{Ability, Aspect, Closing, Counts, Guard};

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
        let dropped = vec![enter(p, Phase::Dropped)];
        self.drop_rules(p, Phase::ExitDrop, [Act::ExitDrop, Act::ExitTest], dropped);
        let body = self.become_zombie(p);
        let named = |r| all([self.own(r, p), Var(Field::ByGone, r).is(Tie::Named as u8)]);
        let held = if self.carry.lwp { any(self.each_request(named)) } else { FALSE };
        self.rule(Act::Zombie, &[p], all([phase(p, Phase::Dropped), not(held)]), body);
        let body = self.free_proc(p);
        let held = if self.carry.proc { any(self.each_request(|r| self.own(r, p))) } else { FALSE };
        self.rule(Act::Reap, &[p], all([phase(p, Phase::Zombie), not(held)]), body);
    }

    /// Exit or exec begins.
    pub(super) fn mark_rules(&mut self, act: Act, p: usize, first: Phase) {
        for l in 0..self.sc.lwps {
            let body = vec![enter(p, first), Var(Field::Caller, p).set(l as u8)];
            self.rule(act, &[p, l], self.idle(p, l), body);
        }
    }

    /// Drops the reference on the detached vmspace, in one step or in two, and does what comes after it.
    pub(super) fn drop_rules(&mut self, p: usize, at: Phase, [drop, test]: [Act; 2], after: Vec<Stmt>) {
        let (old, seen) = (Var(Field::Old, p), Var(Field::Seen, p));
        let at = phase(p, at);
        let counts = self.sc.kernel.counts;
        if counts == Counts::Atomic {
            let split = if self.sc.steps.split_count { seen.isnt(0) } else { TRUE };
            let mut body = self.drop_old(p);
            body.extend(after);
            self.rule(drop, &[p], all([at, split]), body);
            return;
        }
        let double = || fail(Property::DoubleFree);
        let is_first = counts == Counts::DecrementThenTest;
        let first = |v: usize| {
            let body = if is_first {
                vec![less(v), seen.set(1)]
            } else {
                when(super::refs(v).is(VM_DYING + 1), vec![seen.set(2)], vec![seen.set(1)])
            };
            when(super::refs(v).above(VM_DYING), body, double())
        };
        let body = self.by_vm(old, first, vec![seen.set(1)], double());
        self.rule(if is_first { drop } else { test }, &[p], all([at.clone(), seen.is(0)]), body);
        let second = |v: usize| {
            let refs = super::refs(v);
            if is_first {
                return when(refs.is(VM_DYING), self.free_vm(v), Vec::new());
            }
            let mut body = vec![less(v)];
            body.extend(when(seen.is(2), self.free_vm(v), Vec::new()));
            when(refs.above(VM_DYING), body, double())
        };
        let mut body = self.by_vm(old, second, Vec::new(), double());
        body.extend([old.set(NONE), seen.set(0)]);
        body.extend(after);
        self.rule(if is_first { test } else { drop }, &[p], all([at, seen.isnt(0)]), body);
    }

    fn become_zombie(&self, p: usize) -> Vec<Stmt> {
        let mut body = self.free_lwps(p);
        if self.sc.carried().any(|aspect| aspect == Aspect::Accounting) {
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
        let done = self.proc_satisfied(self.exit, p);
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
        self.cancel_rules(p, &at, self.exit, Act::ExitLook, Act::ExitCancel);
        let guard = all([at, done, not(close)]);
        if self.sc.steps.policy_before_wait {
            self.rule(Act::ExitPoliced, &[p], guard, vec![enter(p, Phase::ExitWait)]);
        } else {
            self.rule(Act::ExitDetach, &[p], guard, detach(p));
        }
    }

    fn exit_at_once(&mut self, p: usize) {
        let cancels = self.exit.cancels;
        let cancelled = |r| if cancels { stage(r, Stage::Pending) } else { FALSE };
        let left = self.satisfied(self.exit, |r| all([self.own(r, p), not(cancelled(r))]));
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

/// One reference less on `v`.
fn less(v: usize) -> Stmt {
    Stmt::Set(super::refs(v), Expr::Before(Box::new(Expr::Read(super::refs(v)))))
}

fn detach(p: usize) -> Vec<Stmt> {
    vec![
        Var(Field::Old, p).copy(Var(Field::Vm, p)),
        Var(Field::Vm, p).set(NONE),
        Var(Field::Lender, p).set(NONE),
        enter(p, Phase::ExitDrop),
    ]
}
