//! Declarations whose type changes: of variables, parameters and in prototypes.

use crate::edit::{Edit, indent, newline};
use uioscope_source::text::Span;

fn ident(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn before(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text[at - 1].is_ascii_whitespace() {
        at -= 1;
    }
    at
}

fn after(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The place of the word that ends at `end`.
fn word(text: &[u8], end: usize) -> (usize, usize) {
    let start = end - text[..end].iter().rev().take_while(|b| ident(**b)).count();
    (start, end)
}

/// Edits that make a declared `struct OLD *name` a `struct NEW *to`. Where other names share the declaration, it gets one of
/// its own.
///
/// # Errors
/// The declaration does not look like that.
pub fn declaration(path: &str, text: &[u8], name: Span, old: &str, new: &str, to: &str) -> Result<Vec<Edit>, String> {
    let (start, end) = (name.start as usize, name.end as usize);
    let shape = || format!("its declaration is not of the form struct {old} *name");
    let star = before(text, start);
    if star == 0 || text[star - 1] != b'*' {
        return Err(shape());
    }
    let head = before(text, star - 1);
    let next = after(text, end);
    let shares_left = head > 0 && text[head - 1] == b',';
    if !shares_left {
        let (tag, tag_end) = word(text, head);
        let (kw, kw_end) = word(text, before(text, tag));
        if &text[tag..tag_end] != old.as_bytes() || &text[kw..kw_end] != b"struct" {
            return Err(shape());
        }
        // A parameter's comma belongs to the list.
        if text.get(next) != Some(&b',') || is_in_brackets(text, start) {
            return Ok(vec![
                Edit::new(path, tag as u32, tag_end as u32, new),
                Edit::new(path, name.start, name.end, to),
            ]);
        }
    }
    // `struct proc *p, *q;`: this one gets a line of its own, with its initialiser.
    let stop = declarator_end(text, end).ok_or_else(shape)?;
    let first = statement_start(text, start);
    let kind = &text[first..];
    if !kind.starts_with(b"struct") && !kind.starts_with(b"register") {
        return Err(shape());
    }
    let own = String::from_utf8_lossy(&text[end..stop]).trim_end().to_owned();
    let blanks = String::from_utf8_lossy(indent(text, first as u32)).into_owned();
    let line = format!("struct {new} *{to}{own};{}{blanks}", newline(text));
    let gone = if shares_left { (head - 1, stop) } else { (star - 1, after(text, stop + 1)) };
    Ok(vec![Edit::new(path, first as u32, first as u32, line), Edit::new(path, gone.0 as u32, gone.1 as u32, "")])
}

/// Whether a place is inside the brackets of a parameter list: the next unmatched bracket after it closes.
fn is_in_brackets(text: &[u8], at: usize) -> bool {
    let mut depth = 0i32;
    for b in text[at..].iter().take(4096) {
        match b {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            b';' | b'{' => return false,
            _ => {}
        }
    }
    false
}

/// The `,` or `;` that ends a declarator; nothing where a list of them ends first.
fn declarator_end(text: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0i32;
    for (i, b) in text[from..].iter().enumerate().take(4096) {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return None,
            b')' | b']' | b'}' => depth -= 1,
            b',' | b';' if depth == 0 => return Some(from + i),
            _ => {}
        }
    }
    None
}

/// Where the declaration around a place starts.
fn statement_start(text: &[u8], at: usize) -> usize {
    let mut i = at;
    while i > 0 && !matches!(text[i - 1], b';' | b'{' | b'}' | b'/') {
        i -= 1;
    }
    after(text, i)
}

/// An edit for parameter `n` of a prototype whose name ends at `end`, if it is given there. `name`: what the definition calls
/// the parameter, and what it is called from now on.
///
/// # Errors
/// The parameter is not of that type.
pub fn prototype(
    path: &str,
    text: &[u8],
    end: usize,
    n: usize,
    tags: (&str, &str),
    name: (&str, &str),
) -> Result<Vec<Edit>, String> {
    let mut at = after(text, end);
    // `__P((…))`
    if text.get(at).is_some_and(|b| ident(*b)) {
        while text.get(at).is_some_and(|b| ident(*b)) {
            at += 1;
        }
        at = after(text, at);
        if text.get(at) != Some(&b'(') {
            return Err("a declaration that could not be read".to_owned());
        }
        at = after(text, at + 1);
    }
    if text.get(at) != Some(&b'(') {
        return Err("a declaration that could not be read".to_owned());
    }
    let mut from = at + 1;
    for _ in 0..n {
        match declarator_end(text, from).filter(|e| text[*e] == b',') {
            Some(comma) => from = comma + 1,
            // An old one that names no parameters.
            None if after(text, at + 1) < text.len() && text[after(text, at + 1)] == b')' => return Ok(Vec::new()),
            None => return Err("a declaration with fewer parameters".to_owned()),
        }
    }
    let mut stop = from;
    let mut depth = 0;
    while let Some(b) = text.get(stop) {
        match b {
            b'(' => depth += 1,
            b')' if depth == 0 => break,
            b')' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        stop += 1;
    }
    let part = &text[from..stop];
    if part.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let words = part.split(|b| !ident(*b)).filter(|w| !w.is_empty());
    let place = |w: &[u8]| w.as_ptr() as usize - text.as_ptr() as usize;
    let mut edits = Vec::new();
    let mut after_struct = false;
    for w in words {
        if after_struct && w == tags.0.as_bytes() {
            edits.push(Edit::new(path, place(w) as u32, (place(w) + w.len()) as u32, tags.1));
        } else if !edits.is_empty() && w == name.0.as_bytes() {
            edits.push(Edit::new(path, place(w) as u32, (place(w) + w.len()) as u32, name.1));
        }
        after_struct = w == b"struct";
    }
    if edits.is_empty() { Err(format!("a declaration whose parameter {n} is no struct {}", tags.0)) } else { Ok(edits) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;

    fn check(text: &str, name: &str, want: &str) {
        let at = text.find(name).expect("the name") as u32 + name.find('p').unwrap_or(0) as u32;
        let got = declaration("a.c", text.as_bytes(), Span::new(at, at + 1), "proc", "vmspace", "vm");
        let got = got.map(|e| String::from_utf8_lossy(&apply(text.as_bytes(), e.iter())).into_owned());
        assert_eq!(got.unwrap_or_else(|e| e), want);
    }

    #[test]
    fn declarations_keep_their_style() {
        check("\tstruct proc *p = NULL;\n", "*p", "\tstruct vmspace *vm = NULL;\n");
        check("f(struct proc *p, int a)\n", "*p", "f(struct vmspace *vm, int a)\n");
        check("\tstruct\tproc *p;\n", "*p", "\tstruct\tvmspace *vm;\n");
        check("{\n\tstruct proc *q, *p = 0;\n", "*p", "{\n\tstruct vmspace *vm = 0;\n\tstruct proc *q;\n");
        check("{\n\tstruct proc *p, *q;\n", "*p", "{\n\tstruct vmspace *vm;\n\tstruct proc *q;\n");
        check("\tproc_t p;\n", " p", "its declaration is not of the form struct proc *name");
    }

    #[test]
    fn prototypes_keep_theirs() {
        let check = |text: &str, n: usize, want: &str| {
            let got = prototype("a.h", text.as_bytes(), 1, n, ("proc", "vmspace"), ("p", "vm"));
            let got = got.map(|e| String::from_utf8_lossy(&apply(text.as_bytes(), e.iter())).into_owned());
            assert_eq!(got.unwrap_or_else(|e| e), want);
        };
        check("f __P((int, struct proc *, int));", 1, "f __P((int, struct vmspace *, int));");
        check("f(int (*g)(int, int), struct proc *p);", 1, "f(int (*g)(int, int), struct vmspace *vm);");
        check("f();", 1, "f();");
        check("f __P(());", 1, "f __P(());");
        check("f(int, void *);", 1, "a declaration whose parameter 1 is no struct proc");
    }
}
