//! Scenarios: how many of each thing there are, what may happen, and what the kernel does about it.

mod read;

pub use read::ScenarioError;

use crate::pack;
use crate::property::{Event, Property};
use crate::state::{Lwp, MAX_LWPS, MAX_PROCS, MAX_REQUESTS, MAX_VMSPACES, MAX_WORKERS, Phase, State, VM_DYING};
use crate::words::{Ability, Aspect, Closing, Design, GiveBack, Guard, Hold, LwpPolicy, Policy, Source, Take};
use serde::{Deserialize, Serialize};

/// What is atomic. The default is what kernels do; each other value hides a bug or makes one up, and a test says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Steps {
    /// Submission in one step. Hides exec racing another LWP's submission.
    pub submit_at_once: bool,
    /// The copy in one step. Hides that cancelling can come too late.
    pub copy_at_once: bool,
    /// Exit in one guarded step. Hides the deadlock of draining.
    pub exit_at_once: bool,
    /// exec waits for a free vmspace instead of failing. Makes up a deadlock.
    pub exec_waits_for_vmspace: bool,
    /// Cancelling looks at a request in one step and acts in another.
    pub look_then_cancel: bool,
    /// Counts are read in one step and written in another.
    pub split_count: bool,
    /// The policy is applied before the other LWPs are dead.
    pub policy_before_wait: bool,
    /// A vmspace whose count fell to zero is freed in a step of its own.
    pub free_later: bool,
}

/// A proc that is there from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// How many LWPs it has.
    pub lwps: usize,
    /// Which vmspace; procs with the same number share it.
    pub vmspace: usize,
}

/// One question to the model. Build it with the methods below, or read it from TOML with [`Scenario::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// A short name.
    pub name: String,
    /// What it is about.
    pub story: String,
    /// Where the story is from.
    pub source: String,
    /// Slots for procs.
    pub procs: usize,
    /// Slots for LWPs in each proc.
    pub lwps: usize,
    /// Slots for requests.
    pub requests: usize,
    /// Slots for vmspaces.
    pub vmspaces: usize,
    /// I/O workers that adopt vmspaces, or movers; none: I/O needs no worker.
    pub workers: usize,
    /// What a request carries.
    pub design: Design,
    /// What exit does about requests in flight.
    pub exit: Policy,
    /// What exec does about them.
    pub exec: Policy,
    /// What an LWP's exit does about its own.
    pub lwp_exit: LwpPolicy,
    /// What may happen.
    pub allow: Vec<Ability>,
    /// Who is there from the start, in proc slots from zero.
    pub start: Vec<Start>,
    /// When exit closes files.
    pub closing: Closing,
    /// What completion reads of the submitter.
    pub reads: Vec<Aspect>,
    /// Where it reads that.
    pub from: Source,
    /// When and how a reference is taken.
    pub take: Take,
    /// How a mover gets at a vmspace.
    pub hold: Hold,
    /// How workers give back what they adopted.
    pub give_back: GiveBack,
    /// What is atomic.
    pub steps: Steps,
    /// Guards that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Guard>,
    /// What must happen somewhere, or the scenario says nothing.
    pub sometimes: Vec<Event>,
    /// Which violations are expected; `None`: nothing is.
    pub expect: Option<Vec<Property>>,
}

impl Scenario {
    /// One proc with one LWP and one request slot, which may submit disk requests and exit. Policies are `none`.
    pub fn new(design: Design) -> Scenario {
        Scenario {
            name: "unnamed".into(),
            story: String::new(),
            source: String::new(),
            procs: 1,
            lwps: 1,
            requests: 1,
            vmspaces: 1,
            workers: 0,
            design,
            exit: Policy::None,
            exec: Policy::None,
            lwp_exit: LwpPolicy::None,
            allow: vec![Ability::Disk, Ability::Exit],
            start: vec![Start { lwps: 1, vmspace: 0 }],
            closing: Closing::Never,
            reads: Vec::new(),
            from: Source::Carried,
            take: Take::Submit,
            hold: Hold::Borrow,
            give_back: GiveBack::Frees,
            steps: Steps::default(),
            without: Vec::new(),
            sometimes: Vec::new(),
            expect: None,
        }
    }

    /// The standard question: 2 procs x 2 LWPs x 2 requests, 3 vmspaces, disk and pipe, everything but workers, copying
    /// fork and end of file.
    pub fn standard(design: Design, exit: Policy, exec: Policy) -> Scenario {
        use Ability::{Disk, Exec, Exit, LwpCreate, LwpExit, Pipe, Vfork};
        Scenario::new(design)
            .named("standard")
            .procs(2)
            .lwps(2)
            .requests(2)
            .vmspaces(3)
            .exit(exit)
            .exec(exec)
            .allow([LwpCreate, LwpExit, Exit, Exec, Vfork, Disk, Pipe])
            .start([(1, 0), (1, 1)])
    }

    /// Its name.
    pub fn named(self, name: &str) -> Scenario {
        Scenario { name: name.to_owned(), ..self }
    }

    /// Slots for procs.
    pub fn procs(self, procs: usize) -> Scenario {
        Scenario { procs, ..self }
    }

    /// Slots for LWPs in each proc.
    pub fn lwps(self, lwps: usize) -> Scenario {
        Scenario { lwps, ..self }
    }

    /// Slots for requests.
    pub fn requests(self, requests: usize) -> Scenario {
        Scenario { requests, ..self }
    }

