//! Closes what the callers decide: spaces of stores, where the requests of loads come from, and what the code runs as.

use crate::audit::evidence::Places;
use crate::audit::file::{Bucket, Draft, FileAudit};
use crate::audit::site::join;
use crate::callers::{Answer, Ask, Callers, Head, What};
use crate::finding::{Access, CallersLost, Implicit, Note, Origin, RunAs, Space};
use crate::flow::global::Program;
use crate::flow::local::Trail;
use crate::space::{Decided, Seg, Whence, Who};
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::decls::functions::Place;

/// What callers decided of a site.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// What the code runs as.
    pub contexts: BTreeSet<RunAs>,
    /// Each answer with the calls that give it.
    pub origins: BTreeMap<String, Trail>,
    /// For a store: the process that its readers have to reckon with.
    pub stored: Option<Who>,
}

impl Settled {
    /// The origins with their lines.
    pub fn placed(&self, places: &mut Places<'_, '_>) -> Vec<Origin> {
        let one = |(what, trail): (&String, &Trail)| Origin {
            what: what.clone(),
            steps: trail.iter().map(|s| places.placed(s)).collect(),
        };
        self.origins.iter().map(one).collect()
    }
}

/// Settles all drafts.
pub fn settle(program: &Program<'_, '_>, files: &mut [FileAudit]) {
    let mut callers = Callers::new(program);
    let heads: Vec<Vec<Option<Head>>> = files
        .iter()
        .enumerate()
        .map(|(i, f)| f.drafts.iter().map(|d| if matters(d) { head(program, i as u32, d) } else { None }).collect())
        .collect();
    let mut asks: BTreeSet<Ask> = BTreeSet::new();
    for (file, heads) in files.iter().zip(&heads) {
        for (draft, head) in file.drafts.iter().zip(heads) {
            if let Some(head) = head {
                asks.extend(questions(draft).into_iter().map(|what| Ask { head: head.clone(), what }));
            }
        }
    }
    callers.explore(asks.iter().cloned());
    // Who runs the functions that take the running process.
    let mut running: BTreeSet<Head> = asks
        .iter()
        .flat_map(|a| callers.answers(a).into_keys())
        .filter_map(|a| if let Answer::Running(head) = a { Some(head) } else { None })
        .collect();
    let with_heads = files.iter().zip(&heads).flat_map(|(f, heads)| f.drafts.iter().zip(heads));
    running.extend(with_heads.filter(|(d, _)| is_run_for_somebody(d)).filter_map(|(_, head)| head.clone()));
    callers.explore(running.into_iter().map(|head| Ask { head, what: What::Context }));
    for (file, heads) in files.iter_mut().zip(&heads) {
        for (draft, head) in file.drafts.iter_mut().zip(heads) {
            one(&callers, draft, head.as_ref());
        }
    }
}

fn matters(d: &Draft) -> bool {
    d.bucket == Bucket::Classified && matches!(d.site.access, Access::Load | Access::Store)
}

/// Whether it matters who runs the code: a request for the kernel's own memory is nobody's.
fn is_run_for_somebody(d: &Draft) -> bool {
    d.site.access == Access::Load || d.site.space != Some(Space::Kernel)
}

/// The function that a draft stands in.
fn head(program: &Program<'_, '_>, file: u32, d: &Draft) -> Option<Head> {
    let path = &program.lookup.tree().files[file as usize].path;
    let places = program.functions.definitions(&d.function, path);
    let place: Place = places.into_iter().filter(|p| p.file == file && p.at <= d.at).max()?;
    Some(Head { place, name: d.function.clone() })
}

