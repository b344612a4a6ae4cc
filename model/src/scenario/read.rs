//! Scenario files: TOML, with the keys of [`Scenario`] and any number of `[[case]]`s that change some of them.

use super::{Impossible, Scenario, Start, Steps};
use crate::book::Declared;
use crate::nearest::hinted;
use crate::property::{Event, Property};
use crate::words::{Ability, Aspect, Closing, Design, GiveBack, Guard, Hold, Kernel, LwpPolicy, Policy, Source, Take};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A scenario file that cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct ScenarioError {
    /// The file's name.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

macro_rules! keys {
    ($($key:ident: $type:ty,)*) => {
        /// Keys that a file sets for all of its cases, and a case for itself.
        #[derive(Deserialize, Clone)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Raw {
            name: Spanned<String>,
            story: Option<String>,
            source: Option<String>,
            #[serde(default)]
            case: Vec<Raw>,
            $($key: Option<Spanned<$type>>,)*
        }

        impl Raw {
            /// Lets a case's keys stand over the file's.
            fn with(&self, case: &Raw) -> Raw {
                let pick = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
                Raw {
                    name: Spanned::new(case.name.span(), format!("{}/{}", self.name.get_ref(), case.name.get_ref())),
                    story: pick(&case.story, &self.story),
                    source: pick(&case.source, &self.source),
                    case: Vec::new(),
                    $($key: case.$key.clone().or_else(|| self.$key.clone()),)*
                }
            }

            /// Where a key's value stands; the name, if the key is not there.
            fn offset(&self, key: &str) -> usize {
                $(if key == stringify!($key) {
                    if let Some(value) = &self.$key {
                        return value.span().start;
                    }
                })*
                self.name.span().start
            }

            fn scenario(&self, design: Design) -> Scenario {
                let base = Scenario {
                    name: self.name.get_ref().clone(),
                    story: self.story.clone().unwrap_or_default(),
                    source: self.source.clone().unwrap_or_default(),
                    ..Scenario::new(design)
                };
                self.fill(base)
            }
        }
    };
}

keys! {
    procs: usize,
    lwps: usize,
    requests: usize,
    vmspaces: usize,
    workers: usize,
    design: Design,
    exit: Policy,
    exec: Policy,
    lwp_exit: LwpPolicy,
    allow: Vec<Ability>,
    start: Vec<Start>,
    closing: Closing,
    reads: Vec<Aspect>,
    from: Source,
    take: Take,
    hold: Hold,
    give_back: GiveBack,
    steps: Steps,
    kernel: Kernel,
    sources: BTreeMap<Aspect, Source>,
    declare: Declared,
    without: Vec<Guard>,
    sometimes: Vec<Event>,
    expect: Vec<Property>,
}

/// The value of a key, or what stood there before.
fn or<T: Clone>(key: &Option<Spanned<T>>, before: T) -> T {
    key.as_ref().map_or(before, |value| value.get_ref().clone())
}

impl Raw {
    fn fill(&self, base: Scenario) -> Scenario {
        Scenario {
            procs: or(&self.procs, base.procs),
            lwps: or(&self.lwps, base.lwps),
            requests: or(&self.requests, base.requests),
            vmspaces: or(&self.vmspaces, base.vmspaces),
            workers: or(&self.workers, base.workers),
            exit: or(&self.exit, base.exit),
            exec: or(&self.exec, base.exec),
            lwp_exit: or(&self.lwp_exit, base.lwp_exit),
            allow: or(&self.allow, base.allow),
            start: or(&self.start, base.start),
            closing: or(&self.closing, base.closing),
            reads: or(&self.reads, base.reads),
            from: or(&self.from, base.from),
            take: or(&self.take, base.take),
            hold: or(&self.hold, base.hold),
            give_back: or(&self.give_back, base.give_back),
            steps: or(&self.steps, base.steps),
            kernel: or(&self.kernel, base.kernel),
            sources: or(&self.sources, base.sources),
            declare: or(&self.declare, base.declare),
            without: or(&self.without, base.without),
            sometimes: or(&self.sometimes, base.sometimes),
            expect: self.expect.as_ref().map(|value| value.get_ref().clone()),
            ..base
        }
    }
}

