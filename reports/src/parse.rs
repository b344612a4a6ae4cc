//! How much of a tree the parser understood: text and JSON.

use crate::json;
use crate::numbers::{bytes, counted, grouped, percent};
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use serde::Serialize;
use std::io;
use uioscope_analyzer::finding::Problem;
use uioscope_source::facts::Fact;
use uioscope_source::stats::{FileStats, ParseStats};

/// The parse document's schema name and version.
pub const PARSE_SCHEMA: &str = "uioscope.parse/1";
/// How many skips of a file, and how many reasons, the text shows.
const FEW: usize = 3;
const REASONS: usize = 12;

/// The figures for a terminal, with the `worst` worst files.
pub fn text(tree: &str, stats: &ParseStats, worst: usize, style: Style) -> String {
    let row = |name: &str, text: String| format!("{} {text}\n", style.paint(Ink::Dim, &format!("{name:<7}")));
    let unclean = stats.functions.saturating_sub(stats.clean);
    let mut out = row("parse", style.paint(Ink::Title, &clean(tree)));
    out += &row("read", format!("{} ({})", counted(stats.files, "file", "files"), bytes(stats.bytes)));
    let figure = style.paint(Ink::Title, &percent(stats.clean, stats.functions));
    let bodies = counted(stats.functions, "function body", "function bodies");
    out += &row("clean", format!("{figure} of {bodies} parsed without a skipped token; {} not", grouped(unclean)));
    if !stats.problems.is_empty() {
        out += &row("trouble", counted(stats.problems.len() as u64, "problem", "problems"));
    }
    if !stats.reasons.is_empty() {
        out += &format!("\n{}\n", style.paint(Ink::Title, "why tokens were skipped"));
        for (reason, count) in stats.reasons.iter().take(REASONS) {
            out += &format!("{:>8}  {}\n", grouped(*count), clip(reason, 100));
        }
        out += &more(stats.reasons.len(), REASONS, "reason", "reasons", style);
    }
    if worst > 0 && !stats.worst.is_empty() {
        out += &format!("\n{}\n", style.paint(Ink::Title, "worst files, by bodies not clean"));
        for file in stats.worst.iter().take(worst) {
            out += &file_text(file, style);
        }
        out += &more(stats.worst.len(), worst, "file", "files", style);
    }
    out
}

fn file_text(file: &FileStats, style: Style) -> String {
    let path = style.paint(Ink::Path, &clean(&file.path));
    let mut out = format!(
        "{:>8}  {path} {}\n",
        grouped(file.unclean),
        style.paint(Ink::Dim, &format!("of {}", grouped(file.functions)))
    );
    for (line, reason) in file.skips.iter().take(FEW) {
        out += &format!("          line {line}: {}\n", clip(reason, 90));
    }
    if file.skips.len() > FEW {
        let rest = format!("          … and {} more", grouped((file.skips.len() - FEW) as u64));
        out += &format!("{}\n", style.paint(Ink::Dim, &rest));
    }
    out
}

fn more(all: usize, shown: usize, one: &str, many: &str, style: Style) -> String {
    match all.checked_sub(shown) {
        None | Some(0) => String::new(),
        Some(n) => format!(
            "{}\n",
            style.paint(
                Ink::Dim,
                &format!("          … and {} more {}", grouped(n as u64), if n == 1 { one } else { many })
            )
        ),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tree: &'a str,
    files: u64,
    bytes: u64,
    functions: u64,
    clean: u64,
    worst: Vec<FileDocument<'a>>,
    reasons: Vec<ReasonDocument<'a>>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct FileDocument<'a> {
    path: &'a str,
    functions: u64,
    unclean: u64,
    skips: Vec<SkipDocument<'a>>,
}

#[derive(Serialize)]
struct SkipDocument<'a> {
    line: u32,
    reason: &'a str,
}

#[derive(Serialize)]
struct ReasonDocument<'a> {
    reason: &'a str,
    count: u64,
}

/// Writes the figures as JSON, with the `worst` worst files.
///
/// # Errors
/// Only what `out` itself answers.
pub fn json(out: impl io::Write, tree: &str, stats: &ParseStats, worst: usize) -> io::Result<()> {
    let worst = stats.worst.iter().take(worst).map(|f| FileDocument {
        path: &f.path,
        functions: f.functions,
        unclean: f.unclean,
        skips: f.skips.iter().map(|(line, reason)| SkipDocument { line: *line, reason }).collect(),
    });
    let document = Document {
        schema: PARSE_SCHEMA,
        tree,
        files: stats.files,
        bytes: stats.bytes,
        functions: stats.functions,
        clean: stats.clean,
        worst: worst.collect(),
        reasons: stats.reasons.iter().map(|(reason, count)| ReasonDocument { reason, count: *count }).collect(),
        problems: &stats.problems,
    };
    json::document(out, &document)
}

/// The facts of a file, one a line: place, kind, what, function, presence condition.
pub fn facts(path: &str, facts: &[Fact], style: Style) -> String {
    let mut out = String::new();
    for f in facts {
        let place = style.paint(Ink::Path, &format!("{}:{}:{}", clean(path), f.line, f.start));
        let kind = format!("{:?}", f.kind).to_lowercase();
        out += &format!("{place}  {kind:<11}  {}", clip(&f.what, 100));
        if f.function != "-" {
            out += &format!("  in {}", clip(&f.function, 60));
        }
        if let Some(when) = &f.when {
            out += &format!("  {}", style.paint(Ink::Condition, &format!("#if {}", clip(when, 80))));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn stats() -> ParseStats {
        let file = |path: &str, unclean: u64| FileStats {
            path: path.to_owned(),
            functions: 40,
            unclean,
            skips: (1..=unclean).map(|i| (i as u32 * 10, "no expression can start here".to_owned())).collect(),
        };
        ParseStats {
            files: 8333,
            bytes: 65_040_000,
            functions: 94_120,
            clean: 94_111,
            worst: vec![file("sys/arch/a.c", 5), file("sys/b.c", 3), file("sys/\x1b.c", 1)],
            reasons: vec![("no expression can start here".to_owned(), 9)],
            problems: Vec::new(),
        }
    }

    #[test]
    fn the_figures() {
        insta::assert_snapshot!(text("/usr/src", &stats(), 2, Style::PLAIN));
    }

    #[test]
    fn the_document_keeps_its_schema() {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/schemas/parse-1.schema.json")).expect("the schema is JSON");
        let mut out = Vec::new();
        json(&mut out, "/usr/src", &stats(), 2).expect("memory");
        let document: Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(document["worst"].as_array().map(Vec::len), Some(2));
        let validator = jsonschema::validator_for(&schema).expect("the schema compiles");
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut broken = document;
        broken["extra"] = Value::Null;
        assert!(!validator.is_valid(&broken));
    }
}
