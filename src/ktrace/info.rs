//! `uioscope ktrace info`.

use super::source::{name, open};
use crate::cli::{Figures, InfoArgs};
use crate::output::Output;
use crate::progress::Progress;
use crate::status::{Status, complain};
use anyhow::{Context, Result};
use std::fs;
use uioscope_ktrace::detect::Verdict;
use uioscope_ktrace::neutral::{Clock, Meta};
use uioscope_ktrace::read::Event;
use uioscope_ktrace::{OpenError, Summary, Trace};
use uioscope_reports::Style;
use uioscope_reports::ktrace::info::{Info, json, text};

/// Says what a trace is and holds.
pub fn run(args: &InfoArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let output = Output::open(args.output.as_deref())?;
    let style = Style { color: colors(&output) };
    let called = name(&args.file);
    let opened = open(&args.file, &args.hints);
    if matches!(&opened, Err(error) if matches!(error.downcast_ref(), Some(OpenError::Empty))) {
        let meta = Meta::program("", Clock::Wall, &[]);
        let (summary, processes) = Summary::default().finish();
        let (summary, processes) = (&summary, &processes);
        let info =
            Info { name: &called, size: 0, meta: &meta, neutral: None, detection: None, fit: None, summary, processes };
        output.finish(&report(&info, args.format, style))?;
        complain(&format!("{called}: {}", OpenError::Empty));
        return Ok(Status::Trouble);
    }
    let mut trace = opened?;
    let progress = Progress::start(&format!("reading {called}"));
    let mut summary = Summary::default();
    while let Some(event) = trace.next_event().with_context(|| format!("{called}: cannot be read"))? {
        match event {
            Event::Record(record) => summary.see(&record),
            Event::Damage(damage) => summary.damage(damage),
            Event::Part(_) => {}
        }
    }
    drop(progress);
    let meta = trace.meta();
    let (detection, fit) = match &trace {
        Trace::Kernel(reader, detection) => (Some(detection), Some(reader.fit())),
        Trace::Neutral(_) => (None, None),
    };
    let doubtful = matches!(trace.verdict(), Some(Verdict::Like | Verdict::Open));
    let damaged = summary.damage.iter().any(|d| !d.kind.is_end() || d.resumed.is_some());
    let (summary, mut processes) = summary.finish();
    if let Trace::Neutral(reader) = &trace {
        // What the writer of the file knew, the records may not show.
        for (pid, note) in reader.processes() {
            let (process, _) = processes.entry(*pid).or_default();
            let records = process.records;
            *process = note.clone();
            process.records = records;
        }
    }
    let size = fs::metadata(&args.file).map_or(trace.offset(), |m| m.len().max(trace.offset()));
    let (summary, processes) = (&summary, &processes);
    let neutral = if let Trace::Neutral(reader) = &trace { Some(reader.version()) } else { None };
    let info = Info { name: &called, size, meta: &meta, neutral, detection, fit, summary, processes };
    output.finish(&report(&info, args.format, style))?;
    Ok(if damaged || doubtful { Status::Trouble } else { Status::Done })
}

fn report(info: &Info<'_>, format: Figures, style: Style) -> Vec<u8> {
    match format {
        Figures::Text => text(info, style).into_bytes(),
        Figures::Json => json(info),
    }
}
