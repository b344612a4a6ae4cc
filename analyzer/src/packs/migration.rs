//! What a pack says about replacing the field: the names that edits write.

use super::{PackError, Place};
use serde::Deserialize;
use toml::Spanned;

/// Where a helper is defined, and its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    /// Path ending of the file that it is added to.
    pub file: String,
    /// A function whose file it is added to where the tree has no such file; nothing for no such function.
    pub beside: String,
    /// What is added.
    pub text: String,
}

/// The names of a migration from a process to an address space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migration {
    /// The new member: `uio_vmspace`.
    pub member: String,
    /// The struct it points to: `vmspace`.
    pub points_to: String,
    /// A name for a local variable of that type: `vm`.
    pub variable: String,
    /// Makes a request name kernel memory: `UIO_SETUP_SYSSPACE`.
    pub setup: String,
    /// Asks whether an address space is the kernel's: `VMSPACE_IS_KERNEL_P`.
    pub is_kernel: String,
    /// Ways from a struct to its address space: (`proc`, `p_vmspace`), (`lwp`, `l_proc->p_vmspace`).
    pub space_of: Vec<(String, String)>,
    /// The running one of each struct: (`proc`, `curproc`).
    pub current: Vec<(String, String)>,
    /// Where a struct is declared, for files that do not include it yet: (`proc`, `sys/proc.h`).
    pub headers: Vec<(String, String)>,
    /// Macros for the header of the request: name and definition.
    pub macros: Vec<(String, String)>,
    /// Prototypes for it, as ANSI C.
    pub prototypes: Vec<(String, String)>,
    /// What is defined elsewhere.
    pub definition: Definition,
    /// Statements that take a reference, with `{}` for the address space; the first whose function the tree has.
    pub take: Vec<String>,
    /// The statement that drops one.
    pub drop: String,
    /// Roles that a kernel with LWPs asks of an LWP, and not of its process.
    pub per_lwp: Vec<crate::finding::Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawDefinition {
    file: String,
    #[serde(default)]
    beside: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Raw {
    member: Option<Spanned<String>>,
    points_to: Option<Spanned<String>>,
    variable: Option<Spanned<String>>,
    setup: Option<Spanned<String>>,
    is_kernel: Option<Spanned<String>>,
    space_of: Option<Vec<Spanned<String>>>,
    current: Option<Vec<Spanned<String>>>,
    headers: Option<Vec<Spanned<String>>>,
    macros: Option<Vec<Spanned<String>>>,
    prototypes: Option<Vec<Spanned<String>>>,
    definition: Option<RawDefinition>,
    take: Option<Vec<String>>,
    drop: Option<String>,
    per_lwp: Option<Vec<Spanned<String>>>,
}

impl Migration {
    /// What the helper that makes a request name kernel memory stores in a member of it, by the pack's text of it.
    pub fn stored_by_setup(&self, member: &str) -> Option<&str> {
        self.definition.text.lines().find_map(|line| {
            let (left, right) = line.trim().strip_suffix(';')?.split_once(" = ")?;
            let name = left.rsplit(['>', '.']).next()?;
            (name == member && left.len() > name.len()).then_some(right)
        })
    }

    /// The struct that has to be declared where the kernel's address space is named: that of `proc0` in `proc0.p_vmspace`.
    pub fn struct_of_kernel_space(&self) -> Option<&str> {
        let (_, member) = self.stored_by_setup(&self.member)?.rsplit_once(['.', '>'])?;
        self.space_of.iter().find(|(_, way)| way == member).map(|(of, _)| of.as_str())
    }

    /// Whether the pack says anything.
    pub fn is_known(&self) -> bool {
        !self.member.is_empty()
    }

    /// From a struct to its address space.
    pub fn space_of(&self, of: &str) -> Option<&str> {
        self.space_of.iter().find(|(s, _)| s == of).map(|(_, way)| way.as_str())
    }

    /// The running one of a struct.
    pub fn current(&self, of: &str) -> Option<&str> {
        self.current.iter().find(|(s, _)| s == of).map(|(_, name)| name.as_str())
    }

    /// Where a struct is declared.
    pub fn header(&self, of: &str) -> Option<&str> {
        self.headers.iter().find(|(s, _)| s == of).map(|(_, path)| path.as_str())
    }

    /// Takes over what a section says; the rest stays as inherited.
    pub(super) fn read(&mut self, place: &Place<'_>, raw: Raw) -> Result<(), PackError> {
        let names = [
            (&mut self.member, &raw.member),
            (&mut self.points_to, &raw.points_to),
            (&mut self.variable, &raw.variable),
            (&mut self.setup, &raw.setup),
            (&mut self.is_kernel, &raw.is_kernel),
        ];
        for (own, given) in names {
            if let Some(name) = given {
                *own = place.identifier(name)?;
            }
        }
        let pairs = [
            (&mut self.space_of, &raw.space_of),
            (&mut self.current, &raw.current),
            (&mut self.headers, &raw.headers),
            (&mut self.macros, &raw.macros),
            (&mut self.prototypes, &raw.prototypes),
        ];
        for (own, given) in pairs {
            if let Some(list) = given {
                *own = list.iter().map(|s| pair(place, s)).collect::<Result<_, _>>()?;
            }
        }
        if let Some(d) = raw.definition {
            self.definition = Definition { file: d.file, beside: d.beside, text: d.text };
        }
        self.take = raw.take.unwrap_or_else(|| std::mem::take(&mut self.take));
        self.drop = raw.drop.unwrap_or_else(|| std::mem::take(&mut self.drop));
        if let Some(roles) = raw.per_lwp {
            self.per_lwp = roles.iter().map(|s| place.role(s)).collect::<Result<_, _>>()?;
        }
        Ok(())
    }
}

/// `NAME = what it is`.
fn pair(place: &Place<'_>, s: &Spanned<String>) -> Result<(String, String), PackError> {
    let bad = |why: &str| place.error(s.span().start, format!("bad entry `{}`: {why}", s.get_ref()));
    let (name, what) = s.get_ref().split_once('=').ok_or_else(|| bad("it is written `NAME = WHAT`"))?;
    let (name, what) = (name.trim(), what.trim());
    place.identifier(&Spanned::new(s.span(), name.to_owned())).map_err(|_| bad("the left side is a C identifier"))?;
    if what.is_empty() {
        return Err(bad("the right side is empty"));
    }
    Ok((name.to_owned(), what.to_owned()))
}
