//! Finds declarations by name in the whole tree, when they are asked for: structs, typedefs, macros.
//!
//! A file's own declarations come first, then those of headers, the nearest directory first. Nothing is parsed before it
//! is asked for; the index only says where names stand.

use crate::c::declared::macro_at;
use crate::decls::expand::{Expander, words};
use crate::decls::index::Index;
use crate::language::{self, Cover};
use crate::shapes::{Kind, Macro, Root, Shape, Struct, shape};
use crate::text::name_text;
use crate::text::{SourceFile, SourceTree};
use crate::tree::Storage;
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// A cache by name and the file that asks.
type Cache<T> = Mutex<FxHashMap<(String, String), Option<T>>>;

/// Looks names up in a tree and remembers what it found.
pub struct Lookup<'t> {
    tree: &'t SourceTree,
    index: OnceLock<Index>,
    structs: Cache<Arc<Struct>>,
    typedefs: Cache<Shape>,
    macros: Cache<Arc<Macro>>,
    /// Variables at file scope, by file.
    variables: Vec<OnceLock<FxHashMap<String, Variable>>>,
}

/// A variable at file scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its type.
    pub shape: Shape,
    /// Nobody outside of the file can mean it.
    pub is_static: bool,
}

/// An item of more tokens than this declares no variable by itself: it is a table.
const LARGEST_DECLARATION: u32 = 20_000;

impl<'t> Lookup<'t> {
    /// In a tree.
    pub fn new(tree: &'t SourceTree) -> Lookup<'t> {
        Lookup {
            tree,
            index: OnceLock::new(),
            structs: Mutex::default(),
            typedefs: Mutex::default(),
            macros: Mutex::default(),
            variables: tree.files.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The variable of that name at a file's own scope.
    pub fn variable(&self, name: &str, path: &str) -> Option<&Variable> {
        let file = self.tree.index_of(path)?;
        self.variables[file].get_or_init(|| variables(&self.tree.files[file])).get(name)
    }

    /// The tree.
    pub fn tree(&self) -> &'t SourceTree {
        self.tree
    }

    /// The struct or union of a tag, as seen from a file.
    pub fn structure(&self, tag: &str, from: &str) -> Option<Arc<Struct>> {
        self.find(&self.structs, Kind::Struct, tag, from, |f, at| {
            language::of(&f.path)?.structure(f, at, tag).map(Arc::new)
        })
    }

    /// A struct with the macros in its declaration expanded; nothing where that does not read.
    pub fn expanded_structure(&self, of: &Struct) -> Option<Struct> {
        let file = self.tree.file(&of.path)?;
        let text = file.bytes.get(of.at as usize..)?;
        let end = crate::c::declared::struct_end(text)?;
        let mut expander = Expander::new(self, None, file);
        let words = words(&text[..end]);
        let made: Vec<u8> = expander.expand(&words).iter().flat_map(|w| w.text.iter().copied().chain([b' '])).collect();
        let mut found = crate::c::declared::parse_struct(&[&made[..], b";"].concat(), &of.tag)?;
        found.path.clone_from(&of.path);
        found.at = of.at;
        Some(found)
    }

    /// What a typedef name stands for.
    pub fn typedef(&self, name: &str, from: &str) -> Option<Shape> {
        self.find(&self.typedefs, Kind::Typedef, name, from, |f, at| language::of(&f.path)?.typedef(f, at, name))
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
        let foreign = |f: &SourceFile| !language::is_same(&f.path, from);
        let text = self.tree.file(from).map_or(&[][..], |f| &f.bytes);
        let several = places.len() > 1;
        places.sort_by_cached_key(|(f, at)| {
            let included = several
                && (includes(text, &f.path) && !is_foreign_machine(from, &f.path)
                    || includes_port(text, from, &f.path));
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
                Root::Struct(name) if language::of(from).is_some_and(|l| l.has_one_name_space()) => name,
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

/// All variables at a file's scope; bodies of functions are not looked at.
fn variables(file: &SourceFile) -> FxHashMap<String, Variable> {
    let mut found = FxHashMap::default();
    if !language::is_read(&file.path) {
        return found;
    }
    let text = language::text(&file.path, &file.bytes);
    let syntax = language::syntax(&file.path, &text);
    for part in language::parts(&*syntax) {
        if syntax.size(part) > LARGEST_DECLARATION || syntax.is_function(part) {
            continue;
        }
        syntax.trees(part, Cover::Text, &mut |ast| {
            for d in ast.globals.iter().filter(|d| d.storage != Storage::Typedef) {
                let name = String::from_utf8_lossy(&name_text(d.name.of(&text))).into_owned();
                let variable = || Variable { shape: shape(&text, ast, d.ty), is_static: d.storage == Storage::Static };
                found.entry(name).or_insert_with(variable);
            }
        });
    }
    found
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

/// The directory of a build through which a port's own `include` is seen: `<machine/bus.h>`.
const MACHINE: &str = "machine";

/// Whether a text includes a header that lies in the `include` of a port: by the port's name, or as `<machine/…>` where the text
/// is of that port.
fn includes_port(text: &[u8], from: &str, path: &str) -> bool {
    let Some((dir, name)) = path.rsplit_once('/') else { return false };
    let Some(port) = dir.strip_suffix("/include") else { return false };
    let wanted = |dir: &str| memmem::find(text, format!("<{dir}/{name}>").as_bytes()).is_some();
    from.starts_with(&format!("{port}/")) && wanted(MACHINE) || wanted(port.rsplit('/').next().unwrap_or(port))
}

/// Whether a header is what `<machine/…>` means in the build of another port than that of `from`.
fn is_foreign_machine(from: &str, path: &str) -> bool {
    let Some((dir, _)) = path.rsplit_once('/') else { return false };
    let Some(build) = dir.strip_suffix(&format!("/{MACHINE}")) else { return false };
    // `arch/PORT/compile/KERNEL/machine`: of that port, if of any.
    let port = build.split_once("/compile").map_or(build, |(port, _)| port);
    !from.starts_with(&format!("{port}/"))
}

/// Length of the common directory prefix.
fn common(dir: &str, path: &str) -> usize {
    let same = dir.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    if same == 0 && dir.is_empty() { 1 } else { same }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

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
