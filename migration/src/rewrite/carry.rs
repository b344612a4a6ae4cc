//! Loads of the address space, and what hangs on them: the variable that the value is kept in, the parameters that it is
//! handed to, their prototypes and all their callers change from a process to an address space together.

mod callers;

use super::Context;
use super::types::declaration;
use crate::edit::{Applicability, Edit, Fix, indent, newline};
use crate::sites::{View, visit, words};
use callers::{WIDEST, columns};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uioscope_analyzer::finding::{Access, Role, Timing};
use uioscope_source::body::{Body, Fate, VarId};
use uioscope_source::c::lex::Tok;
use uioscope_source::decls::functions::Place;
use uioscope_source::decls::types::Types;
use uioscope_source::places::is_null;
use uioscope_source::text::Cond;
use uioscope_source::text::Span;
use uioscope_source::tree::{AssignOp, Expr, ExprId, Function, Op};

/// So many functions and variables hang on one load at most.
const MOST: usize = 200;

/// A thing whose type changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// A load, by its finding.
    Load(usize),
    /// A variable of a function: the file, the function's name, the variable's declaration.
    Var(u32, u32, u32),
    /// A parameter of a function.
    Param(Place, String, usize),
}

/// An argument of a caller that stays a process: made an address space where it is handed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Handed {
    path: String,
    span: (u32, u32),
    /// The variable, if it is one: it may turn out to change itself.
    var: Option<Task>,
    way: String,
    /// It cannot be NULL.
    sure: bool,
}

struct Carry<'s, 'x, 't> {
    context: &'s Context<'x, 't>,
    edits: BTreeSet<Edit>,
    sites: BTreeSet<usize>,
    done: BTreeSet<Task>,
    work: VecDeque<Task>,
    handed: BTreeSet<Handed>,
    /// Somebody asks whether it is NULL.
    null: bool,
    compared: bool,
    headers: BTreeMap<String, (u32, String)>,
    /// Places where a changed variable's name stands, and those of them that some variant of the text explains.
    spelled: BTreeSet<(String, u32)>,
    read: BTreeSet<(String, u32)>,
}

/// The fix for a load of the address space, with all loads that hang on the same things.
pub fn fix(context: &Context<'_, '_>, site: usize) -> Fix {
    let mut carry = Carry {
        context,
        edits: BTreeSet::new(),
        sites: BTreeSet::new(),
        done: BTreeSet::new(),
        work: VecDeque::from([Task::Load(site)]),
        handed: BTreeSet::new(),
        null: false,
        compared: false,
        headers: BTreeMap::new(),
        spelled: BTreeSet::new(),
        read: BTreeSet::new(),
    };
    match carry.run() {
        Err(why) => Fix::none(site, why),
        Ok(()) => {
            let (applicability, note) = carry.trust();
            let mut fix = Fix::new(site, carry.edits.into_iter().collect(), applicability, note);
            fix.sites = carry.sites.into_iter().collect();
            fix
        }
    }
}

