//! The migration report: what was audited, what was found, and a checklist to paste into a tracker.

use crate::checklist::Topic;
use crate::numbers::{bytes, counted, grouped};
use crate::safe::{clean, clip};
use crate::view::{Counts, View, access_text, implicit_name, is_abuse, meaning, null_text, remark, split_path};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use uioscope_analyzer::finding::{Audit, Finding, Severity, Timing};

/// Longest expression, condition or remark.
const LONGEST: usize = 160;
/// Problems and skipped places that are listed one by one.
const LISTED: usize = 50;

/// Writes the report.
///
/// # Errors
/// Only what `out` itself answers.
pub fn write(out: &mut impl Write, view: &View<'_>) -> fmt::Result {
    let audit = view.audit;
    writeln!(out, "# Migration of {}\n", code(&audit.field))?;
    audited(out, audit)?;
    totals(out, audit)?;
    unread(out, audit)?;
    if let Some(filter) = &view.filter {
        let all = counted(audit.findings.len() as u64, "finding", "findings");
        writeln!(out, "\n> From here on: {} of {all}, {}.", grouped(view.shown.len() as u64), text(filter))?;
    }
    directories(out, view)?;
    findings(out, view)?;
    checklist(out, view)
}

/// The report as a string.
pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    write(&mut out, view).expect("writing to a String does not fail");
    out
}

fn audited(out: &mut impl Write, audit: &Audit) -> fmt::Result {
    let c = &audit.coverage;
    writeln!(out, "| audited | |\n| --- | --- |")?;
    writeln!(out, "| tree | {} |", code(&audit.tree))?;
    writeln!(out, "| field | {} |", code(&audit.field))?;
    writeln!(out, "| role pack | {} |", text(&audit.pack))?;
    let read = counted(c.files, "file", "files");
    writeln!(out, "| read | {read}, {}; {} with sites |", bytes(c.bytes), grouped(c.files_with_sites))?;
    writeln!(out, "| passed over | {} binary, {} that are not source |", grouped(c.binary), grouped(c.other_files))
}

fn totals(out: &mut impl Write, audit: &Audit) -> fmt::Result {
    let l = &audit.ledger;
    writeln!(out, "\n## Ledger\n")?;
    if !l.adds_up() {
        writeln!(
            out,
            "> **This ledger does not add up. Occurrences were lost or counted twice: do not trust the audit.**\n"
        )?;
    }
    writeln!(out, "| bucket | occurrences |\n| --- | ---: |")?;
    let rows =
        [("classified", l.classified), ("unresolved", l.unresolved), ("mentions", l.mentions), ("other", l.other)];
    for (name, n) in rows {
        writeln!(out, "| {name} | {} |", grouped(n))?;
    }
    writeln!(out, "| **all** | **{}** |", grouped(l.occurrences))?;

    let counts = Counts::of(&audit.findings);
    writeln!(out, "\n## Loads by role\n")?;
    writeln!(
        out,
        "{}, of which {} need more than an address space. A load counts under each of its roles.\n",
        counted(counts.loads, "load", "loads"),
        grouped(counts.abuses)
    )?;
    writeln!(out, "| role | loads | no more than possible | beyond the address space |\n| --- | ---: | ---: | --- |")?;
    for (role, n) in &counts.roles {
        let beyond = if role.is_beyond_address_space() { "yes" } else { "" };
        let possible = counts.possible.get(role).map(|n| grouped(*n)).unwrap_or_default();
        writeln!(out, "| {} | {} | {possible} | {beyond} |", role.name(), grouped(*n))?;
    }
    if counts.roleless > 0 {
        writeln!(out, "| *none found* | {} | | |", grouped(counts.roleless))?;
    }

    writeln!(out, "\n## Stores by space\n")?;
    writeln!(out, "| space | stores |\n| --- | ---: |")?;
    for (space, n) in &counts.spaces {
        writeln!(out, "| {} | {} |", space.name(), grouped(*n))?;
    }
    if counts.spaceless > 0 {
        writeln!(out, "| *none given* | {} |", grouped(counts.spaceless))?;
    }
    writeln!(out, "| **all** | **{}** |", grouped(counts.stores))?;

    if counts.implicit_total() > 0 {
        writeln!(out, "\n## Sites that do not bear the field's name\n\n| how | sites |\n| --- | ---: |")?;
        for (kind, n) in &counts.implicit {
            writeln!(out, "| {} | {} |", implicit_name(*kind), grouped(*n))?;
        }
    }
    Ok(())
}

