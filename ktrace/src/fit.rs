//! How well records fit the system that they are read as: counted for the winner too, record by record, to the end of a trace.
//!
//! - *Invariant:* memory is bounded, whatever a trace holds.

use crate::layout::Origin;
use crate::payload::calls::number;
use crate::payload::{Decoded, Payload};
use crate::record::{Header, PERFECT};
use crate::system::Kind;
use rustc_hash::{FxHashMap, FxHashSet};

/// No more threads' calls are kept account of.
const THREADS: usize = 1 << 14;
/// One record in so many may be odd before a trace is only like those of its system.
const SMALL: u64 = 12;

/// The first second that 32 bits with a sign cannot hold.
const LATE: i64 = 1 << 31;

/// Emulations with the system's own calls and as many registers.
const NATIVE: [&[u8]; 4] = [b"netbsd", b"native", b"aeriebsd", b"openbsd"];
/// FreeBSD's own ABI, in the low byte of a PROCCTOR's flags.
const FREEBSD: u32 = 9;
/// In those flags: a program of 64 bits.
const LP64: u32 = 0x0002_0000;

/// What of a trace does not fit its system.
#[derive(Debug, Clone, Default)]
pub struct Fit {
    /// Records that were looked at.
    pub records: u64,
    /// Those of them with anything that does not fit.
    pub misfits: u64,
    /// Payloads of a size or with a count that the system does not write.
    pub payloads: u64,
    /// Types that it does not define.
    pub types: u64,
    /// Headers with a time, a process, a name that cannot be.
    pub headers: u64,
    /// Calls that it does not have, or that have another number of arguments there.
    pub calls: u64,
    /// Returns of another call than the thread made last.
    pub answers: u64,
    /// Places where the chain of records broke.
    pub breaks: u64,
    /// Records of a time that 32 bits with a sign cannot hold.
    pub late: u64,
    /// The call that each thread is in, where headers name threads.
    open: FxHashMap<(i32, i64), i32>,
    /// Processes whose calls are those of another system.
    foreign: FxHashSet<i32>,
}

/// What does not fit, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// A noun phrase, in the number that it needs.
    pub what: &'static str,
    /// How many records.
    pub records: u64,
}

/// Whether members have values that no kernel writes: texts that are none, numbers of signals that there are not, a direction that
/// is neither.
fn is_strange(kind: Kind, payload: &Payload<'_>) -> bool {
    match *payload {
        Payload::Text(name) if kind == Kind::Emul => !name.iter().all(u8::is_ascii_graphic),
        // Kernels copy these up to their NUL.
        Payload::Text(path) if kind == Kind::Namei => path.contains(&0),
        Payload::Text(name) if kind == Kind::Sysctl => name.strip_suffix(b"\0").unwrap_or(name).contains(&0),
        // A program is given its own name at least.
        Payload::Strings([]) => matches!(kind, Kind::Args | Kind::ExecArgs),
        Payload::Strings(texts) => texts.iter().any(|b| matches!(b, 1..=6 | 0x0e..=0x1a)),
        Payload::Genio { rw, .. } => !matches!(rw, 0 | 1),
        Payload::Psig(signal) => !(1..=128).contains(&signal.signo),
        Payload::Csw { out, user, .. } => !(matches!(out, 0 | 1) && matches!(user, 0 | 1)),
        _ => false,
    }
}

impl Fit {
    /// Takes account of a record whose header has `points` plausible members.
    #[inline]
    pub fn see(&mut self, origin: &Origin, header: &Header<'_>, points: u8, decoded: &Decoded<'_>) {
        let Header { kind, pid, lid, .. } = *header;
        self.records += 1;
        self.late += u64::from(header.sec >= LATE);
        let mut fits = true;
        let mut count = |counter: &mut u64, wrong: bool| {
            *counter += u64::from(wrong);
            fits &= !wrong;
        };
        count(&mut self.payloads, decoded.flaw.is_some() || is_strange(kind, &decoded.payload));
        count(&mut self.types, kind == Kind::Unknown && !origin.dialect.defines(header.code));
        count(&mut self.headers, points < PERFECT);
        match decoded.payload {
            Payload::Syscall { code, .. } => {
                let own = self.foreign.is_empty() || !self.foreign.contains(&pid);
                count(&mut self.calls, own && crate::calls::is_none(origin, &decoded.payload));
                if let Some(lid) = lid
                    && (self.open.len() < THREADS || self.open.contains_key(&(pid, lid)))
                {
                    self.open.insert((pid, lid), number(code));
                }
            }
            Payload::Sysret { code, .. } => {
                if let Some(open) = lid.and_then(|lid| self.open.remove(&(pid, lid))) {
                    count(&mut self.answers, open != number(code));
                }
            }
            Payload::Text(name) if kind == Kind::Emul => self.emulates(pid, !NATIVE.contains(&name)),
            // A program of 32 bits has the same calls, but its 64-bit arguments take two registers.
            Payload::ProcCtor { flags } => {
                let narrow = origin.abi.pointer == 8 && flags & LP64 == 0;
                self.emulates(pid, flags & 0xff != FREEBSD || narrow);
            }
            _ => {}
        }
        self.misfits += u64::from(!fits);
    }

