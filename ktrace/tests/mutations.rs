//! No trace that was changed is taken for another system's for sure.
//!
//! The changes are the same in every run. `MUTATIONS=20000 SEED=7 cargo test …` makes others, and so many; `SAMPLES=DIR` takes other
//! traces, which have a JSON of what is in them beside them.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::{Hints, Verdict};
use uioscope_ktrace::layout::{Class, Field, Origin};
use uioscope_ktrace::read::Event;
use uioscope_ktrace::record::Header;
use uioscope_ktrace::system::System;

/// A sample, who wrote it, and where its records and their payloads are.
#[derive(Clone)]
struct Sample {
    name: String,
    origin: &'static Origin,
    bytes: Vec<u8>,
    records: Vec<(Range<usize>, Range<usize>)>,
}

impl Sample {
    /// Whether the system may have written it. The one of 7.3 does not show which side of that release it is of.
    fn is_of(&self, system: System) -> bool {
        let own = self.origin.dialect.system;
        own == system || own == System::OpenBsd71 && system == System::OpenBsd73
    }
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples");
    let directory = std::env::var_os("SAMPLES").map_or_else(own, PathBuf::from);
    let mut paths: Vec<PathBuf> = fs::read_dir(directory).expect("samples").map(|e| e.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "ktrace"));
    paths.sort();
    paths.iter().map(|path| sample(path)).collect()
});

fn sample(path: &Path) -> Sample {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let truth: serde_json::Value =
        serde_json::from_slice(&fs::read(path.with_extension("json")).expect("JSON")).expect("valid JSON");
    let system = match truth["system"].as_str().expect("system") {
        "freebsd9" => System::FreeBsd93,
        "openbsd59" | "openbsd67" => System::OpenBsd58,
        "openbsd73" => System::OpenBsd71,
        "openbsd76" => System::OpenBsd73,
        "dfly6" => System::DragonFly,
        known => System::parse(known).expect("a known system"),
    };
    let origin = Origin::find(system, truth["abi"]["name"].as_str().expect("abi")).expect("an origin");
    let bytes = fs::read(path).expect("sample");
    let mut records = Vec::new();
    let mut at = 0;
    while let Ok(header) = Header::read(origin, &bytes[at..]) {
        let (payload, end) = (at + header.size(), at + header.size() + header.len as usize);
        if end > bytes.len() {
            break;
        }
        records.push((at..payload, payload..end));
        at = end;
    }
    Sample { name, origin, bytes, records }
}

/// Changes to a whole trace, as a kernel that nobody knows, a tool or an accident makes them.
#[derive(Debug, Clone)]
enum Change {
    /// Some bytes, anywhere.
    Bytes(Vec<(prop::sample::Index, u8)>),
    /// Every record of one type is gone, or all but those of two.
    Without(i64),
    Only(i64, i64),
    /// Every header is longer by so many bytes in one place, or shorter.
    Insert(u8, u8, u8),
    Remove(u8, u8),
    /// The same two bytes are put into every header.
    Put(u8, [u8; 2]),
    /// Types have other numbers from some on.
    Renumber(i64, i64),
    /// Payloads of one type are longer by so many bytes, or shorter.
    Grow(i64, usize),
    Shrink(i64, usize),
    /// The first records are gone, with some bytes of the next.
    Behead(prop::sample::Index, usize),
    /// Only so many records are left.
    First(usize),
    /// System calls have other numbers, from some on.
    Calls(i16, i16),
    /// Every call has so many bytes more or less of arguments.
    Arguments(i8),
    /// Headers say another version.
    Version(i64),
    /// Seconds are others by so much; or where they had 4 bytes have 8, or the other way round.
    Later(i64),
    Resecond,
    /// Every so many records are gone, or there twice.
    Sift(usize, bool),
    /// Every header, or every payload, is in the other byte order by words of 4.
    Swap(bool),
    /// Names are others.
    Names(Vec<u8>),
    /// All behind a place is gone.
    Cut(prop::sample::Index),
    /// Two members of every header have each other's value, as far as their width has room for it.
    Exchange(usize, usize),
    /// A bit of one member of some headers is another.
    Flip(usize, u8, Vec<prop::sample::Index>),
    /// A length in some headers is another.
    Lengths(i64, Vec<prop::sample::Index>),
    /// Every member of every header is in the other byte order, and every payload by words of so many bytes.
    Reorder(usize),
    /// One change, and then what it left is changed byte by byte or cut.
    Both(Box<Change>, Box<Change>),
}

