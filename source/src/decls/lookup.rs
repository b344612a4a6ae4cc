//! Finds declarations by name in the whole tree, when they are asked for: structs, typedefs, macros.
//!
//! A file's own declarations come first, then those of headers, the nearest directory first. Nothing is parsed before it
//! is asked for; the index only says where names stand.

use crate::c::lex::{self, Tok, name_text};
use crate::c::variant::{Cover, variants};
use crate::c::{items, parse, pp::Unit};
use crate::decls::index::{Index, Kind};
use crate::language::is_rust;
use crate::rust;
use crate::text::Span;
use crate::text::{SourceFile, SourceTree};
use crate::tree::{Ast, Base, Type};
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// A type that does not borrow from the file it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// What it is built on.
    pub base: Root,
    /// Pointers and arrays around it.
    pub pointers: u8,
    /// How many of those are arrays.
    pub arrays: u8,
    /// A function, or a pointer to one.
    pub function: bool,
}

/// What a [`Shape`] is built on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Root {
    /// Nothing is known.
    #[default]
    Unknown,
    /// `int` and the like.
    Plain,
    /// A struct or union by its tag.
    Struct(String),
    /// A struct or union without a tag.
    Inline(Arc<Struct>),
    /// A typedef name.
    Named(String),
}

/// A struct or union.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Struct {
    /// Its tag; empty where there is none.
    pub tag: String,
    /// Members in order. One with an empty name is a struct whose members belong to this one.
    pub members: Vec<(String, Shape)>,
    /// Where it is declared.
    pub path: String,
    /// Byte offset there.
    pub at: u32,
}

impl Struct {
    /// The shape of a member, also of one inside an unnamed struct.
    pub fn member(&self, name: &str) -> Option<&Shape> {
        self.members
            .iter()
            .find_map(|(n, shape)| match &shape.base {
                _ if n == name => Some(shape),
                Root::Inline(inner) if n.is_empty() => inner.member(name),
                _ => None,
            })
            // `self.0` of a tuple struct.
            .or_else(|| self.members.get(name.parse::<usize>().ok()?).filter(|m| m.0.is_empty()).map(|m| &m.1))
    }

    /// 0-based position of a member among those that a positional initialiser counts.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(n, _)| n == name)
    }
}

/// A macro's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macro {
    /// Its name.
    pub name: String,
    /// Places of the parameters' names; nothing for an object-like macro.
    pub params: Option<Vec<Span>>,
    /// Its text after the name and parameters.
    pub body: Span,
    /// The file that defines it; spans are places there.
    pub path: String,
}

/// A cache by name and the file that asks.
type Cache<T> = Mutex<FxHashMap<(String, String), Option<T>>>;

/// Looks names up in a tree and remembers what it found.
pub struct Lookup<'t> {
    tree: &'t SourceTree,
    index: OnceLock<Index>,
    structs: Cache<Arc<Struct>>,
    typedefs: Cache<Shape>,
    macros: Cache<Arc<Macro>>,
}

impl<'t> Lookup<'t> {
    /// In a tree.
    pub fn new(tree: &'t SourceTree) -> Lookup<'t> {
        Lookup {
            tree,
            index: OnceLock::new(),
            structs: Mutex::default(),
            typedefs: Mutex::default(),
            macros: Mutex::default(),
        }
    }

    /// The tree.
    pub fn tree(&self) -> &'t SourceTree {
        self.tree
    }

    /// The struct or union of a tag, as seen from a file.
    pub fn structure(&self, tag: &str, from: &str) -> Option<Arc<Struct>> {
        self.find(&self.structs, Kind::Struct, tag, from, |f, at| struct_at(f, at, tag).map(Arc::new))
    }

    /// What a typedef name stands for.
    pub fn typedef(&self, name: &str, from: &str) -> Option<Shape> {
        self.find(&self.typedefs, Kind::Typedef, name, from, |f, at| typedef_at(f, at, name))
    }

    /// The macro of a name in the file itself.
    pub fn makro_here(&self, name: &str, path: &str) -> Option<Macro> {
        let file = self.tree.file(path)?;
        memmem::find_iter(&file.bytes, name.as_bytes()).find_map(|at| macro_at(file, at, name.len()))
    }

