//! What numbers of system calls, errors and signals mean: a table a system and release span, generated (`docs/make-call-tables.py`).
//!
//! - *Invariant:* a name is given only where every release that a table is for has it for that number.

use crate::layout::Origin;
use crate::payload::Payload;
use crate::payload::calls::number;
use crate::system::{Family, System};
use std::sync::LazyLock;
use thiserror::Error;

/// The tables as text. Those of systems that are still being changed are open: a number behind their last is only not known.
#[rustfmt::skip]
static TEXTS: [(System, bool, &str); 23] = [
    (System::Lite2, false, include_str!("../calls/lite2.txt")),
    (System::NetBsd13, false, include_str!("../calls/netbsd13.txt")),
    (System::NetBsd14, false, include_str!("../calls/netbsd14.txt")),
    (System::NetBsd16, false, include_str!("../calls/netbsd16.txt")),
    (System::Mouse14, false, include_str!("../calls/mouse14.txt")),
    (System::NetBsd4, false, include_str!("../calls/netbsd4.txt")),
    (System::Mouse40, false, include_str!("../calls/mouse40.txt")),
    (System::NetBsd7, false, include_str!("../calls/netbsd7.txt")),
    (System::NetBsd10, true, include_str!("../calls/netbsd10.txt")),
    (System::NetBsdDraft, true, include_str!("../calls/netbsd7.txt")),
    (System::OpenBsd56, false, include_str!("../calls/openbsd56.txt")),
    (System::OpenBsd58, false, include_str!("../calls/openbsd58.txt")),
    (System::OpenBsd71, false, include_str!("../calls/openbsd71.txt")),
    (System::OpenBsd73, true, include_str!("../calls/openbsd73.txt")),
    (System::FreeBsd8, false, include_str!("../calls/freebsd8.txt")),
    (System::FreeBsd93, false, include_str!("../calls/freebsd93.txt")),
    (System::FreeBsd10, false, include_str!("../calls/freebsd10.txt")),
    (System::FreeBsd12, false, include_str!("../calls/freebsd12.txt")),
    (System::FreeBsd14, false, include_str!("../calls/freebsd14.txt")),
    (System::FreeBsd15, true, include_str!("../calls/freebsd15.txt")),
    (System::DragonFly, true, include_str!("../calls/dfly.txt")),
    (System::Darwin8, false, include_str!("../calls/darwin8.txt")),
    (System::Aerie, false, include_str!("../calls/aerie.txt")),
];

static TABLES: [LazyLock<Table>; 23] = {
    /// A table that is parsed when it is first asked for.
    macro_rules! tables {
        ($($i:literal)*) => { [$(LazyLock::new(|| Table::parse(TEXTS[$i].2, TEXTS[$i].1).unwrap_or_default())),*] };
    }
    tables!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22)
};

/// The calls of Linux on i386, as FreeBSD numbers them for its programs.
static LINUX_I386: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("../calls/linux-i386.txt"), true).unwrap_or_default());

/// No table has more numbers.
const MOST: usize = 4096;

/// A system call.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    /// Its name; empty where releases differ.
    name: String,
    /// A letter for each argument, as the tables have them: alternatives are separated by `|`.
    arguments: String,
}

/// The numbers of one system.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Table {
    calls: Vec<Option<Call>>,
    errors: Vec<String>,
    signals: Vec<String>,
    /// Whether it has no last number.
    open: bool,
}

/// Why a text is no table.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {what}")]
pub struct NoTable {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

impl Table {
    /// Reads a table as `docs/make-call-tables.py` writes it.
    pub fn parse(text: &str, open: bool) -> Result<Table, NoTable> {
        let mut table = Table { open, ..Table::default() };
        for (i, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            let (kind, n, name) = match (words.next(), words.next(), words.next()) {
                (None, ..) => continue,
                (Some(kind), ..) if kind.starts_with('#') => continue,
                (Some(kind), Some(n), Some(name)) => (kind, n, name),
                _ => return Err(NoTable { line: i + 1, what: "a kind, a number and a name are wanted" }),
            };
            let n =
                n.parse().ok().filter(|n| *n < MOST).ok_or(NoTable { line: i + 1, what: "no number of a table" })?;
            match kind {
                "call" => table.add(n, name, words.next().unwrap_or("?")),
                "errno" => put(&mut table.errors, n, name),
                "signal" => put(&mut table.signals, n, name),
                _ => return Err(NoTable { line: i + 1, what: "neither `call`, `errno` nor `signal`" }),
            }
        }
        Ok(table)
    }

