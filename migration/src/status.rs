//! Which steps of a plan are done: places are found again by what they are, not by where they were.

use serde::Serialize;
use std::collections::BTreeMap;
use uioscope_analyzer::finding::{Access, Finding};
use uioscope_source::text::{LineIndex, SourceTree};

/// By which a place is found again when its line moved or its file was renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mark {
    /// How it touches the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<&'static str>,
    /// Hash of the function's name and the line without blanks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
}

/// The marks of findings, in their order.
pub fn marks(tree: &SourceTree, findings: &[Finding]) -> Vec<Mark> {
    let mut lines: BTreeMap<&str, LineIndex> = BTreeMap::new();
    findings
        .iter()
        .map(|f| {
            let Some(file) = tree.file(&f.path) else { return Mark::default() };
            let index = lines.entry(&f.path).or_insert_with(|| LineIndex::new(&file.bytes));
            let (start, end) = index.span(f.line, &file.bytes);
            let text: Vec<u8> =
                file.bytes[start as usize..end as usize].iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
            Mark { access: Some(f.access.name()), key: hash(&[f.function.as_bytes(), &text]) }
        })
        .collect()
}

/// A hash of a file's bytes.
pub fn digest(bytes: &[u8]) -> String {
    hash(&[bytes])
}

/// FNV-1a over the parts, each with an end mark: the same on every platform and in every version.
fn hash(parts: &[&[u8]]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for part in parts {
        for b in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// A site of a plan that was written earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// The step.
    pub step: usize,
    /// The finding's id then.
    pub id: String,
    /// The path then.
    pub path: String,
    /// The function.
    pub function: String,
    /// `load`, `store`, …
    pub access: String,
    /// [`Mark::key`].
    pub key: String,
}

/// Where each old site is now: an index into the findings, or nothing where it is done. Ids are looked for first, then the
/// same text in the same function of another file, then another text in the same function, as somebody may have touched the
/// line. A finding is the new place of one site only.
pub fn matched(old: &[Old], findings: &[Finding], marks: &[Mark]) -> Vec<Option<usize>> {
    let mut place: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; findings.len()];
    let rounds: [Same<'_>; 4] = [
        &|o, i| findings[i].id == o.id,
        &|o, i| marks[i].key == o.key && name(&findings[i].path) == name(&o.path),
        &|o, i| marks[i].key == o.key,
        &|o, i| {
            let f = &findings[i];
            f.function == o.function && f.access.name() == o.access && f.path == o.path
        },
    ];
    for same in rounds {
        for (at, o) in old.iter().enumerate() {
            if place[at].is_none()
                && let Some(i) = (0..findings.len()).find(|i| !taken[*i] && same(o, *i))
            {
                taken[i] = true;
                place[at] = Some(i);
            }
        }
    }
    place
}

/// Whether a finding is an old site.
type Same<'a> = &'a dyn Fn(&Old, usize) -> bool;

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing of it is left.
    Done,
    /// Some of it is.
    Begun,
    /// All of it is.
    Open,
}

impl State {
    /// Of so many sites that are left of so many.
    pub fn of(left: usize, all: usize) -> State {
        match left {
            0 => State::Done,
            n if n < all => State::Begun,
            _ => State::Open,
        }
    }
}

/// Findings that no site of the plan became: they are new, and no step is about them.
pub fn unplanned<'f>(findings: &'f [Finding], place: &[Option<usize>]) -> Vec<&'f Finding> {
    let known: std::collections::BTreeSet<usize> = place.iter().flatten().copied().collect();
    let is_new = |(i, f): &(usize, &'f Finding)| {
        !known.contains(i) && f.implicit.is_none() && matches!(f.access, Access::Load | Access::Store)
    };
    findings.iter().enumerate().filter(is_new).map(|(_, f)| f).collect()
}

