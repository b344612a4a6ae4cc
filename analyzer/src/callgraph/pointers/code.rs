//! Reads the places of one file where a function may be registered.

use super::init::Reader;
use super::search::Occurrences;
use super::tables::Table;
use super::{Pointer, Registered, Registry};
use memchr::memmem;
use std::collections::BTreeSet;
use uioscope_source::body::{Body, VarId};
use uioscope_source::c::declared::skip_blank;
use uioscope_source::c::lex::{self, Tok};
use uioscope_source::c::pp::Unit;
use uioscope_source::c::variant::{Cover, variants};
use uioscope_source::decls::expand::{Expander, MOST_ROUNDS, Word, words};
use uioscope_source::decls::types::Types;
use uioscope_source::shapes::{Root, Shape};
use uioscope_source::text::SourceFile;
use uioscope_source::tree::{AssignOp, Ast, Decl, Expr, ExprId, Function, Op};

/// How long a value may be that is read without its surroundings.
const LONGEST_VALUE: usize = 512;
/// How many local variables may hang on each other.
const MOST_STEPS: u32 = 6;

/// A question, and what is known about it.
pub struct Query<'q, 'x, 't> {
    /// Answers what hangs on other pointers.
    pub registry: &'q Registry<'x, 't>,
    /// What is asked about.
    pub pointer: &'q Pointer,
    /// Structs that a member can be of.
    pub holders: BTreeSet<String>,
    /// No other struct has a member of the name.
    pub is_only: bool,
    /// How many pointers led here.
    pub depth: u32,
}

/// The file that is read, and what was found in it.
struct Reading<'q, 'x, 't> {
    query: &'q Query<'q, 'x, 't>,
    index: u32,
    file: &'t SourceFile,
    expander: Expander<'x, 't>,
    /// Where the file has text that is never compiled.
    dead: Vec<(usize, usize)>,
    found: Registered,
}

impl<'x, 't> Query<'_, 'x, 't> {
    /// What is registered in a file.
    pub fn file(&self, index: u32, places: &Occurrences) -> Registered {
        let (lookup, functions) = (self.registry.lookup, self.registry.functions);
        let file = &lookup.tree().files[index as usize];
        let expander = Expander::new(lookup, Some(functions), file);
        let dead = super::search::dead(&file.bytes);
        let mut reading = Reading { query: self, index, file, expander, dead, found: Registered::default() };
        let mut read: Vec<(usize, usize)> = Vec::new();
        let mut reader = Reader::new(lookup, &file.path);
        for table in &places.tables {
            // One inside another was read with it.
            if read.last().is_none_or(|r| table.at as usize >= r.1) {
                read.push(reading.table(&mut reader, table));
            }
        }
        if self.is_only {
            for at in &places.designated {
                let i = read.partition_point(|r| r.1 <= *at as usize);
                if read.get(i).is_none_or(|r| (*at as usize) < r.0) {
                    reading.designated(*at as usize);
                }
            }
        }
        let hard: Vec<u32> = places.code.iter().copied().filter(|at| !reading.easy(*at as usize)).collect();
        reading.trees(&hard);
        reading.found
    }

    fn name(&self) -> &str {
        match self.pointer {
            Pointer::Member { name, .. } | Pointer::Global { name } => name,
            Pointer::Param { function, .. } => function,
        }
    }
}

impl<'t> Reading<'_, '_, 't> {
    /// Whether a place is in a comment, or in text that is never compiled.
    fn is_dead(&self, at: usize) -> bool {
        let text = &self.file.bytes;
        let i = self.dead.partition_point(|d| d.1 <= at);
        if self.dead.get(i).is_some_and(|d| d.0 <= at) {
            return true;
        }
        let near = at.saturating_sub(8192);
        let open = memmem::rfind(&text[near..at], b"/*");
        let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
        // What looks like a comment may be part of a string: the tokens tell.
        (open.is_some_and(|o| memmem::find(&text[near + o..at], b"*/").is_none())
            || memmem::find(&text[line..at], b"//").is_some())
            && self.query.registry.functions.syntax(self.index).in_comment(at as u32)
    }

