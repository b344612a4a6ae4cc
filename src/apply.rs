//! Writes edited files into a tree: each whole or not at all.

use crate::output::Temporary;
use crate::status::complain;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uioscope_source::text::{SourceTree, path_of};

/// A new text that lies beside the file that it will replace.
struct Ready {
    path: String,
    target: PathBuf,
    temporary: Temporary,
}

/// Replaces files of the tree at `root`. All new texts are written before the first file is replaced, so that a tree that
/// cannot be written stays as it is. Gives the files that were replaced, also when it was interrupted.
///
/// # Errors
/// A file changed since it was read, or cannot be written: nothing was replaced then.
pub fn apply(root: &Path, tree: &SourceTree, files: &BTreeMap<String, Vec<u8>>) -> Result<(Vec<String>, bool)> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // A handler that is there already is somebody's who knows better.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    until(root, tree, files, || stop.load(Ordering::Relaxed))
}

/// The same, until `stop` says so.
fn until(
    root: &Path,
    tree: &SourceTree,
    files: &BTreeMap<String, Vec<u8>>,
    mut stop: impl FnMut() -> bool,
) -> Result<(Vec<String>, bool)> {
    let mut ready = Vec::new();
    for (path, text) in files {
        if stop() {
            return Ok((Vec::new(), true));
        }
        ready.push(prepare(root, tree, path, text)?);
    }
    let mut written = Vec::new();
    for one in ready {
        if stop() {
            return Ok((written, true));
        }
        let replaced = fs::rename(one.temporary.path(), &one.target);
        if let Err(e) = replaced {
            complain(&format!("{}: cannot be replaced: {e}; it and those after it are as they were", one.path));
            return Ok((written, true));
        }
        one.temporary.keep();
        written.push(one.path);
    }
    Ok((written, false))
}

fn prepare(root: &Path, tree: &SourceTree, path: &str, text: &[u8]) -> Result<Ready> {
    let target = if root.is_file() { root.to_owned() } else { root.join(path_of(path)) };
    // What a link names is replaced, and not the link.
    let target = fs::canonicalize(&target)
        .with_context(|| format!("{path}: vanished since it was read; nothing was written"))?;
    let now = fs::read(&target).with_context(|| format!("{path}: cannot be read; nothing was written"))?;
    if tree.file(path).is_none_or(|f| f.on_disk() != now) {
        bail!("{path}: changed since it was read; nothing was written; run this again");
    }
    let writable = || {
        format!(
            "{path}: cannot be written; nothing was written; make the tree writable, or take the diff without --apply"
        )
    };
    let (mut file, temporary) = Temporary::beside(&target).with_context(writable)?;
    file.write_all(text).with_context(writable)?;
    let meta = fs::metadata(&target).with_context(writable)?;
    if meta.permissions().readonly() {
        bail!("{}", writable());
    }
    file.set_permissions(meta.permissions()).with_context(writable)?;
    file.sync_all().with_context(writable)?;
    Ok(Ready { path: path.to_owned(), target, temporary })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_leaves_whole_files_and_nothing_beside_them() {
        let root = std::env::temp_dir().join(format!("uioscope-apply-{}", std::process::id()));
        fs::create_dir_all(&root).expect("a directory");
        let old: Vec<(String, Vec<u8>)> =
            ["a.c", "b.c", "c.c"].iter().map(|n| ((*n).to_owned(), b"old\n".to_vec())).collect();
        for (name, text) in &old {
            fs::write(root.join(name), text).expect("a file");
        }
        let tree = SourceTree::from_memory("t", old.clone());
        let new: BTreeMap<String, Vec<u8>> = old.iter().map(|(n, _)| (n.clone(), b"new\n".to_vec())).collect();
        // Asked once a file while the texts are made ready, then once before each file is replaced.
        let mut asked = 0;
        let (written, stopped) = until(&root, &tree, &new, || {
            asked += 1;
            asked > 5
        })
        .expect("no error");
        assert_eq!((written, stopped), (vec!["a.c".to_owned(), "b.c".to_owned()], true));
        let now = |n: &str| fs::read_to_string(root.join(n)).expect("the file");
        assert_eq!((now("a.c"), now("b.c"), now("c.c")), ("new\n".into(), "new\n".into(), "old\n".into()));
        assert_eq!(fs::read_dir(&root).expect("the directory").count(), 3, "no temporary file is left");
        let error = apply(&root, &tree, &new).expect_err("a.c changed");
        assert!(error.to_string().starts_with("a.c: changed since it was read"), "{error}");
        fs::remove_dir_all(&root).expect("it goes");
    }
}
