//! The conditions of `#if` and `#elif`, read from their tokens.

use super::lex::{Tok, Token};
use crate::text::Cond;
use crate::text::name_text;

/// Deeper nesting than this in one condition becomes an atom in its own words.
const DEEPEST: usize = 8;

/// A condition of more terms than this is one atom: simplifying is not linear, and nobody reads so many.
const MOST_TERMS: usize = 128;

/// An atom's words are cut at this length.
const LONGEST_ATOM: usize = 160;

/// Reads the condition of an `#if` or `#elif`.
pub fn parse(source: &[u8], tokens: &[Token]) -> Cond {
    let mut p = Parser { source, tokens, pos: 0 };
    let cond = p.or(0);
    if p.pos < tokens.len() { Cond::Atom(words(source, tokens)) } else { cond }
}

/// The condition of an `#ifdef` (or, negated by the caller, `#ifndef`).
pub fn defined(source: &[u8], tokens: &[Token]) -> Cond {
    match tokens.first() {
        Some(t) => Cond::Atom(words(source, &[*t])),
        None => Cond::Const(false),
    }
}

fn text(source: &[u8], token: Token) -> String {
    String::from_utf8_lossy(&name_text(token.span.of(source))).into_owned()
}

/// Tokens as written, blanks made one.
fn words(source: &[u8], tokens: &[Token]) -> String {
    let mut out = String::new();
    for (i, t) in tokens.iter().enumerate() {
        if i > 0 && tokens[i - 1].span.end != t.span.start {
            out.push(' ');
        }
        out.push_str(&text(source, *t));
        if out.len() > LONGEST_ATOM {
            let cut = (0..=LONGEST_ATOM).rev().find(|i| out.is_char_boundary(*i)).unwrap_or(0);
            out.truncate(cut);
            out.push('…');
            break;
        }
    }
    // Only stray bytes: it is not known what was meant.
    if out.trim().is_empty() { "?".to_owned() } else { out }
}

struct Parser<'a> {
    source: &'a [u8],
    tokens: &'a [Token],
    pos: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Tok {
        self.tokens.get(self.pos).map_or(Tok::End, |t| t.kind)
    }

    fn or(&mut self, depth: usize) -> Cond {
        let start = self.pos;
        let mut terms = vec![self.and(depth)];
        while self.peek() == Tok::OrOr {
            self.pos += 1;
            terms.push(self.and(depth));
        }
        match terms.len() {
            1 => terms.remove(0),
            2..=MOST_TERMS => Cond::any(terms),
            _ => Cond::Atom(words(self.source, &self.tokens[start..self.pos.min(self.tokens.len())])),
        }
    }

    fn and(&mut self, depth: usize) -> Cond {
        let start = self.pos;
        let mut terms = vec![self.relation(depth)];
        while self.peek() == Tok::AndAnd {
            self.pos += 1;
            terms.push(self.relation(depth));
        }
        match terms.len() {
            1 => terms.remove(0),
            2..=MOST_TERMS => Cond::all(terms),
            _ => Cond::Atom(words(self.source, &self.tokens[start..self.pos.min(self.tokens.len())])),
        }
    }

    /// A Boolean operand, or a run of other tokens (`NFOO > 0`) taken as one atom in its own words.
    fn relation(&mut self, depth: usize) -> Cond {
        let start = self.pos;
        let operand = self.operand(depth);
        let ends = |k| matches!(k, Tok::AndAnd | Tok::OrOr | Tok::RParen | Tok::End);
        if ends(self.peek()) {
            return operand;
        }
        let mut parens = 0usize;
        while self.pos < self.tokens.len() && (parens > 0 || !ends(self.peek())) {
            match self.peek() {
                Tok::LParen => parens += 1,
                Tok::RParen => parens -= 1,
                _ => {}
            }
            self.pos += 1;
        }
        Cond::Atom(words(self.source, &self.tokens[start..self.pos]))
    }

    fn operand(&mut self, depth: usize) -> Cond {
        let Some(&token) = self.tokens.get(self.pos) else { return Cond::Const(false) };
        if depth > DEEPEST {
            let rest = words(self.source, &self.tokens[self.pos..]);
            self.pos = self.tokens.len();
            return Cond::Atom(rest);
        }
        self.pos += 1;
        match token.kind {
            Tok::Not => self.operand(depth + 1).negate(),
            Tok::LParen => {
                let inner = self.or(depth + 1);
                if self.peek() == Tok::RParen {
                    self.pos += 1;
                }
                inner
            }
            Tok::Number => {
                let digits = token.span.of(self.source);
                let zero = digits.iter().all(|b| matches!(b, b'0' | b'x' | b'X' | b'u' | b'U' | b'l' | b'L'));
                Cond::Const(!zero)
            }
            Tok::Ident if token.span.of(self.source) == b"defined" => {
                let paren = self.peek() == Tok::LParen;
                self.pos += usize::from(paren);
                let name = self.tokens.get(self.pos).map(|t| words(self.source, &[*t]));
                self.pos += 1;
                if paren && self.peek() == Tok::RParen {
                    self.pos += 1;
                }
                name.map_or(Cond::Const(false), Cond::Atom)
            }
            Tok::Ident if self.peek() != Tok::LParen => Cond::Atom(format!("{} != 0", text(self.source, token))),
            _ => Cond::Atom(words(self.source, &[token])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(condition: &str, want: &str) {
        let source = condition.as_bytes();
        assert_eq!(parse(source, &super::super::lex::lex(source).tokens).to_string(), want, "{condition}");
    }

    #[test]
    fn conditions_are_simplified() {
        check("defined(DIAGNOSTIC) && !defined(NFS)", "DIAGNOSTIC && !NFS");
        check("!(defined A || defined B)", "!A && !B");
        check("defined(A) && defined(A)", "A");
        check("defined(A) && !defined(A)", "0");
        check("defined(A) && (defined(A) || defined(B))", "A");
        check("defined(A) && (!defined(A) || defined(B))", "A && B");
        check("0 && defined(A)", "0");
        check("1 || defined(A)", "1");
        check("(defined(A) && defined(B)) || defined(C)", "(A && B) || C");
    }

    #[test]
    fn what_is_not_boolean_stays_in_its_own_words() {
        check("NFOO > 0 && defined(A)", "NFOO > 0 && A");
        check("!(NFOO > 0)", "!(NFOO > 0)");
        check("FOO", "FOO != 0");
        check("!FOO", "FOO == 0");
        check("__GNUC_PREREQ__(2,7)", "__GNUC_PREREQ__(2,7)");
        check("(A + B) * 2 == 4", "(A + B) * 2 == 4");
    }

    #[test]
    fn bad_conditions_end() {
        for bad in ["", "(", ")", "&&", "defined(", "!", "defined", "( ( (", "1 +"] {
            parse(bad.as_bytes(), &super::super::lex::lex(bad.as_bytes()).tokens);
        }
        let wide = vec!["defined(A)"; 100_000].join(" && ");
        let atom = parse(wide.as_bytes(), &super::super::lex::lex(wide.as_bytes()).tokens).to_string();
        assert!(atom.ends_with('…') && atom.len() < 200, "{atom}");
        let deep = "(".repeat(100_000);
        parse(deep.as_bytes(), &super::super::lex::lex(deep.as_bytes()).tokens);
    }
}
