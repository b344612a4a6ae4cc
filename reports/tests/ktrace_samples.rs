//! Every record and field of every sample is what the JSON beside it says.

use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::{Candidate, Hints, detect};
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::read::{Damage, Event};
use uioscope_reports::ktrace::json;

fn samples() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples");
    let mut paths: Vec<PathBuf> = fs::read_dir(directory).expect("samples").map(|e| e.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "ktrace"));
    paths.sort();
    assert!(paths.len() >= 39);
    paths
}

fn truth(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path.with_extension("json")).expect("JSON")).expect("valid JSON")
}

fn objects(bytes: &[u8], hints: &Hints) -> (Vec<Map<String, Value>>, Vec<Damage>) {
    let mut reader = Trace::open(bytes, hints).expect("a trace");
    let (mut records, mut damage) = (Vec::new(), Vec::new());
    while let Some(event) = reader.next_event().expect("no input errors in memory") {
        match event {
            Event::Record(record) => {
                let mut line = Vec::new();
                json::record(&mut line, &record, usize::MAX);
                records.push(serde_json::from_slice(&line).expect("valid JSON"));
            }
            Event::Damage(d) => damage.push(d),
            Event::Part(_) => panic!("no sample is that large"),
        }
    }
    (records, damage)
}

#[test]
fn every_field_of_every_sample() {
    let mut wrong = Vec::new();
    for path in samples() {
        let truth = truth(&path);
        let (records, damage) = objects(&fs::read(&path).expect("sample"), &Hints::default());
        let wanted = truth["records"].as_array().expect("records");
        let name = path.file_stem().expect("name").to_string_lossy().into_owned();
        if records.len() != wanted.len() {
            wrong.push(format!("{name}: {} records instead of {}", records.len(), wanted.len()));
        }
        for (got, wanted) in records.iter().zip(wanted) {
            let mut wanted = wanted.as_object().expect("an object").clone();
            // Wall time as it was fed to the kernel: it is not in the file.
            wanted.remove("clock");
            let mut got = got.clone();
            // The first samples were made before the processor in DragonFly's flags was known of.
            if !wanted.contains_key("cpu") && truth["system"] == "dfly" {
                got.remove("cpu");
            }
            if got != wanted {
                wrong.push(format!(
                    "{name}:\n got    {}\n wanted {}",
                    Value::Object(got.clone()),
                    Value::Object(wanted)
                ));
            }
        }
        let trailing = &truth["trailing"];
        let last = damage.last().expect("samples end in the middle of a record");
        let mut line = Vec::new();
        json::damage(&mut line, last);
        let last: Value = serde_json::from_slice(&line).expect("valid JSON");
        for (key, value) in trailing.as_object().expect("an object") {
            if last[key] != *value {
                wrong.push(format!("{name}: trailing {key} is {} instead of {value}", last[key]));
            }
        }
        assert_eq!(damage.len(), 1, "{name}: {damage:?}");
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n"));
}

#[test]
fn the_true_origin_is_among_the_candidates() {
    for path in samples() {
        let truth = truth(&path);
        let detection = detect(&fs::read(&path).expect("sample"), true, &Hints::default()).expect("a trace");
        // The names that the newer samples' makers used, and those of the layouts.
        let system = match truth["system"].as_str().expect("system") {
            "freebsd9" => "freebsd93",
            "openbsd59" | "openbsd67" => "openbsd58",
            // Which of the two it is, nothing in it says.
            "openbsd73" => "openbsd71",
            "openbsd76" => "openbsd73",
            "dfly6" => "dfly",
            known => known,
        };
        let machine = uioscope_ktrace::abi::find(truth["abi"]["name"].as_str().expect("abi")).expect("a known machine");
        let wanted = (system, machine.name);
        let fits = |c: &&Candidate| c.origin.dialect.name == system && c.origin.abi.alike(machine);
        let found = detection.candidates.iter().find(fits);
        let found = found.unwrap_or_else(|| panic!("{wanted:?} is not among {:?}", detection.candidates));
        assert_eq!(found.version, truth["version"].as_str().expect("version"), "{}", path.display());
        assert_eq!(u64::from(found.class.size), truth["abi"]["header_size"].as_u64().expect("header_size"));
        assert_ne!(found.difference, uioscope_ktrace::detect::Difference::Header, "{wanted:?}");
    }
}

fn convert(bytes: &[u8]) -> Vec<u8> {
    let mut trace = Trace::open(bytes, &Hints::default()).expect("a trace");
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

#[test]
fn conversion_loses_no_field_and_makes_no_file_larger() {
    for path in samples() {
        let original = fs::read(&path).expect("sample");
        let converted = convert(&original);
        let (mut before, _) = objects(&original, &Hints::default());
        let (mut after, damage) = objects(&converted, &Hints::default());
        assert_eq!(damage, []);
        // The place in the file is the file's.
        before.iter_mut().chain(&mut after).for_each(|object| {
            object.remove("offset");
        });
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after, "{}", path.display());
        }
        assert_eq!(before.len(), after.len());
        let whole = truth(&path)["trailing"]["offset"].as_u64().expect("offset");
        // Without the record that is cut off, which is not converted.
        assert!(converted.len() as u64 <= whole, "{}: {} > {whole}", path.display(), converted.len());
    }
}

#[test]
fn files_of_every_version_stay_readable() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace");
    let mut files = 0;
    let golden = |folder: &str| fs::read_dir(directory.join(folder)).expect("golden files");
    for entry in golden("neutral").chain(golden("neutral-2")) {
        let path = entry.expect("entry").path();
        files += 1;
        let sample = directory.join("samples").join(path.file_name().expect("name"));
        let golden = fs::read(&path).expect("golden file");
        let (records, damage) = objects(&golden, &Hints::default());
        assert_eq!(damage, []);
        let truth = truth(&sample);
        let wanted = truth["records"].as_array().expect("records");
        assert_eq!(records.len(), wanted.len());
        for (mut got, wanted) in records.into_iter().zip(wanted) {
            let mut wanted = wanted.as_object().expect("an object").clone();
            for key in ["clock", "offset"] {
                wanted.remove(key);
                got.remove(key);
            }
            assert_eq!(got, wanted, "{}", path.display());
        }
    }
    assert!(files >= 10);
}

#[test]
fn what_is_written_does_not_change_without_a_new_version() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace");
    for entry in fs::read_dir(directory.join("neutral-2")).expect("golden files") {
        let path = entry.expect("entry").path();
        let sample = fs::read(directory.join("samples").join(path.file_name().expect("name"))).expect("sample");
        assert!(convert(&sample) == fs::read(&path).expect("golden file"), "{}", path.display());
    }
}
