//! Words and blanks in bytes.

use std::borrow::Cow;

/// Whether a line goes on in the next: a backslash ends it, perhaps with blanks after it, as gcc and clang read it.
pub fn is_continued(line: &[u8]) -> bool {
    line.trim_ascii_end().ends_with(b"\\")
}

/// A name's text: continued lines inside it are joined.
pub fn name_text(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\\') {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.iter().copied().filter(|b| !matches!(b, b'\\') && !b.is_ascii_whitespace()).collect())
}

/// Whether the bytes around `at..at + len` do not make it part of a longer name.
pub fn is_word(text: &[u8], at: usize, len: usize) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'$';
    let before = at.checked_sub(1).and_then(|i| text.get(i));
    !before.is_some_and(word) && !text.get(at + len).is_some_and(word)
}

/// The end of the word that starts at `at`; `at` itself where none does.
pub fn word_end(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// The first byte from `at` on that is no blank.
pub fn blanks(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// Index of the last byte before `at` that is no blank, plus one.
pub fn blank_before(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text[at - 1].is_ascii_whitespace() {
        at -= 1;
    }
    at
}
