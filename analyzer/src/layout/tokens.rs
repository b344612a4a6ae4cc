//! A header as one machine's compiler sees it: the tokens of the arms that are for it.

use super::Machine;
use crate::c::cond::Cond;
use crate::c::lex::{Tok, lex, name_text};
use crate::c::pp::Unit;
use std::collections::BTreeSet;

/// A token with its text, which may have come out of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub kind: Tok,
    pub text: String,
    /// Byte offset in its file.
    pub at: u32,
}

/// The tokens that the machine's compiler sees, directives left out.
pub(super) fn active(source: &[u8], machine: &Machine, assumed: &mut BTreeSet<String>) -> Vec<Word> {
    let unit = Unit::new(source);
    let mut words = Vec::new();
    let (mut directive, mut seen) = (0, true);
    let mut i = 0;
    while let Some(token) = unit.lexed.tokens.get(i) {
        let next = unit.lexed.directives.get(directive);
        if let Some(d) = next.filter(|d| d.first as usize <= i) {
            // Between two directives the condition is the same everywhere.
            i = (d.last as usize).max(i + 1);
            directive += 1;
            seen = unit.lexed.tokens.get(i).is_none_or(|_| holds(&unit.presence(i as u32), machine, assumed));
            continue;
        }
        if seen {
            let text = String::from_utf8_lossy(&name_text(token.span.of(source))).into_owned();
            words.push(Word { kind: token.kind, text, at: token.span.start });
        }
        i += 1;
    }
    words
}

/// Tokens of a text by itself, a macro's for instance.
pub(super) fn words(text: &[u8]) -> Vec<Word> {
    let token = |t: &crate::c::lex::Token| Word {
        kind: t.kind,
        text: String::from_utf8_lossy(&name_text(t.span.of(text))).into_owned(),
        at: 0,
    };
    lex(text).tokens.iter().map(token).collect()
}

fn holds(cond: &Cond, machine: &Machine, assumed: &mut BTreeSet<String>) -> bool {
    let unknown = std::cell::RefCell::new(Vec::new());
    let value = |atom: &str| {
        let known = known(atom, machine);
        if known.is_none() {
            unknown.borrow_mut().push(atom.to_owned());
        }
        Some(known.unwrap_or(false))
    };
    let holds = cond.eval(&value).unwrap_or(false);
    for atom in unknown.into_inner() {
        assumed.insert(format!("`{atom}` does not hold"));
    }
    holds
}

/// What is known of a condition on a machine.
fn known(atom: &str, machine: &Machine) -> Option<bool> {
    let squeezed: String = atom.chars().filter(|c| !c.is_whitespace()).collect();
    let name = squeezed.strip_suffix("!=0").unwrap_or(&squeezed);
    let is_order = |side: &str| side.trim_matches('_') == "BYTE_ORDER";
    let order = |side: &str| match side.trim_matches('_') {
        "LITTLE_ENDIAN" | "ORDER_LITTLE_ENDIAN" => Some(machine.little),
        "BIG_ENDIAN" | "ORDER_BIG_ENDIAN" => Some(!machine.little),
        _ => None,
    };
    for (by, same) in [("==", true), ("!=", false)] {
        if let Some((a, b)) = squeezed.split_once(by) {
            let side = if is_order(a) {
                order(b)
            } else if is_order(b) {
                order(a)
            } else {
                None
            };
            if let Some(holds) = side {
                return Some(holds == same);
            }
        }
    }
    match name {
        "_LP64" | "__LP64__" => Some(machine.long == 8),
        "_KERNEL" | "__STDC__" | "__GNUC__" => Some(true),
        "__cplusplus" | "lint" | "__lint__" | "_LOCORE" | "LOCORE" | "_STANDALONE" => Some(false),
        _ => {
            let bare = name.trim_matches('_');
            let mine = machine_names(machine);
            if mine.contains(&bare) {
                Some(true)
            } else {
                super::find::MACHINES.iter().any(|(_, names)| names.contains(&bare)).then_some(false)
            }
        }
    }
}

/// The directories, and macros without underscores, that are a machine's own.
pub(super) fn machine_names(machine: &Machine) -> &'static [&'static str] {
    super::find::MACHINES.iter().find(|(name, _)| *name == machine.name).map_or(&[], |(_, names)| names)
}

/// Whether the machine's compiler sees a token of the unit.
pub(super) fn presence_holds(unit: &Unit<'_>, token: u32, machine: &Machine) -> bool {
    holds(&unit.presence(token), machine, &mut BTreeSet::new())
}
