//! The one place that knows which languages there are, and which file is in which.
//!
//! A language is a [`Language`]; a file seen through it is a [`Syntax`]: a list of parts (its items), each of which is read
//! as one tree or, where conditions make it several, as several. Whoever asks works with these, and does not ask which
//! language it is; what only one of them has (a preprocessor, one name space for all types) is a question of the trait.

mod c;
mod rust;
mod syntax;

pub use syntax::{Around, Cover, Disabled, InDirective, Language, Missed, Part, PlaceKind, Syntax};

use crate::text::{LineIndex, Problem};
use crate::tree::Skip;
use std::borrow::Cow;

/// All languages. The first that reads a file has it.
static ALL: [&dyn Language; 2] = [&rust::Rust, &c::C];

/// The language of a file; nothing for assembler and tables of interfaces.
pub fn of(path: &str) -> Option<&'static dyn Language> {
    ALL.into_iter().find(|l| l.reads(path))
}

/// Whether a front end reads files of that name.
pub fn is_read(path: &str) -> bool {
    of(path).is_some()
}

/// Whether a file has macros, includes and tables.
pub fn is_preprocessed(path: &str) -> bool {
    of(path).is_some_and(|l| l.is_preprocessed())
}

/// Whether two files are in one language; those that no front end reads are in one of their own.
pub fn is_same(a: &str, b: &str) -> bool {
    let place = |path: &str| ALL.iter().position(|l| l.reads(path));
    place(a) == place(b)
}

/// What of a file is in its language, the rest blanked out byte for byte.
pub fn text<'a>(path: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    of(path).map_or(Cow::Borrowed(bytes), |l| l.text(path, bytes))
}

/// A file's text, taken apart. In a file that no front end reads, comments look like those of C.
pub fn syntax<'a>(path: &str, text: &'a [u8]) -> Box<dyn Syntax<'a> + 'a> {
    of(path).unwrap_or(&c::C).syntax(text)
}

/// All items of a file.
pub fn parts(syntax: &dyn Syntax<'_>) -> impl Iterator<Item = Part> + use<> {
    (0..syntax.parts()).map(Part)
}

/// What is wrong with a file, and with what was passed over in it.
pub fn problems<'s>(
    syntax: &dyn Syntax<'_>,
    path: &str,
    lines: &LineIndex,
    skips: impl Iterator<Item = &'s Skip>,
) -> Vec<Problem> {
    let mut all = syntax.problems(path, lines);
    let deep = skips.filter(|s| s.reason == crate::c::parse::TOO_DEEP);
    all.extend(deep.map(|s| Problem {
        path: path.to_owned(),
        line: Some(lines.line(s.span.start)),
        severity: crate::text::Severity::Error,
        message: "nested more than 200 levels deep: what is inside was passed over".to_owned(),
    }));
    all
}
