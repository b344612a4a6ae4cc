//! Bytes to tokens.
//!
//! Lexing never fails and loses nothing: what is no C token becomes a [`Tok::Stray`] token, and the raw tokens joined give
//! the input back (a property test holds this). Old sources are Latin-1, so the input is bytes, not text.

use crate::text::{Span, is_continued, name_text};
use logos::{Lexer, Logos};

/// Lexer state: inside a directive a string ends with its line.
#[derive(Debug, Default, Clone, Copy)]
pub struct State {
    in_directive: bool,
}

/// Token kinds. Blank space, comments and newlines appear only in the raw stream.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[logos(utf8 = false, extras = State)]
#[allow(missing_docs)]
pub enum Tok {
    #[regex(br"[ \t\r\x00\x0b\x0c]+|\\[ \t\r\x0b\x0c]*\n")]
    Blank,
    #[regex(br"\n[ \t\r\n\x00\x0b\x0c]*")]
    Newline,
    #[token(b"/*", block_comment)]
    #[token(b"//", line_comment)]
    Comment,
    /// A comment without an end; it runs to the end of the file.
    OpenComment,

    #[regex(br"[a-zA-Z_$\x80-\xff]((\\[ \t\r]*\n)*[a-zA-Z0-9_$\x80-\xff])*", priority = 3)]
    Ident,
    #[regex(br"\.?[0-9]([a-zA-Z0-9_.]|'[a-zA-Z0-9_]|[eEpP][+-])*")]
    Number,
    #[token(b"\"", string)]
    #[token(b"L\"", string, priority = 10)]
    #[token(b"u\"", string, priority = 10)]
    #[token(b"U\"", string, priority = 10)]
    #[token(b"u8\"", string, priority = 10)]
    Str,
    #[token(b"'", character)]
    #[token(b"L'", character, priority = 10)]
    #[token(b"u'", character, priority = 10)]
    #[token(b"U'", character, priority = 10)]
    #[token(b"u8'", character, priority = 10)]
    Char,
    /// A quote without its end on the line (or, for a string, within reach).
    OpenQuote,
    /// A byte that starts no C token.
    #[regex(br"[\x01-\x08\x0e-\x1f@`\x7f]+|\\", priority = 1)]
    Stray,

    #[token(b"(")]
    LParen,
    #[token(b")")]
    RParen,
    #[token(b"{")]
    #[token(b"<%")]
    LBrace,
    #[token(b"}")]
    #[token(b"%>")]
    RBrace,
    #[token(b"[")]
    LBracket,
    #[token(b"]")]
    RBracket,
    #[token(b";")]
    Semi,
    #[token(b",")]
    Comma,
    #[token(b":")]
    Colon,
    #[token(b"?")]
    Question,
    #[token(b".")]
    Dot,
    #[token(b"->")]
    Arrow,
    #[token(b"...")]
    Ellipsis,
    #[token(b"#")]
    Hash,
    #[token(b"##")]
    HashHash,
    #[token(b"=")]
    Eq,
    #[token(b"+=")]
    #[token(b"-=")]
    #[token(b"*=")]
    #[token(b"/=")]
    #[token(b"%=")]
    #[token(b"&=")]
    #[token(b"|=")]
    #[token(b"^=")]
    #[token(b"<<=")]
    #[token(b">>=")]
    OpEq,
    #[token(b"==")]
    EqEq,
    #[token(b"!=")]
    NotEq,
    #[token(b"<")]
    Lt,
    #[token(b">")]
    Gt,
    #[token(b"<=")]
    Le,
    #[token(b">=")]
    Ge,
    #[token(b"&&")]
    AndAnd,
    #[token(b"||")]
    OrOr,
    #[token(b"!")]
    Not,
    #[token(b"&")]
    Amp,
    #[token(b"|")]
    Pipe,
    #[token(b"^")]
    Caret,
    #[token(b"~")]
    Tilde,
    #[token(b"+")]
    Plus,
    #[token(b"-")]
    Minus,
    #[token(b"*")]
    Star,
    #[token(b"/")]
    Slash,
    #[token(b"%")]
    Percent,
    #[token(b"<<")]
    Shl,
    #[token(b">>")]
    Shr,
    #[token(b"++")]
    PlusPlus,
    #[token(b"--")]
    MinusMinus,

