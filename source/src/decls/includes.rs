//! What a file can see of others: its `#include`s, followed. A macro means something only where its definition is seen.
//!
//! Nobody knows a build's `-I`s, so an `#include` names every file that fits; where one is nearest and whole, it is seen for
//! sure, and the others perhaps. What stands under a conditional, and what only the includer of a file includes, is seen
//! perhaps. A header that no file of the tree includes may be one that a build names itself (`-include config.h`).

mod directives;

use crate::text::{SourceFile, SourceTree};
pub use directives::{ASSEMBLER, KERNEL};
use directives::{LONGEST_LINE, after_blanks};
pub(super) use directives::{each_include, named};
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How well a file sees what another one defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// No `#include` leads there.
    No,
    /// One may: in one of several builds, under a conditional, or by way of the file that includes this one.
    Maybe,
    /// One does, whatever the build.
    Yes,
}

/// An `#include` of one file, and a file that it may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    to: u32,
    sure: bool,
}

/// The `#include`s of one file.
#[derive(Debug, Default)]
struct Direct {
    edges: Vec<Edge>,
    /// One is made by a macro, and may be any file.
    open: bool,
    /// There is one, found or not.
    any: bool,
}

/// All that a file sees: indexes of files.
#[derive(Debug, Default)]
struct Seen {
    /// Sorted.
    sure: Vec<u32>,
    /// Sorted.
    maybe: Vec<u32>,
    open: bool,
}

impl Seen {
    fn sight(&self, file: u32) -> Option<Sight> {
        let is_in = |list: &[u32]| list.binary_search(&file).is_ok();
        match () {
            () if is_in(&self.sure) => Some(Sight::Yes),
            () if self.open || is_in(&self.maybe) => Some(Sight::Maybe),
            () => None,
        }
    }
}

/// The `#include`s of a tree. Nothing is read before it is asked for.
pub struct Includes<'t> {
    tree: &'t SourceTree,
    by_name: OnceLock<FxHashMap<String, Vec<u32>>>,
    direct: Vec<OnceLock<Direct>>,
    seen: Vec<OnceLock<Seen>>,
    /// Names of files, without directories, that some directive names.
    named: OnceLock<FxHashSet<Vec<u8>>>,
    /// For each file, those that include it.
    includers: OnceLock<FxHashMap<u32, Vec<u32>>>,
    /// What the includers of a file see.
    around: Vec<OnceLock<Seen>>,
}

/// The directory of a build through which a port's own `include` is seen: `<machine/bus.h>`.
const MACHINE: &str = "machine";

