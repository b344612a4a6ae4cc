//! Constant expressions, in bounds of arrays and widths of bit-fields.

use super::read::Reader;
use super::tokens::Word;
use crate::c::lex::Tok;

/// Deeper nesting is refused.
const DEEPEST: u32 = 64;

/// The value of an expression.
pub(super) fn value(reader: &mut Reader<'_, '_>, words: &[Word], from: &str, depth: u32) -> Result<i128, String> {
    let words = reader.expanded(words, from, depth)?;
    let mut p = Parser { reader, words: &words, pos: 0, from, depth };
    let value = p.choice()?;
    match p.words.get(p.pos) {
        None => Ok(value),
        Some(word) => Err(format!("`{}` in a constant expression", word.text)),
    }
}

struct Parser<'p, 'r, 't> {
    reader: &'p mut Reader<'r, 't>,
    words: &'p [Word],
    pos: usize,
    from: &'p str,
    depth: u32,
}

/// How strongly a binary operator binds; none for what is no operator.
fn strength(kind: Tok) -> Option<u8> {
    Some(match kind {
        Tok::OrOr => 1,
        Tok::AndAnd => 2,
        Tok::Pipe => 3,
        Tok::Caret => 4,
        Tok::Amp => 5,
        Tok::EqEq | Tok::NotEq => 6,
        Tok::Lt | Tok::Gt | Tok::Le | Tok::Ge => 7,
        Tok::Shl | Tok::Shr => 8,
        Tok::Plus | Tok::Minus => 9,
        Tok::Star | Tok::Slash | Tok::Percent => 10,
        _ => return None,
    })
}

impl Parser<'_, '_, '_> {
    fn kind(&self) -> Tok {
        self.words.get(self.pos).map_or(Tok::End, |w| w.kind)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        let result = if self.depth > DEEPEST { Err("an expression nested too deeply".to_owned()) } else { read(self) };
        self.depth -= 1;
        result
    }

    fn choice(&mut self) -> Result<i128, String> {
        let condition = self.deeper(|p| p.binary(1))?;
        if self.kind() != Tok::Question {
            return Ok(condition);
        }
        self.pos += 1;
        let yes = self.deeper(Self::choice)?;
        self.expect(Tok::Colon)?;
        let no = self.deeper(Self::choice)?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn expect(&mut self, kind: Tok) -> Result<(), String> {
        if self.kind() == kind {
            self.pos += 1;
            return Ok(());
        }
        let found = self.words.get(self.pos).map_or("the end", |w| w.text.as_str());
        Err(format!("`{found}` in a constant expression"))
    }

    fn binary(&mut self, least: u8) -> Result<i128, String> {
        let mut left = self.deeper(Self::unary)?;
        while let Some(strength) = strength(self.kind()).filter(|s| *s >= least) {
            let op = self.kind();
            self.pos += 1;
            let right = self.deeper(|p| p.binary(strength + 1))?;
            left = apply(op, left, right).ok_or("a constant expression has no value")?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i128, String> {
        let op = self.kind();
        match op {
            Tok::Plus | Tok::Minus | Tok::Tilde | Tok::Not => {
                self.pos += 1;
                let of = self.deeper(Self::unary)?;
                Ok(match op {
                    Tok::Minus => of.checked_neg().ok_or("a constant expression has no value")?,
                    Tok::Tilde => !of,
                    Tok::Not => i128::from(of == 0),
                    _ => of,
                })
            }
            Tok::LParen => {
                let close = close_of(self.words, self.pos).ok_or("`(` without its `)`")?;
                let inner = &self.words[self.pos + 1..close];
                if self.reader.is_type(inner, self.from) {
                    // A cast of a constant that fits changes nothing.
                    self.pos = close + 1;
                    return self.deeper(Self::unary);
                }
                self.pos += 1;
                let value = self.deeper(Self::choice)?;
                self.expect(Tok::RParen)?;
                Ok(value)
            }
            Tok::Sizeof => {
                self.pos += 1;
                if self.kind() != Tok::LParen {
                    return Err("`sizeof` of an expression".to_owned());
                }
                let close = close_of(self.words, self.pos).ok_or("`(` without its `)`")?;
                let inner = &self.words[self.pos + 1..close];
                self.pos = close + 1;
                self.reader.size_of(inner, self.from, self.depth).map(i128::from)
            }
            Tok::Number => {
                let text = &self.words[self.pos].text;
                self.pos += 1;
                number(text).ok_or_else(|| format!("`{text}` is no integer"))
            }
            Tok::Char => {
                let text = &self.words[self.pos].text;
                self.pos += 1;
                match text.as_bytes() {
                    [b'\'', byte, b'\''] => Ok((*byte).into()),
                    _ => Err(format!("the value of {text} is not known")),
                }
            }
            _ => {
                let found = self.words.get(self.pos).map_or("the end", |w| w.text.as_str());
                Err(format!("`{found}` in a constant expression: its value is not known"))
            }
        }
    }
}

fn apply(op: Tok, a: i128, b: i128) -> Option<i128> {
    let yes = |holds: bool| Some(i128::from(holds));
    let shift = |by: i128| u32::try_from(by).ok().filter(|n| *n < 64);
    match op {
        Tok::OrOr => yes(a != 0 || b != 0),
        Tok::AndAnd => yes(a != 0 && b != 0),
        Tok::Pipe => Some(a | b),
        Tok::Caret => Some(a ^ b),
        Tok::Amp => Some(a & b),
        Tok::EqEq => yes(a == b),
        Tok::NotEq => yes(a != b),
        Tok::Lt => yes(a < b),
        Tok::Gt => yes(a > b),
        Tok::Le => yes(a <= b),
        Tok::Ge => yes(a >= b),
        Tok::Shl => a.checked_mul(1i128 << shift(b)?),
        Tok::Shr => Some(a >> shift(b)?),
        Tok::Plus => a.checked_add(b),
        Tok::Minus => a.checked_sub(b),
        Tok::Star => a.checked_mul(b),
        Tok::Slash => a.checked_div(b),
        Tok::Percent => a.checked_rem(b),
        _ => None,
    }
}

fn number(text: &str) -> Option<i128> {
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
    let (digits, radix) = match digits.get(..2) {
        Some("0x" | "0X") => (&digits[2..], 16),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    i128::from_str_radix(digits, radix).ok()
}

/// Index of the bracket that closes the one at `open`.
pub(super) fn close_of(words: &[Word], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, word) in words.iter().enumerate().skip(open) {
        match word.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}
