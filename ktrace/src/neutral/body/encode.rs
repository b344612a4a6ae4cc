//! Writes payloads, as version 2 has them.

use super::{number_of, push_short};
use crate::endian::Words;
use crate::layout::Origin;
use crate::payload::signal::{Reason, Signal};
use crate::payload::{Details, Payload, Violation};

/// Appends the payload, or leaves some of it in `out` and says `false` where it has no neutral encoding.
pub fn encode(out: &mut Vec<u8>, payload: &Payload<'_>, origin: &Origin) -> bool {
    match *payload {
        Payload::Opaque(bytes) | Payload::Text(bytes) | Payload::Strings(bytes) => out.extend_from_slice(bytes),
        Payload::Syscall { code, size: _, counted, width, args, mib } => {
            let Ok(number) = u16::try_from(args.len()) else { return false };
            ints(out, &[code]);
            out.push(width);
            out.push(u8::from(counted));
            out.extend_from_slice(&number.to_le_bytes());
            args.iter().for_each(|word| narrow(out, word, width));
            mib.iter().flat_map(Words::ints).for_each(|n| ints(out, &[n]));
        }
        Payload::Sysret { code, eosys, error, width, retval, retval_1 } => {
            ints(out, &[code]);
            out.extend_from_slice(&eosys.to_le_bytes());
            ints(out, &[error]);
            out.push(width);
            out.push(u8::from(retval.is_some()) + u8::from(retval_1.is_some()));
            retval.iter().chain(&retval_1).for_each(|word| narrow(out, *word, width));
        }
        Payload::Genio { fd, rw, data } => {
            ints(out, &[fd, rw]);
            out.extend_from_slice(data);
        }
        Payload::Psig(ref signal) => psig(out, signal, origin),
        Payload::Csw { out: leaving, user, wmesg } => {
            ints(out, &[leaving, user]);
            wmesg.iter().for_each(|wmesg| push_short(out, wmesg));
        }
        Payload::User { id, data } => {
            out.push(id.is_some().into());
            id.iter().for_each(|id| push_short(out, id));
            out.extend_from_slice(data);
        }
        Payload::Mib(mib) => mib.ints().for_each(|n| ints(out, &[n])),
        Payload::Saupcall { sa_type, nevent, nint, sas, ap, sa } => {
            ints(out, &[sa_type, nevent, nint]);
            words(out, &[sas, ap]);
            for sa in sa.iter() {
                words(out, &[sa.context]);
                ints(out, &[sa.id, sa.cpu]);
            }
        }
        Payload::Mmsg { head, data } => {
            head.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            out.extend_from_slice(data);
        }
        Payload::Mool { uaddr, size, data } => {
            words(out, &[uaddr, size]);
            out.extend_from_slice(data);
        }
        Payload::Struct { name, .. } | Payload::StructArray { name, .. } if name.len() > 255 => return false,
        Payload::Struct { name, data, details } => {
            push_short(out, name);
            let start = form(out, details_form(&details));
            match details {
                Details::None | Details::Sockaddr { .. } => {}
                Details::Stat { ino, mode, size, mtime, birthtime } => {
                    words(out, &[ino]);
                    out.extend_from_slice(&mode.to_le_bytes());
                    longs(out, &[size, mtime, birthtime]);
                }
                Details::Timespec { sec, nsec } => longs(out, &[sec, nsec]),
            }
            close(out, start);
            raw(out, data, origin);
        }
        Payload::StructArray { size, name, data } => {
            words(out, &[size]);
            push_short(out, name);
            raw(out, data, origin);
        }
        Payload::ExecFd { fd, dtype } => ints(out, &[fd, dtype]),
        Payload::ProcCtor { flags } => out.extend_from_slice(&flags.to_le_bytes()),
        Payload::Fault { vaddr, kind } => {
            words(out, &[vaddr]);
            ints(out, &[kind]);
        }
        Payload::FaultEnd { result } => ints(out, &[result]),
        Payload::Pledge { error, syscall, code: value } | Payload::PinSyscall { error, syscall, addr: value } => {
            ints(out, &[error, syscall]);
            words(out, &[value]);
        }
        Payload::CapFail { kind, call, ref violation } => cap_fail(out, kind, call, violation, origin),
    }
    true
}

