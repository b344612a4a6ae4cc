//! PSIG: the signal, the set that was blocked, and a siginfo_t, which no two systems share.

use super::{Flaw, Parsed, Payload, View};
use crate::abi::Abi;
use crate::endian::Words;
use crate::system::{CodePlace, Dialect, SigInfo};

/// A signal taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal<'a> {
    /// Its number.
    pub signo: i32,
    /// The handler; 0 is the default action, 1 is to ignore it.
    pub action: u64,
    /// The blocked set.
    pub mask: Words<'a>,
    /// Bits of the set.
    pub mask_bits: u32,
    /// Machine-dependent.
    pub code: i32,
    /// Why it was sent.
    pub info: Option<Info<'a>>,
}

/// The members of a siginfo_t that its signal and code make meaningful, and all of its bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Info<'a> {
    pub signo: i32,
    pub code: i32,
    pub errno: i32,
    pub reason: Reason,
    /// The struct as it came.
    pub raw: &'a [u8],
}

/// The union in a siginfo_t.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Reason {
    /// A process sent it.
    Sent { pid: i32, uid: u32, value: Option<u64> },
    /// A child changed.
    Child { pid: i32, uid: Option<u32>, status: i32, utime: i64, stime: i64 },
    /// A machine fault.
    Fault { addr: u64, trap: i32, more: Option<[i32; 2]> },
    /// A descriptor became ready.
    Poll { band: u64, fd: i32 },
    /// The system's siginfo_t is not known.
    Unknown,
}

/// What a siginfo_t's union holds, by signal: 4.4BSD's numbers, the same in all of these systems.
fn form(signo: i32, code: i32) -> Form {
    match signo {
        _ if code <= 0 => Form::Sent,
        // SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV; SIGCHLD; SIGIO.
        4 | 5 | 8 | 10 | 11 => Form::Fault,
        20 => Form::Child,
        23 => Form::Poll,
        _ => Form::Sent,
    }
}

enum Form {
    Sent,
    Child,
    Fault,
    Poll,
}

/// The union's place, and the whole struct's size.
fn siginfo_size(abi: &Abi, kind: SigInfo) -> (usize, usize) {
    match kind {
        SigInfo::None => (0, 0),
        SigInfo::Behind { .. } => (abi.place(12, widest(abi, kind)), 128),
        SigInfo::Inside { .. } => {
            let union = abi.place(12, widest(abi, kind));
            (union, abi.place(union + 116, widest(abi, kind)))
        }
        SigInfo::Unknown { size, .. } => (0, size.into()),
    }
}

/// The bytes of the member of a siginfo_t's union with the strictest alignment.
fn widest(abi: &Abi, kind: SigInfo) -> u8 {
    match kind {
        SigInfo::Behind { wide: true, .. } => 8,
        SigInfo::Inside { clock, .. } => clock.max(abi.pointer),
        SigInfo::Unknown { widest, .. } => widest,
        _ => abi.pointer,
    }
}

/// Where the inner union of an OpenBSD siginfo_t starts: behind the process, and the user where that comes first.
fn inner(abi: &Abi, kind: SigInfo, union: usize) -> usize {
    let uid = if matches!(kind, SigInfo::Inside { uid_first: true, .. }) { 4 } else { 0 };
    abi.place(union + 4 + uid, widest(abi, kind))
}

/// Where a siginfo_t is behind members that end at `end`, its size, and the sizes that the payload can have.
fn sizes(abi: &Abi, dialect: &Dialect, end: usize) -> (usize, usize, [usize; 2]) {
    let (_, info_size) = siginfo_size(abi, dialect.siginfo);
    let fixed = abi.place(end, abi.pointer);
    let info_at = abi.place(end, widest(abi, dialect.siginfo));
    let sizes = match dialect.siginfo {
        SigInfo::None => [fixed; 2],
        SigInfo::Behind { .. } => [fixed, info_at + info_size],
        SigInfo::Inside { .. } | SigInfo::Unknown { .. } => [info_at + info_size; 2],
    };
    (info_at, info_size, sizes)
}

/// The bytes of the struct of a signal, without what may follow it.
pub(crate) fn psig_size(abi: &Abi, dialect: &Dialect) -> usize {
    let end = abi.place(4, abi.pointer) + usize::from(abi.pointer) + usize::from(dialect.sigset) / 8 + 4;
    sizes(abi, dialect, end).2[0]
}

