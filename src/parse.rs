//! `uioscope parse`: how much of a tree the parser understands.

use crate::cli::{Figures, ParseArgs};
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain_of};
use anyhow::Result;
use uioscope_analyzer::stats::parse_stats;
use uioscope_reports::{Style, parse};

/// Parses everything, and says how it went.
pub fn run(args: &ParseArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let path = args.tree.as_deref();
    let progress = Progress::start(&format!("reading {}", input::name(path)));
    let tree = input::read(path)?;
    progress.stage(&format!("parsing {}", input::name(path)));
    let stats = parse_stats(&tree);
    drop(progress);
    let report = match args.format {
        Figures::Text => parse::text(&tree.root, &stats, args.worst, style).into_bytes(),
        Figures::Json => {
            let mut out = Vec::new();
            parse::json(&mut out, &tree.root, &stats, args.worst)?;
            out
        }
    };
    output.finish(&report)?;
    Ok(complain_of(&stats.problems))
}
