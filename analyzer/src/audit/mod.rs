//! The whole audit: ledger, sites, findings.

pub mod candidates;
pub mod evidence;
mod expanded;
pub mod file;
mod initializers;
pub mod ledger;
mod loose;
mod paths;
mod prepare;
mod requests;
mod scope;
mod settle;
pub mod site;
mod written;

pub use prepare::prepare;
pub use requests::Requests;

use crate::finding::{
    AUDIT_SCHEMA, Access, Audit, Confidence, Coverage, Finding, Implicit, Ledger, Note, Problem, Role, RoleDoubt,
    Severity, Space,
};
use evidence::{Places, conditions, evidence, placed_all, timing, ways};
use file::{Bucket, Context, Draft, FileAudit, Interest, audit_file};

use crate::flow::global::{Program, with};
use crate::flow::local::Outcome;
use crate::flow::target::{Alias, Target};
use crate::packs::Pack;
use crate::space::Decided;
use ledger::occurrences;
use memchr::memmem::Finder;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use site::{Known, join};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::c::declared::macro_at;
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::language;
use uioscope_source::text::{SourceFile, SourceTree};

/// What to audit.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `struct.field`; found by itself if nothing is given.
    pub field: Option<String>,
    /// The role pack; found by itself if nothing is given.
    pub pack: Option<Pack>,
    /// So many ways to each role are kept; the shortest one at least.
    pub ways: usize,
}

/// An audit that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// Not of the form `struct.field`.
    #[error("--field {0}: write it as STRUCT.FIELD, for instance uio.uio_procp")]
    BadField(String),
    /// The struct is there, the field is not.
    #[error("{tree}: struct {of} ({path}) has no field {field}; its fields are {}; choose one with --field {of}.NAME", fields.join(", "))]
    NoField {
        /// The tree.
        tree: String,
        /// The struct's tag.
        of: String,
        /// Where it is declared.
        path: String,
        /// What was asked for.
        field: String,
        /// What there is.
        fields: Vec<String>,
    },
    /// The tree declares structs, but not that one.
    #[error("{tree}: no struct {of} is declared there; name a field of one that is with --field STRUCT.FIELD")]
    NoStruct {
        /// The tree.
        tree: String,
        /// The struct's tag.
        of: String,
    },
    /// Neither the struct nor the field's name is in the tree.
    #[error(
        "{tree}: no struct {of} is declared there, and {field} does not occur; name the field with --field STRUCT.FIELD"
    )]
    Nothing {
        /// The tree.
        tree: String,
        /// The struct's tag.
        of: String,
        /// What was asked for, or looked for.
        field: String,
    },
}

/// Audits a tree.
///
/// # Errors
/// The field that was asked for is not in the tree, or none of those that the pack knows is.
pub fn audit(tree: &SourceTree, options: &Options) -> Result<Audit, AuditError> {
    audit_with(tree, options, |_, _| ()).map(|(audit, ())| audit)
}

/// Audits a tree, and asks `then` while the indexes that the audit made are still there.
///
/// # Errors
/// As [`audit`].
pub fn audit_with<R>(
    tree: &SourceTree,
    options: &Options,
    then: impl FnOnce(&Program<'_, '_>, &Audit) -> R,
) -> Result<(Audit, R), AuditError> {
    let lookup = Lookup::new(tree);
    let (pack, mut target) = prepare(tree, &lookup, options)?;
    let (functions, interests) =
        rayon::join(|| Functions::new(tree), || find_interests(tree, &lookup, &pack, &mut target));
    let context = Context { target: &target, pack: &pack, lookup: &lookup, functions: &functions };
    let mut files: Vec<FileAudit> = tree
        .files
        .par_iter()
        .zip(&interests)
        .map(|(f, i)| if i.is_empty() { FileAudit::default() } else { audit_file(&context, f, i) })
        .collect();
    Ok(with(&lookup, &functions, &pack, &target, options.ways, |program| {
        settle::settle(program, &mut files);
        let stores = program.stores(&files);
        let (requests, ()) = rayon::join(|| program.requests(&stores), || program.resolve(loads(tree, &mut files)));
        program.complete_requests(requests, &mut files);
        let mut audit = assemble(tree, &target, &pack, program.functions, &interests, files);
        audit.problems.extend_from_slice(program.dispatch.problems());
        audit.problems.sort();
        let answer = then(program, &audit);
        (audit, answer)
    }))
}

