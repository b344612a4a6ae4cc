//! Which findings are shown, and which make the run fail.

use anyhow::{Result, anyhow, bail};
use globset::{GlobBuilder, GlobMatcher};
use uioscope_analyzer::finding::{Access, Finding, Role};
use uioscope_reports::view::is_abuse;

/// What `--role`, `--access` and `--path` ask for. Each that is given must hold.
#[derive(Debug, Default)]
pub struct Filter {
    roles: Vec<FailOn>,
    access: Vec<Access>,
    paths: Vec<(String, GlobMatcher)>,
}

impl Filter {
    /// Of the arguments. A glob without `/` is matched against the file's name alone, as people mean it.
    pub fn new(roles: &[FailOn], access: &[Access], paths: &[String]) -> Result<Filter> {
        let paths = paths.iter().map(|path| Ok((path.clone(), glob(path)?))).collect::<Result<_>>()?;
        Ok(Filter { roles: roles.to_vec(), access: access.to_vec(), paths })
    }

    /// Whether the finding is to be shown.
    pub fn shows(&self, finding: &Finding) -> bool {
        (self.roles.is_empty() || self.roles.iter().any(|r| r.meets(finding)))
            && (self.access.is_empty() || self.access.contains(&finding.access))
            && (self.paths.is_empty() || self.paths.iter().any(|(raw, glob)| matches(raw, glob, &finding.path)))
    }

    /// Whether every `--path` matches one of the files that were read: one that matches none is a mistake, and not a filter
    /// that nothing passes. `files` are those that were read, each with whether only for its declarations.
    ///
    /// # Errors
    /// One does not; with the paths that come nearest.
    pub fn fits(&self, files: &[(String, bool)]) -> Result<()> {
        for (raw, glob) in &self.paths {
            if files.iter().any(|(path, _)| matches(raw, glob, path)) {
                continue;
            }
            let mut near: Vec<(f64, &str)> = Vec::new();
            let fixed = raw.split(['*', '?', '[', '{']).next().unwrap_or(raw).trim_end_matches('/');
            for path in files.iter().map(|(path, _)| path.as_str()) {
                for part in path.match_indices('/').map(|(i, _)| &path[..i]).chain([path]) {
                    if !near.iter().any(|n| n.1 == part) && part.matches('/').count() == fixed.matches('/').count() {
                        near.push((strsim::jaro_winkler(fixed, part), part));
                    }
                }
            }
            near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            let named: Vec<&str> = near.iter().take(3).map(|n| n.1).collect();
            bail!(
                "--path `{raw}`: no file that was read matches it; paths begin below the tree that is named, such as {}",
                named.join(", ")
            );
        }
        Ok(())
    }

    /// The filter in words; nothing when everything is shown.
    pub fn describe(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.roles.is_empty() {
            parts.push(format!("role {}", join(self.roles.iter().map(|r| r.name()))));
        }
        if !self.access.is_empty() {
            parts.push(format!("access {}", join(self.access.iter().map(|a| a.name()))));
        }
        if !self.paths.is_empty() {
            parts.push(format!("path {}", join(self.paths.iter().map(|(raw, _)| raw.as_str()))));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" or ")
}

fn glob(raw: &str) -> Result<GlobMatcher> {
    // `*` stops at a `/`, `**` does not.
    let glob = GlobBuilder::new(raw).literal_separator(true).build();
    Ok(glob.map_err(|e| anyhow!("--path `{raw}`: {}", e.kind()))?.compile_matcher())
}

/// A pattern without `/` speaks of the file's name; one with it of the path, or of a directory on the way.
fn matches(raw: &str, glob: &GlobMatcher, path: &str) -> bool {
    if !raw.contains('/') && path.rsplit('/').next().is_some_and(|name| glob.is_match(name)) {
        return true;
    }
    let ends = path.match_indices('/').map(|(i, _)| i).chain([path.len()]);
    ends.into_iter().any(|end| glob.is_match(&path[..end]))
}

/// What `--fail-on` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A role.
    Role(Role),
    /// Any role that needs more than an address space.
    Abuse,
}

impl FailOn {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FailOn::Role(role) => role.name(),
            FailOn::Abuse => "abuse",
        }
    }

    /// Whether the finding is such a one.
    pub fn meets(self, finding: &Finding) -> bool {
        match self {
            FailOn::Role(role) => finding.roles.contains(&role),
            FailOn::Abuse => is_abuse(finding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, want: bool) {
        assert_eq!(matches(pattern, &glob(pattern).expect("a glob"), path), want, "{pattern} {path}");
    }

    #[test]
    fn globs_mean_what_people_mean() {
        check("tty*.c", "sys/kern/tty_tty.c", true);
        check("*.h", "sys/kern/tty_tty.c", false);
        check("sys/kern", "sys/kern/tty_tty.c", true);
        check("sys/kern/*", "sys/kern/tty_tty.c", true);
        check("sys/*.c", "sys/kern/tty_tty.c", false);
        check("sys/**/*.c", "sys/kern/tty_tty.c", true);
        check("kern/*", "sys/kern/tty_tty.c", false);
        check("**/kern/*", "sys/kern/tty_tty.c", true);
    }

    #[test]
    fn a_bad_glob_is_named() {
        let error = Filter::new(&[], &[], &["a[".to_owned()]).expect_err("an error");
        assert!(error.to_string().starts_with("--path `a[`: "), "{error}");
    }

    #[test]
    fn a_filter_is_said_in_words() {
        let filter =
            Filter::new(&[FailOn::Role(Role::Session), FailOn::Abuse], &[Access::Load], &[]).expect("a filter");
        assert_eq!(filter.describe().as_deref(), Some("role session or abuse; access load"));
        assert_eq!(Filter::default().describe(), None);
    }
}
