//! A header of a kernel's, with what is around it.

use crate::status::complain;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use uioscope_source::text::SourceTree;

/// A header by which the root of a tree is known.
const KNOWN: &str = "sys/types.h";

/// Above the header's directory so many are looked at.
const MOST_LEVELS: usize = 10;

/// Reads the header and the tree that it is in, and says where it is in that.
pub fn read(header: &Path, root: Option<&Path>) -> Result<(SourceTree, String)> {
    let named = || header.display().to_string();
    let found = header.canonicalize().context("cannot be read").with_context(named)?;
    if !found.is_file() {
        bail!("{}: is no file; name the header that declares the struct", named());
    }
    let root = match root {
        Some(root) => root.canonicalize().context("cannot be read").with_context(|| root.display().to_string())?,
        None => root_of(&found)?,
    };
    let Ok(path) = found.strip_prefix(&root) else {
        bail!("{}: is not below --tree {}", named(), root.display());
    };
    let path = path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let mut tree = SourceTree::default();
    tree.add_context(&root, "");
    tree.add_context(&found, path.strip_suffix(&file_name(&found)).unwrap_or_default());
    tree.files.dedup_by(|a, b| a.path == b.path);
    tree.problems.iter().for_each(|p| complain(&format!("{}: {}", p.path, p.message)));
    Ok((tree, path))
}

/// The nearest directory above that holds what a kernel's headers all need, or the header's own.
fn root_of(header: &Path) -> Result<PathBuf> {
    let own = header.parent().context("a file without a directory")?;
    let root = own.ancestors().take(MOST_LEVELS).find(|above| above.join(KNOWN).is_file());
    Ok(root.unwrap_or(own).to_owned())
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
