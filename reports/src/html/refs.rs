//! References that are not kept, as a page.

use super::page::{Block, Facet, List, Look, Page, PageItem, PageStep, PageTable, Part};
use crate::numbers::grouped;
use crate::refs::sentence;
use crate::safe::clip;
use crate::view::split_path;
use uioscope_analyzer::finding::Severity;
use uioscope_analyzer::refs::{RefFinding, Refs};

/// The page.
pub fn refs(refs: &Refs, version: &str) -> String {
    let facet = |name: &str, lead| Facet { name: name.to_owned(), open: true, tag: name != "directory", lead };
    let mut warnings = Vec::new();
    if refs.functions == 0 {
        warnings.push("No function takes or drops a reference that the rules know: nothing was judged.".to_owned());
    }
    if !refs.undecided.is_empty() {
        warnings.push(format!("{} functions could not be judged, listed at the end.", refs.undecided.len()));
    }
    let lost = refs.problems.iter().filter(|p| p.severity == Severity::Error).count();
    if lost > 0 {
        warnings.push(format!("Input was lost: {lost} problems, listed at the end."));
    }
    Page {
        kind: "refs".to_owned(),
        title: "References to address spaces".to_owned(),
        about: vec![("tree".to_owned(), refs.root.clone())],
        warnings,
        tiles: vec![
            (grouped(refs.functions), "functions that take or drop one".to_owned()),
            (grouped(refs.taken), "places that take one".to_owned()),
            (grouped(refs.dropped), "places that drop one".to_owned()),
            (grouped(refs.findings.len() as u64), "not kept".to_owned()),
            (grouped(refs.undecided.len() as u64), "functions undecided".to_owned()),
        ],
        list: Some(List {
            noun: "findings".to_owned(),
            facets: vec![facet("fault", true), facet("confidence", false), facet("directory", false)],
            items: refs.findings.iter().map(item).collect(),
        }),
        blocks: blocks(refs),
        version: version.to_owned(),
    }
    .render()
}

fn item(f: &RefFinding) -> PageItem {
    let step = |s: &uioscope_analyzer::refs::RefStep| PageStep {
        place: format!("{}:{}", f.path, s.line),
        what: clip(&s.what, 200),
        ..PageStep::default()
    };
    let mut parts = vec![Part::Steps("path".to_owned(), f.steps.iter().map(step).collect())];
    parts.extend(f.doubts.iter().map(|d| Part::Words(f.confidence.name().to_owned(), clip(&d.to_string(), 300))));
    PageItem {
        id: f.id.clone(),
        place: format!("{}:{} in {}", f.path, f.line, f.function),
        says: format!("{} {}", clip(&f.object, 100), sentence(f.fault)),
        level: "abuse",
        tags: vec![
            vec![f.fault.name().to_owned()],
            vec![f.confidence.name().to_owned()],
            vec![split_path(&f.path).0.to_owned()],
        ],
        parts,
    }
}

fn blocks(refs: &Refs) -> Vec<Block> {
    let mut out = Vec::new();
    let mut table = |name: &str, rows: Vec<Vec<(String, Look)>>| {
        if !rows.is_empty() {
            out.push(Block::Heading(name.to_owned()));
            let head = vec!["place".to_owned(), "what".to_owned()];
            out.push(Block::Table(PageTable { caption: String::new(), head, rows }));
        }
    };
    let undecided = refs.undecided.iter().map(|u| {
        vec![(format!("{}:{} {}", u.path, u.line, u.function), Look::Code), (u.why.words().to_string(), Look::Plain)]
    });
    table("Undecided", undecided.collect());
    let problems = refs.problems.iter().map(|p| {
        let place = p.line.map_or_else(|| p.path.clone(), |n| format!("{}:{n}", p.path));
        vec![(place, Look::Code), (p.message.clone(), Look::Plain)]
    });
    table("Problems", problems.collect());
    out
}
