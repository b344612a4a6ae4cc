//! Designs and policies as data: the standard ones, which stand in `corpus/model`, and those that a scenario declares.
//!
//! - *Invariant:* the steps and the exports know no design and no policy by name; they ask what it leads to, holds, cancels and
//!   waits for.

use crate::condition;
use crate::nearest::hint;
use crate::property::Property;
use crate::scenario::{Impossible, Scenario};
use crate::words::{Design, Name, Policy, words};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

words! {
    /// What completion follows to find the buffer.
    Leads {
        /// The process.
        Proc = "proc",
        /// The LWP that submitted.
        Lwp = "lwp",
        /// Whichever LWP represents the process now.
        Representative = "representative",
        /// The vmspace.
        Vmspace = "vmspace",
    }
}

words! {
    /// What a request keeps from going away.
    Held {
        /// A reference on the vmspace.
        Vmspace = "vmspace",
        /// One reference on the vmspace for all of its requests.
        Queue = "queue",
        /// The process is not reaped.
        Proc = "proc",
        /// The LWP is not freed.
        Lwp = "lwp",
    }
}

words! {
    /// Whose requests a policy concerns.
    Owner {
        /// Those that the process submitted.
        Process = "process",
        /// Those whose buffer is in its vmspace, if nobody else uses that.
        Vmspace = "vmspace",
    }
}

words! {
    /// A stage that a policy waits for to be empty.
    Awaited {
        /// In the queue.
        Pending = "pending",
        /// Being copied.
        Copy = "copy",
    }
}

/// A design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignRule {
    /// Its name.
    pub name: Name,
    /// What it is, in a sentence.
    #[serde(default)]
    pub meaning: String,
    /// What completion follows.
    pub leads: Leads,
    /// What the request keeps.
    #[serde(default)]
    pub holds: Vec<Held>,
}

/// A policy of exit or exec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyRule {
    /// Its name.
    pub name: Name,
    /// What it is, in a sentence.
    #[serde(default)]
    pub meaning: String,
    /// Whose requests it concerns.
    #[serde(default = "process")]
    pub of: Owner,
    /// Whether pending ones are cancelled.
    #[serde(default)]
    pub cancels: bool,
    /// Which it waits for.
    #[serde(default)]
    pub waits: Vec<Awaited>,
    /// Whether it may go on all the same.
    #[serde(default)]
    pub gives_up: bool,
}

fn process() -> Owner {
    Owner::Process
}

/// What a scenario adds to the standard designs and policies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Designs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub design: Vec<DesignRule>,
    /// Policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<PolicyRule>,
    /// Properties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub property: Vec<NeverRule>,
}

/// A property that a scenario declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeverRule {
    /// Its name.
    pub name: Name,
    /// What it is, in a sentence.
    #[serde(default)]
    pub meaning: String,
    /// A condition that never holds; see [`crate::condition`].
    pub never: String,
}

impl Declared {
    /// Reads what a generated test keeps of it.
    ///
    /// # Errors
    /// Text that is not what serde writes.
    pub fn from_json(text: &str) -> Result<Declared, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// Whether nothing is added.
    pub fn is_empty(&self) -> bool {
        self.design.is_empty() && self.policy.is_empty() && self.property.is_empty()
    }
}

/// A property's name and meaning.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyRule {
    /// Which.
    pub name: Property,
    /// What it means, in a sentence.
    pub meaning: String,
}

/// The standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Its designs.
    pub designs: Vec<DesignRule>,
    /// Its policies.
    pub policies: Vec<PolicyRule>,
    /// Its properties.
    pub properties: Vec<PropertyRule>,
}

/// The files of the standard library: name and text.
pub const FILES: [(&str, &str); 3] = [
    ("designs.toml", include_str!("../../corpus/model/designs.toml")),
    ("policies.toml", include_str!("../../corpus/model/policies.toml")),
    ("properties.toml", include_str!("../../corpus/model/properties.toml")),
];

impl Book {
    /// Reads the three files of a library.
    ///
    /// # Errors
    /// The first file that is not as it should be, and why.
    pub fn parse(designs: &str, policies: &str, properties: &str) -> Result<Book, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Designs {
            design: Vec<DesignRule>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Policies {
            policy: Vec<PolicyRule>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Properties {
            property: Vec<PropertyRule>,
        }
        let Designs { design: designs } = toml::from_str(designs).map_err(|e| format!("designs: {e}"))?;
        let Policies { policy: policies } = toml::from_str(policies).map_err(|e| format!("policies: {e}"))?;
        let Properties { property: properties } = toml::from_str(properties).map_err(|e| format!("properties: {e}"))?;
        Ok(Book { designs, policies, properties })
    }
}

/// The standard library, read once.
///
/// # Panics
/// Its files are part of the program, and a test reads them.
pub fn standard() -> &'static Book {
    static BOOK: OnceLock<Book> = OnceLock::new();
    let [(_, designs), (_, policies), (_, properties)] = FILES;
    BOOK.get_or_init(|| Book::parse(designs, policies, properties).expect("the built-in library is valid"))
}

/// A design as the steps ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carry {
    /// What completion follows.
    pub leads: Leads,
    /// Whether the request has a reference on its vmspace, or shares one.
    pub vmspace: bool,
    /// Whether it shares it with the other requests of the vmspace.
    pub queue: bool,
    /// Whether the process is not reaped before.
    pub proc: bool,
    /// Whether the LWP is not freed before.
    pub lwp: bool,
}

