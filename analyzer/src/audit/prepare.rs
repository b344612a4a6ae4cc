//! Finds what is audited: the pack of the tree's family, the struct's declaration, and the field in it.

use super::ledger::occurrences;
use super::{AuditError, Options};
use crate::flow::target::Target;
use crate::packs::{BUILTIN, Companion, Pack};
use memchr::memmem::Finder;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use uioscope_source::c::declared::macro_at;
use uioscope_source::c::lex::Tok;
use uioscope_source::decls::expand::words;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::language;
use uioscope_source::shapes::{Kind, Root, Shape, Struct, Wholes};
use uioscope_source::text::{SourceFile, SourceTree};
/// The pack, and what is tracked.
///
/// # Errors
/// As [`audit`].
pub fn prepare(tree: &SourceTree, lookup: &Lookup<'_>, options: &Options) -> Result<(Pack, Target), AuditError> {
    let mut pack = options.pack.clone().unwrap_or_else(|| detect_pack(tree, options.field.as_deref()));
    let target = find_target(tree, lookup, &mut pack, options)?;
    Ok((pack, target))
}

/// The pack of the tree's family: by the marks that packs name, then by the fields that occur.
fn detect_pack(tree: &SourceTree, field: Option<&str>) -> Pack {
    let packs: Vec<Pack> = BUILTIN.iter().filter_map(|(name, _)| Pack::builtin(name).ok()).collect();
    // A family that builds on another one carries its marks too, so the most special comes first.
    let depth = |p: &Pack| {
        std::iter::successors(Some(p), |p| packs.iter().find(|b| Some(&b.name) == p.extends.as_ref())).count()
    };
    let mut order: Vec<&Pack> = packs.iter().collect();
    order.sort_by_key(|p| (std::cmp::Reverse(depth(p)), p.name.clone()));
    let marked = |p: &&&Pack| {
        p.detect.iter().any(|(file, text)| {
            let finder = Finder::new(text);
            tree.files.iter().any(|f| ends_with_path(&f.path, file) && finder.find(&f.bytes).is_some())
        })
    };
    if let Some(pack) = order.iter().find(marked) {
        return (*pack).clone();
    }
    let named = |f: &str| field.is_some_and(|g| g.ends_with(f)) || field.is_none() && occurs(tree, f);
    let by_field = packs.iter().find(|p| p.track_fields.iter().any(|f| named(f)));
    by_field.or(packs.first()).cloned().unwrap_or_default()
}

