//! `uioscope model check`: the verdict of scenarios, held against what they expect.

use super::{options, scenarios};
use crate::cli::{CheckArgs, CheckFormat, Unwanted};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Result, bail};
use uioscope_model::{End, Property, Report, Scenario, Trace, Verdict, Violation, explore};
use uioscope_reports::model::{self, ktrace, ownership, timeline};
use uioscope_reports::{Style, html};

/// Where the first violation is kept, drawn or graphed.
struct Sinks {
    picture: Option<Output>,
    graph: Option<Output>,
    kept: Option<Output>,
}

/// Plays the scenarios.
pub fn run(args: &CheckArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: args.format != CheckFormat::Html && colors(&output) };
    let open = |path: &Option<std::path::PathBuf>| path.as_deref().map(|path| Output::open(Some(path))).transpose();
    let sinks = Sinks { picture: open(&args.svg)?, graph: open(&args.dot)?, kept: open(&args.trace)? };
    let scenarios = scenarios(&args.question)?;
    if scenarios.len() > 1 && args.format == CheckFormat::Json {
        let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
        bail!("--format json writes one scenario; name one of {}", names.join(", "));
    }
    if args.question.overrides() && args.question.scenario.is_some() {
        complain("the flags change the question, so what the scenario expects is not checked");
    }
    let options = options(&args.search)?;
    let mut out: Vec<u8> = Vec::new();
    let mut played: Vec<(&Scenario, Report)> = Vec::new();
    let mut first: Option<(&Scenario, Violation)> = None;
    let mut status = Status::Done;
    for scenario in &scenarios {
        let progress = Progress::start(&format!("playing {}", scenario.name));
        let report = explore(scenario, &options)?;
        drop(progress);
        if !out.is_empty() {
            out.push(b'\n');
        }
        out.extend(match args.format {
            CheckFormat::Text | CheckFormat::Html => model::check(scenario, &report, style).into_bytes(),
            CheckFormat::Json => model::check_json(scenario, &report),
        });
        status = status.max(judged(args, scenario, &report));
        if first.is_none() {
            first = report.violations.first().map(|v| (scenario, v.clone()));
        }
        played.push((scenario, report));
    }
    if args.format == CheckFormat::Html {
        out = html::checks(&played, &String::from_utf8_lossy(&out), env!("CARGO_PKG_VERSION")).into_bytes();
    }
    output.finish(&out)?;
    keep(args, sinks, first)?;
    Ok(status)
}

/// What the exit status says of one scenario.
fn judged(args: &CheckArgs, scenario: &Scenario, report: &Report) -> Status {
    let names = |list: &[Property]| match list {
        [] => "nothing".to_owned(),
        list => list.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "),
    };
    if report.meets(scenario) == Some(false) {
        let expected = names(scenario.expect.as_deref().unwrap_or_default());
        let found = names(&report.violated());
        complain(&format!("{}: {expected} was expected to be violated, and {found} is", scenario.name));
        return Status::Found;
    }
    let hits = |wanted: &Unwanted| match wanted {
        Unwanted::Any => report.verdict() == Verdict::Unsafe,
        Unwanted::One(property) => report.violates(*property),
    };
    if args.fail && report.verdict() == Verdict::Unsafe || args.fail_on.iter().any(hits) {
        return Status::Found;
    }
    if report.end != End::Exhausted {
        complain("not all states were seen: the verdict is partial; raise --memory, or let it finish");
        return Status::Trouble;
    }
    if report.verdict() == Verdict::Partial {
        complain(&format!(
            "{}: nothing is violated, but what the scenario is about never happened: the verdict is partial",
            scenario.name
        ));
        return Status::Trouble;
    }
    Status::Done
}

/// Writes what was asked for of the first violation.
fn keep(args: &CheckArgs, sinks: Sinks, first: Option<(&Scenario, Violation)>) -> Result<()> {
    let Sinks { picture, graph, kept } = sinks;
    let Some((scenario, violation)) = &first else {
        if picture.is_some() || graph.is_some() || kept.is_some() {
            complain("nothing is violated, so there is nothing to draw or to keep");
        }
        return Ok(());
    };
    if let Some(picture) = picture {
        picture.finish(timeline::svg(scenario, violation).as_bytes())?;
    }
    let trace = Trace::new(scenario, violation);
    if let Some(graph) = graph
        && let Some(end) = trace.replay()?.states.last()
    {
        graph.finish(ownership::dot(scenario, end).as_bytes())?;
    }
    if let Some(kept) = kept {
        let is_neutral = args.trace.as_ref().is_some_and(|path| path.extension().is_some_and(|e| e == "ktrace"));
        let bytes = match is_neutral {
            true => ktrace::write(scenario, violation)?,
            false => (trace.to_json() + "\n").into_bytes(),
        };
        kept.finish(&bytes)?;
    }
    Ok(())
}
