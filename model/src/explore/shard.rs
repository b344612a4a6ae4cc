//! One part of the visited set: the states whose hash falls there, in the order in which they were found.
//!
//! A state is stored once, as it is; the table holds indices only. With its parent's number and its share of the table a
//! state takes about 30 bytes in 64 bits and 40 in 128.

use crate::pack::Word;

/// How many parts there are. Each is filled by one thread at a time and is small enough for a cache to help.
pub const SHARDS: usize = 64;
const SHARD_BITS: u32 = SHARDS.trailing_zeros();
const INDEX_BITS: u32 = u32::BITS - SHARD_BITS;

const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

/// Bits of the hash that choose neither the part nor, in a table of any size that fits, the place in it.
fn tag(hash: u64) -> u32 {
    ((hash >> INDEX_BITS) as u32) << INDEX_BITS
}

/// States that are added together.
const BATCH: usize = 16;

/// The number of the first state's parent.
pub const ROOT: u32 = u32::MAX;

/// Number of the state at `index` in part `shard`.
pub fn id(shard: usize, index: usize) -> u32 {
    (shard as u32) << INDEX_BITS | index as u32
}

/// Part and index of the state with that number.
pub fn place(id: u32) -> (usize, usize) {
    ((id >> INDEX_BITS) as usize, (id & INDEX_MASK) as usize)
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
    /// Open addressing: zero, or the index plus one under a few bits of the hash, so that a state is hardly ever looked at in
    /// vain.
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
            table: vec![0; 64],
            full: false,
        }
    }

    /// Adds a state unless it is there; then says under which index.
    pub fn insert(&mut self, word: W, parent: u32) -> Option<usize> {
        self.make_room(1);
        self.place(word, word.mix(), parent)
    }

    /// Adds states with their parents; calls `known` with the parent and the index of each that is there already.
    pub fn insert_all(&mut self, found: &[(W, u32)], mut known: impl FnMut(u32, usize)) {
        for batch in found.chunks(BATCH) {
            self.make_room(batch.len());
            let mask = self.table.len() - 1;
            // First the loads that miss the cache, side by side and with nothing to guess between them; then the decisions.
            let mut entries = [(0u64, 0u32); BATCH];
            for ((hash, entry), (word, _)) in entries.iter_mut().zip(batch) {
                *hash = word.mix();
                *entry = self.table[*hash as usize & mask];
            }
            let mut there = [false; BATCH];
            for ((there, (_, entry)), (word, _)) in there.iter_mut().zip(&entries).zip(batch) {
                let index = ((entry & INDEX_MASK) as usize).wrapping_sub(1);
                *there = self.words.get(index) == Some(word);
            }
            for ((there, (hash, entry)), &(word, parent)) in there.iter().zip(&entries).zip(batch) {
                let at = if *there { Some((entry & INDEX_MASK) as usize - 1) } else { self.place(word, *hash, parent) };
                if let Some(index) = at {
                    known(parent, index);
                }
            }
        }
    }

    /// Makes sure that so many states more leave a fifth of the table free.
    fn make_room(&mut self, more: usize) {
        while (self.words.len() + more) * 5 > self.table.len() * 4 {
            self.grow();
        }
        if self.words.len() + more > self.words.capacity() {
            // A quarter more, not double: memory is what ends a large run.
            let more = (self.words.len() / 4).max(BATCH);
            self.words.reserve_exact(more);
            self.parents.reserve_exact(more);
            self.others.reserve_exact(self.words.capacity() - self.others.len());
        }
    }

    #[inline]
    fn place(&mut self, word: W, hash: u64, parent: u32) -> Option<usize> {
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.table[at] {
                0 => break,
                entry => match self.is_at(entry, hash, word) {
                    None => at = (at + 1) & mask,
                    found => return found,
                },
            }
        }
        if self.words.len() + 1 >= 1 << INDEX_BITS {
            self.full = true;
            return None;
        }
        self.words.push(word);
        self.parents.push(parent);
        self.table[at] = tag(hash) | self.words.len() as u32;
        None
    }

    /// The index in an entry of the table, if it is that of the word.
    #[inline]
    fn is_at(&self, entry: u32, hash: u64, word: W) -> Option<usize> {
        let index = (entry & INDEX_MASK) as usize - 1;
        (entry & !INDEX_MASK == tag(hash) && self.words[index] == word).then_some(index)
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
        let (hash, mask) = (word.mix(), self.table.len() - 1);
        let mut at = hash as usize & mask;
        loop {
            match self.table[at] {
                0 => return None,
                entry => match self.is_at(entry, hash, word) {
                    None => at = (at + 1) & mask,
                    found => return found,
                },
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
            let hash = word.mix();
            let mut at = hash as usize & (len - 1);
            while self.table[at] != 0 {
                at = (at + 1) & (len - 1);
            }
            self.table[at] = tag(hash) | (i as u32 + 1);
        }
    }
}