    /// The macro of a name, as seen from a file.
    pub fn makro(&self, name: &str, from: &str) -> Option<Arc<Macro>> {
        self.find(&self.macros, Kind::Macro, name, from, |f, at| macro_at(f, at, name.len()).map(Arc::new))
    }

    /// The macro of a name in the nearest header alone, for whoever knows the file's own.
    pub fn makro_of_header(&self, name: &str, from: &str) -> Option<Macro> {
        self.nearest(Kind::Macro, name, from, |f, at| macro_at(f, at, name.len()))
    }

    /// The nearest declaration: the file's own, or that of the header with the longest path in common.
    fn find<T: Clone>(
        &self,
        cache: &Cache<T>,
        kind: Kind,
        name: &str,
        from: &str,
        read: impl Fn(&SourceFile, usize) -> Option<T>,
    ) -> Option<T> {
        if name.is_empty() {
            return None;
        }
        let key = (name.to_owned(), from.to_owned());
        if let Some(known) = cache.lock().expect("no panics while locked").get(&key) {
            return known.clone();
        }
        let own =
            self.tree.file(from).and_then(|f| memmem::find_iter(&f.bytes, name.as_bytes()).find_map(|at| read(f, at)));
        let found = own.or_else(|| self.nearest(kind, name, from, read));
        cache.lock().expect("no panics while locked").insert(key, found.clone());
        found
    }

    /// The declaration in the header with the longest path in common.
    fn nearest<T>(
        &self,
        kind: Kind,
        name: &str,
        from: &str,
        read: impl Fn(&SourceFile, usize) -> Option<T>,
    ) -> Option<T> {
        self.places(kind, name, from).into_iter().find_map(|(f, at)| read(f, at))
    }

    /// Where headers declare a name, as far as their text tells, the nearest to `from` first: file and byte offset.
    pub fn places(&self, kind: Kind, name: &str, from: &str) -> Vec<(&'t SourceFile, usize)> {
        let dir = from.rsplit_once('/').map_or("", |(d, _)| d);
        let mut places: Vec<(&'t SourceFile, usize)> = self
            .index
            .get_or_init(|| Index::new(self.tree))
            .places(kind, name.as_bytes())
            .map(|(file, at)| (&self.tree.files[file], at))
            .collect();
        // What is declared in the asker's language comes first; then what it includes by name.
        let foreign = |f: &SourceFile| is_rust(&f.path) != is_rust(from);
        let text = self.tree.file(from).map_or(&[][..], |f| &f.bytes);
        let several = places.len() > 1;
        places.sort_by_cached_key(|(f, at)| {
            let included = several && includes(text, &f.path);
            (foreign(f), !included, std::cmp::Reverse(common(dir, &f.path)), f.path.len(), *at)
        });
        places
    }

    /// The shape behind typedef names.
    pub fn resolve(&self, shape: &Shape, from: &str) -> Shape {
        let mut shape = shape.clone();
        for _ in 0..8 {
            // In Rust all types have names of one kind.
            let name = match &shape.base {
                Root::Named(name) => name,
                Root::Struct(name) if is_rust(from) => name,
                _ => break,
            };
            let Some(next) = self.typedef(name, from).filter(|next| next.base != shape.base) else { break };
            shape = Shape {
                base: next.base,
                pointers: shape.pointers.saturating_add(next.pointers),
                arrays: shape.arrays.saturating_add(next.arrays),
                function: shape.function || next.function,
            };
        }
        shape
    }

    /// A member's shape, given the shape of what stands left of it.
    pub fn member(&self, of: &Shape, name: &str, from: &str) -> Option<Shape> {
        match &self.resolve(of, from).base {
            Root::Struct(tag) => self.structure(tag, from)?.member(name).cloned(),
            Root::Inline(inner) => inner.member(name).cloned(),
            _ => None,
        }
    }
}

/// Whether a text includes a header by the last two parts of its path, or by its name between quotes.
fn includes(text: &[u8], path: &str) -> bool {
    let mut parts = path.rsplitn(3, '/');
    let (name, dir) = (parts.next().unwrap_or(path), parts.next());
    let wanted = |suffix: &str| {
        memmem::find_iter(text, suffix.as_bytes()).any(|at| {
            let before = at.checked_sub(1).map(|i| text[i]);
            matches!(before, Some(b'<' | b'"' | b'/')) && matches!(text.get(at + suffix.len()), Some(b'>' | b'"'))
        })
    };
    dir.is_some_and(|d| wanted(&format!("{d}/{name}")))
        || memmem::find(text, format!("\"{name}\"").as_bytes()).is_some()
}

/// Length of the common directory prefix.
fn common(dir: &str, path: &str) -> usize {
    let same = dir.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    if same == 0 && dir.is_empty() { 1 } else { same }
}

/// Whether the bytes around `at..at + len` do not make it part of a longer name.
pub fn is_word(text: &[u8], at: usize, len: usize) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'$';
    let before = at.checked_sub(1).and_then(|i| text.get(i));
    !before.is_some_and(word) && !text.get(at + len).is_some_and(word)
}

