//! Cuts a file into items (definitions, declarations) at places where every `#if` arm agrees that one ends.
//!
//! An item is a token range. Inside it the arms may disagree as they like: variants are taken of each item by itself.
//!
//! Braces are counted through every arm. Where arms leave the count different (`#ifdef A` / `if (x) {` / `#endif`), the
//! count of the first arm goes on, and a closing brace in the first column ends the item, as it does in all kernel code.

use super::lex::{DirectiveKind, Tok, Token};
use super::pp::Unit;

/// No function has more parameters than this many tokens name.
const LONGEST_NAME_LIST: u32 = 4000;

/// A range of tokens, directives included: `[first, last)`.
pub type Range = (u32, u32);

/// State of the cutter inside one arm.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Open braces.
    depth: i32,
    /// Open brackets of other kinds; a brace that closes all is not fooled by one too many or too few of them.
    parens: i32,
    /// The item ended inside an arm, but the others have not been seen yet.
    ended: bool,
    /// First token of the item that is open.
    open: Option<u32>,
    /// The arms of an earlier conditional of this item disagreed about the depth.
    ambiguous: bool,
    /// The open brace at depth 0 was that of a function body.
    body: bool,
    /// An `=` was seen at depth 0.
    assigned: bool,
    /// The last bracket group `( … )` at depth 0.
    group: Option<Range>,
    /// The last such group that holds nothing but names.
    list: Option<Range>,
    /// The group whose names the following K&R declarations declare.
    names: Option<Range>,
    /// Where the current K&R declaration starts.
    segment: u32,
    last: Option<Tok>,
}

struct Frame {
    start: State,
    /// States at the ends of the arms so far.
    ends: Vec<State>,
    items: usize,
    /// The `#if`.
    first: u32,
}

struct Cutter<'u, 'a> {
    unit: &'u Unit<'a>,
    state: State,
    frames: Vec<Frame>,
    items: Vec<Range>,
}

/// All items of a file, in order.
pub fn cut(unit: &Unit<'_>) -> Vec<Range> {
    let mut cutter = Cutter { unit, state: State::default(), frames: Vec::new(), items: Vec::new() };
    let mut next = 0;
    let directives = &unit.lexed.directives;
    for (i, d) in directives.iter().enumerate() {
        cutter.tokens(next, d.first);
        cutter.directive(i, d.kind, d.first, d.last);
        next = d.last;
    }
    cutter.tokens(next, unit.lexed.tokens.len() as u32);
    while !cutter.frames.is_empty() {
        cutter.endif(unit.lexed.tokens.len() as u32);
    }
    cutter.finish(unit.lexed.tokens.len() as u32);
    cutter.items
}

impl Cutter<'_, '_> {
    fn token(&self, i: u32) -> Option<Token> {
        self.unit.lexed.tokens.get(i as usize).copied()
    }

    /// Whether the token is the first of its line, and stands no further to the right than the item's first line begins.
    /// Only where arms of conditionals tore the braces apart does it decide anything.
    fn at_margin(&self, i: u32) -> bool {
        let indent = |at: u32| {
            let line = memchr::memrchr(b'\n', &self.unit.source[..at as usize]).map_or(0, |n| n + 1);
            let blanks = self.unit.source[line..at as usize].iter().take_while(|b| b.is_ascii_whitespace()).count();
            (blanks, line + blanks == at as usize)
        };
        let Some(token) = self.token(i) else { return false };
        let (column, is_first) = indent(token.span.start);
        let margin = self.state.open.and_then(|o| self.token(o)).map_or(0, |t| indent(t.span.start).0);
        is_first && column <= margin
    }

