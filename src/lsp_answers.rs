//! What an audit answers to an editor: as values of the language server protocol.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use uioscope_analyzer::finding::{Access, Audit, Finding};
use uioscope_migration::edit::Applicability;
use uioscope_migration::plan::Plan;
use uioscope_reports::safe::clip;
use uioscope_reports::view::{access_text, is_abuse, meaning, null_text, remark};

/// Steps of a path that a hover shows, and places that a definition answers.
const MOST: usize = 20;

/// Where the editor asks.
#[derive(Debug)]
pub struct Place<'a> {
    /// In the tree.
    pub path: &'a str,
    /// 1-based.
    pub line: u64,
    /// The document, as the editor calls it.
    pub uri: &'a str,
    /// The tree.
    pub root: &'a Path,
}

/// The path of a `file:` URI.
pub fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(rest.len());
    let mut left = rest.as_bytes();
    while let Some((&b, after)) = left.split_first() {
        let digits = after.get(..2).filter(|_| b == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                left = &after[2..];
            }
            None => {
                bytes.push(b);
                left = after;
            }
        }
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The path in the tree of a document; nothing where it lies elsewhere.
pub fn inside(root: &Path, uri: &str) -> Option<String> {
    let path = path_of(uri)?;
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    path.strip_prefix(root).ok().and_then(|p| p.to_str()).map(str::to_owned)
}

/// A byte's place, in lines and UTF-16 units as the protocol counts.
fn position(text: &str, byte: usize) -> Value {
    let byte = (0..=byte.min(text.len())).rev().find(|b| text.is_char_boundary(*b)).unwrap_or(0);
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    json!({ "line": before.matches('\n').count(), "character": before[line_start..].encode_utf16().count() })
}

fn range(text: &str, start: u32, end: u32) -> Value {
    json!({ "start": position(text, start as usize), "end": position(text, end as usize) })
}

/// The findings of a document.
pub fn diagnostics(audit: &Audit, path: &str, text: &str) -> Vec<Value> {
    let mine = audit.findings.iter().filter(|f| f.path == path && f.access != Access::Mention);
    mine.map(|f| {
        let severity = if is_abuse(f) { 2 } else { 3 };
        let message = format!("{}: {}", access_text(f), meaning(f));
        json!({ "range": range(text, f.span.0, f.span.1), "severity": severity, "source": "uioscope", "code": f.id, "message": clip(&message, 300) })
    })
    .collect()
}

fn at<'a>(audit: &'a Audit, place: &'a Place<'_>) -> impl Iterator<Item = &'a Finding> {
    audit.findings.iter().filter(|f| f.path == place.path && u64::from(f.line) == place.line)
}

/// Roles, the path to each, and what NULL means.
pub fn hover(audit: &Audit, place: &Place<'_>) -> Value {
    let mut out = Vec::new();
    for f in at(audit, place) {
        out.push(format!("{}: {}", access_text(f), meaning(f)));
        let remark = remark(f);
        if !remark.is_empty() {
            out.push(clip(&remark, 300));
        }
        if let Some(when) = &f.when {
            out.push(format!("#if {}", clip(&when.to_string(), 200)));
        }
        for way in &f.ways {
            if let Some(role) = way.role {
                out.push(format!("{} ({}):", role.name(), f.confidence_of(role).name()));
            }
            for step in way.steps.iter().take(MOST) {
                out.push(format!("    {}:{} {}", step.path, step.line, clip(&step.step.to_string(), 100)));
            }
            if way.steps.len() > MOST {
                out.push(format!("    … and {} more steps", way.steps.len() - MOST));
            }
        }
        let null = null_text(f);
        if !null.is_empty() {
            out.push(format!("NULL means: {null}"));
        }
        out.push(format!("[{}]", f.id));
    }
    if out.is_empty() {
        return Value::Null;
    }
    // As plain text: names and source must not become markup.
    let lines: Vec<String> = out.iter().map(|line| uioscope_reports::safe::clean(line).into_owned()).collect();
    json!({ "contents": { "kind": "plaintext", "value": lines.join("\n") } })
}

/// Where each path that leads through the line goes on.
pub fn next_steps(audit: &Audit, place: &Place<'_>) -> Value {
    let mut found: BTreeSet<(&str, u32)> = BTreeSet::new();
    let here = |path: &str, line: u32| path == place.path && u64::from(line) == place.line;
    for f in &audit.findings {
        for way in &f.ways {
            let steps: Vec<(&str, u32)> = std::iter::once((f.path.as_str(), f.line))
                .chain(way.steps.iter().map(|s| (s.path.as_str(), s.line)))
                .collect();
            let last = steps.iter().rposition(|(path, line)| here(path, *line));
            found.extend(last.and_then(|i| steps.get(i + 1)));
        }
    }
    let answer = |(path, line): (&str, u32)| {
        let start = json!({ "line": line.saturating_sub(1), "character": 0 });
        json!({ "uri": uri_of(&place.root.join(path)), "range": { "start": start, "end": start } })
    };
    Value::Array(found.into_iter().take(MOST).map(answer).collect())
}

fn uri_of(path: &Path) -> String {
    let places = uioscope_reports::place::Places::default();
    format!("file://{}", places.uri(&path.to_string_lossy()))
}

/// Edits that keep the meaning, where all of one lies in this document. Each says what else of the plan it needs.
pub fn actions(audit: &Audit, plan: &Plan, place: &Place<'_>, text: &str) -> Value {
    let mut out = Vec::new();
    for step in &plan.steps {
        for fix in step.fixes.iter().filter(|f| f.applicability == Applicability::Safe && !f.edits.is_empty()) {
            let is_here = fix.sites.iter().filter_map(|n| audit.findings.get(*n)).any(|f| at_line(f, place));
            let is_mine = fix.edits.iter().all(|e| e.path == place.path && e.end as usize <= text.len());
            if !is_here || !is_mine {
                continue;
            }
            let edits: Option<Vec<Value>> = fix
                .edits
                .iter()
                .map(|e| {
                    let new = std::str::from_utf8(&e.text).ok()?;
                    Some(json!({ "range": range(text, e.start, e.end), "newText": new }))
                })
                .collect();
            let Some(edits) = edits else { continue };
            let needs = match step.needs.is_empty() {
                true => String::new(),
                false => format!(" (does not compile without: {})", step.needs.join(", ")),
            };
            let title = format!("uioscope: {}{needs}", clip(&step.title, 100));
            let mut changes = serde_json::Map::new();
            changes.insert(place.uri.to_owned(), Value::Array(edits));
            out.push(json!({ "title": title, "kind": "quickfix", "edit": { "changes": changes } }));
        }
    }
    Value::Array(out)
}

fn at_line(f: &Finding, place: &Place<'_>) -> bool {
    f.path == place.path && u64::from(f.line) == place.line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read() {
        assert_eq!(path_of("file:///a%20b/%c3%a9%zz").as_deref(), Some(Path::new("/a b/é%zz")));
        assert_eq!(path_of("file://host/a").as_deref(), Some(Path::new("/a")));
        assert_eq!(path_of("untitled:1"), None);
        assert_eq!(path_of("file://"), None);
    }

    #[test]
    fn places_count_as_the_protocol_does() {
        assert_eq!(position("a\nö𝄞x", 8), json!({ "line": 1, "character": 3 }));
        assert_eq!(position("ab", 99), json!({ "line": 0, "character": 2 }));
    }
}
