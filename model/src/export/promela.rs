//! Promela: one process, one `d_step` for each rule.

use super::rules::{Expr, Rules, Stmt, Var};
use super::{code, code_in, encode, heading, vocabulary, word};
use crate::property::Property;
use crate::scenario::Scenario;
use std::fmt::Write;

/// Writing to a string does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = writeln!($out, $($arg)*); };
}

pub(super) fn print(scenario: &Scenario, rules: &Rules) -> String {
    let mut out = String::new();
    for line in heading(scenario) {
        put!(out, "/* {} */", encode::promela(&line));
    }
    put!(
        out,
        "/* spin -a FILE && cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0 -m10000000\n   \
         Each violated property is named by its assertion. Procs, LWPs, vmspaces, requests and workers are numbered\n   \
         from 0; the LWPs of proc p start at p * {}. */\n",
        scenario.lwps
    );
    for (word, value) in vocabulary() {
        put!(out, "#define {word} {value}");
    }
    put!(out, "");
    for (i, property) in Property::ALL.iter().enumerate() {
        put!(out, "/* bad == {}: {property} */", i + 1);
    }
    for (property, _) in &rules.never {
        put!(out, "/* bad == {}: {property}, which this scenario declares */", code_in(scenario, *property));
    }
    put!(out, "byte bad = 0;\n");
    for (field, values) in &rules.fields {
        let first: Vec<String> = values.iter().map(|&v| word(*field, v).unwrap_or_else(|| v.to_string())).collect();
        put!(out, "byte {field}[{}] = {{ {} }};", values.len(), first.join(", "));
    }
    put!(out, "\n/* A violation ends its path: nothing else is left, so that it is one state. */");
    put!(out, "inline settle() {{\n    if\n    :: bad != 0 ->");
    for (field, values) in &rules.fields {
        let zeros: Vec<String> = (0..values.len()).map(|i| format!("{field}[{i}] = 0;")).collect();
        put!(out, "        {}", zeros.join(" "));
    }
    for property in Property::ALL {
        put!(out, "        assert(bad != {}); /* {property} */", code(*property));
    }
    for (property, _) in &rules.never {
        put!(out, "        assert(bad != {}); /* {property} */", code_in(scenario, *property));
    }
    put!(out, "    :: else -> skip\n    fi\n}}\n");
    for (name, condition) in rules.names() {
        put!(out, "#define {name} ({})", expr(condition));
    }
    for (i, rule) in rules.rules.iter().enumerate() {
        put!(out, "#define G{i} ({})", expr(&rule.guard));
    }
    let any: Vec<String> = (0..rules.rules.len()).map(|i| format!("G{i}")).collect();
    put!(out, "#define STEP ({})", if any.is_empty() { "false".to_owned() } else { any.join(" || ") });
    for (i, (_, condition)) in rules.never.iter().enumerate() {
        put!(out, "#define NEVER{i} ({})", expr(condition));
    }
    let broken: Vec<String> = (0..rules.never.len()).map(|i| format!("NEVER{i}")).collect();
    if !broken.is_empty() {
        put!(out, "#define ENDED ({})", broken.join(" || "));
    }
    put!(out, "#define QUIET ({})", expr(&rules.quiet));
    put!(out, "#define HELD ({})", expr(&rules.held));
    put!(out, "\nactive proctype kernel() {{\nend:\n    do");
    for (i, rule) in rules.rules.iter().enumerate() {
        put!(out, "    /* {} */", rule.action);
        put!(out, "    :: d_step {{ G{i} ->");
        body(&mut out, &rule.body, 2);
        if can_fail(&rule.body) {
            put!(out, "        settle();");
        }
        put!(out, "        skip\n    }}");
    }
    for (i, (property, _)) in rules.never.iter().enumerate() {
        // The first that holds is the one that counts.
        let earlier: String = (0..i).map(|j| format!(" && !NEVER{j}")).collect();
        put!(out, "    /* {property} */");
        put!(out, "    :: d_step {{ bad == 0 && NEVER{i}{earlier} ->");
        put!(out, "        bad = {};\n        settle();\n        skip\n    }}", code_in(scenario, *property));
    }
    let ended = if rules.never.is_empty() { "" } else { " && !ENDED" };
    for (condition, property) in [("QUIET && HELD", Property::Leak), ("!QUIET", Property::Deadlock)] {
        put!(out, "    /* nothing moves any more: {property} */");
        put!(out, "    :: d_step {{ bad == 0 && !STEP{ended} && {condition} ->");
        put!(out, "        bad = {};\n        settle();\n        skip\n    }}", code(property));
    }
    put!(out, "    od\n}}");
    out
}

fn can_fail(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::Fail(_) => true,
        Stmt::If(_, then, or) => can_fail(then) || can_fail(or),
        Stmt::Set(..) => false,
    })
}

fn body(out: &mut String, stmts: &[Stmt], depth: usize) {
    let pad = "    ".repeat(depth);
    for stmt in stmts {
        match stmt {
            Stmt::Set(var, value) => {
                put!(out, "{pad}{} = {};", name(*var), valued(*var, value));
            }
            // The first violation is the one that counts.
            Stmt::Fail(property) => {
                put!(out, "{pad}bad = (bad == 0 -> {} : bad);", code(*property));
            }
            Stmt::If(condition, then, or) => {
                put!(out, "{pad}if\n{pad}:: {} ->", expr(condition));
                body(out, then, depth + 1);
                put!(out, "{pad}    skip\n{pad}:: else ->");
                body(out, or, depth + 1);
                put!(out, "{pad}    skip\n{pad}fi;");
            }
        }
    }
}

fn name(var: Var) -> String {
    format!("{}[{}]", var.0, var.1)
}

fn valued(var: Var, value: &Expr) -> String {
    match value {
        Expr::Number(n) => word(var.0, *n).unwrap_or_else(|| n.to_string()),
        other => expr(other),
    }
}

fn expr(e: &Expr) -> String {
    let joined = |parts: &[Expr], by: &str, none: &str| match parts {
        [] => none.to_owned(),
        parts => format!("({})", parts.iter().map(expr).collect::<Vec<_>>().join(by)),
    };
    match e {
        Expr::Number(n) => n.to_string(),
        Expr::Read(var) => name(*var),
        Expr::Next(inner) => format!("{} + 1", expr(inner)),
        Expr::Before(inner) => format!("{} - 1", expr(inner)),
        Expr::Equal(a, b) => match (&**a, &**b) {
            (Expr::Read(var), value) => format!("{} == {}", name(*var), valued(*var, value)),
            (a, b) => format!("{} == {}", expr(a), expr(b)),
        },
        Expr::Less(a, b) => format!("{} < {}", expr(a), expr(b)),
        Expr::Not(inner) => match &**inner {
            Expr::Equal(a, b) => match (&**a, &**b) {
                (Expr::Read(var), value) => format!("{} != {}", name(*var), valued(*var, value)),
                (a, b) => format!("{} != {}", expr(a), expr(b)),
            },
            other => format!("!({})", expr(other)),
        },
        Expr::All(parts) => joined(parts, " && ", "true"),
        Expr::Any(parts) => joined(parts, " || ", "false"),
        Expr::Named(name, _) => name.clone(),
    }
}
