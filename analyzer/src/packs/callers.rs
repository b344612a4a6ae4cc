//! What a pack says of callers: whose process a function is handed, what runs beside the requester, what lives as long as a call.

use super::{PackError, Place, fits};
use crate::finding::RunAs;
use memchr::memmem;
use serde::Deserialize;
use toml::Spanned;

/// A function that makes another one run later, or elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrar {
    /// Its name, or a macro's.
    pub name: String,
    /// 0-based argument that is the function.
    pub function: usize,
    /// What the function then runs as.
    pub context: RunAs,
}

/// A parameter list, and which of them is the process that makes the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Struct tags or type names, `*` at either end for any; `*` alone for anything.
    pub params: Vec<String>,
    /// 0-based.
    pub current: usize,
}

/// The section `[callers]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callers {
    /// Structs that hold the arguments of one call, by patterns.
    pub arguments: Vec<String>,
    /// Those of them whose process is the one that makes the call.
    pub requester: Vec<String>,
    /// Structs of functions that are called with the process that makes the call.
    pub tables: Vec<String>,
    /// Parameter lists of such functions, however they are registered.
    pub entries: Vec<Entry>,
    /// What makes a function run elsewhere.
    pub registrars: Vec<Registrar>,
    /// Functions and macros that give new memory.
    pub allocators: Vec<String>,
}

impl Callers {
    /// Whether a struct holds the arguments of one call, by its tag.
    pub fn is_arguments(&self, tag: &str) -> bool {
        self.arguments.iter().chain(&self.requester).any(|p| fits(p, tag))
    }

    /// Whether the process in a struct of arguments is the one that makes the call.
    pub fn is_requester(&self, tag: &str) -> bool {
        self.requester.iter().any(|p| fits(p, tag))
    }

    /// Which parameter is the process that makes the call, of a function with these parameter types.
    pub fn current_of(&self, types: &[String]) -> Option<usize> {
        let same = |e: &&Entry| e.params.len() == types.len() && e.params.iter().zip(types).all(|(p, t)| fits(p, t));
        self.entries.iter().find(same).map(|e| e.current)
    }

    /// Whether a function whose head has that text may be one of the entries; the types' names would stand there.
    pub fn may_be_entry(&self, head: &[u8]) -> bool {
        let stands = |p: &String| p == "int" || p.split('*').all(|part| memmem::find(head, part.as_bytes()).is_some());
        self.entries.iter().any(|e| e.params.iter().all(stands))
    }

    /// The registrar of a name that takes a function as that argument.
    pub fn registrar(&self, name: &str, n: usize) -> Option<&Registrar> {
        self.registrars.iter().find(|r| r.name == name && r.function == n)
    }

    pub(super) fn read(&mut self, place: &Place<'_>, raw: Raw) -> Result<(), PackError> {
        self.arguments.extend(raw.arguments);
        self.requester.extend(raw.requester);
        self.tables.extend(place.identifiers(&raw.tables)?);
        self.allocators.extend(place.identifiers(&raw.allocators)?);
        for entry in &raw.entries {
            self.entries.push(read_entry(place, entry)?);
        }
        for (context, list) in [
            (RunAs::Thread, &raw.thread),
            (RunAs::Callout, &raw.callout),
            (RunAs::Softint, &raw.softint),
            (RunAs::Task, &raw.task),
            (RunAs::Interrupt, &raw.interrupt),
        ] {
            for text in list {
                let bad = || {
                    let message = format!("bad `{}`: write FUNCTION#ARGUMENT, for instance timeout#0", text.get_ref());
                    place.error(text.span().start, message)
                };
                let (name, function) = text.get_ref().split_once('#').ok_or_else(bad)?;
                let function = function.parse().map_err(|_| bad())?;
                let name = place.identifier(&Spanned::new(text.span(), name.to_owned()))?;
                self.registrars.push(Registrar { name, function, context });
            }
        }
        Ok(())
    }
}

/// `dev_t, u_long, caddr_t, int, proc!`: the one with the mark is the process that makes the call.
fn read_entry(place: &Place<'_>, text: &Spanned<String>) -> Result<Entry, PackError> {
    let mut params: Vec<String> = text.get_ref().split(',').map(|p| p.trim().to_owned()).collect();
    let marked: Vec<usize> = params.iter().enumerate().filter(|(_, p)| p.ends_with('!')).map(|(i, _)| i).collect();
    let [current] = marked[..] else {
        let message =
            format!("bad entry `{}`: one parameter, the process that calls, is marked with `!`", text.get_ref());
        return Err(place.error(text.span().start, message));
    };
    params[current].pop();
    Ok(Entry { params, current })
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    requester: Vec<String>,
    #[serde(default)]
    tables: Vec<Spanned<String>>,
    #[serde(default)]
    entries: Vec<Spanned<String>>,
    #[serde(default)]
    allocators: Vec<Spanned<String>>,
    #[serde(default)]
    thread: Vec<Spanned<String>>,
    #[serde(default)]
    callout: Vec<Spanned<String>>,
    #[serde(default)]
    softint: Vec<Spanned<String>>,
    #[serde(default)]
    task: Vec<Spanned<String>>,
    #[serde(default)]
    interrupt: Vec<Spanned<String>>,
}
