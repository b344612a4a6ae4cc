//! The search itself: against stateright, against plain breadth-first search, against petgraph, and at its limits.

use petgraph::graph::DiGraph;
use proptest::prelude::*;
use stateright::{Checker, Model};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::Ordering;
use uioscope_model::pack::Layout;
use uioscope_model::state::State;
use uioscope_model::step::Machine;
use uioscope_model::symmetry::canonical;
use uioscope_model::{
    Ability, Action, Design, End, LwpPolicy, Options, Policy, Property, Scenario, Verdict, explore, library, matrix,
};

fn small() -> Vec<Scenario> {
    use Ability::{Disk, Exec, Exit, LwpExit, Pipe, Vfork};
    let mut all = Vec::new();
    for &design in Design::ALL {
        for policy in [Policy::None, Policy::Drain, Policy::CancelDrain] {
            let sc = Scenario::new(design).exit(policy).exec(policy);
            all.push(sc.clone().procs(2).vmspaces(2).allow([Disk, Pipe, Exit, Vfork, Exec]));
            all.push(sc.lwps(2).requests(2).vmspaces(2).start([(2, 0)]).allow([Disk, Pipe, Exit, LwpExit]));
        }
    }
    all
}

/// The same transition function in another checker.
struct Other(Scenario);

impl Model for Other {
    type State = u128;
    type Action = Action;

    fn init_states(&self) -> Vec<u128> {
        vec![Layout::new(&self.0).pack(&self.0.initial())]
    }

    fn actions(&self, state: &u128, actions: &mut Vec<Action>) {
        let machine = Machine::new(&self.0);
        machine.each(&machine.layout.unpack(*state), |action, _, fault| {
            if fault.is_none() {
                actions.push(action);
            }
        });
    }

    fn next_state(&self, state: &u128, wanted: Action) -> Option<u128> {
        let machine = Machine::new(&self.0);
        let mut to = None;
        machine.each(&machine.layout.unpack(*state), |action, next, _| {
            if action == wanted {
                to = Some(machine.layout.pack(&next));
            }
        });
        to
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        // Without a property that is never decided, it stops at once.
        vec![stateright::Property::always("true", |_, _| true)]
    }
}

#[test]
fn stateright_counts_the_same_states() {
    for sc in small().into_iter().chain(library::all().expect("valid")) {
        let ours = explore(&sc, &Options::full()).expect("playable");
        if ours.states < 50_000 {
            let theirs = Other(sc.clone()).checker().spawn_bfs().join();
            assert_eq!(theirs.unique_state_count() as u64, ours.states, "{} {:?}", sc.name, sc.design);
        }
    }
}

/// A search that is too plain to be wrong: queue, map, graph.
struct Plain {
    depth: HashMap<u128, usize>,
    graph: DiGraph<u128, ()>,
    /// States with a step that violates something.
    escapes: Vec<bool>,
    shortest: BTreeMap<Property, usize>,
}

fn plain(sc: &Scenario) -> Plain {
    let machine = Machine::new(sc);
    let first: u128 = machine.layout.pack(&sc.initial());
    let mut graph = DiGraph::new();
    let mut nodes = HashMap::from([(first, graph.add_node(first))]);
    let (mut depth, mut shortest) = (HashMap::from([(first, 0)]), BTreeMap::new());
    let mut queue = VecDeque::from([first]);
    let mut escapes = HashMap::new();
    while let Some(word) = queue.pop_front() {
        let at = depth[&word];
        let state = machine.layout.unpack(word);
        let mut steps = 0;
        machine.each(&state, |_, next, fault| {
            steps += 1;
            if let Some(property) = fault {
                shortest.entry(property).or_insert(at + 1);
                escapes.insert(word, true);
                return;
            }
            let to = machine.layout.pack(&next);
            let node = *nodes.entry(to).or_insert_with(|| graph.add_node(to));
            graph.add_edge(nodes[&word], node, ());
            depth.entry(to).or_insert_with(|| {
                queue.push_back(to);
                at + 1
            });
        });
        if steps == 0 && state.quiet() && machine.leaks(&state) {
            shortest.entry(Property::Leak).or_insert(at);
        }
    }
    let escapes = graph.node_weights().map(|w| escapes.contains_key(w)).collect();
    Plain { depth, graph, escapes, shortest }
}

