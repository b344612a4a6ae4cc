//! The report for a terminal: the summary, then the findings by directory.

use crate::excerpts;
use crate::numbers::counted;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use crate::summary::{self, role_ink};
use crate::view::{View, access_text, meaning, null_text, remark, split_path};
use std::fmt::{self, Write};
use uioscope_analyzer::finding::Finding;

/// Where excerpts get a file's bytes from.
pub type Source<'a> = &'a dyn Fn(&str) -> Option<&'a [u8]>;

/// Columns of a remark before it is cut.
const REMARK: usize = 64;
/// A cell wider than this does not widen its column.
const WIDEST: usize = 30;
/// A cell wider than this is cut.
const LONGEST: usize = 96;

/// Writes the report. With a `source`, each finding is shown in its file.
///
/// # Errors
/// Only what `out` itself answers.
pub fn write(out: &mut impl Write, view: &View<'_>, style: Style, source: Option<Source<'_>>) -> fmt::Result {
    out.write_str(&summary::render(view.audit, style))?;
    if let Some(filter) = &view.filter {
        let (shown, all) = (view.shown.len(), view.audit.findings.len());
        let text =
            format!("showing {shown} of {}: {}", counted(all as u64, "finding", "findings"), clip(filter, LONGEST));
        writeln!(out, "\n{}", style.paint(Ink::Title, &text))?;
    }
    let groups: Vec<(&str, Vec<(&Finding, Row)>)> = view
        .by_directory()
        .into_iter()
        .map(|(directory, list)| (directory, list.into_iter().map(|f| (f, Row::new(f))).collect()))
        .collect();
    let widths = widths(groups.iter().flat_map(|(_, list)| list).map(|(_, row)| row));
    for (directory, list) in &groups {
        let heading = style.paint(Ink::Path, &clean(directory));
        let count = counted(list.len() as u64, "finding", "findings");
        writeln!(out, "\n{heading}  {}", style.paint(Ink::Dim, &count))?;
        for (finding, row) in list {
            match source {
                Some(source) => write!(out, "\n{}", excerpts::render(finding, source(&finding.path), style))?,
                None => writeln!(out, "  {}", row.line(&widths, style))?,
            }
        }
    }
    Ok(())
}

/// The report as a string.
pub fn render(view: &View<'_>, style: Style, source: Option<Source<'_>>) -> String {
    let mut out = String::new();
    write(&mut out, view, style, source).expect("writing to a String does not fail");
    out
}

/// One finding, cell by cell; a cell is made of pieces in different inks.
struct Row {
    cells: [Vec<(Ink, String)>; 6],
}

impl Row {
    fn new(finding: &Finding) -> Row {
        let place = format!("{}:{}", clip(split_path(&finding.path).1, LONGEST), finding.line);
        let mut meant = Vec::new();
        for (i, role) in finding.roles.iter().enumerate() {
            if i > 0 {
                meant.push((Ink::Plain, ", ".to_owned()));
            }
            if let Some(doubt) = finding.role_doubts.get(role) {
                meant.push((Ink::Dim, format!("{} ", doubt.leaves().name())));
            }
            meant.push((role_ink(*role), role.name().to_owned()));
        }
        if meant.is_empty() {
            meant.push((Ink::Plain, meaning(finding)));
        }
        let mut tail = Vec::new();
        if let Some(when) = &finding.when {
            tail.push((Ink::Condition, format!("#if {}", clip(&when.to_string(), LONGEST))));
        }
        let remark = remark(finding);
        if !remark.is_empty() {
            let gap = if tail.is_empty() { "" } else { "  " };
            tail.push((Ink::Plain, gap.to_owned()));
            tail.push((Ink::Dim, format!("({})", clip(&remark, REMARK))));
        }
        let one = |text: String| vec![(Ink::Plain, text)];
        let function = one(clip(&finding.function, LONGEST));
        let null = match null_text(finding) {
            text if text.is_empty() => Vec::new(),
            text => one(format!("NULL: {}", clip(&text, REMARK))),
        };
        Row { cells: [one(place), one(access_text(finding)), function, meant, null, tail] }
    }

    fn width(&self, cell: usize) -> usize {
        self.cells[cell].iter().map(|(_, text)| text.chars().count()).sum()
    }

    fn line(&self, widths: &[usize; 6], style: Style) -> String {
        let mut line = String::new();
        for (i, cell) in self.cells.iter().enumerate() {
            for (ink, text) in cell {
                line += &style.paint(*ink, text);
            }
            if self.cells[i + 1..].iter().any(|c| !c.is_empty()) {
                line += &" ".repeat(widths[i].saturating_sub(self.width(i)) + 2);
            }
        }
        line
    }
}

fn widths<'r>(rows: impl Iterator<Item = &'r Row>) -> [usize; 6] {
    let mut widths = [0; 6];
    for row in rows {
        for (i, width) in widths.iter_mut().enumerate() {
            let cell = row.width(i);
            if cell <= WIDEST {
                *width = cell.max(*width);
            }
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use uioscope_analyzer::finding::Note;
    use uioscope_source::text::Cond;

    #[test]
    fn the_whole_report() {
        insta::assert_snapshot!(render(&View::whole(&fixture::audit()), Style::PLAIN, None));
    }

    #[test]
    fn the_whole_report_with_excerpts() {
        let source = |path: &str| (path == "sys/kern/tty_tty.c").then_some(fixture::TTY);
        insta::assert_snapshot!(render(&View::whole(&fixture::audit()), Style::PLAIN, Some(&source)));
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let audit = fixture::audit();
        let view = View::whole(&audit);
        let colored = render(&view, Style::COLOR, None);
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain += before;
            rest = after.split_once('m').expect("the end of an escape").1;
        }
        assert_eq!(plain + rest, render(&view, Style::PLAIN, None));
    }

    #[test]
    fn a_filter_is_named_and_totals_stay_whole() {
        let audit = fixture::audit();
        let shown = audit.findings.iter().filter(|f| f.function == "cttyread").collect();
        let text = render(&View { audit: &audit, shown, filter: Some("role session".to_owned()) }, Style::PLAIN, None);
        assert!(text.contains("10 occurrences = 8 classified"), "{text}");
        assert!(
            text.contains("showing 1 of 11 findings: role session\n\nsys/kern  1 finding\n  tty_tty.c:6"),
            "{text}"
        );
    }

    #[test]
    fn hostile_names_do_not_reach_the_terminal() {
        let mut audit = fixture::audit();
        for finding in &mut audit.findings {
            finding.path = "d\x1b[2J/a\n\x07.c".to_owned();
            finding.function = "f\x1b]0;x\x07".repeat(1000);
            finding.notes = vec![Note::Kept("\u{202e}evil".to_owned())];
            finding.when = Some(Cond::Atom("\r".to_owned()));
        }
        audit.tree = "\x1b[31m".to_owned();
        let text = render(&View::whole(&audit), Style::PLAIN, Some(&|_| Some(b"\x1b[31m\x9b\0\r\n")));
        assert!(!text.contains(|c| c != '\n' && crate::safe::is_active(c)), "{text}");
    }
}
