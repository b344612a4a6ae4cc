//! A header as one machine's compiler sees it: the tokens of the arms that are for it.

use super::Machine;
use crate::c::lex::{Tok, lex};
use crate::c::pp::Unit;
use crate::text::Cond;
use crate::text::name_text;
use std::cell::RefCell;

/// A token with its text, which may have come out of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub kind: Tok,
    pub text: String,
    /// Byte offset in its file.
    pub at: u32,
}

/// What a machine's compiler sees of a file.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub words: Vec<Word>,
    /// Where arms of conditionals begin and end among the words, and what of their conditions was not known.
    arms: Vec<(usize, Vec<String>)>,
}

impl Seen {
    /// What was taken not to hold, or to hold if `lenient`, inside a part of the words.
    pub fn unknown(&self, from: usize, to: usize) -> impl Iterator<Item = &String> {
        let start = self.arms.partition_point(|(at, _)| *at <= from);
        self.arms[start..].iter().take_while(move |(at, _)| *at < to).flat_map(|(_, atoms)| atoms)
    }
}

/// The tokens that the machine's compiler sees, directives left out. Of options nothing is known: they are not set, or if `lenient`
/// set.
pub(super) fn active(source: &[u8], machine: &Machine, lenient: bool) -> Seen {
    let unit = Unit::new(source);
    let mut seen = Seen::default();
    let (mut directive, mut there) = (0, true);
    let mut i = 0;
    while let Some(token) = unit.lexed.tokens.get(i) {
        let next = unit.lexed.directives.get(directive);
        if let Some(d) = next.filter(|d| d.first as usize <= i) {
            // Between two directives the condition is the same everywhere.
            i = (d.last as usize).max(i + 1);
            directive += 1;
            if i < unit.lexed.tokens.len() {
                let unknown;
                (there, unknown) = holds(&unit.presence(i as u32), machine, lenient);
                seen.arms.push((seen.words.len(), unknown));
            }
            continue;
        }
        if there {
            let text = String::from_utf8_lossy(&name_text(token.span.of(source))).into_owned();
            seen.words.push(Word { kind: token.kind, text, at: token.span.start });
        }
        i += 1;
    }
    seen
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

/// Whether a condition holds, and its parts of which that is not known.
fn holds(cond: &Cond, machine: &Machine, lenient: bool) -> (bool, Vec<String>) {
    let unknown = RefCell::new(Vec::new());
    let value = |atom: &str| {
        let known = known(atom, machine);
        if known.is_none() {
            unknown.borrow_mut().push(atom.to_owned());
        }
        Some(known.unwrap_or(lenient))
    };
    let holds = cond.eval(&value).unwrap_or(false);
    (holds, unknown.into_inner())
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
    holds(&unit.presence(token), machine, false).0
}
