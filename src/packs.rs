//! `uioscope packs`: role packs, listed, shown and checked.

use crate::cli::PacksCommand;
use crate::input;
use crate::output::Output;
use crate::status::Status;
use anyhow::{Result, bail};
use std::path::Path;
use uioscope_analyzer::packs::{BUILTIN, Pack};
use uioscope_reports::{Style, packs};

/// No pack is larger than this.
const LIMIT: u64 = 16 << 20;

/// Lists, shows or checks.
pub fn run(command: Option<&PacksCommand>, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::Stdout;
    let style = Style { color: colors(&output) };
    let report = match command {
        None => {
            let all: Result<Vec<Pack>, _> = BUILTIN.iter().map(|(name, _)| Pack::builtin(name)).collect();
            packs::list(&all?, style)
        }
        Some(PacksCommand::Show { name }) => match BUILTIN.iter().find(|(n, _)| n == name) {
            Some((_, text)) => (*text).to_owned(),
            None => bail!(unknown(name)),
        },
        Some(PacksCommand::Check { file }) => packs::summary(&read(file)?, style),
    };
    output.finish(report.as_bytes())?;
    Ok(Status::Done)
}

/// The pack that `--pack` names: a built-in one, or else a file.
pub fn load(name: &str) -> Result<Pack> {
    if BUILTIN.iter().any(|(n, _)| *n == name) {
        return Ok(Pack::builtin(name)?);
    }
    let path = Path::new(name);
    if !path.exists() && !name.contains('/') && path.extension().is_none() {
        bail!(unknown(name));
    }
    read(path)
}

fn read(path: &Path) -> Result<Pack> {
    let text = input::small_text(path, LIMIT, "a role pack")?;
    Ok(Pack::parse(&path.display().to_string(), &text)?)
}

fn unknown(name: &str) -> String {
    let known: Vec<_> = BUILTIN.iter().map(|(n, _)| *n).collect();
    format!("no role pack `{name}`: it is neither a file nor one of {}", known.join(", "))
}
