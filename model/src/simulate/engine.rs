//! The machine that plays a workload under one policy.

use super::cost::{Cost, Sample};
use super::queue::Queue;
use super::workload::{Draw, Nanos, Workload};
use crate::{Design, Policy};
use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::VecDeque;

/// How many points a curve over time has.
const SAMPLES: u64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    /// Waits for its requests; then it goes on.
    Execing,
    /// Waits for its requests; then it is a zombie.
    Exiting,
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct Process {
    /// Counts the uses of the slot, so that events of an earlier use are known as such.
    turn: u32,
    life: Life,
    vm: u32,
    vm_turn: u32,
    /// The head of its list of requests.
    first: u32,
    pending: u32,
    copying: u32,
    since: Nanos,
}

#[derive(Debug, Clone, Copy)]
struct Vm {
    turn: u32,
    references: u32,
    /// Processes that use it and have not begun to exit.
    users: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Free,
    /// Its data has not come.
    Pending,
    /// Its data has come; it waits for a worker.
    Ready,
    Copying,
}

#[derive(Debug, Clone, Copy)]
struct Io {
    turn: u32,
    stage: Progress,
    kind: u8,
    proc: u32,
    proc_turn: u32,
    vm: u32,
    vm_turn: u32,
    /// Neighbours in the process' list.
    next: u32,
    before: u32,
}

const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
enum Due {
    /// An LWP of a process submits.
    Submit {
        proc: u32,
        turn: u32,
    },
    /// A request's data comes.
    Data {
        request: u32,
        turn: u32,
    },
    /// A worker has copied.
    Copied {
        request: u32,
        turn: u32,
    },
    Exec {
        proc: u32,
        turn: u32,
    },
    Exit {
        proc: u32,
        turn: u32,
    },
}

struct Drawn {
    service: Draw,
    copy: Draw,
    never: f64,
    /// Shares up to and including this kind's.
    upto: f64,
}

struct Kernel<'w> {
    workload: &'w Workload,
    holds_reference: bool,
    rng: Pcg64Mcg,
    queue: Queue<Due>,
    now: Nanos,
    procs: Vec<Process>,
    free_procs: Vec<u32>,
    vms: Vec<Vm>,
    free_vms: Vec<u32>,
    requests: Vec<Io>,
    free_requests: Vec<u32>,
    ready: VecDeque<(u32, u32)>,
    idle_workers: u32,
    lifetime: Draw,
    think: Draw,
    kinds: Vec<Drawn>,
    /// vmspaces that have references and no user.
    dead_vms: u64,
    waiting: u64,
    in_flight: u64,
    dead_area: u128,
    last_change: Nanos,
    cost: Cost,
}

