//! Places worth parsing although the field's name does not stand there: copies and initialisers of the whole struct, and
//! uses of macros. They are found in the text, so that only those functions are parsed.

use crate::audit::site::Scan;
use crate::finding::Access;
use crate::flow::local::macros::Text;
use crate::flow::target::{Alias, Inside, Target};
use crate::packs::Pack;
use memchr::memmem;
use rayon::prelude::*;
use std::collections::BTreeSet;
use uioscope_source::c::declared::{defining_macro, macro_at};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::decls::types::Types;
use uioscope_source::language::is_preprocessed;
use uioscope_source::shapes::Macro;
use uioscope_source::text::{SourceFile, SourceTree, blank_before, blanks, is_word, word_end};

/// Typedef names of `struct of` itself (not of pointers to it).
pub fn typedefs(tree: &SourceTree, of: &str) -> BTreeSet<String> {
    let finder = memmem::Finder::new(of);
    let names = |f: &SourceFile| {
        let text = &f.bytes;
        let mut names = Vec::new();
        for at in finder.find_iter(text).filter(|at| is_word(text, *at, of.len())) {
            let Some(head) = text[..blank_before(text, at)].strip_suffix(b"struct") else { continue };
            let name = blanks(text, at + of.len());
            let end = word_end(text, name);
            if head.trim_ascii_end().ends_with(b"typedef") && end > name {
                names.push(String::from_utf8_lossy(&text[name..end]).into_owned());
            }
        }
        names
    };
    tree.files.par_iter().flat_map_iter(names).collect()
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
