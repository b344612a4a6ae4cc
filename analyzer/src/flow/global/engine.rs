//! What a value does in one node of the program.

use super::graph::Root;
use super::{Edge, Node, Program};
use crate::callgraph::operations::Dispatch;
use crate::callgraph::pointers::Registry;
use crate::finding::{Lost, Role, RoleDoubt, Step};
use crate::flow::local::{Call, Callee, Flow, Outcome, StepAt, Trail};
use crate::flow::target::Target;
use crate::packs::Pack;
use memchr::memmem;
use rayon::prelude::*;
use std::collections::BTreeSet;
use uioscope_source::body::Body;
use uioscope_source::decls::functions::{Functions, Place};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::decls::types::Types;
use uioscope_source::language::{self, Part};
use uioscope_source::places::is_assigned;
use uioscope_source::text::Cond;
use uioscope_source::text::is_word;
use uioscope_source::tree::{AssignOp, Ast, Expr, ExprId, Op};

/// What one node does by itself, and where it leads.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub outcome: Outcome,
    pub edges: Vec<Edge>,
}

/// So many call sites of a function that returns the value are followed.
const MOST_CALLERS: usize = 500;

/// Works out summaries.
pub(crate) struct Engine<'x, 't> {
    pub lookup: &'x Lookup<'t>,
    pub pack: &'x Pack,
    pub target: &'x Target,
    pub functions: &'x Functions<'t>,
    pub dispatch: &'x Dispatch<'t>,
    pub registry: &'x Registry<'x, 't>,
    /// Only readers of the field are looked for.
    pub reading: Option<&'x Target>,
}

impl<'x, 't> Engine<'x, 't> {
    pub fn new(program: &Program<'x, 't>, reading: Option<&'x Target>) -> Engine<'x, 't> {
        Engine {
            lookup: program.lookup,
            pack: program.pack,
            target: program.target,
            functions: program.functions,
            dispatch: program.dispatch,
            registry: program.registry,
            reading,
        }
    }

    /// A load and what it leads to.
    pub fn root(&self, path: &str, at: u32, outcome: &mut Outcome) -> Root {
        let edges = self.edges(outcome, &[], true);
        Root { edges, when: self.functions.presence(path, at) }
    }

    /// What must be configured for all steps.
    pub fn when(&self, trail: &[StepAt]) -> Cond {
        let mut terms: Vec<Cond> = Vec::new();
        for step in trail {
            let term = self.functions.presence(&step.path, step.at);
            if term != Cond::Const(true) && !terms.contains(&term) {
                terms.push(term);
            }
        }
        Cond::all(terms)
    }

    pub fn edge(&self, to: Node, trail: Trail) -> Edge {
        let mut when = self.when(&trail);
        if let Node::Param { place, .. } = &to {
            let there = self.functions.presence(&self.functions.file(*place).path, place.at);
            when = Cond::all(vec![when, there]);
        }
        Edge { to, trail, when, doubt: None }
    }

    /// Turns what an outcome hands on into edges; what leads nowhere becomes opaque, with the reason.
    pub fn edges(&self, outcome: &mut Outcome, binds: &[(usize, String)], is_root: bool) -> Vec<Edge> {
        let mut edges = Vec::new();
        let mut called_back = false;
        for (mut call, trail) in std::mem::take(&mut outcome.calls) {
            if let Callee::Param { n, .. } = &call.callee
                && let Some((_, function)) = binds.iter().find(|b| b.0 == *n)
            {
                called_back = true;
                call.callee = Callee::Function(function.clone());
            }
            self.call(&call, trail, outcome, &mut edges);
        }
        if self.reading.is_some() {
            // A request that is returned is its caller's, who looked at it already; one that is kept is another matter.
            outcome.exits.clear();
            outcome.cells.clear();
            // One that was filled for the callers is read by them.
            outcome.exits.extend(std::mem::take(&mut outcome.upward).into_iter().map(|exit| (exit, Vec::new())));
        }
        for (cell, trail) in std::mem::take(&mut outcome.cells) {
            if cell.field == self.target.field && cell.of.as_ref().is_none_or(|of| *of == self.target.of) {
                // It goes on in another request; what reads it there is a load of its own.
                continue;
            }
            if !cell.fields.is_empty() {
                // A struct that holds the value is kept: it may be used by anybody who finds it, and following them all
                // leads to the whole kernel. That it escapes is said.
                continue;
            }
            let dir = cell.path.rsplit_once('/').map_or("", |(d, _)| d).to_owned();
            let doubt = if cell.is_variable {
                RoleDoubt::Variable(cell.field.clone())
            } else {
                RoleDoubt::Heap { member: cell.shown() }
            };
            let to = if cell.is_variable {
                Node::Variable { name: cell.field, fields: cell.fields, pointee: cell.pointee, path: cell.path }
            } else {
                Node::Cell { of: cell.of, field: cell.field, fields: cell.fields, pointee: cell.pointee, dir }
            };
            edges.push(self.edge(to, trail).doubted(Some(doubt)));
        }
        for (exit, trail) in std::mem::take(&mut outcome.exits) {
            let Some(file) = self.functions.index_of(&exit.path) else { continue };
            let place = Place { file, at: exit.at };
            let (name, argument, fields, of) = (exit.name, exit.argument, exit.fields, exit.of);
            // What the loading function itself returns goes to all of its callers.
            let doubt = Some(RoleDoubt::AnyCaller(name.clone())).filter(|_| !is_root);
            edges.push(self.edge(Node::Exit { place, name, argument, fields, of }, trail).doubted(doubt));
        }
        // `timeout(f, p, hz)`: what is stored beside a function is what that function is called with later.
        if !called_back && outcome.roles.contains(&Role::Escape) && !binds.is_empty() {
            let trail = outcome.reasons.get(&Role::Escape).and_then(|t| t.first()).cloned().unwrap_or_default();
            for (_, function) in binds {
                edges.extend(self.called_back(function, &trail, outcome));
            }
        }
        edges
    }

