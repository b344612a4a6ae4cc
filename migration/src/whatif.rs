//! Every finding against every design: what becomes of it, why, and what the model says of its lifetimes.

use crate::design::{Column, Kind, Outcome};
use crate::facts::{Facts, Stored, facts};
use crate::verdict::{Verdict, Verdicts, aspect, is_lifetime};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_analyzer::finding::{Access, Audit, Confidence, Finding, Implicit, NullMeaning, Role, Space, Timing};
use uioscope_analyzer::flow::global::Program;
use uioscope_model::{Aspect, Policy};

/// The document's schema name and version.
pub const SCHEMA: &str = "uioscope.what-if/1";

/// One answer of the model, by what it was asked; the trace stands in [`WhatIf::verdicts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Played {
    /// What exit and exec do.
    pub policy: &'static str,
    /// What completion reads beyond the address space.
    pub reads: Option<&'static str>,
    /// `safe`, `unsafe` or `partial`.
    pub verdict: &'static str,
    /// What is violated soonest.
    pub property: Option<&'static str>,
    /// After so many steps.
    pub steps: Option<usize>,
}

/// What a design does to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// How bad it is.
    pub outcome: Outcome,
    /// What takes the field's place; nothing where the design keeps it.
    pub kind: Option<Kind>,
    /// In a sentence.
    pub why: String,
    /// What has to be handed over explicitly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<&'static str>,
    /// What NULL meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub null: Vec<NullMeaning>,
    /// `proc_representative_lwp()` has to be called here.
    #[serde(rename = "representative-lwp", skip_serializing_if = "std::ops::Not::not")]
    pub representative: bool,
    /// Were the request completed after its issuer went on.
    #[serde(rename = "if-asynchronous")]
    pub model: Vec<Played>,
}

/// A finding and what each design does to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The finding's.
    pub id: String,
    /// Relative to the tree's root.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// Around it.
    pub function: String,
    /// How it touches the field.
    pub access: Access,
    /// Of a load.
    pub roles: Vec<Role>,
    /// Of a store.
    pub space: Option<Space>,
    /// The access, or what is stored.
    pub expression: String,
    /// By the names of [`Column`].
    pub designs: BTreeMap<&'static str, Judgement>,
}

/// How many findings of a design have each outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// The column's name.
    pub design: &'static str,
    /// As they are.
    pub unchanged: usize,
    /// Mechanical.
    pub edit: usize,
    /// Needs an argument.
    pub argument: usize,
    /// Changes its behaviour without a word.
    pub silent: usize,
    /// Reads what may be gone.
    #[serde(rename = "unsafe")]
    pub unsafe_: usize,
    /// Places that call `proc_representative_lwp()`.
    #[serde(rename = "representative-lwp")]
    pub representative: usize,
    /// Policies of exit and exec under which the model finds nothing wrong with the address space.
    #[serde(rename = "safe-policies")]
    pub safe_policies: Vec<&'static str>,
}

impl Total {
    /// How many have that outcome.
    pub fn of(&self, outcome: Outcome) -> usize {
        match outcome {
            Outcome::Unchanged => self.unchanged,
            Outcome::Edit => self.edit,
            Outcome::Argument => self.argument,
            Outcome::Silent => self.silent,
            Outcome::Unsafe => self.unsafe_,
        }
    }
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// As the user named it.
    pub tree: String,
    /// `struct.field`.
    pub field: String,
    /// The role pack.
    pub pack: String,
    /// The table that ends the argument.
    pub totals: Vec<Total>,
    /// In the order of the audit.
    pub findings: Vec<Entry>,
    /// What the model was asked, and its shortest traces.
    pub verdicts: Vec<Verdict>,
}

/// Judges all findings of an audit.
pub fn what_if(program: &Program<'_, '_>, audit: &Audit) -> WhatIf {
    judged(audit, &facts(program, audit))
}

/// The same, where the facts are known already.
pub fn judged(audit: &Audit, facts: &[Facts]) -> WhatIf {
    let needed: BTreeSet<Aspect> = audit.findings.iter().flat_map(|f| &f.roles).filter_map(|r| aspect(*r)).collect();
    let verdicts = Verdicts::play(&needed.into_iter().collect::<Vec<_>>());
    let judge = Judge { facts, verdicts: &verdicts, audit };
    let findings: Vec<Entry> = audit.findings.par_iter().enumerate().map(|(i, f)| judge.entry(i, f)).collect();
    let totals = Column::ALL.iter().map(|c| total(*c, &findings, &verdicts)).collect();
    WhatIf {
        schema: SCHEMA,
        tree: audit.tree.clone(),
        field: audit.field.clone(),
        pack: audit.pack.clone(),
        totals,
        findings,
        verdicts: verdicts.all,
    }
}

