//! What has to be known of a finding before a design can be held against it.

use crate::design::Kind;
use crate::sites::{View, offset, source, visit};
use rayon::prelude::*;
use std::collections::BTreeMap;
use uioscope_analyzer::finding::{Access, Audit, Confidence, Finding, Implicit, Note, Role, Space, Step, Who};
use uioscope_analyzer::flow::global::Program;
use uioscope_source::body::{Body, Fate, VarId};
use uioscope_source::places::{is_assigned, is_local};
use uioscope_source::text::LineIndex;
use uioscope_source::tree::{AssignOp, Expr, ExprId};

/// What a store stores, whatever the companion field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stored {
    /// NULL, or a process without user memory.
    Null,
    /// The process that makes the call.
    Current,
    /// Another process.
    Other,
    /// The field of another request.
    Tracked,
    /// Not seen.
    Unknown,
}

/// Of one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What takes the field's place when it becomes an address space.
    pub kind: Kind,
    /// Of a store whose text was found.
    pub stored: Option<Stored>,
    /// The request that is stored to lives in memory that outlives the call.
    pub in_heap: bool,
    /// It is a variable of the function.
    pub is_local: bool,
    /// The request was kept somewhere, so that another process may run when it is read.
    pub held: bool,
    /// The value is also used for what an address space does not lead to.
    pub beyond: bool,
    /// It is used for what a kernel with LWPs asks of an LWP.
    pub per_lwp: bool,
    /// Where another process is stored that can be read here.
    pub other: Option<String>,
}

/// Of all findings of an audit, in its order.
pub fn facts(program: &Program<'_, '_>, audit: &Audit) -> Vec<Facts> {
    let stored: Vec<Option<Store>> = audit
        .findings
        .par_iter()
        .map(|f| (f.access == Access::Store).then(|| of_store(program, f)).flatten())
        .collect();
    let others = other_processes(program, audit);
    let siblings = Siblings::new(audit);
    let passed: Vec<bool> = audit.findings.par_iter().map(|f| is_passed_on(program, audit, f)).collect();
    let one = |(i, f): (usize, &Finding)| Facts {
        kind: if passed[i] { Kind::Vmspace } else { kind(f, &siblings, stored[i]) },
        stored: stored[i].map(|s| s.value),
        in_heap: stored[i].is_some_and(|s| s.in_heap),
        is_local: stored[i].is_some_and(|s| s.is_local),
        held: f.notes.iter().any(|n| matches!(n, Note::Kept(_))),
        beyond: is_beyond(f),
        per_lwp: f.roles.iter().any(|r| program.pack.migration.per_lwp.contains(r)),
        other: others.get(&i).cloned(),
    };
    audit.findings.iter().enumerate().map(one).collect()
}

/// Whether a load's value is used for more than an address space, its identity and its presence.
pub fn is_beyond(f: &Finding) -> bool {
    f.roles.iter().any(|r| r.is_beyond_address_space() || *r == Role::Opaque)
}

/// Loads by function: what a test of one is for is what the others are used for.
struct Siblings<'a> {
    /// The tracked field, `struct.field`.
    field: &'a str,
    loads: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a Finding>>,
}

