//! What a trace is and holds: for people, and as JSON.

use super::json as records;
use crate::numbers::{bytes, counted, grouped};
use crate::safe::clean;
use crate::style::{Ink, Style};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use uioscope_ktrace::detect::{Candidate, Detection, Difference, Reserve, Verdict};
use uioscope_ktrace::fit::Fit;
use uioscope_ktrace::neutral::{Ending, Meta};
use uioscope_ktrace::summary::ProcessTable;
use uioscope_ktrace::{Summary, names};

/// The schema of [`json`].
pub const SCHEMA: &str = "uioscope.ktrace.info/1";
/// No more places of damage, processes or candidates are printed for people.
const SHOWN: usize = 20;

/// All that is known of a trace.
#[derive(Debug)]
pub struct Info<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its bytes.
    pub size: u64,
    /// Where it comes from.
    pub meta: &'a Meta,
    /// The version of the format of a neutral file.
    pub neutral: Option<u16>,
    /// How that was found out; `None` for a neutral file, which says it.
    pub detection: Option<&'a Detection>,
    /// How well its records fit, for who was found out.
    pub fit: Option<&'a Fit>,
    /// What it holds.
    pub summary: &'a Summary,
    /// Its processes.
    pub processes: &'a ProcessTable,
}

impl Info<'_> {
    fn verdict(&self) -> Option<Verdict> {
        Some(self.detection?.verdict(self.fit?))
    }

    /// `kernel`, `neutral`, or `empty` where there is nothing to tell by.
    fn format(&self) -> &'static str {
        match self.detection {
            Some(_) => "kernel",
            None if self.size == 0 => "empty",
            None => "neutral",
        }
    }
}

fn text_of(latin1: &[u8]) -> String {
    latin1.iter().map(|b| char::from(*b)).collect()
}

fn ending(ending: Ending) -> Option<String> {
    match ending {
        Ending::None => None,
        Ending::Exit(status) => Some(format!("exit {status}")),
        Ending::Signal(signo) => Some(names::signal(signo).map_or(format!("signal {signo}"), |n| format!("SIG{n}"))),
    }
}

/// How sure it is, in words: a label and what follows it.
fn sureness(detection: &Detection, fit: &Fit) -> (&'static str, String) {
    let name = detection.origin().dialect.name;
    match detection.verdict(fit) {
        Verdict::Told => ("as told", String::new()),
        Verdict::Sure => ("sure", "it fits, and nothing else does".to_owned()),
        Verdict::Either => {
            let names: Vec<&str> = detection.systems().into_iter().map(|system| system.name()).collect();
            ("one of", format!("{}: they read this trace the same", names.join(", ")))
        }
        Verdict::Likely => {
            let others = detection.systems();
            let or: Vec<&str> = others.iter().skip(1).map(|system| system.name()).collect();
            let or = match or[..] {
                [] => String::new(),
                [one] => format!("; {one} reads it the same"),
                _ => format!("; {} read it the same", or.join(", ")),
            };
            ("likely", format!("it fits best, but {}{or}", reserve(detection, fit)))
        }
        Verdict::Open => ("open", "others fit as well and read it differently; --system and --abi decide".to_owned()),
        Verdict::Like => ("like it", format!("like {name}, but {}", misfits(fit))),
    }
}

/// Why who wrote a trace is not sure, as a clause.
pub fn reserve(detection: &Detection, fit: &Fit) -> String {
    match detection.reserve(fit) {
        Some(Reserve::Rival(origin)) => format!("little speaks against {origin}"),
        Some(Reserve::Few) => "there are few records".to_owned(),
        Some(Reserve::Misfits) => "not everything fits".to_owned(),
        Some(Reserve::Damage) => "it is damaged".to_owned(),
        Some(Reserve::HeaderOnly) => "only the widths in its headers say so".to_owned(),
        Some(Reserve::Versions) => "its headers are of several versions".to_owned(),
        Some(Reserve::Late) => "some times are after 2038, or were read too wide".to_owned(),
        None => "nothing is against it".to_owned(),
    }
}

/// What does not fit, in one phrase.
pub fn misfits(fit: &Fit) -> String {
    let parts: Vec<String> =
        fit.misfits().iter().map(|misfit| format!("{} {}", grouped(misfit.records), misfit.what)).collect();
    format!("{} do not fit: {}", counted_of(fit.misfits, fit.records), parts.join(", "))
}

fn counted_of(some: u64, all: u64) -> String {
    format!("{} of {}", grouped(some), counted(all, "record", "records"))
}

