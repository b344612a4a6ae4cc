//! Which functions an initialiser's value names.

use uioscope_source::c::lex::Tok;
use uioscope_source::decls::expand::Word;

/// How deep brackets and choices are followed.
const DEEPEST: u32 = 64;

/// Adds the functions that a value can be: both arms of a choice, behind casts. False: it is something else than names
/// and constants.
pub fn names<'w>(words: &'w [Word<'_>], out: &mut Vec<&'w [u8]>) -> bool {
    value(words, out, 0)
}

fn value<'w>(mut words: &'w [Word<'_>], out: &mut Vec<&'w [u8]>, depth: u32) -> bool {
    if depth >= DEEPEST {
        return false;
    }
    if let Some(comma) = at_top(words, Tok::Comma).last() {
        words = &words[comma + 1..];
    }
    if let Some(mark) = at_top(words, Tok::Question).next() {
        let rest = &words[mark + 1..];
        let Some(colon) = other_arm(rest) else { return false };
        let then = colon == 0 || value(&rest[..colon], out, depth + 1);
        return value(&rest[colon + 1..], out, depth + 1) && then;
    }
    loop {
        match words {
            [] => return true,
            [first, rest @ ..] if matches!(first.kind, Tok::Amp | Tok::Star | Tok::Extension) => words = rest,
            [first, ..] if first.kind == Tok::LParen => {
                let Some(close) = closing(words) else { return false };
                match &words[close + 1..] {
                    [] => return value(&words[1..close], out, depth + 1),
                    // What stands before a value is a cast.
                    rest => words = rest,
                }
            }
            [only] => match only.kind {
                Tok::Ident if *only.text == *b"NULL" || *only.text == *b"nil" => return true,
                Tok::Ident => {
                    out.push(&only.text);
                    return true;
                }
                Tok::Number | Tok::Char | Tok::Str => return true,
                _ => return false,
            },
            [sign, number] if sign.kind == Tok::Minus => return number.kind == Tok::Number,
            _ => return false,
        }
    }
}

/// Occurrences of a token outside brackets.
pub fn at_top<'w>(words: &'w [Word<'_>], kind: Tok) -> impl Iterator<Item = usize> + 'w {
    let mut depth = 0usize;
    words.iter().enumerate().filter_map(move |(i, w)| {
        match w.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && w.kind == kind).then_some(i)
    })
}

/// The `:` that belongs to a `?` before the words.
fn other_arm(words: &[Word<'_>]) -> Option<usize> {
    let (mut depth, mut marks) = (0usize, 0usize);
    for (i, w) in words.iter().enumerate() {
        match w.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.saturating_sub(1),
            Tok::Question if depth == 0 => marks += 1,
            Tok::Colon if depth == 0 && marks == 0 => return Some(i),
            Tok::Colon if depth == 0 => marks -= 1,
            _ => {}
        }
    }
    None
}

/// The bracket that closes the one that the words start with.
pub fn closing(words: &[Word<'_>]) -> Option<usize> {
    let mut depth = 0usize;
    words.iter().position(|w| {
        match w.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}
