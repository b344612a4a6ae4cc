//! What a shell, a manual and a program that reads the output need to know, made of the command's own definitions; and what is
//! meant where no command is named.

use crate::output::Output;
use crate::status::Status;
use anyhow::{Result, anyhow};
use clap::Command;
use clap_complete::Shell;
use std::ffi::{OsStr, OsString};

/// The arguments, with `audit` put in where a path stands in the place of a command: the first thing that people type. A
/// command's name is that command, also where a file is called so.
pub fn with_command(command: &Command, mut arguments: Vec<OsString>, exists: &dyn Fn(&OsStr) -> bool) -> Vec<OsString> {
    let mut after_flag = false;
    for argument in arguments.iter().skip(1) {
        let text = argument.to_string_lossy();
        if text.starts_with('-') && text.len() > 1 {
            after_flag = !text.contains('=');
            continue;
        }
        if text == "help" || command.find_subcommand(&*text).is_some() {
            break;
        }
        if exists(argument) {
            arguments.insert(1, "audit".into());
            break;
        }
        // What follows a flag may be its value.
        if !std::mem::take(&mut after_flag) {
            break;
        }
    }
    arguments
}

/// Completions for a shell, on standard output.
pub fn completions(mut command: Command, shell: Shell) -> Result<Status> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "uioscope", &mut text);
    Output::open(None)?.finish(&text)?;
    Ok(Status::Done)
}

/// The manual page of the whole command, or of one of its commands.
pub fn manual(mut command: Command, of: &[String]) -> Result<Status> {
    command.build();
    let mut page = &command;
    for name in of {
        page = page.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = page.get_subcommands().map(Command::get_name).filter(|n| *n != "help").collect();
            anyhow!("there is no command {name}; {}", nearest(name, &known))
        })?;
    }
    let mut text = Vec::new();
    let title = page.get_display_name().unwrap_or(page.get_name()).replace(' ', "-");
    clap_mangen::Man::new(page.clone()).title(title).render(&mut text)?;
    Output::open(None)?.finish(&text)?;
    Ok(Status::Done)
}

/// The JSON schemas, by the documents' names; `check` is that of `model check`, which had it first.
pub const SCHEMAS: [(&str, &str); 19] = [
    ("answers", include_str!("../docs/schemas/answers-1.schema.json")),
    ("audit", include_str!("../docs/schemas/audit-1.schema.json")),
    ("baseline", include_str!("../docs/schemas/baseline-1.schema.json")),
    ("check", include_str!("../docs/schemas/check-1.schema.json")),
    ("gate", include_str!("../docs/schemas/gate-1.schema.json")),
    ("ktrace-dump", include_str!("../docs/schemas/ktrace-dump-1.schema.json")),
    ("ktrace-info", include_str!("../docs/schemas/ktrace-info-1.schema.json")),
    ("ktrace-record", include_str!("../docs/schemas/ktrace-record-1.schema.json")),
    ("layout", include_str!("../docs/schemas/layout-1.schema.json")),
    ("matrix", include_str!("../docs/schemas/matrix-1.schema.json")),
    ("model-trace", include_str!("../docs/schemas/model-trace-1.schema.json")),
    ("parse", include_str!("../docs/schemas/parse-1.schema.json")),
    ("plan", include_str!("../docs/schemas/plan-1.schema.json")),
    ("plan-status", include_str!("../docs/schemas/plan-status-1.schema.json")),
    ("refs", include_str!("../docs/schemas/refs-1.schema.json")),
    ("simulate", include_str!("../docs/schemas/simulate-1.schema.json")),
    ("ticks", include_str!("../docs/schemas/ticks-1.schema.json")),
    ("what-if", include_str!("../docs/schemas/what-if-1.schema.json")),
    ("why", include_str!("../docs/schemas/why-1.schema.json")),
];

/// The schema of a document, or the names of all.
pub fn schema(name: Option<&str>) -> Result<Status> {
    let names = SCHEMAS.map(|s| s.0);
    let text = match name {
        None => names.join("\n") + "\n",
        Some(name) => {
            let found = SCHEMAS.iter().find(|s| s.0 == name);
            let found = found.ok_or_else(|| anyhow!("there is no schema {name}; {}", nearest(name, &names)))?;
            found.1.to_owned()
        }
    };
    Output::open(None)?.finish(text.as_bytes())?;
    Ok(Status::Done)
}

/// The known names, the nearest first where one is near.
pub fn nearest(name: &str, known: &[&str]) -> String {
    let distance = |k: &&str| strsim::jaro_winkler(name, k);
    let best = known.iter().max_by(|a, b| distance(a).total_cmp(&distance(b)));
    match best.filter(|b| distance(b) > 0.8) {
        Some(best) => format!("did you mean {best}? There are {}", known.join(", ")),
        None => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_alone_is_audited() {
        let command = Command::new("u").subcommand(Command::new("audit")).subcommand(Command::new("refs"));
        let check = |typed: &str, want: &str| {
            let arguments: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            let got = with_command(&command, arguments, &|p| p == "sys" || p == "refs");
            assert_eq!(got.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" "), want);
        };
        check("u sys", "u audit sys");
        check("u --format json sys", "u audit --format json sys");
        check("u --jobs 2 sys --role abuse", "u audit --jobs 2 sys --role abuse");
        check("u audit sys", "u audit sys");
        check("u refs", "u refs");
        check("u refs sys", "u refs sys");
        check("u nosuch sys", "u nosuch sys");
        check("u help", "u help");
        check("u --version", "u --version");
    }

    #[test]
    fn every_schema_can_be_printed() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .expect("a directory")
            .map(|f| f.expect("a file").file_name().to_string_lossy().replace("-1.schema.json", ""))
            .collect();
        files.sort();
        assert_eq!(files, SCHEMAS.map(|s| s.0));
    }

    #[test]
    fn a_name_that_is_near_is_said() {
        assert!(nearest("audti", &["audit", "why"]).starts_with("did you mean audit?"));
        assert_eq!(nearest("zzz", &["audit", "why"]), "there are audit, why");
    }
}
