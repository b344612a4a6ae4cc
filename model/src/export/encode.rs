//! Text from a scenario, made fit for a comment of the exported languages: whatever it says, it stays a comment.

/// Characters that keep their meaning in a comment of any language: printable ASCII, all of it on one line. A backslash could
/// join lines, and is turned round; what is not ASCII is a question mark.
fn plain(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(|c| match c {
        '\\' => '/',
        c if c.is_ascii_graphic() => c,
        c if c.is_whitespace() || c.is_control() => ' ',
        _ => '?',
    })
}

/// The text with a blank between two characters wherever `apart` says so.
fn parted(text: &str, apart: impl Fn(char, char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in plain(text) {
        if apart(before, c) {
            out.push(' ');
        }
        out.push(c);
        before = c;
    }
    out
}

/// For a comment of Promela, and of C: it neither ends nor begins another, and is no trigraph.
pub fn promela(text: &str) -> String {
    parted(text, |a, b| matches!((a, b), ('*', '/') | ('/', '*') | ('?', '?')))
}

/// For a comment of TLA+ to the end of the line: it neither begins nor ends one of the other kind, nor a module.
pub fn tla(text: &str) -> String {
    parted(text, |a, b| matches!((a, b), ('(', '*') | ('*', ')') | ('=', '=') | ('-', '-')))
}