impl<'t> Includes<'t> {
    /// Of a tree.
    pub fn new(tree: &'t SourceTree) -> Includes<'t> {
        let cells = |_| OnceLock::new();
        Includes {
            tree,
            by_name: OnceLock::new(),
            direct: (0..tree.files.len()).map(cells).collect(),
            seen: (0..tree.files.len()).map(|_| OnceLock::new()).collect(),
            named: OnceLock::new(),
            includers: OnceLock::new(),
            around: (0..tree.files.len()).map(|_| OnceLock::new()).collect(),
        }
    }

    /// How well file `from` sees what file `of` defines. Both are indexes of the tree's files.
    pub fn sight(&self, from: usize, of: usize) -> Sight {
        match self.seen_alone(from, of) {
            Some(sight) => sight,
            None => {
                let around = self.around(from);
                let is_seen = around.sight(of as u32).is_some();
                if is_seen || around.maybe.len() < 2 && !self.direct(from).any { Sight::Maybe } else { Sight::No }
            }
        }
    }

    /// Whether file `from` may see what file `of` defines. Not asked is who includes `from`, where somebody does: such a file may
    /// see anything.
    pub fn may_see(&self, from: usize, of: usize) -> bool {
        self.seen_alone(from, of) != Some(Sight::No)
    }

    /// The same from the file's own directives; nothing where whoever includes it decides.
    fn seen_alone(&self, from: usize, of: usize) -> Option<Sight> {
        if from == of {
            return Some(Sight::Yes);
        }
        let seen = self.seen(from).sight(of as u32);
        if seen.is_some() {
            return seen;
        }
        let is_header = |file: usize| self.tree.files[file].path.ends_with(".h");
        if is_header(of) && !self.is_included(of) {
            return Some(Sight::Maybe);
        }
        // A fragment that includes nothing stands for itself: what it is put into is not known.
        match self.is_included(from) {
            true => None,
            false if self.direct(from).any => Some(Sight::No),
            false => Some(Sight::Maybe),
        }
    }

    /// Whether some directive of the tree names a file of its name.
    fn is_included(&self, file: usize) -> bool {
        let names = self.named.get_or_init(|| {
            let in_file = |f: &SourceFile| {
                let mut names = FxHashSet::default();
                for at in memmem::find_iter(&f.bytes, b"include") {
                    let rest = &f.bytes[at + 7..f.bytes.len().min(at + 7 + LONGEST_LINE)];
                    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
                    let Some(open) = line.iter().position(|b| matches!(b, b'<' | b'"')) else { continue };
                    let end = line[open + 1..].iter().position(|b| matches!(b, b'>' | b'"'));
                    let name = &line[open + 1..end.map_or(line.len(), |e| open + 1 + e)];
                    names.insert(name.rsplit(|b| *b == b'/').next().unwrap_or(name).to_vec());
                }
                names
            };
            let all = self.tree.files.par_iter().map(in_file);
            all.reduce(FxHashSet::default, |a, b| {
                let (mut more, less) = if a.len() < b.len() { (b, a) } else { (a, b) };
                more.extend(less);
                more
            })
        });
        let path = &self.tree.files[file].path;
        names.contains(path.rsplit('/').next().unwrap_or(path).as_bytes())
    }

    /// A part of a file with the files put in that it includes, and their indexes; those of which no one is surely meant are left.
    pub fn spliced(&self, path: &str, text: &[u8]) -> (Vec<u8>, Vec<usize>) {
        let (mut made, mut parts) = (Vec::new(), Vec::new());
        self.splice(path, text, &mut made, &mut parts, 0);
        (made, parts)
    }

    fn splice(&self, path: &str, text: &[u8], made: &mut Vec<u8>, parts: &mut Vec<usize>, depth: u32) {
        const DEEPEST: u32 = 4;
        const LONGEST: usize = 1 << 20;
        for line in text.split_inclusive(|b| *b == b'\n') {
            let directive = line.trim_ascii_start().strip_prefix(b"#").map(after_blanks);
            let what = directive.and_then(|d| d.strip_prefix(b"include")).map(after_blanks);
            let included = what.and_then(named).and_then(|(name, is_quoted)| {
                self.resolve(path, &name, is_quoted).into_iter().find(|e| e.sure).map(|e| e.to as usize)
            });
            match included {
                Some(file) if depth < DEEPEST && made.len() < LONGEST && !parts.contains(&file) => {
                    parts.push(file);
                    let file = &self.tree.files[file];
                    self.splice(&file.path, &file.bytes, made, parts, depth + 1);
                    made.push(b'\n');
                }
                _ => made.extend_from_slice(line),
            }
        }
    }

    fn direct(&self, file: usize) -> &Direct {
        self.direct[file].get_or_init(|| self.read(file))
    }

    fn seen(&self, from: usize) -> &Seen {
        self.seen[from].get_or_init(|| {
            // What is surely seen first, so that each file is looked at once.
            let mut known = vec![None; self.tree.files.len()];
            known[from] = Some(true);
            let (mut sure, mut maybe) = (vec![from as u32], Vec::new());
            let mut open = false;
            let mut follow = |file: u32, is_sure: bool, sure: &mut Vec<u32>, maybe: &mut Vec<u32>| {
                let direct = self.direct(file as usize);
                open |= direct.open;
                for edge in &direct.edges {
                    let (cell, is_sure) = (&mut known[edge.to as usize], is_sure && edge.sure);
                    if cell.is_none() || *cell == Some(false) && is_sure {
                        *cell = Some(is_sure);
                        if is_sure { &mut *sure } else { &mut *maybe }.push(edge.to);
                    }
                }
            };
            while let Some(file) = sure.pop() {
                follow(file, true, &mut sure, &mut maybe);
            }
            while let Some(file) = maybe.pop() {
                follow(file, false, &mut sure, &mut maybe);
            }
            let of = |wanted: bool| (0u32..).zip(&known).filter(|(_, k)| **k == Some(wanted)).map(|(i, _)| i).collect();
            Seen { sure: of(true), maybe: of(false), open }
        })
    }

    fn includers(&self) -> &FxHashMap<u32, Vec<u32>> {
        self.includers.get_or_init(|| {
            (0..self.tree.files.len()).into_par_iter().for_each(|i| {
                self.direct(i);
            });
            let mut found: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
            for from in 0..self.tree.files.len() {
                for edge in &self.direct(from).edges {
                    found.entry(edge.to).or_default().push(from as u32);
                }
            }
            found
        })
    }

    /// What any file sees that includes this one, however indirectly.
    fn around(&self, of: usize) -> &Seen {
        self.around[of].get_or_init(|| {
            let includers = self.includers();
            let mut above: FxHashSet<u32> = FxHashSet::from_iter([of as u32]);
            let mut open = vec![of as u32];
            while let Some(file) = open.pop() {
                for &up in includers.get(&file).into_iter().flatten() {
                    if above.insert(up) {
                        open.push(up);
                    }
                }
            }
            // What all of them include, in one walk down.
            let mut seen = above.clone();
            let mut open: Vec<u32> = above.into_iter().collect();
            let mut is_open = false;
            while let Some(file) = open.pop() {
                let direct = self.direct(file as usize);
                is_open |= direct.open;
                open.extend(direct.edges.iter().map(|e| e.to).filter(|to| seen.insert(*to)));
            }
            let mut maybe: Vec<u32> = seen.into_iter().collect();
            maybe.sort_unstable();
            Seen { sure: Vec::new(), maybe, open: is_open }
        })
    }

    fn read(&self, file: usize) -> Direct {
        let mut direct = Direct::default();
        let source = &self.tree.files[file];
        if !crate::language::is_preprocessed(&source.path) {
            return direct;
        }
        let mut edges: BTreeMap<u32, bool> = BTreeMap::new();
        each_include(&source.bytes, &mut |what, is_conditional| {
            direct.any = true;
            let Some((name, is_quoted)) = named(what) else {
                direct.open = true;
                return;
            };
            for edge in self.resolve(&source.path, &name, is_quoted) {
                *edges.entry(edge.to).or_default() |= edge.sure && !is_conditional;
            }
        });
        edges.remove(&(file as u32));
        direct.edges = edges.into_iter().map(|(to, sure)| Edge { to, sure }).collect();
        direct
    }

    /// The files that `<name>` or `"name"` may mean in a file.
    fn resolve(&self, from: &str, name: &str, is_quoted: bool) -> Vec<Edge> {
        let dir = from.rsplit_once('/').map_or("", |(d, _)| d);
        let own = is_quoted.then(|| self.tree.index_of(&joined(dir, name))).flatten();
        if let Some(to) = own {
            return vec![Edge { to: to as u32, sure: true }];
        }
        let name = joined("", name);
        let name = name.trim_start_matches("../");
        let base = name.rsplit('/').next().unwrap_or(name);
        let by_name = self.by_name.get_or_init(|| {
            let mut map: FxHashMap<String, Vec<u32>> = FxHashMap::default();
            for (i, f) in self.tree.files.iter().enumerate() {
                map.entry(f.path.rsplit('/').next().unwrap_or(&f.path).to_owned()).or_default().push(i as u32);
            }
            map
        });
        let Some(all) = by_name.get(base) else { return Vec::new() };
        let path = |i: &u32| self.tree.files[*i as usize].path.as_str();
        let mut fit: Vec<u32> = all.iter().copied().filter(|i| fits(path(i), name)).collect();
        if let Some((port, rest)) = name.split_once('/') {
            // `<machine/bus.h>` and `<i386/bus.h>`: the `include` of a port; Linux' `<asm/bus.h>` lies in `asm-i386`.
            let of_port = |i: &&u32| {
                path(i).strip_suffix(rest).and_then(|d| d.strip_suffix('/')).is_some_and(|d| {
                    let last = d.rsplit('/').next().unwrap_or(d);
                    let at_port = d.strip_suffix("/include").map(|d| d.rsplit('/').next().unwrap_or(d));
                    last.strip_prefix(port).is_some_and(|m| m.starts_with('-'))
                        || at_port.is_some_and(|p| p == port || port == MACHINE || port == "asm")
                })
            };
            fit.extend(all.iter().filter(of_port));
            fit.sort_unstable();
            fit.dedup();
            // Each port has its own: a file of one sees that one alone.
            let mine: Vec<u32> =
                fit.iter().copied().filter(|i| port_of(path(i)).is_some_and(|p| below(from, p))).collect();
            let is_port = |i: &u32| port_of(path(i)).is_some();
            if port == MACHINE || port == "asm" {
                let of_some = fit.iter().any(|i| port_of(path(i)).is_some_and(|p| below(from, p)));
                if of_some {
                    fit.retain(|i| mine.contains(i) || !is_port(i));
                }
            }
        }
        let sure = match fit[..] {
            [one] => Some(one),
            _ => nearest(from, name, &fit, &path),
        };
        fit.into_iter().map(|to| Edge { to, sure: Some(to) == sure }).collect()
    }
}

/// Whether a file of that path may be meant by a header's name: its end, or all of it where the tree's root lies below.
fn fits(path: &str, name: &str) -> bool {
    let path = path.trim_start_matches("../");
    let is_end = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|h| h.is_empty() || h.ends_with('/'));
    is_end(path, name) || is_end(name, path)
}

