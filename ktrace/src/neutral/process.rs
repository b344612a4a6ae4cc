//! A note on each process of a trace: its name, its emulation, and what ended it.

use super::{Cursor, push_short};
use crate::payload::Payload;
use crate::record::Record;
use crate::system::Kind;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// No more processes are kept account of, so that memory stays constant.
const MOST: usize = 1 << 14;
/// No longer name is kept.
const LONGEST_NAME: usize = 64;

/// What ended a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// Nothing that the trace shows.
    #[default]
    None,
    /// It exited with this status.
    Exit(i32),
    /// This signal's default action.
    Signal(i32),
}

/// A process, as far as a trace shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    /// Its last name.
    pub name: Vec<u8>,
    /// Its last emulation.
    pub emulation: Vec<u8>,
    /// What ended it.
    pub ending: Ending,
    /// Its records.
    pub records: u64,
}

/// The processes of a trace, gathered as its records go by.
#[derive(Debug, Default)]
pub struct Processes {
    by_pid: FxHashMap<i32, Process>,
}

impl Processes {
    /// Takes account of a record.
    #[inline]
    pub fn see(&mut self, record: &Record<'_>) {
        // The record that starts a trace is of no process.
        if record.kind == Kind::Start {
            return;
        }
        self.name(record.pid, record.comm);
        if matches!(record.kind, Kind::Emul | Kind::Psig | Kind::Syscall) {
            self.change(record);
        }
    }

    /// Takes account of a record of that process under that name.
    pub fn name(&mut self, pid: i32, name: &[u8]) {
        let room = self.by_pid.len() < MOST;
        let process = match self.by_pid.get_mut(&pid) {
            Some(process) => process,
            None if room => self.by_pid.entry(pid).or_default(),
            None => return,
        };
        process.records += 1;
        if process.name != name && !name.is_empty() {
            process.name.clear();
            process.name.extend_from_slice(&name[..name.len().min(LONGEST_NAME)]);
        }
    }

    fn change(&mut self, record: &Record<'_>) {
        let Some(process) = self.by_pid.get_mut(&record.pid) else { return };
        match record.decode().payload {
            Payload::Text(name) => {
                process.emulation.clear();
                process.emulation.extend_from_slice(&name[..name.len().min(LONGEST_NAME)]);
            }
            // exit(2) is call 1 wherever there is one; and who makes another call was not ended by what came before.
            Payload::Syscall { code, args, .. } => {
                let status = args.iter().next().unwrap_or_default() as u32 as i32;
                process.ending = if code == 1 { Ending::Exit(status) } else { Ending::None };
            }
            Payload::Psig(signal) if signal.action == 0 && is_fatal(signal.signo) => {
                process.ending = Ending::Signal(signal.signo);
            }
            _ => {}
        }
    }

    /// Says what ended a process.
    pub fn end(&mut self, pid: i32, ending: Ending) {
        if let Some(process) = self.by_pid.get_mut(&pid) {
            process.ending = ending;
        }
    }

    /// The processes by number.
    pub fn into_sorted(self) -> BTreeMap<i32, Process> {
        self.by_pid.into_iter().collect()
    }
}

/// Whether the default action of a signal ends a process: all but URG, STOP, TSTP, CONT, CHLD, TTIN, TTOU, IO, WINCH, INFO.
fn is_fatal(signo: i32) -> bool {
    matches!(signo, 1..=15 | 24..=27 | 30..=31)
}

pub(super) fn encode(processes: &BTreeMap<i32, Process>, out: &mut Vec<u8>) {
    for (pid, process) in processes {
        let start = out.len();
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&pid.to_le_bytes());
        let (kind, value) = match process.ending {
            Ending::None => (0, 0),
            Ending::Exit(status) => (1, status),
            Ending::Signal(signo) => (2, signo),
        };
        out.push(kind);
        out.extend_from_slice(&value.to_le_bytes());
        push_short(out, &process.name);
        push_short(out, &process.emulation);
        let len = (out.len() - start) as u16;
        out[start..start + 2].copy_from_slice(&len.to_le_bytes());
    }
}

pub(super) fn decode(body: &[u8], processes: &mut BTreeMap<i32, Process>) -> Option<()> {
    let mut cursor = Cursor { bytes: body };
    while !cursor.bytes.is_empty() {
        let len = cursor.u16()?;
        // What a newer version put behind is passed over.
        let mut note = Cursor { bytes: cursor.take(usize::from(len).checked_sub(2)?)? };
        let pid = note.i32()?;
        let (kind, value) = (note.u8()?, note.i32()?);
        let ending = match kind {
            1 => Ending::Exit(value),
            2 => Ending::Signal(value),
            _ => Ending::None,
        };
        let name = note.short()?.to_vec();
        let emulation = note.short()?.to_vec();
        processes.insert(pid, Process { name, emulation, ending, records: 0 });
    }
    Some(())
}
