//! The one place where a file's name decides which front end reads it.
//!
//! Whatever the language, a file is a list of parts (its items), each of which is read as one tree or, where conditions
//! make it several, as several.

use crate::c::items::{self, Range};
use crate::c::lex::Tok;
use crate::c::parse;
use crate::c::pp::Unit;
use crate::c::variant::{Cover, variants};
use crate::rust;
use crate::rust::lex::Kind;
use crate::stats::file_problems;
use crate::text::Cond;
use crate::text::LineIndex;
use crate::text::Span;
use crate::text::{Problem, Severity};
use crate::tree::{Ast, Skip};

/// Whether the C front end reads files of that name: all but assembler, interface tables and Rust. A file that the user
/// names, or standard input, is C whatever it is called.
pub fn is_c(path: &str) -> bool {
    !is_rust(path) && ![".S", ".s", ".src"].iter().any(|e| path.ends_with(e))
}

/// Whether the Rust front end reads files of that name.
pub fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

/// A file as its front end sees it.
pub enum Front<'a> {
    /// C; also files that are not read, whose comments look like those of C.
    C(Unit<'a>),
    /// Rust.
    Rust(rust::Unit<'a>),
}

/// What keeps text out of every configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disabled {
    /// `#if`
    If,
    /// `#[cfg]`
    Cfg,
}

/// An item of a file.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// Its tokens.
    C(Range),
    /// As the Rust front end cuts it.
    Rust(rust::Item),
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A name.
    Name,
    /// A string or character.
    Quoted,
    /// Something else.
    Other,
}

/// What a part's trees could not show.
#[derive(Debug, Default)]
pub struct Missed {
    /// Not all of its conditions were followed.
    pub incomplete: bool,
    /// What did not parse.
    pub problems: Vec<(u32, String)>,
}

impl<'a> Front<'a> {
    /// Of a file's text.
    pub fn new(path: &str, text: &'a [u8]) -> Front<'a> {
        if is_rust(path) { Front::Rust(rust::Unit::new(text)) } else { Front::C(Unit::new(text)) }
    }

    /// The file's bytes.
    pub fn source(&self) -> &'a [u8] {
        match self {
            Front::C(u) => u.source,
            Front::Rust(u) => u.source,
        }
    }

    /// Its items, in order.
    pub fn parts(&self) -> Vec<Part> {
        match self {
            Front::C(u) => items::cut(u).into_iter().map(Part::C).collect(),
            Front::Rust(u) => u.items.iter().copied().map(Part::Rust).collect(),
        }
    }

    /// Where a part stands.
    pub fn span(&self, part: Part) -> Span {
        match (self, part) {
            (Front::C(u), Part::C(r)) => u.lexed.tokens[r.0 as usize].span.to(u.lexed.tokens[r.1 as usize - 1].span),
            (Front::Rust(u), Part::Rust(item)) => u.span(item),
            _ => Span::default(),
        }
    }

    /// How many tokens a part has.
    pub fn size(&self, part: Part) -> u32 {
        match part {
            Part::C(r) => r.1 - r.0,
            Part::Rust(item) => item.tokens.1 - item.tokens.0,
        }
    }

    /// A cheap look: whether a part defines a function.
    pub fn is_function(&self, part: Part) -> bool {
        match (self, part) {
            // It ends with a brace; that of a variable has a `;` after it.
            (Front::C(u), Part::C(r)) => u.lexed.tokens[r.1 as usize - 1].kind == Tok::RBrace,
            (Front::Rust(u), Part::Rust(item)) => !item.foreign && u.is_function(item),
            _ => false,
        }
    }

    /// All variants of a part, each as a tree.
    pub fn trees(&self, part: Part, cover: Cover, mut f: impl FnMut(&mut Ast)) -> Missed {
        match (self, part) {
            (Front::C(u), Part::C(range)) => {
                let taken = variants(u, range, cover);
                let mut ast = Ast::default();
                for stream in &taken.streams {
                    ast.clear();
                    parse::parse(u.source, stream, &mut ast);
                    f(&mut ast);
                }
                Missed { incomplete: taken.incomplete, problems: Vec::new() }
            }
            (Front::Rust(u), Part::Rust(item)) => {
                let troubles = u.trees(item, f);
                Missed { incomplete: false, problems: troubles.into_iter().map(|t| (t.at, t.message)).collect() }
            }
            _ => Missed::default(),
        }
    }

    /// Under which condition a place exists.
    pub fn presence(&self, at: u32) -> Cond {
        match self {
            Front::C(u) => u.presence(u.token_at(at)),
            Front::Rust(u) => u.presence(at),
        }
    }

    /// Whether a place lies in a comment.
    pub fn in_comment(&self, at: u32) -> bool {
        match self {
            Front::C(u) => u.in_comment(at),
            Front::Rust(u) => u.in_comment(at),
        }
    }

    /// What disables text.
    pub fn disabled(&self) -> Disabled {
        match self {
            Front::C(_) => Disabled::If,
            Front::Rust(_) => Disabled::Cfg,
        }
    }

    /// What stands at a place.
    pub fn word(&self, at: u32) -> Word {
        match self {
            Front::C(u) => match u.lexed.tokens.get(u.token_at(at) as usize).map(|t| t.kind) {
                Some(Tok::Str | Tok::Char | Tok::OpenQuote) => Word::Quoted,
                Some(Tok::Ident) => Word::Name,
                _ => Word::Other,
            },
            Front::Rust(u) => match u.tokens_at(at).1 {
                Some(Kind::Str | Kind::Literal) => Word::Quoted,
                Some(Kind::Ident) => Word::Name,
                _ => Word::Other,
            },
        }
    }

    /// Judged by the tokens around a name: whether it is a member, and whether it is assigned to.
    pub fn around(&self, at: u32) -> (bool, bool) {
        match self {
            Front::C(u) => {
                let token = u.token_at(at);
                let kind = |i: u32| u.lexed.tokens.get(i as usize).map(|t| t.kind);
                (token > 0 && matches!(kind(token - 1), Some(Tok::Dot | Tok::Arrow)), kind(token + 1) == Some(Tok::Eq))
            }
            Front::Rust(u) => {
                let (before, _, after) = u.tokens_at(at);
                (before == Some(Kind::Punct(b'.')), after == Some(Kind::Punct(b'=')))
            }
        }
    }

    /// What is wrong with the file, and with what was passed over in it.
    pub fn problems<'s>(&self, path: &str, lines: &LineIndex, skips: impl Iterator<Item = &'s Skip>) -> Vec<Problem> {
        let problem = |at: u32, message: String| Problem {
            path: path.to_owned(),
            line: Some(lines.line(at)),
            severity: Severity::Error,
            message,
        };
        let mut all = match self {
            Front::C(u) => file_problems(u, path, lines),
            Front::Rust(u) => u.troubles().into_iter().map(|t| problem(t.at, t.message)).collect(),
        };
        let deep = skips.filter(|s| s.reason == parse::TOO_DEEP);
        all.extend(deep.map(|s| {
            problem(s.span.start, "nested more than 200 levels deep: what is inside was passed over".to_owned())
        }));
        all
    }
}
