//! `uioscope ktrace layout`: what a C compiler makes of a struct on every machine.

use crate::cli::{Figures, LayoutArgs};
use crate::output::Output;
use crate::status::{Status, complain};
use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};
use uioscope_ktrace::abi::{ABIS, Abi};
use uioscope_ktrace::endian::Endian;
use uioscope_reports::{Style, layout};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::layout::{Machine, layouts};
use uioscope_source::text::SourceTree;

/// A header by which the root of a tree is known.
const KNOWN: &str = "sys/types.h";

/// Above the header's directory so many are looked at.
const MOST_LEVELS: usize = 10;

/// Lays the struct out and says what makes it unfit as a file format.
pub fn run(args: &LayoutArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let named = || args.header.display().to_string();
    let header = args.header.canonicalize().context("cannot be read").with_context(named)?;
    if !header.is_file() {
        bail!("{}: is no file; name the header that declares the struct", named());
    }
    let root = match &args.tree {
        Some(root) => root.canonicalize().context("cannot be read").with_context(|| root.display().to_string())?,
        None => root_of(&header)?,
    };
    let Ok(path) = header.strip_prefix(&root) else {
        bail!("{}: is not below --tree {}", named(), root.display());
    };
    let path = path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let mut tree = SourceTree::default();
    tree.add_context(&root, "");
    tree.add_context(&header, path.strip_suffix(&file_name(&header)).unwrap_or_default());
    tree.files.dedup_by(|a, b| a.path == b.path);
    tree.problems.iter().for_each(|p| complain(&format!("{}: {}", p.path, p.message)));
    let machines: Vec<Machine> = ABIS.iter().filter(|abi| wanted(abi, &args.abi)).map(machine).collect();
    let lookup = Lookup::new(&tree);
    let name = args.name.trim_start_matches("struct ").trim();
    let all = layouts(&lookup, &path, name, &machines).map_err(|e| anyhow!("{e}"))?;
    let report = match args.format {
        Figures::Text => layout::text(&all, style).into_bytes(),
        Figures::Json => layout::json(&all),
    };
    output.finish(&report)?;
    if all.layouts.is_empty() {
        complain("it could be laid out on no machine; --tree names where the headers are that it needs");
        return Ok(Status::Trouble);
    }
    Ok(Status::Done)
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

fn wanted(abi: &Abi, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| name == abi.name)
}

fn machine(abi: &Abi) -> Machine {
    Machine {
        name: abi.name,
        little: abi.endian == Endian::Little,
        pointer: abi.pointer.into(),
        long: abi.long.into(),
        int32_align: abi.int32_align.into(),
        int64_align: abi.int64_align.into(),
    }
}
