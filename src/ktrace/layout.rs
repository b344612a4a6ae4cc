//! `uioscope ktrace layout`: what a C compiler makes of a struct on every machine.

use super::header;
use crate::cli::{Figures, LayoutArgs};
use crate::output::Output;
use crate::status::{Status, complain};
use anyhow::{Result, anyhow};
use uioscope_ktrace::abi::{ABIS, Abi};
use uioscope_ktrace::told::machine;
use uioscope_reports::{Style, layout};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::layout::{Machine, layouts};

/// Lays the struct out and says what makes it unfit as a file format.
pub fn run(args: &LayoutArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let (tree, path) = header::read(&args.header, args.tree.as_deref())?;
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

fn wanted(abi: &Abi, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| name == abi.name)
}
