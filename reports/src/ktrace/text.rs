//! Records for people: one line each, as kdump prints them, with nothing in it that a terminal would act on.

use super::bytes::{decimal, display, hex, hexadecimal, padded, quoted, shown, unsigned};
use std::collections::HashMap;
use uioscope_ktrace::names::{Calls, Names};
use uioscope_ktrace::payload::{Decoded, Details, Payload, Reason, Signal, Violation, strings};
use uioscope_ktrace::record::Record;
use uioscope_ktrace::system::Kind;

/// How times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// Not at all.
    #[default]
    None,
    /// Since 1970.
    Absolute,
    /// Since the record before.
    Relative,
    /// Since the first record.
    Elapsed,
}

/// How records are shown.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The times.
    pub times: Times,
    /// Whether registers are decimal.
    pub decimal: bool,
    /// Whether data is hexadecimal.
    pub hexadecimal: bool,
    /// No more bytes of data are shown.
    pub most: usize,
}

/// The flag of a PROCCTOR of a program of 64 bits.
const LP64: u32 = 0x2_0000;
/// No more processes' emulations are remembered.
const EMULATIONS: usize = 1 << 14;

/// Writes records as lines, and remembers what a line needs of those before it.
#[derive(Debug)]
pub struct Lines {
    options: Options,
    first: Option<i128>,
    before: Option<i128>,
    names: Names,
    /// Processes whose system calls have other numbers than the system's own.
    foreign: HashMap<i32, Calls>,
}

impl Lines {
    /// A listing, with the names that the trace's numbers have.
    pub fn new(options: Options, names: Names) -> Lines {
        Lines { options, first: None, before: None, names, foreign: HashMap::new() }
    }

    /// Takes notice of a record that is not shown.
    pub fn pass(&mut self, record: &Record<'_>) {
        if matches!(record.kind, Kind::Emul | Kind::ProcCtor) {
            self.emulation(record);
        }
        let time = record.nanoseconds();
        self.first.get_or_insert(time);
    }

    /// Writes the record's line.
    pub fn record(&mut self, out: &mut Vec<u8>, record: &Record<'_>) {
        padded(out, record.pid.into(), 6, b' ');
        out.push(b' ');
        match record.lid {
            Some(lid) => padded(out, lid, 6, b' '),
            None => out.extend_from_slice(b"     -"),
        }
        out.push(b' ');
        let start = out.len();
        shown(out, record.comm);
        let width = out.len() - start;
        out.extend(std::iter::repeat_n(b' ', 9usize.saturating_sub(width).max(1)));
        self.time(out, record);
        if record.type_name.is_some() {
            shown(out, record.kind_name().as_bytes());
            out.push(b' ');
        } else {
            let name = record.kind.short().as_bytes();
            out.extend_from_slice(name);
            out.extend_from_slice(&b"     "[..5usize.saturating_sub(name.len()).max(1)]);
        }
        if record.dropped {
            out.extend_from_slice(b"(events lost before) ");
        }
        if record.kind == Kind::Unknown && record.type_name.is_none() {
            out.extend_from_slice(b"type ");
            decimal(out, record.code);
            out.push(b' ');
        }
        let decoded = record.decode();
        self.payload(out, record, &decoded);
        if let Some(flaw) = decoded.flaw {
            out.extend_from_slice(b" [damaged: ");
            display(out, flaw);
            out.extend_from_slice(b"] ");
            hex(out, &decoded.raw[..decoded.raw.len().min(self.options.most)]);
        }
        // Names may be empty, and then the line would end in a blank.
        while out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
        if matches!(record.kind, Kind::Emul | Kind::ProcCtor) {
            self.emulation(record);
        }
    }

    /// Another kernel's records follow: its processes are others, whatever their numbers.
    pub fn restart(&mut self) {
        self.foreign.clear();
    }

    fn emulation(&mut self, record: &Record<'_>) {
        let calls = match record.decode().payload {
            Payload::Text(b"netbsd" | b"netbsd32" | b"native" | b"aeriebsd" | b"openbsd") => Calls::Own,
            Payload::Text(_) => Calls::Unknown,
            // The low byte is the ABI; programs of 32 bits have FreeBSD's own numbers too.
            Payload::ProcCtor { flags } => match (flags & 0xff, flags & LP64) {
                (9, _) => Calls::Own,
                (3, 0) => Calls::LinuxI386,
                _ => Calls::Unknown,
            },
            _ => return,
        };
        if calls == Calls::Own {
            self.foreign.remove(&record.pid);
        } else if self.foreign.len() < EMULATIONS {
            self.foreign.insert(record.pid, calls);
        }
    }

