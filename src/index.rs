//! Analyses that are kept: the second audit of an unchanged tree looks at names, sizes and times only.
//!
//! One file an analysis: a line that says what it is, a checksum, then who wrote it, what was asked, what the tree looked like, and
//! the audit. It is written whole or not at all; one that is damaged, of another program or of another tree is made anew.
//!
//! *Invariant:* a command prints the same bytes with and without it.

use crate::cli_index::{IndexArgs, KeepArgs};
use crate::output::Output;
use crate::status::{Status, complain, complain_of};
use crate::{audit, input, packs};
use anyhow::{Context, Result, anyhow, bail};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use uioscope_analyzer::Options;
use uioscope_analyzer::finding::{Audit, from_bytes, to_bytes};
use uioscope_source::text::{Manifest, Severity, SourceTree};

/// The first line of a kept analysis.
const MAGIC: &[u8] = b"uioscope-index/1\n";
/// How its file's name ends.
const ENDING: &str = "index";
/// No analysis is longer.
const LONGEST: u64 = 1 << 30;
/// All analyses of a directory together; the oldest go.
const MOST: u64 = 2 << 30;

/// Files that were read, each with whether only for its declarations. Sorted.
pub type Listed = Vec<(String, bool)>;

/// Where the analysis of one question to one tree is kept.
#[derive(Debug, Clone)]
pub struct Index {
    file: PathBuf,
    key: String,
    asked: bool,
    started: SystemTime,
    seen: Option<Manifest>,
}

/// What became of an analysis that was to be kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nobody asked.
    No,
    /// The tree has not changed: it was used.
    Used(PathBuf),
    /// It was written anew, so many bytes.
    Made(PathBuf, u64),
    /// It could not be kept, and why.
    Refused(String),
}

impl Index {
    /// The place for `path` and `options`; nothing where none is asked for and none is there.
    pub fn open(args: &IndexArgs, path: Option<&Path>, options: &Options) -> Result<Option<Index>> {
        if args.no_index {
            return Ok(None);
        }
        let started = SystemTime::now();
        let full = match path {
            Some(path) if path != Path::new("-") => path.canonicalize().ok(),
            _ if args.index => bail!("--index: name a tree; the sample and standard input are read in no time"),
            _ => None,
        };
        let (Some(path), Some(full)) = (path, full) else { return Ok(None) };
        let directory = match (directory(args.cache.as_deref()), args.index) {
            (Ok(directory), _) => directory,
            (Err(why), true) => return Err(why),
            (Err(_), false) => return Ok(None),
        };
        let key = format!("{}\n{}\n{options:?}", full.display(), path.display());
        let name = format!("{:08x}{:08x}.{ENDING}", crc32fast::hash(key.as_bytes()), key.len());
        let file = directory.join(name);
        if !args.index && !file.exists() {
            return Ok(None);
        }
        let seen = Manifest::of(path, &input::headers());
        Ok(Some(Index { file, key, asked: args.index, started, seen }))
    }

    /// What is kept, if it still holds.
    pub fn load(&self) -> Option<(Audit, Listed)> {
        let seen = self.seen.as_ref()?;
        if !self.file.exists() {
            return None;
        }
        match self.read(seen) {
            Ok(found) => found,
            Err(why) => {
                complain(&format!("{}: {why:#}; the analysis is made anew", self.file.display()));
                None
            }
        }
    }

    fn read(&self, seen: &Manifest) -> Result<Option<(Audit, Listed)>> {
        let bytes = input::small("the index", &self.file, LONGEST, "an index")?;
        let rest = bytes.strip_prefix(MAGIC).context("is no index of this version")?;
        let (sum, body) = rest.split_first_chunk::<4>().context("is cut off")?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            bail!("is damaged");
        }
        type Parts = (String, String, Manifest, Listed, Vec<u8>);
        let (program, key, manifest, listed, audit): Parts = borsh::from_slice(body).context("is damaged")?;
        if program != identity()? || key != self.key || manifest != *seen {
            return Ok(None);
        }
        Ok(Some((from_bytes(&audit)?, listed)))
    }

    /// Keeps an audit. That it cannot be kept is no fault of the audit.
    pub fn store(&self, tree: &SourceTree, audit: &Audit) -> Kept {
        let kept = match self.write(tree, audit) {
            Ok(kept) => kept,
            Err(why) => Kept::Refused(format!("{}: {why:#}", self.file.display())),
        };
        if let (Kept::Refused(why), true) = (&kept, self.asked) {
            complain(&format!("index: nothing was kept: {why}"));
        }
        kept
    }

    fn write(&self, tree: &SourceTree, audit: &Audit) -> Result<Kept> {
        let refused = |why: &str| Ok(Kept::Refused(why.to_owned()));
        let Some(seen) = &self.seen else { return refused("a part of the tree could not be looked at") };
        if tree.problems.iter().any(|p| p.severity == Severity::Error) {
            return refused("a file could not be read as it should; see above");
        }
        if !seen.is_settled(self.started) {
            return refused("a file changed just now, and may change again unseen; run it again in a moment");
        }
        let listed: Listed = tree.files.iter().map(|f| (f.path.clone(), f.context)).collect();
        let body = borsh::to_vec(&(identity()?, &self.key, seen, listed, to_bytes(audit)?))?;
        let bytes = [MAGIC, &crc32fast::hash(&body).to_le_bytes(), &body].concat();
        let directory = self.file.parent().context("has no directory")?;
        make(directory)?;
        Output::named(&self.file, "the index")?.finish(&bytes)?;
        shrink(directory, &self.file)?;
        Ok(Kept::Made(self.file.clone(), bytes.len() as u64))
    }

    /// Where it is.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether the tree still looks as it did at the start.
    pub fn still_holds(&self, path: &Path) -> bool {
        Manifest::of(path, &input::headers()) == self.seen
    }
}

