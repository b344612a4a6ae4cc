//! What a verdict rests on, and what would mend it, for people and machines.

use super::timeline;
use crate::numbers::counted;
use crate::safe::clip;
use crate::style::{Ink, Style};
use serde::Serialize;
use uioscope_model::why::{MOST_CHANGES, Remedies, Rest};
use uioscope_model::witness::Witness;
use uioscope_model::{Act, Property, Scenario, Verdict, Violation};

/// An answer of `uioscope model why`.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing is violated: what that rests on.
    Rests(Verdict, Vec<Rest>),
    /// Something is violated: what would mend it.
    Remedies(Remedies),
    /// A trace through a step.
    Through(Act, Witness),
    /// The search was cut short before anything could be said.
    Untold,
}

impl Answer {
    /// Whether no search was cut short.
    pub fn is_whole(&self) -> bool {
        match self {
            Answer::Rests(_, rests) => !rests.iter().any(|r| r.untold),
            Answer::Remedies(remedies) => remedies.complete,
            Answer::Through(_, witness) => *witness != Witness::Untold,
            Answer::Untold => false,
        }
    }
}

/// The answer in sentences, with a timeline for each guard that is needed. Ends with a line end.
pub fn text(scenario: &Scenario, answer: &Answer, style: Style) -> String {
    let name = style.paint(Ink::Title, &clip(&scenario.name, 80));
    match answer {
        Answer::Rests(verdict, rests) => format!("{name}  {}", rests_text(*verdict, rests, style)),
        Answer::Remedies(remedies) => format!("{name}  {}", remedies_text(remedies, style)),
        Answer::Through(act, witness) => format!("{name}  {}", through_text(scenario, *act, witness, style)),
        Answer::Untold => format!("{name}  the search was cut short, so nothing can be said\n"),
    }
}

fn rests_text(verdict: Verdict, rests: &[Rest], style: Style) -> String {
    let mut out = match verdict {
        Verdict::Safe => style.paint(Ink::Fine, "safe"),
        _ => style.paint(Ink::Loud, "partial"),
    };
    let needed: Vec<&Rest> = rests.iter().filter(|r| !r.appears.is_empty()).collect();
    out += &format!(
        "\n\n{} switched off one at a time, {} needed\n",
        counted(rests.len() as u64, "guard, policy or reference", "guards, policies and references"),
        needed.len()
    );
    for rest in &needed {
        let list: Vec<String> = rest.appears.iter().map(|v| format!("{} ({})", v.property, v.steps)).collect();
        out += &format!("\n{}  without it: {}\n", style.paint(Ink::Loud, &rest.off.what), list.join(", "));
        if let Some(first) = rest.appears.first() {
            out += &timeline::text(&rest.off.scenario, first, style);
        }
    }
    let list = |of: &dyn Fn(&&Rest) -> bool| rests.iter().filter(of).map(|r| r.off.what.as_str()).collect::<Vec<_>>();
    let idle = list(&|r| r.appears.is_empty() && !r.untold);
    if !idle.is_empty() {
        out += &format!("\nnot needed: {}\n", idle.join("; "));
    }
    let untold = list(&|r| r.untold);
    if !untold.is_empty() {
        out += &style.paint(Ink::Loud, &format!("\ncannot be told: {}\n", untold.join("; ")));
    }
    out
}

fn remedies_text(remedies: &Remedies, style: Style) -> String {
    let mut out = style.paint(Ink::Abuse, "unsafe");
    let tried = counted(remedies.tried as u64, "combination was played", "combinations were played");
    let Some(size) = remedies.sets.first().map(Vec::len) else {
        let limit = if remedies.complete { String::new() } else { ", and not all of them".to_owned() };
        return out + &format!("\n\nno change of up to {MOST_CHANGES} things makes it safe; {tried}{limit}\n");
    };
    let changes = if size == 1 { "one change makes".to_owned() } else { format!("{size} changes together make") };
    out += &format!("\n\n{changes} it safe ({tried}):\n");
    for set in &remedies.sets {
        out += &format!("  {}\n", style.paint(Ink::Fine, &set.join(", ")));
    }
    out
}

fn through_text(scenario: &Scenario, act: Act, witness: &Witness, style: Style) -> String {
    let act = act.name();
    match witness {
        Witness::Violating(violation) => {
            let title = style.paint(Ink::Abuse, violation.property.name());
            format!("{title} through {act}\n\n{}", timeline::text(scenario, violation, style))
        }
        Witness::Harmless(trace) => {
            let lines: Vec<String> = trace.iter().enumerate().map(|(i, a)| format!("  {:>2}  {a}\n", i + 1)).collect();
            format!("{act} is taken, and no violating step nor a leak lies behind it\n\n{}", lines.concat())
        }
        Witness::Never => format!("{act} is never taken\n"),
        Witness::Untold => format!("the search for {act} was cut short, so nothing can be said\n"),
    }
}

#[derive(Serialize)]
struct WhyDocument<'a> {
    schema: &'static str,
    scenario: &'a Scenario,
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rests: Option<Vec<RestRow<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedies: Option<&'a [Vec<String>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<ThroughRow>,
}

#[derive(Serialize)]
struct RestRow<'a> {
    off: &'a str,
    needed: Option<bool>,
    appears: &'a [Violation],
}

#[derive(Serialize)]
struct ThroughRow {
    step: &'static str,
    taken: Option<bool>,
    property: Option<Property>,
    trace: Vec<String>,
}

/// `uioscope.why/1`.
pub fn json(scenario: &Scenario, answer: &Answer) -> Vec<u8> {
    let schema = "uioscope.why/1";
    let whole = answer.is_whole();
    let none =
        WhyDocument { schema, scenario, whole, verdict: None, rests: None, remedies: None, tried: None, through: None };
    let row = |r: &'_ Rest| (!r.untold).then_some(!r.appears.is_empty());
    let document = match answer {
        Answer::Rests(verdict, rests) => {
            let rests = rests.iter().map(|r| RestRow { off: &r.off.what, needed: row(r), appears: &r.appears });
            WhyDocument { verdict: Some(*verdict), rests: Some(rests.collect()), ..none }
        }
        Answer::Remedies(remedies) => WhyDocument {
            verdict: Some(Verdict::Unsafe),
            remedies: Some(&remedies.sets),
            tried: Some(remedies.tried),
            ..none
        },
        Answer::Through(act, witness) => {
            let (taken, property, trace) = match witness {
                Witness::Violating(v) => (Some(true), Some(v.property), v.trace.as_slice()),
                Witness::Harmless(trace) => (Some(true), None, trace.as_slice()),
                Witness::Never => (Some(false), None, [].as_slice()),
                Witness::Untold => (None, None, [].as_slice()),
            };
            let trace = trace.iter().map(ToString::to_string).collect();
            WhyDocument { through: Some(ThroughRow { step: act.name(), taken, property, trace }), ..none }
        }
        Answer::Untold => none,
    };
    let mut out = Vec::new();
    crate::json::document(&mut out, &document).expect("writing to memory does not fail");
    out
}
