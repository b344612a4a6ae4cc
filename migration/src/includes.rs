//! Which headers a file sees, and how it is made to see another one.

use crate::edit::{Edit, newline};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Mutex;
use uioscope_analyzer::tree::{SourceFile, SourceTree};

/// Follows `#include` lines through a tree. Conditions are not looked at: what is included in some configuration counts.
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

    /// Whether a file sees the header of that path ending, itself or through others.
    pub fn sees(&self, file: u32, header: &str) -> bool {
        let is_meant = |i: u32| ends_with(&self.tree.files[i as usize].path, header);
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut work = vec![file];
        while let Some(at) = work.pop() {
            if is_meant(at) {
                return true;
            }
            if seen.insert(at) {
                work.extend(self.includes(at));
            }
        }
        false
    }

    fn includes(&self, file: u32) -> Vec<u32> {
        if let Some(known) = self.direct.lock().expect("no panics while locked").get(&file) {
            return known.clone();
        }
        let source = &self.tree.files[file as usize];
        let mut found = Vec::new();
        for (_, name) in lines(source) {
            let Some(last) = name.rsplit('/').next() else { continue };
            let all = self.by_name.get(last).into_iter().flatten();
            let suffixed = all.filter(|i| ends_with(&self.tree.files[**i as usize].path, &name));
            // Of several the nearest, as the ports' own `machine` directories make it.
            found.extend(suffixed.max_by_key(|i| common(&source.path, &self.tree.files[**i as usize].path)));
        }
        self.direct.lock().expect("no panics while locked").insert(file, found.clone());
        found
    }

    /// An edit that includes a header after the last of the file's includes that are there in every configuration.
    pub fn add(&self, file: u32, header: &str) -> Option<Edit> {
        let source = &self.tree.files[file as usize];
        let place = lines(source).into_iter().filter(|(_, name)| name.starts_with("sys/")).map(|(end, _)| end).max()?;
        let text = format!("#include <{header}>{}", newline(&source.bytes));
        Some(Edit::new(&source.path, place as u32, place as u32, text))
    }
}

fn ends_with(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

fn common(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}

/// The `#include` lines outside of conditionals: the offset after each line, and the name. Guards around a whole header
/// are no conditionals.
fn lines(source: &SourceFile) -> Vec<(usize, String)> {
    let text = &source.bytes[..];
    let mut found = Vec::new();
    let mut depth = 0i32;
    let guard = i32::from(source.path.ends_with(".h"));
    for at in memchr::memchr_iter(b'#', text) {
        if at > 0 && !text[..at].iter().rev().take_while(|b| **b != b'\n').all(|b| matches!(b, b' ' | b'\t')) {
            continue;
        }
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1);
        let line = text[at + 1..end].trim_ascii();
        if line.starts_with(b"if") {
            depth += 1;
        } else if line.starts_with(b"endif") {
            depth -= 1;
        } else if let Some(rest) = line.strip_prefix(b"include")
            && depth <= guard
        {
            let name = rest.split(|b| matches!(b, b'<' | b'>' | b'"')).nth(1);
            found.extend(name.map(|n| (end, String::from_utf8_lossy(n).into_owned())));
        }
    }
    found
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
            ["sys/proc.h", "sys/types.h", "sys/lock.h", "sys/uio.h"].iter().map(|h| includes.sees(0, h)).collect();
        assert_eq!(seen, [true, true, false, false]);
        let edit = includes.add(0, "sys/uio.h").expect("a place");
        let text = String::from_utf8(crate::edit::apply(&tree.files[0].bytes, [&edit].into_iter())).expect("text");
        assert!(text.starts_with("#include <sys/param.h>\n#include <sys/uio.h>\n#ifdef X"), "{text}");
    }
}
