//! The outline of a file: which functions it may define. One pass over the bytes that follows comments, quotes, directives
//! and the depth of braces; nothing is parsed, and how the text is laid out does not matter.
//!
//! The arms of an `#if` that do not agree on the depth leave the smaller one, so that what follows is rather looked at too
//! often than lost: whoever asks for a name parses the place and sees.

use crate::shapes::Definition;
use crate::text::{Span, word_end};
use memchr::memmem;

/// So many names before a brace are candidates: `ATTR(x) int f(a)`, `__C(X,_f)(a)`.
const MOST_NAMES: usize = 8;

/// Bytes that mean something at any depth.
const STOPS: [bool; 256] = {
    let mut table = [false; 256];
    let stops = b"{}\"'/#\n;()=";
    let mut i = 0;
    while i < stops.len() {
        table[stops[i] as usize] = true;
        i += 1;
    }
    table
};

/// What stands before a brace at the outermost level.
#[derive(Default)]
struct Head {
    /// The word just before, with nothing but blanks, comments and directives in between.
    last: Option<Span>,
    /// Names before a bracket, and whether nothing but blanks stood between the bracket's end and what is looked at now.
    names: Vec<Span>,
    /// Where the bracket after the last of the names was closed.
    closed: Option<usize>,
    is_static: bool,
    /// `=`: what follows is an initialiser.
    has_value: bool,
    /// Words came after the last bracket: parameters of an old head, or an attribute.
    words_after: u32,
    /// The only word since then starts no parameter for certain: with a bracket after it, it is an attribute.
    attribute: bool,
    /// `extern "C"`: its brace opens no block.
    linkage: bool,
    /// The last word was `extern`.
    after_extern: bool,
    /// The last word was `struct`, `union` or `enum`, or it came right after one of those.
    aggregate: u8,
}

impl Head {
    fn clear(&mut self) {
        self.names.clear();
        *self = Head { names: std::mem::take(&mut self.names), ..Head::default() };
    }
}

/// Calls `found` with each definition, in order.
pub fn outline(text: &[u8], found: &mut dyn FnMut(Definition)) {
    let mut outline = Outline { text, pos: 0, depth: 0, head: Head::default(), arms: Vec::new(), open: None };
    outline.run(text.len(), found);
    outline.close(None, found);
}

/// Whether `at`, somewhere after the `{` at `from`, is text of the program: in no comment, string or directive.
pub fn is_code(text: &[u8], from: u32, at: u32) -> bool {
    let (head, arms) = (Head::default(), Vec::new());
    let mut outline = Outline { text, pos: from as usize + 1, depth: 1, head, arms, open: None };
    outline.run(at as usize, &mut |_| {});
    outline.pos == at as usize
}

struct Outline<'a> {
    text: &'a [u8],
    pos: usize,
    depth: u32,
    head: Head,
    /// Of each open `#if`: the depth before it, and the smallest depth after an arm.
    arms: Vec<(u32, Option<u32>)>,
    /// The body that is being passed over.
    open: Option<Open>,
}

/// A body without its end.
struct Open {
    names: Vec<Span>,
    is_private: bool,
    start: u32,
    /// No conditional changes the depth, or leaves text out.
    is_plain: bool,
}

