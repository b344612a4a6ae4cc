//! Where a trace comes from: a file, or standard input.

use super::header;
use crate::cli::{CallArgs, HintArgs};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use uioscope_ktrace::Trace;
use uioscope_ktrace::calls::Table;
use uioscope_ktrace::detect::Hints;
use uioscope_ktrace::names::Names;
use uioscope_ktrace::told;

/// A file or standard input.
#[derive(Debug)]
pub enum Source {
    /// A file, a device or a named pipe.
    File(File),
    /// Standard input.
    Stdin(io::Stdin),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read(buffer),
            Source::Stdin(stdin) => stdin.lock().read(buffer),
        }
    }
}

/// What the argument is called in messages and reports.
pub fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Opens what the argument names.
pub fn source(path: &Path) -> Result<Source> {
    if path == Path::new("-") {
        return Ok(Source::Stdin(io::stdin()));
    }
    let file = File::open(path).with_context(|| format!("{}: cannot be opened", path.display()))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        anyhow::bail!("{}: is a directory; name a trace in it", path.display());
    }
    Ok(Source::File(file))
}

/// What the flags say.
pub fn hints(args: &HintArgs) -> Result<Hints> {
    let mut hints = Hints { system: args.system, abi: args.abi.clone(), assume: args.assume };
    let abi = args.abi.as_deref().and_then(uioscope_ktrace::abi::find);
    if let (Some(path), Some(abi)) = (&args.header, abi) {
        let (tree, inside) = header::read(path, args.tree.as_deref())?;
        let told = told::origin(&tree, &inside, abi).with_context(|| format!("--header {}", path.display()))?;
        hints.assume = Some(told);
    }
    Ok(hints)
}

/// Opens the trace that the argument names.
pub fn open(path: &Path, args: &HintArgs) -> Result<Trace<Source>> {
    Trace::open(source(path)?, &hints(args)?).with_context(|| name(path))
}

/// No `syscalls.master` is longer than this.
const LONGEST: u64 = 16 << 20;

/// The names of a trace's numbers: those of its system, and of calls those of a table that was given.
pub fn names<R: Read>(trace: &Trace<R>, args: &CallArgs) -> Result<Names> {
    let names = trace.names();
    let Some(path) = &args.calls else { return Ok(names) };
    let named = || format!("--calls {}", path.display());
    let bytes = crate::input::small(&named(), path, LONGEST, "a table of system calls")?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(names.told(Table::master(&text).with_context(named)?))
}
