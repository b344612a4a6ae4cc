//! Where a request goes: requests that reach a reader of the field without ever having it stored, and what readers do with
//! a NULL that was stored.

use crate::audit::file::{Bucket, Draft, FileAudit};
use crate::audit::settle::Settled;
use crate::audit::site::{Known, Site};
use crate::finding::{Access, Implicit, Note, Space};
use crate::flow::global::Program;
use crate::flow::global::engine::Engine;
use crate::flow::global::graph::{Graph, Root};
use crate::flow::local::{Flow, Outcome, StepAt, Trail, upward};
use crate::packs::Effects;
use crate::space::{squeeze, zeroes};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::{Body, Fate, VarId};
use uioscope_source::decls::types::Types;
use uioscope_source::language::{self, Part};
use uioscope_source::places::{is_assigned, is_null};
use uioscope_source::text::Cond;
use uioscope_source::text::LineIndex;
use uioscope_source::text::Span;
use uioscope_source::text::{blanks, each_place, word_end};
use uioscope_source::tree::{Base, Expr, ExprId, Op, Storage};

/// A local request that nothing in its function stores the field of.
#[derive(Debug)]
struct Local {
    file: u32,
    /// Its name in its declaration.
    name: Span,
    function: String,
    space: Space,
    zeroed: bool,
    outcome: Outcome,
}

/// Where requests go, before it is known what their readers do.
#[derive(Debug, Default)]
pub struct Requests {
    locals: Vec<(Local, Readers)>,
    /// File and draft of each store of NULL.
    stores: Vec<(usize, usize, Readers)>,
}

/// Places that read the field of a request, with the way there; and whether something on the way stores it.
type Readers = (BTreeMap<StepAt, Trail>, bool);

/// A store, by file, draft and byte offset.
type StoreSite = (usize, usize, u32);

impl Program<'_, '_> {
    /// Stores that [`Program::requests`] looks at.
    pub fn stores(&self, files: &[FileAudit]) -> Vec<StoreSite> {
        let tree = self.lookup.tree();
        let is_store =
            |d: &Draft| d.bucket == Bucket::Classified && d.site.access == Access::Store && d.site.implicit.is_none();
        files
            .iter()
            .enumerate()
            .filter(|(i, _)| language::is_read(&tree.files[*i].path))
            .flat_map(|(i, f)| f.drafts.iter().enumerate().map(move |(j, d)| (i, j, d)))
            .filter(|(_, _, d)| is_store(d))
            .map(|(i, j, d)| (i, j, d.site.at))
            .collect()
    }

    /// Follows requests that are local variables, and those that NULL is stored in.
    pub fn requests(&self, stores: &[StoreSite]) -> Requests {
        let engine = Engine::new(self, Some(self.target));
        let mut locals: Vec<Local> = self.locals(&engine);
        let mut stores: Vec<(usize, usize, Outcome)> = self.followed_stores(&engine, stores, is_null);
        let outcomes = locals.iter_mut().map(|l| &mut l.outcome).chain(stores.iter_mut().map(|s| &mut s.2));
        let roots: Vec<Root> =
            outcomes.map(|o| Root { edges: engine.edges(o, &[], true), when: Cond::Const(true) }).collect();
        let graph = Graph::explore(&engine, roots.iter().flat_map(|r| &r.edges));
        let all = |own: &Outcome, root: &Root| {
            let (mut readers, sets) = graph.readers(root);
            readers.extend(own.readers.clone());
            (readers, sets || own.sets)
        };
        let (of_locals, of_stores) = roots.split_at(locals.len());
        let stores = stores.iter().zip(of_stores).map(|((i, j, own), root)| (*i, *j, all(own, root))).collect();
        let readers: Vec<Readers> = locals.iter().zip(of_locals).map(|(l, root)| all(&l.outcome, root)).collect();
        Requests { locals: locals.into_iter().zip(readers).collect(), stores }
    }

