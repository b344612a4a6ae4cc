//! The chain of records: what stands where a record should follow, and where a broken chain goes on.

use crate::layout::Origin;
use crate::probe::PROBES;
use crate::read::PART;
use crate::record::{Header, NoHeader, PERFECT};
use std::ops::Range;

/// What follows a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Next {
    /// No header of the origin.
    Bad,
    /// A header with this plausibility.
    Header(u8),
    /// The start of a header, or a stretch of zeros, as a crash leaves them.
    Cut,
    /// The end.
    End,
}

impl Next {
    /// Whether a chain that comes here has come to the right place.
    pub fn fits(self) -> bool {
        match self {
            Next::Bad => false,
            Next::Header(points) => points + 2 >= PERFECT,
            Next::Cut | Next::End => true,
        }
    }
}

/// What stands at the start of `bytes`, which are all there is if `last`.
pub fn next(origin: &'static Origin, bytes: &[u8], last: bool) -> Next {
    if bytes.is_empty() {
        return if last { Next::End } else { Next::Cut };
    }
    match Header::read(origin, bytes) {
        // A long record is possible, and much less likely than a wrong place.
        Ok(header) => match header.plausibility().saturating_sub(if header.len > PART as u64 { 2 } else { 0 }) {
            0..=2 if is_zero(bytes, header.size()) => Next::Cut,
            points => Next::Header(points),
        },
        Err(NoHeader::Short) => Next::Cut,
        Err(_) if is_zero(bytes, bytes.len().min(40)) => Next::Cut,
        Err(_) => Next::Bad,
    }
}

/// Whether the first `size` bytes are there and all zero.
pub fn is_zero(bytes: &[u8], size: usize) -> bool {
    bytes.get(..size).is_some_and(|header| header.iter().all(|b| *b == 0))
}

/// Whether a record of that plausibility starts `bytes`, and a second one or the end follows it: strong enough to take up
/// a chain that was lost.
pub fn starts(origin: &'static Origin, bytes: &[u8], last: bool, good: u8) -> bool {
    let Ok(header) = Header::read(origin, bytes) else { return false };
    if header.plausibility() < good {
        return false;
    }
    let Some(rest) = end(&header, bytes.len()).and_then(|end| bytes.get(end..)) else { return false };
    match next(origin, rest, last) {
        Next::Header(points) => points >= good,
        Next::End => true,
        Next::Cut | Next::Bad => false,
    }
}

/// Where the record with this header ends, if it does within `have` bytes.
pub fn end(header: &Header<'_>, have: usize) -> Option<usize> {
    let end = usize::try_from(header.len).ok()?.checked_add(header.size())?;
    (end <= have).then_some(end)
}

/// The first of these places where a chain starts.
pub fn resume(origin: &'static Origin, bytes: &[u8], places: Range<usize>, last: bool, good: u8) -> Option<usize> {
    // The shortest header has 40 bytes.
    let mut places = places.start..places.end.min(bytes.len().saturating_sub(39));
    if good < PERFECT {
        return places.find(|at| starts(origin, &bytes[*at..], last, good));
    }
    let more = |at: usize| origin.may_start(&bytes[at..]) && starts(origin, &bytes[at..], last, good);
    origin.probe.find(bytes, places, more)
}

/// The first of these places where a chain of any origin starts, without blemish.
pub fn anyone(bytes: &[u8], places: Range<usize>, last: bool) -> Option<usize> {
    let places = places.start..places.end.min(bytes.len().saturating_sub(39));
    let found = PROBES.iter().filter_map(|(probe, origins)| {
        let one = |at: usize| {
            let here = &bytes[at..];
            origins.iter().any(|origin| origin.may_start(here) && starts(origin, here, last, PERFECT))
        };
        probe.find(bytes, places.clone(), one)
    });
    found.min()
}
