//! A trace that is read by its kernel's own header alone is read as if its system were known.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use uioscope_ktrace::Trace;
use uioscope_ktrace::abi::{self, Abi};
use uioscope_ktrace::declarations::{DECLARATIONS, machine};
use uioscope_ktrace::detect::{Hints, Verdict};
use uioscope_ktrace::layout::Origin;
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::payload::{Payload, Reason};
use uioscope_ktrace::read::Event;
use uioscope_ktrace::system::{Kind, System};
use uioscope_ktrace::told;
use uioscope_source::text::SourceTree;

/// The header of NetBSD 6 and later, as its own `ktrace.h` has it: the versions are in a union.
const UNION: &str = "
struct ktr_header {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	union {
		struct { struct { int32_t tv_sec; long tv_usec; } _tv; const void *_buf; } _v0;
		struct { struct { int32_t tv_sec; long tv_nsec; } _ts; lwpid_t _lid; } _v1;
		struct { struct timespec _ts; lwpid_t _lid; } _v2;
	} _v;
};
";

/// The header of NetBSD 2 to 5: the versions are in two unions.
const UNIONS: &str = "
struct ktr_header {
	int	ktr_len;
	TYPE_AND_VERSION;
	pid_t	ktr_pid;
	char	ktr_comm[16 + 1];
	union { struct timeval _tv; struct timespec _ts; } _ktr_time;
	union { const void *_buf; lwpid_t _lid; } _ktr_id;
};
";

/// The siginfo_t of NetBSD: since 6 with integers of 64 bits and three trap numbers.
const SIGINFO: &str = "
typedef union siginfo {
	char si_pad[128];
	struct {
		int _signo; int _code; int _errno;
		union {
			struct { int _pid; int _uid; union { int sival_int; void *sival_ptr; } _sigval; } _rt;
			struct { void *_addr; int _trap; MORE } _fault;
		} _reason;
	} _info;
} siginfo_t;
";

/// FreeBSD's mark of lost events.
const DROP: &str = "#define KTR_DROP\t0x8000\n";

/// What the system's own header would be.
fn header(system: System) -> String {
    let text = DECLARATIONS.iter().find(|(of, _)| *of == system).expect("declarations").1;
    match system {
        System::NetBsd7 | System::NetBsd10 => format!("{text}{UNION}"),
        System::NetBsd4 | System::Mouse40 => format!("{text}{UNIONS}"),
        System::FreeBsd14 | System::FreeBsd15 => {
            format!("{}\n{DROP}#define KTR_VERSIONED\t0x4000\n", text.replace("ktr_header_v1", "ktr_header"))
        }
        System::FreeBsd8 | System::FreeBsd93 | System::FreeBsd10 | System::FreeBsd12 => format!("{text}\n{DROP}"),
        System::DragonFly => format!("{text}\n#define KTRH_CPUID_ENCODE(id)\t((id) << 8)\n"),
        _ => text.to_owned(),
    }
}

fn tree(text: &str, system: System, abi: &Abi) -> SourceTree {
    let mut files = vec![("sys/ktrace.h", text.to_owned()), ("sys/machine.h", machine(system, abi))];
    match system {
        System::NetBsd4 | System::Mouse40 => files.push(("sys/siginfo.h", SIGINFO.replace("MORE", ""))),
        System::NetBsd7 => {
            files.push((
                "sys/siginfo.h",
                SIGINFO.replace("MORE", "int _trap2; int _trap3; } _fault; struct { unsigned long long _args[8];"),
            ));
        }
        _ => {}
    }
    SourceTree::from_memory("mem", files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect())
}

/// A record: what its header says, its kind, and its payload as text.
type Seen = (u64, i64, i32, Option<i64>, Option<u32>, Vec<u8>, (i64, i64), Kind, String);

