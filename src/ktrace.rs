//! `uioscope ktrace`: what traces hold, and traces that any machine can read.

mod convert;
mod dump;
mod follow;
mod info;
mod layout;
mod source;

use crate::cli::KtraceCommand;
use crate::output::Output;
use crate::status::{Status, complain};
use anyhow::Result;
use uioscope_ktrace::detect::{Detection, Difference};
use uioscope_ktrace::read::Damage;

/// Does what a `ktrace` command says.
pub fn run(command: &KtraceCommand, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    match command {
        KtraceCommand::Info(args) => info::run(args, colors),
        KtraceCommand::Dump(args) => dump::run(args),
        KtraceCommand::Convert(args) => convert::run(args),
        KtraceCommand::Layout(args) => layout::run(args, colors),
    }
}

/// So many places of damage are said one by one.
const SAID: u64 = 20;

/// Says where a trace is damaged, and what that makes of the exit status: a trace that only stops is nothing unusual.
#[derive(Debug, Default)]
struct Complaints {
    places: u64,
    status: Option<Status>,
}

impl Complaints {
    fn damage(&mut self, name: &str, damage: &Damage) {
        self.places += 1;
        if self.places <= SAID {
            complain(&format!("{name}: {damage}"));
        }
        if !damage.kind.is_end() || damage.resumed.is_some() {
            self.status = Some(Status::Trouble);
        }
    }

    fn end(self, name: &str) -> Status {
        if self.places > SAID {
            complain(&format!("{name}: … and {} more places; `ktrace info` lists them", self.places - SAID));
        }
        self.status.unwrap_or(Status::Done)
    }
}

/// Says that a trace could be read otherwise. What it is read as was not told, so it may be wrong.
fn complain_of_ambiguity(name: &str, detection: &Detection) {
    if detection.assumed || detection.ambiguity() == Difference::None {
        return;
    }
    let first = &detection.candidates[0];
    let other = detection.candidates.iter().find(|c| c.difference != Difference::None);
    let Some(other) = other else { return };
    complain(&format!(
        "{name}: read as {}; the bytes allow {} too, which reads {} differently: --system or --abi decide, `ktrace info` lists all",
        first.origin,
        other.origin,
        if other.difference == Difference::Header { "headers" } else { "some payloads" }
    ));
}
