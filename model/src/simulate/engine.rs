//! The machine that plays a workload under one policy.

use super::cost::{Cost, Sample};
use super::parts::{Drawn, Due, Io, Kernel, Life, NONE, Process, Progress, Vm};
use super::queue::Queue;
use super::workload::{Nanos, Submits, Workload};
use crate::book::Leads;
use crate::{Design, LwpPolicy, Policy, Scenario};
use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::VecDeque;

/// What is under way when the time is over is followed for so many times that time; what has not ended then is said never to.
const RUN_OUT: u64 = 100;
/// How many points a curve over time has.
const SAMPLES: u64 = 200;

/// Plays a workload under one policy for exit and exec. LWPs that exit do nothing about their requests.
///
/// # Errors
/// A length of the workload that cannot be drawn from.
pub fn simulate(workload: &Workload, design: Design, policy: Policy) -> Result<Cost, String> {
    simulate_with(workload, design, policy, LwpPolicy::None)
}

/// The same with a policy for LWPs that exit.
///
/// # Errors
/// A length of the workload that cannot be drawn from.
pub fn simulate_with(workload: &Workload, design: Design, policy: Policy, lwp_exit: LwpPolicy) -> Result<Cost, String> {
    let asked = Scenario::new(design);
    let total: f64 = workload.requests.iter().map(|k| k.share).sum();
    let mut upto = 0.0;
    let mut kinds = Vec::new();
    for k in &workload.requests {
        upto += k.share / total;
        let (service, copy) = (k.service.draw()?, k.copy.draw()?);
        kinds.push(Drawn { service, copy, never: k.never, upto, free: k.servers, waiting: VecDeque::new() });
    }
    // Up to an hour with three digits; more is counted as an hour.
    let histogram = || Histogram::new_with_max(3_600_000_000_000, 3).map_err(|e| e.to_string());
    let cost = Cost {
        policy,
        design,
        lwp_exit,
        events: 0,
        lwp_exits: 0,
        cancelling: 0,
        exit: histogram()?,
        exec: histogram()?,
        stuck: 0,
        longest_wait: 0,
        submitted: 0,
        completed: 0,
        late: 0,
        lost: 0,
        wild: 0,
        dead_kib_mean: 0,
        dead_kib_peak: 0,
        peak_references: 0,
        curve: Vec::new(),
    };
    let mut machine = Kernel {
        workload,
        carry: asked.carry().map_err(|e| e.to_string())?,
        way: asked.way("exit", policy).map_err(|e| e.to_string())?,
        lwp_way: asked.way("lwp-exit", lwp_exit.policy()).map_err(|e| e.to_string())?,
        lwp_turns: Vec::new(),
        lwp_lifetime: workload.procs.lwp_lifetime.map(|length| length.draw()).transpose()?,
        cancel_time: workload.procs.cancel.map(|length| length.draw()).transpose()?,
        over: false,
        rng: Pcg64Mcg::seed_from_u64(workload.seed),
        queue: Queue::default(),
        now: 0,
        procs: Vec::new(),
        free_procs: Vec::new(),
        vms: Vec::new(),
        free_vms: Vec::new(),
        requests: Vec::new(),
        free_requests: Vec::new(),
        ready: VecDeque::new(),
        idle_workers: workload.workers,
        lifetime: workload.procs.lifetime.draw()?,
        think: workload.procs.think.draw()?,
        kinds,
        dead_vms: 0,
        waiting: 0,
        in_flight: 0,
        dead_area: 0,
        last_change: 0,
        cost,
    };
    machine.run();
    Ok(machine.finish())
}