    /// A function that gets the value as its first argument later.
    fn called_back(&self, function: &str, trail: &Trail, outcome: &Outcome) -> Vec<Edge> {
        let Some(last) = trail.last() else { return Vec::new() };
        let of = outcome.cells.keys().find_map(|c| c.pointee.clone());
        let step = StepAt { step: Step::Callback { function: function.to_owned(), n: 0 }, ..last.clone() };
        let places = self.functions.definitions(function, &last.path);
        let to = |place| Node::Param {
            place,
            name: function.to_owned(),
            n: 0,
            of: of.clone(),
            fields: Vec::new(),
            binds: Vec::new(),
        };
        let trail = [&trail[..], std::slice::from_ref(&step)].concat();
        let doubt = Some(RoleDoubt::Beside(function.to_owned()));
        places.into_iter().map(|p| self.edge(to(p), trail.clone()).doubted(doubt.clone())).collect()
    }

    /// What a node does by itself.
    pub fn summary(&self, node: &Node) -> Summary {
        let (mut outcome, binds) = match node {
            Node::Param { place, name, n, of, fields, binds } => {
                (self.param(*place, name, *n, of.as_deref(), fields), &binds[..])
            }
            Node::Cell { of, field, fields, pointee, dir } => {
                (self.cell(of.as_deref(), field, fields, pointee.as_deref(), dir), &[][..])
            }
            Node::Variable { name, fields, pointee, path } => {
                (self.variable(name, fields, pointee.as_deref(), path), &[][..])
            }
            Node::Exit { place, name, argument, fields, of } => {
                (self.callers(*place, name, *argument, fields, of.as_deref()), &[][..])
            }
            Node::Many { shown, n, targets } => {
                let mut outcome = Outcome::default();
                outcome.roles.insert(Role::Opaque);
                outcome.notes.insert(
                    Lost::Implementations { n: *n, through: shown.clone(), count: targets.len(), unread: 0 }.into(),
                );
                // A target that ignores the value leaves nothing that all of them do; most tables have one.
                if targets.iter().any(|t| self.ignores(t)) {
                    return Summary { outcome, edges: Vec::new() };
                }
                let edge = |to: &Node| Edge { to: to.clone(), trail: Vec::new(), when: Cond::Const(true), doubt: None };
                return Summary { outcome, edges: targets.iter().map(edge).collect() };
            }
        };
        let edges = self.edges(&mut outcome, binds, false);
        Summary { outcome, edges }
    }

    /// Whether nothing at all is done with a value in a node.
    fn ignores(&self, node: &Node) -> bool {
        let Summary { outcome, edges } = self.summary(node);
        edges.is_empty() && outcome.roles.iter().all(|r| *r == Role::Unused)
    }

