//! What each design does to each finding, and the checklist of a migration, as pages.

use super::page::{Block, Facet, List, Look, Page, PageItem, PageStep, PageTable, Part};
use crate::numbers::grouped;
use crate::safe::clip;
use crate::view::split_path;
use uioscope_migration::plan::{Plan, Step};
use uioscope_migration::whatif::{Entry, Judgement, WhatIf};
use uioscope_migration::{Column, Outcome};

/// Characters of a sentence.
const LONGEST: usize = 400;

fn facet(name: &str, open: bool, tag: bool, lead: bool) -> Facet {
    Facet { name: name.to_owned(), open, tag, lead }
}

/// Every finding, by what `column` does to it.
pub fn what_if(answer: &WhatIf, column: Column, warnings: Vec<String>, version: &str) -> String {
    let total = answer.totals.iter().find(|t| t.design == column.name());
    let tiles = Outcome::ALL.iter().map(|o| {
        let n = total.map_or(0, |t| t.of(*o));
        (grouped(n as u64), format!("{} under {}", o.name(), column.name()))
    });
    let facets = vec![
        facet("outcome", true, true, true),
        facet("role or space", true, true, false),
        facet("directory", true, false, false),
        facet("access", false, true, false),
        facet("kind", false, false, false),
    ];
    Page {
        kind: "what-if".to_owned(),
        title: format!("What if {} became {}", answer.field, column.name()),
        about: about(&answer.tree, &answer.pack),
        warnings,
        tiles: tiles.collect(),
        list: Some(List {
            noun: "findings".to_owned(),
            facets,
            items: answer.findings.iter().map(|e| judged(e, column)).collect(),
        }),
        blocks: designs(answer, column),
        version: version.to_owned(),
    }
    .render()
}

fn about(tree: &str, pack: &str) -> Vec<(String, String)> {
    vec![("tree".to_owned(), tree.to_owned()), ("role pack".to_owned(), pack.to_owned())]
}

fn judged(e: &Entry, column: Column) -> PageItem {
    let named = if e.function == "-" { String::new() } else { format!(" in {}", e.function) };
    let mine = e.designs.get(column.name());
    let level = match mine.map(|j| j.outcome) {
        Some(Outcome::Unsafe | Outcome::Silent) => "abuse",
        Some(Outcome::Argument) => "open",
        Some(Outcome::Edit | Outcome::Unchanged) => "fine",
        None => "",
    };
    let mut meanings: Vec<String> = e.roles.iter().map(|r| r.name().to_owned()).collect();
    meanings.extend(e.space.map(|s| s.name().to_owned()));
    let mut parts: Vec<Part> = Vec::new();
    // The design that was asked for comes first.
    let others = Column::ALL.iter().map(|c| c.name()).filter(|c| *c != column.name());
    for name in [column.name()].into_iter().chain(others) {
        let Some(j) = e.designs.get(name) else { continue };
        parts.push(Part::Words(format!("{name}: {}", j.outcome.name()), clip(&j.why, LONGEST)));
        if name == column.name() {
            parts.extend(needs(j));
        }
    }
    PageItem {
        id: e.id.clone(),
        place: format!("{}:{}{named}", e.path, e.line),
        says: clip(&e.expression, 160),
        level,
        tags: vec![
            mine.map(|j| j.outcome.name().to_owned()).into_iter().collect(),
            meanings,
            vec![split_path(&e.path).0.to_owned()],
            vec![e.access.name().to_owned()],
            mine.and_then(|j| j.kind).map(|k| k.name().to_owned()).into_iter().collect(),
        ],
        parts,
    }
}

fn needs(j: &Judgement) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    out.extend(j.argument.map(|a| Part::Words("needs".to_owned(), a.to_owned())));
    let played = j.model.iter().filter(|m| m.verdict != "safe").map(|m| {
        let what = match (m.property, m.steps) {
            (Some(property), Some(steps)) => format!("{property} after {steps} steps"),
            _ => m.verdict.to_owned(),
        };
        PageStep { place: format!("policy {}", m.policy), what, ..PageStep::default() }
    });
    let played: Vec<PageStep> = played.collect();
    if !played.is_empty() {
        out.push(Part::Steps("if it outlives the call, the model finds".to_owned(), played));
    }
    out
}

