//! The checklist: steps in an order that keeps the tree compiling, each with its sites, its edits or its question.

mod maker;

use crate::design::Column;
use crate::edit::{Applicability, Edit, Fix, apply, settle};
use crate::facts::facts;
use crate::includes::Includes;
use crate::rewrite::Context;
use crate::status::{Mark, marks};
use crate::whatif::{WhatIf, judged};
use maker::Maker;
use petgraph::algo::toposort;
use petgraph::graph::DiGraph;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::finding::{Access, Audit};
use uioscope_analyzer::flow::global::Program;
use uioscope_analyzer::packs::Migration;
use uioscope_source::text::LineIndex;

/// The document's schema name and version.
pub const SCHEMA: &str = "uioscope.plan/1";

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The new member.
    Declare,
    /// What it needs.
    Helpers,
    /// Loads that are about the running process.
    Current,
    /// Something that nobody but a person can decide.
    Decide,
    /// Stores.
    Store,
    /// Loads of the address space, with what hangs on them.
    Space,
    /// Tests of the companion field.
    Tests,
    /// The old member goes.
    Retire,
    /// Comments, and text that is disabled.
    Words,
}

impl StepKind {
    /// The word in names of steps, JSON and reports.
    pub fn name(self) -> &'static str {
        match self {
            StepKind::Declare => "declare",
            StepKind::Helpers => "helpers",
            StepKind::Current => "current",
            StepKind::Decide => "decide",
            StepKind::Store => "store",
            StepKind::Space => "space",
            StepKind::Tests => "tests",
            StepKind::Retire => "retire",
            StepKind::Words => "words",
        }
    }
}

/// A place that a step is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Site {
    /// The finding's; nothing for a place that is none.
    pub id: Option<String>,
    /// Relative to the tree's root.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// Around it.
    pub function: String,
    /// By which it is found again.
    #[serde(flatten)]
    pub mark: Mark,
    /// Why it is here.
    pub why: String,
}

/// One way to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What to do.
    pub what: String,
    /// What it costs.
    pub cost: String,
}

/// What has to be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// In a sentence.
    pub ask: String,
    /// The ways.
    pub options: Vec<Choice>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `store/sys/kern`: the same as long as what it is about stays where it is.
    pub name: String,
    /// What it is for.
    pub kind: StepKind,
    /// In a sentence.
    pub title: String,
    /// Why.
    pub why: String,
    /// The places.
    pub sites: Vec<Site>,
    /// What has to be decided.
    pub question: Option<Question>,
    /// How its edits can be trusted; nothing where there are none.
    pub applicability: Option<Applicability>,
    /// What to know of the edits.
    pub notes: Vec<String>,
    /// How to see that it is done.
    pub check: String,
    /// Names of the steps that come first.
    pub needs: Vec<String>,
    /// The edits; the patch shows them.
    #[serde(skip)]
    pub fixes: Vec<Fix>,
}

/// The whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// As the user named it.
    pub tree: String,
    /// `struct.field`.
    pub field: String,
    /// The role pack.
    pub pack: String,
    /// `vmspace` or `lwp`.
    pub to: &'static str,
    /// Set where there is nothing to do: the reason.
    pub done: Option<String>,
    /// In order.
    pub steps: Vec<Step>,
    /// Files that edits change, with a hash of what they were made from.
    pub files: BTreeMap<String, String>,
}

