//! Which steps of a plan are done: places are found again by what they are, not by where they were.

mod judge;

pub use judge::{After, Stands};

use crate::design::{Column, Kind};
use serde::Serialize;
use std::collections::BTreeMap;
use uioscope_analyzer::finding::{Access, Finding, Implicit, Space};
use uioscope_source::text::{LineIndex, SourceTree, is_word};

/// By which a place is found again when its line moved or its file was renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mark {
    /// How it touches the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<&'static str>,
    /// Hash of the function's name and the line without blanks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What takes the field's place there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Of a store: the space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<Space>,
    /// The key of the line that the step's edits make of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub becomes: String,
    /// So many lines of the function are like that already.
    #[serde(skip_serializing_if = "is_zero")]
    pub already: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
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
            let line = &file.bytes[start as usize..end as usize];
            Mark { access: Some(f.access.name()), key: line_key(&f.function, line), ..Mark::default() }
        })
        .collect()
}

/// The key of a line of a function, whatever its blanks.
pub(crate) fn line_key(function: &str, line: &[u8]) -> String {
    let text: Vec<u8> = line.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    hash(&[function.as_bytes(), &text])
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
    /// [`Mark::kind`].
    pub kind: String,
    /// [`Mark::space`].
    pub space: String,
    /// [`Mark::becomes`].
    pub becomes: String,
    /// [`Mark::already`].
    pub already: usize,
}

/// Where each old site is now: an index into the findings, or nothing where it is done. Ids are looked for first, then the
/// same text in the same function of another file, then another text in the same function, as somebody may have touched the
/// line. A finding is the new place of one site only, and of none that is made already.
pub fn matched(old: &[Old], findings: &[Finding], marks: &[Mark], is_made: &[bool]) -> Vec<Option<usize>> {
    let mut place: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; findings.len()];
    let rounds: [Same<'_>; 4] = [
        &|o, i| findings[i].id == o.id,
        &|o, i| marks[i].key == o.key && name(&findings[i].path) == name(&o.path),
        &|o, i| marks[i].key == o.key,
        &|o, i| {
            let f = &findings[i];
            // A request that is read and no longer set is what the old store's removal left.
            let is_one = f.implicit != Some(Implicit::Unset) || o.kind == "ask";
            is_one && f.function == o.function && f.access.name() == o.access && f.path == o.path
        },
    ];
    for same in rounds {
        for (at, o) in old.iter().enumerate() {
            if place[at].is_none()
                && !is_made[at]
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
    /// All of it does what the plan says.
    Done,
    /// Nothing of the old is left, and whether the new is there cannot be told for all.
    Unknown,
    /// Some of it is.
    Begun,
    /// All of it is.
    Open,
}

impl State {
    /// Of so many sites that are left, and that nobody can tell of, of so many.
    pub fn of(left: usize, unknown: usize, all: usize) -> State {
        match left {
            0 if unknown > 0 => State::Unknown,
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
                kind: word(&site["kind"]),
                space: word(&site["space"]),
                becomes: word(&site["becomes"]),
                already: site["already"].as_u64().unwrap_or_default() as usize,
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
    /// So many that cannot be told.
    pub unknown: usize,
    /// Where those that are left stand now, and what cannot be told.
    pub places: Vec<String>,
}

/// Places where the old field's name still stands in any text, where no finding is one.
fn words_left(old: &OldPlan, tree: &SourceTree, nothing_found: bool) -> Vec<String> {
    let name = old.field.rsplit('.').next().unwrap_or_default();
    if !nothing_found || name.is_empty() {
        return Vec::new();
    }
    let mut left = Vec::new();
    for file in tree.files.iter().filter(|f| !f.context) {
        let at = memchr::memmem::find_iter(&file.bytes, name).find(|at| is_word(&file.bytes, *at, name.len()));
        left.extend(at.map(|at| format!("{}:{}", file.path, LineIndex::new(&file.bytes).line(at as u32))));
    }
    left
}

/// How an old plan stands, given what the audit finds now, the plan that would be made of it now (of the new member, where the old
/// one is gone), and the new member. Helpers and tests of the companion are no findings: they are done when the new plan does not
/// ask for them.
pub fn standing(
    old: &OldPlan,
    tree: &SourceTree,
    findings: &[Finding],
    fresh: Option<&crate::plan::Plan>,
    after: &After<'_>,
) -> (Vec<Standing>, Vec<String>) {
    let now = marks(tree, findings);
    let is_made = after.made(&old.sites);
    let place = matched(&old.sites, findings, &now, &is_made);
    let shown = |i: usize| format!("{}:{}", findings[i].path, findings[i].line);
    let mut list = Vec::new();
    for (i, (name, title, kind)) in old.steps.iter().enumerate() {
        let (mut left, mut unknown) = (Vec::new(), Vec::new());
        let mut all = 0;
        let mine = old.sites.iter().zip(&place).zip(&is_made).filter(|((o, _), _)| o.step == i);
        for ((o, at), is_made) in mine {
            all += 1;
            match at {
                _ if *is_made => {}
                // The copy of a request stays; what is said of it after that counts.
                Some(at) if findings[*at].implicit != Some(Implicit::Copy) => left.push(shown(*at)),
                // Words are gone when they are gone, and so is the declaration.
                None if kind == "words" || kind == "retire" => {}
                _ if old.to == Column::Lwp.name() => {
                    // Its steps have no edits to be held to.
                    unknown
                        .push(format!("{}:{}: the old use is gone; what it became is not known", o.path, o.function));
                }
                _ => match after.judge(o) {
                    Stands::Done => {}
                    Stands::Left(why) => left.push(why),
                    Stands::Unknown(why) => unknown.push(why),
                },
            }
        }
        match kind.as_str() {
            "words" => left.extend(words_left(old, tree, findings.is_empty())),
            "declare" if after.words.is_none() => {
                unknown.push(format!("{title}: the plan's pack is not known here"));
            }
            "declare" if !after.is_declared => left.push(title.clone()),
            "declare" => {}
            "helpers" | "tests" => match fresh {
                None => unknown.push(format!("{title}: no plan can be made of the tree as it is")),
                Some(fresh) => {
                    let same = fresh.steps.iter().find(|s| s.name == *name);
                    let sites = same.iter().flat_map(|s| &s.sites);
                    left = sites.map(|s| format!("{}:{}", s.path, s.line)).collect();
                    if same.is_some() && left.is_empty() {
                        left.push(title.clone());
                    }
                }
            },
            _ => {}
        }
        let all = all.max(left.len() + unknown.len());
        list.push(Standing {
            step: name.clone(),
            title: title.clone(),
            state: State::of(left.len(), unknown.len(), all),
            left: left.len(),
            sites: all,
            unknown: unknown.len(),
            places: left.into_iter().chain(unknown).collect(),
        });
    }
    let new = unplanned(findings, &place).into_iter().map(|f| format!("{}:{}", f.path, f.line)).collect();
    (list, new)
}
