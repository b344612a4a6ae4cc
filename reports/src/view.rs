//! What a report shows of an audit, and the counts that every report needs.

use std::collections::BTreeMap;
use uioscope_analyzer::finding::{Access, Audit, Confidence, Finding, Implicit, Role, Space};

/// So many meanings of NULL are shown in a table.
const MEANINGS: usize = 3;

/// An audit, and which of its findings are shown. Totals always speak of the whole audit.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// The whole audit.
    pub audit: &'a Audit,
    /// The findings to show, in the audit's order.
    pub shown: Vec<&'a Finding>,
    /// What was asked for, in words (`role session`); nothing when everything is shown.
    pub filter: Option<String>,
}

impl<'a> View<'a> {
    /// Everything.
    pub fn whole(audit: &'a Audit) -> View<'a> {
        View { audit, shown: audit.findings.iter().collect(), filter: None }
    }

    /// The shown findings by directory, both in order.
    pub fn by_directory(&self) -> BTreeMap<&'a str, Vec<&'a Finding>> {
        let mut map: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for &finding in &self.shown {
            map.entry(split_path(&finding.path).0).or_default().push(finding);
        }
        map
    }
}

/// Directory (`.` at the root) and name.
pub fn split_path(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

/// A load that needs more than an address space.
pub fn is_abuse(finding: &Finding) -> bool {
    finding.access == Access::Load && finding.roles.iter().any(|r| r.is_beyond_address_space())
}

/// How a site that does not bear the field's name came about.
pub fn implicit_name(implicit: Implicit) -> &'static str {
    match implicit {
        Implicit::Macro => "macro",
        Implicit::Initializer => "initializer",
        Implicit::Copy => "copy",
        Implicit::Unset => "unset",
        Implicit::Path => "path",
    }
}

/// `load`, or `store (copy)` for a site that does not bear the field's name.
pub fn access_text(finding: &Finding) -> String {
    match finding.implicit {
        Some(implicit) => format!("{} ({})", finding.access.name(), implicit_name(implicit)),
        None => finding.access.name().to_owned(),
    }
}

/// Whether some such use is more than possible.
pub fn is_likely_abuse(finding: &Finding) -> bool {
    let is_likely = |r: &Role| r.is_beyond_address_space() && finding.confidence_of(*r) != Confidence::Possible;
    finding.access == Access::Load && finding.roles.iter().any(is_likely)
}

/// Roles or space, as the report's one column for both; `-` where there is neither.
pub fn meaning(finding: &Finding) -> String {
    if !finding.roles.is_empty() {
        return finding.roles.iter().map(|r| finding.shown(*r)).collect::<Vec<_>>().join(", ");
    }
    finding.space.map_or("-", Space::name).to_owned()
}

/// What NULL means to the readers, each meaning once; empty where nothing is done with it.
pub fn null_text(finding: &Finding) -> String {
    let mut seen: Vec<String> = Vec::new();
    for meaning in finding.null_meaning.iter().map(|e| e.step.to_string()) {
        if !seen.contains(&meaning) {
            seen.push(meaning);
        }
    }
    let more = seen.len().saturating_sub(MEANINGS);
    seen.truncate(MEANINGS);
    let text = seen.join("; ");
    if more > 0 { format!("{text}; and {more} more") } else { text }
}

/// Roles that are there for debugging only.
pub fn debugging_text(finding: &Finding) -> String {
    let roles: Vec<&str> = finding.role_conditions.iter().filter(|c| c.diagnostic).map(|c| c.role.name()).collect();
    if roles.is_empty() { String::new() } else { format!("{} for debugging only", roles.join(", ")) }
}

/// Why a thing is not certain or not followed: the finding's notes in one line, and its confidence where that is low.
pub fn remark(finding: &Finding) -> String {
    let debugging = debugging_text(finding);
    let mut parts: Vec<String> = finding.notes.iter().map(ToString::to_string).collect();
    if !debugging.is_empty() {
        parts.insert(0, debugging);
    }
    if finding.confidence != Confidence::Certain {
        parts.insert(0, finding.confidence.name().to_owned());
    }
    parts.join("; ")
}

/// The audit's counts. A load counts under each of its roles, so roles add up to more than loads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// All loads.
    pub loads: u64,
    /// Loads that need more than an address space.
    pub abuses: u64,
    /// Those of them that are no more than possible.
    pub possible_abuses: u64,
    /// Loads of which no role is known.
    pub roleless: u64,
    /// Loads by role; only roles that occur.
    pub roles: Vec<(Role, u64)>,
    /// Roles that are no more than possible there; only roles that occur.
    pub possible: BTreeMap<Role, u64>,
    /// All stores.
    pub stores: u64,
    /// Stores by space; only spaces that occur.
    pub spaces: Vec<(Space, u64)>,
    /// Stores of which no space is given.
    pub spaceless: u64,
    /// Declarations.
    pub decls: u64,
    /// Comments, strings, disabled text.
    pub mentions: u64,
    /// Sites that do not bear the field's name, by kind; only kinds that occur.
    pub implicit: Vec<(Implicit, u64)>,
}

impl Counts {
    /// Counts findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Counts {
        let mut counts = Counts::default();
        let mut roles: BTreeMap<Role, u64> = BTreeMap::new();
        let mut spaces: BTreeMap<Space, u64> = BTreeMap::new();
        let mut implicit: BTreeMap<Implicit, u64> = BTreeMap::new();
        for finding in findings {
            match finding.access {
                Access::Load => {
                    counts.loads += 1;
                    counts.abuses += u64::from(is_abuse(finding));
                    counts.possible_abuses += u64::from(is_abuse(finding) && !is_likely_abuse(finding));
                    counts.roleless += u64::from(finding.roles.is_empty());
                    for &role in &finding.roles {
                        *roles.entry(role).or_default() += 1;
                        if finding.confidence_of(role) == Confidence::Possible {
                            *counts.possible.entry(role).or_default() += 1;
                        }
                    }
                }
                Access::Store => {
                    counts.stores += 1;
                    match finding.space {
                        Some(space) => *spaces.entry(space).or_default() += 1,
                        None => counts.spaceless += 1,
                    }
                }
                Access::Decl => counts.decls += 1,
                Access::Mention => counts.mentions += 1,
            }
            if let Some(kind) = finding.implicit {
                *implicit.entry(kind).or_default() += 1;
            }
        }
        counts.roles = roles.into_iter().collect();
        counts.spaces = spaces.into_iter().collect();
        counts.implicit = implicit.into_iter().collect();
        counts
    }

    /// How many sites do not bear the field's name.
    pub fn implicit_total(&self) -> u64 {
        self.implicit.iter().map(|(_, n)| n).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn counts_tell_abuses_from_other_loads() {
        let audit = fixture::audit();
        let counts = Counts::of(&audit.findings);
        assert_eq!(counts.loads, 6);
        assert_eq!(counts.abuses, 3);
        assert_eq!(counts.stores, 3);
        assert_eq!(counts.implicit, [(Implicit::Macro, 1), (Implicit::Copy, 1)]);
        assert!(counts.roles.contains(&(Role::Signal, 1)));
    }

    #[test]
    fn directories_and_names() {
        assert_eq!(split_path("sys/kern/a.c"), ("sys/kern", "a.c"));
        assert_eq!(split_path("<stdin>"), (".", "<stdin>"));
        let audit = fixture::audit();
        let directories: Vec<_> = View::whole(&audit).by_directory().into_keys().collect();
        assert_eq!(directories, ["sys/kern", "sys/miscfs/procfs", "sys/sys"]);
    }
}
