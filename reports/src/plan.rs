//! The checklist of a migration, and how far it has come: for a terminal, as Markdown, as JSON.

use crate::json::document;
use crate::numbers::counted;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use serde::Serialize;
use std::fmt::Write;
use uioscope_migration::plan::{Plan, Site, Step};
use uioscope_migration::status::{Standing, State};

/// Columns of a sentence before it is cut.
const SENTENCE: usize = 110;

/// The document that tools rely on, and that `plan status` reads.
pub fn json(plan: &Plan) -> Vec<u8> {
    let mut out = Vec::new();
    document(&mut out, plan).expect("writing to memory does not fail");
    out
}

/// What can be said of how a step's edits are applied.
fn edits(step: &Step) -> String {
    match step.applicability {
        Some(a) => format!("edit, {}", a.name()),
        None if step.question.is_some() => "question".to_owned(),
        None => "by hand".to_owned(),
    }
}

/// For a terminal.
pub fn text(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "plan   {} in {} to {}, role pack {}",
        clean(&plan.field),
        clean(&plan.tree),
        plan.to,
        clean(&plan.pack)
    );
    if let Some(done) = &plan.done {
        let _ = writeln!(out, "       {}", clean(done));
        return out;
    }
    let sites: usize = plan.steps.iter().map(|s| s.sites.len()).sum();
    let questions = plan.steps.iter().filter(|s| s.question.is_some()).count();
    let _ = writeln!(
        out,
        "       {}, {}, {}",
        counted(plan.steps.len() as u64, "step", "steps"),
        counted(sites as u64, "place", "places"),
        counted(questions as u64, "question", "questions")
    );
    for (i, step) in plan.steps.iter().enumerate() {
        let head = format!("{:>3}  {}", i + 1, clean(&step.name));
        let _ = writeln!(out, "\n{}  {}", style.paint(Ink::Title, &head), style.paint(Ink::Dim, &edits(step)));
        let _ = writeln!(out, "     {}: {}", clip(&step.title, SENTENCE), clip(&step.why, SENTENCE));
        for site in &step.sites {
            let _ = writeln!(out, "       {}", clip(&place(site), SENTENCE));
        }
        if let Some(question) = &step.question {
            let _ = writeln!(out, "     ? {}", clip(&question.ask, SENTENCE));
            for option in &question.options {
                let _ = writeln!(out, "       - {}: {}", clip(&option.what, SENTENCE), clip(&option.cost, SENTENCE));
            }
        } else {
            for note in &step.notes {
                let _ = writeln!(out, "     note: {}", clip(note, SENTENCE));
            }
        }
        let _ = writeln!(out, "     check: {}", clip(&step.check, SENTENCE));
    }
    out
}

fn place(site: &Site) -> String {
    let why = if site.why.is_empty() { String::new() } else { format!("  {}", site.why) };
    format!("{}:{} {}{why}", site.path, site.line, site.function)
}

/// For a tracker.
pub fn markdown(plan: &Plan) -> String {
    let cell = |text: &str| clean(text).replace('|', "\\|").replace('<', "&lt;");
    let mut out = String::new();
    let _ = writeln!(out, "# Plan: `{}` to {}\n", cell(&plan.field), plan.to);
    if let Some(done) = &plan.done {
        let _ = writeln!(out, "{}", cell(done));
        return out;
    }
    for (i, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(out, "## {}. {}\n", i + 1, cell(&step.title));
        let _ = writeln!(out, "Step `{}` ({}): {}.", cell(&step.name), edits(step), cell(&step.why));
        if !step.needs.is_empty() {
            let needs: Vec<String> = step.needs.iter().map(|n| format!("`{}`", cell(n))).collect();
            let _ = writeln!(out, "After {}.", needs.join(", "));
        }
        out.push('\n');
        for site in &step.sites {
            let _ = writeln!(out, "- [ ] {}", cell(&place(site)));
        }
        if let Some(question) = &step.question {
            let _ = writeln!(out, "\n**To decide:** {}\n", cell(&question.ask));
            for option in &question.options {
                let _ = writeln!(out, "- {}: {}", cell(&option.what), cell(&option.cost));
            }
        }
        let _ = writeln!(out, "\nCheck: {}.\n", cell(&step.check));
    }
    out
}

/// How a plan stands.
#[derive(Debug, Serialize)]
pub struct Status<'a> {
    /// `uioscope.plan-status/1`.
    pub schema: &'static str,
    /// `struct.field`.
    pub field: &'a str,
    /// By step.
    pub steps: &'a [Standing],
    /// Places that no step is about.
    pub unplanned: &'a [String],
    /// What else is to be said, such as that the field is gone.
    pub note: Option<&'a str>,
}

/// The status document's schema name and version.
pub const STATUS_SCHEMA: &str = "uioscope.plan-status/1";

/// The document.
pub fn status_json(status: &Status<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    document(&mut out, status).expect("writing to memory does not fail");
    out
}

/// The steps with their ticks.
pub fn status_text(status: &Status<'_>, style: Style) -> String {
    let mut out = String::new();
    if let Some(note) = status.note {
        let _ = writeln!(out, "{}", clean(note));
    }
    let done = status.steps.iter().filter(|s| s.state == State::Done).count();
    let _ = writeln!(out, "{done} of {} done", counted(status.steps.len() as u64, "step", "steps"));
    for step in status.steps {
        let tick = match step.state {
            State::Done => "x",
            State::Unknown => "?",
            State::Begun => "-",
            State::Open => " ",
        };
        let left = match step.state {
            State::Done => String::new(),
            State::Unknown => format!("  {} of {} cannot be told", step.unknown, step.sites),
            State::Begun | State::Open => format!("  {} of {} left", step.left, step.sites),
        };
        let _ = writeln!(out, "  [{tick}] {}{}", clean(&step.step), style.paint(Ink::Dim, &left));
        for place in &step.places {
            let _ = writeln!(out, "        {}", clip(place, SENTENCE));
        }
    }
    if !status.unplanned.is_empty() {
        let _ = writeln!(out, "not in the plan: make it again to cover them");
        for place in status.unplanned {
            let _ = writeln!(out, "        {}", clip(place, SENTENCE));
        }
    }
    out
}