    /// Whose calls the process of a record makes.
    fn calls(&self, record: &Record<'_>) -> Calls {
        self.foreign.get(&record.pid).copied().unwrap_or(Calls::Own)
    }

    /// What a call is named; `None` where that is not certain.
    pub fn name(&self, record: &Record<'_>, code: i32) -> Option<&str> {
        self.names.call(record.system, self.calls(record), code)
    }

    fn time(&mut self, out: &mut Vec<u8>, record: &Record<'_>) {
        let time = record.nanoseconds();
        let first = *self.first.get_or_insert(time);
        let before = self.before.replace(time);
        let shown = match self.options.times {
            Times::None => return,
            Times::Absolute => time,
            Times::Elapsed => time - first,
            Times::Relative => time - before.unwrap_or(time),
        };
        seconds(out, shown);
        out.push(b' ');
    }

    fn register(&self, out: &mut Vec<u8>, word: u64, width: u8) {
        if self.options.decimal {
            decimal(out, if width == 4 { i64::from(word as u32 as i32) } else { word as i64 });
        } else {
            hexadecimal(out, word);
        }
    }

    fn data(&self, out: &mut Vec<u8>, data: &[u8], len: u64) {
        let part = &data[..data.len().min(self.options.most)];
        if self.options.hexadecimal {
            hex(out, part);
        } else {
            quoted(out, part);
        }
        let hidden = len - part.len() as u64;
        if hidden > 0 {
            out.extend_from_slice(b" + ");
            unsigned(out, hidden);
            out.extend_from_slice(if hidden == 1 { b" byte" } else { b" bytes" });
        }
    }

