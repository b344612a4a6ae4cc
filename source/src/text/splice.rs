//! Lines that are continued inside a token: the token is made whole, and the line goes on after it. A backslash with blanks
//! between it and the line's end, which gcc and clang take for one that continues the line, stands right before that end. Every
//! other byte stays where it was, so that a place in the text is one of the file.

use std::borrow::Cow;

/// Of a token that a continued line cuts so many bytes are looked at.
const LONGEST: usize = 4096;

/// The text with no token cut, and no blank between a backslash and the end of the line that it continues.
pub fn whole_tokens(text: &[u8]) -> Cow<'_, [u8]> {
    match whole(text) {
        Cow::Borrowed(text) => at_line_ends(text),
        Cow::Owned(text) => Cow::Owned(at_line_ends(&text).into_owned()),
    }
}

/// The text with each backslash that continues a line at that line's end.
fn at_line_ends(text: &[u8]) -> Cow<'_, [u8]> {
    let mut made: Option<Vec<u8>> = None;
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'\\', &text[from..]).map(|n| from + n) {
        from = at + 1;
        let Some(next) = continued(text, at) else { continue };
        let end = if text[next - 2] == b'\r' && next - 2 > at { next - 2 } else { next - 1 };
        if end > at + 1 {
            made.get_or_insert_with(|| text.to_vec())[at..end].rotate_left(1);
        }
        from = next;
    }
    made.map_or(Cow::Borrowed(text), Cow::Owned)
}

fn whole(text: &[u8]) -> Cow<'_, [u8]> {
    let mut made: Option<Vec<u8>> = None;
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'\\', &text[from..]).map(|n| from + n) {
        from = at + 1;
        let Some(next) = continued(text, at) else { continue };
        let read = made.as_deref().unwrap_or(text);
        let (Some(&before), Some(&after)) = (at.checked_sub(1).and_then(|i| read.get(i)), text.get(next)) else {
            continue;
        };
        if !is_one_token(before, after) {
            continue;
        }
        let made = made.get_or_insert_with(|| text.to_vec());
        // The rest of the token, over the lines that cut it once more.
        let (mut rest, mut last, mut i) = (Vec::new(), before, next);
        while i < text.len() && i < next + LONGEST {
            if text[i] == b'\\'
                && let Some(on) = continued(text, i)
            {
                i = on;
            } else if is_one_token(last, text[i]) && !(rest.len() == 1 && is_comment(before, last)) {
                last = text[i];
                rest.push(last);
                i += 1;
            } else {
                break;
            }
        }
        // A line that is continued at the very end of the token stays so.
        let cuts: Vec<u8> = cuts(&text[at..i]);
        made[at..at + rest.len()].copy_from_slice(&rest);
        made[at + rest.len()..i].copy_from_slice(&cuts);
        from = i;
    }
    made.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The first byte of the next line, if a backslash continues the line here: blanks may follow it, as gcc and clang read it.
fn continued(text: &[u8], at: usize) -> Option<usize> {
    let end = at + 1 + text[at + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    (text.get(end) == Some(&b'\n')).then_some(end + 1)
}

/// The continued line ends of a piece of text, without what stands between them.
fn cuts(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < text.len() {
        match continued(text, i).filter(|_| text[i] == b'\\') {
            Some(on) => {
                out.extend_from_slice(&text[i..on.min(text.len())]);
                i = on;
            }
            None => i += 1,
        }
    }
    out
}

/// Whether two bytes that stand together belong to one token.
fn is_one_token(a: u8, b: u8) -> bool {
    let is_word = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80;
    if is_word(a) || is_word(b) {
        return is_word(a) && is_word(b);
    }
    match b {
        b'=' => b"=!<>+-*/%&|^".contains(&a),
        b'>' => matches!(a, b'-' | b'>'),
        b'<' | b'+' | b'-' | b'&' | b'|' | b'#' | b':' | b'/' => a == b,
        b'*' => a == b'/',
        _ => false,
    }
}

fn is_comment(before: u8, last: u8) -> bool {
    before == b'/' && matches!(last, b'*' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let made = whole_tokens(text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&made), want);
        assert_eq!(made.len(), text.len());
    }

    #[test]
    fn tokens_are_made_whole() {
        check("u-\\\n>p", "u->\\\np");
        check("a =\\ \n= b", "a == \\\n b");
        check("#define X \\ \t\r\n y\n", "#define X  \t\\\r\n y\n");
        check("\"\\ \" \\n", "\"\\ \" \\n");
        check("re\\\nt\\\r\nurn;", "return\\\n\\\r\n;");
        check("#def\\\nine X", "#define\\\n X");
        check("/\\\n* c */ x", "/*\\\n c */ x");
        check("/\\\n/ c\ny", "//\\\n c\ny");
        check("a <\\\n<\\\n= 2", "a <<=\\\n\\\n 2");
    }

    #[test]
    fn lines_between_tokens_stay() {
        for text in ["#define X(a) \\\n\tf(a)\n", "\"a\\n\\\n b\"", "x;\\\ny", "a +\\\n b", "", "\\", "\\\n", "a\\\n"] {
            check(text, text);
        }
        check("a\\\nb", "ab\\\n");
    }
}
