//! Who points to what at the end of a trace, as a graph for Graphviz.

use super::timeline::{phase, stage, work};
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use uioscope_model::state::{GONE, Lwp, NONE, Phase, State, Tie, VM_DYING, VM_FREE, Work};
use uioscope_model::{Design, Scenario, Take};

/// A thing, or what a stale pointer once led to.
#[derive(Debug)]
struct Thing {
    label: String,
    look: &'static str,
}

/// A pointer.
#[derive(Debug)]
struct Pointer {
    label: &'static str,
    look: &'static str,
}

const PROC: &str = "shape=box, style=filled, fillcolor=\"#e6f0f8\"";
const LWP: &str = "shape=ellipse";
const VMSPACE: &str = "shape=cylinder, style=filled, fillcolor=\"#e8f4e8\"";
const REQUEST: &str = "shape=note, style=filled, fillcolor=\"#fdf6e0\"";
const WORKER: &str = "shape=hexagon";
const FREED: &str = "shape=plaintext, fontcolor=\"#d55e00\"";
const PLAIN: &str = "";
/// A counted reference, which keeps what it leads to.
const COUNTED: &str = "penwidth=2.5";
const STALE: &str = "color=\"#d55e00\", fontcolor=\"#d55e00\", style=dashed";

struct Picture<'a> {
    scenario: &'a Scenario,
    state: &'a State,
    graph: DiGraph<Thing, Pointer>,
    procs: Vec<Option<NodeIndex>>,
    lwps: Vec<Vec<Option<NodeIndex>>>,
    vms: Vec<Option<NodeIndex>>,
}

/// The ownership graph of a state, in the language of `dot`. Counted references are thick, stale pointers dashed.
pub fn dot(scenario: &Scenario, state: &State) -> String {
    let mut picture =
        Picture { scenario, state, graph: DiGraph::new(), procs: Vec::new(), lwps: Vec::new(), vms: Vec::new() };
    picture.vmspaces();
    picture.processes();
    picture.requests();
    picture.workers();
    let graph = &picture.graph;
    let edge = |_, e: petgraph::graph::EdgeReference<'_, Pointer>| {
        let Pointer { label, look } = e.weight();
        if look.is_empty() { format!("label=\"{label}\"") } else { format!("label=\"{label}\", {look}") }
    };
    let node = |_, (_, Thing { label, look }): (NodeIndex, &Thing)| format!("label=\"{label}\", {look}");
    let config = [Config::NodeNoLabel, Config::EdgeNoLabel];
    format!("{:?}", Dot::with_attr_getters(graph, &config, &edge, &node))
}

