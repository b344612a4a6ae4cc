//! The source tree: the one place of this crate that reads files.
//!
//! Files are read as bytes (old sources are Latin-1), in parallel, and kept: later stages look for names in all of them
//! again and again, which is faster in memory than any index that would have to be built first. A file that cannot be read
//! is a [`Problem`], never the end of the work.

use super::name_of;
use crate::text::{Problem, Severity, whole_tokens};
use rayon::prelude::*;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// One source file.
#[derive(Debug, Clone, Default)]
pub struct SourceFile {
    /// Relative to the tree's root, with `/`.
    pub path: String,
    /// Its text, in which a line that is continued cuts no token; as long as what is on disk.
    pub bytes: Vec<u8>,
    /// Read only for its declarations; nothing in it is reported.
    pub context: bool,
    /// What is on disk, where that is not the text.
    raw: Option<Vec<u8>>,
}

impl SourceFile {
    /// From what is on disk.
    pub fn new(path: String, bytes: Vec<u8>, context: bool) -> SourceFile {
        let whole = if CONTINUES_NO_LINE.iter().any(|e| path.ends_with(e)) {
            None
        } else {
            match whole_tokens(&bytes) {
                Cow::Borrowed(_) => None,
                Cow::Owned(whole) => Some(whole),
            }
        };
        match whole {
            Some(whole) => SourceFile { path, bytes: whole, context, raw: Some(bytes) },
            None => SourceFile { path, bytes, context, raw: None },
        }
    }

    /// What is on disk.
    pub fn on_disk(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(&self.bytes)
    }

    /// A part of the text as it stands on disk: with the line ends inside of it that joined words have behind them. `None` where
    /// it begins or ends inside of what was joined.
    pub fn span_on_disk(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        let Some(raw) = &self.raw else { return Some((start, end)) };
        if !same_bytes(&raw[..start as usize], &self.bytes[..start as usize]) {
            return None;
        }
        let rest = (start as usize, &raw[start as usize..], &self.bytes[start as usize..]);
        let mut to = end as usize;
        while !same_bytes(&rest.1[..to - rest.0], &rest.2[..to - rest.0]) {
            // What was joined has the line's end behind it.
            if !matches!(self.bytes.get(to), Some(b'\\' | b' ' | b'\t' | b'\r' | b'\n')) {
                return None;
            }
            to += 1;
        }
        Some((start, to as u32))
    }
}

/// Whether two texts have the same bytes, in whatever order.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let mut counts = [0i64; 256];
    a.iter().for_each(|c| counts[usize::from(*c)] += 1);
    b.iter().for_each(|c| counts[usize::from(*c)] -= 1);
    counts.iter().all(|n| *n == 0)
}

/// Endings of files in which a backslash at a line's end is the business of strings alone.
const CONTINUES_NO_LINE: [&str; 1] = [".rs"];

/// What can be read of a tree.
#[derive(Debug, Clone, Default)]
pub struct SourceTree {
    /// As the user named it.
    pub root: String,
    /// Of a part of a tree: the way to it from where the tree's own headers begin, `kern/`.
    pub home: String,
    /// Sorted by path.
    pub files: Vec<SourceFile>,
    /// Files that could not be read, sorted.
    pub problems: Vec<Problem>,
    /// Files named like source that are binary.
    pub binary: u64,
    /// Files not named like source.
    pub other_files: u64,
}

/// A tree that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Nothing there, or no permission.
    #[error("{path}: {error}; name a directory of kernel source, a file, or - for standard input")]
    Unreadable {
        /// What the user named.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// A directory without source.
    #[error("{path}: no source files in it ({other} other files); uioscope reads {}", ENDINGS.join(" "))]
    Empty {
        /// What the user named.
        path: String,
        /// Files that are not named like source.
        other: u64,
    },
}

/// How source files are named.
pub const ENDINGS: [&str; 8] = [".c", ".h", ".y", ".l", ".S", ".s", ".src", ".rs"];

/// No source file is larger; a sparse one would fill the memory.
const LARGEST_FILE: u64 = 256 << 20;

/// All that is kept in memory of one tree.
const LARGEST_TREE: u64 = 4 << 30;

