//! `uioscope audit`: the main job.

use crate::cli::{AuditArgs, AuditFormat, IndexArgs};
use crate::filter::Filter;
use crate::index::{Index, Kept, Listed};
use crate::input;
use crate::output::Output;
use crate::packs;
use crate::progress::Progress;
use crate::status::{Status, complain, complain_of};
use anyhow::{Result, anyhow, bail};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
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

    let work = perform(args.tree.as_deref(), args.field.as_deref(), pack, 1, &args.index)?;
    let audit = &work.audit;

    filter.fits(&work.listed)?;
    let shown = audit.findings.iter().filter(|f| filter.shows(f)).collect();
    let view = View { audit, shown, filter: filter.describe() };
    let report = match args.format {
        AuditFormat::Text => {
            let tree = if args.excerpts { Some(work.tree()?) } else { None };
            let source = |path: &str| tree.and_then(|tree| tree.file(path)).map(|file| file.on_disk());
            let source: Option<text::Source<'_>> = if args.excerpts { Some(&source) } else { None };
            text::render(&view, style, source)
        }
        AuditFormat::Json => json::render(&view),
        AuditFormat::Html => {
            let tree = work.tree()?;
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

/// An audit, and the tree that it is of.
pub struct Work {
    /// The audit.
    pub audit: Audit,
    /// The files that were read.
    pub listed: Listed,
    /// What became of it in the index.
    pub kept: Kept,
    path: Option<PathBuf>,
    index: Option<Index>,
    tree: OnceCell<SourceTree>,
}

impl Work {
    /// The tree; read only now where the audit was kept from before.
    ///
    /// # Errors
    /// It cannot be read any more, or is not the one that was audited.
    pub fn tree(&self) -> Result<&SourceTree> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let tree = input::read(self.path.as_deref())?;
        if let (Some(index), Some(path)) = (&self.index, &self.path)
            && !index.still_holds(path)
        {
            bail!("{}: changed while it was read; run it again", path.display());
        }
        Ok(self.tree.get_or_init(|| tree))
    }

    /// Whether that file was audited, and not only read for its declarations.
    pub fn lists(&self, path: &str) -> bool {
        let found = self.listed.binary_search_by(|(p, _)| p.as_str().cmp(path));
        found.is_ok_and(|i| !self.listed[i].1)
    }
}

/// Reads and audits what the argument names, showing how far it is; or takes what was found before, if nothing changed since.
pub fn perform(
    path: Option<&Path>,
    field: Option<&str>,
    pack: Option<Pack>,
    ways: usize,
    index: &IndexArgs,
) -> Result<Work> {
    let options = Options { field: field.map(str::to_owned), pack, ways };
    let index = Index::open(index, path, &options)?;
    let path = path.map(Path::to_owned);
    if let Some(index) = index.as_ref()
        && let Some((audit, listed)) = index.load()
    {
        let kept = Kept::Used(index.file().to_owned());
        return Ok(Work { audit, listed, kept, path, index: Some(index.clone()), tree: OnceCell::new() });
    }
    let progress = Progress::start(&format!("reading {}", input::name(path.as_deref())));
    let tree = input::read(path.as_deref())?;
    progress.stage(&format!("auditing {}", input::name(path.as_deref())));
    let audit = uioscope_analyzer::audit(&tree, &options).map_err(|e| anyhow!("{e}"))?;
    let kept = index.as_ref().map_or(Kept::No, |index| index.store(&tree, &audit));
    let listed = tree.files.iter().map(|f| (f.path.clone(), f.context)).collect();
    Ok(Work { audit, listed, kept, path, index, tree: OnceCell::from(tree) })
}
