//! How much of a tree the front ends read: function bodies, and what was passed over in them.

use crate::language::{self, Cover};
use crate::rust::NO_RUST;
use crate::text::Span;
use crate::text::{LineIndex, SourceFile, SourceTree};
use crate::text::{Problem, Severity};
use crate::tree::Skip;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// Figures of a tree.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ParseStats {
    /// C and Rust files parsed.
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

/// Parses every function of every C and Rust file.
pub fn parse_stats(tree: &SourceTree) -> ParseStats {
    let files: Vec<&SourceFile> = tree.files.iter().filter(|f| !f.context && language::is_read(&f.path)).collect();
    let parsed: Vec<Parsed> = files.par_iter().map(|f| parse_file(f)).collect();
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

fn parse_file(file: &SourceFile) -> Parsed {
    let text = language::text(&file.path, &file.bytes);
    let syntax = language::syntax(&file.path, &text);
    let lines = LineIndex::new(&file.bytes);
    // A body is known by where it starts: the variants of an item share bodies.
    let mut bodies: BTreeMap<u32, (Span, bool)> = BTreeMap::new();
    let mut skips: Vec<Skip> = Vec::new();
    let mut problems = Vec::new();
    for part in language::parts(&*syntax) {
        let mut own: Vec<Skip> = Vec::new();
        let mut functions: Vec<Span> = Vec::new();
        let missed = syntax.trees(part, Cover::Text, &mut |ast| {
            for f in &ast.functions {
                functions.push(f.span);
                let broken = ast.skips.iter().any(|s| f.span.start <= s.span.start && s.span.end <= f.span.end);
                bodies.entry(f.name.end).or_insert((f.span, false)).1 |= broken;
            }
            for s in &ast.skips {
                if s.reason == crate::c::parse::OUTSIDE || (s.reason == NO_RUST && syntax.is_function(part)) {
                    // Most likely a function whose head was not understood.
                    bodies.entry(s.span.start).or_insert((s.span, true)).1 = true;
                }
            }
            own.extend_from_slice(&ast.skips);
        });
        if missed.incomplete {
            let span = syntax.span(part);
            own.push(Skip { span: Span::new(span.start, span.start + 1), reason: "too many #if arms in one item" });
            bodies.values_mut().filter(|b| functions.contains(&b.0)).for_each(|b| b.1 = true);
        }
        for (at, message) in missed.problems {
            let line = Some(lines.line(at));
            problems.push(Problem { path: file.path.clone(), line, severity: Severity::Error, message });
        }
        skips.extend(own);
    }
    skips.sort();
    skips.dedup();
    let stats = FileStats {
        path: file.path.clone(),
        functions: bodies.len() as u64,
        unclean: bodies.values().filter(|b| b.1).count() as u64,
        skips: skips.iter().map(|s| (lines.line(s.span.start), s.reason.to_owned())).collect(),
    };
    problems.extend(language::problems(&*syntax, &file.path, &lines, [].iter()));
    Parsed { stats, problems }
}
