//! The scenario's steps as guarded commands: the same files as in [`crate::step`], said for a machine that only compares and
//! assigns.

mod exec;
mod exit;
mod lwp;
mod proc;
mod request;
mod worker;

use super::rules::{Expr, FALSE, Field, Rule, Rules, Stmt, Var, all, any, not, when};
use crate::action::{Act, Action};
use crate::pack::Layout;
use crate::property::Property;
use crate::scenario::Scenario;
use crate::state::{GONE, Lwp, NONE, Phase, Proc, Request, Stage, State, Tie, VM_DYING, VM_FREE};
use crate::words::{Ability, Aspect, Design, Guard, LwpPolicy, Policy, Take};

/// What has been written of a scenario so far.
struct Build<'a> {
    sc: &'a Scenario,
    /// The highest count that a state has room for.
    most: u8,
    /// Whether requests remember their LWP after submission.
    named: bool,
    rules: Vec<Rule>,
}

/// The scenario as guarded commands.
pub(super) fn rules(sc: &Scenario) -> Rules {
    let most = Layout::new(sc).most();
    let mut b = Build { sc, most, named: sc.names_lwp(), rules: Vec::new() };
    for p in 0..sc.procs {
        b.proc_rules(p);
        b.lwp_rules(p);
        b.exit_rules(p);
        b.exec_rules(p);
    }
    for r in 0..sc.requests {
        b.request_rules(r);
    }
    for w in 0..sc.workers {
        b.worker_rules(w);
    }
    if sc.steps.free_later {
        for v in 0..sc.vmspaces {
            let body = b.free_vm(v);
            b.rule(Act::Free, &[v], refs(v).is(VM_DYING), body);
        }
    }
    let (quiet, held) = (b.quiet(), b.held());
    let initial = sc.initial();
    let fields = Field::ALL.iter().map(|&f| (f, values(sc, &initial, f))).collect();
    Rules { fields, rules: b.rules, quiet, held }.settled(|var| values(sc, &initial, var.0)[var.1])
}

/// A field's values in a state, in the order of [`Var`]'s indices.
pub(super) fn values(sc: &Scenario, s: &State, field: Field) -> Vec<u8> {
    let procs = |of: fn(&Proc) -> u8| s.procs[..sc.procs].iter().map(of).collect();
    let requests = |of: fn(&Request) -> u8| s.requests[..sc.requests].iter().map(of).collect();
    let workers = &s.workers[..sc.workers];
    match field {
        Field::Phase => procs(|p| p.phase as u8),
        Field::Caller => procs(|p| p.caller),
        Field::Vm => procs(|p| p.vm),
        Field::Old => procs(|p| p.old),
        Field::Closed => procs(|p| p.closed.into()),
        Field::Seen => procs(|p| p.seen),
        Field::Target => procs(|p| p.target),
        Field::Lwp => s.procs[..sc.procs].iter().flat_map(|p| &p.lwps[..sc.lwps]).map(|&l| l as u8).collect(),
        Field::Refs => s.vms[..sc.vmspaces].to_vec(),
        Field::Stage => requests(|r| r.stage as u8),
        Field::Pipe => requests(|r| r.pipe.into()),
        Field::Issuer => requests(|r| r.issuer),
        Field::Orphan => requests(|r| r.orphan.into()),
        Field::By => requests(|r| r.lwp),
        Field::ByGone => requests(|r| r.tie as u8),
        Field::Buffer => requests(|r| r.vm),
        Field::Changed => requests(|r| r.changed.into()),
        Field::Counted => requests(|r| r.seen),
        Field::Work => workers.iter().map(|w| w.work as u8).collect(),
        Field::Held => workers.iter().map(|w| w.vm).collect(),
        Field::Serves => workers.iter().map(|w| w.request).collect(),
    }
}

fn refs(v: usize) -> Var {
    Var(Field::Refs, v)
}

fn phase(p: usize, is: Phase) -> Expr {
    Var(Field::Phase, p).is(is as u8)
}

fn enter(p: usize, phase: Phase) -> Stmt {
    Var(Field::Phase, p).set(phase as u8)
}

fn stage(r: usize, is: Stage) -> Expr {
    Var(Field::Stage, r).is(is as u8)
}

fn fail(property: Property) -> Vec<Stmt> {
    vec![Stmt::Fail(property)]
}

