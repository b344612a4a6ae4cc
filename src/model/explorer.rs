//! `uioscope model explore`: stateright's web explorer on the model's transition function.

use super::front::Front;
use crate::cli::ExploreArgs;
use crate::status::{Status, complain};
use anyhow::{Result, bail};
use stateright::{Model, Property as Always};
use std::fmt;
use uioscope_model::state::State;
use uioscope_model::step::Machine;
use uioscope_model::{Action, Property, Scenario, Violation};
use uioscope_reports::model::timeline;

/// A state, or the violation that ended the path there.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Node {
    state: State,
    violated: Option<Property>,
}

/// What a person sees of a state.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&timeline::described(&self.state))?;
        self.violated.map_or(Ok(()), |property| write!(f, "\n{property}!"))
    }
}

/// The scenario, for stateright.
struct Explored(Scenario);

impl Model for Explored {
    type State = Node;
    type Action = Action;

    fn init_states(&self) -> Vec<Node> {
        vec![Node { state: self.0.initial(), violated: None }]
    }

    fn actions(&self, node: &Node, actions: &mut Vec<Action>) {
        if node.violated.is_none() {
            Machine::new(&self.0).each(&node.state, |action, _, _| actions.push(action));
        }
    }

    fn next_state(&self, node: &Node, wanted: Action) -> Option<Node> {
        let mut to = None;
        Machine::new(&self.0).each(&node.state, |action, next, violated| {
            if action == wanted {
                // What happened on the way is no part of a state.
                to = Some(Node { state: State { events: 0, ..next }, violated });
            }
        });
        to
    }

    fn format_action(&self, action: &Action) -> String {
        action.to_string()
    }

    fn as_svg(&self, path: stateright::Path<Node, Action>) -> Option<String> {
        let trace: Vec<Action> = path.clone().into_actions();
        let property = path.last_state().violated?;
        let violation = Violation { property, steps: trace.len(), trace };
        Some(timeline::svg(&self.0, &violation))
    }

    fn properties(&self) -> Vec<Always<Self>> {
        macro_rules! never {
            ($($property:ident),*) => {
                vec![$(Always::always(Property::$property.name(), |_: &Explored, node: &Node| {
                    node.violated != Some(Property::$property)
                })),*]
            };
        }
        let mut all = never![
            UseAfterFreeProc,
            UseAfterFreeLwp,
            UseAfterFreeVmspace,
            WrongAddressSpace,
            DoubleFree,
            ChangedSinceSubmission,
            SleepInInterrupt
        ];
        // Where no step is left. A deadlock around which others run for ever is not a property of a state.
        all.push(Always::always(Property::Leak.name(), |m: &Explored, node: &Node| {
            !(m.stuck(node) && node.state.quiet() && Machine::new(&m.0).leaks(&node.state))
        }));
        all.push(Always::always(Property::Deadlock.name(), |m: &Explored, node: &Node| {
            !m.stuck(node) || node.state.quiet()
        }));
        all
    }
}

impl Explored {
    fn stuck(&self, node: &Node) -> bool {
        let mut steps = 0;
        Machine::new(&self.0).each(&node.state, |_, _, _| steps += 1);
        steps == 0 && node.violated.is_none()
    }
}

/// Serves the explorer until the program is ended.
pub fn run(args: &ExploreArgs) -> Result<Status> {
    let mut scenarios = super::scenarios(&args.question)?;
    if scenarios.len() > 1 {
        let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
        bail!("one scenario is explored at a time; name one of {}", names.join(", "));
    }
    let Some(scenario) = scenarios.pop() else { bail!("there is no scenario in the file") };
    scenario.check_sizes()?;
    let front = Front::bind(args.port)?;
    let inner = front.inner();
    complain(&format!("exploring {} at {} until interrupted", scenario.name, front.address()));
    std::thread::spawn(move || Explored(scenario).checker().serve(inner));
    front.open();
    Ok(Status::Done)
}