fn ints(out: &mut Vec<u8>, all: &[i32]) {
    all.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
}

fn words(out: &mut Vec<u8>, all: &[u64]) {
    all.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
}

fn longs(out: &mut Vec<u8>, all: &[i64]) {
    all.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
}

/// A word in as many bytes as it had.
fn narrow(out: &mut Vec<u8>, word: u64, width: u8) {
    out.extend_from_slice(&word.to_le_bytes()[..usize::from(width.min(8))]);
}

/// Starts members that can be passed over: their form, and room for their length. Says where.
fn form(out: &mut Vec<u8>, form: u8) -> usize {
    out.extend_from_slice(&[form, 0]);
    out.len()
}

/// Ends what [`form`] started.
fn close(out: &mut [u8], start: usize) {
    out[start - 1] = (out.len() - start) as u8;
}

fn details_form(details: &Details<'_>) -> u8 {
    match details {
        Details::None => 0,
        Details::Sockaddr { .. } => 1,
        Details::Stat { .. } => 2,
        Details::Timespec { .. } => 3,
    }
}

/// Bytes that only make sense on their origin, with its numbers and their length.
fn raw(out: &mut Vec<u8>, bytes: &[u8], origin: &Origin) {
    out.extend_from_slice(&number_of(origin.dialect.system).to_le_bytes());
    out.extend_from_slice(&origin.abi.id.to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn psig(out: &mut Vec<u8>, signal: &Signal<'_>, origin: &Origin) {
    ints(out, &[signal.signo]);
    words(out, &[signal.action]);
    ints(out, &[signal.code]);
    out.extend_from_slice(&(signal.mask_bits as u16).to_le_bytes());
    for word in signal.mask.iter() {
        out.extend_from_slice(&(word as u32).to_le_bytes());
    }
    let Some(info) = signal.info else { return };
    let number = match info.reason {
        Reason::Sent { .. } => 1,
        Reason::Child { .. } => 2,
        Reason::Fault { .. } => 3,
        Reason::Poll { .. } => 4,
        Reason::Unknown => 0,
    };
    ints(out, &[info.signo, info.code, info.errno]);
    let start = form(out, number);
    // Optional members stand last.
    match info.reason {
        Reason::Sent { pid, uid, value } => {
            ints(out, &[pid, uid.cast_signed()]);
            value.iter().for_each(|value| words(out, &[*value]));
        }
        Reason::Child { pid, uid, status, utime, stime } => {
            ints(out, &[pid, status]);
            longs(out, &[utime, stime]);
            uid.iter().for_each(|uid| ints(out, &[uid.cast_signed()]));
        }
        Reason::Fault { addr, trap, more } => {
            words(out, &[addr]);
            ints(out, &[trap]);
            more.iter().for_each(|more| ints(out, more));
        }
        Reason::Poll { band, fd } => {
            words(out, &[band]);
            ints(out, &[fd]);
        }
        Reason::Unknown => {}
    }
    close(out, start);
    raw(out, info.raw, origin);
}

fn cap_fail(out: &mut Vec<u8>, kind: i32, call: Option<(i32, u32)>, violation: &Violation<'_>, origin: &Origin) {
    ints(out, &[kind]);
    out.push(call.is_some().into());
    call.iter().for_each(|(code, flags)| ints(out, &[*code, flags.cast_signed()]));
    let (number, bytes) = match *violation {
        Violation::Nothing(bytes) => (0, bytes),
        Violation::Rights { raw, .. } => (1, raw),
        Violation::Number(_, bytes) => (2, bytes),
        Violation::Address(bytes) => (3, bytes),
        Violation::Path(bytes) => (4, bytes),
    };
    let start = form(out, number);
    match *violation {
        Violation::Rights { needed, held, .. } => {
            needed.iter().chain(held.iter()).for_each(|right| words(out, &[right]))
        }
        Violation::Number(n, _) => ints(out, &[n]),
        _ => {}
    }
    close(out, start);
    raw(out, bytes, origin);
}
