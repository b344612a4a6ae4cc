//! System calls and their returns.

use super::{Flaw, Parsed, Payload, View};
use crate::endian::Words;
use crate::system::{Arguments, Returns};

/// OpenBSD's lseek(2): the one whose value has 64 bits on every machine; 166 since 7.1, 199 before.
const LSEEK: [i32; 2] = [166, 199];

/// A call's code without what OpenBSD once said beside it: that it was made through syscall(2).
pub fn number(code: i32) -> i32 {
    const INDIRECT: i32 = 0x2000_0000;
    if code & !0xffff == INDIRECT { code & 0xffff } else { code }
}

pub(super) fn syscall<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let (abi, dialect) = (view.origin.abi, view.origin.dialect);
    let width = match dialect.arguments {
        Arguments::Size | Arguments::Number => abi.register,
        Arguments::WideNumber | Arguments::WideSize => 8,
    };
    let register = usize::from(width);
    let counted = matches!(dialect.arguments, Arguments::Number | Arguments::WideNumber);
    let (code, size, wanted) = if counted {
        let number = i64::from(view.half(2)?);
        (view.half(0)?.into(), number, number * i64::from(width))
    } else {
        let size = i64::from(view.int(4)?);
        (view.int(0)?, size, size)
    };
    let head = match dialect.arguments {
        Arguments::Size | Arguments::WideSize => 8,
        Arguments::Number => abi.place(4, width),
        Arguments::WideNumber => 4,
    };
    let bytes = view.rest(head)?;
    let fits = usize::try_from(wanted).ok().filter(|w| *w <= bytes.len() && w % register == 0);
    let (args, behind) = bytes.split_at(fits.unwrap_or(bytes.len()));
    let mib_allowed = dialect.mib_behind && behind.len() % 4 == 0;
    let mib = (mib_allowed && !behind.is_empty()).then(|| Words::new(behind, 4, abi.endian));
    let flaw = match fits {
        None => Some(Flaw::Count { what: if counted { "narg" } else { "argsize" }, value: size, have: bytes.len() }),
        Some(_) if mib.is_none() && !behind.is_empty() => Some(Flaw::Left { bytes: behind.len() }),
        Some(_) => None,
    };
    Ok((Payload::Syscall { code, size, counted, width, args: Words::new(args, width, abi.endian), mib }, flaw))
}

pub(super) fn sysret<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let register = view.origin.abi.register;
    let (width, values) = match view.origin.dialect.returns {
        Returns::Int => (4, 1),
        Returns::Register => (register, 1),
        Returns::Two => (register, 2),
        Returns::Wide => (8, 2),
        Returns::OnSuccess => return on_success(view),
    };
    let wide = usize::from(width);
    let payload = Payload::Sysret {
        code: view.half(0)?.into(),
        eosys: if view.origin.dialect.returns == Returns::Wide { 0 } else { view.half(2)? },
        error: view.int(4)?,
        width,
        retval: Some(view.wide(8, width)?),
        // The second value is shown only where it is there.
        retval_1: if values == 2 { view.wide(8 + wide, width).ok() } else { None },
    };
    Ok((payload, view.exactly(8 + values * wide)))
}

/// A return that has a value only where it has no error.
fn on_success<'a>(view: &View<'a, '_>) -> Parsed<'a> {
    let (code, error) = (view.int(0)?, view.int(4)?);
    let wide = LSEEK.contains(&number(code)) && view.bytes.len() == 16;
    let width = if wide { 8 } else { view.origin.abi.register };
    let retval = if error == 0 { Some(view.wide(8, width)?) } else { None };
    let size = 8 + if error == 0 { usize::from(width) } else { 0 };
    Ok((Payload::Sysret { code, eosys: 0, error, width, retval, retval_1: None }, view.exactly(size)))
}
