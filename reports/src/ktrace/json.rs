//! Records as JSON: one object a record, with the names of the structs' members.
//!
//! Strings are Latin-1 (a byte XX is U+00XX) and `*_hex` are raw bytes, so that nothing is lost. Registers and pointers are
//! hexadecimal strings, because JSON's numbers do not hold 64 bits everywhere.

use super::bytes::{decimal, display, hex, hexadecimal, json_string, unsigned};
use uioscope_ktrace::neutral::Meta;
use uioscope_ktrace::payload::{Decoded, Details, Payload, Reason};
use uioscope_ktrace::payload::{Violation, strings};
use uioscope_ktrace::read::Damage;
use uioscope_ktrace::record::Record;
use uioscope_ktrace::system::{Family, Kind, Returns, System};

/// The schema of a document of records.
pub const SCHEMA: &str = "uioscope.ktrace.dump/1";

/// Writes the start of a document of records, up to the first of them.
pub fn start(out: &mut Vec<u8>, file: &str, meta: &Meta) {
    out.push(b'{');
    let mut object = Object { out };
    object.text("schema", SCHEMA.as_bytes());
    // Names of files are text, and serde_json knows how to write that.
    display(object.key("file"), serde_json::Value::from(file));
    display(object.key("system"), serde_json::Value::from(meta.system.as_str()));
    display(object.key("abi"), serde_json::Value::from(meta.machine.as_str()));
    object.key("records").push(b'[');
}

/// An object that is being written: puts the commas.
struct Object<'o> {
    out: &'o mut Vec<u8>,
}

impl Object<'_> {
    fn key(&mut self, name: &str) -> &mut Vec<u8> {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn number(&mut self, name: &str, n: impl Into<i64>) {
        decimal(self.key(name), n.into());
    }

    fn unsigned(&mut self, name: &str, n: impl Into<u64>) {
        unsigned(self.key(name), n.into());
    }

    fn hexadecimal(&mut self, name: &str, n: u64) {
        let out = self.key(name);
        out.push(b'"');
        hexadecimal(out, n);
        out.push(b'"');
    }

    fn text(&mut self, name: &str, text: &[u8]) {
        json_string(self.key(name), text);
    }

    fn data(&mut self, name: &str, data: &[u8]) {
        let out = self.key(name);
        out.push(b'"');
        hex(out, data);
        out.push(b'"');
    }

    fn null(&mut self, name: &str) {
        self.key(name).extend_from_slice(b"null");
    }

    fn list<T>(&mut self, name: &str, items: impl Iterator<Item = T>, each: impl Fn(&mut Vec<u8>, T)) {
        let out = self.key(name);
        out.push(b'[');
        for (i, item) in items.enumerate() {
            if i > 0 {
                out.push(b',');
            }
            each(out, item);
        }
        out.push(b']');
    }
}

/// Writes the record as one object without line end. Of data, no more than `most` bytes are written, and then
/// `"data_cut"` says how many there are. Says whether the object is still open, because the payload comes in parts: then
/// [`part`] goes on with it and [`end`] closes it.
pub fn record(out: &mut Vec<u8>, record: &Record<'_>, most: usize) -> bool {
    let decoded = record.decode();
    let partial = decoded.raw.len() as u64 + u64::from(u16::MAX) < record.len;
    head(out, record);
    let mut object = Object { out };
    members(&mut object, record, &decoded, most);
    if let Some(flaw) = decoded.flaw {
        let mut text = Vec::new();
        display(&mut text, flaw);
        object.text("flaw", &text);
        if !has_data(&decoded.payload) {
            data(&mut object, decoded.raw, most);
        }
    }
    // The data's closing quote is taken back, and comes with the end.
    let open = partial && most == usize::MAX && out.last() == Some(&b'"') && decoded.flaw.is_none();
    let open = open
        && has_data(&decoded.payload)
        && !matches!(decoded.payload, Payload::Struct { .. } | Payload::StructArray { .. });
    if open {
        out.pop();
    } else {
        if partial {
            Object { out }.unsigned("payload_cut", decoded.raw.len() as u64);
        }
        out.push(b'}');
    }
    open
}