fn ends_with_path(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

fn occurs(tree: &SourceTree, name: &str) -> bool {
    let finder = Finder::new(name);
    tree.files.par_iter().any(|f| !f.context && !occurrences(&f.bytes, &finder).is_empty())
}

/// The struct's declaration that the tree's own headers see: the one in a header that the pack names comes first.
fn declaration(tree: &SourceTree, lookup: &Lookup<'_>, pack: &Pack, of: &str) -> Option<Arc<Struct>> {
    let mut headers: Vec<&SourceFile> =
        tree.files.iter().filter(|f| pack.headers.iter().any(|h| ends_with_path(&f.path, h))).collect();
    headers.sort_by_key(|f| f.path.len());
    let named = headers.iter().find_map(|f| lookup.structure(of, &f.path).filter(|s| s.path == f.path));
    named
        .or_else(|| lookup.structure(of, ""))
        .or_else(|| tree.files.par_iter().find_map_first(|f| lookup.structure(of, &f.path)))
}

fn find_target(
    tree: &SourceTree,
    lookup: &Lookup<'_>,
    pack: &mut Pack,
    options: &Options,
) -> Result<Target, AuditError> {
    let (of, wanted) = match options.field.as_deref() {
        None => (pack.track_struct.clone(), pack.track_fields.clone()),
        Some(text) => {
            let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            match text.split_once('.') {
                Some((of, field)) if word(of) && word(field) => (of.to_owned(), vec![field.to_owned()]),
                _ => return Err(AuditError::BadField(text.to_owned())),
            }
        }
    };
    if of != pack.track_struct {
        // Another struct's requests have another companion, which no pack knows.
        pack.companion = Companion::default();
    }
    let mut declared = declaration(tree, lookup, pack, &of);
    if let Some(s) = declared.as_ref().filter(|s| wanted.iter().all(|f| s.member(f).is_none())) {
        // A macro may declare it.
        declared = lookup.expanded_structure(s).map(Arc::new).or(declared);
    }
    let parts = declared.as_ref().map(|s| lookup.parts_of(s)).unwrap_or_default();
    let has_headers = tree.files.iter().any(|f| f.path.ends_with(".h"));
    if declared.is_none() && options.field.is_some() && has_headers {
        return Err(AuditError::NoStruct { tree: tree.root.clone(), of });
    }
    let renamed = |s: &Arc<Struct>| {
        wanted
            .iter()
            .map(|f| (f, renamed(lookup, s, f)))
            .find(|(_, all)| !all.is_empty())
            .map(|(f, all)| (f.clone(), all))
    };
    let mut paths = Vec::new();
    let field = match &declared {
        Some(s) => wanted.iter().find(|f| lookup.declared_member(s, f, &s.path, 0).is_some()).cloned().or_else(|| {
            let (field, all) = renamed(s)?;
            paths = all;
            Some(field)
        }),
        None => wanted.iter().find(|f| occurs(tree, f)).cloned(),
    };
    // A tree that has the member that the family's trees went on to, or the next of the fields that stood for it, is migrated.
    let replaced_by = declared.as_ref().filter(|_| field.is_none() && options.field.is_some()).and_then(|s| {
        let later = pack.track_fields.iter().skip_while(|f| !wanted.contains(f)).skip(1);
        let known = pack.track_fields.iter().any(|f| wanted.contains(f));
        let member = later.chain([&pack.migration.member]).find(|m| s.member(m).is_some());
        member.filter(|_| known).cloned()
    });
    let field = field.or_else(|| replaced_by.as_ref().and(wanted.first().cloned()));
    let Some(field) = field else {
        return Err(match declared {
            Some(s) => AuditError::NoField {
                tree: tree.root.clone(),
                path: s.path.clone(),
                field: wanted.join(", "),
                fields: s.members.iter().map(|m| m.0.clone()).filter(|n| !n.is_empty()).collect(),
                of,
            },
            None => AuditError::Nothing { tree: tree.root.clone(), of, field: wanted.join(", ") },
        });
    };
    let pointee = declared.as_ref().and_then(|s| {
        let shape = match paths.first() {
            Some((_, shape)) => shape.clone(),
            None => lookup.declared_member(s, &field, &s.path, 0)?.1,
        };
        match shape.base {
            Root::Struct(tag) => Some(tag),
            _ => None,
        }
    });
    Ok(Target {
        pointee,
        position: declared.as_ref().and_then(|s| s.position(paths.first().map_or(&field, |p| &p.0[0]))),
        companion_position: declared.as_ref().and_then(|s| s.position(&pack.companion.field)),
        has_companion: declared.as_ref().is_none_or(|s| s.member(&pack.companion.field).is_some()),
        typedefs: crate::audit::candidates::typedefs(tree, &of),
        paths: paths.into_iter().map(|(path, _)| path).collect(),
        parts: parts.into_iter().map(str::to_owned).collect(),
        replaced_by,
        makers: BTreeSet::new(),
        aliases: FxHashMap::default(),
        of,
        field,
    })
}

/// The members that a field is when its name is a macro's, `#define uio_procp uio_u.procp`: each way with its type.
fn renamed(lookup: &Lookup<'_>, of: &Struct, field: &str) -> Vec<(Vec<String>, Shape)> {
    let own = lookup.tree().file(&of.path);
    let here =
        own.into_iter().flat_map(|f| Finder::new(field).find_iter(&f.bytes).map(move |at| (f, at)).collect::<Vec<_>>());
    let mut ways: Vec<(Vec<String>, Shape)> = Vec::new();
    for (file, at) in here.chain(lookup.places(Kind::Macro, field, &of.path)) {
        let Some(m) = macro_at(file, at, field.len()).filter(|m| m.params.is_none()) else { continue };
        let text = words(m.body.of(&file.bytes));
        let is_path = !text.is_empty()
            && text.len() % 2 == 1
            && text.iter().enumerate().all(|(i, w)| w.kind == if i % 2 == 0 { Tok::Ident } else { Tok::Dot });
        if !is_path {
            continue;
        }
        let path: Vec<String> = text.iter().step_by(2).map(|w| String::from_utf8_lossy(&w.text).into_owned()).collect();
        let mut shape = Shape { base: Root::Struct(of.tag.clone()), ..Shape::default() };
        let walked = path.iter().all(|name| {
            lookup.member(&shape, name, &of.path).is_some_and(|next| {
                shape = next;
                true
            })
        });
        if walked && ways.iter().all(|(known, _)| *known != path) {
            ways.push((path, shape));
        }
    }
    ways
}

/// What whole structs are looked for by: names of the struct, and of structs that hold it.
pub(super) fn wholes(lookup: &Lookup<'_>, pack: &Pack, target: &Target) -> Wholes {
    /// A struct in a struct in a struct.
    const DEEPEST: usize = 4;
    let copiers = pack.effects.copiers().into_iter().map(str::to_owned).collect();
    let mut wholes = Wholes { of: target.of.clone(), typedefs: target.typedefs.clone(), copiers, ..Wholes::default() };
    let mut fresh: Vec<String> = std::iter::once(&target.of).chain(&target.typedefs).cloned().collect();
    for _ in 0..DEEPEST {
        let asked: Vec<_> = fresh.iter().map(|n| lookup.words().asked(n)).collect();
        let held = |(i, f): (usize, &SourceFile)| {
            let mut found = Vec::new();
            if asked.iter().any(|may_hold| may_hold(i))
                && let Some(language) = language::of(&f.path)
            {
                language.holders(&f.bytes, &wholes, &mut |tag, member| found.push((tag, member)));
            }
            found
        };
        let all: BTreeSet<(String, String)> =
            lookup.tree().files.par_iter().enumerate().flat_map_iter(|(i, f)| held((i, f))).collect();
        fresh.clear();
        for (tag, member) in all {
            wholes.members.insert(member);
            if tag != wholes.of && wholes.holders.insert(tag.clone()) {
                fresh.push(tag);
            }
        }
        if fresh.is_empty() {
            break;
        }
    }
    wholes
}
