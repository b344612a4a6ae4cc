//! Presence conditions: under which `#if`s a place exists, simplified and printable.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Serialize, Serializer};
use std::fmt;
use std::io;

/// A condition over macros. `#ifdef X` and `defined(X)` are the atom `X`; `#if X` is the atom `X != 0`; what is no plain
/// Boolean structure (`NFOO > 0`) is an atom in its own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cond {
    /// Always or never.
    Const(bool),
    /// A macro's name, or a comparison as written.
    Atom(String),
    /// Negation; only of an atom once simplified.
    Not(Box<Cond>),
    /// All of them; sorted as they came.
    And(Vec<Cond>),
    /// Any of them.
    Or(Vec<Cond>),
}

/// More conjuncts than this are not printed.
const WIDEST: usize = 32;

impl Cond {
    /// Itself, unless it always holds.
    pub fn unless_always(self) -> Option<Cond> {
        (self != Cond::Const(true)).then_some(self)
    }

    /// What all must hold, as a list; a condition that is no conjunction is one term.
    pub fn terms(&self) -> &[Cond] {
        match self {
            Cond::And(list) => list,
            Cond::Const(true) => &[],
            other => std::slice::from_ref(other),
        }
    }

    /// Whether it leaves a choice somewhere: any of several things is enough.
    pub fn has_choice(&self) -> bool {
        match self {
            Cond::Const(_) | Cond::Atom(_) => false,
            Cond::Not(c) => c.has_choice(),
            Cond::And(list) => list.iter().any(Cond::has_choice),
            Cond::Or(_) => true,
        }
    }

    /// The opposite.
    pub fn negate(self) -> Cond {
        match self {
            Cond::Const(b) => Cond::Const(!b),
            Cond::Not(c) => *c,
            Cond::And(list) => Cond::Or(list.into_iter().map(Cond::negate).collect()),
            Cond::Or(list) => Cond::And(list.into_iter().map(Cond::negate).collect()),
            Cond::Atom(_) => Cond::Not(Box::new(self)),
        }
    }

