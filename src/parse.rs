//! `uioscope parse`: how much of a tree the parser understands.

use crate::cli::{Figures, ParseArgs};
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain_of};
use anyhow::{Result, bail};
use rayon::prelude::*;
use uioscope_reports::{Style, parse};
use uioscope_source::facts::facts;
use uioscope_source::language::is_preprocessed;
use uioscope_source::stats::parse_stats;

/// Parses everything, and says how it went.
pub fn run(args: &ParseArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let path = args.tree.as_deref();
    let progress = Progress::start(&format!("reading {}", input::name(path)));
    let tree = input::read(path)?;
    progress.stage(&format!("parsing {}", input::name(path)));
    if args.facts {
        if args.format != Figures::Text {
            bail!("--facts goes with --format text only");
        }
        let files: Vec<_> = tree.files.iter().filter(|f| !f.context && is_preprocessed(&f.path)).collect();
        let report: String = files.par_iter().map(|f| parse::facts(&f.path, &facts(f), style)).collect();
        drop(progress);
        output.finish(report.as_bytes())?;
        return Ok(complain_of(&tree.problems));
    }
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
