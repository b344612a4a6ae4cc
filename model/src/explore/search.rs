//! Level by level: a round of tasks expands a part of the level, then each part of the visited set takes what is its own.
//!
//! The two halves never touch the same memory, so nothing is locked, and the order in which states are stored does not
//! depend on which thread did what.

use super::shard::{ROOT, SHARDS, Shard, id, place, shard_of};
use super::{End, Options, Report, Violation, deadlock, path};
use crate::action::Act;
use crate::pack::Word;
use crate::property::{Event, Property};
use crate::scenario::Scenario;
use crate::state::State;
use crate::step::Machine;
use crate::symmetry::canonical;
use crate::words::Ability;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// States in a task, and tasks in a round.
const TASK: usize = 2048;
const ROUND: usize = 32;

/// The search's data, for the passes after it.
pub(super) struct Space<'a, W> {
    pub scenario: &'a Scenario,
    pub machine: Machine<'a>,
    pub symmetry: bool,
    pub shards: Vec<Shard<W>>,
    /// In each part, how many states were looked into.
    pub expanded: Vec<usize>,
}

impl<W: Word> Space<'_, W> {
    /// The number under which a state is stored.
    #[inline]
    pub fn word(&self, s: &State) -> W {
        if self.symmetry { self.machine.layout.pack(&canonical(&self.machine, s)) } else { self.machine.layout.pack(s) }
    }

    fn states(&self) -> u64 {
        self.shards.iter().map(|s| s.words.len() as u64).sum()
    }

    fn bytes(&self) -> usize {
        self.shards.iter().map(Shard::bytes).sum()
    }
}

/// What one task found.
struct Found<W> {
    out: Vec<Vec<(W, u32)>>,
    hits: Vec<u64>,
    events: [u64; 16],
    /// Parts of declared properties that were true.
    staked: u64,
    transitions: u64,
    /// For each state of the task, a successor that was found before it, or [`ROOT`].
    others: Vec<AtomicU32>,
    /// States in which nothing is under way, or from which one step leads to such a one or to a violation.
    on: Vec<u32>,
    /// The first violation of each property: in which state, and whether a step from it or the state itself.
    faults: BTreeMap<Property, Fault>,
}

/// Where a violation shows: in a step from the state, or in the state itself.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    pub state: u32,
    pub by_step: bool,
}

impl<W> Found<W> {
    fn new() -> Found<W> {
        Found {
            out: (0..SHARDS).map(|_| Vec::new()).collect(),
            hits: vec![0; Act::ALL.len()],
            events: [0; 16],
            staked: 0,
            transitions: 0,
            others: (0..TASK).map(|_| AtomicU32::new(ROOT)).collect(),
            on: Vec::new(),
            faults: BTreeMap::new(),
        }
    }

    fn bytes(&self) -> usize {
        self.out.iter().map(|to| to.capacity() * size_of::<(W, u32)>()).sum::<usize>()
            + self.on.capacity() * size_of::<u32>()
    }

    fn clear(&mut self) {
        self.out.iter_mut().for_each(Vec::clear);
        self.on.clear();
        self.faults.clear();
    }
}

/// A stretch of one level in one part.
#[derive(Clone, Copy)]
struct Task {
    shard: usize,
    from: usize,
    to: usize,
}

fn expand<W: Word>(space: &Space<'_, W>, task: Task, found: &mut Found<W>) {
    found.clear();
    let machine = &space.machine;
    for index in task.from..task.to {
        let word = space.shards[task.shard].words[index];
        let parent = id(task.shard, index);
        let state = machine.layout.unpack(word);
        if !machine.stakes.is_empty() {
            found.staked = machine.staked(&state, found.staked);
        }
        if let Some(property) = machine.broken(&state) {
            found.faults.entry(property).or_insert(Fault { state: parent, by_step: false });
            found.on.push(index as u32);
            continue;
        }
        let before = found.transitions;
        let mut on = state.quiet();
        machine.each_lent(&state, |action, next, fault| {
            found.transitions += 1;
            found.hits[action.act as usize] += 1;
            let mut events = next.events;
            while events != 0 {
                found.events[events.trailing_zeros() as usize] += 1;
                events &= events - 1;
            }
            if let Some(property) = fault {
                found.faults.entry(property).or_insert(Fault { state: parent, by_step: true });
                on = true;
                return;
            }
            on = on || next.quiet();
            let to = space.word(next);
            if to != word {
                found.out[shard_of(to.mix())].push((to, parent));
            }
        });
        if found.transitions == before && state.quiet() && machine.leaks(&state) {
            found.faults.entry(Property::Leak).or_insert(Fault { state: parent, by_step: false });
        }
        if on {
            found.on.push(index as u32);
        }
    }
}

