//! The new member beside the old one, the helpers, and at the end the old one's removal.

use super::Context;
use crate::edit::{Applicability, Edit, Fix, newline, whole_line};
use crate::sites::{offset, source};
use uioscope_analyzer::finding::{Access, Finding};
use uioscope_source::text::{LineIndex, SourceFile};

/// The finding that is the field's declaration, in C: of several the kernel's own, not one of a layer for foreign code, nor one
/// that is there for programs only.
pub fn declaration(context: &Context<'_, '_>) -> Option<usize> {
    let c = |f: &&Finding| f.access == Access::Decl && uioscope_source::language::is_preprocessed(&f.path);
    let all = context.audit.findings.iter().enumerate().filter(|(_, f)| c(f));
    all.min_by_key(|(i, f)| {
        let in_kernel = |name: &str| (name == "_KERNEL" || name == "KERNEL").then_some(true);
        let is_outside = f.when.as_ref().is_some_and(|w| w.eval(&in_kernel) == Some(false));
        (is_outside, declared(context, *i).is_none(), f.path.matches('/').count(), *i)
    })
    .map(|(i, _)| i)
}

struct Declared<'f> {
    file: &'f SourceFile,
    /// From the type's first word to the `;`.
    start: usize,
    end: usize,
    name: usize,
}

