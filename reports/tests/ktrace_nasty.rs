//! Hostile and odd inputs: what is read of each, and what is said about the rest.

mod ktrace_support;

use ktrace_support::{Header, LE56, OPENBSD64, V1_I386, V2_I386, dump};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What is found: how many records, how many of them with a flaw, and the places of damage.
fn check(bytes: &[u8], records: usize, flawed: usize, damage: &[(&str, u64, Option<u64>)]) -> Vec<Value> {
    let found = dump(bytes).expect("a trace");
    let places: Vec<_> = found.damage.iter().map(|d| (d.kind.name(), d.offset, d.resumed)).collect();
    assert_eq!(places, damage, "{:#?}", found.records);
    assert_eq!(found.records.len(), records, "{:#?}", found.records);
    let flaws = found.records.iter().filter(|r| r.get("flaw").is_some()).count();
    assert_eq!(flaws, flawed, "{:#?}", found.records);
    found.records
}

fn nasty(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/nasty").join(name);
    fs::read(path.with_extension("ktrace")).expect("a nasty input")
}

#[test]
fn lengths() {
    check(&nasty("03-negative-len"), 2, 0, &[("bad_length", 59, Some(131))]);
    check(&nasty("05-len-wrap"), 1, 0, &[("bad_length", 67, None)]);
    let ok = LE56.record(3, 2, b"/ok");
    // A length that is far more than the file.
    let huge = [&ok[..], &LE56.header(4, 2, 0x7fff_ffff), b"xx"].concat();
    check(&huge, 1, 0, &[("payload_truncated", 59, None)]);
    // A length of 2^32 + 3, whose low half is fine.
    let ok = OPENBSD64.record(3, 0, b"/ok");
    let wide = [&ok[..], &OPENBSD64.header(3, 0, (1 << 32) + 3), b"/no"].concat();
    check(&wide, 1, 0, &[("payload_truncated", 67, None)]);
    // A header that is cut off.
    let cut = [&LE56.record(3, 2, b"/ok")[..], &LE56.header(3, 2, 3)[..13]].concat();
    check(&cut, 1, 0, &[("header_truncated", 59, None)]);
    // A length that leads beyond records that follow.
    let ok = LE56.record(3, 2, b"/ok");
    let long = [&ok[..], &LE56.header(3, 2, 100), b"/no", &ok, &ok, &ok].concat();
    check(&long, 4, 0, &[("derailed", 59, Some(118))]);
}

#[test]
fn payloads_that_do_not_fit() {
    let records = check(&nasty("07-syscall-argsize"), 6, 5, &[]);
    assert_eq!(records[0]["args"], json!(["0x4141414141414141", "0x4141414141414141"]));
    assert_eq!(records[0]["argsize"], 2_147_483_640);
    assert_eq!(records[3]["data_hex"], "040000");
    let records = check(&nasty("09-short-genio"), 4, 2, &[]);
    assert_eq!((&records[1]["rw"], &records[1]["count"]), (&json!(7), &json!(2)));
    assert_eq!(records[0].get("count"), None);
    let records = check(&nasty("11-saupcall-count"), 5, 2, &[]);
    assert_eq!(records[1]["sa"].as_array().map(Vec::len), Some(1));
    // PSIG knows two sizes on amd64, 40 and 168.
    let sizes = [0, 3, 16, 28, 32, 39, 41, 156, 167, 169, 400];
    let all: Vec<u8> = sizes.iter().flat_map(|n| LE56.record(5, 2, &vec![1; *n])).collect();
    let records = check(&[&all[..], &LE56.record(3, 2, b"/ok")].concat(), 12, 11, &[]);
    assert!(records.iter().all(|r| r.get("mask").is_none() && r.get("siginfo").is_none()));
    // A number of arguments that is negative, and one that is too much.
    let narg = |n: i16| LE56.record(1, 0, &[&4i16.to_le_bytes()[..], &n.to_le_bytes(), &[0; 4], &[1; 16]].concat());
    let counts = [narg(-1), narg(32767), narg(2), LE56.record(3, 0, b"/ok")].concat();
    let records = check(&counts, 4, 2, &[]);
    assert_eq!(records[0]["args"].as_array().map(Vec::len), Some(2));
    // Structs without a NUL, empty, and shorter than they say.
    let odd: Vec<u8> = [&b"stat"[..], b"", b"sockaddr\0\xff\x02", b"stat\0abc", b"\0", b"novel\0x"]
        .iter()
        .flat_map(|p| LE56.record(8, 0, p))
        .collect();
    let records = check(&odd, 6, 4, &[]);
    let flawed: Vec<bool> = records.iter().map(|r| r.get("flaw").is_some()).collect();
    assert_eq!(flawed, [true, true, true, true, false, false]);
    // Sizes inside the payload, and payloads that end before their struct does.
    let mool = [&[0; 8][..], &u64::MAX.to_le_bytes(), b"abc"].concat();
    let parts = [
        LE56.record(12, 1, &mool),
        LE56.record(9, 1, &[0; 10]),
        LE56.record(14, 1, &[0; 6]),
        LE56.record(8, 1, &[0; 2]),
        LE56.record(3, 1, b"/ok"),
    ];
    check(&parts.concat(), 5, 4, &[]);
}

