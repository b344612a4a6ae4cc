//! Symmetry: procs, LWPs of a proc, requests and vmspace slots are alike, so one state stands for all that differ only in
//! their numbers.
//!
//! The representative is found by sorting, not by trying all permutations. Each thing gets a signature that no renumbering
//! changes; ties are left as they are. A tie between things that differ after all costs a state more and is never wrong:
//! the result is always a renumbering of the argument.

use crate::scenario::Scenario;
use crate::state::{
    GONE, Lwp, MAX_LWPS, MAX_PROCS, MAX_REQUESTS, MAX_VMSPACES, Phase, Proc, Request, Stage, State, Tie, Worker,
};

/// A renumbered state that is the same for (nearly) all renumberings of `s`.
pub fn canonical(sc: &Scenario, s: &State) -> State {
    let mut out = *s;
    sort_lwps(sc, &mut out);
    sort_procs(sc, &mut out);
    sort_vms(sc, &mut out);
    sort_requests(sc, &mut out);
    out
}

/// Mixes a value into a signature.
fn mix(h: u64, x: u64) -> u64 {
    let wide = u128::from(h ^ x.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * 0xe703_7ed1_a0b4_28db;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// Sorts the indices below `n` by key; stable, and cheap for the handful there are.
fn order<const N: usize, K: Ord + Copy + Default>(n: usize, key: impl Fn(usize) -> K) -> [u8; N] {
    let mut keys = [K::default(); N];
    keys.iter_mut().enumerate().take(n).for_each(|(i, at)| *at = key(i));
    let mut idx = std::array::from_fn(|i| i as u8);
    idx[..n].sort_by_key(|&i: &u8| keys[usize::from(i)]);
    idx
}

fn inverse<const N: usize>(order: &[u8; N]) -> [u8; N] {
    let mut inv = [0; N];
    for (to, &from) in order.iter().enumerate() {
        inv[usize::from(from)] = to as u8;
    }
    inv
}

/// What a request looks like without any number: its stage, its flags, and how its vmspace is related to its proc.
fn request_sig(s: &State, r: &Request) -> u64 {
    let flags =
        u64::from(r.pipe) | u64::from(r.orphan) << 1 | u64::from(r.tie != Tie::Named) << 2 | u64::from(r.changed) << 3;
    let proc = &s.procs[usize::from(r.issuer)];
    let relation = if r.orphan { 2 } else { u64::from(r.vm == proc.vm) | u64::from(r.vm == proc.old) << 2 };
    let tie = u64::from(r.tie as u8 >> 1) << 40;
    r.stage as u64 | tie | flags << 3 | u64::from(r.seen) << 7 | relation << 15 | vm_sig(s, r.vm) << 20
}

/// A slot's count, or which kind of no slot it is.
fn vm_sig(s: &State, v: u8) -> u64 {
    u64::from(s.vms.get(usize::from(v)).copied().unwrap_or(0x40 + v))
}

fn worker_sig(s: &State, points: impl Fn(&Worker) -> bool) -> u64 {
    s.workers.iter().filter(|w| points(w)).fold(0, |h, w| h + mix(7, w.work as u64 + 1))
}

fn sort_lwps(sc: &Scenario, s: &mut State) {
    if sc.lwps == 1 {
        return;
    }
    for p in 0..sc.procs {
        let sig = |l: usize| {
            let proc = &s.procs[p];
            // Free slots last, so that the lowest slots are those in use.
            let state = match proc.lwps[l] {
                Lwp::Run => 0u64,
                Lwp::Leaving => 1,
                Lwp::Free => 2,
            };
            let caller = u64::from(proc.phase.in_transit() && usize::from(proc.caller) == l);
            let own = |r: &&Request| names_an_lwp(sc, r) && usize::from(r.lwp) == l;
            let requests = s
                .requests_of(p)
                .map(|(_, r)| r)
                .filter(own)
                .fold(0u64, |h, r| h.wrapping_add(mix(3, request_sig(s, r))));
            (state << 1 | caller, requests)
        };
        let old: [u8; MAX_LWPS] = order(sc.lwps, sig);
        let new = inverse(&old);
        let before = s.procs[p].lwps;
        for (to, &from) in old.iter().enumerate() {
            s.procs[p].lwps[to] = before[usize::from(from)];
        }
        if s.procs[p].phase.in_transit() {
            s.procs[p].caller = new[usize::from(s.procs[p].caller)];
        }
        for r in &mut s.requests {
            let of_p = r.stage != Stage::Free && !r.orphan && usize::from(r.issuer) == p;
            if of_p && names_an_lwp(sc, r) {
                r.lwp = new[usize::from(r.lwp)];
            }
        }
    }
}

/// Whether the request's LWP number means an LWP.
fn names_an_lwp(sc: &Scenario, r: &Request) -> bool {
    use Stage::{Counting, Submitting};
    r.tie == Tie::Named && (sc.names_lwp() || matches!(r.stage, Counting | Submitting))
}

fn proc_sig(s: &State, p: usize, proc: &Proc) -> u64 {
    let lwps = proc.lwps.iter().fold(0u64, |h, &l| h << 2 | l as u64);
    let own = proc.phase as u64
        | u64::from(proc.caller) << 4
        | u64::from(proc.closed) << 6
        | u64::from(proc.seen) << 7
        | lwps << 15
        | vm_sig(s, proc.vm) << 24
        | vm_sig(s, proc.old) << 32
        | u64::from(proc.target == GONE) << 40;
    let requests = s.requests_of(p).fold(0u64, |h, (i, r)| {
        h.wrapping_add(mix(
            5,
            request_sig(s, r) << 4 | u64::from(r.lwp) << 1 | u64::from(usize::from(proc.target) == i),
        ))
    });
    let slot = |v: u8| if v < MAX_VMSPACES as u8 { v } else { 0xff };
    let shared = s.procs.iter().filter(|q| q.vm == proc.vm).count() as u64;
    let workers = worker_sig(s, |w| slot(w.vm) == proc.vm).wrapping_add(worker_sig(s, |w| slot(w.vm) == proc.old) << 1);
    mix(mix(mix(own, requests), shared), workers)
}

fn sort_procs(sc: &Scenario, s: &mut State) {
    if sc.procs == 1 {
        return;
    }
    let sig = |p: usize| {
        let proc = &s.procs[p];
        (proc.phase == Phase::Free, proc_sig(s, p, proc))
    };
    let old: [u8; MAX_PROCS] = order(sc.procs, sig);
    let new = inverse(&old);
    let before = s.procs;
    for (to, &from) in old.iter().enumerate() {
        s.procs[to] = before[usize::from(from)];
    }
    for r in s.requests.iter_mut().filter(|r| r.stage != Stage::Free && !r.orphan) {
        r.issuer = new[usize::from(r.issuer)];
    }
}

/// Vmspaces in the order in which procs point to them, then by what else points to them; free ones last.
fn sort_vms(sc: &Scenario, s: &mut State) {
    let sig = |v: usize| {
        let is = |at: u8| usize::from(at) == v;
        let by_proc = s.procs[..sc.procs].iter().enumerate().find_map(|(i, p)| match (is(p.vm), is(p.old)) {
            (true, _) => Some(2 * i),
            (_, true) => Some(2 * i + 1),
            _ => None,
        });
        if let Some(at) = by_proc {
            return (0u8, at as u64);
        }
        let requests = s.requests.iter().filter(|r| is(r.vm)).fold(0u64, |h, r| {
            h.wrapping_add(mix(11, request_sig(s, r) << 5 | u64::from(r.issuer) << 2 | u64::from(r.lwp)))
        });
        let workers = worker_sig(s, |w| is(w.vm));
        let count = s.vms[v];
        (if count == 0 { 2 } else { 1 }, mix(requests.wrapping_add(workers), u64::from(count)))
    };
    let old: [u8; MAX_VMSPACES] = order(sc.vmspaces, sig);
    let new = inverse(&old);
    let before = s.vms;
    for (to, &from) in old.iter().enumerate() {
        s.vms[to] = before[usize::from(from)];
    }
    let renumber = |at: &mut u8| {
        if let Some(&to) = new.get(usize::from(*at)) {
            *at = to;
        }
    };
    for p in &mut s.procs {
        renumber(&mut p.vm);
        renumber(&mut p.old);
    }
    s.requests.iter_mut().for_each(|r| renumber(&mut r.vm));
    s.workers.iter_mut().for_each(|w| renumber(&mut w.vm));
}

/// By now a request's fields are final, so their order is as well; then the workers'.
fn sort_requests(sc: &Scenario, s: &mut State) {
    let sig = |i: usize| {
        let r = &s.requests[i];
        let pointed = s.procs.iter().position(|p| usize::from(p.target) == i).map_or(0, |p| p as u64 + 1);
        let worked = worker_sig(s, |w| usize::from(w.request) == i) & 0xffff;
        let stage = (r.stage as u64).wrapping_sub(1) & 7;
        stage << 56
            | u64::from(r.pipe) << 55
            | u64::from(r.orphan) << 54
            | u64::from(r.tie != Tie::Named) << 53
            | u64::from(r.tie as u8 >> 1) << 60
            | u64::from(r.changed) << 52
            | u64::from(r.issuer) << 48
            | u64::from(r.lwp) << 44
            | u64::from(r.vm) << 40
            | u64::from(r.seen) << 32
            | pointed << 24
            | worked
    };
    let old: [u8; MAX_REQUESTS] = order(sc.requests, sig);
    let new = inverse(&old);
    let before = s.requests;
    for (to, &from) in old.iter().enumerate() {
        s.requests[to] = before[usize::from(from)];
    }
    let renumber = |at: &mut u8| {
        if let Some(&to) = new.get(usize::from(*at)) {
            *at = to;
        }
    };
    s.procs.iter_mut().for_each(|p| renumber(&mut p.target));
    s.workers.iter_mut().for_each(|w| renumber(&mut w.request));
    s.workers[..sc.workers].sort_by_key(|w| (w.work, w.vm, w.request));
}
