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
    let mut open: Vec<Vec<u32>> =
        space.shards.par_iter().enumerate().map(|(i, _)| undecided(space, i, &good[i])).collect();
    loop {
        let before: usize = open.iter().map(Vec::len).sum();
        if before == 0 {
            return None;
        }
        open.par_iter_mut().enumerate().for_each(|(shard, open)| {
            open.retain(|&index| {
                let word = space.shards[shard].words[index as usize];
                let on = leads_on(space, word, &good);
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
        if open.iter().map(Vec::len).sum::<usize>() == before {
            break;
        }
    }
    let level_of = |shard: usize, index: u32| space.shards[shard].levels.partition_point(|&start| start <= index);
    let stuck = open.iter().enumerate().filter_map(|(shard, open)| {
        // Latest first, so the earliest stands last.
        let &index = open.last()?;
        Some((level_of(shard, index) - 1, id(shard, index as usize)))
    });
    stuck.min()
}

/// The states of a part in which something is under way, latest first; the others are marked.
fn undecided<W: Word>(space: &Space<'_, W>, shard: usize, good: &Bits) -> Vec<u32> {
    let mut open = Vec::new();
    for (index, &word) in space.shards[shard].words.iter().enumerate().rev() {
        // States that the search did not get to may have a way on.
        if index >= space.expanded[shard] || space.machine.layout.unpack(word).quiet() {
            good.set(index);
        } else {
            open.push(index as u32);
        }
    }
    open
}

fn leads_on<W: Word>(space: &Space<'_, W>, word: W, good: &[Bits]) -> bool {
    let mut on = false;
    space.machine.each(&space.machine.layout.unpack(word), |_, next, fault| {
        on = on || fault.is_some() || space.find(space.word(&next)).is_none_or(|(shard, index)| good[shard].get(index));
    });
    on
}
