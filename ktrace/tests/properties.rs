//! What holds for any trace, whole, cut or spoiled.

use proptest::prelude::*;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::endian::Endian;
use uioscope_ktrace::layout::{ORIGINS, Origin, Unit};
use uioscope_ktrace::neutral::{Clock, Entry, Meta, Reader, Writer};
use uioscope_ktrace::read::{Damage, Event};
use uioscope_ktrace::record::{Body, Record};
use uioscope_ktrace::system::{Id, Kind};
use uioscope_ktrace::{OpenError, Trace};

/// A record by its offset, and all of its members but the place in the file.
type Seen = (u64, String);

fn members(record: &Record<'_>) -> String {
    let Record { kind, code, dropped, len, version, pid, lid, comm, sec, frac, unit, .. } = record;
    let decoded = record.decode();
    let mut out = String::new();
    let _ = write!(
        out,
        "{kind:?} {code} {dropped} {len} {version:?} {pid} {lid:?} {comm:?} {sec} {frac} {unit:?} {:?}",
        decoded.flaw
    );
    // Words in two encodings are equal though their bytes are not.
    let _ = match decoded.payload {
        uioscope_ktrace::Payload::Syscall { code, size, counted, width, args, mib } => {
            let mib: Option<Vec<i32>> = mib.map(|m| m.ints().collect());
            write!(out, " {code} {size} {counted} {width} {:?} {mib:?}", args.iter().collect::<Vec<_>>())
        }
        uioscope_ktrace::Payload::Psig(signal) => {
            let set: Vec<u32> = signal.mask.signals().collect();
            let bits = signal.mask_bits;
            write!(out, " {} {} {} {set:?} {bits} {:?}", signal.signo, signal.action, signal.code, signal.info)
        }
        uioscope_ktrace::Payload::Mib(mib) => write!(out, " {:?}", mib.ints().collect::<Vec<_>>()),
        uioscope_ktrace::Payload::Saupcall { sa_type, nevent, nint, sas, ap, sa } => {
            write!(out, " {sa_type} {nevent} {nint} {sas} {ap} {:?}", sa.iter().collect::<Vec<_>>())
        }
        uioscope_ktrace::Payload::CapFail { kind, call, violation } => {
            use uioscope_ktrace::payload::Violation::Rights;
            match violation {
                Rights { needed, held, raw } => {
                    let words: Vec<u64> = needed.iter().chain(held.iter()).collect();
                    write!(out, " {kind} {call:?} {words:?} {raw:?}")
                }
                other => write!(out, " {kind} {call:?} {other:?}"),
            }
        }
        other => write!(out, " {other:?}"),
    };
    out
}

fn read(bytes: &[u8], hints: &Hints) -> Result<(Vec<Seen>, Vec<Damage>), OpenError> {
    let mut trace = Trace::open(bytes, hints)?;
    let (mut records, mut damage) = (Vec::new(), Vec::new());
    while let Some(event) = trace.next_event()? {
        // It comes to an end.
        assert!(records.len() + damage.len() <= bytes.len() + 1);
        match event {
            Event::Record(record) => records.push((record.offset, members(&record))),
            Event::Damage(d) => damage.push(d),
            Event::Part(_) => {}
        }
    }
    Ok((records, damage))
}

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples").join(name);
    fs::read(path.with_extension("ktrace")).expect("a sample")
}

fn assumed(system: &str, abi: &str) -> Hints {
    let origin = ORIGINS.iter().find(|o| o.dialect.name == system && o.abi.name == abi);
    Hints { assume: Some(origin.expect("an origin")), ..Hints::default() }
}

fn converted(bytes: &[u8], hints: &Hints) -> Vec<u8> {
    let mut trace = Trace::open(bytes, hints).expect("a trace");
    let mut writer = Writer::new(Vec::new(), &trace.meta()).expect("memory");
    while let Some(event) = trace.next_event().expect("memory") {
        match event {
            Event::Record(record) => writer.record(&record).expect("memory"),
            Event::Part(part) => writer.part(part).expect("memory"),
            Event::Damage(_) => {}
        }
    }
    writer.finish().expect("memory")
}