/// A policy as the steps ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Whose requests it concerns.
    pub of: Owner,
    /// Whether pending ones are cancelled.
    pub cancels: bool,
    /// Whether it waits for pending ones.
    pub pending: bool,
    /// Whether it waits for those that are being copied.
    pub copy: bool,
}

impl Scenario {
    /// What the design is, by the standard library and what the scenario declares.
    ///
    /// # Errors
    /// There is no such design; which there are.
    pub fn carry(&self) -> Result<Carry, Impossible> {
        let all = || standard().designs.iter().chain(&self.declare.design);
        let Some(rule) = all().find(|rule| rule.name.as_str() == self.design.name()) else {
            return Err(unknown("design", "design", self.design.name(), all().map(|rule| rule.name.as_str())));
        };
        let holds = |what: Held| rule.holds.contains(&what);
        Ok(Carry {
            leads: rule.leads,
            vmspace: holds(Held::Vmspace) || holds(Held::Queue),
            queue: holds(Held::Queue),
            proc: holds(Held::Proc),
            lwp: holds(Held::Lwp),
        })
    }

    /// What a policy of exit or exec (`key`) is.
    ///
    /// # Errors
    /// There is no such policy; which there are.
    pub fn way(&self, key: &str, policy: Policy) -> Result<Way, Impossible> {
        let all = || standard().policies.iter().chain(&self.declare.policy);
        let Some(rule) = all().find(|rule| rule.name.as_str() == policy.name()) else {
            return Err(unknown(key, "policy", policy.name(), all().map(|rule| rule.name.as_str())));
        };
        // Whoever may go on at any moment waits for nothing that a search could rely on.
        let waits = |stage: Awaited| !rule.gives_up && rule.waits.contains(&stage);
        Ok(Way { of: rule.of, cancels: rule.cancels, pending: waits(Awaited::Pending), copy: waits(Awaited::Copy) })
    }

    /// Whether what the scenario declares can be told from the standard library and from each other.
    pub(crate) fn check_declared(&self) -> Result<(), Impossible> {
        let mut known: Vec<(&str, &str)> = Design::ALL.iter().map(|d| ("design", d.name())).collect();
        known.extend(Policy::ALL.iter().map(|p| ("policy", p.name())));
        known.extend(Property::ALL.iter().map(|p| ("property", p.name())));
        let declare = &self.declare;
        let designs = declare.design.iter().map(|rule| ("design", rule.name.as_str()));
        let policies = declare.policy.iter().map(|rule| ("policy", rule.name.as_str()));
        let properties = declare.property.iter().map(|rule| ("property", rule.name.as_str()));
        for (kind, name) in designs.chain(policies).chain(properties) {
            if known.contains(&(kind, name)) {
                return Err(Impossible::new("declare", format!("`{name}` is declared already: give it another name")));
            }
            known.push((kind, name));
        }
        for rule in &declare.property {
            let why = |e| Impossible::new("declare", format!("the property `{}`: {e}", rule.name.as_str()));
            condition::ground(self, &rule.never).map_err(why)?;
        }
        let properties = || known.iter().filter(|(kind, _)| *kind == "property").map(|(_, name)| *name);
        for property in self.expect.iter().flatten() {
            if !properties().any(|name| name == property.name()) {
                return Err(unknown("expect", "property", property.name(), properties()));
            }
        }
        Ok(())
    }
}

fn unknown<'a>(key: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Impossible {
    let known: Vec<&str> = known.collect();
    let hint = hint(name, known.iter().copied());
    Impossible::new(key, format!("there is no {what} `{name}`; there are {}{hint}", known.join(", ")))
}

impl Carry {
    /// [`Scenario::carry`] of a scenario that was checked.
    pub(crate) fn of(sc: &Scenario) -> Carry {
        let none = Carry { leads: Leads::Proc, vmspace: false, queue: false, proc: false, lwp: false };
        sc.carry().unwrap_or(none)
    }
}

impl Way {
    /// [`Scenario::way`] of a scenario that was checked.
    pub(crate) fn of(sc: &Scenario, policy: Policy) -> Way {
        let none = Way { of: Owner::Process, cancels: false, pending: false, copy: false };
        sc.way("exit", policy).unwrap_or(none)
    }

    /// Whether it does nothing at all.
    pub(crate) fn is_none(self) -> bool {
        !(self.cancels || self.pending || self.copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_has_what_has_a_name_in_the_code() {
        let book = standard();
        let names = |of: Vec<&'static str>| of;
        assert_eq!(
            names(book.designs.iter().map(|r| r.name.as_str()).collect()),
            names(Design::ALL.iter().map(|d| d.name()).collect())
        );
        assert_eq!(
            names(book.policies.iter().map(|r| r.name.as_str()).collect()),
            names(Policy::ALL.iter().map(|p| p.name()).collect())
        );
        let properties: Vec<Property> = book.properties.iter().map(|r| r.name).collect();
        assert_eq!(properties, Property::ALL);
        assert!(
            book.designs.iter().all(|r| !r.meaning.is_empty()) && book.policies.iter().all(|r| !r.meaning.is_empty())
        );
    }
}
