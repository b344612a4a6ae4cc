//! Which functions take and drop references: data, from `rules/references.toml` and from the user's own files.

use serde::Deserialize;

/// The families that are built in.
pub const BUILTIN: &str = include_str!("../../rules/references.toml");

/// With which result a function that takes has taken nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fails {
    /// An error number.
    Nonzero,
    /// `NULL`, or false.
    Zero,
}

/// A function that takes a reference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Its name.
    pub name: String,
    /// The argument that is referenced.
    pub arg: Option<usize>,
    /// The argument through which what is referenced comes back.
    pub out: Option<usize>,
    /// What is referenced is the result.
    #[serde(default)]
    pub result: bool,
    /// The argument that has it.
    pub owner: Option<usize>,
    /// When nothing is taken.
    pub fails: Option<Fails>,
    /// It finds out itself that the owner is exiting.
    #[serde(default)]
    pub checks: bool,
}

/// A function that drops a reference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drops {
    /// Its name.
    pub name: String,
    /// The argument that is dropped.
    pub arg: usize,
}

/// What one family of kernels does with one kind of object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// What is counted.
    pub object: String,
    /// Where the facts come from.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What takes.
    pub take: Vec<Take>,
    /// What drops.
    pub drop: Vec<Drops>,
    /// Members whose raising takes.
    #[serde(default)]
    pub counts: Vec<String>,
    /// Members through which an owner lends.
    #[serde(default)]
    pub pointers: Vec<String>,
    /// Names by which code finds out that an owner is exiting.
    #[serde(default)]
    pub exiting: Vec<String>,
}

/// What is the same in all families.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Common {
    /// Functions that hand on the truth of their first argument.
    pub transparent: Vec<String>,
    /// Functions that do not return.
    pub noreturn: Vec<String>,
    /// Functions whose result outlives the caller.
    pub allocators: Vec<String>,
    /// Names that are the caller's own process.
    pub current: Vec<String>,
}

/// All that is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What is the same in all families.
    #[serde(default)]
    pub common: Common,
    /// Families.
    #[serde(default, rename = "family")]
    pub families: Vec<Family>,
}

/// A file of rules that cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct RulesError {
    /// The file's name.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl Rules {
    /// The built-in ones.
    ///
    /// # Errors
    /// An error in a built-in file, which a test rules out.
    pub fn builtin() -> Result<Rules, RulesError> {
        Rules::parse("references.toml", BUILTIN)
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// Bad TOML, an unknown key, or a take that does not say what it takes: with file and line.
    pub fn parse(file: &str, text: &str) -> Result<Rules, RulesError> {
        let error = |offset: usize, message: String| {
            let before = &text.as_bytes()[..offset.min(text.len())];
            let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
            RulesError { file: file.to_owned(), line, message }
        };
        let rules: Rules =
            toml::from_str(text).map_err(|e| error(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;
        for take in rules.families.iter().flat_map(|f| &f.take) {
            let said = usize::from(take.arg.is_some()) + usize::from(take.out.is_some()) + usize::from(take.result);
            if said != 1 {
                let at = text.find(&format!("\"{}\"", take.name)).unwrap_or(0);
                let message = format!("`{}` must have one of `arg`, `out` and `result`", take.name);
                return Err(error(at, message));
            }
        }
        Ok(rules)
    }

    /// With another file's families and names added.
    #[must_use]
    pub fn with(mut self, other: Rules) -> Rules {
        self.families.extend(other.families);
        let Common { transparent, noreturn, allocators, current } = other.common;
        self.common.transparent.extend(transparent);
        self.common.noreturn.extend(noreturn);
        self.common.allocators.extend(allocators);
        self.common.current.extend(current);
        self
    }

    pub(super) fn take(&self, name: &str) -> Option<&Take> {
        self.families.iter().flat_map(|f| &f.take).find(|t| t.name == name)
    }

    pub(super) fn drop(&self, name: &str) -> Option<&Drops> {
        self.families.iter().flat_map(|f| &f.drop).find(|d| d.name == name)
    }

    pub(super) fn is_count(&self, member: &str) -> bool {
        self.families.iter().flat_map(|f| &f.counts).any(|c| c == member)
    }

    pub(super) fn is_pointer(&self, member: &str) -> bool {
        self.families.iter().flat_map(|f| &f.pointers).any(|p| p == member)
    }

    pub(super) fn shows_exiting(&self, text: &str) -> bool {
        self.families.iter().flat_map(|f| &f.exiting).any(|name| has_word(text, name))
    }

    /// Names by which a file is found worth reading.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for f in &self.families {
            names.extend(f.take.iter().map(|t| t.name.clone()));
            names.extend(f.drop.iter().map(|d| d.name.clone()));
            names.extend(f.counts.iter().cloned());
            names.extend(f.pointers.iter().map(|p| format!("->{p}")));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Whether a text holds a name as a whole word.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| uioscope_source::text::is_word(text.as_bytes(), at, name.len()))
}
