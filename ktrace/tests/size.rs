//! The neutral format is no larger than what a kernel of 32 bits wrote, and not in the worst case either: only calls without arguments
//! and their returns.

use std::fs;
use std::path::{Path, PathBuf};
use uioscope_ktrace::Trace;
use uioscope_ktrace::abi;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::endian::Endian;
use uioscope_ktrace::layout::Origin;
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::read::Event;
use uioscope_ktrace::record::Header;
use uioscope_ktrace::system::{Arguments, Kind, System};

/// The samples of machines of 32 bits, each with its origin.
fn samples() -> Vec<(PathBuf, &'static Origin)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples");
    let mut all: Vec<PathBuf> = fs::read_dir(directory).expect("samples").map(|e| e.expect("entry").path()).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "ktrace"));
    all.sort();
    let origin = |path: PathBuf| {
        let text = fs::read(path.with_extension("json")).expect("JSON");
        let truth: serde_json::Value = serde_json::from_slice(&text).expect("valid JSON");
        let abi = abi::find(truth["abi"]["name"].as_str()?).filter(|abi| abi.pointer == 4)?;
        Some((path, Origin::find(System::parse(truth["system"].as_str()?)?, abi.name)?))
    };
    all.into_iter().filter_map(origin).collect()
}

fn converted(bytes: &[u8], origin: &'static Origin) -> usize {
    let hints = Hints { assume: Some(origin), ..Hints::default() };
    let mut trace = Trace::open(bytes, &hints).expect("a trace");
    let mut writer = Writer::new(Vec::new(), &trace.meta()).expect("memory");
    while let Some(event) = trace.next_event().expect("memory") {
        match event {
            Event::Record(record) => writer.record(&record).expect("memory"),
            Event::Part(part) => writer.part(part).expect("memory"),
            Event::Damage(damage) => assert!(damage.kind.is_end(), "{damage}"),
        }
    }
    writer.finish().expect("memory").len()
}

/// The sample's first call, without its arguments, and the return that follows it, over and over.
fn worst(bytes: &[u8], origin: &'static Origin) -> Vec<u8> {
    let (mut at, mut call, mut answer) = (0, None, None);
    while let Ok(header) = Header::read(origin, &bytes[at..]) {
        let (payload, end) = (at + header.size(), at + header.size() + header.len as usize);
        if end > bytes.len() {
            break;
        }
        match header.kind {
            Kind::Syscall if call.is_none() => {
                let counted = matches!(origin.dialect.arguments, Arguments::Number | Arguments::WideNumber);
                let mut one = bytes[at..payload].to_vec();
                let head = if counted { 4 } else { 8 };
                let len = if origin.abi.endian == Endian::Little { [head, 0, 0, 0] } else { [0, 0, 0, head] };
                let field = header.class.len;
                one[field.at.into()..usize::from(field.at + field.width)].copy_from_slice(&len);
                one.extend_from_slice(&bytes[payload..payload + usize::from(head)]);
                let count = one.len() - usize::from(head / 2);
                one[count..].fill(0);
                call = Some(one);
            }
            Kind::Sysret if call.is_some() => answer = answer.or(Some(bytes[at..end].to_vec())),
            _ => {}
        }
        at = end;
    }
    [call.expect("a call"), answer.expect("a return")].concat().repeat(5000)
}

#[test]
fn only_short_calls_and_returns_are_no_larger() {
    let all = samples();
    assert!(all.len() >= 12, "{}", all.len());
    for (path, origin) in all {
        let bytes = worst(&fs::read(&path).expect("a sample"), origin);
        let size = converted(&bytes, origin);
        assert!(size <= bytes.len(), "{}: {size} of {}", path.display(), bytes.len());
    }
}
