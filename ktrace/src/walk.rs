//! A trace followed as one origin would have written it, and what speaks against that.

use crate::chain::{self, Next};
use crate::detect::Doubt;
use crate::fit::Fit;
use crate::layout::Origin;
use crate::payload::decode;
use crate::record::{Header, PERFECT};
use crate::system::{Kind, System, Versions};

/// So many records at most are weighed.
pub const RECORDS: u64 = 4096;
/// No record is taken to be longer, for all that a header says.
const LONGEST: u64 = 1 << 31;

/// How far a chain goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It breaks.
    Broken,
    /// To the end of what is looked at.
    End,
}

/// What a trace looks like, followed as one origin would have written it.
#[derive(Debug, Clone)]
pub struct Walk {
    reach: Reach,
    /// The bytes of whole records.
    pub covered: usize,
    /// Where the last record starts: if it leads astray, it is not to be trusted itself.
    held: usize,
    length: usize,
    /// Whole records.
    pub records: u64,
    points: u64,
    /// What does not fit.
    pub fit: Fit,
    padding: u64,
    hints: u64,
    /// Whether what its traces always have is missing.
    unlike: bool,
    /// The versions that occur.
    pub versions: [bool; 4],
    /// What speaks against the origin.
    pub doubts: Vec<Doubt>,
}

impl Walk {
    /// Whether a trace can look like this at all: a chain that holds may have odd members, a single record may not.
    pub fn possible(&self) -> bool {
        let most = if self.reach == Reach::End && self.records > 2 && self.covered > 0 { 400 } else { 200 };
        self.records > 0 && !self.unlike && self.missing_per_mille() <= most
    }

    /// Lower is better.
    pub fn weight(&self) -> Weight {
        let missing = self.missing_per_mille();
        let broken = self.reach == Reach::Broken;
        // Where most payloads fit nothing, or there are few of them, it says nothing that some fit something by chance.
        let fit = &self.fit;
        let few = self.records < 16 || fit.payloads * 2 > self.records;
        let flaws = if fit.payloads > 0 && few { self.records } else { fit.payloads };
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
            oddities: flaws + fit.types + fit.calls + fit.answers + self.hints,
        }
    }

    /// How many records contradict the origin: what a kernel never writes, not what it seldom does.
    pub fn contradictions(&self) -> u64 {
        self.fit.misfits + self.padding
    }

    fn missing_per_mille(&self) -> u64 {
        let full = self.records.max(1) * u64::from(PERFECT);
        (full - self.points.min(full)) * 1000 / full
    }
}

/// What a walk is judged by, the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight {
    /// Whether padding is not what the kernel leaves there.
    pub dirty: bool,
    /// How plausible the headers are, roughly.
    pub tier: u8,
    /// Whether there is no whole record.
    pub cut: bool,
    /// Whether the chain breaks.
    pub broken: bool,
    /// How much lies behind the break, in sixteenths.
    pub uncovered: usize,
    /// Header members that are not plausible, of a thousand.
    pub missing: u64,
    /// Headers with padding that is not zero.
    pub padding: u64,
    /// Whatever else is odd.
    pub oddities: u64,
}

/// Follows the chain as `origin` would have written it.
pub fn walk(origin: &'static Origin, head: &[u8], whole: bool) -> Walk {
    let dialect = origin.dialect;
    let mut walk = Walk {
        reach: Reach::End,
        covered: 0,
        held: 0,
        length: head.len(),
        records: 0,
        points: 0,
        fit: Fit::default(),
        padding: 0,
        hints: 0,
        unlike: false,
        versions: [false; 4],
        doubts: Vec::new(),
    };
    let (mut zero, mut low, mut threads, mut pointers, mut no_pointers, mut emulation) =
        (true, true, true, true, true, false);
    let mut left = 0;
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
        let decoded = decode(origin, header.kind, payload, header.len);
        walk.fit.see(origin, &header, points, &decoded);
        let version = header.version.unwrap_or_default();
        walk.versions[usize::try_from(version).unwrap_or_default().min(3)] = true;
        walk.padding += u64::from(!origin.is_clean(header.version, bytes));
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
        no_pointers &= header.lid.is_none() && id == 0 && !payload.is_empty();
        // Of a header that was zeroed, what is no longer used stays zero.
        left += u64::from(dialect.zeroed && header.lid.is_none() && id != 0);
        let thread = header.lid.unwrap_or(1);
        threads &= (1..10_000_000).contains(&thread) || header.kind == Kind::Start;
        emulation |= header.kind == Kind::Emul;
    }
    if walk.reach == Reach::Broken {
        walk.doubts.push(Doubt::Breaks(walk.covered));
    }
    // One may be damage; where most are left, the kernel leaves them.
    walk.padding += if left * 2 > walk.records && left > 1 { left } else { 0 };
    if walk.padding > 0 {
        walk.doubts.push(Doubt::Padding(walk.padding));
    }
    walk.doubts.extend(walk.fit.misfits().into_iter().map(Doubt::Misfit));
    // Only who writes a version into headers writes them so.
    walk.unlike |= dialect.versions == Versions::TypeBit && !walk.versions[1];
    let micro = origin.first().unit == crate::layout::Unit::Micro && walk.versions[0];
    let hints = [
        (zero && walk.records > 1, Doubt::ZeroFractions),
        (versioned && version_seen.is_some(), Doubt::Versioned),
        (!threads, Doubt::Threads),
        (!pointers || left * 2 > walk.records || no_pointers && !dialect.zeroed && walk.records > 1, Doubt::Pointers),
        (!emulation && walk.records > 9 && dialect.system == System::NetBsd13, Doubt::NoEmulation),
        (micro && low && walk.records > 9 && dialect.system != System::NetBsd4, Doubt::Milliseconds),
    ];
    for (_, doubt) in hints.into_iter().filter(|(holds, _)| *holds) {
        walk.hints += 1;
        walk.doubts.push(doubt);
    }
    walk
}
