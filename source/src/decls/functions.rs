//! Where functions are defined: one fast pass over the text of all files, and parsing on demand.
//!
//! What the pass finds is only a place: whoever asks parses it and sees.

use crate::language::{self, Cover, Part, Syntax};
use crate::text::{Cond, SourceFile, SourceTree, Span, blanks, is_word, word_end};
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

/// A place, and whether nobody outside of its file can mean it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u64,
    place: Place,
    is_private: bool,
    /// The body's braces; empty where they are not known.
    body: Span,
}

/// What a function's text shows without being parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The function.
    pub place: Place,
    /// From the body's `{` to its `}`.
    pub body: Span,
}

/// Definitions of a tree.
pub struct Functions<'t> {
    tree: &'t SourceTree,
    /// Sorted by hash of the name.
    entries: Vec<Entry>,
    /// Files, taken apart when they are first asked for.
    files: Vec<OnceLock<Box<dyn Syntax<'t> + 't>>>,
    /// Those of each file whose bodies are known, in order.
    extents: OnceLock<Vec<Vec<Extent>>>,
    paths: FxHashMap<&'t str, u32>,
    /// `.c` files by their names without directories.
    included: FxHashMap<&'t str, Vec<u32>>,
}

fn hash(name: &[u8]) -> u64 {
    let mut h = rustc_hash::FxHasher::default();
    h.write(name);
    h.finish()
}