/// Writes more of the last record's data.
pub fn part(out: &mut Vec<u8>, data: &[u8]) {
    hex(out, data);
}

/// Closes a record whose data came in parts.
pub fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"}");
}

/// The part that all records have.
fn head(out: &mut Vec<u8>, record: &Record<'_>) {
    out.push(b'{');
    let mut object = Object { out };
    object.unsigned("i", record.index);
    object.unsigned("offset", record.offset);
    object.text("type", record.kind_name().as_bytes());
    let family = record.system.dialect().family;
    if family == Family::OpenBsd {
        object.hexadecimal("type_code_hex", record.code as u64);
    }
    object.number("type_code", record.code);
    let reserved = matches!(family, Family::FreeBsd | Family::DragonFly | Family::Lite2 | Family::Aerie);
    if reserved || record.dropped {
        object.number("dropped_before", i64::from(record.dropped));
    }
    object.unsigned("len", record.len);
    match record.version {
        Some(version) => object.number("version", version),
        None => object.null("version"),
    }
    object.number("pid", record.pid);
    match record.lid {
        Some(lid) => object.number("lid", lid),
        None => object.null("lid"),
    }
    object.text("comm", record.comm);
    object.number("sec", record.sec);
    object.number("nsec", record.nsec());
    object.text("time_unit", record.unit.name().as_bytes());
    object.number("time_frac_raw", record.frac);
    if let Some(cpu) = record.cpu {
        object.unsigned("cpu", cpu);
    }
}

fn has_data(payload: &Payload<'_>) -> bool {
    use Payload::{Genio, Mmsg, Mool, Opaque, Struct, StructArray, User};
    matches!(
        payload,
        StructArray { .. } | Opaque(_) | Genio { .. } | User { .. } | Mmsg { .. } | Mool { .. } | Struct { .. }
    )
}

fn data(object: &mut Object<'_>, data: &[u8], most: usize) {
    object.data("data_hex", &data[..data.len().min(most)]);
    if data.len() > most {
        object.unsigned("data_cut", data.len() as u64);
    }
}