impl SourceTree {
    /// Reads a directory or one file.
    ///
    /// # Errors
    /// The path cannot be read, or there is no source below it.
    pub fn read(path: &Path) -> Result<SourceTree, TreeError> {
        let root = path.display().to_string();
        let unreadable = |error| TreeError::Unreadable { path: root.clone(), error };
        let meta = fs::metadata(path).map_err(unreadable)?;
        if meta.is_file() {
            let bytes = read_file(path).map_err(|m| unreadable(io::Error::other(m)))?;
            let name = path.file_name().map_or_else(|| root.clone(), |n| name_of(Path::new(n)));
            return Ok(SourceTree::from_memory(&root, vec![(name, bytes)]));
        }
        fs::read_dir(path).map_err(unreadable)?;
        let mut tree = SourceTree { root: root.clone(), ..SourceTree::default() };
        tree.add(path, false);
        if tree.files.is_empty() && tree.problems.is_empty() && tree.binary == 0 {
            return Err(TreeError::Empty { path: root, other: tree.other_files });
        }
        Ok(tree)
    }

    /// A tree that is in memory already.
    pub fn from_memory(root: &str, files: Vec<(String, Vec<u8>)>) -> SourceTree {
        let mut tree = SourceTree { root: root.to_owned(), ..SourceTree::default() };
        for (path, bytes) in files {
            tree.keep(path, bytes, false);
        }
        tree.sort();
        tree
    }

    /// The file of that path.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.index_of(path).map(|i| &self.files[i])
    }

    /// Its place among the files.
    pub fn index_of(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|f| f.path.as_str().cmp(path)).ok()
    }

    /// Reads a directory or one file; where it is a part of a tree, the headers of the rest are read for their
    /// declarations. `headers`: path endings by which the tree is known, such as `sys/uio.h`.
    ///
    /// # Errors
    /// As [`SourceTree::read`].
    pub fn read_part(path: &Path, headers: &[String]) -> Result<SourceTree, TreeError> {
        let mut tree = SourceTree::read(path)?;
        let has = |h: &str| tree.files.iter().any(|f| f.path == h || f.path.ends_with(&format!("/{h}")));
        if let Some(whole) = whole_of(path, headers, has) {
            tree.home = whole.home;
            tree.add_context(&whole.headers, &whole.prefix);
        }
        Ok(tree)
    }

    /// Reads further files only for their declarations: when a part of a tree is audited, `path` is a file or directory
    /// of the rest. Their paths start with `prefix`.
    pub fn add_context(&mut self, path: &Path, prefix: &str) {
        let mut other = SourceTree::default();
        if path.is_dir() {
            other.add(path, true);
        } else if let Ok(bytes) = read_file(path) {
            let name = path.file_name().map(|n| name_of(Path::new(n))).unwrap_or_default();
            other.keep(name, bytes, true);
        }
        for mut file in other.files {
            file.path = format!("{prefix}{}", file.path);
            self.files.push(file);
        }
        self.sort();
    }

    fn sort(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.problems.sort();
    }

    fn problem(&mut self, path: String, line: Option<u32>, severity: Severity, message: String) {
        self.problems.push(Problem { path, line, severity, message });
    }

    fn add(&mut self, root: &Path, context: bool) {
        let mut found: Vec<(String, PathBuf)> = Vec::new();
        let mut links = 0u64;
        // Links are not followed: what they name inside the tree is read in its own place, and what is outside is not asked for.
        for entry in WalkDir::new(root).follow_root_links(true) {
            match entry {
                Ok(e) if e.file_type().is_file() => {
                    if is_source(e.path()) {
                        found.push((relative(root, e.path()), e.into_path()));
                    } else {
                        self.other_files += 1;
                    }
                }
                Ok(e) if e.file_type().is_symlink() => links += 1,
                // Pipes, sockets and devices.
                Ok(e) => self.other_files += u64::from(!e.file_type().is_dir()),
                Err(e) => {
                    let path = e.path().map_or_else(String::new, |p| relative(root, p));
                    let why = e.io_error().map_or_else(|| e.to_string(), ToString::to_string);
                    self.problem(
                        path,
                        None,
                        Severity::Error,
                        format!("could not be read: {why}; what is below it is missing from the audit"),
                    );
                }
            }
        }
        if links > 0 && !context {
            let message = format!(
                "{links} symbolic links were not followed; what they name is read where it stands, if that is inside the tree"
            );
            self.problem(".".to_owned(), None, Severity::Warning, message);
        }
        found.sort();
        let read: Vec<Result<Vec<u8>, String>> = found.par_iter().map(|(_, p)| read_file(p)).collect();
        let mut total = 0u64;
        for ((path, _), result) in found.into_iter().zip(read) {
            match result {
                Ok(bytes) => {
                    total += bytes.len() as u64;
                    if total > LARGEST_TREE {
                        self.problem(
                            path,
                            None,
                            Severity::Error,
                            "the tree is larger than 4 GiB; audit its parts one by one".to_owned(),
                        );
                    } else {
                        self.keep(path, bytes, context);
                    }
                }
                Err(message) => self.problem(path, None, Severity::Error, message),
            }
        }
        self.sort();
    }

    fn keep(&mut self, path: String, bytes: Vec<u8>, context: bool) {
        if is_binary(&bytes) {
            self.binary += u64::from(!context);
            return;
        }
        if let (Some(at), false) = (memchr::memchr(0, &bytes), context) {
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..at]).count() as u32;
            self.problem(
                path.clone(),
                Some(line),
                Severity::Error,
                "NUL byte in source: it was read as a blank; check the file".to_owned(),
            );
        }
        self.files.push(SourceFile::new(path, bytes, context));
    }
}

