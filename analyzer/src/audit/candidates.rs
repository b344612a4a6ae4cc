//! Places worth parsing although the field's name does not stand there: copies and initialisers of the whole struct, and
//! uses of macros. They are found in the text, so that only those functions are parsed.

use crate::audit::site::Scan;
use crate::finding::Access;
use crate::flow::local::macros::Text;
use crate::flow::target::{Alias, Inside, Target};
use crate::packs::Pack;
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use uioscope_source::c::declared::{before_blanks, brace_end, defining_macro, macro_at, skip_blank};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::shapes::Macro;
use uioscope_source::text::{SourceFile, SourceTree, is_word, word_end};

/// Typedef names of `struct of` itself (not of pointers to it), and those of such names.
pub fn typedefs(tree: &SourceTree, of: &str) -> BTreeSet<String> {
    let finder = memmem::Finder::new(of);
    let names = |f: &SourceFile| {
        let mut names = Vec::new();
        finder.find_iter(&f.bytes).for_each(|at| names_for(&f.bytes, at, of, true, &mut names));
        names
    };
    let mut known: BTreeSet<String> = tree.files.par_iter().flat_map_iter(names).collect();
    let mut fresh: Vec<String> = known.iter().cloned().collect();
    if fresh.is_empty() {
        return known;
    }
    // A chain may be long: what every typedef is of is found in one pass, and not once for each link.
    let bases = bases(tree);
    while let Some(name) = fresh.pop() {
        let mut names = Vec::new();
        for (file, at) in bases.get(name.as_bytes()).into_iter().flatten() {
            names_for(&tree.files[*file].bytes, *at, &name, false, &mut names);
        }
        fresh.extend(names.into_iter().filter(|n| known.insert(n.clone())));
    }
    known
}

/// The names right behind each `typedef`, with their files and places.
fn bases(tree: &SourceTree) -> FxHashMap<&[u8], Vec<(usize, usize)>> {
    let finder = memmem::Finder::new(b"typedef");
    let in_one = |(i, f): (usize, &'_ SourceFile)| {
        let mut found = Vec::new();
        for at in finder.find_iter(&f.bytes) {
            let mut next = skip_blank(&f.bytes, at + b"typedef".len());
            while matches!(&f.bytes[next..word_end(&f.bytes, next)], b"const" | b"volatile") {
                next = skip_blank(&f.bytes, word_end(&f.bytes, next));
            }
            found.push((i, next));
        }
        found
    };
    let all: Vec<(usize, usize)> = tree.files.par_iter().enumerate().flat_map_iter(in_one).collect();
    let mut bases: FxHashMap<&[u8], Vec<(usize, usize)>> = FxHashMap::default();
    for (i, at) in all {
        let text = &tree.files[i].bytes;
        bases.entry(&text[at..word_end(text, at)]).or_default().push((i, at));
    }
    bases
}

/// The names that a typedef gives to the type whose name stands at `at`.
fn names_for(text: &[u8], at: usize, name: &str, is_tag: bool, names: &mut Vec<String>) {
    if !is_word(text, at, name.len()) {
        return;
    }
    let qualifier = |word: &[u8]| matches!(word, b"const" | b"volatile" | b"__const");
    let mut head = before_blanks(&text[..at]);
    if is_tag {
        let Some(before) = head.strip_suffix(b"struct") else { return };
        head = before_blanks(before);
    }
    while let Some(before) = [&b"const"[..], b"volatile"].iter().find_map(|q| head.strip_suffix(*q)) {
        head = before_blanks(before);
    }
    if !head.ends_with(b"typedef") {
        return;
    }
    let mut next = skip_blank(text, at + name.len());
    if text.get(next) == Some(&b'{') {
        next = skip_blank(text, brace_end(text, next));
    }
    loop {
        let end = word_end(text, next);
        let word = &text[next..end];
        if qualifier(word) {
            next = skip_blank(text, end);
            continue;
        }
        // A pointer or an array is no name of the struct itself; what comes after it may be one again.
        let after = skip_blank(text, end);
        if end > next && matches!(text.get(after), Some(b',' | b';')) {
            names.push(String::from_utf8_lossy(word).into_owned());
        }
        // What stands in brackets is a function's business.
        match text[next..].iter().position(|b| matches!(b, b',' | b';' | b'(')).map(|n| next + n) {
            Some(stop) if text[stop] == b',' => next = skip_blank(text, stop + 1),
            _ => return,
        }
    }
}

