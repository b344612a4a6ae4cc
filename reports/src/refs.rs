//! References that are not kept, each with the path that shows it.

use crate::safe::clip;
use crate::style::{Ink, Style};
use serde_json::{Value, json};
use uioscope_analyzer::finding::Severity;
use uioscope_analyzer::refs::{Fault, RefFinding, RefStep, Refs};

/// The JSON document's schema and version.
pub const SCHEMA: &str = "uioscope.refs/1";

/// A path is shown with so many steps at its start and at its end.
const SHOWN: usize = 8;

fn sentence(fault: Fault) -> &'static str {
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
        out += &format!("  {} {}\n", clip(&f.object, 60), sentence(f.fault));
        steps(&mut out, &f.steps, style);
    }
    for u in &refs.undecided {
        out += &format!("\nundecided: {}:{} {}: too many paths\n", clip(&u.path, 100), u.line, clip(&u.function, 60));
    }
    out
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
        json!({ "path": f.path, "line": f.line, "fault": f.fault.name(), "function": f.function, "object": f.object,
                "steps": f.steps.iter().map(step).collect::<Vec<_>>() })
    };
    let document = json!({
        "schema": SCHEMA,
        "tree": refs.root,
        "functions": refs.functions,
        "taken": refs.taken,
        "dropped": refs.dropped,
        "findings": refs.findings.iter().map(finding).collect::<Vec<_>>(),
        "undecided": refs.undecided.iter()
            .map(|u| json!({ "path": u.path, "line": u.line, "function": u.function })).collect::<Vec<_>>(),
        "problems": refs.problems.iter()
            .map(|p| json!({ "path": p.path, "line": p.line, "error": p.severity == Severity::Error, "message": p.message }))
            .collect::<Vec<_>>(),
    });
    // Plain data with string keys; there is nothing in it that JSON cannot hold.
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
