//! `uioscope model`: verdicts about designs and policies, and what policies cost.

mod check;
#[cfg(feature = "explorer")]
mod explorer;
mod export;
#[cfg(feature = "explorer")]
mod front;
mod matrix;
mod why;

use crate::cli::{Figures, ModelCommand, Question, SearchArgs, SimulateArgs};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Context, Result, anyhow};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uioscope_model::simulate::{Cost, Workload, simulate as play};
use uioscope_model::{Design, Options, Policy, Scenario, Trace, generate, library};
use uioscope_reports::Style;
use uioscope_reports::model::{self, simulate, timeline};

/// Does what a `model` command says.
pub fn run(command: &ModelCommand, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    match command {
        ModelCommand::Matrix(args) => matrix::run(args, colors),
        ModelCommand::Check(args) => check::run(args, colors),
        ModelCommand::Why(args) => why::run(args, colors),
        ModelCommand::Scenarios => list(colors),
        ModelCommand::Replay { trace } => replay(trace, colors),
        ModelCommand::Test { trace, output } => test(trace, output.as_deref()),
        ModelCommand::Export(args) => export::run(args),
        #[cfg(feature = "explorer")]
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

/// The scenarios that the argument names.
fn named(name: Option<&str>) -> Result<Vec<Scenario>> {
    let standard = || Scenario::standard(Design::Referenced, Policy::CancelDrain, Policy::CancelDrain);
    Ok(match name {
        None | Some("standard") => vec![standard()],
        Some(name) if name.ends_with(".toml") || Path::new(name).exists() => {
            Scenario::parse(name, &text_of(Path::new(name))?)?
        }
        Some(name) => library::find(name)?,
    })
}

/// The scenarios that the argument names, with the flags' design and policies.
fn scenarios(args: &Question) -> Result<Vec<Scenario>> {
    let mut list = named(args.scenario.as_deref())?;
    for scenario in &mut list {
        let Scenario { design, exit, exec, lwp_exit, expect, .. } = scenario;
        if args.overrides() {
            // What was expected was expected of another question.
            *expect = None;
        }
        *design = args.design.unwrap_or(*design);
        *exit = args.exit.unwrap_or(*exit);
        *exec = args.exec.unwrap_or(*exec);
        *lwp_exit = args.lwp_exit.unwrap_or(*lwp_exit);
    }
    Ok(list)
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