    /// Places that read the field of the request that a store at a byte offset of a file fills, file and offset of each: in callees,
    /// and in callers after the function is done. `None`: the store is in no function that can be read.
    pub fn readers_of(&self, file: u32, at: u32) -> Option<BTreeSet<(String, u32)>> {
        let engine = Engine::new(self, Some(self.target));
        let mut outcome = self.filled(file, at)?;
        let root = Root { edges: engine.edges(&mut outcome, &[], true), when: Cond::Const(true) };
        let (mut readers, _) = Graph::explore(&engine, root.edges.iter()).readers(&root);
        readers.extend(outcome.readers);
        Some(readers.into_keys().map(|step| (step.path, step.at)).collect())
    }

    /// Where the request goes that is filled at a place: by an assignment, an initialiser, a macro or a callee.
    fn filled(&self, file: u32, at: u32) -> Option<Outcome> {
        let path = &self.lookup.tree().files[file as usize].path;
        let mut found: Option<Outcome> = None;
        self.functions.trees(file, at, |source, ast| {
            let Some(f) = ast.functions.iter().find(|f| f.span.holds(at)) else { return };
            let body = Body::new(source, ast, f);
            let types = Types { lookup: self.lookup, path };
            let holds = |n: &uioscope_source::body::Node| n.root.filter(|r| ast.span(*r).holds(at));
            let Some((node, root)) = body.nodes.iter().enumerate().find_map(|(i, n)| Some((i as u32, holds(n)?)))
            else {
                return;
            };
            let end = ast.span(root).end;
            // The variable left of the field; where no field stands there, every request that the statement names.
            let member = body.exprs().find_map(|e| match ast.expr(e) {
                Expr::Member { base, name, .. } if name.start == at => Some(base),
                _ => None,
            });
            let own = member.map(|base| match ast.expr(body.strip(base)) {
                Expr::Unary { op: Op::Deref | Op::AddrOf, operand } => body.strip(operand),
                _ => body.strip(base),
            });
            let mut vars: BTreeSet<VarId> = match own {
                Some(base) => body.var(base).into_iter().collect(),
                None => body
                    .exprs()
                    .filter(|e| body.node(*e) == Some(node))
                    .filter_map(|e| body.var(e))
                    .filter(|v| self.is_request(&body, types, *v))
                    .collect(),
            };
            let mut outcome = Outcome::default();
            if let (Fate::Initial(var), None) = (body.fate(root), own) {
                let fields = designated(&body, at).unwrap_or_else(|| vec![self.target.field.clone()]);
                if fields.len() == 1 {
                    vars.insert(var);
                } else {
                    // `struct w w = { .u.uio_procp = p }`
                    outcome.merge(self.reading(&body, types).follow_all(&body.reached(var, node, end), &fields));
                }
            }
            for var in vars {
                let uses = body.reached(var, node, end);
                let flow = self.reading(&body, types);
                outcome.merge(flow.follow_all(&uses, std::slice::from_ref(&self.target.field)));
                outcome.upward.extend(upward(&body, path, var, std::slice::from_ref(&self.target.field)));
            }
            found.get_or_insert_default().merge(outcome);
        });
        found
    }

    /// Whether a variable is a request, or points to one.
    fn is_request(&self, body: &Body<'_>, types: Types<'_, '_>, var: VarId) -> bool {
        let shape = types.lookup.resolve(&types.of_var(body, var), types.path);
        matches!(&shape.base, uioscope_source::shapes::Root::Struct(tag) if *tag == self.target.of)
    }

