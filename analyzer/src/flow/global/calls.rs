//! Which functions a call means.

use super::engine::Engine;
use super::{Edge, Node};
use crate::callgraph::operations::{Implementation, Targets};
use crate::finding::{Lost, Note, Role, RoleDoubt};
use crate::flow::local::{Call, Callee, Outcome, Trail};
use uioscope_source::decls::functions::Place;

/// So many definitions of one name are followed, each port's by itself.
const MOST_VERSIONS: usize = 16;

/// A request that is handed to one of more functions than this is not followed to its readers.
const MOST_READERS: usize = 100;

/// Of so many implementations it is worked out what all of them do.
const MOST_TARGETS: usize = 500;

/// Adds the edges of a call; what leads nowhere becomes opaque, with the reason.
pub(super) fn follow(engine: &Engine<'_, '_>, call: &Call, trail: Trail, outcome: &mut Outcome, edges: &mut Vec<Edge>) {
    match &call.callee {
        Callee::Function(name) => function(engine, call, name, trail, outcome, edges),
        // Not every name beside the value is a function.
        Callee::Later(name) => {
            for place in engine.functions.definitions(name, &call.path).into_iter().take(MOST_VERSIONS) {
                let to = node(call, place, name, 0, call.fields.clone());
                edges.push(engine.edge(to, trail.clone()).doubted(Some(RoleDoubt::Beside(name.clone()))));
            }
        }
        Callee::Param { .. } if call.from.is_empty() => {
            opaque(engine, outcome, trail, Lost::MacroArgument(call.n));
        }
        // Which table an expression of unknown type means is a guess, and a request's readers are no matter for guesses.
        Callee::Member { of: None, .. } if engine.reading.is_some() => {}
        pointer => {
            let registry = &engine.registry;
            let targets = match pointer {
                Callee::Member { of, name } => registry.targets(of.as_deref(), name, &call.path),
                Callee::Variable(name) => registry.assigned(name, &call.path),
                Callee::Param { n, .. } => registry.passed(&call.from, *n, &call.path),
                Callee::Function(_) | Callee::Later(_) => return,
            };
            let to = |c: &Call, place, name: &str| node(c, place, name, c.n, c.fields.clone());
            dispatched(engine, call, &pointer.shown(), &targets, &to, trail, outcome, edges);
        }
    }
}

fn opaque(engine: &Engine<'_, '_>, outcome: &mut Outcome, trail: Trail, why: Lost) {
    if engine.reading.is_some() {
        return;
    }
    outcome.reason(Role::Opaque, trail);
    outcome.notes.insert(Note::Lost(why));
}

fn node(call: &Call, place: Place, name: &str, n: usize, fields: Vec<String>) -> Node {
    Node::Param { place, name: name.to_owned(), n, of: call.of.clone(), fields, binds: call.binds.clone() }
}

fn function(
    engine: &Engine<'_, '_>,
    call: &Call,
    called: &str,
    trail: Trail,
    outcome: &mut Outcome,
    edges: &mut Vec<Edge>,
) {
    if let Some(op) = engine.dispatch.operation(called) {
        // Implementations take the arguments in a struct.
        let Some(member) = op.members.get(call.n) else { return };
        let targets = engine.dispatch.targets(&op.name, &call.path);
        let fields = [std::slice::from_ref(member), &call.fields[..]].concat();
        return dispatched(
            engine,
            call,
            called,
            &targets,
            &|c, place, name| node(c, place, name, 0, fields.clone()),
            trail,
            outcome,
            edges,
        );
    }
    // `#define foo bar`
    let renamed = engine.lookup.makro(called, &call.path).filter(|m| m.params.is_none()).and_then(|m| {
        let file = engine.lookup.tree().file(&m.path)?;
        let text = String::from_utf8_lossy(m.body.of(&file.bytes)).trim().to_owned();
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some(text)
    });
    let name = renamed.as_deref().unwrap_or(called);
    let places = engine.functions.definitions(name, &call.path);
    if places.is_empty() {
        let why = Lost::NoSource { n: call.n, callee: called.to_owned() };
        return opaque(engine, outcome, trail, why);
    }
    if places.len() > MOST_VERSIONS {
        let why = Lost::Versions { n: call.n, callee: called.to_owned(), count: places.len(), followed: MOST_VERSIONS };
        opaque(engine, outcome, trail.clone(), why);
    }
    for place in places.into_iter().take(MOST_VERSIONS) {
        let to = node(call, place, name, call.n, call.fields.clone());
        edges.push(engine.edge(to, trail.clone()));
    }
}

/// One of several functions that are registered: all of few, the caller's own of many, and what all of them do.
#[allow(clippy::too_many_arguments)] // What `follow` has, and what was found.
fn dispatched(
    engine: &Engine<'_, '_>,
    call: &Call,
    shown: &str,
    targets: &Targets,
    to: &dyn Fn(&Call, Place, &str) -> Node,
    trail: Trail,
    outcome: &mut Outcome,
    edges: &mut Vec<Edge>,
) {
    let mut missing: Vec<String> = Vec::new();
    let mut nodes = |list: &[Implementation]| -> Vec<Node> {
        let mut nodes = Vec::new();
        for t in list {
            let places = engine.functions.implementations(&t.function, &t.path);
            if places.is_empty() && !missing.contains(&t.function) {
                missing.push(t.function.clone());
            }
            nodes.extend(places.into_iter().map(|p| to(call, p, &t.function)));
        }
        nodes.sort();
        nodes.dedup();
        nodes
    };
    if engine.reading.is_some() {
        // A reader in any of them is a reader.
        if targets.count > MOST_READERS {
            return;
        }
        let nodes = nodes(&targets.all);
        return edges.extend(nodes.into_iter().map(|n| engine.edge(n, trail.clone())));
    }
    let doubt = match &call.callee {
        Callee::Member { of: None, .. } => Some(RoleDoubt::NameAlone { through: shown.to_owned() }),
        _ if targets.count == 1 && targets.is_all => None,
        _ => Some(RoleDoubt::Dispatch { through: shown.to_owned(), count: targets.count }),
    };
    let to_target = |n| engine.edge(n, trail.clone()).doubted(doubt.clone());
    edges.extend(nodes(&targets.followed).into_iter().map(to_target));
    if targets.is_all {
        for name in missing {
            let why = Lost::NoTarget { n: call.n, through: shown.to_owned(), target: name };
            opaque(engine, outcome, trail.clone(), why);
        }
        return;
    }
    let why =
        Lost::Implementations { n: call.n, through: shown.to_owned(), count: targets.count, unread: targets.unread };
    opaque(engine, outcome, trail.clone(), why);
    if targets.unread == 0 && (1..=MOST_TARGETS).contains(&targets.count) {
        let many = Node::Many { shown: shown.to_owned(), n: call.n, targets: nodes(&targets.all) };
        edges.push(engine.edge(many, trail));
    }
}
