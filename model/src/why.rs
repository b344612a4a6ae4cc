//! What a verdict rests on: each guard, policy and reference switched off in turn; and for an unsafe one, the smallest change that
//! makes it safe.
//!
//! - *Invariant:* nothing is concluded from a search that was cut short: what it would have said is [`Rest::untold`].

use crate::book::{Awaited, Held, Owner, PolicyRule};
use crate::explore::{End, Options, Report, Violation, explore};
use crate::scenario::{Impossible, Scenario, Steps};
use crate::words::{
    Ability, Closing, Counts, Design, ExecMap, GiveBack, Guard, Hold, LwpPolicy, Policy, ReleaseIn, Source, Stand,
    Take, VforkParent,
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A scenario with something switched off or changed, and what that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In words: "exit waits", "design proc".
    pub what: String,
    /// The scenario after it.
    pub scenario: Scenario,
}

/// One thing a safe verdict may rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// What was switched off.
    pub off: Change,
    /// What appears without it, the shortest first; empty: the verdict does not need it.
    pub appears: Vec<Violation>,
    /// The search without it was cut short and found nothing, so that nothing is known.
    pub untold: bool,
}

/// The changes that make an unsafe scenario safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedies {
    /// Sets of changes, all of the smallest size that works.
    pub sets: Vec<Vec<String>>,
    /// Sets that were played.
    pub tried: usize,
    /// Whether all sets up to the largest size were played.
    pub complete: bool,
}

/// Sets of more changes are not tried: it would be another scenario.
pub const MOST_CHANGES: usize = 3;
/// Nor more sets than this.
const MOST_SETS: usize = 1500;

/// The same of an LWP's exit.
fn departure(policy: Policy) -> LwpPolicy {
    LwpPolicy::parse(policy.name()).unwrap_or(LwpPolicy::None)
}

/// Half of a policy.
fn halves(policy: Policy) -> Vec<(&'static str, Policy)> {
    match policy {
        Policy::None => vec![],
        Policy::Drain => vec![("waits", Policy::None)],
        Policy::Cancel => vec![("cancels", Policy::None)],
        // What it is made of, its rule says.
        Policy::Declared(_) => vec![],
        Policy::CancelDrain => vec![("cancels", Policy::Drain), ("waits", Policy::Cancel)],
    }
}