    #[token(b"if")]
    If,
    #[token(b"else")]
    Else,
    #[token(b"while")]
    While,
    #[token(b"for")]
    For,
    #[token(b"do")]
    Do,
    #[token(b"switch")]
    Switch,
    #[token(b"case")]
    Case,
    #[token(b"default")]
    Default,
    #[token(b"break")]
    Break,
    #[token(b"continue")]
    Continue,
    #[token(b"return")]
    Return,
    #[token(b"goto")]
    Goto,
    #[token(b"sizeof")]
    #[token(b"__alignof__")]
    #[token(b"_Alignof")]
    #[token(b"alignof")]
    Sizeof,
    #[token(b"struct")]
    Struct,
    #[token(b"union")]
    Union,
    #[token(b"enum")]
    Enum,
    #[token(b"typedef")]
    Typedef,
    #[token(b"static")]
    Static,
    #[token(b"extern")]
    Extern,
    #[token(b"register")]
    #[token(b"auto")]
    #[token(b"inline")]
    #[token(b"__inline")]
    #[token(b"__inline__")]
    #[token(b"_Noreturn")]
    #[token(b"_Thread_local")]
    #[token(b"thread_local")]
    #[token(b"constexpr")]
    #[token(b"__thread")]
    Storage,
    #[token(b"const")]
    #[token(b"__const")]
    #[token(b"__const__")]
    #[token(b"volatile")]
    #[token(b"__volatile")]
    #[token(b"__volatile__")]
    #[token(b"restrict")]
    #[token(b"__restrict")]
    #[token(b"__restrict__")]
    #[token(b"_Atomic")]
    Qualifier,
    #[token(b"void")]
    #[token(b"char")]
    #[token(b"short")]
    #[token(b"int")]
    #[token(b"long")]
    #[token(b"float")]
    #[token(b"double")]
    #[token(b"signed")]
    #[token(b"__signed")]
    #[token(b"__signed__")]
    #[token(b"unsigned")]
    #[token(b"_Bool")]
    #[token(b"__complex__")]
    #[token(b"_Complex")]
    TypeWord,
    #[token(b"typeof")]
    #[token(b"__typeof")]
    #[token(b"__typeof__")]
    #[token(b"typeof_unqual")]
    #[token(b"__typeof_unqual__")]
    Typeof,
    #[token(b"asm")]
    #[token(b"__asm")]
    #[token(b"__asm__")]
    Asm,
    #[token(b"__attribute__")]
    #[token(b"__attribute")]
    #[token(b"__declspec")]
    #[token(b"_Alignas")]
    #[token(b"alignas")]
    Attribute,
    #[token(b"__extension__")]
    Extension,

    /// After the last token of a stream; never in a file.
    End,
}

impl Tok {
    /// Blank space or comment: nothing that the parser sees.
    pub fn is_trivia(self) -> bool {
        matches!(self, Tok::Blank | Tok::Newline | Tok::Comment | Tok::OpenComment)
    }
}

fn block_comment(lex: &mut Lexer<'_, Tok>) -> Tok {
    match memchr::memmem::find(lex.remainder(), b"*/") {
        Some(n) => {
            lex.bump(n + 2);
            Tok::Comment
        }
        None => {
            lex.bump(lex.remainder().len());
            Tok::OpenComment
        }
    }
}

fn line_comment(lex: &mut Lexer<'_, Tok>) -> Tok {
    let rest = lex.remainder();
    let mut end = 0;
    loop {
        match memchr::memchr(b'\n', &rest[end..]) {
            Some(n) => {
                end += n;
                if !is_continued(&rest[..end]) {
                    break;
                }
                end += 1;
            }
            None => {
                end = rest.len();
                break;
            }
        }
    }
    lex.bump(end);
    Tok::Comment
}

