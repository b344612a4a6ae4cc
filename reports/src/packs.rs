//! The listing of role packs.

use crate::numbers::counted;
use crate::safe::{clean, clip};
use crate::style::{Ink, Style};
use uioscope_analyzer::packs::{Pack, Rule, RuleKind};

/// One line a pack: name, how many rules it has with those of what it extends, what it extends, title.
pub fn list(packs: &[Pack], style: Style) -> String {
    let name = column(packs.iter().map(|p| p.name.as_str()), "pack");
    let base = column(packs.iter().filter_map(|p| p.extends.as_deref()), "extends");
    let head = format!("{:name$}  {:>5}  {:base$}  title", "pack", "rules", "extends");
    let mut out = format!("{}\n", style.paint(Ink::Dim, &head));
    for pack in packs {
        let padded = format!("{:name$}", clean(&pack.name));
        let extends = clean(pack.extends.as_deref().unwrap_or("-"));
        let (name, rules, title) = (style.paint(Ink::Title, &padded), pack.rules.len(), clip(&pack.title, 100));
        out += &format!("{name}  {rules:>5}  {extends:base$}  {title}\n");
    }
    out
}

/// What a checked pack holds, in a few lines.
pub fn summary(pack: &Pack, style: Style) -> String {
    let own = pack.rules.iter().filter(|r| r.pack == pack.name).count();
    let kind = |kind: RuleKind, one: &str, many: &str| {
        counted(pack.rules.iter().filter(|r: &&Rule| r.kind == kind).count() as u64, one, many)
    };
    let row =
        |name: &str, text: String| format!("{} {}\n", style.paint(Ink::Dim, &format!("{name:<9}")), clip(&text, 160));
    let fields: Vec<String> = pack.track_fields.iter().map(|f| format!("{}.{f}", pack.track_struct)).collect();
    let mut out = row("pack", format!("{}, {}", pack.name, pack.title));
    out += &row("extends", pack.extends.clone().unwrap_or_else(|| "nothing".to_owned()));
    out += &row("tracks", fields.join(", "));
    if !pack.companion.field.is_empty() {
        out += &row("companion", pack.companion.field.clone());
    }
    out += &row(
        "rules",
        format!(
            "{} ({own} of its own): {}, {}, {}, {}",
            pack.rules.len(),
            kind(RuleKind::Member, "member", "members"),
            kind(RuleKind::Flag, "flag", "flags"),
            kind(RuleKind::Call, "call", "calls"),
            kind(RuleKind::Macro, "macro", "macros"),
        ),
    );
    out
}

fn column<'a>(cells: impl Iterator<Item = &'a str>, head: &str) -> usize {
    cells.map(|c| clean(c).chars().count()).chain([head.len()]).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uioscope_analyzer::packs::BUILTIN;

    #[test]
    fn every_builtin_pack_is_listed_and_aligned() {
        let packs: Vec<Pack> = BUILTIN.iter().map(|(n, _)| Pack::builtin(n).expect("a built-in pack")).collect();
        let text = list(&packs, Style::PLAIN);
        assert_eq!(text.lines().count(), 1 + BUILTIN.len());
        for ((name, _), line) in BUILTIN.iter().zip(text.lines().skip(1)) {
            assert!(line.starts_with(name), "{line}");
        }
    }

    #[test]
    fn a_checked_pack_is_summed_up() {
        let text = "name = \"mine\"\ntitle = \"Mine\"\n[track]\nstruct = \"uio\"\nfields = [\"uio_procp\"]\nheaders = []\n[rules]\n\
                    member = [{ name = \"proc.p_pid\", roles = [\"process-id\"], ref = \"r\" }]\n";
        let pack = Pack::parse("mine.toml", text).expect("a good pack");
        insta::assert_snapshot!(summary(&pack, Style::PLAIN));
    }
}
