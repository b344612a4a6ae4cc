//! Where whole structs are copied, or initialised by position: what the text alone says, for the parser to decide.

use super::declared::{before_blanks, brace_end, parse_struct, skip_blank};
use crate::shapes::{Root, Struct, Wholes};
use crate::text::{each_place, is_word, word_end};
use memchr::memmem;
use std::collections::BTreeSet;

/// Declarators of one declaration that are looked at.
const MOST_DECLARATORS: usize = 16;

/// Byte offsets where a copy of a whole struct, or a positional initialiser of one, may stand.
pub fn whole_structs(text: &[u8], wholes: &Wholes) -> Vec<u32> {
    let mut out = Vec::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    each_type(text, wholes, &mut |at, next| {
        if text.get(next) == Some(&b')') && text.get(skip_blank(text, next + 1)) == Some(&b'{') {
            // A compound literal.
            out.push(at as u32);
        }
        declarators(text, next, &mut |name, is_object, has_value| {
            names.insert(name);
            if is_object || has_value {
                out.push(at as u32);
            }
        });
    });
    // Their names are common: they say something only where a struct that has them is named.
    let is_held = wholes.holders.iter().any(|h| memmem::find_iter(text, h).any(|at| is_word(text, at, h.len())));
    let members: Vec<&[u8]> = wholes.members.iter().filter(|_| is_held).map(|m| m.as_bytes()).collect();
    let held: Vec<&[u8]> = names.iter().copied().collect();
    for (list, is_member) in [(&held, false), (&members, true)] {
        each_place(text, list, &mut |at, name| {
            if is_copied(text, at, name.len(), is_member, &names) {
                out.push(at as u32);
            }
        });
    }
    let known: Vec<&[u8]> = held.iter().copied().chain(members).collect();
    if !known.is_empty() {
        for call in &wholes.copiers {
            for at in memmem::find_iter(text, call.as_bytes()) {
                let end = memchr::memchr(b';', &text[at..]).map_or(text.len(), |n| at + n);
                let args = &text[at..end.min(at + 400)];
                if memmem::find(args, b"sizeof").is_some()
                    && known.iter().any(|n| memmem::find_iter(args, n).any(|i| is_word(args, i, n.len())))
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

/// Calls `found` with each place of a type's name, and with where what it declares starts.
fn each_type(text: &[u8], wholes: &Wholes, found: &mut dyn FnMut(usize, usize)) {
    let mut named = |at: usize, name: &[u8], is_tag: bool| {
        let head = before_blanks(&text[..at]);
        if is_tag && (head.len() == at || !head.ends_with(b"struct") && !head.ends_with(b"union")) {
            return;
        }
        let mut next = skip_blank(text, at + name.len());
        while matches!(&text[next..word_end(text, next)], b"const" | b"volatile" | b"static" | b"register") {
            next = skip_blank(text, word_end(text, next));
        }
        found(at, next);
    };
    let tags: Vec<&[u8]> = std::iter::once(&wholes.of).chain(&wholes.holders).map(|t| t.as_bytes()).collect();
    let typedefs: Vec<&[u8]> = wholes.typedefs.iter().map(|t| t.as_bytes()).collect();
    for (list, is_tag) in [(tags, true), (typedefs, false)] {
        each_place(text, &list, &mut |at, name| named(at, name, is_tag));
    }
}

/// `a, *b, c[2] = { … }`: the names, whether each is an object and no pointer, and whether it has a value.
fn declarators<'t>(text: &'t [u8], mut pos: usize, found: &mut dyn FnMut(&'t [u8], bool, bool)) {
    for _ in 0..MOST_DECLARATORS {
        let mut is_object = true;
        while text.get(pos) == Some(&b'*') {
            is_object = false;
            pos = skip_blank(text, pos + 1);
        }
        let end = word_end(text, pos);
        if end == pos {
            return;
        }
        let name = &text[pos..end];
        pos = skip_blank(text, end);
        while text.get(pos) == Some(&b'[') {
            pos = memchr::memchr(b']', &text[pos..]).map_or(text.len(), |n| skip_blank(text, pos + n + 1));
        }
        // `struct uio *a, struct uio *b`: the next parameter, and no declarator.
        if !matches!(text.get(pos), Some(b',' | b';' | b'=' | b'(' | b')' | b':') | None) {
            return;
        }
        let is_function = text.get(pos) == Some(&b'(');
        let has_value = text.get(pos) == Some(&b'=');
        found(name, is_object && !is_function, has_value);
        if text.get(pos) != Some(&b',') {
            return;
        }
        pos = skip_blank(text, pos + 1);
    }
}

/// Whether the name at `at` is copied from (`= *uio`) or to (`kuio = auio`, `*uio = …`, `r->r_uio = …`).
fn is_copied(text: &[u8], at: usize, len: usize, is_member: bool, names: &BTreeSet<&[u8]>) -> bool {
    let before = before_blanks(&text[..at]);
    if let Some(before) = before.strip_suffix(b"*") {
        let assign = before_blanks(before);
        if assign.ends_with(b"=") && !assign.ends_with(b"==") {
            return true;
        }
    }
    let next = skip_blank(text, at + len);
    if text.get(next) != Some(&b'=') || text.get(next + 1) == Some(&b'=') {
        return false;
    }
    let value = skip_blank(text, next + 1);
    match text.get(value) {
        Some(b'*' | b'{') => true,
        Some(_) if is_member => true,
        Some(_) => {
            let end = word_end(text, value);
            names.contains(&text[value..end]) && text.get(skip_blank(text, end)) == Some(&b';')
        }
        None => false,
    }
}

/// Calls `found` with each struct of a text that has a whole struct as a member: its tag, and the member's name.
pub fn holders(text: &[u8], wholes: &Wholes, found: &mut dyn FnMut(String, String)) {
    let mut seen = BTreeSet::new();
    each_type(text, wholes, &mut |at, next| {
        let mut object = false;
        declarators(text, next, &mut |_, is_object, _| object |= is_object);
        let Some((start, tag)) = object.then(|| enclosing(text, at)).flatten() else { return };
        if !seen.insert(start) {
            return;
        }
        let end = brace_end(text, start);
        let Some(found_struct) = parse_struct(&[&text[start..end], b";"].concat(), &tag) else { return };
        let mut members = Vec::new();
        held(&found_struct, wholes, &mut members);
        members.into_iter().for_each(|m| found(tag.clone(), m));
    });
}

/// The members of a struct, also of structs without a name in it, that are whole structs.
fn held(of: &Struct, wholes: &Wholes, members: &mut Vec<String>) {
    for (name, shape) in of.members.iter().filter(|(_, s)| s.pointers == s.arrays && !s.function) {
        let is_whole = match &shape.base {
            Root::Struct(tag) => *tag == wholes.of || wholes.holders.contains(tag),
            Root::Named(name) => wholes.typedefs.contains(name),
            Root::Inline(inner) => {
                held(inner, wholes, members);
                false
            }
            _ => false,
        };
        if is_whole && !name.is_empty() {
            members.push(name.clone());
        }
    }
}

/// The struct with a tag whose braces are around `at`: where it starts, and the tag.
fn enclosing(text: &[u8], at: usize) -> Option<(usize, String)> {
    // A struct's body is rarely longer.
    const LONGEST: usize = 32 * 1024;
    let from = at.saturating_sub(LONGEST);
    for keyword in memmem::rfind_iter(&text[from..at], b"struct").map(|n| from + n) {
        let tag = skip_blank(text, keyword + 6);
        let end = word_end(text, tag);
        let open = skip_blank(text, end);
        if end > tag && text.get(open) == Some(&b'{') && open < at && brace_end(text, open) > at {
            return Some((keyword, String::from_utf8_lossy(&text[tag..end]).into_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: usize) {
        assert_eq!(whole_structs(text.as_bytes(), &wholes()).len(), want, "{text}");
    }

    fn wholes() -> Wholes {
        let typedefs = ["uio_t".to_owned()].into();
        Wholes { of: "uio".to_owned(), typedefs, copiers: vec!["bcopy".to_owned()], ..Wholes::default() }
    }

    #[test]
    fn copies_and_initialisers_are_noticed() {
        check("f(struct uio *uio) { struct uio kuio; kuio = *uio; }", 3);
        check("f(struct uio *a, struct uio *b) { *a = *b; }", 2);
        check("struct uio a, b; a = b;", 2);
        check("f() { uio_t a = { x }; }", 2);
        check("f() { struct /* x */ uio a = { x }; }", 2);
        check("struct uio a = { x };", 2);
        check("struct uio *u; u = x; if (u == y) u->a = b;", 0);
        check("g((struct uio){ a, b });", 1);
        check("struct uio a, *b; bcopy(b, &a, sizeof(a));", 2);
        check("struct uiox a; struct iovec uio; a = *b;", 0);
    }

    #[test]
    fn structs_that_hold_one() {
        let mut all = Vec::new();
        let text = "struct r { int a; struct uio r_uio; struct { uio_t u[2], *p; } i; };\nstruct q { struct uio *q; };\n\
                    void f(void) { struct uio local; }";
        holders(text.as_bytes(), &wholes(), &mut |tag, member| all.push(format!("{tag}.{member}")));
        assert_eq!(all, ["r.r_uio", "r.u"]);
    }
}
