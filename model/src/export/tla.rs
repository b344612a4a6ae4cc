//! TLA+: one record of functions, one action for each rule, and a configuration for TLC.

use super::rules::{Expr, Rules, Stmt, Var};
use super::{code, encode, heading, vocabulary, word};
use crate::property::Property;
use crate::scenario::Scenario;
use std::fmt::Write;

/// Writing to a string does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = writeln!($out, $($arg)*); };
}

/// A module and its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tla {
    /// The text of `MODULE.tla`.
    pub module: String,
    /// The text of `MODULE.cfg`.
    pub config: String,
}

pub(super) fn print(scenario: &Scenario, rules: &Rules, module: &str) -> Tla {
    let mut out = String::new();
    put!(out, "---- MODULE {module} ----");
    for line in heading(scenario) {
        put!(out, "\\* {}", encode::tla(&line));
    }
    put!(
        out,
        "\\* java -cp tla2tools.jar tlc2.TLC {module}\n\
         \\* Tuples start at 1, so proc 0 is the first entry; the LWPs of proc p start after p * {}.\n",
        scenario.lwps
    );
    put!(out, "EXTENDS Naturals\n\nVARIABLE s\n");
    for (word, value) in vocabulary() {
        put!(out, "{word} == {value}");
    }
    let record = |of: &dyn Fn(super::Field, u8) -> String| {
        let fields = rules.fields.iter().map(|(field, values)| {
            let values: Vec<String> = values.iter().map(|&v| of(*field, v)).collect();
            format!("{field} |-> <<{}>>", values.join(", "))
        });
        format!("[bad |-> 0{}]", fields.map(|f| format!(",\n    {f}")).collect::<String>())
    };
    put!(out, "\nFirst == {}", record(&|field, v| word(field, v).unwrap_or_else(|| v.to_string())));
    put!(out, "\n\\* A violation ends its path: nothing else is left, so that it is one state.");
    put!(out, "Nothing == {}", record(&|_, _| "0".to_owned()));
    put!(out, "Settled(t) == IF t.bad = 0 THEN t ELSE [Nothing EXCEPT !.bad = t.bad]");
    put!(out, "Failed(t, property) == IF t.bad = 0 THEN [t EXCEPT !.bad = property] ELSE t\n");
    for (name, condition) in rules.names() {
        put!(out, "{name}(t) == {}", expr(condition, "t"));
    }
    put!(out, "");
    for (i, rule) in rules.rules.iter().enumerate() {
        put!(out, "\\* {}", rule.action);
        put!(out, "G{i} == {}", expr(&rule.guard, "s"));
        let mut fresh = 0;
        put!(out, "A{i} == G{i} /\\ s' = Settled({})\n", body(&rule.body, "s", &mut fresh));
    }
    let each = |letter: char, by: &str| match rules.rules.len() {
        0 => "FALSE".to_owned(),
        n => (0..n).map(|i| format!("{letter}{i}")).collect::<Vec<_>>().join(by),
    };
    put!(out, "Step == {}", each('G', " \\/ "));
    put!(out, "Quiet == {}", expr(&rules.quiet, "s"));
    put!(out, "Held == {}\n", expr(&rules.held, "s"));
    put!(out, "Init == s = First\nNext == {}\n", each('A', " \\/ "));
    let mut config = "INIT Init\nNEXT Next\nCHECK_DEADLOCK FALSE\nINVARIANTS\n".to_owned();
    // Where something holds that never should, no step is left for that reason alone.
    let still: String = rules.never.iter().map(|(_, condition)| format!(" /\\ ~({})", expr(condition, "s"))).collect();
    for &property in Property::ALL {
        let name = invariant(property);
        let by_state = match property {
            Property::Leak => format!("~(Quiet /\\ Held /\\ s.bad = 0 /\\ ~Step{still})"),
            Property::Deadlock => format!("~(~Quiet /\\ s.bad = 0 /\\ ~Step{still})"),
            _ => format!("s.bad # {}", code(property)),
        };
        put!(out, "{name} == {by_state}");
        put!(config, "    {name}");
    }
    let ended: Vec<String> = rules.never.iter().map(|(_, condition)| expr(condition, "s")).collect();
    for (i, (property, _)) in rules.never.iter().enumerate() {
        let earlier: String = ended[..i].iter().map(|condition| format!(" /\\ ~({condition})")).collect();
        put!(out, "{} == ~(s.bad = 0 /\\ ({}){earlier})", invariant(*property), ended[i]);
        put!(config, "    {}", invariant(*property));
    }
    put!(out, "====");
    Tla { module: out, config }
}

