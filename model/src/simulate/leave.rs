//! How processes and LWPs leave: exec, exit and LWP exit, with their policies.

use super::parts::{Due, Kernel, Life, NONE, Progress};

impl Kernel<'_> {
    /// An LWP's place in `lwp_turns`.
    pub(super) fn place(&mut self, proc: u32, lwp: u32) -> usize {
        let place = proc as usize * self.workload.procs.lwps as usize + lwp as usize;
        if place >= self.lwp_turns.len() {
            self.lwp_turns.resize(place + 1, 0);
        }
        place
    }

    /// A new LWP pauses before its first request, and perhaps has an end of its own.
    pub(super) fn start_lwp(&mut self, proc: u32, turn: u32, lwp: u32) {
        self.think(proc, turn, lwp);
        if let Some(lifetime) = &self.lwp_lifetime {
            let after = lifetime.next(&mut self.rng).max(1);
            self.queue.push(self.now + after, Due::Leave { proc, turn, lwp });
        }
    }

    /// An LWP exits by itself, applies its policy, and another one takes its place.
    pub(super) fn lwp_exit(&mut self, proc: u32, turn: u32, lwp: u32) {
        let p = self.procs[proc as usize];
        if p.turn != turn || p.life != Life::Running {
            return;
        }
        self.cost.lwp_exits += 1;
        let place = self.place(proc, lwp);
        let lwp_turn = self.lwp_turns[place];
        if self.lwp_way.cancels {
            let mut at = p.first;
            while at != NONE {
                let r = self.requests[at as usize];
                if (r.lwp, r.lwp_turn) == (lwp, lwp_turn) && r.stage != Progress::Copying {
                    self.cost.lost += 1;
                    self.release(at);
                }
                at = r.next;
            }
        }
        self.lwp_turns[place] += 1;
        self.start_lwp(proc, turn, lwp);
    }

    /// Cancels what a worker does not copy yet.
    fn cancel(&mut self, proc: u32) {
        let mut at = self.procs[proc as usize].first;
        while at != NONE {
            let next = self.requests[at as usize].next;
            if self.requests[at as usize].stage != Progress::Copying {
                self.cost.lost += 1;
                if let Some(time) = &self.cancel_time {
                    let takes = time.next(&mut self.rng);
                    self.cost.cancelling += takes;
                    let p = &mut self.procs[proc as usize];
                    p.busy_until = p.busy_until.max(self.now) + takes;
                }
                self.release(at);
            }
            at = next;
        }
        let p = self.procs[proc as usize];
        if p.busy_until > self.now {
            self.queue.push(p.busy_until, Due::Cancelled { proc, turn: p.turn });
        }
    }

    pub(super) fn exec(&mut self, proc: u32, turn: u32) {
        let p = &mut self.procs[proc as usize];
        if p.turn != turn || p.life != Life::Running {
            return;
        }
        p.since = self.now;
        self.leave_life(proc, Life::Execing);
    }

    pub(super) fn exit(&mut self, proc: u32, turn: u32) {
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
        if self.way.cancels {
            self.cancel(proc);
        }
        self.go_on(proc);
    }

    /// An exit or exec that waits for nothing any more goes on.
    pub(super) fn go_on(&mut self, proc: u32) {
        let p = self.procs[proc as usize];
        let waits = self.way.pending && p.pending > 0 || self.way.copy && p.copying > 0;
        if waits || p.busy_until > self.now {
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
                if since >= self.workload.warmup.0 {
                    self.cost.exec.saturating_record(self.now - since);
                }
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
                if since >= self.workload.warmup.0 {
                    self.cost.exit.saturating_record(self.now - since);
                }
            }
            Life::Running | Life::Gone => {}
        }
    }
}