    fn directive(&mut self, i: usize, kind: DirectiveKind, first: u32, last: u32) {
        if self.unit.role[i].is_none() {
            return;
        }
        match kind {
            DirectiveKind::If | DirectiveKind::Ifdef | DirectiveKind::Ifndef => {
                self.frames.push(Frame { start: self.state, ends: Vec::new(), items: self.items.len(), first });
            }
            DirectiveKind::Elif | DirectiveKind::Elifdef | DirectiveKind::Elifndef | DirectiveKind::Else => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.ends.push(self.state);
                    self.state = frame.start;
                }
            }
            DirectiveKind::Endif => self.endif(last),
            _ => {}
        }
    }

    /// `last`: one past the directive.
    fn endif(&mut self, last: u32) {
        let Some(mut frame) = self.frames.pop() else { return };
        frame.ends.push(self.state);
        let has_else = frame.ends.len() > 1;
        // Without an `#else` the text may be absent; that changes the count only if the arms do.
        let first = frame.ends[0];
        let same = frame.ends.iter().all(|s| s.depth == first.depth) && (has_else || first.depth == frame.start.depth);
        let ended = has_else && frame.ends.iter().all(|s| s.ended);
        self.state = frame.ends.iter().find(|s| s.open.is_some()).copied().unwrap_or(first);
        self.state.depth = first.depth;
        self.state.ended = false;
        self.state.open = frame.ends.iter().filter_map(|s| s.open).min();
        self.state.ambiguous = frame.ends.iter().any(|s| s.ambiguous) || !same;
        self.state.assigned = frame.ends.iter().any(|s| s.assigned && s.open.is_some());
        self.state.body = frame.ends.iter().any(|s| s.body);
        self.state.names = frame.ends.iter().find_map(|s| s.names);
        if self.state.open.is_some() && frame.start.open.is_none() {
            // An arm ended inside an item that it began: the item begins with the conditional, and all arms are its.
            self.state.open = Some(frame.first);
            self.items.truncate(frame.items);
        }
        if ended {
            self.finish(last);
        }
    }

    fn tokens(&mut self, from: u32, to: u32) {
        for i in from..to {
            let Some(t) = self.token(i) else { return };
            self.step(i, t.kind);
        }
    }

    fn step(&mut self, i: u32, kind: Tok) {
        let s = &mut self.state;
        if s.open.is_none() {
            *s = State { open: Some(i), ..State::default() };
        }
        if s.ended {
            *s = State { open: s.open, ..State::default() };
        }
        match kind {
            Tok::LParen | Tok::LBracket => {
                if s.depth == 0 && s.parens == 0 && kind == Tok::LParen {
                    s.group = Some((i, i));
                }
                s.parens += 1;
            }
            Tok::RParen | Tok::RBracket => {
                s.parens = (s.parens - 1).max(0);
                if s.depth == 0 && s.parens == 0 {
                    if let Some(g) = &mut s.group {
                        g.1 = i;
                    }
                    // Groups in the declarations of K&R parameters are no name lists, but may look like one.
                    if self.state.names.is_none() && self.state.group.is_some_and(|g| self.is_name_list(g)) {
                        self.state.list = self.state.group;
                    }
                    if let (None, Some(inner)) = (self.state.names, self.state.group.and_then(|g| self.inner_list(g))) {
                        self.state.list = Some(inner);
                    }
                }
            }
            Tok::LBrace => {
                let starts_body = s.depth == 0 && s.group.is_some() && self.at_margin(i);
                if starts_body {
                    // Whatever was not closed before: a body starts.
                    self.state.parens = 0;
                }
                if self.state.depth == 0 && self.state.parens == 0 {
                    // Of `f(a) struct s { … } *a; {` the first brace is no body.
                    let aggregate = self.is_aggregate(i);
                    self.state.body = !self.state.assigned && !aggregate;
                }
                self.state.depth += 1;
            }
            Tok::RBrace => return self.close_brace(i),
            Tok::Eq if s.depth == 0 && s.parens == 0 => s.assigned = true,
            Tok::Semi if s.depth == 0 && s.parens == 0 && !self.in_parameter_declarations(i) => {
                return self.finish(i + 1);
            }
            _ => {}
        }
        self.state.last = Some(kind);
    }

    fn close_brace(&mut self, i: u32) {
        let s = &mut self.state;
        s.depth -= 1;
        let surely = self.at_margin(i) && (self.state.ambiguous || self.state.depth <= 0);
        let next_starts = self.state.ambiguous && self.state.depth <= 0 && self.at_margin(i + 1);
        let s = &mut self.state;
        s.last = Some(Tok::RBrace);
        if s.depth <= 0 && s.body {
            s.parens = 0;
        }
        if s.ambiguous {
            if surely || next_starts {
                let body = s.body || !s.assigned;
                s.depth = 0;
                s.ambiguous = false;
                if body && self.token(i + 1).is_none_or(|t| t.kind != Tok::Semi) {
                    self.finish(i + 1);
                }
            } else {
                s.depth = s.depth.max(0);
            }
        } else if s.depth <= 0 {
            s.depth = 0;
            if s.body {
                self.finish(i + 1);
            }
        }
    }

    /// Whether the brace opens a struct, union or enum: its keyword stands one or two names before.
    fn is_aggregate(&self, brace: u32) -> bool {
        let before =
            (1..=3).filter_map(|n| brace.checked_sub(n)).take_while(|i| self.state.open.is_some_and(|o| o <= *i));
        let kind = |i: u32| self.token(i).map(|t| t.kind);
        before
            .map(kind)
            .find(|k| !matches!(k, Some(Tok::Ident)))
            .is_some_and(|k| matches!(k, Some(Tok::Struct | Tok::Union | Tok::Enum)))
    }

    /// At a `;` at depth 0: does it end a K&R parameter declaration (`f(a) int a; { … }`)? Then the declaration names
    /// something of the list of names before.
    fn in_parameter_declarations(&mut self, semi: u32) -> bool {
        let Some(group) = self.state.names.or(self.state.list) else { return false };
        if group.1 - group.0 > LONGEST_NAME_LIST {
            return false;
        }
        if self.state.assigned || group.1 <= group.0 || group.1 + 1 == semi {
            return false;
        }
        if self.state.names.is_none() {
            self.state.segment = group.1 + 1;
        }
        let text = |i: u32| self.token(i).map(|t| self.unit.text(t.span));
        let names: Vec<_> = (group.0 + 1..group.1).filter_map(text).collect();
        let declares = (self.state.segment..semi).any(|i| {
            self.token(i).is_some_and(|t| t.kind == Tok::Ident) && text(i).is_some_and(|n| names.contains(&n))
        });
        if declares {
            self.state.names = Some(group);
            self.state.segment = semi + 1;
        }
        declares
    }

    /// The names in `( * f ( a, b ) )`: a function that returns a pointer to one.
    fn inner_list(&self, (open, close): Range) -> Option<Range> {
        let kind = |i: u32| self.token(i).map(|t| t.kind);
        if kind(open + 1) != Some(Tok::Star) || close - open > LONGEST_NAME_LIST {
            return None;
        }
        let inner = (open + 2..close).find(|i| kind(*i) == Some(Tok::LParen) && kind(i - 1) == Some(Tok::Ident))?;
        let end = (inner..close).find(|i| kind(*i) == Some(Tok::RParen))?;
        self.is_name_list((inner, end)).then_some((inner, end))
    }

    /// `( a, b, c )`, with conditionals in between as they like.
    fn is_name_list(&self, (open, close): Range) -> bool {
        let mut any = false;
        (open + 1..close).all(|i| {
            let kind = self.token(i).map(|t| t.kind);
            any |= kind == Some(Tok::Ident);
            matches!(kind, Some(Tok::Ident | Tok::Comma | Tok::Hash | Tok::If | Tok::Else | Tok::Ellipsis))
        }) && any
    }

    /// The item ends; inside an arm of a conditional that it was open at, only as far as that arm goes.
    fn finish(&mut self, end: u32) {
        let at_end = end as usize >= self.unit.lexed.tokens.len();
        if !at_end && self.frames.iter().any(|f| f.start.open.is_some()) {
            self.state.ended = true;
            self.state.depth = 0;
            return;
        }
        if let Some(open) = self.state.open
            && open < end
        {
            self.items.push((open, end));
        }
        self.state = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items' first and last token texts, `|` between items.
    fn check(source: &str, want: &str) {
        let unit = Unit::new(source.as_bytes());
        let text = |i: u32| String::from_utf8_lossy(unit.text(unit.lexed.tokens[i as usize].span)).into_owned();
        let got: Vec<_> = cut(&unit).iter().map(|r| format!("{} {}", text(r.0), text(r.1 - 1))).collect();
        assert_eq!(got.join(" | "), want, "{source}");
    }

    #[test]
    fn definitions_and_declarations() {
        check("int a; struct s { int b; } c; f(x) int x; { } static g(void) { }", "int ; | struct ; | f } | static }");
        check("int t[] = { 1, 2 }; X(y) int z;", "int ; | X ;");
        check("WRITE(ap) struct a *ap; { x; } int q;", "WRITE } | int ;");
    }

    #[test]
    fn a_head_split_by_arms_is_one_item() {
        check("#ifdef A\nint f(int a)\n#else\nint f(a) int a;\n#endif\n{\n}\nint z;\n", "# } | int ;");
        check("#ifdef A\nint x;\nint f(a)\n#else\nint y;\nint g(a)\n#endif\n int a;\n{ }\nint z;", "# } | int ;");
    }

    #[test]
    fn arms_that_hold_whole_items_stay_apart() {
        check("#ifdef A\nint f() { }\n#else\nint g() { }\n#endif\nint h;", "int } | int } | int ;");
    }

    #[test]
    fn unbalanced_arms_end_at_the_first_column() {
        check("f()\n{\n#ifdef A\n if (x) {\n#else\n if (y) {\n#endif\n }\n}\nint z;", "f } | int ;");
        check("f()\n{\n#ifdef A\n if (x) {\n#endif\n y;\n#ifdef A\n }\n#endif\n}\nint z;", "f } | int ;");
        check("f()\n{\n#ifdef A\n if (x) {\n#endif\n y;\n#ifndef A\n#else\n }\n#endif\n}\nint z;", "f } | int ;");
    }
}
