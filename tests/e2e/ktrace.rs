//! `uioscope ktrace`: traces described, printed and converted.

use crate::support::{Directory, keeps_schema, uioscope};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const INFO: &str = include_str!("../../docs/schemas/ktrace-info-1.schema.json");
const RECORD: &str = include_str!("../../docs/schemas/ktrace-record-1.schema.json");
const DUMP: &str = include_str!("../../docs/schemas/ktrace-dump-1.schema.json");

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/ktrace").join(name)
}

fn sample(name: &str) -> String {
    corpus(&format!("samples/{name}.ktrace")).display().to_string()
}

fn ktrace<'a>(arguments: impl IntoIterator<Item = &'a str>) -> crate::support::Run {
    uioscope(["ktrace"].into_iter().chain(arguments))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

#[test]
fn every_document_keeps_its_schema() {
    for entry in fs::read_dir(corpus("samples")).expect("samples") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "ktrace") {
            continue;
        }
        let path = path.display().to_string();
        keeps_schema(&ktrace(["info", &path, "--format", "json"]).exits(0).json(), INFO);
        let document = ktrace(["dump", &path, "--format", "json"]).exits(0).json();
        keeps_schema(&document, DUMP);
        let records = lines(&ktrace(["dump", &path, "--format", "jsonl"]).exits(0).stdout);
        records.iter().for_each(|record| keeps_schema(record, RECORD));
        assert_eq!(document["records"], Value::from(records));
        assert_eq!(document["damage"][0]["kind"], "payload_truncated");
    }
    let damaged = corpus("nasty/17-appended-kernels.ktrace").display().to_string();
    let info = ktrace(["info", &damaged, "--format", "json"]).exits(2).json();
    keeps_schema(&info, INFO);
    assert_eq!(info["damage"][0]["offset"], 51);
    let empty = corpus("nasty/01-empty.ktrace").display().to_string();
    keeps_schema(&ktrace(["info", &empty, "--format", "json"]).exits(2).json(), INFO);
}

#[test]
fn info_says_who_wrote_it() {
    let info = ktrace(["info", &sample("netbsd4-v1-powerpc"), "--format", "json"]).exits(0).json();
    let members = ["system", "version", "abi", "endian", "header_size"].map(|key| info[key].clone());
    assert_eq!(Value::from(members.to_vec()), json!(["netbsd4", "v1", "powerpc", "big", 44]));
    let mut text = ktrace(["info", "-"]).input(fs::read(sample("netbsd7-v2-m68k")).expect("sample")).exits(0).stdout;
    insta::assert_snapshot!(text);
    text = ktrace(["info", "openbsd56-amd64.ktrace"]).within(&corpus("samples")).exits(0).stdout;
    insta::assert_snapshot!(text);
}

#[test]
fn a_dump_has_kdumps_habits() {
    let path = sample("netbsd4-v1-i386");
    insta::assert_snapshot!(ktrace(["dump", &path]).exits(0).stdout);
    let calls = ktrace(["dump", &path, "-t", "cn", "-p", "101", "-E", "-d"]).exits(0).stdout;
    insta::assert_snapshot!(calls);
    let data = ktrace(["dump", &path, "-t", "genio", "-x", "-m", "8", "-T"]).exits(0).stdout;
    insta::assert_snapshot!(data);
    insta::assert_snapshot!(ktrace(["dump", &sample("freebsd93-amd64"), "-R"]).exits(0).stdout);
    let ran = ktrace(["dump", &path, "-t", "zz"]).exits(2);
    assert!(ran.stderr.contains("no types"), "{}", ran.stderr);
}

#[test]
fn nothing_in_a_trace_reaches_the_terminal_raw() {
    for name in ["13-terminal-escape", "07-syscall-argsize", "29-many-empty"] {
        let path = corpus(&format!("nasty/{name}.ktrace")).display().to_string();
        let text = ktrace(["dump", &path]).run().stdout;
        assert!(!text.is_empty());
        assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{text:?}");
    }
    let path = corpus("nasty/13-terminal-escape.ktrace").display().to_string();
    assert_eq!(ktrace(["dump", &path]).run().stdout.lines().count(), 4);
}

