//! The table of headers and the decoder, held to the declarations in C: the engine that lays structs out for every machine says
//! where each member is.
//!
//! With `UPDATE_LAYOUTS` set, the table is written anew; read the difference before it is committed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use uioscope_ktrace::abi::{self, ABIS, Abi};
use uioscope_ktrace::declarations::{DECLARATIONS, machine};
use uioscope_ktrace::endian::Endian;
use uioscope_ktrace::layout::Origin;
use uioscope_ktrace::payload::{Details, Payload, Reason, Violation, decode};
use uioscope_ktrace::system::{CapFail, Family, Kind, SigInfo, System};
use uioscope_ktrace::told;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::layout::{Layout, layouts};
use uioscope_source::text::SourceTree;

/// The struct of that name, as the system's compiler lays it out on the machine; `None` where the system declares none.
fn laid_out(system: System, text: &str, abi: &Abi, name: &str) -> Option<Layout> {
    if !text.contains(&format!("struct {name} {{")) {
        return None;
    }
    let files = [("ktrace.h", text.to_owned()), ("machine.h", machine(system, abi))];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    let tree = SourceTree::from_memory("mem", files);
    let lookup = Lookup::new(&tree);
    let all = layouts(&lookup, "ktrace.h", name, &[told::machine(abi)]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(all.unread, [], "{system:?} {} {name}", abi.name);
    all.layouts.into_iter().next()
}

/// One machine of each layout that the system has.
fn machines(system: System) -> Vec<&'static Abi> {
    let mut distinct: Vec<&'static Abi> = Vec::new();
    for name in system.dialect().machines {
        let abi = abi::find(name).expect("a known machine");
        let first = ABIS.iter().find(|other| other.alike(abi)).expect("itself");
        if !distinct.iter().any(|known| known.alike(first)) {
            distinct.push(first);
        }
    }
    distinct.sort_by_key(|abi| abi.id);
    distinct
}

/// A header as a row of the table, without who writes it.
fn row(system: System, layout: &Layout, abi: &Abi) -> String {
    let field = |names: &[&str]| {
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let member = layout.members.iter().find(|m| names.contains(&last(&m.name).as_str()))?;
        Some(format!("f({}, {})", member.offset, member.width))
    };
    let must = |names: &[&str]| field(names).unwrap_or_else(|| panic!("{system:?}: no {names:?}"));
    let optional = |names: &[&str]| field(names).map_or("None".to_owned(), |f| format!("Some({f})"));
    let comm = layout.members.iter().find(|m| m.name == "ktr_comm").expect("a name");
    let nano = field(&["tv_nsec"]).is_some() && (!layout.members.iter().any(|m| m.name.ends_with(".tv.tv_usec")));
    let first = |nano: &[&str], micro: &[&str], is_nano: bool| if is_nano { must(nano) } else { must(micro) };
    let sec = layout.members.iter().find(|m| m.name.ends_with("tv_sec") && !m.name.contains("._"));
    let sec = sec.map(|m| format!("f({}, {})", m.offset, m.width)).expect("seconds");
    format!(
        "    Class {{ endian: {}, size: {}, len: {}, kind: {}, version: {}, pid: {}, comm: {}, sec: {sec}, frac: {}, unit: {}, id: {}, cpu: {}, members: &[\n",
        if abi.endian == Endian::Little { "Little" } else { "Big" },
        layout.size,
        must(&["ktr_len"]),
        must(&["ktr_type"]),
        optional(&["ktr_version"]),
        must(&["ktr_pid"]),
        comm.offset,
        first(&["tv_nsec"], &["tv_usec"], nano),
        if nano { "Nano" } else { "Micro" },
        must(&["ktr_tid", "ktr_lid", "ktr_buf"]),
        optional(&["ktr_cpu", "ktr_flags"]),
    )
}

