//! `uioscope ktrace dump`.

use super::Complaints;
use super::follow::Follow;
use super::source::{hints, name, names, open};
use crate::cli::{DumpArgs, DumpFormat};
use crate::output::quiet;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, Read, StdoutLock, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::HEAD;
use uioscope_ktrace::names::Names;
use uioscope_ktrace::read::{DamageKind, Event};
use uioscope_ktrace::record::Record;
use uioscope_reports::ktrace::json;
use uioscope_reports::ktrace::text::{Lines, Options, Times};
use uioscope_reports::safe;

/// Output is written when there is so much of it.
const FULL: usize = 1 << 16;
/// Of data, lines show so many bytes unless told otherwise.
const SHOWN: usize = 64;

/// Prints a trace record by record.
pub fn run(args: &DumpArgs) -> Result<Status> {
    let called = name(&args.file);
    if args.follow {
        return follow(args, &called);
    }
    let trace = open(&args.file, &args.hints);
    dump(args, &called, trace?, false)
}

/// Prints a file as it grows.
fn follow(args: &DumpArgs, called: &str) -> Result<Status> {
    if args.file == Path::new("-") {
        bail!("--follow: standard input is read as it comes anyway; name a file");
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .context("cannot watch for Ctrl-C")?;
    let file = File::open(&args.file).with_context(|| format!("{called}: cannot be opened"))?;
    let mut source = Follow { file, stop };
    // As much as is there, and some of it at least, is enough to find out who wrote it.
    let mut head = vec![0; HEAD];
    let mut have = source.read(&mut head).with_context(|| format!("{called}: cannot be read"))?;
    while have < HEAD {
        match source.file.read(&mut head[have..]).with_context(|| format!("{called}: cannot be read"))? {
            0 => break,
            n => have += n,
        }
    }
    head.truncate(have);
    let whole = have < HEAD;
    let trace = Trace::resume(head, whole, source, &hints(&args.hints)?, true).with_context(|| called.to_owned())?;
    dump(args, called, trace, true)
}

fn dump<R: Read>(args: &DumpArgs, called: &str, mut trace: Trace<R>, eager: bool) -> Result<Status> {
    let mut printer = Printer::new(args, names(&trace, &args.calls)?);
    let mut complaints = Complaints::default();
    printer.start(&trace, called);
    while let Some(event) = trace.next_event().with_context(|| format!("{called}: cannot be read"))? {
        match event {
            Event::Record(record) => printer.record(&record),
            Event::Part(part) => printer.part(part),
            Event::Damage(damage) => {
                printer.damage(&damage);
                complaints.damage(&safe::clean(called), &damage);
            }
        }
        if (printer.out.len() >= FULL || eager) && !printer.write()? {
            return Ok(Status::Done);
        }
    }
    printer.end();
    printer.write()?;
    Ok(complaints.end_of(called, &trace))
}

/// Prints what is asked for.
struct Printer<'a> {
    args: &'a DumpArgs,
    lines: Lines,
    out: Vec<u8>,
    stdout: StdoutLock<'static>,
    /// Whether an object is open whose data comes in parts.
    open: bool,
    first: bool,
    most: usize,
    places: Vec<u8>,
}

impl Printer<'_> {
    fn new(args: &DumpArgs, names: Names) -> Printer<'_> {
        let times = match (args.relative, args.absolute, args.elapsed) {
            (true, ..) => Times::Relative,
            (_, true, _) => Times::Absolute,
            (.., true) => Times::Elapsed,
            _ => Times::None,
        };
        let most = args.most.unwrap_or(SHOWN);
        let options = Options { times, decimal: args.decimal, hexadecimal: args.hexadecimal, most };
        Printer {
            args,
            lines: Lines::new(options, names),
            out: Vec::with_capacity(2 * FULL),
            stdout: io::stdout().lock(),
            open: false,
            first: true,
            most: args.most.unwrap_or(usize::MAX),
            places: Vec::new(),
        }
    }

    fn wanted(&self, record: &Record<'_>) -> bool {
        self.args.types.as_ref().is_none_or(|types| types.0.contains(&record.kind))
            && (self.args.pid.is_empty() || self.args.pid.contains(&record.pid))
    }

    fn start<R: Read>(&mut self, trace: &Trace<R>, called: &str) {
        if self.args.format == DumpFormat::Json {
            json::start(&mut self.out, called, &trace.meta());
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        self.close();
        if !self.wanted(record) {
            self.lines.pass(record);
            return;
        }
        match self.args.format {
            DumpFormat::Text => self.lines.record(&mut self.out, record),
            DumpFormat::Json | DumpFormat::Jsonl => {
                if self.args.format == DumpFormat::Json {
                    self.out.extend_from_slice(if self.first { b"\n" } else { b",\n" });
                }
                self.open = json::record(&mut self.out, record, self.most);
                if self.args.format == DumpFormat::Jsonl && !self.open {
                    self.out.push(b'\n');
                }
            }
        }
        self.first = false;
    }

    fn part(&mut self, part: &[u8]) {
        if self.open {
            json::part(&mut self.out, part);
        }
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            json::end(&mut self.out);
            if self.args.format == DumpFormat::Jsonl {
                self.out.push(b'\n');
            }
        }
    }

    fn damage(&mut self, damage: &uioscope_ktrace::read::Damage) {
        self.close();
        if matches!(damage.kind, DamageKind::OtherLayout { .. }) {
            self.lines.restart();
        }
        // As much as is likely to be read.
        if self.args.format == DumpFormat::Json && self.places.len() < FULL {
            self.places.extend_from_slice(if self.places.is_empty() { b"\n" } else { b",\n" });
            json::damage(&mut self.places, damage);
        }
    }

    fn end(&mut self) {
        self.close();
        if self.args.format == DumpFormat::Json {
            self.out.extend_from_slice(b"\n],\"damage\":[");
            self.out.append(&mut self.places);
            self.out.extend_from_slice(b"]}\n");
        }
    }

    /// Writes what there is; `false` when nobody reads it any more.
    fn write(&mut self) -> Result<bool> {
        let written = self.stdout.write_all(&self.out).and_then(|()| self.stdout.flush());
        self.out.clear();
        let gone = matches!(&written, Err(e) if e.kind() == io::ErrorKind::BrokenPipe);
        quiet(written).context("cannot write to standard output")?;
        Ok(!gone)
    }
}