/// How far a string may run over lines (a gcc 2 idiom, mostly in `asm`) before its quote counts as a stray one.
const LONGEST_STRING: usize = 64 * 1024;

fn string(lex: &mut Lexer<'_, Tok>) -> Tok {
    let rest = lex.remainder();
    let reach = &rest[..rest.len().min(LONGEST_STRING)];
    let mut i = 0;
    while let Some(n) = memchr::memchr3(b'"', b'\\', b'\n', &reach[i..]) {
        i += n;
        match reach[i] {
            b'"' => {
                lex.bump(i + 1);
                return Tok::Str;
            }
            b'\\' => i = (i + if reach[i + 1..].starts_with(b"\r\n") { 3 } else { 2 }).min(reach.len()),
            // A conditional is never part of a string: what looks like one is the end of the hope for a closing quote.
            _ if lex.extras.in_directive || is_conditional(&reach[i + 1..]) => break,
            _ => i += 1,
        }
    }
    lex.bump(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
    Tok::OpenQuote
}

/// Whether a line starts with `#if`, `#else` or `#endif`. Other lines with a `#` are assembler comments, or directives of
/// the assembler's preprocessor.
fn is_conditional(line: &[u8]) -> bool {
    let Some(word) = line.strip_prefix(b"#") else { return false };
    let word = word.trim_ascii_start();
    [b"if".as_slice(), b"el", b"endif"].iter().any(|w| word.starts_with(w))
}

fn character(lex: &mut Lexer<'_, Tok>) -> Tok {
    let rest = lex.remainder();
    let mut i = 0;
    while i < rest.len().min(16) {
        match rest[i] {
            b'\'' if i > 0 => {
                lex.bump(i + 1);
                return Tok::Char;
            }
            b'\n' => break,
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
    Tok::OpenQuote
}

/// A token: what it is and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Tok,
    /// Where it stands.
    pub span: Span,
}

/// All tokens with blank space and comments: their spans follow each other without a gap.
pub fn raw(source: &[u8]) -> impl Iterator<Item = Token> + '_ {
    let mut lexer = Tok::lexer(source);
    std::iter::from_fn(move || next(&mut lexer))
}

fn next(lexer: &mut Lexer<'_, Tok>) -> Option<Token> {
    let kind = lexer.next()?.unwrap_or(Tok::Stray);
    let range = lexer.span();
    Some(Token { kind, span: Span::new(range.start as u32, range.end as u32) })
}

/// Tokens of a part of a file, with their places in the whole.
pub fn lex_at(source: &[u8], start: usize, end: usize) -> Vec<Token> {
    let shift = start as u32;
    let mut tokens = lex(&source[start..end]).tokens;
    for t in &mut tokens {
        t.span = Span::new(t.span.start + shift, t.span.end + shift);
    }
    tokens
}

/// Directives that say something to the reader of C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `#if`
    If,
    /// `#ifdef`
    Ifdef,
    /// `#ifndef`
    Ifndef,
    /// `#elif`
    Elif,
    /// `#elifdef`
    Elifdef,
    /// `#elifndef`
    Elifndef,
    /// `#else`
    Else,
    /// `#endif`
    Endif,
    /// `#define`
    Define,
    /// `#undef`
    Undef,
    /// `#include`
    Include,
    /// Anything else; its text is not looked at.
    Other,
}

/// One directive: a logical line.
#[derive(Debug, Clone, Copy)]
pub struct Directive {
    /// What it is.
    pub kind: DirectiveKind,
    /// From the `#` to the end of the logical line.
    pub span: Span,
    /// Index of the `#` in the token list.
    pub first: u32,
    /// Index of the first token after the directive's name.
    pub body: u32,
    /// One past the index of the last token.
    pub last: u32,
}

/// A lexed file: tokens without blank space, directives (their tokens are in the list too), and comments.
#[derive(Debug, Default)]
pub struct Lexed {
    /// Significant tokens, those of directives included.
    pub tokens: Vec<Token>,
    /// In order.
    pub directives: Vec<Directive>,
    /// In order.
    pub comments: Vec<Span>,
    /// Where a comment without an end starts.
    pub open_comment: Option<Span>,
    /// Quotes without an end.
    pub open_quotes: Vec<Span>,
}

