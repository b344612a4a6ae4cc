//! Finds declarations by name in the whole tree, when they are asked for: structs, typedefs, macros.
//!
//! A file's own declarations come first, then those of headers, the nearest directory first. Nothing is parsed before it
//! is asked for; the index only says where names stand.

use crate::c::declared::macro_at;
use crate::c::lex::Tok;
use crate::decls::expand::{Expander, Word, closing, words};
use crate::decls::includes::{Includes, Sight};
use crate::decls::index::Index;
use crate::decls::words::Words;
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
    includes: Includes<'t>,
    words: OnceLock<Words>,
    structs: Cache<Arc<Struct>>,
    typedefs: Cache<Shape>,
    /// By `struct.member` and the file that asks.
    owners: Mutex<FxHashMap<(String, String), Owner>>,
    macros: Cache<Arc<Macro>>,
    /// Variables at file scope, by file.
    variables: Vec<OnceLock<FxHashMap<String, Variable>>>,
}

/// Whose member a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The struct of that tag: the one that was asked about, or one that it has as a member without a name.
    Of(String),
    /// The struct is declared, and no declaration of it has such a member.
    Nobody,
    /// No declaration of the struct is in the tree.
    Unknown,
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
            includes: Includes::new(tree),
            words: OnceLock::new(),
            structs: Mutex::default(),
            typedefs: Mutex::default(),
            owners: Mutex::default(),
            macros: Mutex::default(),
            variables: tree.files.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// Which files may hold a word.
    pub fn words(&self) -> &Words {
        self.words.get_or_init(|| Words::new(self.tree))
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

    /// How well a file sees what another one defines; one that is not of the tree sees everything perhaps.
    pub fn sight(&self, from: &str, of: &str) -> Sight {
        match (self.tree.index_of(from), self.tree.index_of(of)) {
            (Some(from), Some(of)) => self.includes.sight(from, of),
            _ => Sight::Maybe,
        }
    }

    /// The struct or union of a tag, as seen from a file.
    pub fn structure(&self, tag: &str, from: &str) -> Option<Arc<Struct>> {
        self.find(&self.structs, Kind::Struct, tag, from, |f, at| {
            language::of(&f.path)?.structure(f, at, tag).map(Arc::new)
        })
    }

    /// A struct as its compiler sees it: files that are included inside of it put in, macros expanded, and members that stand as
    /// arguments of an unknown macro (`struct_group(tail, int a; int b;)`) taken for members. Nothing where that does not read.
    pub fn expanded_structure(&self, of: &Struct) -> Option<Struct> {
        let file = self.tree.file(&of.path)?;
        let text = file.bytes.get(of.at as usize..)?;
        let end = crate::c::declared::struct_end(text)?;
        let (text, _) = self.includes.spliced(&of.path, &text[..end]);
        let mut expander = Expander::new(self, None, file);
        let words = words(&text);
        let made = members_of_groups(&expander.expand(&words));
        let mut found = crate::c::declared::parse_struct(&[&made[..], b";"].concat(), &of.tag)?;
        found.path.clone_from(&of.path);
        found.at = of.at;
        Some(found)
    }

    /// Files that are included inside of a struct's declaration.
    pub fn parts_of(&self, of: &Struct) -> Vec<&'t str> {
        let body = || {
            let text = self.tree.file(&of.path)?.bytes.get(of.at as usize..)?;
            Some(&text[..crate::c::declared::struct_end(text)?])
        };
        let parts = body().map(|text| self.includes.spliced(&of.path, text).1).unwrap_or_default();
        parts.into_iter().map(|i| self.tree.files[i].path.as_str()).collect()
    }

    /// Whose member a name is, in a struct or union of that tag as seen from a file.
    pub fn owner(&self, tag: &str, name: &str, from: &str) -> Owner {
        let key = (format!("{tag}.{name}"), from.to_owned());
        if let Some(known) = self.owners.lock().expect("no panics while locked").get(&key) {
            return known.clone();
        }
        let owner = self.find_owner(tag, name, from);
        self.owners.lock().expect("no panics while locked").insert(key, owner.clone());
        owner
    }

    fn find_owner(&self, tag: &str, name: &str, from: &str) -> Owner {
        let Some(nearest) = self.structure(tag, from) else { return Owner::Unknown };
        if let Some((owner, _)) = self.declared_member(&nearest, name, from, 0) {
            return Owner::Of(owner);
        }
        if let Some((owner, _)) =
            self.expanded_structure(&nearest).and_then(|s| self.declared_member(&s, name, from, 0))
        {
            return Owner::Of(owner);
        }
        // Another declaration of the tag may be meant.
        let others = self.places(Kind::Struct, tag, from).into_iter().filter_map(|(f, at)| {
            let other = language::of(&f.path)?.structure(f, at, tag)?;
            self.declared_member(&other, name, from, 0)
        });
        others.map(|(owner, _)| Owner::Of(owner)).next().unwrap_or(Owner::Nobody)
    }

    /// Whose member a name is in that very declaration, and its type; unnamed members are gone into.
    pub fn declared_member(&self, of: &Struct, name: &str, from: &str, depth: u32) -> Option<(String, Shape)> {
        const DEEPEST: u32 = 8;
        if depth > DEEPEST {
            return None;
        }
        let direct = of.members.iter().find(|(n, _)| n == name).map(|(_, shape)| (of.tag.clone(), shape.clone()));
        direct.or_else(|| {
            of.members.iter().filter(|(n, shape)| n.is_empty() && shape.pointers == 0).find_map(
                |(_, shape)| match &self.resolve(shape, from).base {
                    Root::Inline(inner) => {
                        let (owner, shape) = self.declared_member(inner, name, from, depth + 1)?;
                        Some((if owner.is_empty() { of.tag.clone() } else { owner }, shape))
                    }
                    Root::Struct(tag) if *tag != of.tag => {
                        self.declared_member(&*self.structure(tag, from)?, name, from, depth + 1)
                    }
                    _ => None,
                },
            )
        })
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

    /// Where headers declare a name, as far as their text tells, the nearest to `from` first: file and byte offset. Macros that
    /// `from` does not see are none.
    pub fn places(&self, kind: Kind, name: &str, from: &str) -> Vec<(&'t SourceFile, usize)> {
        let dir = from.rsplit_once('/').map_or("", |(d, _)| d);
        let mut places: Vec<(&'t SourceFile, usize)> = self
            .index
            .get_or_init(|| Index::new(self.tree))
            .places(kind, name.as_bytes())
            .map(|(file, at)| (&self.tree.files[file], at))
            .collect();
        if let (Kind::Macro, Some(from)) = (kind, self.tree.index_of(from)) {
            places.retain(|(f, _)| self.tree.index_of(&f.path).is_none_or(|of| self.includes.may_see(from, of)));
        }
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
            Root::Struct(tag) => {
                let known = self.structure(tag, from)?;
                known.member(name).cloned().or_else(|| Some(self.declared_member(&known, name, from, 0)?.1))
            }
            Root::Inline(inner) => {
                inner.member(name).cloned().or_else(|| Some(self.declared_member(inner, name, from, 0)?.1))
            }
            _ => None,
        }
    }
}

/// The text of a struct's declaration in which what an unknown macro takes as members stands without the macro.
fn members_of_groups(words: &[Word<'_>]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let starts = i > 0 && matches!(words[i - 1].kind, Tok::Semi | Tok::LBrace | Tok::RParen);
        let is_call = words[i].kind == Tok::Ident && words.get(i + 1).is_some_and(|w| w.kind == Tok::LParen);
        if starts && is_call {
            let end = closing(&words[i + 1..]) + i + 1;
            let inner = &words[i + 2..end.min(words.len())];
            if inner.iter().any(|w| w.kind == Tok::Semi) {
                // What stands before the members names the group.
                let mut first = 0;
                while inner.get(first + 1).is_some_and(|w| w.kind == Tok::Comma) && inner[first].kind == Tok::Ident {
                    first += 2;
                }
                for word in &inner[first..] {
                    made.extend_from_slice(&word.text);
                    made.push(b' ');
                }
                made.extend_from_slice(b"; ");
                i = end + 1;
                continue;
            }
        }
        made.extend_from_slice(&words[i].text);
        made.push(b' ');
        i += 1;
    }
    made
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
