//! One part of the visited set: the states whose hash falls there, in the order in which they were found.
//!
//! A state is stored once, as it is; the table holds indices only. With its parent's number and its share of the table a
//! state takes about 30 bytes in 64 bits and 40 in 128.

use crate::pack::Word;

/// How many parts there are. Each is filled by one thread at a time and is small enough for a cache to help.
pub const SHARDS: usize = 64;
const SHARD_BITS: u32 = SHARDS.trailing_zeros();
const INDEX_BITS: u32 = u32::BITS - SHARD_BITS;

/// The number of the first state's parent.
pub const ROOT: u32 = u32::MAX;

/// Number of the state at `index` in part `shard`.
pub fn id(shard: usize, index: usize) -> u32 {
    (shard as u32) << INDEX_BITS | index as u32
}

/// Part and index of the state with that number.
pub fn place(id: u32) -> (usize, usize) {
    ((id >> INDEX_BITS) as usize, (id & ((1 << INDEX_BITS) - 1)) as usize)
}

/// Which part a state with that hash belongs to.
pub fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARD_BITS)) as usize
}

/// See the module.
pub struct Shard<W> {
    /// The states.
    pub words: Vec<W>,
    /// From which state each was first reached.
    pub parents: Vec<u32>,
    /// Where each level starts in `words`.
    pub levels: Vec<u32>,
    /// For each state that was looked into, a successor that was known before; [`ROOT`] if all were new.
    pub others: Vec<u32>,
    /// One bit for each state that was looked into and has a way on at once: see [`super::deadlock`].
    pub on: Vec<u64>,
    /// Open addressing; index plus one, or zero.
    table: Vec<u32>,
    /// Set when there is no number left for another state.
    pub full: bool,
}

impl<W: Word> Shard<W> {
    /// An empty part.
    pub fn new() -> Shard<W> {
        Shard {
            words: Vec::new(),
            parents: Vec::new(),
            levels: vec![0],
            others: Vec::new(),
            on: Vec::new(),
            table: vec![0; 16],
            full: false,
        }
    }

    /// Adds a state unless it is there; then says under which index.
    #[inline]
    pub fn insert(&mut self, word: W, parent: u32) -> Option<usize> {
        if (self.words.len() + 1) * 5 > self.table.len() * 4 {
            self.grow();
        }
        let mask = self.table.len() - 1;
        let mut at = word.mix() as usize & mask;
        loop {
            match self.table[at] {
                0 => break,
                found if self.words[found as usize - 1] == word => return Some(found as usize - 1),
                _ => at = (at + 1) & mask,
            }
        }
        if self.words.len() + 1 >= 1 << INDEX_BITS {
            self.full = true;
            return None;
        }
        if self.words.len() == self.words.capacity() {
            // A quarter more, not double: memory is what ends a large run.
            let more = (self.words.len() / 4).max(16);
            self.words.reserve_exact(more);
            self.parents.reserve_exact(more);
            self.others.reserve_exact(self.words.capacity() - self.others.len());
        }
        self.words.push(word);
        self.parents.push(parent);
        self.table[at] = self.words.len() as u32;
        None
    }

    /// Notes that the state at `index` has a way on at once.
    pub fn lead_on(&mut self, index: usize) {
        if index / 64 >= self.on.len() {
            self.on.resize(self.words.len().div_ceil(64), 0);
        }
        self.on[index / 64] |= 1 << (index % 64);
    }

    /// The index of a state.
    pub fn find(&self, word: W) -> Option<usize> {
        let mask = self.table.len() - 1;
        let mut at = word.mix() as usize & mask;
        loop {
            match self.table[at] {
                0 => return None,
                found if self.words[found as usize - 1] == word => return Some(found as usize - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// What it takes in memory.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<W>()
            + (self.parents.capacity() + self.others.capacity() + self.table.len()) * size_of::<u32>()
            + self.on.capacity() * size_of::<u64>()
    }

    fn grow(&mut self) {
        let len = self.table.len() * 2;
        self.table = vec![0; len];
        for (i, word) in self.words.iter().enumerate() {
            let mut at = word.mix() as usize & (len - 1);
            while self.table[at] != 0 {
                at = (at + 1) & (len - 1);
            }
            self.table[at] = i as u32 + 1;
        }
    }
}
