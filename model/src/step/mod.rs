//! The transition function: every step that can be taken in a state, and where it leads.
//!
//! One file for each object. A step is atomic; what a kernel does in two stands here as two. A step that violates a
//! property ends its path.

mod exec;
mod exit;
mod lwp;
mod policy;
mod proc;
mod request;
mod resolve;
mod worker;

use crate::action::{Act, Action};
use crate::book::{Carry, Way};
use crate::condition::{self, Stake};
use crate::export::Expr;
use crate::pack::Layout;
use crate::property::{Event, Property};
use crate::scenario::Scenario;
use crate::state::{Fate, GONE, Lwp, MAX_PROCS, NONE, Phase, Stage, State, VM_DYING, VM_FREE};
use crate::words::{Ability, Aspect, VforkParent};

/// What becomes of a step that may violate a property.
pub type Outcome = Result<(), Property>;

/// The transition function of one scenario.
#[derive(Debug, Clone)]
pub struct Machine<'a> {
    /// What is played.
    pub scenario: &'a Scenario,
    /// How its states are packed.
    pub layout: Layout,
    /// Whether only the lowest free slot is ever given out. Sound together with symmetry, where free slots are alike.
    lowest: bool,
    abilities: u32,
    /// Whether requests remember their LWP after submission.
    pub(crate) named: bool,
    /// What the scenario declares never to hold.
    never: Vec<(Property, Expr)>,
    /// What those are made of.
    pub(crate) stakes: Vec<Stake>,
    /// What the design is.
    pub(crate) carry: Carry,
    exit: Way,
    exec: Way,
    lwp_exit: Way,
    /// What the end of an LWP does.
    fate: Fate,
}

impl<'a> Machine<'a> {
    /// Any free slot may be given out. The scenario is one that [`Scenario::check_sizes`] lets through.
    pub fn new(scenario: &'a Scenario) -> Machine<'a> {
        let named = scenario.names_lwp();
        let [exit, exec, lwp_exit] =
            [scenario.exit, scenario.exec, scenario.lwp_exit.policy()].map(|policy| Way::of(scenario, policy));
        let changes = scenario.reads.contains(&Aspect::SignalTarget);
        let fate = Fate { named, policy: scenario.lwp_exit, changes };
        let abilities = scenario.allow.iter().fold(0, |all, &a| all | 1 << a as u32);
        Machine {
            scenario,
            layout: Layout::new(scenario),
            lowest: false,
            abilities,
            named,
            never: condition::all(scenario),
            stakes: condition::stakes(scenario),
            carry: Carry::of(scenario),
            exit,
            exec,
            lwp_exit,
            fate,
        }
    }

    pub(crate) fn lowest_slots(self, lowest: bool) -> Machine<'a> {
        Machine { lowest, ..self }
    }

    fn may(&self, ability: Ability) -> bool {
        self.abilities & (1 << ability as u32) != 0
    }

    /// Calls `out` with every step from `state`: what it is, where it leads, and the property that it violates.
    pub fn each(&self, state: &State, mut out: impl FnMut(Action, State, Option<Property>)) {
        self.each_lent(state, |action, next, violated| out(action, *next, violated));
    }

    /// [`Machine::each`] for whoever keeps no state as it is: nothing is copied.
    #[inline]
    pub(crate) fn each_lent<F: FnMut(Action, &State, Option<Property>)>(&self, state: &State, out: F) {
        let mut cx = Cx { m: self, s: state, idle: idle(self.scenario, state), out };
        for p in 0..self.scenario.procs {
            cx.proc_steps(p);
            cx.lwp_steps(p);
            cx.exit_steps(p);
            cx.exec_steps(p);
        }
        for r in 0..self.scenario.requests {
            cx.request_steps(r);
        }
        for w in 0..self.scenario.workers {
            cx.worker_steps(w);
        }
        if self.scenario.steps.free_later {
            cx.free_steps();
        }
    }

    /// The first property that the scenario declares and that `state` violates. A path ends there.
    pub fn broken(&self, state: &State) -> Option<Property> {
        let holds = |(_, condition): &&(Property, Expr)| condition::holds(self.scenario, state, condition);
        self.never.iter().find(holds).map(|(property, _)| *property)
    }

    /// The parts of declared properties that are true in `state`, one bit each, besides those that are known to have been.
    pub(crate) fn staked(&self, state: &State, known: u64) -> u64 {
        let is_new =
            |i: usize, stake: &Stake| known & (1 << i) == 0 && condition::holds(self.scenario, state, &stake.condition);
        self.stakes.iter().enumerate().filter(|(i, stake)| is_new(*i, stake)).fold(known, |all, (i, _)| all | 1 << i)
    }

    /// Whether `state`, which has no step on, holds a vmspace for nobody.
    pub fn leaks(&self, state: &State) -> bool {
        let wanted = |v: usize| state.procs.iter().any(|p| usize::from(p.vm) == v);
        let held = (0..self.scenario.vmspaces).any(|v| state.vms[v] != VM_FREE && !wanted(v));
        held || state.requests.iter().any(|r| self.pins_struct(r))
    }
}

/// A state whose steps are being listed.
struct Cx<'m, 's, F> {
    m: &'m Machine<'m>,
    s: &'s State,
    /// For each proc, one bit for each LWP that can start a system call: every kind of step asks.
    idle: [u8; MAX_PROCS],
    out: F,
}