/// The loads of all files: where each stands, and what is known of it so far.
fn loads<'a>(tree: &'a SourceTree, files: &'a mut [FileAudit]) -> Vec<(&'a str, u32, &'a mut Outcome)> {
    let is_load = |d: &&mut Draft| d.bucket == Bucket::Classified && d.site.access == Access::Load;
    let paths = tree.files.iter().map(|f| f.path.as_str());
    let of_file = |(f, path): (&'a mut FileAudit, &'a str)| {
        f.drafts.iter_mut().filter(is_load).map(move |d| (path, d.at, &mut d.site.outcome))
    };
    files.iter_mut().zip(paths).flat_map(of_file).collect()
}

/// Where to look in each file; fills in the macros that stand for the field.
fn find_interests(tree: &SourceTree, lookup: &Lookup<'_>, pack: &Pack, target: &mut Target) -> Vec<Interest> {
    let finder = Finder::new(&target.field);
    let wholes = prepare::wholes(lookup, pack, target);
    let found: Vec<(Vec<u32>, Vec<u32>)> = tree
        .files
        .par_iter()
        .map(|f| {
            let all = occurrences(&f.bytes, &finder);
            let candidates = match &f.path {
                _ if f.context => Vec::new(),
                // What is no member is not copied either.
                _ if target.replaced_by.is_some() => Vec::new(),
                path => language::of(path).map_or_else(Vec::new, |l| l.whole_structs(&f.bytes, &wholes)),
            };
            (all, candidates)
        })
        .collect();
    let mut interests: Vec<Interest> = found
        .iter()
        .zip(&tree.files)
        .map(|((all, candidates), f)| Interest {
            occurrences: if f.context { Vec::new() } else { all.clone() },
            candidates: candidates.clone(),
            makers: Vec::new(),
        })
        .collect();
    // Where the name is a macro's, the members behind it are uses of the field too.
    let behind: BTreeSet<&String> =
        target.paths.iter().filter_map(|p| p.last()).filter(|l| **l != target.field).collect();
    let finders: Vec<Finder<'_>> = behind.into_iter().map(Finder::new).collect();
    let behind: Vec<Vec<u32>> = if finders.is_empty() {
        Vec::new()
    } else {
        let in_file = |f: &SourceFile| finders.iter().flat_map(|n| occurrences(&f.bytes, n)).collect();
        tree.files.par_iter().map(in_file).collect()
    };
    // Macros that hold the name, then macros that hold those macros' names, and so on. One that does nothing with the field by
    // itself may hand its name on.
    let mut fresh: Vec<(usize, Vec<u32>)> = found.into_iter().enumerate().map(|(i, (all, _))| (i, all)).collect();
    for (i, places) in behind.into_iter().enumerate().filter(|(_, places)| !places.is_empty()) {
        if !tree.files[i].context {
            interests[i].candidates.extend(&places);
        }
        fresh[i].1.extend(places);
    }
    let mut makers: BTreeSet<String> = candidates::pasting(tree, &target.field);
    let mut known_makers: BTreeSet<String> = BTreeSet::new();
    for _ in 0..8 {
        let mut names = BTreeSet::new();
        for (i, places) in &fresh {
            for &at in places {
                let makro = uioscope_source::c::declared::defining_macro(&tree.files[*i], at as usize);
                names.extend(makro.map(|(at, len)| (*i, at, len)));
            }
        }
        let mut added = Vec::new();
        for (i, at, len) in names {
            let Some(m) = macro_at(&tree.files[i], at, len) else { continue };
            let is_known = |a: &Alias| a.definition.path == m.path && a.definition.at == m.at;
            if m.name == target.field || target.aliases.get(&m.name).is_some_and(|all| all.iter().any(is_known)) {
                continue;
            }
            let name = m.name.clone();
            match candidates::alias(lookup, pack, target, m) {
                Some(alias) => {
                    let all = target.aliases.entry(name.clone()).or_default();
                    if all.is_empty() {
                        added.push(name);
                    }
                    all.push(alias);
                }
                None => drop(makers.insert(name)),
            }
        }
        makers.retain(|m| !target.aliases.contains_key(m));
        let new_makers: Vec<String> = makers.difference(&known_makers).cloned().collect();
        known_makers.extend(new_makers.iter().cloned());
        if added.is_empty() && new_makers.is_empty() {
            break;
        }
        let uses_of = |names: &[String]| -> Vec<(usize, Vec<u32>)> {
            if names.is_empty() {
                return Vec::new();
            }
            let finders: Vec<Finder<'_>> = names.iter().map(Finder::new).collect();
            let in_file = |f: &SourceFile| finders.iter().flat_map(|n| occurrences(&f.bytes, n)).collect::<Vec<u32>>();
            let all = tree.files.par_iter().enumerate().map(|(i, f)| (i, in_file(f)));
            all.filter(|(_, uses)| !uses.is_empty()).collect()
        };
        let (uses, makes) = (uses_of(&added), uses_of(&new_makers));
        for (i, places) in uses.iter().filter(|(i, _)| !tree.files[*i].context) {
            interests[*i].candidates.extend(places);
        }
        for (i, places) in makes.iter().filter(|(i, _)| !tree.files[*i].context) {
            interests[*i].makers.extend(places);
        }
        fresh = uses.into_iter().chain(makes).collect();
    }
    target.makers = known_makers;
    for i in &mut interests {
        i.candidates.sort_unstable();
        i.candidates.dedup();
        i.makers.sort_unstable();
        i.makers.dedup();
    }
    interests
}

