//! What a payload says, decoded in its origin's layout without copying.
//!
//! - *Invariant:* nothing outside the payload is read, whatever counts and sizes in it say.
//! - *Invariant:* what does not fit is a [`Flaw`] beside what does; nothing is made up.

pub mod calls;
pub mod signal;
pub mod structs;

use crate::endian::Words;
use crate::layout::Origin;
use crate::system::{CapFail, Kind};
pub use signal::{Reason, Signal};
use std::fmt;
pub use structs::{Details, Violation};

/// A payload's members, and what is wrong with them.
#[derive(Debug, Clone, Copy)]
pub struct Decoded<'a> {
    /// The members.
    pub payload: Payload<'a>,
    /// What does not fit.
    pub flaw: Option<Flaw>,
    /// The payload's bytes as they were, for a dump of what has a flaw.
    pub raw: &'a [u8],
}

/// What is wrong with a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is shorter than its struct.
    Short {
        /// The struct's bytes.
        need: usize,
        /// The payload's.
        have: usize,
    },
    /// Its length is none that the struct can have.
    Odd {
        /// The payload's bytes.
        have: usize,
    },
    /// A count in it does not agree with its length.
    Count {
        /// The member.
        what: &'static str,
        /// What it says.
        value: i64,
        /// The bytes there are.
        have: usize,
    },
    /// Bytes are left over.
    Left {
        /// So many.
        bytes: usize,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Flaw::Short { need, have } => write!(f, "{have} bytes where {need} are needed"),
            Flaw::Odd { have } => write!(f, "{have} bytes, which is no size of this struct"),
            Flaw::Count { what, value, have } => write!(f, "{what} {value} does not agree with {have} bytes"),
            Flaw::Left { bytes } => write!(f, "{bytes} bytes left over"),
        }
    }
}