/// The plan, and the answer that it is made from.
pub fn plan(program: &Program<'_, '_>, audit: &Audit, to: Column) -> (Plan, WhatIf) {
    let facts = facts(program, audit);
    let answer = judged(audit, &facts);
    let mut plan = Plan {
        schema: SCHEMA,
        tree: audit.tree.clone(),
        field: audit.field.clone(),
        pack: audit.pack.clone(),
        to: to.name(),
        done: None,
        steps: Vec::new(),
        files: BTreeMap::new(),
    };
    let words = &program.pack.migration;
    if to.is_space() && !words.is_known() {
        plan.done = Some(format!("pack {} has no [migration] section: it names nothing to migrate to", audit.pack));
        return (plan, answer);
    }
    if to.is_space() && program.target.of != program.pack.track_struct {
        plan.done = Some(format!(
            "pack {} says what replaces a field of struct {}, and {} is none: write a pack with its own [migration]",
            audit.pack, program.pack.track_struct, audit.field
        ));
        return (plan, answer);
    }
    let includes = Includes::new(program.lookup.tree());
    let context = Context { program, audit, facts: &facts, includes: &includes };
    let marks = marks(program.lookup.tree(), &audit.findings);
    let maker = Maker { context: &context, answer: &answer, marks: &marks };
    let is_there = to.is_space() && program.target.field == words.member;
    let mut steps = match (is_there, to.is_space()) {
        (true, _) => maker.rest(),
        (false, true) => maker.to_space(),
        (false, false) => maker.to_lwp(to),
    };
    if is_there && steps.is_empty() {
        plan.done = Some(format!("already migrated: {} is an address space", audit.field));
        return (plan, answer);
    }
    let is_used = || audit.findings.iter().any(|f| matches!(f.access, Access::Load | Access::Store));
    if let Some(member) = audit.migrated.as_ref().filter(|_| !is_used()) {
        plan.done = Some(format!("already migrated: {} is gone, and {member} is declared", audit.field));
        return (plan, answer);
    }
    let tree = program.lookup.tree();
    let on_disk = |e: &crate::edit::Edit| match tree.file(&e.path) {
        Some(file) => file.span_on_disk(e.start, e.end),
        None => Some((e.start, e.end)),
    };
    settle(steps.iter_mut().flat_map(|s| &mut s.fixes), on_disk);
    plan.steps = ordered(steps);
    hold_back(words, &mut plan.steps);
    plan.steps.iter_mut().for_each(|s| foresee(&context, s));
    plan.steps.iter_mut().for_each(summed);
    for edit in plan.steps.iter().flat_map(|s| &s.fixes).flat_map(|f| &f.edits) {
        if let Some(file) = program.lookup.tree().file(&edit.path) {
            plan.files.entry(edit.path.clone()).or_insert_with(|| crate::status::digest(file.on_disk()));
        }
    }
    (plan, answer)
}

/// Edits that name what is to be written by hand cannot compile before that: they are shown only.
fn hold_back(words: &Migration, steps: &mut [Step]) {
    let by_hand = |kind: StepKind| {
        let step = steps.iter().find(|s| s.kind == kind && s.fixes.iter().any(|f| f.edits.is_empty()));
        step.map(|s| s.name.clone())
    };
    let (declare, helpers) = (by_hand(StepKind::Declare), by_hand(StepKind::Helpers));
    let names: Vec<&str> = words.macros.iter().chain(&words.prototypes).map(|(name, _)| name.as_str()).collect();
    let holds = |text: &[u8], name: &str| !name.is_empty() && crate::sites::words(text).contains(name.as_bytes());
    for step in steps.iter_mut().filter(|s| !matches!(s.kind, StepKind::Declare | StepKind::Helpers)) {
        for fix in step.fixes.iter_mut().filter(|f| !f.edits.is_empty()) {
            let any = |names: &[&str]| fix.edits.iter().any(|e| names.iter().any(|n| holds(&e.text, n)));
            let calls = any(&names) || any(&[&words.setup, &words.is_kernel]);
            let missing = match (&declare, &helpers) {
                (Some(first), _) if calls || any(&[&words.member]) => first,
                (_, Some(first)) if calls => first,
                _ => continue,
            };
            fix.note = format!("step {missing} comes first, and is work by hand");
            fix.applicability = Applicability::DisplayOnly;
        }
    }
}

/// A file before and after the edits of one step.
struct Foreseen<'e> {
    /// In order, each with what all before it add to the text's length.
    edits: Vec<(&'e Edit, i64)>,
    lines: LineIndex,
    after: Vec<u8>,
}

impl<'e> Foreseen<'e> {
    fn new(text: &[u8], mut edits: Vec<&'e Edit>) -> Foreseen<'e> {
        edits.sort();
        edits.dedup();
        let after = apply(text, edits.iter().copied());
        let mut shift = 0;
        let with_shift = |e: &'e Edit| {
            let before = shift;
            shift += e.text.len() as i64 - i64::from(e.end - e.start);
            (e, before)
        };
        Foreseen { edits: edits.into_iter().map(with_shift).collect(), lines: LineIndex::new(text), after }
    }

    /// The line that an edit's text stands in.
    fn line_of(&self, start: u32) -> &[u8] {
        let at = self.edits.partition_point(|(e, _)| e.start < start);
        let shift = self.edits.get(at).map_or(0, |(_, shift)| *shift);
        let at = (i64::from(start) + shift).clamp(0, self.after.len() as i64) as usize;
        let line = memchr::memrchr(b'\n', &self.after[..at]).map_or(0, |n| n + 1);
        let stop = memchr::memchr(b'\n', &self.after[at..]).map_or(self.after.len(), |n| at + n);
        &self.after[line..stop]
    }
}

