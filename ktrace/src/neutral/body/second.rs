//! Payloads as version 2 has them.

use super::{Cursor, activations, little};
use crate::payload::signal::{Info, Reason, Signal};
use crate::payload::structs::sockaddr;
use crate::payload::{Details, Payload, Violation};
use crate::system::Kind;

/// The members of a payload of that kind.
pub fn members<'a>(kind: Kind, cursor: &mut Cursor<'a>) -> Option<Payload<'a>> {
    Some(match kind {
        Kind::Namei | Kind::Emul | Kind::ExecArg | Kind::ExecEnv | Kind::Sysctl => Payload::Text(cursor.bytes),
        Kind::ExecArgs | Kind::ExecEnvs | Kind::Args | Kind::Envs => Payload::Strings(cursor.bytes),
        Kind::Start | Kind::ProcDtor | Kind::ExtErr | Kind::Unknown => Payload::Opaque(cursor.bytes),
        Kind::Syscall => {
            let (code, width, counted, number) = (cursor.i32()?, cursor.u8()?, cursor.u8()? == 1, cursor.u16()?);
            let width = matches!(width, 1 | 2 | 4 | 8).then_some(width)?;
            let args = little(cursor.take(usize::from(number) * usize::from(width))?, width);
            let size = i64::from(number) * if counted { 1 } else { i64::from(width) };
            let mib = (!cursor.bytes.is_empty()).then(|| little(cursor.bytes, 4));
            Payload::Syscall { code, size, counted, width, args, mib }
        }
        Kind::Sysret => {
            let (code, eosys, error) = (cursor.i32()?, cursor.i16()?, cursor.i32()?);
            let (width, values) = (cursor.u8()?, cursor.u8()?);
            let width = matches!(width, 1 | 2 | 4 | 8).then_some(width)?;
            let mut words = little(cursor.take(usize::from(values) * usize::from(width))?, width).iter();
            Payload::Sysret { code, eosys, error, width, retval: words.next(), retval_1: words.next() }
        }
        Kind::Genio => Payload::Genio { fd: cursor.i32()?, rw: cursor.i32()?, data: cursor.bytes },
        Kind::Psig => Payload::Psig(signal(cursor)?),
        Kind::Csw => Payload::Csw { out: cursor.i32()?, user: cursor.i32()?, wmesg: cursor.short() },
        Kind::User => {
            let id = if cursor.u8()? == 1 { Some(cursor.short()?) } else { None };
            Payload::User { id, data: cursor.bytes }
        }
        Kind::Mib => Payload::Mib(little(cursor.bytes, 4)),
        Kind::Saupcall => Payload::Saupcall {
            sa_type: cursor.i32()?,
            nevent: cursor.i32()?,
            nint: cursor.i32()?,
            sas: cursor.u64()?,
            ap: cursor.u64()?,
            sa: activations(cursor.bytes),
        },
        Kind::Mmsg => {
            let mut head = [0; 6];
            for word in &mut head {
                *word = cursor.u32()?;
            }
            Payload::Mmsg { head, data: cursor.bytes }
        }
        Kind::Mool => Payload::Mool { uaddr: cursor.u64()?, size: cursor.u64()?, data: cursor.bytes },
        Kind::Struct => structure(cursor)?,
        Kind::StructArray => Payload::StructArray { size: cursor.u64()?, name: cursor.short()?, data: raw(cursor)? },
        Kind::ExecFd => Payload::ExecFd { fd: cursor.i32()?, dtype: cursor.i32()? },
        Kind::ProcCtor => Payload::ProcCtor { flags: cursor.u32()? },
        Kind::Fault => Payload::Fault { vaddr: cursor.u64()?, kind: cursor.i32()? },
        Kind::FaultEnd => Payload::FaultEnd { result: cursor.i32()? },
        Kind::Pledge => Payload::Pledge { error: cursor.i32()?, syscall: cursor.i32()?, code: cursor.u64()? },
        Kind::PinSyscall => Payload::PinSyscall { error: cursor.i32()?, syscall: cursor.i32()?, addr: cursor.u64()? },
        Kind::CapFail => cap_fail(cursor)?,
    })
}

/// A form, and the members that it has; the cursor goes on behind them.
fn form<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, Cursor<'a>)> {
    let (form, len) = (cursor.u8()?, cursor.u8()?);
    Some((form, Cursor { bytes: cursor.take(len.into())? }))
}

/// Bytes that only make sense on their origin.
fn raw<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    cursor.take(4)?;
    let len = cursor.u32()?;
    cursor.take(usize::try_from(len).ok()?)
}

fn structure<'a>(cursor: &mut Cursor<'a>) -> Option<Payload<'a>> {
    let name = cursor.short()?;
    let (form, mut members) = form(cursor)?;
    let data = raw(cursor)?;
    let details = match form {
        // A socket address has the same bytes everywhere.
        1 => sockaddr(data).0,
        2 => Details::Stat {
            ino: members.u64()?,
            mode: members.u16()?,
            size: members.i64()?,
            mtime: members.i64()?,
            birthtime: members.i64()?,
        },
        3 => Details::Timespec { sec: members.i64()?, nsec: members.i64()? },
        _ => Details::None,
    };
    Some(Payload::Struct { name, data, details })
}

fn signal<'a>(cursor: &mut Cursor<'a>) -> Option<Signal<'a>> {
    let (signo, action, code, mask_bits) = (cursor.i32()?, cursor.u64()?, cursor.i32()?, cursor.u16()?);
    let mask = little(cursor.take(usize::from(mask_bits) / 8)?, 4);
    let info = if cursor.bytes.is_empty() { None } else { info(cursor)? };
    Some(Signal { signo, action, mask, mask_bits: mask_bits.into(), code, info })
}

/// A siginfo_t; nothing of one whose form is of the future, for what it means is not known here.
fn info<'a>(cursor: &mut Cursor<'a>) -> Option<Option<Info<'a>>> {
    let (signo, code, errno) = (cursor.i32()?, cursor.i32()?, cursor.i32()?);
    let (form, mut members) = form(cursor)?;
    let raw = raw(cursor)?;
    let reason = match form {
        0 => Reason::Unknown,
        1 => Reason::Sent { pid: members.i32()?, uid: members.u32()?, value: members.u64() },
        2 => {
            let (pid, status, utime, stime) = (members.i32()?, members.i32()?, members.i64()?, members.i64()?);
            Reason::Child { pid, uid: members.u32(), status, utime, stime }
        }
        3 => Reason::Fault {
            addr: members.u64()?,
            trap: members.i32()?,
            more: members.i32().zip(members.i32()).map(|(a, b)| [a, b]),
        },
        4 => Reason::Poll { band: members.u64()?, fd: members.i32()? },
        _ => return Some(None),
    };
    Some(Some(Info { signo, code, errno, reason, raw }))
}

fn cap_fail<'a>(cursor: &mut Cursor<'a>) -> Option<Payload<'a>> {
    let kind = cursor.i32()?;
    let call = if cursor.u8()? == 1 { Some((cursor.i32()?, cursor.u32()?)) } else { None };
    let (form, mut members) = form(cursor)?;
    let raw = raw(cursor)?;
    let violation = match form {
        1 => Violation::Rights { needed: little(members.take(16)?, 8), held: little(members.take(16)?, 8), raw },
        2 => Violation::Number(members.i32()?, raw),
        3 => Violation::Address(raw),
        4 => Violation::Path(raw),
        _ => Violation::Nothing(raw),
    };
    Some(Payload::CapFail { kind, call, violation })
}