/// What a macro's text does with the field; `None` when it does nothing with it.
pub fn alias(lookup: &Lookup<'_>, pack: &Pack, target: &Target, m: Macro) -> Option<Alias> {
    let file = lookup.tree().file(&m.path)?;
    // What stands in it hangs on the arguments: it is read where it is used.
    memmem::find(m.body.of(&file.bytes), b"__VA_OPT__").is_none().then_some(())?;
    let text = Text::new(&file.bytes, &m);
    let body = text.body(&file.bytes);
    let types = Types { lookup, path: &m.path };
    let sites =
        Scan { body: &body, target, pack, types, in_macro: true, source_path: &m.path, functions: None }.sites();
    if sites.is_empty() {
        // `#define PROC uio_procp`: a member by another name.
        let text = String::from_utf8_lossy(m.body.of(&file.bytes));
        let is_name = m.params.is_none() && text.trim() == target.field;
        return is_name.then(|| Alias { definition: m, is_value: true, inside: Vec::new() });
    }
    let is_value = sites.iter().any(|s| s.is_macro_value);
    let inside = sites
        .into_iter()
        .filter(|s| matches!(s.access, Access::Load | Access::Store) && s.known != crate::audit::site::Known::Other)
        .map(|s| Inside { access: s.access, outcome: s.outcome, space: s.space, decided: s.decided, by: s.alias })
        .collect();
    Some(Alias { definition: m, is_value, inside })
}

/// Names of macros whose text may paste a field's name together: `uio_##f`, `x->a##b`.
pub fn pasting(tree: &SourceTree, field: &str) -> BTreeSet<String> {
    let finder = memmem::Finder::new(b"##");
    let names = |f: &SourceFile| {
        let mut names = BTreeSet::new();
        for at in finder.find_iter(&f.bytes) {
            let Some((start, len)) = defining_macro(f, at) else { continue };
            let Some(m) = macro_at(f, start, len).filter(|m| m.body.holds(at as u32)) else { continue };
            if may_paste(m.body.of(&f.bytes), at - m.body.start as usize, &m, f, field.as_bytes()) {
                names.insert(m.name);
            }
        }
        names
    };
    tree.files.par_iter().filter(|f| is_preprocessed(&f.path)).flat_map_iter(names).collect()
}

/// Whether the words around a `##` can make the field's name: their own letters begin or end it, or a member stands there.
fn may_paste(body: &[u8], at: usize, m: &Macro, file: &SourceFile, field: &[u8]) -> bool {
    let left = body[..at].trim_ascii_end();
    let start = left.len() - left.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let before = &left[start..];
    let right = body[at + 2..].trim_ascii_start();
    let after = &right[..word_end(right, 0)];
    let is_param = |w: &[u8]| m.params.iter().flatten().any(|p| p.of(&file.bytes) == w);
    let is_member = left[..start].trim_ascii_end().ends_with(b"->") || left[..start].trim_ascii_end().ends_with(b".");
    match (is_param(before), is_param(after)) {
        (false, true) => {
            !before.is_empty() && (field.starts_with(before) || memmem::find(field, before).is_some() && is_member)
        }
        (true, false) => {
            !after.is_empty() && (field.ends_with(after) || memmem::find(field, after).is_some() && is_member)
        }
        (true, true) => is_member,
        (false, false) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typedef_names() {
        let text = "typedef struct uio uio_t;\ntypedef struct uio *uio_p, uio_o;\ntypedef uio_t mine;\n\
                    typedef struct uio { int a; } const uio_d, *uio_q;\ntypedef struct /* x */ uio\n uio_c;\n\
                    typedef struct uio *(*fn_t)(void *, size_t, off_t);\ntypedef struct uiox no_t;\nstruct uio obj;\n";
        let tree = SourceTree::from_memory("t", vec![("a.h".to_owned(), text.as_bytes().to_vec())]);
        let found: Vec<String> = typedefs(&tree, "uio").into_iter().collect();
        assert_eq!(found, ["mine", "uio_c", "uio_d", "uio_o", "uio_t"]);
    }
}