    fn flow<'b>(&'b self, body: &'b Body<'b>, types: Types<'b, 'b>, pointee: Option<&str>) -> Flow<'b, 'b> {
        Flow {
            body,
            pack: self.pack,
            types,
            source_path: types.path,
            pointee: pointee.map(str::to_owned),
            macros: 0,
            reading: self.reading,
        }
    }

    fn param(&self, place: Place, name: &str, n: usize, of: Option<&str>, fields: &[String]) -> Outcome {
        let mut all = Outcome::default();
        let (mut found, mut taken) = (false, false);
        let mut fewer = 0;
        let path = &self.functions.file(place).path;
        self.functions.trees(place.file, place.at, |source, ast| {
            for f in ast.functions.iter().filter(|f| f.name.start <= place.at && place.at < f.name.end) {
                found = true;
                let count = (f.params.end - f.params.start) as usize;
                if n >= count {
                    // Another variant of the head may take it.
                    fewer = fewer.max(count);
                    continue;
                }
                taken = true;
                let body = Body::new(source, ast, f);
                let types = Types { lookup: self.lookup, path };
                // The parameter's own declaration says best what it points to.
                let declared = match ast.decls(f.params)[n].ty.base {
                    uioscope_source::tree::Base::Struct(tag) if fields.is_empty() => Some(body.name(tag)),
                    _ => None,
                };
                let of = declared.as_deref().or(of);
                all.merge(self.flow(&body, types, of).follow_param(n as u32, fields));
            }
        });
        if found && !taken {
            all.roles.insert(Role::Opaque);
            all.notes.insert(Lost::TakesFewer { n, callee: name.to_owned(), takes: fewer }.into());
        } else if !found {
            all.roles.insert(Role::Opaque);
            all.notes.insert(Lost::Definition { callee: name.to_owned(), path: path.clone() }.into());
        }
        all.settle(false);
        all
    }

    /// Calls `f` with every function body of a file that holds the name where `is_meant` says so.
    fn bodies(
        &self,
        file: u32,
        name: &str,
        is_meant: impl Fn(&[u8], usize) -> bool,
        mut f: impl FnMut(&Body<'_>, &Ast, u32),
    ) {
        let source = &self.lookup.tree().files[file as usize];
        let places: Vec<u32> = memmem::find_iter(&source.bytes, name.as_bytes())
            .filter(|at| is_word(&source.bytes, *at, name.len()) && is_meant(&source.bytes, *at))
            .map(|at| at as u32)
            .collect();
        if places.is_empty() {
            return;
        }
        let mut done: BTreeSet<Part> = BTreeSet::new();
        for at in places {
            let Some(item) = self.functions.item_at(file, at) else { continue };
            if done.insert(item) {
                self.functions.trees(file, at, |source, ast| {
                    for function in &ast.functions {
                        f(&Body::new(source, ast, function), ast, at);
                    }
                });
            }
        }
    }

    /// Files of one directory that are read for a member or variable.
    fn files_of(&self, dir: &str) -> impl Iterator<Item = u32> + '_ {
        let dir = dir.to_owned();
        let files = self.lookup.tree().files.iter().enumerate();
        files
            .filter(move |(_, f)| f.path.rsplit_once('/').map_or("", |(d, _)| d) == dir && language::is_read(&f.path))
            .map(|(i, _)| i as u32)
    }

    /// The reads of a member in the files of a directory.
    fn cell(&self, of: Option<&str>, field: &str, fields: &[String], pointee: Option<&str>, dir: &str) -> Outcome {
        let mut all = Outcome::default();
        let is_member = |text: &[u8], at: usize| {
            let before = text[..at].trim_ascii_end();
            before.ends_with(b"->") || before.ends_with(b".")
        };
        for file in self.files_of(dir) {
            let types = Types { lookup: self.lookup, path: &self.lookup.tree().files[file as usize].path };
            self.bodies(file, field, is_member, |body, ast, _| {
                let reads = |e: &ExprId| match ast.expr(*e) {
                    Expr::Member { base, name, .. } if body.name(name) == field && !is_assigned(body, *e) => {
                        let holder = types.struct_of(body, base);
                        holder.is_none() || of.is_none() || holder.as_deref() == of
                    }
                    _ => false,
                };
                let starts: Vec<ExprId> = body.exprs().filter(reads).collect();
                all.merge(self.flow(body, types, pointee).follow_all(&starts, fields));
            });
        }
        // That nobody in sight reads it says nothing.
        all.settle(false);
        all.roles.remove(&Role::Unused);
        all
    }

    /// The reads of a variable, in its file or its directory.
    fn variable(&self, name: &str, fields: &[String], pointee: Option<&str>, path: &str) -> Outcome {
        let mut all = Outcome::default();
        let own = self.functions.index_of(path);
        let is_static = own.is_some_and(|f| {
            let text = &self.lookup.tree().files[f as usize].bytes;
            memmem::find_iter(text, name.as_bytes()).any(|at| {
                let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
                is_word(text, at, name.len()) && text[line..at].starts_with(b"static")
            })
        });
        let dir = path.rsplit_once('/').map_or("", |(d, _)| d);
        let files: Vec<u32> = if is_static { own.into_iter().collect() } else { self.files_of(dir).collect() };
        for file in files {
            let types = Types { lookup: self.lookup, path: &self.lookup.tree().files[file as usize].path };
            self.bodies(
                file,
                name,
                |_, _| true,
                |body, ast, _| {
                    let assigned = |e: ExprId| match body.fate(e) {
                        uioscope_source::body::Fate::Operand(up) => {
                            matches!(ast.expr(up), Expr::Assign { lhs, op: AssignOp::Set, .. } if lhs == e)
                        }
                        _ => false,
                    };
                    let reads = |e: &ExprId| {
                        ast.expr(*e) == Expr::Name
                            && body.var(*e).is_none()
                            && body.name(ast.own(*e)) == name
                            && !assigned(*e)
                    };
                    let starts: Vec<ExprId> = body.exprs().filter(reads).collect();
                    all.merge(self.flow(body, types, pointee).follow_all(&starts, fields));
                },
            );
        }
        all.settle(false);
        all.roles.remove(&Role::Unused);
        all
    }

    /// What the callers of a function do with what it returns, or leaves behind an argument.
    fn callers(
        &self,
        place: Place,
        name: &str,
        argument: Option<usize>,
        fields: &[String],
        of: Option<&str>,
    ) -> Outcome {
        let tree = self.lookup.tree();
        let is_call = |text: &[u8], at: usize| text[at + name.len()..].trim_ascii_start().first() == Some(&b'(');
        let may_hold = self.lookup.words().asked(name);
        let finder = memmem::Finder::new(name);
        let mut files: Vec<u32> = tree
            .files
            .par_iter()
            .enumerate()
            .filter(|(i, f)| {
                may_hold(*i)
                    && finder.find_iter(&f.bytes).any(|at| is_word(&f.bytes, at, name.len()) && is_call(&f.bytes, at))
            })
            .map(|(i, _)| i as u32)
            .collect();
        let all_files = files.len();
        files.truncate(MOST_CALLERS);
        let outcomes: Vec<Outcome> =
            files.par_iter().map(|&file| self.calls_in(file, place, name, argument, fields, of, &is_call)).collect();
        let mut all = Outcome::default();
        outcomes.into_iter().for_each(|o| all.merge(o));
        if all_files > MOST_CALLERS {
            all.roles.insert(Role::Opaque);
            all.notes.insert(Lost::ManyCallers { name: name.to_owned(), files: all_files }.into());
        }
        if !all.roles.remove(&Role::Unused) && all.roles.is_empty() && !all.leads_on() {
            all.roles.insert(Role::Opaque);
            all.notes.insert(Lost::NoCallers(name.to_owned()).into());
        }
        all
    }

    #[allow(clippy::too_many_arguments)] // One call site, and these are the parts of a node.
    fn calls_in(
        &self,
        file: u32,
        place: Place,
        name: &str,
        argument: Option<usize>,
        fields: &[String],
        of: Option<&str>,
        is_call: &dyn Fn(&[u8], usize) -> bool,
    ) -> Outcome {
        let mut all = Outcome::default();
        let path = &self.lookup.tree().files[file as usize].path;
        if !self.functions.definitions(name, path).contains(&place) {
            return all;
        }
        let types = Types { lookup: self.lookup, path };
        self.bodies(file, name, is_call, |body, ast, _| {
            let flow = self.flow(body, types, of);
            for e in body.exprs() {
                let Expr::Call { callee, args } = ast.expr(e) else { continue };
                if ast.expr(callee) != Expr::Name || body.var(callee).is_some() || body.text(callee) != name.as_bytes()
                {
                    continue;
                }
                let Some(n) = argument else {
                    all.merge(flow.follow_all(&[e], fields));
                    continue;
                };
                let Some(&arg) = ast.list(args).get(n) else { continue };
                let arg = body.strip(arg);
                let pointed = match ast.expr(arg) {
                    Expr::Unary { op: Op::AddrOf, operand } => body.var(body.strip(operand)),
                    // A request is filled through the pointer to it, also for the caller's own caller.
                    Expr::Name if self.reading.is_some() => body.var(arg),
                    _ => None,
                };
                if let (Some(var), Some(_)) = (pointed, self.reading) {
                    all.upward.extend(crate::flow::local::upward(body, path, var, fields));
                }
                match (pointed, body.node(e)) {
                    (Some(var), Some(node)) => {
                        let uses = body.reached(var, node, ast.span(e).end);
                        all.merge(flow.follow_all(&uses, fields));
                    }
                    _ => {
                        all.roles.insert(Role::Opaque);
                        all.notes.insert(Lost::StoredThrough { n, callee: name.to_owned(), path: path.clone() }.into());
                    }
                }
            }
        });
        all
    }

    /// A call that a flow was handed to.
    fn call(&self, call: &Call, trail: Trail, outcome: &mut Outcome, edges: &mut Vec<Edge>) {
        super::calls::follow(self, call, trail, outcome, edges);
    }
}
