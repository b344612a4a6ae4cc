//! Where a machine's compiler finds structs, typedefs and macros.

use super::read::{Cursor, Reader};
use super::tokens::{Seen, Word, active, machine_names, words};
use super::value::close_of;
use crate::c::declared::macro_at;
use crate::c::lex::Tok;
use crate::c::pp::Unit;
use crate::decls::lookup::Lookup;
use crate::shapes::Kind as Name;
use crate::shapes::Macro;
use crate::text::SourceFile;
use std::rc::Rc;

/// Which directories, and which macros without their underscores, are a machine's own. The last line is machines of which nothing
/// else is known.
pub(super) const MACHINES: &[(&str, &[&str])] = &[
    ("i386", &["i386", "x86"]),
    ("amd64", &["amd64", "x86_64", "x86"]),
    ("sparc64", &["sparc64", "sparc"]),
    ("powerpc", &["powerpc", "ppc", "macppc"]),
    ("m68k", &["m68k"]),
    ("arm", &["arm", "arm32", "arm26"]),
    ("earm", &["arm", "ARM_EABI"]),
    ("mipseb", &["mips", "MIPSEB"]),
    ("mipsel", &["mips", "MIPSEL"]),
    (
        "",
        &["aarch64", "alpha", "arm64", "hppa", "ia64", "m88k", "ns32k", "or1k", "pc532", "riscv", "sh3", "sh5", "vax"],
    ),
];

/// Words that one declaration may have after its macros are expanded.
const MOST_WORDS: usize = 1 << 16;

/// The struct or typedef that a file declares: the file and where the name stands.
pub(super) fn declared<'t>(lookup: &Lookup<'t>, path: &str, name: &str) -> Option<(&'t SourceFile, usize)> {
    let file = lookup.tree().file(path)?;
    let all = words(&file.bytes);
    let places = tag_places(&all).into_iter().filter(|i| all[*i].text == name).map(|i| &all[i]);
    let typedef = typedef_place(&all, name).map(|i| &all[i]);
    // Words of a text by itself do not say where they stand.
    places.chain(typedef).next()?;
    memchr::memmem::find_iter(&file.bytes, name.as_bytes())
        .find(|at| crate::text::is_word(&file.bytes, *at, name.len()) && declares(&file.bytes, *at, name.len()))
        .map(|at| (file, at))
}

/// Whether the name at `at` is followed by a body or ends a typedef.
fn declares(text: &[u8], at: usize, len: usize) -> bool {
    let after = crate::text::blanks(text, at + len);
    matches!(text.get(after), Some(b'{' | b';' | b','))
}

