//! The conditional structure of a file: `#if` groups and their arms, and which of them a place lies in.

use super::condition;
use super::lex::{self, Directive, DirectiveKind, Lexed, Token};
use crate::text::Span;
use crate::text::{Cond, LineIndex, Problem, Severity};

/// One arm of a conditional.
#[derive(Debug, Clone)]
pub struct Arm {
    /// When this arm is taken, the earlier ones of its group not being; says nothing of enclosing groups.
    pub cond: Cond,
    /// The condition as it stands in its directive.
    pub own: Cond,
    /// Index of the directive that opens it.
    pub directive: u32,
    /// Tokens of the arm, its nested directives included.
    pub tokens: (u32, u32),
}

/// One `#if … #endif`.
#[derive(Debug, Clone)]
pub struct Group {
    /// The arm that the group stands in.
    pub parent: Option<(u32, u32)>,
    /// In order. Without an `#else`, the last arm is empty and stands for it.
    pub arms: Vec<Arm>,
    /// Index of the `#endif`, or the number of directives where it is missing.
    pub endif: u32,
    /// An include guard: always there as far as a reader is concerned.
    pub guard: bool,
}

/// Something wrong with a file's conditionals, comments or quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub at: u32,
    /// What, and what to do.
    pub message: String,
}

/// A file's text, tokens and conditional structure.
#[derive(Debug)]
pub struct Unit<'a> {
    /// The file's bytes.
    pub source: &'a [u8],
    /// Its tokens.
    pub lexed: Lexed,
    /// Conditionals, in order of their `#if`s, so that a parent stands before its children.
    pub groups: Vec<Group>,
    /// For each directive: its group and arm, if it belongs to a conditional; an `#endif` has one arm too many.
    pub role: Vec<Option<(u32, u32)>>,
    /// What was wrong.
    pub troubles: Vec<Trouble>,
}

