//! Words and blanks in bytes.

use memchr::memmem;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// More names than this are not searched for one by one: that would take their number times the text.
const FEW_NAMES: usize = 64;

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

/// Calls `found` with each place at which one of the names stands as a word; of few names the places of the first come first, of
/// many they come as they stand.
pub fn each_place<'n>(text: &[u8], names: &[&'n [u8]], found: &mut dyn FnMut(usize, &'n [u8])) {
    if names.len() <= FEW_NAMES {
        for name in names {
            memmem::find_iter(text, name).filter(|at| is_word(text, *at, name.len())).for_each(|at| found(at, name));
        }
        return;
    }
    let names: FxHashMap<&[u8], &'n [u8]> = names.iter().map(|n| (*n, *n)).collect();
    let mut at = 0;
    while at < text.len() {
        let end = word_end(text, at).max(at + 1);
        if let Some(name) = names.get(&text[at..end])
            && is_word(text, at, name.len())
        {
            found(at, name);
        }
        at = end;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_few_names_are_those_of_many() {
        let text = b"a ab b$ $b b(a)b /* a */ a_b 1a a";
        let wanted: [&[u8]; 3] = [b"a", b"b", b"ab"];
        let others: Vec<String> = (0..FEW_NAMES).map(|n| format!("z{n}")).collect();
        let many: Vec<&[u8]> = wanted.into_iter().chain(others.iter().map(|n| n.as_bytes())).collect();
        let of = |names: &[&[u8]]| {
            let mut all = Vec::new();
            each_place(text, names, &mut |at, name| all.push((at, name.to_vec())));
            all.sort();
            all
        };
        assert_eq!(of(&wanted), of(&many));
        assert_eq!(of(&wanted).len(), 7, "{:?}", of(&wanted));
    }
}