/// All that the scenario has and could lack, each taken away alone.
pub fn switches(sc: &Scenario) -> Vec<Change> {
    let mut all = Vec::new();
    let mut off = |what: String, scenario: Scenario| {
        if scenario != *sc && scenario.check_sizes().is_ok() {
            // It is asked for violations alone.
            all.push(Change { what, scenario: Scenario { sometimes: Vec::new(), expect: None, ..scenario } });
        }
    };
    let may = |ability| sc.allow.contains(&ability);
    if may(Ability::Exit) {
        for (does, exit) in halves(sc.exit) {
            off(format!("exit {does}"), Scenario { exit, ..sc.clone() });
        }
    }
    if may(Ability::Exec) {
        for (does, exec) in halves(sc.exec) {
            off(format!("exec {does}"), Scenario { exec, ..sc.clone() });
        }
    }
    if may(Ability::Exit) || may(Ability::Exec) {
        for (what, scenario) in declared(sc) {
            off(what, scenario);
        }
    }
    match sc.lwp_exit {
        LwpPolicy::Detach | LwpPolicy::TakeOver | LwpPolicy::Reparent => {
            let what = format!("an LWP's exit does {} its requests", sc.lwp_exit);
            off(what, sc.clone().lwp_exit(LwpPolicy::None));
        }
        other => {
            for (does, policy) in halves(other.policy()) {
                off(format!("an LWP's exit {does}"), sc.clone().lwp_exit(departure(policy)));
            }
        }
    }
    if sc.design == Design::Referenced {
        off("the request's reference on its vmspace".into(), Scenario { design: Design::Borrowed, ..sc.clone() });
        let weaker = match sc.take {
            Take::Submit => Some(("the reference is taken at submission", Take::Copy)),
            Take::StructThenAcquire => Some(("the copy takes a reference unless it is zero", Take::Struct)),
            Take::Copy | Take::Struct => None,
        };
        if let Some((what, take)) = weaker {
            off(what.into(), Scenario { take, ..sc.clone() });
        }
    }
    if sc.from == Source::Snapshot && !sc.reads.is_empty() {
        for from in [Source::Carried, Source::Current] {
            let what = format!("completion reads a copy (and not what is {from})");
            off(what, Scenario { from, ..sc.clone() });
        }
    }
    if may(Ability::Mover) {
        match sc.hold {
            Hold::Acquire => {
                off(
                    "the mover raises a count only from above zero".into(),
                    Scenario { hold: Hold::Raise, ..sc.clone() },
                );
                off("the mover's reference".into(), Scenario { hold: Hold::Borrow, ..sc.clone() });
            }
            Hold::Raise => off("the mover's reference".into(), Scenario { hold: Hold::Borrow, ..sc.clone() }),
            Hold::Borrow => {}
        }
    } else if sc.workers > 0 && sc.give_back == GiveBack::Frees {
        let give_back = GiveBack::AssumesNotLast;
        off("a worker frees what it was the last to hold".into(), Scenario { give_back, ..sc.clone() });
    }
    if sc.closing == Closing::BeforePolicy && may(Ability::Exit) {
        off("files are closed before the policy".into(), Scenario { closing: Closing::AfterPolicy, ..sc.clone() });
    }
    let steps = |of: fn(&mut Steps)| {
        let mut changed = sc.clone();
        of(&mut changed.steps);
        changed
    };
    if may(Ability::Exit) || may(Ability::Exec) {
        off("the other LWPs are dead before the policy".into(), steps(|s| s.policy_before_wait = true));
        off("cancelling looks and acts in one step".into(), steps(|s| s.look_then_cancel = true));
        let mut halved = sc.clone();
        halved.kernel.counts = Counts::DecrementThenTest;
        off("a count is dropped and looked at in one step".into(), halved);
    }
    let kernel = |of: fn(&mut Scenario)| {
        let mut changed = sc.clone();
        of(&mut changed);
        changed
    };
    if sc.kernel.wired && may(Ability::Unmap) {
        off("the pages of the buffer are wired".into(), kernel(|sc| sc.kernel.wired = false));
    }
    if sc.kernel.vfork_parent == VforkParent::Waits && may(Ability::Vfork) {
        off("vfork's parent waits".into(), kernel(|sc| sc.kernel.vfork_parent = VforkParent::Runs));
    }
    if sc.kernel.representative != Stand::Any && sc.design == Design::Representative {
        off("the representative is the leader".into(), kernel(|sc| sc.kernel.representative = Stand::Any));
    }
    if sc.kernel.representative == Stand::LeaderStays && sc.design == Design::Representative {
        off("the leader stays, if only as a zombie".into(), kernel(|sc| sc.kernel.representative = Stand::Leader));
    }
    for &guard in Guard::ALL {
        let mut without = sc.clone();
        if !without.without.contains(&guard) && guard.matters(&|ability| may(ability)) {
            without.without.push(guard);
            off(guard.meaning().into(), without);
        }
    }
    all
}

/// Parts of the design and the policies that a scenario declares, each left out alone.
fn declared(sc: &Scenario) -> Vec<(String, Scenario)> {
    let mut all = Vec::new();
    for (i, rule) in sc.declare.design.iter().enumerate().filter(|(_, r)| sc.design == Design::Declared(r.name)) {
        for held in &rule.holds {
            let what = match held {
                Held::Vmspace => "the request's reference on its vmspace",
                Held::Queue => "the reference of a vmspace's requests together",
                Held::Proc => "the request's hold on its process",
                Held::Lwp => "the request's hold on its LWP",
            };
            let mut without = sc.clone();
            without.declare.design[i].holds.retain(|h| h != held);
            all.push((what.to_owned(), without));
        }
    }
    for (i, rule) in sc.declare.policy.iter().enumerate() {
        let is_of = |policy| policy == Policy::Declared(rule.name);
        let user = match (is_of(sc.exit), is_of(sc.exec)) {
            (true, true) => "exit and exec",
            (true, false) => "exit",
            (false, true) => "exec",
            (false, false) => continue,
        };
        let mut without = |what: &str, change: &dyn Fn(&mut PolicyRule)| {
            let mut changed = sc.clone();
            change(&mut changed.declare.policy[i]);
            all.push((format!("{user} {what}"), changed));
        };
        if rule.cancels {
            without("cancels", &|r| r.cancels = false);
        }
        for awaited in &rule.waits {
            let what = match awaited {
                Awaited::Pending => "waits for what is pending",
                Awaited::Copy => "waits for what is being copied",
            };
            without(what, &|r| r.waits.retain(|w| w != awaited));
        }
        if rule.of == Owner::Vmspace {
            without("sees to all requests of its vmspace", &|r| r.of = Owner::Process);
        }
    }
    all
}

