//! A trace to a state: back along the parents, then forward again with real numbers.

use super::search::{Fault, Space};
use super::shard::{ROOT, place};
use crate::action::Action;
use crate::pack::Word;
use crate::property::Property;

/// The steps to a violation. Under symmetry, stored states are renumbered ones; the trace is replayed from the true first
/// state, taking at each step one that leads to a renumbering of the next stored state.
pub(super) fn trace<W: Word>(space: &Space<'_, W>, property: Property, fault: Fault) -> Vec<Action> {
    let mut words = Vec::new();
    let mut at = fault.state;
    while at != ROOT {
        let (shard, index) = place(at);
        words.push(space.shards[shard].words[index]);
        at = space.shards[shard].parents[index];
    }
    let mut state = space.scenario.initial();
    let mut trace = Vec::new();
    for &word in words.iter().rev().skip(1) {
        let mut taken = None;
        space.machine.each(&state, |action, next, violated| {
            if taken.is_none() && violated.is_none() && space.word(&next) == word {
                taken = Some((action, next));
            }
        });
        // Cannot fail as long as steps commute with renumbering, which the tests check.
        let Some((action, next)) = taken else { return trace };
        trace.push(action);
        state = next;
    }
    if fault.by_step {
        let mut last = None;
        space.machine.each(&state, |action, _, violated| {
            if violated == Some(property) {
                last = last.or(Some(action));
            }
        });
        trace.extend(last);
    }
    trace
}
