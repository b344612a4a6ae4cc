//! As [`crate::step`]'s `request` and `resolve`: submitted in two steps, copied in two, released in one of its own.

use super::super::rules::{Expr, FALSE, Field, Stmt, Var, all, any, not, when};
use super::{Build, fail, phase, stage};
use crate::action::Act;
use crate::property::Property;
use crate::state::{GONE, Lwp, Phase, Stage, Tie};
use crate::words::{Ability, Aspect, Closing, Design, Guard, LwpPolicy, Source, Take};

impl Build<'_> {
    pub(super) fn request_rules(&mut self, r: usize) {
        let (buffer, counted) = (Var(Field::Buffer, r), Var(Field::Counted, r));
        let to = |stage: Stage| Var(Field::Stage, r).set(stage as u8);
        let split = self.sc.steps.split_count;
        self.submit_rules(r);
        if split {
            let mut body = self.write_up(buffer, counted);
            body.extend([to(Stage::Submitting), counted.set(0)]);
            self.rule(Act::SubmitCount, &[r], stage(r, Stage::Counting), body);
        }
        let body = self.enqueue(r);
        self.rule(Act::Enqueue, &[r], stage(r, Stage::Submitting), body);
        let pending = stage(r, Stage::Pending);
        let ended = all([pending.clone(), Var(Field::Pipe, r).isnt(0), self.end_of_file()]);
        self.rule(Act::EndOfFile, &[r], ended, self.complete(r));
        if self.sc.workers == 0 || self.may(Ability::Mover) {
            let guard = all([pending, self.ready(r)]);
            let refused = all([guard.clone(), self.refuses(r)]);
            self.rule(Act::Refuse, &[r], refused, self.complete(r));
            let mut body = self.start(r);
            if self.sc.steps.copy_at_once {
                body.extend(self.finish(r));
            }
            self.rule(Act::StartCopy, &[r], all([guard, not(self.refuses(r))]), body);
            self.rule(Act::FinishCopy, &[r], stage(r, Stage::Copy), self.finish(r));
        }
        let release = stage(r, Stage::Release);
        if split {
            let guard = all([release.clone(), counted.is(0)]);
            let body = self.read_count(buffer, counted);
            self.rule(Act::ReleaseCount, &[r], guard, body);
        }
        let (guard, mut body) = if split {
            (all([release, counted.isnt(0)]), self.write_down(buffer, counted))
        } else {
            (release, self.drop(buffer))
        };
        body.extend(self.free_request(r));
        self.rule(Act::Release, &[r], guard, body);
    }

    fn submit_rules(&mut self, r: usize) {
        for p in 0..self.sc.procs {
            for l in 0..self.sc.lwps {
                for (ability, act) in [(Ability::Disk, Act::SubmitDisk), (Ability::Pipe, Act::SubmitPipe)] {
                    if self.may(ability) {
                        let guard = all([stage(r, Stage::Free), self.submits(p, l)]);
                        let body = self.submit(p, l, r, ability == Ability::Pipe);
                        self.rule(act, &[p, l, r], guard, body);
                    }
                }
            }
        }
    }

    /// The LWP can submit.
    fn submits(&self, p: usize, l: usize) -> Expr {
        if self.sc.keeps(Guard::NothingNew) {
            return self.idle(p, l);
        }
        let leaves = [Phase::ExecWait, Phase::ExecPolicy, Phase::ExitWait, Phase::ExitPolicy];
        let other = all([
            Var(Field::Phase, p).one_of(leaves.map(|phase| phase as u8)),
            self.lwp(p, l).is(Lwp::Run as u8),
            Var(Field::Caller, p).isnt(l as u8),
            not(self.submitting(p, l)),
        ]);
        any([self.idle(p, l), other])
    }

    fn submit(&self, p: usize, l: usize, r: usize, pipe: bool) -> Vec<Stmt> {
        let vm = Var(Field::Vm, p);
        let takes = self.sc.design == Design::Referenced && self.sc.take == Take::Submit;
        let counts = takes && self.sc.steps.split_count;
        let first = if counts { Stage::Counting } else { Stage::Submitting };
        let mut body = when(vm.is(GONE), fail(Property::UseAfterFreeVmspace), Vec::new());
        body.extend([
            Var(Field::Stage, r).set(first as u8),
            Var(Field::Pipe, r).set(pipe.into()),
            Var(Field::Issuer, r).set(p as u8),
            Var(Field::By, r).set(l as u8),
            Var(Field::Buffer, r).copy(vm),
        ]);
        if counts {
            body.extend(self.read_count(vm, Var(Field::Counted, r)));
        } else {
            if takes {
                body.extend(self.hold(vm));
            }
            if self.sc.steps.submit_at_once {
                body.extend(self.enqueue(r));
            }
        }
        body
    }

    fn enqueue(&self, r: usize) -> Vec<Stmt> {
        let mut body = vec![Var(Field::Stage, r).set(Stage::Pending as u8)];
        if !self.named {
            body.push(Var(Field::By, r).set(0));
        }
        body
    }

    pub(super) fn ready(&self, r: usize) -> Expr {
        let writes = |p| {
            let other = any([Var(Field::Orphan, r).isnt(0), Var(Field::Issuer, r).isnt(p as u8)]);
            all([phase(p, Phase::Live), other])
        };
        any([Var(Field::Pipe, r).is(0), any((0..self.sc.procs).map(writes))])
    }

    fn end_of_file(&self) -> Expr {
        if self.sc.closing == Closing::Never {
            return FALSE;
        }
        all((0..self.sc.procs).map(|p| any([phase(p, Phase::Free), Var(Field::Closed, p).isnt(0)])))
    }

    pub(super) fn refuses(&self, r: usize) -> Expr {
        if self.sc.design == Design::Referenced && self.sc.take == Take::StructThenAcquire {
            Var(Field::Buffer, r).is(GONE)
        } else {
            self.is_lost(r)
        }
    }

    /// Nothing leads to the buffer any more, and the request knows it.
    fn is_lost(&self, r: usize) -> Expr {
        match self.sc.design {
            Design::Lwp if self.sc.lwp_exit == LwpPolicy::Detach => Var(Field::ByGone, r).is(Tie::Loose as u8),
            _ => FALSE,
        }
    }

    pub(super) fn start(&self, r: usize) -> Vec<Stmt> {
        let mut body = self.resolve(r);
        let late = matches!(self.sc.take, Take::Copy | Take::StructThenAcquire);
        if self.sc.design == Design::Referenced && late {
            body.extend(self.hold(Var(Field::Buffer, r)));
        }
        body.extend([Var(Field::Stage, r).set(Stage::Copy as u8), Var(Field::Pipe, r).set(0)]);
        body
    }

    pub(super) fn finish(&self, r: usize) -> Vec<Stmt> {
        let mut body = self.resolve(r);
        body.extend(self.read_submitter(r));
        body.extend(self.complete(r));
        when(self.is_lost(r), self.complete(r), body)
    }

    /// What to do for each proc that can have submitted the request.
    fn by_issuer(&self, r: usize, of: impl Fn(usize) -> Vec<Stmt>) -> Vec<Stmt> {
        let last = self.sc.procs - 1;
        (0..last).rev().fold(of(last), |rest, p| when(Var(Field::Issuer, r).is(p as u8), of(p), rest))
    }

    fn resolve(&self, r: usize) -> Vec<Stmt> {
        let buffer = Var(Field::Buffer, r);
        if matches!(self.sc.design, Design::Borrowed | Design::Referenced) {
            return when(buffer.is(GONE), fail(Property::UseAfterFreeVmspace), Vec::new());
        }
        let mut body = self.resolve_proc(r);
        body.extend(self.by_issuer(r, |p| {
            let vm = Var(Field::Vm, p);
            let wrong = when(vm.equals(Expr::Read(buffer)), Vec::new(), fail(Property::WrongAddressSpace));
            when(vm.is(GONE), fail(Property::UseAfterFreeVmspace), wrong)
        }));
        body
    }

    fn resolve_proc(&self, r: usize) -> Vec<Stmt> {
        let orphan = || when(Var(Field::Orphan, r).isnt(0), fail(Property::UseAfterFreeProc), Vec::new());
        match self.sc.design {
            Design::Lwp => {
                let tie = Var(Field::ByGone, r);
                match self.sc.lwp_exit {
                    LwpPolicy::Reparent => when(tie.is(Tie::Handed as u8), orphan(), Vec::new()),
                    LwpPolicy::Detach => Vec::new(),
                    _ => when(tie.isnt(Tie::Named as u8), fail(Property::UseAfterFreeLwp), Vec::new()),
                }
            }
            Design::Proc => orphan(),
            Design::Representative => {
                let mut body = orphan();
                let none = |p| when(self.no_lwp(p), fail(Property::UseAfterFreeLwp), Vec::new());
                body.extend(self.by_issuer(r, none));
                body
            }
            Design::Borrowed | Design::Referenced => Vec::new(),
        }
    }

    fn read_submitter(&self, r: usize) -> Vec<Stmt> {
        if self.sc.reads.is_empty() || self.sc.from == Source::Snapshot {
            return Vec::new();
        }
        if self.sc.from == Source::Current {
            return fail(Property::ChangedSinceSubmission);
        }
        let mut body = self.resolve_proc(r);
        let changed = || fail(Property::ChangedSinceSubmission);
        body.extend(when(Var(Field::Changed, r).isnt(0), changed(), Vec::new()));
        if self.sc.design == Design::Representative && self.sc.reads.contains(&Aspect::SignalTarget) {
            body.extend(self.by_issuer(r, |p| {
                let stands_in = |l: usize| {
                    let tie = Var(Field::ByGone, r);
                    let by = Var(Field::By, r).isnt(l as u8);
                    let other = match self.sc.lwp_exit {
                        LwpPolicy::Detach | LwpPolicy::Reparent => all([tie.is(Tie::Named as u8), by]),
                        _ => any([tie.isnt(Tie::Named as u8), by]),
                    };
                    all([self.lwp(p, l).isnt(Lwp::Free as u8), other])
                };
                when(any(self.each_lwp(stands_in)), changed(), Vec::new())
            }));
        }
        body
    }
}
