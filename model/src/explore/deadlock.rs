//! Deadlock, global or partial: an exit, exec or LWP exit that can never finish, whatever else still runs.
//!
//! From every state there must be a way to one in which none is under way, or to a violation (which ends its path and is
//! reported as itself). The condition names no proc, so it holds in a state exactly if it holds in all its renumberings,
//! and symmetry may stay on. It is computed as a fixed point over the states that were found, the latest first: most have
//! a way on through states found after them, so a few passes are enough.

use super::Options;
use super::search::Space;
use super::shard::{SHARDS, id, place, shard_of};
use crate::pack::Word;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// One bit for each state of a part.
struct Bits(Vec<AtomicU64>);

impl Bits {
    fn new(n: usize) -> Bits {
        Bits((0..n.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
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
    let good: Vec<Bits> = space.shards.iter().map(|s| Bits::new(s.words.len())).collect();
    let mut open: Vec<Open> =
        space.shards.par_iter().enumerate().flat_map(|(i, _)| undecided(space, i, &good[i])).collect();
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
                    ask(space, shard, states, &good[shard], questions);
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

/// Marks the states that lead on at once; for the others lists the successors on which it depends.
fn ask<W: Word>(space: &Space<'_, W>, shard: usize, states: &[u32], good: &Bits, questions: &mut Questions<W>) {
    questions.iter_mut().for_each(Vec::clear);
    let mut successors = Vec::new();
    for &index in states {
        successors.clear();
        let mut on = false;
        let state = space.machine.layout.unpack(space.shards[shard].words[index as usize]);
        space.machine.each(&state, |_, next, fault| {
            on = on || fault.is_some() || next.quiet();
            if !on {
                successors.push(space.word(&next));
            }
        });
        if on {
            good.set(index as usize);
            continue;
        }
        for &word in &successors {
            questions[shard_of(word.mix())].push((word, id(shard, index as usize)));
        }
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

/// The states of a part in which something is under way, by level; the others are marked.
fn undecided<W: Word>(space: &Space<'_, W>, shard: usize, good: &Bits) -> Vec<Open> {
    let part = &space.shards[shard];
    let mut open = Vec::new();
    for (level, bounds) in part.levels.windows(2).enumerate() {
        let mut states = Vec::new();
        for index in (bounds[0] as usize..bounds[1] as usize).rev() {
            // States that the search did not get to may have a way on.
            if index >= space.expanded[shard] || space.machine.layout.unpack(part.words[index]).quiet() {
                good.set(index);
            } else {
                states.push(index as u32);
            }
        }
        if !states.is_empty() {
            open.push(Open { shard, level, states });
        }
    }
    // After an early stop there are states that belong to no level yet.
    let listed = part.levels.last().map_or(0, |&end| end as usize);
    (listed..part.words.len()).for_each(|index| good.set(index));
    open
}
