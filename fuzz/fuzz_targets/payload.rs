//! Every payload of every system on every machine decodes within its bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_ktrace::layout::ORIGINS;
use uioscope_ktrace::payload::decode;
use uioscope_ktrace::system::Kind;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (origin, kind, bytes) = input;
    let origin = &ORIGINS[usize::from(origin) % ORIGINS.len()];
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    let decoded = decode(origin, kind, bytes, bytes.len() as u64);
    assert_eq!(decoded.raw, bytes);
});
