//! The same text laid out in another way, as formatters, old editors and odd people do.

use super::random::Random;

/// One text in a random layout.
pub fn change(random: &mut Random, text: &str) -> String {
    let has_directive = text.lines().any(|l| l.trim_start().starts_with('#'));
    match random.below(12) {
        0 => text.lines().map(|l| format!("{}{l}\n", random.of(&[" ", "\t", "   "]))).collect(),
        1 if !has_directive => text.replace('\n', " ") + "\n",
        2 => one_token_a_line(text),
        3 => comments(random, text),
        4 => splices(random, text, "\\\n"),
        5 => splices(random, text, "\\ \t\n"),
        6 => text.replace('\n', "\r\n"),
        7 => text.replace('\t', "\x0c "),
        8 => format!("/* {} */ {text}", random.of(&["a comment", "uio {", "\"", "'"])),
        9 if !has_directive => format!("extern \"C\" {{\n{text}}}\n"),
        10 => blanks(text),
        _ => text.to_owned(),
    }
}

/// Parts of a text that is no directive, string or comment, and the others.
fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut out: Vec<(bool, String)> = Vec::new();
    let mut directive = false;
    for line in text.split_inclusive('\n') {
        let is_directive = directive || line.trim_start().starts_with('#');
        directive = is_directive && line.trim_end().ends_with('\\');
        if is_directive || line.contains('"') || line.contains('\'') || line.contains("/*") {
            out.push((false, line.to_owned()));
        } else {
            out.push((true, line.to_owned()));
        }
    }
    out
}

fn map(text: &str, change: impl FnMut(&str) -> String) -> String {
    let mut change = change;
    pieces(text).into_iter().map(|(open, s)| if open { change(&s) } else { s }).collect()
}

fn one_token_a_line(text: &str) -> String {
    map(text, |s| {
        let mut out = String::new();
        for c in s.chars() {
            match c {
                '(' | ')' | '{' | '}' | ';' | ',' => {
                    out.push('\n');
                    out.push(c);
                    out.push('\n');
                }
                ' ' | '\t' => out.push('\n'),
                c => out.push(c),
            }
        }
        out
    })
}

fn comments(random: &mut Random, text: &str) -> String {
    map(text, |s| {
        let mut out = String::new();
        for c in s.chars() {
            out.push(c);
            if matches!(c, ' ' | '(' | ';' | ',') && random.one_in(4) {
                out += random.of(&["/**/", "/* uio */ ", "/* \n */", "/* } */"]);
            }
        }
        out
    })
}

/// Lines that end in the middle of anything.
fn splices(random: &mut Random, text: &str, splice: &str) -> String {
    map(text, |s| {
        let mut out = String::new();
        for c in s.chars() {
            out.push(c);
            if c != '\n' && random.one_in(25) {
                out += splice;
            }
        }
        out
    })
}

fn blanks(text: &str) -> String {
    map(text, |s| s.replace("->", " -> ").replace('(', " ( ").replace('.', " . ").replace("= =", "=="))
}
