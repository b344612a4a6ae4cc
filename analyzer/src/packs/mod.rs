//! Role packs: TOML files that say which members, functions and macros mean which role on one family of kernels.
//!
//! The engine has no kernel's name in it; everything it knows about one stands in a pack. A pack is checked when it is
//! loaded, and an error names the pack, the line and what to do.

mod callers;
mod functions;
mod migration;
mod operations;

pub use callers::{Callers, Entry, Registrar};
pub use functions::{Effects, Writer, Written};
pub use migration::{Definition, Migration};
pub use operations::Operations;

use crate::finding::Role;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use toml::Spanned;

/// The packs that are built in: name and text.
pub const BUILTIN: [(&str, &str); 5] = [
    ("4.4bsd", include_str!("../../rules/4.4bsd.toml")),
    ("netbsd", include_str!("../../rules/netbsd.toml")),
    ("openbsd", include_str!("../../rules/openbsd.toml")),
    ("freebsd", include_str!("../../rules/freebsd.toml")),
    ("dragonfly", include_str!("../../rules/dragonfly.toml")),
];

/// A pack that cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct PackError {
    /// The pack's file, or the built-in pack's name.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// One rule: a thing that a value can reach, and the roles that this gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `member`, `flag`, `call` or `macro`.
    pub kind: RuleKind,
    /// Struct of a member; empty where any struct will do and for calls and macros.
    pub of: String,
    /// Member, flag constant, function or macro.
    pub name: String,
    /// 0-based argument of a call or macro; `None`: any argument.
    pub arg: Option<usize>,
    /// What reaching it means. Empty: known to mean nothing.
    pub roles: Vec<Role>,
    /// Where the fact comes from.
    pub reference: String,
    /// The pack that holds the rule.
    pub pack: String,
}

/// What a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// `p->p_vmspace`.
    Member,
    /// A bit of a flag word: `p->p_flag & P_CONTROLT`.
    Flag,
    /// `psignal(p, …)`.
    Call,
    /// `cttyvp(p)`.
    Macro,
}

impl RuleKind {
    /// The key under `[rules]`.
    pub fn name(self) -> &'static str {
        match self {
            RuleKind::Member => "member",
            RuleKind::Flag => "flag",
            RuleKind::Call => "call",
            RuleKind::Macro => "macro",
        }
    }
}

impl Rule {
    /// `member:proc.p_vmspace`, `call:psignal#0`: unique in a pack.
    pub fn key(&self) -> String {
        let mut key = format!("{}:", self.kind.name());
        if !self.of.is_empty() {
            key.push_str(&self.of);
            key.push('.');
        }
        key.push_str(&self.name);
        if let Some(arg) = self.arg {
            key.push_str(&format!("#{arg}"));
        }
        key
    }
}

/// The field that says which address space a request names, beside the tracked one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Companion {
    /// `uio_segflg`.
    pub field: String,
    /// Constants for user addresses.
    pub user: Vec<String>,
    /// Constants for kernel addresses.
    pub kernel: Vec<String>,
    /// Whether a zeroed companion means user addresses.
    pub zero_is_user: bool,
}

