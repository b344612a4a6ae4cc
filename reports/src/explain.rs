//! One finding explained: for each role the way from the load to the place that gives it, step by step, with the source.

use crate::excerpts;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use uioscope_analyzer::finding::{Access, Evidence, Finding, Role, Timing};

/// Source lines are cut at this width.
const WIDEST: usize = 72;

/// The finding with its excerpt, then one numbered list for each role. Ends with a line end.
pub fn render(finding: &Finding, style: Style, source: &dyn Fn(&str) -> Option<Vec<u8>>) -> String {
    let bytes = source(&finding.path);
    let mut out = excerpts::render(finding, bytes.as_deref(), style);
    for way in &finding.ways {
        out.push('\n');
        match way.role {
            Some(role) => {
                let ink = if role.is_beyond_address_space() { Ink::Abuse } else { Ink::Title };
                out += &style.paint(ink, role.name());
                if let Some(doubt) = finding.role_doubts.get(&role) {
                    let doubt = format!("  {}: {}", doubt.leaves().name(), clip(&doubt.to_string(), 100));
                    out += &style.paint(Ink::Dim, &doubt);
                }
                if let Some(needs) = finding.role_conditions.iter().find(|c| c.role == role) {
                    let debugging = if needs.diagnostic { ", for debugging only" } else { "" };
                    let needs = format!("  #if {}{debugging}", clip(&needs.when.to_string(), 80));
                    out += &style.paint(Ink::Condition, &needs);
                }
            }
            None => out += &style.paint(Ink::Title, "to the nearest reader"),
        }
        out.push('\n');
        if way.steps.is_empty() {
            out += "  at the load itself\n";
        }
        steps(&mut out, &way.steps, style, source, true);
    }
    if finding.ways.is_empty() {
        out += "\nNothing to follow: the way of a value is shown for loads.\n";
    }
    if finding.access == Access::Load {
        out += &format!("\n{}  {}\n", style.paint(Ink::Title, "timing"), timing(finding));
    }
    if !finding.null_meaning.is_empty() {
        out += &format!("\n{}\n", style.paint(Ink::Title, "what NULL means to its readers"));
        steps(&mut out, &finding.null_meaning, style, source, false);
    }
    for note in &finding.notes {
        out += &format!("\nnote: {}\n", clip(&note.to_string(), 200));
    }
    out
}

/// One line for each step: its place, what happens there, its source, and what it depends on.
pub(crate) fn steps(
    out: &mut String,
    list: &[Evidence],
    style: Style,
    source: &dyn Fn(&str) -> Option<Vec<u8>>,
    numbered: bool,
) {
    let places: Vec<String> = list.iter().map(|e| format!("{}:{}", clean(&e.path), e.line)).collect();
    let place_width = places.iter().map(String::len).max().unwrap_or(0);
    let step_width = list.iter().map(|e| e.step.to_string().chars().count()).max().unwrap_or(0).min(40);
    for (i, (step, place)) in list.iter().zip(&places).enumerate() {
        let place = style.paint(Ink::Path, &format!("{place:place_width$}"));
        let text = clip(&line_of(step, source), WIDEST);
        let what = clip(&step.step.to_string(), 40);
        let number = if numbered { format!("{:>2}  ", i + 1) } else { String::new() };
        let line = format!("  {number}{place}  {what:step_width$}  {}", style.paint(Ink::Dim, &text));
        out.push_str(line.trim_end());
        if let Some(name) = &step.within {
            out.push_str(&style.paint(Ink::Dim, &format!("  (in macro {})", clip(name, 40))));
        }
        if let Some(when) = &step.when {
            out.push_str(&style.paint(Ink::Condition, &format!("  #if {}", clip(&when.to_string(), 80))));
        }
        out.push('\n');
    }
}

/// When the value is used, and by what that is known.
fn timing(finding: &Finding) -> String {
    let escape = finding.ways.iter().find(|w| w.role == Some(Role::Escape)).and_then(|w| w.steps.last());
    match (finding.timing, escape) {
        (Timing::Synchronous, _) => "synchronous: only while the issuing call runs".to_owned(),
        (Timing::MayOutlive, Some(step)) => {
            format!(
                "may outlive the issuing call: {} at {}:{}",
                clip(&step.step.to_string(), 60),
                clean(&step.path),
                step.line
            )
        }
        (Timing::MayOutlive, None) => "may outlive the issuing call".to_owned(),
        (Timing::Unknown, _) => "unknown: the value goes where it cannot be followed".to_owned(),
    }
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
    use uioscope_analyzer::finding::{Step, Way};

    #[test]
    fn each_role_has_its_way() {
        let mut finding = load("a.c", 1, "f", &[Role::Presence, Role::Signal]);
        let step = |line, callee: &str| Evidence {
            path: "a.c".to_owned(),
            line,
            step: Step::Argument { callee: callee.to_owned(), n: 0 },
            when: None,
            within: None,
        };
        finding.ways = vec![
            Way { role: Some(Role::Presence), steps: vec![] },
            Way { role: Some(Role::Signal), steps: vec![step(1, "f"), step(2, "psignal")] },
        ];
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
