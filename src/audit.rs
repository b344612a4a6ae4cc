//! `uioscope audit`: the main job.

use crate::cli::{AuditArgs, AuditFormat};
use crate::filter::Filter;
use crate::input;
use crate::output::Output;
use crate::packs;
use crate::progress::Progress;
use crate::status::{Status, complain, complain_of};
use anyhow::{Result, anyhow, bail};
use std::path::Path;
use uioscope_analyzer::Options;
use uioscope_analyzer::finding::Audit;
use uioscope_analyzer::packs::Pack;
use uioscope_reports::{Style, View, gnu, html, json, markdown, sarif, text};
use uioscope_source::text::SourceTree;

/// So many findings that fail a gate are named one by one.
const MOST_NAMED: usize = 200;

/// Audits, reports, and says how it went.
pub fn run(args: &AuditArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    if args.excerpts && args.format != AuditFormat::Text {
        bail!("--excerpts goes with --format text only");
    }
    let filter = Filter::new(&args.role, &args.access, &args.path)?;
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };

    let (tree, audit) = perform(args.tree.as_deref(), args.field.as_deref(), pack, 1)?;

    filter.fits(&tree.files)?;
    let shown = audit.findings.iter().filter(|f| filter.shows(f)).collect();
    let view = View { audit: &audit, shown, filter: filter.describe() };
    let report = match args.format {
        AuditFormat::Text => {
            let source = |path: &str| tree.file(path).map(|file| file.on_disk());
            let source: Option<text::Source<'_>> = if args.excerpts { Some(&source) } else { None };
            text::render(&view, style, source)
        }
        AuditFormat::Json => json::render(&view),
        AuditFormat::Html => {
            html::audit(&view, &|path| tree.file(path).map(|file| file.on_disk()), env!("CARGO_PKG_VERSION"))
        }
        AuditFormat::Markdown => markdown::render(&view),
        AuditFormat::Gnu => gnu::render(&view, &input::places(args.tree.as_deref())),
        AuditFormat::Sarif => sarif::render(&view, &input::places(args.tree.as_deref()), env!("CARGO_PKG_VERSION")),
    };
    output.finish(report.as_bytes())?;

    let mut status = complain_of(&audit.problems);
    if !audit.ledger.adds_up() {
        complain("the ledger does not add up: occurrences were lost or counted twice; do not trust this audit");
        status = Status::Trouble;
    }
    let failing: Vec<_> = view.shown.iter().filter(|f| args.fail_on.iter().any(|wanted| wanted.meets(f))).collect();
    for f in failing.iter().take(MOST_NAMED) {
        let roles: Vec<String> = f.roles.iter().map(|r| f.shown(*r)).collect();
        complain(&format!("{}:{}:{}: --fail-on: {} in {}", f.path, f.line, f.column, roles.join(", "), f.function));
    }
    if failing.len() > MOST_NAMED {
        complain(&format!("… and {} more", failing.len() - MOST_NAMED));
    }
    if !failing.is_empty() {
        status = status.max(Status::Found);
    }
    if audit.coverage.files == 0 {
        complain("nothing was audited: no file of it is source that is read");
        status = Status::Trouble;
    }
    Ok(status)
}

/// Reads and audits what the argument names, showing how far it is.
pub fn perform(
    path: Option<&Path>,
    field: Option<&str>,
    pack: Option<Pack>,
    ways: usize,
) -> Result<(SourceTree, Audit)> {
    let progress = Progress::start(&format!("reading {}", input::name(path)));
    let tree = input::read(path)?;
    progress.stage(&format!("auditing {}", input::name(path)));
    let options = Options { field: field.map(str::to_owned), pack, ways };
    let audit = uioscope_analyzer::audit(&tree, &options).map_err(|e| anyhow!("{e}"))?;
    Ok((tree, audit))
}