impl Build<'_> {
    fn rule(&mut self, act: Act, ids: &[usize], guard: Expr, body: Vec<Stmt>) {
        let mut short = [0u8; 4];
        short.iter_mut().zip(ids).for_each(|(to, &id)| *to = id as u8);
        if guard != FALSE {
            self.rules.push(Rule { action: Action { act, ids: short }, guard, body });
        }
    }

    fn may(&self, ability: Ability) -> bool {
        self.sc.allow.contains(&ability)
    }

    fn each_request(&self, of: impl FnMut(usize) -> Expr) -> Vec<Expr> {
        (0..self.sc.requests).map(of).collect()
    }

    fn each_lwp(&self, of: impl FnMut(usize) -> Expr) -> Vec<Expr> {
        (0..self.sc.lwps).map(of).collect()
    }

    fn lwp(&self, p: usize, l: usize) -> Var {
        Var(Field::Lwp, p * self.sc.lwps + l)
    }

    /// Request `r` is `p`'s, and `p` is not reaped.
    fn own(&self, r: usize, p: usize) -> Expr {
        all([not(stage(r, Stage::Free)), Var(Field::Orphan, r).is(0), Var(Field::Issuer, r).is(p as u8)])
    }

    fn in_flight(&self, r: usize) -> Expr {
        any([stage(r, Stage::Pending), stage(r, Stage::Copy)])
    }

    fn submitting(&self, p: usize, l: usize) -> Expr {
        let submitting = any(self.each_request(|r| {
            let stages = Var(Field::Stage, r).one_of([Stage::Counting as u8, Stage::Submitting as u8]);
            all([stages, Var(Field::Orphan, r).is(0), Var(Field::Issuer, r).is(p as u8), Var(Field::By, r).is(l as u8)])
        }));
        Expr::Named(format!("SUBMITTING_P{p}_L{l}"), Box::new(submitting))
    }

    /// The LWP can start a system call.
    fn idle(&self, p: usize, l: usize) -> Expr {
        let idle = all([phase(p, Phase::Live), self.lwp(p, l).is(Lwp::Run as u8), not(self.submitting(p, l))]);
        Expr::Named(format!("IDLE_P{p}_L{l}"), Box::new(idle))
    }

    fn any_idle(&self, p: usize) -> Expr {
        any(self.each_lwp(|l| self.idle(p, l)))
    }

    fn at_most_one_lwp(&self, p: usize) -> Expr {
        let free = |l| self.lwp(p, l).is(Lwp::Free as u8);
        let pairs = (0..self.sc.lwps).flat_map(|a| (a + 1..self.sc.lwps).map(move |b| (a, b)));
        all(pairs.map(|(a, b)| any([free(a), free(b)])))
    }

    /// Exit or exec may go on.
    fn waited(&self, p: usize, guard: Guard) -> Expr {
        if self.sc.keeps(guard) { self.at_most_one_lwp(p) } else { super::rules::TRUE }
    }

    fn no_lwp(&self, p: usize) -> Expr {
        all(self.each_lwp(|l| self.lwp(p, l).is(Lwp::Free as u8)))
    }

    fn quiet(&self) -> Expr {
        all((0..self.sc.procs).map(|p| {
            let leaving = self.each_lwp(|l| self.lwp(p, l).isnt(Lwp::Leaving as u8));
            let still = Var(Field::Phase, p).one_of([Phase::Free, Phase::Live, Phase::Zombie].map(|phase| phase as u8));
            all([still, all(leaving)])
        }))
    }

    /// A vmspace is held for nobody.
    fn held(&self) -> Expr {
        let unwanted = |v: usize| {
            let wanted = any((0..self.sc.procs).map(|p| Var(Field::Vm, p).is(v as u8)));
            all([refs(v).isnt(VM_FREE), not(wanted)])
        };
        let pinned =
            self.sc.design == Design::Referenced && matches!(self.sc.take, Take::Struct | Take::StructThenAcquire);
        let requests = if pinned { self.each_request(|r| not(stage(r, Stage::Free))) } else { Vec::new() };
        any([any((0..self.sc.vmspaces).map(unwanted)), any(requests)])
    }

    /// What to do for each vmspace that `pointer` may lead to, where it is the kernel's own or none, and where it is stale.
    fn by_vm(&self, pointer: Var, of: impl Fn(usize) -> Vec<Stmt>, none: Vec<Stmt>, stale: Vec<Stmt>) -> Vec<Stmt> {
        let rest = when(pointer.is(NONE), none, stale);
        (0..self.sc.vmspaces).rev().fold(rest, |rest, v| when(pointer.is(v as u8), of(v), rest))
    }

    fn raised(&self, v: usize, from: Var) -> Vec<Stmt> {
        let more = Stmt::Set(refs(v), Expr::Next(Box::new(Expr::Read(from))));
        when(from.below(self.most), vec![more], vec![refs(v).set(self.most)])
    }

    /// One reference more.
    fn hold(&self, pointer: Var) -> Vec<Stmt> {
        let of = |v: usize| {
            let alive = when(refs(v).above(VM_DYING), self.raised(v, refs(v)), fail(Property::UseAfterFreeVmspace));
            when(refs(v).is(VM_DYING), fail(Property::DoubleFree), alive)
        };
        self.by_vm(pointer, of, Vec::new(), fail(Property::UseAfterFreeVmspace))
    }

    /// One reference less.
    fn drop(&self, pointer: Var) -> Vec<Stmt> {
        let of = |v: usize| {
            let less = Stmt::Set(refs(v), Expr::Before(Box::new(Expr::Read(refs(v)))));
            let mut body = vec![less];
            body.extend(when(refs(v).is(VM_DYING), self.last_gone(v), Vec::new()));
            when(refs(v).above(VM_DYING), body, fail(Property::DoubleFree))
        };
        self.by_vm(pointer, of, Vec::new(), fail(Property::DoubleFree))
    }

    fn last_gone(&self, v: usize) -> Vec<Stmt> {
        if self.sc.steps.free_later { Vec::new() } else { self.free_vm(v) }
    }

    /// The count is read into `to`, to be written back later.
    fn read_count(&self, pointer: Var, to: Var) -> Vec<Stmt> {
        self.by_vm(pointer, |v| vec![to.copy(refs(v))], vec![to.set(0)], fail(Property::UseAfterFreeVmspace))
    }

    fn write_up(&self, pointer: Var, seen: Var) -> Vec<Stmt> {
        let of = |v| when(refs(v).isnt(VM_FREE), self.raised(v, seen), fail(Property::UseAfterFreeVmspace));
        self.by_vm(pointer, of, fail(Property::UseAfterFreeVmspace), fail(Property::UseAfterFreeVmspace))
    }

    fn write_down(&self, pointer: Var, seen: Var) -> Vec<Stmt> {
        let of = |v: usize| {
            let mut body = vec![Stmt::Set(refs(v), Expr::Before(Box::new(Expr::Read(seen))))];
            body.extend(when(refs(v).is(VM_DYING), self.last_gone(v), Vec::new()));
            when(all([refs(v).above(VM_DYING), seen.above(VM_DYING)]), body, fail(Property::DoubleFree))
        };
        self.by_vm(pointer, of, fail(Property::DoubleFree), fail(Property::DoubleFree))
    }

    fn free_vm(&self, v: usize) -> Vec<Stmt> {
        let sc = self.sc;
        let mut body = vec![refs(v).set(VM_FREE)];
        let pointers =
            [(Field::Vm, sc.procs), (Field::Old, sc.procs), (Field::Buffer, sc.requests), (Field::Held, sc.workers)];
        for pointer in pointers.into_iter().flat_map(|(field, n)| (0..n).map(move |i| Var(field, i))) {
            body.extend(when(pointer.is(v as u8), vec![pointer.set(GONE)], Vec::new()));
        }
        body
    }

    fn free_lwp(&self, p: usize, l: usize) -> Vec<Stmt> {
        let mut body = vec![self.lwp(p, l).set(Lwp::Free as u8)];
        if self.named {
            for r in 0..self.sc.requests {
                let (by, tie) = (Var(Field::By, r), Var(Field::ByGone, r));
                let his = all([self.own(r, p), tie.is(Tie::Named as u8), by.is(l as u8)]);
                let left = |to: Tie| vec![by.set(0), tie.set(to as u8)];
                let fate = match self.sc.lwp_exit {
                    LwpPolicy::Detach => left(Tie::Loose),
                    LwpPolicy::Reparent => left(Tie::Handed),
                    LwpPolicy::TakeOver => {
                        let heirs = (0..self.sc.lwps).filter(|&heir| heir != l).rev();
                        heirs.fold(left(Tie::Gone), |rest, heir| {
                            let mut body = vec![by.set(heir as u8)];
                            if self.sc.reads.contains(&Aspect::SignalTarget) {
                                body.push(Var(Field::Changed, r).set(1));
                            }
                            when(self.lwp(p, heir).is(Lwp::Run as u8), body, rest)
                        })
                    }
                    _ => left(Tie::Gone),
                };
                body.extend(when(his, fate, Vec::new()));
            }
        }
        body
    }

    fn free_lwps(&self, p: usize) -> Vec<Stmt> {
        let each = |l| when(self.lwp(p, l).isnt(Lwp::Free as u8), self.free_lwp(p, l), Vec::new());
        (0..self.sc.lwps).flat_map(each).collect()
    }

    fn free_proc(&self, p: usize) -> Vec<Stmt> {
        let fields = [
            (Field::Phase, Phase::Free as u8),
            (Field::Caller, 0),
            (Field::Vm, NONE),
            (Field::Old, NONE),
            (Field::Closed, 0),
            (Field::Seen, 0),
            (Field::Target, NONE),
        ];
        let mut body: Vec<Stmt> = fields.into_iter().map(|(field, value)| Var(field, p).set(value)).collect();
        body.extend((0..self.sc.lwps).map(|l| self.lwp(p, l).set(Lwp::Free as u8)));
        for r in 0..self.sc.requests {
            let orphan = vec![Var(Field::Issuer, r).set(0), Var(Field::Orphan, r).set(1)];
            body.extend(when(self.own(r, p), orphan, Vec::new()));
        }
        body
    }

    /// What is the same whether the request's slot is free from now on or is still to be released.
    fn forget(&self, r: usize, stage: Stage, orphan: u8) -> Vec<Stmt> {
        let fields = [
            (Field::Stage, stage as u8),
            (Field::Pipe, 0),
            (Field::Issuer, 0),
            (Field::Orphan, orphan),
            (Field::By, 0),
            (Field::ByGone, 0),
            (Field::Changed, 0),
            (Field::Counted, 0),
        ];
        let mut body: Vec<Stmt> = fields.into_iter().map(|(field, value)| Var(field, r).set(value)).collect();
        let looks = self.sc.steps.look_then_cancel;
        for p in (0..self.sc.procs).filter(|_| looks) {
            let target = Var(Field::Target, p);
            body.extend(when(target.is(r as u8), vec![target.set(GONE)], Vec::new()));
        }
        body
    }

    fn free_request(&self, r: usize) -> Vec<Stmt> {
        let mut body = self.forget(r, Stage::Free, 0);
        body.push(Var(Field::Buffer, r).set(NONE));
        body
    }

    /// The request is complete: its reference is dropped in a step of its own, or it is freed at once.
    fn complete(&self, r: usize) -> Vec<Stmt> {
        let least = match self.sc.take {
            _ if self.sc.design != Design::Referenced => None,
            Take::Submit => Some(Stage::Submitting),
            Take::Copy | Take::StructThenAcquire => Some(Stage::Copy),
            Take::Struct => None,
        };
        let holds = least.map_or(FALSE, |least| Var(Field::Stage, r).above(least as u8 - 1));
        when(holds, self.forget(r, Stage::Release, 1), self.free_request(r))
    }

    /// Whether the policy has nothing left to do or to wait for among the requests for which `of` holds.
    fn satisfied(&self, policy: Policy, of: impl Fn(usize) -> Expr) -> Expr {
        let left = |r| match policy {
            Policy::None => FALSE,
            Policy::Drain | Policy::CancelDrain => self.in_flight(r),
            Policy::Cancel => stage(r, Stage::Pending),
        };
        all(self.each_request(|r| not(all([of(r), left(r)]))))
    }

    fn proc_satisfied(&self, policy: Policy, p: usize) -> Expr {
        all([Var(Field::Target, p).is(NONE), self.satisfied(policy, |r| self.own(r, p))])
    }

    fn cancel_rules(&mut self, p: usize, at: &Expr, policy: Policy, look: Act, cancel: Act) {
        if !policy.cancels() {
            return;
        }
        let target = Var(Field::Target, p);
        for r in 0..self.sc.requests {
            let pending = all([at.clone(), stage(r, Stage::Pending), self.own(r, p)]);
            if !self.sc.steps.look_then_cancel {
                self.rule(cancel, &[p, r], pending, self.complete(r));
                continue;
            }
            self.rule(look, &[p, r], all([pending, target.is(NONE)]), vec![target.set(r as u8)]);
            let mut body = self.complete(r);
            body.push(target.set(NONE));
            let body = when(stage(r, Stage::Pending), body, fail(Property::DoubleFree));
            self.rule(cancel, &[p, r], all([at.clone(), target.is(r as u8)]), body);
        }
        if self.sc.steps.look_then_cancel {
            let gone = all([at.clone(), target.is(GONE)]);
            self.rule(cancel, &[p, usize::from(GONE)], gone, fail(Property::DoubleFree));
        }
    }
}
