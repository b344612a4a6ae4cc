//! Answers to `callees` and `who`, for people and for tools.

use crate::explain::steps;
use crate::json;
use crate::numbers::counted;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use crate::summary::role_ink;
use serde::Serialize;
use uioscope_analyzer::finding::{Role, Step};
use uioscope_analyzer::questions::Answer;

/// Source by path, for the steps' lines.
pub type Source<'s> = &'s dyn Fn(&str) -> Option<Vec<u8>>;

/// Each function with the way to each role of its argument. Ends with a line end.
pub fn callees(answers: &[Answer], style: Style, source: Source<'_>) -> String {
    let mut out = String::new();
    for (i, answer) in answers.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let place = format!("{}:{}", clean(&answer.path), answer.line);
        let argument = answer.argument.map_or_else(String::new, |n| format!("#{n}"));
        let roles: Vec<String> = answer.roles.iter().map(|r| style.paint(role_ink(*r), r.name())).collect();
        out += &format!(
            "{}  {}{argument}: {}\n",
            style.paint(Ink::Path, &place),
            style.paint(Ink::Title, &clip(&answer.function, 60)),
            roles.join(", ")
        );
        for way in &answer.ways {
            let Some(role) = way.role.filter(|_| !way.steps.is_empty()) else { continue };
            out += &format!("\n{}", style.paint(role_ink(role), role.name()));
            if let Some(needs) = answer.role_conditions.iter().find(|c| c.role == role) {
                out += &style.paint(Ink::Condition, &format!("  #if {}", clip(&needs.when.to_string(), 80)));
            }
            out.push('\n');
            steps(&mut out, &way.steps, style, source, true);
        }
        if !answer.null_meaning.is_empty() {
            out += &format!("\n{}\n", style.paint(Ink::Title, "what NULL means to its readers"));
            steps(&mut out, &answer.null_meaning, style, source, false);
        }
        for note in &answer.notes {
            out += &format!("\nnote: {}\n", clip(&note.to_string(), 200));
        }
    }
    out
}

/// One line for each function: its place, its parameter, where it uses the process. Ends with a line end.
pub fn who(answers: &[Answer], role: Role, style: Style) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for a in answers {
        let argument = a.argument.map_or_else(String::new, |n| format!("#{n}"));
        let way = a.ways.first().map_or(&[][..], |w| &w.steps);
        let last = way.last().map_or_else(String::new, |s| {
            let place =
                if s.path == a.path { format!("line {}", s.line) } else { format!("{}:{}", clean(&s.path), s.line) };
            format!("{} at {place}", clip(&s.step.to_string(), 60))
        });
        let through = way.iter().filter(|s| matches!(s.step, Step::Argument { .. })).count();
        let through =
            through.saturating_sub(usize::from(way.last().is_some_and(|s| matches!(s.step, Step::Argument { .. }))));
        let far = if through > 0 {
            format!(", {}", counted(through as u64, "call away", "calls away"))
        } else {
            String::new()
        };
        rows.push([
            format!("{}:{}", clean(&a.path), a.line),
            format!("{}{argument}", clip(&a.function, 60)),
            format!("{last}{far}"),
        ]);
    }
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).filter(|n| *n <= 60).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let mut out = String::new();
    for [place, function, how] in &rows {
        let pad = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.chars().count()));
        out += &format!(
            "{}{}  {}{}  {how}\n",
            style.paint(Ink::Path, place),
            pad(place, first),
            style.paint(Ink::Title, function),
            pad(function, second)
        );
    }
    let count = counted(answers.len() as u64, "function or parameter", "functions and parameters");
    out + &format!("{count} with the role {}\n", style.paint(role_ink(role), role.name()))
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tree: &'a str,
    question: &'a str,
    answers: &'a [Answer],
}

/// `uioscope.answers/1`.
pub fn json(tree: &str, question: &str, answers: &[Answer]) -> Vec<u8> {
    let mut out = Vec::new();
    let document = Document { schema: "uioscope.answers/1", tree, question, answers };
    json::document(&mut out, &document).expect("writing to memory does not fail");
    out
}