fn assemble(
    tree: &SourceTree,
    target: &Target,
    pack: &Pack,
    functions: &Functions<'_>,
    interests: &[Interest],
    files: Vec<FileAudit>,
) -> Audit {
    let declaring: BTreeSet<&String> = files.iter().flat_map(|f| &f.declaring).collect();
    let unique = declaring.len() <= 1;
    let mut audit = Audit {
        schema: AUDIT_SCHEMA,
        tree: tree.root.clone(),
        field: format!("{}.{}", target.of, target.field),
        pack: pack.name.clone(),
        migrated: target.replaced_by.clone(),
        ledger: Ledger { occurrences: interests.iter().map(|i| i.occurrences.len() as u64).sum(), ..Ledger::default() },
        coverage: Coverage {
            files: tree.files.iter().filter(|f| !f.context).count() as u64,
            bytes: tree.files.iter().filter(|f| !f.context).map(|f| f.bytes.len() as u64).sum(),
            files_with_sites: files.iter().filter(|f| !f.drafts.is_empty()).count() as u64,
            binary: tree.binary,
            other_files: tree.other_files,
        },
        findings: Vec::new(),
        skipped: Vec::new(),
        problems: tree.problems.clone(),
    };
    let uses = macro_uses(&files, target);
    let mut places = Places::new(tree, pack, functions);
    for (file, source) in files.into_iter().zip(&tree.files) {
        audit.skipped.extend(file.skipped);
        audit.problems.extend(file.problems);
        for draft in file.drafts {
            if draft.site.implicit.is_none() {
                match draft.bucket {
                    Bucket::Classified => audit.ledger.classified += 1,
                    Bucket::Unresolved => audit.ledger.unresolved += 1,
                    Bucket::Mention => audit.ledger.mentions += 1,
                    Bucket::Other => audit.ledger.other += 1,
                }
            }
            if draft.bucket != Bucket::Other {
                audit.findings.push(finding(&mut places, &source.path, draft, unique, &uses));
            }
        }
    }
    let key = |f: &Finding| (f.path.clone(), f.line, f.column, f.implicit.map(|i| i as u8), f.access);
    audit.findings.sort_by_key(key);
    give_ids(&mut audit.findings, &tree.home);
    audit.skipped.sort();
    audit.problems.sort();
    audit.problems.dedup();
    if !audit.ledger.adds_up() {
        let message = "the ledger does not add up: this is a defect of uioscope; please report it with the tree's name"
            .to_owned();
        audit.problems.push(Problem { path: ".".to_owned(), line: None, severity: Severity::Error, message });
    }
    audit
}

