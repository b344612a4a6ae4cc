//! What the commands of ioctl(2) are called: a table a system, generated (`docs/make-ioctl-tables.py`). Systems whose own headers were
//! not at hand have what most of the BSDs have alike.
//!
//! - *Invariant:* a name is given only where way, group, number and the argument's bytes, as far as the table has them, are its own.

use crate::system::System;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// What of a command's number says which it is: way, group and number.
const WHICH: u32 = 0xe000_ffff;

/// The commands of a system: name and the argument's bytes, if those are the same on all machines.
type Table = FxHashMap<u32, Vec<(Option<u32>, &'static str)>>;

macro_rules! tables {
    ($($name:ident $file:literal)*) => {
        $(static $name: LazyLock<Table> = LazyLock::new(|| parse(include_str!(concat!("../calls/ioctl-", $file, ".txt"))));)*
    };
}

tables! { BSD "bsd" NETBSD "netbsd" OPENBSD "openbsd" FREEBSD "freebsd" DRAGONFLY "dfly" }

fn parse(text: &'static str) -> Table {
    let mut table = Table::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["ioctl", way, group, number, size, name] = words[..] else { continue };
        let (Ok(group), Ok(number)) = (group.parse::<u8>(), number.parse::<u8>()) else { continue };
        let way = match way {
            "R" => 0x4000_0000,
            "W" => 0x8000_0000,
            "RW" => 0xc000_0000,
            _ => 0x2000_0000,
        };
        let which = way | u32::from(group) << 8 | u32::from(number);
        table.entry(which).or_default().push((size.parse().ok(), name));
    }
    table
}

/// The tables that a name has to stand in. Of a release whose own headers were not at hand an earlier one's say what most of the BSDs
/// have and this family has not, or has by another name.
fn tables(system: System) -> Option<(&'static Table, Option<&'static Table>)> {
    use System::*;
    Some(match system {
        NetBsd13 | NetBsd14 | NetBsd16 | NetBsd4 | NetBsd7 | Mouse14 | Mouse40 => (&NETBSD, None),
        OpenBsd56 => (&OPENBSD, None),
        FreeBsd8 | FreeBsd93 => (&FREEBSD, None),
        DragonFly => (&DRAGONFLY, None),
        NetBsd10 | NetBsdDraft => (&BSD, Some(&NETBSD)),
        OpenBsd58 | OpenBsd71 | OpenBsd73 => (&BSD, Some(&OPENBSD)),
        FreeBsd10 | FreeBsd12 | FreeBsd14 | FreeBsd15 => (&BSD, Some(&FREEBSD)),
        Lite2 | Darwin8 | Aerie => (&BSD, None),
        Told | Private => return None,
    })
}

/// The name of a command, as it stands in a register.
pub fn name(system: System, word: u64) -> Option<&'static str> {
    // An `int` of a program may have its sign in the upper half.
    let command = word as u32;
    if !matches!(word >> 32, 0 | 0xffff_ffff) {
        return None;
    }
    let size = command >> 16 & 0x1fff;
    let fits = |bytes: &Option<u32>| bytes.map_or(size > 0, |bytes| bytes == size);
    let in_table = |table: &'static Table| {
        let known = table.get(&(command & WHICH))?;
        known.iter().find(|(bytes, _)| fits(bytes)).map(|(_, name)| *name)
    };
    let (table, family) = tables(system)?;
    in_table(table).filter(|name| family.is_none_or(|family| in_table(family) == Some(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_named_by_all_of_its_number() {
        let name = |word| name(System::NetBsd14, word);
        assert_eq!(name(0x402c_7413), Some("TIOCGETA"));
        assert_eq!(name(0xffff_ffff_8004_667e), Some("FIONBIO"));
        assert_eq!(name(0x2000_6601), Some("FIOCLEX"));
        // Another argument, other bits above, another way.
        assert_eq!([0x8008_667e, 0x1_8004_667e, 0x4004_667e, 0x4000_7413].map(name), [None; 4]);
    }

    #[test]
    fn a_later_release_has_what_its_family_had() {
        // `FD_FORM` of most BSDs, of four bytes: NetBSD has it for a frame buffer. OpenBSD has no `PPS_IOC_CREATE`.
        assert_eq!(name(System::Aerie, 0x8004_463d), Some("FD_FORM"));
        assert_eq!(name(System::NetBsd10, 0x8004_463d), None);
        assert_eq!(name(System::FreeBsd14, 0x2000_3101), Some("PPS_IOC_CREATE"));
        assert_eq!(name(System::OpenBsd73, 0x2000_3101), None);
    }

    #[test]
    fn every_table_parses_and_all_systems_agree_on_terminals() {
        for (text, table) in [
            (include_str!("../calls/ioctl-bsd.txt"), &BSD),
            (include_str!("../calls/ioctl-netbsd.txt"), &NETBSD),
            (include_str!("../calls/ioctl-openbsd.txt"), &OPENBSD),
            (include_str!("../calls/ioctl-freebsd.txt"), &FREEBSD),
            (include_str!("../calls/ioctl-dfly.txt"), &DRAGONFLY),
        ] {
            let lines = text.lines().filter(|line| !line.starts_with('#')).count();
            assert_eq!(table.values().map(Vec::len).sum::<usize>(), lines);
            assert!(lines > 300, "{lines}");
        }
        for dialect in &crate::system::DIALECTS {
            assert_eq!(name(dialect.system, 0x4008_7468), Some("TIOCGWINSZ"), "{}", dialect.name);
        }
    }
}
