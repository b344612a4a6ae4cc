//! `uioscope refs`: does code keep its references to address spaces?

use crate::cli::{Format, RefsArgs};
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain, complain_of};
use anyhow::Result;
use std::path::Path;
use uioscope_analyzer::refs::{Rules, refs};
use uioscope_reports::{Style, html, refs as report};

/// Follows every path of every function that takes or drops a reference.
pub fn run(args: &RefsArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let rules = rules(args.rules.as_deref())?;
    let path = args.tree.as_deref();
    let progress = Progress::start(&format!("reading {}", input::name(path)));
    let tree = input::read(path)?;
    progress.stage(&format!("following references in {}", input::name(path)));
    let found = refs(&tree, &rules);
    drop(progress);
    let bytes = match args.format {
        Format::Text => report::text(&found, style).into_bytes(),
        Format::Json => report::json(&found),
        Format::Html => html::refs(&found, env!("CARGO_PKG_VERSION")).into_bytes(),
        Format::Markdown => report::markdown(&found).into_bytes(),
    };
    output.finish(&bytes)?;
    let mut status = complain_of(&found.problems);
    if found.functions == 0 {
        complain(
            "no function takes or drops a reference that the rules know: nothing was judged; --rules FILE adds rules",
        );
        status = Status::Trouble;
    }
    Ok(if args.fail && !found.findings.is_empty() { status.max(Status::Found) } else { status })
}

/// No rules are longer than this.
const LONGEST: u64 = 1 << 20;

/// The built-in rules, with those of a file.
pub fn rules(file: Option<&Path>) -> Result<Rules> {
    let mut rules = Rules::builtin()?;
    if let Some(path) = file {
        let named = path.display().to_string();
        let text = input::small_text(path, LONGEST, "rules of references")?;
        rules = rules.with(Rules::parse(&named, &text)?);
    }
    Ok(rules)
}