/// The earliest state without a way on, by strongly connected components: a component is bad if it neither holds a quiet or
/// escaping state nor leads to a good one.
fn deadlock_by_components(sc: &Scenario, plain: &Plain) -> Option<usize> {
    let layout = Layout::new(sc);
    let mut good = vec![false; plain.graph.node_count()];
    let mut earliest = None;
    // Kosaraju gives components in reverse topological order: what one leads to comes before it.
    for component in petgraph::algo::kosaraju_scc(&plain.graph) {
        let on = component.iter().any(|&n| {
            plain.escapes[n.index()]
                || layout.unpack(plain.graph[n]).quiet()
                || plain.graph.neighbors(n).any(|m| good[m.index()])
        });
        for n in component {
            good[n.index()] = on;
            if !on {
                let at = plain.depth[&plain.graph[n]];
                earliest = Some(earliest.map_or(at, |e: usize| e.min(at)));
            }
        }
    }
    earliest
}

#[test]
fn shortest_is_shortest_and_stuck_is_stuck() {
    for sc in small().into_iter().chain(library::all().expect("valid")) {
        let plain = plain(&sc);
        let mut want = plain.shortest.clone();
        if let Some(at) = deadlock_by_components(&sc, &plain) {
            want.insert(Property::Deadlock, at);
        }
        for options in [Options::full(), Options::default()] {
            let report = explore(&sc, &options).expect("playable");
            let got: BTreeMap<_, _> = report.violations.iter().map(|v| (v.property, v.steps)).collect();
            assert_eq!(got, want, "{} {:?} {:?}", sc.name, sc.design, sc.exit);
        }
        let full = explore(&sc, &Options::full()).expect("playable");
        assert_eq!(full.states as usize, plain.depth.len(), "{}", sc.name);
    }
}

#[test]
fn threads_change_nothing() {
    let sc = Scenario::standard(Design::Lwp, Policy::Drain, Policy::Cancel);
    let one = explore(&sc, &Options::default().threads(1)).expect("playable");
    let two = explore(&sc, &Options::default().threads(2)).expect("playable");
    assert_eq!((one.states, one.transitions, one.depth), (two.states, two.transitions, two.depth));
    assert_eq!(one.violations, two.violations);
    assert_eq!(one.hits, two.hits);
}

#[test]
fn a_full_memory_or_a_cancelled_run_is_partial_and_says_what_it_covered() {
    let sc = Scenario::standard(Design::Referenced, Policy::Cancel, Policy::Cancel);
    let little = Options { memory: 100_000, ..Options::default() };
    let report = explore(&sc, &little).expect("playable");
    assert_eq!((report.verdict(), report.end), (Verdict::Partial, End::Memory));
    assert!(report.states > 0 && report.unexplored > 0);

    let cancelled = Options::default();
    cancelled.cancel.store(true, Ordering::Relaxed);
    let report = explore(&sc, &cancelled).expect("playable");
    assert_eq!((report.verdict(), report.end), (Verdict::Partial, End::Cancelled));
    assert!(matrix(&sc, &cancelled).expect("playable").partial());
}

#[test]
fn symmetry_saves_at_least_twenty_times_on_the_standard_question() {
    let sc = Scenario::standard(Design::Referenced, Policy::Cancel, Policy::CancelDrain);
    let (full, quotient) = (explore(&sc, &Options::full()).expect("playable"), sc.check().expect("playable"));
    assert!(full.states >= 20 * quotient.states, "{} against {}", full.states, quotient.states);
    assert!(full.bytes <= 48 * full.states as usize, "{} bytes a state", full.bytes as u64 / full.states);
}

/// Some states of a scenario: the ends of random walks.
fn walk(sc: &Scenario, choices: &[u16]) -> Vec<State> {
    let machine = Machine::new(sc);
    let mut states = vec![sc.initial()];
    for &choice in choices {
        let mut next = Vec::new();
        machine.each(&states[states.len() - 1], |_, to, fault| {
            if fault.is_none() {
                next.push(to);
            }
        });
        let Some(&state) = next.get(usize::from(choice) % next.len().max(1)) else { break };
        states.push(state);
    }
    states
}

