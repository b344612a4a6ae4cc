//! An audit as a page.

use super::page::{Block, Facet, List, Look, Page, PageItem, PageStep, PageTable, Part};
use crate::checklist::Topic;
use crate::excerpts::Window;
use crate::numbers::{bytes, counted, grouped};
use crate::safe::clip;
use crate::view::{Counts, View, access_text, is_abuse, meaning, null_text, split_path};
use std::collections::HashMap;
use uioscope_analyzer::finding::{Access, Evidence, Finding, Role, Severity, Timing};
use uioscope_source::text::Cond;

/// Source of a file, as it is on disk.
pub type Bytes<'a> = &'a dyn Fn(&str) -> Option<&'a [u8]>;

/// Characters of a line of source, an expression or a sentence.
const LONGEST: usize = 160;
/// Problems and skipped places that are listed.
const LISTED: usize = 200;

/// The page; `version` is the program's.
pub fn audit(view: &View<'_>, source: Bytes<'_>, version: &str) -> String {
    let audit = view.audit;
    let counts = Counts::of(&audit.findings);
    let c = &audit.coverage;
    let pair = |a: &str, b: String| (a.to_owned(), b);
    let mut lines = Lines { source, starts: HashMap::new() };
    let items = view.shown.iter().map(|f| item(f, &mut lines)).collect();
    Page {
        kind: "audit".to_owned(),
        title: format!("Uses of {}", audit.field),
        about: vec![
            pair("tree", audit.tree.clone()),
            pair("role pack", audit.pack.clone()),
            pair("read", format!("{}, {}", counted(c.files, "file", "files"), bytes(c.bytes))),
        ],
        warnings: warnings(view),
        tiles: vec![
            (grouped(audit.ledger.occurrences), "occurrences of the name".to_owned()),
            (grouped(counts.loads), "loads".to_owned()),
            (grouped(counts.abuses), "need more than an address space".to_owned()),
            (grouped(counts.possible_abuses), "of them no more than possible".to_owned()),
            (grouped(counts.stores), "stores".to_owned()),
            (grouped(audit.ledger.unresolved), "could not be read".to_owned()),
        ],
        list: Some(List { noun: "findings".to_owned(), facets: facets(), items }),
        blocks: blocks(view),
        version: version.to_owned(),
    }
    .render()
}

fn facets() -> Vec<Facet> {
    let facet = |name: &str, open, tag, lead| Facet { name: name.to_owned(), open, tag, lead };
    vec![
        facet("role or space", true, true, true),
        facet("directory", true, false, false),
        facet("access", true, true, false),
        facet("confidence", false, true, false),
        facet("condition", false, false, false),
        facet("context", false, false, false),
        facet("timing", false, false, false),
        facet("what is to decide", false, false, false),
    ]
}

fn warnings(view: &View<'_>) -> Vec<String> {
    let audit = view.audit;
    let mut out = Vec::new();
    if !audit.ledger.adds_up() {
        out.push(
            "The ledger does not add up: occurrences were lost or counted twice. Do not trust this audit.".to_owned(),
        );
    }
    let lost = audit.problems.iter().filter(|p| p.severity == Severity::Error).count() as u64;
    if lost > 0 {
        out.push(format!("Input was lost: {}, listed at the end.", counted(lost, "problem", "problems")));
    }
    if !audit.skipped.is_empty() {
        let n = counted(audit.skipped.len() as u64, "place was", "places were");
        out.push(format!("{n} passed over, listed at the end."));
    }
    if let Some(member) = &audit.migrated {
        out.push(format!("Already migrated: {} is gone, and {member} is declared.", audit.field));
    }
    if let Some(filter) = &view.filter {
        out.push(format!(
            "Only {} of {} are in this file: {filter}. The totals speak of all.",
            grouped(view.shown.len() as u64),
            counted(audit.findings.len() as u64, "finding", "findings")
        ));
    }
    out
}

