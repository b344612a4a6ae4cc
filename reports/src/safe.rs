//! Text from outside, made fit for a terminal: nothing in a file name or in source may move the cursor, ring the bell
//! or turn the reading direction.

use std::borrow::Cow;
use uioscope_source::text::byte_of;

/// Whether a terminal or an editor would act on the character instead of showing it: controls (C0, DEL, C1), line and
/// paragraph separators, and bidirectional overrides.
pub fn is_active(c: char) -> bool {
    c.is_control()
        || byte_of(c).is_some()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text on one line, with every active character written as an escape such as `\u{1b}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        escaped(&mut out, c);
    }
    Cow::Owned(out)
}

/// A character, or what is shown in its place: of a file name's byte that is no UTF-8 its number in octal, as git shows it.
fn escaped(out: &mut String, c: char) {
    match byte_of(c) {
        Some(b) => *out += &format!("\\{b:03o}"),
        None if is_active(c) => out.extend(c.escape_default()),
        None => out.push(c),
    }
}

/// The same for a text of several lines: line ends and tabs stay.
pub fn clean_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\t') {
            out.push(c);
        } else {
            escaped(&mut out, c);
        }
    }
    out
}

/// The cleaned text, cut to at most `width` characters; a cut shows as `…`.
pub fn clip(text: &str, width: usize) -> String {
    // Enough characters for any `width`, without walking a text of megabytes.
    let head_end = text.char_indices().nth(width + 1).map_or(text.len(), |(i, _)| i);
    let head = clean(&text[..head_end]);
    if head_end == text.len() && head.chars().count() <= width {
        return head.into_owned();
    }
    let mut out: String = head.chars().take(width.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// The same, cut on the left: of a long path the end says more.
pub fn clip_left(text: &str, width: usize) -> String {
    let text = clean(text);
    let count = text.chars().count();
    if count <= width {
        return text.into_owned();
    }
    let tail: String = text.chars().skip(count + 1 - width).collect();
    format!("…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays() {
        assert_eq!(clean("sys/kern/tty_tty.c"), "sys/kern/tty_tty.c");
        assert_eq!(clean("größe"), "größe");
    }

    #[test]
    fn controls_and_overrides_become_escapes() {
        assert_eq!(clean("a\x1b[31m\n\u{9b}\u{202e}"), "a\\u{1b}[31m\\n\\u{9b}\\u{202e}");
        assert_eq!(clean_lines("a\n\tb\x07"), "a\n\tb\\u{7}");
    }

    #[test]
    fn cuts_are_shown_and_short_texts_are_not_cut() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("abcdefg", 6), "abcde…");
        assert_eq!(clip("abc  defg", 6), "abc…");
        assert_eq!(clip_left("/a/long/path.c", 7), "…path.c");
        assert_eq!(clip_left("path.c", 7), "path.c");
    }
}