    /// Adds a finding for each request that is read and was never set; completes what stores of NULL mean.
    pub fn complete_requests(&self, requests: Requests, files: &mut [FileAudit]) {
        let loads = self.nulls_of_loads(files);
        for (file, draft, (readers, _)) in &requests.stores {
            let site = &mut files[*file].drafts[*draft].site;
            if readers.is_empty() {
                site.outcome.notes.insert(Note::NullUnread);
            }
            for reader in readers.keys() {
                let nulls = loads.get(&(reader.path.clone(), reader.at));
                site.outcome.nulls.extend(nulls.into_iter().flatten().cloned());
            }
        }
        for (local, (readers, sets)) in requests.locals {
            if !sets && !readers.is_empty() {
                let draft = self.unset(&local, &readers);
                files[local.file as usize].drafts.push(draft);
            }
        }
    }

    /// What each load's readers do with NULL.
    fn nulls_of_loads(&self, files: &[FileAudit]) -> FxHashMap<(String, u32), BTreeSet<StepAt>> {
        let paths = self.lookup.tree().files.iter().map(|f| &f.path);
        let mut all: FxHashMap<(String, u32), BTreeSet<StepAt>> = FxHashMap::default();
        for (file, path) in files.iter().zip(paths) {
            for d in file.drafts.iter().filter(|d| d.site.access == Access::Load) {
                all.entry((path.clone(), d.site.at)).or_default().extend(d.site.outcome.nulls.iter().cloned());
            }
        }
        all
    }

    /// Stores of a value that is `meant`, such as NULL: file, draft, and where the request goes from there.
    fn followed_stores(
        &self,
        engine: &Engine<'_, '_>,
        asked: &[StoreSite],
        meant: impl Fn(&Body<'_>, ExprId) -> bool + Sync,
    ) -> Vec<(usize, usize, Outcome)> {
        let tree = self.lookup.tree();
        // A function is read once, however many of its stores are asked for.
        let mut items: BTreeMap<(usize, Option<Part>), Vec<StoreSite>> = BTreeMap::new();
        for (i, j, at) in asked {
            items.entry((*i, self.functions.item_at(*i as u32, *at))).or_default().push((*i, *j, *at));
        }
        let follow = |((i, _), sites): (&(usize, Option<Part>), &Vec<StoreSite>)| {
            let path = &tree.files[*i].path;
            let types = Types { lookup: self.lookup, path };
            let mut found: BTreeMap<usize, Outcome> = BTreeMap::new();
            let Some(first) = sites.first() else { return Vec::new() };
            self.functions.trees(*i as u32, first.2, |source, ast| {
                let mut members: FxHashMap<u32, ExprId> = FxHashMap::default();
                for (e, x) in (0..).zip(&ast.exprs) {
                    if let Expr::Member { name, .. } = x {
                        members.entry(name.start).or_insert(e);
                    }
                }
                for f in &ast.functions {
                    let within = |s: &&StoreSite| f.span.holds(s.2) && members.contains_key(&s.2);
                    let mut here = sites.iter().filter(within).peekable();
                    if here.peek().is_none() {
                        continue;
                    }
                    let body = Body::new(source, ast, f);
                    for (_, j, at) in here {
                        let member = members[at];
                        let Fate::Operand(up) = body.fate(member) else { continue };
                        let (Expr::Assign { rhs, .. }, Expr::Member { base, .. }) = (ast.expr(up), ast.expr(member))
                        else {
                            continue;
                        };
                        let (Some(var), Some(node)) = (body.var(body.strip(base)), body.node(up)) else { continue };
                        if !meant(&body, rhs) {
                            continue;
                        }
                        let uses = body.reached(var, node, ast.span(up).end);
                        let flow = self.reading(&body, types);
                        let followed = flow.follow_all(&uses, std::slice::from_ref(&engine.target.field));
                        found.entry(*j).or_default().merge(followed);
                    }
                }
            });
            found.into_iter().map(|(j, outcome)| (*i, j, outcome)).collect()
        };
        let items: Vec<_> = items.iter().collect();
        items.into_par_iter().flat_map_iter(follow).collect()
    }

    fn reading<'b>(&'b self, body: &'b Body<'b>, types: Types<'b, 'b>) -> Flow<'b, 'b> {
        Flow {
            body,
            pack: self.pack,
            types,
            source_path: types.path,
            pointee: None,
            macros: 0,
            reading: Some(self.target),
        }
    }

