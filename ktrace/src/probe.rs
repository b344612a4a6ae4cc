//! A quick look at whether a header can start at a place: asked of every byte behind damage.

use crate::endian::Endian;
use crate::layout::{Class, DISTINCT, Field, Origin};
use std::ops::Range;
use std::sync::LazyLock;

/// Numbers of processes are less; -1 is that of a record of none.
pub(crate) const PIDS: u32 = 100_000;
/// No trace is of an earlier second.
pub(crate) const EARLIEST: u32 = 100_000_000;

/// Where headers have their process and their seconds, whatever their version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    endian: Endian,
    /// Of 4 bytes; nowhere where it has others.
    pid: Option<usize>,
    seconds: Vec<Field>,
    /// Whether seconds can be 0, because the kernel loses them.
    lost: bool,
}

/// The distinct ways of looking, each with the origins whose headers it is for: one look rules out all of them.
pub(crate) static PROBES: LazyLock<Vec<(&'static Probe, Vec<&'static Origin>)>> = LazyLock::new(|| {
    let mut probes: Vec<(&'static Probe, Vec<&'static Origin>)> = Vec::new();
    for origin in DISTINCT.iter().copied() {
        match probes.iter_mut().find(|(probe, _)| **probe == origin.probe) {
            Some((_, origins)) => origins.push(origin),
            None => probes.push((&origin.probe, vec![origin])),
        }
    }
    probes
});

impl Probe {
    /// For headers of these classes.
    pub fn new(classes: [Option<&'static Class>; 4], lost: bool) -> Probe {
        let all = || classes.into_iter().flatten();
        let mut seconds: Vec<Field> = all().map(|class| class.sec).collect();
        seconds.dedup();
        let pid = all().next().map(|class| class.pid).filter(|pid| pid.width == 4);
        let endian = all().next().map_or(Endian::Little, |class| class.endian);
        Probe { endian, pid: pid.map(|pid| pid.at.into()), seconds, lost }
    }

    /// The first of these places where a header can start, by its process and its seconds, and `more` holds.
    pub fn find(&self, bytes: &[u8], places: Range<usize>, more: impl Fn(usize) -> bool) -> Option<usize> {
        match self.endian {
            Endian::Little => self.first(bytes, places, u32::from_le_bytes, [4, 0], more),
            Endian::Big => self.first(bytes, places, u32::from_be_bytes, [0, 4], more),
        }
    }

    /// The loop of it, made for each byte order; `halves` says where the upper and the lower half of 64 bits are.
    #[inline]
    fn first(
        &self,
        bytes: &[u8],
        mut places: Range<usize>,
        word: impl Fn([u8; 4]) -> u32 + Copy,
        halves: [usize; 2],
        more: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let read = |at: usize| bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(u32::MAX - 1, |four| word(*four));
        let Some(pid) = self.pid else { return places.find(|at| more(*at)) };
        // -1 is 0 here.
        places.find(|at| read(at + pid).wrapping_add(1) <= PIDS && self.is_timely(*at, read, halves) && more(*at))
    }

    #[inline]
    fn is_timely(&self, at: usize, read: impl Fn(usize) -> u32, [high, low]: [usize; 2]) -> bool {
        self.seconds.iter().any(|sec| {
            let at = at + usize::from(sec.at);
            let (high, low) = if sec.width == 4 { (0, read(at)) } else { (read(at + high), read(at + low)) };
            // To the year 2242.
            matches!((high, low), (0, EARLIEST..) | (1, _)) || self.lost && (high, low) == (0, 0)
        })
    }
}