impl Outline<'_> {
    /// Goes on to `end`, or to what begins before it and ends after it.
    fn run(&mut self, end: usize, found: &mut dyn FnMut(Definition)) {
        let mut is_line_start = true;
        while self.pos < end {
            let b = self.text[self.pos];
            if self.depth > 0 && !STOPS[b as usize] {
                is_line_start &= b.is_ascii_whitespace();
                self.pos += 1;
                while self.pos < end && !STOPS[self.text[self.pos] as usize] {
                    is_line_start &= self.text[self.pos].is_ascii_whitespace();
                    self.pos += 1;
                }
                continue;
            }
            let was_line_start = std::mem::replace(&mut is_line_start, false);
            match b {
                b'\n' => {
                    is_line_start = true;
                    self.pos += 1;
                }
                b'/' if self.comment() => is_line_start = was_line_start,
                b'"' | b'\'' => self.quote(b),
                b'#' if was_line_start => {
                    self.directive(found);
                    is_line_start = true;
                }
                b'{' => self.open(found),
                b'}' => {
                    self.pos += 1;
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.close(Some(self.pos), found);
                        self.head.clear();
                    }
                }
                _ if self.depth > 0 => self.pos += 1,
                b'(' => self.brackets(found),
                b';' => {
                    self.pos += 1;
                    self.semicolon();
                }
                b'=' => {
                    self.pos += 1;
                    self.head.has_value = true;
                    self.head.last = None;
                }
                b if is_name(b) => self.word(),
                b if b.is_ascii_whitespace() => {
                    is_line_start = was_line_start;
                    self.pos += 1;
                }
                // A backslash before a line's end is a blank.
                b'\\' => self.pos += 1,
                _ => {
                    self.head.attribute = false;
                    self.head.last = None;
                    self.pos += 1;
                }
            }
        }
    }

    /// Passes over a comment, if one starts here.
    fn comment(&mut self) -> bool {
        let rest = &self.text[self.pos..];
        if rest.starts_with(b"/*") {
            self.pos = memmem::find(&rest[2..], b"*/").map_or(self.text.len(), |n| self.pos + n + 4);
            true
        } else if rest.starts_with(b"//") {
            self.pos = line_end(self.text, self.pos);
            true
        } else {
            self.pos += 1;
            false
        }
    }

    /// Passes over a string or character; one without its end is passed over as the quote alone.
    fn quote(&mut self, quote: u8) {
        self.head.linkage = self.head.after_extern && quote == b'"';
        self.pos = quote_end(self.text, self.pos, quote);
    }

    /// Passes over a directive, its continued lines and its comments.
    fn directive(&mut self, found: &mut dyn FnMut(Definition)) {
        let mut at = self.pos + 1;
        while self.text.get(at).is_some_and(|b| matches!(b, b' ' | b'\t')) {
            at += 1;
        }
        let end = word_end(self.text, at);
        let word = &self.text[at..end];
        match word {
            b"if" | b"ifdef" | b"ifndef" => {
                // Text that is never there says nothing of the depth.
                let never = word == b"if" && self.text[end..].trim_ascii_start().starts_with(b"0");
                self.arms.push((self.depth, None));
                if never {
                    self.is_not_plain();
                    self.pos = end;
                    self.rest_of_directive();
                    return self.skip_arm();
                }
            }
            b"else" | b"elif" | b"elifdef" | b"elifndef" => self.arm(),
            b"endif" => {
                self.arm();
                if let Some((before, least)) = self.arms.pop() {
                    self.depth = least.unwrap_or(before);
                    if self.depth == 0 && self.open.is_some() {
                        self.close(None, found);
                    }
                }
            }
            _ => {}
        }
        self.pos = end;
        self.rest_of_directive();
    }

    /// An arm ends: the next starts at the depth that the first did.
    fn arm(&mut self) {
        if let Some((before, least)) = self.arms.last_mut() {
            let differs = self.depth != *before;
            *least = Some(least.map_or(self.depth, |l| l.min(self.depth)));
            self.depth = *before;
            if differs {
                self.is_not_plain();
            }
        }
    }

    /// Passes over an arm that is never there, up to the directive that ends it.
    fn skip_arm(&mut self) {
        let mut nested = 0u32;
        while self.pos < self.text.len() {
            let line = self.pos;
            let head = self.text[line..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            if self.text.get(line + head) == Some(&b'#') {
                let rest = self.text[line + head + 1..line_end(self.text, line)].trim_ascii_start();
                if rest.starts_with(b"if") {
                    nested += 1;
                } else if nested > 0 && rest.starts_with(b"endif") {
                    nested -= 1;
                } else if nested == 0 && (rest.starts_with(b"el") || rest.starts_with(b"endif")) {
                    // The directive itself is read by the caller; this arm counts for nothing.
                    if rest.starts_with(b"endif")
                        && let Some((_, least)) = self.arms.last_mut()
                    {
                        *least = least.or(Some(self.depth));
                    }
                    return;
                }
            }
            self.pos = (line_end(self.text, line) + 1).min(self.text.len());
        }
    }

    fn rest_of_directive(&mut self) {
        while let Some(&b) = self.text.get(self.pos) {
            match b {
                b'\n' => return,
                b'\\' => {
                    // A continued line, also with blanks before its end.
                    let blank =
                        self.text[self.pos + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
                    self.pos += 1;
                    if self.text.get(self.pos + blank) == Some(&b'\n') {
                        self.pos += blank + 1;
                    }
                }
                b'/' if self.text[self.pos..].starts_with(b"/*") => {
                    self.comment();
                }
                b'/' if self.text[self.pos..].starts_with(b"//") => self.pos = line_end(self.text, self.pos),
                b'"' => self.pos = quote_end(self.text, self.pos, b),
                _ => self.pos += 1,
            }
        }
    }

    fn open(&mut self, found: &mut dyn FnMut(Definition)) {
        self.pos += 1;
        if self.depth == 0 {
            if self.head.linkage && self.head.names.is_empty() {
                // `extern "C" {`: what is inside stands at the outermost level.
                return self.head.clear();
            }
            if !self.head.has_value && self.head.aggregate == 0 && !self.head.names.is_empty() {
                // Another arm's head is open still.
                self.close(None, found);
                let names = std::mem::take(&mut self.head.names);
                let is_plain = names.len() == 1;
                self.open = Some(Open { names, is_private: self.head.is_static, start: self.pos as u32 - 1, is_plain });
            }
        }
        self.depth += 1;
    }

    fn is_not_plain(&mut self) {
        if let Some(open) = &mut self.open {
            open.is_plain = false;
        }
    }

    /// The body that was open ends there, as far as is known.
    fn close(&mut self, end: Option<usize>, found: &mut dyn FnMut(Definition)) {
        let Some(open) = self.open.take() else { return };
        let body = end.filter(|_| open.is_plain).map(|end| Span::new(open.start, end as u32));
        for name in open.names {
            found(Definition { name, is_private: open.is_private, body });
        }
    }

    /// A declaration ends, unless it is the parameter's of an old head: `f(a) int a; {`.
    fn semicolon(&mut self) {
        let is_old_head =
            !self.head.names.is_empty() && !self.head.has_value && self.head.words_after > 0 && !self.head.attribute;
        if is_old_head {
            self.head.words_after = 1;
            self.head.aggregate = 0;
        } else {
            self.head.clear();
        }
    }

    fn word(&mut self) {
        let start = self.pos;
        let end = word_end(self.text, start).max(start + 1);
        self.pos = end;
        let word = &self.text[start..end];
        let head = &mut self.head;
        head.last = Some(Span::new(start as u32, end as u32));
        head.after_extern = word == b"extern";
        match word {
            b"static" => head.is_static = true,
            b"struct" | b"union" | b"enum" | b"class" => head.aggregate = 2,
            _ => head.aggregate = head.aggregate.saturating_sub(1).max(u8::from(head.aggregate == 2)),
        }
        if !head.names.is_empty() {
            head.words_after += 1;
            head.attribute = head.words_after == 1 && !is_type_word(word);
        }
    }

    /// Brackets at the outermost level: the word before them is a candidate.
    fn brackets(&mut self, found: &mut dyn FnMut(Definition)) {
        let name = self.head.last.take().unwrap_or_default();
        let word = name.of(self.text);
        // `int (*f)();` among the parameters of an old head.
        let is_declarator = self.text[self.pos + 1..].trim_ascii_start().first() == Some(&b'*');
        let closed = self.head.closed.take();
        let is_candidate = word.first().is_some_and(|b| !b.is_ascii_digit()) && !self.head.has_value && !is_declarator;
        let mut is_name = false;
        if is_candidate && self.head.names.len() < MOST_NAMES && !is_keyword(word) && !is_type_word(word) {
            self.head.names.push(name);
            is_name = true;
        }
        // `__C(SGMAP,_load)(struct proc *p)`: a name that a macro makes is told by its text.
        if let (Some(end), true, Some(made)) = (closed, word.is_empty(), self.head.names.last_mut())
            && self.text[end..self.pos].iter().all(u8::is_ascii_whitespace)
        {
            made.end = end as u32;
        }
        if std::mem::take(&mut self.head.attribute) && !is_declarator {
            // As if the head's own bracket had just been closed.
            self.head.words_after = 0;
        }
        self.head.aggregate = 0;
        let mut depth = 0u32;
        let mut is_line_start = false;
        while let Some(&b) = self.text.get(self.pos) {
            match b {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        self.pos += 1;
                        self.head.closed = is_name.then_some(self.pos);
                        return;
                    }
                }
                b'"' | b'\'' => {
                    self.pos = quote_end(self.text, self.pos, b);
                    continue;
                }
                b'/' if self.comment() => continue,
                b'/' => continue,
                b'#' if is_line_start => {
                    self.directive(found);
                    continue;
                }
                // Brackets that are never closed: the rest of the file is not theirs.
                b'{' | b'}' if depth == 1 && self.text[..self.pos].trim_ascii_end().last() == Some(&b';') => return,
                _ => {}
            }
            is_line_start = b == b'\n' || (is_line_start && b.is_ascii_whitespace());
            self.pos += 1;
        }
    }
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}

