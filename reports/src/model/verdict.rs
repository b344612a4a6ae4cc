//! What the model says: the matrix of verdicts, and the verdict of one scenario.

use crate::json;
use crate::numbers::{counted, grouped};
use crate::safe::clip;
use crate::style::{Ink, Style};
use serde::Serialize;
use std::fmt::Write;
use uioscope_model::matrix::{Cell, Matrix};
use uioscope_model::{Ability, End, Event, Policy, Property, Report, Scenario, Verdict, Violation};

/// A table for each design: one policy across, the others down. Ends with a line end.
pub fn matrix(matrix: &Matrix, style: Style) -> String {
    let mut out = format!("scenario  {}\n", style.paint(Ink::Title, &clip(&matrix.scenario, 80)));
    let across = across(matrix);
    let columns: Vec<String> = matrix.cells.iter().take(across).map(|c| head(matrix, c).1).collect();
    let width = |j: usize| {
        let cells = matrix.cells.iter().skip(j).step_by(across).map(|c| cell_text(c).len());
        cells.chain(columns.get(j).map(String::len)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..across).map(width).collect();
    let left = matrix.cells.iter().map(|c| head(matrix, c).0.len() + 2).max().unwrap_or(0).max(28);
    let mut design = None;
    for row in matrix.cells.chunks(across) {
        let Some(first) = row.first() else { continue };
        if design != Some(first.design) {
            design = Some(first.design);
            write!(out, "\n{}", style.paint(Ink::Title, &format!("{:left$}", first.design))).expect("a String");
            for (column, width) in columns.iter().zip(&widths) {
                write!(out, "  {column:width$}").expect("a String");
            }
            out = out.trim_end().to_owned() + "\n";
        }
        let mut line = format!("  {:1$}", head(matrix, first).0, left - 2);
        for (cell, width) in row.iter().zip(&widths) {
            let text = cell_text(cell);
            let ink = match cell.verdict {
                Verdict::Safe => Ink::Fine,
                Verdict::Unsafe => Ink::Abuse,
                Verdict::Partial => Ink::Loud,
            };
            let pad = " ".repeat(width.saturating_sub(text.len()));
            write!(line, "  {}{pad}", style.paint(ink, &text)).expect("a String");
        }
        out += line.trim_end();
        out.push('\n');
    }
    for skipped in &matrix.skipped {
        out += &format!("\n{} is not asked: {}\n", skipped.design, clip(&skipped.why, 120));
    }
    let states: u64 = matrix.cells.iter().map(|c| c.states).sum();
    let seconds: f64 = matrix.cells.iter().map(|c| c.seconds).sum();
    let all = counted(matrix.cells.len() as u64, "combination", "combinations");
    out + &format!("\n{all}, {} states up to symmetry, {seconds:.1} s of search\n{LEGEND}\n", grouped(states))
}

/// How many cells a row has: those of the last policy that varies.
fn across(matrix: &Matrix) -> usize {
    let Some(first) = matrix.cells.first() else { return 1 };
    let same = |c: &&Cell| (c.design, c.exit, c.exec) == (first.design, first.exit, first.exec);
    if first.lwp_exit.is_some() {
        return matrix.cells.iter().take_while(same).count();
    }
    let same = |c: &&Cell| (c.design, c.exit) == (first.design, first.exit);
    match matrix.cells.iter().take_while(same).count() {
        1 => matrix.cells.iter().take_while(|c| c.design == first.design).count(),
        n => n,
    }
}

/// What stands before a cell's row, and above its column.
fn head(matrix: &Matrix, cell: &Cell) -> (String, String) {
    let varies = |of: fn(&Cell) -> Policy| matrix.cells.iter().any(|c| of(c) != of(cell));
    let exit = varies(|c| c.exit).then(|| format!("exit {}", cell.exit));
    let exec = varies(|c| c.exec).then(|| format!("exec {}", cell.exec));
    let lwp_exit = cell.lwp_exit.map(|policy| format!("LWP exit {policy}"));
    let mut parts: Vec<String> = [exit, exec, lwp_exit].into_iter().flatten().collect();
    let column = parts.pop().unwrap_or_default();
    (parts.join(", "), column)
}

const LEGEND: &str = "property:steps of its shortest trace; uaf use after free, was wrong address space, df double free, csb changed since submission";

/// `safe`, or each violated property with the length of its shortest trace.
fn cell_text(cell: &Cell) -> String {
    match cell.verdict {
        Verdict::Safe => "safe".to_owned(),
        Verdict::Partial => "partial".to_owned(),
        Verdict::Unsafe => {
            let short = |name: &str| {
                name.replace("use-after-free-", "uaf-")
                    .replace("wrong-address-space", "was")
                    .replace("double-free", "df")
                    .replace("changed-since-submission", "csb")
            };
            let parts: Vec<String> =
                cell.violations.iter().map(|v| format!("{}:{}", short(v.property.name()), v.steps)).collect();
            parts.join(" ")
        }
    }
}

/// The matrix as a Markdown table.
pub fn matrix_markdown(matrix: &Matrix) -> String {
    let mut out = format!("# Verdicts: {}\n", crate::markdown::text(&clip(&matrix.scenario, 80)));
    let departs = matrix.cells.iter().any(|c| c.lwp_exit.is_some());
    let (head, rule) = if departs { (" LWP exit |", " --- |") } else { ("", "") };
    out += &format!("\n| design | exit | exec |{head} verdict | first violations (steps) | states | transitions |\n");
    out += &format!("| --- | --- | --- |{rule} --- | --- | ---: | ---: |\n");
    for c in &matrix.cells {
        let list: Vec<String> = c.violations.iter().map(|v| format!("{} ({})", v.property, v.steps)).collect();
        let verdict = match c.verdict {
            Verdict::Safe => "safe",
            Verdict::Unsafe => "**unsafe**",
            Verdict::Partial => "partial",
        };
        writeln!(
            out,
            "| {} | {} | {} |{} {verdict} | {} | {} | {} |",
            c.design,
            c.exit,
            c.exec,
            c.lwp_exit.map_or_else(String::new, |policy| format!(" {policy} |")),
            list.join(", "),
            grouped(c.states),
            grouped(c.transitions)
        )
        .expect("writing to a String does not fail");
    }
    out
}

/// `uioscope.matrix/1`.
pub fn matrix_json(matrix: &Matrix) -> Vec<u8> {
    document(matrix)
}

fn document(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    json::document(&mut out, value).expect("writing to memory does not fail");
    out
}

/// Names and stories, a paragraph each. Ends with a line end.
pub fn scenarios(list: &[Scenario], style: Style) -> String {
    let mut out = String::new();
    for sc in list {
        let expected = match sc.expect.as_deref() {
            None => String::new(),
            Some([]) => style.paint(Ink::Fine, "safe"),
            Some(list) => {
                let names: Vec<&str> = list.iter().map(|p| p.name()).collect();
                style.paint(Ink::Abuse, &names.join(", "))
            }
        };
        out += &format!("{}  {expected}\n", style.paint(Ink::Title, &clip(&sc.name, 80)));
        for line in wrapped(&sc.story, 110) {
            out += &format!("    {line}\n");
        }
        if !sc.source.is_empty() {
            out += &format!("    {}\n", style.paint(Ink::Dim, &clip(&sc.source, 110)));
        }
    }
    out
}

/// Lines of at most so many columns, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|l| clip(l, width)).collect()
}