    /// Reads a kernel's own `syscalls.master`. Of arguments it keeps nothing, so every number of them fits.
    pub fn master(text: &str) -> Result<Table, NoTable> {
        let mut table = Table::default();
        let joined = text.replace("\\\n", " ");
        let mut lines = joined.lines().enumerate();
        while let Some((i, first)) = lines.next() {
            let Some((n, rest)) = first.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let Ok(n) = n.parse::<usize>() else { continue };
            if n >= MOST {
                return Err(NoTable { line: i + 1, what: "no number of a table" });
            }
            let mut entry = rest.to_owned();
            while entry.contains('{') && !entry.contains('}') {
                let Some((_, more)) = lines.next() else { break };
                entry.push(' ');
                entry.push_str(more.trim());
            }
            // The first of several is that of a kernel with everything.
            if let Some(name) = master_name(&entry)
                && table.calls.get(n).is_none_or(Option::is_none)
            {
                table.add(n, &name, "?");
            }
        }
        if table.calls.is_empty() {
            return Err(NoTable { line: 1, what: "no calls: is it a syscalls.master?" });
        }
        Ok(table)
    }

    fn add(&mut self, n: usize, name: &str, arguments: &str) {
        if self.calls.len() <= n {
            self.calls.resize(n + 1, None);
        }
        let name = if name == "-" { String::new() } else { name.to_owned() };
        self.calls[n] = Some(Call { name, arguments: arguments.to_owned() });
    }

    fn entry(&self, code: i32) -> Option<&Call> {
        self.calls.get(usize::try_from(number(code)).ok()?)?.as_ref()
    }

    /// The name of a call; `None` where there is none or it is not certain.
    pub fn call(&self, code: i32) -> Option<&str> {
        self.entry(code).map(|call| call.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The name of an error, such as `ENOENT`.
    pub fn error(&self, n: i32) -> Option<&str> {
        name_at(&self.errors, n)
    }

    /// The name of a signal, without `SIG`.
    pub fn signal(&self, n: i32) -> Option<&str> {
        name_at(&self.signals, n)
    }

    /// Whether the table allows no such call.
    fn denies(&self, code: i32, given: usize, register: u8) -> bool {
        match self.entry(code) {
            Some(call) => !call.arguments.split('|').any(|letters| takes(letters, given, register)),
            None => !self.open || usize::try_from(number(code)).is_ok_and(|n| n < self.calls.len()),
        }
    }
}

fn put(names: &mut Vec<String>, n: usize, name: &str) {
    if names.len() <= n {
        names.resize(n + 1, String::new());
    }
    names[n] = name.to_owned();
}

fn name_at(names: &[String], n: i32) -> Option<&str> {
    names.get(usize::try_from(n).ok()?).map(String::as_str).filter(|name| !name.is_empty())
}

/// Whether arguments of those letters can be so many registers: one of 64 bits takes two of 32, and perhaps one before it.
fn takes(letters: &str, given: usize, register: u8) -> bool {
    match letters {
        "?" => true,
        "." => given == 0,
        _ => {
            let wide = if register == 4 { letters.matches('q').count() } else { 0 };
            (letters.len() + wide..=letters.len() + 2 * wide).contains(&given)
        }
    }
}

/// The name of an entry of a `syscalls.master`, without the kernel's prefix.
fn master_name(entry: &str) -> Option<String> {
    let body = entry.split_once('{')?.1;
    let (proto, behind) = body.split_once('}')?;
    let head = proto.split_once('(')?.0.trim();
    let word = head.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()?;
    let mut parts = head.rsplit('|');
    let versioned = match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(version), Some(_)) if !version.is_empty() => Some(format!("__{name}{version}")),
        _ => None,
    };
    let alias = behind.split_whitespace().next().filter(|a| a.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let name = versioned.unwrap_or_else(|| alias.unwrap_or(word).trim_start_matches("sys_").to_owned());
    (!name.is_empty() && name != "nosys").then_some(name)
}

/// The table of a system.
pub fn table(system: System) -> Option<&'static Table> {
    let at = TEXTS.iter().position(|(of, ..)| *of == system)?;
    Some(&TABLES[at])
}

/// The table of Linux programs of 32 bits on little-endian machines.
pub fn linux_i386() -> &'static Table {
    &LINUX_I386
}