fn members(object: &mut Object<'_>, record: &Record<'_>, decoded: &Decoded<'_>, most: usize) {
    let register = |out: &mut Vec<u8>, word: u64| {
        out.push(b'"');
        hexadecimal(out, word);
        out.push(b'"');
    };
    let int = |out: &mut Vec<u8>, n: i32| decimal(out, n.into());
    match decoded.payload {
        // A program's own records often say what they say in words.
        Payload::Opaque(bytes) if record.system == System::Private && is_text(bytes) => object.text("text", bytes),
        Payload::Opaque(bytes) => {
            if !(bytes.is_empty() && matches!(record.kind, Kind::Start | Kind::ProcDtor)) {
                data(object, bytes, most);
            }
        }
        Payload::Syscall { code, size, counted, width, args, mib } => {
            object.number("code", code);
            if record.system.is_netbsd() {
                object.number("argsize", size);
            } else if !counted && size >= 0 {
                object.number("nargs", size / i64::from(width.max(1)));
            } else {
                object.number("nargs", size);
            }
            object.unsigned("register_size", width);
            object.list("args", args.iter(), register);
            if let Some(mib) = mib {
                object.list("mib", mib.ints(), int);
            }
        }
        Payload::Sysret { code, eosys, error, width, retval, retval_1 } => {
            object.number("code", code);
            if record.system.is_netbsd() {
                object.number("eosys", eosys);
            }
            object.number("error", error);
            if let Some(retval) = retval {
                object.hexadecimal("retval", retval);
                let signed = if width == 4 { i64::from(retval as u32 as i32) } else { retval as i64 };
                object.number("retval_signed", signed);
            }
            match retval_1 {
                Some(second) => object.hexadecimal("retval_1", second),
                None if record.system.dialect().returns == Returns::OnSuccess => {}
                None => object.null("retval_1"),
            }
        }
        Payload::Text(text) => {
            let name = match record.kind {
                Kind::Namei => "path",
                Kind::ExecArg | Kind::ExecEnv => "text",
                _ => "name",
            };
            object.text(name, text);
        }
        Payload::Genio { fd, rw, data: bytes } => {
            object.number("fd", fd);
            match rw {
                0 => object.text("rw", b"read"),
                1 => object.text("rw", b"write"),
                other => object.number("rw", other),
            }
            object.unsigned("count", record.len.saturating_sub(8).max(bytes.len() as u64));
            data(object, bytes, most);
        }
        Payload::Psig(signal) => {
            object.number("signo", signal.signo);
            object.hexadecimal("action", signal.action);
            object.list("mask", signal.mask.signals(), |out, n| unsigned(out, n.into()));
            object.unsigned("mask_bits", signal.mask_bits);
            object.number("code", signal.code);
            match signal.info {
                Some(info) => siginfo(object, &info),
                None => object.null("siginfo"),
            }
        }
        Payload::Csw { out, user, wmesg } => {
            object.number("out", out);
            object.number("user", user);
            if let Some(wmesg) = wmesg {
                object.text("wmesg", wmesg);
            }
        }
        Payload::User { id, data: bytes } => {
            if let Some(id) = id {
                object.text("id", id);
            }
            data(object, bytes, most);
        }
        Payload::Mib(mib) => object.list("mib", mib.ints(), int),
        Payload::Saupcall { sa_type, nevent, nint, sas, ap, sa } => {
            object.number("sa_type", sa_type);
            object.number("nevent", nevent);
            object.number("nint", nint);
            object.hexadecimal("sas", sas);
            object.hexadecimal("ap", ap);
            object.list("sa", sa.iter(), |out, sa| {
                out.push(b'{');
                let mut object = Object { out };
                object.hexadecimal("context", sa.context);
                object.number("id", sa.id);
                object.number("cpu", sa.cpu);
                out.push(b'}');
            });
        }
        Payload::Mmsg { head: [bits, size, remote, local, reserved, id], data: bytes } => {
            object.hexadecimal("bits", bits.into());
            for (name, n) in
                [("size", size), ("remote_port", remote), ("local_port", local), ("reserved", reserved), ("id", id)]
            {
                object.unsigned(name, n);
            }
            data(object, bytes, most);
        }
        Payload::Mool { uaddr, size, data: bytes } => {
            object.hexadecimal("uaddr", uaddr);
            object.unsigned("size", size);
            data(object, bytes, most);
        }
        Payload::Struct { name, data: bytes, details } => {
            object.text("struct_name", name);
            data(object, bytes, most);
            struct_members(object, details);
        }
        Payload::ExecFd { fd, dtype } => {
            object.number("fd", fd);
            object.number("dtype", dtype);
        }
        Payload::ProcCtor { flags } => object.hexadecimal("sv_flags", flags.into()),
        Payload::Fault { vaddr, kind } => {
            object.hexadecimal("vaddr", vaddr);
            object.number("fault_type", kind);
        }
        Payload::FaultEnd { result } => object.number("result", result),
        Payload::Strings(bytes) => object.list("strings", strings(bytes), json_string),
        Payload::Pledge { error, syscall, code } => {
            object.number("error", error);
            object.number("syscall", syscall);
            object.unsigned("code", code);
        }
        Payload::PinSyscall { error, syscall, addr } => {
            object.number("error", error);
            object.number("syscall", syscall);
            object.hexadecimal("addr", addr);
        }
        Payload::StructArray { size, name, data: bytes } => {
            object.unsigned("struct_size", size);
            object.text("struct_name", name);
            data(object, bytes, most);
        }
        Payload::CapFail { kind, call, violation } => {
            object.number("cap_type", kind);
            if let Some((code, flags)) = call {
                object.number("code", code);
                object.hexadecimal("svflags", flags.into());
            }
            cap_fail(object, &violation);
        }
    }
}

