//! Follows values through the whole program: from function to function, through argument structs, op-vectors, heap
//! structs, variables and back to callers, starting from the loads and going only where they lead.
//!
//! What a value handed to a parameter does is worked out once for each parameter, in rounds of what was newly reached,
//! all of a round in parallel. The roles are then summed up over the strongly connected components of the resulting graph,
//! so that recursion costs nothing and the whole grows with what was reached.

mod calls;
pub(crate) mod engine;
pub(crate) mod graph;

use crate::callgraph::operations::Dispatch;
use crate::callgraph::pointers::Registry;
use crate::finding::{Confidence, RoleDoubt};
use crate::flow::local::{Outcome, Trail};
use crate::flow::target::Target;
use crate::packs::Pack;
use engine::Engine;
use graph::{Graph, Root};
use uioscope_source::decls::functions::{Functions, Place};
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::text::Cond;

/// Something that a value can get into. `fields` are the members from there to the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Node {
    /// A parameter of a function; `binds` are other arguments that are functions.
    Param { place: Place, name: String, n: usize, of: Option<String>, fields: Vec<String>, binds: Vec<(usize, String)> },
    /// A member of a heap struct, as far as the files of one directory read it.
    Cell { of: Option<String>, field: String, fields: Vec<String>, pointee: Option<String>, dir: String },
    /// A variable, as far as the files of one directory read it, or one file if it is static.
    Variable { name: String, fields: Vec<String>, pointee: Option<String>, path: String },
    /// What a function returns, or stores through an argument.
    Exit { place: Place, name: String, argument: Option<usize>, fields: Vec<String>, of: Option<String> },
    /// One of many functions, which depends on what is registered: only what all of them do is certain.
    Many { shown: String, n: usize, targets: Vec<Node> },
}

/// Where a value goes on, by which steps, and what must be configured for them.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub to: Node,
    pub trail: Trail,
    pub when: Cond,
    /// Why it may be that the value does not go there.
    pub doubt: Option<RoleDoubt>,
}

impl Edge {
    /// The same, in doubt.
    pub fn doubted(self, doubt: Option<RoleDoubt>) -> Edge {
        Edge { doubt, ..self }
    }

    /// How sure it is.
    pub fn confidence(&self) -> Confidence {
        self.doubt.as_ref().map_or(Confidence::Certain, RoleDoubt::leaves)
    }
}

/// More than this is not followed: the flow has then long lost its meaning.
pub(crate) const MOST_NODES: usize = 20_000;

/// Follows values through a tree.
pub struct Program<'x, 't> {
    /// Declarations.
    pub lookup: &'x Lookup<'t>,
    /// Where functions are defined.
    pub functions: &'x Functions<'t>,
    /// What vnode operations reach.
    pub dispatch: &'x Dispatch<'t>,
    /// What function pointers reach.
    pub registry: &'x Registry<'x, 't>,
    /// What reaching something means.
    pub pack: &'x Pack,
    /// The tracked field.
    pub target: &'x Target,
    /// How many ways to a role are kept; the first is the shortest.
    pub ways: usize,
}

/// Makes the indexes that following values needs, and calls `f` with a program over them.
pub fn with<'t, R>(
    lookup: &Lookup<'t>,
    functions: &Functions<'t>,
    pack: &Pack,
    target: &Target,
    ways: usize,
    f: impl FnOnce(&Program<'_, '_>) -> R,
) -> R {
    let dispatch = Dispatch::new(lookup.tree(), &pack.operations);
    let registry = Registry::new(lookup, functions);
    let (dispatch, registry) = (&dispatch, &registry);
    f(&Program { lookup, functions, dispatch, registry, pack, target, ways: ways.max(1) })
}

impl Program<'_, '_> {
    /// Completes the outcomes of loads, each with the file and the byte offset that it stands at.
    pub fn resolve(&self, mut loads: Vec<(&str, u32, &mut Outcome)>) {
        if loads.is_empty() {
            return;
        }
        let engine = Engine::new(self, None);
        let roots: Vec<Root> = loads.iter_mut().map(|(path, at, outcome)| engine.root(path, *at, outcome)).collect();
        let graph = Graph::explore(&engine, roots.iter().flat_map(|r| &r.edges));
        for ((_, _, outcome), root) in loads.into_iter().zip(&roots) {
            graph.complete(&engine, outcome, root, self.ways);
        }
    }
}
