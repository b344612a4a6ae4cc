//! A neutral file is read or refused, whatever was done to it; every payload decodes or has a flaw.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_ktrace::neutral::{MAGIC, Reader, decode};
use uioscope_ktrace::read::Event;
use uioscope_ktrace::system::Kind;

fuzz_target!(|bytes: &[u8]| {
    // Most inputs would fail at the magic.
    let file = [&MAGIC[..], bytes].concat();
    if let Ok(mut reader) = Reader::new(Vec::new(), &file[..]) {
        while let Some(event) = reader.next_event().expect("memory") {
            if let Event::Record(record) = event {
                let _ = record.decode();
            }
        }
    }
    for kind in Kind::ALL {
        let _ = decode(2, kind, bytes);
    }
});