/// Where the rest of a tree is, of which a part is read.
pub(super) struct Whole {
    /// The directory of its headers.
    pub headers: PathBuf,
    /// What paths of those begin with, seen from the part.
    pub prefix: String,
    /// The way from there to the part, `kern/`.
    pub home: String,
}

/// The tree around `path`; nothing if it `has` one of the headers itself, or if none is seen above it.
pub(super) fn whole_of(path: &Path, headers: &[String], has: impl Fn(&str) -> bool) -> Option<Whole> {
    const MOST_LEVELS: usize = 10;
    if headers.iter().any(|h| has(h)) {
        return None;
    }
    let full = path.canonicalize().ok()?;
    let skip = usize::from(full.is_file());
    for (level, above) in full.ancestors().skip(1).take(MOST_LEVELS).enumerate() {
        if let Some(header) = headers.iter().find(|h| above.join(h).is_file()) {
            let dir = header.rsplit_once('/').map_or("", |(d, _)| d);
            let up = "../".repeat(level + 1 - skip);
            let named = if full.is_file() { full.parent().unwrap_or(&full) } else { &full };
            let home = match relative(above, named) {
                home if home.is_empty() => home,
                home => home + "/",
            };
            return Some(Whole { headers: above.join(dir), prefix: format!("{up}{dir}/"), home });
        }
    }
    None
}

pub(super) fn relative(root: &Path, path: &Path) -> String {
    let inside = name_of(path.strip_prefix(root).unwrap_or(path));
    if std::path::MAIN_SEPARATOR == '/' { inside } else { inside.replace(std::path::MAIN_SEPARATOR, "/") }
}

pub(super) fn is_source(path: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let name = path.as_os_str().as_bytes();
    ENDINGS.iter().any(|e| name.ends_with(e.as_bytes()))
}

/// More than one in 32 of the first bytes are control characters that no text has.
fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let odd = head.iter().filter(|b| matches!(b, 0..=6 | 14..=26 | 28..=31)).count();
    odd * 32 > head.len()
}

/// The file's bytes, or what to tell the user.
fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let lost = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => "vanished while the tree was read; audit again".to_owned(),
        _ => format!("could not be read: {e}; it is missing from the audit"),
    };
    let mut file = File::open(path).map_err(lost)?;
    let before = file.metadata().map_err(lost)?;
    if before.len() > LARGEST_FILE {
        return Err("is larger than 256 MiB, which no source file is; it is missing from the audit".to_owned());
    }
    // One byte more than the size, so that the end is seen without growing the buffer.
    let mut bytes = Vec::with_capacity(before.len() as usize + 1);
    (&mut file).take(LARGEST_FILE).read_to_end(&mut bytes).map_err(lost)?;
    let after = file.metadata().map_err(lost)?;
    if before.is_file() && (bytes.len() as u64 != before.len() || before.modified().ok() != after.modified().ok()) {
        return Err("changed while it was read; audit again".to_owned());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_is_told_from_text_with_a_stray_nul() {
        let tree = SourceTree::from_memory(
            "t",
            vec![
                ("a.c".into(), b"int a;\nint\0b; /* long enough to be text */".to_vec()),
                ("b.c".into(), vec![0; 100]),
            ],
        );
        assert_eq!((tree.files.len(), tree.binary), (1, 1));
        assert_eq!(tree.problems[0].line, Some(2));
    }
}