    fn call(&self, out: &mut Vec<u8>, record: &Record<'_>, code: i32) {
        match self.name(record, code) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => {
                out.push(b'#');
                decimal(out, code.into());
            }
        }
    }

    fn payload(&self, out: &mut Vec<u8>, record: &Record<'_>, decoded: &Decoded<'_>) {
        // The payload's length, less what of it is not data.
        let length = |data: &[u8]| {
            let head = decoded.raw.len().saturating_sub(data.len()) as u64;
            if decoded.raw.len() > 0xffff { record.len.saturating_sub(head) } else { 0 }.max(data.len() as u64)
        };
        match decoded.payload {
            Payload::Opaque(_) if decoded.flaw.is_some() => {}
            Payload::Opaque([]) => {}
            Payload::Opaque(data) => self.data(out, data, length(data)),
            Payload::Syscall { code, width, args, mib, .. } => {
                self.call(out, record, code);
                out.push(b'(');
                let ioctl = self.name(record, code) == Some("ioctl");
                for (i, word) in args.iter().enumerate() {
                    if i > 0 {
                        out.extend_from_slice(b", ");
                    }
                    let command =
                        if ioctl && i == 1 { self.names.ioctl(record.system, self.calls(record), word) } else { None };
                    match command {
                        Some(name) => out.extend_from_slice(name.as_bytes()),
                        None => self.register(out, word, width),
                    }
                }
                out.push(b')');
                if let Some(mib) = mib {
                    out.extend_from_slice(b" mib ");
                    numbers(out, mib.ints());
                }
            }
            Payload::Sysret { code, error, width, retval, retval_1, .. } => {
                self.call(out, record, code);
                out.push(b' ');
                match (error, self.names.error(record.system, error)) {
                    (0, _) => {
                        retval.iter().for_each(|value| self.register(out, *value, width));
                        if let Some(second) = retval_1.filter(|second| *second != 0) {
                            out.extend_from_slice(b", ");
                            self.register(out, second, width);
                        }
                    }
                    (-2, _) => out.extend_from_slice(b"JUSTRETURN"),
                    (_, Some("ERESTART")) => out.extend_from_slice(b"RESTART"),
                    (_, name) => {
                        out.extend_from_slice(b"-1 errno ");
                        decimal(out, error.into());
                        name.iter().for_each(|name| display(out, format_args!(" {name}")));
                    }
                }
            }
            Payload::Text(text) => self.data(out, text, length(text)),
            Payload::Genio { fd, rw, data } => {
                out.extend_from_slice(b"fd ");
                decimal(out, fd.into());
                match rw {
                    0 => out.extend_from_slice(b" read "),
                    1 => out.extend_from_slice(b" wrote "),
                    other => display(out, format_args!(" rw {other} ")),
                }
                let count = record.len.saturating_sub(8).max(data.len() as u64);
                unsigned(out, count);
                out.extend_from_slice(if count == 1 { b" byte " } else { b" bytes " });
                self.data(out, data, count);
            }
            Payload::Psig(ref signal) => self.psig(out, record, signal),
            Payload::Csw { out: leaving, user, wmesg } => {
                out.extend_from_slice(if leaving == 1 { b"stop " } else { b"resume " });
                out.extend_from_slice(if user == 1 { b"user" } else { b"kernel" });
                if let Some(wmesg) = wmesg.filter(|w| !w.is_empty()) {
                    out.push(b' ');
                    quoted(out, wmesg);
                }
            }
            Payload::User { id, data } => {
                if let Some(id) = id {
                    quoted(out, id);
                    out.push(b' ');
                }
                self.data(out, data, length(data));
            }
            Payload::Mib(mib) => numbers(out, mib.ints()),
            Payload::Saupcall { sa_type, nevent, nint, sas, ap, sa } => {
                display(out, format_args!("type {sa_type}, nevent {nevent}, nint {nint}, sas {sas:#x}, ap {ap:#x}"));
                for sa in sa.iter() {
                    display(out, format_args!(" <{:#x}, {}, {}>", sa.context, sa.id, sa.cpu));
                }
            }
            Payload::Mmsg { head: [bits, size, remote, local, reserved, id], data } => {
                let head = format_args!(
                    "id {id}, bits {bits:#x}, size {size}, remote {remote}, local {local}, reserved {reserved} "
                );
                display(out, head);
                self.data(out, data, length(data));
            }
            Payload::Mool { uaddr, size, data } => {
                display(out, format_args!("{uaddr:#x}, {size} bytes "));
                self.data(out, data, length(data));
            }
            Payload::Struct { name, data, details } => {
                shown(out, name);
                out.push(b' ');
                match details {
                    Details::None => self.data(out, data, data.len() as u64),
                    Details::Sockaddr { family, internet: Some((port, addr)) } => {
                        display(out, format_args!("family {family}, "));
                        addr.iter().enumerate().for_each(|(i, byte)| {
                            display(out, format_args!("{}{byte}", if i > 0 { "." } else { "" }));
                        });
                        display(out, format_args!(":{port}"));
                    }
                    Details::Sockaddr { family, .. } => {
                        display(out, format_args!("family {family} "));
                        self.data(out, data, data.len() as u64);
                    }
                    Details::Stat { ino, mode, size, mtime, birthtime } => display(
                        out,
                        format_args!("ino {ino}, mode {mode:o}, size {size}, mtime {mtime}, birthtime {birthtime}"),
                    ),
                    Details::Timespec { sec, nsec } => {
                        seconds(out, i128::from(sec) * 1_000_000_000 + i128::from(nsec));
                    }
                }
            }
            Payload::ExecFd { fd, dtype } => display(out, format_args!("fd {fd}, type {dtype}")),
            Payload::ProcCtor { flags } => display(out, format_args!("flags {flags:#x}")),
            Payload::Fault { vaddr, kind } => display(out, format_args!("{vaddr:#x}, type {kind}")),
            Payload::FaultEnd { result } => display(out, format_args!("result {result}")),
            Payload::Strings(bytes) => {
                for (i, text) in strings(bytes).enumerate() {
                    if i > 0 {
                        out.extend_from_slice(b", ");
                    }
                    self.data(out, text, text.len() as u64);
                }
            }
            Payload::Pledge { error, syscall, code } => {
                self.call(out, record, syscall);
                out.extend_from_slice(b" errno ");
                decimal(out, error.into());
                display(out, format_args!(" promise {code:#x}"));
            }
            Payload::PinSyscall { error, syscall, addr } => {
                self.call(out, record, syscall);
                out.extend_from_slice(b" errno ");
                decimal(out, error.into());
                display(out, format_args!(" from {addr:#x}"));
            }
            Payload::StructArray { size, name, data } => {
                shown(out, name);
                let number = data.len() as u64 / size.max(1);
                display(out, format_args!(" {number} of {size} bytes "));
                self.data(out, data, data.len() as u64);
            }
            Payload::CapFail { kind, call, violation } => {
                display(out, format_args!("violation {kind}"));
                if let Some((code, flags)) = call {
                    out.extend_from_slice(b" in ");
                    self.call(out, record, code);
                    display(out, format_args!(" flags {flags:#x}"));
                }
                cap_fail(out, &violation);
            }
        }
    }

    fn psig(&self, out: &mut Vec<u8>, record: &Record<'_>, signal: &Signal<'_>) {
        match self.names.signal(record.system, signal.signo) {
            Some(name) => display(out, format_args!("SIG{name}")),
            None => display(out, format_args!("signal {}", signal.signo)),
        }
        match signal.action {
            0 => out.extend_from_slice(b" SIG_DFL"),
            1 => out.extend_from_slice(b" SIG_IGN"),
            handler => display(out, format_args!(" caught handler={handler:#x}")),
        }
        out.extend_from_slice(b" mask=(");
        for (i, n) in signal.mask.signals().enumerate() {
            display(out, format_args!("{}{n}", if i > 0 { "," } else { "" }));
        }
        display(out, format_args!(") code={}", signal.code));
        let Some(info) = signal.info else { return };
        display(out, format_args!(" siginfo code={} errno={}", info.code, info.errno));
        match info.reason {
            Reason::Sent { pid, uid, value } => {
                display(out, format_args!(" pid={pid} uid={uid}"));
                value.iter().for_each(|value| display(out, format_args!(" value={value:#x}")));
            }
            Reason::Child { pid, uid, status, utime, stime } => {
                display(out, format_args!(" pid={pid}"));
                uid.iter().for_each(|uid| display(out, format_args!(" uid={uid}")));
                display(out, format_args!(" status={status} utime={utime} stime={stime}"));
            }
            Reason::Fault { addr, trap, more } => {
                display(out, format_args!(" addr={addr:#x} trap={trap}"));
                more.iter().for_each(|[a, b]| display(out, format_args!(" trap2={a} trap3={b}")));
            }
            Reason::Poll { band, fd } => display(out, format_args!(" band={band:#x} fd={fd}")),
            Reason::Unknown => {}
        }
    }
}