fn unread(out: &mut impl Write, audit: &Audit) -> fmt::Result {
    if audit.skipped.is_empty() && audit.problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Not read, or not wholly\n\n| place | why |\n| --- | --- |")?;
    for problem in audit.problems.iter().take(LISTED) {
        let strong = if problem.severity == Severity::Error { "**" } else { "" };
        let message = text(&clip(&problem.message, LONGEST));
        writeln!(out, "| {} | {strong}{message}{strong} |", place(&problem.path, problem.line))?;
    }
    for skip in audit.skipped.iter().take(LISTED) {
        writeln!(out, "| {} | {} |", place(&skip.path, Some(skip.line)), text(&clip(&skip.reason, LONGEST)))?;
    }
    let hidden = audit.problems.len().saturating_sub(LISTED) + audit.skipped.len().saturating_sub(LISTED);
    if hidden > 0 {
        writeln!(out, "| … and {hidden} more | listed in the JSON report |")?;
    }
    Ok(())
}

fn directories(out: &mut impl Write, view: &View<'_>) -> fmt::Result {
    let abusive: Vec<_> = view
        .by_directory()
        .into_iter()
        .map(|(directory, list)| (directory, list.into_iter().filter(|f| is_abuse(f)).collect::<Vec<_>>()))
        .filter(|(_, list)| !list.is_empty())
        .collect();
    if abusive.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Abuses by directory\n\n| directory | abuses | roles |\n| --- | ---: | --- |")?;
    for (directory, list) in abusive {
        let roles: BTreeSet<_> = list.iter().flat_map(|f| &f.roles).filter(|r| r.is_beyond_address_space()).collect();
        let roles: Vec<_> = roles.into_iter().map(|r| r.name()).collect();
        writeln!(out, "| {} | {} | {} |", text(directory), grouped(list.len() as u64), roles.join(", "))?;
    }
    Ok(())
}

fn findings(out: &mut impl Write, view: &View<'_>) -> fmt::Result {
    writeln!(out, "\n## Findings")?;
    if view.shown.is_empty() {
        return writeln!(out, "\nNone.");
    }
    for (directory, list) in view.by_directory() {
        writeln!(out, "\n### {}\n", text(directory))?;
        writeln!(out, "| place | function | access | roles or space | NULL means | expression | when | remarks |")?;
        writeln!(out, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
        for finding in list {
            let when = finding.when.as_ref().map(|when| code(&when.to_string())).unwrap_or_default();
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {when} | {} |",
                place(split_path(&finding.path).1, Some(finding.line)),
                text(&clip(&finding.function, LONGEST)),
                access_text(finding),
                meaning(finding),
                text(&null_text(finding)),
                code(&finding.expression),
                text(&remarks(finding)),
            )?;
        }
    }
    Ok(())
}

