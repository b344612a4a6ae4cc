//! `uioscope model`: verdicts about designs and policies, and what policies cost.

use crate::cli::{CheckArgs, Figures, MatrixArgs, ModelCommand, SearchArgs, SimulateArgs, TableFormat};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uioscope_model::simulate::{Cost, Workload, simulate as play};
use uioscope_model::{Design, End, Options, Policy, Scenario, Verdict, explore, matrix as all};
use uioscope_reports::{Style, model, simulate, timeline};

/// Does what a `model` command says.
pub fn run(command: &ModelCommand, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    match command {
        ModelCommand::Matrix(args) => matrix(args, colors),
        ModelCommand::Check(args) => check(args, colors),
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
    Ok(Options { threads: 0, symmetry: !args.full, memory, cancel })
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

/// The standard scenario with the flags' design and policies.
fn scenario(args: &CheckArgs) -> Result<Scenario> {
    let name = args.scenario.as_deref().unwrap_or("standard");
    if name != "standard" {
        bail!("no scenario `{name}`: there is `standard`");
    }
    let mut scenario = Scenario::standard(Design::Referenced, Policy::CancelDrain, Policy::CancelDrain);
    if let Some(design) = args.design {
        scenario.design = design;
    }
    if let Some(policy) = args.exit {
        scenario.exit = policy;
    }
    if let Some(policy) = args.exec {
        scenario.exec = policy;
    }
    Ok(scenario)
}

fn check(args: &CheckArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let picture = args.svg.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let scenario = scenario(args)?;
    let options = options(&args.search)?;
    let progress = Progress::start(&format!("playing {}", scenario.name));
    let report = explore(&scenario, &options)?;
    drop(progress);
    let text = match args.format {
        Figures::Text => model::check(&scenario, &report, style).into_bytes(),
        Figures::Json => model::check_json(&scenario, &report),
    };
    output.finish(&text)?;
    if let Some(picture) = picture {
        match report.violations.first() {
            Some(first) => picture.finish(timeline::svg(&scenario, first).as_bytes())?,
            None => complain("--svg: nothing is violated, so there is nothing to draw"),
        }
    }
    if report.end != End::Exhausted {
        complain("not all states were seen: the verdict is partial; raise --memory, or let it finish");
        return Ok(Status::Trouble);
    }
    let fails = args.fail && report.verdict() == Verdict::Unsafe;
    Ok(if fails { Status::Found } else { Status::Done })
}

/// No workload is longer than this.
const LONGEST: u64 = 1 << 20;

fn read(path: &Path) -> Result<Workload> {
    let named = || path.display().to_string();
    let size = std::fs::metadata(path).context("cannot be read").with_context(named)?.len();
    if size > LONGEST {
        return Err(anyhow!("more than a megabyte is no workload").context(named()));
    }
    let text = std::fs::read_to_string(path).context("cannot be read as text").with_context(named)?;
    Ok(Workload::parse(&named(), &text)?)
}

fn costs(args: &SimulateArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let picture = args.svg.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let mut workload = match &args.workload {
        Some(path) => read(path)?,
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
