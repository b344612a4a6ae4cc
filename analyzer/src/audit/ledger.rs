//! Every textual occurrence of a name: the denominator of an audit.

use memchr::memmem;
use uioscope_source::text::is_word;

/// Byte offsets of a name's occurrences as a whole word, in order; also of those that run over a continued line.
pub fn occurrences(text: &[u8], finder: &memmem::Finder<'_>) -> Vec<u32> {
    let name = finder.needle();
    let mut found: Vec<u32> =
        finder.find_iter(text).filter(|at| is_word(text, *at, name.len())).map(|at| at as u32).collect();
    let plain = found.len();
    continued(text, name, &mut found);
    if found.len() > plain {
        found.sort_unstable();
        found.dedup();
    }
    found
}

/// `uio_\` newline `procp`: a backslash at the end of a line with parts of a name on both sides.
fn continued(text: &[u8], name: &[u8], found: &mut Vec<u32>) {
    let part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let mut from = 0;
    while let Some(n) = memchr::memchr(b'\\', &text[from..]) {
        let at = from + n;
        from = at + 1;
        // Several lines may be continued without a letter between.
        let mut after = at;
        loop {
            let rest = &text[after..];
            after += if rest.starts_with(b"\\\n") {
                2
            } else if rest.starts_with(b"\\\r\n") {
                3
            } else {
                break;
            };
        }
        if after == at {
            continue;
        }
        from = after;
        if at == 0 || !part(&text[at - 1]) || !text.get(after).is_some_and(part) {
            continue;
        }
        // The name may run over many lines; the whole run of them is looked at once.
        let in_name = |b: &u8| part(b) || matches!(b, b'\\' | b'\r' | b'\n');
        let start = at - text[..at].iter().rev().take_while(|b| in_name(b)).count();
        let end = at + text[at..].iter().take_while(|b| in_name(b)).count();
        from = end.max(from);
        for (offset, word) in split_words(&text[start..end]) {
            if word == name {
                found.push((start + offset) as u32);
            }
        }
    }
}

/// Names in a run of letters, continued line ends joining and plain line ends parting them.
fn split_words(raw: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut words = Vec::new();
    let mut current: Option<(usize, Vec<u8>)> = None;
    let mut i = 0;
    while i < raw.len() {
        let rest = &raw[i..];
        if rest.starts_with(b"\\\n") {
            i += 2;
        } else if rest.starts_with(b"\\\r\n") {
            i += 3;
        } else if matches!(raw[i], b'\\' | b'\r' | b'\n') {
            words.extend(current.take());
            i += 1;
        } else {
            current.get_or_insert_with(|| (i, Vec::new())).1.push(raw[i]);
            i += 1;
        }
    }
    words.extend(current);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[u32]) {
        assert_eq!(occurrences(text.as_bytes(), &memmem::Finder::new("uio_procp")), want, "{text:?}");
    }

    #[test]
    fn whole_words_and_continued_ones() {
        check("uio_procp x.uio_procp;uio_procpx xuio_procp", &[0, 12]);
        check("a->uio_\\\nprocp", &[3]);
        check("a->uio_\\\r\nproc\\\np = uio_procp", &[3, 20]);
        check("uio_\nprocp uio_\\ \nprocp", &[]);
        check("int a;\\\nuio_procp\\\n;", &[8]);
        check("x\nuio_pro\\\ncp\ny", &[2]);
        check("uio_\\\n\\\n\\\nprocp", &[0]);
    }
}