fn idle(sc: &Scenario, s: &State) -> [u8; MAX_PROCS] {
    let mut idle = [0; MAX_PROCS];
    for (mask, p) in idle.iter_mut().zip(&s.procs[..sc.procs]) {
        if p.phase == Phase::Live {
            (0..sc.lwps).filter(|&l| p.lwps[l] == Lwp::Run).for_each(|l| *mask |= 1 << l);
        }
    }
    if sc.kernel.vfork_parent == VforkParent::Waits {
        for p in s.procs.iter().filter(|p| p.lender != NONE) {
            idle[usize::from(p.lender) % MAX_PROCS] = 0;
        }
    }
    // What `State::submitting` says, asked once of each request.
    for r in s.requests.iter().filter(|r| matches!(r.stage, Stage::Counting | Stage::Submitting) && !r.orphan) {
        idle[usize::from(r.issuer) % MAX_PROCS] &= !(1 << r.lwp);
    }
    idle
}

impl<'m, F: FnMut(Action, &State, Option<Property>)> Cx<'m, '_, F> {
    /// One step: `change` makes the next state, or says what it violates.
    #[inline]
    fn step(&mut self, act: Act, ids: &[usize], change: impl FnOnce(&mut State) -> Outcome) {
        let mut next = *self.s;
        let fault = change(&mut next).err();
        let mut short = [0u8; 4];
        for (to, &id) in short.iter_mut().zip(ids) {
            *to = id as u8;
        }
        (self.out)(Action { act, ids: short }, &next, fault);
    }

    /// The LWPs of `p` that can start a system call.
    fn idle(&self, p: usize) -> Ones {
        Ones(self.idle[p].into())
    }

    fn is_idle(&self, p: usize, l: usize) -> bool {
        self.idle[p] >> l & 1 != 0
    }

    /// The free slots among `0..n` that may be given out.
    fn free_slots(&self, n: usize, free: impl Fn(&State, usize) -> bool) -> Ones {
        let mut slots = 0u32;
        for i in (0..n).filter(|&i| free(self.s, i)) {
            slots |= 1 << i;
            if self.m.lowest {
                break;
            }
        }
        Ones(slots)
    }

    fn free_vms(&self) -> Ones {
        self.free_slots(self.m.scenario.vmspaces, |s, v| s.vms[v] == VM_FREE)
    }

    fn free_steps(&mut self) {
        for v in 0..self.m.scenario.vmspaces {
            if self.s.vms[v] == VM_DYING {
                self.step(Act::Free, &[v], |n| {
                    n.free_vm(v as u8);
                    Ok(())
                });
            }
        }
    }
}

/// The bits that are set, lowest first.
struct Ones(u32);

impl Iterator for Ones {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (at < u32::BITS).then_some(at as usize)
    }
}

/// Reference counts.
impl Machine<'_> {
    /// One reference more on `v`.
    fn hold(&self, n: &mut State, v: u8) -> Outcome {
        match n.vms.get_mut(usize::from(v)) {
            Some(count) if *count == VM_DYING => Err(Property::DoubleFree),
            Some(count) if *count > VM_DYING => {
                *count = (*count + 1).min(self.layout.most());
                Ok(())
            }
            // Stale, or the kernel's own, which has no count to raise.
            _ if v == NONE => Ok(()),
            _ => Err(Property::UseAfterFreeVmspace),
        }
    }

    /// One reference less on `v`; `last` is what happened if it was the last one.
    fn drop_vm(&self, n: &mut State, v: u8, last: Option<Event>) -> Outcome {
        match n.vms.get_mut(usize::from(v)) {
            Some(count) if *count > VM_DYING => {
                *count -= 1;
                if *count == VM_DYING {
                    last.into_iter().for_each(|event| n.note(event));
                    self.last_gone(n, v);
                }
                Ok(())
            }
            _ if v == NONE => Ok(()),
            _ => Err(Property::DoubleFree),
        }
    }

    /// The count of `v` fell to zero.
    fn last_gone(&self, n: &mut State, v: u8) {
        if !self.scenario.steps.free_later {
            n.free_vm(v);
        }
    }

    /// The count of `v`, read and to be written back later.
    fn read_count(&self, n: &State, v: u8) -> Result<u8, Property> {
        match n.vms.get(usize::from(v)) {
            Some(&count) if count >= VM_DYING => Ok(count),
            _ if v == GONE => Err(Property::UseAfterFreeVmspace),
            _ => Ok(0),
        }
    }

    /// Writes back a count that was read as `seen`, one higher.
    fn write_up(&self, n: &mut State, v: u8, seen: u8) -> Outcome {
        let most = self.layout.most();
        match n.vms.get_mut(usize::from(v)) {
            Some(count) if *count != VM_FREE => {
                *count = (seen + 1).min(most);
                Ok(())
            }
            _ => Err(Property::UseAfterFreeVmspace),
        }
    }

    /// Writes back a count that was read as `seen`, one lower.
    fn write_down(&self, n: &mut State, v: u8, seen: u8) -> Outcome {
        match n.vms.get_mut(usize::from(v)) {
            Some(count) if *count > VM_DYING && seen > VM_DYING => {
                *count = seen - 1;
                if *count == VM_DYING {
                    self.last_gone(n, v);
                }
                Ok(())
            }
            _ => Err(Property::DoubleFree),
        }
    }
}
