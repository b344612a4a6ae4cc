//! `uioscope ktrace convert`.

use super::Complaints;
use super::source::{name, names, open};
use crate::cli::{ConvertArgs, Target};
use crate::output::{Output, Sink};
use crate::progress::Progress;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use uioscope_ktrace::Trace;
use uioscope_ktrace::neutral::Writer;
use uioscope_ktrace::read::{DamageKind, Event};
use uioscope_reports::ktrace::perfetto::Events;

/// Events are written when there is so much of them.
const FULL: usize = 1 << 16;

/// Writes a trace in another format.
pub fn run(args: &ConvertArgs) -> Result<Status> {
    let called = name(&args.file);
    let to = &args.out;
    let written = to.display().to_string();
    if !args.force && fs::symlink_metadata(to).is_ok_and(|meta| meta.is_file() || meta.is_symlink()) {
        bail!("{written}: is there already; --force replaces it");
    }
    let output = if to == Path::new("-") { Output::Stdout } else { Output::named(to, &written)? };
    let mut trace = open(&args.file, &args.hints)?;
    let progress = Progress::start(&format!("converting {called}"));
    let mut complaints = Complaints::default();
    let sink = output.stream()?;
    let sink = match args.to {
        Target::Neutral => neutral(&mut trace, sink, args, &mut complaints)?,
        Target::Perfetto => perfetto(&mut trace, sink, args, &mut complaints)?,
    };
    drop(progress);
    sink.commit(!args.force)?;
    Ok(complaints.end_of(&called, &trace))
}

fn failed(args: &ConvertArgs) -> String {
    match &args.out {
        out if out == Path::new("-") => "standard output: cannot be written".to_owned(),
        out if out.is_file() => format!("{}: cannot be written; it is left as it was", out.display()),
        out => format!("{}: cannot be written", out.display()),
    }
}

fn neutral<R: Read>(trace: &mut Trace<R>, sink: Sink, args: &ConvertArgs, complaints: &mut Complaints) -> Result<Sink> {
    let (called, failed) = (&name(&args.file), || failed(args));
    let mut writer = Writer::new(sink, &trace.meta()).with_context(failed)?.compress(args.compress);
    while let Some(event) = trace.next_event().with_context(|| format!("{called}: cannot be read"))? {
        match event {
            Event::Record(record) => writer.record(&record).with_context(failed)?,
            Event::Part(part) => writer.part(part).with_context(failed)?,
            Event::Damage(damage) => complaints.damage(called, &damage),
        }
    }
    writer.finish().with_context(failed)
}

fn perfetto<R: Read>(
    trace: &mut Trace<R>,
    mut sink: Sink,
    args: &ConvertArgs,
    complaints: &mut Complaints,
) -> Result<Sink> {
    let (called, failed) = (&name(&args.file), || failed(args));
    let mut events = Events::new(names(trace, &args.calls)?);
    let mut out = Vec::with_capacity(2 * FULL);
    Events::start(&mut out);
    while let Some(event) = trace.next_event().with_context(|| format!("{called}: cannot be read"))? {
        match event {
            Event::Record(record) => events.record(&mut out, &record),
            Event::Part(_) => {}
            Event::Damage(damage) => {
                if matches!(damage.kind, DamageKind::OtherLayout { .. }) {
                    events.restart();
                }
                complaints.damage(called, &damage);
            }
        }
        if out.len() >= FULL {
            sink.write_all(&out).with_context(failed)?;
            out.clear();
        }
    }
    events.end(&mut out);
    sink.write_all(&out).with_context(failed)?;
    Ok(sink)
}
