//! `uioscope model`: verdicts about designs and policies, and what policies cost.

mod explorer;
mod export;

use crate::cli::{CheckArgs, Figures, MatrixArgs, ModelCommand, Question, SearchArgs, SimulateArgs, TableFormat};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Context, Result, anyhow, bail};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uioscope_model::simulate::{Cost, Workload, simulate as play};
use uioscope_model::{
    Design, End, Options, Policy, Scenario, Trace, Verdict, Violation, explore, generate, library, matrix as all,
};
use uioscope_reports::{Style, model, model_ktrace, ownership, simulate, timeline};

/// Does what a `model` command says.
pub fn run(command: &ModelCommand, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    match command {
        ModelCommand::Matrix(args) => matrix(args, colors),
        ModelCommand::Check(args) => check(args, colors),
        ModelCommand::Scenarios => list(colors),
        ModelCommand::Replay { trace } => replay(trace, colors),
        ModelCommand::Test { trace, output } => test(trace, output.as_deref()),
        ModelCommand::Export(args) => export::run(args),
        ModelCommand::Explore(args) => explorer::run(args),
        ModelCommand::Simulate(args) => costs(args, colors),
    }
}

/// How to search; Ctrl-C sets the flag, so that what was covered is reported, and a second one ends the program.
fn options(args: &SearchArgs) -> Result<Options> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    let told = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        complain("interrupted: reporting what was covered; once more to stop at once");
    });
    told.context("cannot watch for Ctrl-C")?;
    let memory = args.memory.checked_mul(1 << 20).ok_or_else(|| anyhow!("--memory {}: too many MiB", args.memory))?;
    Ok(Options { threads: 0, symmetry: !args.full, deadlock: !args.no_deadlock, memory, cancel })
}

fn matrix(args: &MatrixArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let base = Scenario::standard(Design::Proc, Policy::None, Policy::None);
    let options = options(&args.search)?;
    let progress = Progress::start("playing every design under every policy");
    let result = all(&base, &options)?;
    drop(progress);
    let report = match args.format {
        TableFormat::Text => model::matrix(&result, style).into_bytes(),
        TableFormat::Json => model::matrix_json(&result),
        TableFormat::Markdown => model::matrix_markdown(&result).into_bytes(),
    };
    output.finish(&report)?;
    if result.partial() {
        complain("some combinations were not exhausted: their verdicts are partial; raise --memory, or let it finish");
        return Ok(Status::Trouble);
    }
    Ok(Status::Done)
}

/// The scenarios that the argument names, with the flags' design and policies.
fn scenarios(args: &Question) -> Result<Vec<Scenario>> {
    let standard = || Scenario::standard(Design::Referenced, Policy::CancelDrain, Policy::CancelDrain);
    let mut list = match args.scenario.as_deref() {
        None | Some("standard") => vec![standard()],
        Some(name) if name.ends_with(".toml") || Path::new(name).exists() => {
            Scenario::parse(name, &text_of(Path::new(name))?)?
        }
        Some(name) => library::find(name)?,
    };
    for scenario in &mut list {
        let Scenario { design, exit, exec, expect, .. } = scenario;
        if args.design.is_some() || args.exit.is_some() || args.exec.is_some() {
            // What was expected was expected of another question.
            *expect = None;
        }
        *design = args.design.unwrap_or(*design);
        *exit = args.exit.unwrap_or(*exit);
        *exec = args.exec.unwrap_or(*exec);
    }
    Ok(list)
}

fn check(args: &CheckArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let picture = args.svg.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let graph = args.dot.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let kept = args.trace.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let scenarios = scenarios(&args.question)?;
    if scenarios.len() > 1 && args.format == Figures::Json {
        let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
        bail!("--format json writes one scenario; name one of {}", names.join(", "));
    }
    let options = options(&args.search)?;
    let mut out: Vec<u8> = Vec::new();
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
            Figures::Text => model::check(scenario, &report, style).into_bytes(),
            Figures::Json => model::check_json(scenario, &report),
        });
        if report.end != End::Exhausted {
            complain("not all states were seen: the verdict is partial; raise --memory, or let it finish");
            status = Status::Trouble;
        }
        if args.fail && report.verdict() == Verdict::Unsafe {
            status = status.max(Status::Found);
        }
        if first.is_none() {
            first = report.violations.into_iter().next().map(|v| (scenario, v));
        }
    }
    output.finish(&out)?;
    match &first {
        Some((scenario, violation)) => {
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
                let neutral = args.trace.as_ref().is_some_and(|path| path.extension().is_some_and(|e| e == "ktrace"));
                let bytes = match neutral {
                    true => model_ktrace::write(scenario, violation)?,
                    false => (trace.to_json() + "\n").into_bytes(),
                };
                kept.finish(&bytes)?;
            }
        }
        None if picture.is_some() || graph.is_some() || kept.is_some() => {
            complain("nothing is violated, so there is nothing to draw or to keep");
        }
        None => {}
    }
    Ok(status)
}

fn list(colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(None)?;
    let style = Style { color: colors(&output) };
    let report = model::scenarios(&library::all()?, style);
    output.finish(report.as_bytes())?;
    Ok(Status::Done)
}

fn trace_of(path: &Path) -> Result<Trace> {
    Trace::from_json(&text_of(path)?).with_context(|| path.display().to_string())
}

fn replay(path: &Path, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(None)?;
    let style = Style { color: colors(&output) };
    let trace = trace_of(path)?;
    trace.replay().with_context(|| path.display().to_string())?;
    output.finish(timeline::replayed(&trace, style).as_bytes())?;
    Ok(Status::Done)
}

fn test(path: &Path, to: Option<&Path>) -> Result<Status> {
    let output = Output::open(to)?;
    let source = generate::test(&trace_of(path)?).with_context(|| path.display().to_string())?;
    output.finish(source.as_bytes())?;
    Ok(Status::Done)
}

/// No scenario, trace or workload is longer than this.
const LONGEST: u64 = 1 << 20;

fn text_of(path: &Path) -> Result<String> {
    let named = || path.display().to_string();
    let file = File::open(path).context("cannot be read").with_context(named)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).context("cannot be read").with_context(named)?;
    if bytes.len() as u64 > LONGEST {
        return Err(anyhow!("more than a megabyte: this is no file of the model's").context(named()));
    }
    String::from_utf8(bytes).context("is no text").with_context(named)
}

fn costs(args: &SimulateArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let picture = args.svg.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let mut workload = match &args.workload {
        Some(path) => Workload::parse(&path.display().to_string(), &text_of(path)?)?,
        None => Workload::parse("server", uioscope_corpus::WORKLOAD)?,
    };
    if let Some(seed) = args.seed {
        workload.seed = seed;
    }
    let progress = Progress::start(&format!("playing {}", workload.title));
    let costs: Result<Vec<Cost>, String> =
        Policy::ALL.iter().map(|&policy| play(&workload, args.design, policy)).collect();
    let costs = costs.map_err(|e| anyhow!("{e}"))?;
    drop(progress);
    let report = match args.format {
        Figures::Text => simulate::text(&workload, &costs, style).into_bytes(),
        Figures::Json => simulate::json(&workload, &costs),
    };
    output.finish(&report)?;
    if let Some(picture) = picture {
        picture.finish(simulate::svg(&workload, &costs).as_bytes())?;
    }
    Ok(Status::Done)
}
