//! Who wrote a trace: there is no magic number, so every origin is tried and the chain of records decides.
//!
//! A wrong header size derails within a record or two. What the bytes cannot tell is reported as candidates, with what
//! would be decoded differently; it is never decided in silence. That a candidate is the best says nothing of whether it is
//! right: what does not fit is counted for it too, and how sure all of it is, is a [`Verdict`].

use crate::chain;
use crate::fit::{Fit, Misfit};
use crate::layout::{Class, ORIGINS, Origin, distinct};
use crate::payload::decode;
use crate::record::{Header, PERFECT};
use crate::system::System;
use crate::walk::{RECORDS, Walk, walk};
use std::fmt;

/// So many bytes at the start of a trace are looked at.
pub const HEAD: usize = 1 << 20;
/// A start that was cut off is looked for in so many bytes.
const SEARCHED: usize = 1 << 16;
/// With so many more contradictions a candidate is out: one may be damage.
const MARGIN: u64 = 2;
/// Of fewer records nothing is sure.
const FEW: u64 = 8;

/// What is known beforehand.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// Only this system.
    pub system: Option<System>,
    /// Only this ABI, by name.
    pub abi: Option<String>,
    /// This origin, whatever the bytes look like.
    pub assume: Option<&'static Origin>,
}

/// How an origin that is possible differs from the one that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Every record decodes to the same.
    None,
    /// Headers are the same; some payload means something else.
    Payload,
    /// Some header means something else.
    Header,
}

impl Difference {
    /// `same`, `payload` or `header`.
    pub const fn name(self) -> &'static str {
        match self {
            Difference::None => "same",
            Difference::Payload => "payload",
            Difference::Header => "header",
        }
    }
}

/// How sure it is that a trace was written by the first candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was told.
    Told,
    /// It fits, but for types that it may not have had yet, and every other system is contradicted.
    Sure,
    /// It is sure that one of several wrote it, all of which read it the same.
    Either,
    /// It fits best; but something does not fit or is damaged, or little speaks against another, or there are few records.
    Likely,
    /// Another fits as well and reads it differently.
    Open,
    /// More than a small share of the records does not fit: it is like those of the system, and perhaps of one that is not known.
    Like,
}

impl Verdict {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Told => "told",
            Verdict::Sure => "sure",
            Verdict::Either => "either",
            Verdict::Likely => "likely",
            Verdict::Open => "open",
            Verdict::Like => "like",
        }
    }
}

/// What keeps a candidate that fits best from being sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserve {
    /// Little speaks against this one, which reads the trace differently.
    Rival(&'static Origin),
    /// There are few records.
    Few,
    /// Something does not fit.
    Misfits,
    /// Something is damaged, and may be other than it was.
    Damage,
    /// It differs from another in the widths of its header alone.
    HeaderOnly,
    /// Headers are of several versions. A kernel writes one unless it is told another, and one bit more makes a version another.
    Versions,
    /// Some times are behind 2038: seconds before 1970 in 32 bits look the same as such in 64, so the width may be wrong.
    Late,
}

/// An origin that the bytes allow.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The origin.
    pub origin: &'static Origin,
    /// Its versions that occur: `v0` to `v3`, joined by `+`; `v0` for NetBSD before versions; `-` elsewhere.
    pub version: String,
    /// The header of the first record.
    pub class: &'static Class,
    /// What it would decode differently from the first candidate.
    pub difference: Difference,
    /// What speaks against it.
    pub against: Vec<Doubt>,
    walk: Walk,
}

/// What speaks against a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Records that do not fit.
    Misfit(Misfit),
    /// Padding that it zeroes is not zero.
    Padding(u64),
    /// All fractions of seconds are zero, as when they are read from the wrong half.
    ZeroFractions,
    /// Thread ids are none that it gives out.
    Threads,
    /// Its ids are kernel pointers, and these are not; or the other way round.
    Pointers,
    /// It writes an EMUL record first, and there is none.
    NoEmulation,
    /// Where later headers have a version, all records have the same one.
    Versioned,
    /// All microseconds are below 1000, as NetBSD 2 to 5 write them by mistake.
    Milliseconds,
    /// The chain of records breaks at this offset.
    Breaks(usize),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Misfit(misfit) => write!(f, "{} {}", misfit.records, misfit.what),
            Doubt::Padding(n) => write!(f, "{n} headers have padding that is not zero"),
            Doubt::ZeroFractions => f.write_str("all fractions of seconds are zero"),
            Doubt::Threads => f.write_str("the ids are no thread ids of its"),
            Doubt::Pointers => f.write_str("the ids are not what it puts there"),
            Doubt::NoEmulation => f.write_str("there is no EMUL record"),
            Doubt::Versioned => f.write_str("its padding looks like a version"),
            Doubt::Milliseconds => f.write_str("all microseconds are below 1000"),
            Doubt::Breaks(at) => write!(f, "the chain of records breaks at offset {at}"),
        }
    }
}