/// What a scenario's verdict rests on: each switch, and what appears without it.
///
/// # Errors
/// The scenario is impossible.
pub fn rests_on(scenario: &Scenario, options: &Options) -> Result<Vec<Rest>, Impossible> {
    scenario.check_sizes()?;
    let offs = switches(scenario);
    let reports = play(&offs.iter().map(|c| c.scenario.clone()).collect::<Vec<_>>(), options);
    let rest = |(off, report): (Change, Option<Report>)| {
        let mut appears = report.as_ref().map_or_else(Vec::new, |r| r.violations.clone());
        appears.sort_by_key(|v| (v.steps, v.property));
        let untold = appears.is_empty() && report.is_none_or(|r| r.end != End::Exhausted);
        Rest { off, appears, untold }
    };
    Ok(offs.into_iter().zip(reports).map(rest).collect())
}

/// A kind of change, and its alternatives to what the scenario has.
type Dimension = Vec<(String, fn(&mut Scenario, usize), usize)>;

/// The designs that a scenario can have: those of the library, and its own.
fn designs_of(sc: &Scenario) -> Vec<Design> {
    Design::ALL.iter().copied().chain(sc.declare.design.iter().map(|d| Design::Declared(d.name))).collect()
}

/// The same of policies.
fn policies_of(sc: &Scenario) -> Vec<Policy> {
    Policy::ALL.iter().copied().chain(sc.declare.policy.iter().map(|p| Policy::Declared(p.name))).collect()
}

/// The kinds of change that can matter in the scenario.
fn dimensions(sc: &Scenario) -> Vec<Dimension> {
    let may = |ability| sc.allow.contains(&ability);
    let mut all: Vec<Dimension> = Vec::new();
    let mut add = |alternatives: Vec<(String, usize)>, set: fn(&mut Scenario, usize)| {
        all.push(alternatives.into_iter().map(|(what, i)| (what, set, i)).collect());
    };
    let others = |all: &[&'static str], own: &str, what: &str| {
        let other = |(i, name): (usize, &&str)| (*name != own).then(|| (format!("{what} {name}"), i));
        all.iter().enumerate().filter_map(other).collect::<Vec<_>>()
    };
    let designs: Vec<_> = designs_of(sc).iter().map(|d| d.name()).collect();
    let policies: Vec<_> = policies_of(sc).iter().map(|p| p.name()).collect();
    let departures: Vec<_> = LwpPolicy::ALL.iter().map(|p| p.name()).collect();
    add(others(&designs, sc.design.name(), "design"), |sc, i| sc.design = designs_of(sc)[i]);
    if may(Ability::Exit) {
        add(others(&policies, sc.exit.name(), "exit"), |sc, i| sc.exit = policies_of(sc)[i]);
    }
    if may(Ability::Exec) {
        add(others(&policies, sc.exec.name(), "exec"), |sc, i| sc.exec = policies_of(sc)[i]);
    }
    if may(Ability::LwpExit) {
        add(others(&departures, sc.lwp_exit.name(), "LWP exit"), |sc, i| sc.lwp_exit = LwpPolicy::ALL[i]);
    }
    if sc.steps.policy_before_wait {
        add(vec![("the policy after the wait for LWPs".into(), 0)], |sc, _| sc.steps.policy_before_wait = false);
    }
    if sc.steps.look_then_cancel {
        add(vec![("look and cancel in one step".into(), 0)], |sc, _| sc.steps.look_then_cancel = false);
    }
    if sc.steps.split_count {
        add(vec![("count in one step".into(), 0)], |sc, _| sc.steps.split_count = false);
    }
    if sc.closing == Closing::AfterPolicy {
        add(vec![("close files before the policy".into(), 0)], |sc, _| sc.closing = Closing::BeforePolicy);
    }
    if !sc.reads.is_empty() && sc.from != Source::Snapshot {
        add(vec![("read a copy taken at submission".into(), 0)], |sc, _| sc.from = Source::Snapshot);
    }
    if sc.design == Design::Referenced && sc.take != Take::Submit {
        add(vec![("take the reference at submission".into(), 0)], |sc, _| sc.take = Take::Submit);
    }
    if may(Ability::Mover) && sc.hold != Hold::Acquire {
        add(vec![("let the mover raise the count from above zero".into(), 0)], |sc, _| sc.hold = Hold::Acquire);
    }
    if sc.give_back == GiveBack::AssumesNotLast {
        add(vec![("let the worker free what it was the last to hold".into(), 0)], |sc, _| {
            sc.give_back = GiveBack::Frees
        });
    }
    if sc.kernel.counts != Counts::Atomic {
        add(vec![("drop a count and look at it in one step".into(), 0)], |sc, _| sc.kernel.counts = Counts::Atomic);
    }
    if sc.kernel.exec_map == ExecMap::InPlace && may(Ability::Exec) {
        add(vec![("exec takes a fresh map".into(), 0)], |sc, _| sc.kernel.exec_map = ExecMap::Fresh);
    }
    if !sc.kernel.wired && may(Ability::Unmap) {
        add(vec![("wire the pages of the buffer".into(), 0)], |sc, _| sc.kernel.wired = true);
    }
    if sc.kernel.release_in == ReleaseIn::Interrupt {
        add(vec![("release in a thread".into(), 0)], |sc, _| sc.kernel.release_in = ReleaseIn::Thread);
    }
    if sc.kernel.vfork_parent == VforkParent::Runs && may(Ability::Vfork) {
        add(vec![("let vfork's parent wait".into(), 0)], |sc, _| sc.kernel.vfork_parent = VforkParent::Waits);
    }
    if sc.design == Design::Representative && sc.kernel.representative != Stand::LeaderStays {
        add(vec![("let the leader represent, and stay as a zombie".into(), 0)], |sc, _| {
            sc.kernel.representative = Stand::LeaderStays
        });
    }
    if !sc.sources.is_empty() && sc.sources.values().any(|source| *source != Source::Snapshot) {
        add(vec![("read a copy of each aspect taken at submission".into(), 0)], |sc, _| {
            sc.sources.values_mut().for_each(|source| *source = Source::Snapshot)
        });
    }
    if !sc.without.is_empty() {
        add(vec![("put the guards back".into(), 0)], |sc, _| sc.without.clear());
    }
    all
}