/// Samples of different layouts, with their origins.
const SAMPLES: [(&str, &str, &str); 6] = [
    ("netbsd14-v0-m68k", "netbsd14", "m68k"),
    ("netbsd4-v1-i386", "netbsd4", "i386"),
    ("netbsd7-v2-sparc64", "netbsd7", "sparc64"),
    ("openbsd56-amd64", "openbsd56", "amd64"),
    ("freebsd93-amd64", "freebsd93", "amd64"),
    ("aerie-amd64", "aerie", "amd64"),
];

#[derive(Debug, Clone)]
struct Made {
    origin: usize,
    code: i64,
    version: i16,
    ids: (i32, i64),
    time: (i64, i64),
    name: Vec<u8>,
    payload: Vec<u8>,
}

fn made() -> impl Strategy<Value = Made> {
    let odd = prop_oneof![Just(i64::MIN), Just(-1), 0..2_000_000_000i64, Just(i64::MAX)];
    let code = prop_oneof![8 => 0..20i64, 1 => Just(0x52544b), 1 => Just(-3)];
    (
        0..ORIGINS.len(),
        code,
        0..4i16,
        (any::<i32>(), prop_oneof![4 => 0..100_000i64, 1 => any::<i64>()]),
        (odd.clone(), odd),
        prop::collection::vec(1..=255u8, 0..17),
        // Sizes that structs have are more interesting than others.
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            prop::sample::select(vec![8, 12, 16, 24, 28, 40, 144, 156, 160, 168])
                .prop_flat_map(|n| prop::collection::vec(any::<u8>(), n)),
        ],
    )
        .prop_map(|(origin, code, version, ids, time, name, payload)| Made {
            origin,
            code,
            version,
            ids,
            time,
            name,
            payload,
        })
}

fn record<'a>(made: &'a Made, origin: &'static Origin) -> Record<'a> {
    let dialect = origin.dialect;
    // START's bytes are the same on every machine, its number is not.
    let start = made.code == 0x52544b && origin.abi.endian == Endian::Big;
    let code = if start { 0x4b54_5200 } else { made.code };
    Record {
        index: 0,
        offset: 0,
        system: dialect.system,
        kind: dialect.kind(code),
        code,
        type_name: None,
        dropped: dialect.drops && made.version == 1,
        len: made.payload.len() as u64,
        version: origin.versioned().then_some(made.version),
        pid: made.ids.0,
        lid: (dialect.id != Id::Pointer).then_some(made.ids.1),
        cpu: None,
        comm: &made.name,
        sec: made.time.0,
        frac: made.time.1,
        unit: if made.version > 0 { Unit::Nano } else { Unit::Micro },
        body: Body::Raw { origin, bytes: &made.payload },
    }
}