fn candidate_json(candidate: &Candidate) -> Value {
    let against: Vec<String> = candidate.against.iter().map(ToString::to_string).collect();
    json!({
        "system": candidate.origin.dialect.name,
        "version": candidate.version,
        "abi": candidate.origin.abi.name,
        "endian": candidate.origin.abi.endian.name(),
        "header_size": candidate.class.size,
        "difference": candidate.difference.name(),
        "against": against,
    })
}

fn misfits_json(fit: &Fit) -> Value {
    json!({
        "records": fit.misfits,
        "payloads": fit.payloads,
        "types": fit.types,
        "headers": fit.headers,
        "calls": fit.calls,
        "answers": fit.answers,
    })
}

/// One JSON document.
pub fn json(info: &Info<'_>) -> Vec<u8> {
    let first = info.detection.and_then(|d| d.candidates.first());
    let time = |nanoseconds: Option<i128>| {
        nanoseconds.map(|n| {
            let sec = i64::try_from(n.div_euclid(1_000_000_000)).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX });
            json!({ "sec": sec, "nsec": n.rem_euclid(1_000_000_000) as u32 })
        })
    };
    let damage: Vec<Value> = info
        .summary
        .damage
        .iter()
        .map(|damage| {
            let mut out = Vec::new();
            records::damage(&mut out, damage);
            serde_json::from_slice(&out).unwrap_or_default()
        })
        .collect();
    let processes: Vec<Value> = info
        .processes
        .iter()
        .map(|(pid, (process, lwps))| {
            let lwps: Vec<Value> = lwps.iter().map(|(lid, n)| json!({ "lid": lid, "records": n })).collect();
            json!({
                "pid": pid,
                "name": text_of(&process.name),
                "emulation": (!process.emulation.is_empty()).then(|| text_of(&process.emulation)),
                "ending": ending(process.ending),
                "records": process.records,
                "lwps": lwps,
            })
        })
        .collect();
    let types: BTreeMap<String, u64> = info.summary.types().into_iter().collect();
    let document = json!({
        "schema": SCHEMA,
        "file": info.name,
        "size": info.size,
        "format": info.format(),
        "system": if info.format() == "empty" { Value::Null } else { info.meta.system.clone().into() },
        "version": first.map_or("-", |c| c.version.as_str()),
        "abi": if info.meta.machine.is_empty() { Value::Null } else { info.meta.machine.clone().into() },
        "endian": info.meta.endian.map(|e| e.name()),
        "word": info.meta.word,
        "header_size": first.map(|c| c.class.size),
        "clock": info.meta.clock.name(),
        "certainty": info.detection.map_or(if info.size == 0 { "none" } else { "stated" }, |d| if d.assumed { "assumed" } else { d.ambiguity().name() }),
        "verdict": info.verdict().map_or(if info.size == 0 { "none" } else { "stated" }, Verdict::name),
        "systems": info.detection.map(|d| d.systems().into_iter().map(|s| s.name()).collect::<Vec<_>>()).unwrap_or_default(),
        "machines": first.map(|c| c.origin.machines().collect::<Vec<_>>()).unwrap_or_default(),
        "misfits": info.fit.map(misfits_json),
        "candidates": info.detection.map(|d| d.candidates.iter().map(candidate_json).collect::<Vec<_>>()).unwrap_or_default(),
        "records": info.summary.records,
        "types": types,
        "dropped": info.summary.dropped,
        "first": time(info.summary.first),
        "last": time(info.summary.last),
        "processes": processes,
        "damage": damage,
        "damaged": info.summary.damaged,
    });
    let mut out = serde_json::to_vec_pretty(&document).unwrap_or_default();
    out.push(b'\n');
    out
}