fn read(bytes: &[u8], origin: &'static Origin) -> (Vec<Seen>, Option<Verdict>) {
    let hints = Hints { assume: Some(origin), ..Hints::default() };
    let mut trace = Trace::open(bytes, &hints).expect("a trace");
    let mut seen = Vec::new();
    while let Some(event) = trace.next_event().expect("memory") {
        if let Event::Record(r) = event {
            let payload = format!("{:?}", r.decode().payload);
            seen.push((r.offset, r.code, r.pid, r.lid, r.cpu, r.comm.to_vec(), (r.sec, r.frac), r.kind, payload));
        }
    }
    let verdict = trace.verdict();
    (seen, verdict)
}

fn samples() -> Vec<(PathBuf, System, &'static Abi)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples");
    let mut all: Vec<PathBuf> = fs::read_dir(directory).expect("samples").map(|e| e.expect("entry").path()).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "ktrace"));
    all.sort();
    let known = |path: PathBuf| {
        let text = fs::read(path.with_extension("json")).expect("JSON");
        let truth: serde_json::Value = serde_json::from_slice(&text).expect("valid JSON");
        let system = match truth["system"].as_str().expect("system") {
            "dfly6" => System::DragonFly,
            // Others' names in the samples are of a release in a span.
            name => System::parse(name)?,
        };
        Some((path, system, abi::find(truth["abi"]["name"].as_str()?)?))
    };
    all.into_iter().filter_map(known).collect()
}

#[test]
fn a_header_alone_is_enough() {
    let mut systems = Vec::new();
    let mut others = 0;
    for (path, system, abi) in samples() {
        // Of those with versions of their own, the header is not written here.
        if system == System::NetBsdDraft {
            continue;
        }
        let text = header(system);
        let told = told::origin(&tree(&text, system, abi), "sys/ktrace.h", abi)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let bytes = fs::read(&path).expect("a sample");
        let ((by_header, verdict), (known, _)) =
            (read(&bytes, told), read(&bytes, Origin::find(system, abi.name).expect("an origin")));
        assert_eq!(by_header.len(), known.len(), "{}", path.display());
        let mut bytes_only = BTreeSet::new();
        for (a, b) in by_header.iter().zip(&known) {
            let members = |seen: &Seen| (seen.0, seen.1, seen.2, seen.3, seen.4, seen.5.clone(), seen.6);
            assert_eq!(members(a), members(b), "{}", path.display());
            // What a struct in a record holds is known of known systems alone.
            let bytes = a.7 == Kind::Unknown && b.7 != Kind::Unknown;
            bytes_only.extend(bytes.then_some(b.7.name()));
            // AerieBSD's siginfo_t is like no other: its members are bytes.
            let start = a.8.split_once("reason: Unknown").filter(|_| system == System::Aerie);
            let same = start.map_or(a.8 == b.8, |(start, _)| b.8.starts_with(start));
            others += usize::from(start.is_some());
            assert!(bytes || a.7 == b.7 && (same || a.7 == Kind::Struct), "{}: {a:?} {b:?}", path.display());
        }
        // Darwin's header does not say where arguments are, and Mach's messages are nobody's any more.
        let allowed: &[&str] = match system {
            System::Darwin8 => &["SYSCALL"],
            System::NetBsd4 | System::Mouse40 => &["MMSG", "MOOL"],
            _ => &[],
        };
        assert_eq!(bytes_only, allowed.iter().copied().collect(), "{}", path.display());
        // That a kernel loses the seconds no header says.
        let lost = known.iter().all(|seen| seen.6.0 == 0);
        assert_eq!(verdict, Some(if lost { Verdict::Like } else { Verdict::Told }), "{}", path.display());
        systems.push(system);
    }
    assert!(others > 0, "a siginfo_t of its own");
    systems.sort_unstable();
    systems.dedup();
    assert!(systems.len() >= 9, "{systems:?}");
}

/// The kinds of a trace's records, and what its signals say.
type Said = (Vec<(Kind, bool)>, Vec<(i32, u64, i32, Option<(i32, i32, Reason, Vec<u8>)>)>);

