//! Who wrote a trace: there is no magic number, so every origin is tried and the chain of records decides.
//!
//! A wrong header size derails within a record or two. What the bytes cannot tell is reported as candidates, with what
//! would be decoded differently; it is never decided in silence.

use crate::chain::{self, Next};
use crate::layout::{Class, ORIGINS, Origin};
use crate::payload::decode;
use crate::record::{Header, PERFECT};
use crate::system::{Kind, System};
use std::fmt;

/// So many bytes at the start of a trace are looked at.
pub const HEAD: usize = 1 << 20;
/// So many records at most are weighed.
const RECORDS: u64 = 4096;
/// So many are decoded to compare candidates.
const COMPARED: usize = 256;
/// No record is taken to be longer, for all that a header says.
const LONGEST: u64 = 1 << 31;
/// A start that was cut off is looked for in so many bytes.
const SEARCHED: usize = 1 << 16;

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
    /// Payloads do not fit its structs.
    Payloads(u64),
    /// Types that it does not have.
    Types(u64),
    /// Header members are not as a kernel would have them.
    Headers(u64),
    /// Padding that it zeroes is not zero.
    Padding(u64),
    /// All fractions of seconds are zero, as when they are read from the wrong half.
    ZeroFractions,
    /// Thread ids are none that it gives out.
    Threads,
    /// Its ids are kernel pointers, and these are not.
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
            Doubt::Payloads(n) => write!(f, "{n} payloads do not fit its structs"),
            Doubt::Types(n) => write!(f, "{n} records are of types that it does not have"),
            Doubt::Headers(n) => write!(f, "{n} header members are implausible"),
            Doubt::Padding(n) => write!(f, "{n} headers have padding that is not zero"),
            Doubt::ZeroFractions => f.write_str("all fractions of seconds are zero"),
            Doubt::Threads => f.write_str("the ids are no thread ids of its"),
            Doubt::Pointers => f.write_str("the ids are no kernel pointers"),
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

    /// The greatest difference among the candidates that nothing distinguishes better than their order.
    pub fn ambiguity(&self) -> Difference {
        let best = self.candidates[0].walk.weight();
        let alike = self.candidates.iter().filter(|c| c.walk.weight() == best);
        alike.map(|c| c.difference).max().unwrap_or(Difference::None)
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Broken,
    End,
}

#[derive(Debug, Clone)]
struct Walk {
    reach: Reach,
    covered: usize,
    /// Where the last record starts: if it leads astray, it is not to be trusted itself.
    held: usize,
    length: usize,
    records: u64,
    points: u64,
    flaws: u64,
    strange: u64,
    padding: u64,
    hints: u64,
    versions: [bool; 4],
    doubts: Vec<Doubt>,
}

impl Walk {
    /// Whether a trace can look like this at all: a chain that holds may have odd members, a single record may not.
    fn possible(&self) -> bool {
        let most = if self.reach == Reach::End && self.records > 2 && self.covered > 0 { 400 } else { 200 };
        self.records > 0 && self.missing_per_mille() <= most
    }

    /// Lower is better.
    fn weight(&self) -> Weight {
        let missing = self.missing_per_mille();
        let broken = self.reach == Reach::Broken;
        // Where most payloads fit nothing, or there are few of them, it says nothing that some fit something by chance.
        let few = self.records < 16 || self.flaws * 2 > self.records;
        let flaws = if self.flaws > 0 && few { self.records } else { self.flaws };
        Weight {
            dirty: self.padding * 10 > self.records || self.doubts.contains(&Doubt::Versioned),
            // A wrong layout misreads every header; where most are right, it matters first how far the chain holds.
            tier: match missing {
                0..=50 if !broken || self.records > 2 => 0,
                0..=250 => 1,
                0..=400 if !broken && self.records > 2 => 1,
                _ => 2,
            },
            cut: self.covered == 0,
            broken,
            // A misreading may go a little further by chance.
            uncovered: if broken { 16 - self.held * 16 / self.length.max(1) } else { 0 },
            missing,
            padding: self.padding,
            oddities: flaws + self.strange + self.hints,
        }
    }

