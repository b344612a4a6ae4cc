//! A trace as a timeline: a column for each LWP and worker, a line for each step, and what the step changed.

use super::svg::{Anchor, Svg};
use crate::style::{Ink, Style};
use std::collections::BTreeSet;
use uioscope_model::state::{GONE, Lwp, NONE, Phase, Stage, State, Tie, VM_DYING, VM_FREE, Work};
use uioscope_model::step::Machine;
use uioscope_model::{Action, Scenario, Trace, Violation};

/// Who takes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Actor {
    /// An LWP of a process.
    Lwp(u8, u8),
    /// The device, or the interrupt that completes a request.
    Device,
    /// An I/O worker.
    Worker(u8),
}

impl Actor {
    fn name(self) -> String {
        match self {
            Actor::Lwp(p, l) => format!("p{p}.l{l}"),
            Actor::Device => "device".to_owned(),
            Actor::Worker(w) => format!("w{w}"),
        }
    }
}

/// A step with what it did.
pub(crate) struct Line {
    pub actor: Actor,
    pub step: String,
    pub changes: Vec<String>,
}

/// Plays the steps again and notes what each changes.
pub(crate) fn lines(scenario: &Scenario, trace: &[Action]) -> Vec<Line> {
    let machine = Machine::new(scenario);
    let mut state = scenario.initial();
    let mut lines = Vec::new();
    for action in trace {
        let mut next = None;
        let mut violated = None;
        machine.each(&state, |a, s, v| {
            // A step can have two outcomes; the trace goes on with the one that violates nothing.
            if a == *action && (next.is_none() || violated.is_some()) {
                (next, violated) = (Some(s), v);
            }
        });
        let Some(after) = next else { break };
        let mut changes = changes(&state, &after);
        changes.extend(violated.map(|p| format!("{p}!")));
        lines.push(Line { actor: actor(action, &state), step: action.to_string(), changes });
        state = after;
    }
    lines
}

fn actor(action: &Action, state: &State) -> Actor {
    let id = |letter: char| action.act.letters().find(letter).map(|i| action.ids[i]);
    match (id('w'), id('p'), id('l'), id('r')) {
        (Some(w), ..) => Actor::Worker(w),
        (None, Some(p), Some(l), _) => Actor::Lwp(p, l),
        // A step of a process is taken by the LWP that called exit or exec.
        (None, Some(p), None, _) => Actor::Lwp(p, state.procs.get(usize::from(p)).map_or(0, |s| s.caller)),
        (None, None, _, Some(r)) => match state.requests.get(usize::from(r)) {
            Some(r) if matches!(r.stage, Stage::Counting | Stage::Submitting) => Actor::Lwp(r.issuer, r.lwp),
            _ => Actor::Device,
        },
        _ => Actor::Device,
    }
}

/// What differs, in words.
fn changes(before: &State, after: &State) -> Vec<String> {
    let mut out = Vec::new();
    for (i, (a, b)) in before.procs.iter().zip(&after.procs).enumerate() {
        if a.phase != b.phase {
            out.push(format!("p{i} {}", phase(b.phase)));
        }
        for (l, (x, y)) in a.lwps.iter().zip(&b.lwps).enumerate() {
            match (x, y) {
                (Lwp::Free, Lwp::Run) => out.push(format!("l{l} of p{i} starts")),
                (_, Lwp::Leaving) if x != y => out.push(format!("l{l} of p{i} leaves")),
                (_, Lwp::Free) if x != y => out.push(format!("l{l} of p{i} gone")),
                _ => {}
            }
        }
    }
    for (i, (a, b)) in before.vms.iter().zip(&after.vms).enumerate() {
        match (*a, *b) {
            (x, y) if x == y => {}
            (_, VM_FREE) => out.push(format!("v{i} freed")),
            (_, VM_DYING) => out.push(format!("v{i} 0 refs")),
            (_, n) => out.push(format!("v{i} {} ref{}", n - VM_DYING, if n - VM_DYING == 1 { "" } else { "s" })),
        }
    }
    for (i, (a, b)) in before.requests.iter().zip(&after.requests).enumerate() {
        if a.stage != b.stage {
            out.push(format!("r{i} {}", stage(b.stage)));
        }
        if a.stage == b.stage && a.tie != b.tie && b.tie != Tie::Named {
            out.push(format!("r{i} {}", tie(b.tie)));
        }
        if a.stage == b.stage && a.tie == b.tie && a.lwp != b.lwp {
            out.push(format!("r{i} is l{}'s now", b.lwp));
        }
        if a.changed != b.changed && b.changed {
            out.push(format!("r{i} no longer reads what it was submitted with"));
        }
    }
    for (i, (a, b)) in before.workers.iter().zip(&after.workers).enumerate() {
        if a.work != b.work {
            out.push(format!("w{i} {}", work(b.work)));
        }
    }
    out
}