fn blocks(view: &View<'_>) -> Vec<Block> {
    let audit = view.audit;
    let counts = Counts::of(&audit.findings);
    let l = &audit.ledger;
    let row = |name: &str, n: u64| vec![(name.to_owned(), Look::Plain), (grouped(n), Look::Number)];
    let table = |caption: &str, head: [&str; 2], rows: Vec<Vec<(String, Look)>>| {
        Block::Table(PageTable { caption: caption.to_owned(), head: head.map(str::to_owned).to_vec(), rows })
    };
    let mut roles: Vec<_> = counts.roles.iter().map(|(role, n)| row(role.name(), *n)).collect();
    if counts.roleless > 0 {
        roles.push(row("none found", counts.roleless));
    }
    let mut spaces: Vec<_> = counts.spaces.iter().map(|(space, n)| row(space.name(), *n)).collect();
    if counts.spaceless > 0 {
        spaces.push(row("none given", counts.spaceless));
    }
    let ledger = vec![
        row("classified", l.classified),
        row("unresolved", l.unresolved),
        row("mentions", l.mentions),
        row("other", l.other),
        row("all", l.occurrences),
    ];
    let mut out = vec![
        Block::Heading("Totals of the whole audit".to_owned()),
        table("every occurrence of the name, each in one bucket", ["bucket", "occurrences"], ledger),
        table("loads by role; a load counts under each of its roles", ["role", "loads"], roles),
        table("stores by space", ["space", "stores"], spaces),
    ];
    let place = |path: &str, line: Option<u32>| line.map_or_else(|| path.to_owned(), |n| format!("{path}:{n}"));
    let two = |a: String, b: &str| vec![(a, Look::Code), (b.to_owned(), Look::Plain)];
    let problems: Vec<_> = audit.problems.iter().map(|p| two(place(&p.path, p.line), &p.message)).collect();
    let skipped: Vec<_> = audit.skipped.iter().map(|s| two(place(&s.path, Some(s.line)), &s.reason)).collect();
    for (name, mut rows) in [("Problems", problems), ("Passed over", skipped)] {
        if rows.is_empty() {
            continue;
        }
        let more = rows.len().saturating_sub(LISTED);
        rows.truncate(LISTED);
        out.push(Block::Heading(name.to_owned()));
        out.push(table("", ["place", "what"], rows));
        if more > 0 {
            out.push(Block::Text(format!("… and {more} more, all of them in the JSON report.")));
        }
    }
    out
}

fn item(f: &Finding, lines: &mut Lines<'_>) -> PageItem {
    let is_open = f.roles.contains(&Role::Opaque) || f.roles.is_empty() && f.access == Access::Load;
    let level = match f.access {
        _ if is_abuse(f) => "abuse",
        Access::Load if is_open => "open",
        Access::Load => "fine",
        _ => "",
    };
    let named = if f.function == "-" { String::new() } else { format!(" in {}", f.function) };
    let when: Vec<String> = match &f.when {
        None => vec!["always".to_owned()],
        Some(when) => when.terms().iter().map(|t| clip(&t.to_string(), LONGEST)).collect(),
    };
    let meanings: Vec<String> = match (f.roles.is_empty(), f.access) {
        (false, _) => f.roles.iter().map(|r| r.name().to_owned()).collect(),
        (true, Access::Load) => vec!["none found".to_owned()],
        (true, Access::Store) => vec![f.space.map_or("none given", |s| s.name()).to_owned()],
        (true, _) => Vec::new(),
    };
    let mut sure: Vec<String> = vec![f.confidence.name().to_owned()];
    sure.extend(f.roles.iter().map(|r| f.confidence_of(*r).name().to_owned()));
    sure.sort();
    sure.dedup();
    PageItem {
        id: f.id.clone(),
        place: format!("{}:{}{named}", f.path, f.line),
        says: clip(&f.expression, LONGEST),
        level,
        tags: vec![
            meanings,
            vec![split_path(&f.path).0.to_owned()],
            vec![access_text(f)],
            sure,
            when,
            f.contexts.iter().map(|c| c.name().to_owned()).collect(),
            if f.access == Access::Load { vec![timing(f.timing).to_owned()] } else { Vec::new() },
            vec![Topic::of(f).chapter().to_owned()],
        ],
        parts: parts(f, lines),
    }
}

fn timing(timing: Timing) -> &'static str {
    match timing {
        Timing::Synchronous => "synchronous",
        Timing::MayOutlive => "may outlive the call",
        Timing::Unknown => "unknown",
    }
}

fn parts(f: &Finding, lines: &mut Lines<'_>) -> Vec<Part> {
    let mut out = Vec::new();
    let words = |head: &str, text: String| Part::Words(head.to_owned(), text);
    if let Some(window) = (lines.source)(&f.path).and_then(|b| Window::around(b, f.span)) {
        out.push(code(&window, f.line));
    }
    out.push(words("", format!("{}: {}", access_text(f), meaning(f))));
    if let Some(when) = &f.when {
        out.push(words("", format!("#if {}", clip(&when.to_string(), 4 * LONGEST))));
    }
    out.push(words("to decide", Topic::of(f).decision().to_owned()));
    for way in &f.ways {
        let name = way.role.map_or("to the nearest reader", Role::name);
        let mut head = name.to_owned();
        if let Some(role) = way.role {
            head += &format!(": {}", f.confidence_of(role).name());
            if let Some(doubt) = f.role_doubts.get(&role) {
                head += &format!(", {}", clip(&doubt.to_string(), LONGEST));
            }
            if let Some(needs) = f.role_conditions.iter().find(|c| c.role == role) {
                head += &format!("  #if {}", clip(&needs.when.to_string(), LONGEST));
            }
        }
        match way.steps.is_empty() {
            true => out.push(words(&head, "at the load itself".to_owned())),
            false => out.push(Part::Steps(head, way.steps.iter().map(|e| step(e, lines)).collect())),
        }
    }
    for origin in &f.origins {
        let steps = origin.steps.iter().map(|e| step(e, lines)).collect();
        out.push(Part::Steps(format!("from callers: {}", origin.what), steps));
    }
    if !f.null_meaning.is_empty() {
        out.push(words("what NULL means to its readers", null_text(f)));
    }
    for note in &f.notes {
        out.push(words("", format!("note: {}", clip(&note.to_string(), 2 * LONGEST))));
    }
    out
}