    /// Requests that are variables of functions.
    fn locals(&self, engine: &Engine<'_, '_>) -> Vec<Local> {
        let tree = self.lookup.tree();
        let names: Vec<&[u8]> =
            std::iter::once(&self.target.of).chain(&self.target.typedefs).map(|n| n.as_bytes()).collect();
        let in_file = |(i, f): (usize, &uioscope_source::text::SourceFile)| {
            let mut done: BTreeSet<Part> = BTreeSet::new();
            let mut found: BTreeMap<u32, Local> = BTreeMap::new();
            for at in declared(&f.bytes, &names) {
                let Some(item) = engine.functions.item_at(i as u32, at) else { continue };
                if done.insert(item) {
                    engine.functions.trees(i as u32, at, |source, ast| {
                        for function in &ast.functions {
                            self.locals_of(i as u32, &Body::new(source, ast, function), &mut found);
                        }
                    });
                }
            }
            found.into_values().collect::<Vec<Local>>()
        };
        tree.files
            .par_iter()
            .enumerate()
            .filter(|(_, f)| !f.context && language::is_read(&f.path))
            .flat_map_iter(in_file)
            .collect()
    }

    fn locals_of(&self, file: u32, body: &Body<'_>, found: &mut BTreeMap<u32, Local>) {
        let path = &self.lookup.tree().files[file as usize].path;
        let types = Types { lookup: self.lookup, path };
        for (var, v) in body.vars.iter().enumerate() {
            let is_request = v.ty.pointers == v.ty.arrays
                && v.param.is_none()
                && v.storage != Storage::Extern
                && match v.ty.base {
                    Base::Struct(tag) => body.name(tag) == self.target.of,
                    Base::Named(name) => self.target.typedefs.contains(&body.name(name)),
                    _ => false,
                };
            let Some(function) = body.function.filter(|_| is_request) else { continue };
            let var = var as VarId;
            let uses: Vec<ExprId> = body.exprs().filter(|e| body.var(*e) == Some(var)).collect();
            let mut outcome = self.reading(body, types).follow_all(&uses, std::slice::from_ref(&self.target.field));
            // Whole assignments, also by an initialiser that reaches the field.
            let names_it = |init: ExprId| match body.ast.expr(init) {
                Expr::Init { items } => {
                    let items = body.ast.list(items);
                    let named = |i: &ExprId| matches!(body.ast.expr(*i), Expr::Field { name, .. } if self.target.is_field(&body.name(name)));
                    v.ty.arrays > 0 || items.iter().any(named) || self.target.position.is_some_and(|p| items.len() > p)
                }
                _ => true,
            };
            outcome.sets |= body.definitions(var).into_iter().flatten().any(names_it);
            let zeroed = v.init.is_some()
                || v.storage == Storage::Static
                || uses.iter().any(|e| is_zeroed(body, *e, &self.pack.effects));
            let local = Local {
                file,
                name: v.name,
                function: body.name(function),
                space: self.space_of(body, var),
                zeroed,
                outcome,
            };
            match found.get_mut(&v.name.start) {
                None => {
                    found.insert(v.name.start, local);
                }
                // Another variant of the same function.
                Some(known) => {
                    known.zeroed |= local.zeroed;
                    known.outcome.merge(local.outcome);
                }
            }
        }
    }

    /// What the companion says of a request whose field is never stored.
    fn space_of(&self, body: &Body<'_>, var: VarId) -> Space {
        let companion = &self.pack.companion;
        let stored = body.exprs().find_map(|e| match body.ast.expr(e) {
            Expr::Member { base, name, .. }
                if body.name(name) == companion.field
                    && is_assigned(body, e)
                    && body.var(body.strip(base)) == Some(var) =>
            {
                let Fate::Operand(up) = body.fate(e) else { return None };
                let Expr::Assign { rhs, .. } = body.ast.expr(up) else { return None };
                Some(squeeze(body.text(rhs)))
            }
            _ => None,
        });
        match stored {
            Some(text) if companion.kernel.contains(&text) => Space::Kernel,
            _ => Space::Unknown,
        }
    }