    /// Slots for vmspaces.
    pub fn vmspaces(self, vmspaces: usize) -> Scenario {
        Scenario { vmspaces, ..self }
    }

    /// I/O workers, or movers.
    pub fn workers(self, workers: usize) -> Scenario {
        Scenario { workers, ..self }
    }

    /// What exit does about requests in flight.
    pub fn exit(self, exit: Policy) -> Scenario {
        Scenario { exit, ..self }
    }

    /// What exec does about them.
    pub fn exec(self, exec: Policy) -> Scenario {
        Scenario { exec, ..self }
    }

    /// What an LWP's exit does about its own.
    pub fn lwp_exit(self, lwp_exit: impl Into<LwpPolicy>) -> Scenario {
        Scenario { lwp_exit: lwp_exit.into(), ..self }
    }

    /// What may happen, instead of what was allowed before.
    pub fn allow(self, allow: impl IntoIterator<Item = Ability>) -> Scenario {
        Scenario { allow: allow.into_iter().collect(), ..self }
    }

    /// Who is there from the start: (LWPs, vmspace) for each proc.
    pub fn start(self, start: impl IntoIterator<Item = (usize, usize)>) -> Scenario {
        Scenario { start: start.into_iter().map(|(lwps, vmspace)| Start { lwps, vmspace }).collect(), ..self }
    }

    /// What completion reads, and where.
    pub fn reads(self, reads: impl IntoIterator<Item = Aspect>, from: Source) -> Scenario {
        Scenario { reads: reads.into_iter().collect(), from, ..self }
    }

    /// What is atomic.
    pub fn steps(self, steps: Steps) -> Scenario {
        Scenario { steps, ..self }
    }

    pub(crate) fn may(&self, ability: Ability) -> bool {
        self.allow.contains(&ability)
    }

    /// Whether the guard is in force.
    pub(crate) fn keeps(&self, guard: Guard) -> bool {
        !self.without.contains(&guard)
    }

    /// Whether requests must remember their LWP after submission.
    pub(crate) fn names_lwp(&self) -> bool {
        self.design == Design::Lwp
            || self.lwp_exit != LwpPolicy::None
            || (self.design == Design::Representative && self.reads.contains(&Aspect::SignalTarget))
    }

    /// The first state.
    pub fn initial(&self) -> State {
        let mut s = State::default();
        for (p, start) in s.procs.iter_mut().zip(&self.start) {
            p.phase = Phase::Live;
            p.vm = start.vmspace as u8;
            p.lwps.iter_mut().take(start.lwps).for_each(|l| *l = Lwp::Run);
            if let Some(count) = s.vms.get_mut(start.vmspace) {
                *count = (*count).max(VM_DYING) + 1;
            }
        }
        s
    }

    /// Whether the scenario can be played at all.
    ///
    /// # Errors
    /// Impossible counts, ids that do not exist, combinations that mean nothing, and sizes beyond the packed state: what is
    /// wrong and what to do.
    pub fn check_sizes(&self) -> Result<(), Impossible> {
        let within = |what: &str, n: usize, least: usize, most: usize| {
            if (least..=most).contains(&n) {
                return Ok(());
            }
            Err(Impossible::new(what, format!("`{what}` is {n}, and must be between {least} and {most}")))
        };
        within("procs", self.procs, 1, MAX_PROCS)?;
        within("lwps", self.lwps, 1, MAX_LWPS)?;
        within("requests", self.requests, 0, MAX_REQUESTS)?;
        within("vmspaces", self.vmspaces, 1, MAX_VMSPACES)?;
        within("workers", self.workers, 0, MAX_WORKERS)?;
        within("start", self.start.len(), 1, self.procs)?;
        for (i, s) in self.start.iter().enumerate() {
            if s.lwps == 0 || s.lwps > self.lwps {
                let why = format!("p{i} starts with {} LWPs, and must have between 1 and {}", s.lwps, self.lwps);
                return Err(Impossible::new("start", why));
            }
            if s.vmspace >= self.vmspaces {
                let why =
                    format!("p{i} starts in vmspace {}, but there are only 0 to {}", s.vmspace, self.vmspaces - 1);
                return Err(Impossible::new("start", why));
            }
        }
        let vmspace_design = matches!(self.design, Design::Borrowed | Design::Referenced);
        if vmspace_design && !self.reads.is_empty() && self.from == Source::Carried {
            let why = "a vmspace leads to no process: completion must read from `snapshot` or `current`";
            return Err(Impossible::new("from", why.into()));
        }
        if self.steps.split_count && self.take != Take::Submit {
            return Err(Impossible::new("steps", "`split-count` is only modelled with `take = \"submit\"`".into()));
        }
        if self.may(Ability::Mover) && self.workers == 0 {
            return Err(Impossible::new("workers", "a mover is a worker: set `workers` to 1 or 2".into()));
        }
        match pack::too_large(self) {
            None => Ok(()),
            Some(bits) => {
                let why = format!(
                    "the state takes {bits} bits, and at most {} are packed: reduce `procs`, `requests` or `lwps`",
                    u128::BITS
                );
                Err(Impossible::new("procs", why))
            }
        }
    }
}

/// A scenario that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Impossible {
    /// The key that is wrong.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Impossible {
    fn new(key: &str, message: String) -> Impossible {
        Impossible { key: key.to_owned(), message }
    }
}
