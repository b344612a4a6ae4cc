//! `uioscope check`: the gate.

use crate::cli::{GateArgs, GateFormat};
use crate::output::Output;
use crate::status::{Status, complain, complain_of};
use crate::{audit, input, packs};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use uioscope_analyzer::gate::{Baseline, judge, updated};
use uioscope_reports::{Style, gate};

/// No baseline is longer than this.
const LONGEST: u64 = 64 << 20;

/// Audits, holds the audit to the baseline, and says what is new.
pub fn run(args: &GateArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    if args.reason.is_some() && !args.update {
        bail!("--reason goes with --update");
    }
    if args.reason.as_deref().is_some_and(|r| r.trim().is_empty()) {
        bail!("--reason: say why these are let pass");
    }
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let store = match &args.baseline {
        Some(path) if args.update => Some(Output::named(path, &path.display().to_string())?),
        _ => None,
    };
    let work = audit::perform(args.tree.as_deref(), args.field.as_deref(), pack, 1, &args.index)?;
    let audit = &work.audit;
    let baseline = match &args.baseline {
        Some(path) => read(path, &audit.field, args.update)?,
        None => Baseline::empty(&audit.field),
    };
    // A part of a tree says nothing of the rest.
    let is_part = work.listed.iter().any(|(_, context)| *context);
    let has = |path: &str| work.lists(path);
    let verdict = judge(audit, &baseline, args.possible, |path| !is_part || has(path));
    let places = input::places(args.tree.as_deref());
    let report = match args.format {
        GateFormat::Text => gate::text(&verdict, &baseline, &places, args.update, style),
        GateFormat::Json => gate::json(&verdict, &baseline),
        GateFormat::Gnu => gate::gnu(&verdict, &places),
    };
    output.finish(report.as_bytes())?;
    let mut status = complain_of(&audit.problems);
    if audit.coverage.files == 0 {
        complain("nothing was checked: no file of it is source that is read");
        return Ok(Status::Trouble);
    }
    if !audit.ledger.adds_up() {
        complain("the ledger does not add up: do not trust this verdict");
        status = Status::Trouble;
    }
    if let (Some(store), Some(reason)) = (store, &args.reason) {
        let next = updated(&baseline, &verdict, reason, args.owner.as_deref(), &today());
        store.finish(next.render().as_bytes())?;
        return Ok(status);
    }
    Ok(if verdict.new.is_empty() { status } else { status.max(Status::Found) })
}

/// The baseline; one that is to be updated may not be there yet.
fn read(path: &Path, field: &str, may_be_new: bool) -> Result<Baseline> {
    if may_be_new && !path.exists() {
        return Ok(Baseline::empty(field));
    }
    let text = input::small_text(path, LONGEST, "a baseline").context("--baseline")?;
    if may_be_new && text.trim().is_empty() {
        return Ok(Baseline::empty(field));
    }
    Baseline::parse(&path.display().to_string(), &text, field).map_err(|e| anyhow!("{e}"))
}

/// The day in Greenwich, `2026-11-27`.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    date(seconds / 86_400)
}

/// A day since 1970 as a date; the calendar repeats every 400 years, which are 146,097 days.
fn date(days: u64) -> String {
    let (mut year, mut left) = (1970 + 400 * (days / 146_097), days % 146_097);
    let is_leap = |y: u64| y.is_multiple_of(4) && !y.is_multiple_of(100) || y.is_multiple_of(400);
    while left >= 365 + u64::from(is_leap(year)) {
        left -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(
            [0, 58, 59, 364, 365, 789, 790, 11_016, 20_784].map(date),
            [
                "1970-01-01",
                "1970-02-28",
                "1970-03-01",
                "1970-12-31",
                "1971-01-01",
                "1972-02-29",
                "1972-03-01",
                "2000-02-29",
                "2026-11-27"
            ]
        );
    }
}