    /// A plain atom or its negation.
    pub fn literal(&self) -> Option<(&str, bool)> {
        match self {
            Cond::Atom(a) => Some((a, true)),
            Cond::Not(c) => match &**c {
                Cond::Atom(a) => Some((a, false)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value where the atoms' values are known as far as `value` knows them.
    pub fn eval(&self, value: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
        match self {
            Cond::Const(b) => Some(*b),
            Cond::Atom(a) => value(a),
            Cond::Not(c) => c.eval(value).map(|b| !b),
            Cond::And(list) => fold(list, value, false),
            Cond::Or(list) => fold(list, value, true),
        }
    }

    /// The conjunction, simplified: no doubled, no implied and no contradictory terms.
    pub fn all(terms: Vec<Cond>) -> Cond {
        let mut flat = Vec::new();
        for term in terms {
            match term {
                Cond::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        // Literals decide the disjunctions beside them, until nothing changes any more.
        loop {
            let known: Vec<(String, bool)> =
                flat.iter().filter_map(|c| c.literal().map(|(a, b)| (a.to_owned(), b))).collect();
            let value = |a: &str| known.iter().find(|(k, _)| k == a).map(|(_, b)| *b);
            let mut next: Vec<Cond> = Vec::new();
            let mut changed = false;
            for term in flat {
                if let Some((a, b)) = term.literal() {
                    if value(a) != Some(b) {
                        return Cond::Const(false);
                    }
                    if !next.contains(&term) {
                        next.push(term);
                    }
                    continue;
                }
                match term.under(&value) {
                    Cond::Const(true) => changed = true,
                    Cond::Const(false) => return Cond::Const(false),
                    Cond::And(inner) => {
                        changed = true;
                        next.extend(inner);
                    }
                    reduced => {
                        changed |= reduced.literal().is_some();
                        if !next.contains(&reduced) {
                            next.push(reduced);
                        }
                    }
                }
            }
            flat = next;
            if !changed {
                break;
            }
        }
        match flat.len() {
            0 => Cond::Const(true),
            1 => flat.remove(0),
            _ => Cond::And(flat),
        }
    }

    /// The disjunction, simplified likewise.
    pub fn any(terms: Vec<Cond>) -> Cond {
        Cond::all(terms.into_iter().map(Cond::negate).collect()).negate()
    }

    /// With the known atoms put in.
    fn under(self, value: &dyn Fn(&str) -> Option<bool>) -> Cond {
        if let Some(b) = self.eval(value) {
            return Cond::Const(b);
        }
        match self {
            Cond::And(list) => Cond::all(list.into_iter().map(|c| c.under(value)).collect()),
            Cond::Or(list) => Cond::any(list.into_iter().map(|c| c.under(value)).collect()),
            other => other,
        }
    }
}

fn fold(list: &[Cond], value: &dyn Fn(&str) -> Option<bool>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for c in list {
        match c.eval(value) {
            Some(b) if b == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

impl Serialize for Cond {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, list: &[Cond], op: &str| {
            for (i, c) in list.iter().take(WIDEST).enumerate() {
                if i > 0 {
                    write!(f, " {op} ")?;
                }
                match c {
                    Cond::And(_) | Cond::Or(_) => write!(f, "({c})")?,
                    // `a || b > 0` reads well; `X && a | b` does not.
                    _ => write!(f, "{c}")?,
                }
            }
            match list.len().checked_sub(WIDEST) {
                Some(more) if more > 0 => write!(f, " {op} … {more} more"),
                _ => Ok(()),
            }
        };
        match self {
            Cond::Const(b) => write!(f, "{}", u8::from(*b)),
            Cond::Atom(a) => f.write_str(a),
            Cond::Not(c) => match &**c {
                Cond::Atom(a) if a.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => write!(f, "!{a}"),
                Cond::Atom(a) => match a.strip_suffix(" != 0") {
                    Some(name) if !name.contains(' ') => write!(f, "{name} == 0"),
                    _ => write!(f, "!({a})"),
                },
                c => write!(f, "!({c})"),
            },
            Cond::And(list) => joined(f, list, "&&"),
            Cond::Or(list) => joined(f, list, "||"),
        }
    }
}
/// What is nested more deeply is neither written nor read.
const DEEPEST: u32 = 200;

fn too_deep() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a condition is nested more than 200 deep")
}

// By hand, because what is read may be damaged: a derived reader would follow it until its stack ends.
impl BorshSerialize for Cond {
    fn serialize<W: io::Write>(&self, out: &mut W) -> io::Result<()> {
        fn put<W: io::Write>(cond: &Cond, out: &mut W, depth: u32) -> io::Result<()> {
            if depth > DEEPEST {
                return Err(too_deep());
            }
            match cond {
                Cond::Const(b) => BorshSerialize::serialize(&(0u8, b), out),
                Cond::Atom(a) => BorshSerialize::serialize(&(1u8, a), out),
                Cond::Not(c) => {
                    out.write_all(&[2])?;
                    put(c, out, depth + 1)
                }
                Cond::And(list) | Cond::Or(list) => {
                    let tag = if matches!(cond, Cond::And(_)) { 3u8 } else { 4 };
                    BorshSerialize::serialize(&(tag, list.len() as u32), out)?;
                    list.iter().try_for_each(|c| put(c, out, depth + 1))
                }
            }
        }
        put(self, out, 0)
    }
}

impl BorshDeserialize for Cond {
    fn deserialize_reader<R: io::Read>(from: &mut R) -> io::Result<Cond> {
        fn get<R: io::Read>(from: &mut R, depth: u32) -> io::Result<Cond> {
            if depth > DEEPEST {
                return Err(too_deep());
            }
            let list = |from: &mut R| -> io::Result<Vec<Cond>> {
                let n = u32::deserialize_reader(from)?;
                (0..n).map(|_| get(from, depth + 1)).collect()
            };
            Ok(match u8::deserialize_reader(from)? {
                0 => Cond::Const(bool::deserialize_reader(from)?),
                1 => Cond::Atom(String::deserialize_reader(from)?),
                2 => Cond::Not(Box::new(get(from, depth + 1)?)),
                3 => Cond::And(list(from)?),
                4 => Cond::Or(list(from)?),
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "no condition")),
            })
        }
        get(from, 0)
    }
}
