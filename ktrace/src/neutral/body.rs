//! Payloads in the neutral encoding: members at fixed widths, little endian, whatever the origin's were.

use super::{Cursor, number_of, push_short};
use crate::endian::{Endian, Words};
use crate::layout::Origin;
use crate::payload::signal::{Info, Reason, Signal};
use crate::payload::{Activations, Decoded, Details, Flaw, Payload};
use crate::system::Kind;

/// Appends the payload, or leaves `out` alone and says `false` where it has no neutral encoding.
pub(super) fn encode(out: &mut Vec<u8>, payload: &Payload<'_>, origin: &Origin) -> bool {
    match *payload {
        Payload::Opaque(bytes) | Payload::Text(bytes) => out.extend_from_slice(bytes),
        Payload::Syscall { code, size, width, args, mib } => {
            let Ok(number) = u16::try_from(args.len()) else { return false };
            out.extend_from_slice(&code.to_le_bytes());
            out.push(width);
            // The size is given in arguments, not in bytes.
            out.push(u8::from(size == i64::from(number) && number > 0));
            out.extend_from_slice(&number.to_le_bytes());
            words(out, args);
            mib.iter().flat_map(Words::ints).for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        }
        Payload::Sysret { code, eosys, error, width, retval, retval_1 } => {
            out.extend_from_slice(&code.to_le_bytes());
            out.extend_from_slice(&eosys.to_le_bytes());
            out.extend_from_slice(&error.to_le_bytes());
            out.push(width);
            out.extend_from_slice(&retval.to_le_bytes());
            retval_1.iter().for_each(|second| out.extend_from_slice(&second.to_le_bytes()));
        }
        Payload::Genio { fd, rw, data } => {
            out.extend_from_slice(&fd.to_le_bytes());
            out.extend_from_slice(&rw.to_le_bytes());
            out.extend_from_slice(data);
        }
        Payload::Psig(ref signal) => psig(out, signal, origin),
        Payload::Csw { out: leaving, user, wmesg } => {
            out.extend_from_slice(&leaving.to_le_bytes());
            out.extend_from_slice(&user.to_le_bytes());
            wmesg.iter().for_each(|wmesg| push_short(out, wmesg));
        }
        Payload::User { id, data } => {
            out.push(id.is_some().into());
            id.iter().for_each(|id| push_short(out, id));
            out.extend_from_slice(data);
        }
        Payload::Mib(mib) => mib.ints().for_each(|n| out.extend_from_slice(&n.to_le_bytes())),
        Payload::Saupcall { sa_type, nevent, nint, sas, ap, sa } => {
            [sa_type, nevent, nint].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            [sas, ap].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            for sa in sa.iter() {
                out.extend_from_slice(&sa.context.to_le_bytes());
                out.extend_from_slice(&sa.id.to_le_bytes());
                out.extend_from_slice(&sa.cpu.to_le_bytes());
            }
        }
        Payload::Mmsg { head, data } => {
            head.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            out.extend_from_slice(data);
        }
        Payload::Mool { uaddr, size, data } => {
            [uaddr, size].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            out.extend_from_slice(data);
        }
        Payload::Struct { name, .. } if name.len() > 255 => return false,
        Payload::Struct { name, data, details } => {
            push_short(out, name);
            match details {
                Details::None => out.push(0),
                Details::Sockaddr { .. } => out.push(1),
                Details::Stat { ino, mode, size, mtime, birthtime } => {
                    out.push(2);
                    out.extend_from_slice(&ino.to_le_bytes());
                    out.extend_from_slice(&mode.to_le_bytes());
                    [size, mtime, birthtime].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
                }
                Details::Timespec { sec, nsec } => {
                    out.push(3);
                    [sec, nsec].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
                }
            }
            raw(out, data, origin);
        }
        Payload::ExecFd { fd, dtype } => {
            [fd, dtype].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        }
        Payload::ProcCtor { flags } => out.extend_from_slice(&flags.to_le_bytes()),
        Payload::Fault { vaddr, kind } => {
            out.extend_from_slice(&vaddr.to_le_bytes());
            out.extend_from_slice(&kind.to_le_bytes());
        }
        Payload::FaultEnd { result } => out.extend_from_slice(&result.to_le_bytes()),
    }
    true
}

