//! What the model says of a design, a policy and a thing that completion reads: played, not looked up.

use rayon::prelude::*;
use serde::Serialize;
use uioscope_analyzer::finding::Role;
use uioscope_model::{Ability, Aspect, Design, Options, Policy, Property, Scenario, Source, explore};

/// A violated property with a shortest trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which.
    pub property: &'static str,
    /// Steps of its shortest trace.
    pub steps: usize,
    /// Those steps, as `uioscope model check` names them.
    pub trace: Vec<String>,
}

/// One question to the model and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What requests carry.
    pub design: &'static str,
    /// What exit, exec and an LWP's exit do about requests in flight.
    pub policy: &'static str,
    /// What completion reads beyond the address space.
    pub reads: Option<&'static str>,
    /// `safe`, `unsafe` or `partial`.
    pub verdict: &'static str,
    /// Different states seen.
    pub states: u64,
    /// By property.
    pub violations: Vec<Violation>,
}

/// What a role asks of the submitter at completion, as far as the model plays it.
pub fn aspect(role: Role) -> Option<Aspect> {
    match role {
        Role::Credential => Some(Aspect::Credential),
        Role::Limits => Some(Aspect::Limits),
        Role::Signal => Some(Aspect::SignalTarget),
        Role::Accounting => Some(Aspect::Accounting),
        Role::Files => Some(Aspect::Files),
        Role::Session => Some(Aspect::Session),
        _ => None,
    }
}

/// The scenario of a design, a policy and an aspect: a process of two LWPs with one disk request, that may exit, execute
/// another program, lose the LWP that submitted, and change what completion reads.
pub fn scenario(design: Design, policy: Policy, aspect: Option<Aspect>) -> Scenario {
    let mut scenario = Scenario::new(design)
        .named("what-if")
        .procs(2)
        .lwps(2)
        .vmspaces(2)
        .start([(2, 0)])
        .exit(policy)
        .exec(policy)
        .allow([Ability::Disk, Ability::Exit, Ability::Exec, Ability::LwpExit]);
    scenario.lwp_exit = policy.into();
    if let Some(aspect) = aspect {
        scenario.allow.push(if aspect == Aspect::SignalTarget { Ability::Takeover } else { Ability::Change });
        scenario.reads = vec![aspect];
        // An address space leads to no process: what completion reads then is that of whoever runs.
        let is_space = matches!(design, Design::Borrowed | Design::Referenced);
        scenario.from = if is_space { Source::Current } else { Source::Carried };
    }
    scenario
}

fn play(design: Design, policy: Policy, aspect: Option<Aspect>) -> Verdict {
    // Small scenarios are searched faster than a pool of threads is made.
    let options = Options::default();
    let (verdict, states, violations) = match explore(&scenario(design, policy, aspect), &options) {
        Err(_) => ("partial", 0, Vec::new()),
        Ok(report) => {
            let word = match report.verdict() {
                uioscope_model::Verdict::Safe => "safe",
                uioscope_model::Verdict::Unsafe => "unsafe",
                uioscope_model::Verdict::Partial => "partial",
            };
            let violation = |v: &uioscope_model::Violation| Violation {
                property: v.property.name(),
                steps: v.steps,
                trace: v.trace.iter().map(ToString::to_string).collect(),
            };
            (word, report.states, report.violations.iter().map(violation).collect())
        }
    };
    Verdict {
        design: design.name(),
        policy: policy.name(),
        reads: aspect.map(Aspect::name),
        verdict,
        states,
        violations,
    }
}

/// All answers that a report needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// By design, what is read, and policy.
    pub all: Vec<Verdict>,
}

impl Verdicts {
    /// Plays every design under every policy, without anything read at completion and with each of the aspects.
    pub fn play(aspects: &[Aspect]) -> Verdicts {
        let reads: Vec<Option<Aspect>> = std::iter::once(None).chain(aspects.iter().copied().map(Some)).collect();
        let mut questions = Vec::new();
        for &design in Design::ALL {
            for &aspect in &reads {
                questions.extend(Policy::ALL.iter().map(|&policy| (design, policy, aspect)));
            }
        }
        Verdicts { all: questions.into_par_iter().map(|(d, p, a)| play(d, p, a)).collect() }
    }

    /// The answers for a design and what is read, one for each policy.
    pub fn of(&self, design: Design, aspect: Option<Aspect>) -> impl Iterator<Item = &Verdict> {
        let reads = aspect.map(Aspect::name);
        self.all.iter().filter(move |v| v.design == design.name() && v.reads == reads)
    }
}

/// A violation that says that something was read that was gone or is another's.
pub fn is_lifetime(property: &str) -> bool {
    [
        Property::UseAfterFreeProc,
        Property::UseAfterFreeLwp,
        Property::UseAfterFreeVmspace,
        Property::WrongAddressSpace,
        Property::ChangedSinceSubmission,
    ]
    .iter()
    .any(|p| p.name() == property)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(design: Design, policy: Policy, aspect: Option<Aspect>, want: &str) {
        let verdict = play(design, policy, aspect);
        let properties: Vec<&str> = verdict.violations.iter().map(|v| v.property).collect();
        let got = format!("{} {}", verdict.verdict, properties.join(" "));
        assert_eq!(got.trim(), want, "{design} {policy} {aspect:?}");
        assert!(verdict.violations.iter().all(|v| v.trace.len() == v.steps));
    }

    #[test]
    fn the_seed_question_is_answered() {
        let none = Policy::None;
        check(Design::Proc, none, None, "unsafe use-after-free-proc wrong-address-space");
        check(Design::Referenced, none, None, "safe");
        check(Design::Borrowed, none, None, "unsafe use-after-free-vmspace");
        check(Design::Referenced, none, Some(Aspect::Limits), "unsafe changed-since-submission");
        check(Design::Proc, Policy::CancelDrain, None, "safe");
        check(Design::Lwp, Policy::CancelDrain, None, "safe");
    }
}
