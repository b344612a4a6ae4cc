//! How much of a tree the C front end reads: function bodies, and what was passed over in them.

use crate::ast::{Ast, Skip};
use crate::c::grammar::c_text;
use crate::c::lex::Span;
use crate::c::variant::{Cover, variants};
use crate::c::{items, parse, pp::Unit};
use crate::finding::{Problem, Severity};
use crate::tree::{LineIndex, SourceFile, SourceTree};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// Figures of a tree.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ParseStats {
    /// C files parsed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Function bodies found; a body that several `#if` arms share is one.
    pub functions: u64,
    /// Those without a skipped token.
    pub clean: u64,
    /// Files with unclean bodies, worst first.
    pub worst: Vec<FileStats>,
    /// Reasons of skips inside bodies, most frequent first.
    pub reasons: Vec<(String, u64)>,
    /// What was wrong with the files themselves.
    pub problems: Vec<Problem>,
}

/// Figures of a file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FileStats {
    /// Relative to the tree's root.
    pub path: String,
    /// Function bodies found.
    pub functions: u64,
    /// Those with a skipped token.
    pub unclean: u64,
    /// 1-based line and reason of each skip.
    pub skips: Vec<(u32, String)>,
}

struct Parsed {
    stats: FileStats,
    problems: Vec<Problem>,
}

/// Whether the C front end reads files of that name: all but assembler, interface tables and Rust. A file that the user
/// names, or standard input, is C whatever it is called.
pub fn is_c(path: &str) -> bool {
    ![".S", ".s", ".src", ".rs"].iter().any(|e| path.ends_with(e))
}

/// Parses every function of every C file.
pub fn parse_stats(tree: &SourceTree) -> ParseStats {
    let files: Vec<&SourceFile> = tree.files.iter().filter(|f| !f.context && is_c(&f.path)).collect();
    let parsed: Vec<Parsed> = files.par_iter().map_init(Ast::default, |ast, f| parse_file(f, ast)).collect();
    let mut total = ParseStats { files: files.len() as u64, problems: tree.problems.clone(), ..ParseStats::default() };
    total.bytes = files.iter().map(|f| f.bytes.len() as u64).sum();
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for p in parsed {
        total.functions += p.stats.functions;
        total.clean += p.stats.functions - p.stats.unclean;
        for (_, reason) in &p.stats.skips {
            *reasons.entry(reason.clone()).or_default() += 1;
        }
        total.problems.extend(p.problems);
        if !p.stats.skips.is_empty() {
            total.worst.push(p.stats);
        }
    }
    total
        .worst
        .sort_by(|a, b| (b.unclean, b.skips.len()).cmp(&(a.unclean, a.skips.len())).then_with(|| a.path.cmp(&b.path)));
    total.reasons = reasons.into_iter().collect();
    total.reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    total.problems.sort();
    total
}

fn parse_file(file: &SourceFile, ast: &mut Ast) -> Parsed {
    let text = c_text(&file.path, &file.bytes);
    let unit = Unit::new(&text);
    // A body is known by where it starts: the variants of an item share bodies.
    let mut bodies: BTreeMap<u32, (Span, bool)> = BTreeMap::new();
    let mut skips: Vec<Skip> = Vec::new();
    for item in items::cut(&unit) {
        let taken = variants(&unit, item, Cover::Text);
        if taken.incomplete {
            let span = unit.lexed.tokens[item.0 as usize].span;
            skips.push(Skip { span, reason: "too many #if arms in one item" });
        }
        for stream in &taken.streams {
            ast.clear();
            parse::parse(unit.source, stream, ast);
            for f in &ast.functions {
                let broken = ast.skips.iter().any(|s| f.span.start <= s.span.start && s.span.end <= f.span.end)
                    || taken.incomplete;
                let body = bodies.entry(f.name.end).or_insert((f.span, false));
                body.1 |= broken;
            }
            for s in &ast.skips {
                if s.reason == "a block outside a function" {
                    // Most likely a function whose head was not understood.
                    bodies.entry(s.span.start).or_insert((s.span, true)).1 = true;
                }
            }
            skips.extend_from_slice(&ast.skips);
        }
    }
    skips.sort();
    skips.dedup();
    let lines = LineIndex::new(&file.bytes);
    let stats = FileStats {
        path: file.path.clone(),
        functions: bodies.len() as u64,
        unclean: bodies.values().filter(|b| b.1).count() as u64,
        skips: skips.iter().map(|s| (lines.line(s.span.start), s.reason.to_owned())).collect(),
    };
    Parsed { stats, problems: file_problems(&unit, &file.path, &lines) }
}

/// Comments, conditionals and quotes that do not end.
pub fn file_problems(unit: &Unit<'_>, path: &str, lines: &LineIndex) -> Vec<Problem> {
    let problem = |at: u32, message: &str| Problem {
        path: path.to_owned(),
        line: Some(lines.line(at)),
        severity: Severity::Error,
        message: message.to_owned(),
    };
    let mut problems: Vec<Problem> = unit.troubles.iter().map(|t| problem(t.at, &t.message)).collect();
    for quote in &unit.lexed.open_quotes {
        // In disabled text a quote is prose.
        if unit.presence(unit.token_at(quote.start)) == crate::c::cond::Cond::Const(false) {
            continue;
        }
        let is_string = unit.text(*quote).first() == Some(&b'"');
        problems.push(if is_string {
            problem(quote.start, "string without an end: the rest of its line was read as part of it; close it")
        } else {
            // Only the quote itself is passed over: nothing is lost.
            Problem {
                severity: Severity::Warning,
                ..problem(quote.start, "character constant without an end: the quote was passed over; close it")
            }
        });
    }
    problems
}