#[test]
fn names_and_types() {
    let records = check(&nasty("13-terminal-escape"), 4, 0, &[]);
    assert_eq!(records[1]["name"], "net\u{1b}[31mbsd");
    let named = |name: &[u8; 17]| Header { name: *name, ..LE56 }.record(3, 2, b"/x");
    let names = [named(b"no-nul-in-all-17b"), named(b"\x1b[2Jx\0residue\0\0\0\0"), named(&[0; 17])].concat();
    let records = check(&[&names[..], &LE56.record(3, 2, b"/ok")].concat(), 4, 0, &[]);
    assert_eq!([0, 1, 2].map(|i| records[i]["comm"].clone()), ["no-nul-in-all-17", "\u{1b}[2Jx", ""].map(Value::from));
    let types = [0, 16, 31, 32, 35, 99, 255, 32767, -1, -32768];
    let all: Vec<u8> = types.iter().flat_map(|t| LE56.record(*t, 2, b"data")).collect();
    let records = check(&[&LE56.record(3, 2, b"/ok")[..], &all].concat(), 11, 0, &[]);
    let seen: Vec<i64> = records[1..].iter().map(|r| r["type_code"].as_i64().expect("a number")).collect();
    assert_eq!(seen, types.map(i64::from));
    assert!(records[1..].iter().all(|r| r["type"] == "UNKNOWN" && r["data_hex"] == "64617461"));
    let records = check(&nasty("19-fbsd-drop"), 3, 0, &[]);
    assert_eq!((&records[0]["dropped_before"], &records[0]["type"]), (&json!(1), &json!("NAMEI")));
    let foreign = [
        LE56.record(7, 2, &[b'e'; 2048]),
        LE56.record(1, 2, &[&100_000i32.to_le_bytes()[..], &0i32.to_le_bytes()].concat()),
        LE56.record(2, 2, &[&5i32.to_le_bytes()[..], &i32::MIN.to_le_bytes(), &[0; 16]].concat()),
    ];
    let records = check(&foreign.concat(), 3, 0, &[]);
    assert_eq!((&records[1]["code"], &records[2]["error"]), (&json!(100_000), &json!(i32::MIN)));
}

#[test]
fn times() {
    let records = check(&nasty("15-times"), 5, 0, &[]);
    let times: Vec<_> = records.iter().map(|r| (r["sec"].as_i64(), r["nsec"].as_i64())).collect();
    let wanted = [(-1, 999_999_999), (1 << 62, 1), (1, 1i64 << 40), (0, -1), (1000, 5000)];
    assert_eq!(times, wanted.map(|(sec, nsec)| (Some(sec), Some(nsec))));
}