/// A state in words, a line for each thing that is there.
pub fn described(state: &State) -> String {
    let vm = |v: u8| match v {
        GONE => "a freed vmspace".to_owned(),
        NONE => "no vmspace".to_owned(),
        v => format!("v{v}"),
    };
    let mut out = Vec::new();
    for (i, p) in state.procs.iter().enumerate().filter(|(_, p)| p.phase != Phase::Free) {
        let lwps = p.lwps.iter().enumerate().filter(|(_, l)| **l != Lwp::Free).map(|(l, _)| format!("l{l}"));
        let lwps: Vec<String> = lwps.collect();
        let old = if p.old == NONE { String::new() } else { format!(", yet to drop {}", vm(p.old)) };
        out.push(format!("p{i} {} [{}] in {}{old}", phase(p.phase), lwps.join(" "), vm(p.vm)));
    }
    for (i, &v) in state.vms.iter().enumerate().filter(|(_, v)| **v != VM_FREE) {
        out.push(format!("v{i} {} refs", v - VM_DYING));
    }
    for (i, r) in state.requests.iter().enumerate().filter(|(_, r)| r.stage != Stage::Free) {
        let kind = if r.pipe { "pipe read" } else { "request" };
        let of = if r.orphan { "of nobody".to_owned() } else { format!("of p{}", r.issuer) };
        let gone = match r.tie {
            Tie::Named => "",
            Tie::Gone => ", its LWP gone",
            tie_of => &format!(", {}", tie(tie_of)),
        };
        out.push(format!("r{i} {kind} {of}{gone}, {}, buffer in {}", stage(r.stage), vm(r.vm)));
    }
    for (i, w) in state.workers.iter().enumerate().filter(|(_, w)| w.work != Work::Idle) {
        out.push(format!("w{i} {} {}", work(w.work), vm(w.vm)));
    }
    out.join("\n")
}

pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Free => "reaped",
        Phase::Live => "live",
        Phase::ExecWait => "execing",
        Phase::ExecPolicy => "execing: policy",
        Phase::ExecDrop => "swapped",
        Phase::ExitWait => "exiting",
        Phase::ExitPolicy => "exiting: policy",
        Phase::ExitDrop => "detached",
        Phase::Dropped => "dropped",
        Phase::Zombie => "zombie",
    }
}

pub(crate) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Free => "over",
        Stage::Counting => "counting",
        Stage::Submitting => "submitting",
        Stage::Pending => "pending",
        Stage::Copy => "copying",
        Stage::Release => "complete",
    }
}

fn tie(tie: Tie) -> &'static str {
    match tie {
        Tie::Named => "names its LWP",
        Tie::Gone => "names an LWP that is gone",
        Tie::Loose => "cut loose",
        Tie::Handed => "handed to the process",
    }
}

pub(crate) fn work(work: Work) -> &'static str {
    match work {
        Work::Idle => "idle",
        Work::Copying => "copies",
        Work::Adopted => "still adopted",
        Work::Looked => "looked",
        Work::Holding => "holds",
        Work::Worked => "worked",
    }
}

fn columns(lines: &[Line]) -> Vec<Actor> {
    let all: BTreeSet<Actor> = lines.iter().map(|l| l.actor).collect();
    all.into_iter().collect()
}

/// For a terminal: the acting column is marked. Ends with a line end.
pub fn text(scenario: &Scenario, violation: &Violation, style: Style) -> String {
    let lines = lines(scenario, &violation.trace);
    let mut out = table(&lines, style);
    if lines.last().is_none_or(|l| !l.changes.iter().any(|c| c.ends_with('!'))) {
        out += &format!("      {}\n", style.paint(Ink::Abuse, &format!("here: {}", violation.property)));
    }
    out
}

