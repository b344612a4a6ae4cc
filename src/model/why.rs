//! `uioscope model why`: what a verdict rests on, or what would mend it.

use super::{options, scenarios};
use crate::cli::{Figures, WhyArgs};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Result, bail};
use uioscope_model::witness;
use uioscope_model::{End, Scenario, Verdict, explore, why};
use uioscope_reports::Style;
use uioscope_reports::model::why as report;

/// Answers for one scenario.
pub fn run(args: &WhyArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let scenarios = scenarios(&args.question)?;
    let [scenario] = scenarios.as_slice() else {
        let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
        bail!("one scenario is asked about at a time; name one of {}", names.join(", "));
    };
    let answer = answer(args, scenario)?;
    output.finish(&match args.format {
        Figures::Text => report::text(scenario, &answer, style).into_bytes(),
        Figures::Json => report::json(scenario, &answer),
    })?;
    if answer.is_whole() {
        return Ok(Status::Done);
    }
    complain("some searches were cut short, so this is not the whole answer; raise --memory, or let it finish");
    Ok(Status::Trouble)
}

fn answer(args: &WhyArgs, scenario: &Scenario) -> Result<report::Answer> {
    let options = options(&args.search)?;
    let _progress = Progress::start(&format!("asking why of {}", scenario.name));
    if let Some(act) = args.through {
        return Ok(report::Answer::Through(act, witness::through(scenario, act, &options)?));
    }
    let found = explore(scenario, &options)?;
    Ok(match found.verdict() {
        Verdict::Unsafe => report::Answer::Remedies(why::remedies(scenario, &options)?),
        _ if found.end == End::Exhausted => report::Answer::Rests(found.verdict(), why::rests_on(scenario, &options)?),
        _ => report::Answer::Untold,
    })
}