pub(super) fn run<W: Word>(scenario: &Scenario, options: &Options) -> Report {
    let began = Instant::now();
    let machine = Machine::new(scenario).lowest_slots(options.symmetry);
    let shards: Vec<Shard<W>> = (0..SHARDS).map(|_| Shard::new()).collect();
    let mut space = Space { scenario, machine, symmetry: options.symmetry, shards, expanded: vec![0; SHARDS] };
    let first = space.word(&scenario.initial());
    space.shards[shard_of(first.mix())].insert(first, ROOT);

    let mut faults: BTreeMap<Property, (usize, Fault)> = BTreeMap::new();
    let mut round: Vec<Found<W>> = (0..ROUND).map(|_| Found::new()).collect();
    let mut end = End::Exhausted;
    let mut depth = 0;
    'levels: loop {
        let tasks = next_level(&mut space);
        if tasks.is_empty() {
            break;
        }
        for batch in tasks.chunks(ROUND) {
            round[..batch.len()].par_iter_mut().zip(batch).for_each(|(found, &task)| expand(&space, task, found));
            let round = &round[..batch.len()];
            space.shards.par_iter_mut().enumerate().for_each(|(i, shard)| {
                for (task, found) in batch.iter().zip(round) {
                    shard.insert_all(&found.out[i], |parent, known| {
                        if options.deadlock {
                            // Whichever part is last: any of them will do.
                            found.others[place(parent).1 - task.from].store(id(i, known), Ordering::Relaxed);
                        }
                    });
                }
            });
            if options.deadlock {
                space.shards.par_iter_mut().enumerate().for_each(|(i, shard)| {
                    for (task, found) in batch.iter().zip(round).filter(|(task, _)| task.shard == i) {
                        found.on.iter().for_each(|&index| shard.lead_on(index as usize));
                        let others = found.others[..task.to - task.from].iter();
                        shard.others.extend(others.map(|other| other.swap(ROOT, Ordering::Relaxed)));
                    }
                });
            }
            for (task, found) in batch.iter().zip(round) {
                space.expanded[task.shard] = task.to;
                for (&property, &fault) in &found.faults {
                    faults.entry(property).or_insert((depth + usize::from(fault.by_step), fault));
                }
            }
            if options.cancelled() {
                end = End::Cancelled;
                break 'levels;
            }
            let buffers: usize = round.iter().map(Found::bytes).sum();
            if space.bytes() + buffers > options.memory || space.shards.iter().any(|s| s.full) {
                end = End::Memory;
                break 'levels;
            }
        }
        depth += 1;
    }
    let mut totals: Found<W> = Found::new();
    for found in &round {
        totals.transitions += found.transitions;
        totals.staked |= found.staked;
        totals.hits.iter_mut().zip(&found.hits).for_each(|(all, n)| *all += n);
        totals.events.iter_mut().zip(&found.events).for_each(|(all, n)| *all += n);
    }
    // The tasks' buffers are not needed any more, and what follows may be large.
    drop(round);
    if options.deadlock
        && let Some((level, state)) = deadlock::first(&space, options)
    {
        faults.insert(Property::Deadlock, (level, Fault { state, by_step: false }));
    }
    let violations = faults
        .into_iter()
        .map(|(property, (steps, fault))| Violation { property, steps, trace: path::trace(&space, property, fault) })
        .collect();
    let states = space.states();
    let events: Vec<(Event, u64)> = Event::ALL.iter().map(|&e| (e, totals.events[e as usize])).collect();
    Report {
        violations,
        states,
        transitions: totals.transitions,
        depth,
        unexplored: states - space.expanded.iter().map(|&n| n as u64).sum::<u64>(),
        end,
        hits: Act::ALL.iter().map(|&a| (a, totals.hits[a as usize])).collect(),
        unused: scenario
            .allow
            .iter()
            .copied()
            .filter(|&a| first_acts(a).iter().all(|&act| totals.hits[act as usize] == 0))
            .collect(),
        never: scenario.sometimes.iter().copied().filter(|&e| totals.events[e as usize] == 0).collect(),
        events,
        idle: space
            .machine
            .stakes
            .iter()
            .enumerate()
            .filter(|(i, _)| end == End::Exhausted && totals.staked & (1 << i) == 0)
            .map(|(_, stake)| (stake.property, stake.text.clone()))
            .collect(),
        unasked: if options.deadlock { Vec::new() } else { vec![Property::Deadlock] },
        bytes: space.bytes(),
        seconds: began.elapsed().as_secs_f64(),
    }
}

/// The states that were found in the last level, as tasks.
fn next_level<W: Word>(space: &mut Space<'_, W>) -> Vec<Task> {
    let mut tasks = Vec::new();
    for (i, shard) in space.shards.iter_mut().enumerate() {
        let (from, to) = (*shard.levels.last().unwrap_or(&0) as usize, shard.words.len());
        tasks.extend((from..to).step_by(TASK).map(|at| Task { shard: i, from: at, to: (at + TASK).min(to) }));
        shard.levels.push(to as u32);
    }
    tasks
}

/// The steps of which one is taken first where the ability is used.
fn first_acts(ability: Ability) -> &'static [Act] {
    match ability {
        Ability::LwpCreate => &[Act::LwpCreate],
        Ability::LwpExit => &[Act::LwpExit],
        Ability::Exit => &[Act::Exit, Act::ExitAtOnce],
        Ability::Exec => &[Act::Exec],
        Ability::Fork => &[Act::Fork],
        Ability::Vfork => &[Act::Vfork],
        Ability::Disk => &[Act::SubmitDisk],
        Ability::Pipe => &[Act::SubmitPipe],
        Ability::Takeover => &[Act::Takeover],
        Ability::Change => &[Act::Setuid, Act::Setrlimit, Act::Dup2, Act::Setsid],
        Ability::Mover => &[Act::MoverLook],
        Ability::Fault => &[Act::Fault],
        Ability::Hang => &[Act::Hang],
        Ability::LateSubmit => &[Act::SubmitLate],
        Ability::Unmap => &[Act::Unmap],
    }
}
