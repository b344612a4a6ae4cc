//! What is nested too deeply for a parser that calls itself, found out before it is called.

use super::lex::{RustTok, RustToken};

/// What the parser's stack may hold, in the weights below. A thread's usual 2 MiB hold several times as much.
const MOST: u32 = 1500;

/// One bracket in another.
const BRACKET: u32 = 16;

/// A word or sign after which another expression, pattern or type begins.
const PREFIX: u32 = 4;

#[derive(Default)]
struct Level {
    /// Weight since the last place where everything open has ended.
    run: u32,
    /// `<` without its `>`.
    angles: u32,
    /// A `|` was seen: a comma may stand between a closure's parameters.
    pipe: bool,
    /// Its bracket.
    open: usize,
}

/// The ranges of tokens between brackets that have to be passed over; `None` if all of it has to be.
pub fn too_deep(
    source: &[u8],
    tokens: &[RustToken],
    partner: &[Option<u32>],
    range: (u32, u32),
) -> Option<Vec<(usize, usize)>> {
    let (from, to) = (range.0 as usize, range.1 as usize);
    let mut blanks = Vec::new();
    let mut levels = vec![Level { open: from, ..Level::default() }];
    let mut total = 0u32;
    let mut i = from;
    while i < to {
        let text = tokens[i].span.of(source);
        let kind = tokens[i].kind;
        let level = levels.last_mut()?;
        let weight = match kind {
            // A call of a call, or an index of one.
            RustTok::Open(_) => 6,
            RustTok::Punct(b'!' | b'*' | b'&' | b'-' | b'=' | b'|' | b'<' | b'.') => PREFIX,
            RustTok::Ident
                if matches!(
                    text,
                    b"if" | b"while" | b"match" | b"for" | b"in" | b"let" | b"return" | b"break" | b"yield" | b"become"
                ) =>
            {
                2 * PREFIX
            }
            RustTok::Ident
                if matches!(text, b"move" | b"async" | b"unsafe" | b"const" | b"static" | b"dyn" | b"fn") =>
            {
                PREFIX
            }
            _ => 1,
        };
        let before = i > from && matches!(tokens[i - 1].kind, RustTok::Punct(b'-' | b'='));
        let reset = match kind {
            RustTok::Punct(b';') => {
                level.angles = 0;
                true
            }
            RustTok::Punct(b'>') if before => text == b">" && tokens[i - 1].kind == RustTok::Punct(b'='),
            RustTok::Punct(b'>') => {
                level.angles = level.angles.saturating_sub(1);
                false
            }
            RustTok::Punct(b'<') => {
                level.angles += 1;
                false
            }
            RustTok::Punct(b'|') => {
                level.pipe = true;
                false
            }
            RustTok::Punct(b',') => level.angles == 0 && !level.pipe,
            // After a body another statement begins.
            RustTok::Ident | RustTok::Lifetime | RustTok::Literal | RustTok::Punct(b'#') => {
                i > from
                    && tokens[i - 1].kind == RustTok::Close(b'}')
                    && partner[i - 1].is_some()
                    && !matches!(text, b"else" | b"as")
            }
            _ => false,
        };
        if reset {
            total -= level.run;
            level.run = 0;
            level.pipe = false;
        }
        level.run += weight;
        total += weight;
        match kind {
            RustTok::Open(_) => {
                total += BRACKET;
                levels.push(Level { open: i, ..Level::default() });
            }
            RustTok::Close(_) if levels.len() > 1 && partner[i] == Some(levels.last()?.open as u32) => {
                total -= levels.pop()?.run + BRACKET;
            }
            _ => {}
        }
        i += 1;
        if total > MOST {
            // What is passed over is the group that leaves room for what follows: its own length may be at fault.
            let mut open = None;
            while total > MOST / 4 * 3 {
                if levels.len() == 1 {
                    return None;
                }
                let level = levels.pop()?;
                total -= level.run + BRACKET;
                open = Some(level.open);
            }
            let open = open?;
            let close = partner[open].map(|c| c as usize).filter(|c| *c < to)?;
            while blanks.last().is_some_and(|b: &(usize, usize)| b.0 > open) {
                blanks.pop();
            }
            blanks.push((open + 1, close));
            i = close + 1;
        }
    }
    Some(blanks)
}
