//! Where functions are defined: one fast pass over the text of all files, and parsing on demand.
//!
//! Kernel style puts a definition's first line, or its name, in the first column; that is what the pass looks for. What it
//! finds is only a place: whoever asks parses it and sees.

use crate::c::items::{self, Range};
use crate::c::parse;
use crate::c::pp::Unit;
use crate::c::variant::{Cover, variants};
use crate::decls::lookup::is_word;
use crate::language::{is_c, is_rust};
use crate::rust;
use crate::text::Cond;
use crate::text::{SourceFile, SourceTree};
use crate::tree::Ast;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::hash::Hasher;
use std::sync::OnceLock;

/// A place where a function of some name seems to be defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index of the file.
    pub file: u32,
    /// Byte offset of the name.
    pub at: u32,
}

/// A file's tokens and items, made when they are first asked for.
#[derive(Debug)]
pub struct Parsed<'t> {
    /// Tokens and conditionals.
    pub unit: Unit<'t>,
    /// Items.
    pub items: Vec<Range>,
}

/// Definitions of a tree.
pub struct Functions<'t> {
    tree: &'t SourceTree,
    /// Sorted by hash of the name.
    entries: Vec<(u64, Place)>,
    parsed: Vec<OnceLock<Parsed<'t>>>,
    paths: FxHashMap<&'t str, u32>,
    /// `.c` files by their names without directories.
    included: FxHashMap<&'t str, Vec<u32>>,
    rust: Vec<OnceLock<rust::Unit<'t>>>,
}

fn hash(name: &[u8]) -> u64 {
    let mut h = rustc_hash::FxHasher::default();
    h.write(name);
    h.finish()
}