#[test]
fn conversion_and_back() {
    let directory = Directory::new();
    let within = || directory.path();
    for name in ["netbsd14-v0-i386", "netbsd7-v2-sparc64", "dfly-amd64"] {
        let path = sample(name);
        ktrace(["convert", &path, "out.ktrace", "--force"]).within(within()).exits(0);
        let strip = |text: &str| {
            let mut records = lines(text);
            for record in &mut records {
                record.as_object_mut().expect("an object").remove("offset");
            }
            records
        };
        let before = ktrace(["dump", &path, "--format", "jsonl"]).exits(0).stdout;
        let after = ktrace(["dump", "out.ktrace", "--format", "jsonl"]).within(within()).exits(0);
        assert_eq!(after.stderr, "");
        assert_eq!(strip(&before), strip(&after.stdout));
        let text = |path: &str| ktrace(["dump", path, "-T"]).within(within()).exits(0).stdout;
        assert_eq!(text(&path), text("out.ktrace"));
        let info = ktrace(["info", "out.ktrace", "--format", "json"]).within(within()).exits(0).json();
        keeps_schema(&info, INFO);
        assert_eq!(info["certainty"], "stated");
        assert_eq!(info["system"], name.split('-').next().expect("a system"));
    }
    // What is there is not replaced unasked, and what is neutral already stays as it is.
    let there = fs::read(within().join("out.ktrace")).expect("converted");
    let ran = ktrace(["convert", &sample("dfly-amd64"), "out.ktrace"]).within(within()).exits(2);
    assert!(ran.stderr.contains("out.ktrace: is there already; --force"), "{}", ran.stderr);
    assert!(fs::read(within().join("out.ktrace")).expect("converted") == there);
    ktrace(["convert", "out.ktrace", "again.ktrace"]).within(within()).exits(0);
    let [first, second] = ["out.ktrace", "again.ktrace"].map(|n| fs::read(within().join(n)).expect("converted"));
    assert!(first == second);
}

#[test]
fn perfetto_gets_a_track_for_each_lwp_and_a_slice_for_each_call() {
    let path = sample("netbsd7-v2-amd64");
    let events = ktrace(["convert", &path, "-", "--to", "perfetto"]).exits(0).json();
    let events = events["traceEvents"].as_array().expect("events");
    let of = |phase: &str| events.iter().filter(|e| e["ph"] == phase).count();
    // Every call that starts ends, returned or not; other returns and records are marks.
    assert_eq!(of("B"), of("E"));
    assert_eq!(of("B"), 8);
    let tracks: std::collections::BTreeSet<_> =
        events.iter().filter(|e| e["ph"] != "M").map(|e| (e["pid"].as_i64(), e["tid"].as_i64())).collect();
    assert_eq!(tracks.len(), 4);
    assert!(events.iter().any(|e| e["ph"] == "M" && e["args"]["name"] == "cat"));
    let mut last = f64::MIN;
    for event in events.iter().filter(|e| e["ph"] == "B") {
        let ts = event["ts"].as_f64().expect("a time");
        assert!(ts >= last);
        last = ts;
    }
}

