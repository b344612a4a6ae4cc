//! Follows values through the whole program: from function to function, through argument structs, op-vectors and heap
//! structs, starting from the loads and going only where they lead.
//!
//! What a value handed to a parameter does is worked out once for each parameter, in rounds of what was newly reached,
//! all of a round in parallel. The roles are then summed up over the strongly connected components of the resulting graph,
//! so that recursion costs nothing and the whole grows with what was reached.

use crate::ast::Expr;
use crate::body::Body;
use crate::dispatch::Dispatch;
use crate::file::{Bucket, FileAudit};
use crate::finding::{Access, Role};
use crate::flow::{Call, Cell, Flow, Outcome, Step};
use crate::functions::{Functions, Place};
use crate::lookup::{Lookup, is_word};
use crate::pack::Pack;
use crate::places::is_assigned;
use crate::target::Target;
use crate::types::Types;
use memchr::memmem;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};

/// Something that a value can get into.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    /// A parameter of a function, or a member of the struct that it points to.
    Param { place: Place, name: String, n: usize, of: Option<String>, field: Option<String> },
    /// A member of a heap struct, as far as the files of one directory read it.
    Cell { of: Option<String>, field: String, pointee: Option<String>, dir: String },
}

/// An edge, and the step that it is.
type Edge = (Node, Step);

/// What one node does by itself, and where it leads.
#[derive(Debug, Default)]
struct Summary {
    outcome: Outcome,
    edges: Vec<Edge>,
}

/// More than this is not followed: the flow has then long lost its meaning.
const MOST_NODES: usize = 20_000;

/// So many definitions of one name are followed, each port's by itself.
const MOST_VERSIONS: usize = 16;

/// Follows values through a tree.
pub struct Program<'x, 't> {
    /// Declarations.
    pub lookup: &'x Lookup<'t>,
    /// What reaching something means.
    pub pack: &'x Pack,
    /// The tracked field.
    pub target: &'x Target,
}

struct Engine<'x, 't> {
    lookup: &'x Lookup<'t>,
    pack: &'x Pack,
    target: &'x Target,
    functions: Functions<'t>,
    dispatch: Dispatch<'t>,
}

impl Program<'_, '_> {
    /// Completes the outcomes of all loads.
    pub fn resolve(&self, files: &mut [FileAudit]) {
        let mut loads: Vec<&mut Outcome> = files
            .iter_mut()
            .flat_map(|f| &mut f.drafts)
            .filter(|d| d.bucket == Bucket::Classified && d.site.access == Access::Load)
            .map(|d| &mut d.site.outcome)
            .filter(|o| !o.calls.is_empty() || !o.cells.is_empty())
            .collect();
        if loads.is_empty() {
            return;
        }
        let tree = self.lookup.tree();
        let (functions, dispatch) = rayon::join(|| Functions::new(tree), || Dispatch::new(tree));
        let engine = Engine { lookup: self.lookup, pack: self.pack, target: self.target, functions, dispatch };
        let roots: Vec<Vec<Edge>> = loads.iter_mut().map(|o| engine.edges(o)).collect();
        let graph = Graph::explore(&engine, &roots);
        for (outcome, edges) in loads.into_iter().zip(&roots) {
            graph.complete(outcome, edges);
        }
    }
}

impl Engine<'_, '_> {
    /// Turns what an outcome hands on into edges; what leads nowhere becomes opaque, with the reason.
    fn edges(&self, outcome: &mut Outcome) -> Vec<Edge> {
        let mut edges = Vec::new();
        for call in std::mem::take(&mut outcome.calls) {
            self.call(&call, outcome, &mut edges);
        }
        for cell in std::mem::take(&mut outcome.cells) {
            let Cell { of, field, pointee, path, at } = cell;
            if field == self.target.field && of.as_ref().is_none_or(|of| *of == self.target.of) {
                // It goes on in another request; what reads it there is a load of its own.
                continue;
            }
            let step =
                Step { what: format!("stored:{}.{field}", of.as_deref().unwrap_or("?")), path: path.clone(), at };
            let dir = path.rsplit_once('/').map_or("", |(d, _)| d).to_owned();
            edges.push((Node::Cell { of, field, pointee, dir }, step));
        }
        edges
    }