fn ident(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

impl<'t> Functions<'t> {
    /// Looks through all C and Rust files.
    pub fn new(tree: &'t SourceTree) -> Functions<'t> {
        let mut entries: Vec<(u64, Place)> = tree
            .files
            .par_iter()
            .enumerate()
            .filter(|(_, f)| is_c(&f.path) || is_rust(&f.path))
            .flat_map_iter(|(i, f)| {
                let mut found = Vec::new();
                let found_at =
                    |at: usize, name: &[u8]| found.push((hash(name), Place { file: i as u32, at: at as u32 }));
                if is_rust(&f.path) {
                    scan_rust(&f.bytes, found_at)
                } else {
                    scan(&f.bytes, found_at)
                }
                found
            })
            .collect();
        entries.par_sort_unstable();
        let paths = tree.files.iter().enumerate().map(|(i, f)| (f.path.as_str(), i as u32)).collect();
        let mut included: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        for (i, f) in tree.files.iter().enumerate().filter(|(_, f)| f.path.ends_with(".c")) {
            included.entry(f.path.rsplit('/').next().unwrap_or(&f.path)).or_default().push(i as u32);
        }
        let parsed = tree.files.iter().map(|_| OnceLock::new()).collect();
        let rust = tree.files.iter().map(|_| OnceLock::new()).collect();
        Functions { tree, entries, parsed, rust, paths, included }
    }

    /// A file's tokens and items.
    pub fn parsed(&self, file: u32) -> &Parsed<'t> {
        self.parsed[file as usize].get_or_init(|| {
            let unit = Unit::new(&self.tree.files[file as usize].bytes);
            let items = items::cut(&unit);
            Parsed { unit, items }
        })
    }

    fn rust(&self, file: u32) -> &rust::Unit<'t> {
        self.rust[file as usize].get_or_init(|| rust::Unit::new(&self.tree.files[file as usize].bytes))
    }

    /// What must be configured for a place to be there.
    pub fn presence(&self, path: &str, at: u32) -> Cond {
        match self.paths.get(path) {
            Some(&file) if is_rust(path) => self.rust(file).presence(at),
            Some(&file) if is_c(path) => {
                let unit = &self.parsed(file).unit;
                unit.presence(unit.token_at(at))
            }
            _ => Cond::Const(true),
        }
    }

    /// Index of a file.
    pub fn index_of(&self, path: &str) -> Option<u32> {
        self.paths.get(path).copied()
    }

    /// A number for the item at a byte offset, its own in the file.
    pub fn item_at(&self, file: u32, at: u32) -> Option<u32> {
        if is_rust(&self.tree.files[file as usize].path) {
            let unit = self.rust(file);
            return unit.item_at(at).map(|i| unit.span(i).start);
        }
        let parsed = self.parsed(file);
        let token = parsed.unit.token_at(at);
        let i = parsed.items.partition_point(|r| r.1 <= token);
        parsed.items.get(i).filter(|r| r.0 <= token).map(|_| i as u32)
    }

    /// All variants of the item at a byte offset, each as a tree.
    pub fn trees(&self, file: u32, at: u32, mut f: impl FnMut(&[u8], &Ast)) {
        let source = &self.tree.files[file as usize];
        if is_rust(&source.path) {
            let unit = self.rust(file);
            if let Some(item) = unit.item_at(at) {
                unit.trees(item, |ast| f(&source.bytes, ast));
            }
            return;
        }
        let parsed = self.parsed(file);
        let Some(i) = self.item_at(file, at) else { return };
        let item = &parsed.items[i as usize];
        for stream in variants(&parsed.unit, *item, Cover::All).streams {
            let mut ast = Ast::default();
            parse::parse(parsed.unit.source, &stream, &mut ast);
            f(parsed.unit.source, &ast);
        }
    }

    /// Whether what is defined there is known in its file only.
    pub fn is_private(&self, place: Place) -> bool {
        is_static(&self.file(place).bytes, place.at as usize)
    }

    /// The file of a place.
    pub fn file(&self, place: Place) -> &'t SourceFile {
        &self.tree.files[place.file as usize]
    }

    /// All definitions of a name, each port's and each file's own.
    pub fn all(&self, name: &str) -> Vec<Place> {
        let wanted = hash(name.as_bytes());
        let start = self.entries.partition_point(|e| e.0 < wanted);
        let all = self.entries[start..].iter().take_while(|e| e.0 == wanted).map(|e| e.1);
        all.filter(|p| self.is_defined(*p, name)).collect()
    }

    fn is_defined(&self, place: Place, name: &str) -> bool {
        let f = self.file(place);
        let defines = if is_rust(&f.path) { is_rust_definition } else { is_definition };
        defines(&f.bytes, place.at as usize, name)
    }

    /// The definitions that a use of the name in `from` means: the file's own, then those that share the most of its
    /// path. Several are several ports' or drivers' versions of one function.
    pub fn definitions(&self, name: &str, from: &str) -> Vec<Place> {
        let defined = self.all(name);
        let own: Vec<Place> = defined.iter().copied().filter(|p| self.file(*p).path == from).collect();
        if !own.is_empty() {
            return own;
        }
        // Another file's static function is not meant; a header's is.
        let visible = |p: &Place| {
            let f = self.file(*p);
            if is_rust(&f.path) {
                // C sees only what is made for it.
                return is_rust(from) || is_extern(&f.bytes, p.at as usize);
            }
            f.path.ends_with(".h") || !is_static(&f.bytes, p.at as usize)
        };
        let visible: Vec<Place> = defined.into_iter().filter(visible).collect();
        let near = |p: &Place| common(from, &self.file(*p).path);
        let best = visible.iter().map(near).max().unwrap_or(0);
        let mut nearest: Vec<Place> = visible.iter().copied().filter(|p| near(p) == best).collect();
        // Machine-independent code means the machine-independent function, where there is one.
        let is_port =
            |p: &&Place| self.file(**p).path.split('/').any(|d| d == "arch" || d == "platform" || d == "stand");
        if nearest.iter().any(|p| !is_port(&p)) {
            nearest.retain(|p| !is_port(&p));
        }
        nearest
    }

    /// The definitions of a function that a table in `from` registers. A file that is included may define it by another
    /// name: `#define READ ffs_read`.
    pub fn implementations(&self, name: &str, from: &str) -> Vec<Place> {
        let direct = self.definitions(name, from);
        let Some(table) = self.tree.file(from).filter(|_| direct.is_empty()) else { return direct };
        let mut found = Vec::new();
        for include in included(&table.bytes) {
            for file in self.included.get(include.as_str()).into_iter().flatten().map(|f| &self.tree.files[*f as usize])
            {
                for alias in aliases(&table.bytes, name).chain(aliases(&file.bytes, name)) {
                    found.extend(self.definitions(&alias, &file.path));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Macros that stand for a function's name: `#define READ ffs_read`.
fn aliases<'a>(text: &'a [u8], name: &'a str) -> impl Iterator<Item = String> + 'a {
    memchr::memmem::find_iter(text, name.as_bytes()).filter_map(move |at| {
        let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
        let mut words = text[line..at].split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
        let is_alias = is_word(text, at, name.len()) && words.next() == Some(b"#define");
        let alias = words.next().filter(|_| is_alias && words.next().is_none())?;
        Some(String::from_utf8_lossy(alias).into_owned())
    })
}

/// Names of `.c` files that a text includes, without their directories.
fn included(text: &[u8]) -> Vec<String> {
    let names = memchr::memmem::find_iter(text, b"#include").filter_map(|at| {
        let line = text[at..].split(|b| *b == b'\n').next()?;
        let name = line.split(|b| matches!(b, b'"' | b'<' | b'>')).nth(1)?;
        let name = name.rsplit(|b| *b == b'/').next()?;
        name.ends_with(b".c").then(|| String::from_utf8_lossy(name).into_owned())
    });
    names.collect()
}

/// How many directories two paths have in common.
fn common(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}

/// Calls `found` with the offset and text of each name before a `(` in a line that starts in the first column.
fn scan<'a>(text: &'a [u8], mut found: impl FnMut(usize, &'a [u8])) {
    let mut line = 0;
    while line < text.len() {
        let end = memchr::memchr(b'\n', &text[line..]).map_or(text.len(), |n| line + n);
        let first = text[line];
        if first.is_ascii_alphabetic() || first == b'_' {
            let body = &text[line..end];
            let mut from = 0;
            // Of `ATTR(x) int f(a)` and `__C(X,_f)(a)` each name is a candidate; the parser decides.
            while let Some(open) = memchr::memchr(b'(', &body[from..]).map(|n| from + n) {
                let stop = body[..open].trim_ascii_end().len();
                let start = stop - body[..stop].iter().rev().take_while(|b| ident(**b)).count();
                if start < stop && !body[start].is_ascii_digit() && !body.trim_ascii_end().ends_with(b";") {
                    found(line + start, &body[start..stop]);
                }
                from = open + 1;
            }
        }
        line = end + 1;
    }
}

/// Calls `found` with the offset and text of each name after `fn`.
fn scan_rust<'a>(text: &'a [u8], mut found: impl FnMut(usize, &'a [u8])) {
    for at in memchr::memmem::find_iter(text, b"fn").filter(|at| is_word(text, *at, 2)) {
        let start = crate::decls::index::blanks(text, at + 2);
        let end = crate::decls::index::word_end(text, start);
        if start > at + 2 && end > start {
            found(start, &text[start..end]);
        }
    }
}

/// Whether a brace follows the head of a Rust function sooner than a `;`.
fn is_rust_definition(text: &[u8], at: usize, name: &str) -> bool {
    let mut depth = 0usize;
    let head = text[at..].iter().take(4096).find(|b| {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(b, b'{' | b';')
    });
    text[at..].starts_with(name.as_bytes()) && is_word(text, at, name.len()) && head == Some(&b'{')
}

/// Whether the words before a Rust function's name make it one that C can call.
fn is_extern(text: &[u8], at: usize) -> bool {
    let head = &text[at.saturating_sub(160)..at];
    let start = head.iter().rposition(|b| matches!(b, b';' | b'}' | b'{')).map_or(0, |n| n + 1);
    memchr::memmem::find(&head[start..], b"extern").is_some()
}

/// Whether what follows the name's brackets may be the rest of a definition.
fn is_definition(text: &[u8], at: usize, name: &str) -> bool {
    if !text[at..].starts_with(name.as_bytes()) || !is_word(text, at, name.len()) {
        return false;
    }
    let mut depth = 0usize;
    for (i, b) in text[at..].iter().enumerate().take(4096) {
        match b {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let rest = text[at + i + 1..].trim_ascii_start();
                    // A body, a K&R parameter's type, an attribute, a comment, a conditional.
                    return rest.first().is_some_and(|b| matches!(b, b'{' | b'/' | b'#') || ident(*b));
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether the declaration's words before the name say `static`.
fn is_static(text: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(160);
    let head = &text[from..at];
    let start = head.iter().rposition(|b| matches!(b, b';' | b'}' | b'/' | b'"' | b'#')).map_or(0, |n| n + 1);
    memchr::memmem::find_iter(&head[start..], b"static").any(|i| is_word(&head[start..], i, 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], name: &str, from: &str, want: &[&str]) {
        let tree =
            SourceTree::from_memory("t", files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect());
        let functions = Functions::new(&tree);
        let got: Vec<&str> =
            functions.definitions(name, from).iter().map(|p| functions.file(*p).path.as_str()).collect();
        assert_eq!(got, want, "{name} from {from}");
    }

    #[test]
    fn rust_and_c_call_each_other() {
        let files = [
            ("kern/k.c", "int f(int a)\n{ }\nstatic int s(void)\n{ }\n"),
            ("rust/b.rs", "extern \"C\" { fn f(a: i32); }\nfn own(x: [u8; 2]) {}\n"),
            ("rust/c.rs", "impl S {\n    pub fn m<T>(&self) -> T {}\n}\npub extern \"C\" fn e(x: i32) {}\n"),
        ];
        check(&files, "f", "rust/b.rs", &["kern/k.c"]);
        check(&files, "s", "rust/b.rs", &[]);
        check(&files, "e", "kern/k.c", &["rust/c.rs"]);
        check(&files, "own", "kern/k.c", &[]);
        check(&files, "m", "rust/b.rs", &["rust/c.rs"]);
    }

    #[test]
    fn the_nearest_definition_is_meant() {
        let files = [
            ("arch/a/m.c", "int\nf(a)\n\tint a;\n{ }\nint g(int x) { }\n"),
            ("arch/b/m.c", "int f(int a)\n{ }\n"),
            ("kern/k.c", "int f(int a);\nstatic int\nh(void)\n{ }\nint g(int x)\n{ }\n"),
            ("kern/l.c", "int h(void)\n{ }\n"),
        ];
        check(&files, "f", "arch/a/x.c", &["arch/a/m.c"]);
        check(&files, "f", "kern/x.c", &["arch/a/m.c", "arch/b/m.c"]);
        check(&files, "g", "dev/x.c", &["kern/k.c"]);
        check(&files, "h", "kern/x.c", &["kern/l.c"]);
        check(&files, "h", "kern/k.c", &["kern/k.c"]);
        check(&files, "none", "kern/k.c", &[]);
    }
}
