//! The summary at the head of the text report: one screen of 80 columns and 24 lines, whatever was audited.

use crate::numbers::{bytes, counted, grouped};
use crate::safe::{clip, clip_left};
use crate::style::{Ink, Style};
use crate::view::{Counts, implicit_name};
use std::collections::BTreeSet;
use uioscope_analyzer::finding::{Audit, Ledger, Role, Severity};

/// Columns of the screen.
pub const WIDTH: usize = 80;
/// Lines of the screen, less one for the prompt.
pub const HEIGHT: usize = 23;
/// Columns between the three blocks of counts.
const GUTTER: usize = 4;

/// The summary, each line ended.
pub fn render(audit: &Audit, style: Style) -> String {
    let mut lines = head(audit, style);
    lines.push(String::new());
    lines.extend(counts(&Counts::of(&audit.findings), style));
    let room = HEIGHT.saturating_sub(lines.len() + 1);
    let unread = unread(audit, room.max(2), style);
    if !unread.is_empty() {
        lines.push(String::new());
        lines.extend(unread);
    }
    lines.iter().fold(String::new(), |out, line| out + line.trim_end() + "\n")
}

fn head(audit: &Audit, style: Style) -> Vec<String> {
    let row = |name: &str, text: String| format!("{} {text}", style.paint(Ink::Dim, &format!("{name:<7}")));
    let c = &audit.coverage;
    let mut read = format!(
        "{} ({}), {} with sites",
        counted(c.files, "file", "files"),
        bytes(c.bytes),
        grouped(c.files_with_sites)
    );
    if c.binary + c.other_files > 0 {
        read += &format!("; passed over {} binary, {} other", grouped(c.binary), grouped(c.other_files));
    }
    let mut rows = vec![
        row("audit", style.paint(Ink::Title, &clip_left(&audit.tree, WIDTH - 8))),
        row(
            "field",
            format!("{}, role pack {}", style.paint(Ink::Title, &clip(&audit.field, 40)), clip(&audit.pack, 18)),
        ),
        row("read", read),
        row("ledger", ledger(&audit.ledger, style)),
    ];
    if let Some(member) = &audit.migrated {
        let (of, _) = audit.field.split_once('.').unwrap_or_default();
        let text = format!("migrated: struct {} declares {} in its place", clip(of, 24), clip(member, 24));
        rows.insert(2, row("", text));
    }
    rows
}

/// The ledger in one line; loud when it does not add up.
pub fn ledger(ledger: &Ledger, style: Style) -> String {
    let Ledger { occurrences, classified, unresolved, mentions, other } = *ledger;
    let parts = format!("{classified} classified + {unresolved} unresolved + {mentions} mentions + {other} other");
    if ledger.adds_up() {
        return format!("{} = {parts}", counted(occurrences, "occurrence", "occurrences"));
    }
    let sum = classified + unresolved + mentions + other;
    let text = format!("DOES NOT ADD UP: {occurrences} occurrences, but {sum} = {parts}");
    style.paint(Ink::Loud, &text)
}

/// The colour of a role.
pub fn role_ink(role: Role) -> Ink {
    match role {
        Role::Opaque => Ink::Open,
        _ if role.is_beyond_address_space() => Ink::Abuse,
        _ => Ink::Fine,
    }
}

/// A column of counts under a heading.
struct Block {
    /// (label, count, ink); the first is the heading.
    rows: Vec<(String, u64, Ink)>,
}

impl Block {
    fn new(title: &str, count: u64) -> Block {
        Block { rows: vec![(title.to_owned(), count, Ink::Title)] }
    }

    /// A further heading below.
    fn heading(&mut self, title: &str, count: u64) {
        self.rows.push((String::new(), 0, Ink::Plain));
        self.rows.push((title.to_owned(), count, Ink::Title));
    }

    fn row(&mut self, label: &str, count: u64, ink: Ink) {
        if count > 0 {
            self.rows.push((format!("  {label}"), count, ink));
        }
    }

    /// The lines, all of one width, and that width.
    fn lines(&self, style: Style) -> (Vec<String>, usize) {
        let number = self.rows.iter().map(|r| grouped(r.1).len()).max().unwrap_or(0).max(4);
        let label = self.rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0);
        let width = ((WIDTH - 2 * GUTTER) / 3).max(label + 1 + number);
        let paint = |(text, count, ink): &(String, u64, Ink)| {
            if text.is_empty() {
                return " ".repeat(width);
            }
            let pad = width - text.chars().count() - number;
            let count = format!("{:>number$}", grouped(*count));
            format!("{}{}{}", style.paint(*ink, text), " ".repeat(pad), style.paint(Ink::Title, &count))
        };
        (self.rows.iter().map(paint).collect(), width)
    }
}

