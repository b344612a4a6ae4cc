//! Which address space a stored value makes a request name: the companion field decides, then the stored expression. What
//! depends on the function's callers is left open, and closed when they are known.

mod companion;
mod guard;
mod object;
mod value;
mod whence;

pub use whence::Whence;

pub use crate::finding::Who;
use crate::finding::{Note, Space};
use crate::packs::{Effects, Pack};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use uioscope_source::body::{Body, NodeId};
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::types::Types;
use uioscope_source::tree::ExprId;

/// Whether a call fills what its argument `n` points to with zeroes.
pub fn zeroes(body: &Body<'_>, effects: &Effects, callee: &str, args: &[ExprId], n: usize) -> bool {
    match effects.filler(callee, n) {
        None => false,
        Some(None) => true,
        Some(Some(byte)) => args.get(byte).is_some_and(|b| is_zero(body, *b)),
    }
}

/// Whether an expression is `0`, `'\0'` or `NULL`, in casts or not.
fn is_zero(body: &Body<'_>, e: ExprId) -> bool {
    let text = squeeze(body.text(body.strip(e)));
    text.trim_matches(['(', ')']).trim_start_matches("0x").bytes().all(|b| b == b'0')
        || matches!(text.as_str(), "'\\0'" | "NULL")
}

/// What the companion field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seg {
    /// It says user addresses.
    User,
    /// It says kernel addresses.
    Kernel,
    /// A number; which of the names it stands for is not looked up.
    Number,
    /// A variable: decided at run time.
    Varies,
    /// Copied from another request.
    Copied,
    /// Never set.
    Unset,
    /// What the callers pass as that parameter.
    Given(u32),
    /// What the callers set in the request that they pass as that parameter.
    Entry(u32),
}

/// What decides the space of a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Decided {
    /// What the companion can be.
    pub segs: BTreeSet<Seg>,
    /// What is stored.
    pub who: BTreeSet<Who>,
    /// The struct has a companion.
    pub has_companion: bool,
    /// The store is never evaluated.
    pub is_dead: bool,
}

impl Decided {
    /// Whether callers decide.
    pub fn is_open(&self) -> bool {
        self.who.iter().any(|w| matches!(w, Who::Given { .. }))
            || self.segs.iter().any(|s| matches!(s, Seg::Given(_) | Seg::Entry(_)))
    }

    /// The process that a reader has to reckon with; what callers decide is not known.
    pub fn worst(&self) -> Who {
        let worst = self.who.iter().map(closed).max();
        worst.unwrap_or(Who::Unknown)
    }

    /// The space, and remarks on it. What callers decide counts as unknown.
    pub fn close(&self) -> (Space, Vec<Note>) {
        if self.is_dead {
            return (Space::Unknown, vec![Note::NeverEvaluated]);
        }
        // NULL is no user process either.
        let plain = |w: &Who| if *w == Who::Null { Who::Kernel } else { closed(w) };
        let who: BTreeSet<Who> = self.who.iter().map(plain).collect();
        let stored = match who.first() {
            None => Space::Unknown,
            Some(_) if who.contains(&Who::Unknown) => Space::Unknown,
            Some(one) if who.len() == 1 => match one {
                Who::Null | Who::Kernel => Space::Kernel,
                Who::Current => Space::UserCurrent,
                Who::Other => Space::UserOther,
                Who::Tracked => Space::Propagated,
                Who::Unknown | Who::Given { .. } => Space::Unknown,
            },
            Some(_) => Space::Mixed,
        };
        let differs = |s: Space, note: Note| match s {
            Space::Unknown => (s, vec![note]),
            Space::Mixed => (s, vec![Note::StoredDiffers]),
            _ => (s, vec![]),
        };
        if !self.has_companion {
            // The struct has no companion: the value says it all.
            return differs(stored, Note::StoredUnknown);
        }
        let mut segs: BTreeSet<Seg> = self.segs.iter().map(|s| closed_seg(*s)).collect();
        if segs.len() > 1 {
            segs.remove(&Seg::Unset);
        }
        let one = if segs.len() == 1 { segs.first().copied() } else { None };
        match one {
            Some(Seg::Kernel) => (Space::Kernel, vec![]),
            Some(Seg::User) => differs(stored, Note::UserUnknown),
            Some(Seg::Number) => (Space::Unknown, vec![Note::CompanionNumber]),
            Some(Seg::Varies) => (Space::Mixed, vec![Note::CompanionVaries]),
            Some(Seg::Copied) => (Space::Propagated, vec![]),
            Some(Seg::Unset) | None if segs.is_empty() || one.is_some() => match stored {
                Space::Kernel | Space::Propagated => (stored, vec![Note::CompanionUnset]),
                _ => (Space::Unknown, vec![Note::CompanionUnset]),
            },
            _ => (Space::Mixed, vec![Note::CompanionDiffers]),
        }
    }
}

