//! Which step each finding belongs to, with its edits or its question.

use super::{Choice, Question, Site, Step, StepKind};
use crate::design::{Column, Kind, Outcome};
use crate::edit::{Applicability, Fix};
use crate::facts::Facts;
use crate::rewrite::{Context, carry, current, declare, store, tests};
use crate::status::Mark;
use crate::whatif::{WhatIf, argument};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::finding::{Access, Finding, Implicit};

/// Turns findings into steps.
pub(super) struct Maker<'s, 'x, 't> {
    pub context: &'s Context<'x, 't>,
    pub answer: &'s WhatIf,
    pub marks: &'s [Mark],
}

impl Maker<'_, '_, '_> {
    fn findings(&self) -> &[Finding] {
        &self.context.audit.findings
    }

    fn site(&self, i: usize, column: Column) -> Site {
        let f = &self.findings()[i];
        Site {
            id: Some(f.id.clone()),
            path: f.path.clone(),
            line: f.line,
            function: f.function.clone(),
            mark: Mark {
                kind: Some(self.context.facts[i].kind),
                space: f.space.filter(|_| f.access == Access::Store),
                ..self.marks[i].clone()
            },
            why: self.answer.findings[i].designs.get(column.name()).map_or_else(String::new, |j| j.why.clone()),
        }
    }

    fn step(&self, kind: StepKind, place: &str, title: String, why: &str, check: String) -> Step {
        let name = if place.is_empty() { kind.name().to_owned() } else { format!("{}/{place}", kind.name()) };
        Step {
            name,
            kind,
            title,
            why: why.to_owned(),
            sites: Vec::new(),
            question: None,
            applicability: None,
            notes: Vec::new(),
            check,
            needs: Vec::new(),
            fixes: Vec::new(),
        }
    }

    pub fn to_space(&self) -> Vec<Step> {
        let context = self.context;
        let declaration = declare::declaration(context);
        let mut steps: BTreeMap<String, Step> = BTreeMap::new();
        if let Some(site) = declaration {
            self.declarations(site, &mut steps);
        }
        let mut fixes = merged(self.fixes());
        self.together(&mut fixes);
        for fix in fixes {
            self.place(fix, &mut steps);
        }
        self.tests(&mut steps);
        self.words(&mut steps);
        if let Some(site) = declaration {
            let check = format!("uioscope audit finds no {} any more", self.context.audit.field);
            let mut retire = self.step(
                StepKind::Retire,
                "",
                format!("Remove {}", context.audit.field),
                "nobody uses it any more",
                check,
            );
            retire.sites.push(self.site(site, Column::Vmspace));
            retire.fixes.push(declare::retire(context, site));
            steps.insert(retire.name.clone(), retire);
        }
        needs(&mut steps);
        steps.into_values().collect()
    }

    /// What a tree whose requests carry an address space already may still have to do.
    pub fn rest(&self) -> Vec<Step> {
        let mut steps = BTreeMap::new();
        self.tests(&mut steps);
        steps.into_values().filter(|s| s.fixes.iter().any(|f| !f.edits.is_empty())).collect()
    }

    fn declarations(&self, site: usize, steps: &mut BTreeMap<String, Step>) {
        let words = self.context.words();
        let compiles = || "the tree compiles as before".to_owned();
        if let Some(fix) = declare::member(self.context, site) {
            let title = format!("Declare {} and its helpers", words.member);
            let mut step = self.step(
                StepKind::Declare,
                "",
                title,
                "beside the old member, so that each place can change by itself",
                compiles(),
            );
            step.sites.push(self.site(site, Column::Vmspace));
            step.fixes.push(fix);
            steps.insert(step.name.clone(), step);
        }
        if let Some(fix) = declare::definition(self.context, site) {
            let title =
                format!("Define {}", words.prototypes.iter().map(|p| p.0.as_str()).collect::<Vec<_>>().join(", "));
            let mut step = self.step(StepKind::Helpers, "", title, "what stores and tests will call", compiles());
            step.fixes.push(fix);
            steps.insert(step.name.clone(), step);
        }
    }

    /// A fix for each finding that has a place to be fixed.
    fn fixes(&self) -> Vec<Fix> {
        let one = |(i, f): (usize, &Finding)| {
            let facts: &Facts = &self.context.facts[i];
            match (f.access, f.implicit) {
                (Access::Load, None) => Some(match facts.kind {
                    Kind::Curlwp => current::fix(self.context, i),
                    Kind::Removed => current::removed(self.context, i),
                    Kind::Vmspace => carry::fix(self.context, i),
                    Kind::Sysspace | Kind::Ask => Fix::none(i, "what it is for could not be read"),
                }),
                (Access::Store, None | Some(Implicit::Initializer)) => Some(store::fix(self.context, i)),
                (Access::Store, Some(Implicit::Copy)) if facts.kind == Kind::Sysspace => {
                    Some(store::fix(self.context, i))
                }
                (Access::Store, Some(Implicit::Unset)) if !self.is_set_anew(f) => {
                    Some(Fix::none(i, "the request is never given an address space, and is read"))
                }
                _ => None,
            }
        };
        let mut fixes: Vec<Fix> = self.findings().par_iter().enumerate().filter_map(one).collect();
        // A store of a value that changes its type with a load is the load's matter.
        let is_store = |i: &usize| self.findings()[*i].access == Access::Store;
        let filled: BTreeSet<usize> =
            fixes.iter().filter(|f| f.sites.len() > 1).flat_map(|f| f.sites.iter().copied().filter(is_store)).collect();
        fixes.retain(|f| f.sites.len() != 1 || !filled.contains(&f.sites[0]));
        fixes
    }

    /// Loads of a function that stand for the running process are edited together: a test that stays would guard another
    /// value than the one that is used.
    fn together(&self, fixes: &mut [Fix]) {
        let place = |fix: &Fix| {
            let i = *fix.sites.first()?;
            let f = &self.findings()[i];
            let is_current = f.access == Access::Load && self.context.facts[i].kind == Kind::Curlwp;
            is_current.then(|| (f.path.clone(), f.function.clone()))
        };
        let doubtful: BTreeMap<(String, String), Fix> = fixes
            .iter()
            .filter(|f| f.applicability != Applicability::Safe)
            .filter_map(|f| Some((place(f)?, f.clone())))
            .collect();
        for fix in fixes.iter_mut().filter(|f| f.applicability == Applicability::Safe) {
            if let Some(doubt) = place(fix).and_then(|p| doubtful.get(&p)) {
                fix.applicability = doubt.applicability;
                fix.note.clone_from(&doubt.note);
            }
        }
    }

    /// Whether the function of a request that never has the old field stored says the new one.
    fn is_set_anew(&self, f: &Finding) -> bool {
        let words = self.context.words();
        let Some((index, _)) = crate::sites::source(self.context.program, &f.path) else { return false };
        let Some((_, file)) = crate::sites::source(self.context.program, &f.path) else { return false };
        let lines = uioscope_source::text::LineIndex::new(&file.bytes);
        let at = crate::sites::offset(file, &lines, f);
        let mut said = false;
        self.context.program.functions.trees(index, at, |source, ast| {
            for function in ast.functions.iter().filter(|g| g.span.holds(at)) {
                let all = crate::sites::words(function.span.of(source));
                said |= all.contains(words.member.as_bytes()) || all.contains(words.setup.as_bytes());
            }
        });
        said
    }

    /// Puts a fix into the step that it belongs to.
    fn place(&self, fix: Fix, steps: &mut BTreeMap<String, Step>) {
        let Some(&first) = fix.sites.first() else { return };
        let f = &self.findings()[first];
        let dir = f.path.rsplit_once('/').map_or(".", |(d, _)| d);
        let facts = &self.context.facts[first];
        let of = &self.context.audit.field;
        let mut step = if fix.applicability != Applicability::Safe {
            let place = format!("{}:{}", f.path, f.function);
            let check = format!("uioscope audit --path {} lists no {of} in {}", f.path, f.function);
            let mut step = self.step(
                StepKind::Decide,
                &place,
                format!(
                    "Decide {} of {}",
                    if f.access == Access::Store { "the store" } else { "the load" },
                    f.function
                ),
                "no edit keeps its meaning for certain",
                check,
            );
            step.question = Some(self.question(f, facts, &fix));
            step
        } else if f.access == Access::Store {
            let check = format!(
                "uioscope audit --access store --path {dir} lists only stores that ask; the directory compiles"
            );
            self.step(
                StepKind::Store,
                dir,
                format!("Say which address space, in {dir}"),
                "a request names addresses, and nothing else",
                check,
            )
        } else if facts.kind == Kind::Vmspace {
            let check = format!("{} compiles, for each port that has it", f.path);
            self.step(
                StepKind::Space,
                &format!("{}:{}", f.path, f.function),
                format!("Take the address space itself in {}", f.function),
                "the process was only the way to its address space",
                check,
            )
        } else {
            let current = self.context.words().current(self.context.pointee()).unwrap_or("the running process");
            let check =
                format!("uioscope audit --access load --path {dir} lists only loads that ask; the directory compiles");
            self.step(
                StepKind::Current,
                dir,
                format!("Use {current} in {dir}"),
                "the request is handled by the process that made it, while it waits",
                check,
            )
        };
        step.sites = fix.sites.iter().map(|i| self.site(*i, Column::Vmspace)).collect();
        match steps.get_mut(&step.name) {
            None => {
                step.fixes.push(fix);
                steps.insert(step.name.clone(), step);
            }
            Some(known) => {
                known.sites.extend(step.sites);
                known.sites.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
                known.fixes.push(fix);
                if let (Some(all), Some(own)) = (&mut known.question, step.question) {
                    own.options.into_iter().for_each(|o| {
                        if !all.options.contains(&o) {
                            all.options.push(o)
                        }
                    });
                }
            }
        }
    }

    /// What has to be decided of a fix that is not safe, and the ways.
    fn question(&self, f: &Finding, facts: &Facts, fix: &Fix) -> Question {
        let words = self.context.words();
        let current = words.current(self.context.pointee()).unwrap_or("the running process");
        let choice = |what: String, cost: &str| Choice { what, cost: cost.to_owned() };
        let written = if fix.edits.is_empty() || fix.applicability == Applicability::DisplayOnly {
            "by hand"
        } else {
            "the patch with --unsafe does it"
        };
        let options = match (f.access, facts.kind) {
            (Access::Load, Kind::Curlwp | Kind::Ask | Kind::Removed | Kind::Sysspace) => vec![
                choice(format!("{current}, {written}"), &fix.note),
                choice(
                    format!("an explicit argument: {}", argument(&f.roles)),
                    "every function from whoever issues the request down to here takes it, and a table of functions changes its type",
                ),
                choice(
                    "a snapshot in the request, taken when it is made".to_owned(),
                    "what it holds has to be counted, and is as old as the request",
                ),
            ],
            (Access::Load, Kind::Vmspace) => vec![
                choice(format!("the address space, {written}"), &fix.note),
                choice(
                    format!("keep a process beside it: {}", argument(&f.roles)),
                    "an explicit argument, down to here",
                ),
            ],
            (_, Kind::Removed) => vec![
                choice(format!("no address space at all, {written}"), &fix.note),
                choice(
                    format!("{}, as if it were kernel memory", words.setup),
                    "says something that nobody should rely on, and is never left unset",
                ),
            ],
            (_, Kind::Sysspace) => vec![
                choice(format!("{}, {written}", words.setup), &fix.note),
                choice(
                    "hand the process to the readers in another way".to_owned(),
                    "an explicit argument of the operation",
                ),
            ],
            _ => vec![
                choice(format!("the address space as it is, without a reference, {written}"), &fix.note),
                choice(
                    "a reference, dropped when the request is completed".to_owned(),
                    "whoever completes it drops the reference, on every way",
                ),
            ],
        };
        Question { ask: fix.note.clone(), options }
    }

    fn tests(&self, steps: &mut BTreeMap<String, Step>) {
        let context = self.context;
        let companion = &context.program.pack.companion.field;
        for test in tests::find(context) {
            let dir = test.path.rsplit_once('/').map_or(".", |(d, _)| d).to_owned();
            let title = format!("Ask the address space, and not {companion}, in {dir}");
            let check = format!("no test of {companion} is left in {dir}");
            let fresh = self.step(
                StepKind::Tests,
                &dir,
                title,
                "a second step: the address space says it all once every request names one",
                check,
            );
            let step = steps.entry(fresh.name.clone()).or_insert(fresh);
            step.sites.push(Site {
                id: None,
                path: test.path,
                line: test.line,
                function: test.function,
                mark: Mark::default(),
                why: if test.fix.edits.is_empty() { test.fix.note.clone() } else { "a test for a constant".to_owned() },
            });
            step.fixes.push(Fix { sites: Vec::new(), ..test.fix });
        }
    }

    /// Comments, strings and disabled text.
    fn words(&self, steps: &mut BTreeMap<String, Step>) {
        let list: Vec<usize> =
            (0..self.findings().len()).filter(|i| self.findings()[*i].access == Access::Mention).collect();
        if list.is_empty() {
            return;
        }
        let check = format!("rg -w {} finds nothing", self.context.program.target.field);
        let mut step = self.step(
            StepKind::Words,
            "",
            "Edit comments and disabled text by hand".to_owned(),
            "no compiler sees them",
            check,
        );
        step.sites = list.into_iter().map(|i| self.site(i, Column::Vmspace)).collect();
        steps.insert(step.name.clone(), step);
    }

    /// The checklist of the other design: where an LWP takes the process' place, and what has to be decided.
    pub fn to_lwp(&self, column: Column) -> Vec<Step> {
        let mut steps: BTreeMap<String, Step> = BTreeMap::new();
        let has_lwps = self.context.program.lookup.structure("lwp", "").is_some()
            || self.context.program.lookup.structure("thread", "").is_some();
        for (i, f) in self.findings().iter().enumerate() {
            let Some(judged) = self.answer.findings[i].designs.get(column.name()) else { continue };
            let dir = f.path.rsplit_once('/').map_or(".", |(d, _)| d);
            let (kind, place) = match (f.access, judged.outcome) {
                (Access::Mention, _) => (StepKind::Words, String::new()),
                (Access::Decl, _) => (StepKind::Declare, String::new()),
                (_, Outcome::Unchanged) => continue,
                (_, Outcome::Argument | Outcome::Unsafe | Outcome::Silent) => {
                    (StepKind::Decide, format!("{}:{}", f.path, f.function))
                }
                (Access::Store, _) => (StepKind::Store, dir.to_owned()),
                _ => (StepKind::Current, dir.to_owned()),
            };
            let title = match kind {
                StepKind::Declare => "Declare the member as an LWP".to_owned(),
                StepKind::Words => "Edit comments and disabled text by hand".to_owned(),
                StepKind::Decide => format!("Decide what {} does", f.function),
                StepKind::Store => format!("Store the LWP, in {dir}"),
                _ => format!("Go from the LWP to its process, in {dir}"),
            };
            let fresh = self.step(
                kind,
                &place,
                title,
                &judged.why,
                "the tree compiles, and the audit of the new member says the same".to_owned(),
            );
            let step = steps.entry(fresh.name.clone()).or_insert(fresh);
            step.sites.push(self.site(i, column));
            if kind == StepKind::Decide && step.question.is_none() {
                let choice = |what: &str, cost: &str| Choice { what: what.to_owned(), cost: cost.to_owned() };
                step.question = Some(Question {
                    ask: judged.why.clone(),
                    options: vec![
                        choice("the LWP that makes the request", "it can exit before the request is completed"),
                        choice("one that represents its process", "any of them: not the one that asked"),
                    ],
                });
            }
        }
        if !has_lwps && let Some(step) = steps.get_mut("declare") {
            step.notes.push("this tree has no LWPs yet: they come first".to_owned());
        }
        needs(&mut steps);
        let mut list: Vec<Step> = steps.into_values().collect();
        for step in &mut list {
            step.fixes = std::mem::take(&mut step.notes)
                .into_iter()
                .map(|n| Fix {
                    sites: Vec::new(),
                    edits: Vec::new(),
                    applicability: Applicability::DisplayOnly,
                    note: n,
                })
                .collect();
        }
        list
    }
}

