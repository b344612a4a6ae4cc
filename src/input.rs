//! What is read: a tree, one file, standard input, or the embedded corpus.

use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::io::Read;
use std::path::Path;
use uioscope_analyzer::packs::{BUILTIN, Pack};
use uioscope_reports::place::Places;
use uioscope_source::text::{SourceTree, name_of};

/// What the embedded corpus is called in reports.
pub const CORPUS: &str = "the embedded corpus";
/// What standard input is called in reports.
pub const STDIN: &str = "<stdin>";
/// No more than this is taken from standard input.
const STDIN_LIMIT: u64 = 1 << 30;

/// Reads what the argument names: nothing is the embedded corpus, `-` is standard input.
pub fn read(path: Option<&Path>) -> Result<SourceTree> {
    let Some(path) = path else { return Ok(corpus()) };
    let tree = if path == Path::new("-") {
        let bytes = limited(std::io::stdin().lock(), STDIN_LIMIT).context(STDIN)?;
        SourceTree::from_memory(STDIN, vec![(STDIN.to_owned(), bytes)])
    } else if is_special(path) {
        bail!("{}: neither a directory nor a regular file; for what it gives, name - and feed it there", path.display())
    } else {
        SourceTree::read_part(path, &headers())?
    };
    if tree.binary > 0 && tree.problems.is_empty() && tree.files.iter().all(|f| f.context) {
        bail!("{}: binary, and nothing else: no source to read", tree.root);
    }
    Ok(tree)
}

/// How the places of what the argument names are reached from where the user stands.
pub fn places(path: Option<&Path>) -> Places {
    match path {
        Some(path) if path == Path::new("-") => Places::default(),
        Some(path) if path.is_file() => Places::new(&name_of(path.parent().unwrap_or(path))),
        Some(path) => Places::new(&name_of(path)),
        None => Places::default(),
    }
}

/// A device or a pipe, which would be read to an end that may never come.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| !m.is_dir() && !m.is_file())
}

/// The bytes of a file that is no kernel source: a pack, rules, a plan, a scenario. Never more than `limit`, and never from what may
/// have no end. Messages call it as `called` says.
pub fn small(called: &str, path: &Path, limit: u64, what: &str) -> Result<Vec<u8>> {
    let named = || called.to_owned();
    let metadata = fs::metadata(path).context("cannot be read").with_context(named)?;
    if metadata.is_dir() {
        bail!("{}: is a directory; name {what} in it", named());
    }
    if is_special(path) {
        bail!("{}: neither a directory nor a regular file; write {what} to a file and name that", named());
    }
    let file = fs::File::open(path).context("cannot be read").with_context(named)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).context("cannot be read").with_context(named)?;
    if bytes.len() as u64 > limit {
        bail!("{}: more than {} is not {what}", named(), size(limit));
    }
    Ok(bytes)
}

/// The same, as text.
pub fn small_text(path: &Path, limit: u64, what: &str) -> Result<String> {
    String::from_utf8(small(&path.display().to_string(), path, limit, what)?).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        anyhow!("{}:{line}: not UTF-8", path.display())
    })
}

/// A limit in words.
fn size(limit: u64) -> String {
    if limit >= 1 << 20 { format!("{} MiB", limit >> 20) } else { format!("{limit} bytes") }
}

/// Where the packs' structs are declared: how the rest of a tree is found from a part of it.
pub fn headers() -> Vec<String> {
    let mut headers: Vec<String> =
        BUILTIN.iter().filter_map(|(name, _)| Pack::builtin(name).ok()).flat_map(|p| p.headers).collect();
    headers.sort();
    headers.dedup();
    headers
}

/// What the argument names, for messages while it is read.
pub fn name(path: Option<&Path>) -> String {
    match path {
        None => CORPUS.to_owned(),
        Some(path) if path == Path::new("-") => "standard input".to_owned(),
        Some(path) => path.display().to_string(),
    }
}

fn corpus() -> SourceTree {
    let files = uioscope_corpus::tree();
    SourceTree::from_memory(CORPUS, files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect())
}

fn limited(input: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(limit + 1).read_to_end(&mut bytes).context("cannot be read")?;
    if bytes.len() as u64 > limit {
        bail!("more than {limit} bytes; write it to a file and name that instead");
    }
    if bytes.is_empty() {
        bail!("there is nothing to read");
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_limited() {
        assert_eq!(limited(&b"1234"[..], 4).expect("as much as may be"), b"1234");
        let error = limited(std::io::repeat(0), 4).expect_err("too much");
        assert_eq!(error.to_string(), "more than 4 bytes; write it to a file and name that instead");
        assert!(limited(&b""[..], 4).is_err());
    }
}