/// Reads a trace, and writes it in the neutral format.
fn said<R: Read>(mut trace: Trace<R>) -> (Said, Vec<u8>) {
    let mut writer = Writer::new(Vec::new(), &trace.meta()).expect("memory");
    let mut said = Said::default();
    while let Some(event) = trace.next_event().expect("memory") {
        let Event::Record(record) = event else { continue };
        let decoded = record.decode();
        said.0.push((record.kind, matches!(decoded.payload, Payload::Opaque(_)) || decoded.flaw.is_some()));
        if let Payload::Psig(signal) = decoded.payload {
            let info = signal.info.map(|info| (info.code, info.errno, info.reason, info.raw.to_vec()));
            said.1.push((signal.signo, signal.action, signal.code, info));
        }
        writer.record(&record).expect("memory");
    }
    (said, writer.finish().expect("memory"))
}

#[test]
fn what_a_header_tells_is_kept_by_the_neutral_format() {
    let mut unknown = 0;
    for (path, system, abi) in samples() {
        if system == System::NetBsdDraft {
            continue;
        }
        let told = told::origin(&tree(&header(system), system, abi), "sys/ktrace.h", abi).expect("an origin");
        let bytes = fs::read(&path).expect("a sample");
        let hints = Hints { assume: Some(told), ..Hints::default() };
        let (by_header, file) = said(Trace::open(&bytes[..], &hints).expect("a trace"));
        let (back, again) = said(Trace::open(&file[..], &Hints::default()).expect("what was just written"));
        assert_eq!(back, by_header, "{}", path.display());
        assert_eq!(again, file, "{}", path.display());
        let is_unknown = |info: &(i32, i32, Reason, Vec<u8>)| info.2 == Reason::Unknown && !info.3.is_empty();
        unknown += back.1.iter().filter(|(.., info)| info.as_ref().is_some_and(is_unknown)).count();
    }
    assert!(unknown > 0, "a siginfo_t of its own");
}

#[test]
fn a_header_that_is_not_the_traces_own_is_no_more_than_like_it() {
    let abi = abi::find("i386").expect("known");
    let told = told::origin(&tree(&header(System::OpenBsd56), System::OpenBsd56, abi), "sys/ktrace.h", abi);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/ktrace/samples/netbsd14-v0-i386.ktrace");
    let (records, verdict) = read(&fs::read(sample).expect("a sample"), told.expect("an origin"));
    assert!(records.is_empty() || verdict == Some(Verdict::Like), "{} {verdict:?}", records.len());
}

#[test]
fn what_a_header_lacks_is_said() {
    let abi = abi::find("amd64").expect("known");
    let says = |text: &str| {
        let tree = SourceTree::from_memory("mem", vec![("ktrace.h".to_owned(), text.as_bytes().to_vec())]);
        told::origin(&tree, "ktrace.h", abi).expect_err("no header").to_string()
    };
    assert!(says("int x;").contains("no struct ktr_header"));
    assert!(says("struct ktr_header { int ktr_len; };").contains("no tv_sec"));
    let time = "struct timeval { long tv_sec; long tv_usec; };";
    let all = "int ktr_len; short ktr_type; int ktr_pid; char ktr_comm[17]; struct timeval ktr_time;";
    assert!(says(&format!("{time} struct ktr_header {{ {} }};", all.replace("ktr_pid", "pid"))).contains("no ktr_pid"));
    assert!(says(&format!("{time} struct ktr_header {{ {all} char fill[300]; }};")).contains("of up to 255"));
    assert!(says("struct ktr_header { unknown_t ktr_len; };").contains("cannot be laid out"));
}

#[test]
fn a_payload_that_is_declared_otherwise_is_bytes() {
    let abi = abi::find("amd64").expect("known");
    let usual = header(System::FreeBsd93);
    let other = usual
        .replace("struct ktr_genio { int ktr_fd; int ktr_rw; };", "struct ktr_genio { long ktr_fd; int ktr_rw; };");
    assert_ne!(usual, other);
    let kinds = |text: &str| {
        let told = told::origin(&tree(text, System::FreeBsd93, abi), "sys/ktrace.h", abi).expect("an origin");
        [1, 4].map(|code| told.dialect.kind(code))
    };
    assert_eq!(kinds(&usual), [Kind::Syscall, Kind::Genio]);
    assert_eq!(kinds(&other), [Kind::Syscall, Kind::Unknown]);
}