fn closed(who: &Who) -> Who {
    if matches!(who, Who::Given { .. }) { Who::Unknown } else { who.clone() }
}

fn closed_seg(seg: Seg) -> Seg {
    match seg {
        Seg::Given(_) => Seg::Varies,
        Seg::Entry(_) => Seg::Unset,
        other => other,
    }
}

/// The struct whose field is tracked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'x> {
    /// Its tag.
    pub of: &'x str,
    /// The field.
    pub field: &'x str,
    /// Index of the companion among the members.
    pub companion_at: Option<usize>,
    /// Whether it has the companion, as far as its declaration is known.
    pub has_companion: bool,
}

/// What is needed to tell the space of a store.
pub struct Spaces<'x, 't> {
    /// The function.
    pub body: &'x Body<'x>,
    /// Names of constants and of processes.
    pub pack: &'x Pack,
    /// Types of expressions.
    pub types: Types<'x, 't>,
    /// The struct.
    pub request: Request<'x>,
    /// Definitions, for what callees return and set; without them a callee is not looked into.
    pub functions: Option<&'x Functions<'t>>,
    /// How many more callees deep one may look.
    pub callees: u32,
    /// How many more expressions are looked at; chains of assignments branch.
    pub fuel: Cell<u32>,
    /// Definitions that are being looked at.
    pub seen: RefCell<BTreeSet<ExprId>>,
}

impl<'x, 't> Spaces<'x, 't> {
    /// Of a body, looking into callees where `functions` are given.
    pub fn new(
        body: &'x Body<'x>,
        pack: &'x Pack,
        types: Types<'x, 't>,
        request: Request<'x>,
        functions: Option<&'x Functions<'t>>,
    ) -> Spaces<'x, 't> {
        Spaces { body, pack, types, request, functions, callees: 2, fuel: Cell::new(2000), seen: RefCell::default() }
    }

    /// What decides a store of `value` to the tracked field of the object `base` (with `->` if `arrow`), `at` being the
    /// assignment. Without a value it is NULL that is stored.
    pub fn of_store(&self, at: ExprId, base: ExprId, arrow: bool, value: Option<ExprId>) -> Decided {
        let Some(node) = self.body.node(at) else { return Decided { is_dead: true, ..Decided::default() } };
        let time = self.body.ast.span(at).end;
        let mut found = BTreeSet::new();
        for object in self.objects(base, arrow) {
            let (mut after, open) = self.forward(&object, node, time);
            if open || after.is_empty() {
                after.extend(self.backward(&object, node, time));
            }
            found.extend(after);
        }
        let who = value.map_or_else(|| BTreeSet::from([Who::Null]), |v| self.who(v));
        self.decided(found, who)
    }

    /// What an initialiser's items decide: the companion stands among them, by name or position, or is zero.
    pub fn of_initializer(&self, init: ExprId, value: ExprId, var_node: Option<(NodeId, &str)>) -> Decided {
        let seg = self.companion_in(init);
        // A statement right after may still set the companion.
        if let (Some((node, name)), true) = (var_node, seg.is_empty()) {
            let (found, open) = self.forward(name, node, self.body.ast.span(init).end);
            if !found.is_empty() && !open {
                return self.decided(found, self.who(value));
            }
        }
        let segs = if seg.is_empty() { BTreeSet::from([self.zero()]) } else { seg };
        self.decided(segs, self.who(value))
    }

    /// The space after a copy of a whole request.
    pub fn of_copy(&self, at: ExprId, object: &str) -> Space {
        let Some(node) = self.body.node(at) else { return Space::Propagated };
        let (found, open) = self.forward(object, node, self.body.ast.span(at).end);
        if !open && found == BTreeSet::from([Seg::Kernel]) { Space::Kernel } else { Space::Propagated }
    }

    fn zero(&self) -> Seg {
        if self.pack.companion.zero_is_user { Seg::User } else { Seg::Kernel }
    }

    fn decided(&self, mut segs: BTreeSet<Seg>, who: BTreeSet<Who>) -> Decided {
        if segs.len() > 1 {
            segs.remove(&Seg::Unset);
        }
        Decided { segs, who, has_companion: self.request.has_companion, is_dead: false }
    }

    /// One step less to go; `false` when there is none.
    fn burn(&self) -> bool {
        match self.fuel.get().checked_sub(1) {
            Some(left) => {
                self.fuel.set(left);
                true
            }
            None => false,
        }
    }
}

/// Without blanks.
pub fn squeeze(text: &[u8]) -> String {
    String::from_utf8_lossy(text).split_whitespace().collect::<String>().trim_matches(['(', ')']).to_owned()
}