fn step(e: &Evidence, lines: &mut Lines<'_>) -> PageStep {
    PageStep {
        place: format!("{}:{}", e.path, e.line),
        what: match &e.within {
            Some(name) => format!("{} (in macro {name})", clip(&e.step.to_string(), LONGEST)),
            None => clip(&e.step.to_string(), LONGEST),
        },
        source: lines.at(&e.path, e.line),
        when: e.when.as_ref().map_or_else(String::new, |w: &Cond| format!("#if {}", clip(&w.to_string(), LONGEST))),
    }
}

/// The excerpt; a mark is counted in characters, as the page's script counts them.
fn code(window: &Window, line: u32) -> Part {
    let lines: Vec<String> = window.text.split('\n').map(str::to_owned).collect();
    let start = window.text[..window.span.start].rfind('\n').map_or(0, |i| i + 1);
    let from = window.text[start..window.span.start].chars().count();
    let to = from + window.text[window.span.clone()].chars().count();
    let first = line.saturating_sub(window.above as u32).max(1);
    Part::Code { first, lines, mark: (window.above, from, to) }
}

/// Lines of files, found without going through a file again for each.
struct Lines<'a> {
    source: Bytes<'a>,
    starts: HashMap<String, Vec<usize>>,
}

impl Lines<'_> {
    /// The line, blanks collapsed; nothing where the file is not to be had.
    fn at(&mut self, path: &str, line: u32) -> String {
        let Some(bytes) = (self.source)(path) else { return String::new() };
        if !self.starts.contains_key(path) {
            let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1);
            self.starts.insert(path.to_owned(), std::iter::once(0).chain(ends).collect());
        }
        let starts = &self.starts[path];
        let Some(&start) = starts.get((line as usize).wrapping_sub(1)) else { return String::new() };
        let end = starts.get(line as usize).copied().unwrap_or(bytes.len());
        let line = &bytes[start..end.min(start + 4 * LONGEST)];
        let text: String = match std::str::from_utf8(line) {
            Ok(text) => text.to_owned(),
            // Old sources are Latin-1: every byte is a character.
            Err(_) => line.iter().map(|b| char::from(*b)).collect(),
        };
        clip(&text.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn data(html: &str) -> serde_json::Value {
        let json = html.split("id=\"data\">").nth(1).and_then(|t| t.split("</script>").next()).expect("data");
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn every_finding_is_there_with_its_excerpt() {
        let audit_of = fixture::audit();
        let tty: &'static [u8] = fixture::TTY;
        let html = audit(&View::whole(&audit_of), &|path| (path == "sys/kern/tty_tty.c").then_some(tty), "1.0");
        let data = data(&html);
        let items = data["items"].as_array().expect("items");
        let ids: Vec<&str> = items.iter().map(|i| i["id"].as_str().expect("an id")).collect();
        assert_eq!(ids, audit_of.findings.iter().map(|f| f.id.as_str()).collect::<Vec<_>>());
        let text = |n: &serde_json::Value| data["s"][n.as_u64().expect("a number") as usize].clone();
        let code =
            items.iter().flat_map(|i| i["b"].as_array().expect("parts")).find(|b| b["k"] == "code").expect("code");
        let mark: Vec<usize> =
            code["m"].as_array().expect("a mark").iter().map(|n| n.as_u64().unwrap() as usize).collect();
        let line = text(&code["l"][mark[0]]);
        let marked: String = line.as_str().expect("text").chars().skip(mark[1]).take(mark[2] - mark[1]).collect();
        assert_eq!(marked, "uio->uio_procp");
        assert!(html.contains("Input was lost"), "a problem of the fixture is an error");
    }

    #[test]
    fn five_thousand_findings_stay_small() {
        let mut made = fixture::audit();
        let one = made.findings[1].clone();
        made.findings = (0..5000)
            .map(|n| {
                let mut f = one.clone();
                f.id = format!("{n:016x}");
                f.path = format!("sys/dir{}/file{n}.c", n % 90);
                f.function = format!("function_{n}");
                f.ways =
                    vec![uioscope_analyzer::finding::Way { role: Some(Role::Signal), steps: f.evidence.clone() }; 3];
                f
            })
            .collect();
        let html = audit(&View::whole(&made), &|_| None, "1.0");
        assert!(html.len() < 5_000_000, "{}", html.len());
        assert_eq!(data(&html)["items"].as_array().map(Vec::len), Some(5000));
    }
}