/// The members of each kind of payload. Names are those of the kernels' structs, without their prefix.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // Each member is the one of that name in the system's <sys/ktrace.h>.
pub enum Payload<'a> {
    /// Nothing, or nothing that can be told apart.
    Opaque(&'a [u8]),
    /// A system call; `size` is the arguments' bytes as stored, or their number where the system counts them; `width` the
    /// bytes of one.
    Syscall { code: i32, size: i64, counted: bool, width: u8, args: Words<'a>, mib: Option<Words<'a>> },
    /// Its return.
    Sysret { code: i32, eosys: i16, error: i32, width: u8, retval: Option<u64>, retval_1: Option<u64> },
    /// A path, an emulation's name, an argument or variable of exec, a sysctl's name.
    Text(&'a [u8]),
    /// Data read or written.
    Genio { fd: i32, rw: i32, data: &'a [u8] },
    /// A signal taken.
    Psig(Signal<'a>),
    /// A context switch.
    Csw { out: i32, user: i32, wmesg: Option<&'a [u8]> },
    /// What a program said of itself.
    User { id: Option<&'a [u8]>, data: &'a [u8] },
    /// A sysctl's numbers.
    Mib(Words<'a>),
    /// A scheduler activation's upcall; each of `sa` is a context, an id and a cpu.
    Saupcall { sa_type: i32, nevent: i32, nint: i32, sas: u64, ap: u64, sa: Activations<'a> },
    /// A Mach message: bits, size, remote and local port, reserved, id.
    Mmsg { head: [u32; 6], data: &'a [u8] },
    /// Mach data out of line.
    Mool { uaddr: u64, size: u64, data: &'a [u8] },
    /// A kernel struct by its name.
    Struct { name: &'a [u8], data: &'a [u8], details: Details<'a> },
    /// A descriptor that a program starts with.
    ExecFd { fd: i32, dtype: i32 },
    /// A process' image is made.
    ProcCtor { flags: u32 },
    /// A page fault.
    Fault { vaddr: u64, kind: i32 },
    /// Its end.
    FaultEnd { result: i32 },
    /// Texts, each with a NUL behind it: the arguments or the environment of exec.
    Strings(&'a [u8]),
    /// A promise that was broken.
    Pledge { error: i32, syscall: i32, code: u64 },
    /// A system call from where there may be none.
    PinSyscall { error: i32, syscall: i32, addr: u64 },
    /// Structs of a kernel by their name, `size` bytes each.
    StructArray { size: u64, name: &'a [u8], data: &'a [u8] },
    /// A violation of Capsicum's rules; `call` is the call's number and the flags of its ABI.
    CapFail { kind: i32, call: Option<(i32, u32)>, violation: Violation<'a> },
}

/// The activations of an upcall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Activations<'a> {
    bytes: &'a [u8],
    pointer: u8,
    endian: crate::endian::Endian,
}

/// One of them: a context, an LWP, a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Activation {
    pub context: u64,
    pub id: i32,
    pub cpu: i32,
}

impl<'a> Activations<'a> {
    /// As many as the bytes hold, with contexts of `pointer` bytes.
    pub fn new(bytes: &'a [u8], pointer: u8, endian: crate::endian::Endian) -> Activations<'a> {
        Activations { bytes, pointer, endian }
    }

    /// The activations.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Activation> + 'a {
        let Activations { bytes, pointer, endian } = *self;
        let at = usize::from(pointer);
        bytes.chunks_exact(at + 8).map(move |sa| Activation {
            context: endian.unsigned(sa, 0, pointer).unwrap_or_default(),
            id: endian.int(sa, at).unwrap_or_default(),
            cpu: endian.int(sa, at + 4).unwrap_or_default(),
        })
    }
}

impl<'a> Decoded<'a> {
    pub(crate) fn opaque(raw: &'a [u8]) -> Decoded<'a> {
        Decoded { payload: Payload::Opaque(raw), flaw: None, raw }
    }
}

/// What a part of the decoder gives: members and perhaps a flaw, or a flaw alone.
pub(crate) type Parsed<'a> = Result<(Payload<'a>, Option<Flaw>), Flaw>;

/// Decodes `bytes`, the payload of a record of `kind` whose header says `len`. Where `len` is more, the payload comes in
/// parts and this is the first: that is no flaw.
pub fn decode<'a>(origin: &Origin, kind: Kind, bytes: &'a [u8], len: u64) -> Decoded<'a> {
    let parsed = parse(origin, kind, bytes, len > bytes.len() as u64);
    let (payload, flaw) = match parsed {
        Ok((payload, flaw)) => (payload, flaw),
        Err(flaw) => (Payload::Opaque(bytes), Some(flaw)),
    };
    Decoded { payload, flaw, raw: bytes }
}

/// A payload seen through its origin: members by offset, all bounded.
pub(crate) struct View<'a, 'o> {
    pub origin: &'o Origin,
    pub bytes: &'a [u8],
}

impl<'a> View<'a, '_> {
    fn short(&self, need: usize) -> Flaw {
        Flaw::Short { need, have: self.bytes.len() }
    }

    pub fn int(&self, at: usize) -> Result<i32, Flaw> {
        self.origin.abi.endian.int(self.bytes, at).ok_or(self.short(at + 4))
    }

    pub fn half(&self, at: usize) -> Result<i16, Flaw> {
        self.origin.abi.endian.signed(self.bytes, at, 2).map(|v| v as i16).ok_or(self.short(at + 2))
    }

    /// A pointer, a `long` or a `register_t`.
    pub fn word(&self, at: usize) -> Result<u64, Flaw> {
        self.wide(at, self.origin.abi.pointer)
    }

    pub fn wide(&self, at: usize, width: u8) -> Result<u64, Flaw> {
        self.origin.abi.endian.unsigned(self.bytes, at, width).ok_or(self.short(at + usize::from(width)))
    }

    /// The bytes from `at` on; there are enough before.
    pub fn rest(&self, at: usize) -> Result<&'a [u8], Flaw> {
        self.bytes.get(at..).ok_or(self.short(at))
    }

    /// The whole payload has exactly `size` bytes.
    pub fn exactly(&self, size: usize) -> Option<Flaw> {
        (self.bytes.len() != size).then_some(Flaw::Odd { have: self.bytes.len() })
    }

    /// Where a pointer can stand from `at` on.
    pub fn place(&self, at: usize) -> usize {
        self.origin.abi.place(at, self.origin.abi.pointer)
    }
}

fn parse<'a>(origin: &Origin, kind: Kind, bytes: &'a [u8], partial: bool) -> Parsed<'a> {
    let view = View { origin, bytes };
    let (abi, dialect) = (origin.abi, origin.dialect);
    let endian = abi.endian;
    let pointer = usize::from(abi.pointer);
    let fine = |payload| Ok((payload, None));
    match kind {
        Kind::Syscall => calls::syscall(&view),
        Kind::Sysret => calls::sysret(&view),
        Kind::Psig => signal::parse(&view),
        Kind::Struct => structs::parse(&view),
        Kind::Namei | Kind::Emul | Kind::ExecArg | Kind::ExecEnv | Kind::Sysctl => fine(Payload::Text(bytes)),
        Kind::Genio => fine(Payload::Genio { fd: view.int(0)?, rw: view.int(4)?, data: view.rest(8)? }),
        Kind::Csw => {
            let wmesg = if dialect.wait_message { Some(until_nul(view.rest(8)?)) } else { None };
            let payload = Payload::Csw { out: view.int(0)?, user: view.int(4)?, wmesg };
            Ok((payload, view.exactly(if dialect.wait_message { 16 } else { 8 })))
        }
        Kind::User if dialect.user_id => {
            let data = view.rest(20)?;
            fine(Payload::User { id: Some(until_nul(&bytes[..20])), data })
        }
        Kind::User => fine(Payload::User { id: None, data: bytes }),
        Kind::Mib => {
            let left = bytes.len() % 4;
            Ok((Payload::Mib(Words::new(bytes, 4, endian)), (left > 0).then_some(Flaw::Left { bytes: left })))
        }
        Kind::Saupcall => {
            let sas = view.place(12);
            let ap = sas + pointer;
            let sa = view.rest(view.place(ap + pointer))?;
            let left = sa.len() % (pointer + 8);
            let payload = Payload::Saupcall {
                sa_type: view.int(0)?,
                nevent: view.int(4)?,
                nint: view.int(8)?,
                sas: view.word(sas)?,
                ap: view.word(ap)?,
                sa: Activations::new(sa, abi.pointer, endian),
            };
            // No more than were asked for; fewer where the kernel could not copy them in.
            let (nevent, nint) = (view.int(4)?, view.int(8)?);
            let asked = i64::from(nevent) + i64::from(nint) + 1;
            let flaw = match (sa.len() / (pointer + 8)) as i64 {
                _ if left > 0 => Some(Flaw::Left { bytes: left }),
                present if nevent < 0 => {
                    Some(Flaw::Count { what: "nevent", value: nevent.into(), have: present as usize })
                }
                present if nint < 0 => Some(Flaw::Count { what: "nint", value: nint.into(), have: present as usize }),
                present if present > asked => Some(Flaw::Count { what: "nevent+nint+1", value: asked, have: sa.len() }),
                _ => None,
            };
            Ok((payload, flaw))
        }
        Kind::Mmsg => {
            let mut head = [0; 6];
            for (i, word) in head.iter_mut().enumerate() {
                *word = view.int(4 * i)?.cast_unsigned();
            }
            fine(Payload::Mmsg { head, data: view.rest(24)? })
        }
        Kind::Mool => {
            let (uaddr, size, data) = (view.word(0)?, view.word(pointer)?, view.rest(2 * pointer)?);
            let odd = size != data.len() as u64 && !partial;
            let flaw = Flaw::Count { what: "size", value: size.cast_signed(), have: data.len() };
            Ok((Payload::Mool { uaddr, size, data }, odd.then_some(flaw)))
        }
        Kind::ExecFd => Ok((Payload::ExecFd { fd: view.int(0)?, dtype: view.int(4)? }, view.exactly(8))),
        Kind::ProcCtor => Ok((Payload::ProcCtor { flags: view.int(0)?.cast_unsigned() }, view.exactly(4))),
        Kind::Fault => {
            let payload = Payload::Fault { vaddr: view.word(0)?, kind: view.int(pointer)? };
            Ok((payload, view.exactly(view.place(pointer + 4))))
        }
        Kind::FaultEnd => Ok((Payload::FaultEnd { result: view.int(0)? }, view.exactly(4))),
        Kind::Start | Kind::ProcDtor => Ok((Payload::Opaque(bytes), view.exactly(0))),
        Kind::ExecArgs | Kind::ExecEnvs | Kind::Args | Kind::Envs => fine(Payload::Strings(bytes)),
        Kind::Pledge => {
            let at = abi.place(8, 8);
            let payload = Payload::Pledge { error: view.int(0)?, syscall: view.int(4)?, code: view.wide(at, 8)? };
            Ok((payload, view.exactly(at + 8)))
        }
        Kind::PinSyscall => {
            let at = view.place(8);
            let payload = Payload::PinSyscall { error: view.int(0)?, syscall: view.int(4)?, addr: view.word(at)? };
            Ok((payload, view.exactly(at + pointer)))
        }
        Kind::StructArray => structs::array(&view),
        Kind::CapFail if dialect.cap_fail == CapFail::Union => structs::cap_fail_of_many_kinds(&view),
        Kind::CapFail => structs::cap_fail(&view),
        Kind::ExtErr | Kind::Unknown => fine(Payload::Opaque(bytes)),
    }
}

/// Texts that each end with a NUL; the last may lack it, where the record was cut.
pub fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\0").map_or((bytes, bytes.is_empty()), |texts| (texts, false));
    bytes.0.split(|b| *b == 0).skip(usize::from(bytes.1))
}

/// The bytes up to the first NUL, or all of them.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    &bytes[..end]
}
