//! `uioscope model export`: a scenario as a model for SPIN or TLC.

use crate::cli::ExportArgs;
use crate::output::Output;
use crate::status::Status;
use anyhow::{Result, anyhow, bail};
use uioscope_model::export;

/// Writes the model, and beside a TLA+ module its configuration.
pub fn run(args: &ExportArgs) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let scenarios = super::scenarios(&args.question)?;
    let [scenario] = scenarios.as_slice() else {
        let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
        bail!("one scenario is exported at a time; name one of {}", names.join(", "));
    };
    if args.promela {
        output.finish(export::promela(scenario)?.as_bytes())?;
        return Ok(Status::Done);
    }
    let Some(path) = &args.output else {
        output.finish(export::tla(scenario, "Scenario")?.module.as_bytes())?;
        return Ok(Status::Done);
    };
    let module = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_module(stem));
    let Some(module) = module.filter(|_| path.extension().is_some_and(|e| e == "tla")) else {
        let why = "TLC wants NAME.tla, with NAME the module's: letters, digits and _, a letter first";
        return Err(anyhow!("-o {}: {why}", path.display()));
    };
    let config = Output::open(Some(&path.with_extension("cfg")))?;
    let tla = export::tla(scenario, module)?;
    output.finish(tla.module.as_bytes())?;
    config.finish(tla.config.as_bytes())?;
    Ok(Status::Done)
}

fn is_module(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
