//! What a pack says of functions that write to memory or never return: `[functions]`.
//!
//! What C's own library has of them stands in `rules/c.toml` and is part of every pack.

use super::{PackError, Place, fits};
use serde::Deserialize;
use toml::Spanned;

/// What a function writes to where an argument points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Zeroes.
    Zeroes,
    /// The byte that is argument n, over and over.
    Fill(usize),
    /// What argument n points to.
    Copy(usize),
    /// Argument n itself.
    Value(usize),
}

/// A function or macro that writes to where an argument points, or to the argument itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// `memset`
    pub name: String,
    /// 0-based argument that is written to.
    pub to: usize,
    /// What is written.
    pub written: Written,
}

/// The section `[functions]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// Functions that write to memory.
    pub writers: Vec<Writer>,
    /// Functions that stop the system.
    pub panics: Vec<String>,
    /// Functions and macros that stop the system unless their argument holds, by patterns.
    pub asserts: Vec<String>,
    /// Functions that print what they are handed, by patterns.
    pub prints: Vec<String>,
}

impl Default for Effects {
    fn default() -> Effects {
        let mut own = Effects { writers: Vec::new(), panics: Vec::new(), asserts: Vec::new(), prints: Vec::new() };
        let text = include_str!("../../rules/c.toml");
        let place = Place { file: "c.toml", text };
        let read = toml::from_str(text).map_err(|e| place.error(0, e.message().to_owned()));
        let read = read.and_then(|raw| own.read(&place, &raw));
        assert!(read.is_ok(), "rules/c.toml is part of the program: {read:?}");
        own
    }
}

impl Effects {
    /// The function of that name that writes to its argument `to`.
    pub fn writer(&self, name: &str, to: usize) -> Option<&Writer> {
        self.writers.iter().find(|w| w.name == name && w.to == to)
    }

    /// Which arguments a function copies to and from.
    pub fn copier(&self, name: &str) -> Option<(usize, usize)> {
        self.writers.iter().filter(|w| w.name == name).find_map(|w| match w.written {
            Written::Copy(from) => Some((w.to, from)),
            _ => None,
        })
    }

    /// The names of those that copy.
    pub fn copiers(&self) -> Vec<&str> {
        let copies = |w: &&Writer| matches!(w.written, Written::Copy(_));
        self.writers.iter().filter(copies).map(|w| w.name.as_str()).collect()
    }

    /// Whether a function fills what its argument `to` points to with one byte, and with which argument; `None` inside for zeroes.
    pub fn filler(&self, name: &str, to: usize) -> Option<Option<usize>> {
        match self.writer(name, to)?.written {
            Written::Zeroes => Some(None),
            Written::Fill(byte) => Some(Some(byte)),
            _ => None,
        }
    }

    /// Whether a function stops the system.
    pub fn panics(&self, name: &str) -> bool {
        self.panics.iter().any(|p| p == name)
    }

    /// Whether a function or macro stops the system unless its argument holds.
    pub fn asserts(&self, name: &str) -> bool {
        self.asserts.iter().any(|p| fits(p, name))
    }

    /// Whether a function prints what it is handed.
    pub fn prints(&self, name: &str) -> bool {
        self.prints.iter().any(|p| fits(p, name))
    }

    pub(super) fn read(&mut self, place: &Place<'_>, raw: &Raw) -> Result<(), PackError> {
        for text in &raw.zeroes {
            let (name, to, from) = writer(place, text)?;
            self.add(place, text, name, to, from.is_none().then_some(Written::Zeroes))?;
        }
        for (list, written) in [
            (&raw.fills, Written::Fill as fn(usize) -> Written),
            (&raw.copies, Written::Copy),
            (&raw.writes, Written::Value),
        ] {
            for text in list {
                let (name, to, from) = writer(place, text)?;
                self.add(place, text, name, to, from.map(written))?;
            }
        }
        self.panics.extend(place.identifiers(&raw.panics)?);
        for (list, own) in [(&raw.asserts, &mut self.asserts), (&raw.prints, &mut self.prints)] {
            for text in list {
                place.identifier(&Spanned::new(text.span(), text.get_ref().replace('*', "_")))?;
                own.push(text.get_ref().clone());
            }
        }
        Ok(())
    }