impl Scenario {
    /// Reads and checks a scenario file: its cases, or the file itself if it has none. `file` is only used in errors.
    ///
    /// # Errors
    /// Bad TOML, unknown keys or words, impossible counts, sizes beyond the packed state: with file, line and what to do.
    pub fn parse(file: &str, text: &str) -> Result<Vec<Scenario>, ScenarioError> {
        let error = |offset: usize, message: String| {
            let before = &text.as_bytes()[..offset.min(text.len())];
            let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
            ScenarioError { file: file.to_owned(), line, message }
        };
        let raw: Raw = toml::from_str(text).map_err(|e| error(e.span().map_or(0, |s| s.start), hinted(e.message())))?;
        if let Some(nested) = raw.case.iter().find(|c| !c.case.is_empty()) {
            return Err(error(nested.name.span().start, "a case has no cases of its own".into()));
        }
        let cases = match raw.case.as_slice() {
            [] => vec![raw.clone()],
            cases => cases.iter().map(|case| raw.with(case)).collect(),
        };
        let mut scenarios: Vec<Scenario> = Vec::new();
        for raw in cases {
            let Some(design) = &raw.design else {
                let known: Vec<_> = Design::ALL.iter().map(|d| d.name()).collect();
                let message = format!("no `design`: say what a request carries, one of {}", known.join(", "));
                return Err(error(raw.name.span().start, message));
            };
            let scenario = raw.scenario(*design.get_ref());
            if scenarios.iter().any(|s| s.name == scenario.name) {
                return Err(error(raw.name.span().start, format!("`{}` stands above already", scenario.name)));
            }
            scenario.check_sizes().map_err(|Impossible { key, message }| {
                let at = raw.offset(&key);
                error(if key == "declare" { declared_at(text, at, &message) } else { at }, message)
            })?;
            scenarios.push(scenario);
        }
        Ok(scenarios)
    }
}

/// Where the rule that a message is about has its name: the last of them, as the message may say that there are two.
fn declared_at(text: &str, from: usize, message: &str) -> usize {
    let name = message.split('`').nth(1).map(|name| format!("\"{name}\""));
    name.and_then(|name| text.get(from..)?.rfind(&name).map(|at| from + at)).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, want: &str) {
        let got = match Scenario::parse("x.toml", &format!("name = \"x\"\n{body}")) {
            Ok(all) => all.iter().map(|s| s.name.clone()).collect::<Vec<_>>().join(" "),
            Err(e) => e.to_string(),
        };
        assert!(got.contains(want), "{got}");
    }

    #[test]
    fn files_hold_one_scenario_or_cases() {
        check("design = \"proc\"", "x");
        check("design = \"proc\"\n[[case]]\nname = \"a\"\n[[case]]\nname = \"b\"\nexit = \"drain\"", "x/a x/b");
    }

    #[test]
    fn errors_name_the_line_and_what_to_do() {
        check("", "x.toml:1: no `design`: say what a request carries");
        check("design = \"proc\"\nproces = 2", "x.toml:3: unknown field `proces`");
        check("design = \"process\"", "x.toml:2: there is no design `process`; there are proc, lwp");
        check("design = \"proc\"\nprocs = 9", "x.toml:3: `procs` is 9, and must be between 1 and 4");
        check("design = \"proc\"\nprocs = -1", "x.toml:3:");
        check("design = \"proc\"\nstart = [{ lwps = 1, vmspace = 3 }]", "x.toml:3: p0 starts in vmspace 3");
        check("design = \"proc\"\nstart = []", "x.toml:3: `start` is 0");
        check("design = \"proc\"\nsteps = { fast = true }", "x.toml:3: unknown field `fast`");
        check("design = \"vmspace-borrowed\"\nreads = [\"limits\"]", "a vmspace leads to no process");
        check("design = \"proc\"\nprocs = 4\nlwps = 4\nrequests = 6", "x.toml:3: the state takes");
        check("design = \"proc\"\n[[case]]\nname = \"a\"\n[[case]]\nname = \"a\"", "x.toml:6: `x/a` stands above");
        check("design = \"proc\"\nprocs = ", "x.toml:3:");
        let policy = "design = \"proc\"\n[[declare.policy]]\nname = \"idle\"\n";
        let property = "[[declare.property]]\nname = \"odd\"\nnever = \"some proc p: fase[p] = zombie\"";
        check(&format!("{policy}{property}"), "x.toml:6: the property `odd`: there is no field `fase`");
        check(&format!("{policy}[[declare.policy]]\nname = \"idle\""), "x.toml:6: `idle` is declared already");
    }
}
