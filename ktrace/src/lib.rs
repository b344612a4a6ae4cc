//! Kernel traces: what the BSDs' ktrace(2) left behind, and a format that any machine can read.
//!
//! A ktrace file is a C struct dumped to disk: it has no magic number, and its layout depends on the system, its release
//! and the machine. [`Trace::open`] finds out who wrote one and reads it as a stream of [`Record`]s, the same for all of
//! them; [`neutral::Writer`] writes those in a format that needs no finding out.
//!
//! ```
//! use uioscope_ktrace::detect::Hints;
//! use uioscope_ktrace::read::Event;
//! use uioscope_ktrace::{Payload, Trace};
//!
//! // NetBSD 1.4 on an i386: length, type, pid, name, time, and a kernel pointer.
//! let mut file = b"\x03\0\0\0\x03\0\0\0\x4d\0\0\0cat\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
//! file.extend(b"\x00\xca\x9a\x3b\x88\x13\0\0\0\0\0\xc0/ok");
//! let mut trace = Trace::open(&file[..], &Hints::default())?;
//! let Some(Event::Record(record)) = trace.next_event()? else { panic!("a record") };
//! assert_eq!((record.pid, record.comm, record.sec), (77, &b"cat"[..], 1_000_000_000));
//! assert_eq!(record.decode().payload, Payload::Text(b"/ok"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - *Invariant:* layouts and dialects are tables ([`layout::CLASSES`], [`system::DIALECTS`]); no code is of one system alone.
//! - *Invariant:* no length, count or size in the input decides how much memory is used, or what is read outside a record.
//! - *Invariant:* nothing here opens a file; everything reads from [`std::io::Read`] and writes to [`std::io::Write`].
#![forbid(unsafe_code)]

pub mod abi;
pub mod calls;
mod chain;
mod classes;
pub mod declarations;
pub mod detect;
mod dialects;
pub mod endian;
pub mod fit;
pub mod ioctls;
pub mod kind;
pub mod layout;
pub mod names;
pub mod neutral;
pub mod not_a_trace;
pub mod payload;
mod probe;
pub mod read;
pub mod record;
pub mod summary;
pub mod system;
pub mod told;
pub mod trace;
mod walk;
mod window;

pub use payload::Payload;
pub use record::Record;
pub use summary::Summary;
pub use trace::{OpenError, Trace};
