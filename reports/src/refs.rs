//! References that are not kept, each with the path that shows it.

use crate::numbers::counted;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use serde_json::{Value, json};
use uioscope_analyzer::finding::Severity;
use uioscope_analyzer::refs::{Act, Does, Fault, FunctionRefs, RefFinding, RefStep, Refs, When};

/// The JSON document's schema and version.
pub const SCHEMA: &str = "uioscope.refs/1";

/// A path is shown with so many steps at its start and at its end.
const SHOWN: usize = 8;

pub(crate) fn sentence(fault: Fault) -> &'static str {
    match fault {
        Fault::Leaked => "is left behind",
        Fault::DroppedTwice => "is dropped a second time",
        Fault::UsedAfterDrop => "is used after it was dropped",
        Fault::OwnerMayExit => "is taken of an owner that may be exiting",
        Fault::BorrowedStored => "is only lent, and stored where it outlives the call",
    }
}

/// For a terminal. Ends with a line end.
pub fn text(refs: &Refs, style: Style) -> String {
    let mut out = format!("{}    {}\n", style.paint(Ink::Title, "refs"), clip(&refs.root, 120));
    out += &format!(
        "read    {} functions, in which references are taken at {} places and dropped at {}\n",
        refs.functions, refs.taken, refs.dropped
    );
    let undecided = match refs.undecided.len() {
        0 => String::new(),
        n => format!(", {n} functions undecided"),
    };
    out += &format!("found   {}{undecided}\n", refs.findings.len());
    for f in &refs.findings {
        let place = format!("{}:{}", clip(&f.path, 100), f.line);
        let fault = style.paint(Ink::Abuse, f.fault.name());
        out += &format!("\n{}  {fault}  in {}\n", style.paint(Ink::Path, &place), clip(&f.function, 60));
        out += &one(f, style);
    }
    for u in &refs.undecided {
        let place = format!("{}:{}", clip(&u.path, 100), u.line);
        out += &format!("\nundecided: {place} {}: {}\n", clip(&u.function, 60), u.why.words());
    }
    out
}

/// What is said of a finding below its head.
fn one(f: &RefFinding, style: Style) -> String {
    let mut out = format!("  {} {}\n", clip(&f.object, 60), sentence(f.fault));
    steps(&mut out, &f.steps, style);
    for doubt in &f.doubts {
        let text = format!("  {}: {}\n", f.confidence.name(), clip(&doubt.to_string(), 140));
        out += &style.paint(Ink::Dim, &text);
    }
    out
}

/// For a tracker. Ends with a line end.
pub fn markdown(refs: &Refs) -> String {
    let code = |text: &str| format!("`{}`", clean(text).replace('`', "'"));
    let mut out = format!("# References in {}\n\n", code(&refs.root));
    out += &format!(
        "{} read, in which references are taken at {} and dropped at {}; {}.\n",
        counted(refs.functions, "function", "functions"),
        counted(refs.taken, "place", "places"),
        counted(refs.dropped, "place", "places"),
        counted(refs.findings.len() as u64, "finding", "findings"),
    );
    for f in &refs.findings {
        let place = code(&format!("{}:{}", f.path, f.line));
        out += &format!(
            "\n- [ ] {place} {} in {} ({}, {}): {} {}\n",
            f.fault.name(),
            code(&f.function),
            f.id.get(..8).unwrap_or(&f.id),
            f.confidence.name(),
            code(&f.object),
            sentence(f.fault)
        );
        for step in &f.steps {
            out += &format!("  - {}: {}\n", step.line, code(&step.what));
        }
        for doubt in &f.doubts {
            out += &format!("  - {}\n", clean(&doubt.to_string()));
        }
    }
    if !refs.undecided.is_empty() {
        out += "\n## Undecided\n\n";
    }
    for u in &refs.undecided {
        let place = code(&format!("{}:{}", u.path, u.line));
        out += &format!("- [ ] {place} {}: {}\n", code(&u.function), u.why.words());
    }
    out
}

