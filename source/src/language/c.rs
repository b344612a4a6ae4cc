//! C as a [`Language`].

use super::syntax::{Around, Disabled, InDirective, Language, Missed, Part, PlaceKind, Syntax};
use crate::c::items::Range;
use crate::c::lex::{DirectiveKind, Tok};
use crate::c::variant::{Cover, variants};
use crate::c::{File, declared, grammar, outline, parse, whole};
use crate::shapes::{Definition, Kind, Shape, Struct, Wholes};
use crate::text::{Cond, LineIndex, Problem, SourceFile, Span, whole_tokens};
use crate::tree::Ast;
use std::borrow::Cow;

/// All that is no Rust, no assembler and no table of interfaces. A file that the user names, or standard input, is C
/// whatever it is called.
pub struct C;

fn range(file: &File<'_>, part: Part) -> Range {
    file.items[part.0 as usize]
}

impl Language for C {
    fn reads(&self, path: &str) -> bool {
        ![".S", ".s", ".src", ".rs"].iter().any(|e| path.ends_with(e))
    }

    fn is_preprocessed(&self) -> bool {
        true
    }

    fn has_one_name_space(&self) -> bool {
        false
    }

    fn text<'a>(&self, path: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match grammar::c_text(path, bytes) {
            Cow::Borrowed(text) => whole_tokens(text),
            Cow::Owned(text) => Cow::Owned(whole_tokens(&text).into_owned()),
        }
    }

    fn syntax<'a>(&self, text: &'a [u8]) -> Box<dyn Syntax<'a> + 'a> {
        Box::new(File::new(text))
    }

    fn functions(&self, text: &[u8], found: &mut dyn FnMut(Definition)) {
        outline::outline(text, found);
    }

    fn is_code(&self, text: &[u8], from: u32, at: u32) -> bool {
        outline::is_code(text, from, at)
    }

    fn declarations(&self, path: &str, text: &[u8], found: &mut dyn FnMut(Kind, Span)) {
        if path.ends_with(".h") {
            declared::declared(text, found);
        }
    }

    fn structure(&self, file: &SourceFile, at: usize, tag: &str) -> Option<Struct> {
        declared::struct_at(file, at, tag)
    }

    fn typedef(&self, file: &SourceFile, at: usize, name: &str) -> Option<Shape> {
        declared::typedef_at(file, at, name)
    }

    fn whole_structs(&self, text: &[u8], wholes: &Wholes) -> Vec<u32> {
        whole::whole_structs(text, wholes)
    }

    fn holders(&self, text: &[u8], wholes: &Wholes, found: &mut dyn FnMut(String, String)) {
        whole::holders(text, wholes, found);
    }
}

/// What asks for a type or a size alone: its operand is not evaluated.
const ASKS: [&str; 13] = [
    "sizeof",
    "typeof",
    "__typeof",
    "__typeof__",
    "typeof_unqual",
    "__typeof_unqual__",
    "_Alignof",
    "alignof",
    "__alignof",
    "__alignof__",
    "_Generic",
    "__builtin_types_compatible_p",
    "__builtin_constant_p",
];

impl File<'_> {
    /// Whether a token stands in the brackets of what only asks for a type or a size.
    fn is_only_asked(&self, token: usize) -> bool {
        const FARTHEST: usize = 1 << 12;
        let tokens = &self.unit.lexed.tokens;
        let mut closed = 0usize;
        for i in (1..token.min(tokens.len())).rev().take(FARTHEST) {
            match tokens[i].kind {
                Tok::RParen | Tok::RBracket | Tok::RBrace => closed += 1,
                Tok::LParen if closed == 0 => {
                    let asks = tokens[i - 1].span.of(self.unit.source);
                    if ASKS.iter().any(|a| a.as_bytes() == asks) {
                        return true;
                    }
                }
                Tok::LBracket if closed == 0 => {}
                Tok::LBrace | Tok::Semi if closed == 0 => return false,
                Tok::LParen | Tok::LBracket | Tok::LBrace => closed -= 1,
                _ => {}
            }
        }
        false
    }
}

impl<'a> Syntax<'a> for File<'a> {
    fn source(&self) -> &'a [u8] {
        self.unit.source
    }

    fn parts(&self) -> u32 {
        self.items.len() as u32
    }

    fn part_at(&self, at: u32) -> Option<Part> {
        let token = self.unit.token_at(at);
        let i = self.items.partition_point(|r| r.1 <= token);
        self.items.get(i).filter(|r| r.0 <= token).map(|_| Part(i as u32))
    }

    fn span(&self, part: Part) -> Span {
        let (first, end) = range(self, part);
        self.unit.lexed.tokens[first as usize].span.to(self.unit.lexed.tokens[end as usize - 1].span)
    }

    fn size(&self, part: Part) -> u32 {
        let (first, end) = range(self, part);
        end - first
    }

    fn is_function(&self, part: Part) -> bool {
        // It ends with a brace; that of a variable has a `;` after it.
        self.unit.lexed.tokens[range(self, part).1 as usize - 1].kind == Tok::RBrace
    }

    fn trees(&self, part: Part, cover: Cover, f: &mut dyn FnMut(&mut Ast)) -> Missed {
        let taken = variants(&self.unit, range(self, part), cover);
        let mut ast = Ast::default();
        for stream in &taken.streams {
            ast.clear();
            parse::parse(self.unit.source, stream, &mut ast);
            f(&mut ast);
        }
        Missed { incomplete: taken.incomplete, problems: Vec::new() }
    }

    fn presence(&self, at: u32) -> Cond {
        self.unit.presence(self.unit.token_at(at))
    }

    fn in_comment(&self, at: u32) -> bool {
        self.unit.in_comment(at)
    }

    fn disabled(&self) -> Disabled {
        Disabled::If
    }

    fn word(&self, at: u32) -> PlaceKind {
        match self.unit.lexed.tokens.get(self.unit.token_at(at) as usize).map(|t| t.kind) {
            Some(Tok::Str | Tok::Char | Tok::OpenQuote) => PlaceKind::Quoted,
            Some(Tok::Ident) => PlaceKind::Name,
            _ => PlaceKind::Other,
        }
    }

    fn around(&self, at: u32) -> Around {
        let token = self.unit.token_at(at);
        let kind = |i: u32| self.unit.lexed.tokens.get(i as usize).map(|t| t.kind);
        Around {
            is_member: token > 0 && matches!(kind(token - 1), Some(Tok::Dot | Tok::Arrow)),
            is_assigned: kind(token + 1) == Some(Tok::Eq),
            is_asked: self.is_only_asked(token as usize),
        }
    }

    fn problems(&self, path: &str, lines: &LineIndex) -> Vec<Problem> {
        self.unit.problems(path, lines)
    }

    fn directive(&self, at: u32) -> Option<InDirective> {
        let d = self.unit.directive_at(at)?;
        Some(match d.kind {
            DirectiveKind::Define => {
                InDirective::Define(self.unit.lexed.tokens.get(d.body as usize).map(|t| t.span).unwrap_or_default())
            }
            _ => InDirective::Other,
        })
    }

    fn preprocessed(&self) -> Option<&File<'a>> {
        Some(self)
    }
}
