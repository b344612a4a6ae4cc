//! Evidence: steps with their lines, what they stand in, and what they need.

use crate::finding::{Access, Evidence, Role, RoleCondition, Timing, Way};
use crate::flow::local::{Outcome, StepAt, Trail};
use crate::packs::Pack;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use uioscope_source::decls::functions::Functions;
use uioscope_source::text::Cond;
use uioscope_source::text::{LineIndex, SourceTree};

/// Finds the lines of steps, and what is around them; a file's lines are counted once.
pub struct Places<'t, 'f> {
    /// The tree.
    pub tree: &'t SourceTree,
    /// Which options are for debugging.
    pub pack: &'t Pack,
    /// What must be configured where.
    pub functions: &'t Functions<'f>,
    lines: FxHashMap<String, LineIndex>,
}

impl<'t, 'f> Places<'t, 'f> {
    /// For a tree.
    pub fn new(tree: &'t SourceTree, pack: &'t Pack, functions: &'t Functions<'f>) -> Places<'t, 'f> {
        Places { tree, pack, functions, lines: FxHashMap::default() }
    }

    /// The 1-based line of a place.
    pub fn line(&mut self, path: &str, at: u32) -> u32 {
        if !self.lines.contains_key(path) {
            let index = LineIndex::new(self.tree.file(path).map_or(&[][..], |f| &f.bytes));
            self.lines.insert(path.to_owned(), index);
        }
        self.lines[path].line(at)
    }

    /// A step with its line.
    pub fn placed(&mut self, step: &StepAt) -> Evidence {
        let file = self.tree.file(&step.path);
        let when = self.functions.presence(&step.path, step.at).unless_always();
        let makro =
            file.and_then(|f| uioscope_source::c::declared::defining_macro(f, step.at as usize).map(|m| (f, m)));
        Evidence {
            path: step.path.clone(),
            line: self.line(&step.path, step.at),
            step: step.step.clone(),
            when,
            within: makro.map(|(f, (at, len))| String::from_utf8_lossy(&f.bytes[at..at + len]).into_owned()),
        }
    }
}

/// Steps with their lines, each once.
pub fn placed_all<'s>(places: &mut Places<'_, '_>, steps: impl Iterator<Item = &'s StepAt>) -> Vec<Evidence> {
    let mut seen = BTreeSet::new();
    steps.map(|s| places.placed(s)).filter(|e| seen.insert(e.clone())).collect()
}

/// What happens in the loading function, sorted by place, then the way to each role beyond it.
pub fn evidence(places: &mut Places<'_, '_>, outcome: &Outcome) -> Vec<Evidence> {
    placed_all(places, outcome.steps.iter().chain(outcome.ways.iter().flat_map(|w| &w.1)))
}

/// The ways to each role, or to a reader.
pub fn ways(places: &mut Places<'_, '_>, outcome: &Outcome) -> Vec<Way> {
    let roles = outcome.ways.iter().map(|(role, way)| (Some(*role), way));
    let reader = (!outcome.reads.is_empty()).then_some((None, &outcome.reads));
    let mut way =
        |(role, way): (Option<Role>, &Trail)| Way { role, steps: way.iter().map(|s| places.placed(s)).collect() };
    roles.chain(reader).map(&mut way).collect()
}

/// What roles need, and whether that is an option for debugging.
pub fn conditions(pack: &Pack, outcome: &Outcome, own: Option<&Cond>) -> Vec<RoleCondition> {
    let is_debugging = |term: &Cond| matches!(term, Cond::Atom(name) if pack.debugging.contains(name));
    let is_diagnostic = |when: &Cond| !when.has_choice() && when.terms().iter().any(is_debugging);
    let extra = outcome.conditions.iter().map(|(role, when)| RoleCondition {
        role: *role,
        when: when.clone(),
        diagnostic: is_diagnostic(when),
    });
    // A load that is there for debugging only has all its roles for that.
    let all = own.filter(|own| is_diagnostic(own)).into_iter().flat_map(|own| {
        let plain = outcome.roles.iter().filter(|r| !outcome.conditions.contains_key(r));
        plain.map(move |role| RoleCondition { role: *role, when: own.clone(), diagnostic: true })
    });
    let mut list: Vec<RoleCondition> = extra.chain(all).collect();
    list.sort_by_key(|c| c.role);
    list
}

/// Whether the value is still used after the call that issued the request has returned.
pub fn timing(access: Access, outcome: &Outcome) -> Timing {
    if access != Access::Load {
        Timing::Unknown
    } else if outcome.roles.contains(&Role::Escape) || outcome.held.is_some() {
        Timing::MayOutlive
    } else if outcome.roles.contains(&Role::Opaque) {
        Timing::Unknown
    } else {
        Timing::Synchronous
    }
}
