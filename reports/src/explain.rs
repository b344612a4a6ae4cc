//! One finding explained: for each role the way from the load to the place that gives it, step by step, with the source.

use crate::excerpts;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use uioscope_analyzer::finding::{Evidence, Finding};

/// Source lines are cut at this width.
const WIDEST: usize = 72;

/// The finding with its excerpt, then one numbered list for each role. Ends with a line end.
pub fn render(finding: &Finding, style: Style, source: &dyn Fn(&str) -> Option<Vec<u8>>) -> String {
    let bytes = source(&finding.path);
    let mut out = excerpts::render(finding, bytes.as_deref(), style);
    for (role, way) in &finding.ways {
        let ink = if role.is_beyond_address_space() { Ink::Abuse } else { Ink::Title };
        out += &format!("\n{}\n", style.paint(ink, role.name()));
        if way.is_empty() {
            out += "  at the load itself\n";
        }
        let places: Vec<String> = way.iter().map(|e| format!("{}:{}", clean(&e.path), e.line)).collect();
        let place_width = places.iter().map(String::len).max().unwrap_or(0);
        let step_width = way.iter().map(|e| e.step.chars().count()).max().unwrap_or(0).min(40);
        for (i, (step, place)) in way.iter().zip(&places).enumerate() {
            let place = style.paint(Ink::Path, &format!("{place:place_width$}"));
            let text = clip(&line_of(step, source), WIDEST);
            let what = clip(&step.step, 40);
            let line = format!("  {:>2}  {place}  {what:step_width$}  {}", i + 1, style.paint(Ink::Dim, &text));
            out += line.trim_end();
            out.push('\n');
        }
    }
    if finding.ways.is_empty() {
        out += "\nNothing to follow: the way of a value is shown for loads.\n";
    }
    for note in &finding.notes {
        out += &format!("\nnote: {}\n", clip(note, 200));
    }
    out
}

/// The source line of a step, blanks collapsed.
fn line_of(step: &Evidence, source: &dyn Fn(&str) -> Option<Vec<u8>>) -> String {
    let Some(bytes) = source(&step.path) else { return String::new() };
    let line = bytes.split(|b| *b == b'\n').nth(step.line as usize - 1).unwrap_or_default();
    let text: String = match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        // Old sources are Latin-1: every byte is a character.
        Err(_) => line.iter().map(|b| char::from(*b)).collect(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::load;
    use uioscope_analyzer::finding::Role;

    #[test]
    fn each_role_has_its_way() {
        let mut finding = load("a.c", 1, "f", &[Role::Presence, Role::Signal]);
        let step = |line, step: &str| Evidence { path: "a.c".to_owned(), line, step: step.to_owned() };
        finding.ways =
            vec![(Role::Presence, vec![]), (Role::Signal, vec![step(1, "arg:f#0"), step(2, "arg:psignal#0")])];
        let text = render(&finding, Style { color: false }, &|path| {
            (path == "a.c").then(|| b"f(p);\n\tpsignal(p,  9);\n".to_vec())
        });
        assert!(text.contains("\npresence\n  at the load itself\n"), "{text}");
        assert!(
            text.contains("\nsignal\n   1  a.c:1  arg:f#0        f(p);\n   2  a.c:2  arg:psignal#0  psignal(p, 9);\n"),
            "{text}"
        );
    }
}
