//! Verdicts of the model, as pages: tables of designs and policies, and scenarios with the traces that break them.

use super::page::{Block, Drawing, Look, Page, PageTable};
use crate::model::timeline;
use crate::numbers::grouped;
use uioscope_model::matrix::{Cell, Matrix};
use uioscope_model::{Report, Scenario, Verdict};

/// A trace of more steps is told as text alone.
const MOST_DRAWN: usize = 200;

fn verdict(v: Verdict) -> (&'static str, Look) {
    match v {
        Verdict::Safe => ("safe", Look::Good),
        Verdict::Unsafe => ("unsafe", Look::Bad),
        Verdict::Partial => ("partial", Look::Doubt),
    }
}

/// Tables, one below the other.
pub fn matrices(tables: &[Matrix], version: &str) -> String {
    let cells = || tables.iter().flat_map(|m| &m.cells);
    let mut warnings: Vec<String> = Vec::new();
    if cells().any(|c| c.verdict == Verdict::Partial) {
        warnings
            .push("Some verdicts are partial: not all states were seen, or what is allowed never happened.".to_owned());
    }
    for m in tables {
        for event in &m.never {
            warnings.push(format!("{}: {event} was to happen somewhere, and happened in no combination.", m.scenario));
        }
    }
    let mut blocks = Vec::new();
    for m in tables {
        blocks.push(Block::Heading(m.scenario.clone()));
        let rows = m.cells.iter().map(row).collect();
        let head = ["design", "exit", "exec", "LWP exit", "verdict", "first violations (steps)", "states"];
        let head = head.map(str::to_owned).to_vec();
        blocks.push(Block::Table(PageTable { caption: String::new(), head, rows }));
        let skipped = m.skipped.iter().map(|s| Block::Text(format!("{} was not asked: {}", s.design.name(), s.why)));
        blocks.extend(skipped);
    }
    let verdicts: Vec<Verdict> = cells().map(|c| c.verdict).collect();
    page("model matrix", "Designs and policies", &verdicts, warnings, blocks, version)
}

/// A page of verdicts: how many there are of each, then what is said of them.
fn page(
    kind: &str,
    title: &str,
    verdicts: &[Verdict],
    warnings: Vec<String>,
    blocks: Vec<Block>,
    version: &str,
) -> String {
    let tiles = [Verdict::Safe, Verdict::Unsafe, Verdict::Partial].map(|wanted| {
        let n = verdicts.iter().filter(|v| **v == wanted).count();
        (grouped(n as u64), verdict(wanted).0.to_owned())
    });
    Page {
        kind: kind.to_owned(),
        title: title.to_owned(),
        warnings,
        tiles: tiles.to_vec(),
        blocks,
        version: version.to_owned(),
        ..Page::default()
    }
    .render()
}

fn row(c: &Cell) -> Vec<(String, Look)> {
    let (word, look) = verdict(c.verdict);
    let mut what: Vec<String> = c.violations.iter().map(|v| format!("{} ({})", v.property.name(), v.steps)).collect();
    what.extend(c.unused.iter().map(|a| format!("{} never happened", a.name())));
    vec![
        (c.design.name().to_owned(), Look::Code),
        (c.exit.name().to_owned(), Look::Plain),
        (c.exec.name().to_owned(), Look::Plain),
        (c.lwp_exit.map_or_else(String::new, |p| p.to_string()), Look::Plain),
        (word.to_owned(), look),
        (what.join(", "), Look::Plain),
        (grouped(c.states), Look::Number),
    ]
}

/// Scenarios with their verdicts; of each violation its timeline.
pub fn checks(played: &[(&Scenario, Report)], text: &str, version: &str) -> String {
    let mut blocks = vec![Block::Heading("Verdicts".to_owned())];
    let rows = played.iter().map(|(scenario, report)| {
        let (word, look) = verdict(report.verdict());
        let what: Vec<String> =
            report.violations.iter().map(|v| format!("{} ({})", v.property.name(), v.steps)).collect();
        let met = match report.meets(scenario) {
            Some(true) => ("as expected", Look::Good),
            Some(false) => ("not as expected", Look::Bad),
            None => ("", Look::Plain),
        };
        vec![
            (scenario.name.clone(), Look::Code),
            (word.to_owned(), look),
            (what.join(", "), Look::Plain),
            (met.0.to_owned(), met.1),
        ]
    });
    let head = ["scenario", "verdict", "first violations (steps)", "expected"].map(str::to_owned).to_vec();
    blocks.push(Block::Table(PageTable { caption: String::new(), head, rows: rows.collect() }));
    for (scenario, report) in played {
        for violation in &report.violations {
            blocks.push(Block::Heading(format!("{}: {}", scenario.name, violation.property.name())));
            if violation.steps <= MOST_DRAWN {
                blocks.push(Block::Picture(Drawing::finished(timeline::svg(scenario, violation))));
            } else {
                blocks.push(Block::Text(format!("{} steps are too many to draw.", violation.steps)));
            }
        }
    }
    blocks.push(Block::Heading("In words".to_owned()));
    blocks.push(Block::Pre(text.to_owned()));
    let verdicts: Vec<Verdict> = played.iter().map(|(_, report)| report.verdict()).collect();
    let mut warnings = Vec::new();
    if verdicts.contains(&Verdict::Partial) {
        warnings.push(
            "Some verdicts are partial: not all states were seen, or what it is about never happened.".to_owned(),
        );
    }
    page("model check", "Scenarios", &verdicts, warnings, blocks, version)
}