/// A checked pack, with what it extends merged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pack {
    /// `netbsd`.
    pub name: String,
    /// One line for `uioscope packs`.
    pub title: String,
    /// The pack it builds on.
    pub extends: Option<String>,
    /// (path suffix, text): the tree is of this family when such a file holds such a text.
    pub detect: Vec<(String, String)>,
    /// Struct under audit by default: `uio`.
    pub track_struct: String,
    /// Candidate fields, in order.
    pub track_fields: Vec<String>,
    /// Path suffixes where the struct is declared.
    pub headers: Vec<String>,
    /// Companion of the tracked field.
    pub companion: Companion,
    /// Names that are the calling process or thread: `curproc`.
    pub current: Vec<String>,
    /// Options that a kernel has for debugging: `DIAGNOSTIC`.
    pub debugging: Vec<String>,
    /// Functions that find another process: `pfind`.
    pub other: Vec<String>,
    /// Names that are no user process: `NULL`, `proc0`.
    pub kernel: Vec<String>,
    /// Members that lead from the value to another name of the same thing: `lwp.l_proc`.
    pub hops: Vec<(String, String)>,
    /// Whose process functions are handed, and what runs elsewhere.
    pub callers: Callers,
    /// What writes to memory, and what never returns.
    pub effects: Effects,
    /// How operations are called through vectors.
    pub operations: Operations,
    /// What replaces the field.
    pub migration: Migration,
    /// All rules, sorted by key.
    pub rules: Vec<Rule>,
    index: FxHashMap<(RuleKind, String), Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    name: Spanned<String>,
    title: String,
    extends: Option<Spanned<String>>,
    #[serde(default)]
    detect: Vec<RawDetect>,
    track: Option<RawTrack>,
    companion: Option<RawCompanion>,
    #[serde(default)]
    value: RawValue,
    #[serde(default)]
    callers: callers::Raw,
    #[serde(default)]
    functions: functions::Raw,
    #[serde(default)]
    operations: operations::Raw,
    #[serde(default)]
    options: RawOptions,
    migration: Option<migration::Raw>,
    #[serde(default)]
    rules: RawRules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDetect {
    file: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrack {
    #[serde(rename = "struct")]
    strukt: Spanned<String>,
    fields: Vec<Spanned<String>>,
    headers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCompanion {
    field: Spanned<String>,
    user: Vec<Spanned<String>>,
    kernel: Vec<Spanned<String>>,
    zero: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawValue {
    #[serde(default)]
    current: Vec<Spanned<String>>,
    #[serde(default)]
    other: Vec<Spanned<String>>,
    #[serde(default)]
    kernel: Vec<Spanned<String>>,
    #[serde(default)]
    hops: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawOptions {
    #[serde(default)]
    debugging: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawRules {
    #[serde(default)]
    member: Vec<RawRule>,
    #[serde(default)]
    flag: Vec<RawRule>,
    #[serde(default)]
    call: Vec<RawRule>,
    #[serde(default, rename = "macro")]
    makro: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: Spanned<String>,
    arg: Option<usize>,
    roles: Vec<Spanned<String>>,
    #[serde(rename = "ref")]
    reference: String,
}

/// Whether a name fits a pattern with `*` at its start, its end, or in its middle.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let head = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(tail) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(tail)
}

/// Where an error is: the file's name and its text.
struct Place<'a> {
    file: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn error(&self, offset: usize, message: impl Into<String>) -> PackError {
        let end = offset.min(self.text.len());
        let line = 1 + self.text.as_bytes()[..end].iter().filter(|&&b| b == b'\n').count();
        PackError { file: self.file.to_owned(), line, message: message.into() }
    }

    fn identifier(&self, s: &Spanned<String>) -> Result<String, PackError> {
        let name = s.get_ref();
        let ok = name
            .bytes()
            .enumerate()
            .all(|(i, b)| b == b'_' || b.is_ascii_alphabetic() || (i > 0 && b.is_ascii_digit()));
        if ok && !name.is_empty() {
            return Ok(name.clone());
        }
        Err(self.error(s.span().start, format!("bad name `{name}`: a C identifier was expected")))
    }

    fn identifiers(&self, list: &[Spanned<String>]) -> Result<Vec<String>, PackError> {
        list.iter().map(|s| self.identifier(s)).collect()
    }

    /// `struct.member`; a struct is asked for, so that one struct's member is not taken for another's.
    fn member(&self, s: &Spanned<String>) -> Result<(String, String), PackError> {
        let bad = || {
            let message = format!("bad name `{}`: a member is written `struct.member`", s.get_ref());
            self.error(s.span().start, message)
        };
        let (of, name) = s.get_ref().split_once('.').ok_or_else(bad)?;
        for part in [of, name] {
            self.identifier(&Spanned::new(s.span(), part.to_owned())).map_err(|_| bad())?;
        }
        Ok((of.to_owned(), name.to_owned()))
    }

    fn role(&self, s: &Spanned<String>) -> Result<Role, PackError> {
        Role::parse(s.get_ref()).ok_or_else(|| {
            let known: Vec<_> = Role::ALL.iter().map(|r| r.name()).collect();
            self.error(s.span().start, format!("unknown role `{}`: one of {}", s.get_ref(), known.join(", ")))
        })
    }

    fn rules(&self, pack: &str, kind: RuleKind, raw: &[RawRule]) -> Result<Vec<Rule>, PackError> {
        raw.iter().map(|r| self.rule(pack, kind, r)).collect()
    }

    fn rule(&self, pack: &str, kind: RuleKind, r: &RawRule) -> Result<Rule, PackError> {
        let (of, name) = match kind {
            RuleKind::Member => self.member(&r.name)?,
            _ => (String::new(), self.identifier(&r.name)?),
        };
        if r.arg.is_some() && matches!(kind, RuleKind::Member | RuleKind::Flag) {
            let message = format!("`{name}` is a {}: only calls and macros have `arg`", kind.name());
            return Err(self.error(r.name.span().start, message));
        }
        let mut roles: Vec<Role> = r.roles.iter().map(|s| self.role(s)).collect::<Result<_, _>>()?;
        roles.sort();
        roles.dedup();
        if r.reference.trim().is_empty() {
            return Err(
                self.error(r.name.span().start, format!("`{name}` has an empty `ref`: say where the fact comes from"))
            );
        }
        Ok(Rule { kind, of, name, arg: r.arg, roles, reference: r.reference.clone(), pack: pack.to_owned() })
    }
}

impl Pack {
    /// The built-in pack of that name.
    ///
    /// # Errors
    /// No such pack, or (which a test rules out) a built-in pack with an error.
    pub fn builtin(name: &str) -> Result<Pack, PackError> {
        match BUILTIN.iter().find(|(n, _)| *n == name) {
            Some((name, text)) => Pack::parse(&format!("{name}.toml"), text),
            None => {
                let known: Vec<_> = BUILTIN.iter().map(|(n, _)| *n).collect();
                let message = format!("no pack of that name; there are {}", known.join(", "));
                Err(PackError { file: name.to_owned(), line: 1, message })
            }
        }
    }

    /// Reads and checks a pack. `file` is only used in errors; `extends` is looked up among the built-in packs.
    ///
    /// # Errors
    /// Bad TOML, an unknown key or role, a bad or doubled name, an unknown `extends`: with file and line.
    pub fn parse(file: &str, text: &str) -> Result<Pack, PackError> {
        let place = Place { file, text };
        let raw: Raw =
            toml::from_str(text).map_err(|e| place.error(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;
        let name = raw.name.get_ref().clone();
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err(place.error(raw.name.span().start, format!("bad pack name `{name}`")));
        }
        let mut pack = Pack::default();
        if let Some(base) = &raw.extends {
            if *base.get_ref() == name {
                return Err(place.error(base.span().start, "a pack cannot extend itself"));
            }
            pack = Pack::builtin(base.get_ref())
                .map_err(|e| place.error(base.span().start, format!("extends `{}`: {}", base.get_ref(), e.message)))?;
        }
        pack.extends = raw.extends.map(Spanned::into_inner);
        pack.detect = raw.detect.into_iter().map(|d| (d.file, d.text)).collect();
        pack.title = raw.title;
        if let Some(t) = raw.track {
            pack.track_struct = place.identifier(&t.strukt)?;
            pack.track_fields = place.identifiers(&t.fields)?;
            pack.headers = t.headers;
        }
        if let Some(c) = raw.companion {
            let zero_is_user = match c.zero.get_ref().as_str() {
                "user" => true,
                "kernel" => false,
                other => {
                    let message = format!("`zero` is `user` or `kernel`, not `{other}`");
                    return Err(place.error(c.zero.span().start, message));
                }
            };
            pack.companion = Companion {
                field: place.identifier(&c.field)?,
                user: place.identifiers(&c.user)?,
                kernel: place.identifiers(&c.kernel)?,
                zero_is_user,
            };
        }
        pack.current.extend(place.identifiers(&raw.value.current)?);
        pack.debugging.extend(place.identifiers(&raw.options.debugging)?);
        pack.other.extend(place.identifiers(&raw.value.other)?);
        pack.kernel.extend(place.identifiers(&raw.value.kernel)?);
        for hop in &raw.value.hops {
            pack.hops.push(place.member(hop)?);
        }
        pack.callers.read(&place, raw.callers)?;
        pack.effects.read(&place, &raw.functions)?;
        pack.operations.read(&place, raw.operations)?;
        if let Some(section) = raw.migration {
            pack.migration.read(&place, section)?;
        }
        let own = raw.rules;
        let mut place_of: FxHashMap<String, usize> = pack.rules.iter().enumerate().map(|(i, r)| (r.key(), i)).collect();
        let inherited = pack.rules.len();
        for (kind, list) in [
            (RuleKind::Member, &own.member),
            (RuleKind::Flag, &own.flag),
            (RuleKind::Call, &own.call),
            (RuleKind::Macro, &own.makro),
        ] {
            for (rule, r) in place.rules(&name, kind, list)?.into_iter().zip(list) {
                let key = rule.key();
                match place_of.get(&key) {
                    // A pack's own rule replaces the one that it extends.
                    Some(&i) if i < inherited && pack.rules[i].pack != name => pack.rules[i] = rule,
                    Some(_) => {
                        let message = format!("duplicate: `{key}` stands above already");
                        return Err(place.error(r.name.span().start, message));
                    }
                    None => {
                        place_of.insert(key, pack.rules.len());
                        pack.rules.push(rule);
                    }
                }
            }
        }
        pack.name = name;
        for list in [&mut pack.current, &mut pack.debugging, &mut pack.other, &mut pack.kernel] {
            list.sort();
            list.dedup();
        }
        pack.hops.sort();
        pack.hops.dedup();
        pack.rules.sort_by_cached_key(Rule::key);
        pack.index = FxHashMap::default();
        for (i, r) in pack.rules.iter().enumerate() {
            pack.index.entry((r.kind, r.name.clone())).or_default().push(i);
        }
        Ok(pack)
    }

    /// The rule for a member. `of`: the struct, where it is known; a rule for another struct does not match.
    pub fn member(&self, of: Option<&str>, name: &str) -> Option<&Rule> {
        self.named(RuleKind::Member, name).find(|r| of.is_none_or(|of| r.of == of))
    }

    /// The rule for a bit of a flag word.
    pub fn flag(&self, name: &str) -> Option<&Rule> {
        self.named(RuleKind::Flag, name).next()
    }

    /// The rule for argument `arg` (0-based) of a function or macro.
    pub fn call(&self, name: &str, arg: usize) -> Option<&Rule> {
        self.named(RuleKind::Call, name)
            .chain(self.named(RuleKind::Macro, name))
            .find(|r| r.arg.is_none_or(|a| a == arg))
    }

    /// Whether `struct.member` leads to another name of the same process or thread.
    pub fn is_hop(&self, of: Option<&str>, name: &str) -> bool {
        self.hops.iter().any(|(s, m)| m == name && of.is_none_or(|of| of == s))
    }

    fn named(&self, kind: RuleKind, name: &str) -> impl Iterator<Item = &Rule> {
        // Names are short; the copy is what `HashMap` asks for with a tuple key.
        self.index.get(&(kind, name.to_owned())).into_iter().flatten().map(|&i| &self.rules[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = \"x\"\ntitle = \"X\"\n";

    fn check(body: &str, want: &str) {
        let got = match Pack::parse("x.toml", &format!("{HEAD}{body}")) {
            Ok(pack) => pack.rules.iter().map(Rule::key).collect::<Vec<_>>().join(" "),
            Err(e) => e.to_string(),
        };
        assert!(got.contains(want), "{got}");
    }

    #[test]
    fn every_builtin_pack_loads_under_its_own_name() {
        for (name, _) in BUILTIN {
            assert_eq!(Pack::builtin(name).expect("a built-in pack").name, name);
        }
    }

    #[test]
    fn rules_have_keys() {
        check(
            "[rules]\nmember = [{ name = \"proc.p_pid\", roles = [\"process-id\"], ref = \"r\" }]\ncall = [{ name = \"f\", arg = 1, roles = [], ref = \"r\" }]",
            "call:f#1 member:proc.p_pid",
        );
    }

    #[test]
    fn errors_name_the_line() {
        let member =
            |name: &str, role: &str| format!("  {{ name = \"{name}\", roles = [\"{role}\"], ref = \"r\" }},\n");
        let two = |a: String, b: String| format!("[rules]\nmember = [\n{a}{b}]\n");
        check(&two(member("p.a", "signal"), member("p.b", "signl")), "x.toml:6: unknown role `signl`");
        check(&two(member("p.a", "signal"), member("p.a", "signal")), "x.toml:6: duplicate: `member:p.a`");
        check(&two(member("p.a", "signal"), member("a", "signal")), "x.toml:6: bad name `a`");
        check(&two(member("p.a", "signal"), member("p.1a", "signal")), "x.toml:6: bad name `p.1a`");
        check("extends = \"plan9\"", "x.toml:3: extends `plan9`: no pack of that name");
        check("nonsense = 1", "x.toml:3:");
        check("[rules]\nmember = [{ name = \"p.a\" }]", "x.toml:4:");
    }
}