pub(super) fn parse<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let (abi, dialect) = (view.origin.abi, view.origin.dialect);
    let set = usize::from(dialect.sigset) / 8;
    let action = match dialect.code {
        CodePlace::BeforeAction => 8,
        _ => view.place(4),
    };
    let behind = action + usize::from(if dialect.code == CodePlace::BeforeAction { 8 } else { abi.pointer });
    let (mask, code, end) = match dialect.code {
        CodePlace::AfterMask => (behind, behind + set, behind + set + 4),
        CodePlace::AfterAction => (behind + 4, behind, behind + 4 + set),
        CodePlace::BeforeAction => (behind, 4, behind + set),
    };
    let (info_at, info_size, sizes) = sizes(abi, dialect, end);
    if !sizes.contains(&view.bytes.len()) {
        return Err(Flaw::Odd { have: view.bytes.len() });
    }
    let raw = &view.bytes[info_at.min(view.bytes.len())..];
    let info = if raw.len() == info_size && info_size > 0 {
        Some(siginfo(&View { origin: view.origin, bytes: raw })?)
    } else {
        None
    };
    let signal = Signal {
        signo: view.int(0)?,
        action: view.wide(action, if dialect.code == CodePlace::BeforeAction { 8 } else { abi.pointer })?,
        mask: Words::new(&view.bytes[mask..mask + set], 4, abi.endian),
        mask_bits: dialect.sigset.into(),
        code: view.int(code)?,
        info,
    };
    Ok((Payload::Psig(signal), None))
}

fn siginfo<'a>(view: &View<'a, '_>) -> Result<Info<'a>, Flaw> {
    let (abi, kind) = (view.origin.abi, view.origin.dialect.siginfo);
    let (union, _) = siginfo_size(abi, kind);
    if let SigInfo::Unknown { signo, code, errno, .. } = kind {
        let at = |offset: u8| view.int(offset.into());
        return Ok(Info {
            signo: at(signo)?,
            code: at(code)?,
            errno: at(errno)?,
            reason: Reason::Unknown,
            raw: view.bytes,
        });
    }
    let (signo, code, errno) = (view.int(0)?, view.int(4)?, view.int(8)?);
    let pointer = usize::from(abi.pointer);
    let trap = union + pointer;
    let fault = |more| Ok::<_, Flaw>(Reason::Fault { addr: view.word(union)?, trap: view.int(trap)?, more });
    let poll = || Ok::<_, Flaw>(Reason::Poll { band: view.word(union)?, fd: view.int(trap)? });
    let uint = |at| view.int(at).map(i32::cast_unsigned);
    let pid = view.int(union)?;
    let reason = match (form(signo, code), kind) {
        (Form::Poll, _) => poll()?,
        (Form::Fault, SigInfo::Behind { traps: true, .. }) => fault(Some([view.int(trap + 4)?, view.int(trap + 8)?]))?,
        (Form::Fault, _) => fault(None)?,
        (Form::Child, SigInfo::Inside { clock, status_between, uid_first }) => {
            let at = inner(abi, kind, union);
            let width = usize::from(clock);
            let (stime, status) =
                if status_between { (at + width + 4, at + width) } else { (at + width, at + 2 * width) };
            let time = |at| view.origin.abi.endian.signed(view.bytes, at, clock).unwrap_or_default();
            let uid = if uid_first { Some(uint(union + 4)?) } else { None };
            Reason::Child { pid, uid, status: view.int(status)?, utime: time(at), stime: time(stime) }
        }
        (Form::Child, _) => Reason::Child {
            pid,
            uid: Some(uint(union + 4)?),
            status: view.int(union + 8)?,
            utime: view.int(union + 12)?.into(),
            stime: view.int(union + 16)?.into(),
        },
        (Form::Sent, SigInfo::Inside { uid_first, .. }) => {
            let at = if uid_first { union + 4 } else { inner(abi, kind, union) };
            Reason::Sent { pid, uid: uint(at)?, value: None }
        }
        (Form::Sent, _) => Reason::Sent { pid, uid: uint(union + 4)?, value: Some(view.word(view.place(union + 8))?) },
    };
    Ok(Info { signo, code, errno, reason, raw: view.bytes })
}
