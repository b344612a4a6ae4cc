//! The reader in Python, written from the format's page alone, reads what the crate writes as the crate does.

use serde_json::{Map, Value};
use std::fs;
use std::path::Path;
use std::process::Command;
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::read::Event;
use uioscope_reports::ktrace::json;

/// A sample in the neutral format, and its records as they are dumped.
fn converted(bytes: &[u8], compress: bool) -> (Vec<u8>, Vec<Map<String, Value>>) {
    let mut trace = Trace::open(bytes, &Hints::default()).expect("a trace");
    let mut writer = Writer::new(Vec::new(), &trace.meta()).expect("memory").compress(compress);
    let mut records = Vec::new();
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Record(record) = event {
            writer.record(&record).expect("memory");
            let mut line = Vec::new();
            json::record(&mut line, &record, usize::MAX);
            records.push(serde_json::from_slice(&line).expect("an object"));
        }
    }
    (writer.finish().expect("memory"), records)
}

fn check(python: &Path, file: &Path, bytes: &[u8], wanted: &[Map<String, Value>]) {
    fs::write(file, bytes).expect("written");
    let ran = Command::new("python3").arg(python).arg(file).output().expect("python3 runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).expect("text");
    let got: Vec<Map<String, Value>> = text.lines().map(|l| serde_json::from_str(l).expect("an object")).collect();
    assert_eq!(got.len(), wanted.len());
    for (got, wanted) in got.iter().zip(wanted) {
        assert!(got.len() > 8);
        for (key, value) in got {
            assert_eq!(wanted.get(key), Some(value), "{key} of {wanted:?}");
        }
    }
}

#[test]
fn the_page_is_enough_to_write_a_reader() {
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join("docs/read-neutral.py");
    assert!(fs::read_to_string(&python).expect("the reader").lines().count() <= 200);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python.ktrace");
    let mut joined = (Vec::new(), Vec::new());
    for entry in fs::read_dir(root.join("corpus/ktrace/samples")).expect("samples") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "ktrace") {
            continue;
        }
        let bytes = fs::read(&path).expect("sample");
        for compress in [false, true] {
            let (written, records) = converted(&bytes, compress);
            joined.0.extend(written);
            joined.1.extend(records);
        }
    }
    // Files that were joined are files, so one run reads all of them.
    assert!(joined.1.len() > 3000);
    check(&python, &file, &joined.0, &joined.1);
}