/// `uioscope index`: keeps the analysis of a tree, or removes what is kept.
pub fn run(args: &KeepArgs) -> Result<Status> {
    if args.clean {
        return clean(&directory(args.cache.as_deref())?);
    }
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let index = IndexArgs { index: true, no_index: false, cache: args.cache.clone() };
    let work = audit::perform(args.tree.as_deref(), args.field.as_deref(), pack, 1, &index)?;
    let status = complain_of(&work.audit.problems);
    let (word, file) = match &work.kept {
        Kept::Made(file, _) => ("kept", file),
        Kept::Used(file) => ("unchanged", file),
        Kept::No | Kept::Refused(_) => return Ok(Status::Trouble),
    };
    let size = fs::metadata(file).map_or(0, |m| m.len());
    let line = format!(
        "{word}: {} findings of {} in {}, {} KiB\n",
        work.audit.findings.len(),
        uioscope_reports::safe::clean(&work.audit.tree),
        uioscope_reports::safe::clean(&file.display().to_string()),
        size.div_ceil(1024)
    );
    Output::open(None)?.finish(line.as_bytes())?;
    Ok(status)
}

fn clean(directory: &Path) -> Result<Status> {
    let (mut files, mut bytes) = (0u32, 0u64);
    for (file, size, _) in ours(directory) {
        fs::remove_file(&file).with_context(|| format!("{}: cannot be removed", file.display()))?;
        files += 1;
        bytes += size;
    }
    let line = format!("removed: {files} analyses, {} KiB\n", bytes.div_ceil(1024));
    Output::open(None)?.finish(line.as_bytes())?;
    Ok(Status::Done)
}

/// Removes the oldest until the rest fits; never `last`.
fn shrink(directory: &Path, last: &Path) -> Result<()> {
    let mut all = ours(directory);
    all.sort_by_key(|(file, _, age)| (*age, file.clone()));
    let mut total: u64 = all.iter().map(|a| a.1).sum();
    for (file, size, _) in all.iter().filter(|a| a.0 != last) {
        if total <= MOST {
            break;
        }
        // Another run may have been faster.
        let _ = fs::remove_file(file);
        total -= size;
    }
    Ok(())
}

/// The analyses in a directory: file, size, when it was written.
fn ours(directory: &Path) -> Vec<(PathBuf, u64, i64)> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let is_ours = |path: &Path| {
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        path.extension().is_some_and(|e| e == ENDING) && stem.len() >= 16 && stem.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let of = |entry: fs::DirEntry| {
        let (path, meta) = (entry.path(), entry.metadata().ok()?);
        (meta.is_file() && is_ours(&path)).then(|| (path, meta.len(), meta.mtime()))
    };
    entries.flatten().filter_map(of).collect()
}

fn make(directory: &Path) -> Result<()> {
    // What was found in a tree is as private as the tree.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("{}: cannot be made", directory.display()))
}

/// Where analyses are kept, by the XDG base directory specification.
fn directory(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        if named.exists() && !named.is_dir() {
            bail!("--cache {}: is no directory", named.display());
        }
        return Ok(named.to_owned());
    }
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    cache.map(|c| c.join("uioscope")).ok_or_else(|| anyhow!("no cache directory is known; name one with --cache DIR"))
}

/// This very program: another build may find something else.
fn identity() -> Result<String> {
    let meta = std::env::current_exe().and_then(fs::metadata).context("this program cannot be looked at")?;
    Ok(format!("{} {} {}.{:09}", env!("CARGO_PKG_VERSION"), meta.len(), meta.mtime(), meta.mtime_nsec()))
}