/// The directory of the port that a header is of: Linux' `asm-PORT` says its name alone; else above its `include`, or above the build that it was made for.
fn port_of(path: &str) -> Option<&str> {
    if let Some((_, port)) = path.split_once("/asm-").filter(|(d, _)| d.ends_with("include")) {
        return port.split('/').next();
    }
    if let Some((port, _)) = path.split_once("/include/") {
        return Some(port);
    }
    let (dir, _) = path.rsplit_once('/')?;
    if let Some((port, _)) = dir.split_once("/compile/") {
        return Some(port);
    }
    dir.strip_suffix("/machine")
}

/// Whether a path lies in a port's directory; Linux names the port alone.
fn below(path: &str, dir: &str) -> bool {
    if !dir.contains('/') && path.split("arch/").skip(1).any(|rest| rest.split('/').next() == Some(dir)) {
        return true;
    }
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

/// The one that an ancestor of the includer's directory holds under just that name, or under it in its `include`: the nearest.
fn nearest<'a>(from: &str, name: &str, fit: &[u32], path: &impl Fn(&u32) -> &'a str) -> Option<u32> {
    let mut dir = from.rsplit_once('/').map_or("", |(d, _)| d);
    loop {
        for inner in ["", "include/"] {
            let wanted = if dir.is_empty() { format!("{inner}{name}") } else { format!("{dir}/{inner}{name}") };
            if let Some(found) = fit.iter().find(|i| path(i) == wanted) {
                return Some(*found);
            }
        }
        if dir.is_empty() {
            return None;
        }
        dir = dir.rsplit_once('/').map_or("", |(d, _)| d);
    }
}

