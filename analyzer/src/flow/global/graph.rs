//! Everything that the loads reach, as a graph, and the ways through it.

use super::engine::{Engine, Summary};
use super::{Edge, MOST_NODES, Node};
use crate::finding::{Confidence, Note, Role, RoleDoubt};
use crate::flow::local::{Outcome, StepAt, Trail};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uioscope_source::text::Cond;

/// Where a flow starts.
pub(crate) struct Root {
    pub edges: Vec<Edge>,
    /// What must be configured for the start itself.
    pub when: Cond,
}

/// So many different conditions are followed through one node; more would say the same again.
const MOST_CONDITIONS: usize = 3;

/// Steps of the search for all ways; what is left then is not listed.
const MOST_STEPS: usize = 200_000;

/// Nodes with what each does by itself and with all that it leads to.
pub(crate) struct Graph {
    pub ids: FxHashMap<Node, usize>,
    pub summaries: Vec<Summary>,
    /// One of many: only what all of its targets do counts.
    many: Vec<bool>,
    /// Roles of each node and all that it leads to.
    pub roles: Vec<u32>,
    /// The same by edges that are certain, and by those that are likely at least.
    sure: [Vec<u32>; 2],
}

/// A role that was found: the way to it, what must be configured for that, and its worst doubt.
type Found = BTreeMap<Role, (Trail, Option<Cond>, Option<RoleDoubt>)>;

pub(crate) fn bit(role: Role) -> u32 {
    1 << (role as u32)
}

fn bits(roles: &BTreeSet<Role>) -> u32 {
    roles.iter().fold(0, |b, r| b | bit(*r))
}

/// A node on the way, how it was reached, and under which condition.
struct Visit<'g> {
    id: usize,
    before: Option<usize>,
    edge: &'g Edge,
    when: Cond,
}