/// A trace that was played again. Ends with a line end.
pub fn replayed(trace: &Trace, style: Style) -> String {
    let lines = lines(&trace.scenario, &trace.steps);
    let shows = trace.property.map_or_else(|| "shows nothing".to_owned(), |p| format!("shows {p}"));
    let name = style.paint(Ink::Title, &crate::safe::clip(&trace.scenario.name, 80));
    format!("{name}  {} possible steps, {shows}\n\n{}", lines.len(), table(&lines, style))
}

fn table(lines: &[Line], style: Style) -> String {
    let columns = columns(lines);
    let width = |a: &Actor| a.name().len().max(1);
    let step_width = lines.iter().map(|l| l.step.len()).max().unwrap_or(0);
    let mut out = String::from("      ");
    for column in &columns {
        out += &format!("{}  ", style.paint(Ink::Title, &column.name()));
    }
    out = out.trim_end().to_owned() + "\n";
    for (i, line) in lines.iter().enumerate() {
        let mut row = format!("  {:>2}  ", i + 1);
        for column in &columns {
            let mark = if *column == line.actor { "●" } else { "·" };
            let ink = if *column == line.actor { Ink::Loud } else { Ink::Dim };
            let (left, right) = ((width(column) - 1) / 2, width(column) / 2);
            row += &format!("{}{}{}  ", " ".repeat(left), style.paint(ink, mark), " ".repeat(right));
        }
        row += &format!("{:step_width$}  {}", line.step, style.paint(Ink::Dim, &line.changes.join(", ")));
        out += row.trim_end();
        out.push('\n');
    }
    out
}

const TOP: f64 = 70.0;
const ROW: f64 = 24.0;
const COLUMN: f64 = 90.0;

/// A picture of the same: lifelines, and a box for each step on the line of who takes it.
pub fn svg(scenario: &Scenario, violation: &Violation) -> String {
    let lines = lines(scenario, &violation.trace);
    let columns = columns(&lines);
    let mut svg = Svg::default();
    let title = format!("{}: {} after {} steps", scenario.name, violation.property, violation.steps);
    svg.text((20.0, 26.0), Anchor::Start, &title, "font-size=\"14\" font-weight=\"bold\"");
    let bottom = TOP + ROW * (lines.len() as f64 + 0.5);
    let x_of = |actor: Actor| 60.0 + COLUMN * columns.iter().position(|c| *c == actor).unwrap_or(0) as f64;
    for &column in &columns {
        let x = x_of(column);
        svg.text((x, TOP - 16.0), Anchor::Middle, &column.name(), "font-weight=\"bold\"");
        svg.line((x, TOP - 8.0), (x, bottom), "#bbb", 1.0);
    }
    let text_x = 60.0 + COLUMN * columns.len() as f64;
    for (i, line) in lines.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        let is_bad = line.changes.iter().any(|c| c.ends_with('!'));
        let name = line.step.split(' ').next().unwrap_or_default();
        svg.rect(
            (x_of(line.actor) - 42.0, y - 9.0),
            (84.0, 18.0),
            if is_bad { "#fde0d0" } else { "#e6f0f8" },
            if is_bad { "#d55e00" } else { "#0072b2" },
        );
        svg.text((x_of(line.actor), y + 4.0), Anchor::Middle, name, "font-size=\"10\"");
        svg.text((text_x - 20.0, y + 4.0), Anchor::Start, &format!("{}.  {}", i + 1, line.changes.join(", ")), "");
    }
    svg.finish(text_x + 420.0, bottom + 20.0, &title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uioscope_model::{Ability, Design};

    #[test]
    fn a_timeline_shows_who_does_what() {
        let scenario = Scenario::new(Design::Lwp)
            .named("an LWP leaves")
            .lwps(2)
            .start([(2, 0)])
            .allow([Ability::Disk, Ability::LwpExit]);
        let report = scenario.check().expect("a report");
        insta::assert_snapshot!(crate::model::check(
            &scenario,
            &uioscope_model::Report { seconds: 0.0, ..report.clone() },
            Style::PLAIN
        ));
        let picture = svg(&scenario, &report.violations[0]);
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"), "{picture}");
        assert_eq!(picture.matches("<rect").count(), 1 + report.violations[0].steps);
    }
}
