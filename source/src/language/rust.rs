//! Rust as a [`Language`].

use super::syntax::{Around, Cover, Disabled, InDirective, Language, Missed, Part, PlaceKind, Syntax};
use crate::rust::lex::RustTok;
use crate::rust::{RustFile, RustTrouble, declared};
use crate::shapes::{Definition, Kind, Shape, Struct, Wholes};
use crate::text::{Cond, LineIndex, Problem, Severity, SourceFile, Span};
use crate::tree::Ast;
use std::borrow::Cow;

/// Kernel code in Rust.
pub struct Rust;

impl Language for Rust {
    fn reads(&self, path: &str) -> bool {
        path.ends_with(".rs")
    }

    fn is_preprocessed(&self) -> bool {
        false
    }

    fn has_one_name_space(&self) -> bool {
        true
    }

    fn text<'a>(&self, _path: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        Cow::Borrowed(bytes)
    }

    fn syntax<'a>(&self, text: &'a [u8]) -> Box<dyn Syntax<'a> + 'a> {
        Box::new(RustFile::new(text))
    }

    fn functions(&self, text: &[u8], found: &mut dyn FnMut(Definition)) {
        declared::functions(text, found);
    }

    fn is_code(&self, _text: &[u8], _from: u32, _at: u32) -> bool {
        // Only parsing tells.
        false
    }

    fn declarations(&self, _path: &str, text: &[u8], found: &mut dyn FnMut(Kind, Span)) {
        declared::types(text, found);
    }

    fn structure(&self, file: &SourceFile, at: usize, tag: &str) -> Option<Struct> {
        declared::struct_at(file, at, tag)
    }

    fn typedef(&self, file: &SourceFile, at: usize, name: &str) -> Option<Shape> {
        declared::typedef_at(file, at, name)
    }

    fn whole_structs(&self, text: &[u8], wholes: &Wholes) -> Vec<u32> {
        declared::whole_structs(text, &wholes.of)
    }

    fn holders(&self, _: &[u8], _: &Wholes, _: &mut dyn FnMut(String, String)) {}
}

impl<'a> Syntax<'a> for RustFile<'a> {
    fn source(&self) -> &'a [u8] {
        self.source
    }

    fn parts(&self) -> u32 {
        self.items.len() as u32
    }

    fn part_at(&self, at: u32) -> Option<Part> {
        let item = self.item_at(at)?;
        self.items.iter().position(|i| self.span(*i) == self.span(item)).map(|i| Part(i as u32))
    }

    fn span(&self, part: Part) -> Span {
        RustFile::span(self, self.items[part.0 as usize])
    }

    fn size(&self, part: Part) -> u32 {
        let item = self.items[part.0 as usize];
        item.tokens.1 - item.tokens.0
    }

    fn is_function(&self, part: Part) -> bool {
        let item = self.items[part.0 as usize];
        !item.foreign && RustFile::is_function(self, item)
    }

    fn trees(&self, part: Part, _cover: Cover, f: &mut dyn FnMut(&mut Ast)) -> Missed {
        let troubles = RustFile::trees(self, self.items[part.0 as usize], f);
        Missed { incomplete: false, problems: troubles.into_iter().map(|t| (t.at, t.message)).collect() }
    }

    fn presence(&self, at: u32) -> Cond {
        RustFile::presence(self, at)
    }

    fn in_comment(&self, at: u32) -> bool {
        RustFile::in_comment(self, at)
    }

    fn disabled(&self) -> Disabled {
        Disabled::Cfg
    }

    fn word(&self, at: u32) -> PlaceKind {
        match self.tokens_at(at).1 {
            Some(RustTok::Str | RustTok::Literal) => PlaceKind::Quoted,
            Some(RustTok::Ident) => PlaceKind::Name,
            _ => PlaceKind::Other,
        }
    }

    fn around(&self, at: u32) -> Around {
        let (before, _, after) = self.tokens_at(at);
        Around {
            is_member: before == Some(RustTok::Punct(b'.')),
            is_assigned: after == Some(RustTok::Punct(b'=')),
            is_asked: false,
        }
    }

    fn problems(&self, path: &str, lines: &LineIndex) -> Vec<Problem> {
        let problem = |t: RustTrouble| Problem {
            path: path.to_owned(),
            line: Some(lines.line(t.at)),
            severity: Severity::Error,
            message: t.message,
        };
        self.troubles().into_iter().map(problem).collect()
    }

    fn directive(&self, _at: u32) -> Option<InDirective> {
        None
    }

    fn preprocessed(&self) -> Option<&crate::c::File<'a>> {
        None
    }
}
