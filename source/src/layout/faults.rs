//! What makes a struct unfit to be written to a file as it is.

use super::{Layout, Layouts, MemberKind};
use std::collections::BTreeMap;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A word for tools: `pointer`, `padding`, `width`, `place`, `enum`, `bit-field`, `byte-order`, `size`.
    pub kind: &'static str,
    /// The member; empty where it is about the whole.
    pub member: String,
    /// In words.
    pub why: String,
}

/// All reasons, member by member in order, then those of the whole.
pub fn faults(all: &Layouts) -> Vec<Fault> {
    let mut out = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for m in all.layouts.iter().flat_map(|l| &l.members) {
        if !names.contains(&m.name.as_str()) {
            names.push(&m.name);
        }
    }
    for name in &names {
        member_faults(all, name, &mut out);
    }
    out.extend(moved(all, &names));
    for name in padded(all) {
        out.push(name);
    }
    let sizes = by(all.layouts.iter().map(|l| (l.size, l.machine)));
    if sizes.len() > 1 {
        out.push(Fault {
            kind: "size",
            member: String::new(),
            why: format!("its size differs: {}", said(&sizes, "bytes")),
        });
    }
    if all.layouts.iter().flat_map(|l| &l.members).any(|m| m.element > 1) {
        let why = "its numbers are in the byte order of the machine, and nothing in it says which".to_owned();
        out.push(Fault { kind: "byte-order", member: String::new(), why });
    }
    out
}

fn member_faults(all: &Layouts, name: &str, out: &mut Vec<Fault>) {
    let found = || all.layouts.iter().filter_map(|l| Some((l, l.members.iter().find(|m| m.name == name)?)));
    let mut fault = |kind, why: String| out.push(Fault { kind, member: name.to_owned(), why });
    if found().any(|(_, m)| m.kind == MemberKind::Pointer) {
        fault("pointer", "a pointer means nothing outside the memory that it is from".to_owned());
    }
    if found().any(|(_, m)| m.kind == MemberKind::Enum) {
        fault("enum", "the compiler chooses an enum's width".to_owned());
    }
    if found().any(|(_, m)| m.bits.is_some()) {
        fault("bit-field", "the compiler chooses a bit-field's place and order".to_owned());
    }
    let widths = by(found().map(|(l, m)| (m.width, l.machine)));
    if widths.len() > 1 {
        fault("width", format!("its width differs: {}", said(&widths, "bytes")));
    }
}

/// The first member that stands elsewhere on some machine, and how many more do.
fn moved(all: &Layouts, names: &[&str]) -> Option<Fault> {
    let places = |name: &str| {
        let found = all.layouts.iter().filter_map(|l| Some((l, l.members.iter().find(|m| m.name == name)?)));
        by(found.map(|(l, m)| (m.offset, l.machine)))
    };
    let mut moved = names.iter().filter(|name| places(name).len() > 1);
    let first = moved.next()?;
    let more = match moved.count() {
        0 => String::new(),
        n => format!(", and that of {n} more"),
    };
    let why = format!("its place differs{more}: {}", said(&places(first), ""));
    Some(Fault { kind: "place", member: (*first).to_owned(), why })
}

/// Padding before each member, and at the end.
fn padded(all: &Layouts) -> Vec<Fault> {
    let mut places: BTreeMap<(usize, &str), Vec<(u32, &'static str)>> = BTreeMap::new();
    for l in &all.layouts {
        for &(at, bytes) in &l.padding {
            let after = l
                .members
                .iter()
                .position(|m| m.offset >= at + bytes && m.bits.is_none_or(|(f, _)| f / 8 >= at + bytes));
            let (order, name) = after.map_or((usize::MAX, ""), |i| (i, l.members[i].name.as_str()));
            places.entry((order, name)).or_default().push((bytes, l.machine));
        }
    }
    let fault = |((_, name), found): ((usize, &str), Vec<(u32, &'static str)>)| {
        let place = if name.is_empty() { "at the end".to_owned() } else { format!("before {name}") };
        let why = format!("padding {place} holds whatever was in memory: {}", said(&by(found.into_iter()), "bytes"));
        Fault { kind: "padding", member: name.to_owned(), why }
    };
    places.into_iter().map(fault).collect()
}

/// Machines by what they have in common.
fn by(of: impl Iterator<Item = (u32, &'static str)>) -> BTreeMap<u32, Vec<&'static str>> {
    let mut all: BTreeMap<u32, Vec<&'static str>> = BTreeMap::new();
    for (value, machine) in of {
        let machines = all.entry(value).or_default();
        if machines.last() != Some(&machine) {
            machines.push(machine);
        }
    }
    all
}

fn said(by: &BTreeMap<u32, Vec<&'static str>>, unit: &str) -> String {
    let one = |(value, machines): (&u32, &Vec<&str>)| {
        let unit = match (unit, value) {
            ("", _) => String::new(),
            (unit, 1) => format!(" {}", unit.trim_end_matches('s')),
            (unit, _) => format!(" {unit}"),
        };
        format!("{value}{unit} on {}", machines.join(" "))
    };
    by.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Layout {
    /// Whether another machine lays the struct out in the same way.
    pub fn same_as(&self, other: &Layout) -> bool {
        (self.size, &self.members, &self.padding) == (other.size, &other.members, &other.padding)
    }
}
