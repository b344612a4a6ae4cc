//! The gate: which abuses a baseline does not hold, and which of its entries hold nothing any more.

use crate::finding::{Access, Audit, Confidence, Finding, Role};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The schema of a baseline.
pub const BASELINE_SCHEMA: &str = "uioscope.baseline/1";

/// What is known and let pass, as a TOML file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// `uioscope.baseline/1`.
    pub schema: String,
    /// `struct.field`.
    pub field: String,
    /// In the order of paths.
    #[serde(default, rename = "entry")]
    pub entries: Vec<Passed>,
}

/// One finding that is let pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passed {
    /// The finding's id.
    pub id: String,
    /// Finds it again after its file was moved.
    #[serde(default)]
    pub fingerprint: String,
    /// Where it stood.
    #[serde(default)]
    pub path: String,
    /// The function that it stood in.
    #[serde(default)]
    pub function: String,
    /// What it is let pass for.
    pub roles: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Since when, `2026-11-27`.
    #[serde(default)]
    pub date: String,
}

/// A baseline that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// A merge was not finished.
    #[error("{name}:{line}: a conflict of a merge stands here; keep the entries of both sides and take the marks out")]
    Conflict {
        /// The file.
        name: String,
        /// 1-based.
        line: usize,
    },
    /// It is no TOML, or not of this form.
    #[error("{name}:{line}: {message}")]
    Form {
        /// The file.
        name: String,
        /// 1-based.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It is of something else.
    #[error(
        "{name}: {what} is {found}, and {wanted} is audited; name the right file, or begin a new one with --update"
    )]
    Other {
        /// The file.
        name: String,
        /// `schema` or `field`.
        what: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        wanted: String,
    },
}

impl Baseline {
    /// Nothing is let pass.
    pub fn empty(field: &str) -> Baseline {
        Baseline { schema: BASELINE_SCHEMA.to_owned(), field: field.to_owned(), entries: Vec::new() }
    }

    /// Reads one, which must be of that field. `name` is the file's, for messages.
    ///
    /// # Errors
    /// It is damaged, or of something else.
    pub fn parse(name: &str, text: &str, field: &str) -> Result<Baseline, BaselineError> {
        let is_mark = |l: &str| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|m| l.starts_with(m));
        if let Some(line) = text.lines().position(is_mark) {
            return Err(BaselineError::Conflict { name: name.to_owned(), line: line + 1 });
        }
        let read: Baseline = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start.min(text.len()));
            let line = 1 + text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
            BaselineError::Form { name: name.to_owned(), line, message: e.message().to_owned() }
        })?;
        let wants = [("schema", &read.schema, BASELINE_SCHEMA), ("field", &read.field, field)];
        for (what, found, wanted) in wants {
            if found != wanted {
                let (found, wanted) = (found.clone(), wanted.to_owned());
                return Err(BaselineError::Other { name: name.to_owned(), what, found, wanted });
            }
        }
        Ok(read)
    }

    /// As a file, with a line that says what it is.
    pub fn render(&self) -> String {
        let body = toml::to_string_pretty(self).expect("a baseline is TOML");
        format!("# Abuses that `uioscope check --baseline` lets pass; `--update` keeps it.\n{body}")
    }
}

/// What the gate says of one audit.
#[derive(Debug, Default)]
pub struct Verdict<'a> {
    /// What nobody let pass: the finding, and those of its roles that are new.
    pub new: Vec<(&'a Finding, Vec<Role>)>,
    /// What an entry holds.
    pub held: Vec<(&'a Finding, usize)>,
    /// Entries whose finding stands in another place now.
    pub moved: Vec<(usize, &'a Finding)>,
    /// Entries whose finding is gone.
    pub fixed: Vec<usize>,
    /// Entries of which this audit says nothing: it did not read their file.
    pub unused: Vec<usize>,
}

/// The roles of a finding that the gate is about.
pub fn abuses(f: &Finding, with_possible: bool) -> Vec<Role> {
    let counts =
        |r: &Role| r.is_beyond_address_space() && (with_possible || f.confidence_of(*r) != Confidence::Possible);
    if f.access == Access::Load { f.roles.iter().copied().filter(counts).collect() } else { Vec::new() }
}

/// Holds an audit to a baseline. `is_read` says whether the audit read a file, or would have if it were there: what it did not look
/// at is not fixed.
pub fn judge<'a>(
    audit: &'a Audit,
    baseline: &Baseline,
    with_possible: bool,
    is_read: impl Fn(&str) -> bool,
) -> Verdict<'a> {
    let mut verdict = Verdict::default();
    let by_id: BTreeMap<&str, usize> = baseline.entries.iter().enumerate().map(|(i, e)| (e.id.as_str(), i)).collect();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut loose: Vec<&Finding> = Vec::new();
    for f in &audit.findings {
        match by_id.get(f.id.as_str()) {
            Some(&i) => {
                taken.insert(i);
                hold(&mut verdict, baseline, f, i, with_possible);
            }
            None => loose.push(f),
        }
    }
    for f in loose {
        let same = |e: &Passed| !e.fingerprint.is_empty() && e.fingerprint == f.fingerprint;
        match baseline.entries.iter().enumerate().find(|(i, e)| !taken.contains(i) && same(e)) {
            Some((i, _)) => {
                taken.insert(i);
                verdict.moved.push((i, f));
                hold(&mut verdict, baseline, f, i, with_possible);
            }
            None => {
                let roles = abuses(f, with_possible);
                if !roles.is_empty() {
                    verdict.new.push((f, roles));
                }
            }
        }
    }
    for (i, e) in baseline.entries.iter().enumerate().filter(|(i, _)| !taken.contains(i)) {
        if is_read(&e.path) { verdict.fixed.push(i) } else { verdict.unused.push(i) }
    }
    verdict
}

fn hold<'a>(verdict: &mut Verdict<'a>, baseline: &Baseline, f: &'a Finding, i: usize, with_possible: bool) {
    let known = &baseline.entries[i].roles;
    let roles: Vec<Role> =
        abuses(f, with_possible).into_iter().filter(|r| !known.iter().any(|k| k == r.name())).collect();
    if roles.is_empty() {
        verdict.held.push((f, i));
    } else {
        verdict.new.push((f, roles));
    }
}

/// The baseline that lets all of the audit pass: what was held stays as it is, moved entries say where they are, what is fixed
/// goes, what is new comes with that reason.
pub fn updated(baseline: &Baseline, verdict: &Verdict<'_>, reason: &str, owner: Option<&str>, date: &str) -> Baseline {
    let mut next = baseline.clone();
    for (i, f) in &verdict.moved {
        let e = &mut next.entries[*i];
        (e.id, e.path, e.function) = (f.id.clone(), f.path.clone(), f.function.clone());
    }
    let mut entries: Vec<Passed> =
        next.entries.into_iter().enumerate().filter(|(i, _)| !verdict.fixed.contains(i)).map(|(_, e)| e).collect();
    for (f, roles) in &verdict.new {
        let names = roles.iter().map(|r| r.name().to_owned());
        match entries.iter_mut().find(|e| e.id == f.id) {
            Some(e) => e.roles.extend(names),
            None => entries.push(Passed {
                id: f.id.clone(),
                fingerprint: f.fingerprint.clone(),
                path: f.path.clone(),
                function: f.function.clone(),
                roles: names.collect(),
                reason: reason.to_owned(),
                owner: owner.map(str::to_owned),
                date: date.to_owned(),
            }),
        }
    }
    entries.sort_by(|a, b| (&a.path, &a.id).cmp(&(&b.path, &b.id)));
    Baseline { entries, ..next }
}