impl Carry<'_, '_, '_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(task) = self.work.pop_front() {
            if !self.done.insert(task.clone()) {
                continue;
            }
            if self.done.len() > MOST {
                return Err("too many functions hang on this value".to_owned());
            }
            match task {
                Task::Load(site) => self.load(site)?,
                Task::Var(file, function, declared) => self.variable(file, function, declared)?,
                Task::Param(place, name, n) => self.parameter(place, &name, n)?,
            }
        }
        for handed in std::mem::take(&mut self.handed) {
            if !handed.var.as_ref().is_some_and(|v| self.done.contains(v)) {
                let edit = self.hand(&handed);
                self.edits.insert(edit);
            }
        }
        if let Some((path, at)) = self.spelled.difference(&self.read).next() {
            let line = self.context.program.lookup.tree().file(path);
            let line = line.map_or(0, |f| uioscope_source::text::LineIndex::new(&f.bytes).line(*at));
            return Err(format!("its variable also stands where it could not be read ({path}:{line})"));
        }
        for (path, (at, of)) in std::mem::take(&mut self.headers) {
            self.edits.extend(self.context.seeing(&path, at, &of)?);
        }
        Ok(())
    }

    /// How far the whole can be trusted.
    fn trust(&self) -> (Applicability, String) {
        let finding = |i: &usize| &self.context.audit.findings[*i];
        let is_debugging =
            |i: &usize| finding(i).role_conditions.iter().any(|c| c.role == Role::Identity && c.diagnostic);
        if self.compared && !self.sites.iter().filter(|i| finding(i).roles.contains(&Role::Identity)).all(is_debugging)
        {
            return (Applicability::Unsafe, "processes that share an address space are one now".to_owned());
        }
        if self.sites.iter().any(|i| finding(i).roles == [Role::Presence]) {
            return (
                Applicability::Unsafe,
                "a request for kernel memory names the kernel's address space, and not NULL".to_owned(),
            );
        }
        if self.sites.iter().any(|i| finding(i).timing == Timing::MayOutlive) {
            return (
                Applicability::Unsafe,
                "the address space is used after the call: somebody has to hold a reference".to_owned(),
            );
        }
        if self.sites.iter().any(|i| self.context.facts[*i].kind == crate::design::Kind::Curlwp) {
            return (Applicability::Unsafe, "other loads of the same value want the process".to_owned());
        }
        (Applicability::Safe, String::new())
    }

    fn load(&mut self, site: usize) -> Result<(), String> {
        self.sites.insert(site);
        let context = self.context;
        let finding = &context.audit.findings[site];
        let mut result = Ok(());
        let found = visit(context.program, finding, |view| {
            let Expr::Member { name, .. } = view.ast().expr(view.e) else {
                result = Err("it is not a member".to_owned());
                return;
            };
            self.rename_member(&view.file.path, name);
            if result.is_ok() {
                result = self.usage(view, view.e);
            }
        });
        if found { result } else { Err("no front end that edits reads this text; edit it by hand".to_owned()) }
    }

    fn rename_member(&mut self, path: &str, name: Span) {
        self.edits.insert(Edit::new(path, name.start, name.end, self.context.words().member.as_str()));
    }

    /// What is done with the value at one place.
    fn usage(&mut self, view: &View<'_>, e: ExprId) -> Result<(), String> {
        let body = view.body;
        let up = match body.fate(e) {
            Fate::Discarded => return Ok(()),
            Fate::Tested => {
                self.null = true;
                return Ok(());
            }
            Fate::Returned if view.function.is_none() => return Err("it is the value of a macro".to_owned()),
            Fate::Returned => return Err("it is returned".to_owned()),
            Fate::Switched => return Err("it is switched on".to_owned()),
            Fate::Initial(var) => return self.change(view, var),
            Fate::Operand(up) => up,
        };
        match body.ast.expr(up) {
            Expr::Assign { lhs, rhs, op: AssignOp::Set } if rhs == e => {
                let target = body.strip(lhs);
                match (body.ast.expr(target), body.var(target)) {
                    (Expr::Name, Some(var)) => self.change(view, var)?,
                    (Expr::Member { name, .. }, _) if self.context.is_field(&body.name(name)) => {
                        self.fills(view, name)?;
                    }
                    _ => return Err(format!("it is stored in {}", text(body, target))),
                }
                self.usage(view, up)
            }
            Expr::Assign { lhs, rhs, op: AssignOp::Set } if lhs == e => self.assigned(view, rhs),
            Expr::Unary { op: Op::Not, .. } | Expr::Binary { op: Op::And | Op::Or, .. } => {
                self.null = true;
                Ok(())
            }
            Expr::Binary { op: Op::Eq | Op::NotEq, lhs, rhs } => {
                let other = if lhs == e { rhs } else { lhs };
                if is_null(body, other) {
                    self.null = true;
                    return Ok(());
                }
                self.compared = true;
                self.assigned(view, other)?;
                self.broken(view, up);
                Ok(())
            }
            Expr::Binary { op: Op::Comma, lhs, .. } => {
                if lhs == e {
                    Ok(())
                } else {
                    self.usage(view, up)
                }
            }
            Expr::Choice { test, .. } if test == e => {
                self.null = true;
                Ok(())
            }
            Expr::Choice { .. } => self.usage(view, up),
            Expr::Member { base, .. } if base == e => self.way(view, e),
            Expr::Call { callee, args } if callee != e => {
                let n = body.ast.list(args).iter().position(|a| *a == e).unwrap_or(0);
                self.hands(view, callee, n)
            }
            _ => Err(format!("it is part of {}", text(body, up))),
        }
    }

    /// A comparison that gets longer than a line goes on the next one, if it is the second half of a condition.
    fn broken(&mut self, view: &View<'_>, comparison: ExprId) {
        let body = view.body;
        let Some(Expr::Binary { op: Op::And | Op::Or, rhs, .. }) = view.up(comparison).map(|u| body.ast.expr(u)) else {
            return;
        };
        let start = body.ast.span(comparison).start;
        let way = self.context.words().space_of(self.context.pointee()).map_or(0, |w| w.len() + 2);
        let wider = (self.context.words().member.len() + way).saturating_sub(self.context.program.target.field.len());
        let is_second = rhs == comparison && start > 0 && body.source[start as usize - 1] == b' ';
        if view.function.is_none() || !is_second || columns(body.source, start as usize) + wider <= WIDEST {
            return;
        }
        let blanks = String::from_utf8_lossy(indent(body.source, start)).into_owned();
        let line = format!("{}{blanks}    ", newline(body.source));
        self.edits.insert(Edit::new(&view.file.path, start - 1, start, line));
    }

    /// `p->p_vmspace` is the value itself now.
    fn way(&mut self, view: &View<'_>, e: ExprId) -> Result<(), String> {
        let body = view.body;
        let of = self.context.pointee();
        let way = self.context.words().space_of(of).ok_or_else(|| format!("no way from struct {of} is known"))?;
        let mut at = e;
        let mut end = body.ast.span(e).end;
        for wanted in way.split("->") {
            let next = view.up(at).map(|up| (up, body.ast.expr(up)));
            match next {
                Some((up, Expr::Member { base, name, .. })) if base == at => {
                    let found = body.name(name);
                    if found != wanted {
                        return Err(format!("its {found} is used beside its address space"));
                    }
                    (at, end) = (up, name.end);
                }
                _ => return Err("it is looked into in an unusual way".to_owned()),
            }
        }
        let start = body.ast.span(e).end;
        self.edits.insert(Edit::new(&view.file.path, start, end, ""));
        Ok(())
    }

    /// A value that meets an address space: it has to become one.
    fn assigned(&mut self, view: &View<'_>, value: ExprId) -> Result<(), String> {
        let body = view.body;
        if let Expr::Name = body.ast.expr(value)
            && let Some(var) = body.var(value)
            && let Some(task) = self.task(view, var)
            && self.done.contains(&task)
        {
            return Ok(());
        }
        if let Expr::Member { name, .. } = body.ast.expr(body.strip(value))
            && self.context.is_field(&body.name(name))
        {
            self.also(view, name)?;
        }
        let mut edits = Vec::new();
        self.context.to_space(view, value, &mut edits)?;
        self.edits.extend(edits);
        Ok(())
    }

    /// It fills the field of another request: that store needs no edit of its own.
    fn fills(&mut self, view: &View<'_>, name: Span) -> Result<(), String> {
        let site = self.finding(view, name, Access::Store).ok_or("it is stored where the audit knows no store")?;
        if self.context.facts[site].kind != crate::design::Kind::Vmspace {
            return Err("it is stored in a request that names no address space".to_owned());
        }
        self.sites.insert(site);
        self.rename_member(&view.file.path, name);
        Ok(())
    }

    fn finding(&self, view: &View<'_>, name: Span, access: Access) -> Option<usize> {
        let (line, column) = uioscope_source::text::LineIndex::new(&view.file.bytes).place(name.start);
        self.context.audit.findings.iter().position(|f| {
            f.path == view.file.path
                && (f.line, f.column) == (line, column)
                && f.access == access
                && f.implicit.is_none()
        })
    }

    /// Another load of the field that has to change with this one.
    fn also(&mut self, view: &View<'_>, name: Span) -> Result<(), String> {
        let found = self.finding(view, name, Access::Load);
        let site = found.ok_or("another load of the field that the audit does not know")?;
        self.work.push_back(Task::Load(site));
        Ok(())
    }

    fn task(&self, view: &View<'_>, var: VarId) -> Option<Task> {
        let file = self.context.program.functions.index_of(&view.file.path)?;
        Some(Task::Var(file, view.function?.name.start, view.body.vars[var as usize].name.start))
    }

    fn change(&mut self, view: &View<'_>, var: VarId) -> Result<(), String> {
        if view.body.vars[var as usize].param.is_some() {
            return Err(format!("it is kept in the parameter {}", view.body.name(view.body.vars[var as usize].name)));
        }
        let task = self.task(view, var).ok_or("it is kept in a variable of a macro")?;
        self.work.push_back(task);
        Ok(())
    }

    /// It is handed to a function: the function's parameter changes too.
    fn hands(&mut self, view: &View<'_>, callee: ExprId, n: usize) -> Result<(), String> {
        let body = view.body;
        let name = text(body, callee);
        if body.ast.expr(callee) != Expr::Name || body.var(callee).is_some() {
            return Err(format!("it is handed to what {name} points to"));
        }
        let places = self.context.program.functions.definitions(&name, &view.file.path);
        if places.is_empty() {
            return Err(format!("it is handed to {name}(), whose definition is not a function of this tree"));
        }
        self.work.extend(places.into_iter().map(|p| Task::Param(p, name.clone(), n)));
        Ok(())
    }

    fn variable(&mut self, file: u32, function: u32, declared: u32) -> Result<(), String> {
        self.in_function(file, function, |carry, view, f| {
            let at = |v: &uioscope_source::body::Var| v.name.start == declared;
            let Some(var) = view.body.vars.iter().position(at) else { return Ok(()) };
            carry.retype(view, f, var as VarId)
        })
    }

    /// Calls `f` with each variant of the function whose name stands at a place.
    fn in_function(
        &mut self,
        file: u32,
        at: u32,
        mut f: impl FnMut(&mut Self, &View<'_>, &Function) -> Result<(), String>,
    ) -> Result<(), String> {
        let context = self.context;
        let source = &context.program.lookup.tree().files[file as usize];
        let types = Types { lookup: context.program.lookup, path: &source.path };
        let mut result = Ok(());
        let mut found = false;
        context.program.functions.trees(file, at, |text, ast| {
            let Some(function) = ast.functions.iter().find(|f| f.name.start <= at && at < f.name.end) else { return };
            found = true;
            let body = Body::new(text, ast, function);
            let view = View { body: &body, function: Some(*function), e: 0, types, file: source };
            if result.is_ok() {
                result = f(self, &view, function);
            }
        });
        if found { result } else { Err(format!("a function of {} could not be read", source.path)) }
    }

    /// The variable's declaration and all its uses.
    fn retype(&mut self, view: &View<'_>, f: &Function, var: VarId) -> Result<(), String> {
        let body = view.body;
        let v = body.vars[var as usize];
        let (old, path) = (body.name(v.name), view.file.path.clone());
        let words_here = words(f.span.of(body.source));
        let base = &self.context.words().variable;
        let fresh = [base.clone(), format!("{base}space"), format!("u{base}")];
        let new = fresh.iter().find(|n| !words_here.contains(n.as_bytes())).unwrap_or(&old).clone();
        let tags = (self.context.pointee().to_owned(), self.context.words().points_to.clone());
        let declarator = if v.param.is_some() { self.declarator(view, f, &old).unwrap_or(v.name) } else { v.name };
        self.edits.extend(declaration(&path, body.source, declarator, &tags.0, &tags.1, &new)?);
        if declarator != v.name {
            self.edits.insert(Edit::new(&path, v.name.start, v.name.end, new.as_str()));
        }
        let uses: Vec<ExprId> = body.exprs().filter(|e| body.var(*e) == Some(var)).collect();
        let mut known: BTreeSet<u32> = uses.iter().map(|e| body.ast.own(*e).start).collect();
        known.extend([v.name.start, declarator.start]);
        if v.init.is_some_and(|init| !is_null(body, init)) {
            self.assigned(view, v.init.unwrap_or_default())?;
        }
        for e in uses {
            let own = body.ast.own(e);
            self.edits.insert(Edit::new(&path, own.start, own.end, new.as_str()));
            self.usage(view, e)?;
        }
        self.spelled(view, f, &old, &new, v.param.is_some(), &known)
    }

    /// Where an old head declares a parameter: after the list of names.
    fn declarator(&self, view: &View<'_>, f: &Function, name: &str) -> Option<Span> {
        let program = self.context.program;
        let unit = &program.functions.preprocessed(program.functions.index_of(&view.file.path)?)?.unit;
        let first = unit.token_at(f.name.end) as usize;
        let head = unit.lexed.tokens[first..].iter().take_while(|t| t.kind != Tok::LBrace && t.span.end <= f.span.end);
        let mut before = Tok::Semi;
        for t in head {
            if t.kind == Tok::Ident && before == Tok::Star && t.span.of(view.body.source) == name.as_bytes() {
                return Some(t.span);
            }
            before = t.kind;
        }
        None
    }

    /// Every other place of the function where the name stands: in an old head's list it is renamed; in the body some
    /// variant has to explain it.
    fn spelled(
        &mut self,
        view: &View<'_>,
        f: &Function,
        old: &str,
        new: &str,
        is_param: bool,
        known: &BTreeSet<u32>,
    ) -> Result<(), String> {
        let program = self.context.program;
        let file = program.functions.index_of(&view.file.path).ok_or("the file is not of the tree")?;
        let parsed = program.functions.preprocessed(file).ok_or("its language has no tokens to edit")?;
        let tokens = &parsed.unit.lexed.tokens;
        let first = parsed.unit.token_at(f.span.start) as usize;
        let mut before: Option<Tok> = None;
        let mut in_body = false;
        let place = |at: u32| (view.file.path.clone(), at);
        self.read.extend(known.iter().map(|at| place(*at)));
        for (i, t) in tokens.iter().enumerate().skip(first).take_while(|(_, t)| t.span.start < f.span.end) {
            in_body |= t.kind == Tok::LBrace;
            let is_it = t.kind == Tok::Ident && t.span.of(view.body.source) == old.as_bytes();
            let is_member = matches!(before, Some(Tok::Dot | Tok::Arrow));
            before = Some(t.kind);
            if !is_it || is_member || known.contains(&t.span.start) {
                continue;
            }
            if !in_body {
                if is_param {
                    self.edits.insert(Edit::new(&view.file.path, t.span.start, t.span.end, new));
                }
            } else if self.is_other(view, t.span) {
                self.read.insert(place(t.span.start));
            } else if parsed.unit.presence(i as u32) != Cond::Const(false)
                && parsed.unit.directive_at(t.span.start).is_none()
            {
                self.spelled.insert(place(t.span.start));
            }
        }
        Ok(())
    }

    /// Whether a name at a place is another thing of the same name: a variable of an inner block, a field's designator.
    fn is_other(&self, view: &View<'_>, span: Span) -> bool {
        let body = view.body;
        body.vars.iter().any(|v| v.name.start == span.start)
            || body.exprs().any(|e| body.ast.own(e).start == span.start && body.ast.expr(e) == Expr::Name)
    }
}

fn text(body: &Body<'_>, e: ExprId) -> String {
    const LONGEST: usize = 48;
    let text = String::from_utf8_lossy(body.text(e)).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