/// Who wrote a trace.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The origins that are possible, the chosen one first.
    pub candidates: Vec<Candidate>,
    /// Where the first readable record starts: not 0 when the head is missing or damaged.
    pub start: usize,
    /// Whether it was told and not found out.
    pub assumed: bool,
}

impl Detection {
    /// The origin to read with.
    pub fn origin(&self) -> &'static Origin {
        self.candidates[0].origin
    }

    /// The candidates that are not contradicted by so many records more than the first.
    fn within(&self, margin: u64) -> impl Iterator<Item = &Candidate> {
        let best = self.candidates[0].walk.contradictions();
        self.candidates.iter().filter(move |c| c.walk.contradictions() < best + margin)
    }

    /// How many more contradictions put a candidate out: more where the first has some itself, for then it may be it that is wrong.
    fn margin(&self) -> u64 {
        MARGIN + self.candidates[0].walk.contradictions()
    }

    /// The greatest difference among the candidates that fit as well as the first.
    pub fn ambiguity(&self) -> Difference {
        self.within(1).map(|c| c.difference).max().unwrap_or(Difference::None)
    }

    /// The systems that read the trace the same as the first and fit as well, the first included.
    pub fn systems(&self) -> Vec<System> {
        let mut systems = Vec::new();
        for candidate in self.within(self.margin()).filter(|c| c.difference == Difference::None) {
            let system = candidate.origin.dialect.system;
            if !systems.contains(&system) {
                systems.push(system);
            }
        }
        systems
    }

    /// The systems that may have written the trace: none where it is only like theirs.
    pub fn possible(&self) -> Vec<System> {
        if !self.assumed && self.candidates[0].walk.fit.is_only_like() {
            return Vec::new();
        }
        let mut systems: Vec<System> = self.within(self.margin()).map(|c| c.origin.dialect.system).collect();
        systems.sort_unstable();
        systems.dedup();
        systems
    }

    /// Why nothing is sure, given how the whole trace fits.
    pub fn reserve(&self, fit: &Fit) -> Option<Reserve> {
        let rival = || self.within(self.margin()).find(|c| c.difference != Difference::None);
        Some(match () {
            () if let Some(rival) = rival() => Reserve::Rival(rival.origin),
            () if fit.records < FEW => Reserve::Few,
            () if fit.misfits > fit.types => Reserve::Misfits,
            () if fit.breaks > 0 || self.start > 0 => Reserve::Damage,
            () if self.origin().dialect.header_only => Reserve::HeaderOnly,
            () if self.candidates[0].version.contains('+') => Reserve::Versions,
            () if fit.late > 0 => Reserve::Late,
            () => return None,
        })
    }

    /// How sure it is, given how the whole trace fits.
    pub fn verdict(&self, fit: &Fit) -> Verdict {
        match () {
            // That a header is the trace's own is no more than a claim: what does not fit speaks against it.
            () if self.assumed && self.origin().dialect.system != System::Told => Verdict::Told,
            () if fit.is_only_like() => Verdict::Like,
            () if self.assumed => Verdict::Told,
            () if self.ambiguity() != Difference::None => Verdict::Open,
            () if self.reserve(fit).is_some() => Verdict::Likely,
            () if self.systems().len() > 1 => Verdict::Either,
            () => Verdict::Sure,
        }
    }
}

/// Why nobody is found to have written a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// There are no bytes.
    Empty,
    /// No origin of this system, ABI or both is known.
    NoSuchOrigin,
    /// The bytes are no trace of any known kernel.
    NotATrace,
}