/// A record without blemish in any layout.
fn plain(origin: &Origin, version: usize, kind: i64, payload: &[u8]) -> Vec<u8> {
    let class = origin.classes[version].unwrap_or(origin.first());
    let mut bytes = vec![0; class.size.into()];
    let mut put = |field: uioscope_ktrace::layout::Field, n: i64| {
        let (at, width) = (usize::from(field.at), usize::from(field.width));
        let (little, big) = (n.to_le_bytes(), n.to_be_bytes());
        bytes[at..at + width].copy_from_slice(match class.endian {
            Endian::Little => &little[..width],
            Endian::Big => &big[8 - width..],
        });
    };
    put(class.len, payload.len() as i64);
    put(class.kind, kind);
    put(class.pid, 77);
    put(class.sec, 1_000_000_000);
    put(class.frac, 5000);
    if let Some(field) = class.version {
        put(field, if origin.classes[version].is_some() { version as i64 } else { 0 });
    }
    let comm = usize::from(class.comm);
    bytes[comm..comm + 3].copy_from_slice(b"cat");
    bytes.extend_from_slice(payload);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read(all in prop::collection::vec(made(), 1..40)) {
        let origin = &ORIGINS[all[0].origin];
        let mut writer = Writer::new(Vec::new(), &Meta::of(origin)).expect("memory");
        for made in &all {
            writer.record(&record(made, origin)).expect("memory");
        }
        let file = writer.finish().expect("memory");
        let (records, damage) = read(&file, &Hints::default()).expect("what was just written");
        prop_assert_eq!(damage, []);
        prop_assert_eq!(records.len(), all.len());
        for ((_, got), made) in records.iter().zip(&all) {
            prop_assert_eq!(got, &members(&record(made, origin)));
        }
    }

    #[test]
    fn what_other_systems_appended_is_kept(all in prop::collection::vec(made(), 1..20)) {
        let mut writer = Writer::new(Vec::new(), &Meta::of(&ORIGINS[all[0].origin])).expect("memory");
        for made in &all {
            writer.record(&record(made, &ORIGINS[made.origin])).expect("memory");
        }
        let file = writer.finish().expect("memory");
        let (records, damage) = read(&file, &Hints::default()).expect("what was just written");
        prop_assert_eq!(damage, []);
        for ((_, got), made) in records.iter().zip(&all) {
            prop_assert_eq!(got, &members(&record(made, &ORIGINS[made.origin])));
        }
    }

    #[test]
    fn a_truncated_neutral_file_has_the_first_records(which in 0..SAMPLES.len(), cut in any::<prop::sample::Index>()) {
        let (name, system, abi) = SAMPLES[which];
        let file = converted(&sample(name), &assumed(system, abi));
        let (whole, _) = read(&file, &Hints::default()).expect("whole");
        let end = cut.index(file.len());
        if let Ok((records, damage)) = read(&file[..end], &Hints::default()) {
            prop_assert_eq!(&records[..], &whole[..records.len()]);
            // Where a block ends, nothing shows that more was to follow.
            prop_assert!(records.len() == whole.len() || records.is_empty() || !damage.is_empty());
        }
    }

    #[test]
    fn a_changed_byte_of_a_neutral_file_is_noticed(
        which in 0..SAMPLES.len(),
        at in any::<prop::sample::Index>(),
        change in 1..=255u8,
    ) {
        let (name, system, abi) = SAMPLES[which];
        let mut file = converted(&sample(name), &assumed(system, abi));
        let at = at.index(file.len());
        file[at] ^= change;
        if let Ok((_, damage)) = read(&file, &Hints::default()) {
            prop_assert!(!damage.is_empty(), "byte {} of {}", at, name);
        }
    }

    #[test]
    fn a_truncated_trace_has_the_first_records(which in 0..SAMPLES.len(), cut in any::<prop::sample::Index>()) {
        let (name, system, abi) = SAMPLES[which];
        let file = sample(name);
        let hints = assumed(system, abi);
        let (whole, _) = read(&file, &hints).expect("assumed");
        let end = cut.index(file.len());
        if let Ok((records, _)) = read(&file[..end], &hints) {
            prop_assert_eq!(&records[..], &whole[..records.len()]);
        }
    }

    #[test]
    fn a_changed_byte_of_a_trace_changes_what_it_is_in(
        which in 0..SAMPLES.len(),
        at in any::<prop::sample::Index>(),
        change in 1..=255u8,
    ) {
        let (name, system, abi) = SAMPLES[which];
        let mut file = sample(name);
        let hints = assumed(system, abi);
        let (before, usual) = read(&file, &hints).expect("assumed");
        let at = at.index(file.len());
        file[at] ^= change;
        let (after, damage) = read(&file, &hints).expect("assumed");
        // What lies before the byte is as it was.
        let untouched = before.iter().zip(before.iter().skip(1)).take_while(|(_, next)| next.0 <= at as u64).count();
        // A record right before the byte may be taken for damaged by what follows it.
        let kept = untouched.saturating_sub(1);
        prop_assert_eq!(&after[..kept.min(after.len())], &before[..kept.min(after.len())]);
        if damage == usual {
            // No error, so whatever is read behind the record with the byte was there before. A length can only have
            // swallowed records, never made any.
            for (offset, members) in after.iter().filter(|(offset, _)| *offset > at as u64) {
                prop_assert!(before.contains(&(*offset, members.clone())), "{}: {} {}", name, offset, members);
            }
        }
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..2000), which in 0..ORIGINS.len()) {
        let hints = Hints { assume: Some(&ORIGINS[which]), ..Hints::default() };
        for hints in [hints, Hints::default()] {
            if let Ok((records, damage)) = read(&bytes, &hints) {
                let mut last = None;
                for (offset, _) in &records {
                    prop_assert!(last < Some(*offset) && *offset < bytes.len() as u64);
                    last = Some(*offset);
                }
                prop_assert!(damage.iter().all(|d| d.offset <= bytes.len() as u64));
            }
        }
    }

    #[test]
    fn records_of_any_kernels_put_together_are_read_to_the_end(
        all in prop::collection::vec((0..ORIGINS.len(), 0..3usize, 1..8i64, prop::collection::vec(any::<u8>(), 0..80)), 1..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes: Vec<u8> =
            all.iter().flat_map(|(which, version, kind, data)| plain(&ORIGINS[*which], *version, *kind, data)).collect();
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
        // `read` sees to it that there is an end.
        let _ = read(&bytes, &Hints::default());
    }

    #[test]
    fn no_payload_is_too_strange(made in made(), kind in 0..Kind::ALL.len()) {
        let origin = &ORIGINS[made.origin];
        let kind = Kind::ALL[kind];
        let decoded = uioscope_ktrace::payload::decode(origin, kind, &made.payload, made.payload.len() as u64);
        prop_assert!(decoded.raw.len() == made.payload.len());
        let _ = uioscope_ktrace::neutral::decode(2, kind, &made.payload);
    }

    #[test]
    fn a_programs_records_come_back(
        all in prop::collection::vec((any::<u8>(), any::<i32>(), prop::option::of(any::<i64>()), any::<i64>(), 0..1_000_000_000u32, prop::collection::vec(any::<u8>(), 0..300)), 0..50),
    ) {
        let meta = Meta::program("model", Clock::Steps, &[(1, "submit"), (2, "exit")]);
        let mut writer = Writer::new(Vec::new(), &meta).expect("memory");
        for (kind, pid, lid, sec, nsec, payload) in &all {
            let name = format!("p{}", pid % 300);
            let entry = Entry { kind: *kind, pid: *pid, lid: *lid, sec: *sec, nsec: *nsec, name: name.as_bytes(), payload };
            writer.entry(&entry).expect("memory");
        }
        let file = writer.finish().expect("memory");
        let mut reader = Reader::new(Vec::new(), &file[..]).expect("what was just written");
        prop_assert_eq!(reader.meta(), &meta);
        for (kind, pid, lid, sec, nsec, payload) in &all {
            let Some(Event::Record(record)) = reader.next_event().expect("memory") else { panic!("a record") };
            let Body::Opaque { bytes } = record.body else { panic!("a payload of its own") };
            let got = (record.code, record.pid, record.lid, record.sec, record.frac, bytes);
            prop_assert_eq!(got, (i64::from(*kind), *pid, *lid, *sec, i64::from(*nsec), &payload[..]));
            let name = format!("p{}", pid % 300);
            prop_assert_eq!(record.comm, name.as_bytes());
        }
        prop_assert!(reader.next_event().expect("memory").is_none());
    }
}

