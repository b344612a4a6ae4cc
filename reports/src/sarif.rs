//! SARIF 2.1.0: findings as code hosts and editors take them.

use crate::place::Places;
use crate::view::{View, access_text, is_abuse, meaning};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uioscope_analyzer::finding::{Access, Confidence, Evidence, Finding, Role};

/// Code hosts refuse long ways; the first steps and the last say most.
const MOST_STEPS: usize = 40;

/// The findings that are shown. Declarations and mentions are no results: nothing is to be done about them.
pub fn render(view: &View<'_>, places: &Places, version: &str) -> String {
    let shown: Vec<&Finding> =
        view.shown.iter().copied().filter(|f| matches!(f.access, Access::Load | Access::Store)).collect();
    let used: BTreeSet<&str> = shown.iter().map(|f| rule(f)).collect();
    let rules: Vec<&str> = used.into_iter().collect();
    let results: Vec<Value> = shown.iter().map(|f| result(f, places, &rules)).collect();
    let described: Vec<Value> = rules.iter().map(|r| description(r)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "uioscope", "version": version, "rules": described } },
            "columnKind": "utf16CodeUnits",
            "results": results,
            "properties": { "field": view.audit.field, "pack": view.audit.pack },
        }],
    });
    let mut out = Vec::new();
    crate::json::document(&mut out, &document).expect("writing to memory does not fail");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// The rule that a finding is a result of: its role that says most, or what it stores.
fn rule(f: &Finding) -> &'static str {
    match f.access {
        Access::Store => "store",
        _ => {
            let beyond = |r: &&Role| r.is_beyond_address_space();
            f.roles.iter().find(beyond).or(f.roles.first()).map_or("unused", |r| r.name())
        }
    }
}

fn description(rule: &str) -> Value {
    let text = match rule {
        "address-space" => "The address space is used: what the field is for.",
        "identity" => "Compared with another process or thread.",
        "presence" => "Tested for NULL.",
        "credential" => "Used for credentials or permission checks; hand the credential on by itself.",
        "limits" => "Used for resource limits; hand the limit, or the process, on by itself.",
        "signal" => "Used to send or look at signals; the process has to come another way.",
        "accounting" => "Used for accounting; the process has to come another way.",
        "files" => "Used for open files or directories; the process has to come another way.",
        "session" => "Used for the session or the process group; the process has to come another way.",
        "process-id" => "Used for the process' id or name; hand the value on by itself.",
        "tracing" => "Used for tracing; the process has to come another way.",
        "scheduling" => "Used for priorities, sleeping or waking; the thread has to come another way.",
        "lock-owner" => "Used as the owner of a lock; the thread has to come another way.",
        "escape" => "Kept where it can outlive the call; what it points to may be gone by then.",
        "opaque" => "Goes where it is not followed; the message says why.",
        "store" => "The field is stored.",
        _ => "Nothing is done with the value.",
    };
    let is_abuse = Role::parse(rule).is_some_and(Role::is_beyond_address_space);
    json!({
        "id": rule,
        "shortDescription": { "text": text },
        "help": { "text": format!("{text} `uioscope explain ID TREE` shows the way, step by step.") },
        "defaultConfiguration": { "level": if is_abuse { "warning" } else { "none" } },
    })
}

fn result(f: &Finding, places: &Places, rules: &[&str]) -> Value {
    let id = rule(f);
    let level = match f.confidence {
        _ if !is_abuse(f) => "none",
        Confidence::Certain | Confidence::Likely => "warning",
        Confidence::Possible => "note",
    };
    let mut message = format!("{} {} in {}", access_text(f), meaning(f), f.function);
    for note in &f.notes {
        message += &format!("; {note}");
    }
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": rules.iter().position(|r| *r == id),
        "level": level,
        "message": { "text": message },
        "locations": [location(places, &f.path, f.line, Some(f.column))],
        "partialFingerprints": { "uioscope/v1": f.fingerprint },
        "properties": { "id": f.id, "confidence": f.confidence.name() },
    });
    if level == "none" {
        result["kind"] = json!("informational");
    }
    if !f.evidence.is_empty() {
        let step = |e: &Evidence| {
            json!({ "location": {
                "physicalLocation": location(places, &e.path, e.line, None)["physicalLocation"],
                "message": { "text": e.step.to_string() },
            }})
        };
        let steps: Vec<Value> = f.evidence.iter().take(MOST_STEPS).map(step).collect();
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    result
}

fn location(places: &Places, path: &str, line: u32, column: Option<u32>) -> Value {
    let mut region = json!({ "startLine": line });
    if let Some(column) = column {
        region["startColumn"] = json!(column);
    }
    json!({ "physicalLocation": { "artifactLocation": { "uri": places.uri(path) }, "region": region } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_document() {
        let audit = fixture::audit();
        insta::assert_snapshot!(render(&View::whole(&audit), &Places::new("sys"), "0.0.0"));
    }
}
