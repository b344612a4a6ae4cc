//! Vnode operations: `VOP_X(…)` is a call through a vector. Which arguments there are says `vnode_if.src` (the header that
//! is made from it is in no source tree); which functions implement an operation say the vnodeopv tables.

use crate::finding::{Problem, Severity};
use crate::packs::Operations;
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use uioscope_source::text::SourceTree;
use uioscope_source::text::is_word;
use uioscope_source::text::word_end;

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
pub struct Implementation {
    /// The function.
    pub function: String,
    /// The file that registers it.
    pub path: String,
}

/// The implementations of an operation, as seen from a file.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    /// Those to follow: all, if they are few; else those of the caller's own file system, if it is part of one.
    pub followed: Vec<Implementation>,
    /// How many there are.
    pub count: usize,
    /// All are followed.
    pub is_all: bool,
    /// All of them, whether or not they are followed.
    pub all: Vec<Implementation>,
    /// What is registered could not be read in so many places; the list is then not complete.
    pub unread: usize,
}

/// So many implementations are followed without asking whose they are.
pub const FEW: usize = 4;

/// Vnode operations of a tree.
pub struct Dispatch<'t> {
    tree: &'t SourceTree,
    words: Operations,
    operations: FxHashMap<String, Operation>,
    problems: Vec<Problem>,
    registered: OnceLock<FxHashMap<String, Vec<Implementation>>>,
}

