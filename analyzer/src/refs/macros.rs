//! Macros that hide a take, a drop, or a way out of the function: where they are used, the function is read with them expanded.

use super::names::Names;
use super::rules::Rules;
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use uioscope_source::c::File;
use uioscope_source::c::lex::Tok;
use uioscope_source::decls::expand::Expander;
use uioscope_source::decls::expanded::{Expanded, expanded};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::language;
use uioscope_source::text::{SourceFile, SourceTree, blanks, is_continued, word_end};

/// How deep macros may hide in each other.
const ROUNDS: usize = 3;

/// What is needed to read macros.
pub(super) struct Macros<'t> {
    /// Declarations of the tree.
    pub lookup: Lookup<'t>,
    /// Names of macros that take or drop.
    pub acting: FxHashSet<String>,
    /// Names of macros with `return` or `goto` in them.
    leaving: FxHashSet<String>,
    /// Names whose meaning is known: they stay as they are.
    known: Vec<String>,
}

/// A macro's name, and the words of its text.
struct Define<'t> {
    name: &'t [u8],
    body: &'t [u8],
}

impl<'t> Macros<'t> {
    pub fn new(tree: &'t SourceTree, rules: &Rules, names: &Names) -> Macros<'t> {
        let defines: Vec<Define<'t>> = tree
            .files
            .par_iter()
            .filter(|f| language::is_preprocessed(&f.path))
            .flat_map_iter(|f| defines(&f.bytes))
            .collect();
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let is_own = |d: &&Define<'_>| !rules.is_named(&text(d.name)) && !rules.common.is_named(&text(d.name));
        let acts = |d: &&Define<'_>| is_own(d) && names.is_match(d.body);
        let leaves = |d: &&Define<'_>| is_own(d) && words(d.body).any(|w| w == b"return" || w == b"goto");
        let mut acting: FxHashSet<String> = defines.iter().filter(acts).map(|d| text(d.name)).collect();
        let mut leaving: FxHashSet<String> = defines.iter().filter(leaves).map(|d| text(d.name)).collect();
        for _ in 0..ROUNDS {
            for set in [&mut acting, &mut leaving] {
                let holds = |w: &[u8]| std::str::from_utf8(w).is_ok_and(|w| set.contains(w));
                let more: Vec<String> =
                    defines.iter().filter(|d| is_own(d) && words(d.body).any(holds)).map(|d| text(d.name)).collect();
                set.extend(more);
            }
        }
        Macros { lookup: Lookup::new(tree), acting, leaving, known: rules.known() }
    }

    /// An item with those macros expanded; nothing where there are none.
    pub fn expand(
        &self,
        file: &File<'_>,
        range: (u32, u32),
        source: &'t SourceFile,
        functions: &Functions<'t>,
    ) -> Option<Expanded> {
        let tokens = file.unit.lexed.tokens.get(range.0 as usize..range.1 as usize)?;
        let is_one = |name: &[u8]| {
            std::str::from_utf8(name).is_ok_and(|name| self.acting.contains(name) || self.leaving.contains(name))
        };
        let places: Vec<u32> = tokens
            .iter()
            .filter(|t| t.kind == Tok::Ident && is_one(t.span.of(file.unit.source)))
            .map(|t| t.span.start)
            .collect();
        if places.is_empty() {
            return None;
        }
        let mut expander = Expander::new(&self.lookup, Some(functions), source);
        self.known.iter().for_each(|name| expander.keep(name));
        expanded(&mut expander, file, range, &places)
    }
}

/// All macros of a text that call something or leave.
fn defines(text: &[u8]) -> Vec<Define<'_>> {
    let mut found = Vec::new();
    for at in memmem::find_iter(text, b"define") {
        let name = blanks(text, at + 6);
        let end = word_end(text, name);
        if end == name || !text[..at].trim_ascii_end().ends_with(b"#") {
            continue;
        }
        let mut stop = end;
        while let Some(n) = memchr::memchr(b'\n', &text[stop..]) {
            stop += n + 1;
            if !is_continued(&text[..stop - 1]) {
                break;
            }
        }
        found.push(Define { name: &text[name..end], body: &text[end..stop.max(end)] });
    }
    found
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| !b.is_ascii_alphanumeric() && *b != b'_').filter(|w| !w.is_empty())
}