impl Kernel<'_> {
    fn run(&mut self) {
        for _ in 0..self.workload.procs.count {
            self.fork();
        }
        let end = self.workload.duration.0;
        let step = (end / SAMPLES).max(1);
        let mut next_sample = 0;
        while let Some((time, event)) = self.queue.pop() {
            while next_sample <= time.min(end) {
                self.sample(next_sample);
                next_sample += step;
            }
            if time > end && !self.over {
                // From here on it is only seen which of the exits under way ever end.
                self.now = end;
                self.dead_changes(0);
                self.over = true;
            }
            if time > end.saturating_mul(RUN_OUT) {
                break;
            }
            self.now = time;
            self.cost.events += 1;
            match event {
                Due::Submit { .. } | Due::Exec { .. } | Due::Exit { .. } | Due::Leave { .. } if self.over => {}
                Due::Submit { proc, turn, lwp, lwp_turn } => self.submit(proc, turn, lwp, lwp_turn),
                Due::Data { request, turn, kind } => self.data(request, turn, kind),
                Due::Cancelled { proc, turn } => {
                    if self.procs[proc as usize].turn == turn {
                        self.go_on(proc);
                    }
                }
                Due::Leave { proc, turn, lwp } => self.lwp_exit(proc, turn, lwp),
                Due::Copied { request, turn } => self.copied(request, turn),
                Due::Exec { proc, turn } => self.exec(proc, turn),
                Due::Exit { proc, turn } => self.exit(proc, turn),
            }
        }
        if !self.over {
            self.now = end;
            self.dead_changes(0);
            self.over = true;
        }
        self.now = end;
    }

    fn finish(mut self) -> Cost {
        let warmup = self.workload.warmup.0;
        for p in self.procs.iter().filter(|p| p.life == Life::Exiting && p.since >= warmup) {
            self.cost.stuck += 1;
            self.cost.longest_wait = self.cost.longest_wait.max(self.now - p.since);
        }
        let kib = u128::from(self.workload.procs.kib);
        self.cost.dead_kib_mean = (self.dead_area * kib / u128::from((self.now - warmup).max(1))) as u64;
        self.cost
    }

    fn sample(&mut self, at: Nanos) {
        self.cost.curve.push(Sample {
            at,
            dead_kib: self.dead_vms * self.workload.procs.kib,
            waiting: self.waiting,
            in_flight: self.in_flight,
        });
    }

    /// So many more vmspaces are held by nobody alive.
    fn dead_changes(&mut self, by: i64) {
        if self.over {
            self.dead_vms = self.dead_vms.saturating_add_signed(by);
            return;
        }
        // What was before the warm-up's end is not counted.
        let from = self.last_change.max(self.workload.warmup.0.min(self.now));
        self.dead_area += u128::from(self.dead_vms) * u128::from(self.now - from);
        self.last_change = self.now;
        self.dead_vms = self.dead_vms.saturating_add_signed(by);
        self.cost.dead_kib_peak = self.cost.dead_kib_peak.max(self.dead_vms * self.workload.procs.kib);
    }

    pub(super) fn new_vm(&mut self) -> u32 {
        let vm = self.free_vms.pop().unwrap_or_else(|| {
            self.vms.push(Vm { turn: 0, references: 0, users: 0 });
            self.vms.len() as u32 - 1
        });
        let v = &mut self.vms[vm as usize];
        (v.references, v.users) = (1, 1);
        vm
    }

    fn take(&mut self, vm: u32) {
        let v = &mut self.vms[vm as usize];
        v.references += 1;
        self.cost.peak_references = self.cost.peak_references.max(v.references);
    }

    pub(super) fn drop_reference(&mut self, vm: u32) {
        let v = &mut self.vms[vm as usize];
        v.references -= 1;
        if v.references == 0 {
            v.turn += 1;
            let was_dead = v.users == 0;
            self.free_vms.push(vm);
            if was_dead {
                self.dead_changes(-1);
            }
        }
    }

    /// A process has begun to leave its vmspace.
    pub(super) fn leave(&mut self, vm: u32) {
        let v = &mut self.vms[vm as usize];
        v.users -= 1;
        if v.users == 0 {
            self.dead_changes(1);
        }
    }

    pub(super) fn fork(&mut self) {
        let p = &self.workload.procs;
        let (share, exec, lwps) = (p.share, p.exec, p.lwps);
        let shared = (share > 0.0 && self.rng.random_bool(share)).then(|| self.somebody()).flatten();
        let vm = match shared {
            Some(vm) => {
                self.vms[vm as usize].users += 1;
                self.take(vm);
                vm
            }
            None => self.new_vm(),
        };
        let id = self.free_procs.pop().unwrap_or_else(|| {
            let life = Life::Gone;
            self.procs.push(Process {
                turn: 0,
                life,
                vm,
                vm_turn: 0,
                first: NONE,
                pending: 0,
                copying: 0,
                since: 0,
                busy_until: 0,
            });
            self.procs.len() as u32 - 1
        });
        let turn = self.procs[id as usize].turn;
        let vm_turn = self.vms[vm as usize].turn;
        self.procs[id as usize] = Process {
            turn,
            life: Life::Running,
            vm,
            vm_turn,
            first: NONE,
            pending: 0,
            copying: 0,
            since: self.now,
            busy_until: 0,
        };
        let life = self.lifetime.next(&mut self.rng).max(1);
        self.queue.push(self.now + life, Due::Exit { proc: id, turn });
        if exec > 0.0 && self.rng.random_bool(exec) {
            self.queue.push(self.now + life / 2, Due::Exec { proc: id, turn });
        }
        for lwp in 0..lwps {
            self.start_lwp(id, turn, lwp);
        }
    }

    /// The vmspace of a process that runs, if one is found soon.
    fn somebody(&mut self) -> Option<u32> {
        for _ in 0..4 {
            if self.procs.is_empty() {
                return None;
            }
            let p = self.procs[self.rng.random_range(0..self.procs.len())];
            if p.life == Life::Running {
                return Some(p.vm);
            }
        }
        None
    }

    pub(super) fn think(&mut self, proc: u32, turn: u32, lwp: u32) {
        let after = self.think.next(&mut self.rng).max(1);
        let place = self.place(proc, lwp);
        let lwp_turn = self.lwp_turns[place];
        self.queue.push(self.now + after, Due::Submit { proc, turn, lwp, lwp_turn });
    }

    fn submit(&mut self, proc: u32, turn: u32, lwp: u32, lwp_turn: u32) {
        let p = self.procs[proc as usize];
        let place = self.place(proc, lwp);
        let is_over = p.turn != turn || self.lwp_turns[place] != lwp_turn;
        if is_over || matches!(p.life, Life::Exiting | Life::Gone) {
            return;
        }
        if self.workload.procs.submits == Submits::Open || p.life == Life::Execing {
            self.think(proc, turn, lwp);
        }
        if p.life == Life::Execing {
            // Its LWPs stand still.
            return;
        }
        let x: f64 = self.rng.random();
        let kind = self.kinds.iter().position(|k| x < k.upto).unwrap_or(self.kinds.len() - 1);
        let id = self.free_requests.pop().unwrap_or_else(|| {
            self.requests.push(Io {
                turn: 0,
                stage: Progress::Free,
                kind: 0,
                proc: 0,
                proc_turn: 0,
                vm: 0,
                vm_turn: 0,
                lwp: 0,
                lwp_turn: 0,
                next: NONE,
                before: NONE,
            });
            self.requests.len() as u32 - 1
        });
        let r = &mut self.requests[id as usize];
        *r = Io {
            turn: r.turn,
            stage: Progress::Pending,
            kind: kind as u8,
            proc,
            proc_turn: turn,
            vm: p.vm,
            vm_turn: p.vm_turn,
            lwp,
            lwp_turn,
            next: p.first,
            before: NONE,
        };
        let request_turn = r.turn;
        if p.first != NONE {
            self.requests[p.first as usize].before = id;
        }
        let p = &mut self.procs[proc as usize];
        p.first = id;
        p.pending += 1;
        self.cost.submitted += 1;
        self.in_flight += 1;
        if self.carry.vmspace {
            self.take(self.requests[id as usize].vm);
        }
        let never = self.kinds[kind].never;
        if never == 0.0 || !self.rng.random_bool(never) {
            self.ask(kind, id, request_turn);
        }
    }

    /// The request is served, or waits for its turn.
    fn ask(&mut self, kind: usize, request: u32, turn: u32) {
        match &mut self.kinds[kind].free {
            Some(0) => return self.kinds[kind].waiting.push_back((request, turn)),
            Some(free) => *free -= 1,
            None => {}
        }
        let after = self.kinds[kind].service.next(&mut self.rng);
        self.queue.push(self.now + after, Due::Data { request, turn, kind: kind as u8 });
    }

    /// Whoever served a request takes the next that is still wanted. What was cancelled while it was served is served to its end.
    fn served(&mut self, kind: usize) {
        let Some(free) = &mut self.kinds[kind].free else { return };
        *free += 1;
        while let Some((next, turn)) = self.kinds[kind].waiting.pop_front() {
            if self.requests[next as usize].turn == turn {
                return self.ask(kind, next, turn);
            }
        }
    }

    fn data(&mut self, request: u32, turn: u32, kind: u8) {
        self.served(usize::from(kind));
        let r = &mut self.requests[request as usize];
        if r.turn != turn || r.stage != Progress::Pending {
            return;
        }
        r.stage = Progress::Ready;
        if self.idle_workers > 0 {
            self.idle_workers -= 1;
            self.copy(request);
        } else {
            self.ready.push_back((request, turn));
        }
    }

    fn copy(&mut self, request: u32) {
        let r = &mut self.requests[request as usize];
        r.stage = Progress::Copying;
        let (kind, turn, proc, proc_turn) = (r.kind as usize, r.turn, r.proc, r.proc_turn);
        let p = &mut self.procs[proc as usize];
        if p.turn == proc_turn {
            p.pending -= 1;
            p.copying += 1;
        }
        let after = self.kinds[kind].copy.next(&mut self.rng);
        self.queue.push(self.now + after, Due::Copied { request, turn });
    }

    fn copied(&mut self, request: u32, turn: u32) {
        let r = self.requests[request as usize];
        if r.turn != turn {
            return;
        }
        let p = self.procs[r.proc as usize];
        let is_gone = p.turn != r.proc_turn || p.life == Life::Gone;
        let is_there = self.vms[r.vm as usize].turn == r.vm_turn;
        let names_it = match self.carry.leads {
            Leads::Vmspace if self.carry.vmspace => true,
            // Without a reference, what it carries has to be alive and to mean the same vmspace still.
            Leads::Vmspace => is_there,
            Leads::Proc | Leads::Lwp | Leads::Representative => {
                !is_gone && p.vm == r.vm && p.vm_turn == r.vm_turn && is_there
            }
        };
        let place = self.place(r.proc, r.lwp);
        let lwp_left = self.carry.leads == Leads::Lwp && !is_gone && self.lwp_turns[place] != r.lwp_turn;
        let names_it = names_it && !(lwp_left && self.cost.lwp_exit == LwpPolicy::None && !self.carry.lwp);
        if lwp_left && self.cost.lwp_exit == LwpPolicy::Detach {
            // It was cut loose, and nothing leads to its buffer any more.
            self.cost.lost += 1;
            return self.copied_and_on(request);
        }
        match (names_it, is_gone) {
            (false, _) => self.cost.wild += 1,
            (true, true) => self.cost.late += 1,
            (true, false) => self.cost.completed += 1,
        }
        self.copied_and_on(request);
    }

    /// The request is over, and its worker takes the next.
    fn copied_and_on(&mut self, request: u32) {
        self.release(request);
        while let Some((next, turn)) = self.ready.pop_front() {
            let r = &self.requests[next as usize];
            if r.turn == turn && r.stage == Progress::Ready {
                return self.copy(next);
            }
        }
        self.idle_workers += 1;
    }

    /// A request is over: its reference, its place in its process' list, its slot.
    pub(super) fn release(&mut self, request: u32) {
        let r = self.requests[request as usize];
        let p = &mut self.procs[r.proc as usize];
        let is_known = p.turn == r.proc_turn;
        if is_known {
            match r.stage {
                Progress::Copying => p.copying -= 1,
                _ => p.pending -= 1,
            }
            if r.before == NONE {
                p.first = r.next;
            } else {
                self.requests[r.before as usize].next = r.next;
            }
            if r.next != NONE {
                self.requests[r.next as usize].before = r.before;
            }
        }
        let slot = &mut self.requests[request as usize];
        slot.turn += 1;
        slot.stage = Progress::Free;
        self.free_requests.push(request);
        self.in_flight -= 1;
        if self.carry.vmspace {
            self.drop_reference(r.vm);
        }
        let place = self.place(r.proc, r.lwp);
        let closed = self.workload.procs.submits == Submits::Closed && self.lwp_turns[place] == r.lwp_turn;
        if is_known && closed && self.procs[r.proc as usize].life == Life::Running {
            self.think(r.proc, r.proc_turn, r.lwp);
        }
        if is_known {
            self.go_on(r.proc);
        }
    }
}