impl<'a> Siblings<'a> {
    fn new(audit: &'a Audit) -> Siblings<'a> {
        let mut all: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for f in audit.findings.iter().filter(|f| f.access == Access::Load) {
            all.entry(Siblings::key(f)).or_default().push(f);
        }
        Siblings { field: &audit.field, loads: all }
    }

    /// Brackets around an expression are no part of it.
    fn key(f: &Finding) -> (&str, &str, &str) {
        (&f.path, &f.function, f.expression.trim_matches(['(', ')', ' ']))
    }

    fn any(&self, f: &Finding, is: impl Fn(&Finding) -> bool) -> bool {
        self.loads.get(&Siblings::key(f)).is_some_and(|list| list.iter().any(|s| is(s)))
    }
}

/// Whether a load does nothing but fill the field of another request: what that one is used for is its readers' matter.
fn is_passed_on(program: &Program<'_, '_>, audit: &Audit, f: &Finding) -> bool {
    let goes_on = |f: &Finding| f.evidence.iter().any(|e| e.step.stores_in(&audit.field));
    if f.access != Access::Load || f.implicit.is_some() || !goes_on(f) {
        return false;
    }
    let mut all = true;
    let found = visit(program, f, |view| all &= fills(view.body, &program.target.field, view.e, 0));
    found && all
}

/// Whether a value does nothing but fill the field of requests, by itself or kept in a variable first.
fn fills(body: &Body<'_>, field: &str, e: ExprId, depth: u32) -> bool {
    let kept = |var: VarId| {
        let mut uses = body.exprs().filter(|u| body.var(*u) == Some(var) && !is_assigned(body, *u)).peekable();
        depth < 4 && uses.peek().is_some() && uses.all(|u| fills(body, field, u, depth + 1))
    };
    match body.fate(e) {
        Fate::Initial(var) => kept(var),
        Fate::Operand(up) => match body.ast.expr(up) {
            Expr::Assign { lhs, rhs, op: AssignOp::Set } if rhs == e => match body.ast.expr(body.strip(lhs)) {
                Expr::Member { name, .. } => body.name(name) == field,
                Expr::Name => body.var(body.strip(lhs)).is_some_and(kept),
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// What is seen of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Store {
    value: Stored,
    in_heap: bool,
    is_local: bool,
}

fn kind(f: &Finding, siblings: &Siblings<'_>, store: Option<Store>) -> Kind {
    match f.access {
        Access::Decl => Kind::Vmspace,
        Access::Mention => Kind::Ask,
        Access::Store => store_kind(f, store.is_some_and(|s| s.is_local)),
        Access::Load => load_kind(f, siblings),
    }
}

fn store_kind(f: &Finding, is_local: bool) -> Kind {
    // A request that says nothing of its addresses is one for mbufs: it has no buffer. A caller's says it elsewhere.
    let bufferless = is_local && f.implicit.is_none() && f.notes.contains(&Note::CompanionUnset);
    match f.space {
        Some(Space::Kernel | Space::Unknown) if bufferless => Kind::Removed,
        Some(Space::Kernel) => Kind::Sysspace,
        Some(Space::Unknown) if f.implicit.is_some() || f.confidence == Confidence::Possible => Kind::Ask,
        None => Kind::Ask,
        Some(_) => Kind::Vmspace,
    }
}

fn load_kind(f: &Finding, siblings: &Siblings<'_>) -> Kind {
    let has = |r: Role| f.roles.contains(&r);
    // It goes on in the field of another request.
    let passed_on = || !is_beyond(f) && f.evidence.iter().any(|e| e.step.stores_in(siblings.field));
    if f.roles == [Role::Opaque] && f.confidence == Confidence::Possible {
        return Kind::Ask;
    }
    if has(Role::AddressSpace) || passed_on() {
        return Kind::Vmspace;
    }
    if is_beyond(f) {
        return Kind::Curlwp;
    }
    if f.roles == [Role::Unused] {
        // Somebody takes it and ignores it, or nobody takes it.
        return if f.evidence.iter().any(|e| matches!(e.step, Step::Argument { .. })) {
            Kind::Curlwp
        } else {
            Kind::Removed
        };
    }
    // Only tested: for what the same value is used for beside it.
    if has(Role::Presence) && !has(Role::Identity) && siblings.any(f, is_beyond) {
        return Kind::Curlwp;
    }
    Kind::Vmspace
}

/// What a store stores, and whether the request lives in memory that outlives the call.
fn of_store(program: &Program<'_, '_>, f: &Finding) -> Option<Store> {
    let mut all: Vec<Store> = Vec::new();
    visit(program, f, |view| all.extend(in_view(f, view)));
    Some(Store {
        value: all.iter().map(|s| s.value).max()?,
        in_heap: all.iter().any(|s| s.in_heap),
        is_local: all.iter().all(|s| s.is_local),
    })
}

fn in_view(f: &Finding, view: &View<'_>) -> Option<Store> {
    if f.implicit == Some(Implicit::Copy) {
        return Some(Store { value: Stored::Tracked, in_heap: false, is_local: false });
    }
    let body = view.body;
    let (in_heap, is_local) = match body.ast.expr(view.e) {
        Expr::Member { .. } => {
            let assign = view.up(view.e)?;
            let Expr::Assign { .. } = body.ast.expr(assign) else { return None };
            (is_in_heap(body, view.e), is_local(body, view.e))
        }
        Expr::Field { .. } => (false, false),
        _ => return None,
    };
    let value = match f.stored {
        Some(Who::Null | Who::Kernel) => Stored::Null,
        Some(Who::Current) => Stored::Current,
        Some(Who::Other) => Stored::Other,
        Some(Who::Tracked) => Stored::Tracked,
        Some(Who::Unknown | Who::Given { .. }) | None => Stored::Unknown,
    };
    Some(Store { value, in_heap, is_local })
}

/// Whether the request of an access lives in memory that outlives the call. A caller's request is the caller's matter.
pub fn is_in_heap(body: &Body<'_>, e: ExprId) -> bool {
    let Expr::Member { base, arrow, .. } = body.ast.expr(e) else { return false };
    if is_local(body, e) {
        return false;
    }
    let base = body.strip(base);
    match body.ast.expr(base) {
        Expr::Name => arrow && body.var(base).is_some_and(|v| body.vars[v as usize].param.is_none()),
        Expr::Member { .. } => true,
        _ => false,
    }
}

/// Loads that can read another process, by the store that put it there.
fn other_processes(program: &Program<'_, '_>, audit: &Audit) -> BTreeMap<usize, String> {
    let stores: Vec<(&Finding, &str)> = audit
        .findings
        .iter()
        .filter_map(|f| match f.stored {
            Some(Who::Other) => Some((f, "another process")),
            Some(Who::Kernel) => Some((f, "a process without user memory")),
            Some(Who::Unknown | Who::Given { .. }) => Some((f, "a process that is not known")),
            Some(Who::Null | Who::Current | Who::Tracked) | None => None,
        })
        .collect();
    if stores.is_empty() {
        return BTreeMap::new();
    }
    let places: BTreeMap<(&str, u32), usize> = audit
        .findings
        .iter()
        .enumerate()
        .filter(|(_, f)| f.access == Access::Load)
        .filter_map(|(i, f)| {
            let (_, file) = source(program, &f.path)?;
            Some(((f.path.as_str(), offset(file, &LineIndex::new(&file.bytes), f)), i))
        })
        .collect();
    let mut found = BTreeMap::new();
    for (store, what) in stores {
        let Some((index, file)) = source(program, &store.path) else { continue };
        let at = offset(file, &LineIndex::new(&file.bytes), store);
        for (path, at) in program.readers_of(index, at).unwrap_or_default() {
            if let Some(&load) = places.get(&(path.as_str(), at)) {
                found.entry(load).or_insert_with(|| format!("{what}, stored at {}:{}", store.path, store.line));
            }
        }
    }
    found
}