/// The members of a header.
fn members(class: &Class) -> Vec<Field> {
    let fields = [class.len, class.kind, class.pid, class.sec, class.frac, class.id];
    fields.into_iter().chain(class.version).chain(class.cpu).collect()
}

impl Change {
    /// Whether it may turn what one system writes into just what another does, byte for byte: then that is what it is.
    fn makes(&self, from: System, to: System) -> bool {
        matches!(
            (self, from, to),
            (Change::Resecond | Change::Remove(_, 4), System::Mouse14, System::NetBsd14)
                | (Change::Resecond | Change::Remove(_, 4), System::Mouse40, System::NetBsd4)
                // NetBSD 6 took up that header with that version; 3 is the same there.
                | (Change::Version(2 | 3), System::NetBsd4 | System::Mouse40, System::NetBsd7)
                | (Change::Grow(2, _), System::Lite2 | System::NetBsd13 | System::NetBsd14, System::NetBsd16)
                | (Change::Shrink(2, _), System::NetBsd16, System::NetBsd14)
        ) || matches!(self, Change::Both(first, _) if first.makes(from, to))
    }
}

fn change() -> impl Strategy<Value = Change> {
    let bytes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4).prop_map(Change::Bytes);
    let after = prop_oneof![bytes, any::<prop::sample::Index>().prop_map(Change::Cut)];
    prop_oneof![
        4 => one(),
        1 => (one(), after).prop_map(|(first, then)| Change::Both(Box::new(first), Box::new(then))),
    ]
}

fn one() -> impl Strategy<Value = Change> {
    let kind = 1..14i64;
    let some = |n| prop::collection::vec(any::<prop::sample::Index>(), n);
    let layouts = prop_oneof![
        any::<prop::sample::Index>().prop_map(Change::Cut),
        (0..8usize, 0..8usize).prop_map(|(a, b)| Change::Exchange(a, b)),
        (0..8usize, 0..64u8, some(1..60)).prop_map(|(member, bit, which)| Change::Flip(member, bit, which)),
        (prop::sample::select(vec![-8, -4, -1, 1, 4, 8, 64, 1 << 16, 1 << 31]), some(1..20))
            .prop_map(|(by, which)| Change::Lengths(by, which)),
        prop::sample::select(vec![1usize, 2, 4, 8]).prop_map(Change::Reorder),
    ];
    prop_oneof![
        6 => layouts,
        19 => whole(kind),
    ]
}

fn whole(kind: std::ops::Range<i64>) -> impl Strategy<Value = Change> {
    prop_oneof![
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40).prop_map(Change::Bytes),
        kind.clone().prop_map(Change::Without),
        (kind.clone(), kind.clone()).prop_map(|(a, b)| Change::Only(a, b)),
        (0..64u8, prop::sample::select(vec![1, 2, 4, 8]), any::<u8>()).prop_map(|(at, n, b)| Change::Insert(at, n, b)),
        (0..60u8, prop::sample::select(vec![1, 2, 4, 8])).prop_map(|(at, n)| Change::Remove(at, n)),
        (0..60u8, any::<[u8; 2]>()).prop_map(|(at, bytes)| Change::Put(at, bytes)),
        (kind.clone(), 1..8i64).prop_map(|(from, by)| Change::Renumber(from, by)),
        (kind.clone(), prop::sample::select(vec![1, 4, 8, 16])).prop_map(|(of, n)| Change::Grow(of, n)),
        (kind, prop::sample::select(vec![1, 4, 8, 16])).prop_map(|(of, n)| Change::Shrink(of, n)),
        (any::<prop::sample::Index>(), 0..60usize).prop_map(|(i, n)| Change::Behead(i, n)),
        (1..30usize).prop_map(Change::First),
        (0..600i16, prop::sample::select(vec![-1, 1, 2, 16, 100])).prop_map(|(from, by)| Change::Calls(from, by)),
        prop::sample::select(vec![-8, -4, 4, 8, 16]).prop_map(Change::Arguments),
        (0..4i64).prop_map(Change::Version),
        prop::sample::select(vec![-900_000_000, -1 << 31, 1 << 31, 3_000_000_000]).prop_map(Change::Later),
        Just(Change::Resecond),
        (2..5usize, any::<bool>()).prop_map(|(n, twice)| Change::Sift(n, twice)),
        any::<bool>().prop_map(Change::Swap),
        prop::collection::vec(any::<u8>(), 0..24).prop_map(Change::Names),
    ]
}

