//! The `#include`s of a text, and whether a conditional decides about them.

use memchr::memmem;

/// A directive's line is read so far; a longer one includes nothing.
pub(super) const LONGEST_LINE: usize = 4096;

/// The name between `<…>` or `"…"`, and whether it is quoted.
pub fn named(what: &[u8]) -> Option<(String, bool)> {
    let (open, rest) = what.split_first()?;
    let (close, is_quoted) = match open {
        b'<' => (b'>', false),
        b'"' => (b'"', true),
        _ => return None,
    };
    let end = memchr::memchr(close, rest)?;
    Some((String::from_utf8_lossy(rest[..end].trim_ascii()).into_owned(), is_quoted))
}

/// The arm of a conditional that a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arm {
    /// `#if 1`, or the rest of `#if 0`.
    Always,
    /// `#if 0`
    Never,
    /// A guard, or what is there in every kernel.
    Kernel,
    /// Any other.
    Decides,
}

/// Calls `found` with what follows each `#include`, and whether a conditional decides about it; a guard, and what asks whether
/// this is the kernel, are none. What never is there is left out.
pub fn each_include(text: &[u8], found: &mut dyn FnMut(&[u8], bool)) {
    if memmem::find(text, b"include").is_none() && memmem::find(text, b"import").is_none() {
        // A spliced one is found below.
        if memmem::find(text, b"\\\n").is_none() {
            return;
        }
    }
    let mut open: Vec<Arm> = Vec::new();
    for hash in memchr::memchr_iter(b'#', text) {
        let line = &text[memchr::memrchr(b'\n', &text[..hash]).map_or(0, |n| n + 1)..hash];
        let before = line.trim_ascii_end();
        if !before.is_empty() && !before.ends_with(b"*/") {
            continue;
        }
        let line = logical_line(&text[hash + 1..]);
        let line = after_blanks(&line);
        let end = crate::text::word_end(line, 0);
        let rest = after_blanks(&line[end..]);
        match &line[..end] {
            b"include" | b"include_next" | b"import" if !open.contains(&Arm::Never) => {
                found(rest, open.contains(&Arm::Decides));
            }
            b"ifndef" => {
                let is_guard = open.is_empty() && defines_next(text, hash, rest);
                open.push(if is_guard || is_settled(rest, false) { Arm::Kernel } else { Arm::Decides });
            }
            b"ifdef" => open.push(if is_settled(rest, true) { Arm::Kernel } else { Arm::Decides }),
            b"if" => {
                let word = rest.trim_ascii_end();
                let (word, is_not) = word.strip_prefix(b"!").map_or((word, false), |w| (w.trim_ascii_start(), true));
                let asked = word.strip_prefix(b"defined").map_or(word, |w| w.trim_ascii().trim_ascii_start());
                let asked = asked.strip_prefix(b"(").and_then(|w| w.strip_suffix(b")")).unwrap_or(asked);
                open.push(match word {
                    b"0" => Arm::Never,
                    b"1" => Arm::Always,
                    _ if is_settled(asked, !is_not) => Arm::Kernel,
                    _ => Arm::Decides,
                });
            }
            b"elif" | b"elifdef" | b"elifndef" | b"else" => {
                if let Some(last) = open.last_mut() {
                    *last = match last {
                        Arm::Never if &line[..end] == b"else" => Arm::Always,
                        Arm::Always => Arm::Never,
                        _ => Arm::Decides,
                    };
                }
            }
            b"endif" => drop(open.pop()),
            _ => {}
        }
    }
}

/// Whether a condition asks for just one of those that hold, or do not, wherever a kernel's own C is compiled.
fn is_settled(word: &[u8], holds: bool) -> bool {
    let end = crate::text::word_end(word, 0);
    let known = if holds { &KERNEL[..] } else { &ASSEMBLER[..] };
    known.iter().any(|k| k.as_bytes() == &word[..end]) && after_blanks(&word[end..]).is_empty()
}

/// What every file of a kernel is compiled with.
pub const KERNEL: [&str; 3] = ["_KERNEL", "KERNEL", "__KERNEL__"];
/// What only assembler's files are compiled with.
pub const ASSEMBLER: [&str; 5] = ["__ASSEMBLY__", "__ASSEMBLER__", "_LOCORE", "LOCORE", "_ASM"];

/// Whether the next directive defines the name that an `#ifndef` asks for.
fn defines_next(text: &[u8], hash: usize, name: &[u8]) -> bool {
    let name = &name[..crate::text::word_end(name, 0)];
    let Some(next) = memchr::memchr_iter(b'#', &text[hash + 1..]).next() else { return false };
    let line = logical_line(&text[hash + next + 2..]);
    let line = after_blanks(&line);
    line.strip_prefix(b"define").is_some_and(|l| {
        let l = after_blanks(l);
        !name.is_empty() && &l[..crate::text::word_end(l, 0)] == name
    })
}

/// A directive's line, its continued lines joined.
fn logical_line(text: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    let mut rest = &text[..text.len().min(LONGEST_LINE)];
    loop {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let part = &rest[..end];
        if !crate::text::is_continued(part) {
            line.extend_from_slice(part);
            return line;
        }
        let cut = part.trim_ascii_end();
        line.extend_from_slice(&cut[..cut.len() - 1]);
        rest = &rest[(end + 1).min(rest.len())..];
        if rest.is_empty() {
            return line;
        }
    }
}

/// Without blanks and comments before it; a comment alone is blank.
pub(super) fn after_blanks(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        if text.starts_with(b"//") {
            return &[];
        }
        match text.strip_prefix(b"/*") {
            Some(rest) => text = memmem::find(rest, b"*/").map_or(&[][..], |n| &rest[n + 2..]),
            None => return text,
        }
    }
}
