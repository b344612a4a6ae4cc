//! Deadlock, global or partial: an exit, exec or LWP exit that can never finish, whatever else still runs.
//!
//! From every state there must be a way to one in which none is under way, or to a violation (which ends its path and is
//! reported as itself). The condition names no proc, so it holds in a state exactly if it holds in all its renumberings,
//! and symmetry may stay on. It is computed as a fixed point over the states that were found, the latest first: most have
//! a way on through states found after them, so a few passes are enough.

use super::Options;
use super::search::Space;
use super::shard::id;
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

/// The earliest level with a state that has no way on, and the first such state in it.
pub(super) fn first<W: Word>(space: &Space<'_, W>, options: &Options) -> Option<(usize, u32)> {
    let good: Vec<Bits> = space.shards.iter().map(|s| Bits::new(s.words.len())).collect();
    let depth = space.shards.iter().map(|s| s.levels.len()).max().unwrap_or_default();
    // By part, then by level.
    let mut open: Vec<Vec<Vec<u32>>> =
        space.shards.par_iter().enumerate().map(|(i, _)| undecided(space, i, depth, &good[i])).collect();
    let count = |open: &[Vec<Vec<u32>>]| open.iter().flatten().map(Vec::len).sum::<usize>();
    loop {
        let before = count(&open);
        for level in (0..depth).rev() {
            open.par_iter_mut().enumerate().for_each(|(shard, open)| {
                open[level].retain(|&index| {
                    let on = leads_on(space, space.shards[shard].words[index as usize], &good);
                    if on {
                        good[shard].set(index as usize);
                    }
                    !on
                });
            });
            if options.cancelled() {
                // What is undecided is not known to be stuck.
                return None;
            }
        }
        if count(&open) == before {
            break;
        }
    }
    let stuck = open.iter().enumerate().flat_map(|(shard, levels)| {
        let first = move |(level, open): (usize, &Vec<u32>)| Some((level, id(shard, *open.last()? as usize)));
        levels.iter().enumerate().filter_map(first)
    });
    stuck.min()
}

/// The states of a part in which something is under way, by level, latest first; the others are marked.
fn undecided<W: Word>(space: &Space<'_, W>, shard: usize, depth: usize, good: &Bits) -> Vec<Vec<u32>> {
    let part = &space.shards[shard];
    let mut open = vec![Vec::new(); depth];
    let mut level = 0;
    for (index, &word) in part.words.iter().enumerate() {
        while part.levels.get(level + 1).is_some_and(|&next| next as usize <= index) {
            level += 1;
        }
        // States that the search did not get to may have a way on.
        if index >= space.expanded[shard] || space.machine.layout.unpack(word).quiet() {
            good.set(index);
        } else {
            open[level].push(index as u32);
        }
    }
    open.iter_mut().for_each(|level| level.reverse());
    open
}

fn leads_on<W: Word>(space: &Space<'_, W>, word: W, good: &[Bits]) -> bool {
    let mut on = false;
    space.machine.each(&space.machine.layout.unpack(word), |_, next, fault| {
        on = on
            || fault.is_some()
            || next.quiet()
            || space.find(space.word(&next)).is_none_or(|(shard, index)| good[shard].get(index));
    });
    on
}
