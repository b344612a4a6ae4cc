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
use crate::book::{Carry, Owner, Way};
use crate::condition;
use crate::pack::Layout;
use crate::property::Property;
use crate::scenario::Scenario;
use crate::state::{GONE, Lwp, NONE, Phase, Proc, Request, Stage, State, Tie, VM_DYING, VM_FREE};
use crate::words::{Ability, Aspect, Guard, LwpPolicy, Take};

/// What has been written of a scenario so far.
struct Build<'a> {
    sc: &'a Scenario,
    /// The highest count that a state has room for.
    most: u8,
    /// Whether requests remember their LWP after submission.
    named: bool,
    /// What the design is, and the policies of exit, exec and an LWP's exit.
    carry: Carry,
    exit: Way,
    exec: Way,
    lwp_exit: Way,
    /// Something holds that the scenario declares never to hold.
    broken: Expr,
    rules: Vec<Rule>,
}

/// The scenario as guarded commands.
pub(super) fn rules(sc: &Scenario) -> Rules {
    let most = Layout::new(sc).most();
    let [exit, exec, lwp_exit] = [sc.exit, sc.exec, sc.lwp_exit.policy()].map(|policy| Way::of(sc, policy));
    let (named, carry) = (sc.names_lwp(), Carry::of(sc));
    let never = condition::all(sc);
    let broken = any(never.iter().map(|(_, condition)| condition.clone()));
    let broken = if broken == FALSE { FALSE } else { Expr::Named("BROKEN".into(), Box::new(broken)) };
    let mut b = Build { sc, most, named, carry, exit, exec, lwp_exit, broken, rules: Vec::new() };
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
    Rules { fields, rules: b.rules, never, quiet, held }.settled(|var| values(sc, &initial, var.0)[var.1])
}

/// A field's values in a state, in the order of [`Var`]'s indices.
pub(super) fn values(sc: &Scenario, s: &State, field: Field) -> Vec<u8> {
    (0..super::size(sc, field)).map(|i| value(sc, s, Var(field, i))).collect()
}