/// Finds out who wrote the trace that starts with `head`, which is all of it if `whole`.
pub fn detect(head: &[u8], whole: bool, hints: &Hints) -> Result<Detection, Unknown> {
    if head.is_empty() {
        return Err(Unknown::Empty);
    }
    let head = &head[..head.len().min(HEAD)];
    if let Some(origin) = hints.assume {
        let walk = walk(origin, head, whole);
        return Ok(Detection { candidates: vec![candidate(origin, head, walk)], start: 0, assumed: true });
    }
    let abi = hints.abi.as_deref().map(crate::abi::find);
    let allowed = |o: &&'static Origin| {
        hints.system.is_none_or(|s| s == o.dialect.system)
            && abi.is_none_or(|abi| abi.is_some_and(|abi| std::ptr::eq(abi, o.abi)))
    };
    let origins = distinct(ORIGINS.iter().filter(allowed));
    if origins.is_empty() {
        return Err(Unknown::NoSuchOrigin);
    }
    let found = weigh(&origins, head, whole);
    if !found.is_empty() {
        return Ok(Detection { candidates: found, start: 0, assumed: false });
    }
    // The head is missing or damaged: look for where a chain starts.
    let searched = head.len().min(SEARCHED);
    let starts = |origin: &&'static Origin| {
        let last = whole && searched == head.len();
        chain::resume(origin, &head[..searched], 1..searched, last, PERFECT)
    };
    let Some(start) = origins.iter().filter_map(starts).min() else { return Err(Unknown::NotATrace) };
    let candidates = weigh(&origins, &head[start..], whole);
    if candidates.is_empty() {
        return Err(Unknown::NotATrace);
    }
    Ok(Detection { candidates, start, assumed: false })
}

/// The likeliest of these origins to have written what starts with `bytes`.
pub fn likeliest(origins: &[&'static Origin], bytes: &[u8], whole: bool) -> Option<&'static Origin> {
    let bytes = &bytes[..bytes.len().min(SEARCHED)];
    walks(origins, bytes, whole).first().map(|(origin, _)| *origin)
}

/// What each origin makes of the bytes, the likeliest first.
fn walks(origins: &[&'static Origin], head: &[u8], whole: bool) -> Vec<(&'static Origin, Walk)> {
    let mut walks: Vec<(&'static Origin, Walk)> =
        origins.iter().map(|origin| (*origin, walk(origin, head, whole))).filter(|(_, w)| w.possible()).collect();
    // A stable sort: origins stand in order of preference.
    walks.sort_by_key(|(_, walk)| walk.weight());
    walks
}

fn weigh(origins: &[&'static Origin], head: &[u8], whole: bool) -> Vec<Candidate> {
    let walks = walks(origins, head, whole);
    let Some((first, best)) = walks.first().cloned() else { return Vec::new() };
    // A chain that breaks where the best one holds is no candidate.
    let weight = best.weight();
    let holds = |walk: &Walk| {
        let other = walk.weight();
        (other.cut, other.broken, other.uncovered) == (weight.cut, weight.broken, weight.uncovered)
            // A length that leads to the end of all is no chain.
            && walk.covered * 2 >= best.covered
            && walk.contradictions() < best.contradictions() * 2 + best.records.div_ceil(4).max(MARGIN)
    };
    walks
        .into_iter()
        .filter(|(_, walk)| holds(walk))
        .map(|(origin, walk)| {
            let mut found = candidate(origin, head, walk);
            found.difference = compare(first, origin, head);
            found
        })
        .collect()
}

fn candidate(origin: &'static Origin, head: &[u8], walk: Walk) -> Candidate {
    let version = if origin.versioned() {
        let seen = (0..4).filter(|v| walk.versions[*v]).map(|v| format!("v{v}")).collect::<Vec<_>>();
        seen.join("+")
    } else if origin.dialect.system.is_netbsd() {
        "v0".to_owned()
    } else {
        "-".to_owned()
    };
    let class = Header::read(origin, head).map_or(origin.first(), |header| header.class);
    let against = walk.doubts.clone();
    Candidate { origin, version, class, difference: Difference::None, against, walk }
}

/// What `b` would decode differently from `a`, in the records that both find.
fn compare(a: &'static Origin, b: &'static Origin, head: &[u8]) -> Difference {
    if std::ptr::eq(a, b) {
        return Difference::None;
    }
    let mut difference = Difference::None;
    let mut at = 0;
    for _ in 0..RECORDS {
        let bytes = &head[at..];
        let (Ok(ours), Ok(theirs)) = (Header::read(a, bytes), Header::read(b, bytes)) else { break };
        let Some(end) = chain::end(&ours, bytes.len()) else { break };
        let members =
            |h: &Header<'_>| (h.len, h.code, h.dropped, h.version, h.pid, h.lid, h.cpu, h.sec, h.frac, h.class.unit);
        if members(&ours) != members(&theirs) || ours.size() != theirs.size() || ours.name() != theirs.name() {
            return Difference::Header;
        }
        let payload = &bytes[ours.size()..end];
        let (x, y) = (decode(a, ours.kind, payload, ours.len), decode(b, theirs.kind, payload, ours.len));
        if ours.kind != theirs.kind || x.payload != y.payload || x.flaw != y.flaw {
            difference = Difference::Payload;
        }
        at += end;
    }
    difference
}
