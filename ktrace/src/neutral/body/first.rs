//! Payloads as version 1 has them. Nothing writes them any more; they stay readable.

use super::{Cursor, activations, little};
use crate::payload::signal::{Info, Reason, Signal};
use crate::payload::{Details, Payload};
use crate::system::Kind;

/// The members of a payload of that kind.
pub(super) fn members<'a>(kind: Kind, cursor: &mut Cursor<'a>) -> Option<Payload<'a>> {
    Some(match kind {
        Kind::Namei | Kind::Emul | Kind::ExecArg | Kind::ExecEnv | Kind::Sysctl => Payload::Text(cursor.bytes),
        // Kinds that came later were bytes.
        Kind::Start
        | Kind::ProcDtor
        | Kind::CapFail
        | Kind::ExecArgs
        | Kind::ExecEnvs
        | Kind::Args
        | Kind::Envs
        | Kind::Pledge
        | Kind::PinSyscall
        | Kind::StructArray
        | Kind::ExtErr
        | Kind::Unknown => Payload::Opaque(cursor.bytes),
        Kind::Syscall => {
            let (code, width, counted, number) = (cursor.i32()?, cursor.u8()?, cursor.u8()?, cursor.u16()?);
            let args = little(cursor.take(usize::from(number) * 8)?, 8);
            let size = if counted == 1 { i64::from(number) } else { i64::from(number) * i64::from(width) };
            let mib = (!cursor.bytes.is_empty()).then(|| little(cursor.bytes, 4));
            Payload::Syscall { code, size, counted: counted == 1, width, args, mib }
        }
        Kind::Sysret => Payload::Sysret {
            code: cursor.i16()?.into(),
            eosys: cursor.i16()?,
            error: cursor.i32()?,
            width: cursor.u8()?,
            retval: cursor.u64(),
            retval_1: cursor.u64(),
        },
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
        Kind::ExecFd => Payload::ExecFd { fd: cursor.i32()?, dtype: cursor.i32()? },
        Kind::ProcCtor => Payload::ProcCtor { flags: cursor.u32()? },
        Kind::Fault => Payload::Fault { vaddr: cursor.u64()?, kind: cursor.i32()? },
        Kind::FaultEnd => Payload::FaultEnd { result: cursor.i32()? },
    })
}

/// The bytes of [`raw`].
fn unraw<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    cursor.take(4)?;
    let len = cursor.u32()?;
    cursor.take(usize::try_from(len).ok()?)
}

fn structure<'a>(cursor: &mut Cursor<'a>) -> Option<Payload<'a>> {
    let name = cursor.short()?;
    let form = cursor.u8()?;
    let details = match form {
        2 => Details::Stat {
            ino: cursor.u64()?,
            mode: cursor.u16()?,
            size: cursor.i64()?,
            mtime: cursor.i64()?,
            birthtime: cursor.i64()?,
        },
        3 => Details::Timespec { sec: cursor.i64()?, nsec: cursor.i64()? },
        _ => Details::None,
    };
    let data = unraw(cursor)?;
    // A socket address has the same bytes everywhere.
    let details = if form == 1 { crate::payload::structs::sockaddr(data).0 } else { details };
    Some(Payload::Struct { name, data, details })
}

fn signal<'a>(cursor: &mut Cursor<'a>) -> Option<Signal<'a>> {
    let (signo, action, code, mask_bits) = (cursor.i32()?, cursor.u64()?, cursor.i32()?, cursor.u16()?);
    let mask = little(cursor.take(usize::from(mask_bits) / 8)?, 4);
    let info = if cursor.bytes.is_empty() { None } else { Some(info(cursor)?) };
    Some(Signal { signo, action, mask, mask_bits: mask_bits.into(), code, info })
}

fn info<'a>(cursor: &mut Cursor<'a>) -> Option<Info<'a>> {
    let (form, more) = (cursor.u8()?, cursor.u8()? == 1);
    let (signo, code, errno) = (cursor.i32()?, cursor.i32()?, cursor.i32()?);
    let reason = match form {
        1 => Reason::Sent {
            pid: cursor.i32()?,
            uid: cursor.u32()?,
            value: if more { Some(cursor.u64()?) } else { None },
        },
        2 => Reason::Child {
            pid: cursor.i32()?,
            uid: if more { Some(cursor.u32()?) } else { None },
            status: cursor.i32()?,
            utime: cursor.i64()?,
            stime: cursor.i64()?,
        },
        3 => Reason::Fault {
            addr: cursor.u64()?,
            trap: cursor.i32()?,
            more: if more { Some([cursor.i32()?, cursor.i32()?]) } else { None },
        },
        4 => Reason::Poll { band: cursor.u64()?, fd: cursor.i32()? },
        _ => return None,
    };
    Some(Info { signo, code, errno, reason, raw: unraw(cursor)? })
}
