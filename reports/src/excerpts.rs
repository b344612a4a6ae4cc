//! A finding in its source, with carets.
//!
//! Old sources are Latin-1 and may hold anything: a line is taken as UTF-8 where it is that, as Latin-1 otherwise; tabs
//! are widened to the eight columns that kernel source is written for; a line too long for a screen is cut around the
//! finding. Only a few lines around the finding are ever looked at, however long the file or its lines are.

use crate::safe::{clean, clip, is_active};
use crate::style::{Ink, Style};
use crate::view::{access_text, is_abuse, meaning, remark};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;
use uioscope_analyzer::finding::{Access, Finding};

/// A line longer than this many bytes is cut.
const LONG_LINE: usize = 240;
/// What is kept of a long line before the finding, and from its start on.
const BEFORE: usize = 60;
const AFTER: usize = 120;
/// Columns that annotate-snippets may use; wider lines it cuts.
const SCREEN: usize = 200;

/// The finding as a snippet; without its file's bytes, as its head and expression only. Ends with a line end.
pub fn render(finding: &Finding, bytes: Option<&[u8]>, style: Style) -> String {
    let mut out = head(finding, style);
    out.push('\n');
    let level = if is_abuse(finding) { Level::WARNING } else { Level::INFO };
    let remark = clip(&remark(finding), 160);
    let Some(window) = bytes.and_then(|bytes| Window::around(bytes, finding.span)) else {
        out += &format!("  {}\n", clip(&finding.expression, 100));
        if !remark.is_empty() {
            out += &format!("  {}\n", style.paint(Ink::Dim, &remark));
        }
        return out;
    };
    let label = match finding.access {
        Access::Store => format!("{}: {}", meaning(finding), finding.expression),
        Access::Load => meaning(finding),
        Access::Decl | Access::Mention => finding.access.name().to_owned(),
    };
    let annotation = AnnotationKind::Primary.span(window.span).label(clip(&label, 100));
    let first = (finding.line as usize).saturating_sub(window.above).max(1);
    let snippet = Snippet::source(window.text).line_start(first).fold(false).annotation(annotation);
    let mut group = Group::with_level(level).element(snippet);
    if !remark.is_empty() {
        group = group.element(Level::NOTE.message(remark));
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    for line in renderer.decor_style(DecorStyle::Unicode).term_width(SCREEN).render(&[group]).lines() {
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// `sys/kern/tty_tty.c:91:54  load in cttyread: session  #if DIAGNOSTIC  [id]`.
fn head(finding: &Finding, style: Style) -> String {
    let place = format!("{}:{}:{}", clean(&finding.path), finding.line, finding.column);
    let mut head = format!("{}  {}", style.paint(Ink::Path, &place), access_text(finding));
    if finding.function != "-" {
        head += &format!(" in {}", style.paint(Ink::Title, &clip(&finding.function, 60)));
    }
    let meaning = meaning(finding);
    if meaning != "-" {
        let ink = if is_abuse(finding) { Ink::Abuse } else { Ink::Plain };
        head += &format!(": {}", style.paint(ink, &meaning));
    }
    if let Some(when) = &finding.when {
        head += &format!("  {}", style.paint(Ink::Condition, &format!("#if {}", clip(&when.to_string(), 80))));
    }
    head += &format!("  {}", style.paint(Ink::Dim, &format!("[{}]", clean(&finding.id))));
    head
}

/// The lines to show, fit for a terminal, and where in them the finding is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// The lines.
    pub(crate) text: String,
    /// The place in them.
    pub(crate) span: Range<usize>,
    /// Lines before the finding's.
    pub(crate) above: usize,
}

impl Window {
    /// Nothing where the span is not in the file (it may have changed under the audit).
    pub(crate) fn around(bytes: &[u8], (start, end): (u32, u32)) -> Option<Window> {
        let start = start as usize;
        if start >= bytes.len() {
            return None;
        }
        let line = line_at(bytes, start);
        let start = start.min(line.end);
        let end = (end as usize).clamp(start, line.end).max((start + 1).min(line.end));
        let mut text = String::new();
        let mut above = 0;
        if line.start > 0 && bytes[line.start - 1] == b'\n' {
            let before = line_at(bytes, line.start - 1);
            push_line(&mut text, bytes, before.clone(), before.start..before.start);
            text.push('\n');
            above = 1;
        }
        let span = push_line(&mut text, bytes, line.clone(), start..end);
        // Past the line's end stands its line end, if the line was seen to its end.
        let after = line.end + usize::from(bytes.get(line.end) == Some(&b'\r'));
        if bytes.get(after) == Some(&b'\n') && after + 1 < bytes.len() {
            let next = line_at(bytes, after + 1);
            text.push('\n');
            push_line(&mut text, bytes, next.clone(), next.start..next.start);
        }
        Some(Window { text, span, above })
    }
}

/// The line around `at`, without its line end, seen at most so far that [`push_line`] knows it for a long one.
fn line_at(bytes: &[u8], at: usize) -> Range<usize> {
    let low = at.saturating_sub(LONG_LINE + 1);
    let high = (at + 2 * LONG_LINE).min(bytes.len());
    let start = bytes[low..at].iter().rposition(|&b| b == b'\n').map_or(low, |i| low + i + 1);
    let mut end = bytes[at..high].iter().position(|&b| b == b'\n').map_or(high, |i| at + i);
    if end > start && bytes[end - 1] == b'\r' {
        end -= 1;
    }
    start..end
}

/// Appends a line and gives the place of `mark` in the text.
fn push_line(text: &mut String, bytes: &[u8], line: Range<usize>, mark: Range<usize>) -> Range<usize> {
    let mut keep = line.clone();
    if line.len() > LONG_LINE {
        keep.start = line.start.max(mark.start.saturating_sub(BEFORE));
        keep.end = line.end.min(mark.start.max(keep.start) + AFTER);
        while keep.start > line.start && keep.start < mark.start && is_continuation(bytes[keep.start]) {
            keep.start += 1;
        }
        while keep.end > keep.start && keep.end < line.end && is_continuation(bytes[keep.end]) {
            keep.end -= 1;
        }
    }
    if keep.start > line.start {
        text.push('…');
    }
    let first_column = text.rfind('\n').map_or(0, |i| i + 1);
    let mut columns = text[first_column..].chars().count();
    let (mut from, mut to) = (None, None);
    for (at, c) in decode(&bytes[keep.clone()]) {
        let at = keep.start + at;
        if at >= mark.start {
            from.get_or_insert(text.len());
        }
        if at >= mark.end {
            to.get_or_insert(text.len());
        }
        if c == '\t' {
            let pad = 8 - columns % 8;
            text.extend(std::iter::repeat_n(' ', pad));
            columns += pad;
        } else {
            text.push(visible(c));
            columns += 1;
        }
    }
    let end = text.len();
    if keep.end < line.end {
        text.push('…');
    }
    let from = from.unwrap_or(end);
    from..to.unwrap_or(end).max(from)
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Characters with their byte offsets: UTF-8 where all of it is that, else Latin-1.
fn decode(bytes: &[u8]) -> Vec<(usize, char)> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.char_indices().collect(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).enumerate().collect(),
    }
}

/// A stand-in for a character that a terminal would act on.
fn visible(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        c if is_active(c) => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use uioscope_analyzer::finding::Role;

    fn check(source: &[u8], needle: &[u8], want: &str) {
        let start = source.windows(needle.len()).position(|w| w == needle).expect("the needle") as u32;
        let window = Window::around(source, (start, start + needle.len() as u32)).expect("a window");
        assert_eq!(&window.text[window.span], want);
    }

    #[test]
    fn spans_follow_latin_1_utf_8_and_tabs() {
        check(b"\t/* Gr\xf6\xdfe */ uio->p;\n", b"uio->p", "uio->p");
        check("\t/* Größe */\tuio->p;\n".as_bytes(), b"uio->p", "uio->p");
        check(b"a\0b uio->p", b"uio->p", "uio->p");
        check(b"x\r\nuio->p\r\ny\r\n", b"uio->p", "uio->p");
    }

    #[test]
    fn spans_outside_are_clamped() {
        assert_eq!(Window::around(b"abc", (3, 9)), None);
        assert_eq!(Window::around(b"", (0, 0)), None);
        let window = Window::around(b"abc\nd", (1, 99)).expect("a window");
        assert_eq!(&window.text[window.span], "bc");
        // Backwards, and on a line end.
        let window = Window::around(b"abc\nd", (2, 1)).expect("a window");
        assert_eq!(&window.text[window.span], "c");
        let window = Window::around(b"abc\nd", (3, 4)).expect("a window");
        assert!(window.span.is_empty());
    }

    #[test]
    fn long_lines_are_cut_around_the_span() {
        let mut source = "é".repeat(100_000).into_bytes();
        source.extend(b"uio->p");
        source.extend("ü".repeat(100_000).bytes());
        check(&source, b"uio->p", "uio->p");
        let window = Window::around(&source, (200_000, 200_006)).expect("a window");
        assert!(window.text.chars().count() < LONG_LINE, "{}", window.text);
        assert!(window.text.starts_with('…') && window.text.ends_with('…'));
    }

    #[test]
    fn an_excerpt() {
        let audit = fixture::audit();
        let finding = audit.findings.iter().find(|f| f.function == "cttyread").expect("a finding");
        insta::assert_snapshot!(render(finding, Some(fixture::TTY), Style::PLAIN));
    }

    #[test]
    fn no_span_and_no_byte_can_panic() {
        let sources: [&[u8]; 6] = [b"", b"\n", b"\r\n\r\n", b"\xc3", b"a\xc3\xa4\tb\n\0", b"\xff\xff\n\n\xff"];
        for source in sources {
            for start in 0..8 {
                for end in 0..8 {
                    let mut finding = fixture::load("a.c", 1, "f", &[Role::Signal]);
                    finding.span = (start, end);
                    assert!(render(&finding, Some(source), Style::COLOR).contains("signal"));
                }
            }
        }
    }
}
