//! Presence conditions: under which `#if`s a place exists, simplified and printable.

use super::lex::{Tok, Token, name_text};
use std::fmt;

/// A condition over macros. `#ifdef X` and `defined(X)` are the atom `X`; `#if X` is the atom `X != 0`; what is no plain
/// Boolean structure (`NFOO > 0`) is an atom in its own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cond {
    /// Always or never.
    Const(bool),
    /// A macro's name, or a comparison as written.
    Atom(String),
    /// Negation; only of an atom once simplified.
    Not(Box<Cond>),
    /// All of them; sorted as they came.
    And(Vec<Cond>),
    /// Any of them.
    Or(Vec<Cond>),
}

/// Deeper nesting than this in one condition becomes an atom in its own words.
const DEEPEST: usize = 8;

/// More conjuncts than this are not printed.
const WIDEST: usize = 32;

/// A condition of more terms than this is one atom: simplifying is not linear, and nobody reads so many.
const MOST_TERMS: usize = 128;

/// An atom's words are cut at this length.
const LONGEST_ATOM: usize = 160;

impl Cond {
    /// The opposite.
    pub fn negate(self) -> Cond {
        match self {
            Cond::Const(b) => Cond::Const(!b),
            Cond::Not(c) => *c,
            Cond::And(list) => Cond::Or(list.into_iter().map(Cond::negate).collect()),
            Cond::Or(list) => Cond::And(list.into_iter().map(Cond::negate).collect()),
            Cond::Atom(_) => Cond::Not(Box::new(self)),
        }
    }

    /// A plain atom or its negation.
    pub fn literal(&self) -> Option<(&str, bool)> {
        match self {
            Cond::Atom(a) => Some((a, true)),
            Cond::Not(c) => match &**c {
                Cond::Atom(a) => Some((a, false)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value where the atoms' values are known as far as `value` knows them.
    pub fn eval(&self, value: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
        match self {
            Cond::Const(b) => Some(*b),
            Cond::Atom(a) => value(a),
            Cond::Not(c) => c.eval(value).map(|b| !b),
            Cond::And(list) => fold(list, value, false),
            Cond::Or(list) => fold(list, value, true),
        }
    }

    /// The conjunction, simplified: no doubled, no implied and no contradictory terms.
    pub fn all(terms: Vec<Cond>) -> Cond {
        let mut flat = Vec::new();
        for term in terms {
            match term {
                Cond::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        // Literals decide the disjunctions beside them, until nothing changes any more.
        loop {
            let known: Vec<(String, bool)> =
                flat.iter().filter_map(|c| c.literal().map(|(a, b)| (a.to_owned(), b))).collect();
            let value = |a: &str| known.iter().find(|(k, _)| k == a).map(|(_, b)| *b);
            let mut next: Vec<Cond> = Vec::new();
            let mut changed = false;
            for term in flat {
                if let Some((a, b)) = term.literal() {
                    if value(a) != Some(b) {
                        return Cond::Const(false);
                    }
                    if !next.contains(&term) {
                        next.push(term);
                    }
                    continue;
                }
                match term.under(&value) {
                    Cond::Const(true) => changed = true,
                    Cond::Const(false) => return Cond::Const(false),
                    Cond::And(inner) => {
                        changed = true;
                        next.extend(inner);
                    }
                    reduced => {
                        changed |= reduced.literal().is_some();
                        if !next.contains(&reduced) {
                            next.push(reduced);
                        }
                    }
                }
            }
            flat = next;
            if !changed {
                break;
            }
        }
        match flat.len() {
            0 => Cond::Const(true),
            1 => flat.remove(0),
            _ => Cond::And(flat),
        }
    }

    /// The disjunction, simplified likewise.
    pub fn any(terms: Vec<Cond>) -> Cond {
        Cond::all(terms.into_iter().map(Cond::negate).collect()).negate()
    }

    /// With the known atoms put in.
    fn under(self, value: &dyn Fn(&str) -> Option<bool>) -> Cond {
        if let Some(b) = self.eval(value) {
            return Cond::Const(b);
        }
        match self {
            Cond::And(list) => Cond::all(list.into_iter().map(|c| c.under(value)).collect()),
            Cond::Or(list) => Cond::any(list.into_iter().map(|c| c.under(value)).collect()),
            other => other,
        }
    }
}

fn fold(list: &[Cond], value: &dyn Fn(&str) -> Option<bool>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for c in list {
        match c.eval(value) {
            Some(b) if b == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, list: &[Cond], op: &str| {
            for (i, c) in list.iter().take(WIDEST).enumerate() {
                if i > 0 {
                    write!(f, " {op} ")?;
                }
                match c {
                    Cond::And(_) | Cond::Or(_) => write!(f, "({c})")?,
                    // `a || b > 0` reads well; `X && a | b` does not.
                    _ => write!(f, "{c}")?,
                }
            }
            match list.len().checked_sub(WIDEST) {
                Some(more) if more > 0 => write!(f, " {op} … {more} more"),
                _ => Ok(()),
            }
        };
        match self {
            Cond::Const(b) => write!(f, "{}", u8::from(*b)),
            Cond::Atom(a) => f.write_str(a),
            Cond::Not(c) => match &**c {
                Cond::Atom(a) if a.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => write!(f, "!{a}"),
                Cond::Atom(a) => match a.strip_suffix(" != 0") {
                    Some(name) if !name.contains(' ') => write!(f, "{name} == 0"),
                    _ => write!(f, "!({a})"),
                },
                c => write!(f, "!({c})"),
            },
            Cond::And(list) => joined(f, list, "&&"),
            Cond::Or(list) => joined(f, list, "||"),
        }
    }
}

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