/// Abuses, other loads, stores: three columns.
fn counts(c: &Counts, style: Style) -> Vec<String> {
    let mut abuses = Block::new("abuses", c.abuses);
    let mut others = Block::new("other loads", c.loads - c.abuses);
    for &(role, n) in &c.roles {
        let block = if role.is_beyond_address_space() { &mut abuses } else { &mut others };
        block.row(role.name(), n, role_ink(role));
    }
    others.row("no role found", c.roleless, Ink::Open);
    if c.decls + c.mentions > 0 {
        others.heading("no loads, no stores", c.decls + c.mentions);
        others.row("declarations", c.decls, Ink::Plain);
        others.row("mentions", c.mentions, Ink::Plain);
    }
    let mut stores = Block::new("stores", c.stores);
    for &(space, n) in &c.spaces {
        stores.row(space.name(), n, Ink::Plain);
    }
    stores.row("no space given", c.spaceless, Ink::Open);
    if c.implicit_total() > 0 {
        stores.heading("without the name", c.implicit_total());
        for &(kind, n) in &c.implicit {
            stores.row(implicit_name(kind), n, Ink::Plain);
        }
    }
    let blocks = [abuses.lines(style), others.lines(style), stores.lines(style)];
    let height = blocks.iter().map(|(lines, _)| lines.len()).max().unwrap_or(0);
    let mut out = Vec::new();
    for i in 0..height {
        let cells = blocks.iter().map(|(lines, width)| lines.get(i).cloned().unwrap_or_else(|| " ".repeat(*width)));
        out.push(cells.collect::<Vec<_>>().join(&" ".repeat(GUTTER)));
    }
    if c.loads > 0 {
        let note = "An abuse needs more than an address space; a load counts under all its roles.";
        out.push(style.paint(Ink::Dim, note));
    }
    if c.possible_abuses > 0 {
        let are = if c.possible_abuses == 1 { "is" } else { "are" };
        let note = format!(
            "{} of the abuses {are} no more than possible: every way there is in doubt.",
            grouped(c.possible_abuses)
        );
        out.push(style.paint(Ink::Dim, &note));
    }
    out
}

/// What was not read, in at most `room` lines.
fn unread(audit: &Audit, room: usize, style: Style) -> Vec<String> {
    let files: BTreeSet<&str> = audit.skipped.iter().map(|s| s.path.as_str()).collect();
    let mut heads = Vec::new();
    if !audit.skipped.is_empty() {
        let places = counted(audit.skipped.len() as u64, "place", "places");
        heads.push(format!("{places} in {} partly unread", counted(files.len() as u64, "file", "files")));
    }
    if !audit.problems.is_empty() {
        heads.push(counted(audit.problems.len() as u64, "problem", "problems"));
    }
    if heads.is_empty() {
        return Vec::new();
    }
    let problems = audit.problems.iter().map(|p| {
        let ink = if p.severity == Severity::Error { Ink::Loud } else { Ink::Plain };
        (p.to_string(), ink)
    });
    let skipped = audit.skipped.iter().map(|s| (format!("{}:{}: {}", s.path, s.line, s.reason), Ink::Plain));
    let total = audit.problems.len() + audit.skipped.len();
    let fit = if total < room { total } else { room.saturating_sub(2) };
    let mut lines = vec![style.paint(Ink::Title, &heads.join(", "))];
    for (text, ink) in problems.chain(skipped).take(fit) {
        lines.push(format!("  {}", style.paint(ink, &clip(&text, WIDTH - 2))));
    }
    if fit < total {
        let more = if fit == 0 {
            format!("  {total}, listed in the JSON report")
        } else {
            format!("  … and {} more", total - fit)
        };
        lines.push(style.paint(Ink::Dim, &more));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use uioscope_analyzer::finding::{Implicit, Skipped, Space};

    fn fits(text: &str) {
        assert!(text.lines().count() <= HEIGHT, "{} lines:\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
        }
    }

    #[test]
    fn a_summary_is_one_screen() {
        let text = render(&fixture::audit(), Style::PLAIN);
        fits(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_fullest_summary_is_one_screen() {
        let mut audit = fixture::audit();
        audit.findings.clear();
        for role in Role::ALL {
            audit.findings.push(fixture::load("a.c", 1, "f", &[role]));
        }
        audit.findings.push(fixture::load("a.c", 1, "f", &[]));
        for space in Space::ALL {
            audit.findings.push(fixture::store("a.c", 1, "f", space, "p"));
        }
        for implicit in [Implicit::Macro, Implicit::Initializer, Implicit::Copy, Implicit::Unset, Implicit::Path] {
            let mut finding = fixture::load("a.c", 1, "f", &[Role::Signal]);
            finding.implicit = Some(implicit);
            audit.findings.push(finding);
        }
        audit.tree = "/a/very/long/path".repeat(20);
        audit.skipped = vec![Skipped { path: "a.c".repeat(50), line: 7, reason: "r".repeat(100) }; 40];
        let text = render(&audit, Style::PLAIN);
        fits(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_lost_occurrence_is_loud() {
        let mut audit = fixture::audit();
        audit.ledger.classified -= 1;
        let text = render(&audit, Style::COLOR);
        assert!(text.contains("\x1b[31mDOES NOT ADD UP: 10 occurrences, but 9 ="), "{text}");
    }

    #[test]
    fn an_empty_audit_has_a_summary() {
        let mut audit = fixture::audit();
        audit.findings.clear();
        audit.skipped.clear();
        audit.problems.clear();
        fits(&render(&audit, Style::PLAIN));
    }
}