impl Picture<'_> {
    fn thing(&mut self, label: String, look: &'static str) -> NodeIndex {
        self.graph.add_node(Thing { label, look })
    }

    fn point(&mut self, from: NodeIndex, to: NodeIndex, label: &'static str, look: &'static str) {
        self.graph.add_edge(from, to, Pointer { label, look });
    }

    fn stale(&mut self, from: NodeIndex, what: &str, label: &'static str) {
        let ghost = self.thing(what.to_owned(), FREED);
        self.point(from, ghost, label, STALE);
    }

    fn point_vm(&mut self, from: NodeIndex, vm: u8, label: &'static str, look: &'static str) {
        match self.vms.get(usize::from(vm)) {
            Some(&Some(to)) => self.point(from, to, label, look),
            _ if vm == NONE => {}
            _ => self.stale(from, "freed vmspace", label),
        }
    }

    fn vmspaces(&mut self) {
        for v in 0..self.scenario.vmspaces {
            let node = match self.state.vms[v] {
                VM_FREE => None,
                VM_DYING => Some(self.thing(format!("v{v}\\n0 refs"), VMSPACE)),
                n => {
                    let refs = n - VM_DYING;
                    Some(self.thing(format!("v{v}\\n{refs} ref{}", if refs == 1 { "" } else { "s" }), VMSPACE))
                }
            };
            self.vms.push(node);
        }
    }

    fn processes(&mut self) {
        for p in 0..self.scenario.procs {
            let proc = self.state.procs[p];
            self.lwps.push(vec![None; self.scenario.lwps]);
            if proc.phase == Phase::Free {
                self.procs.push(None);
                continue;
            }
            let node = self.thing(format!("p{p}\\n{}", phase(proc.phase)), PROC);
            self.procs.push(Some(node));
            for l in (0..self.scenario.lwps).filter(|&l| proc.lwps[l] != Lwp::Free) {
                let lwp = self.thing(format!("l{l} of p{p}"), LWP);
                self.lwps[p][l] = Some(lwp);
                self.point(node, lwp, "", PLAIN);
            }
            self.point_vm(node, proc.vm, "p_vmspace", COUNTED);
            self.point_vm(node, proc.old, "yet to drop", COUNTED);
        }
    }

    fn requests(&mut self) {
        let machine = uioscope_model::step::Machine::new(self.scenario);
        for r in 0..self.scenario.requests {
            let request = self.state.requests[r];
            if request.stage == uioscope_model::state::Stage::Free {
                continue;
            }
            let kind = if request.pipe { "pipe, " } else { "" };
            let node = self.thing(format!("r{r}\\n{kind}{}", stage(request.stage)), REQUEST);
            if machine.holds(request.stage) {
                self.point_vm(node, request.vm, "holds", COUNTED);
                continue;
            }
            let issuer = usize::from(request.issuer);
            let proc = if request.orphan { None } else { self.procs.get(issuer).copied().flatten() };
            match self.scenario.design {
                Design::Borrowed | Design::Referenced => {
                    let pinned = matches!(self.scenario.take, Take::Struct | Take::StructThenAcquire);
                    let label = match self.scenario.design {
                        Design::Referenced if pinned => "carries, keeps the struct",
                        _ => "carries",
                    };
                    self.point_vm(node, request.vm, label, PLAIN);
                    continue;
                }
                Design::Lwp => {
                    let lwp = self.lwps.get(issuer).and_then(|l| l.get(usize::from(request.lwp))).copied().flatten();
                    match (request.tie, lwp.filter(|_| !request.orphan), proc) {
                        (Tie::Loose, ..) => {}
                        (Tie::Handed, _, Some(to)) | (Tie::Named, Some(to), _) => {
                            self.point(node, to, "carries", PLAIN)
                        }
                        (Tie::Handed, ..) => self.stale(node, "freed proc", "carries"),
                        _ => self.stale(node, "freed LWP", "carries"),
                    }
                }
                Design::Proc | Design::Representative => match proc {
                    Some(to) => self.point(node, to, "carries", PLAIN),
                    None => self.stale(node, "freed proc", "carries"),
                },
            }
            if request.vm != GONE {
                self.point_vm(node, request.vm, "buffer in", "style=dotted");
            }
        }
    }

    fn workers(&mut self) {
        for w in 0..self.scenario.workers {
            let worker = self.state.workers[w];
            if worker.work == Work::Idle {
                continue;
            }
            let node = self.thing(format!("w{w}\\n{}", work(worker.work)), WORKER);
            let (label, look) = if worker.work == Work::Looked { ("has read", PLAIN) } else { ("holds", COUNTED) };
            self.point_vm(node, worker.vm, label, look);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uioscope_model::{Ability, Policy, Trace};

    fn check(scenario: &Scenario, wanted: &[&str]) {
        let report = scenario.check().expect("a report");
        let replay = Trace::new(scenario, &report.violations[0]).replay().expect("a replay");
        let text = dot(scenario, replay.states.last().expect("a last state"));
        assert!(text.starts_with("digraph {") && text.ends_with("}\n"), "{text}");
        for w in wanted {
            assert!(text.contains(w), "{w} in {text}");
        }
    }

    #[test]
    fn stale_pointers_and_counted_references_are_told_apart() {
        let lwp = Scenario::new(Design::Lwp).lwps(2).start([(2, 0)]).allow([Ability::Disk, Ability::LwpExit]);
        check(&lwp, &["freed LWP", "label=\"carries\", color", "buffer in", "l1 of p0", "1 ref\""]);
        let leak = Scenario::new(Design::Referenced).allow([Ability::Pipe, Ability::Exit]);
        check(&leak, &["r0\\npipe, pending", "label=\"holds\", penwidth", "v0\\n1 ref"]);
        let borrowed =
            Scenario::new(Design::Borrowed).vmspaces(2).exec(Policy::None).allow([Ability::Disk, Ability::Exec]);
        check(&borrowed, &["freed vmspace", "p_vmspace"]);
    }
}
