//! Deadlock, global or partial: an exit, exec or LWP exit that can never finish, whatever else still runs.
//!
//! From every state there must be a way to one in which none is under way, or to a violation (which ends its path and is
//! reported as itself). The condition names no proc, so it holds in a state exactly if it holds in all its renumberings,
//! and symmetry may stay on. It is computed as a fixed point over the states that were found, the latest first. Nearly all
//! states are decided by what the search has kept anyway (which states have a way on at once, from which state each was found,
//! and one other successor of each); only for the rest are steps taken a second time.

use super::Options;
use super::search::Space;
use super::shard::{ROOT, SHARDS, Shard, id, place, shard_of};
use crate::pack::Word;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// One bit for each state of a part.
struct Bits(Vec<AtomicU64>);

impl Bits {
    /// For `n` states, of which those in `set` are marked.
    fn new(n: usize, set: &[u64]) -> Bits {
        Bits((0..n.div_ceil(64)).map(|i| AtomicU64::new(set.get(i).copied().unwrap_or(0))).collect())
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.load(Ordering::Relaxed).count_ones())).sum()
    }

    fn get(&self, i: usize) -> bool {
        self.0[i / 64].load(Ordering::Relaxed) >> (i % 64) & 1 != 0
    }

    fn set(&self, i: usize) {
        self.0[i / 64].fetch_or(1 << (i % 64), Ordering::Relaxed);
    }
}

/// States that one task asks about, and tasks in a round.
const TASK: usize = 2048;
const ROUND: usize = 32;

/// States without a known way on, of one part and one level, latest first.
struct Open {
    shard: usize,
    level: usize,
    states: Vec<u32>,
}

/// Asks of each state's successors whether they have a way on; by part, the successor and who asks.
type Questions<W> = Vec<Vec<(W, u32)>>;

/// The earliest level with a state that has no way on, and the first such state in it.
pub(super) fn first<W: Word>(space: &Space<'_, W>, options: &Options) -> Option<(usize, u32)> {
    let good: Vec<Bits> = space.shards.iter().map(|s| Bits::new(s.words.len(), &s.on)).collect();
    space.shards.par_iter().enumerate().for_each(|(i, part)| {
        // States that the search did not get to may have a way on.
        (space.expanded[i]..part.words.len()).for_each(|index| good[i].set(index));
    });
    let marked = || good.iter().map(Bits::count).sum::<u64>();
    let all: u64 = space.shards.iter().map(|s| s.words.len() as u64).sum();
    let mut known = marked();
    loop {
        along_known(space, &good);
        let now = marked();
        // What is left when this gains little is asked one by one.
        if now - known <= (all - now) / 8 || options.cancelled() {
            break;
        }
        known = now;
    }
    let mut open: Vec<Open> =
        space.shards.par_iter().enumerate().flat_map(|(i, part)| undecided(part, i, &good[i])).collect();
    open.sort_by_key(|o| (std::cmp::Reverse(o.level), o.shard));
    let mut round: Vec<Questions<W>> = (0..ROUND).map(|_| vec![Vec::new(); SHARDS]).collect();
    let count = |open: &[Open]| open.iter().map(|o| o.states.len()).sum::<usize>();
    loop {
        let before = count(&open);
        // Levels are kept apart, so that what is found out of one helps the one before it in the same pass.
        for level in open.chunk_by_mut(|a, b| a.level == b.level) {
            let tasks: Vec<(usize, &[u32])> =
                level.iter().flat_map(|o| o.states.chunks(TASK).map(|states| (o.shard, states))).collect();
            for batch in tasks.chunks(ROUND) {
                round.par_iter_mut().zip(batch).for_each(|(questions, &(shard, states))| {
                    ask(space, shard, states, questions);
                });
                answer(space, &round[..batch.len()], &good);
            }
            level.iter_mut().for_each(|o| o.states.retain(|&index| !good[o.shard].get(index as usize)));
            if options.cancelled() {
                // What is undecided is not known to be stuck.
                return None;
            }
        }
        if count(&open) == before {
            break;
        }
    }
    open.iter().filter_map(|o| Some((o.level, id(o.shard, *o.states.last()? as usize)))).min()
}

/// One pass over what the search has kept of the steps, the latest states first: a state has a way on if the successor kept
/// for it has one, and gives one to the state from which it was found. No step is taken again for that.
fn along_known<W: Word>(space: &Space<'_, W>, good: &[Bits]) {
    let levels = space.shards.iter().map(|s| s.levels.len()).max().unwrap_or(0);
    for level in (0..levels).rev() {
        space.shards.par_iter().zip(good).for_each(|(part, own)| {
            let start = |level: usize| part.levels.get(level).map_or(part.words.len(), |&at| at as usize);
            for index in start(level)..start(level + 1) {
                let leads_on = |&to: &u32| to != ROOT && is_good(good, to);
                if !own.get(index) && part.others.get(index).is_some_and(leads_on) {
                    own.set(index);
                }
                if own.get(index) && part.parents[index] != ROOT {
                    let (shard, parent) = place(part.parents[index]);
                    good[shard].set(parent);
                }
            }
        });
    }
}

fn is_good(good: &[Bits], state: u32) -> bool {
    let (shard, index) = place(state);
    good[shard].get(index)
}

/// Lists for each state the successors on which it depends. None of them is a violation: that would be a way on.
fn ask<W: Word>(space: &Space<'_, W>, shard: usize, states: &[u32], questions: &mut Questions<W>) {
    questions.iter_mut().for_each(Vec::clear);
    for &index in states {
        let state = space.machine.layout.unpack(space.shards[shard].words[index as usize]);
        space.machine.each_lent(&state, |_, next, _| {
            let word = space.word(next);
            questions[shard_of(word.mix())].push((word, id(shard, index as usize)));
        });
    }
}

/// Each part answers what it is asked, so that its table stays in a cache meanwhile.
fn answer<W: Word>(space: &Space<'_, W>, round: &[Questions<W>], good: &[Bits]) {
    space.shards.par_iter().enumerate().for_each(|(i, part)| {
        for &(word, asker) in round.iter().flat_map(|questions| &questions[i]) {
            let (shard, index) = place(asker);
            // A successor that is not there was cut off by a limit, and may have a way on.
            if !good[shard].get(index) && part.find(word).is_none_or(|found| good[i].get(found)) {
                good[shard].set(index);
            }
        }
    });
}

/// The states of a part that are not marked, by level.
fn undecided<W: Word>(part: &Shard<W>, shard: usize, good: &Bits) -> Vec<Open> {
    let mut open = Vec::new();
    for (level, bounds) in part.levels.windows(2).enumerate() {
        let states: Vec<u32> = (bounds[0]..bounds[1]).rev().filter(|&index| !good.get(index as usize)).collect();
        if !states.is_empty() {
            open.push(Open { shard, level, states });
        }
    }
    open
}
