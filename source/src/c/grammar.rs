//! The C inside yacc and lex files: everything else is blanked out, byte for byte, so that places stay what they are.
//!
//! Kept are `%{ … %}` and what follows the second `%%`, as they are, and the actions of the rules, each made the body of a
//! function `yyparse` (or `y`, where the blank before it is too narrow), which is where the generators put them.

use std::borrow::Cow;

/// A file's C text: itself, or for `.y` and `.l` a copy with the rest blanked out.
pub fn c_text<'a>(path: &str, source: &'a [u8]) -> Cow<'a, [u8]> {
    if !(path.ends_with(".y") || path.ends_with(".l")) {
        return Cow::Borrowed(source);
    }
    let mut out: Vec<u8> = source.iter().map(|b| if b.is_ascii_whitespace() { *b } else { b' ' }).collect();
    let mut pos = 0;
    let mut section = 0;
    // Where blank space for a made-up head starts.
    let mut free = 0;
    while pos < source.len() {
        let line_end = memchr::memchr(b'\n', &source[pos..]).map_or(source.len(), |n| pos + n + 1);
        let line = &source[pos..line_end];
        if section == 2 {
            out[pos..].copy_from_slice(&source[pos..]);
            break;
        }
        if line.starts_with(b"%%") {
            section += 1;
            pos = line_end;
            free = pos;
            continue;
        }
        if line.trim_ascii_start().starts_with(b"%{") {
            let end = memchr::memmem::find(&source[pos..], b"\n%}").map_or(source.len(), |n| pos + n + 1);
            out[line_end..end.max(line_end)].copy_from_slice(&source[line_end..end.max(line_end)]);
            pos = memchr::memchr(b'\n', &source[end..]).map_or(source.len(), |n| end + n + 1);
            free = pos;
            continue;
        }
        if section == 0 {
            pos = line_end;
            continue;
        }
        // A lex pattern stands in the first column, up to the first blank, and may hold braces of its own.
        if path.ends_with(".l") && !line[0].is_ascii_whitespace() {
            pos += pattern(line);
        }
        pos = rules(source, &mut out, pos, line_end, &mut free);
    }
    Cow::Owned(out)
}

/// Length of a lex pattern: blanks count inside quotes and brackets.
fn pattern(line: &[u8]) -> usize {
    let (mut quoted, mut class) = (false, false);
    let mut i = 0;
    while i < line.len() {
        match line[i] {
            b'\\' => i += 1,
            b'"' if !class => quoted = !quoted,
            b'[' if !quoted => class = true,
            b']' => class = false,
            b if b.is_ascii_whitespace() && !quoted && !class => return i,
            _ => {}
        }
        i += 1;
    }
    line.len()
}

/// Goes through rules from `pos` to the end of the line, or of the action that starts there.
fn rules(source: &[u8], out: &mut [u8], mut pos: usize, line_end: usize, free: &mut usize) -> usize {
    while pos < line_end {
        match source[pos] {
            b'\'' | b'"' => {
                // A token in quotes may be a brace.
                let quote = source[pos];
                pos += 1;
                while pos < line_end && source[pos] != quote {
                    pos += if source[pos] == b'\\' { 2 } else { 1 };
                }
                pos += 1;
            }
            b'/' if source[pos..].starts_with(b"/*") => {
                let end = memchr::memmem::find(&source[pos..], b"*/").map_or(source.len(), |n| pos + n + 2);
                // Comments stay: names in them are mentions.
                out[pos..end].copy_from_slice(&source[pos..end]);
                *free = end;
                pos = end;
                if pos >= line_end {
                    return pos;
                }
            }
            b'{' => {
                let end = action_end(source, pos);
                out[pos..end].copy_from_slice(&source[pos..end]);
                // `$$` and `$1` are names to the lexer, `@1` is not.
                for b in &mut out[pos..end] {
                    if *b == b'@' {
                        *b = b'$';
                    }
                }
                head(out, *free, pos);
                *free = end;
                return end.max(pos + 1);
            }
            _ => pos += 1,
        }
    }
    line_end
}

fn action_end(source: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for t in super::lex::raw(&source[open..]) {
        match t.kind {
            super::lex::Tok::LBrace => depth += 1,
            super::lex::Tok::RBrace => {
                depth -= 1;
                if depth == 0 {
                    return open + t.span.end as usize;
                }
            }
            _ => {}
        }
    }
    source.len()
}

/// Writes a function's head into the blanks right before an action.
fn head(out: &mut [u8], free: usize, open: usize) {
    for name in [b"yyparse()".as_slice(), b"y()"] {
        // Line ends have to stay, so the head stands on one line.
        let mut end = open;
        while end >= free + name.len() {
            let slot = &out[end - name.len()..end];
            if slot.iter().all(|b| *b == b' ' || *b == b'\t') {
                out[end - name.len()..end].copy_from_slice(name);
                return;
            }
            end -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, source: &str, want: &str) {
        let text = c_text(path, source.as_bytes());
        assert_eq!(text.len(), source.len());
        let words: Vec<_> = std::str::from_utf8(&text).expect("text").split_whitespace().collect();
        assert_eq!(words.join(" "), want, "{source}");
    }

    #[test]
    fn what_is_kept_of_a_grammar() {
        check("a.c", "%{ x %}", "%{ x %}");
        check(
            "a.y",
            "%{\nint a;\n%}\n%token X\n%%\nrule:   X '{' other { f($1); }\n |\n Y    {\n g(); }\n ;\n%%\nint b;\n",
            "int a; yyparse(){ f($1); } y(){ g(); } int b;",
        );
        check(
            "a.l",
            "%{\nint a;\n%}\nD [0-9]\n%%\n{D}+[ {]     { return N; }\n\"x y\"  ;\n%%\nint b;",
            "int a; yyparse(){ return N; } int b;",
        );
    }
}
