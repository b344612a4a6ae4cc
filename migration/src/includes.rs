//! Which headers a file sees, and how it is made to see another one.

use crate::edit::{Edit, newline};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Mutex;
use uioscope_source::text::{SourceFile, SourceTree};

/// Follows `#include` lines through a tree. What is included under a condition counts where the same condition holds.
pub struct Includes<'t> {
    tree: &'t SourceTree,
    by_name: FxHashMap<&'t str, Vec<u32>>,
    direct: Mutex<FxHashMap<u32, Vec<u32>>>,
}

impl<'t> Includes<'t> {
    /// In a tree.
    pub fn new(tree: &'t SourceTree) -> Includes<'t> {
        let mut by_name: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        for (i, f) in tree.files.iter().enumerate().filter(|(_, f)| f.path.ends_with(".h")) {
            by_name.entry(f.path.rsplit('/').next().unwrap_or(&f.path)).or_default().push(i as u32);
        }
        Includes { tree, by_name, direct: Mutex::default() }
    }

    /// Whether a place of a file sees the header of that path ending, itself or through others. A file without includes is
    /// part of those that include it.
    pub fn sees(&self, file: u32, at: u32, header: &str) -> bool {
        let source = &self.tree.files[file as usize];
        let mine = lines(source);
        let around = arms(&source.bytes, at as usize);
        let is_effective = |l: &&Line| around.starts_with(&l.arms);
        // Of a part of a tree the header itself may not be there.
        if mine.iter().filter(is_effective).any(|l| ends_with(&l.name, header)) {
            return true;
        }
        let direct: Vec<u32> = mine.iter().filter(is_effective).filter_map(|l| self.find(source, &l.name)).collect();
        if mine.is_empty() && source.path.ends_with(".c") {
            let whole = self.includers(file);
            return !whole.is_empty() && whole.iter().all(|(i, at)| self.sees(*i, *at, header));
        }
        self.reach(direct, header)
    }

    fn reach(&self, mut work: Vec<u32>, header: &str) -> bool {
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        while let Some(at) = work.pop() {
            if ends_with(&self.tree.files[at as usize].path, header) {
                return true;
            }
            if seen.insert(at) {
                work.extend(self.of_header(at));
            }
        }
        false
    }

    /// Files that include a `.c` file, and where.
    fn includers(&self, file: u32) -> Vec<(u32, u32)> {
        let path = &self.tree.files[file as usize].path;
        let name = path.rsplit('/').next().unwrap_or(path);
        let finder = memchr::memmem::Finder::new(name);
        let all = self.tree.files.par_iter().enumerate().filter(|(_, f)| finder.find(&f.bytes).is_some());
        all.flat_map_iter(|(i, f)| {
            let lines = lines(f).into_iter().filter(|l| ends_with(path, &l.name));
            lines.map(|l| (i as u32, l.end as u32)).collect::<Vec<_>>()
        })
        .filter(|(i, _)| *i != file)
        .collect()
    }

    fn of_header(&self, file: u32) -> Vec<u32> {
        if let Some(known) = self.direct.lock().expect("no panics while locked").get(&file) {
            return known.clone();
        }
        let source = &self.tree.files[file as usize];
        // The guard around a header is no condition, and nor is that it is for the kernel.
        let always = |l: &&Line| l.arms.len() <= 1 + usize::from(l.kernel);
        let found: Vec<u32> = lines(source).iter().filter(always).filter_map(|l| self.find(source, &l.name)).collect();
        self.direct.lock().expect("no panics while locked").insert(file, found.clone());
        found
    }

    /// The header that a name means: of several the nearest, as the ports' own `machine` directories make it.
    fn find(&self, source: &SourceFile, name: &str) -> Option<u32> {
        let all = self.by_name.get(name.rsplit('/').next()?)?.iter().copied();
        let suffixed = all.filter(|i| ends_with(&self.tree.files[*i as usize].path, name));
        suffixed.max_by_key(|i| common(&source.path, &self.tree.files[*i as usize].path))
    }

    /// An edit that includes a header for a place: after the last system header that the place sees.
    pub fn add(&self, file: u32, at: u32, header: &str) -> Option<Edit> {
        let source = &self.tree.files[file as usize];
        let around = arms(&source.bytes, at as usize);
        let fits = |l: &Line| l.name.starts_with("sys/") && around.starts_with(&l.arms) && l.end <= at as usize;
        let place = lines(source).into_iter().filter(fits).map(|l| l.end).max()? as u32;
        let text = format!("#include <{header}>{}", newline(&source.bytes));
        Some(Edit::new(&source.path, place, place, text))
    }
}

fn ends_with(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

fn common(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}

/// An `#include` line.
struct Line {
    /// The offset after it.
    end: usize,
    name: String,
    /// The conditionals around it: where each starts, and which of its arms.
    arms: Vec<(usize, usize)>,
    /// One of them asks for the kernel alone.
    kernel: bool,
}

/// All `#include` lines of a file.
fn lines(source: &SourceFile) -> Vec<Line> {
    let mut found = Vec::new();
    directives(&source.bytes, |end, line, arms, kernel| {
        if let Some(rest) = line.strip_prefix(b"include") {
            let name = rest.split(|b| matches!(b, b'<' | b'>' | b'"')).nth(1);
            let line = |n| Line { end, name: String::from_utf8_lossy(n).into_owned(), arms: arms.to_vec(), kernel };
            found.extend(name.map(line));
        }
        true
    });
    found
}

/// The conditionals around a place.
fn arms(text: &[u8], at: usize) -> Vec<(usize, usize)> {
    let mut around = Vec::new();
    directives(text, |end, _, arms, _| {
        if end <= at {
            around = arms.to_vec();
        }
        end <= at
    });
    around
}

/// Calls `f` with the offset after each directive, its text, and the conditionals that are open after it, until it says no.
fn directives(text: &[u8], mut f: impl FnMut(usize, &[u8], &[(usize, usize)], bool) -> bool) {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut kernel: Vec<bool> = Vec::new();
    for at in memchr::memchr_iter(b'#', text) {
        if !text[..at].iter().rev().take_while(|b| **b != b'\n').all(|b| matches!(b, b' ' | b'\t')) {
            continue;
        }
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1);
        let line = text[at + 1..end].trim_ascii();
        if line.starts_with(b"if") {
            open.push((at, 0));
            kernel.push(matches!(line, b"ifdef _KERNEL" | b"ifdef\t_KERNEL" | b"if defined(_KERNEL)"));
        } else if line.starts_with(b"el") {
            if let (Some(last), Some(k)) = (open.last_mut(), kernel.last_mut()) {
                last.1 += 1;
                *k = false;
            }
        } else if line.starts_with(b"endif") {
            open.pop();
            kernel.pop();
        }
        if !f(end, line, &open, kernel.iter().any(|k| *k)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_seen_through_headers() {
        let files = [
            (
                "sys/kern/a.c",
                "#include <sys/param.h>\n#ifdef X\n#include <sys/lock.h>\n#endif\n#include \"b.h\"\nint x;\n",
            ),
            ("sys/kern/b.h", "#include <sys/proc.h>\n"),
            ("sys/sys/lock.h", ""),
            ("sys/sys/param.h", "#ifndef _P_\n#define _P_\n#include <sys/types.h>\n#endif\n"),
            ("sys/sys/proc.h", ""),
            ("sys/sys/types.h", ""),
        ];
        let files = files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect();
        let tree = SourceTree::from_memory("t", files);
        let includes = Includes::new(&tree);
        let seen: Vec<bool> =
            ["sys/proc.h", "sys/types.h", "sys/lock.h", "sys/uio.h"].iter().map(|h| includes.sees(0, 80, h)).collect();
        assert_eq!(seen, [true, true, false, false]);
        assert!(includes.sees(0, 55, "sys/lock.h"), "in the same arm");
        let edit = includes.add(0, 80, "sys/uio.h").expect("a place");
        let text = String::from_utf8(crate::edit::apply(&tree.files[0].bytes, [&edit].into_iter())).expect("text");
        assert!(text.starts_with("#include <sys/param.h>\n#include <sys/uio.h>\n#ifdef X"), "{text}");
    }
}
