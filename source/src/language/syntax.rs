//! What a language has to tell of a file: the traits that each is an implementation of.

use crate::shapes::{Definition, Kind, Shape, Struct, Wholes};
use crate::text::{Cond, LineIndex, Problem, SourceFile, Span};
use crate::tree::Ast;
use borsh::{BorshDeserialize, BorshSerialize};
use std::borrow::Cow;

pub use crate::c::variant::Cover;

/// A language that a front end reads.
pub trait Language: Sync {
    /// Whether files of that name are in it.
    fn reads(&self, path: &str) -> bool;

    /// Whether its text is preprocessed: macros, includes, initialised tables of functions.
    fn is_preprocessed(&self) -> bool;

    /// Whether structs and other types share one name space.
    fn has_one_name_space(&self) -> bool;

    /// What of a file is in the language, the rest blanked out byte for byte.
    fn text<'a>(&self, path: &str, bytes: &'a [u8]) -> Cow<'a, [u8]>;

    /// A file's text, taken apart.
    fn syntax<'a>(&self, text: &'a [u8]) -> Box<dyn Syntax<'a> + 'a>;

    /// Calls `found` with each function that may be defined. One fast pass; whoever asks parses the place and sees.
    fn functions(&self, text: &[u8], found: &mut dyn FnMut(Definition));

    /// Whether `at`, in a body that begins at `from`, is text of the program: in no comment, string or directive.
    fn is_code(&self, text: &[u8], from: u32, at: u32) -> bool;

    /// Calls `found` with each name that others may look up in the file: those of headers and modules.
    fn declarations(&self, path: &str, text: &[u8], found: &mut dyn FnMut(Kind, Span));

    /// The struct whose tag stands at `at`, if its body does.
    fn structure(&self, file: &SourceFile, at: usize, tag: &str) -> Option<Struct>;

    /// The typedef whose name stands at `at`.
    fn typedef(&self, file: &SourceFile, at: usize, name: &str) -> Option<Shape>;

    /// Byte offsets where a whole `struct of` may be copied, or initialised by position.
    fn whole_structs(&self, text: &[u8], wholes: &Wholes) -> Vec<u32>;

    /// Calls `found` with the tag and the member of each struct that holds a whole one.
    fn holders(&self, text: &[u8], wholes: &Wholes, found: &mut dyn FnMut(String, String));
}

/// A file as its language sees it.
pub trait Syntax<'a>: Send + Sync {
    /// The file's bytes.
    fn source(&self) -> &'a [u8];

    /// How many items it has; they are numbered from 0, in order.
    fn parts(&self) -> u32;

    /// The item at a byte offset.
    fn part_at(&self, at: u32) -> Option<Part>;

    /// Where an item stands.
    fn span(&self, part: Part) -> Span;

    /// How many tokens an item has.
    fn size(&self, part: Part) -> u32;

    /// A cheap look: whether an item defines a function.
    fn is_function(&self, part: Part) -> bool;

    /// All variants of an item, each as a tree.
    fn trees(&self, part: Part, cover: Cover, f: &mut dyn FnMut(&mut Ast)) -> Missed;

    /// Under which condition a place exists.
    fn presence(&self, at: u32) -> Cond;

    /// Whether a place lies in a comment.
    fn in_comment(&self, at: u32) -> bool;

    /// What disables text.
    fn disabled(&self) -> Disabled;

    /// What stands at a place.
    fn word(&self, at: u32) -> PlaceKind;

    /// Judged by the tokens around a name.
    fn around(&self, at: u32) -> Around;

    /// What is wrong with the file itself.
    fn problems(&self, path: &str, lines: &LineIndex) -> Vec<Problem>;

    /// The directive that a place stands in, for a preprocessed language.
    fn directive(&self, at: u32) -> Option<InDirective>;

    /// The tokens of a preprocessed file.
    fn preprocessed(&self) -> Option<&crate::c::File<'a>>;
}

/// An item of a file, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(pub u32);

/// What keeps text out of every configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Disabled {
    /// `#if`
    If,
    /// `#[cfg]`
    Cfg,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A name.
    Name,
    /// A string or character.
    Quoted,
    /// Something else.
    Other,
}

/// A name, judged by the tokens around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    /// It follows a `.` or `->`.
    pub is_member: bool,
    /// A `=` follows it.
    pub is_assigned: bool,
    /// It stands where only a type or a size is asked for.
    pub is_asked: bool,
}

/// A preprocessor's directive around a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDirective {
    /// `#define` of the name there.
    Define(Span),
    /// Another one.
    Other,
}

/// What an item's trees could not show.
#[derive(Debug, Default)]
pub struct Missed {
    /// Not all of its conditions were followed.
    pub incomplete: bool,
    /// What did not parse.
    pub problems: Vec<(u32, String)>,
}