fn put(class: &Class, header: &mut [u8], field: Field, n: i64) {
    let (at, width) = (usize::from(field.at), usize::from(field.width));
    let (little, big) = (n.to_le_bytes(), n.to_be_bytes());
    header[at..at + width].copy_from_slice(match class.endian {
        uioscope_ktrace::endian::Endian::Little => &little[..width],
        uioscope_ktrace::endian::Endian::Big => &big[8 - width..],
    });
}

/// Gives a call or a return another number, from some on.
fn recode(origin: &Origin, payload: &mut [u8], from: i16, by: i16) {
    use uioscope_ktrace::endian::Endian;
    let wide = matches!(origin.dialect.arguments, uioscope_ktrace::system::Arguments::Size) && payload.len() > 4;
    let at = if wide && origin.abi.endian == Endian::Big { 2 } else { 0 };
    let code = origin.abi.endian.signed(payload, at, 2).unwrap_or_default() as i16;
    if (from..2000).contains(&code) {
        let new = code + by;
        let bytes = if origin.abi.endian == Endian::Little { new.to_le_bytes() } else { new.to_be_bytes() };
        payload[at..at + 2].copy_from_slice(&bytes);
    }
}

fn apply(sample: &Sample, change: &Change) -> Vec<u8> {
    match change {
        Change::Bytes(all) => {
            let mut bytes = sample.bytes.clone();
            all.iter().for_each(|(at, byte)| *at.get_mut(&mut bytes) = *byte);
            return bytes;
        }
        Change::Cut(at) => return sample.bytes[..at.index(sample.bytes.len())].to_vec(),
        Change::Both(first, then) => {
            let bytes = apply(sample, first);
            // What needs to know where records are comes first.
            return if bytes.is_empty() { bytes } else { apply(&Sample { bytes, ..sample.clone() }, then) };
        }
        _ => {}
    }
    let mut out = Vec::new();
    for (i, (head, body)) in sample.records.iter().enumerate() {
        let read = Header::read(sample.origin, &sample.bytes[head.start..]).expect("a header");
        let (class, code) = (read.class, read.code);
        let mut header = sample.bytes[head.clone()].to_vec();
        let mut payload = sample.bytes[body.clone()].to_vec();
        let chosen = |which: &[prop::sample::Index]| which.iter().any(|w| w.index(sample.records.len()) == i);
        match *change {
            Change::Exchange(a, b) => {
                let all = members(class);
                let [a, b] = [a, b].map(|n| all[n % all.len()]);
                let [x, y] = [a, b].map(|f| class.endian.signed(&header, f.at.into(), f.width).expect("a member"));
                put(class, &mut header, a, y);
                put(class, &mut header, b, x);
            }
            Change::Flip(member, bit, ref which) if chosen(which) => {
                let field = members(class)[member % members(class).len()];
                let bit = bit % (field.width * 8);
                header[usize::from(field.at + bit / 8)] ^= 1 << (bit % 8);
            }
            Change::Lengths(by, ref which) if chosen(which) => {
                put(class, &mut header, class.len, read.len as i64 + by);
            }
            Change::Reorder(word) => {
                for field in members(class) {
                    header[usize::from(field.at)..usize::from(field.at + field.width)].reverse();
                }
                payload.chunks_exact_mut(word).for_each(<[u8]>::reverse);
            }
            Change::Without(kind) if kind == code => continue,
            Change::First(n) if i >= n => continue,
            Change::Sift(n, false) if i % n == 0 => continue,
            Change::Only(a, b) if code != a && code != b => continue,
            Change::Insert(at, n, byte) => {
                let at = usize::from(at).min(header.len());
                header.splice(at..at, vec![byte; n.into()]);
            }
            Change::Remove(at, n) => {
                let at = usize::from(at).min(header.len());
                header.drain(at..(at + usize::from(n)).min(header.len()));
            }
            Change::Put(at, bytes) => {
                let at = usize::from(at).min(header.len() - 2);
                header[at..at + 2].copy_from_slice(&bytes);
            }
            Change::Renumber(from, by) if (from..100).contains(&code) => {
                let bit = if read.version == Some(1) && class.cpu.is_some() { 0x4000 } else { 0 };
                put(class, &mut header, class.kind, (code + by) | bit);
            }
            Change::Grow(kind, n) if kind == code => {
                payload.resize(payload.len() + n, 0);
                put(class, &mut header, class.len, payload.len() as i64);
            }
            Change::Shrink(kind, n) if kind == code => {
                payload.truncate(payload.len().saturating_sub(n));
                put(class, &mut header, class.len, payload.len() as i64);
            }
            Change::Calls(from, by) if code < 3 && payload.len() >= 4 => recode(sample.origin, &mut payload, from, by),
            Change::Arguments(by) if code == 1 => {
                payload.resize((payload.len() as isize + isize::from(by)).max(0) as usize, 0);
                put(class, &mut header, class.len, payload.len() as i64);
            }
            Change::Version(n) => class.version.into_iter().for_each(|field| put(class, &mut header, field, n)),
            Change::Later(by) => put(class, &mut header, class.sec, read.sec + by),
            Change::Resecond => {
                let at = usize::from(class.sec.at);
                let half = if class.endian == uioscope_ktrace::endian::Endian::Little { at + 4 } else { at };
                if class.sec.width == 8 {
                    header.drain(half..half + 4);
                } else {
                    header.splice(half..half, [0; 4]);
                }
            }
            Change::Swap(true) => header.as_chunks_mut::<4>().0.iter_mut().for_each(|word| word.reverse()),
            Change::Swap(false) => payload.as_chunks_mut::<4>().0.iter_mut().for_each(|word| word.reverse()),
            Change::Names(ref name) => {
                let at = usize::from(class.comm);
                let longest = name.len().min(usize::from(sample.origin.dialect.comm));
                header[at..at + longest].copy_from_slice(&name[..longest]);
            }
            _ => {}
        }
        if let Change::Sift(n, true) = change
            && i % n == 0
        {
            out.extend(&header);
            out.extend(&payload);
        }
        out.extend(header);
        out.extend(payload);
    }
    if let Change::Behead(which, n) = change {
        let at = sample.records[which.index(sample.records.len())].0.start + n;
        out.drain(..at.min(out.len()));
    }
    out
}