/// A path with `.` and `..` taken out; a `..` that leads above the tree stays.
fn joined(dir: &str, name: &str) -> String {
    let mut parts: Vec<&str> = dir.split('/').filter(|p| !p.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `from` sees of `of`, in a tree of these files.
    #[track_caller]
    fn check(files: &[(&str, &str)], from: &str, of: &str, wanted: Sight) {
        let tree =
            SourceTree::from_memory("t", files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect());
        let at = |p: &str| tree.index_of(p).expect("one of the files");
        assert_eq!(Includes::new(&tree).sight(at(from), at(of)), wanted, "{from} sees {of}");
    }

    const PARAM: (&str, &str) = ("sys/sys/param.h", "#ifndef P\n#define P\n#include <sys/types.h>\n#endif\n");
    const TYPES: (&str, &str) = ("sys/sys/types.h", "");

    #[test]
    fn what_is_included_is_seen() {
        let a = ("sys/kern/a.c", "#include <sys/param.h>\n");
        let b = ("sys/dev/b.h", "#define x y\n");
        let c = ("sys/dev/c.c", "#include \"b.h\"\n");
        check(&[PARAM, TYPES, a, b, c], a.0, TYPES.0, Sight::Yes);
        check(&[PARAM, TYPES, a, b, c], a.0, b.0, Sight::No);
        check(&[PARAM, TYPES, a, b, c], c.0, b.0, Sight::Yes);
        check(&[PARAM, TYPES, a, b, c], c.0, TYPES.0, Sight::No);
        // A header may be seen with whatever its includers include.
        check(&[PARAM, TYPES, a, b, c], b.0, TYPES.0, Sight::No);
        let d = ("sys/dev/d.c", "#include <sys/types.h>\n#include \"b.h\"\n");
        check(&[PARAM, TYPES, a, b, c, d], b.0, TYPES.0, Sight::Maybe);
    }

    #[test]
    fn spelling_does_not_matter() {
        for text in [
            "#include <sys/param.h>",
            " # include\t<sys/param.h>",
            "/* c */ #include /* d */ <sys/param.h> // e",
            "#inc\\\nlude \\ \n <sys/param.h>",
            "#include \"../sys/./param.h\"",
            "#ifdef _KERNEL\n#include <sys/param.h>\n#endif",
            "#if defined(_KERNEL)\n#include <sys/param.h>\n#endif",
            "#if 0\n#else\n#include <sys/param.h>\n#endif",
        ] {
            check(&[PARAM, TYPES, ("sys/kern/a.c", text)], "sys/kern/a.c", TYPES.0, Sight::Yes);
        }
        for text in [
            "#ifdef FOO\n#include <sys/param.h>\n#endif",
            "#include FOO",
            "#if NFOO > 0\n#else\n#include <sys/param.h>\n#endif",
            "",
        ] {
            check(&[PARAM, TYPES, ("sys/kern/a.c", text)], "sys/kern/a.c", TYPES.0, Sight::Maybe);
        }
        for text in ["#include <param.hpp>", "#if 0\n#include <sys/param.h>\n#endif", "x #include <sys/param.h>"] {
            let text = format!("#include <nothing.h>\n{text}");
            check(&[PARAM, TYPES, ("sys/kern/a.c", &text)], "sys/kern/a.c", TYPES.0, Sight::No);
        }
    }

    #[test]
    fn a_port_sees_its_own() {
        let user = "#include <machine/bus.h>\n";
        let files = [
            ("sys/arch/amiga/include/bus.h", ""),
            ("sys/arch/sparc/include/bus.h", ""),
            ("sys/arch/sparc/compile/GENERIC/machine/bus.h", ""),
            ("sys/arch/amiga/dev/a.c", user),
            ("sys/arch/sparc/dev/a.c", user),
            ("sys/dev/a.c", user),
        ];
        check(&files, "sys/arch/amiga/dev/a.c", files[0].0, Sight::Yes);
        check(&files, "sys/arch/amiga/dev/a.c", files[1].0, Sight::No);
        check(&files, "sys/arch/amiga/dev/a.c", files[2].0, Sight::No);
        check(&files, "sys/arch/sparc/dev/a.c", files[1].0, Sight::Maybe);
        check(&files, "sys/arch/sparc/dev/a.c", files[2].0, Sight::Maybe);
        check(&files, "sys/arch/sparc/dev/a.c", files[0].0, Sight::No);
        check(&files, "sys/dev/a.c", files[0].0, Sight::Maybe);
        check(&files, "sys/dev/a.c", files[1].0, Sight::Maybe);
    }

    #[test]
    fn a_header_that_nobody_includes_may_come_from_the_command_line() {
        let config = ("conf/config.h", "");
        let a = ("kern/a.c", "#include <sys/x.h>\n");
        check(&[config, a], a.0, config.0, Sight::Maybe);
        check(&[config, a, ("kern/b.c", "#include \"config.h\"")], a.0, config.0, Sight::No);
    }

    #[test]
    fn circles_end() {
        let a = ("a.h", "#include \"b.h\"");
        let b = ("b.h", "#include \"a.h\"");
        check(&[a, b, ("c.h", ""), ("d.c", "#include \"c.h\"")], a.0, b.0, Sight::Yes);
        check(&[a, b, ("c.h", ""), ("d.c", "#include \"c.h\"")], a.0, "c.h", Sight::No);
    }
}
