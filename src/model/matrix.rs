//! `uioscope model matrix`: a scenario under every design and every policy that can matter in it.

use super::{named, options};
use crate::cli::{Departures, MatrixArgs, TableFormat};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Result, bail};
use uioscope_model::matrix::{Axes, Cell, Matrix, matrix_over};
use uioscope_model::{Design, Policy, Scenario, Verdict};
use uioscope_reports::{Style, html, model};

/// Plays the tables and writes them.
pub fn run(args: &MatrixArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let questions = questions(args)?;
    if questions.len() > 1 && args.format == TableFormat::Json {
        let names: Vec<&str> = questions.iter().map(|(base, _)| base.name.as_str()).collect();
        bail!("--format json writes one table; name one of {}", names.join(", "));
    }
    let options = options(&args.search)?;
    let mut out: Vec<u8> = Vec::new();
    let mut tables: Vec<Matrix> = Vec::new();
    let mut status = Status::Done;
    for (base, axes) in &questions {
        let progress = Progress::start(&format!("playing {} under every design and policy", base.name));
        let result = matrix_over(base, *axes, &options)?;
        drop(progress);
        if !out.is_empty() {
            out.push(b'\n');
        }
        out.extend(match args.format {
            TableFormat::Text => model::matrix(&result, style).into_bytes(),
            TableFormat::Json => model::matrix_json(&result),
            TableFormat::Markdown => model::matrix_markdown(&result).into_bytes(),
            TableFormat::Html => Vec::new(),
        });
        status = status.max(told(&result));
        tables.push(result);
    }
    if args.format == TableFormat::Html {
        out = html::matrices(&tables, env!("CARGO_PKG_VERSION")).into_bytes();
    }
    output.finish(&out)?;
    Ok(status)
}

/// What a table leaves open.
fn told(result: &Matrix) -> Status {
    let mut status = Status::Done;
    let partial = |c: &&Cell| c.verdict == Verdict::Partial;
    if result.cells.iter().filter(partial).any(|c| c.unused.is_empty()) {
        complain("some combinations were not exhausted: their verdicts are partial; raise --memory, or let it finish");
        status = Status::Trouble;
    }
    if let Some(cell) = result.cells.iter().filter(partial).find(|c| !c.unused.is_empty()) {
        let unused: Vec<&str> = cell.unused.iter().map(|a| a.name()).collect();
        let what = unused.join(", ");
        complain(&format!("some combinations are partial: {what} is allowed, and could never be done there"));
        status = Status::Trouble;
    }
    for event in &result.never {
        complain(&format!("{}: {event} was to happen somewhere, and happened in no combination", result.scenario));
        status = Status::Trouble;
    }
    status
}

/// The tables to play: the standard one, or for each scenario that is another question under any design, one of its own.
fn questions(args: &MatrixArgs) -> Result<Vec<(Scenario, Axes)>> {
    let Some(name) = args.scenario.as_deref().filter(|name| *name != "standard") else {
        let standard = Scenario::standard(Design::Proc, Policy::None, Policy::None);
        // All of an LWP's policies would make seven times as many cells; they are played when they are asked for.
        return Ok(vec![departing(standard, Axes::STANDARD, args.lwp_exit)]);
    };
    let mut questions: Vec<(Scenario, Axes)> = Vec::new();
    for scenario in named(Some(name))? {
        let axes = Axes::of(&scenario);
        let (base, axes) = departing(scenario, axes, args.lwp_exit);
        let asked = |known: &Scenario| bare(known, axes) == bare(&base, axes);
        match questions.iter_mut().find(|(known, _)| asked(known)) {
            Some((known, _)) => {
                // Cases that differ in what is varied anyway are one table, named after their file.
                if let Some((file, _)) = known.name.split_once('/') {
                    known.name = file.to_owned();
                }
            }
            None => questions.push((base, axes)),
        }
    }
    Ok(questions)
}

/// The table with what `--lwp-exit` says of it.
fn departing(base: Scenario, axes: Axes, asked: Option<Departures>) -> (Scenario, Axes) {
    match asked {
        None => (base, axes),
        Some(Departures::All) => (base, Axes { lwp_exit: true, ..axes }),
        Some(Departures::One(policy)) => (base.lwp_exit(policy), Axes { lwp_exit: false, ..axes }),
    }
}

/// What is left of a scenario when all that a table varies, and all that is only said of it, is taken away.
fn bare(scenario: &Scenario, axes: Axes) -> Scenario {
    let Scenario { exit, exec, lwp_exit, .. } = *scenario;
    let none = Scenario::new(Design::Proc);
    Scenario {
        name: String::new(),
        story: String::new(),
        source: String::new(),
        design: Design::Proc,
        exit: if axes.exit { none.exit } else { exit },
        exec: if axes.exec { none.exec } else { exec },
        lwp_exit: if axes.lwp_exit { none.lwp_exit } else { lwp_exit },
        sometimes: Vec::new(),
        expect: None,
        ..scenario.clone()
    }
}
