//! A trace as data: the scenario it is of and its steps, enough to play it again anywhere.

use crate::action::Action;
use crate::explore::Violation;
use crate::property::Property;
use crate::scenario::{Impossible, Scenario};
use crate::state::State;
use crate::step::Machine;
use serde::{Deserialize, Serialize};

/// The schema's name and version.
pub const SCHEMA: &str = "uioscope.model-trace/1";

/// Steps of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// [`SCHEMA`].
    pub schema: String,
    /// What it is a trace of.
    pub scenario: Scenario,
    /// What its end shows.
    pub property: Option<Property>,
    /// The steps.
    pub steps: Vec<Action>,
}

/// A trace that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// Not JSON, or not of this shape.
    #[error("line {line}: {message}")]
    Json {
        /// 1-based line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Of another version.
    #[error("this is a `{0}` and not a `{SCHEMA}`: make the trace again with this version")]
    Version(String),
    /// Its scenario cannot be played.
    #[error("its scenario: {0}")]
    Scenario(#[from] Impossible),
    /// A step that cannot be taken where the trace takes it.
    #[error("step {step}, `{action}`, is not possible there; possible are: {possible}")]
    Stuck {
        /// 1-based.
        step: usize,
        /// The step.
        action: Action,
        /// What could be done instead.
        possible: String,
    },
    /// A step after one that violates a property.
    #[error("step {step}: the trace goes on after `{property}` was violated")]
    Over {
        /// 1-based.
        step: usize,
        /// What was violated before.
        property: Property,
    },
    /// It can be played, but does not show what it says.
    #[error("the trace says it shows `{said}`, but its end shows {shown}")]
    Other {
        /// What it says.
        said: Property,
        /// What its last step violates, or `nothing`.
        shown: String,
    },
}

/// A trace that was played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The states, the first one included; one more than there are steps. After a violating step it is what the step had
    /// done until then.
    pub states: Vec<State>,
    /// What the last step violates.
    pub violated: Option<Property>,
}

impl Trace {
    /// The trace of a violation.
    pub fn new(scenario: &Scenario, violation: &Violation) -> Trace {
        Trace {
            schema: SCHEMA.into(),
            scenario: scenario.clone(),
            property: Some(violation.property),
            steps: violation.trace.clone(),
        }
    }

    /// As JSON, one line for each step.
    pub fn to_json(&self) -> String {
        // Plain data with string keys; there is nothing in it that JSON cannot hold.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`Trace::to_json`] wrote.
    ///
    /// # Errors
    /// Not JSON, another version, unknown keys or steps, an impossible scenario.
    pub fn from_json(text: &str) -> Result<Trace, TraceError> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let json = |e: serde_json::Error| TraceError::Json { line: e.line(), message: e.to_string() };
        let head: Head = serde_json::from_str(text).map_err(json)?;
        if head.schema != SCHEMA {
            return Err(TraceError::Version(head.schema));
        }
        let trace: Trace = serde_json::from_str(text).map_err(json)?;
        trace.scenario.check_sizes()?;
        Ok(trace)
    }

    /// Plays the steps.
    ///
    /// # Errors
    /// The first step that is not possible, with those that are; or an end that does not show what the trace says.
    pub fn replay(&self) -> Result<Replay, TraceError> {
        self.scenario.check_sizes()?;
        let machine = Machine::new(&self.scenario);
        let mut states = vec![self.scenario.initial()];
        let mut state = states[0];
        let mut violated = None;
        for (i, &wanted) in self.steps.iter().enumerate() {
            if let Some(property) = violated {
                return Err(TraceError::Over { step: i + 1, property });
            }
            let mut taken = None;
            let mut possible = Vec::new();
            machine.each(&state, |action, next, fault| {
                possible.push(action.to_string());
                if action == wanted {
                    taken = Some((next, fault));
                }
            });
            let Some((next, fault)) = taken else {
                return Err(TraceError::Stuck { step: i + 1, action: wanted, possible: possible.join(", ") });
            };
            (state, violated) = (next, fault);
            states.push(next);
        }
        match self.property {
            // That nothing more can come of a state is not seen in the state alone.
            Some(Property::Deadlock) | None => {}
            Some(Property::Leak) if machine.leaks(&state) => {}
            Some(said @ Property::Declared(_)) if machine.broken(&state) == Some(said) => {}
            said if said == violated => {}
            Some(said) => {
                let shown = violated.map_or("nothing".to_owned(), |p| format!("`{p}`"));
                return Err(TraceError::Other { said, shown });
            }
        }
        Ok(Replay { states, violated })
    }
}
