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
    /// What is counted: the tag of its struct.
    pub object: String,
    /// Which of the object's counts it is, where it has several.
    #[serde(default)]
    pub count: String,
    /// Where the facts come from.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What takes.
    pub take: Vec<Take>,
    /// What drops.
    pub drop: Vec<Drops>,
    /// Members whose raising takes, and whose lowering drops.
    #[serde(default)]
    pub counts: Vec<String>,
    /// Members through which an owner lends.
    #[serde(default)]
    pub pointers: Vec<String>,
    /// Tags of the structs that are owners, where the members' names alone do not tell.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Members that hold a lent pointer for the time of a call.
    #[serde(default)]
    pub lent: Vec<String>,
    /// Names by which code finds out that an owner is exiting.
    #[serde(default)]
    pub exiting: Vec<String>,
    /// Names by which code keeps an owner from exiting: locks and tokens of it.
    #[serde(default)]
    pub keeps: Vec<String>,
}

/// A count of an object: references on different counts have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u16);

/// What is the same in all families.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Common {
    /// Functions that hand on the truth of their first argument.
    pub transparent: Vec<String>,
    /// Functions that are true where their argument is no pointer.
    pub none: Vec<String>,
    /// Functions that do not return.
    pub noreturn: Vec<String>,
    /// Functions whose result outlives the caller.
    pub allocators: Vec<String>,
    /// Functions that free what they are handed.
    pub frees: Vec<String>,
    /// Functions and macros that put a member of something on a list, so that it stays.
    pub queues: Vec<String>,
    /// Attributes that drop what a variable holds at the end of its scope.
    pub cleanup: Vec<String>,
    /// Functions that take a pointer out of a variable with such an attribute.
    pub releases: Vec<String>,
    /// Functions that raise the count that their argument points to.
    pub raises: Vec<String>,
    /// Functions that raise it unless it is zero, and say whether they did.
    pub tries: Vec<String>,
    /// Functions that lower it.
    pub lowers: Vec<String>,
    /// Names that are the caller's own process.
    pub current: Vec<String>,
    /// Owners that never exit.
    pub immortal: Vec<String>,
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

impl Common {
    /// Whether a function only asks what its argument is.
    pub(super) fn only_asks(&self, name: &str) -> bool {
        self.transparent.iter().chain(&self.none).any(|n| n == name)
    }

    /// Whether a name is known: what a macro of that name does is believed, not looked into.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.lists().into_iter().flatten().any(|n| n == name)
    }

    fn lists(&self) -> [&Vec<String>; 12] {
        let Common { transparent, none, noreturn, allocators, frees, queues, .. } = self;
        let Common { releases, raises, tries, lowers, current, immortal, .. } = self;
        [transparent, none, noreturn, allocators, frees, queues, releases, raises, tries, lowers, current, immortal]
    }
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
        let Common {
            transparent,
            none,
            noreturn,
            allocators,
            frees,
            queues,
            cleanup,
            releases,
            raises,
            tries,
            lowers,
            current,
            immortal,
        } = other.common;
        self.common.transparent.extend(transparent);
        self.common.none.extend(none);
        self.common.noreturn.extend(noreturn);
        self.common.allocators.extend(allocators);
        self.common.frees.extend(frees);
        self.common.queues.extend(queues);
        self.common.cleanup.extend(cleanup);
        self.common.releases.extend(releases);
        self.common.raises.extend(raises);
        self.common.tries.extend(tries);
        self.common.lowers.extend(lowers);
        self.common.current.extend(current);
        self.common.immortal.extend(immortal);
        self
    }

    /// The count that a family is about: that of the first that is about the same.
    fn kind(&self, family: &Family) -> Kind {
        let same = |f: &Family| (&f.object, &f.count) == (&family.object, &family.count);
        Kind(self.families.iter().position(same).unwrap_or_default() as u16)
    }

    /// What is counted, in words.
    pub(super) fn counted(&self, kind: Kind) -> String {
        match self.families.get(usize::from(kind.0)) {
            Some(f) if f.count.is_empty() => f.object.clone(),
            Some(f) => format!("{} ({})", f.object, f.count),
            None => String::new(),
        }
    }

    pub(super) fn take(&self, name: &str) -> Option<(Kind, &Take)> {
        self.families.iter().find_map(|f| Some((self.kind(f), f.take.iter().find(|t| t.name == name)?)))
    }

    pub(super) fn drop(&self, name: &str) -> Option<(Kind, &Drops)> {
        self.families.iter().find_map(|f| Some((self.kind(f), f.drop.iter().find(|d| d.name == name)?)))
    }

    /// Names of functions whose meaning is known.
    pub(super) fn known(&self) -> Vec<String> {
        let mut all: Vec<String> = self.common.lists().into_iter().flatten().cloned().collect();
        for f in &self.families {
            all.extend(f.take.iter().map(|t| t.name.clone()));
            all.extend(f.drop.iter().map(|d| d.name.clone()));
        }
        all
    }

    /// Whether a name takes or drops.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.take(name).is_some() || self.drop(name).is_some()
    }

    /// The count that a member holds.
    pub(super) fn count(&self, member: &str) -> Option<Kind> {
        self.families.iter().find(|f| f.counts.iter().any(|c| c == member)).map(|f| self.kind(f))
    }

    /// The counts of an object.
    pub(super) fn kinds_of(&self, object: &str) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.families.iter().filter(|f| f.object == object).map(|f| self.kind(f)).collect();
        kinds.dedup();
        kinds
    }

    pub(super) fn is_lent(&self, member: &str) -> bool {
        self.families.iter().flat_map(|f| &f.lent).any(|l| l == member)
    }

    /// Whether a struct with such a member can be an owner.
    pub(super) fn is_owner(&self, tag: &str, member: &str) -> bool {
        let has = |f: &&Family| f.pointers.iter().any(|p| p == member);
        self.families.iter().filter(has).any(|f| f.owners.is_empty() || f.owners.iter().any(|o| o == tag))
    }

    pub(super) fn is_pointer(&self, member: &str) -> bool {
        self.families.iter().flat_map(|f| &f.pointers).any(|p| p == member)
    }

    pub(super) fn shows_exiting(&self, text: &str) -> bool {
        self.families.iter().flat_map(|f| f.exiting.iter().chain(&f.keeps)).any(|name| has_word(text, name))
    }

    pub(super) fn keeps_owner(&self, text: &str) -> bool {
        self.families.iter().flat_map(|f| &f.keeps).any(|name| has_word(text, name))
    }

    /// Names by which a file is found worth reading.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for f in &self.families {
            names.extend(f.take.iter().map(|t| t.name.clone()));
            names.extend(f.drop.iter().map(|d| d.name.clone()));
            names.extend(f.counts.iter().cloned());
            names.extend(f.pointers.iter().map(|p| format!("->{p}")));
            names.push(format!("struct {}", f.object));
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
