//! `uioscope explain`: how a load comes to its roles, why a reference is not kept, what a function does to references.

use crate::audit;
use crate::cli::ExplainArgs;
use crate::input;
use crate::output::Output;
use crate::packs;
use crate::refs::rules;
use crate::status::{Status, complain_of};
use anyhow::{Result, bail};
use uioscope_analyzer::finding::Finding;
use uioscope_analyzer::refs::refs;
use uioscope_reports::{Style, explain, refs as report};

/// So many ways to each role `--all-paths` shows.
const MOST_PATHS: usize = 100;

/// Audits, finds what was asked for, and explains it.
pub fn run(args: &ExplainArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let output = Output::open(None)?;
    let style = Style { color: colors(&output) };
    let paths = if args.all_paths { MOST_PATHS } else { 1 };
    let audited = audit::perform(args.tree.as_deref(), args.field.as_deref(), pack, paths, &args.index);
    // A tree without the field may have references all the same.
    let work = match audited {
        Ok(work) => work,
        Err(why) => {
            let Some(text) = of_references(args, style)? else { return Err(why) };
            output.finish(text.as_bytes())?;
            return Ok(Status::Done);
        }
    };

    let audit = &work.audit;
    let wanted: Vec<&Finding> = audit.findings.iter().filter(|f| is_meant(f, &args.what)).collect();
    if wanted.is_empty() {
        let Some(text) = of_references(args, style)? else {
            bail!(
                "no finding {}; name an id that `uioscope audit` or `uioscope refs` prints, PATH:LINE as it stands there, or a function \
                 that takes, keeps or drops references",
                args.what
            );
        };
        output.finish(text.as_bytes())?;
        return Ok(Status::Done);
    }
    let tree = work.tree()?;
    let source = |path: &str| tree.file(path).map(|f| f.on_disk().to_vec());
    let parts: Vec<String> = wanted.iter().map(|f| explain::render(f, style, &source)).collect();
    output.finish(parts.join("\n").as_bytes())?;
    Ok(complain_of(&audit.problems))
}

/// What is known of references under that name, if anything is.
fn of_references(args: &ExplainArgs, style: Style) -> Result<Option<String>> {
    let found = refs(&input::read(args.tree.as_deref())?, &rules(args.rules.as_deref())?);
    let findings = found.findings.iter().filter(|f| is_called(&f.id, &f.path, f.line, &args.what));
    let mut parts: Vec<String> = findings.map(|f| report::explain_finding(f, style)).collect();
    let functions = found.summaries.iter().filter(|s| s.function == args.what);
    parts.extend(functions.map(|s| report::explain_function(s, style)));
    let undecided = found.undecided.iter().filter(|u| u.function == args.what);
    parts.extend(undecided.map(|u| format!("{}:{} {}: {}\n", u.path, u.line, u.function, u.why.words())));
    Ok((!parts.is_empty()).then(|| parts.join("\n")))
}

/// An id or its start, or `PATH:LINE`; of the path its end is enough.
fn is_meant(finding: &Finding, what: &str) -> bool {
    is_called(&finding.id, &finding.path, finding.line, what)
}

fn is_called(id: &str, path: &str, at: u32, what: &str) -> bool {
    if let Some((end, line)) = what.rsplit_once(':') {
        let same_path = path.strip_suffix(end).is_some_and(|head| head.is_empty() || head.ends_with('/'));
        return same_path && line.parse() == Ok(at);
    }
    what.len() >= 4 && id.starts_with(what)
}