fn words(out: &mut Vec<u8>, words: Words<'_>) {
    words.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
}

/// Bytes that only make sense on their origin, with its numbers and their length.
fn raw(out: &mut Vec<u8>, bytes: &[u8], origin: &Origin) {
    out.extend_from_slice(&number_of(origin.dialect.system).to_le_bytes());
    out.extend_from_slice(&origin.abi.id.to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn psig(out: &mut Vec<u8>, signal: &Signal<'_>, origin: &Origin) {
    out.extend_from_slice(&signal.signo.to_le_bytes());
    out.extend_from_slice(&signal.action.to_le_bytes());
    out.extend_from_slice(&signal.code.to_le_bytes());
    out.extend_from_slice(&(signal.mask_bits as u16).to_le_bytes());
    for word in signal.mask.iter() {
        out.extend_from_slice(&(word as u32).to_le_bytes());
    }
    let Some(info) = signal.info else { return };
    let (form, flags) = match info.reason {
        Reason::Sent { value, .. } => (1, value.is_some()),
        Reason::Child { uid, .. } => (2, uid.is_some()),
        Reason::Fault { more, .. } => (3, more.is_some()),
        Reason::Poll { .. } => (4, false),
    };
    out.push(form);
    out.push(flags.into());
    [info.signo, info.code, info.errno].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
    match info.reason {
        Reason::Sent { pid, uid, value } => {
            out.extend_from_slice(&pid.to_le_bytes());
            out.extend_from_slice(&uid.to_le_bytes());
            value.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        }
        Reason::Child { pid, uid, status, utime, stime } => {
            out.extend_from_slice(&pid.to_le_bytes());
            uid.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            out.extend_from_slice(&status.to_le_bytes());
            [utime, stime].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        }
        Reason::Fault { addr, trap, more } => {
            out.extend_from_slice(&addr.to_le_bytes());
            out.extend_from_slice(&trap.to_le_bytes());
            more.iter().flatten().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        }
        Reason::Poll { band, fd } => {
            out.extend_from_slice(&band.to_le_bytes());
            out.extend_from_slice(&fd.to_le_bytes());
        }
    }
    raw(out, info.raw, origin);
}

/// Decodes a payload in the neutral encoding. What a newer version put behind its last member is passed over.
pub fn decode(kind: Kind, bytes: &[u8]) -> Decoded<'_> {
    match members(kind, &mut Cursor { bytes }) {
        Some(payload) => Decoded { payload, flaw: None, raw: bytes },
        None => {
            let flaw = Flaw::Odd { have: bytes.len() };
            Decoded { payload: Payload::Opaque(bytes), flaw: Some(flaw), raw: bytes }
        }
    }
}

fn members<'a>(kind: Kind, cursor: &mut Cursor<'a>) -> Option<Payload<'a>> {
    let little = |bytes, width| Words::new(bytes, width, Endian::Little);
    Some(match kind {
        Kind::Namei | Kind::Emul | Kind::ExecArg | Kind::ExecEnv | Kind::Sysctl => Payload::Text(cursor.bytes),
        Kind::Start | Kind::ProcDtor | Kind::CapFail | Kind::Unknown => Payload::Opaque(cursor.bytes),
        Kind::Syscall => {
            let (code, width, counted, number) = (cursor.i32()?, cursor.u8()?, cursor.u8()?, cursor.u16()?);
            let args = little(cursor.take(usize::from(number) * 8)?, 8);
            let size = if counted == 1 { i64::from(number) } else { i64::from(number) * i64::from(width) };
            let mib = (!cursor.bytes.is_empty()).then(|| little(cursor.bytes, 4));
            Payload::Syscall { code, size, width, args, mib }
        }
        Kind::Sysret => Payload::Sysret {
            code: cursor.i16()?,
            eosys: cursor.i16()?,
            error: cursor.i32()?,
            width: cursor.u8()?,
            retval: cursor.u64()?,
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
            sa: Activations::new(cursor.bytes, 8, Endian::Little),
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
    let mask = Words::new(cursor.take(usize::from(mask_bits) / 8)?, 4, Endian::Little);
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