    fn call(&self, call: &Call, outcome: &mut Outcome, edges: &mut Vec<Edge>) {
        let step = Step { path: call.source.clone(), at: call.at, what: format!("arg:{}#{}", call.name, call.n) };
        let node = |place, name: &str, n, field| {
            (Node::Param { place, name: name.to_owned(), n, of: call.of.clone(), field }, step.clone())
        };
        let opaque = |outcome: &mut Outcome, why: String| {
            outcome.roles.insert(Role::Opaque);
            outcome.reasons.entry(Role::Opaque).or_insert_with(|| step.clone());
            outcome.notes.insert(why);
        };
        if let (Some(op), None) = (self.dispatch.operation(&call.name), &call.field) {
            // Implementations take the arguments in a struct.
            let Some(member) = op.members.get(call.n) else { return };
            let targets = self.dispatch.targets(&op.name, &call.path);
            for target in &targets.followed {
                for place in self.functions.definitions(&target.function, &target.path) {
                    edges.push(node(place, &target.function, 0, Some(member.clone())));
                }
            }
            if !targets.is_all {
                let why = format!("argument {} of {}: {} implementations", call.n, call.name, targets.count);
                opaque(outcome, why);
            }
            return;
        }
        // `#define foo bar`
        let renamed = self.lookup.makro(&call.name, &call.path).filter(|m| m.params.is_none()).and_then(|m| {
            let file = self.lookup.tree().file(&m.path)?;
            let text = String::from_utf8_lossy(m.body.of(&file.bytes)).trim().to_owned();
            (!text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some(text)
        });
        let name = renamed.as_deref().unwrap_or(&call.name);
        let places = self.functions.definitions(name, &call.path);
        if places.is_empty() {
            return opaque(outcome, format!("argument {} of {}(): no source of it in the tree", call.n, call.name));
        }
        if places.len() > MOST_VERSIONS {
            let why = format!(
                "argument {} of {}(): {} versions of it, {MOST_VERSIONS} followed",
                call.n,
                call.name,
                places.len()
            );
            opaque(outcome, why);
        }
        edges.extend(places.into_iter().take(MOST_VERSIONS).map(|p| node(p, name, call.n, call.field.clone())));
    }

    /// What a node does by itself.
    fn summary(&self, node: &Node) -> Summary {
        let mut outcome = match node {
            Node::Param { place, name, n, of, field } => self.param(*place, name, *n, of.as_deref(), field.as_deref()),
            Node::Cell { of, field, pointee, dir } => self.cell(of.as_deref(), field, pointee.as_deref(), dir),
        };
        let edges = self.edges(&mut outcome);
        Summary { outcome, edges }
    }

    fn flow<'b>(&'b self, body: &'b Body<'b>, types: Types<'b, 'b>, pointee: Option<&str>) -> Flow<'b, 'b> {
        Flow { body, pack: self.pack, types, source_path: types.path, pointee: pointee.map(str::to_owned), macros: 0 }
    }

    fn param(&self, place: Place, name: &str, n: usize, of: Option<&str>, field: Option<&str>) -> Outcome {
        let mut all = Outcome::default();
        let (mut found, mut taken) = (false, false);
        let mut fewer = 0;
        let path = &self.functions.file(place).path;
        let globals = FxHashMap::default();
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
                let types = Types { lookup: self.lookup, globals: &globals, path };
                // The parameter's own declaration says best what it points to.
                let declared = match ast.decls(f.params)[n].ty.base {
                    crate::ast::Base::Struct(tag) if field.is_none() => Some(body.name(tag)),
                    _ => None,
                };
                let of = declared.as_deref().or(of);
                all.merge(self.flow(&body, types, of).follow_param(n as u32, field));
            }
        });
        if found && !taken {
            all.roles.insert(Role::Opaque);
            all.notes.insert(format!("argument {n} of {name}(): it takes {fewer}; the rest is variable or implicit"));
        } else if !found {
            all.roles.insert(Role::Opaque);
            all.notes.insert(format!("the definition of {name}() in {path} could not be read"));
        }
        all.settle(false);
        all
    }

    /// The reads of a member in the files of a directory.
    fn cell(&self, of: Option<&str>, field: &str, pointee: Option<&str>, dir: &str) -> Outcome {
        let mut all = Outcome::default();
        let finder = memmem::Finder::new(field);
        let globals = FxHashMap::default();
        for (i, file) in self.lookup.tree().files.iter().enumerate() {
            if file.path.rsplit_once('/').map_or("", |(d, _)| d) != dir || !crate::stats::is_c(&file.path) {
                continue;
            }
            let member = |at: &usize| {
                let before = file.bytes[..*at].trim_ascii_end();
                is_word(&file.bytes, *at, field.len()) && (before.ends_with(b"->") || before.ends_with(b"."))
            };
            let places: Vec<u32> = finder.find_iter(&file.bytes).filter(member).map(|at| at as u32).collect();
            let parsed = if places.is_empty() { continue } else { self.functions.parsed(i as u32) };
            let mut done: BTreeSet<u32> = BTreeSet::new();
            for at in &places {
                let token = parsed.unit.token_at(*at);
                let item = parsed.items.partition_point(|r| r.1 <= token) as u32;
                if !done.insert(item) {
                    continue;
                }
                let types = Types { lookup: self.lookup, globals: &globals, path: &file.path };
                self.functions.trees(i as u32, *at, |source, ast| {
                    for f in &ast.functions {
                        let body = Body::new(source, ast, f);
                        let flow = self.flow(&body, types, pointee);
                        for e in body.exprs() {
                            let Expr::Member { base, name, .. } = ast.expr(e) else { continue };
                            if body.name(name) != field || is_assigned(&body, e) {
                                continue;
                            }
                            let holder = types.struct_of(&body, base);
                            if holder.is_none() || of.is_none() || holder.as_deref() == of {
                                all.merge(flow.follow(e));
                            }
                        }
                    }
                });
            }
        }
        all.settle(false);
        // That nobody in sight reads it says nothing.
        all.roles.remove(&Role::Unused);
        all
    }
}