    fn missing_per_mille(&self) -> u64 {
        let full = self.records.max(1) * u64::from(PERFECT);
        (full - self.points.min(full)) * 1000 / full
    }
}

/// What a walk is judged by, the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    /// Whether padding is not what the kernel leaves there.
    dirty: bool,
    tier: u8,
    /// Whether there is no whole record.
    cut: bool,
    broken: bool,
    uncovered: usize,
    missing: u64,
    padding: u64,
    oddities: u64,
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
    let allowed = |o: &&Origin| {
        hints.system.is_none_or(|s| s == o.dialect.system) && hints.abi.as_deref().is_none_or(|a| a == o.abi.name)
    };
    let origins: Vec<&'static Origin> = ORIGINS.iter().filter(allowed).collect();
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
    weigh(origins, bytes, whole).first().map(|candidate| candidate.origin)
}

fn weigh(origins: &[&'static Origin], head: &[u8], whole: bool) -> Vec<Candidate> {
    let mut walks: Vec<(&'static Origin, Walk)> =
        origins.iter().map(|origin| (*origin, walk(origin, head, whole))).filter(|(_, w)| w.possible()).collect();
    // A stable sort: origins stand in order of preference.
    walks.sort_by_key(|(_, walk)| walk.weight());
    let Some((_, best)) = walks.first().cloned() else { return Vec::new() };
    // A layout that needs more headers to be wrong than the best one is not possible, it is a misreading.
    let best = best.weight();
    let near = |walk: &Walk| {
        let weight = walk.weight();
        (weight.cut, weight.broken, weight.uncovered) == (best.cut, best.broken, best.uncovered)
            && weight.missing <= best.missing + 10
            && (weight.padding == 0 || best.padding > 0)
    };
    let near: Vec<_> = walks.into_iter().filter(|(_, walk)| near(walk)).collect();
    let first = near[0].0;
    near.into_iter()
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

/// Follows the chain as `origin` would have written it.
fn walk(origin: &'static Origin, head: &[u8], whole: bool) -> Walk {
    let dialect = origin.dialect;
    let gaps = origin.classes.map(|class| class.map(gaps).unwrap_or_default());
    let mut walk = Walk {
        reach: Reach::End,
        covered: 0,
        held: 0,
        length: head.len(),
        records: 0,
        points: 0,
        flaws: 0,
        strange: 0,
        padding: 0,
        hints: 0,
        versions: [false; 4],
        doubts: Vec::new(),
    };
    let (mut zero, mut low, mut threads, mut pointers, mut emulation) = (true, true, true, true, false);
    // What a header with a version would have there.
    let mut version_seen = None;
    let mut versioned = !origin.versioned() && origin.first().kind.at == 4;
    while walk.covered < head.len() && walk.records < RECORDS {
        let bytes = &head[walk.covered..];
        let header = match Header::read(origin, bytes) {
            Ok(header) => header,
            Err(_) if chain::next(origin, bytes, whole) == Next::Cut => break,
            Err(_) => {
                walk.reach = Reach::Broken;
                break;
            }
        };
        let points = header.plausibility();
        if points <= 2 && walk.records > 0 && chain::is_zero(bytes, header.size()) {
            break;
        }
        let end = chain::end(&header, bytes.len());
        let fits = chain::next(origin, bytes, whole).fits();
        if !fits || end.is_none() && (points < 4 || header.len > LONGEST) {
            walk.reach = Reach::Broken;
            break;
        }
        let Some(end) = end else {
            // Cut off, by the end of the trace or of what is looked at. It counts only where it is all there is.
            if walk.records == 0 {
                walk.records = 1;
                walk.points = points.into();
            }
            break;
        };
        let payload = &bytes[header.size()..end];
        walk.records += 1;
        walk.held = walk.covered;
        walk.covered += end;
        walk.points += u64::from(points);
        walk.flaws += u64::from(decode(origin, header.kind, payload, header.len).flaw.is_some());
        walk.strange += u64::from(header.kind == Kind::Unknown);
        let version = header.version.unwrap_or_default();
        walk.versions[usize::try_from(version).unwrap_or_default().min(3)] = true;
        let gap = &gaps[usize::try_from(version).unwrap_or_default().min(2)];
        walk.padding += u64::from(dialect.zeroed && gap.iter().any(|at| bytes[*at] != 0));
        if versioned {
            let behind = usize::from(header.class.kind.at) + 2;
            let value = origin.abi.endian.unsigned(bytes, behind, 2);
            versioned = matches!(value, Some(1..=3)) && (version_seen.is_none() || version_seen == value);
            version_seen = value;
        }
        zero &= header.frac == 0;
        low &= header.frac < 1000;
        let id = header.class.id;
        let id = origin.abi.endian.unsigned(bytes, id.at.into(), id.width).unwrap_or_default();
        pointers &= header.lid.is_some() || !(1..10_000_000).contains(&id);
        let thread = header.lid.unwrap_or(1);
        threads &= (1..10_000_000).contains(&thread) || header.kind == Kind::Start;
        emulation |= header.kind == Kind::Emul;
    }
    let wrong = walk.records * u64::from(PERFECT) - walk.points;
    if walk.reach == Reach::Broken {
        walk.doubts.push(Doubt::Breaks(walk.covered));
    }
    if wrong > 0 {
        walk.doubts.push(Doubt::Headers(wrong));
    }
    if walk.padding > 0 {
        walk.doubts.push(Doubt::Padding(walk.padding));
    }
    if walk.flaws > 0 {
        walk.doubts.push(Doubt::Payloads(walk.flaws));
    }
    if walk.strange > 0 {
        walk.doubts.push(Doubt::Types(walk.strange));
    }
    let micro = origin.first().unit == crate::layout::Unit::Micro && walk.versions[0];
    let hints = [
        (zero && walk.records > 1, Doubt::ZeroFractions),
        (versioned && version_seen.is_some(), Doubt::Versioned),
        (!threads, Doubt::Threads),
        (!pointers, Doubt::Pointers),
        (!emulation && walk.records > 9 && dialect.system == System::NetBsd13, Doubt::NoEmulation),
        (micro && low && walk.records > 9 && dialect.system != System::NetBsd4, Doubt::Milliseconds),
    ];
    for (_, doubt) in hints.into_iter().filter(|(holds, _)| *holds) {
        walk.hints += 1;
        walk.doubts.push(doubt);
    }
    walk
}

/// The offsets that no member covers. What stands behind 4-byte seconds is left out: newer kernels leave the old ones
/// there.
fn gaps(class: &'static Class) -> Vec<usize> {
    let fields = [class.len, class.kind, class.pid, class.sec, class.frac, class.id];
    let mut used = [false; 64];
    for field in fields.into_iter().chain(class.version) {
        let at = usize::from(field.at);
        used[at..at + usize::from(field.width)].fill(true);
    }
    let comm = usize::from(class.comm);
    used[comm..comm + 20].fill(true);
    let sec = usize::from(class.sec.at);
    used[sec..sec + 8].fill(true);
    (0..usize::from(class.size)).filter(|at| !used[*at]).collect()
}

/// What `b` would decode differently from `a`, in the records that both find.
fn compare(a: &'static Origin, b: &'static Origin, head: &[u8]) -> Difference {
    if std::ptr::eq(a, b) {
        return Difference::None;
    }
    let mut difference = Difference::None;
    let mut at = 0;
    for _ in 0..COMPARED {
        let bytes = &head[at..];
        let (Ok(ours), Ok(theirs)) = (Header::read(a, bytes), Header::read(b, bytes)) else { break };
        let Some(end) = chain::end(&ours, bytes.len()) else { break };
        let members = |h: &Header<'_>| (h.len, h.code, h.dropped, h.version, h.pid, h.lid, h.sec, h.frac, h.class.unit);
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