/// `use-after-free-proc` as `NoUseAfterFreeProc`.
fn invariant(property: Property) -> String {
    let word = |w: &str| w.get(..1).unwrap_or_default().to_uppercase() + w.get(1..).unwrap_or_default();
    let declared = if matches!(property, Property::Declared(_)) { "Declared" } else { "" };
    format!("No{declared}{}", property.name().split(['-', '+']).map(word).collect::<String>())
}

/// The record that the commands make of the record named `from`.
fn body(stmts: &[Stmt], from: &str, fresh: &mut usize) -> String {
    let Some(first) = stmts.first() else { return from.to_owned() };
    let (made, rest) = match first {
        Stmt::Set(..) => {
            // Assignments that do not look at one another's variables are made at once.
            let mut together: Vec<(Var, &Expr)> = Vec::new();
            for stmt in stmts {
                match stmt {
                    Stmt::Set(var, value) if !together.iter().any(|(v, _)| v == var || reads(value, *v)) => {
                        together.push((*var, value));
                    }
                    _ => break,
                }
            }
            let sets: Vec<String> =
                together.iter().map(|(v, e)| format!("!.{}[{}] = {}", v.0, v.1 + 1, valued(*v, e, from))).collect();
            (format!("[{from} EXCEPT {}]", sets.join(", ")), &stmts[together.len()..])
        }
        Stmt::Fail(property) => (format!("Failed({from}, {})", code(*property)), &stmts[1..]),
        Stmt::If(condition, then, or) => {
            let (then, or) = (body(then, from, fresh), body(or, from, fresh));
            (format!("(IF {} THEN {then} ELSE {or})", expr(condition, from)), &stmts[1..])
        }
    };
    if rest.is_empty() {
        return made;
    }
    *fresh += 1;
    let name = format!("t{fresh}");
    let after = body(rest, &name, fresh);
    format!("(LET {name} == {made} IN {after})")
}

fn reads(value: &Expr, var: Var) -> bool {
    match value {
        Expr::Read(other) => *other == var,
        Expr::Next(inner) | Expr::Before(inner) | Expr::Not(inner) | Expr::Named(_, inner) => reads(inner, var),
        Expr::Equal(a, b) | Expr::Less(a, b) => reads(a, var) || reads(b, var),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(|part| reads(part, var)),
        Expr::Number(_) => false,
    }
}

fn valued(var: Var, value: &Expr, of: &str) -> String {
    match value {
        Expr::Number(n) => word(var.0, *n).unwrap_or_else(|| n.to_string()),
        other => expr(other, of),
    }
}

fn expr(e: &Expr, of: &str) -> String {
    let joined = |parts: &[Expr], by: &str, none: &str| match parts {
        [] => none.to_owned(),
        parts => format!("({})", parts.iter().map(|part| expr(part, of)).collect::<Vec<_>>().join(by)),
    };
    let compared = |a: &Expr, b: &Expr, by: &str| match (a, b) {
        (Expr::Read(var), value) => format!("{} {by} {}", expr(a, of), valued(*var, value, of)),
        (a, b) => format!("{} {by} {}", expr(a, of), expr(b, of)),
    };
    match e {
        Expr::Number(n) => n.to_string(),
        Expr::Read(var) => format!("{of}.{}[{}]", var.0, var.1 + 1),
        Expr::Next(inner) => format!("{} + 1", expr(inner, of)),
        Expr::Before(inner) => format!("{} - 1", expr(inner, of)),
        Expr::Equal(a, b) => compared(a, b, "="),
        Expr::Less(a, b) => format!("{} < {}", expr(a, of), expr(b, of)),
        Expr::Not(inner) => match &**inner {
            Expr::Equal(a, b) => compared(a, b, "#"),
            other => format!("~({})", expr(other, of)),
        },
        Expr::All(parts) => joined(parts, " /\\ ", "TRUE"),
        Expr::Any(parts) => joined(parts, " \\/ ", "FALSE"),
        Expr::Named(name, _) => format!("{name}({of})"),
    }
}