impl<'a> Unit<'a> {
    /// Lexes a file and finds its conditionals.
    pub fn new(source: &'a [u8]) -> Unit<'a> {
        let lexed = lex::lex(source);
        let mut unit = Unit { source, lexed, groups: Vec::new(), role: Vec::new(), troubles: Vec::new() };
        unit.build();
        unit
    }

    fn trouble(&mut self, at: u32, message: &str) {
        self.troubles.push(Trouble { at, message: message.to_owned() });
    }

    fn build(&mut self) {
        if let Some(open) = self.lexed.open_comment {
            self.trouble(
                open.start,
                "comment without an end: the rest of the file was read as comment; close it with */",
            );
        }
        let mut stack: Vec<u32> = Vec::new();
        for i in 0..self.lexed.directives.len() {
            let d = self.lexed.directives[i];
            let role = match d.kind {
                DirectiveKind::If | DirectiveKind::Ifdef | DirectiveKind::Ifndef => Some(self.open(i, d, &mut stack)),
                DirectiveKind::Elif | DirectiveKind::Elifdef | DirectiveKind::Elifndef | DirectiveKind::Else => {
                    match stack.last() {
                        Some(&g) => Some(self.arm(i, d, g)),
                        None => {
                            self.trouble(d.span.start, "#else or #elif without an #if: it was passed over");
                            None
                        }
                    }
                }
                DirectiveKind::Endif => match stack.pop() {
                    Some(g) => Some(self.close(i, d.first, g)),
                    None => {
                        self.trouble(d.span.start, "#endif without an #if: it was passed over");
                        None
                    }
                },
                _ => None,
            };
            self.role.push(role);
        }
        if let Some(&outermost) = stack.first() {
            let opener = self.groups[outermost as usize].arms[0].directive;
            let at = self.lexed.directives[opener as usize].span.start;
            let more = match stack.len() {
                1 => String::new(),
                n => format!(" (and {} more inside it)", n - 1),
            };
            self.trouble(
                at,
                &format!("conditional without an #endif{more}: the rest of the file was read as part of it; close it with #endif"),
            );
        }
        while let Some(g) = stack.pop() {
            self.close(self.lexed.directives.len(), self.lexed.tokens.len() as u32, g);
        }
    }

    fn body(&self, d: Directive) -> &[Token] {
        &self.lexed.tokens[d.body as usize..d.last as usize]
    }

    fn open(&mut self, i: usize, d: Directive, stack: &mut Vec<u32>) -> (u32, u32) {
        let cond = match d.kind {
            DirectiveKind::If => condition::parse(self.source, self.body(d)),
            DirectiveKind::Ifdef => condition::defined(self.source, self.body(d)),
            _ => condition::defined(self.source, self.body(d)).negate(),
        };
        let guard = d.kind == DirectiveKind::Ifndef && stack.is_empty() && self.opens_guard(i);
        let parent = stack.last().map(|&g| (g, self.groups[g as usize].arms.len() as u32 - 1));
        let id = self.groups.len() as u32;
        let arm = Arm { own: cond.clone(), cond, directive: i as u32, tokens: (d.last, d.last) };
        self.groups.push(Group { parent, arms: vec![arm], endif: 0, guard });
        stack.push(id);
        (id, 0)
    }

    /// `#ifndef X` at the very start, with `#define X` next: whether it also ends at the end is seen at its `#endif`.
    fn opens_guard(&self, i: usize) -> bool {
        let (d, Some(next)) = (self.lexed.directives[i], self.lexed.directives.get(i + 1)) else { return false };
        let name = |d: Directive| self.body(d).first().map(|t| t.span.of(self.source));
        let before: u32 = self.lexed.directives[..i].iter().map(|d| d.last - d.first).sum();
        d.first == before && next.kind == DirectiveKind::Define && next.first == d.last && name(d) == name(*next)
    }

    fn arm(&mut self, i: usize, d: Directive, g: u32) -> (u32, u32) {
        let own = match d.kind {
            DirectiveKind::Elif => condition::parse(self.source, self.body(d)),
            DirectiveKind::Elifdef => condition::defined(self.source, self.body(d)),
            DirectiveKind::Elifndef => condition::defined(self.source, self.body(d)).negate(),
            _ => Cond::Const(true),
        };
        let group = &mut self.groups[g as usize];
        group.arms.last_mut().expect("a group has an arm").tokens.1 = d.first;
        let cond = group.after(own.clone());
        let arm = Arm { cond, own, directive: i as u32, tokens: (d.last, d.last) };
        group.arms.push(arm);
        (g, group.arms.len() as u32 - 1)
    }

    fn close(&mut self, i: usize, first: u32, g: u32) -> (u32, u32) {
        let has_else = {
            let last = self.groups[g as usize].arms.last().expect("a group has an arm");
            self.lexed.directives[last.directive as usize].kind == DirectiveKind::Else
        };
        let at_end = i + 1 >= self.lexed.directives.len()
            && self.lexed.directives.get(i).is_none_or(|d| d.last as usize == self.lexed.tokens.len());
        let group = &mut self.groups[g as usize];
        group.arms.last_mut().expect("a group has an arm").tokens.1 = first;
        if !has_else {
            let (own, cond) = (Cond::Const(true), group.after(Cond::Const(true)));
            group.arms.push(Arm { cond, own, directive: i as u32, tokens: (first, first) });
        }
        group.endif = i as u32;
        group.guard = group.guard && at_end && group.arms.len() == 2;
        (g, group.arms.len() as u32)
    }

    /// The arms that hold a token, innermost first.
    pub fn arms_of(&self, token: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        // The last directive before the token says which arm it lies in, or after which group.
        let i = self.lexed.directives.partition_point(|d| d.first <= token);
        let mut at = (0..i).rev().find_map(|i| self.role[i]).and_then(|(g, a)| self.inside(g, a));
        std::iter::from_fn(move || {
            let here = at?;
            at = self.groups[here.0 as usize].parent;
            Some(here)
        })
    }

    /// After an `#endif` one is in the group's parent.
    fn inside(&self, g: u32, arm: u32) -> Option<(u32, u32)> {
        let group = &self.groups[g as usize];
        if (arm as usize) < group.arms.len() { Some((g, arm)) } else { group.parent }
    }

    /// The presence condition of a token.
    pub fn presence(&self, token: u32) -> Cond {
        let mut terms: Vec<Cond> = self
            .arms_of(token)
            .filter(|(g, _)| !self.groups[*g as usize].guard)
            .map(|(g, a)| self.groups[g as usize].arms[a as usize].cond.clone())
            // Beyond this depth nobody reads the condition, and simplifying it is not linear.
            .take(256)
            .collect();
        terms.reverse();
        Cond::all(terms)
    }

    /// Index of the token at or after a byte offset.
    pub fn token_at(&self, offset: u32) -> u32 {
        self.lexed.tokens.partition_point(|t| t.span.end <= offset) as u32
    }

    /// The directive that holds a byte offset.
    pub fn directive_at(&self, offset: u32) -> Option<&Directive> {
        let i = self.lexed.directives.partition_point(|d| d.span.start <= offset);
        self.lexed.directives[..i].last().filter(|d| d.span.holds(offset))
    }

    /// Whether a byte offset lies in a comment.
    pub fn in_comment(&self, offset: u32) -> bool {
        let i = self.lexed.comments.partition_point(|s| s.start <= offset);
        self.lexed.comments[..i].last().is_some_and(|s| s.holds(offset))
    }

    /// Comments, conditionals and quotes that do not end.
    pub fn problems(&self, path: &str, lines: &LineIndex) -> Vec<Problem> {
        let problem = |at: u32, message: &str| Problem {
            path: path.to_owned(),
            line: Some(lines.line(at)),
            severity: Severity::Error,
            message: message.to_owned(),
        };
        let mut problems: Vec<Problem> = self.troubles.iter().map(|t| problem(t.at, &t.message)).collect();
        for quote in &self.lexed.open_quotes {
            // In disabled text a quote is prose.
            if self.presence(self.token_at(quote.start)) == Cond::Const(false) {
                continue;
            }
            let is_string = self.text(*quote).first() == Some(&b'"');
            problems.push(if is_string {
                problem(quote.start, "string without an end: the rest of its line was read as part of it; close it")
            } else {
                // Only the quote itself is passed over: nothing is lost.
                Problem {
                    severity: Severity::Warning,
                    ..problem(quote.start, "character constant without an end: the quote was passed over; close it")
                }
            });
        }
        problems
    }

    /// The bytes under a span.
    pub fn text(&self, span: Span) -> &'a [u8] {
        span.of(self.source)
    }
}

