//! `uioscope ktrace`: what traces hold, and traces that any machine can read.

mod convert;
mod dump;
mod follow;
mod header;
mod info;
mod layout;
mod source;

use crate::cli::KtraceCommand;
use crate::output::Output;
use crate::status::{Status, complain};
use anyhow::Result;
use std::io::Read;
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::{Difference, Verdict};
use uioscope_ktrace::read::Damage;
use uioscope_reports::ktrace::info::{misfits, reserve};

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

    /// The end of a trace: its damage, and how sure it is who wrote it.
    fn end_of<R: Read>(self, name: &str, trace: &Trace<R>) -> Status {
        let doubt = complain_of_doubt(name, trace);
        let damage = self.end(name);
        if damage == Status::Done { doubt } else { damage }
    }
}

/// Says how sure it is who wrote a trace, where it is not, and what that makes of the exit status. What it is read as was not
/// told, so it may be wrong. To be asked when the trace was read to its end.
fn complain_of_doubt<R: Read>(name: &str, trace: &Trace<R>) -> Status {
    let Trace::Kernel(reader, detection) = trace else { return Status::Done };
    let first = &detection.candidates[0];
    let other = detection.candidates.iter().find(|c| c.difference != Difference::None);
    let differs = || {
        other.map_or_else(String::new, |other| {
            let what = if other.difference == Difference::Header { "headers" } else { "some payloads" };
            format!("; the bytes allow {} too, which reads {what} differently", other.origin)
        })
    };
    match detection.verdict(reader.fit()) {
        Verdict::Told | Verdict::Sure | Verdict::Either => Status::Done,
        Verdict::Likely => {
            complain(&format!(
                "{name}: read as {}, which is likely, but {}{}: `ktrace info` says more",
                first.origin,
                reserve(detection, reader.fit()),
                differs()
            ));
            Status::Done
        }
        Verdict::Open => {
            let end = "--system or --abi decide, `ktrace info` lists all";
            complain(&format!("{name}: read as {}{}: {end}", first.origin, differs()));
            Status::Trouble
        }
        Verdict::Like => {
            let but = misfits(reader.fit());
            complain(&format!("{name}: like {}, but {but}: it may be of a system that is not known", first.origin));
            Status::Trouble
        }
    }
}
