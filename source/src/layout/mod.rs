//! What a C compiler makes of a struct on each machine: sizes, offsets, padding; and what makes it unfit as a file format.
//!
//! The struct is read from its header as each machine's compiler would see it: the arms of `#if` that are for the machine's byte
//! order and word size, its own `machine/*.h` typedefs, macros in bounds of arrays expanded. `_KERNEL` counts as defined, other
//! options as not; what had to be assumed is said.
//!
//! - *Invariant:* data in, data out; what cannot be read is an [`Unread`] for that machine, and the others go on.

mod faults;
mod find;
mod place;
mod read;
mod tokens;
mod value;

pub use faults::{Fault, faults};

use crate::decls::lookup::Lookup;
use std::collections::BTreeSet;

/// What matters of a machine's ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: &'static str,
    /// Whether the least significant byte comes first.
    pub little: bool,
    /// Bytes of a pointer.
    pub pointer: u32,
    /// Bytes of a `long`.
    pub long: u32,
    /// Alignment of an integer of four bytes, and of a struct with nothing wider.
    pub int32_align: u32,
    /// Alignment of an integer or `double` of eight bytes.
    pub int64_align: u32,
}

impl Machine {
    /// The alignment of a scalar of that width.
    fn align(&self, width: u32) -> u32 {
        match width {
            8 => self.int64_align,
            4 => self.int32_align,
            narrow => narrow.max(1),
        }
    }
}

/// What a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberKind {
    /// An integer, or a floating-point number.
    Number,
    /// Single bytes.
    Bytes,
    /// A pointer.
    Pointer,
    /// An enum.
    Enum,
}

/// A scalar member, or an array of scalars, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its name; of a member of a member `outer.inner`.
    pub name: String,
    /// Its type as written.
    pub ty: String,
    /// Bytes from the start of the struct.
    pub offset: u32,
    /// Bytes that it takes; of a bit-field those of its declared type.
    pub width: u32,
    /// Bytes of one element of an array; the width otherwise.
    pub element: u32,
    /// What it is.
    pub kind: MemberKind,
    /// Of a bit-field: its first bit, counted from the struct's start in the order of allocation, and its bits.
    pub bits: Option<(u32, u32)>,
}

/// A struct on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The machine's name.
    pub machine: &'static str,
    /// Bytes of the struct.
    pub size: u32,
    /// Its alignment.
    pub align: u32,
    /// Its scalars, in order.
    pub members: Vec<Placed>,
    /// Bytes that belong to no member: first and how many.
    pub padding: Vec<(u32, u32)>,
}

/// Why a struct could not be laid out on a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The machine's name.
    pub machine: &'static str,
    /// What could not be understood, and where.
    pub why: String,
}

/// A struct on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layouts {
    /// Its tag, or the typedef that names it.
    pub name: String,
    /// The file that declares it.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// In the order of the machines.
    pub layouts: Vec<Layout>,
    /// Machines on which it could not be laid out.
    pub unread: Vec<Unread>,
    /// What was assumed, sorted.
    pub assumed: Vec<String>,
}

/// There is no such struct.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: no struct {name} in it{instead}")]
pub struct NoStruct {
    /// The header.
    pub path: String,
    /// The struct.
    pub name: String,
    /// Which there are.
    pub instead: String,
}

/// Lays out `struct name`, or what the typedef `name` stands for, which `path` declares.
///
/// # Errors
/// The file declares no such struct.
pub fn layouts(lookup: &Lookup<'_>, path: &str, name: &str, machines: &[Machine]) -> Result<Layouts, NoStruct> {
    let Some((file, at)) = find::declared(lookup, path, name) else {
        let known = find::tags(lookup, path);
        let instead = match known.as_slice() {
            [] => "; it declares none at all".to_owned(),
            known => format!("; it declares {}", known.join(", ")),
        };
        return Err(NoStruct { path: path.to_owned(), name: name.to_owned(), instead });
    };
    let line = crate::text::LineIndex::new(&file.bytes).line(at as u32);
    let mut all = Layouts {
        name: name.to_owned(),
        path: path.to_owned(),
        line,
        layouts: Vec::new(),
        unread: Vec::new(),
        assumed: Vec::new(),
    };
    let mut assumed = BTreeSet::new();
    for machine in machines {
        let mut reader = read::Reader::new(lookup, machine);
        match reader.record_at(path, name) {
            Ok(record) => all.layouts.push(place::flat(machine, &record)),
            Err(why) => all.unread.push(Unread { machine: machine.name, why }),
        }
        assumed.append(&mut reader.assumed);
    }
    all.assumed = assumed.into_iter().collect();
    Ok(all)
}

#[cfg(test)]
mod tests;