/// Of so many earlier arms the negation is part of an arm's condition; nobody reads more, and simplifying is not linear.
const MOST_NEGATED: usize = 48;
/// In a group of more than that many arms, of only so many.
const MOST_NEGATED_OF_MANY: usize = 4;

impl Group {
    /// The condition of an arm with that own condition after the arms so far.
    fn after(&self, own: Cond) -> Cond {
        let many = self.arms.len() > MOST_NEGATED;
        let from = if many { self.arms.len() - MOST_NEGATED_OF_MANY } else { 0 };
        let mut terms: Vec<Cond> = self.arms[from..].iter().map(|a| a.own.clone().negate()).collect();
        terms.push(own);
        Cond::all(terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The presence condition of the name `here`.
    fn check(source: &str, want: &str) {
        let unit = Unit::new(source.as_bytes());
        let at = source.rfind("here").expect("a place named `here`") as u32;
        assert_eq!(unit.presence(unit.token_at(at)).to_string(), want, "{source}");
    }

    #[test]
    fn arms_exclude_each_other() {
        check("#ifdef A\nhere\n#endif\n", "A");
        check("#ifdef A\n#else\nhere\n#endif\n", "!A");
        check("#if defined(A)\n#elif defined(B)\nhere\n#endif\n", "!A && B");
        check("#if defined(A)\n#elif defined(B)\n#else\nhere\n#endif\n", "!A && !B");
        check("#ifdef A\n#endif\nhere", "1");
        check("#if 0\nhere\n#endif", "0");
        check("#if 1\n#else\nhere\n#endif", "0");
        check("#ifdef A\n#ifdef B\n#endif\nhere\n#endif", "A");
        check("#ifdef A\n#ifndef A\nhere\n#endif\n#endif", "0");
    }

    #[test]
    fn an_include_guard_is_no_condition() {
        check("/* c */\n#ifndef _H_\n#define _H_\n#ifdef A\nhere\n#endif\n#endif /* _H_ */\n", "A");
        check("#ifndef _H_\n#define _H_\nhere\n#endif\nint x;", "!_H_");
    }

    #[test]
    fn broken_conditionals_are_named() {
        let troubles = |s: &str| Unit::new(s.as_bytes()).troubles.into_iter().map(|t| t.message).collect::<String>();
        assert!(troubles("#ifdef A\nint x;").contains("without an #endif"));
        assert!(troubles("#endif\n").contains("#endif without"));
        assert!(troubles("#else\n").contains("#else or #elif without"));
        assert!(troubles("/* x").contains("comment without an end"));
    }
}
