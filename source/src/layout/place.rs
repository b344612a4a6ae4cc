//! Where members go: in order, each at the next place that its alignment allows.

use super::{Layout, Machine, MemberKind, Placed};
use std::rc::Rc;

/// A type with its size on one machine.
#[derive(Debug, Clone)]
pub(super) enum Type {
    /// One number or pointer.
    Scalar { width: u32, align: u32, kind: MemberKind },
    /// A struct or union.
    Record(Rc<Record>),
    /// So many of it, one after the other.
    Array(Box<Type>, u64),
    /// `void`, a function: nothing that a member can be.
    Nothing,
}

/// A struct or union that was laid out.
#[derive(Debug)]
pub(super) struct Record {
    pub size: u32,
    pub align: u32,
    pub members: Vec<Member>,
}

/// A member at its place. One without a name is a struct whose members belong to the outer one, or an unnamed bit-field.
#[derive(Debug)]
pub(super) struct Member {
    pub name: String,
    pub ty: Type,
    /// The type as written.
    pub written: String,
    pub offset: u32,
    pub bits: Option<(u32, u32)>,
}

/// Structs are no larger than this; a bound that says more is an error in the source or in its reading.
const LARGEST: u64 = 1 << 30;

impl Type {
    /// Size and alignment; nothing for what no member can be.
    pub fn size(&self) -> Option<(u64, u32)> {
        match self {
            Type::Scalar { width, align, .. } => Some((u64::from(*width), *align)),
            Type::Record(record) => Some((record.size.into(), record.align)),
            Type::Array(of, n) => {
                let (size, align) = of.size()?;
                Some((size.checked_mul(*n)?, align))
            }
            Type::Nothing => None,
        }
    }
}

/// A struct or union in the making.
pub(super) struct Placer {
    union: bool,
    packed: bool,
    /// Bits taken so far.
    at: u64,
    /// The largest member's end, of a union.
    most: u64,
    align: u32,
    members: Vec<Member>,
}

impl Placer {
    pub fn new(union: bool, packed: bool) -> Placer {
        Placer { union, packed, at: 0, most: 0, align: 1, members: Vec::new() }
    }

    /// The next member. `bits`: the width of a bit-field; `aligned`: what an attribute asks for.
    pub fn add(
        &mut self,
        name: String,
        written: String,
        ty: Type,
        bits: Option<u32>,
        aligned: u32,
    ) -> Result<(), String> {
        let too_large = || format!("`{name}` is too large");
        let (size, align) = ty.size().ok_or_else(|| format!("`{name}` has a type without a size"))?;
        let align = if self.packed { 1 } else { align }.max(aligned);
        let unit = u64::from(align) * 8;
        let place = |at: u64| at.div_ceil(unit) * unit;
        let (start, end, bits) = match bits {
            // `int : 0` goes on with the next unit.
            Some(0) => (place(self.at), place(self.at), Some((place(self.at), 0))),
            Some(n) => {
                let wide = size * 8;
                if u64::from(n) > wide {
                    return Err(format!("`{name}` has more bits than its type"));
                }
                // A bit-field does not cross a boundary of its type.
                let fits = self.packed || self.at / wide == (self.at + u64::from(n) - 1) / wide;
                let start = if fits { self.at } else { place(self.at) };
                (start, start + u64::from(n), Some((start, u64::from(n))))
            }
            None => {
                let start = place(self.at);
                (start, size.checked_mul(8).and_then(|s| start.checked_add(s)).ok_or_else(too_large)?, None)
            }
        };
        if end / 8 > LARGEST {
            return Err(too_large());
        }
        self.align = self.align.max(if bits.is_some_and(|(_, n)| n == 0) { 1 } else { align });
        self.most = self.most.max(end);
        if !self.union {
            self.at = end;
        }
        let narrow = |n: u64| n as u32;
        self.members.push(Member {
            name,
            ty,
            written,
            offset: narrow(start / 8),
            bits: bits.map(|(at, n)| (narrow(at), narrow(n))),
        });
        Ok(())
    }

    /// The whole, as long as its alignment asks for. `aligned`: what an attribute asks for.
    pub fn finish(self, aligned: u32) -> Record {
        let align = self.align.max(aligned);
        let bytes = self.most.max(self.at).div_ceil(8);
        let size = bytes.div_ceil(u64::from(align)) * u64::from(align);
        Record { size: size as u32, align, members: self.members }
    }
}

/// More scalars than this are not listed one by one.
const MOST: usize = 4096;

/// A struct with the members of its members, and what is between them.
pub(super) fn flat(machine: &Machine, record: &Record) -> Layout {
    let mut members = Vec::new();
    flatten(record, "", 0, &mut members);
    let mut taken: Vec<(u32, u32)> = members.iter().map(covered).collect();
    taken.sort_unstable();
    let mut padding = Vec::new();
    let mut at = 0;
    for (from, to) in taken.into_iter().chain([(record.size, record.size)]) {
        if from > at {
            padding.push((at, from - at));
        }
        at = at.max(to);
    }
    Layout { machine: machine.name, size: record.size, align: record.align, members, padding }
}

/// The bytes of which a member takes a part.
fn covered(m: &Placed) -> (u32, u32) {
    match m.bits {
        Some((first, bits)) => (first / 8, (first + bits).div_ceil(8)),
        None => (m.offset, m.offset + m.width),
    }
}

fn flatten(record: &Record, outer: &str, base: u32, out: &mut Vec<Placed>) {
    for m in &record.members {
        if out.len() >= MOST {
            return;
        }
        let name = match (outer, m.name.as_str()) {
            (outer, "") => outer.to_owned(),
            ("", name) => name.to_owned(),
            (outer, name) => format!("{outer}.{name}"),
        };
        let mut element = &m.ty;
        let mut count = 1u64;
        while let Type::Array(of, n) = element {
            (element, count) = (of, count.saturating_mul(*n));
        }
        match element {
            Type::Record(inner) if count == 1 => flatten(inner, &name, base + m.offset, out),
            // Structs in an array are all alike: the first stands for them, and the rest is no padding.
            Type::Record(inner) => {
                let first = out.len();
                flatten(inner, &format!("{name}[]"), base + m.offset, out);
                let end = base + m.offset + inner.size * (count.min(u64::from(u32::MAX)) as u32);
                if let Some(last) = out[first..].last_mut() {
                    last.width = end - last.offset;
                }
            }
            Type::Scalar { width, kind, .. } => {
                let whole = u64::from(*width) * count;
                out.push(Placed {
                    name,
                    ty: m.written.clone(),
                    offset: base + m.offset,
                    width: whole.min(u64::from(u32::MAX)) as u32,
                    element: *width,
                    kind: *kind,
                    bits: m.bits.map(|(first, n)| (base * 8 + first, n)),
                });
            }
            Type::Array(..) | Type::Nothing => {}
        }
    }
}