/// What the uses of each macro do with its value.
#[derive(Default)]
struct Uses {
    roles: BTreeSet<Role>,
    /// Roles that some use has without a doubt; and the doubts of the others.
    sure: BTreeSet<Role>,
    doubts: BTreeMap<Role, RoleDoubt>,
    notes: BTreeSet<Note>,
    spaces: BTreeSet<Space>,
    loads: bool,
    stores: bool,
}

impl Uses {
    fn roles(&mut self, outcome: &Outcome) {
        self.roles.extend(outcome.roles.iter().copied());
        self.sure.extend(outcome.roles.iter().filter(|r| !outcome.doubts.contains_key(r)));
        for (role, doubt) in &outcome.doubts {
            let least = self.doubts.entry(*role).or_insert_with(|| doubt.clone());
            if doubt.leaves() < least.leaves() {
                *least = doubt.clone();
            }
        }
    }
}

fn macro_uses(files: &[FileAudit], target: &Target) -> BTreeMap<String, Uses> {
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    for draft in files.iter().flat_map(|f| &f.drafts) {
        let (Some(alias), Some(Implicit::Macro)) = (&draft.site.alias, draft.site.implicit) else { continue };
        let entry = uses.entry(alias.clone()).or_default();
        entry.loads |= draft.site.access == Access::Load;
        entry.stores |= draft.site.access == Access::Store;
        entry.roles(&draft.site.outcome);
        entry.notes.extend(draft.site.outcome.notes.iter().cloned());
        entry.spaces.extend(draft.site.space);
        // A macro that uses another one uses its value for what its own text does.
        for inside in target.aliases.get(alias).into_iter().flatten().flat_map(|a| &a.inside) {
            if let Some(by) = &inside.by {
                let entry = uses.entry(by.clone()).or_default();
                entry.loads |= inside.access == Access::Load;
                entry.stores |= inside.access == Access::Store;
                entry.roles(&inside.outcome);
                entry.notes.extend(inside.outcome.notes.iter().cloned());
                entry.spaces.extend(inside.space);
            }
        }
    }
    uses
}

