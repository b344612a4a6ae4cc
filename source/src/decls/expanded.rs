//! A part of a file with some of its macros expanded: its text, and where each byte of it comes from.

use crate::c::File;
use crate::c::lex::Tok;
use crate::decls::expand::{Expander, Word};
use crate::text::Span;

/// Text that was made of a part of a file.
#[derive(Debug, Clone, Default)]
pub struct Expanded {
    /// The text; what was not expanded stands in it as it was.
    pub text: Vec<u8>,
    /// Where pieces start, in order: the place in the text, that in the file, and whether the piece is copied from there.
    pieces: Vec<(u32, u32, bool)>,
}

/// Where a byte comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The place in the file; for a macro's words where the macro is used.
    pub at: u32,
    /// The byte itself stands there.
    pub is_own: bool,
}

impl Expanded {
    /// Where a byte of the text comes from.
    pub fn origin(&self, at: u32) -> Origin {
        let i = self.pieces.partition_point(|p| p.0 <= at);
        match i.checked_sub(1).map(|i| self.pieces[i]) {
            Some((start, old, true)) => Origin { at: old + (at - start), is_own: true },
            Some((_, old, false)) => Origin { at: old, is_own: false },
            None => Origin { at: 0, is_own: false },
        }
    }

    fn copy(&mut self, source: &[u8], from: u32, to: u32) {
        if from < to {
            self.pieces.push((self.text.len() as u32, from, true));
            self.text.extend_from_slice(Span::new(from, to).of(source));
        }
    }

    fn made(&mut self, text: &[u8], at: u32) {
        self.pieces.push((self.text.len() as u32, at, false));
        self.text.extend_from_slice(text);
    }

    fn words(&mut self, words: &[Word<'_>], call: u32) {
        for word in words {
            match word.at {
                Some(at) => self.pieces.push((self.text.len() as u32, at, true)),
                None => self.pieces.push((self.text.len() as u32, word.by.unwrap_or(call), false)),
            }
            self.text.extend_from_slice(&word.text);
            self.made(b" ", call);
        }
    }
}

/// A call by its tokens: its name, and one past its closing bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Use {
    name: usize,
    end: usize,
}

/// The item of the tokens `first..end` with those uses of macros expanded that hold one of the places, or stand at one.
/// `None`: there is none that is known.
pub fn expanded(
    expander: &mut Expander<'_, '_>,
    file: &File<'_>,
    range: (u32, u32),
    places: &[u32],
) -> Option<Expanded> {
    let tokens = &file.unit.lexed.tokens;
    let source = file.unit.source;
    let uses = uses(expander, file, range, places);
    let start = tokens.get(range.0 as usize)?.span.start;
    let end = tokens.get(range.1 as usize - 1)?.span.end;
    let mut out = Expanded::default();
    let mut at = start;
    for u in &uses {
        let name = tokens[u.name].span;
        let words: Vec<Word<'_>> = tokens[u.name..u.end].iter().map(|t| Word::new(source, t)).collect();
        // Words live as long as the file that the expander is for.
        let owned: Vec<Word<'_>> = words.into_iter().map(Word::owned).collect();
        out.copy(source, at, name.start);
        let made = expander.expand(&owned);
        out.words(&made, name.start);
        at = tokens[u.end - 1].span.end;
    }
    out.copy(source, at, end);
    (!uses.is_empty()).then_some(out)
}

/// The outermost uses of macros around the places.
fn uses(expander: &mut Expander<'_, '_>, file: &File<'_>, range: (u32, u32), places: &[u32]) -> Vec<Use> {
    let tokens = &file.unit.lexed.tokens;
    let source = file.unit.source;
    let mut found: Vec<Use> = Vec::new();
    for &place in places {
        let token = file.unit.token_at(place) as usize;
        if found.iter().any(|u| u.name <= token && token < u.end) {
            continue;
        }
        // Brackets that are open at the place, outermost first.
        let mut open: Vec<usize> = Vec::new();
        for (i, t) in tokens.iter().enumerate().take(token).skip(range.0 as usize) {
            match t.kind {
                Tok::LParen => open.push(i),
                Tok::RParen => drop(open.pop()),
                Tok::LBrace | Tok::RBrace | Tok::Semi if open.is_empty() => {}
                _ => {}
            }
        }
        let is_name = |i: usize| tokens.get(i).is_some_and(|t| t.kind == Tok::Ident);
        let outer = open.into_iter().filter_map(|o| o.checked_sub(1)).filter(|i| is_name(*i) && *i >= range.0 as usize);
        let mut candidates: Vec<usize> = outer.collect();
        candidates.push(token);
        let mut of = |i: usize| {
            let name = tokens[i].span.of(source);
            if !is_name(i) || !expander.is_macro(name) {
                return None;
            }
            let called = tokens.get(i + 1).is_some_and(|t| t.kind == Tok::LParen);
            let end =
                if called && expander.is_function_like(name) { close(file, i + 1, range.1 as usize)? } else { i + 1 };
            Some(Use { name: i, end })
        };
        if let Some(one) = candidates.into_iter().find_map(&mut of) {
            let torn = file
                .unit
                .lexed
                .directives
                .iter()
                .any(|d| (d.first as usize) > one.name && (d.first as usize) < one.end);
            if !torn {
                found.retain(|u| !(one.name <= u.name && u.end <= one.end));
                found.push(one);
            }
        }
    }
    found.sort_by_key(|u| u.name);
    found
}