/// One variable's value in a state.
pub(super) fn value(sc: &Scenario, s: &State, Var(field, i): Var) -> u8 {
    let (lwps, proc, request, worker) = (sc.lwps, s.procs.get(i), s.requests.get(i), s.workers.get(i));
    let of_proc = |of: fn(&Proc) -> u8| proc.map_or(0, of);
    let of_request = |of: fn(&Request) -> u8| request.map_or(0, of);
    match field {
        Field::Phase => of_proc(|p| p.phase as u8),
        Field::Caller => of_proc(|p| p.caller),
        Field::Vm => of_proc(|p| p.vm),
        Field::Old => of_proc(|p| p.old),
        Field::Closed => of_proc(|p| p.closed.into()),
        Field::Lender => of_proc(|p| p.lender),
        Field::Seen => of_proc(|p| p.seen),
        Field::Target => of_proc(|p| p.target),
        Field::Lwp => s.procs.get(i / lwps).map_or(0, |p| p.lwps[i % lwps] as u8),
        Field::Refs => s.vms.get(i).copied().unwrap_or(0),
        Field::Stage => of_request(|r| r.stage as u8),
        Field::Pipe => of_request(|r| r.pipe.into()),
        Field::Issuer => of_request(|r| r.issuer),
        Field::Orphan => of_request(|r| r.orphan.into()),
        Field::By => of_request(|r| r.lwp),
        Field::ByGone => of_request(|r| r.tie as u8),
        Field::Buffer => of_request(|r| r.vm),
        Field::Replaced => of_request(|r| r.replaced.into()),
        Field::Changed => of_request(|r| r.changed.into()),
        Field::Counted => of_request(|r| r.seen),
        Field::Work => worker.map_or(0, |w| w.work as u8),
        Field::Held => worker.map_or(0, |w| w.vm),
        Field::Serves => worker.map_or(0, |w| w.request),
        Field::HeldReplaced => worker.map_or(0, |w| w.replaced.into()),
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
        let guard = all([not(self.broken.clone()), guard]);
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

    fn submitting(&self, p: usize, l: usize) -> Expr {
        let submitting = any(self.each_request(|r| {
            let stages = Var(Field::Stage, r).one_of([Stage::Counting as u8, Stage::Submitting as u8]);
            all([stages, Var(Field::Orphan, r).is(0), Var(Field::Issuer, r).is(p as u8), Var(Field::By, r).is(l as u8)])
        }));
        Expr::Named(format!("SUBMITTING_P{p}_L{l}"), Box::new(submitting))
    }

    /// The LWP can start a system call.
    fn idle(&self, p: usize, l: usize) -> Expr {
        let waits = any((0..self.sc.procs).map(|q| Var(Field::Lender, q).is(p as u8)));
        let runs = self.lwp(p, l).is(Lwp::Run as u8);
        let idle = all([phase(p, Phase::Live), runs, not(waits), not(self.submitting(p, l))]);
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
        let pinned = self.carry.vmspace && matches!(self.sc.take, Take::Struct | Take::StructThenAcquire);
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
            let mut stale = vec![pointer.set(GONE)];
            match pointer.0 {
                Field::Buffer => stale.push(Var(Field::Replaced, pointer.1).set(0)),
                Field::Held => stale.push(Var(Field::HeldReplaced, pointer.1).set(0)),
                _ => {}
            }
            body.extend(when(pointer.is(v as u8), stale, Vec::new()));
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
            (Field::Lender, NONE),
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
            (Field::Replaced, 0),
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
        when(self.holds(r), self.forget(r, Stage::Release, 1), self.free_request(r))
    }

    /// The request holds a reference on its vmspace.
    fn holds(&self, r: usize) -> Expr {
        let least = match self.sc.take {
            _ if !self.carry.vmspace => return FALSE,
            Take::Submit => Stage::Submitting,
            Take::Copy | Take::StructThenAcquire => Stage::Copy,
            Take::Struct => return FALSE,
        };
        Var(Field::Stage, r).above(least as u8 - 1)
    }

    /// Another request of the same vmspace holds the reference that all of them share.
    fn is_shared(&self, r: usize, vm: Var) -> Expr {
        if !self.carry.queue {
            return FALSE;
        }
        let others = (0..self.sc.requests).filter(|&q| q != r);
        any(others.map(|q| all([self.holds(q), vm.equals(Expr::Read(Var(Field::Buffer, q)))])))
    }

    /// Whether the policy has nothing left to do or to wait for among the requests for which `of` holds.
    fn satisfied(&self, way: Way, of: impl Fn(usize) -> Expr) -> Expr {
        let left = |r| {
            let pending = if way.pending { stage(r, Stage::Pending) } else { FALSE };
            let copy = if way.copy { any([stage(r, Stage::Copy), stage(r, Stage::Hung)]) } else { FALSE };
            any([pending, copy])
        };
        all(self.each_request(|r| not(all([of(r), left(r)]))))
    }

    fn proc_satisfied(&self, way: Way, p: usize) -> Expr {
        all([Var(Field::Target, p).is(NONE), self.satisfied(way, |r| self.concerns(way, p, r))])
    }

    /// The policy of `p` is about request `r`.
    fn concerns(&self, way: Way, p: usize, r: usize) -> Expr {
        match way.of {
            Owner::Process => self.own(r, p),
            Owner::Vmspace => {
                let vm = Var(Field::Vm, p);
                let others = (0..self.sc.procs).filter(|&q| q != p);
                let uses = |q| all([not(phase(q, Phase::Free)), Var(Field::Vm, q).equals(Expr::Read(vm))]);
                let same = Var(Field::Buffer, r).equals(Expr::Read(vm));
                all([not(stage(r, Stage::Free)), same, vm.below(GONE), not(any(others.map(uses)))])
            }
        }
    }

    fn cancel_rules(&mut self, p: usize, at: &Expr, way: Way, look: Act, cancel: Act) {
        if !way.cancels {
            return;
        }
        let target = Var(Field::Target, p);
        for r in 0..self.sc.requests {
            let pending = all([at.clone(), stage(r, Stage::Pending), self.concerns(way, p, r)]);
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
