//! Types, structs and macros that do not borrow from the file they were read from.

use crate::text::{Span, name_text};
use crate::tree::{Aggregate, Ast, Base, Type};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `struct NAME {`, `union NAME {`
    Struct,
    /// `#define NAME`
    Macro,
    /// `typedef … NAME;`
    Typedef,
}

/// A type that does not borrow from the file it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// What it is built on.
    pub base: Root,
    /// Pointers and arrays around it.
    pub pointers: u8,
    /// How many of those are arrays.
    pub arrays: u8,
    /// A function, or a pointer to one.
    pub function: bool,
}

/// What a [`Shape`] is built on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Root {
    /// Nothing is known.
    #[default]
    Unknown,
    /// `int` and the like.
    Plain,
    /// A struct or union by its tag.
    Struct(String),
    /// A struct or union without a tag.
    Inline(Arc<Struct>),
    /// A typedef name.
    Named(String),
}

/// A struct or union.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Struct {
    /// Its tag; empty where there is none.
    pub tag: String,
    /// Members in order. One with an empty name is a struct whose members belong to this one.
    pub members: Vec<(String, Shape)>,
    /// Where it is declared.
    pub path: String,
    /// Byte offset there.
    pub at: u32,
}

impl Struct {
    /// The shape of a member, also of one inside an unnamed struct.
    pub fn member(&self, name: &str) -> Option<&Shape> {
        self.members
            .iter()
            .find_map(|(n, shape)| match &shape.base {
                _ if n == name => Some(shape),
                Root::Inline(inner) if n.is_empty() => inner.member(name),
                _ => None,
            })
            // `self.0` of a tuple struct.
            .or_else(|| self.members.get(name.parse::<usize>().ok()?).filter(|m| m.0.is_empty()).map(|m| &m.1))
    }

    /// 0-based position of a member among those that a positional initialiser counts.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(n, _)| n == name)
    }
}

/// What whole structs are looked for by.
#[derive(Debug, Clone, Default)]
pub struct Wholes {
    /// The struct's tag.
    pub of: String,
    /// Names of typedefs for it.
    pub typedefs: BTreeSet<String>,
    /// Tags of structs that have one as a member, or a struct that has.
    pub holders: BTreeSet<String>,
    /// Those members.
    pub members: BTreeSet<String>,
    /// Functions that copy memory.
    pub copiers: Vec<String>,
}

/// A macro's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macro {
    /// Its name.
    pub name: String,
    /// Places of the parameters' names; nothing for an object-like macro.
    pub params: Option<Vec<Span>>,
    /// Its text after the name and parameters.
    pub body: Span,
    /// Where its name stands.
    pub at: u32,
    /// The file that defines it; spans are places there.
    pub path: String,
}

pub(crate) fn structure(source: &[u8], ast: &Ast, a: &Aggregate) -> Struct {
    let text = |s: crate::text::Span| String::from_utf8_lossy(&name_text(s.of(source))).into_owned();
    Struct {
        tag: a.tag.map(text).unwrap_or_default(),
        members: ast.decls(a.members).iter().map(|d| (text(d.name), shape(source, ast, d.ty))).collect(),
        path: String::new(),
        at: a.span.start,
    }
}

/// A type without its file.
pub fn shape(source: &[u8], ast: &Ast, ty: Type) -> Shape {
    let text = |s: crate::text::Span| String::from_utf8_lossy(&name_text(s.of(source))).into_owned();
    let base = match ty.base {
        Base::Unknown | Base::Typeof(_) => Root::Unknown,
        Base::Builtin | Base::Enum => Root::Plain,
        Base::Struct(tag) => Root::Struct(text(tag)),
        Base::Anonymous(i) => Root::Inline(Arc::new(structure(source, ast, &ast.aggregates[i as usize]))),
        Base::Named(name) => Root::Named(text(name)),
    };
    Shape { base, pointers: ty.pointers, arrays: ty.arrays, function: ty.function }
}

/// A name that seems to be defined as a function's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// Where the name stands.
    pub name: Span,
    /// Nobody outside of the file can mean it.
    pub is_private: bool,
    /// From the body's `{` to its `}`; nothing where conditionals hide which that is, or another name may be meant.
    pub body: Option<Span>,
}