fn is_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"if"
            | b"for"
            | b"while"
            | b"switch"
            | b"return"
            | b"sizeof"
            | b"typeof"
            | b"__typeof__"
            | b"__attribute__"
            | b"__attribute"
            | b"_Static_assert"
            | b"static_assert"
            | b"asm"
            | b"__asm__"
            | b"__asm"
            | b"alignas"
            | b"_Alignas"
            | b"__declspec"
    )
}

/// A word that can only start a parameter's declaration.
fn is_type_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"int"
            | b"char"
            | b"long"
            | b"short"
            | b"unsigned"
            | b"signed"
            | b"float"
            | b"double"
            | b"void"
            | b"struct"
            | b"union"
            | b"enum"
            | b"register"
            | b"const"
            | b"volatile"
            | b"__const"
            | b"auto"
            | b"_Bool"
    )
}

/// The end of the line that `at` stands in, not counting lines that are continued.
fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n)
}

/// One past the quote that closes the one at `at`; one past that one itself where its line has none.
fn quote_end(text: &[u8], at: usize, quote: u8) -> usize {
    let mut pos = at + 1;
    while let Some(&b) = text.get(pos) {
        match b {
            b'\\' if text.get(pos + 1) == Some(&b'\r') => pos += 3,
            b'\\' => pos += 2,
            b'\n' => return at + 1,
            b if b == quote => return pos + 1,
            _ => pos += 1,
        }
    }
    (at + 1).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let mut all = Vec::new();
        outline(text.as_bytes(), &mut |d| {
            let name = String::from_utf8_lossy(d.name.of(text.as_bytes())).into_owned();
            all.push(if d.is_private { format!("static {name}") } else { name });
        });
        assert_eq!(all.join(" "), want, "{text}");
    }

    #[test]
    fn definitions_and_not_declarations() {
        check("int f(int a);\nint g(int a) { return h(a); }\nint x = f(1);\nstruct s { int (*m)(int); };", "g");
        check("static\nint\nf (a) int a; struct p *b; { }\nint g();", "static f");
        check("int f(a, b)\n\tregister int a;\n\tint (*b)();\n{\n}\nint g(void)\n{\n}", "f g");
        check("int f(int a) __attribute__((noreturn));\nint g(void) { }", "g");
        check(
            "static int\nf(fn, p)\n\tu_int (*fn)(struct proc *);\n\tstruct proc *p;\n{\n}\nint g(void)\n{\n}",
            "static f g",
        );
        check("struct s v[] = { F(1), { g(2) } };\nint h(void) {}", "h");
        check("int __C(SGMAP,_load)(struct proc *p) { }\nint g(void) { }", "__C(SGMAP,_load) g");
        check("enum e { A, B };\nstruct s f(void) { }", "f");
    }

    #[test]
    fn layout_does_not_matter() {
        check("/* x */ static void h(struct proc *p)\n{\n}\n  int\n  f ( struct uio *u )\n  {\n }", "static h f");
        check("extern \"C\" {\n static void h(int a)\n{\n}\n int f(int b) { }\n}\nint g(void) { }", "static h f g");
        check("int f(int a){if(a){g(a);}}int g(int b){}", "f g");
        check("int /* a ( { */ f // {\n (int a) /* } */ {\n \"}\" ; '}'; }\nint g(void){}", "f g");
    }

    #[test]
    fn arms_of_conditionals() {
        check("#ifdef A\nint f(a) {\n#else\nint f(a, b) {\n#endif\n}\nint g(void) { }", "f f g");
        check("int f(void) {\n#ifdef A\n if (a) {\n#endif\n x();\n#ifdef A\n }\n#endif\n}\nint g(void) { }", "f g");
        check("#if 0\nint don't { \n#endif\nint g(void) { }", "g");
        check("int f(void) {\n#if 0\n } }\n#else\n#endif\n}\nint g(void) { }", "f g");
        check("#define F(x) { \\\n (x)\nint g(void) { }\n#define S \"{\" /* {\n { */\nint h(void) {}", "g h");
    }

    #[test]
    fn bodies_from_brace_to_brace() {
        let check = |text: &str, want: &str| {
            let mut all = Vec::new();
            outline(text.as_bytes(), &mut |d| {
                let body = d.body.map_or("?".into(), |b| String::from_utf8_lossy(b.of(text.as_bytes())).into_owned());
                all.push(body);
            });
            assert_eq!(all.join(" "), want, "{text}");
        };
        check("int f(a) { g(); }\nint g(a) int a; { if (a) { } }", "{ g(); } { if (a) { } }");
        check("#ifdef A\nint f(a) { b }\n#endif\n", "{ b }");
        check("int f(a) {\n#ifdef A\n x();\n#else\n y();\n#endif\n}", "{\n#ifdef A\n x();\n#else\n y();\n#endif\n}");
        // Which brace ends it is not known; or not all of it is there.
        check("#ifdef A\nint f(a) {\n#else\nint f(a, b) {\n#endif\n}", "? ?");
        check("int f(void) {\n#ifdef A\n if (a) {\n#endif\n x();\n#ifdef A\n }\n#endif\n}", "?");
        check("int f(void) {\n#if 0\n x();\n#endif\n}", "?");
        check("int X(a) f(b) { }", "? ?");
        check("int f(void) { ", "?");
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        let text = "{ a(); /* b(); */ \"c\" d(); // e\n#define F f()\n g(); }";
        let is = |word: &str| is_code(text.as_bytes(), 0, text.find(word).expect("there") as u32);
        let code: Vec<&str> = ["a(", "b(", "c", "d(", "e\n", "f()", "g("].into_iter().filter(|w| is(w)).collect();
        assert_eq!(code, ["a(", "d(", "g("]);
    }

    #[test]
    fn what_does_not_end_ends() {
        for text in
            ["f(", "f(\"", "/*", "'", "#if", "#define x \\", "f(a) {", "{{{{", "}}}}", "int f(a) int", "f(a)\\\n"]
        {
            outline(text.as_bytes(), &mut |_| {});
        }
    }
}