/// Tags of the structs that a file declares.
pub(super) fn tags(lookup: &Lookup<'_>, path: &str) -> Vec<String> {
    let Some(file) = lookup.tree().file(path) else { return Vec::new() };
    let all = words(&file.bytes);
    let mut tags: Vec<String> = tag_places(&all).into_iter().map(|i| all[i].text.clone()).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// Where the tags of structs with a body stand.
pub(super) fn tag_places(all: &[Word]) -> Vec<usize> {
    let is_head = |i: &usize| matches!(all[*i].kind, Tok::Struct | Tok::Union);
    let tag_of = |i: usize| {
        let open = (i + 1..all.len()).find(|j| !matches!(all[*j].kind, Tok::Ident | Tok::Attribute))?;
        (all[open].kind == Tok::LBrace && all[open - 1].kind == Tok::Ident).then_some(open - 1)
    };
    (0..all.len()).filter(is_head).filter_map(tag_of).collect()
}

/// Where a typedef declares the name.
pub(super) fn typedef_place(all: &[Word], name: &str) -> Option<usize> {
    let mut inside = false;
    let mut depth = 0usize;
    for (i, word) in all.iter().enumerate() {
        match word.kind {
            Tok::Typedef => (inside, depth) = (true, 0),
            Tok::LBrace => depth += 1,
            Tok::RBrace => depth = depth.saturating_sub(1),
            Tok::Semi if depth == 0 => inside = false,
            Tok::Ident if inside && depth == 0 && word.text == name => {
                let after = all.get(i + 1).map_or(Tok::End, |w| w.kind);
                if matches!(after, Tok::Semi | Tok::Comma | Tok::LBracket | Tok::RParen) {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

impl<'t> Reader<'_, 't> {
    /// What this machine's compiler sees of a file; if `lenient`, with every option set of which nothing is known.
    pub(super) fn seen(&mut self, path: &str, lenient: bool) -> Rc<Seen> {
        let key = (path.to_owned(), lenient);
        if let Some(known) = self.files.get(&key) {
            return known.clone();
        }
        let bytes = self.lookup.tree().file(path).map_or(&[][..], |f| &f.bytes);
        let seen = Rc::new(active(bytes, self.machine, lenient));
        self.files.insert(key, seen.clone());
        seen
    }

    /// The files in which a name may be declared, that of the asker first; each as it is, then with every option set: a nearer
    /// declaration that hangs on an option is likelier than a farther one that does not.
    pub(super) fn candidates(&self, kind: Name, name: &str, from: &str) -> Vec<(String, bool)> {
        let mut files = vec![from.to_owned()];
        files.extend(self.files_for(kind, name, from).into_iter().map(|(file, _)| file.path.clone()));
        files.dedup();
        files.into_iter().flat_map(|f| [(f.clone(), false), (f, true)]).collect()
    }

    /// Notes what had to be assumed inside a declaration.
    pub(super) fn note(&mut self, seen: &Seen, from: usize, to: usize, lenient: bool) {
        let holds = if lenient { "holds" } else { "does not hold" };
        self.assumed.extend(seen.unknown(from, to).map(|atom| format!("`{atom}` {holds}")));
    }

    /// Files in which a name may be declared for this machine, the likeliest first.
    pub(super) fn files_for(&self, kind: Name, name: &str, from: &str) -> Vec<(&'t SourceFile, usize)> {
        let mine = machine_names(self.machine);
        let rank = |path: &str| {
            let mut dirs = path.split('/').rev().skip(1);
            let own = dirs.clone().find_map(|d| mine.iter().position(|m| *m == d));
            let foreign = |d: &str| MACHINES.iter().any(|(_, names)| names.contains(&d));
            match own {
                Some(i) => Some(i),
                // Ports of this machine's family are as good as any other; another family's are not.
                None if dirs.any(foreign) => None,
                None => Some(mine.len()),
            }
        };
        let mut places: Vec<(usize, &'t SourceFile, usize)> = self
            .lookup
            .places(kind, name, from)
            .into_iter()
            .filter_map(|(file, at)| Some((rank(&file.path)?, file, at)))
            .collect();
        // What is declared for the machine comes before what is for all of them; nearness decides between the rest.
        places.sort_by_key(|(rank, ..)| *rank);
        places.into_iter().map(|(_, file, at)| (file, at)).collect()
    }

    /// The macro of a name as this machine sees it.
    pub(super) fn makro(&mut self, name: &str, from: &str) -> Option<Rc<Macro>> {
        if let Some(known) = self.macros.get(name) {
            return known.clone();
        }
        let own = self.lookup.makro_here(name, from).into_iter();
        let others = self.files_for(Name::Macro, name, from);
        let found = own
            .chain(others.into_iter().filter_map(|(file, at)| macro_at(file, at, name.len())))
            .find(|m| self.is_seen(m))
            .map(Rc::new);
        self.macros.insert(name.to_owned(), found.clone());
        found
    }

    fn is_seen(&self, m: &Macro) -> bool {
        let Some(file) = self.lookup.tree().file(&m.path) else { return false };
        let unit = Unit::new(&file.bytes);
        let Some(d) = unit.directive_at(m.body.start.saturating_sub(1)) else { return true };
        // Whether it is taken says nothing about the struct itself: nothing is noted as assumed.
        super::tokens::presence_holds(&unit, d.first, self.machine)
    }

    /// Replaces macros, and macros in those.
    pub(super) fn expanded(&mut self, list: &[Word], from: &str, depth: u32) -> Result<Vec<Word>, String> {
        let mut cursor = Cursor { words: list.to_vec(), pos: 0 };
        let mut steps = 0;
        while cursor.pos < cursor.words.len() {
            if cursor.kind() == Tok::Ident && self.expand(&mut cursor, from)? {
                steps += 1;
                if steps + depth as usize > 256 {
                    return Err("macros without an end".to_owned());
                }
                continue;
            }
            cursor.pos += 1;
        }
        Ok(cursor.words)
    }

    /// Replaces the name here if it is a macro's; then what it stands for begins here.
    pub(super) fn expand(&mut self, cursor: &mut Cursor, from: &str) -> Result<bool, String> {
        let name = cursor.text().to_owned();
        let Some(m) = self.makro(&name, from) else { return Ok(false) };
        let Some(file) = self.lookup.tree().file(&m.path) else { return Ok(false) };
        let mut body = words(m.body.of(&file.bytes));
        let mut end = cursor.pos + 1;
        if let Some(params) = &m.params {
            if cursor.kind_at(1) != Tok::LParen {
                return Ok(false);
            }
            let close = close_of(&cursor.words, end).ok_or_else(|| format!("{name}( without its end"))?;
            let arguments = split(&cursor.words[end + 1..close]);
            end = close + 1;
            let params: Vec<String> =
                params.iter().map(|p| String::from_utf8_lossy(p.of(&file.bytes)).into_owned()).collect();
            let mut filled = Vec::new();
            for word in body {
                match params.iter().position(|p| word.kind == Tok::Ident && *p == word.text) {
                    Some(i) => filled.extend(arguments.get(i).cloned().unwrap_or_default()),
                    None => filled.push(word),
                }
                if filled.len() > MOST_WORDS {
                    return Err(format!("{name} expands to too much"));
                }
            }
            body = filled;
        }
        if body.iter().any(|w| w.kind == Tok::Ident && w.text == name) {
            // A macro does not stand for itself.
            return Ok(false);
        }
        if cursor.words.len() + body.len() > MOST_WORDS {
            return Err(format!("{name} expands to too much"));
        }
        cursor.words.splice(cursor.pos..end, body);
        Ok(true)
    }
}

/// What a macro was called with.
fn split(list: &[Word]) -> Vec<Vec<Word>> {
    let mut out = vec![Vec::new()];
    let mut depth = 0usize;
    for word in list {
        match word.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.saturating_sub(1),
            Tok::Comma if depth == 0 => {
                out.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(word.clone());
        }
    }
    out
}