fn designs(answer: &WhatIf, column: Column) -> Vec<Block> {
    let head = ["design"].into_iter().chain(Outcome::ALL.iter().map(|o| o.name()));
    let head = head.chain(["representative LWP", "safe policies"]).map(str::to_owned).collect();
    let number = |n: usize| (grouped(n as u64), Look::Number);
    let rows = answer.totals.iter().map(|t| {
        let mut row = vec![(t.design.to_owned(), Look::Code)];
        row.extend(Outcome::ALL.iter().map(|o| number(t.of(*o))));
        row.push(number(t.representative));
        row.push(match t.safe_policies.is_empty() {
            true => ("none of them".to_owned(), Look::Bad),
            false => (t.safe_policies.join(", "), Look::Plain),
        });
        row
    });
    let caption = "policies: what exit and exec may do so that requests that outlive their issuer's call find their address space";
    let mut out = vec![
        Block::Heading("Every design".to_owned()),
        Block::Table(PageTable { caption: caption.to_owned(), head, rows: rows.collect() }),
    ];
    let design = column.design().name();
    for v in answer.verdicts.iter().filter(|v| v.design == design && !v.violations.is_empty()) {
        let reads = v.reads.map_or(String::new(), |r| format!(", reading {r}"));
        out.push(Block::Heading(format!("{design}, policy {}{reads}", v.policy)));
        for violation in &v.violations {
            let trace: Vec<String> = violation.trace.iter().map(ToString::to_string).collect();
            out.push(Block::Text(format!("{} after {} steps", violation.property, violation.steps)));
            out.push(Block::Pre(trace.join("\n")));
        }
    }
    out
}

/// The checklist: one entry a place, or a step where it has none.
pub fn plan(plan: &Plan, mut warnings: Vec<String>, version: &str) -> String {
    warnings.extend(plan.done.iter().cloned());
    let places: usize = plan.steps.iter().map(|s| s.sites.len()).sum();
    let questions = plan.steps.iter().filter(|s| s.question.is_some()).count();
    let number = |n: usize, what: &str| (grouped(n as u64), what.to_owned());
    let facets =
        vec![facet("step", true, false, false), facet("how", true, true, true), facet("directory", true, false, false)];
    let items = plan.steps.iter().enumerate().flat_map(|(i, step)| entries(i, step)).collect();
    Page {
        kind: "plan".to_owned(),
        title: format!("Plan: {} to {}", plan.field, plan.to),
        about: about(&plan.tree, &plan.pack),
        warnings,
        tiles: vec![
            number(plan.steps.len(), "steps"),
            number(places, "places"),
            number(questions, "questions to decide"),
        ],
        list: Some(List { noun: "places".to_owned(), facets, items }),
        blocks: order(plan),
        version: version.to_owned(),
    }
    .render()
}

fn how(step: &Step) -> String {
    match step.applicability {
        Some(a) => format!("edit, {}", a.name()),
        None if step.question.is_some() => "question".to_owned(),
        None => "by hand".to_owned(),
    }
}

fn entries(n: usize, step: &Step) -> Vec<PageItem> {
    let mut about = vec![Part::Words(format!("{}. {}", n + 1, step.title), clip(&step.why, LONGEST))];
    if !step.needs.is_empty() {
        about.push(Part::Words("after".to_owned(), step.needs.join(", ")));
    }
    if let Some(question) = &step.question {
        let options = question.options.iter().map(|o| PageStep {
            place: o.what.clone(),
            what: clip(&o.cost, LONGEST),
            ..PageStep::default()
        });
        about.push(Part::Steps(format!("to decide: {}", clip(&question.ask, LONGEST)), options.collect()));
    }
    about.extend(step.notes.iter().map(|note| Part::Words("note".to_owned(), clip(note, LONGEST))));
    about.push(Part::Words("check".to_owned(), clip(&step.check, LONGEST)));
    let level = match step.applicability {
        Some(uioscope_migration::edit::Applicability::Safe) => "fine",
        Some(_) => "open",
        None => "abuse",
    };
    let name = format!("{:02} {}", n + 1, step.name);
    let entry = |id: String, place: String, says: String, directory: Option<String>| PageItem {
        id,
        place,
        says,
        level,
        tags: vec![vec![name.clone()], vec![how(step)], directory.into_iter().collect()],
        parts: about.clone(),
    };
    if step.sites.is_empty() {
        return vec![entry(step.name.clone(), step.title.clone(), String::new(), None)];
    }
    let mut seen: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
    let places = step.sites.iter().map(|site| {
        // A place without an id of its own is told by its function: lines move.
        let base = match &site.id {
            Some(id) => format!("{}.{id}", step.name),
            None => format!("{}.{}.{}", step.name, site.path, site.function),
        };
        let nth = seen.entry(base.clone()).and_modify(|n| *n += 1).or_insert(1);
        let id = if *nth > 1 { format!("{base}.{nth}") } else { base };
        let place = format!("{}:{} {}", site.path, site.line, site.function);
        entry(id, place, clip(&site.why, 160), Some(split_path(&site.path).0.to_owned()))
    });
    places.collect()
}

fn order(plan: &Plan) -> Vec<Block> {
    let rows = plan.steps.iter().enumerate().map(|(i, s)| {
        vec![
            ((i + 1).to_string(), Look::Number),
            (s.name.clone(), Look::Code),
            (s.title.clone(), Look::Plain),
            (how(s), Look::Plain),
            (grouped(s.sites.len() as u64), Look::Number),
            (s.needs.join(", "), Look::Plain),
        ]
    });
    let head = ["", "step", "what", "how", "places", "after"].map(str::to_owned).to_vec();
    vec![
        Block::Heading("Steps in their order".to_owned()),
        Block::Table(PageTable { caption: String::new(), head, rows: rows.collect() }),
    ]
}