/// The systems of which one surely wrote a trace; none where that is not sure.
fn sure(bytes: &[u8]) -> Vec<System> {
    let Ok(mut trace) = Trace::open(bytes, &Hints::default()) else { return Vec::new() };
    while trace.next_event().expect("memory").is_some() {}
    match (trace.verdict(), trace) {
        (Some(Verdict::Sure), Trace::Kernel(_, detection)) => vec![detection.origin().dialect.system],
        (Some(Verdict::Either), Trace::Kernel(_, detection)) => detection.systems(),
        _ => Vec::new(),
    }
}

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn no_change_makes_a_trace_another_systems_for_sure() {
    let seed = [number("SEED", 1) as u8; 32];
    let config = Config { failure_persistence: None, ..Config::with_cases(number("MUTATIONS", 800)) };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let made = (any::<prop::sample::Index>(), change());
    let checked = runner.run(&made, |(which, change)| {
        let sample = which.get(&SAMPLES);
        let found = sure(&apply(sample, &change));
        let right = |found: &System| sample.is_of(*found) || change.makes(sample.origin.dialect.system, *found);
        prop_assert!(found.is_empty() || found.iter().any(right), "{}: {:?}", sample.name, found);
        Ok(())
    });
    checked.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_samples_themselves_are_never_anothers() {
    let mut certain = 0;
    for sample in SAMPLES.iter() {
        let found = sure(&sample.bytes);
        assert!(found.is_empty() || found.iter().any(|found| sample.is_of(*found)), "{}: {found:?}", sample.name);
        certain += usize::from(!found.is_empty());
    }
    assert!(certain >= 4, "{certain} of {} are certain", SAMPLES.len());
}

#[test]
fn what_another_kernel_appended_is_never_swallowed_in_silence() {
    let (mut right, mut all) = (0, 0);
    for first in SAMPLES.iter() {
        let end = first.records.last().map_or(0, |(_, payload)| payload.end);
        for second in SAMPLES.iter() {
            let bytes = [&first.bytes[..end], &second.bytes[..]].concat();
            let Ok(mut trace) = Trace::open(&bytes[..], &Hints::default()) else { continue };
            let (mut offsets, mut said) = (BTreeSet::new(), false);
            while let Some(event) = trace.next_event().expect("memory") {
                match event {
                    Event::Record(record) => drop(offsets.insert(record.offset)),
                    Event::Damage(damage) => said |= !damage.kind.is_end(),
                    Event::Part(_) => {}
                }
            }
            let found = second.records.iter().filter(|(head, _)| offsets.contains(&((end + head.start) as u64)));
            let whole = found.count() == second.records.len();
            assert!(whole || said, "{} and {}: records are missing", first.name, second.name);
            right += usize::from(whole);
            all += 1;
        }
    }
    assert!(right * 10 >= all * 9, "{right} of {all}");
}