/// A finding, explained.
pub fn explain_finding(f: &RefFinding, style: Style) -> String {
    let place = style.paint(Ink::Path, &format!("{}:{}", clip(&f.path, 100), f.line));
    let fault = style.paint(Ink::Abuse, f.fault.name());
    format!("{place}  {fault}  in {}  {}\n{}", clip(&f.function, 60), f.id, one(f, style))
}

/// What a function does to references that it is handed.
pub fn explain_function(f: &FunctionRefs, style: Style) -> String {
    let place = style.paint(Ink::Path, &format!("{}:{}", clip(&f.path, 100), f.line));
    let mut out = format!("{place}  {}\n", clip(&f.function, 60));
    for does in &f.does {
        out += &format!("  {}\n", clip(&in_words(does), 140));
    }
    out
}

fn in_words(does: &Does) -> String {
    let when = match does.when {
        When::Always => "",
        When::Zero => " when it answers zero",
        When::Nonzero => " when it answers anything but zero",
        When::Sometimes => " on some paths, which its result does not tell",
    };
    match (&does.place, does.act) {
        (None, _) if does.when == When::Always => {
            format!("returns a reference on a {} that the caller has to drop", does.counted)
        }
        (None, _) => format!("returns a reference on a {} that the caller has to drop, or none", does.counted),
        (Some(place), Act::Takes) => format!("takes a reference on {} ({}){when}", argument(place), does.counted),
        (Some(place), Act::Keeps) => format!("keeps {} ({}) where others see it{when}", argument(place), does.counted),
        (Some(place), Act::Drops) => format!("drops a reference on {} ({}){when}", argument(place), does.counted),
    }
}

/// `#0->vm` in words.
fn argument(place: &str) -> String {
    let (number, members) = match place.split_once("->") {
        Some((number, members)) => (number, members),
        None => (place, ""),
    };
    match members {
        "" => format!("argument {number}"),
        "*" => format!("what argument {number} points to"),
        _ => format!("{members} of argument {number}"),
    }
}

fn steps(out: &mut String, steps: &[RefStep], style: Style) {
    for (i, step) in steps.iter().enumerate() {
        if steps.len() > 2 * SHOWN && i == SHOWN {
            *out += &style.paint(Ink::Dim, &format!("         … {} more\n", steps.len() - 2 * SHOWN));
        }
        if steps.len() <= 2 * SHOWN || i < SHOWN || i >= steps.len() - SHOWN {
            *out += &format!("  {:>5}  {}\n", step.line, clip(&step.what, 100));
        }
    }
}

/// For tools.
pub fn json(refs: &Refs) -> Vec<u8> {
    let step = |s: &RefStep| json!({ "line": s.line, "what": s.what });
    let finding = |f: &RefFinding| -> Value {
        json!({ "id": f.id, "path": f.path, "line": f.line, "fault": f.fault.name(), "function": f.function, "object": f.object,
                "confidence": f.confidence.name(), "doubts": f.doubts.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "steps": f.steps.iter().map(step).collect::<Vec<_>>() })
    };
    let does = |d: &Does| json!({ "act": d.act.name(), "place": d.place, "counted": d.counted, "when": d.when.name() });
    let summary = |s: &FunctionRefs| -> Value {
        json!({ "path": s.path, "line": s.line, "function": s.function, "does": s.does.iter().map(does).collect::<Vec<_>>() })
    };
    let document = json!({
        "schema": SCHEMA,
        "tree": refs.root,
        "functions": refs.functions,
        "taken": refs.taken,
        "dropped": refs.dropped,
        "findings": refs.findings.iter().map(finding).collect::<Vec<_>>(),
        "undecided": refs.undecided.iter()
            .map(|u| json!({ "path": u.path, "line": u.line, "function": u.function, "why": u.why.words() })).collect::<Vec<_>>(),
        "summaries": refs.summaries.iter().map(summary).collect::<Vec<_>>(),
        "problems": refs.problems.iter()
            .map(|p| json!({ "path": p.path, "line": p.line, "error": p.severity == Severity::Error, "message": p.message }))
            .collect::<Vec<_>>(),
    });
    // Plain data with string keys; there is nothing in it that JSON cannot hold.
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
