//! The gate's verdict: for people, for tools, for logs.

use crate::numbers::counted;
use crate::place::Places;
use crate::safe::clean;
use crate::style::{Ink, Style};
use crate::view::null_text;
use serde::Serialize;
use std::fmt::Write;
use uioscope_analyzer::finding::{Finding, Role};
use uioscope_analyzer::gate::{Baseline, Passed, Verdict};

/// The document's schema name and version.
const SCHEMA: &str = "uioscope.gate/1";
/// Steps of a way that are shown.
const STEPS: usize = 6;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    field: &'a str,
    new: Vec<New<'a>>,
    fixed: Vec<&'a Passed>,
    moved: Vec<Moved<'a>>,
    held: usize,
    unused: Vec<&'a Passed>,
}

#[derive(Serialize)]
struct New<'a> {
    id: &'a str,
    path: &'a str,
    line: u32,
    column: u32,
    function: &'a str,
    roles: Vec<&'static str>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Moved<'a> {
    from: &'a str,
    id: &'a str,
    path: &'a str,
    line: u32,
}

fn names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|r| r.name()).collect()
}

/// For tools: `uioscope.gate/1`.
pub fn json(verdict: &Verdict<'_>, baseline: &Baseline) -> String {
    let entries = |all: &[usize]| all.iter().map(|i| &baseline.entries[*i]).collect();
    let new = |(f, roles): &(&'_ Finding, Vec<Role>)| (names(roles), (*f).clone());
    let found: Vec<(Vec<&'static str>, Finding)> = verdict.new.iter().map(new).collect();
    let document = Document {
        schema: SCHEMA,
        field: &baseline.field,
        new: found
            .iter()
            .map(|(roles, f)| New {
                id: &f.id,
                path: &f.path,
                line: f.line,
                column: f.column,
                function: &f.function,
                roles: roles.clone(),
                fingerprint: &f.fingerprint,
            })
            .collect(),
        fixed: entries(&verdict.fixed),
        moved: verdict
            .moved
            .iter()
            .map(|(i, f)| Moved { from: &baseline.entries[*i].path, id: &f.id, path: &f.path, line: f.line })
            .collect(),
        held: verdict.held.len(),
        unused: entries(&verdict.unused),
    };
    let mut out = Vec::new();
    crate::json::document(&mut out, &document).expect("writing to memory does not fail");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// A line for each new abuse.
pub fn gnu(verdict: &Verdict<'_>, places: &Places) -> String {
    let mut out = String::new();
    for (f, roles) in &verdict.new {
        let (path, function) = (places.shown(&f.path), clean(&f.function));
        let _ = writeln!(
            out,
            "{path}:{}:{}: error: new abuse: {} in {function} [{}]",
            f.line,
            f.column,
            names(roles).join(", "),
            f.id
        );
    }
    out
}

/// For people: what is new with its way, then what changed of what was known, then the counts.
pub fn text(verdict: &Verdict<'_>, baseline: &Baseline, places: &Places, is_update: bool, style: Style) -> String {
    let mut out = String::new();
    for (f, roles) in &verdict.new {
        let place = format!("{}:{}:{}", places.shown(&f.path), f.line, f.column);
        let word = if is_update { "added" } else { "new" };
        let _ = writeln!(
            out,
            "{} {} in {}: {}  [{}]",
            style.paint(Ink::Title, word),
            place,
            clean(&f.function),
            names(roles).join(", "),
            f.id
        );
        let _ = writeln!(out, "    {}", clean(&f.expression));
        for e in f.evidence.iter().take(STEPS) {
            let _ = writeln!(out, "    {}:{}  {}", places.shown(&e.path), e.line, clean(&e.step.to_string()));
        }
        if !f.null_meaning.is_empty() {
            let _ = writeln!(out, "    NULL: {}", clean(&null_text(f)));
        }
    }
    for (i, f) in &verdict.moved {
        let _ = writeln!(out, "moved {} to {}:{}", clean(&baseline.entries[*i].path), places.shown(&f.path), f.line);
    }
    let entry = |e: &Passed| format!("{} in {}: {}", clean(&e.path), clean(&e.function), e.roles.join(", "));
    for i in &verdict.fixed {
        let what = if is_update { "taken out" } else { "fixed, take it out with --update" };
        let _ = writeln!(out, "{what}: {}", entry(&baseline.entries[*i]));
    }
    for i in &verdict.unused {
        let _ = writeln!(out, "not looked at: {}", entry(&baseline.entries[*i]));
    }
    let _ = writeln!(
        out,
        "{}: {}, {} held, {} fixed",
        clean(&baseline.field),
        counted(verdict.new.len() as u64, "new abuse", "new abuses"),
        verdict.held.len(),
        verdict.fixed.len()
    );
    if !verdict.new.is_empty() && !is_update {
        out += "hand on what is needed, not the field; or let it pass with --baseline FILE --update --reason TEXT\n";
    }
    out
}
