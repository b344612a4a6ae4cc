//! A shortest trace that takes a step of a given kind: to a violation if there is such a one, otherwise to the step itself.
//!
//! A plain search of its own, in which a state counts twice: before the step was taken and after.

use crate::action::{Act, Action};
use crate::explore::{Options, Violation};
use crate::pack::Layout;
use crate::property::Property;
use crate::scenario::{Impossible, Scenario};
use crate::step::Machine;
use rustc_hash::FxHashMap;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// A shortest trace through the step to a violation.
    Violating(Violation),
    /// No violation by a step, nor a leak, lies behind the step; a shortest trace to it.
    Harmless(Vec<Action>),
    /// The step is never taken.
    Never,
    /// Memory or patience ended first.
    Untold,
}

/// About what an entry takes.
const ENTRY: usize = 96;

/// A state, and whether the step was taken on the way to it.
type Key = (u128, bool);

/// Looks for a trace through `act`. Deadlock is not looked for: it is no matter of one trace.
///
/// # Errors
/// The scenario is impossible: see [`Scenario::check_sizes`].
pub fn through(scenario: &Scenario, act: Act, options: &Options) -> Result<Witness, Impossible> {
    scenario.check_sizes()?;
    let (machine, layout) = (Machine::new(scenario), Layout::new(scenario));
    let first: Key = (layout.pack(&scenario.initial()), false);
    let mut from: FxHashMap<Key, Option<(Key, Action)>> = FxHashMap::from_iter([(first, None)]);
    let (mut level, mut harmless) = (vec![first], None);
    while !level.is_empty() {
        let mut next_level = Vec::new();
        for at in level {
            let state = layout.unpack(at.0);
            let broken = machine.broken(&state);
            if broken.is_some() && !at.1 {
                // The path ends before the step.
                continue;
            }
            let mut violated: Option<(Property, Option<Action>)> = broken.map(|property| (property, None));
            let mut steps = 0;
            machine.each(&state, |action, next, fault| {
                steps += 1;
                let taken = at.1 || action.act == act;
                if action.act == act && harmless.is_none() {
                    harmless = Some((at, action));
                }
                if let Some(property) = fault {
                    if taken {
                        violated = violated.or(Some((property, Some(action))));
                    }
                    return;
                }
                let to: Key = (layout.pack(&next), taken);
                from.entry(to).or_insert_with(|| {
                    next_level.push(to);
                    Some((at, action))
                });
            });
            if steps == 0 && at.1 && state.quiet() && machine.leaks(&state) {
                violated = Some((Property::Leak, None));
            }
            if let Some((property, last)) = violated {
                let mut trace = trace(&from, at);
                trace.extend(last);
                return Ok(Witness::Violating(Violation { property, steps: trace.len(), trace }));
            }
        }
        if from.len() * ENTRY > options.memory || options.cancelled() {
            return Ok(Witness::Untold);
        }
        level = next_level;
    }
    Ok(match harmless {
        None => Witness::Never,
        Some((at, action)) => {
            let mut trace = trace(&from, at);
            trace.push(action);
            Witness::Harmless(trace)
        }
    })
}

fn trace(from: &FxHashMap<Key, Option<(Key, Action)>>, to: Key) -> Vec<Action> {
    let mut trace = Vec::new();
    let mut at = to;
    while let Some(Some((before, action))) = from.get(&at) {
        trace.push(*action);
        at = *before;
    }
    trace.reverse();
    trace
}