impl<'t> Dispatch<'t> {
    /// Reads the tree's list of operations, or else the functions that call through the struct of operations. `words`: what the
    /// kernel calls them.
    pub fn new(tree: &'t SourceTree, words: &Operations) -> Dispatch<'t> {
        let mut operations: FxHashMap<String, Operation> = FxHashMap::default();
        let mut problems = Vec::new();
        for file in tree.files.iter().filter(|f| is_named(&f.path, &words.list)) {
            let place = |line: Option<usize>, message: String| Problem {
                path: file.path.clone(),
                line: line.map(|n| n as u32 + 1),
                severity: Severity::Warning,
                message,
            };
            let mut here: BTreeSet<String> = BTreeSet::new();
            for op in parse(&file.bytes, words, |line, what| problems.push(place(Some(line), what))) {
                if !here.insert(op.name.clone()) {
                    problems.push(place(None, format!("{} stands there twice: the first one counts", op.name)));
                }
                operations.entry(op.name.to_ascii_uppercase()).or_insert(op);
            }
        }
        if operations.is_empty() && !words.vector.is_empty() {
            let sources: Vec<_> = tree.files.par_iter().filter(|f| f.path.ends_with(".c")).collect();
            let found: Vec<Operation> = sources.into_par_iter().flat_map_iter(|f| functions(&f.bytes, words)).collect();
            operations.extend(found.into_iter().map(|op| (op.name.clone(), op)));
        }
        Dispatch { tree, words: words.clone(), operations, problems, registered: OnceLock::new() }
    }

    /// What is wrong with the lists of operations.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The operation that a name calls: `VOP_OPEN`, or `vop_open` where that is a function.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// The implementations of an operation.
    pub fn targets(&self, name: &str, from: &str) -> Targets {
        let all = self.registered.get_or_init(|| self.register()).get(name).cloned().unwrap_or_default();
        select(self.tree, all, 0, from)
    }

    /// All table entries `{ &vop_x_desc, function }` and `.vop_x = function`, by operation.
    fn register(&self) -> FxHashMap<String, Vec<Implementation>> {
        if self.words.prefix.is_empty() {
            return FxHashMap::default();
        }
        let finder = memmem::Finder::new(self.words.prefix.as_bytes());
        let descriptor = self.words.descriptor.as_bytes();
        let entries: Vec<(String, Implementation)> = self
            .tree
            .files
            .par_iter()
            .filter(|f| f.path.ends_with(".c"))
            .flat_map_iter(|f| {
                let text = &f.bytes;
                let entries = finder.find_iter(text).filter_map(|at| {
                    let end = word_end(text, at);
                    let word = &text[at..end];
                    let name = match word.strip_suffix(descriptor) {
                        Some(name) => name,
                        None if text[..at].ends_with(b".") => word,
                        None => return None,
                    };
                    let function = Some(()).filter(|()| is_word(text, at, end - at)).and_then(|()| entry(text, end))?;
                    let target = Implementation { function, path: f.path.clone() };
                    Some((String::from_utf8_lossy(name).into_owned(), target))
                });
                entries.collect::<Vec<_>>()
            })
            .collect();
        let mut all: FxHashMap<String, Vec<Implementation>> = FxHashMap::default();
        for (name, target) in entries {
            all.entry(name).or_default().push(target);
        }
        for targets in all.values_mut() {
            targets.sort();
            targets.dedup();
        }
        all
    }
}

/// Those to follow: all if they are few, else those of the caller's own system.
pub fn select(tree: &SourceTree, all: Vec<Implementation>, unread: usize, from: &str) -> Targets {
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

/// The word that some text ends with.
fn last_word(text: &[u8]) -> String {
    let text = text.trim_ascii_end();
    let len = text.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    String::from_utf8_lossy(&text[text.len() - len..]).into_owned()
}

/// Whether a path's last part has that name.
fn is_named(path: &str, name: &str) -> bool {
    !name.is_empty() && path.rsplit('/').next() == Some(name)
}

/// Operations of a `vnode_if.src`: `vop_open { IN struct vnode *vp; … };`. What is wrong is told, and the rest is read.
fn parse(text: &[u8], words: &Operations, mut wrong: impl FnMut(usize, String)) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let mut current: Option<Operation> = None;
    let mut in_comment = false;
    for (n, line) in text.split(|b| *b == b'\n').enumerate() {
        let line = line.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
        let was_comment = in_comment;
        in_comment = match (memmem::rfind(line, b"/*"), memmem::rfind(line, b"*/")) {
            (Some(open), close) => close.is_none_or(|c| c < open),
            (None, Some(_)) => false,
            (None, None) => in_comment,
        };
        let line = match memmem::find(line, b"/*") {
            Some(open) => line[..open].trim_ascii(),
            None => line,
        };
        // `%` starts what is about locking.
        if was_comment || line.is_empty() || line.starts_with(b"%") {
            continue;
        }
        if let Some(name) = line.strip_suffix(b"{") {
            let name = last_word(name);
            if let Some(open) = current.take() {
                wrong(n, format!("{} is not closed", open.name));
                operations.push(open);
            }
            match name.starts_with(&words.prefix) {
                true => current = Some(Operation { name, members: Vec::new() }),
                false => wrong(n, format!("no operation: {}", String::from_utf8_lossy(line))),
            }
        } else if line.starts_with(b"}") {
            operations.extend(current.take());
        } else if let Some(op) = &mut current {
            let is_decl = [b"IN".as_slice(), b"OUT", b"INOUT"].iter().any(|k| line.starts_with(k));
            let decl = line.strip_suffix(b";");
            // `VERSION 2`
            let is_word = line.first().is_some_and(u8::is_ascii_uppercase) && !is_decl;
            if decl.is_none() && !is_word {
                wrong(n, format!("no semicolon in {}: {}", op.name, String::from_utf8_lossy(line)));
            }
            if decl.is_some() || is_decl {
                op.members.push(format!("{}{}", words.member, last_word(decl.unwrap_or(line))));
            }
        } else if !line.contains(&b';') || line.starts_with(b"IN") {
            wrong(n, format!("not part of an operation: {}", String::from_utf8_lossy(line)));
        }
    }
    if let Some(open) = current {
        wrong(text.split(|b| *b == b'\n').count(), format!("{} is not closed", open.name));
        operations.push(open);
    }
    operations
}

/// Operations that are functions themselves: `vop_open(struct vop_ops *ops, struct vnode *vp, …)` puts its arguments into
/// `ap` and calls what `ops` has.
fn functions(text: &[u8], words: &Operations) -> Vec<Operation> {
    let mut operations = Vec::new();
    let first = format!("(struct {} *", words.vector);
    for ops in memmem::find_iter(text, first.as_bytes()) {
        // The parameter's own name, and what follows it.
        if text.get(word_end(text, ops + first.len())) != Some(&b',') {
            continue;
        }
        let name = last_word(&text[..ops]);
        let Some(close) = memchr::memchr(b')', &text[ops..]).map(|n| ops + n) else { break };
        if !name.starts_with(&words.prefix) || !text[close + 1..].trim_ascii_start().starts_with(b"{") {
            continue;
        }
        let end = memmem::find(&text[close..], b"\n}").map_or(text.len(), |n| close + n);
        let stored: Vec<(String, String)> = text[close..end]
            .split(|b| *b == b';')
            .filter_map(|s| s.iter().position(|b| *b == b'=').map(|e| (&s[..e], &s[e + 1..])))
            .map(|(member, value)| (last_word(member), String::from_utf8_lossy(value.trim_ascii()).into_owned()))
            .collect();
        let member = |param: &[u8]| {
            let param = last_word(param);
            stored.iter().find(|s| s.1 == param).map_or(String::new(), |s| s.0.clone())
        };
        let members = text[ops + 1..close].split(|b| *b == b',').map(member).collect();
        operations.push(Operation { name, members });
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::Pack;

    fn words() -> Operations {
        Pack::builtin("4.4bsd").expect("a built-in pack").operations
    }

    #[test]
    fn operations_and_their_implementations() {
        let src = "#% x\nvop_open {\n\tIN struct vnode *vp;\n\tIN int mode; # c\n\tIN struct proc *p;\n};\nbroken {\nvop_close {\n IN struct vnode *vp;\n}\n";
        let table = "{ &vop_open_desc, a_open },\n{ &vop_open_desc, (int (*)(void *))b_open },\n.vop_open = c_open,\n&vop_open_desc;";
        let tree = SourceTree::from_memory(
            "t",
            vec![("kern/vnode_if.src".into(), src.into()), ("fs/a.c".into(), table.into())],
        );
        let dispatch = Dispatch::new(&tree, &words());
        assert_eq!(dispatch.operation("VOP_OPEN").expect("an operation").members, ["a_vp", "a_mode", "a_p"]);
        let targets = dispatch.targets("vop_open", "kern/x.c");
        let names: Vec<_> = targets.followed.iter().map(|t| t.function.as_str()).collect();
        assert_eq!((names, targets.is_all), (vec!["a_open", "b_open", "c_open"], true));
    }

    #[test]
    fn what_is_wrong_in_a_list_of_operations_is_told() {
        let src = "garbage\nvop_a {\n\tIN struct vnode *vp\n\tIN int x;\nvop_b {\n\tIN int y;\n};\n%% b vp L\n%! b pre x\n\
            /*\n * text\n */\nvop_b {\n\tIN int z;\n};\nvop_c {\n\tOUT int w;\n";
        let tree = SourceTree::from_memory("t", vec![("vnode_if.src".into(), src.into())]);
        let dispatch = Dispatch::new(&tree, &words());
        let members = |n: &str| dispatch.operation(n).map(|o| o.members.join(" "));
        assert_eq!(members("VOP_A").as_deref(), Some("a_vp a_x"));
        assert_eq!(members("VOP_B").as_deref(), Some("a_y"));
        assert_eq!(members("VOP_C").as_deref(), Some("a_w"));
        let wrong = [
            "vnode_if.src:1: not part of an operation: garbage",
            "vnode_if.src:3: no semicolon in vop_a: IN struct vnode *vp",
            "vnode_if.src:5: vop_a is not closed",
            "vnode_if.src:19: vop_c is not closed",
            "vnode_if.src: vop_b stands there twice: the first one counts",
        ];
        let said: Vec<String> = dispatch.problems().iter().map(ToString::to_string).collect();
        assert_eq!(said, wrong);
    }

    #[test]
    fn operations_that_are_functions() {
        let src = "int\nvop_open(struct vop_ops *ops, struct vnode *vp, int mode,\n\tstruct ucred *cred)\n{\n\
            \tstruct vop_open_args ap;\n\n\tap.a_head.a_ops = ops;\n\tap.a_vp = vp;\n\tap.a_mode = mode;\n\tap.a_cred = cred;\n\
            \tDO_OPS(ops, error, &ap, vop_open);\n}\n";
        let table = "struct vop_ops v = {\n\t.vop_default = x,\n\t.vop_open =\tufs_open\n};\n";
        let tree =
            SourceTree::from_memory("t", vec![("kern/v.c".into(), src.into()), ("fs/ufs.c".into(), table.into())]);
        let dispatch = Dispatch::new(&tree, &words());
        let op = dispatch.operation("vop_open").expect("an operation");
        assert_eq!(op.members, ["a_ops", "a_vp", "a_mode", "a_cred"]);
        assert_eq!(dispatch.targets(&op.name, "kern/x.c").all[0].function, "ufs_open");
    }
}