/// Plays a workload under one policy for exit and exec.
///
/// # Errors
/// A length of the workload that cannot be drawn from.
pub fn simulate(workload: &Workload, design: Design, policy: Policy) -> Result<Cost, String> {
    let total: f64 = workload.requests.iter().map(|k| k.share).sum();
    let mut upto = 0.0;
    let mut kinds = Vec::new();
    for k in &workload.requests {
        upto += k.share / total;
        kinds.push(Drawn { service: k.service.draw()?, copy: k.copy.draw()?, never: k.never, upto });
    }
    // Up to an hour with three digits; more is counted as an hour.
    let histogram = || Histogram::new_with_max(3_600_000_000_000, 3).map_err(|e| e.to_string());
    let cost = Cost {
        policy,
        design,
        events: 0,
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
        holds_reference: design == Design::Referenced,
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
            if time > end {
                break;
            }
            self.now = time;
            self.cost.events += 1;
            match event {
                Due::Submit { proc, turn } => self.submit(proc, turn),
                Due::Data { request, turn } => self.data(request, turn),
                Due::Copied { request, turn } => self.copied(request, turn),
                Due::Exec { proc, turn } => self.exec(proc, turn),
                Due::Exit { proc, turn } => self.exit(proc, turn),
            }
        }
        self.now = end;
    }

    fn finish(mut self) -> Cost {
        self.dead_changes(0);
        for p in self.procs.iter().filter(|p| p.life == Life::Exiting) {
            self.cost.stuck += 1;
            self.cost.longest_wait = self.cost.longest_wait.max(self.now - p.since);
        }
        let kib = u128::from(self.workload.procs.kib);
        self.cost.dead_kib_mean = (self.dead_area * kib / u128::from(self.now.max(1))) as u64;
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
        self.dead_area += u128::from(self.dead_vms) * u128::from(self.now - self.last_change);
        self.last_change = self.now;
        self.dead_vms = self.dead_vms.saturating_add_signed(by);
        self.cost.dead_kib_peak = self.cost.dead_kib_peak.max(self.dead_vms * self.workload.procs.kib);
    }

    fn new_vm(&mut self) -> u32 {
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

    fn drop_reference(&mut self, vm: u32) {
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
    fn leave(&mut self, vm: u32) {
        let v = &mut self.vms[vm as usize];
        v.users -= 1;
        if v.users == 0 {
            self.dead_changes(1);
        }
    }

    fn fork(&mut self) {
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
            self.procs.push(Process { turn: 0, life, vm, vm_turn: 0, first: NONE, pending: 0, copying: 0, since: 0 });
            self.procs.len() as u32 - 1
        });
        let turn = self.procs[id as usize].turn;
        let vm_turn = self.vms[vm as usize].turn;
        self.procs[id as usize] =
            Process { turn, life: Life::Running, vm, vm_turn, first: NONE, pending: 0, copying: 0, since: self.now };
        let life = self.lifetime.next(&mut self.rng).max(1);
        self.queue.push(self.now + life, Due::Exit { proc: id, turn });
        if exec > 0.0 && self.rng.random_bool(exec) {
            self.queue.push(self.now + life / 2, Due::Exec { proc: id, turn });
        }
        for _ in 0..lwps {
            self.think(id, turn);
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

    fn think(&mut self, proc: u32, turn: u32) {
        let after = self.think.next(&mut self.rng).max(1);
        self.queue.push(self.now + after, Due::Submit { proc, turn });
    }

    fn submit(&mut self, proc: u32, turn: u32) {
        let p = self.procs[proc as usize];
        if p.turn != turn || matches!(p.life, Life::Exiting | Life::Gone) {
            return;
        }
        self.think(proc, turn);
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
        if self.holds_reference {
            self.take(self.requests[id as usize].vm);
        }
        let k = &self.kinds[kind];
        if k.never == 0.0 || !self.rng.random_bool(k.never) {
            let after = self.kinds[kind].service.next(&mut self.rng);
            self.queue.push(self.now + after, Due::Data { request: id, turn: request_turn });
        }
    }

    fn data(&mut self, request: u32, turn: u32) {
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
        let names_it = match self.cost.design {
            Design::Referenced => true,
            // Without a reference, what it carries has to be alive and to mean the same vmspace still.
            Design::Borrowed => is_there,
            Design::Proc | Design::Lwp | Design::Representative => {
                !is_gone && p.vm == r.vm && p.vm_turn == r.vm_turn && is_there
            }
        };
        match (names_it, is_gone) {
            (false, _) => self.cost.wild += 1,
            (true, true) => self.cost.late += 1,
            (true, false) => self.cost.completed += 1,
        }
        self.release(request);
        // The worker takes the next.
        while let Some((next, turn)) = self.ready.pop_front() {
            let r = &self.requests[next as usize];
            if r.turn == turn && r.stage == Progress::Ready {
                return self.copy(next);
            }
        }
        self.idle_workers += 1;
    }

    /// A request is over: its reference, its place in its process' list, its slot.
    fn release(&mut self, request: u32) {
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
        if self.holds_reference {
            self.drop_reference(r.vm);
        }
        if is_known {
            self.go_on(r.proc);
        }
    }

    /// Cancels what a worker does not copy yet.
    fn cancel(&mut self, proc: u32) {
        let mut at = self.procs[proc as usize].first;
        while at != NONE {
            let next = self.requests[at as usize].next;
            if self.requests[at as usize].stage != Progress::Copying {
                self.cost.lost += 1;
                self.release(at);
            }
            at = next;
        }
    }

    fn exec(&mut self, proc: u32, turn: u32) {
        let p = &mut self.procs[proc as usize];
        if p.turn != turn || p.life != Life::Running {
            return;
        }
        p.since = self.now;
        self.leave_life(proc, Life::Execing);
    }

    fn exit(&mut self, proc: u32, turn: u32) {
        let p = &mut self.procs[proc as usize];
        if p.turn != turn || matches!(p.life, Life::Exiting | Life::Gone) {
            return;
        }
        let vm = p.vm;
        if p.life == Life::Running {
            // An exec that waits keeps the time of its own start.
            p.since = self.now;
        }
        self.leave(vm);
        self.waiting += 1;
        self.leave_life(proc, Life::Exiting);
        // Somebody takes its place.
        self.fork();
    }

    fn leave_life(&mut self, proc: u32, life: Life) {
        self.procs[proc as usize].life = life;
        if matches!(self.cost.policy, Policy::Cancel | Policy::CancelDrain) {
            self.cancel(proc);
        }
        self.go_on(proc);
    }

    /// An exit or exec that waits for nothing any more goes on.
    fn go_on(&mut self, proc: u32) {
        let p = self.procs[proc as usize];
        let waits = match self.cost.policy {
            Policy::None | Policy::Cancel => false,
            Policy::Drain | Policy::CancelDrain => p.pending + p.copying > 0,
        };
        if waits {
            return;
        }
        match p.life {
            Life::Execing => {
                let vm = self.new_vm();
                let vm_turn = self.vms[vm as usize].turn;
                let p = &mut self.procs[proc as usize];
                let (old, since) = (p.vm, p.since);
                (p.life, p.vm, p.vm_turn) = (Life::Running, vm, vm_turn);
                self.leave(old);
                self.drop_reference(old);
                self.cost.exec.saturating_record(self.now - since);
            }
            Life::Exiting => {
                let p = &mut self.procs[proc as usize];
                p.life = Life::Gone;
                p.turn += 1;
                p.first = NONE;
                let (vm, since) = (p.vm, p.since);
                self.free_procs.push(proc);
                self.waiting -= 1;
                self.drop_reference(vm);
                self.cost.exit.saturating_record(self.now - since);
            }
            Life::Running | Life::Gone => {}
        }
    }
}
