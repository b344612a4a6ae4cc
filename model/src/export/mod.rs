//! A scenario as a model for another checker: Promela for SPIN, TLA+ for TLC.
//!
//! Both print the same guarded commands ([`Rules`]), and one step there is one step here, so that the numbers of states can be
//! compared as well as the verdicts. What they do not check: SPIN and TLC report a deadlock where no step is left; the model's
//! own search also finds the ones around which something else runs for ever.
//!
//! - *Invariant:* a violating step leads to a state in which nothing but the violation is left, so each property that is violated
//!   is one state more than [`crate::explore()`] counts.

mod build;
pub mod encode;
mod promela;
mod rules;
mod tla;

pub use rules::{Expr, Field, Rule, Rules, Stmt, Var};
pub use tla::Tla;

use crate::property::Property;
use crate::scenario::{Impossible, Scenario};
use crate::state::{GONE, Lwp, NONE, Phase, Stage, State, VM_DYING, VM_FREE, Work};

/// The scenario as guarded commands.
///
/// # Errors
/// The scenario is impossible: see [`Scenario::check_sizes`].
pub fn rules(scenario: &Scenario) -> Result<Rules, Impossible> {
    scenario.check_sizes()?;
    Ok(build::rules(scenario))
}

/// A field's values in a state, in the order of [`Var`]'s indices.
pub fn values(scenario: &Scenario, state: &State, field: Field) -> Vec<u8> {
    build::values(scenario, state, field)
}

/// The scenario in Promela, for SPIN.
///
/// # Errors
/// The scenario is impossible: see [`Scenario::check_sizes`].
pub fn promela(scenario: &Scenario) -> Result<String, Impossible> {
    Ok(promela::print(scenario, &rules(scenario)?))
}

/// The scenario in TLA+, for TLC. `module` names the module, and so the file.
///
/// # Errors
/// The scenario is impossible: see [`Scenario::check_sizes`].
pub fn tla(scenario: &Scenario, module: &str) -> Result<Tla, Impossible> {
    Ok(tla::print(scenario, &rules(scenario)?, module))
}

/// The number by which the exported models know a violation.
pub fn code(property: Property) -> usize {
    Property::ALL.iter().position(|&p| p == property).unwrap_or(0) + 1
}

/// The same of a scenario that declares some of its own: those have the numbers after the others.
pub fn code_in(scenario: &Scenario, property: Property) -> usize {
    let declared = scenario.declare.property.iter().position(|rule| rule.name.as_str() == property.name());
    match (property, declared) {
        (Property::Declared(_), Some(i)) => Property::ALL.len() + 1 + i,
        _ => code(property),
    }
}

/// How many variables a field has.
pub(crate) fn size(scenario: &Scenario, field: Field) -> usize {
    match field {
        Field::Lwp => scenario.procs * scenario.lwps,
        Field::Refs => scenario.vmspaces,
        Field::Stage | Field::Pipe | Field::Issuer | Field::Orphan | Field::By | Field::ByGone => scenario.requests,
        Field::Buffer | Field::Replaced | Field::Changed | Field::Counted => scenario.requests,
        Field::Work | Field::Held | Field::Serves | Field::HeldReplaced => scenario.workers,
        Field::Phase | Field::Caller | Field::Vm | Field::Old | Field::Closed | Field::Lender => scenario.procs,
        Field::Seen | Field::Target => scenario.procs,
    }
}

/// A variable's value in a state.
pub(crate) fn value(scenario: &Scenario, state: &State, var: Var) -> u8 {
    build::value(scenario, state, var)
}

/// The value of a field that has a word: `exit-wait`, `copy`, `gone`.
///
/// # Errors
/// There is no such word; which there are.
pub(crate) fn parse_word(field: Field, text: &str) -> Result<u8, String> {
    let upper = text.replace('-', "_").to_ascii_uppercase();
    let known = || (0..16u8).filter_map(|v| Some((v, word(field, v)?)));
    if let Some((value, _)) = known().find(|(_, word)| *word == upper) {
        return Ok(value);
    }
    let mut words: Vec<String> = known().map(|(_, word)| word.replace('_', "-").to_ascii_lowercase()).collect();
    words.dedup();
    let hint = crate::nearest::hint(text, words.iter().map(String::as_str));
    let words =
        if words.is_empty() { "it has numbers alone".to_owned() } else { format!("there are {}", words.join(", ")) };
    Err(format!("`{text}` is no value of `{field}`; {words}{hint}"))
}

/// The words for a field's values, for whoever reads the exported model.
fn word(field: Field, value: u8) -> Option<String> {
    let debug = |text: String| Some(upper(&text));
    match field {
        Field::Phase => debug(format!("{:?}", Phase::from_bits(value))),
        Field::Stage => debug(format!("{:?}", Stage::from_bits(value))),
        Field::Work => debug(format!("{:?}", Work::from_bits(value))),
        Field::Lwp => [Lwp::Free, Lwp::Run, Lwp::Leaving].get(usize::from(value)).and_then(|l| debug(format!("{l:?}"))),
        Field::Refs if value == VM_FREE => Some("FREE".into()),
        Field::Refs if value == VM_DYING => Some("DYING".into()),
        Field::Vm | Field::Old | Field::Lender | Field::Buffer | Field::Held | Field::Serves | Field::Target => {
            match value {
                GONE => Some("GONE".into()),
                NONE => Some("NONE".into()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `ExitWait` as `EXIT_WAIT`.
fn upper(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// All words with their numbers. The same word means the same number in all fields but `FREE`, which is zero in each.
fn vocabulary() -> Vec<(String, u8)> {
    let fields = [Field::Phase, Field::Lwp, Field::Refs, Field::Stage, Field::Work, Field::Vm];
    let mut all: Vec<(String, u8)> = Vec::new();
    for field in fields {
        for value in 0..16 {
            // What is out of a field's range reads as its first word, which is there already.
            if let Some(word) = word(field, value)
                && !all.iter().any(|(known, _)| *known == word)
            {
                all.push((word, value));
            }
        }
    }
    all
}

/// What both files say about themselves, in the words of the scenario: each line still has to be encoded.
fn heading(scenario: &Scenario) -> Vec<String> {
    let first = if scenario.story.is_empty() {
        scenario.name.clone()
    } else {
        format!("{}: {}", scenario.name, scenario.story)
    };
    vec![
        first,
        format!(
            "Requests carry {}; exit {}, exec {}, LWP exit {}.",
            scenario.design, scenario.exit, scenario.exec, scenario.lwp_exit
        ),
        format!(
            "{} procs x {} LWPs, {} requests, {} vmspaces, {} workers.",
            scenario.procs, scenario.lwps, scenario.requests, scenario.vmspaces, scenario.workers
        ),
        format!("Written by uioscope {}.", env!("CARGO_PKG_VERSION")),
    ]
}