#[test]
fn the_table_of_headers_is_what_the_declarations_say() {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (system, text) in DECLARATIONS {
        for abi in machines(system) {
            for (version, name) in [
                (0, "ktr_header"),
                (0, "ktr_header_v0"),
                (1, "ktr_header_v1"),
                (2, "ktr_header_v2"),
                (3, "ktr_header_v3"),
            ] {
                let Some(layout) = laid_out(system, text, abi, name) else { continue };
                let member = format!("m({system:?}, {version}, \"{}\")", abi.name);
                rows.entry(row(system, &layout, abi)).or_default().push(member);
            }
        }
    }
    let mut table = String::from(
        "//! The classes of headers: which offsets and widths one can have, and who writes it. Made from `declarations` by the test\n\
         //! `ktrace_declarations` of the reports, which also compares.\n\n\
         use crate::endian::Endian::{Big, Little};\n\
         use crate::layout::Unit::{Micro, Nano};\n\
         use crate::layout::{Class, Field, Member};\n\
         use crate::system::System::{self, *};\n\n\
         const fn f(at: u8, width: u8) -> Field {\n    Field { at, width }\n}\n\n\
         const fn m(system: System, version: u8, abi: &'static str) -> Member {\n    Member { system, version, abi }\n}\n\n\
         /// Every known header, those of big-endian machines first.\n#[rustfmt::skip]\n",
    );
    let _ = writeln!(table, "pub static CLASSES: [Class; {}] = [", rows.len());
    for (row, members) in rows {
        table.push_str(&row);
        for line in members.chunks(6) {
            let _ = writeln!(table, "        {},", line.join(", "));
        }
        table.push_str("    ] },\n");
    }
    table.push_str("];\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ktrace/src/classes.rs");
    if std::env::var_os("UPDATE_LAYOUTS").is_some() {
        std::fs::write(&path, &table).expect("written");
    }
    let there = std::fs::read_to_string(path).expect("the table");
    assert!(there == table, "the table differs from what the declarations say; see the head of this test");
}

/// A struct whose every member has a value of its own, and the values by name.
struct Filled {
    bytes: Vec<u8>,
    values: BTreeMap<String, u64>,
    abi: &'static Abi,
}

impl Filled {
    fn new(layout: &Layout, abi: &'static Abi) -> Filled {
        let mut filled = Filled { bytes: vec![0; layout.size as usize], values: BTreeMap::new(), abi };
        for (i, member) in layout.members.iter().filter(|m| m.width > 0).enumerate() {
            // Members of a union share a place: the one that is asked for is put by itself.
            filled.put(layout, &member.name, 0x11 + i as u64);
        }
        filled
    }

    /// Gives one member a value, and says it.
    fn put(&mut self, layout: &Layout, name: &str, value: u64) -> u64 {
        let member = layout.members.iter().find(|m| m.name == name).unwrap_or_else(|| panic!("no {name}"));
        let (at, width) = (member.offset as usize, member.element as usize);
        let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
        self.bytes[at..at + width].copy_from_slice(match self.abi.endian {
            Endian::Little => &little[..width],
            Endian::Big => &big[8 - width..],
        });
        self.values.insert(name.to_owned(), value);
        value
    }

    fn get(&self, name: &str) -> u64 {
        self.values.get(name).copied().unwrap_or_default()
    }
}