#[derive(Serialize)]
struct Checked<'a> {
    schema: &'static str,
    scenario: &'a Scenario,
    verdict: Verdict,
    end: End,
    states: u64,
    transitions: u64,
    depth: usize,
    unexplored: u64,
    vacuous: bool,
    unused: &'a [Ability],
    never: &'a [Event],
    idle: Vec<Idle<'a>>,
    unasked: &'a [Property],
    expect: Option<&'a [Property]>,
    met: Option<bool>,
    violations: &'a [Violation],
    hits: Vec<Count>,
    events: Vec<Count>,
}

#[derive(Serialize)]
struct Idle<'a> {
    property: &'static str,
    part: &'a str,
}

#[derive(Serialize)]
struct Count {
    name: &'static str,
    times: u64,
}

/// `uioscope.check/1`.
pub fn check_json(scenario: &Scenario, report: &Report) -> Vec<u8> {
    document(&Checked {
        schema: "uioscope.check/1",
        scenario,
        verdict: report.verdict(),
        end: report.end,
        states: report.states,
        transitions: report.transitions,
        depth: report.depth,
        unexplored: report.unexplored,
        vacuous: report.vacuous(),
        unused: &report.unused,
        never: &report.never,
        idle: report.idle.iter().map(|(p, part)| Idle { property: p.name(), part }).collect(),
        unasked: &report.unasked,
        expect: scenario.expect.as_deref(),
        met: report.meets(scenario),
        violations: &report.violations,
        hits: report.hits.iter().map(|(a, n)| Count { name: a.name(), times: *n }).collect(),
        events: report.events.iter().map(|(e, n)| Count { name: e.name(), times: *n }).collect(),
    })
}