    /// Adds what a value names. False: it is not understood.
    fn value(&mut self, value: &[Word<'t>]) -> bool {
        let mut names = Vec::new();
        let understood = super::value::names(value, &mut names);
        names.iter().for_each(|n| self.found.add(n, &self.file.path));
        understood
    }

    /// Calls `f` with the words, in each way that their macros can be read.
    fn rounds(&mut self, input: &[Word<'t>], mut f: impl FnMut(&mut Self, &[Word<'t>])) {
        self.expander.rounds = 1;
        let mut round = 0;
        while round < self.expander.rounds.min(MOST_ROUNDS) {
            self.expander.round = round;
            let expanded = self.expander.expand(input);
            f(self, &expanded);
            round += 1;
        }
        self.expander.round = 0;
        self.found.unread += usize::from(std::mem::take(&mut self.expander.overflow));
    }

    /// Reads an initialised variable; gives where its declaration stands.
    fn table(&mut self, reader: &mut Reader<'_, 't>, table: &Table) -> (usize, usize) {
        let text: &'t [u8] = &self.file.bytes;
        let at = table.at as usize;
        let start = match table.is_typedef {
            true => at,
            false => memmem::rfind(&text[..at], b"struct").unwrap_or(at),
        };
        let mut depth = 0usize;
        let end = lex::raw(&text[start..]).find_map(|t| {
            match t.kind {
                Tok::LBrace => depth += 1,
                // The end of what the declaration stands in.
                Tok::RBrace if depth == 0 => return Some(t.span.start),
                Tok::RBrace => depth -= 1,
                Tok::Semi if depth == 0 => return Some(t.span.start),
                _ => {}
            }
            None
        });
        let end = end.map_or(text.len(), |n| start + n as usize);
        if self.is_dead(at) {
            return (start, end);
        }
        let source: &'t [u8] = &text[start..end];
        let unit = Unit::new(source);
        let all = variants(&unit, (0, unit.lexed.tokens.len() as u32), Cover::Text);
        self.found.unread += usize::from(all.incomplete);
        for stream in all.streams {
            let input: Vec<Word<'t>> = stream.iter().map(|t| Word::new(source, t)).collect();
            self.rounds(&input, |this, words| this.declared(reader, table, words));
        }
        (start, end)
    }