/// What a draft asks of its function's callers.
fn questions(d: &Draft) -> Vec<What> {
    let mut all = Vec::new();
    for decided in &d.site.decided {
        for who in &decided.who {
            if let Who::Given { n, fields, .. } = who {
                all.push(What::Who { n: *n, fields: fields.clone() });
            }
        }
        for seg in &decided.segs {
            match seg {
                Seg::Given(n) => all.push(What::Seg(*n)),
                Seg::Entry(n) => all.push(What::Entry(*n)),
                _ => {}
            }
        }
    }
    for whence in &d.site.whence {
        match whence {
            Whence::Given(n) => all.push(What::Whence(*n)),
            Whence::Held(n, what) => all.push(What::Held(*n, what.clone())),
            Whence::Own | Whence::Kept(_) | Whence::Unknown => {}
        }
    }
    all
}

fn one(callers: &Callers<'_, '_, '_>, draft: &mut Draft, head: Option<&Head>) {
    let mut settled = Settled::default();
    let contexts = head.map(|h| callers.contexts(h)).unwrap_or_default();
    for (context, trail) in contexts.iter().filter(|c| !c.1.is_empty()) {
        settled.origins.insert(format!("runs as {}", context.name()), trail.clone());
    }
    settled.contexts = contexts.into_keys().collect();
    if draft.site.access == Access::Store {
        store(callers, draft, head, &mut settled);
    } else if let Some(head) = head {
        load(callers, draft, head, &mut settled);
    }
    draft.settled = settled;
}

fn load(callers: &Callers<'_, '_, '_>, draft: &mut Draft, head: &Head, settled: &mut Settled) {
    let mut kept: BTreeSet<String> = BTreeSet::new();
    for what in questions(draft) {
        for (answer, trail) in callers.answers(&Ask { head: head.clone(), what }) {
            if let Answer::Whence(Whence::Kept(what)) = answer {
                if !trail.is_empty() {
                    settled.origins.entry(format!("kept in {what}")).or_insert(trail);
                }
                kept.insert(what);
            }
        }
    }
    let kept = kept.pop_first();
    if draft.site.outcome.held.is_none() {
        draft.site.outcome.held = kept;
    }
    if let Some(context) = settled.contexts.iter().find(|c| c.is_elsewhere()) {
        draft.site.outcome.notes.insert(Note::RunsAs(*context));
    }
}

fn store(callers: &Callers<'_, '_, '_>, draft: &mut Draft, head: Option<&Head>, settled: &mut Settled) {
    let site = &mut draft.site;
    if site.decided.is_empty() {
        settled.stored = Some(if site.implicit == Some(Implicit::Copy) { Who::Tracked } else { Who::Unknown });
        return;
    }
    let mut spaces: BTreeSet<Space> = BTreeSet::new();
    let mut notes: BTreeSet<Note> = BTreeSet::new();
    let mut worst: Option<Who> = None;
    for decided in &site.decided {
        notes.extend(decided.close().1.iter().cloned());
    }
    // What the function alone could not tell is said anew.
    site.outcome.notes.retain(|n| !notes.contains(n));
    notes.clear();
    for decided in &site.decided {
        let decided = match head {
            Some(head) => closed(callers, decided, head, settled, &mut notes),
            None => decided.clone(),
        };
        let (space, more) = decided.close();
        spaces.insert(space);
        notes.extend(more);
        worst = worst.max(Some(decided.worst()));
    }
    // The reason stands for itself.
    if notes.iter().any(|n| matches!(n, Note::CallersUnknown { .. })) {
        notes.retain(|n| !matches!(n, Note::UserUnknown | Note::StoredUnknown));
    }
    if notes.contains(&Note::CompanionUnset) {
        notes.retain(|n| !matches!(n, Note::CallersUnknown { .. }));
    }
    site.space = join(&spaces);
    // Whom the callers pass matters where that decides.
    if matches!(site.space, Some(Space::Kernel | Space::Propagated | Space::Mixed)) {
        notes.retain(|n| !matches!(n, Note::CallersUnknown { .. }));
    }
    site.outcome.notes.extend(notes);
    settled.stored = worst;
}