/// Notes for each site what its line will be.
fn foresee(context: &Context<'_, '_>, step: &mut Step) {
    let tree = context.program.lookup.tree();
    let usable: Vec<&Fix> = step.fixes.iter().filter(|f| f.applicability != Applicability::DisplayOnly).collect();
    let mut edits: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in usable.iter().flat_map(|f| &f.edits) {
        edits.entry(&edit.path).or_default().push(edit);
    }
    let files: BTreeMap<&str, Foreseen<'_>> = edits
        .into_iter()
        .filter_map(|(path, edits)| Some((path, Foreseen::new(&tree.file(path)?.bytes, edits))))
        .collect();
    let ids = usable.iter().flat_map(|f| f.sites.iter().map(move |i| (context.audit.findings[*i].id.as_str(), *f)));
    let of_site: BTreeMap<&str, &Fix> = ids.collect();
    let before = crate::status::After { tree, words: None, findings: &[], is_declared: false };
    let mut counts: BTreeMap<(&str, &str), BTreeMap<String, usize>> = BTreeMap::new();
    for site in &mut step.sites {
        let Site { id: Some(id), path, function, line, mark, .. } = site else { continue };
        let (Some(file), Some(fix)) = (files.get(path.as_str()), of_site.get(id.as_str())) else { continue };
        let Some(text) = tree.file(path) else { continue };
        let (start, end) = file.lines.span(*line, &text.bytes);
        // The edit of the site's own line; where the line goes as a whole, nothing is left to be found again.
        let own = fix.edits.iter().filter(|e| e.path == *path && e.start < end && start <= e.start);
        let Some(first) = own.filter(|e| !e.text.is_empty()).map(|e| e.start).min() else { continue };
        mark.becomes = crate::status::line_key(function, file.line_of(first));
        let like = counts.entry((path, function)).or_insert_with(|| before.lines(path, function));
        mark.already = like.get(&mark.becomes).copied().unwrap_or_default();
    }
}

/// Steps without which the edits of a step cannot compile, in order.
pub fn needed<'p>(plan: &'p Plan, name: &str) -> Vec<&'p str> {
    let mut wanted: BTreeSet<&str> = BTreeSet::from([name]);
    // The order is one in which needs come first.
    for step in plan.steps.iter().rev().filter(|s| wanted.contains(s.name.as_str())).collect::<Vec<_>>() {
        wanted.extend(step.needs.iter().map(String::as_str));
    }
    let is_base = |s: &&Step| matches!(s.kind, StepKind::Declare | StepKind::Helpers);
    let before = plan.steps.iter().filter(|s| s.name != name && wanted.contains(s.name.as_str())).filter(is_base);
    before.map(|s| s.name.as_str()).collect()
}

/// What a step's fixes say together.
fn summed(step: &mut Step) {
    let usable = step.fixes.iter().filter(|f| !f.edits.is_empty());
    step.applicability = usable.map(|f| f.applicability).max();
    let mut notes: Vec<String> = step.fixes.iter().filter(|f| !f.note.is_empty()).map(|f| f.note.clone()).collect();
    notes.sort();
    notes.dedup();
    step.notes = notes;
}

/// A topological order: by how much has to come before, then by kind and name.
fn ordered(steps: Vec<Step>) -> Vec<Step> {
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<_> = (0..steps.len()).map(|i| graph.add_node(i)).collect();
    let place: BTreeMap<&str, usize> = steps.iter().enumerate().map(|(i, s)| (s.name.as_str(), i)).collect();
    for (i, step) in steps.iter().enumerate() {
        for before in step.needs.iter().filter_map(|n| place.get(n.as_str())) {
            graph.add_edge(nodes[*before], nodes[i], ());
        }
    }
    let mut level = vec![0usize; steps.len()];
    // Needs go from kind to kind and never back, so that there is no cycle.
    for node in toposort(&graph, None).unwrap_or_default() {
        for next in graph.neighbors(node) {
            level[graph[next]] = level[graph[next]].max(level[graph[node]] + 1);
        }
    }
    let mut order: Vec<(usize, Step)> = level.into_iter().zip(steps).collect();
    order.sort_by(|(a, x), (b, y)| (a, x.kind, &x.name).cmp(&(b, y.kind, &y.name)));
    order.into_iter().map(|(_, s)| s).collect()
}