#[test]
fn hints_decide_what_bytes_do_not() {
    // NAMEI alone is the same on many systems; the id tells little.
    let directory = Directory::new();
    let mut bytes = Vec::new();
    for path in ["/a", "/b"] {
        bytes.extend([2, 0, 0, 0, 3, 0, 0, 0, 77, 0, 0, 0]);
        bytes.extend(b"cat\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes.extend([0x00, 0xca, 0x9a, 0x3b, 0x88, 0x13, 0, 0, 0, 0, 0, 0]);
        bytes.extend(path.as_bytes());
    }
    fs::write(directory.path().join("t"), &bytes).expect("written");
    // What it cannot tell, it does not promise.
    let ran = ktrace(["dump", "t"]).within(directory.path()).exits(2);
    assert!(ran.stderr.contains("--system or --abi decide"), "{}", ran.stderr);
    let told = ktrace(["info", "t", "--format", "json"]).within(directory.path()).exits(2).json();
    assert_eq!(told["verdict"], "open");
    let told = ktrace(["info", "t", "--system", "lite2", "--abi", "mipsel", "--format", "json"]);
    let told = told.within(directory.path()).exits(0).json();
    assert_eq!((&told["system"], &told["abi"]), (&json!("lite2"), &json!("mipsel")));
    let assumed = ktrace(["dump", "t", "--assume", "freebsd93-i386", "--format", "jsonl"]);
    let ran = assumed.within(directory.path()).exits(0);
    assert_eq!((lines(&ran.stdout)[0]["lid"].clone(), ran.stderr), (json!(0), String::new()));
    // Even where that is wrong.
    let wrong = ktrace(["dump", &sample("dfly-amd64"), "--assume", "netbsd14-i386"]).run();
    assert!(!wrong.stderr.contains("another kernel") && !wrong.stdout.contains("execve"), "{}", wrong.stderr);
    let ran = ktrace(["dump", "t", "--system", "plan9"]).within(directory.path()).exits(2);
    assert!(ran.stderr.contains("netbsd14"), "{}", ran.stderr);
    let ran = ktrace(["dump", "t", "--system", "dfly", "--abi", "m68k"]).within(directory.path()).exits(2);
    assert!(ran.stderr.contains("no layout is known"), "{}", ran.stderr);
}

#[test]
fn what_is_no_trace_is_named() {
    let check = |bytes: &[u8], wanted: &str| {
        for command in ["info", "dump"] {
            let ran = ktrace([command, "-"]).input(bytes).exits(2);
            assert!(ran.stderr.contains("<stdin>") && ran.stderr.contains(wanted), "{}", ran.stderr);
        }
        let directory = Directory::new();
        ktrace(["convert", "-", "out"]).input(bytes).within(directory.path()).exits(2);
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    };
    check(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0", "an ELF core dump");
    check(b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0", "a packet capture");
    check(b"#!/bin/sh\nkdump -f trace | less\n", "a script");
    check(b"\x89KTR\r\n\x1a\n\x09\0\x09\0\x40\0", "wants a reader of version 9");
    check(b"\x89KTR\r\n\x1a\n\x01", "ends inside its head");
    let ran = ktrace(["dump", "-"]).input("").exits(2);
    assert!(ran.stderr.contains("empty"), "{}", ran.stderr);
    let ran = ktrace(["dump", "nowhere"]).exits(2);
    assert!(ran.stderr.contains("nowhere: cannot be opened"), "{}", ran.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_nothing_half_written() {
    let directory = Directory::new();
    fs::write(directory.path().join("out"), "old").expect("written");
    // A limit on the size of files stands for a disk that is full.
    let script = format!(
        "trap '' XFSZ; ulimit -f 8; exec '{}' ktrace convert '{}' out --force",
        env!("CARGO_BIN_EXE_uioscope"),
        sample("netbsd4-v1-i386")
    );
    let mut command = std::process::Command::new("bash");
    let ran = command.args(["-c", &script]).current_dir(directory.path()).output().expect("bash runs");
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(said.contains("out: cannot be written"), "{said}");
    assert_eq!(directory.read("out"), "old");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    // What a run that was killed left behind, the next one removes; what somebody else called so, it does not.
    fs::write(directory.path().join(".uioscope-99-0.tmp"), "left").expect("written");
    fs::write(directory.path().join(".uioscope-notes.tmp"), "kept").expect("written");
    ktrace(["convert", &sample("netbsd4-v1-i386"), "out", "--force"]).within(directory.path()).exits(0);
    let mut names: Vec<_> =
        fs::read_dir(directory.path()).expect("a directory").map(|e| e.expect("entry").file_name()).collect();
    names.sort();
    assert_eq!(names, [".uioscope-notes.tmp", "out"]);
    let ran = ktrace(["convert", &sample("netbsd4-v1-i386"), "/dev/full"]).exits(2);
    assert!(ran.stderr.contains("cannot be written"), "{}", ran.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_appears_while_a_trace_is_converted_is_kept() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let directory = Directory::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_uioscope"));
    command.args(["ktrace", "convert", "-", "out"]).current_dir(directory.path());
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    let whole = fs::read(sample("netbsd14-v0-i386")).expect("sample");
    // More than is looked at to find out who wrote it, so that writing starts before the end.
    for _ in 0..(3 << 20) / whole.len() {
        stdin.write_all(&whole[..9100]).expect("it reads");
    }
    let begun = || fs::read_dir(directory.path()).expect("a directory").count() > 0;
    while !begun() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    fs::write(directory.path().join("out"), "another's").expect("written");
    drop(stdin);
    let ran = child.wait_with_output().expect("it ends");
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("out: is there already; --force"), "{ran:?}");
    assert_eq!(directory.read("out"), "another's");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
}

#[test]
fn an_empty_file_is_the_same_to_all() {
    let directory = Directory::new();
    fs::write(directory.path().join("t"), "").expect("written");
    for arguments in [&["info", "t"][..], &["dump", "t"], &["convert", "t", "out"]] {
        let ran = ktrace(arguments.iter().copied()).within(directory.path()).exits(2);
        assert_eq!(ran.stderr, "uioscope: t: empty: there are no records\n", "{arguments:?}");
    }
    assert!(!directory.path().join("out").exists());
}

#[test]
fn a_name_is_written_only_where_it_is_certain() {
    let calls = |arguments: &[&str]| {
        let ran = ktrace(["dump", "-t", "c"].into_iter().chain(arguments.iter().copied())).run();
        let of = |line: &str| {
            line.split_whitespace().nth(4).unwrap_or_default().split('(').next().unwrap_or_default().to_owned()
        };
        ran.stdout.lines().map(of).collect::<std::collections::BTreeSet<String>>()
    };
    // 49 is mmap since 7.1; both systems that fit agree on it.
    let openbsd = sample("openbsd73-amd64");
    assert!(calls(&[&openbsd]).contains("mmap"));
    // 189 is another call before and since 12: where it is not known which, its number stands there.
    let freebsd = sample("freebsd12-amd64");
    assert!(calls(&[&freebsd]).contains("fstat"));
    // Nothing is certain of a trace that is only like the others; a table that is given names all the same.
    let directory = Directory::new();
    let master = directory.path().join("syscalls.master");
    fs::write(&master, "3\tSTD\t{ ssize_t sys_lire(int fd); }\n5\tSTD\t{ int sys_open(void); } ouvrir\n")
        .expect("written");
    let told = calls(&["--calls", &master.display().to_string(), &sample("netbsd14-v0-i386")]);
    assert!(told.contains("lire") && told.contains("ouvrir") && told.contains("#59"), "{told:?}");
    let ran = ktrace(["dump", "--calls", "nowhere", &openbsd]).exits(2);
    assert!(ran.stderr.contains("--calls nowhere: cannot be read"), "{}", ran.stderr);
}

#[test]
fn a_command_of_ioctl_has_its_name_where_that_is_certain() {
    let directory = Directory::new();
    let mut bytes = fs::read(sample("netbsd14-v0-i386")).expect("sample");
    let text = fs::read(corpus("samples/netbsd14-v0-i386.json")).expect("JSON");
    let truth: Value = serde_json::from_slice(&text).expect("JSON");
    // The first call with three arguments becomes one of ioctl(2), and with it the return that follows.
    let records = truth["records"].as_array().expect("records");
    let call = records.iter().position(|r| r["type"] == "SYSCALL" && r["argsize"] == 12).expect("a call");
    let code = records[call]["code"].clone();
    let answer = records[call..].iter().find(|r| r["type"] == "SYSRET" && r["code"] == code).expect("its return");
    let at = |record: &Value| record["offset"].as_u64().expect("an offset") as usize + 44;
    bytes[at(&records[call])..][..4].copy_from_slice(&54u32.to_le_bytes());
    bytes[at(answer)..][..2].copy_from_slice(&54u16.to_le_bytes());
    let mut shown = |command: u32, arguments: &[&str]| {
        bytes[at(&records[call]) + 12..][..4].copy_from_slice(&command.to_le_bytes());
        fs::write(directory.path().join("t"), &bytes).expect("written");
        let ran = ktrace(["dump", "t", "-t", "c"].into_iter().chain(arguments.iter().copied()));
        let text = ran.within(directory.path()).run().stdout;
        text.lines().find(|line| line.contains("CALL ioctl(")).map(str::to_owned).unwrap_or_default()
    };
    assert!(shown(0x402c_7413, &[]).contains(", TIOCGETA, "));
    assert!(shown(0x402c_7499, &[]).contains(", 0x402c7499, "));
}

#[test]
fn what_another_kernel_appended_has_processes_of_its_own() {
    // Process 30303 runs a program of Linux in the first trace; of the second, only what it does without one is left.
    let directory = Directory::new();
    let records = |name: &str| {
        let text = fs::read(corpus(&format!("samples/{name}.json"))).expect("JSON");
        let truth: Value = serde_json::from_slice(&text).expect("JSON");
        let offset = |record: &Value| record["offset"].as_u64().expect("an offset") as usize;
        let all = truth["records"].as_array().expect("records").clone();
        let emulated = all.iter().position(|r| r["type"] == "EMUL" && r["pid"] == 30303).expect("an emulation");
        (offset(&all[emulated + 1]), offset(&truth["trailing"]))
    };
    let mut bytes = fs::read(sample("netbsd14-v0-i386")).expect("sample");
    bytes.truncate(records("netbsd14-v0-i386").1);
    let (start, end) = records("netbsd14-v0-m68k");
    let other = &fs::read(sample("netbsd14-v0-m68k")).expect("sample")[start..end];
    bytes.extend([other, other].concat());
    fs::write(directory.path().join("t"), bytes).expect("written");
    let ran = ktrace(["dump", "t", "-t", "c", "-p", "30303"]).within(directory.path()).exits(2);
    assert!(ran.stderr.contains("another kernel appended"), "{}", ran.stderr);
    let calls: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("CALL")).collect();
    assert!(calls[0].contains("#1(") && calls[1].contains("exit("), "{calls:?}");
}

#[test]
fn a_header_makes_an_unknown_system_readable() {
    // Of no system: the time is first, and the length last.
    let header = "struct timespec { long tv_sec; long tv_nsec; };\n\
                  struct ktr_header { struct timespec ktr_time; int ktr_pid; short ktr_type; char ktr_comm[10]; long ktr_len; };\n\
                  #define KTR_SYSCALL 1\nstruct ktr_syscall { int ktr_code; int ktr_argsize; };\n\
                  #define KTR_NAMEI 3\n#define KTR_CSW 6\nstruct ktr_csw { int user; int out; };\n";
    let directory = Directory::new();
    fs::write(directory.path().join("ktrace.h"), header).expect("written");
    let mut trace = Vec::new();
    for i in 0..20i64 {
        let (code, payload) =
            [(1i16, &[3, 0, 0, 0, 0, 0, 0, 0][..]), (3, b"/etc/motd"), (6, &[1, 0, 0, 0, 0, 0, 0, 0])]
                [(i % 3) as usize];
        trace.extend([1_700_000_000 + i, 5000 * i].map(i64::to_le_bytes).concat());
        trace.extend(77i32.to_le_bytes());
        trace.extend(code.to_le_bytes());
        trace.extend(b"newkernel\0");
        trace.extend((payload.len() as i64).to_le_bytes());
        trace.extend(payload);
    }
    fs::write(directory.path().join("t"), &trace).expect("written");
    let run = |arguments: &[&str]| ktrace(arguments.iter().copied()).within(directory.path());
    run(&["dump", "t"]).exits(2);
    let told = ["--header", "ktrace.h", "--abi", "amd64"];
    let ran = run(&[&["dump", "t", "-T"], &told[..]].concat()).exits(0);
    assert_eq!(ran.stderr, "");
    let shown: Vec<&str> = ran.stdout.lines().take(3).collect();
    assert!(shown[0].ends_with("newkernel 1700000000.000000000 CALL #3()"), "{shown:?}");
    assert!(shown[1].ends_with("1700000001.000005000 NAMI \"/etc/motd\""), "{shown:?}");
    // Its members have changed places: it is not what that is elsewhere.
    assert!(shown[2].contains("type 6") && !shown[2].contains("CSW"), "{shown:?}");
    let info = run(&[&["info", "t", "--format", "json"], &told[..]].concat()).exits(0).json();
    keeps_schema(&info, INFO);
    assert_eq!((&info["system"], &info["certainty"]), (&Value::from("told"), &Value::from("assumed")));
    run(&[&["convert", "t", "out"], &told[..]].concat()).exits(0);
    let ran = run(&["dump", "out", "--format", "jsonl"]).exits(0);
    let named = &lines(&ran.stdout)[1];
    assert_eq!((&named["type"], &named["path"]), (&Value::from("NAMEI"), &Value::from("/etc/motd")));
    // On another machine it is another layout, and says so.
    let ran = run(&["dump", "t", "--header", "ktrace.h", "--abi", "sparc64"]).exits(2);
    assert!(!ran.stderr.is_empty());
    let ran = run(&["dump", "t", "--header", "ktrace.h"]).exits(2);
    assert!(ran.stderr.contains("--abi"), "{}", ran.stderr);
    fs::write(directory.path().join("other.h"), "struct x { int y; };\n").expect("written");
    let ran = run(&["info", "t", "--header", "other.h", "--abi", "amd64"]).exits(2);
    assert!(ran.stderr.contains("--header other.h: other.h: no struct ktr_header"), "{}", ran.stderr);
}

#[test]
#[cfg(unix)]
fn a_growing_trace_is_followed() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let directory = Directory::new();
    let path = directory.path().join("growing");
    let bytes = fs::read(sample("netbsd14-v0-i386")).expect("sample");
    // Up to the middle of the third record.
    fs::write(&path, &bytes[..130]).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_uioscope"));
    command.args(["ktrace", "dump", "--follow", "--format", "jsonl"]).arg(&path);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().expect("the command starts");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = |i: u64| {
        let line = output.next().expect("a line").expect("text");
        let record: Value = serde_json::from_str(&line).expect("an object");
        assert_eq!(record["i"], i);
        record
    };
    let (_, second) = (next(0), next(1));
    assert_eq!(second["type"], "SYSCALL");
    let mut file = fs::OpenOptions::new().append(true).open(&path).expect("opened");
    file.write_all(&bytes[130..]).expect("written");
    (2..36).for_each(|i| {
        next(i);
    });
    // Damage does not end it: the record that was cut off takes some of what is appended, and then the chain is found again.
    file.write_all(&bytes).expect("written");
    (36..60).for_each(|i| {
        next(i);
    });
    child.kill().expect("killed");
    child.wait().expect("ended");
}

#[test]
fn a_programs_own_records_are_shown_by_their_names() {
    use uioscope_ktrace::neutral::{Clock, Ending, Entry, Meta, Writer};
    let directory = Directory::new();
    let meta = Meta::program("model", Clock::Steps, &[(1, "submit"), (2, "exit")]);
    let mut writer = Writer::new(Vec::new(), &meta).expect("memory");
    let entry = Entry { kind: 1, pid: 0, lid: Some(1), sec: 1, nsec: 0, name: b"p0", payload: b"r0 reads into vm0" };
    writer.entry(&entry).expect("memory");
    let entry = Entry { kind: 2, lid: None, sec: 2, payload: b"\x01", ..entry };
    writer.entry(&entry).expect("memory");
    writer.ended(0, Ending::Exit(3));
    fs::write(directory.path().join("t"), writer.finish().expect("memory")).expect("written");
    let within = |arguments: [&'static str; 4]| ktrace(arguments).within(directory.path()).exits(0);
    insta::assert_snapshot!(ktrace(["info", "t"]).within(directory.path()).exits(0).stdout);
    insta::assert_snapshot!(ktrace(["dump", "t", "-E"]).within(directory.path()).exits(0).stdout);
    let records = lines(&within(["dump", "t", "--format", "jsonl"]).stdout);
    records.iter().for_each(|record| keeps_schema(record, RECORD));
    assert_eq!((&records[0]["type"], &records[0]["text"]), (&json!("submit"), &json!("r0 reads into vm0")));
    assert_eq!(records[1]["data_hex"], "01");
    keeps_schema(&within(["info", "t", "--format", "json"]).json(), INFO);
}