    /// Another kernel's records follow: its processes are others, whatever their numbers.
    pub fn restart(&mut self) {
        self.open.clear();
        self.foreign.clear();
    }

    fn emulates(&mut self, pid: i32, foreign: bool) {
        if !foreign {
            self.foreign.remove(&pid);
        } else if self.foreign.len() < THREADS {
            self.foreign.insert(pid);
        }
    }

    /// Whether more than a small share of the records does not fit.
    pub fn is_only_like(&self) -> bool {
        self.misfits * SMALL > self.records
    }

    /// What does not fit.
    pub fn misfits(&self) -> Vec<Misfit> {
        let all = [
            ("payload that does not fit its structs", "payloads that do not fit its structs", self.payloads),
            ("record of a type that it does not have", "records of types that it does not have", self.types),
            ("header with implausible members", "headers with implausible members", self.headers),
            ("call that it does not have so", "calls that it does not have so", self.calls),
            ("return of another call than was made", "returns of another call than was made", self.answers),
        ];
        let some = all.into_iter().filter(|(.., n)| *n > 0);
        some.map(|(one, many, records)| Misfit { what: if records == 1 { one } else { many }, records }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::decode;
    use crate::system::System;

    /// A record of FreeBSD on amd64.
    fn see(fit: &mut Fit, code: i16, payload: &[u8]) {
        let origin = Origin::find(System::FreeBsd12, "amd64").expect("known");
        let mut bytes = vec![0; 56];
        bytes[0..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        bytes[4..6].copy_from_slice(&code.to_le_bytes());
        bytes[8] = 77;
        bytes[12..15].copy_from_slice(b"cat");
        bytes[32..36].copy_from_slice(&1_600_000_000u32.to_le_bytes());
        bytes[48..52].copy_from_slice(&100_042u32.to_le_bytes());
        let header = Header::read(origin, &bytes).expect("a header");
        fit.see(origin, &header, header.plausibility(), &decode(origin, header.kind, payload, payload.len() as u64));
    }

    fn call(number: i16, arguments: usize) -> Vec<u8> {
        let mut payload = [number.to_le_bytes(), (arguments as i16).to_le_bytes()].concat();
        payload.resize(8 + 8 * arguments, 0);
        payload
    }

    #[test]
    fn programs_of_other_kinds_have_calls_of_their_own() {
        // lseek(2) has three arguments; one of 64 bits takes two registers of a program of 32 bits.
        for (flags, misfits) in [(0x9f_0209, 1), (0x9d_0209, 0), (0x9f_0203, 0)] {
            let mut fit = Fit::default();
            see(&mut fit, 10, &u32::to_le_bytes(flags));
            see(&mut fit, 1, &call(478, 3));
            see(&mut fit, 1, &call(478, 4));
            assert_eq!((fit.records, fit.misfits), (3, misfits), "{flags:#x}");
        }
    }

    #[test]
    fn what_no_kernel_writes_is_a_misfit() {
        let csw = |out: i32| [out.to_le_bytes(), 0i32.to_le_bytes(), *b"wait", [0; 4]].concat();
        let genio = |way: i32| [1i32.to_le_bytes(), way.to_le_bytes()].concat();
        let rows: [(i16, Vec<u8>, u64); 8] = [
            (3, b"/etc/motd".to_vec(), 0),
            (3, b"/etc\0motd".to_vec(), 1),
            (9, b"kern.ostype\0".to_vec(), 0),
            (9, b"kern\0ostype".to_vec(), 1),
            (6, csw(1), 0),
            (6, csw(7), 1),
            (4, genio(1), 0),
            (4, genio(2), 1),
        ];
        for (code, payload, misfits) in rows {
            let mut fit = Fit::default();
            see(&mut fit, code, &payload);
            assert_eq!((fit.misfits, fit.payloads), (misfits, misfits), "{code} {payload:?}");
        }
    }
}
