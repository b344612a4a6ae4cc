//! `uioscope explain`: how a load comes to its roles.

use crate::audit;
use crate::cli::ExplainArgs;
use crate::output::Output;
use crate::packs;
use crate::status::{Status, complain_of};
use anyhow::{Result, bail};
use uioscope_analyzer::finding::Finding;
use uioscope_reports::{Style, explain};

/// So many ways to each role `--all-paths` shows.
const MOST_PATHS: usize = 100;

/// Audits, finds what was asked for, and explains it.
pub fn run(args: &ExplainArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let output = Output::open(None)?;
    let style = Style { color: colors(&output) };
    let (tree, audit) =
        audit::perform(args.tree.as_deref(), args.field.as_deref(), pack, if args.all_paths { MOST_PATHS } else { 1 })?;

    let wanted: Vec<&Finding> = audit.findings.iter().filter(|f| is_meant(f, &args.what)).collect();
    if wanted.is_empty() {
        bail!("no finding {}; name an id that `uioscope audit` prints, or PATH:LINE as it stands there", args.what);
    }
    let source = |path: &str| tree.file(path).map(|f| f.bytes.clone());
    let parts: Vec<String> = wanted.iter().map(|f| explain::render(f, style, &source)).collect();
    output.finish(parts.join("\n").as_bytes())?;
    Ok(complain_of(&audit.problems))
}

/// An id or its start, or `PATH:LINE`; of the path its end is enough.
fn is_meant(finding: &Finding, what: &str) -> bool {
    if let Some((path, line)) = what.rsplit_once(':') {
        let same_path = finding.path.strip_suffix(path).is_some_and(|head| head.is_empty() || head.ends_with('/'));
        return same_path && line.parse() == Ok(finding.line);
    }
    what.len() >= 4 && finding.id.starts_with(what)
}