/// The process that runs a function: the requester, unless the function runs elsewhere.
fn running(callers: &Callers<'_, '_, '_>, head: &Head, notes: &mut BTreeSet<Note>) -> BTreeSet<Who> {
    let contexts = callers.contexts(head);
    let elsewhere = contexts.keys().find(|c| c.is_elsewhere());
    let mut who = BTreeSet::new();
    if let Some(context) = elsewhere {
        notes.insert(Note::RunsAs(*context));
        who.insert(Who::Other);
    }
    if elsewhere.is_none() || contexts.keys().any(|c| !c.is_elsewhere()) {
        who.insert(Who::Current);
    }
    who
}

/// What decides a store, with the callers' answers in the place of parameters.
fn closed(
    callers: &Callers<'_, '_, '_>,
    decided: &Decided,
    head: &Head,
    settled: &mut Settled,
    notes: &mut BTreeSet<Note>,
) -> Decided {
    let mut out = Decided { segs: BTreeSet::new(), who: BTreeSet::new(), ..decided.clone() };
    for who in &decided.who {
        match who {
            Who::Current => out.who.extend(running(callers, head, notes)),
            Who::Given { n, fields, not_current } => {
                let ask = Ask { head: head.clone(), what: What::Who { n: *n, fields: fields.clone() } };
                let answers = callers.answers(&ask);
                let is_alone = !answers.keys().any(|a| matches!(a, Answer::Running(_) | Answer::Who(_)));
                for (answer, trail) in answers {
                    let found: BTreeSet<Who> = match answer {
                        Answer::Running(head) => running(callers, &head, notes),
                        Answer::Who(who) => BTreeSet::from([who]),
                        Answer::Lost(function, why) => {
                            // That nobody calls one of the callers says nothing of the others.
                            let counts = why != CallersLost::None || is_alone;
                            notes.insert(Note::CallersUnknown { function, why });
                            if counts { BTreeSet::from([Who::Unknown]) } else { BTreeSet::new() }
                        }
                        _ => continue,
                    };
                    for who in found.into_iter().filter(|w| !not_current || *w != Who::Current) {
                        if !trail.is_empty() {
                            settled.origins.insert(shown(&who).to_owned(), trail.clone());
                        }
                        out.who.insert(who);
                    }
                }
                if out.who.is_empty() {
                    out.who.insert(if *not_current { Who::Other } else { Who::Unknown });
                }
            }
            who => drop(out.who.insert(who.clone())),
        }
    }
    for seg in &decided.segs {
        // A companion that is a parameter stays one, whatever today's callers pass; what they set in the request is set.
        let is_set = matches!(seg, Seg::Entry(_));
        let what = match seg {
            Seg::Given(n) => {
                out.segs.insert(Seg::Varies);
                What::Seg(*n)
            }
            Seg::Entry(n) => What::Entry(*n),
            seg => {
                out.segs.insert(*seg);
                continue;
            }
        };
        for (answer, trail) in callers.answers(&Ask { head: head.clone(), what }) {
            match answer {
                Answer::Seg(seg) => {
                    if let (Some(text), false) = (shown_seg(seg), trail.is_empty()) {
                        settled.origins.insert(text.to_owned(), trail);
                    }
                    if is_set {
                        out.segs.insert(seg);
                    }
                }
                // Whoever else calls it sets what they set.
                Answer::Lost(..) => drop(out.segs.insert(*seg)),
                _ => {}
            }
        }
    }
    out
}

fn shown(who: &Who) -> &'static str {
    match who {
        Who::Null => "NULL",
        Who::Kernel => "a process without user memory",
        Who::Current => "the running process",
        Who::Other => "another process",
        Who::Tracked => "the field of another request",
        Who::Unknown | Who::Given { .. } => "not known",
    }
}

fn shown_seg(seg: Seg) -> Option<&'static str> {
    match seg {
        Seg::User => Some("user addresses"),
        Seg::Kernel => Some("kernel addresses"),
        _ => None,
    }
}
