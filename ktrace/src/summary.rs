//! What a trace holds, gathered as its records go by, in constant memory.

use crate::neutral::{Process, Processes};
use crate::read::Damage;
use crate::record::Record;
use crate::system::Kind;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// No more LWPs are told apart.
const LWPS: usize = 1 << 16;
/// No more places of damage are kept; all are counted.
const PLACES: usize = 1000;
/// No more types of a program's own, or unknown ones, are told apart.
const TYPES: usize = 256;

/// Processes by number, each with its LWPs and how many records those have.
pub type ProcessTable = BTreeMap<i32, (Process, BTreeMap<i64, u64>)>;

/// A trace in numbers.
#[derive(Debug, Default)]
pub struct Summary {
    /// Its records.
    pub records: u64,
    /// Bytes of payload.
    pub payload: u64,
    /// Records before which the kernel lost others.
    pub dropped: u64,
    /// The earliest time in nanoseconds since 1970.
    pub first: Option<i128>,
    /// The latest.
    pub last: Option<i128>,
    /// Where it is damaged, up to a thousand places.
    pub damage: Vec<Damage>,
    /// How many places there are.
    pub damaged: u64,
    kinds: [u64; Kind::ALL.len()],
    others: BTreeMap<(i64, String), u64>,
    processes: Processes,
    lwps: FxHashMap<(i32, i64), u64>,
    /// The LWP of the last records and how many of them were not yet counted: most records follow one of the same.
    run: Option<((i32, i64), u64)>,
}

impl Summary {
    /// Takes account of a record.
    #[inline]
    pub fn see(&mut self, record: &Record<'_>) {
        self.records += 1;
        self.payload += record.len;
        self.dropped += u64::from(record.dropped);
        let time = record.nanoseconds();
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        if record.kind == Kind::Unknown {
            self.other(record);
        } else {
            self.kinds[record.kind as usize] += 1;
        }
        self.processes.see(record);
        if let Some(lid) = record.lid {
            let lwp = (record.pid, lid);
            match &mut self.run {
                Some((last, n)) if *last == lwp => *n += 1,
                _ => {
                    self.end_run();
                    self.run = Some((lwp, 1));
                }
            }
        }
    }

    fn other(&mut self, record: &Record<'_>) {
        let name = record.type_name.unwrap_or_default();
        let full = self.others.len() >= TYPES;
        let key = (record.code, name.to_owned());
        match self.others.get_mut(&key) {
            Some(n) => *n += 1,
            None if full => *self.others.entry((0, "others".to_owned())).or_default() += 1,
            None => *self.others.entry(key).or_default() += 1,
        }
    }

    fn end_run(&mut self) {
        if let Some((lwp, n)) = self.run.take()
            && (self.lwps.len() < LWPS || self.lwps.contains_key(&lwp))
        {
            *self.lwps.entry(lwp).or_default() += n;
        }
    }

    /// Takes account of damage.
    pub fn damage(&mut self, damage: Damage) {
        self.damaged += 1;
        if self.damage.len() < PLACES {
            self.damage.push(damage);
        }
    }

    /// How many records of each type there are: by name, or by number for types that are not defined.
    pub fn types(&self) -> Vec<(String, u64)> {
        let known = Kind::ALL.into_iter().zip(self.kinds).filter(|(_, n)| *n > 0);
        let mut types: Vec<(String, u64)> = known.map(|(kind, n)| (kind.name().to_owned(), n)).collect();
        types.extend(
            self.others
                .iter()
                .map(|((code, name), n)| (if name.is_empty() { format!("type {code}") } else { name.clone() }, *n)),
        );
        types
    }

    /// The processes by number, each with its LWPs and how many records they have.
    pub fn finish(mut self) -> (Summary, ProcessTable) {
        self.end_run();
        let processes = std::mem::take(&mut self.processes).into_sorted();
        let mut all: ProcessTable =
            processes.into_iter().map(|(pid, process)| (pid, (process, BTreeMap::new()))).collect();
        for ((pid, lid), n) in std::mem::take(&mut self.lwps) {
            if let Some((_, lwps)) = all.get_mut(&pid) {
                lwps.insert(lid, n);
            }
        }
        (self, all)
    }
}