impl<'t> Functions<'t> {
    /// Looks through all files that a front end reads.
    pub fn new(tree: &'t SourceTree) -> Functions<'t> {
        let mut entries: Vec<Entry> = tree
            .files
            .par_iter()
            .enumerate()
            .flat_map_iter(|(i, f)| {
                let mut found = Vec::new();
                if let Some(language) = language::of(&f.path) {
                    let is_header = f.path.ends_with(".h");
                    language.functions(&f.bytes, &mut |d| {
                        let place = Place { file: i as u32, at: d.name.start };
                        // A header's static function is that of whoever includes it.
                        let is_private = d.is_private && !is_header;
                        let body = d.body.unwrap_or_default();
                        found.push(Entry { hash: hash(d.name.of(&f.bytes)), place, is_private, body });
                    });
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
        let files = tree.files.iter().map(|_| OnceLock::new()).collect();
        Functions { tree, entries, files, extents: OnceLock::new(), paths, included }
    }

    /// A file, taken apart.
    pub fn syntax(&self, file: u32) -> &(dyn Syntax<'t> + 't) {
        let of = || {
            let source = &self.tree.files[file as usize];
            language::syntax(&source.path, &source.bytes)
        };
        &**self.files[file as usize].get_or_init(of)
    }

    /// A preprocessed file's tokens and items.
    pub fn preprocessed(&self, file: u32) -> Option<&crate::c::File<'t>> {
        self.syntax(file).preprocessed()
    }

    /// What must be configured for a place to be there.
    pub fn presence(&self, path: &str, at: u32) -> Cond {
        match self.paths.get(path) {
            Some(&file) if language::is_read(path) => self.syntax(file).presence(at),
            _ => Cond::Const(true),
        }
    }

    /// Index of a file.
    pub fn index_of(&self, path: &str) -> Option<u32> {
        self.paths.get(path).copied()
    }

    /// The item at a byte offset.
    pub fn item_at(&self, file: u32, at: u32) -> Option<Part> {
        self.syntax(file).part_at(at)
    }

    /// All variants of the item at a byte offset, each as a tree.
    pub fn trees(&self, file: u32, at: u32, mut f: impl FnMut(&[u8], &Ast)) {
        let syntax = self.syntax(file);
        let Some(part) = syntax.part_at(at) else { return };
        syntax.trees(part, Cover::All, &mut |ast| f(syntax.source(), ast));
    }

    /// The function around a place, where that is known without parsing.
    pub fn extent_at(&self, file: u32, at: u32) -> Option<Extent> {
        let all = self.extents.get_or_init(|| {
            let mut all = vec![Vec::new(); self.tree.files.len()];
            for e in self.entries.iter().filter(|e| e.body != Span::default()) {
                all[e.place.file as usize].push(Extent { place: e.place, body: e.body });
            }
            all.iter_mut().for_each(|list| list.sort_unstable_by_key(|e| e.place.at));
            all
        });
        let list = &all[file as usize];
        let before = list.partition_point(|e| e.place.at <= at);
        list[..before].last().copied().filter(|e| at < e.body.end)
    }

    /// The function that calls `name` at a place, where the text alone shows that it is a plain call. `None` says nothing.
    pub fn plain_caller(&self, file: u32, at: u32, name: &str) -> Option<Place> {
        let extent = self.extent_at(file, at).filter(|e| e.body.holds(at))?;
        let source = &self.tree.files[file as usize];
        let text = &source.bytes[..];
        let is_called = |at: usize| text.get(blanks(text, at + name.len())) == Some(&b'(');
        // A type or a star before it may make it a declaration.
        let before = text[extent.body.start as usize..at as usize].trim_ascii_end();
        let word = before.len() - before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let may_declare = before.last() == Some(&b'*') || !matches!(&before[word..], b"" | b"return" | b"else" | b"do");
        if may_declare || !is_called(at as usize) {
            return None;
        }
        // Another use of the name may say that it is a variable here.
        let own = extent.place.at as usize..extent.body.end as usize;
        let mut uses = memchr::memmem::find_iter(&text[own.clone()], name).map(|n| own.start + n);
        let is_plain = uses.all(|n| !is_word(text, n, name.len()) || n == own.start || is_called(n));
        let is_code = language::of(&source.path)?.is_code(text, extent.body.start, at);
        (is_plain && is_code).then_some(extent.place)
    }

    /// Whether what is defined there is known in its file only.
    pub fn is_private(&self, place: Place) -> bool {
        let name = self.name_at(place);
        self.named(&name).any(|e| e.place == place && e.is_private)
    }

    /// The word at a place.
    pub fn name_at(&self, place: Place) -> String {
        let text = &self.file(place).bytes;
        let at = place.at as usize;
        String::from_utf8_lossy(&text[at..word_end(text, at)]).into_owned()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let wanted = hash(name.as_bytes());
        let start = self.entries.partition_point(|e| e.hash < wanted);
        let name = name.to_owned();
        let is_meant = move |e: &&Entry| {
            let text = &self.file(e.place).bytes;
            let at = e.place.at as usize;
            text[at..].starts_with(name.as_bytes()) && is_word(text, at, name.len())
        };
        self.entries[start..].iter().take_while(move |e| e.hash == wanted).filter(is_meant)
    }

    /// The file of a place.
    pub fn file(&self, place: Place) -> &'t SourceFile {
        &self.tree.files[place.file as usize]
    }

    /// All definitions of a name, each port's and each file's own.
    pub fn all(&self, name: &str) -> Vec<Place> {
        self.named(name).map(|e| e.place).collect()
    }

    /// The definitions that a use of the name in `from` means: the file's own, then those that share the most of its
    /// path. Several are several ports' or drivers' versions of one function.
    pub fn definitions(&self, name: &str, from: &str) -> Vec<Place> {
        let own: Vec<Place> = self.named(name).map(|e| e.place).filter(|p| self.file(*p).path == from).collect();
        if !own.is_empty() {
            return own;
        }
        // What another file keeps to itself is not meant, unless the language says otherwise: Rust's modules see each other.
        let visible = |e: &&Entry| {
            let path = &self.file(e.place).path;
            !e.is_private || (language::is_same(path, from) && !language::is_preprocessed(path))
        };
        let visible: Vec<Place> = self.named(name).filter(visible).map(|e| e.place).collect();
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
        let directive = text[line..at].trim_ascii_start().strip_prefix(b"#").unwrap_or_default();
        let mut words = directive.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
        let is_alias = is_word(text, at, name.len()) && words.next() == Some(b"define");
        let alias = words.next().filter(|_| is_alias && words.next().is_none())?;
        Some(String::from_utf8_lossy(alias).into_owned())
    })
}

/// Names of `.c` files that a text includes, without their directories.
fn included(text: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    super::includes::each_include(text, &mut |what, _| {
        let Some((name, _)) = super::includes::named(what) else { return };
        let name = name.rsplit('/').next().unwrap_or(&name);
        if name.ends_with(".c") {
            names.push(name.to_owned());
        }
    });
    names
}

/// How many directories two paths have in common.
fn common(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
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