fn total(column: Column, findings: &[Entry], verdicts: &Verdicts) -> Total {
    let all: Vec<&Judgement> = findings.iter().filter_map(|e| e.designs.get(column.name())).collect();
    let count = |o: Outcome| all.iter().filter(|j| j.outcome == o).count();
    Total {
        design: column.name(),
        unchanged: count(Outcome::Unchanged),
        edit: count(Outcome::Edit),
        argument: count(Outcome::Argument),
        silent: count(Outcome::Silent),
        unsafe_: count(Outcome::Unsafe),
        representative: all.iter().filter(|j| j.representative).count(),
        safe_policies: verdicts.of(column.design(), None).filter(|v| v.verdict == "safe").map(|v| v.policy).collect(),
    }
}

/// What NULL means to the readers of a load, each once; that it is looked into without a test is no meaning, and a panic
/// only says that it never comes.
pub fn null_meanings(finding: &Finding) -> Vec<NullMeaning> {
    let mut seen = BTreeSet::new();
    let meant = finding.null_meaning.iter().filter_map(|e| e.step.null());
    meant.filter(|m| m.is_telling() && seen.insert(*m)).cloned().collect()
}

/// Several meanings in one line.
pub fn all_of(meanings: &[NullMeaning]) -> String {
    meanings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What has to be handed over for the roles that an address space does not lead to.
pub fn argument(roles: &[Role]) -> &'static str {
    let mut beyond = roles.iter().filter(|r| r.is_beyond_address_space() && **r != Role::Escape);
    match (beyond.next(), beyond.next()) {
        (Some(Role::Credential), None) => "credentials",
        (Some(Role::Limits), None) => "limits",
        (Some(Role::Accounting), None) => "accounts",
        (Some(Role::Files), None) => "descriptor table",
        (Some(Role::Session), None) => "session",
        (Some(Role::Signal), None) => "process or LWP to signal",
        _ => "current process or LWP",
    }
}

struct Judge<'x> {
    facts: &'x [Facts],
    verdicts: &'x Verdicts,
    audit: &'x Audit,
}