/// For a terminal.
pub fn text(info: &Info<'_>, style: Style) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(out, "{}  {value}", style.paint(Ink::Title, &format!("{name:<9}")));
    };
    row("trace", &format!("{}, {}", clean(info.name), bytes(info.size)));
    match info.detection {
        None if info.format() == "empty" => {
            row("records", "none: it is empty");
            return out;
        }
        None => row("format", &format!("neutral, version {}", info.neutral.unwrap_or_default())),
        Some(detection) => {
            let first = &detection.candidates[0];
            let dialect = first.origin.dialect;
            let version = if first.version == "-" { String::new() } else { format!(" {}", first.version) };
            row("system", &format!("{}{version} ({})", dialect.name, dialect.title));
            if let Some(fit) = info.fit {
                let (label, words) = sureness(detection, fit);
                row(label, &words);
                if fit.misfits > 0 && detection.verdict(fit) != Verdict::Like {
                    row("misfits", &misfits(fit));
                }
            }
        }
    }
    if info.detection.is_none() {
        row("system", &clean(&info.meta.system));
    }
    if !info.meta.machine.is_empty() {
        let endian = info.meta.endian.map_or("no", |e| e.name());
        let word = u32::from(info.meta.word) * 8;
        let alike = info.detection.map(|d| d.origin().machines().skip(1).collect::<Vec<_>>()).unwrap_or_default();
        let alike = if alike.is_empty() { String::new() } else { format!("; alike: {}", alike.join(", ")) };
        row("machine", &format!("{}, {endian}-endian, {word}-bit{alike}", clean(&info.meta.machine)));
    }
    if let Some(detection) = info.detection {
        let class = detection.candidates[0].class;
        let members = format!(
            "{} bytes, {}-bit seconds, {}",
            class.size,
            u32::from(class.sec.width) * 8,
            if class.unit.name() == "us" { "microseconds" } else { "nanoseconds" }
        );
        row("header", &members);
    }
    let types: Vec<String> =
        info.summary.types().iter().map(|(name, n)| format!("{} {}", clean(name), grouped(*n))).collect();
    row("records", &format!("{}: {}", grouped(info.summary.records), types.join(", ")));
    if info.summary.dropped > 0 {
        row("lost", &format!("events before {}", counted(info.summary.dropped, "record", "records")));
    }
    if let (Some(first), Some(last)) = (info.summary.first, info.summary.last) {
        let seconds = |n: i128| format!("{}.{:09}", n.div_euclid(1_000_000_000), n.rem_euclid(1_000_000_000));
        let span = seconds(last - first);
        let unit = if info.meta.clock.name() == "steps" { "" } else { " s" };
        row("time", &format!("{} to {}, {span}{unit}", seconds(first), seconds(last)));
    }
    processes(&mut out, info, style);
    candidates(&mut out, info, style);
    damage(&mut out, info, style);
    out
}

fn processes(out: &mut String, info: &Info<'_>, style: Style) {
    if info.processes.is_empty() {
        return;
    }
    let _ =
        writeln!(out, "\n{}", style.paint(Ink::Title, "   pid  name              records  lwps  emulation   ended"));
    for (pid, (process, lwps)) in info.processes.iter().take(SHOWN) {
        let name = text_of(&process.name);
        let emulation = text_of(&process.emulation);
        let line = format!(
            "{pid:>6}  {:<16}  {:>7}  {:>4}  {:<10}  {}",
            clean(&name),
            grouped(process.records),
            if lwps.is_empty() { "-".to_owned() } else { lwps.len().to_string() },
            clean(&emulation),
            ending(process.ending).unwrap_or_default()
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    more(out, info.processes.len(), "process", "processes");
}

fn candidates(out: &mut String, info: &Info<'_>, style: Style) {
    let Some(detection) = info.detection.filter(|d| d.candidates.len() > 1) else { return };
    let _ = writeln!(out, "\n{}", style.paint(Ink::Title, "also possible"));
    for candidate in detection.candidates.iter().skip(1).take(SHOWN) {
        let what = match candidate.difference {
            Difference::None => "decodes the same",
            Difference::Payload => "reads some payloads differently",
            Difference::Header => "reads headers differently",
        };
        // What speaks against the first as well tells nothing.
        let known = &detection.candidates[0].against;
        let against = candidate.against.iter().filter(|doubt| !known.contains(doubt));
        let against: Vec<String> = against.map(ToString::to_string).collect();
        let but = if against.is_empty() { String::new() } else { format!("; against it: {}", against.join(", ")) };
        let _ = writeln!(out, "  {:<18}  {what}{but}", candidate.origin.to_string());
    }
    more(out, detection.candidates.len() - 1, "layout", "layouts");
}

fn damage(out: &mut String, info: &Info<'_>, style: Style) {
    if info.summary.damage.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint(Ink::Loud, "damage"));
    for damage in info.summary.damage.iter().take(SHOWN) {
        let _ = writeln!(out, "  {damage}");
    }
    more(out, info.summary.damaged as usize, "place", "places");
}

fn more(out: &mut String, all: usize, one: &str, many: &str) {
    if all > SHOWN {
        let _ = writeln!(out, "  … and {}; all are in --format json", counted((all - SHOWN) as u64, one, many));
    }
}
