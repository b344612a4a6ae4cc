//! A trace of the model as a kernel trace in the neutral format, so that what reads kernel traces reads it too.

use super::timeline::{Actor, lines};
use std::io;
use uioscope_ktrace::neutral::{Clock, Entry, Meta, Writer};
use uioscope_model::{Act, Scenario, Violation};

/// The number of the record that says what the trace shows; steps have the numbers before it.
const SHOWS: u8 = Act::ALL.len() as u8 + 1;

/// A type for each kind of step: their numbers are the places of their names, from 1.
fn types() -> Vec<(u8, &'static str)> {
    let steps = Act::ALL.iter().zip(1..).map(|(act, n)| (n, act.name()));
    steps.chain([(SHOWS, "shows")]).collect()
}

/// One record for each step: who takes it, as process and LWP, and what it changes; the last says what is violated. Time is the
/// number of the step. The device has process -1 and worker `w` process -2 - `w`.
///
/// # Errors
/// None that memory could not give; the writer's own, otherwise.
pub fn write(scenario: &Scenario, violation: &Violation) -> io::Result<Vec<u8>> {
    let meta = Meta::program("uioscope model", Clock::Steps, &types());
    let mut writer = Writer::new(Vec::new(), &meta)?;
    let mut step = 0;
    for line in lines(scenario, &violation.trace) {
        step += 1;
        let act = violation.trace[step as usize - 1].act;
        let kind = Act::ALL.iter().zip(1..).find(|(a, _)| **a == act).map_or(SHOWS, |(_, n)| n);
        let (pid, lid, name) = match line.actor {
            Actor::Lwp(p, l) => (i32::from(p), Some(i64::from(l)), format!("p{p}")),
            Actor::Device => (-1, None, "device".to_owned()),
            Actor::Worker(w) => (-2 - i32::from(w), None, format!("w{w}")),
        };
        let payload = format!("{}: {}", line.step, line.changes.join(", "));
        let (sec, name, payload) = (0, name.as_bytes(), payload.as_bytes());
        writer.entry(&Entry { kind, pid, lid, sec, nsec: step, name, payload })?;
    }
    let (name, payload) = (&b"model"[..], violation.property.name().as_bytes());
    let pid = -2 - i32::try_from(scenario.workers).unwrap_or_default();
    writer.entry(&Entry { kind: SHOWS, pid, lid: None, sec: 0, nsec: step + 1, name, payload })?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uioscope_ktrace::neutral::Reader;
    use uioscope_ktrace::read::Event;
    use uioscope_model::{Ability, Design};

    #[test]
    fn every_step_is_a_record_and_the_last_says_what_it_shows() {
        let scenario = Scenario::new(Design::Lwp).lwps(2).start([(2, 0)]).allow([Ability::Disk, Ability::LwpExit]);
        let report = scenario.check().expect("a report");
        let file = write(&scenario, &report.violations[0]).expect("memory");
        let mut reader = Reader::new(Vec::new(), &file[..]).expect("a neutral file");
        let mut got = Vec::new();
        while let Some(event) = reader.next_event().expect("memory") {
            let Event::Record(r) = event else { panic!("only records") };
            got.push(format!("{} {} {:?} {}", r.kind_name(), r.pid, r.lid, String::from_utf8_lossy(r.comm)));
        }
        let want = [
            "submit-disk 0 Some(0) p0",
            "enqueue 0 Some(0) p0",
            "lwp-exit 0 Some(0) p0",
            "start-copy -1 None device",
            "shows -2 None model",
        ];
        assert_eq!(got, want);
    }
}