fn cap_fail(out: &mut Vec<u8>, violation: &Violation<'_>) {
    match violation {
        Violation::Rights { needed, held, .. } => {
            for (what, rights) in [(" needed", needed), (" held", held)] {
                out.extend_from_slice(what.as_bytes());
                rights.iter().for_each(|right| display(out, format_args!(" {right:#x}")));
            }
        }
        Violation::Number(n, _) => display(out, format_args!(" {n}")),
        Violation::Address(raw) => {
            out.push(b' ');
            hex(out, &raw[..raw.len().min(16)]);
        }
        Violation::Path(raw) => {
            out.push(b' ');
            quoted(out, raw.split(|b| *b == 0).next().unwrap_or_default());
        }
        Violation::Nothing(_) => {}
    }
}

/// A time with nine decimals.
fn seconds(out: &mut Vec<u8>, nanoseconds: i128) {
    if nanoseconds < 0 {
        out.push(b'-');
    }
    let magnitude = nanoseconds.unsigned_abs();
    let whole = u64::try_from(magnitude / 1_000_000_000).unwrap_or(u64::MAX);
    unsigned(out, whole);
    out.push(b'.');
    padded(out, (magnitude % 1_000_000_000) as i64, 9, b'0');
}

fn numbers(out: &mut Vec<u8>, numbers: impl Iterator<Item = i32>) {
    for (i, n) in numbers.enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        decimal(out, n.into());
    }
}

/// Which kinds a `-t` argument means: letters as in ktrace(1), or names such as `syscall`, separated by commas.
pub fn kinds(text: &str) -> Result<Vec<Kind>, String> {
    let mut kinds = Vec::new();
    for word in text.split(',').filter(|w| !w.is_empty()) {
        if word.len() > 1
            && let Some(kind) = Kind::parse(word)
        {
            kinds.push(kind);
            continue;
        }
        for letter in word.chars() {
            kinds.extend_from_slice(match letter {
                'a' => &[Kind::ExecArg],
                'c' => &[Kind::Syscall, Kind::Sysret],
                'e' => &[Kind::Emul],
                'f' => &[Kind::Fault, Kind::FaultEnd],
                'F' => &[Kind::ExecFd],
                'i' => &[Kind::Genio],
                'l' => &[Kind::Mib],
                'm' => &[Kind::Mmsg, Kind::Mool],
                'n' => &[Kind::Namei],
                'p' => &[Kind::ProcCtor, Kind::ProcDtor],
                's' => &[Kind::Psig],
                'S' => &[Kind::Saupcall],
                't' => &[Kind::Struct],
                'u' => &[Kind::User],
                'v' => &[Kind::ExecEnv],
                'w' => &[Kind::Csw],
                'y' => &[Kind::Sysctl],
                '?' => &[Kind::Unknown],
                _ => {
                    let names = Kind::ALL.map(|k| k.name().to_ascii_lowercase()).join(", ");
                    return Err(format!("{word}: no types; letters of acefFilmnpsStuvwy?, or {names}"));
                }
            });
        }
    }
    if kinds.is_empty() { Err("no types are named".to_owned()) } else { Ok(kinds) }
}
