//! Where a report goes: standard output, or a file that is either the old one or the whole new one.

use anyhow::{Context, Result, anyhow, bail};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{Path, PathBuf};

/// A place for a report, found fit before the long work starts.
#[derive(Debug)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A regular file, or one to be: written beside it and moved into its place.
    File(PathBuf),
    /// Something that cannot be replaced, such as a device or a pipe: written as it is.
    Special(File, PathBuf),
}

impl Output {
    /// Finds out now whether `path` can be written, so that no long work is done for nothing. Leaves nothing behind,
    /// so that an audit of the directory the report goes to does not see it.
    pub fn open(path: Option<&Path>) -> Result<Output> {
        path.map_or(Ok(Output::Stdout), |path| Output::named(path, &format!("-o {}", path.display())))
    }

    /// The same for a path that is no `-o`, called `name` in messages.
    pub fn named(path: &Path, name: &str) -> Result<Output> {
        let named = || name.to_owned();
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Err(anyhow!("is a directory; name a file in it").context(named())),
            Ok(meta) => {
                let file =
                    OpenOptions::new().append(true).open(path).context("cannot be written").with_context(named)?;
                if !meta.is_file() {
                    return Ok(Output::Special(file, path.to_owned()));
                }
                // A link stays a link: what it names is replaced.
                let target = fs::canonicalize(path).with_context(named)?;
                Output::probe(target).with_context(named)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                if path.file_name().is_none() || path.as_os_str().to_string_lossy().ends_with('/') {
                    return Err(anyhow!("is not the name of a file").context(named()));
                }
                if fs::symlink_metadata(path).is_ok() {
                    return Err(anyhow!("is a link to nothing").context(named()));
                }
                Output::probe(path.to_owned()).with_context(named)
            }
            Err(e) => Err(anyhow!(e).context("cannot be written").context(named())),
        }
    }

    fn probe(target: PathBuf) -> Result<Output> {
        let (file, beside) = Temporary::beside(&target)?;
        drop((file, beside));
        Ok(Output::File(target))
    }

    /// Whether colours and the like may be shown to whoever reads this.
    pub fn is_terminal(&self) -> bool {
        match self {
            Output::Stdout => io::stdout().is_terminal(),
            Output::File(_) => false,
            Output::Special(file, _) => file.is_terminal(),
        }
    }

    /// Starts to write something that is longer than fits into memory.
    pub fn stream(self) -> Result<Sink> {
        Ok(match self {
            Output::Stdout => Sink::Stdout(io::stdout().lock()),
            Output::Special(file, _) => Sink::Special(BufWriter::with_capacity(BUFFER, file)),
            Output::File(target) => {
                let (file, temporary) = Temporary::beside(&target)?;
                Sink::File { file: BufWriter::with_capacity(BUFFER, file), temporary, target }
            }
        })
    }

    /// Writes the whole report. A reader of standard output that went away is no error.
    pub fn finish(self, report: &[u8]) -> Result<()> {
        match self {
            Output::Stdout => {
                let mut out = io::stdout().lock();
                quiet(out.write_all(report).and_then(|()| out.flush())).context("cannot write to standard output")
            }
            Output::Special(mut file, path) => {
                let written = file.write_all(report).and_then(|()| file.flush());
                quiet(written).with_context(|| format!("-o {}: cannot be written", path.display()))
            }
            Output::File(target) => {
                replace(&target, report).with_context(|| format!("-o {}: cannot be written", target.display()))
            }
        }
    }
}

/// What is written to a file at a time.
const BUFFER: usize = 1 << 18;

/// Something being written. Unless it is committed, a file stays as it was.
#[derive(Debug)]
pub enum Sink {
    /// Standard output.
    Stdout(StdoutLock<'static>),
    /// Something that cannot be replaced.
    Special(BufWriter<File>),
    /// A file beside the one it will replace.
    File {
        /// Where it is written.
        file: BufWriter<File>,
        /// Its name, until it has the other's.
        temporary: Temporary,
        /// The file to replace.
        target: PathBuf,
    },
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Stdout(out) => out.write(bytes),
            Sink::Special(out) | Sink::File { file: out, .. } => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Stdout(out) => out.flush(),
            Sink::Special(out) | Sink::File { file: out, .. } => out.flush(),
        }
    }
}

impl Sink {
    /// Makes what was written count; with `new`, only where nobody else made the file meanwhile.
    pub fn commit(mut self, new: bool) -> Result<()> {
        self.flush().context("cannot be written to its end")?;
        match self {
            Sink::Stdout(_) | Sink::Special(_) => Ok(()),
            Sink::File { file, temporary, target } => {
                let named = || format!("{}: cannot be written", target.display());
                let file = file.into_inner().map_err(|e| anyhow!(e.into_error())).with_context(named)?;
                if new {
                    file.sync_all().with_context(named)?;
                    match fs::hard_link(&temporary.path, &target) {
                        Ok(()) => return Ok(()),
                        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                            bail!("{}: is there already; --force replaces it", target.display());
                        }
                        // Not every file system has links.
                        Err(_) => {}
                    }
                }
                settle(&file, temporary, &target).with_context(named)
            }
        }
    }
}

/// A broken pipe is no error: whoever read had enough.
pub fn quiet(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn replace(target: &Path, report: &[u8]) -> Result<()> {
    let (mut file, temporary) = Temporary::beside(target)?;
    file.write_all(report)?;
    settle(&file, temporary, target)
}

/// Moves a file that is whole into the place of another.
fn settle(file: &File, temporary: Temporary, target: &Path) -> Result<()> {
    if let Ok(old) = fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    fs::rename(&temporary.path, target)?;
    temporary.keep();
    Ok(())
}

/// Removes what runs that were killed left in a directory: temporary files that nobody holds.
fn clear(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| {
            let numbers = name.strip_prefix(".uioscope-").and_then(|name| name.strip_suffix(".tmp"));
            numbers.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'-') && is_gone(n))
        });
        let left = ours && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if left {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the process that a temporary file is named after has ended. Where that cannot be seen, it is taken to run: one that has
/// finished a file and not yet renamed it holds no lock.
fn is_gone(numbers: &str) -> bool {
    let pid = numbers.split('-').next().unwrap_or_default();
    Path::new("/proc/self").exists() && !Path::new("/proc").join(pid).exists()
}

/// A file that is removed again unless it is kept.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
    kept: bool,
}

impl Temporary {
    /// A new file in the directory of `target`.
    pub fn beside(target: &Path) -> Result<(File, Temporary)> {
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        clear(directory);
        for attempt in 0..64 {
            let path = directory.join(format!(".uioscope-{}-{attempt}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    // Held as long as it is written, so that nobody takes it for left over. Not every file system can.
                    let _ = file.try_lock();
                    return Ok((file, Temporary { path, kept: false }));
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => {
                    return Err(e).with_context(|| format!("cannot write in {}", directory.display()));
                }
            }
        }
        bail!("cannot write in {}: it is full of unfinished reports", directory.display())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It is not removed.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}
