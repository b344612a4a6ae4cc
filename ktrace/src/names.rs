//! Names of signals, errors and calls in a trace. A trace does not say which release wrote it, so a name is a help for reading
//! and never part of machine output; and it is given only where all that may have written the trace agree on it.

use crate::calls::{Table, linux_i386, table};
use crate::detect::Detection;
use crate::ioctls;
use crate::system::System;
use std::sync::Arc;

/// What numbers mean in one trace.
#[derive(Debug, Clone, Default)]
pub struct Names {
    systems: Vec<System>,
    /// A table that was given, which is right whatever the system.
    told: Option<Arc<Table>>,
}

/// Whose calls a process makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Those of the system.
    Own,
    /// Those of Linux on i386.
    LinuxI386,
    /// Others, which are not known.
    Unknown,
}

impl Names {
    /// The names of a trace that one of these systems wrote.
    pub fn new(systems: Vec<System>) -> Names {
        Names { systems, told: None }
    }

    /// The names of a trace that was found out.
    pub fn of(detection: &Detection) -> Names {
        Names::new(detection.possible())
    }

    /// Takes the names of calls from this table.
    pub fn told(mut self, table: Table) -> Names {
        self.told = Some(Arc::new(table));
        self
    }

    /// What all of them call it; the record's own system counts too, for another kernel may have appended.
    fn agreed(&self, system: System, name: impl Fn(&'static Table) -> Option<&'static str>) -> Option<&'static str> {
        // Where nothing is certain, nothing has a name.
        let first = name(table(*self.systems.first()?)?)?;
        let same = |other: &System| table(*other).is_some_and(|table| name(table) == Some(first));
        (self.systems.iter().all(same) && same(&system)).then_some(first)
    }

    /// `read` for 3.
    pub fn call(&self, system: System, calls: Calls, number: i32) -> Option<&str> {
        match (calls, &self.told) {
            (Calls::Own, Some(table)) => table.call(number),
            (Calls::Own, None) => self.agreed(system, |table| table.call(number)),
            (Calls::LinuxI386, _) => linux_i386().call(number),
            (Calls::Unknown, _) => None,
        }
    }

    /// `TIOCGETA` for a command of ioctl(2).
    pub fn ioctl(&self, system: System, calls: Calls, word: u64) -> Option<&'static str> {
        let first = ioctls::name(*self.systems.first()?, word).filter(|_| calls == Calls::Own)?;
        let all = self.systems.iter().chain([&system]);
        all.copied().all(|system| ioctls::name(system, word) == Some(first)).then_some(first)
    }

    /// `ENOENT` for 2, and what a kernel's own negative numbers mean.
    pub fn error(&self, system: System, number: i32) -> Option<&'static str> {
        match number {
            -2 => Some("EJUSTRETURN"),
            _ if number == system.dialect().restart => Some("ERESTART"),
            _ => self.agreed(system, |table| table.error(number)),
        }
    }

    /// `INT` for 2.
    pub fn signal(&self, system: System, number: i32) -> Option<&'static str> {
        self.agreed(system, |table| table.signal(number)).or_else(|| signal(number))
    }
}

#[rustfmt::skip]
static SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS", "PIPE", "ALRM", "TERM",
    "URG", "STOP", "TSTP", "CONT", "CHLD", "TTIN", "TTOU", "IO", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "INFO",
    "USR1", "USR2",
];

/// The name of a signal that all of these systems have from 4.4BSD.
pub fn signal(number: i32) -> Option<&'static str> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    SIGNALS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_all_agree_on() {
        let openbsd = Names::new(vec![System::OpenBsd58, System::OpenBsd73]);
        let call = |names: &Names, n| names.call(System::OpenBsd58, Calls::Own, n).map(str::to_owned);
        assert_eq!(call(&openbsd, 3).as_deref(), Some("read"));
        assert_eq!((call(&openbsd, 197), call(&openbsd, 49)), (None, None));
        assert_eq!(call(&Names::new(vec![System::OpenBsd58]), 197).as_deref(), Some("mmap"));
        assert_eq!(call(&Names::default(), 3), None);
        let ioctl = |calls, word| openbsd.ioctl(System::OpenBsd58, calls, word);
        assert_eq!(ioctl(Calls::Own, 0x402c_7413), Some("TIOCGETA"));
        assert_eq!((ioctl(Calls::LinuxI386, 0x402c_7413), ioctl(Calls::Own, 0x5401)), (None, None));
        assert_eq!(openbsd.call(System::OpenBsd58, Calls::Unknown, 3), None);
        // What another kernel appended may mean something else.
        assert_eq!(openbsd.call(System::NetBsd14, Calls::Own, 11), None);
    }

    #[test]
    fn look_ups_are_bounded() {
        let names = Names::new(vec![System::NetBsd7]);
        let signals = [2, 0, -1, i32::MAX, 31].map(|n| names.signal(System::NetBsd7, n));
        assert_eq!(signals, [Some("INT"), None, None, None, Some("USR2")]);
        let errors = [2, -3, i32::MIN, -1].map(|n| names.error(System::NetBsd7, n));
        assert_eq!(errors, [Some("ENOENT"), Some("ERESTART"), None, None]);
        assert_eq!(names.call(System::NetBsd7, Calls::Own, 100_000), None);
    }
}
