//! The JSON documents that tools rely on: `docs/schemas` describes them, and a test holds them to it.

use crate::safe::is_active;
use crate::view::View;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;
use uioscope_analyzer::finding::Audit;

/// Writes the audit with the findings that are shown. Pretty, the same bytes for the same audit, a line end at the end.
///
/// # Errors
/// Only what `out` itself answers.
pub fn write(out: impl io::Write, view: &View<'_>) -> io::Result<()> {
    if view.filter.is_none() {
        return document(out, view.audit);
    }
    let findings = view.shown.iter().map(|&f| f.clone()).collect();
    document(out, &Audit { findings, ..view.audit.clone() })
}

/// Writes any document the same way.
///
/// # Errors
/// Only what `out` itself answers.
pub fn document(mut out: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut out, Safe(PrettyFormatter::new()));
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// The audit with the findings that are shown, as a string.
pub fn render(view: &View<'_>) -> String {
    let mut out = Vec::new();
    write(&mut out, view).expect("writing to memory does not fail");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// Pretty JSON in which every character that a terminal would act on is an escape: the same values, safe to look at.
struct Safe(PrettyFormatter<'static>);

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_active(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            // All of them are in the first plane, so that one unit is enough.
            write!(out, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use serde_json::{Value, json};

    fn validator() -> jsonschema::Validator {
        let schema = include_str!("../../docs/schemas/audit-1.schema.json");
        let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
        jsonschema::meta::validate(&schema).expect("the schema is a schema");
        jsonschema::validator_for(&schema).expect("the schema compiles")
    }

    fn value() -> Value {
        serde_json::from_str(&render(&View::whole(&fixture::audit()))).expect("JSON")
    }

    #[test]
    fn the_document() {
        insta::assert_snapshot!(render(&View::whole(&fixture::audit())));
    }

    #[test]
    fn the_document_keeps_the_schema() {
        let errors: Vec<_> = validator().iter_errors(&value()).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }

    #[test]
    fn a_broken_document_does_not() {
        let breaks: [(&str, Value); 13] = [
            ("/schema", json!("uioscope.audit/2")),
            ("/ledger/occurrences", json!(-1)),
            ("/ledger/extra", json!(1)),
            ("/findings/0/access", json!("read")),
            ("/findings/1/roles/0", json!("sessions")),
            ("/findings/1/line", json!(0)),
            ("/findings/1/surprise", json!(true)),
            ("/findings/1/space", json!("userland")),
            ("/findings/1/space", json!("kernel")),
            ("/findings/2/roles", json!(["session"])),
            ("/findings/1/implicit", json!(null)),
            ("/findings/1/evidence/0/step", json!(7)),
            ("/extra", json!({})),
        ];
        let validator = validator();
        for (place, broken) in breaks {
            let mut document = value();
            let (parent, key) = place.rsplit_once('/').expect("a pointer");
            match document.pointer_mut(parent).expect("the parent") {
                Value::Array(list) => list[key.parse::<usize>().expect("an index")] = broken,
                Value::Object(map) => drop(map.insert(key.to_owned(), broken)),
                other => panic!("{place}: {other}"),
            }
            assert!(!validator.is_valid(&document), "{place} was broken, and nobody noticed");
        }
        for key in ["schema", "tree", "field", "ledger", "findings"] {
            let mut document = value();
            document.as_object_mut().expect("an object").remove(key);
            assert!(!validator.is_valid(&document), "{key} was taken away, and nobody noticed");
        }
        for key in ["when", "space", "timing", "id"] {
            let mut document = value();
            document["findings"][0].as_object_mut().expect("an object").remove(key);
            assert!(!validator.is_valid(&document), "{key} was taken away, and nobody noticed");
        }
    }

    #[test]
    fn absent_is_null_and_a_filter_leaves_the_ledger_whole() {
        let audit = fixture::audit();
        let shown = audit.findings.iter().filter(|f| f.function == "uiomove").collect();
        let text = render(&View { audit: &audit, shown, filter: Some("…".to_owned()) });
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["findings"].as_array().map(Vec::len), Some(1));
        assert_eq!(document["findings"][0]["when"], Value::Null);
        assert_eq!(document["findings"][0]["space"], Value::Null);
        assert!(
            document["findings"][0].as_object().is_some_and(|f| f.contains_key("when") && !f.contains_key("implicit"))
        );
        assert_eq!(document["ledger"]["occurrences"], 10);
        assert!(validator().is_valid(&document));
    }

    #[test]
    fn control_characters_are_escaped_and_come_back() {
        let mut audit = fixture::audit();
        audit.tree = "a\x1b\x7f\u{9b}\u{202e}é".to_owned();
        let text = render(&View::whole(&audit));
        assert!(text.contains(r#""tree": "a\u001b\u007f\u009b\u202eé""#), "{text}");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["tree"], audit.tree);
    }
}