/// What of a plan's document is needed to see how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OldPlan {
    /// `struct.field`.
    pub field: String,
    /// The role pack.
    pub pack: String,
    /// `vmspace` or `lwp`.
    pub to: String,
    /// Name, title and kind of each step, in order.
    pub steps: Vec<(String, String, String)>,
    /// Sites that are findings, by step.
    pub sites: Vec<Old>,
    /// Files that it would change, with the hash of what it was made from.
    pub files: BTreeMap<String, String>,
}

/// Reads a plan that was written as JSON.
///
/// # Errors
/// It is not one, or of another version.
pub fn read(text: &str) -> Result<OldPlan, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|e| format!("not a plan in JSON: {e}"))?;
    let schema = json["schema"].as_str().unwrap_or_default();
    if schema != crate::plan::SCHEMA {
        return Err(format!(
            "its schema is `{schema}` and not {}; make it again with uioscope plan --format json",
            crate::plan::SCHEMA
        ));
    }
    let word = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let mut plan =
        OldPlan { field: word(&json["field"]), pack: word(&json["pack"]), to: word(&json["to"]), ..OldPlan::default() };
    for (i, step) in json["steps"].as_array().into_iter().flatten().enumerate() {
        plan.steps.push((word(&step["name"]), word(&step["title"]), word(&step["kind"])));
        // The declaration is the last step's place; the first is done when the new member is there.
        let is_place = |s: &&serde_json::Value| s["id"].is_string() && step["kind"] != "declare";
        for site in step["sites"].as_array().into_iter().flatten().filter(is_place) {
            plan.sites.push(Old {
                step: i,
                id: word(&site["id"]),
                path: word(&site["path"]),
                function: word(&site["function"]),
                access: word(&site["access"]),
                key: word(&site["key"]),
            });
        }
    }
    for (path, digest) in json["files"].as_object().into_iter().flatten() {
        plan.files.insert(path.clone(), word(digest));
    }
    Ok(plan)
}

/// How each step of an old plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The step.
    pub step: String,
    /// Its title.
    pub title: String,
    /// In a word.
    pub state: State,
    /// So many of its sites are left.
    pub left: usize,
    /// Of so many.
    pub sites: usize,
    /// Where those that are left stand now.
    pub places: Vec<String>,
}

/// How an old plan stands, given what the audit finds now, and the plan that would be made of it now; none, where the field
/// is gone. Declarations and tests of the companion are no findings: they are done when the new plan does not ask for them.
pub fn standing(
    old: &OldPlan,
    tree: &SourceTree,
    findings: &[Finding],
    fresh: Option<&crate::plan::Plan>,
) -> (Vec<Standing>, Vec<String>) {
    let now = marks(tree, findings);
    let place = matched(&old.sites, findings, &now);
    let shown = |i: usize| format!("{}:{}", findings[i].path, findings[i].line);
    let mut list = Vec::new();
    for (i, (name, title, kind)) in old.steps.iter().enumerate() {
        let mine = || old.sites.iter().zip(&place).filter(|(o, _)| o.step == i);
        let (mut all, mut left): (usize, Vec<String>) =
            (mine().count(), mine().filter_map(|(_, p)| p.map(shown)).collect());
        if matches!(kind.as_str(), "declare" | "helpers" | "tests") {
            let same = fresh.and_then(|p| p.steps.iter().find(|s| s.name == *name));
            left = same.map_or_else(Vec::new, |s| s.sites.iter().map(|s| format!("{}:{}", s.path, s.line)).collect());
            if same.is_some() && left.is_empty() {
                left.push(title.clone());
            }
            all = all.max(left.len());
        }
        list.push(Standing {
            step: name.clone(),
            title: title.clone(),
            state: State::of(left.len(), all),
            left: left.len(),
            sites: all,
            places: left,
        });
    }
    let new = unplanned(findings, &place).into_iter().map(|f| format!("{}:{}", f.path, f.line)).collect();
    (list, new)
}
