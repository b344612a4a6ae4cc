//! What is exported means what is played: the guarded commands against the transition function, in every state; and where SPIN is
//! installed, its verdicts and numbers of states against ours.

mod spin;

use std::collections::{BTreeSet, HashSet, VecDeque};
use uioscope_model::export::{self, Expr, Field, Rules, Stmt, Var};
use uioscope_model::state::State;
use uioscope_model::step::Machine;
use uioscope_model::{
    Ability, Action, Closing, Counts, Design, ExecMap, Guard, Kernel, LwpPolicy, Name, Options, Policy, Property,
    ReleaseIn, Scenario, Stand, Steps, VforkParent, Writers, explore, library,
};

/// A machine for guarded commands: the values, field by field.
#[derive(Clone)]
struct Values<'a> {
    offsets: &'a [usize],
    values: Vec<u8>,
}

/// Where each field's values start.
fn offsets(sc: &Scenario) -> Vec<usize> {
    let each = Field::ALL.iter().scan(0, |at, &field| {
        let start = *at;
        *at += export::values(sc, &sc.initial(), field).len();
        Some(start)
    });
    each.collect()
}

impl<'a> Values<'a> {
    fn of(sc: &Scenario, offsets: &'a [usize], state: &State) -> Values<'a> {
        Values { offsets, values: Field::ALL.iter().flat_map(|&f| export::values(sc, state, f)).collect() }
    }

    fn place(&self, var: Var) -> usize {
        self.offsets[var.0 as usize] + var.1
    }

    fn number(&self, e: &Expr) -> u8 {
        match e {
            Expr::Number(n) => *n,
            Expr::Read(var) => self.values[self.place(*var)],
            Expr::Next(inner) => self.number(inner) + 1,
            Expr::Before(inner) => self.number(inner) - 1,
            other => panic!("{other:?} is no number"),
        }
    }

    fn holds(&self, e: &Expr) -> bool {
        match e {
            Expr::Equal(a, b) => self.number(a) == self.number(b),
            Expr::Less(a, b) => self.number(a) < self.number(b),
            Expr::Not(inner) => !self.holds(inner),
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expr::Named(_, inner) => self.holds(inner),
            other => panic!("{other:?} is no condition"),
        }
    }

    fn run(&mut self, body: &[Stmt]) -> Result<(), Property> {
        for stmt in body {
            match stmt {
                Stmt::Set(var, value) => {
                    let place = self.place(*var);
                    self.values[place] = self.number(value);
                }
                Stmt::If(condition, then, or) => self.run(if self.holds(condition) { then } else { or })?,
                Stmt::Fail(property) => return Err(*property),
            }
        }
        Ok(())
    }
}

type Taken = BTreeSet<(Action, Result<Vec<u8>, Property>)>;

fn by_rules(rules: &Rules, state: &Values<'_>) -> Taken {
    let mut all = BTreeSet::new();
    for rule in &rules.rules {
        if state.holds(&rule.guard) {
            let mut values = state.clone();
            let end = values.run(&rule.body);
            all.insert((rule.action, end.map(|()| values.values)));
        }
    }
    all
}

fn by_machine(sc: &Scenario, offsets: &[usize], state: &State, next: &mut Vec<State>) -> Taken {
    let mut all = BTreeSet::new();
    Machine::new(sc).each(state, |action, to, fault| {
        all.insert((action, fault.map_or_else(|| Ok(Values::of(sc, offsets, &to).values), Err)));
        if fault.is_none() {
            next.push(to);
        }
    });
    all
}

/// Compares both in the first states of the search, as many as said.
fn check(sc: &Scenario, most: usize) {
    let rules = export::rules(sc).expect("playable");
    let (machine, offsets) = (Machine::new(sc), offsets(sc));
    let mut seen = HashSet::new();
    let mut queue = VecDeque::from([sc.initial()]);
    while let Some(state) = queue.pop_front() {
        if !seen.insert(machine.layout.pack::<u128>(&state)) || seen.len() > most {
            continue;
        }
        let state = State { events: 0, ..state };
        let mut next = Vec::new();
        let mut wanted = by_machine(sc, &offsets, &state, &mut next);
        if machine.broken(&state).is_some() {
            // The search goes no further, and so no rule may.
            wanted.clear();
            next.clear();
        }
        let values = Values::of(sc, &offsets, &state);
        let got = by_rules(&rules, &values);
        if got != wanted {
            let (more, less): (Vec<_>, Vec<_>) = (got.difference(&wanted).collect(), wanted.difference(&got).collect());
            panic!("{} {}: in {state:?}\nonly the rules: {more:?}\nonly the machine: {less:?}", sc.name, sc.design);
        }
        assert_eq!(values.holds(&rules.quiet), state.quiet(), "{}", sc.name);
        assert_eq!(values.holds(&rules.held), machine.leaks(&state), "{} {state:?}", sc.name);
        queue.extend(next);
    }
}

/// Every kind of step under every design, and what no built-in scenario has.
fn odd() -> Vec<Scenario> {
    use Ability::{Disk, Exec, Exit, Fork, LwpCreate, LwpExit, Pipe, Vfork};
    let mut all = Vec::new();
    for &design in Design::ALL {
        for (i, &policy) in Policy::ALL.iter().enumerate() {
            let split = [i == 0, i == 1, i == 2, i == 3];
            let steps = Steps {
                submit_at_once: split[0],
                copy_at_once: split[1],
                exit_at_once: split[1],
                exec_waits_for_vmspace: split[2],
                look_then_cancel: split[2] || split[3],
                split_count: split[0] || split[3],
                policy_before_wait: split[3],
                free_later: split[0] || split[2],
            };
            let closing = if split[2] { Closing::BeforePolicy } else { Closing::AfterPolicy };
            let sc = Scenario { lwp_exit: LwpPolicy::ALL[i], closing, ..Scenario::new(design) }
                .named("odd")
                .procs(2)
                .lwps(2)
                .requests(2)
                .vmspaces(2)
                .exit(policy)
                .exec(policy)
                .steps(steps)
                .allow([Disk, Pipe, Exit, Exec, Fork, Vfork, LwpCreate, LwpExit])
                .start([(2, 0)]);
            // The rest of what an LWP can do about its requests when it exits.
            let other = LwpPolicy::ALL[LwpPolicy::ALL.len() - 1 - i];
            all.push(Scenario { without: Guard::ALL.to_vec(), ..sc.clone() }.lwp_exit(other));
            // A kernel that differs in all that it can, and designs and policies that nobody has.
            let odd = other_kernel(&sc, i);
            all.push(odd.clone().named("worker and kernel").workers(1).lwps(1).start([(1, 0)]));
            all.push(odd);
            all.push(sc.clone().named("worker").workers(1).lwps(1).start([(1, 0)]));
            all.push(sc);
        }
    }
    all
}

/// The same scenario in another kernel, with what it declares itself.
fn other_kernel(sc: &Scenario, i: usize) -> Scenario {
    let kernel = Kernel {
        exec_map: ExecMap::InPlace,
        counts: Counts::ALL[1 + i % 2],
        writers: Writers::ALL[1 + i % 2],
        representative: Stand::ALL[1 + i % 2],
        release_in: if i == 3 { ReleaseIn::Interrupt } else { ReleaseIn::Thread },
        vfork_parent: VforkParent::Waits,
        wired: i == 2,
    };
    let declare = "[[declare.design]]\nname = \"held\"\nleads = \"proc\"\nholds = [\"proc\", \"lwp\"]\n\
        [[declare.design]]\nname = \"queued\"\nleads = \"vmspace\"\nholds = [\"queue\"]\n\
        [[declare.policy]]\nname = \"last\"\nof = \"vmspace\"\ncancels = true\nwaits = [\"pending\", \"copy\"]\n\
        [[declare.property]]\nname = \"late\"\nnever = \"some request r: stage[r] = copy and phase[issuer[r]] = zombie\"\n\
        [[declare.policy]]\nname = \"timed\"\ncancels = true\nwaits = [\"copy\"]\ngives-up = true\n";
    let own =
        Scenario::parse("odd.toml", &format!("name = \"odd\"\ndesign = \"held\"\n{declare}")).expect("a scenario");
    let named = |name| Name::new(name).expect("a name");
    let mut odd = Scenario { kernel, declare: own[0].declare.clone(), ..sc.clone() };
    odd.steps = Steps { split_count: false, free_later: false, ..odd.steps };
    odd.allow.extend([Ability::Fault, Ability::Hang, Ability::LateSubmit, Ability::Unmap]);
    odd.design = match (i, odd.design) {
        (0, Design::Proc) => Design::Declared(named("held")),
        (_, Design::Borrowed) => Design::Declared(named("queued")),
        (_, design) => design,
    };
    odd.exit = if i == 1 { Policy::Declared(named("last")) } else { odd.exit };
    odd.exec = if i == 2 { Policy::Declared(named("timed")) } else { odd.exec };
    odd
}

#[test]
fn guarded_commands_do_what_the_transition_function_does() {
    for sc in library::all().expect("valid") {
        check(&sc, 20_000);
    }
    for sc in odd() {
        check(&sc, 1500);
    }
    for &design in Design::ALL {
        check(&Scenario::standard(design, Policy::Cancel, Policy::CancelDrain), 3000);
    }
}

#[test]
fn an_exported_scenario_reads_like_one() {
    let sc = &library::find("lwp-exit/lwp").expect("built in")[0];
    insta::assert_snapshot!("promela", export::promela(sc).expect("playable"));
    let tla = export::tla(sc, "LwpExit").expect("playable");
    insta::assert_snapshot!("tla", tla.module + "\n\n" + &tla.config);
}

#[test]
fn spin_finds_the_same() {
    if !spin::is_there() {
        eprintln!("SPIN or a C compiler is not installed: nothing was compared");
        return;
    }
    for name in ["lwp-exit", "exec", "drain-own-pipe", "orphan-pipe-read", "resurrection", "aio-daemon-last-reference"]
    {
        for sc in library::find(name).expect("built in") {
            let ours = explore(&sc, &Options::full()).expect("playable");
            let (violated, states) = spin::check(&sc);
            assert_eq!(violated, ours.violated().into_iter().collect(), "{}", sc.name);
            assert_eq!(states, ours.states + violated.len() as u64, "{}", sc.name);
        }
    }
}