/// Whether no release of the origin has such a call.
pub fn is_none(origin: &Origin, payload: &Payload<'_>) -> bool {
    let Payload::Syscall { code, width, args, .. } = *payload else { return false };
    // Mach's traps have negative numbers where its programs were run.
    let mach = (-256..0).contains(&code) && origin.dialect.family == Family::NetBsd;
    !mach && table(origin.dialect.system).is_some_and(|table| table.denies(code, args.len(), width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::DIALECTS;

    #[test]
    fn every_system_has_a_table_that_parses() {
        for (system, open, text) in TEXTS {
            let parsed = Table::parse(text, open).unwrap_or_else(|e| panic!("{system:?}: {e}"));
            assert_eq!(Some(&parsed), table(system));
            assert_eq!((parsed.error(2), parsed.signal(9)), (Some("ENOENT"), Some("KILL")), "{system:?}");
        }
        assert!(DIALECTS.iter().all(|d| table(d.system).is_some()));
        assert_eq!(linux_i386().call(11), Some("execve"));
    }

    #[test]
    fn numbers_mean_what_they_do_in_their_release() {
        let check =
            |system, code, wanted| assert_eq!(table(system).and_then(|t| t.call(code)), wanted, "{system:?} {code}");
        check(System::FreeBsd93, 189, Some("fstat"));
        check(System::FreeBsd12, 189, Some("compat11.fstat"));
        check(System::FreeBsd12, 551, Some("fstat"));
        check(System::OpenBsd58, 197, Some("mmap"));
        check(System::OpenBsd73, 49, Some("mmap"));
        check(System::OpenBsd73, 166, Some("lseek"));
        // Another call in some of the releases.
        check(System::OpenBsd58, 37, None);
        check(System::NetBsd16, 340, Some("__sigaction_sigtramp"));
        check(System::NetBsd7, 434, None);
        check(System::NetBsd14, 17, Some("break"));
        check(System::NetBsd14, -26, None);
        check(System::NetBsd14, i32::MAX, None);
    }

    #[test]
    fn a_call_with_other_arguments_is_another() {
        let denies = |system, code, given, register| table(system).expect("a table").denies(code, given, register);
        // mmap(2) of today has no pad, and one of 32 bits takes two registers for its offset.
        assert!(!denies(System::OpenBsd58, 197, 7, 8) && denies(System::OpenBsd58, 197, 6, 8));
        assert!(!denies(System::OpenBsd58, 197, 8, 4));
        assert!(denies(System::OpenBsd73, 197, 7, 8));
        assert!(denies(System::FreeBsd93, 551, 2, 8));
        assert!(!denies(System::FreeBsd15, 900, 2, 8));
        assert!(denies(System::OpenBsd56, 900, 2, 8));
    }

    #[test]
    fn a_trees_own_table_is_read() {
        let text = "; comment\n#include <x>\n3\tSTD\t\t{ ssize_t sys_read(int fd, \\\n\t void *b); }\n17 STD { int sys_obreak(char *n); } break\n\
                    387\tSTD\tRUMP\t{ int|sys|30|stat(const char *p); }\n4\tAUE_NULL\tSTD {\n\t\tssize_t write(\n\t\t int fd\n\t\t);\n\t}\n9 OBSOL old\n";
        let table = Table::master(text).expect("a table");
        let names = [3, 4, 9, 17, 387].map(|n| table.call(n));
        assert_eq!(names, [Some("read"), Some("write"), None, Some("break"), Some("__stat30")]);
        assert!(Table::master("no such thing").is_err());
    }
}