/// The declaration's text, if it is of the form `struct OLD *name;`.
fn declared<'t>(context: &Context<'_, 't>, site: usize) -> Option<Declared<'t>> {
    let f = &context.audit.findings[site];
    let (_, file) = source(context.program, &f.path)?;
    let text = &file.bytes[..];
    let name = offset(file, &LineIndex::new(text), f) as usize;
    let end = name + memchr::memchr(b';', &text[name..])? + 1;
    let line = memchr::memrchr(b'\n', &text[..name]).map_or(0, |n| n + 1);
    let start = line + text[line..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    let words: Vec<&[u8]> =
        text[start..name].split(|b| b.is_ascii_whitespace() || *b == b'*').filter(|w| !w.is_empty()).collect();
    let is_plain = words == [&b"struct"[..], context.pointee().as_bytes()]
        && text[start..name].iter().filter(|b| **b == b'*').count() == 1
        && !text[name..end].contains(&b',');
    is_plain.then_some(Declared { file, start, end, name })
}

/// The new member, and the helpers' declarations.
pub fn member(context: &Context<'_, '_>, site: usize) -> Option<Fix> {
    let words = context.words();
    let f = &context.audit.findings[site];
    let of = &context.program.target.of;
    let has = context.program.lookup.structure(of, &f.path).is_some_and(|s| s.member(&words.member).is_some());
    let missing = missing(context, &f.path);
    if has && missing.is_empty() {
        return None;
    }
    let Some(d) = declared(context, site) else {
        return Some(Fix::none(
            site,
            format!("declare struct {} *{} beside it by hand", words.points_to, words.member),
        ));
    };
    let (text, end) = (&d.file.bytes[..], newline(&d.file.bytes));
    let mut edits = Vec::new();
    if !has {
        let line = memchr::memchr(b'\n', &text[comment_end(text, d.end)..]);
        let place = line.map_or(text.len(), |n| comment_end(text, d.end) + n + 1);
        let head = String::from_utf8_lossy(&text[d.start..d.name]).replacen(context.pointee(), &words.points_to, 1);
        let blanks = String::from_utf8_lossy(crate::edit::indent(text, d.start as u32)).into_owned();
        let new = format!("{blanks}{head}{};\t/* where its addresses are */{end}", words.member);
        edits.push(Edit::new(&d.file.path, place as u32, place as u32, new));
    }
    match after_struct(context, &d) {
        Some(place) => {
            if let Some(block) = helpers(text, end, &missing) {
                edits.push(Edit::new(&d.file.path, place as u32, place as u32, block));
            }
        }
        None => return Some(Fix::none(site, "the end of the struct was not found")),
    }
    Some(Fix::new(site, edits, Applicability::Safe, ""))
}

/// Macros and prototypes of the pack that the tree does not have: names and what they are.
struct Missing {
    macros: Vec<(String, String)>,
    prototypes: Vec<(String, String)>,
}

impl Missing {
    fn is_empty(&self) -> bool {
        self.macros.is_empty() && self.prototypes.is_empty()
    }
}

fn missing(context: &Context<'_, '_>, header: &str) -> Missing {
    let words = context.words();
    let lookup = context.program.lookup;
    let macros = words.macros.iter().filter(|(name, _)| lookup.makro(name, header).is_none()).cloned().collect();
    let text = lookup.tree().file(header).map_or(&[][..], |f| &f.bytes);
    let prototypes =
        words.prototypes.iter().filter(|(name, _)| !crate::sites::words(text).contains(name.as_bytes())).cloned();
    Missing { macros, prototypes: prototypes.collect() }
}

fn helpers(text: &[u8], end: &str, missing: &Missing) -> Option<String> {
    let Missing { macros, prototypes } = missing;
    if missing.is_empty() {
        return None;
    }
    let old_style = memchr::memmem::find(text, b"__P(").is_some();
    let guarded = memchr::memmem::find(text, b"_KERNEL").is_some();
    let mut block = end.to_owned();
    if guarded {
        block += &format!("#ifdef _KERNEL{end}");
    }
    for (name, body) in macros {
        block += &format!("#define\t{name}{body}{end}");
    }
    for (name, ty) in prototypes {
        let (returned, parameters) = ty.split_once('(').map_or((ty.as_str(), "void)"), |(a, b)| (a.trim(), b));
        let list = if old_style { format!(" __P(({parameters})") } else { format!("({parameters}") };
        block += &format!("{returned}\t{name}{list};{end}");
    }
    if guarded {
        block += &format!("#endif /* _KERNEL */{end}");
    }
    Some(block)
}

/// The line after the struct.
fn after_struct(context: &Context<'_, '_>, d: &Declared<'_>) -> Option<usize> {
    let file = context.program.functions.index_of(&d.file.path)?;
    let mut found = None;
    context.program.functions.trees(file, d.name as u32, |source, ast| {
        let holds = ast.aggregates.iter().filter(|a| a.tag.is_some() && a.span.holds(d.name as u32));
        if let Some(a) = holds.min_by_key(|a| a.span.end - a.span.start) {
            let stop = memchr::memchr(b';', &source[a.span.end as usize..]).map(|n| a.span.end as usize + n + 1);
            found = stop.and_then(|s| memchr::memchr(b'\n', &source[s..]).map(|n| s + n + 1));
        }
    });
    found
}

/// The helpers' definitions, where the pack says they belong.
pub fn definition(context: &Context<'_, '_>, site: usize) -> Option<Fix> {
    let words = context.words();
    let names = || words.prototypes.iter().map(|(name, _)| name);
    if names().all(|name| !context.program.functions.all(name).is_empty()) || words.definition.file.is_empty() {
        return None;
    }
    let f = &context.audit.findings[site];
    let near = |path: &str| path.split('/').zip(f.path.split('/')).take_while(|(a, b)| a == b).count();
    let fits = |file: &&SourceFile| {
        !file.context
            && file.path.strip_suffix(&words.definition.file).is_some_and(|h| h.is_empty() || h.ends_with('/'))
    };
    let home = context.program.lookup.tree().files.iter().filter(fits).max_by_key(|f| near(&f.path));
    let beside = || {
        let all = context.program.functions.all(&words.definition.beside);
        let files = all.into_iter().map(|p| context.program.functions.file(p)).filter(|f| !f.context);
        files.max_by_key(|f| (near(&f.path), std::cmp::Reverse(&f.path)))
    };
    let Some(home) = home.or_else(beside) else {
        return Some(Fix::none(
            site,
            format!(
                "the tree has no {}: define {} by hand",
                words.definition.file,
                names().cloned().collect::<Vec<_>>().join(" and ")
            ),
        ));
    };
    let end = newline(&home.bytes);
    // A request without the companion has nothing of it to set.
    let companion = &context.program.pack.companion.field;
    let keeps = |line: &&str| context.program.target.has_companion || companion.is_empty() || !line.contains(companion);
    let text: String = words.definition.text.lines().filter(keeps).map(|line| format!("{line}{end}")).collect();
    // Where the text around it does not parse, it may stand there already and be no function that anybody sees.
    if !text.trim().is_empty() && memchr::memmem::find(&home.bytes, text.trim().as_bytes()).is_some() {
        return None;
    }
    let text = if home.bytes.last().is_none_or(|b| *b == b'\n') { text } else { format!("{end}{text}") };
    let mut edits = vec![Edit::new(&home.path, home.bytes.len() as u32, home.bytes.len() as u32, text)];
    match context.seeing(&home.path, home.bytes.len() as u32, context.pointee()) {
        Ok(more) => edits.extend(more),
        Err(why) => return Some(Fix::none(site, why)),
    }
    Some(Fix::new(site, edits, Applicability::Safe, ""))
}

/// The old member goes, with the comment beside it.
pub fn retire(context: &Context<'_, '_>, site: usize) -> Fix {
    match declared(context, site) {
        None => Fix::none(site, "remove the declaration by hand"),
        Some(d) => {
            let end = comment_end(&d.file.bytes, d.end);
            let (start, end) = whole_line(&d.file.bytes, d.start as u32, end as u32);
            Fix::new(site, vec![Edit::new(&d.file.path, start, end, "")], Applicability::Safe, "")
        }
    }
}

/// The end of a comment that starts on the line after a place; else the place.
fn comment_end(text: &[u8], at: usize) -> usize {
    let blanks = text[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    if !text[at + blanks..].starts_with(b"/*") {
        return at;
    }
    memchr::memmem::find(&text[at + blanks..], b"*/").map_or(at, |n| at + blanks + n + 2)
}
