//! What each design does to each finding: for a terminal, as Markdown, as JSON.

use crate::json::document;
use crate::numbers::counted;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use std::fmt::Write;
use uioscope_migration::whatif::{Entry, Judgement, Total, WhatIf};
use uioscope_migration::{Column, Outcome};

/// Columns of a reason before it is cut.
const REASON: usize = 100;

/// The document that tools rely on.
pub fn json(what_if: &WhatIf) -> Vec<u8> {
    let mut out = Vec::new();
    document(&mut out, what_if).expect("writing to memory does not fail");
    out
}

/// For a terminal: the totals, then under `column` every finding that does not stay as it is.
pub fn text(what_if: &WhatIf, column: Column, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "what if  {} in {}, role pack {}",
        clean(&what_if.field),
        clean(&what_if.tree),
        clean(&what_if.pack)
    );
    let _ = writeln!(out);
    out += &style.paint(Ink::Title, &totals_head());
    out.push('\n');
    for total in &what_if.totals {
        out += totals_line(total).trim_end();
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "\npolicies: what exit and exec may do so that requests that outlive their issuer's call find their address space"
    );
    for outcome in Outcome::ALL.iter().rev() {
        group(&mut out, what_if, column, *outcome, style);
    }
    out
}

fn totals_head() -> String {
    let words: String = Outcome::ALL.iter().map(|o| format!("{:>11}", o.name())).collect();
    format!("{:<26}{words}  {:>14}  policies", "design", "representative")
}

fn totals_line(total: &Total) -> String {
    let counts: String = Outcome::ALL.iter().map(|o| format!("{:>11}", total.of(*o))).collect();
    let policies =
        if total.safe_policies.is_empty() { "none of them".to_owned() } else { total.safe_policies.join(", ") };
    format!("{:<26}{counts}  {:>14}  {policies}", total.design, total.representative)
}

fn group(out: &mut String, what_if: &WhatIf, column: Column, outcome: Outcome, style: Style) {
    let judged = |e: &&Entry| e.designs.get(column.name()).is_some_and(|j| j.outcome == outcome);
    let list: Vec<&Entry> = what_if.findings.iter().filter(judged).collect();
    if list.is_empty() {
        return;
    }
    let title = format!("{} under {}", outcome.name(), column.name());
    let count = counted(list.len() as u64, "finding", "findings");
    let _ = writeln!(out, "\n{}  {}", style.paint(Ink::Title, &title), style.paint(Ink::Dim, &count));
    let place = |e: &Entry| format!("{}:{}", clip(&e.path, REASON), e.line);
    let width = list.iter().map(|e| place(e).chars().count()).max().unwrap_or(0).min(44);
    for entry in list {
        let j = &entry.designs[column.name()];
        let kind = j.kind.map_or("", |k| k.name());
        let line = format!(
            "  {:<width$}  {:<5}  {kind:<8}  {}{}",
            place(entry),
            entry.access.name(),
            clip(&j.why, REASON),
            argument(j)
        );
        let _ = writeln!(out, "{}", line.trim_end());
        if let Some(model) = soonest(j).filter(|_| outcome == Outcome::Unsafe) {
            let _ = writeln!(out, "  {:<width$}  {}", "", style.paint(Ink::Dim, &model));
        }
    }
}

fn argument(j: &Judgement) -> String {
    j.argument.map_or_else(String::new, |a| format!("  [needs: {a}]"))
}

/// What the model says when nobody does anything about requests in flight.
fn soonest(j: &Judgement) -> Option<String> {
    let played = j.model.iter().filter(|m| m.policy == "none" && m.verdict != "safe");
    played
        .min_by_key(|m| (m.steps, m.property))
        .map(|m| format!("policy none: {} after {} steps", m.property.unwrap_or(m.verdict), m.steps.unwrap_or(0)))
}

/// For a tracker.
pub fn markdown(what_if: &WhatIf, column: Column) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# What if `{}` changed\n", cell(&what_if.field));
    let _ = writeln!(out, "Tree {}, role pack {}.\n", cell(&what_if.tree), cell(&what_if.pack));
    let heads: String = Outcome::ALL.iter().map(|o| format!(" {} |", o.name())).collect();
    let _ = writeln!(out, "| design |{heads} representative LWP | safe policies |");
    let _ = writeln!(out, "| --- |{} ---: | --- |", " ---: |".repeat(Outcome::ALL.len()));
    for total in &what_if.totals {
        let counts: String = Outcome::ALL.iter().map(|o| format!(" {} |", total.of(*o))).collect();
        let policies = total.safe_policies.join(", ");
        let _ = writeln!(out, "| {} |{counts} {} | {policies} |", total.design, total.representative);
    }
    for outcome in Outcome::ALL.iter().rev().filter(|o| **o != Outcome::Unchanged) {
        let judged = |e: &&Entry| e.designs.get(column.name()).is_some_and(|j| j.outcome == *outcome);
        let list: Vec<&Entry> = what_if.findings.iter().filter(judged).collect();
        if list.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {} under {}\n", outcome.name(), column.name());
        for entry in list {
            let j = &entry.designs[column.name()];
            let kind = j.kind.map_or(String::new(), |k| format!(", {}", k.name()));
            let _ = writeln!(
                out,
                "- {}:{} {}: {}{kind}. {}{}",
                cell(&entry.path),
                entry.line,
                cell(&entry.function),
                entry.access.name(),
                cell(&j.why),
                argument(j)
            );
        }
    }
    traces(&mut out, what_if, column);
    out
}

/// The model's shortest traces under a design.
fn traces(out: &mut String, what_if: &WhatIf, column: Column) {
    let design = column.design().name();
    let mine = what_if.verdicts.iter().filter(|v| v.design == design && !v.violations.is_empty());
    for (i, v) in mine.enumerate() {
        if i == 0 {
            let _ = writeln!(out, "\n## What the model shows of {design}\n");
        }
        let reads = v.reads.map_or(String::new(), |r| format!(", reading {r}"));
        for violation in &v.violations {
            let trace = violation.trace.join("; ");
            let _ = writeln!(
                out,
                "- policy {}{reads}: {} after {} steps: {trace}",
                v.policy, violation.property, violation.steps
            );
        }
    }
}

/// What is safe between Markdown's marks.
fn cell(text: &str) -> String {
    clean(text).replace('|', "\\|").replace('<', "&lt;")
}