/// What the verdict does not rest on, a line each.
fn doubts(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if report.transitions == 0 {
        lines.push("vacuous: no step is possible, so nothing was put to the test".to_owned());
    }
    let unused = report.unused.iter();
    lines.extend(unused.map(|a| format!("vacuous: {a} is allowed and was never done: none of its steps was possible")));
    let never = report.never.iter();
    lines.extend(never.map(|e| format!("vacuous: {e} was to happen somewhere and never did")));
    let idle = report.idle.iter();
    lines.extend(idle.map(|(p, part)| format!("{p} is never at stake: `{part}` is true in no state")));
    lines.extend(report.unasked.iter().map(|p| format!("{p} was not asked for")));
    lines
}

/// The verdict, property by property, with a timeline for each violation. Ends with a line end.
pub fn check(scenario: &Scenario, report: &Report, style: Style) -> String {
    let (word, ink) = match report.verdict() {
        Verdict::Safe => ("safe", Ink::Fine),
        Verdict::Unsafe => ("unsafe", Ink::Abuse),
        Verdict::Partial => ("partial", Ink::Loud),
    };
    let mut out = format!("{}  {}\n", style.paint(Ink::Title, &clip(&scenario.name, 80)), style.paint(ink, word));
    for line in wrapped(&scenario.story, 110) {
        out += &format!("  {}\n", style.paint(Ink::Dim, &line));
    }
    out += &format!(
        "\nrequests carry {}; exit {}, exec {}, LWP exit {}; {} procs x {} LWPs, {} requests, {} vmspaces, {} workers\n",
        scenario.design,
        scenario.exit,
        scenario.exec,
        scenario.lwp_exit,
        scenario.procs,
        scenario.lwps,
        scenario.requests,
        scenario.vmspaces,
        scenario.workers
    );
    out += &format!(
        "{} states, {} transitions, {} levels, {:.2} s",
        grouped(report.states),
        grouped(report.transitions),
        report.depth,
        report.seconds
    );
    // Of a small search it would say how large empty tables are.
    if report.states >= 100_000 {
        out += &format!(", {:.1} bytes a state", report.bytes as f64 / report.states as f64);
    }
    out.push('\n');
    match report.end {
        End::Exhausted => {}
        End::Memory => {
            let left = grouped(report.unexplored);
            out +=
                &style.paint(Ink::Loud, &format!("stopped at the memory limit with {left} states not looked into\n"));
        }
        End::Cancelled => {
            let left = grouped(report.unexplored);
            out += &style.paint(Ink::Loud, &format!("interrupted with {left} states not looked into\n"));
        }
    }
    for line in doubts(report) {
        out += &style.paint(Ink::Loud, &line);
        out.push('\n');
    }
    if let (Some(expected), Some(met)) = (scenario.expect.as_deref(), report.meets(scenario)) {
        let names: Vec<&str> = expected.iter().map(|p| p.name()).collect();
        let what = if names.is_empty() { "no violation".to_owned() } else { names.join(", ") };
        let (ink, word) = if met { (Ink::Fine, "as expected") } else { (Ink::Abuse, "not as expected") };
        out += &style.paint(ink, &format!("{word}: {what}\n"));
    }
    for violation in &report.violations {
        out += &format!(
            "\n{}  after {}\n\n",
            style.paint(Ink::Abuse, violation.property.name()),
            counted(violation.steps as u64, "step", "steps")
        );
        out += &super::timeline::text(scenario, violation, style);
    }
    out
}