fn any_scenario() -> impl Strategy<Value = Scenario> {
    let count = |most| 1..=most;
    let policy = || prop::sample::select(Policy::ALL);
    let sizes = (count(3usize), count(2usize), count(3usize), count(4usize));
    let splits = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (sizes, prop::sample::select(Design::ALL), policy(), policy(), prop::sample::select(LwpPolicy::ALL), splits)
        .prop_map(|((procs, lwps, requests, vmspaces), design, exit, exec, lwp_exit, (a, b, c, d))| {
            let steps = uioscope_model::Steps {
                look_then_cancel: a,
                split_count: b,
                policy_before_wait: c,
                free_later: d,
                ..Default::default()
            };
            Scenario::standard(design, exit, exec)
                .lwp_exit(lwp_exit)
                .procs(procs)
                .lwps(lwps)
                .requests(requests)
                .vmspaces(vmspaces)
                .start([(1, 0)])
                .steps(steps)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn packing_loses_nothing(sc in any_scenario(), choices in prop::collection::vec(any::<u16>(), 0..60)) {
        let layout = Layout::new(&sc);
        for state in walk(&sc, &choices) {
            let state = State { events: 0, ..state };
            prop_assert_eq!(layout.unpack(layout.pack::<u128>(&state)), state);
            if layout.bits() <= 64 {
                prop_assert_eq!(layout.unpack(layout.pack::<u64>(&state)), state);
            }
        }
    }

    #[test]
    fn steps_commute_with_renumbering(sc in any_scenario(), choices in prop::collection::vec(any::<u16>(), 0..60)) {
        // What can be reached in a step from a state and from its renumbering is the same, up to renumbering. Ties in the
        // signatures may leave several representatives, so the comparison goes through two rounds of them.
        let machine = Machine::new(&sc);
        for state in walk(&sc, &choices) {
            let reached = |s: &State| {
                let mut all: Vec<_> = Vec::new();
                machine.each(s, |action, _, fault| all.push((action.act.name(), fault)));
                all.sort();
                all
            };
            prop_assert_eq!(reached(&state), reached(&canonical(&sc, &state)));
        }
    }
}

#[test]
fn the_matrix_holds_every_design_and_policy_once() {
    let base = Scenario::new(Design::Proc).vmspaces(2).allow([Ability::Disk, Ability::Exit, Ability::Exec]);
    let table = matrix(&base, &Options::default().threads(2)).expect("playable");
    assert_eq!(table.cells.len(), Design::ALL.len() * Policy::ALL.len() * Policy::ALL.len());
    for cell in &table.cells {
        let sc = Scenario { design: cell.design, exit: cell.exit, exec: cell.exec, ..base.clone() };
        let report = sc.check().expect("playable");
        assert_eq!((cell.verdict, cell.states), (report.verdict(), report.states));
    }
    let json = serde_json::to_value(&table).expect("plain data");
    assert_eq!(json["schema"], "uioscope.matrix/1");
    assert_eq!(json["cells"][79]["design"], "vmspace-referenced");
    assert_eq!(json["cells"][0]["violations"][0]["property"], "use-after-free-proc");
}

#[test]
fn a_bad_trace_is_told_apart_from_a_good_one() {
    use uioscope_model::Trace;
    use uioscope_model::TraceError::{Json, Other, Over, Stuck, Version};
    let sc = Scenario::new(Design::Lwp).lwps(2).start([(2, 0)]).allow([Ability::Disk, Ability::LwpExit]);
    let good = Trace::new(&sc, &sc.check().expect("playable").violations[0]);
    assert_eq!(good.replay().expect("good").states.len(), 5);
    let with = |steps: Vec<Action>| Trace { steps, ..good.clone() };
    let skip = with(good.steps[1..].to_vec());
    assert!(matches!(skip.replay(), Err(Stuck { step: 1, .. })));
    assert!(skip.replay().expect_err("stuck").to_string().contains("submit-disk p0 l0 r0"));
    let short = with(good.steps[..3].to_vec());
    assert!(matches!(short.replay(), Err(Other { .. })));
    let long = with([&good.steps[..], &good.steps[3..]].concat());
    assert!(matches!(long.replay(), Err(Over { step: 5, .. })));
    let json = good.to_json();
    assert!(matches!(Trace::from_json(&json.replace("trace/1", "trace/0")), Err(Version(_))));
    assert!(matches!(Trace::from_json(&json.replace("enqueue", "queue")), Err(Json { .. })));
    assert!(matches!(Trace::from_json("{}"), Err(Json { line: 1, .. })));
    assert!(Trace::from_json(&json.replace("\"procs\": 1", "\"procs\": 100")).is_err());
}

#[test]
fn a_scenario_in_which_nothing_happens_is_said_to_be_vacuous() {
    // One LWP cannot exit by itself, and without a request nothing is in flight.
    let sc = Scenario::new(Design::Proc).requests(0).allow([Ability::Disk, Ability::LwpExit, Ability::Exit]);
    let sc = Scenario { sometimes: vec![uioscope_model::Event::ExitInFlight], ..sc };
    let report = sc.check().expect("playable");
    assert_eq!(report.verdict(), Verdict::Partial);
    assert!(report.vacuous());
    assert_eq!(report.unused, [Ability::Disk, Ability::LwpExit]);
    assert_eq!(report.never, [uioscope_model::Event::ExitInFlight]);
}
