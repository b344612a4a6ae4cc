//! One answer for what was taken and for what was not: whoever called cannot know what to drop.

use super::place::root;
use super::rules::Kind;
use super::state::{Held, Ref, State};
use super::walk::{Dropping, Walk};
use super::{Doubt, Fault};
use std::collections::BTreeSet;

/// What stands behind the parameters, by name and count.
type Places = BTreeSet<(String, Kind)>;

/// How a path ends that answers with a constant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Answer {
    says: String,
    is_zero: bool,
    /// What was taken on it, and what is still held.
    taken: Places,
    held: Places,
    /// Where the taking, or anything else, is known to have been impossible.
    nulls: BTreeSet<String>,
}

impl Walk<'_, '_, '_> {
    /// Notes an exit.
    pub(super) fn note_answer(&mut self, state: &State) {
        let Some(says) = state.says.clone() else { return };
        let behind = |place: &str| place.contains("->") && self.before.params.contains_key(root(place));
        let which = |is: &dyn Fn(&Ref) -> bool| -> Places {
            state.refs.iter().filter(|((p, _), r)| behind(p) && is(r)).map(|(key, _)| key.clone()).collect()
        };
        let answer = Answer {
            says,
            is_zero: state.returned == Some(false),
            taken: which(&|_| true),
            held: which(&|r| matches!(r.held, Held::Yes(_)) && r.passed.is_none()),
            nulls: state.false_facts().filter(|key| self.before.params.contains_key(root(key))).cloned().collect(),
        };
        self.answers.entry(answer).or_insert(self.at);
    }

    /// A failure with a reference left that looks like one without: both the good end has it, and another failure with that answer
    /// has not.
    pub(super) fn same_answers(&mut self) {
        let answers = std::mem::take(&mut self.answers);
        for (one, at) in answers.iter().filter(|(a, _)| !a.is_zero) {
            for key in &one.held {
                let others =
                    |a: &&Answer| a.says == one.says && !a.taken.contains(key) && a.nulls.is_subset(&one.nulls);
                let is_dropped = self.drops.contains(&(key.0.clone(), key.1, Dropping::Ever));
                let good = answers.keys().any(|a| a.is_zero && a.held.contains(key));
                if !is_dropped && good && answers.keys().any(|a| others(&a)) {
                    self.at = *at;
                    let line = self.last_line();
                    self.report(
                        line,
                        Fault::Leaked,
                        &key.0,
                        vec![Doubt::SameAnswer(one.says.clone())],
                        Vec::new(),
                        None,
                    );
                }
            }
        }
    }
}