    /// The finding for a request that was never set.
    fn unset(&self, local: &Local, readers: &BTreeMap<StepAt, Trail>) -> Draft {
        let file = &self.lookup.tree().files[local.file as usize];
        let lines = LineIndex::new(&file.bytes);
        let (line, column) = lines.place(local.name.start);
        let (start, end) = lines.span(line, &file.bytes);
        let text = String::from_utf8_lossy(Span::new(start, end.min(start + 1024)).of(&file.bytes)).into_owned();
        let mut outcome = Outcome::default();
        let nearest = readers.values().min_by_key(|t| (t.len(), (*t).clone())).cloned().unwrap_or_default();
        outcome.notes.insert(Note::NeverStored {
            field: format!("{}.{}", self.target.of, self.target.field),
            readers: readers.len(),
            zeroed: local.zeroed,
        });
        outcome.steps.extend(nearest.iter().cloned());
        outcome.reads = nearest;
        let when = self.functions.presence(&file.path, local.name.start);
        Draft {
            bucket: Bucket::Classified,
            at: local.name.start,
            line,
            column,
            function: local.function.clone(),
            when: when.unless_always(),
            expression: String::from_utf8_lossy(local.name.of(&file.bytes)).into_owned(),
            squeezed: text.split_whitespace().collect(),
            settled: Settled::default(),
            site: Site {
                at: local.name.start,
                span: local.name,
                implicit: Some(Implicit::Unset),
                alias: None,
                access: Access::Store,
                known: Known::Tracked,
                outcome,
                space: Some(local.space),
                decided: BTreeSet::new(),
                whence: BTreeSet::new(),
                by_macro: uioscope_source::text::Cond::Const(true),
                expression: local.name,
                is_macro_value: false,
            },
        }
    }
}

/// The members that lead to what a designator at a place initialises, from the variable on.
fn designated(body: &Body<'_>, at: u32) -> Option<Vec<String>> {
    use Fate::Operand;
    let named = |e: ExprId| match body.ast.expr(e) {
        Expr::Field { name, .. } if name.start < name.end => Some(name),
        _ => None,
    };
    let mut e = body.exprs().find(|e| named(*e).is_some_and(|n| n.start == at))?;
    let mut fields = vec![body.name(named(e)?)];
    while let Operand(up) = body.fate(e) {
        if let Some(name) = named(up) {
            fields.insert(0, body.name(name));
        }
        e = up;
    }
    Some(fields)
}

/// Whether the use is `bzero(&auio, …)` or `memset(&auio, 0, …)`.
fn is_zeroed(body: &Body<'_>, e: ExprId, effects: &Effects) -> bool {
    use Fate::Operand;
    let Operand(up) = body.fate(e) else { return false };
    let Expr::Unary { op: Op::AddrOf, .. } = body.ast.expr(up) else { return false };
    let Operand(call) = body.fate(up) else { return false };
    match body.ast.expr(call) {
        Expr::Call { callee, args } if callee != up => {
            let args = body.ast.list(args);
            let n = args.iter().position(|a| *a == up).unwrap_or(usize::MAX);
            zeroes(body, effects, &squeeze(body.text(callee)), args, n)
        }
        _ => false,
    }
}

/// Places where a variable of a struct, and not a pointer to it, may be declared; `names` are those of its type.
fn declared(text: &[u8], names: &[&[u8]]) -> Vec<u32> {
    let mut places = Vec::new();
    each_place(text, names, &mut |at, name| {
        let after = blanks(text, at + name.len());
        if after > at + name.len() && word_end(text, after) > after {
            places.push(at as u32);
        }
    });
    places
}
