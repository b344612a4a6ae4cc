//! A trace as Chrome trace events, which Perfetto and chrome://tracing show: one track for each LWP, system calls as slices.
//!
//! The format is "Trace Event Format" (JSON object form). Times are microseconds since the first record, with three
//! decimals, because a double does not hold today's nanoseconds.

use super::bytes::{decimal, json_string, padded, unsigned};
use super::text::{Lines, Options, Times};
use std::collections::{BTreeMap, HashMap};
use uioscope_ktrace::names::Names;
use uioscope_ktrace::payload::Payload;
use uioscope_ktrace::record::Record;

/// No more tracks are kept account of.
const TRACKS: usize = 1 << 16;

/// Writes records as events.
#[derive(Debug)]
pub struct Events {
    first: Option<i128>,
    last: i128,
    empty: bool,
    /// The name of the call that is not yet finished on each track.
    open: HashMap<(i32, i64), Vec<u8>>,
    /// What processes were called last.
    names: BTreeMap<i32, Vec<u8>>,
    lines: Lines,
    line: Vec<u8>,
}

impl Events {
    /// Nothing written yet; with the names that the trace's numbers have.
    pub fn new(names: Names) -> Events {
        let options = Options { times: Times::None, decimal: false, hexadecimal: false, most: 64 };
        Events {
            first: None,
            last: 0,
            empty: true,
            open: HashMap::new(),
            names: BTreeMap::new(),
            lines: Lines::new(options, names),
            line: Vec::new(),
        }
    }

    /// Writes the document's start.
    pub fn start(out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"traceEvents\":[");
    }

    /// Writes the record's events.
    pub fn record(&mut self, out: &mut Vec<u8>, record: &Record<'_>) {
        let time = record.nanoseconds();
        let first = *self.first.get_or_insert(time);
        let at = time - first;
        self.last = self.last.max(at);
        let track = (record.pid, record.lid.unwrap_or(record.pid.into()));
        self.name(out, record);
        let payload = record.decode().payload;
        // What the line says after the process, the LWP and the name.
        self.line.clear();
        self.lines.record(&mut self.line, record);
        let text = self.line.trim_ascii_end();
        let text = &text[(14 + record.comm.len().max(9)).min(text.len())..];
        match payload {
            Payload::Syscall { code, .. } => {
                if let Some(lost) = self.open.remove(&track) {
                    // Its return was not traced.
                    event(out, &mut self.empty, b'E', at, track, &lost, None);
                }
                if self.open.len() < TRACKS {
                    let name = self.call(record, code);
                    event(out, &mut self.empty, b'B', at, track, &name, Some(text));
                    self.open.insert(track, name);
                }
            }
            Payload::Sysret { code, .. } => {
                let name = self.call(record, code);
                match self.open.remove(&track) {
                    Some(_) => event(out, &mut self.empty, b'E', at, track, &name, Some(text)),
                    None => event(out, &mut self.empty, b'i', at, track, &name, Some(text)),
                }
            }
            _ => event(out, &mut self.empty, b'i', at, track, record.kind_name().as_bytes(), Some(text)),
        }
    }

    /// Another kernel's records follow: its processes are others, whatever their numbers.
    pub fn restart(&mut self) {
        self.lines.restart();
    }

    fn call(&self, record: &Record<'_>, code: i32) -> Vec<u8> {
        self.lines.name(record, code).map_or_else(|| format!("#{code}").into_bytes(), |name| name.as_bytes().to_vec())
    }

    fn name(&mut self, out: &mut Vec<u8>, record: &Record<'_>) {
        if record.comm.is_empty() || self.names.get(&record.pid).is_some_and(|name| name == record.comm) {
            return;
        }
        if self.names.len() < TRACKS {
            self.names.insert(record.pid, record.comm.to_vec());
        }
        comma(out, &mut self.empty);
        out.extend_from_slice(b"{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":");
        decimal(out, record.pid.into());
        out.extend_from_slice(b",\"args\":{\"name\":");
        json_string(out, record.comm);
        out.extend_from_slice(b"}}");
    }

    /// Writes the ends of calls that never returned, and the document's end.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let mut open: Vec<_> = self.open.drain().collect();
        open.sort_unstable();
        for (track, name) in open {
            event(out, &mut self.empty, b'E', self.last, track, &name, None);
        }
        out.extend_from_slice(
            b"\n],\"displayTimeUnit\":\"ns\",\"otherData\":{\"schema\":\"uioscope.ktrace.perfetto/1\",\"start\":\"",
        );
        let first = self.first.unwrap_or(0);
        decimal(out, i64::try_from(first.div_euclid(1_000_000_000)).unwrap_or_default());
        out.push(b'.');
        padded(out, first.rem_euclid(1_000_000_000) as i64, 9, b'0');
        out.extend_from_slice(b"\"}}\n");
    }
}

fn comma(out: &mut Vec<u8>, empty: &mut bool) {
    if !std::mem::replace(empty, false) {
        out.push(b',');
    }
    out.push(b'\n');
}

fn event(
    out: &mut Vec<u8>,
    empty: &mut bool,
    phase: u8,
    at: i128,
    (pid, tid): (i32, i64),
    name: &[u8],
    text: Option<&[u8]>,
) {
    comma(out, empty);
    out.extend_from_slice(b"{\"ph\":\"");
    out.push(phase);
    out.extend_from_slice(b"\",\"ts\":");
    if at < 0 {
        out.push(b'-');
    }
    let at = at.unsigned_abs();
    unsigned(out, u64::try_from(at / 1000).unwrap_or(u64::MAX));
    out.push(b'.');
    padded(out, (at % 1000) as i64, 3, b'0');
    out.extend_from_slice(b",\"pid\":");
    decimal(out, pid.into());
    out.extend_from_slice(b",\"tid\":");
    decimal(out, tid);
    out.extend_from_slice(b",\"name\":");
    json_string(out, name);
    if phase == b'i' {
        out.extend_from_slice(b",\"s\":\"t\"");
    }
    if let Some(text) = text {
        out.extend_from_slice(b",\"args\":{\"record\":");
        json_string(out, text);
        out.push(b'}');
    }
    out.push(b'}');
}
