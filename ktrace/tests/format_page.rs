//! The page that specifies the neutral format says what the code does: systems, machines, and every type of every system.

use uioscope_ktrace::abi::ABIS;
use uioscope_ktrace::system::{DIALECTS, Kind};

const PAGE: &str = include_str!("../../docs/ktrace-format.md");

#[test]
fn every_type_of_every_system_stands_in_the_page() {
    for dialect in &DIALECTS {
        let mut types: Vec<String> = dialect
            .types
            .iter()
            // START is said once, by the number in its header.
            .filter(|(code, kind)| *kind != Kind::Start || *code == 0x4b54_5200)
            .map(|(code, kind)| match kind {
                Kind::Start => format!("{code:#x} {}", kind.name()),
                _ => format!("{code} {}", kind.name()),
            })
            .collect();
        types.sort_by_key(|t| t.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(u64::MAX));
        let row = format!("| {} | {} | {} |", dialect.name, dialect.namespace(), types.join(", "));
        assert!(PAGE.contains(&row), "the page lacks\n{row}");
    }
}

#[test]
fn every_machine_and_system_has_its_number_in_the_page() {
    let words = PAGE.split_whitespace().collect::<Vec<_>>().join(" ");
    for abi in &ABIS {
        let named = format!("{} {}", abi.id, abi.name);
        assert!(words.contains(&format!("{named},")) || words.contains(&format!("{named}.")), "{named}");
    }
    for dialect in &DIALECTS {
        assert!(words.contains(&format!(" {} ({})", dialect.name, dialect.title)), "{}", dialect.name);
    }
}