fn finding(
    places: &mut Places<'_, '_>,
    path: &str,
    mut draft: Draft,
    unique: bool,
    uses: &BTreeMap<String, Uses>,
) -> Finding {
    if draft.site.is_macro_value {
        // A macro's text loads what its uses load: it has the roles of them all.
        match uses.get(&draft.function) {
            None => {
                draft.site.outcome.roles.insert(Role::Unused);
                draft.site.outcome.notes.insert(Note::MacroUnused);
            }
            Some(u) if u.stores && !u.loads => {
                draft.site.access = Access::Store;
                draft.site.space = join(&u.spaces);
                draft.site.outcome = crate::flow::local::Outcome::default();
            }
            Some(u) => {
                let own = draft.site.outcome.roles.clone();
                draft.site.outcome.roles.extend(u.roles.iter().copied());
                let is_open = |r: &Role| !u.sure.contains(r) && !own.contains(r);
                draft
                    .site
                    .outcome
                    .doubts
                    .extend(u.doubts.iter().filter(|d| is_open(d.0)).map(|(r, d)| (*r, d.clone())));
                draft.site.outcome.notes.extend(u.notes.iter().cloned());
                if draft.site.outcome.roles.len() > 1 {
                    draft.site.outcome.roles.remove(&Role::Unused);
                }
            }
        }
    }
    if let (Access::Store, Some(u), true) =
        (draft.site.access, uses.get(&draft.function), draft.site.decided.iter().any(Decided::is_open))
    {
        // What a macro stores of its arguments is decided by those that it is used with.
        let known = join(&u.spaces).filter(|s| *s != Space::Unknown);
        if known.is_some() {
            draft.site.space = known;
            draft.site.outcome.notes.retain(|n| !matches!(n, Note::UserUnknown | Note::StoredUnknown));
        }
    }
    let site = draft.site;
    let confidence = match (draft.bucket, site.known) {
        (Bucket::Unresolved, _) => Confidence::Possible,
        (_, Known::Tracked) | (Bucket::Mention, _) => Confidence::Certain,
        (_, Known::Handed) => Confidence::Likely,
        (_, Known::Perhaps) => Confidence::Possible,
        _ if unique => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let (evidence, ways) = (evidence(places, &site.outcome), ways(places, &site.outcome));
    let null_meaning = placed_all(places, site.outcome.nulls.iter());
    let role_conditions = conditions(places.pack, &site.outcome, draft.when.as_ref());
    let access = if draft.bucket == Bucket::Mention { Access::Mention } else { site.access };
    let timing = timing(access, &site.outcome);
    let mut notes: Vec<Note> = site.outcome.notes.into_iter().collect();
    notes.sort_by_cached_key(ToString::to_string);
    notes.extend(site.outcome.held.map(Note::Kept));
    if confidence == Confidence::Possible && draft.bucket == Bucket::Classified && site.known != Known::Perhaps {
        notes.push(Note::TypeUnknown);
    }
    Finding {
        id: draft.squeezed,
        fingerprint: String::new(),
        path: path.to_owned(),
        line: draft.line,
        column: draft.column,
        function: draft.function,
        access,
        roles: if site.access == Access::Load { site.outcome.roles.into_iter().collect() } else { Vec::new() },
        space: if site.access == Access::Store { site.space } else { None },
        when: draft.when,
        expression: draft.expression,
        timing,
        evidence,
        confidence,
        implicit: site.implicit,
        notes,
        role_conditions,
        null_meaning,
        role_doubts: if site.access == Access::Load { site.outcome.doubts } else { BTreeMap::new() },
        ways,
        contexts: draft.settled.contexts.iter().copied().collect(),
        origins: draft.settled.placed(places),
        stored: draft.settled.stored,
        span: (site.span.start, site.span.end),
    }
}

/// Ids hash the path, the function, the line's text without blanks (which stands in `id` until now) and an ordinal among
/// equals, so that they survive moved lines. The path is that from the tree's root, also where a part of it is audited.
fn give_ids(findings: &mut [Finding], home: &str) {
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    let mut alike: FxHashMap<u64, u32> = FxHashMap::default();
    for f in findings {
        let kind = f.implicit.map_or(0, |i| i as u8 + 1);
        let hash = fnv(FNV_START, &[f.function.as_bytes(), f.id.as_bytes(), &[kind], f.access.name().as_bytes()]);
        let ordinal = alike.entry(hash).or_default();
        f.fingerprint = format!("{:016x}", fnv(hash, &[&ordinal.to_le_bytes()]));
        *ordinal += 1;
        let hash =
            fnv(FNV_START, &[format!("{home}{}", f.path).as_bytes(), f.function.as_bytes(), f.id.as_bytes(), &[kind]]);
        let ordinal = seen.entry(hash).or_default();
        f.id = format!("{:016x}", fnv(hash, &[&ordinal.to_le_bytes()]));
        *ordinal += 1;
    }
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over the parts, each with an end mark: the same on every platform and in every version.
fn fnv(mut hash: u64, parts: &[&[u8]]) -> u64 {
    for part in parts {
        for b in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
        }
    }
    hash
}
