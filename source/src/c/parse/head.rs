//! What stands outside functions: finds function heads among macros, and reads declarations.

use super::Parser;
use crate::c::lex::Tok;
use crate::text::Span;
use crate::tree::{Base, Decl, Function, List, Storage, Type};
use rustc_hash::{FxHashMap, FxHashSet};

/// No head is longer than this many tokens outside brackets.
const LONGEST_HEAD: usize = 1000;

/// A bracket group at the top of a head, by token index.
#[derive(Debug, Clone, Copy)]
struct Group {
    open: usize,
    close: usize,
}

/// A function head that was found.
struct Head {
    name: (usize, usize),
    params: Group,
    /// K&R parameter declarations follow, from this token.
    declared: Option<usize>,
    /// The body's brace.
    body: usize,
    /// It returns a function: `int (*f(int a))(int) {`.
    returns_function: bool,
}

impl Parser<'_> {
    /// One definition or declaration.
    pub(super) fn external(&mut self) {
        if self.eat(Tok::Semi) {
            return;
        }
        if self.kind() == Tok::Extern && self.kind_at(1) == Tok::Str {
            // `extern "C" {`
            self.pos += 2;
            self.linkage += u32::from(self.eat(Tok::LBrace));
            return;
        }
        if self.kind() == Tok::RBrace && self.linkage > 0 {
            self.linkage -= 1;
            self.pos += 1;
            return;
        }
        if self.kind() == Tok::Asm {
            self.asm();
            self.eat(Tok::Semi);
            return;
        }
        if self.kind() == Tok::Ident && self.kind_at(1) == Tok::End {
            // `__END_DECLS`: a macro that declares nothing that can be seen.
            self.pos += 1;
            return;
        }
        if let Some(head) = self.find_head() {
            return self.function(&head);
        }
        if self.kind() == Tok::Ident && self.kind_at(1) == Tok::LParen && self.is_macro_use() {
            self.pos += 1;
            self.skip_group();
            self.eat(Tok::Semi);
            return;
        }
        let spec = self.specifiers();
        if spec.any && self.eat(Tok::Semi) {
            return;
        }
        let mut decls = Vec::new();
        let complete = self.init_declarators(spec, &mut decls);
        self.ast.globals.extend_from_slice(&decls);
        if !complete {
            if self.kind() == Tok::LBrace {
                let start = self.here();
                self.skip_group();
                self.record(start.to(self.before()), super::OUTSIDE);
            } else {
                self.skip_statement("this is no declaration");
                if matches!(self.kind(), Tok::RBrace | Tok::RParen | Tok::RBracket) {
                    self.skip_one("a bracket too many");
                }
            }
        }
    }

    /// `RCSID("…")` or `DECLARE(a, b);`: a macro's use that declares nothing that can be seen.
    fn is_macro_use(&self) -> bool {
        let close = self.close_of(self.pos + 1);
        match self.at(close + 1) {
            Tok::Semi | Tok::End => true,
            Tok::LParen | Tok::LBracket | Tok::Comma | Tok::Eq => false,
            _ if self.holds_body(self.pos + 1, close) => true,
            // The next thing starts on a line of its own.
            _ => {
                let (Some(a), Some(b)) = (self.tokens.get(close), self.tokens.get(close + 1)) else { return true };
                self.source[a.span.end as usize..b.span.start as usize].contains(&b'\n')
            }
        }
    }

    /// Looks ahead for a function's body and, if there is one, says which brackets hold its parameters.
    fn find_head(&self) -> Option<Head> {
        let mut groups: Vec<Group> = Vec::new();
        let mut i = self.pos;
        for _ in 0..LONGEST_HEAD {
            match self.at(i) {
                Tok::LParen => {
                    let close = self.close_of(i);
                    if groups.is_empty() && i == self.pos + 1 && self.holds_body(i, close) {
                        // `WRAP(static int f(void) { … })` ends where it ends.
                        return None;
                    }
                    groups.push(Group { open: i, close });
                    i = close + 1;
                    continue;
                }
                Tok::LBracket => {
                    i = self.close_of(i) + 1;
                    continue;
                }
                Tok::LBrace => {
                    if self.is_aggregate_brace(i) {
                        i = self.close_of(i) + 1;
                        continue;
                    }
                    break;
                }
                Tok::Semi => {
                    // Later groups belong to the declarations: `f(fn) void (*fn) __P((int)); {`
                    if let Some(head) = groups.iter().find_map(|g| self.old_inner_head(*g, &groups, i)) {
                        return Some(head);
                    }
                    let (k, body) = (0..groups.len()).find_map(|k| Some((k, self.declarations_end(groups[k], i)?)))?;
                    let name = self.name_of(&groups, k)?;
                    let declared = Some(groups[k].close + 1);
                    return Some(Head { name, params: groups[k], declared, body, returns_function: false });
                }
                Tok::Eq | Tok::End | Tok::RBrace | Tok::Typedef => return None,
                _ => i += 1,
            }
        }
        if self.at(i) != Tok::LBrace {
            return None;
        }
        let k = self.parameter_group(&groups, i)?;
        // `int (*f(int a))(int) {`: the parameters stand inside the first group.
        let mut group = groups[k];
        if self.at(group.open + 1) == Tok::Star
            || (k > 0 && self.at(groups[k - 1].open + 1) == Tok::Star && groups[k - 1].close + 1 == group.open)
        {
            let outer = if self.at(group.open + 1) == Tok::Star { group } else { groups[k - 1] };
            let inner =
                (outer.open + 1..outer.close).find(|&j| self.at(j) == Tok::Ident && self.at(j + 1) == Tok::LParen)?;
            group = Group { open: inner + 1, close: self.close_of(inner + 1) };
            return Some(Head {
                name: (inner, inner + 1),
                params: group,
                declared: None,
                body: i,
                returns_function: true,
            });
        }
        let strings = (group.open..group.close).find(|&j| self.at(j) == Tok::Str);
        if let (Some(_), Tok::Ident) = (strings, self.at(group.open + 1)) {
            // A macro that makes the whole head: `SETUP(name, "what it does") {`.
            let name = (group.open + 1, group.open + 2);
            let none = Group { open: group.open, close: group.open + 1 };
            return Some(Head { name, params: none, declared: None, body: i, returns_function: false });
        }
        let name = self.name_of(&groups, k)?;
        Some(Head { name, params: group, declared: None, body: i, returns_function: false })
    }

    /// Whether a macro's arguments hold a body.
    fn holds_body(&self, open: usize, close: usize) -> bool {
        self.at(open - 1) == Tok::Ident && (open..close).any(|i| self.at(i) == Tok::LBrace)
    }

    /// `int (*f(a, b))() int a; char *b; {`: the group, all groups, and the first `;`.
    fn old_inner_head(&self, outer: Group, groups: &[Group], semi: usize) -> Option<Head> {
        let starts = matches!(self.at(outer.open + 1), Tok::Star | Tok::LParen);
        if !starts || outer.open > self.pos && self.at(outer.open - 1) == Tok::Attribute {
            return None;
        }
        let name =
            (outer.open + 1..outer.close).find(|&j| self.at(j) == Tok::Ident && self.at(j + 1) == Tok::LParen)?;
        let params = Group { open: name + 1, close: self.close_of(name + 1) };
        let body = self.declarations_end(params, semi)?;
        // The brackets of what is returned come before the declarations.
        let declared = groups.iter().filter(|g| g.open == outer.close + 1).map(|g| g.close + 1).next();
        let declared = Some(declared.unwrap_or(outer.close + 1));
        Some(Head { name: (name, name + 1), params, declared, body, returns_function: true })
    }

    /// Whether the brace is that of a struct, union or enum.
    fn is_aggregate_brace(&self, brace: usize) -> bool {
        let word = |i: usize| matches!(self.at(i), Tok::Struct | Tok::Union | Tok::Enum);
        (1..=3).filter_map(|n| brace.checked_sub(n)).filter(|i| *i >= self.pos).any(word)
    }

    /// Which group holds the parameters: groups of attribute macros stand before the name or after the parameters.
    fn parameter_group(&self, groups: &[Group], body: usize) -> Option<usize> {
        let named = |g: &Group| g.open > self.pos && self.at(g.open - 1) == Tok::Ident;
        let mut best: Option<usize> = None;
        for (k, g) in groups.iter().enumerate() {
            if g.open > self.pos && self.at(g.open - 1) == Tok::Attribute || self.at(g.open.wrapping_sub(1)) == Tok::Asm
            {
                continue;
            }
            match best {
                None => best = Some(k),
                // `__C(X,_f)(a, b)`: a name that a macro makes.
                Some(b) if groups[b].close + 1 == g.open => best = Some(k),
                Some(b) => {
                    // `f(a) ATTR(x) {` against `ATTR(x) int f(a) {`
                    let attribute_first = groups[b].open > 0
                        && self.is_attribute_name(groups[b].open - 1)
                        && !self.is_parameter_macro(groups[b]);
                    let name_starts_line = named(g) && self.starts_line(g.open - 1) && self.at(g.open + 1) != Tok::Star;
                    let string =
                        self.at(groups[b].open + 1) == Tok::Str || (self.at(groups[b].open + 1) == Tok::Number);
                    let typed = (groups[b].close + 1..g.open.saturating_sub(1)).any(|i| {
                        matches!(
                            self.at(i),
                            Tok::TypeWord | Tok::Struct | Tok::Static | Tok::Star | Tok::Storage | Tok::Qualifier
                        )
                    });
                    let type_first = self.is_bare_type(groups[b]) && groups[b].close + 2 == g.open && self.declares(*g);
                    if attribute_first || name_starts_line || string || typed || type_first {
                        best = Some(k);
                    }
                }
            }
        }
        let g = groups[best?];
        // Between the parameters and the body only names of attributes may stand.
        let plain =
            |i: usize| matches!(self.at(i), Tok::Ident | Tok::Attribute | Tok::Asm | Tok::LParen | Tok::Qualifier);
        // `char *(*f(int a))[4] {`
        let is_declarator = self.at(g.open + 1) == Tok::Star;
        let mut i = g.close + 1;
        while i < body {
            if !(plain(i) || is_declarator && self.at(i) == Tok::LBracket) {
                return None;
            }
            i = if matches!(self.at(i), Tok::LParen | Tok::LBracket) { self.close_of(i) + 1 } else { i + 1 };
        }
        best
    }

    /// `DECL(int) f(`: the brackets hold a type, and nothing is named.
    fn is_bare_type(&self, g: Group) -> bool {
        let typed =
            matches!(self.at(g.open + 1), Tok::TypeWord | Tok::Struct | Tok::Union | Tok::Enum | Tok::Qualifier);
        typed
            && (matches!(self.at(g.close - 1), Tok::TypeWord | Tok::Star)
                || g.close == g.open + 3 && self.at(g.close - 1) == Tok::Ident && self.at(g.open + 1) != Tok::TypeWord)
    }

    /// `(struct s *a, int b)`, `(foo_t a)`, `(void)`, `(a, b)`: what may be parameters.
    fn declares(&self, g: Group) -> bool {
        matches!(
            self.at(g.open + 1),
            Tok::TypeWord | Tok::Struct | Tok::Union | Tok::Enum | Tok::Qualifier | Tok::Storage | Tok::RParen
        ) || self.at(g.open + 1) == Tok::Ident && matches!(self.at(g.open + 2), Tok::Ident | Tok::Star | Tok::Comma)
    }

    /// `__P((int a))`
    fn is_parameter_macro(&self, g: Group) -> bool {
        self.at(g.open + 1) == Tok::LParen
    }

    fn starts_line(&self, index: usize) -> bool {
        self.tokens.get(index).is_some_and(|t| t.span.start == 0 || self.source[t.span.start as usize - 1] == b'\n')
    }

    /// Token range of a function's name before the group `k`.
    fn name_of(&self, groups: &[Group], k: usize) -> Option<(usize, usize)> {
        let g = groups[k];
        let before = g.open.checked_sub(1).filter(|b| *b >= self.pos)?;
        match self.at(before) {
            Tok::Ident if self.is_parameter_macro(g) && before > self.pos && self.at(before - 1) == Tok::Ident => {
                Some((before - 1, before))
            }
            Tok::Ident => {
                let mut first = before;
                while first >= self.pos + 2 && self.at(first - 1) == Tok::HashHash {
                    first -= 2;
                }
                Some((first, before + 1))
            }
            // The name is made by a macro, or stands in brackets: `(foo)(a)`.
            Tok::RParen if k > 0 && groups[k - 1].close == before => {
                let p = groups[k - 1];
                match p.open.checked_sub(1).filter(|b| *b >= self.pos).map(|b| (b, self.at(b))) {
                    Some((b, Tok::Ident)) => Some((b, p.close + 1)),
                    _ => Some((p.open + 1, p.close)),
                }
            }
            _ => None,
        }
    }

    /// `f(a, b) int a; char *b; {`: from the group and the first `;`, the body's brace.
    fn declarations_end(&self, group: Group, semi: usize) -> Option<usize> {
        let mut names: FxHashSet<&[u8]> = FxHashSet::default();
        for i in group.open + 1..group.close {
            match self.at(i) {
                Tok::Ident => {
                    names.insert(self.text(i));
                }
                Tok::Comma | Tok::Ellipsis => {}
                _ => return None,
            }
        }
        let mut segment = group.close + 1;
        let mut i = semi;
        loop {
            match self.at(i) {
                Tok::Semi => {
                    let declares = (segment..i).any(|j| self.at(j) == Tok::Ident && names.contains(&self.text(j)));
                    if !declares || i == segment {
                        return None;
                    }
                    segment = i + 1;
                    i += 1;
                }
                Tok::LBrace if i == segment => return Some(i),
                Tok::LParen | Tok::LBracket | Tok::LBrace => i = self.close_of(i) + 1,
                Tok::End | Tok::Eq | Tok::RBrace => return None,
                // Attribute macros may stand between the declarations and the body.
                Tok::Ident if self.at(i + 1) == Tok::LBrace && i == segment => return Some(i + 1),
                _ => i += 1,
            }
        }
    }

    fn function(&mut self, head: &Head) {
        let start = self.here();
        let (mut ty, storage) = self.return_type(head.name.0);
        ty.function = head.returns_function;
        let params = if head.declared.is_some() || self.is_plain_names(head.params) {
            self.declared_parameters(head)
        } else {
            let mut group = head.params;
            if self.is_parameter_macro(group) && self.close_of(group.open + 1) + 1 == group.close {
                group = Group { open: group.open + 1, close: group.close - 1 };
            }
            self.parameters(group.open, group.close)
        };
        let params = self.decl_list(&params);
        let name = self.tokens[head.name.0].span.to(self.tokens[head.name.1 - 1].span);
        self.pos = head.body;
        let body = self.block();
        let span = start.to(self.before());
        self.ast.functions.push(Function { name, ty, params, body, span, is_static: storage == Storage::Static });
    }

    /// What stands before the name.
    fn return_type(&mut self, name: usize) -> (Type, Storage) {
        let tokens = self.tokens;
        self.tokens = &tokens[..name];
        let spec = self.specifiers();
        let mut ty = spec.ty;
        while self.pos < name {
            if self.kind() == Tok::Star {
                ty.pointers = ty.pointers.saturating_add(1);
            } else if self.kind() == Tok::Ident && ty.base == Base::Unknown {
                ty.base = Base::Named(self.here());
            }
            self.pos += 1;
        }
        self.tokens = tokens;
        (ty, spec.storage)
    }

    fn is_plain_names(&self, g: Group) -> bool {
        // `f(void)` and `f(foo_t)` are prototypes; a name list without declarations is implicit int.
        (g.open + 1..g.close).all(|i| matches!(self.at(i), Tok::Ident | Tok::Comma))
            && !(g.close == g.open + 2 && self.looks_like_type(g.open + 1))
    }

    /// K&R: the names in brackets, their types from the declarations up to the body.
    fn declared_parameters(&mut self, head: &Head) -> Vec<Decl> {
        let mut params: Vec<Decl> = (head.params.open + 1..head.params.close)
            .filter(|&i| self.at(i) == Tok::Ident)
            .map(|i| Decl {
                name: self.tokens[i].span,
                ty: Type { base: Base::Builtin, ..Type::default() },
                ..Decl::default()
            })
            .collect();
        let Some(declared_at) = head.declared else { return params };
        let tokens = self.tokens;
        self.tokens = &tokens[..head.body];
        self.pos = declared_at;
        let mut declared = Vec::new();
        while self.pos < head.body {
            let before = self.pos;
            if self.kind() == Tok::Ident && self.pos + 1 == head.body {
                break;
            }
            let spec = self.specifiers();
            if !self.init_declarators(spec, &mut declared) {
                self.skip_statement("this is no parameter declaration");
            }
            if self.pos == before {
                self.skip_one("this is no parameter declaration");
            }
        }
        self.tokens = tokens;
        let by_name: FxHashMap<&[u8], Decl> = declared.iter().map(|d| (d.name.of(self.source), *d)).collect();
        for param in &mut params {
            if let Some(d) = by_name.get(param.name.of(self.source)) {
                // The place of the name stays that in the brackets: it is the argument's position that matters.
                *param = Decl { name: param.name, ..*d };
            }
        }
        params
    }

    /// Whether a function is defined here, inside another one: gcc has that.
    pub(super) fn nested_head(&self) -> bool {
        let mut i = self.pos;
        while matches!(
            self.at(i),
            Tok::Ident
                | Tok::Star
                | Tok::TypeWord
                | Tok::Struct
                | Tok::Union
                | Tok::Enum
                | Tok::Qualifier
                | Tok::Storage
                | Tok::Static
        ) {
            if self.at(i) == Tok::Ident && self.at(i + 1) == Tok::LParen && i > self.pos {
                return self.at(self.close_of(i + 1) + 1) == Tok::LBrace;
            }
            i += 1;
        }
        false
    }

    /// Takes the function that is defined here.
    pub(super) fn nested_function(&mut self) -> bool {
        let Some(head) = self.find_head() else { return false };
        self.function(&head);
        true
    }

    /// Declarations at the start of a block.
    pub(super) fn declaration(&mut self) -> List {
        let spec = self.specifiers();
        let mut decls = Vec::new();
        let complete = spec.any && self.eat(Tok::Semi) || self.init_declarators(spec, &mut decls);
        if !complete {
            self.skip_statement("this declaration could not be read");
        }
        self.decl_list(&decls)
    }

    /// An empty place.
    pub(super) fn nowhere(&self) -> Span {
        Span::default()
    }
}