/// All sets of `size` changes, of different kinds.
fn sets_of(sc: &Scenario, size: usize) -> Vec<(Vec<String>, Scenario)> {
    let base = Scenario { sometimes: Vec::new(), expect: None, ..sc.clone() };
    let mut sets = vec![(Vec::new(), base)];
    let mut done = Vec::new();
    for dimension in dimensions(sc) {
        let mut more = Vec::new();
        for (names, scenario) in &sets {
            for (what, set, i) in &dimension {
                let (mut names, mut scenario): (Vec<String>, Scenario) = (names.clone(), scenario.clone());
                names.push(what.clone());
                set(&mut scenario, *i);
                if names.len() == size { done.push((names, scenario)) } else { more.push((names, scenario)) }
            }
        }
        sets.extend(more);
    }
    done.retain(|(_, scenario)| scenario.check_sizes().is_ok());
    done
}

/// The smallest sets of changes after which nothing is violated and all that the scenario allows can still be done.
///
/// # Errors
/// The scenario is impossible.
pub fn remedies(scenario: &Scenario, options: &Options) -> Result<Remedies, Impossible> {
    scenario.check_sizes()?;
    let mut remedies = Remedies { sets: Vec::new(), tried: 0, complete: true };
    for size in 1..=MOST_CHANGES {
        let mut sets = sets_of(scenario, size);
        let room = MOST_SETS.saturating_sub(remedies.tried);
        remedies.complete &= sets.len() <= room;
        sets.truncate(room);
        let scenarios: Vec<Scenario> = sets.iter().map(|(_, scenario)| scenario.clone()).collect();
        let reports = play(&scenarios, options);
        remedies.tried += sets.len();
        for ((names, _), report) in sets.into_iter().zip(reports) {
            match report {
                Some(report) if report.end == End::Exhausted => {
                    if report.violations.is_empty() && !report.vacuous() {
                        remedies.sets.push(names);
                    }
                }
                Some(report) if !report.violations.is_empty() => {}
                _ => remedies.complete = false,
            }
        }
        if !remedies.sets.is_empty() || options.cancelled() {
            break;
        }
    }
    Ok(remedies)
}

/// Plays many small scenarios side by side; in the order in which they were given. `None`: impossible, or not begun.
fn play(scenarios: &[Scenario], options: &Options) -> Vec<Option<Report>> {
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    // They share the memory that one search may have.
    let one = Options { memory: options.memory / threads.max(1), ..options.clone().threads(1) };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(sc) = scenarios.get(i).filter(|_| !options.cancelled()) else { return done };
            done.push((i, explore(sc, &one).ok()));
        }
    };
    let mut reports: Vec<Option<Report>> = scenarios.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(scenarios.len())).map(|_| scope.spawn(work)).collect();
        let own = work();
        let others = others.into_iter().flat_map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        for (i, report) in own.into_iter().chain(others) {
            reports[i] = report;
        }
    });
    reports
}