fn cap_fail(object: &mut Object<'_>, violation: &Violation<'_>) {
    let right = |out: &mut Vec<u8>, word: u64| {
        out.push(b'"');
        hexadecimal(out, word);
        out.push(b'"');
    };
    let raw = match *violation {
        Violation::Rights { needed, held, raw } => {
            object.list("needed", needed.iter(), right);
            object.list("held", held.iter(), right);
            raw
        }
        Violation::Number(n, raw) => {
            object.number("int", n);
            raw
        }
        Violation::Address(raw) => {
            struct_members(object, uioscope_ktrace::payload::structs::sockaddr(raw).0);
            raw
        }
        Violation::Path(raw) => {
            object.text("path", raw.split(|b| *b == 0).next().unwrap_or_default());
            raw
        }
        Violation::Nothing(raw) => raw,
    };
    if !raw.is_empty() {
        object.data("raw", raw);
    }
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t'))
}

fn siginfo(object: &mut Object<'_>, info: &uioscope_ktrace::payload::signal::Info<'_>) {
    object.key("siginfo").push(b'{');
    object.number("signo", info.signo);
    object.number("code", info.code);
    object.number("errno", info.errno);
    match info.reason {
        Reason::Sent { pid, uid, value } => {
            object.number("pid", pid);
            object.unsigned("uid", uid);
            if let Some(value) = value {
                object.hexadecimal("value", value);
            }
        }
        Reason::Child { pid, uid, status, utime, stime } => {
            object.number("pid", pid);
            if let Some(uid) = uid {
                object.unsigned("uid", uid);
            }
            object.number("status", status);
            object.number("utime", utime);
            object.number("stime", stime);
        }
        Reason::Fault { addr, trap, more } => {
            object.hexadecimal("addr", addr);
            object.number("trap", trap);
            if let Some([trap2, trap3]) = more {
                object.number("trap2", trap2);
                object.number("trap3", trap3);
            }
        }
        Reason::Poll { band, fd } => {
            object.hexadecimal("band", band);
            object.number("fd", fd);
        }
        Reason::Unknown => object.data("raw", info.raw),
    }
    object.out.push(b'}');
}

fn struct_members(object: &mut Object<'_>, details: Details<'_>) {
    match details {
        Details::None => {}
        Details::Sockaddr { family, internet } => {
            object.unsigned("family", family);
            if let Some((port, addr)) = internet {
                object.unsigned("port", port);
                let out = object.key("addr");
                out.push(b'"');
                for (i, byte) in addr.iter().enumerate() {
                    if i > 0 {
                        out.push(b'.');
                    }
                    unsigned(out, (*byte).into());
                }
                out.push(b'"');
            }
        }
        Details::Stat { ino, mode, size, mtime, birthtime } => {
            object.unsigned("st_ino", ino);
            object.unsigned("st_mode", mode);
            object.number("st_size", size);
            object.number("st_mtime", mtime);
            object.number("st_birthtime", birthtime);
        }
        Details::Timespec { sec, nsec } => {
            object.number("tv_sec", sec);
            object.number("tv_nsec", nsec);
        }
    }
}

/// Writes a place of damage as one object without line end.
pub fn damage(out: &mut Vec<u8>, damage: &Damage) {
    use uioscope_ktrace::read::DamageKind;
    out.push(b'{');
    let mut object = Object { out };
    object.unsigned("offset", damage.offset);
    object.text("kind", damage.kind.name().as_bytes());
    match &damage.kind {
        DamageKind::PayloadTruncated { header_size, code, len, present } => {
            object.unsigned("header_size", *header_size as u64);
            object.number("type_code", *code);
            object.unsigned("ktr_len", *len);
            object.unsigned("payload_present", *present);
        }
        DamageKind::HeaderTruncated { present } => object.unsigned("header_present", *present as u64),
        DamageKind::Length(len) => object.number("ktr_len", *len),
        DamageKind::Derailed { len } => object.unsigned("ktr_len", *len),
        DamageKind::Version(version) => object.number("ktr_version", *version),
        DamageKind::ZeroFill { bytes } => object.unsigned("bytes", *bytes),
        DamageKind::OtherLayout { from, to } => {
            let [from, to] = [from, to].map(ToString::to_string);
            object.text("from", from.as_bytes());
            object.text("to", to.as_bytes());
        }
        _ => {}
    }
    match damage.resumed {
        Some(at) => object.unsigned("resumed", at),
        None => object.null("resumed"),
    }
    let mut text = Vec::new();
    display(&mut text, damage);
    object.text("message", &text);
    out.push(b'}');
}