    /// `struct X a = …, b[] = …` in words.
    fn declared(&mut self, reader: &mut Reader<'_, 't>, table: &Table, words: &[Word<'t>]) {
        let base = match table.is_typedef {
            true => Root::Named(table.name.clone()),
            false => Root::Struct(table.name.clone()),
        };
        let query = self.query;
        let wanted = query.name().as_bytes();
        let is_meant = |holder: Option<&str>| holder.is_none_or(|h| query.holders.contains(h) || h.is_empty());
        let (mut i, mut arrays, mut pointers) = (if table.is_typedef { 1 } else { 2 }, 0u8, 0u8);
        while let Some(word) = words.get(i) {
            let inside = super::value::closing(&words[i..]).unwrap_or(0);
            match word.kind {
                Tok::LBrace if i > 2 || table.is_typedef => {
                    if pointers == 0 {
                        let shape = Shape { base: base.clone(), pointers: arrays, arrays, function: false };
                        let mut values = Vec::new();
                        reader.read(&shape, &words[i..], &mut |holder, member, value| {
                            if member == wanted && is_meant(holder) {
                                values.push(value);
                            }
                        });
                        let unread = values.into_iter().filter(|v| !self.value(v)).count();
                        self.found.unread += unread;
                    }
                    i += inside;
                }
                Tok::LBrace | Tok::LParen => i += inside,
                Tok::LBracket => {
                    arrays = arrays.saturating_add(1);
                    i += inside;
                }
                Tok::Star => pointers = pointers.saturating_add(1),
                Tok::Comma => (arrays, pointers) = (0, 0),
                _ => {}
            }
            i += 1;
        }
    }

    /// `.member = value` whose surroundings are not known.
    fn designated(&mut self, at: usize) {
        let text: &'t [u8] = &self.file.bytes;
        let from = skip_blank(text, at + self.query.name().len()) + 1;
        let Some(input) = until(text, from, |k| matches!(k, Tok::Comma | Tok::RBrace | Tok::Semi)) else { return };
        if self.is_dead(at) {
            return;
        }
        let in_macro = uioscope_source::c::declared::defining_macro(self.file, at).is_some();
        self.rounds(&input, |this, words| {
            // In a macro's text the value may be a parameter: the macro's uses tell.
            if !in_macro && !this.value(words) {
                this.found.unread += 1;
            }
        });
    }

    /// Reads a place without parsing its function, if the value names a function of the file itself.
    fn easy(&mut self, at: usize) -> bool {
        let text: &'t [u8] = &self.file.bytes;
        let after = skip_blank(text, at + self.query.name().len());
        let input = match self.query.pointer {
            Pointer::Member { .. } if self.query.is_only => until(text, after + 1, |k| k == Tok::Semi),
            Pointer::Param { n, .. } => argument(text, after, *n),
            _ => None,
        };
        let name = match input.as_deref() {
            Some([name]) => name,
            Some([amp, name]) if amp.kind == Tok::Amp => name,
            _ => return false,
        };
        let functions = self.query.registry.functions;
        let defined = String::from_utf8_lossy(&name.text);
        let places = functions.definitions(&defined, &self.file.path);
        let is_own = places.iter().any(|p| functions.file(*p).path == self.file.path);
        if name.kind != Tok::Ident || !is_own {
            return false;
        }
        if !self.is_dead(at) {
            self.found.add(&name.text, &self.file.path);
        }
        true
    }

    /// Parses the items at the places.
    fn trees(&mut self, places: &[u32]) {
        if places.is_empty() {
            return;
        }
        let functions = self.query.registry.functions;
        let mut done = BTreeSet::new();
        for at in places {
            if done.insert(functions.item_at(self.index, *at)) {
                functions.trees(self.index, *at, |source, ast| self.tree(source, ast));
            }
        }
    }

    fn tree(&mut self, source: &[u8], ast: &Ast) {
        for f in &ast.functions {
            let body = Body::new(source, ast, f);
            for e in body.exprs() {
                if let Some(value) = self.registers(&body, e)
                    && !self.resolve(&body, f, value, 0)
                {
                    self.found.unread += 1;
                }
            }
        }
        if let Pointer::Global { name } = self.query.pointer {
            let is_it = |d: &&Decl| *d.name.of(source) == *name.as_bytes();
            let inits: Vec<ExprId> = ast.globals.iter().filter(is_it).filter_map(|d| d.init).collect();
            for init in inits {
                self.text(ast.span(init).of(source));
            }
        }
    }

    /// The value that an expression puts into the pointer.
    fn registers(&self, body: &Body<'_>, e: ExprId) -> Option<ExprId> {
        let ast = body.ast;
        match (self.query.pointer, ast.expr(e)) {
            (Pointer::Member { name, .. }, Expr::Assign { lhs, rhs, op: AssignOp::Set }) => {
                let Expr::Member { base, name: member, .. } = ast.expr(body.strip(lhs)) else { return None };
                let is_meant = || {
                    let types = Types { lookup: self.query.registry.lookup, path: &self.file.path };
                    types.struct_of(body, base).is_none_or(|h| h.is_empty() || self.query.holders.contains(&h))
                };
                (body.name(member) == *name && (self.query.is_only || is_meant())).then_some(rhs)
            }
            (Pointer::Global { name }, Expr::Assign { lhs, rhs, op: AssignOp::Set }) => {
                let lhs = body.strip(lhs);
                let is_it = ast.expr(lhs) == Expr::Name && *ast.own(lhs).of(body.source) == *name.as_bytes();
                (is_it && body.var(lhs).is_none()).then_some(rhs)
            }
            (Pointer::Param { function, n, .. }, Expr::Call { callee, args }) => {
                let is_it = *ast.own(callee).of(body.source) == *function.as_bytes();
                ast.list(args).get(*n).copied().filter(|_| is_it)
            }
            _ => None,
        }
    }

    /// Adds what an expression of a function names. False: it is not understood.
    fn resolve(&mut self, body: &Body<'_>, f: &Function, e: ExprId, steps: u32) -> bool {
        if steps > MOST_STEPS {
            return false;
        }
        let ast = body.ast;
        match ast.expr(e) {
            Expr::Cast { operand, .. } | Expr::Unary { op: Op::AddrOf | Op::Deref, operand } => {
                self.resolve(body, f, operand, steps)
            }
            Expr::Choice { then, other, .. } => {
                let first = then.is_none_or(|t| self.resolve(body, f, t, steps + 1));
                self.resolve(body, f, other, steps + 1) && first
            }
            Expr::Assign { rhs, .. } | Expr::Binary { op: Op::Comma, rhs, .. } => self.resolve(body, f, rhs, steps + 1),
            Expr::Literal => true,
            Expr::Name => match body.var(e) {
                Some(var) => self.variable(body, f, var, steps),
                None => self.text(ast.own(e).of(body.source)),
            },
            Expr::Member { base, name, .. } => {
                let name = body.name(name);
                if name == self.query.name() {
                    // A copy registers nothing new.
                    return true;
                }
                let registry = self.query.registry;
                let types = Types { lookup: registry.lookup, path: &self.file.path };
                let holder = types.struct_of(body, base).filter(|h| !h.is_empty());
                let other = registry.registered(Pointer::Member { holder, name }, self.query.depth + 1);
                self.found.merge(&other);
                true
            }
            Expr::Call { .. } => self.text(ast.span(e).of(body.source)),
            _ => false,
        }
    }

    fn variable(&mut self, body: &Body<'_>, f: &Function, var: VarId, steps: u32) -> bool {
        let values: Vec<ExprId> = body.definitions(var).into_iter().flatten().collect();
        let mut understood = true;
        for value in &values {
            understood &= self.resolve(body, f, *value, steps + 1);
        }
        match body.vars[var as usize].param {
            Some(n) => {
                let registry = self.query.registry;
                let pointer = registry.param(&body.name(f.name), n as usize, &self.file.path);
                let other = registry.registered(pointer, self.query.depth + 1);
                self.found.merge(&other);
                understood
            }
            None => understood && !values.is_empty(),
        }
    }

    /// Adds what a text names, with macros expanded.
    fn text(&mut self, text: &[u8]) -> bool {
        let owned: Vec<Word<'t>> = words(text).into_iter().map(|w| w.owned()).collect();
        let mut understood = true;
        self.rounds(&owned, |this, words| understood &= this.value(words));
        understood
    }
}

/// The words from `from` to a token outside brackets that ends them.
fn until(text: &[u8], from: usize, ends: impl Fn(Tok) -> bool) -> Option<Vec<Word<'_>>> {
    let reach = &text[from.min(text.len())..text.len().min(from + LONGEST_VALUE)];
    let mut depth = 0usize;
    let mut out = Vec::new();
    for token in lex::raw(reach).filter(|t| !t.kind.is_trivia()) {
        match token.kind {
            Tok::Hash => return None,
            kind if depth == 0 && ends(kind) => return Some(out),
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.checked_sub(1)?,
            _ => {}
        }
        out.push(Word::new(reach, &token));
    }
    None
}

/// Argument `n` in the brackets that open at `open`.
fn argument(text: &[u8], open: usize, n: usize) -> Option<Vec<Word<'_>>> {
    let all = until(text, open + 1, |k| k == Tok::RParen)?;
    let commas: Vec<usize> = super::value::at_top(&all, Tok::Comma).collect();
    let start = if n == 0 { 0 } else { commas.get(n - 1)? + 1 };
    let end = commas.get(n).copied().unwrap_or(all.len());
    all.get(start..end).map(<[Word<'_>]>::to_vec)
}