fn skip_blank(text: &[u8], mut at: usize) -> usize {
    loop {
        while text.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'\\') {
            at += 1;
        }
        if text[at.min(text.len())..].starts_with(b"/*") {
            match memmem::find(&text[at..], b"*/") {
                Some(n) => at += n + 2,
                None => return text.len(),
            }
        } else {
            return at;
        }
    }
}

/// One past the brace that closes the one at `open`.
fn brace_end(text: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for token in lex::raw(&text[open..]) {
        match token.kind {
            Tok::LBrace => depth += 1,
            Tok::RBrace => {
                depth -= 1;
                if depth == 0 {
                    return open + token.span.end as usize;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The struct whose tag stands at `at`, if its body does.
fn struct_at(file: &SourceFile, at: usize, tag: &str) -> Option<Struct> {
    let text = &file.bytes;
    if !is_word(text, at, tag.len()) {
        return None;
    }
    if is_rust(&file.path) {
        return rust_struct_at(file, at, tag);
    }
    let open = skip_blank(text, at + tag.len());
    if text.get(open) != Some(&b'{') {
        return None;
    }
    let before = text[..at].trim_ascii_end();
    let keyword = [b"struct".as_slice(), b"union"].into_iter().find(|k| before.ends_with(k))?;
    let start = before.len() - keyword.len();
    let end = brace_end(text, open);
    let mut slice = text[start..end].to_vec();
    slice.push(b';');
    let mut found = parse_struct(&slice, tag)?;
    file.path.clone_into(&mut found.path);
    found.at = start as u32;
    Some(found)
}

/// The same of Rust. One that only says that there is such a struct does not count.
fn rust_struct_at(file: &SourceFile, at: usize, tag: &str) -> Option<Struct> {
    let (start, text) = rust_item(&file.bytes, at, &[b"struct", b"union"])?;
    let mut found: Option<Struct> = None;
    each_rust_tree(text, |ast| {
        let is_shell = |s: &Struct| s.members.iter().all(|m| m.0.starts_with('_') && m.1.base == Root::Plain);
        let named = ast.aggregates.iter().find(|a| a.tag.is_some_and(|t| t.of(text) == tag.as_bytes()));
        if let Some(a) = named.filter(|_| found.is_none()) {
            found = Some(structure(text, ast, a)).filter(|s| !is_shell(s));
        }
    });
    let mut found = found?;
    file.path.clone_into(&mut found.path);
    found.at = start as u32;
    Some(found)
}

/// The text from the keyword before the name at `at`: where it starts, and enough of it for any declaration.
fn rust_item<'f>(text: &'f [u8], at: usize, keywords: &[&[u8]]) -> Option<(usize, &'f [u8])> {
    const LONGEST: usize = 64 * 1024;
    let before = text[..at].trim_ascii_end();
    let keyword = keywords.iter().find(|k| before.ends_with(k))?;
    let start = before.len() - keyword.len();
    is_word(text, start, keyword.len()).then(|| (start, &text[start..text.len().min(at + LONGEST)]))
}

/// The trees of the first item of a text.
fn each_rust_tree(text: &[u8], mut f: impl FnMut(&Ast)) {
    let unit = rust::Unit::new(text);
    if let Some(item) = unit.items.first() {
        unit.trees(*item, |ast| f(ast));
    }
}

fn parse_struct(slice: &[u8], tag: &str) -> Option<Struct> {
    let mut result: Option<Struct> = None;
    each_tree(slice, |ast| {
        let Some(a) =
            ast.aggregates.iter().rfind(|a| a.tag.is_some_and(|t| &*name_text(t.of(slice)) == tag.as_bytes()))
        else {
            return;
        };
        let this = structure(slice, ast, a);
        match &mut result {
            None => result = Some(this),
            // Members of all arms, in the order of the first that has them.
            Some(known) => {
                for m in this.members {
                    if !known.members.iter().any(|k| k.0 == m.0 && !m.0.is_empty()) {
                        known.members.push(m);
                    }
                }
            }
        }
    });
    result
}

/// Parses all variants of all items of a text.
fn each_tree(text: &[u8], mut f: impl FnMut(&Ast)) {
    let unit = Unit::new(text);
    let mut ast = Ast::default();
    for item in items::cut(&unit) {
        for stream in variants(&unit, item, Cover::Text).streams {
            ast.clear();
            parse::parse(text, &stream, &mut ast);
            f(&ast);
        }
    }
}

fn structure(source: &[u8], ast: &Ast, a: &crate::tree::Aggregate) -> Struct {
    let text = |s: crate::text::Span| String::from_utf8_lossy(&name_text(s.of(source))).into_owned();
    Struct {
        tag: a.tag.map(text).unwrap_or_default(),
        members: ast.decls(a.members).iter().map(|d| (text(d.name), shape(source, ast, d.ty))).collect(),
        path: String::new(),
        at: a.span.start,
    }
}

/// A type without its file.
pub fn shape(source: &[u8], ast: &Ast, ty: Type) -> Shape {
    let text = |s: crate::text::Span| String::from_utf8_lossy(&name_text(s.of(source))).into_owned();
    let base = match ty.base {
        Base::Unknown | Base::Typeof(_) => Root::Unknown,
        Base::Builtin | Base::Enum => Root::Plain,
        Base::Struct(tag) => Root::Struct(text(tag)),
        Base::Anonymous(i) => Root::Inline(Arc::new(structure(source, ast, &ast.aggregates[i as usize]))),
        Base::Named(name) => Root::Named(text(name)),
    };
    Shape { base, pointers: ty.pointers, arrays: ty.arrays, function: ty.function }
}

/// The typedef whose name stands at `at`.
fn typedef_at(file: &SourceFile, at: usize, name: &str) -> Option<Shape> {
    let text = &file.bytes;
    if !is_word(text, at, name.len()) {
        return None;
    }
    if is_rust(&file.path) {
        let (_, text) = rust_item(text, at, &[b"type"])?;
        let mut found = None;
        each_rust_tree(text, |ast| {
            let named = ast.globals.iter().find(|d| d.name.of(text) == name.as_bytes());
            found = found.take().or(named.map(|d| shape(text, ast, d.ty)));
        });
        return found;
    }
    let after = skip_blank(text, at + name.len());
    if !matches!(text.get(after), Some(b';' | b',' | b'[' | b')' | b'(')) {
        return None;
    }
    // The nearest `typedef` before whose declaration reaches here: a struct's body may stand in between.
    let head = memmem::rfind(&text[..at], b"typedef")?;
    let mut depth = 0usize;
    for token in lex::raw(&text[head..at]) {
        match token.kind {
            Tok::LBrace => depth += 1,
            Tok::RBrace => depth = depth.saturating_sub(1),
            Tok::Semi if depth == 0 => return None,
            _ => {}
        }
    }
    let end = memchr::memchr(b';', &text[after..]).map_or(text.len(), |n| after + n + 1);
    let slice = &text[head..end];
    let mut found = None;
    each_tree(slice, |ast| {
        if let Some(d) = ast.globals.iter().find(|d| d.name.of(slice) == name.as_bytes()) {
            found.get_or_insert_with(|| shape(slice, ast, d.ty));
        }
    });
    found
}

/// The macro whose name stands at `at`, if a definition does.
pub fn macro_at(file: &SourceFile, at: usize, len: usize) -> Option<Macro> {
    let text = &file.bytes;
    if !is_word(text, at, len) {
        return None;
    }
    let before = text[..at].strip_suffix(b" ").or_else(|| text[..at].strip_suffix(b"\t"))?.trim_ascii_end();
    let hash = before.strip_suffix(b"define")?.trim_ascii_end();
    if !hash.ends_with(b"#") {
        return None;
    }
    let mut pos = at + len;
    let mut params = None;
    if text.get(pos) == Some(&b'(') {
        let close = pos + memchr::memchr(b')', &text[pos..])?;
        let names = lex::lex_at(text, pos + 1, close).into_iter().filter(|t| t.kind == Tok::Ident);
        params = Some(names.map(|t| t.span).collect());
        pos = close + 1;
    }
    let mut end = pos;
    loop {
        end = memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |n| end + n);
        let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
        if end == text.len() || !line.ends_with(b"\\") {
            break;
        }
        end += 1;
    }
    Some(Macro {
        name: String::from_utf8_lossy(&text[at..at + len]).into_owned(),
        params,
        body: Span::new(pos as u32, end as u32),
        path: file.path.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> SourceTree {
        SourceTree::from_memory("t", files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect())
    }

    #[test]
    fn structs_are_found_near_first() {
        let t = tree(&[
            ("a/x.h", "struct s {\n\tint a;\n};\n"),
            ("b/x.h", "struct s { struct t *b; union { int c; struct { char *d; } e; }; };"),
            ("b/y.c", "struct s *p;"),
        ]);
        let lookup = Lookup::new(&t);
        let s = lookup.structure("s", "b/y.c").expect("a struct");
        assert_eq!(s.path, "b/x.h");
        assert_eq!(s.member("b").map(|m| m.pointers), Some(1));
        assert!(s.member("c").is_some() && s.member("e").is_some() && s.member("d").is_none());
        assert_eq!(lookup.structure("s", "a/z.c").expect("a struct").path, "a/x.h");
        assert!(lookup.structure("nope", "a/z.c").is_none());
    }

    #[test]
    fn members_of_all_arms() {
        let t = tree(&[(
            "x.h",
            "struct s {\n#ifdef A\n int a;\n#else\n int b;\n#endif\n int c : 3, : 0;\n void (*f)(int);\n};",
        )]);
        let s = Lookup::new(&t).structure("s", "x.h").expect("a struct");
        let names: Vec<_> = s.members.iter().map(|m| m.0.as_str()).filter(|n| !n.is_empty()).collect();
        assert_eq!(names, ["a", "c", "f", "b"]);
        assert!(s.member("f").is_some_and(|m| m.function));
    }

    #[test]
    fn typedefs() {
        let t = tree(&[(
            "x.h",
            "typedef struct uio uio_t;\ntypedef uio_t *uiop_t, uios[3];\ntypedef struct {\n int a; } anon_t;\n",
        )]);
        let lookup = Lookup::new(&t);
        let named = |n: &str| lookup.resolve(&Shape { base: Root::Named(n.into()), ..Shape::default() }, "x.h");
        assert_eq!(named("uio_t"), Shape { base: Root::Struct("uio".into()), ..Shape::default() });
        assert_eq!(named("uiop_t").pointers, 1);
        assert!(matches!(named("anon_t").base, Root::Inline(_)));
        assert_eq!(named("nope").base, Root::Named("nope".into()));
    }

    #[test]
    fn macros() {
        let t = tree(&[("x.h", "#define f(a, b) \\\n ((a)->b)\n# define\tg x.y\nint f;\n")]);
        let lookup = Lookup::new(&t);
        let text = |s: Span| String::from_utf8_lossy(s.of(&t.files[0].bytes)).into_owned();
        let f = lookup.makro("f", "x.h").expect("a macro");
        assert_eq!(
            f.params.as_ref().map(|p| p.iter().map(|s| text(*s)).collect()),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(text(f.body), " \\\n ((a)->b)");
        assert_eq!(text(lookup.makro("g", "x.h").expect("a macro").body), " x.y");
    }
}