/// Fixes that share an edit are one: all of it is made, or nothing.
fn merged(fixes: Vec<Fix>) -> Vec<Fix> {
    let (mut carried, mut rest): (Vec<Fix>, Vec<Fix>) = fixes.into_iter().partition(|f| f.sites.len() > 1);
    // The same loads were found from each of them.
    carried.sort_by(|a, b| a.sites.cmp(&b.sites));
    carried.dedup_by(|a, b| a.sites == b.sites && a.edits == b.edits);
    rest.extend(carried);
    let mut out: Vec<Fix> = Vec::new();
    for fix in rest {
        let by_shape = |e: &crate::edit::Edit| e.end > e.start;
        let shared = out.iter().position(|o| o.edits.iter().filter(|e| by_shape(e)).any(|e| fix.edits.contains(e)));
        match shared {
            Some(i) if !fix.edits.is_empty() => {
                let known = &mut out[i];
                known.sites.extend(fix.sites);
                known.sites.sort_unstable();
                known.sites.dedup();
                known.edits.extend(fix.edits);
                known.edits.sort();
                known.edits.dedup();
                known.applicability = known.applicability.max(fix.applicability);
                if known.note.is_empty() {
                    known.note = fix.note;
                }
            }
            _ => out.push(fix),
        }
    }
    out.sort_by(|a, b| a.sites.cmp(&b.sites));
    out
}

/// Which steps come before which: declarations, then helpers, then loads of the process, decisions, stores, loads of the
/// address space, the old member's end, and tests. Ports and drivers do not wait for each other.
fn needs(steps: &mut BTreeMap<String, Step>) {
    let kinds: Vec<(String, StepKind)> = steps.values().map(|s| (s.name.clone(), s.kind)).collect();
    let of = |wanted: &[StepKind]| -> Vec<String> {
        kinds.iter().filter(|(_, k)| wanted.contains(k)).map(|(n, _)| n.clone()).collect()
    };
    use StepKind::{Current, Decide, Declare, Helpers, Retire, Space, Store, Tests, Words};
    for step in steps.values_mut() {
        step.needs = match step.kind {
            Declare | Words => Vec::new(),
            Helpers => of(&[Declare]),
            Current => Vec::new(),
            Decide => of(&[Declare, Helpers]),
            // What still reads the old field would read what nobody stores any more.
            Store => of(&[Declare, Helpers, Current, Decide]),
            Space => of(&[Declare, Store]),
            Retire => of(&[Current, Decide, Store, Space]),
            Tests => of(&[Helpers, Store, Space, Retire]),
        };
    }
}