/// One past the bracket that closes the one at `open`.
fn close(file: &File<'_>, open: usize, end: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, t) in file.unit.lexed.tokens[open..end].iter().enumerate() {
        match t.kind {
            Tok::LParen => depth += 1,
            Tok::RParen => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + i + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The arguments of a call outside of functions read as code, where it is not known what the macro makes of them: each argument
/// of the outermost call around `place` becomes a statement of a function without a name of its own, or, where it has the look
/// of one, a definition.
pub fn as_code(file: &File<'_>, range: (u32, u32), place: u32) -> Option<Expanded> {
    let tokens = &file.unit.lexed.tokens;
    let source = file.unit.source;
    let token = file.unit.token_at(place) as usize;
    let mut braces = 0usize;
    let open = (range.0 as usize..token).find(|i| {
        match tokens[*i].kind {
            Tok::LBrace => braces += 1,
            Tok::RBrace => braces = braces.saturating_sub(1),
            _ => {}
        }
        braces == 0
            && tokens[*i].kind == Tok::LParen
            && *i > range.0 as usize
            && tokens[*i - 1].kind == Tok::Ident
            && close(file, *i, range.1 as usize).is_some_and(|end| token < end)
    })?;
    let end = close(file, open, range.1 as usize)?;
    let name = tokens[open - 1].span;
    let mut out = Expanded::default();
    let mut arguments: Vec<(usize, usize)> = Vec::new();
    let (mut depth, mut from) = (0usize, open + 1);
    for (i, t) in tokens.iter().enumerate().take(end).skip(open) {
        match t.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = t.kind == Tok::Comma && depth == 1 || depth == 0;
        if ends {
            arguments.push((from, i));
            from = i + 1;
        }
    }
    let span = |(a, b): (usize, usize)| (tokens[a].span.start, tokens[b - 1].span.end);
    let is_definition = |(a, b): (usize, usize)| {
        let body = (a..b).find(|i| tokens[*i].kind == Tok::LBrace);
        body.is_some_and(|i| i > a + 2 && tokens[i - 1].kind == Tok::RParen && tokens[b - 1].kind == Tok::RBrace)
            && !matches!(tokens[a].kind, Tok::If | Tok::For | Tok::While | Tok::Switch | Tok::Do)
    };
    let filled: Vec<(usize, usize)> = arguments.into_iter().filter(|(a, b)| a < b).collect();
    for argument in filled.iter().filter(|a| is_definition(**a)) {
        let (from, to) = span(*argument);
        out.copy(source, from, to);
        out.made(b"\n", name.start);
    }
    let is_statement = |(a, b): (usize, usize)| {
        use Tok::{Break, Case, Continue, Default, Do, For, Goto, If, LBrace, Return, Semi, Switch, While};
        tokens[a..b].iter().any(|t| matches!(t.kind, Semi | LBrace))
            || matches!(
                tokens[a].kind,
                If | For | While | Switch | Do | Return | Goto | Break | Continue | Case | Default
            )
    };
    out.made(b"static void _(void) {\n", name.start);
    if filled.iter().all(|a| !is_statement(*a)) {
        // Whoever is called gets the values.
        out.copy(source, name.start, tokens[end - 1].span.end);
        out.made(b";\n", name.start);
    } else {
        for argument in filled.iter().filter(|a| !is_definition(**a)) {
            let (from, to) = span(*argument);
            let wraps = !is_statement(*argument);
            if wraps {
                out.copy(source, name.start, name.end);
                out.made(b"(", name.start);
            }
            out.copy(source, from, to);
            out.made(if wraps { b");\n" } else { b";\n" }, name.start);
        }
    }
    out.made(b"}\n", name.start);
    Some(out)
}