impl Graph {
    /// From the roots' edges, in rounds.
    pub fn explore<'e>(engine: &Engine<'_, '_>, roots: impl Iterator<Item = &'e Edge>) -> Graph {
        Graph::explore_up_to(engine, roots, MOST_NODES)
    }

    /// The same, as far as so many nodes.
    pub fn explore_up_to<'e>(engine: &Engine<'_, '_>, roots: impl Iterator<Item = &'e Edge>, most: usize) -> Graph {
        let mut ids: FxHashMap<Node, usize> = FxHashMap::default();
        let mut summaries: Vec<Summary> = Vec::new();
        let mut many = Vec::new();
        let mut fresh: BTreeSet<Node> = roots.map(|e| e.to.clone()).collect();
        while !fresh.is_empty() && summaries.len() < most {
            let round: Vec<Node> = std::mem::take(&mut fresh).into_iter().collect();
            let done: Vec<Summary> = round.par_iter().map(|n| engine.summary(n)).collect();
            for (node, summary) in round.into_iter().zip(done) {
                many.push(matches!(node, Node::Many { .. }));
                ids.insert(node, summaries.len());
                for edge in &summary.edges {
                    if !ids.contains_key(&edge.to) {
                        fresh.insert(edge.to.clone());
                    }
                }
                summaries.push(summary);
            }
            fresh.retain(|n| !ids.contains_key(n));
        }
        let mut graph = Graph { ids, summaries, many, roles: Vec::new(), sure: Default::default() };
        graph.sure = [graph.sum_up(Confidence::Certain), graph.sum_up(Confidence::Likely)];
        graph.roles = graph.sum_up(Confidence::Possible);
        graph
    }

    /// Where edges lead that are so sure at least.
    fn next(&self, i: usize, least: Confidence) -> impl Iterator<Item = usize> + '_ {
        let sure = self.summaries[i].edges.iter().filter(move |e| e.confidence() <= least);
        sure.filter_map(|e| self.ids.get(&e.to).copied())
    }

    /// Roles by edges that are so sure at least.
    fn at_least(&self, least: Confidence) -> &[u32] {
        match least {
            Confidence::Certain => &self.sure[0],
            Confidence::Likely => &self.sure[1],
            Confidence::Possible => &self.roles,
        }
    }

    /// Bottom-up over strongly connected components: all members of one have the roles of them all.
    fn sum_up(&self, least: Confidence) -> Vec<u32> {
        let mut digraph: DiGraph<(), ()> = DiGraph::with_capacity(self.summaries.len(), 0);
        for _ in &self.summaries {
            digraph.add_node(());
        }
        for i in 0..self.summaries.len() {
            for j in self.next(i, least) {
                digraph.add_edge(NodeIndex::new(i), NodeIndex::new(j), ());
            }
        }
        let mut roles: Vec<u32> = self.summaries.iter().map(|s| bits(&s.outcome.roles)).collect();
        // Tarjan's algorithm gives a component after all that it leads to.
        for component in tarjan_scc(&digraph) {
            let ids: Vec<usize> = component.iter().map(|n| n.index()).collect();
            if ids.iter().any(|i| self.many[*i]) {
                self.settle(&ids, &mut roles, least);
                continue;
            }
            let all = ids.iter().fold(0, |all, &i| self.next(i, least).fold(all | roles[i], |a, j| a | roles[j]));
            ids.into_iter().for_each(|i| roles[i] = all);
        }
        roles
    }

    /// The least solution for a component with a choice in it: roles only ever grow, so that it is soon reached.
    fn settle(&self, ids: &[usize], roles: &mut [u32], least: Confidence) {
        loop {
            let mut changed = false;
            for &i in ids {
                let now = if self.many[i] {
                    let common = self.next(i, least).map(|j| roles[j]).reduce(|a, b| a & b).unwrap_or(0);
                    bit(Role::Opaque) | (common & !bit(Role::Unused))
                } else {
                    self.next(i, least).fold(roles[i], |a, j| a | roles[j])
                };
                changed |= now != roles[i];
                roles[i] = now;
            }
            if !changed {
                return;
            }
        }
    }

    /// Adds what lies beyond the loading function, the shortest ways, and what must be configured for them.
    pub fn complete(&self, engine: &Engine<'_, '_>, outcome: &mut Outcome, root: &Root, ways: usize) {
        let mut found: Found = BTreeMap::new();
        for role in std::mem::take(&mut outcome.roles) {
            match outcome.reasons.get(&role) {
                None => {
                    found.insert(role, (Vec::new(), None, None));
                }
                Some(trails) => {
                    if let Some((trail, when)) = best(engine, &root.when, &root.when, trails) {
                        found.insert(role, (trail, when, None));
                    }
                }
            }
        }
        // The surest way first; and one that is always there before one that needs something configured.
        for least in [Confidence::Certain, Confidence::Likely, Confidence::Possible] {
            let is_last = least == Confidence::Possible;
            if is_last || self.is_missing(root, &found, least) {
                let always = |_: &Cond, edge: &Edge| under(&root.when, &edge.when) == root.when;
                self.search(engine, outcome, root, &mut found, least, always);
            }
        }
        for least in [Confidence::Certain, Confidence::Likely, Confidence::Possible] {
            let has_nulls = least == Confidence::Possible && !outcome.nulls.is_empty();
            if has_nulls || self.is_missing(root, &found, least) {
                let ever = |when: &Cond, edge: &Edge| under(when, &edge.when) != Cond::Const(false);
                self.search(engine, outcome, root, &mut found, least, ever);
            }
        }
        if found.len() > 1 {
            found.remove(&Role::Unused);
        }
        if found.is_empty() {
            found.insert(Role::Unused, (Vec::new(), None, None));
        }
        for (role, (trail, when, doubt)) in found {
            outcome.roles.insert(role);
            outcome.doubts.extend(doubt.map(|d| (role, d)));
            outcome.conditions.extend(when.map(|w| (role, w)));
            outcome.ways.push((role, trail));
        }
        outcome.close();
        if ways > 1 {
            self.all_ways(outcome, root, ways);
        }
    }

    /// Whether a role that edges so sure lead to was not found yet.
    fn is_missing(&self, root: &Root, found: &Found, least: Confidence) -> bool {
        let open = root.edges.iter().filter(|e| e.confidence() <= least);
        let reached = open.filter_map(|e| self.ids.get(&e.to)).fold(0, |b, i| b | self.at_least(least)[*i]);
        Role::ALL.iter().any(|r| reached & bit(*r) != 0 && !found.contains_key(r))
    }

    /// Breadth first over the edges that are open and so sure at least.
    fn search<'g>(
        &'g self,
        engine: &Engine<'_, '_>,
        outcome: &mut Outcome,
        root: &'g Root,
        found: &mut Found,
        least: Confidence,
        is_open: impl Fn(&Cond, &Edge) -> bool,
    ) {
        let mut visits: Vec<Visit<'g>> = Vec::new();
        let mut seen: FxHashMap<usize, Vec<Cond>> = FxHashMap::default();
        let mut queue: VecDeque<usize> = VecDeque::new();
        let mut go = |visits: &mut Vec<Visit<'g>>, queue: &mut VecDeque<usize>, before, when: &Cond, edge: &'g Edge| {
            let is_sure = edge.confidence() <= least;
            let Some(&id) = self.ids.get(&edge.to).filter(|_| is_sure && is_open(when, edge)) else { return };
            let when = under(when, &edge.when);
            let known = seen.entry(id).or_default();
            // What was looked at under a weaker condition says all that a stronger one could.
            if known.len() < MOST_CONDITIONS && !known.iter().any(|k| *k == root.when || under(&when, k) == when) {
                known.push(when.clone());
                queue.push_back(visits.len());
                visits.push(Visit { id, before, edge, when });
            }
        };
        for edge in &root.edges {
            go(&mut visits, &mut queue, None, &root.when, edge);
        }
        while let Some(at) = queue.pop_front() {
            let (id, when) = (visits[at].id, visits[at].when.clone());
            let own = &self.summaries[id].outcome;
            outcome.nulls.extend(own.nulls.iter().cloned());
            outcome.seen_to(own.looked_into.clone(), own.printed.clone());
            let roles = if self.many[id] { self.at_least(least)[id] } else { bits(&own.roles) };
            for role in Role::ALL.into_iter().filter(|r| roles & bit(*r) != 0 && *r != Role::Unused) {
                if found.contains_key(&role) {
                    continue;
                }
                let none = [Vec::new()];
                let trails = own.reasons.get(&role).map_or(&none[..], |t| &t[..]);
                let Some((trail, extra)) = best(engine, &root.when, &when, trails) else { continue };
                let mut way = self.way(&visits, at);
                way.extend(trail);
                let doubt = if role == Role::Opaque { None } else { self.doubt(&visits, at) };
                found.insert(role, (way, extra, doubt));
                if role == Role::Opaque {
                    outcome.notes.extend(own.notes.iter().cloned());
                }
            }
            if !self.many[id] {
                for edge in &self.summaries[id].edges {
                    go(&mut visits, &mut queue, Some(at), &when, edge);
                }
            }
        }
    }

    /// The steps to a visit.
    fn way(&self, visits: &[Visit<'_>], at: usize) -> Trail {
        let mut parts: Vec<&[StepAt]> = Vec::new();
        let mut here = Some(at);
        while let Some(i) = here {
            parts.push(&visits[i].edge.trail);
            here = visits[i].before;
        }
        parts.into_iter().rev().flatten().cloned().collect()
    }

    /// The worst doubt on the way to a visit; of equal ones the first.
    fn doubt(&self, visits: &[Visit<'_>], at: usize) -> Option<RoleDoubt> {
        let way = std::iter::successors(Some(at), |i| visits[*i].before);
        let doubts = way.filter_map(|i| visits[i].edge.doubt.as_ref());
        doubts.max_by_key(|d| d.leaves()).cloned()
    }

    /// Depth first over all simple ways, up to so many for each role beyond the shortest.
    fn all_ways(&self, outcome: &mut Outcome, root: &Root, most: usize) {
        let mut counts: BTreeMap<Role, usize> = outcome.ways.iter().map(|(r, _)| (*r, 1)).collect();
        let mut more: BTreeSet<(Role, usize, Trail)> = BTreeSet::new();
        let mut left = MOST_STEPS;
        // Each frame: edges still to go, the length of the way before them, the node.
        let mut frames: Vec<(Vec<&Edge>, usize, Option<usize>)> = vec![(root.edges.iter().rev().collect(), 0, None)];
        let mut way: Trail = Vec::new();
        let direct = outcome.reasons.iter().flat_map(|(r, ts)| ts.iter().map(move |t| (*r, t.clone())));
        let mut ways: Vec<(Role, Trail)> = direct.collect();
        while let Some((edges, length, _)) = frames.last_mut() {
            way.truncate(*length);
            let Some(edge) = edges.pop() else {
                frames.pop();
                continue;
            };
            let Some(&id) = self.ids.get(&edge.to) else { continue };
            if left == 0 || frames.iter().any(|f| f.2 == Some(id)) {
                continue;
            }
            left -= 1;
            way.extend(edge.trail.iter().cloned());
            for (role, trails) in &self.summaries[id].outcome.reasons {
                let count = counts.entry(*role).or_insert(1);
                for trail in trails.iter().filter(|_| outcome.roles.contains(role)) {
                    *count += 1;
                    ways.push((*role, [&way[..], trail].concat()));
                }
            }
            let next = if self.many[id] { Vec::new() } else { self.summaries[id].edges.iter().rev().collect() };
            let length = way.len();
            frames.push((next, length, Some(id)));
        }
        let known: BTreeSet<(Role, Trail)> = outcome.ways.iter().cloned().collect();
        for (role, way) in ways {
            if outcome.roles.contains(&role) && !known.contains(&(role, way.clone())) {
                more.insert((role, way.len(), way));
            }
        }
        let total = more.len();
        let mut kept: BTreeMap<Role, usize> = BTreeMap::new();
        let mut shown = 0;
        for (role, _, way) in more {
            let n = kept.entry(role).or_insert(1);
            if *n < most {
                *n += 1;
                shown += 1;
                outcome.ways.push((role, way));
            }
        }
        outcome.ways.sort_by_key(|(r, _)| *r);
        if shown < total || left == 0 {
            outcome.notes.insert(Note::MoreWays { count: total - shown, at_least: left == 0 });
        }
    }

    /// What every node that the edges lead to says of readers; and whether one of them stores the field.
    pub fn readers(&self, root: &Root) -> (BTreeMap<StepAt, Trail>, bool) {
        let mut readers: BTreeMap<StepAt, Trail> = BTreeMap::new();
        let mut sets = false;
        let mut visits: Vec<Visit<'_>> = Vec::new();
        let mut seen = vec![false; self.summaries.len()];
        let mut queue: VecDeque<(Option<usize>, &Edge)> = root.edges.iter().map(|e| (None, e)).collect();
        while let Some((before, edge)) = queue.pop_front() {
            let Some(&id) = self.ids.get(&edge.to) else { continue };
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            visits.push(Visit { id, before, edge, when: Cond::Const(true) });
            let at = visits.len() - 1;
            let own = &self.summaries[id].outcome;
            sets |= own.sets;
            for (reader, trail) in &own.readers {
                if !readers.contains_key(reader) {
                    let way = self.way(&visits, at);
                    readers.insert(reader.clone(), [&way[..], trail].concat());
                }
            }
            queue.extend(self.summaries[id].edges.iter().map(|e| (Some(at), e)));
        }
        (readers, sets)
    }
}

/// Both; without work where one of them is nothing.
fn under(a: &Cond, b: &Cond) -> Cond {
    match (a, b) {
        (_, Cond::Const(true)) => a.clone(),
        (Cond::Const(true), _) => b.clone(),
        _ if a == b => a.clone(),
        _ => Cond::all(vec![a.clone(), b.clone()]),
    }
}

/// The first trail that needs nothing beyond the start; else the first that is possible, with what it needs.
fn best(engine: &Engine<'_, '_>, root: &Cond, before: &Cond, trails: &[Trail]) -> Option<(Trail, Option<Cond>)> {
    let mut possible: Option<(Trail, Option<Cond>)> = None;
    for trail in trails {
        let when = under(before, &engine.when(trail));
        if when == Cond::Const(false) {
            continue;
        }
        let extra = beyond(root, &when);
        if extra.is_none() {
            return Some((trail.clone(), None));
        }
        possible.get_or_insert_with(|| (trail.clone(), extra));
    }
    possible
}

/// The terms of a condition that the start's own does not have.
fn beyond(root: &Cond, when: &Cond) -> Option<Cond> {
    let own = root.terms();
    let extra: Vec<Cond> = when.terms().iter().filter(|t| !own.contains(t)).cloned().collect();
    (!extra.is_empty()).then(|| Cond::all(extra))
}
