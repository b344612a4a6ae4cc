//! Vnode operations: `VOP_X(…)` is a call through a vector. Which arguments there are says `vnode_if.src` (the header that
//! is made from it is in no source tree); which functions implement an operation say the vnodeopv tables.

use crate::lookup::is_word;
use crate::tree::SourceTree;
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `vop_open`
    pub name: String,
    /// Members of the argument struct, in the order of the arguments: `a_vp`, `a_mode`, …
    pub members: Vec<String>,
}

/// A function that a table registers for an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The function.
    pub function: String,
    /// The file that registers it.
    pub path: String,
}

/// The implementations of an operation, as seen from a file.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    /// Those to follow: all, if they are few; else those of the caller's own file system, if it is part of one.
    pub followed: Vec<Target>,
    /// How many there are.
    pub count: usize,
    /// All are followed.
    pub is_all: bool,
    /// All of them, whether or not they are followed.
    pub all: Vec<Target>,
    /// What is registered could not be read in so many places; the list is then not complete.
    pub unread: usize,
}

/// So many implementations are followed without asking whose they are.
pub const FEW: usize = 4;

/// Vnode operations of a tree.
pub struct Dispatch<'t> {
    tree: &'t SourceTree,
    operations: FxHashMap<String, Operation>,
    registered: Mutex<FxHashMap<String, Vec<Target>>>,
}

impl<'t> Dispatch<'t> {
    /// Reads the tree's `vnode_if.src`.
    pub fn new(tree: &'t SourceTree) -> Dispatch<'t> {
        let mut operations = FxHashMap::default();
        for file in tree.files.iter().filter(|f| f.path.ends_with("vnode_if.src")) {
            for op in parse(&file.bytes) {
                operations.entry(op.name.to_ascii_uppercase()).or_insert(op);
            }
        }
        Dispatch { tree, operations, registered: Mutex::default() }
    }

    /// The operation that a name in capitals calls.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// The implementations of an operation.
    pub fn targets(&self, name: &str, from: &str) -> Targets {
        let known = self.registered.lock().expect("no panics while locked").get(name).cloned();
        let all = known.unwrap_or_else(|| {
            let found = self.register(name);
            self.registered.lock().expect("no panics while locked").insert(name.to_owned(), found.clone());
            found
        });
        select(self.tree, all, 0, from)
    }

    /// All table entries `{ &vop_x_desc, function }` and `[vop_x] = function`.
    fn register(&self, name: &str) -> Vec<Target> {
        let desc = format!("{name}_desc");
        let (desc_finder, name_finder) = (memmem::Finder::new(&desc), format!(".{name}"));
        let mut found: Vec<Target> = self
            .tree
            .files
            .par_iter()
            .filter(|f| f.path.ends_with(".c"))
            .flat_map_iter(|f| {
                let text = &f.bytes;
                let by_desc =
                    desc_finder.find_iter(text).filter(|at| is_word(text, *at, desc.len())).map(|at| at + desc.len());
                let by_name = memmem::find_iter(text, name_finder.as_bytes())
                    .filter(|at| is_word(text, at + 1, name.len()))
                    .map(|at| at + name_finder.len());
                by_desc
                    .chain(by_name)
                    .filter_map(|at| entry(text, at))
                    .map(|function| Target { function, path: f.path.clone() })
                    .collect::<Vec<_>>()
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// Those to follow: all if they are few, else those of the caller's own system.
pub fn select(tree: &SourceTree, all: Vec<Target>, unread: usize, from: &str) -> Targets {
    let names: BTreeSet<&str> = all.iter().map(|t| t.function.as_str()).collect();
    let count = names.len();
    let is_few = count <= FEW;
    let followed = all.iter().filter(|t| is_few || is_same_system(tree, &t.path, from)).cloned().collect();
    Targets { followed, count, is_all: is_few && count > 0 && unread == 0, all, unread }
}

/// Whether the file that registers an implementation and the one that calls belong to one system: they stand in one
/// directory, or the one's text is included by the other.
fn is_same_system(tree: &SourceTree, table: &str, from: &str) -> bool {
    let dir = |p: &str| p.rsplit_once('/').map_or(String::new(), |(d, _)| d.to_owned());
    let name = from.rsplit('/').next().unwrap_or(from);
    let includes = || {
        let text = tree.file(table).map_or(&[][..], |f| &f.bytes);
        memmem::find_iter(text, name.as_bytes()).any(|at| {
            matches!(text.get(at + name.len()), Some(b'"' | b'>'))
                && matches!(text[..at].last(), Some(b'"' | b'<' | b'/'))
        })
    };
    dir(table) == dir(from) || includes()
}

/// The function after `, ` or `=`, behind casts.
fn entry(text: &[u8], at: usize) -> Option<String> {
    let mut rest = text[at..].trim_ascii_start();
    rest = rest.strip_prefix(b",").or_else(|| rest.strip_prefix(b"="))?.trim_ascii_start();
    while rest.first() == Some(&b'(') {
        let mut depth = 0usize;
        let close = rest.iter().position(|b| {
            depth = match b {
                b'(' => depth + 1,
                b')' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        })?;
        rest = rest[close + 1..].trim_ascii_start();
    }
    rest = rest.strip_prefix(b"&").unwrap_or(rest);
    let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    (len > 0 && !rest[0].is_ascii_digit()).then(|| String::from_utf8_lossy(&rest[..len]).into_owned())
}

/// Operations of a `vnode_if.src`: `vop_open { IN struct vnode *vp; … };`. Lines that are none are passed over.
fn parse(text: &[u8]) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut current: Option<Operation> = None;
    for line in text.split(|b| *b == b'\n') {
        let line = line.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
        match &mut current {
            None => {
                if let Some(name) = line.strip_suffix(b"{") {
                    let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
                    if name.starts_with("vop_") {
                        current = Some(Operation { name, members: Vec::new() });
                    }
                }
            }
            Some(op) => {
                if line.starts_with(b"}") {
                    operations.extend(current.take());
                } else if let Some(decl) = line.strip_suffix(b";") {
                    let len = decl.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                    op.members.push(format!("a_{}", String::from_utf8_lossy(&decl[decl.len() - len..])));
                }
            }
        }
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_and_their_implementations() {
        let src = "#% x\nvop_open {\n\tIN struct vnode *vp;\n\tIN int mode; # c\n\tIN struct proc *p;\n};\nbroken {\nvop_close {\n IN struct vnode *vp;\n}\n";
        let table = "{ &vop_open_desc, a_open },\n{ &vop_open_desc, (int (*)(void *))b_open },\n.vop_open = c_open,\n&vop_open_desc;";
        let tree = SourceTree::from_memory(
            "t",
            vec![("kern/vnode_if.src".into(), src.into()), ("fs/a.c".into(), table.into())],
        );
        let dispatch = Dispatch::new(&tree);
        assert_eq!(dispatch.operation("VOP_OPEN").expect("an operation").members, ["a_vp", "a_mode", "a_p"]);
        let targets = dispatch.targets("vop_open", "kern/x.c");
        let names: Vec<_> = targets.followed.iter().map(|t| t.function.as_str()).collect();
        assert_eq!((names, targets.is_all), (vec!["a_open", "b_open", "c_open"], true));
    }
}