#[test]
fn several_kernels() {
    // The version is a flag of each process, 3 is 1 | 2, and header sizes go by it.
    let mixed = [
        V1_I386.record(3, 1, b"/v1-a"),
        V2_I386.record(3, 2, b"/v2-a"),
        V1_I386.record(3, 0, b"/v0-a"),
        V1_I386.record(3, 1, b"/v1-b"),
        V2_I386.record(3, 3, b"/v3"),
        V2_I386.record(3, 2, b"/v2-b"),
    ];
    let records = check(&mixed.concat(), 6, 0, &[]);
    let paths: Vec<_> = records.iter().map(|r| r["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["/v1-a", "/v2-a", "/v0-a", "/v1-b", "/v3", "/v2-b"]);
    let records =
        check(&nasty("17-appended-kernels"), 3, 0, &[("other_layout", 51, Some(51)), ("other_layout", 105, Some(105))]);
    let paths: Vec<_> = records.iter().map(|r| r["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["/stock4", "/mouse", "/stock4-again"]);
}

#[test]
fn files_of_several_machines_put_together() {
    // Each ends in the middle of a record, whose length leads into the next file.
    let names = ["netbsd7-v0-amd64", "openbsd56-sparc64", "freebsd93-i386", "netbsd14-v0-m68k"];
    let samples = names.map(|name| nasty(&format!("../samples/{name}")));
    let found = dump(&samples.concat()).expect("a trace");
    let wanted: usize = [56, 39, 41, 36].iter().sum();
    assert_eq!(found.records.len(), wanted);
    let kinds: Vec<_> = found.damage.iter().map(|d| d.kind.name()).collect();
    let pair = ["derailed", "other_layout"];
    assert_eq!(kinds, [&pair[..], &pair, &pair, &["payload_truncated"]].concat());
    assert_eq!(found.records[56]["type"], "START");
    assert_eq!(found.records[56 + 39]["type"], "PROCCTOR");
}

#[test]
fn gaps() {
    let ok = LE56.record(3, 2, b"/ok");
    check(&[&ok[..], &[0; 1000]].concat(), 1, 0, &[("zero_fill", 59, None)]);
    check(&[&ok[..], &[0; 1000], &ok, &ok].concat(), 3, 0, &[("zero_fill", 59, Some(1059))]);
    check(&[&ok[..], &[0x5a; 700], &ok, &ok].concat(), 3, 0, &[("bad_version", 59, Some(759))]);
    check(&nasty("21-head-chopped"), 2, 0, &[("head_missing", 0, Some(41))]);
    check(&nasty("23-openbsd-no-start"), 2, 0, &[]);
    let start = OPENBSD64.record(0x52544b, 0, b"");
    let openbsd = OPENBSD64.record(3, 0, b"/a");
    let starts = [&start[..], &openbsd, &start, &start, &openbsd].concat();
    let records = check(&starts, 5, 0, &[]);
    assert_eq!(records[2]["type"], "START");
    check(&nasty("29-many-empty"), 300, 0, &[]);
}

#[test]
fn old_and_ambiguous() {
    let records = check(&nasty("25-be-type-as-version"), 3, 0, &[]);
    let types: Vec<_> = records.iter().map(|r| r["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["EMUL", "NAMEI", "SYSCALL"]);
    // 56 bytes of header on mipsel with 64-bit time and on amd64: the same bytes.
    check(&[LE56.record(3, 2, b"/a"), LE56.record(3, 2, b"/b")].concat(), 2, 0, &[]);
}

#[test]
fn no_traces() {
    let complain = |bytes: &[u8]| dump(bytes).expect_err("no trace").to_string();
    assert_eq!(complain(b""), "empty: there are no records");
    assert_eq!(complain(&nasty("27-random")), "this is no kernel trace that is known");
    let script = b"#!/bin/sh\n# traces a program\nktrace -i \"$@\"\nkdump | less\n".repeat(5);
    assert_eq!(complain(&script), "this is no kernel trace that is known; it looks like a script");
    assert!(complain(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0\x01\0\0\0").ends_with("an ELF core dump"));
    assert!(complain(&[0; 5000]).ends_with("nothing but zeros"));
}