/// Everything that the loads reach.
struct Graph {
    ids: FxHashMap<Node, usize>,
    summaries: Vec<Summary>,
    /// Roles of each node and all that it leads to.
    roles: Vec<u32>,
}

fn bits(roles: &BTreeSet<Role>) -> u32 {
    roles.iter().fold(0, |b, r| b | 1 << (*r as u32))
}

impl Graph {
    fn explore(engine: &Engine<'_, '_>, roots: &[Vec<Edge>]) -> Graph {
        let mut ids: FxHashMap<Node, usize> = FxHashMap::default();
        let mut summaries: Vec<Summary> = Vec::new();
        let mut fresh: BTreeSet<Node> = roots.iter().flatten().map(|e| e.0.clone()).collect();
        while !fresh.is_empty() && summaries.len() < MOST_NODES {
            let round: Vec<Node> = std::mem::take(&mut fresh).into_iter().collect();
            let done: Vec<Summary> = round.par_iter().map(|n| engine.summary(n)).collect();
            for (node, summary) in round.into_iter().zip(done) {
                ids.insert(node, summaries.len());
                summaries.push(summary);
            }
            let known = &ids;
            let reached = summaries.iter().flat_map(|s| &s.edges).map(|e| &e.0).filter(|n| !known.contains_key(n));
            fresh = reached.cloned().collect();
        }
        let mut graph = Graph { ids, summaries, roles: Vec::new() };
        graph.sum_up();
        graph
    }

    /// Bottom-up over strongly connected components: all members of one have the roles of them all.
    fn sum_up(&mut self) {
        let mut digraph: DiGraph<(), ()> = DiGraph::with_capacity(self.summaries.len(), 0);
        for _ in &self.summaries {
            digraph.add_node(());
        }
        for (i, s) in self.summaries.iter().enumerate() {
            for (node, _) in &s.edges {
                if let Some(&j) = self.ids.get(node) {
                    digraph.update_edge(NodeIndex::new(i), NodeIndex::new(j), ());
                }
            }
        }
        self.roles = self.summaries.iter().map(|s| bits(&s.outcome.roles)).collect();
        // Tarjan's algorithm gives a component after all that it leads to.
        for component in tarjan_scc(&digraph) {
            let mut all = 0;
            for n in &component {
                all |= self.roles[n.index()];
                for next in digraph.neighbors(*n) {
                    all |= self.roles[next.index()];
                }
            }
            for n in component {
                self.roles[n.index()] = all;
            }
        }
    }

    /// Adds what lies beyond the loading function, and the shortest way to each role.
    fn complete(&self, outcome: &mut Outcome, edges: &[Edge]) {
        let reached = edges.iter().filter_map(|e| self.ids.get(&e.0)).fold(0, |b, i| b | self.roles[*i]);
        let direct = bits(&outcome.roles);
        for role in Role::ALL {
            if (reached & !direct) & (1 << (role as u32)) != 0 && role != Role::Unused {
                outcome.roles.insert(role);
                self.way(role, edges, outcome);
            }
        }
        if outcome.roles.is_empty() {
            outcome.roles.insert(Role::Unused);
        }
    }

    /// Breadth first from the load's edges to the nearest node that has the role by itself.
    fn way(&self, role: Role, edges: &[Edge], outcome: &mut Outcome) {
        let mut came: FxHashMap<usize, (Option<usize>, &Step)> = FxHashMap::default();
        let mut queue = VecDeque::new();
        for (node, step) in edges {
            if let Some(&i) = self.ids.get(node) {
                came.entry(i).or_insert_with(|| {
                    queue.push_back(i);
                    (None, step)
                });
            }
        }
        while let Some(i) = queue.pop_front() {
            let own = &self.summaries[i].outcome;
            if own.roles.contains(&role) {
                let mut way: Vec<Step> = own.reasons.get(&role).cloned().into_iter().collect();
                let mut at = Some(i);
                while let Some(here) = at {
                    let (before, step) = came[&here];
                    way.push(step.clone());
                    at = before;
                }
                way.reverse();
                outcome.ways.insert(role, way);
                if role == Role::Opaque {
                    outcome.notes.extend(own.notes.iter().cloned());
                }
                return;
            }
            for (node, step) in &self.summaries[i].edges {
                if let Some(&j) = self.ids.get(node) {
                    came.entry(j).or_insert_with(|| {
                        queue.push_back(j);
                        (Some(i), step)
                    });
                }
            }
        }
    }
}