fn checklist(out: &mut impl Write, view: &View<'_>) -> fmt::Result {
    let mut topics: BTreeMap<Topic, Vec<&Finding>> = BTreeMap::new();
    for &finding in &view.shown {
        topics.entry(Topic::of(finding)).or_default().push(finding);
    }
    if topics.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Checklist")?;
    let mut chapter = "";
    for (topic, list) in topics {
        if topic.chapter() != chapter {
            chapter = topic.chapter();
            writeln!(out, "\n### {chapter}")?;
        }
        if let Some(part) = topic.part() {
            writeln!(out, "\n#### {part}")?;
        }
        writeln!(out, "\n{}\n", topic.decision())?;
        for finding in list {
            write!(
                out,
                "- [ ] {} {}: ",
                place(&finding.path, Some(finding.line)),
                text(&clip(&finding.function, LONGEST))
            )?;
            write!(out, "{}", access_text(finding))?;
            if meaning(finding) != "-" {
                write!(out, ", {}", meaning(finding))?;
            }
            if let Some(when) = &finding.when {
                write!(out, ", when {}", code(&when.to_string()))?;
            }
            let remarks = remarks(finding);
            if !remarks.is_empty() {
                write!(out, " ({})", text(&remarks))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// The finding's remark, and that it may run after the call returned.
fn remarks(finding: &Finding) -> String {
    let remark = clip(&remark(finding), LONGEST);
    match finding.timing {
        Timing::MayOutlive if remark.is_empty() => "may outlive the call".to_owned(),
        Timing::MayOutlive => format!("may outlive the call; {remark}"),
        Timing::Synchronous | Timing::Unknown => remark,
    }
}

fn place(path: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("{}:{line}", text(path)),
        None => text(path),
    }
}

/// Text that Markdown shows as it is, in a table's cell too. An underscore inside a word means nothing to Markdown and
/// stays, so that names can be searched for in the report's source.
pub(crate) fn text(raw: &str) -> String {
    let raw = clean(raw);
    let mut out = String::with_capacity(raw.len() + 8);
    let mut chars = raw.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let inside_word = before.is_alphanumeric() && (after.is_alphanumeric() || after == '_');
        if matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '$')
            || (c == '_' && !inside_word && before != '_')
        {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// A code span that holds anything, in a table's cell too.
fn code(raw: &str) -> String {
    let raw = clip(raw, LONGEST);
    if raw.trim().is_empty() {
        return text(&raw);
    }
    let longest = raw.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if raw.starts_with('`') || raw.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", raw.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use uioscope_analyzer::finding::Note;
    use uioscope_source::text::Cond;

    #[test]
    fn the_whole_report() {
        insta::assert_snapshot!(render(&View::whole(&fixture::audit())));
    }

    #[test]
    fn text_is_shown_as_it_is() {
        assert_eq!(text("sys/kern/tty_tty.c"), "sys/kern/tty_tty.c");
        assert_eq!(text("a|b `c` *d* <e> [f]"), "a\\|b \\`c\\` \\*d\\* \\<e\\> \\[f\\]");
        assert_eq!(text("_x_ a__b"), "\\_x\\_ a__b");
        assert_eq!(text("a\nb"), "a\\\\nb");
    }

    #[test]
    fn code_holds_anything() {
        assert_eq!(code("uio->uio_procp"), "`uio->uio_procp`");
        assert_eq!(code("p | q"), "`p \\| q`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(""), "");
    }

    #[test]
    fn a_row_has_its_columns_whatever_stands_in_it() {
        let mut audit = fixture::audit();
        for finding in &mut audit.findings {
            finding.path = "a|b/c|`d`\\|.c".to_owned();
            finding.function = "f|".to_owned();
            finding.expression = "`|`\n| x |".to_owned();
            finding.when = Some(Cond::Or(vec![Cond::Atom("A".to_owned()), Cond::Atom("B\\".to_owned())]));
            finding.notes = vec![Note::Kept("|\n|".to_owned())];
        }
        let report = render(&View::whole(&audit));
        let rows = report.lines().filter(|l| l.starts_with("| c"));
        assert_eq!(rows.clone().filter(|row| row.contains("uio") || row.contains('x')).count(), 11);
        for row in rows.filter(|row| row.contains(" x ")) {
            let bars = row.char_indices().filter(|(i, c)| *c == '|' && !escaped(&row[..*i])).count();
            assert_eq!(bars, 9, "{row}");
        }
    }

    fn escaped(before: &str) -> bool {
        // A table is cut at bars before anything else is read: only the character in front of a bar counts.
        before.ends_with('\\')
    }

    #[test]
    fn every_shown_finding_is_on_the_checklist_once() {
        let audit = fixture::audit();
        let report = render(&View::whole(&audit));
        assert_eq!(report.matches("- [ ] ").count(), audit.findings.len());
    }

    #[test]
    fn a_ledger_that_does_not_add_up_is_said_loudly() {
        let mut audit = fixture::audit();
        audit.ledger.other += 1;
        assert!(render(&View::whole(&audit)).contains("> **This ledger does not add up."));
    }
}