#[test]
fn a_payload_longer_than_memory_for_it_comes_in_parts() {
    // 1.4 does not cap GENIO: a record of 3 MiB, in the layout of an i386.
    let data: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
    let mut file = Vec::new();
    let mut record = |kind: u16, payload: &[u8]| {
        file.extend((payload.len() as u32).to_le_bytes());
        file.extend([&kind.to_le_bytes()[..], &[0; 2], &77u32.to_le_bytes()].concat());
        file.extend(b"cat\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        file.extend([1_000_000_000u32, 5000, 0xc0de_0000].map(u32::to_le_bytes).as_flattened());
        file.extend(payload);
    };
    record(3, b"/before");
    record(4, &[&[1, 0, 0, 0, 1, 0, 0, 0][..], &data].concat());
    record(3, b"/after");
    for bytes in [file.clone(), converted(&file, &assumed("netbsd14", "i386"))] {
        let mut trace = Trace::open(&bytes[..], &Hints::default()).expect("a trace");
        let (mut got, mut kinds) = (Vec::new(), Vec::new());
        while let Some(event) = trace.next_event().expect("memory") {
            match event {
                Event::Record(record) => {
                    kinds.push((record.kind, record.len));
                    if let uioscope_ktrace::Payload::Genio { data, .. } = record.decode().payload {
                        got.extend_from_slice(data);
                    }
                }
                Event::Part(part) => got.extend_from_slice(part),
                Event::Damage(damage) => panic!("{damage}"),
            }
        }
        assert_eq!(kinds, [(Kind::Namei, 7), (Kind::Genio, 3_000_008), (Kind::Namei, 6)]);
        assert!(got == data);
    }
}
