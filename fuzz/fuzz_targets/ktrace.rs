//! No bytes are too strange for the readers of kernels' traces: whoever is said to have written them, records come in
//! order and lie within the file, and what is read can be written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::layout::ORIGINS;
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::read::Event;

fuzz_target!(|input: (u8, &[u8])| {
    let (which, bytes) = input;
    // Every origin has its turn, and so has finding out.
    let hints = Hints { assume: ORIGINS.get(usize::from(which)), ..Hints::default() };
    let Ok(mut trace) = Trace::open(bytes, &hints) else { return };
    let mut writer = Writer::new(Vec::new(), &trace.meta()).expect("memory");
    let (mut records, mut next) = (Vec::new(), 0);
    while let Some(event) = trace.next_event().expect("memory") {
        match event {
            Event::Record(record) => {
                assert!(record.offset >= next && record.offset < bytes.len() as u64);
                next = record.offset + 1;
                let _ = record.decode();
                writer.record(&record).expect("memory");
                records.push((record.code, record.pid, record.lid, record.sec, record.frac, record.comm.to_vec()));
            }
            Event::Part(part) => writer.part(part).expect("memory"),
            Event::Damage(damage) => assert!(damage.offset <= bytes.len() as u64),
        }
    }
    let file = writer.finish().expect("memory");
    let mut again = Trace::open(&file[..], &Hints::default()).expect("what was just written");
    let mut seen = Vec::new();
    while let Some(event) = again.next_event().expect("memory") {
        match event {
            Event::Record(record) => {
                seen.push((record.code, record.pid, record.lid, record.sec, record.frac, record.comm.to_vec()));
            }
            Event::Part(_) => {}
            Event::Damage(damage) => panic!("{damage}"),
        }
    }
    assert_eq!(seen, records);
});