/// Lexes a file. A file of 4 GiB or more has to be refused before.
pub fn lex(source: &[u8]) -> Lexed {
    let mut out = Lexed { tokens: Vec::with_capacity(source.len() / 6), ..Lexed::default() };
    let mut lexer = Tok::lexer(source);
    let mut line_start = true;
    while let Some(token) = next(&mut lexer) {
        match token.kind {
            Tok::Blank => {}
            Tok::Newline => line_start = true,
            Tok::Comment | Tok::OpenComment => out.trivia(token),
            Tok::Hash if line_start => directive(&mut lexer, token, &mut out),
            _ => {
                line_start = false;
                out.push(token);
            }
        }
    }
    out
}

impl Lexed {
    fn push(&mut self, token: Token) {
        if token.kind == Tok::OpenQuote {
            self.open_quotes.push(token.span);
        }
        self.tokens.push(token);
    }

    fn trivia(&mut self, token: Token) {
        if token.kind == Tok::OpenComment {
            self.open_comment = Some(token.span);
        }
        self.comments.push(token.span);
    }
}

/// Reads one directive, from after its `#` to the newline, which is taken too.
fn directive(lexer: &mut Lexer<'_, Tok>, hash: Token, out: &mut Lexed) {
    let first = out.tokens.len() as u32;
    out.tokens.push(hash);
    let mut kind = None;
    let mut body = first + 1;
    let mut end = hash.span.end;
    lexer.extras.in_directive = true;
    while let Some(token) = next(lexer) {
        match token.kind {
            Tok::Blank => continue,
            Tok::Newline => break,
            Tok::Comment | Tok::OpenComment => {
                out.trivia(token);
                continue;
            }
            _ => {}
        }
        end = token.span.end;
        if kind.is_none() {
            let found = directive_kind(lexer.slice());
            kind = Some(found);
            out.tokens.push(token);
            body = out.tokens.len() as u32;
            if found == DirectiveKind::Other {
                // Prose (`#error don't`): nothing in it is a token.
                // A comment in it is one all the same, and may run over lines.
                let line = logical_line(lexer.remainder());
                let comment = memchr::memmem::find(&lexer.remainder()[..line], b"/*");
                lexer.bump(comment.unwrap_or(line));
                end = lexer.span().end as u32;
            }
        } else {
            // A quote in a directive is prose more often than not; the parser of conditions complains if it matters.
            out.tokens.push(token);
        }
    }
    lexer.extras.in_directive = false;
    out.directives.push(Directive {
        kind: kind.unwrap_or(DirectiveKind::Other),
        span: Span::new(hash.span.start, end),
        first,
        body,
        last: out.tokens.len() as u32,
    });
}

fn directive_kind(name: &[u8]) -> DirectiveKind {
    match &*name_text(name) {
        b"if" => DirectiveKind::If,
        b"ifdef" => DirectiveKind::Ifdef,
        b"ifndef" => DirectiveKind::Ifndef,
        b"elif" => DirectiveKind::Elif,
        b"elifdef" => DirectiveKind::Elifdef,
        b"elifndef" => DirectiveKind::Elifndef,
        b"else" => DirectiveKind::Else,
        b"endif" => DirectiveKind::Endif,
        b"define" => DirectiveKind::Define,
        b"undef" => DirectiveKind::Undef,
        b"include" => DirectiveKind::Include,
        _ => DirectiveKind::Other,
    }
}

/// Length of the rest of a logical line, its newline not included.
fn logical_line(rest: &[u8]) -> usize {
    let mut end = 0;
    while let Some(n) = memchr::memchr(b'\n', &rest[end..]) {
        end += n;
        if !is_continued(&rest[..end]) {
            return end;
        }
        end += 1;
    }
    rest.len()
}

#[cfg(test)]
mod tests;