impl Judge<'_> {
    fn entry(&self, i: usize, f: &Finding) -> Entry {
        let designs = Column::ALL.iter().map(|c| (c.name(), self.judge(i, f, *c))).collect();
        Entry {
            id: f.id.clone(),
            path: f.path.clone(),
            line: f.line,
            function: f.function.clone(),
            access: f.access,
            roles: f.roles.clone(),
            space: f.space,
            expression: f.expression.clone(),
            designs,
        }
    }

    fn judge(&self, i: usize, f: &Finding, column: Column) -> Judgement {
        let facts = &self.facts[i];
        let (outcome, why) = match f.access {
            Access::Mention => (Outcome::Unchanged, format!("{}; edit the words by hand", first_note(f, "a mention"))),
            Access::Decl if column.is_space() => (Outcome::Edit, "the declaration".to_owned()),
            Access::Decl => self.declaration(column),
            Access::Store => self.store(f, facts, column),
            Access::Load => self.load(f, facts, column),
        };
        let kind = match f.access {
            Access::Mention => column.is_space().then_some(Kind::Ask),
            _ => column.is_space().then_some(facts.kind),
        };
        let is_load = f.access == Access::Load;
        let handed = column.is_space() && is_load && facts.kind == Kind::Curlwp;
        let representative = column == Column::Representative && is_load && facts.per_lwp;
        let needs_lwp = column == Column::Lwp && facts.stored == Some(Stored::Other);
        Judgement {
            outcome,
            kind,
            why,
            argument: if handed { Some(argument(&f.roles)) } else { (representative || needs_lwp).then_some("LWP") },
            null: if outcome == Outcome::Silent { null_meanings(f) } else { Vec::new() },
            representative,
            model: self.played(f, column),
        }
    }

    fn declaration(&self, column: Column) -> (Outcome, String) {
        match column {
            Column::Lwp if !self.audit.field.ends_with("_lwp") && !self.audit.field.ends_with("_td") => {
                (Outcome::Edit, "the declaration".to_owned())
            }
            _ => (Outcome::Unchanged, "the field keeps its type".to_owned()),
        }
    }

    /// What each policy makes of a request that outlives its issuer's call.
    fn played(&self, f: &Finding, column: Column) -> Vec<Played> {
        if matches!(f.access, Access::Decl | Access::Mention) {
            return Vec::new();
        }
        let aspects: BTreeSet<Aspect> = f.roles.iter().filter_map(|r| aspect(*r)).collect();
        let reads: Vec<Option<Aspect>> =
            if aspects.is_empty() { vec![None] } else { aspects.into_iter().map(Some).collect() };
        let mut list = Vec::new();
        for aspect in reads {
            for v in self.verdicts.of(column.design(), aspect) {
                // What was asked for comes first: that the thing itself changed, then the soonest.
                let soonest = v.violations.iter().min_by_key(|x| (x.steps, x.property));
                list.push(Played {
                    policy: v.policy,
                    reads: v.reads,
                    verdict: v.verdict,
                    property: soonest.map(|x| x.property),
                    steps: soonest.map(|x| x.steps),
                });
            }
        }
        list
    }

    /// Whether the model finds a lifetime violated when exit and exec do nothing, and which.
    fn broken(&self, f: &Finding, column: Column) -> Option<String> {
        let aspects: BTreeSet<Option<Aspect>> =
            f.roles.iter().filter_map(|r| aspect(*r)).map(Some).chain([None]).collect();
        let all = aspects.into_iter().flat_map(|a| self.verdicts.of(column.design(), a));
        let none = all.filter(|v| v.policy == Policy::None.name());
        let broken = none.flat_map(|v| &v.violations).filter(|v| is_lifetime(v.property));
        broken.min_by_key(|v| (v.steps, v.property)).map(|v| format!("{} after {} steps", v.property, v.steps))
    }

    fn store(&self, f: &Finding, facts: &Facts, column: Column) -> (Outcome, String) {
        if f.implicit == Some(Implicit::Unset) {
            let why = first_note(f, "the field is never stored here");
            return if column.is_space() {
                (Outcome::Silent, format!("{why}; no address space is named either"))
            } else {
                (Outcome::Unchanged, why)
            };
        }
        let outlives = facts.in_heap || f.timing == Timing::MayOutlive;
        match column {
            Column::Proc | Column::Representative => match self.broken(f, column).filter(|_| outlives) {
                Some(broken) => {
                    (Outcome::Unsafe, format!("the request lives in memory that outlives the call: {broken}"))
                }
                None => (Outcome::Unchanged, "the same process is stored".to_owned()),
            },
            Column::Lwp => match (facts.stored, self.broken(f, column).filter(|_| outlives)) {
                (Some(Stored::Other), _) => {
                    (Outcome::Argument, "another process' memory: which of its LWPs is meant?".to_owned())
                }
                (_, Some(broken)) => {
                    (Outcome::Unsafe, format!("the request lives in memory that outlives the call: {broken}"))
                }
                (Some(Stored::Null), _) => (Outcome::Unchanged, "NULL stays NULL".to_owned()),
                (Some(Stored::Tracked), _) => (Outcome::Unchanged, "copied from another request".to_owned()),
                _ => (Outcome::Edit, "the LWP in place of its process".to_owned()),
            },
            Column::Vmspace | Column::Borrowed | Column::Referenced => self.space_store(f, facts, column, outlives),
        }
    }

    fn space_store(&self, f: &Finding, facts: &Facts, column: Column, outlives: bool) -> (Outcome, String) {
        if column == Column::Borrowed
            && (outlives || facts.stored == Some(Stored::Other))
            && let Some(broken) = self.broken(f, column)
        {
            let what =
                if outlives { "the request lives in memory that outlives the call" } else { "another process' memory" };
            return (Outcome::Unsafe, format!("{what}, and nothing keeps it: {broken}"));
        }
        match (facts.kind, facts.stored) {
            (Kind::Ask, _) => (Outcome::Argument, first_note(f, "which address space is meant is not known here")),
            (Kind::Removed, _) => {
                (Outcome::Edit, "the request names no buffer: nothing reads which addresses it is in".to_owned())
            }
            (Kind::Sysspace, Some(Stored::Null)) if !null_meanings(f).is_empty() => {
                (Outcome::Silent, format!("NULL told the readers something: {}", all_of(&null_meanings(f))))
            }
            (Kind::Sysspace, Some(Stored::Other | Stored::Unknown)) => (
                Outcome::Silent,
                "the companion field says kernel, but readers look at the process that is stored here".to_owned(),
            ),
            (Kind::Sysspace, _) => (Outcome::Edit, "the request names kernel memory".to_owned()),
            (_, Some(Stored::Other)) => (
                Outcome::Edit,
                "another process' memory: a reference on its address space, dropped on every way out".to_owned(),
            ),
            (_, Some(Stored::Tracked)) => (Outcome::Edit, "copied from another request".to_owned()),
            _ if f.implicit == Some(Implicit::Copy) => (Outcome::Unchanged, "a copy of the whole request".to_owned()),
            _ if f.implicit == Some(Implicit::Macro) => {
                (Outcome::Unchanged, "the macro's text is what changes".to_owned())
            }
            _ if f.space == Some(Space::Mixed) => {
                (Outcome::Edit, "by the companion field: the kernel's, or the process'".to_owned())
            }
            _ if outlives => {
                (Outcome::Edit, "the process' address space, with a reference while the request lives".to_owned())
            }
            _ => (Outcome::Edit, "the process' address space".to_owned()),
        }
    }

    fn load(&self, f: &Finding, facts: &Facts, column: Column) -> (Outcome, String) {
        let unclear = f.confidence == Confidence::Possible;
        let outlives = f.timing == Timing::MayOutlive;
        let wanted = |r: &&Role| !matches!(r, Role::AddressSpace | Role::Identity | Role::Presence);
        let roles = || f.roles.iter().filter(wanted).map(|r| f.shown(*r)).collect::<Vec<_>>().join(", ");
        let broken = self.broken(f, column).filter(|_| outlives);
        match column {
            Column::Proc => match broken {
                Some(broken) => (Outcome::Unsafe, format!("still used after the call: {broken}")),
                None => (Outcome::Unchanged, "the field stays what it is".to_owned()),
            },
            Column::Representative | Column::Lwp if broken.is_some() => {
                (Outcome::Unsafe, format!("still used after the call: {}", broken.unwrap_or_default()))
            }
            Column::Representative if facts.per_lwp => {
                (Outcome::Argument, format!("{}: an LWP is wanted, and any one will be taken", roles()))
            }
            Column::Representative => (Outcome::Unchanged, "the field stays what it is".to_owned()),
            Column::Lwp if f.roles.iter().all(|r| matches!(r, Role::Presence | Role::Unused)) => {
                (Outcome::Unchanged, "a test for NULL".to_owned())
            }
            Column::Lwp => (Outcome::Edit, "its process, where the process is meant".to_owned()),
            Column::Vmspace | Column::Borrowed | Column::Referenced => {
                if facts.kind == Kind::Vmspace {
                    let held = column == Column::Borrowed && (outlives || facts.held);
                    return match self.broken(f, column).filter(|_| held) {
                        Some(broken) => (Outcome::Unsafe, format!("the address space may be gone by then: {broken}")),
                        None if facts.beyond => (Outcome::Argument, format!("the address space, and also {}", roles())),
                        None => (Outcome::Edit, "the address space itself".to_owned()),
                    };
                }
                let null = null_meanings(f);
                if !null.is_empty() {
                    return (Outcome::Silent, format!("NULL meant something: {}", all_of(&null)));
                }
                if let Some(other) = &facts.other {
                    return (Outcome::Silent, format!("the value can be {other}"));
                }
                if let Some(context) = f.contexts.iter().find(|c| c.is_elsewhere()) {
                    return (
                        Outcome::Unsafe,
                        format!("the code runs as {}: whoever runs then is not who asked", context.name()),
                    );
                }
                if facts.held {
                    return (
                        Outcome::Unsafe,
                        format!("{}: whoever runs then is not who asked", first_note(f, "the request was kept")),
                    );
                }
                if unclear {
                    return (Outcome::Argument, first_note(f, "could not be read"));
                }
                match facts.kind {
                    Kind::Removed => (Outcome::Edit, "nobody uses the value".to_owned()),
                    _ => (Outcome::Argument, format!("an address space does not lead to {}", roles())),
                }
            }
        }
    }
}

fn first_note(f: &Finding, otherwise: &str) -> String {
    f.notes.first().map_or_else(|| otherwise.to_owned(), ToString::to_string)
}