/// Decodes bytes and shows what they are.
type Read<'a> = &'a dyn Fn(&[u8], &mut dyn FnMut(&Payload<'_>));

/// What the decoder makes of a payload of that struct, with `behind` behind it.
fn check(
    system: System,
    text: &str,
    abi: &'static Abi,
    name: &str,
    kind: Kind,
    see: impl Fn(&mut Filled, &Layout, Read<'_>),
) {
    let Some(layout) = laid_out(system, text, abi, name) else { return };
    let dialect = system.dialect();
    let machine = dialect.machines.iter().find(|m| abi::find(m).is_some_and(|known| known.alike(abi)));
    let origin = Origin::find(system, machine.expect("a machine")).expect("an origin");
    let mut filled = Filled::new(&layout, abi);
    let read = |bytes: &[u8], see: &mut dyn FnMut(&Payload<'_>)| {
        let decoded = decode(origin, kind, bytes, bytes.len() as u64);
        assert_eq!(decoded.flaw, None, "{system:?} {} {name}: {:?}", abi.name, decoded.payload);
        see(&decoded.payload);
    };
    see(&mut filled, &layout, &read);
}

/// Every system on one machine of each layout.
fn each(mut see: impl FnMut(System, &str, &'static Abi)) {
    for (system, text) in DECLARATIONS {
        machines(system).into_iter().for_each(|abi| see(system, text, abi));
    }
}

#[test]
fn calls_and_returns_are_read_where_they_stand() {
    each(|system, text, abi| {
        check(system, text, abi, "ktr_syscall", Kind::Syscall, |filled, layout, read| {
            let wide = matches!(system, System::Darwin8 | System::NetBsdDraft);
            let register = if wide { 8 } else { usize::from(abi.register) };
            let counted = layout.members.iter().any(|m| m.name == "ktr_narg");
            filled.put(
                layout,
                if counted { "ktr_narg" } else { "ktr_argsize" },
                if counted { 2 } else { 2 * register as u64 },
            );
            // FreeBSD declares the first argument as the struct's last member.
            let head = layout.members.iter().find(|m| m.name == "ktr_args").map_or(layout.size, |m| m.offset);
            filled.bytes.truncate(head as usize);
            filled.bytes.resize(head as usize + 2 * register, 0x22);
            let code = filled.get("ktr_code");
            read(&filled.bytes, &mut |payload| {
                let Payload::Syscall { code: got, args, width, .. } = payload else { panic!("{payload:?}") };
                let all = u64::MAX >> (64 - 8 * register) & 0x2222_2222_2222_2222;
                assert_eq!(
                    (*got as u64, usize::from(*width), args.iter().collect::<Vec<_>>()),
                    (code, register, vec![all; 2])
                );
            });
        });
        check(system, text, abi, "ktr_sysret", Kind::Sysret, |filled, layout, read| {
            if layout.members.iter().all(|m| m.name != "ktr_retval") {
                // A value only where there is no error, and then behind the struct.
                read(&filled.bytes, &mut |payload| {
                    let Payload::Sysret { code, error, retval, .. } = payload else { panic!("{payload:?}") };
                    assert_eq!((*code as u64, *error as u64), (filled.get("ktr_code"), filled.get("ktr_error")));
                    assert_eq!(*retval, None);
                });
                filled.put(layout, "ktr_error", 0);
                filled.bytes.resize(8 + usize::from(abi.register), 0x22);
            }
            let value = layout.members.iter().any(|m| m.name == "ktr_retval").then(|| filled.get("ktr_retval"));
            read(&filled.bytes, &mut |payload| {
                let Payload::Sysret { code, error, retval, retval_1, .. } = payload else { panic!("{payload:?}") };
                assert_eq!((*code as u64, *error as u64), (filled.get("ktr_code"), filled.get("ktr_error")));
                assert!(value.is_none() && retval.is_some() || *retval == value);
                let second = layout.members.iter().any(|m| m.name == "ktr_retval_1");
                assert_eq!(*retval_1, second.then(|| filled.get("ktr_retval_1")));
            });
        });
    });
}

#[test]
fn signals_are_read_where_they_stand() {
    each(|system, text, abi| {
        let info = laid_out(system, text, abi, "ktr_siginfo");
        check(system, text, abi, "ktr_psig", Kind::Psig, |filled, layout, read| {
            read(&filled.bytes, &mut |payload| {
                let Payload::Psig(signal) = payload else { panic!("{payload:?}") };
                let got = (signal.signo as u64, signal.action, signal.code as u64);
                assert_eq!(
                    got,
                    (filled.get("signo"), filled.get("action"), filled.get("code")),
                    "{system:?} {}",
                    abi.name
                );
                let mask = if layout.members.iter().any(|m| m.name == "mask") { "mask" } else { "mask.bits" };
                assert_eq!(signal.mask.iter().next(), Some(filled.get(mask)));
            });
            let (inside, info_layout, prefix) = match (&info, system.dialect().siginfo) {
                (Some(info), _) => (false, info, ""),
                (None, SigInfo::Inside { .. }) => (true, layout, "si."),
                _ => return,
            };
            // Each form of the union in turn, alone in it.
            for (signo, form) in [(15, "sent"), (20, "child"), (11, "fault")] {
                let mut info = Filled::new(info_layout, abi);
                let code = if form == "sent" { 0 } else { 1 };
                let mut put = |name: &str, value: u64| info.put(info_layout, &format!("{prefix}{name}"), value);
                put("si_signo", signo);
                put("si_code", code);
                let names: &[(&str, &str)] = match (inside, form) {
                    (false, "sent") => {
                        &[("pid", "reason.rt.pid"), ("uid", "reason.rt.uid"), ("value", "reason.rt.value.sival_ptr")]
                    }
                    (false, "child") => &[
                        ("pid", "reason.child.pid"),
                        ("uid", "reason.child.uid"),
                        ("status", "reason.child.status"),
                        ("utime", "reason.child.utime"),
                        ("stime", "reason.child.stime"),
                    ],
                    (false, _) => &[("addr", "reason.fault.addr"), ("trap", "reason.fault.trap")],
                    (true, "sent") => &[
                        ("pid", "data.proc.pid"),
                        (
                            "uid",
                            if has(info_layout, "si.data.proc.uid") {
                                "data.proc.uid"
                            } else {
                                "data.proc.pdata.kill.uid"
                            },
                        ),
                    ],
                    (true, "child") => &[
                        ("pid", "data.proc.pid"),
                        ("status", "data.proc.pdata.cld.status"),
                        ("utime", "data.proc.pdata.cld.utime"),
                        ("stime", "data.proc.pdata.cld.stime"),
                    ],
                    (true, _) => &[("addr", "data.fault.addr"), ("trap", "data.fault.trap")],
                };
                let wanted: BTreeMap<&str, u64> =
                    names.iter().zip(0x31..).map(|((key, name), value)| (*key, put(name, value))).collect();
                let bytes = if inside {
                    info.bytes.clone()
                } else {
                    // Behind the struct, where its alignment puts it, and of 128 bytes.
                    let align = info_layout.align as usize;
                    let mut bytes = filled.bytes.clone();
                    bytes.resize(bytes.len().div_ceil(align) * align, 0);
                    bytes.extend_from_slice(&info.bytes);
                    bytes.resize(bytes.len() + 128 - info.bytes.len(), 0);
                    bytes
                };
                read(&bytes, &mut |payload| {
                    let Payload::Psig(signal) = payload else { panic!("{payload:?}") };
                    let reason = signal.info.expect("a siginfo").reason;
                    let mut got = BTreeMap::new();
                    match reason {
                        Reason::Sent { pid, uid, value } => {
                            got.extend([("pid", pid as u64), ("uid", uid.into())]);
                            got.extend(value.map(|value| ("value", value)));
                        }
                        Reason::Child { pid, uid, status, utime, stime } => {
                            got.extend([
                                ("pid", pid as u64),
                                ("status", status as u64),
                                ("utime", utime as u64),
                                ("stime", stime as u64),
                            ]);
                            got.extend(uid.map(|uid| ("uid", uid.into())));
                        }
                        Reason::Fault { addr, trap, .. } => got.extend([("addr", addr), ("trap", trap as u64)]),
                        Reason::Poll { .. } | Reason::Unknown => panic!("{reason:?}"),
                    }
                    for (key, value) in &wanted {
                        assert_eq!(got.get(key), Some(value), "{system:?} {} {form} {key}", abi.name);
                    }
                });
            }
        });
    });
}

fn has(layout: &Layout, name: &str) -> bool {
    layout.members.iter().any(|m| m.name == name)
}

#[test]
fn the_other_payloads_are_read_where_they_stand() {
    each(|system, text, abi| {
        let small = |name: &str, kind: Kind, members: &'static [&'static str], got: fn(&Payload<'_>) -> Vec<u64>| {
            check(system, text, abi, name, kind, |filled, _, read| {
                let wanted: Vec<u64> = members.iter().map(|name| filled.get(name)).collect();
                read(&filled.bytes, &mut |payload| assert_eq!(got(payload), wanted, "{system:?} {} {name}", abi.name));
            });
        };
        small("ktr_genio", Kind::Genio, &["ktr_fd", "ktr_rw"], |p| match p {
            Payload::Genio { fd, rw, .. } => vec![*fd as u64, *rw as u64],
            other => panic!("{other:?}"),
        });
        small("ktr_csw", Kind::Csw, &["out", "user"], |p| match p {
            Payload::Csw { out, user, .. } => vec![*out as u64, *user as u64],
            other => panic!("{other:?}"),
        });
        small(
            "ktr_saupcall",
            Kind::Saupcall,
            &["ktr_type", "ktr_nevent", "ktr_nint", "ktr_sas", "ktr_ap"],
            |p| match p {
                Payload::Saupcall { sa_type, nevent, nint, sas, ap, .. } => {
                    vec![*sa_type as u64, *nevent as u64, *nint as u64, *sas, *ap]
                }
                other => panic!("{other:?}"),
            },
        );
        small("ktr_execfd", Kind::ExecFd, &["ktr_fd", "ktr_dtype"], |p| match p {
            Payload::ExecFd { fd, dtype } => vec![*fd as u64, *dtype as u64],
            other => panic!("{other:?}"),
        });
        small("ktr_proc_ctor", Kind::ProcCtor, &["sv_flags"], |p| match p {
            Payload::ProcCtor { flags } => vec![(*flags).into()],
            other => panic!("{other:?}"),
        });
        small("ktr_fault", Kind::Fault, &["vaddr", "type"], |p| match p {
            Payload::Fault { vaddr, kind } => vec![*vaddr, *kind as u64],
            other => panic!("{other:?}"),
        });
        small("ktr_pledge", Kind::Pledge, &["error", "syscall", "code"], |p| match p {
            Payload::Pledge { error, syscall, code } => vec![*error as u64, *syscall as u64, *code],
            other => panic!("{other:?}"),
        });
        small("ktr_pinsyscall", Kind::PinSyscall, &["error", "syscall", "addr"], |p| match p {
            Payload::PinSyscall { error, syscall, addr } => vec![*error as u64, *syscall as u64, *addr],
            other => panic!("{other:?}"),
        });
        check(system, text, abi, "ktr_mool", Kind::Mool, |filled, layout, read| {
            filled.put(layout, "size", 0);
            read(&filled.bytes, &mut |payload| {
                let Payload::Mool { uaddr, size, .. } = payload else { panic!("{payload:?}") };
                assert_eq!((*uaddr, *size), (filled.get("uaddr"), 0));
            });
        });
        check(system, text, abi, "ktr_struct_array", Kind::StructArray, |filled, layout, read| {
            filled.put(layout, "struct_size", 2);
            filled.bytes.extend_from_slice(b"pair\0aabb");
            read(&filled.bytes, &mut |payload| {
                assert_eq!(*payload, Payload::StructArray { size: 2, name: b"pair", data: b"aabb" });
            });
        });
        check(system, text, abi, "ktr_cap_fail", Kind::CapFail, |filled, layout, read| {
            let union = system.dialect().cap_fail == CapFail::Union;
            let prefix = if union { "cap_data.rights." } else { "" };
            filled.put(layout, "cap_type", 1);
            let [needed, held] =
                [("cap_needed", 0x77), ("cap_held", 0x88)].map(|(n, v)| filled.put(layout, &format!("{prefix}{n}"), v));
            read(&filled.bytes, &mut |payload| {
                let Payload::CapFail { kind, call, violation } = payload else { panic!("{payload:?}") };
                let Violation::Rights { needed: n, held: h, .. } = violation else { panic!("{payload:?}") };
                assert_eq!((*kind, n.iter().next(), h.iter().next()), (1, Some(needed), Some(held)));
                let wanted = union.then(|| (filled.get("cap_code") as i32, filled.get("cap_svflags") as u32));
                assert_eq!(*call, wanted);
            });
        });
    });
}

#[test]
fn a_files_status_is_read_where_it_stands() {
    each(|system, text, abi| {
        let Some(layout) = laid_out(system, text, abi, "stat") else { return };
        let filled = Filled::new(&layout, abi);
        // Old FreeBSD kernels pad the struct to a multiple of 16 bytes behind its last member.
        let mut payload = b"stat\0".to_vec();
        payload.extend_from_slice(&filled.bytes);
        let machine = system.dialect().machines.iter().find(|m| abi::find(m).is_some_and(|known| known.alike(abi)));
        let origin = Origin::find(system, machine.expect("a machine")).expect("an origin");
        let decoded = decode(origin, Kind::Struct, &payload, payload.len() as u64);
        let Payload::Struct { details: Details::Stat { ino, mode, size, mtime, birthtime }, .. } = decoded.payload
        else {
            panic!("{system:?} {}: {} bytes, {:?}", abi.name, layout.size, decoded.flaw)
        };
        let value = |name: &str| filled.get(name);
        let wanted = ["st_ino", "st_mode", "st_size", "st_mtim.tv_sec", "st_birthtim.tv_sec"].map(value);
        assert_eq!([ino, mode.into(), size as u64, mtime as u64, birthtime as u64], wanted, "{system:?} {}", abi.name);
        assert!(matches!(system.dialect().family, Family::FreeBsd | Family::OpenBsd));
    });
}