    /// Adds a writer, in place of one that a pack below has for that argument.
    fn add(
        &mut self,
        place: &Place<'_>,
        text: &Spanned<String>,
        name: String,
        to: usize,
        written: Option<Written>,
    ) -> Result<(), PackError> {
        let written = written.ok_or_else(|| bad(place, text))?;
        self.writers.retain(|w| w.name != name || w.to != to);
        self.writers.push(Writer { name, to, written });
        Ok(())
    }
}

fn bad(place: &Place<'_>, text: &Spanned<String>) -> PackError {
    let message = format!(
        "bad `{}`: `zeroes` has FUNCTION#ARGUMENT, for instance bzero#0; the others have FUNCTION#TO=FROM, for instance memcpy#0=1",
        text.get_ref()
    );
    place.error(text.span().start, message)
}

/// `memcpy#0=1`, `bzero#0`
fn writer(place: &Place<'_>, text: &Spanned<String>) -> Result<(String, usize, Option<usize>), PackError> {
    let (name, rest) = text.get_ref().split_once('#').ok_or_else(|| bad(place, text))?;
    let (to, from) = match rest.split_once('=') {
        Some((to, from)) => (to, Some(from.parse().map_err(|_| bad(place, text))?)),
        None => (rest, None),
    };
    let name = place.identifier(&Spanned::new(text.span(), name.to_owned()))?;
    Ok((name, to.parse().map_err(|_| bad(place, text))?, from))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default)]
    zeroes: Vec<Spanned<String>>,
    #[serde(default)]
    fills: Vec<Spanned<String>>,
    #[serde(default)]
    copies: Vec<Spanned<String>>,
    #[serde(default)]
    writes: Vec<Spanned<String>>,
    #[serde(default)]
    panics: Vec<Spanned<String>>,
    #[serde(default)]
    asserts: Vec<Spanned<String>>,
    #[serde(default)]
    prints: Vec<Spanned<String>>,
}

#[cfg(test)]
mod tests {
    use crate::packs::Pack;

    fn check(body: &str, ask: impl Fn(&Pack) -> bool, want: &str) {
        match Pack::parse("x.toml", &format!("name = \"x\"\ntitle = \"X\"\n[functions]\n{body}")) {
            Ok(pack) => assert!(ask(&pack), "{body}"),
            Err(e) => assert_eq!(e.to_string(), want),
        }
    }

    #[test]
    fn what_writes_is_known_by_argument() {
        check("", |p| p.effects.copier("bcopy") == Some((1, 0)) && p.effects.filler("memset", 0) == Some(Some(1)), "");
        check("zeroes = [\"wipe#2\"]", |p| p.effects.filler("wipe", 2) == Some(None), "");
        check("copies = [\"pull#0=2\"]", |p| p.effects.copiers().contains(&"pull"), "");
        check("copies = [\"bcopy#1=2\"]", |p| p.effects.copier("bcopy") == Some((1, 2)), "");
        check("asserts = [\"MPASS*\"]", |p| p.effects.asserts("MPASS2") && p.effects.asserts("KASSERT"), "");
    }

    #[test]
    fn errors_name_the_line() {
        let want = |text: &str| {
            format!(
                "x.toml:4: bad `{text}`: `zeroes` has FUNCTION#ARGUMENT, for instance bzero#0; the others have \
                FUNCTION#TO=FROM, for instance memcpy#0=1"
            )
        };
        check("zeroes = [\"wipe\"]", |_| false, &want("wipe"));
        check("zeroes = [\"wipe#0=1\"]", |_| false, &want("wipe#0=1"));
        check("copies = [\"pull#0\"]", |_| false, &want("pull#0"));
        check("writes = [\"pull#0=x\"]", |_| false, &want("pull#0=x"));
        check("prints = [\"say*\"]", |p| p.effects.prints("say_it") && p.effects.prints("printf"), "");
        check("asserts = [\"A B\"]", |_| false, "x.toml:4: bad name `A B`: a C identifier was expected");
    }
}
