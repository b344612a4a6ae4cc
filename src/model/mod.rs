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
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Context, Result, anyhow};
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uioscope_model::simulate::{Cost, Workload, simulate_with as play};
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
    let all = [library::all()?, library::museum()?].concat();
    let report = model::scenarios(&all, style);
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
    input::small_text(path, LONGEST, "a file of the model's")
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
    let played: Result<Vec<simulate::Played>, String> =
        Policy::ALL.par_iter().map(|&policy| seeds(&workload, args, policy)).collect();
    let costs = played.map_err(|e| anyhow!("{e}"))?;
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

/// One policy under every seed.
fn seeds(workload: &Workload, args: &SimulateArgs, policy: Policy) -> Result<simulate::Played, String> {
    let run = |i: u16| {
        let seeded = Workload { seed: workload.seed.wrapping_add(i.into()), ..workload.clone() };
        play(&seeded, args.design, policy, args.lwp_exit)
    };
    let runs: Vec<Cost> = (0..args.seeds).map(run).collect::<Result<_, String>>()?;
    let all = Cost::merged(&runs)?.ok_or("no seed was played")?;
    Ok(simulate::Played { all, runs })
}
