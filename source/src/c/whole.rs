//! Where whole structs are copied, or initialised by position: what the text alone says, for the parser to decide.

use crate::text::{blank_before, blanks, is_word, word_end};
use memchr::memmem;
use std::collections::BTreeSet;

/// Byte offsets where a copy of `struct of`, or a positional initialiser of one, may stand. `copiers`: functions that copy memory.
pub fn whole_structs(text: &[u8], of: &str, copiers: &[&str]) -> Vec<u32> {
    let mut out = Vec::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    for at in memmem::find_iter(text, of.as_bytes()) {
        if !is_word(text, at, of.len())
            || !text[..blank_before(text, at)].ends_with(b"struct")
            || blank_before(text, at) == at
        {
            continue;
        }
        let mut pos = blanks(text, at + of.len());
        if text.get(pos) == Some(&b')') && text.get(blanks(text, pos + 1)) == Some(&b'{') {
            // A compound literal.
            out.push(at as u32);
        }
        // `struct uio a, *b, c[2] = { … }`
        for _ in 0..16 {
            while text.get(pos).is_some_and(|b| *b == b'*' || b.is_ascii_whitespace()) {
                pos += 1;
            }
            let end = word_end(text, pos);
            if end == pos {
                break;
            }
            names.insert(&text[pos..end]);
            pos = blanks(text, end);
            if text.get(pos) == Some(&b'[') {
                pos = memchr::memchr(b']', &text[pos..]).map_or(text.len(), |n| blanks(text, pos + n + 1));
            }
            if text.get(pos) == Some(&b'=') {
                out.push(at as u32);
                break;
            }
            if text.get(pos) != Some(&b',') {
                break;
            }
            pos += 1;
        }
    }
    for name in &names {
        for at in memmem::find_iter(text, name) {
            if is_word(text, at, name.len()) && is_copied(text, at, name.len(), &names) {
                out.push(at as u32);
            }
        }
    }
    if !names.is_empty() {
        for call in copiers {
            for at in memmem::find_iter(text, call.as_bytes()) {
                let end = memchr::memchr(b';', &text[at..]).map_or(text.len(), |n| at + n);
                let args = &text[at..end.min(at + 400)];
                if memmem::find(args, b"sizeof").is_some()
                    && names.iter().any(|n| memmem::find_iter(args, n).any(|i| is_word(args, i, n.len())))
                {
                    out.push(at as u32);
                }
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether the name at `at` is copied from (`= *uio`) or to (`kuio = auio`, `*uio = …`).
fn is_copied(text: &[u8], at: usize, len: usize, names: &BTreeSet<&[u8]>) -> bool {
    let before = blank_before(text, at);
    if text[..before].ends_with(b"*") {
        let assign = blank_before(text, before - 1);
        if text[..assign].ends_with(b"=") && !text[..assign].ends_with(b"==") {
            return true;
        }
    }
    let next = blanks(text, at + len);
    if text.get(next) != Some(&b'=') || text.get(next + 1) == Some(&b'=') {
        return false;
    }
    let value = blanks(text, next + 1);
    match text.get(value) {
        Some(b'*' | b'{') => true,
        Some(_) => {
            let end = word_end(text, value);
            names.contains(&text[value..end]) && text.get(blanks(text, end)) == Some(&b';')
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: usize) {
        assert_eq!(whole_structs(text.as_bytes(), "uio", &["bcopy"]).len(), want, "{text}");
    }

    #[test]
    fn copies_and_initialisers_are_noticed() {
        check("f(struct uio *uio) { struct uio kuio; kuio = *uio; }", 2);
        check("struct uio a, b; a = b;", 1);
        check("struct uio a = { x };", 2);
        check("struct uio *u; u = x; if (u == y) u->a = b;", 0);
        check("g((struct uio){ a, b });", 1);
        check("struct uio a, *b; bcopy(b, &a, sizeof(a));", 1);
        check("struct uiox a; struct iovec uio; a = *b;", 0);
    }
}
