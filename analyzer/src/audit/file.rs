//! Audits one file: every occurrence and every site without one.

use crate::audit::loose::Loose;
use crate::audit::settle::Settled;
use crate::audit::site::{Known, Scan, Site, join};
use crate::finding::{Access, Disabled, Implicit, Note, Problem, Role, Severity, Skipped, Space};
use crate::flow::local::macros::Text;
use crate::flow::target::Target;
use crate::packs::Pack;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::Body;
use uioscope_source::c::declared::macro_at;
use uioscope_source::decls::functions::Functions;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::decls::types::Types;
use uioscope_source::language::{self, Around, Cover, InDirective, Part, PlaceKind, Syntax};
use uioscope_source::text::Cond;
use uioscope_source::text::Span;
use uioscope_source::text::name_text;
use uioscope_source::text::{LineIndex, SourceFile};
use uioscope_source::tree::{Ast, Decl, Expr, List, Skip, Stmt, Storage};

/// Where an occurrence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// A site of the tracked field.
    Classified,
    /// Could not be read.
    Unresolved,
    /// Comment, string or disabled text.
    Mention,
    /// Something else of that name.
    Other,
}

/// A finding in the making: what one file says about a site.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where the occurrence goes; sites without one go nowhere.
    pub bucket: Bucket,
    /// Byte offset.
    pub at: u32,
    /// 1-based.
    pub line: u32,
    /// 1-based, in bytes.
    pub column: u32,
    /// Enclosing function or macro.
    pub function: String,
    /// The site.
    pub site: Site,
    /// Presence condition.
    pub when: Option<Cond>,
    /// One line.
    pub expression: String,
    /// The line's text without blanks.
    pub squeezed: String,
    /// What the callers decide.
    pub settled: Settled,
}

/// What one file says.
#[derive(Debug, Default)]
pub struct FileAudit {
    /// One for each occurrence and each site without one, in order.
    pub drafts: Vec<Draft>,
    /// Structs that declare a field of the name.
    pub declaring: Vec<String>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
}

/// What is the same for all files.
pub struct Context<'x, 't> {
    /// What is looked for.
    pub target: &'x Target,
    /// What reaching something means.
    pub pack: &'x Pack,
    /// Declarations.
    pub lookup: &'x Lookup<'t>,
    /// Definitions.
    pub functions: &'x Functions<'t>,
}

/// What a file is asked about.
#[derive(Debug, Clone, Default)]
pub struct Interest {
    /// Occurrences of the field's name.
    pub occurrences: Vec<u32>,
    /// Places where a site without an occurrence may be: uses of macros, copies, initialisers.
    pub candidates: Vec<u32>,
    /// Uses of macros that make the field's name or hand it on.
    pub makers: Vec<u32>,
}

impl Interest {
    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.occurrences.is_empty() && self.candidates.is_empty() && self.makers.is_empty()
    }
}

pub(super) struct Work<'x, 't, 'f> {
    pub(super) context: &'x Context<'x, 't>,
    pub(super) file: &'f SourceFile,
    pub(super) syntax: Box<dyn Syntax<'f> + 'f>,
    lines: LineIndex,
    /// Function spans and names.
    pub(super) functions: BTreeMap<(u32, u32), String>,
    /// Sites by place and kind, united over the variants.
    pub(super) sites: BTreeMap<SiteKey, (Site, BTreeSet<Space>)>,
    /// Declarations of the field: offset to the struct's tag.
    pub(super) declared: BTreeMap<u32, String>,
    /// Names that are no members: of variables, functions and the like.
    pub(super) names: BTreeSet<u32>,
    /// Names that stand where no member does, and what they are handed to.
    pub(super) loose: BTreeMap<u32, Loose>,
    /// Functions around places that text made by a macro is around.
    pub(super) made_in: BTreeMap<u32, String>,
    skips: BTreeSet<Skip>,
    /// Place and words of what did not parse.
    faults: BTreeSet<(u32, String)>,
}

/// A definition of more tokens than this is not read.
const LARGEST_ITEM: u32 = 1_000_000;
const TOO_LARGE: &str = "one definition of more than a million tokens: it was not read";

/// Of a line longer than this only so much around the site makes its id and its expression.
const LONG_LINE: u32 = 1024;
const AROUND: u32 = 256;

/// Orders kinds of sites without an occurrence.
type ImplicitKey = u8;

/// Place, kind, and whether it is the store of a macro that also loads.
type SiteKey = (u32, Option<ImplicitKey>, bool);

/// Audits one file.
pub fn audit_file(context: &Context<'_, '_>, file: &SourceFile, interest: &Interest) -> FileAudit {
    let text = language::text(&file.path, &file.bytes);
    let mut work = Work {
        context,
        file,
        syntax: language::syntax(&file.path, &text),
        lines: LineIndex::new(&file.bytes),
        functions: BTreeMap::new(),
        sites: BTreeMap::new(),
        declared: BTreeMap::new(),
        names: BTreeSet::new(),
        loose: BTreeMap::new(),
        made_in: BTreeMap::new(),
        skips: BTreeSet::new(),
        faults: BTreeSet::new(),
    };
    if work.is_read() {
        work.read(interest);
    }
    work.finish(interest)
}

impl<'t> Work<'_, 't, '_> {
    fn is_read(&self) -> bool {
        language::is_read(&self.file.path)
    }

    /// Parses the items that matter.
    fn read(&mut self, interest: &Interest) {
        let mut wanted: Vec<u32> =
            interest.occurrences.iter().chain(&interest.candidates).chain(&interest.makers).copied().collect();
        wanted.sort_unstable();
        let holds = |part: &Part| {
            let span = self.syntax.span(*part);
            let i = wanted.partition_point(|o| *o < span.start);
            wanted.get(i).is_some_and(|o| *o < span.end)
        };
        let asked: Vec<Part> = language::parts(&*self.syntax).filter(holds).collect();
        for part in asked {
            self.read_item(part, &wanted);
            let hard = self.hard(part, interest);
            if !hard.is_empty() {
                self.read_expanded(part, &hard);
            }
        }
    }

    /// Places of an item that its text alone does not explain: occurrences that are no member yet, and macros that make one.
    fn hard(&self, part: Part, interest: &Interest) -> Vec<u32> {
        let span = self.syntax.span(part);
        let unexplained = interest.occurrences.iter().filter(|at| {
            span.holds(**at)
                && !self.is_explained(**at)
                && !self.names.contains(at)
                && !self.syntax.in_comment(**at)
                && self.syntax.directive(**at).is_none()
                && self.syntax.word(**at) == PlaceKind::Name
                && self.syntax.presence(**at) != Cond::Const(false)
        });
        let makers = interest.makers.iter().filter(|at| span.holds(**at) && self.syntax.directive(**at).is_none());
        let mut all: Vec<u32> = unexplained.chain(makers).copied().collect();
        all.sort_unstable();
        all
    }

    /// Whether it is known what an occurrence is.
    pub(super) fn is_explained(&self, at: u32) -> bool {
        self.sites.contains_key(&(at, None, false)) || self.declared.contains_key(&at)
    }

    fn read_item(&mut self, part: Part, wanted: &[u32]) {
        let span = self.syntax.span(part);
        if self.syntax.size(part) > LARGEST_ITEM {
            // No person wrote this; what is in it is counted, not read.
            self.skips.insert(Skip { span, reason: TOO_LARGE });
            return;
        }
        let mut trees = Vec::new();
        let missed = self.syntax.trees(part, Cover::All, &mut |ast| trees.push(std::mem::take(ast)));
        if missed.incomplete {
            let span = Span::new(span.start, span.start + 1);
            self.skips.insert(Skip { span, reason: "too many #if arms in one item: some were not read" });
        }
        self.faults.extend(missed.problems);
        let source = self.syntax.source();
        for mut ast in trees {
            self.skips.extend(ast.skips.iter().copied());
            self.note_names(&ast);
            for f in ast.functions.clone() {
                let name = squeeze_name(f.name.of(source));
                self.functions.entry((f.span.start, f.span.end)).or_insert(name);
                let i = wanted.partition_point(|o| *o < f.span.start);
                if wanted.get(i).is_some_and(|o| *o < f.span.end) {
                    let body = Body::new(source, &ast, &f);
                    self.scan(&body, false);
                }
            }
            self.read_initialisers(&mut ast);
        }
    }

    /// Initialisers outside functions.
    fn read_initialisers(&mut self, ast: &mut Ast) {
        let initialised: Vec<Decl> =
            ast.globals.iter().filter(|d| d.init.is_some()).map(|d| Decl { storage: Storage::Static, ..*d }).collect();
        if initialised.is_empty() {
            return;
        }
        let start = ast.decls.len() as u32;
        ast.decls.extend_from_slice(&initialised);
        ast.stmts.push(Stmt::Decls(List { start, end: ast.decls.len() as u32 }));
        let body = Body::build(self.syntax.source(), ast, &[], ast.stmts.len() as u32 - 1);
        self.scan(&body, false);
    }

    /// Declarations of the field and other uses of its name.
    fn note_names(&mut self, ast: &Ast) {
        let source = self.syntax.source();
        let field = self.context.target.field.as_bytes();
        let is_field = |s: Span| &*name_text(s.of(source)) == field;
        for a in &ast.aggregates {
            for d in ast.decls(a.members).iter().filter(|d| is_field(d.name)) {
                let tag =
                    a.tag.map_or_else(String::new, |t| String::from_utf8_lossy(&name_text(t.of(source))).into_owned());
                self.declared.insert(d.name.start, tag);
            }
        }
        if self.context.target.parts.contains(&self.file.path) {
            let members = ast.globals.iter().filter(|d| is_field(d.name));
            let of = &self.context.target.of;
            self.declared.extend(members.map(|d| (d.name.start, of.clone())));
        }
        let decls = ast.decls.iter().chain(&ast.globals);
        self.names.extend(decls.filter(|d| is_field(d.name)).map(|d| d.name.start));
        for (_, own) in ast.exprs.iter().zip(&ast.own).filter(|(e, own)| **e == Expr::Name && is_field(**own)) {
            self.loose.entry(own.start).or_insert(Loose { callee: String::new(), offset: None });
        }
        for f in &ast.functions {
            self.names.extend(is_field(f.name).then_some(f.name.start));
        }
    }

    pub(super) fn types(&self) -> Types<'_, 't> {
        Types { lookup: self.context.lookup, path: &self.file.path }
    }

    fn scan(&mut self, body: &Body<'_>, in_macro: bool) {
        self.note_loose(body);
        let sites = Scan {
            body,
            target: self.context.target,
            pack: self.context.pack,
            types: self.types(),
            in_macro,
            source_path: &self.file.path,
            functions: Some(self.context.functions),
        }
        .sites();
        for site in sites {
            self.unite(site);
        }
    }

    pub(super) fn unite(&mut self, site: Site) {
        // A macro that loads and stores gives two sites at its name.
        let is_store = site.implicit == Some(Implicit::Macro) && site.access == Access::Store;
        let key = (site.at, site.implicit.map(|i| i as ImplicitKey), is_store);
        let space = site.space;
        match self.sites.get_mut(&key) {
            None => {
                self.sites.insert(key, (site, space.into_iter().collect()));
            }
            Some((known, spaces)) => {
                known.known = known.known.min(site.known);
                known.outcome.merge(site.outcome);
                if known.outcome.roles.len() > 1 {
                    known.outcome.roles.remove(&Role::Unused);
                }
                spaces.extend(space);
                known.space = join(spaces);
                known.decided.extend(site.decided);
                known.whence.extend(site.whence);
            }
        }
    }

    pub(super) fn function_at(&self, at: u32) -> String {
        let inner = self.functions.iter().filter(|((a, b), _)| *a <= at && at < *b).min_by_key(|((a, b), _)| b - a);
        let made = || self.made_in.get(&at).cloned().unwrap_or_else(|| "-".to_owned());
        inner.map_or_else(made, |(_, n)| n.clone())
    }

    fn finish(mut self, interest: &Interest) -> FileAudit {
        let mut out = FileAudit::default();
        for &at in &interest.occurrences {
            let draft = self.occurrence(at);
            out.drafts.push(draft);
        }
        let implicit: Vec<Site> =
            self.sites.values().filter(|(s, _)| s.implicit.is_some()).map(|(s, _)| s.clone()).collect();
        for site in implicit {
            let function = self.function_at(site.at);
            let draft = self.draft(Bucket::Classified, site, function);
            out.drafts.push(draft);
        }
        out.drafts.sort_by_key(|d| (d.at, d.site.implicit.map(|i| i as ImplicitKey), d.site.access));
        out.declaring = self.declared.values().cloned().collect();
        let skips = std::mem::take(&mut self.skips);
        let skipped = |s: &Skip| Skipped {
            path: self.file.path.clone(),
            line: self.lines.line(s.span.start),
            reason: s.reason.to_owned(),
        };
        out.skipped = skips.iter().map(skipped).collect::<BTreeSet<_>>().into_iter().collect();
        self.skips = skips;
        if self.is_read() {
            let skips = std::mem::take(&mut self.skips);
            out.problems = language::problems(&*self.syntax, &self.file.path, &self.lines, skips.iter());
            let large = format!("{TOO_LARGE}, and uses of the field in it are unresolved; split it");
            let large = skips.iter().filter(|s| s.reason == TOO_LARGE).map(|s| (s.span.start, large.clone()));
            out.problems.extend(large.chain(std::mem::take(&mut self.faults)).map(|(at, message)| Problem {
                path: self.file.path.clone(),
                line: Some(self.lines.line(at)),
                severity: Severity::Error,
                message,
            }));
            out.problems.sort();
            out.problems.dedup();
        }
        out
    }

    /// The bucket of one occurrence, and what is said about it.
    fn occurrence(&mut self, at: u32) -> Draft {
        let function = self.function_at(at);
        if self.syntax.in_comment(at) {
            return self.mention(at, Note::InComment, function);
        }
        if !self.is_read() {
            let ending = self.file.path.rsplit('.').next().unwrap_or_default();
            return self.plain(Bucket::Unresolved, at, Note::EndingUnread(ending.to_owned()), function);
        }
        if self.syntax.source()[at as usize] != self.file.bytes[at as usize] {
            return self.plain(Bucket::Unresolved, at, Note::InGrammar, function);
        }
        let presence = self.syntax.presence(at);
        if let Some(directive) = self.syntax.directive(at) {
            return self.in_directive(at, directive, &presence);
        }
        if presence == Cond::Const(false) {
            return self.mention(at, Note::Disabled(self.syntax.disabled()), function);
        }
        match self.syntax.word(at) {
            PlaceKind::Quoted => return self.mention(at, Note::InString, function),
            PlaceKind::Name => {}
            PlaceKind::Other => {
                return self.plain(Bucket::Unresolved, at, Note::NoName, function);
            }
        }
        if let Some((site, _)) = self.sites.get(&(at, None, false)) {
            let site = site.clone();
            let bucket = if site.known == Known::Other { Bucket::Other } else { Bucket::Classified };
            return self.draft(bucket, site, function);
        }
        if let Some(tag) = self.declared.get(&at).cloned() {
            if tag == self.context.target.of {
                let mut draft = self.plain(Bucket::Classified, at, None, "-".to_owned());
                draft.site.access = Access::Decl;
                draft.site.known = Known::Tracked;
                return draft;
            }
            return self.plain(Bucket::Other, at, Note::OtherMember(tag), function);
        }
        if self.names.contains(&at) {
            return self.plain(Bucket::Other, at, Note::OtherName, function);
        }
        if let Some(loose) = self.loose.get(&at).cloned() {
            return self.loose_name(at, loose, function);
        }
        self.fallback(at, function)
    }

    /// What the parser did not reach is judged by the tokens around it.
    fn fallback(&mut self, at: u32, function: String) -> Draft {
        let Around { is_member, is_assigned, is_asked } = self.syntax.around(at);
        let covering = self.skips.iter().find(|s| s.span.holds(at)).map(|s| s.reason);
        if is_member && is_asked && covering.is_none() {
            // Read, but not evaluated: `typeof(uio->uio_procp)`.
            let mut draft = self.plain(Bucket::Classified, at, Note::NotEvaluated, function);
            draft.site.access = Access::Load;
            draft.site.outcome.roles.insert(Role::Unused);
            return draft;
        }
        let reason = covering.unwrap_or("the text around it could not be read");
        let is_store = is_member && is_assigned;
        let mut draft = self.plain(Bucket::Unresolved, at, Note::Unparsed(reason.to_owned()), function);
        if is_store {
            draft.site.access = Access::Store;
            draft.site.space = Some(Space::Unknown);
        } else {
            draft.site.access = Access::Load;
            draft.site.outcome.roles.insert(Role::Opaque);
        }
        draft
    }

    fn in_directive(&mut self, at: u32, directive: InDirective, presence: &Cond) -> Draft {
        let InDirective::Define(name) = directive else {
            let function = self.function_at(at);
            return self.mention(at, Note::InDirective, function);
        };
        let makro = String::from_utf8_lossy(name.of(self.syntax.source())).into_owned();
        if name.start == at {
            let is_declaration = !self.context.target.paths.is_empty()
                && self
                    .context
                    .lookup
                    .structure(&self.context.target.of, &self.file.path)
                    .is_some_and(|s| s.path == self.file.path);
            if is_declaration {
                let mut draft = self.plain(Bucket::Classified, at, None, "-".to_owned());
                draft.site.access = Access::Decl;
                draft.site.known = Known::Tracked;
                return draft;
            }
            return self.plain(Bucket::Other, at, Note::OtherMacro, "-".to_owned());
        }
        if *presence == Cond::Const(false) {
            return self.mention(at, Note::Disabled(Disabled::If), makro);
        }
        if self.syntax.word(at) == PlaceKind::Quoted {
            return self.mention(at, Note::InString, makro);
        }
        if let Some(m) = macro_at(self.file, name.start as usize, (name.end - name.start) as usize) {
            let text = Text::new(self.syntax.source(), &m);
            let body = text.body(self.syntax.source());
            let sites = Scan {
                body: &body,
                target: self.context.target,
                pack: self.context.pack,
                types: self.types(),
                in_macro: true,
                source_path: &self.file.path,
                functions: Some(self.context.functions),
            }
            .sites();
            if let Some(site) = sites.into_iter().find(|s| s.at == at && s.implicit.is_none()) {
                if self.context.target.makers.contains(&makro) {
                    // What it does hangs on its arguments: where it is used, it was read with them.
                    let mut draft = self.plain(Bucket::Unresolved, at, Note::MadeByMacro, makro);
                    draft.site.access = Access::Load;
                    draft.site.outcome.roles.insert(Role::Opaque);
                    return draft;
                }
                let bucket = if site.known == Known::Other { Bucket::Other } else { Bucket::Classified };
                return self.draft(bucket, site, makro);
            }
            if m.params.iter().flatten().any(|p| p.start == at)
                || text.ast.exprs.iter().zip(&text.ast.own).any(|(e, s)| *e == Expr::Name && s.start == at)
            {
                // Where the macro is used, its text was read with its arguments.
                let is_param = m.params.iter().flatten().any(|p| p.start == at);
                return if is_param || self.context.target.makers.contains(&makro) {
                    self.plain(Bucket::Other, at, Note::OtherInMacro, makro)
                } else {
                    let mut draft = self.plain(Bucket::Unresolved, at, Note::NameAsArgument(String::new()), makro);
                    draft.site.access = Access::Load;
                    draft.site.outcome.roles.insert(Role::Opaque);
                    draft
                };
            }
        }
        self.plain(Bucket::Unresolved, at, Note::MacroUnread, makro)
    }

    /// The line, or a part of it where it is a very long one.
    fn line_around(&self, line: u32, at: u32) -> (u32, u32) {
        let (start, end) = self.lines.span(line, self.syntax.source());
        if end - start <= LONG_LINE {
            return (start, end);
        }
        (at.saturating_sub(AROUND).max(start), at.saturating_add(AROUND).min(end))
    }

    fn mention(&self, at: u32, note: Note, function: String) -> Draft {
        let mut draft = self.plain(Bucket::Mention, at, note, function);
        let (start, end) = self.line_around(draft.line, at);
        draft.expression = one_line(Span::new(start, end).of(self.syntax.source()));
        draft
    }

    /// A draft without a parsed site.
    pub(super) fn plain(&self, bucket: Bucket, at: u32, note: impl Into<Option<Note>>, function: String) -> Draft {
        let span = Span::new(at, at + self.context.target.field.len() as u32);
        let site = Site {
            at,
            span,
            implicit: None,
            alias: None,
            access: Access::Mention,
            known: Known::Nothing,
            outcome: crate::flow::local::Outcome::default(),
            space: None,
            decided: BTreeSet::new(),
            whence: BTreeSet::new(),
            by_macro: Cond::Const(true),
            expression: span,
            is_macro_value: false,
        };
        let mut draft = self.draft(bucket, site, function);
        draft.site.outcome.notes.extend(note.into());
        draft
    }

    fn draft(&self, bucket: Bucket, site: Site, function: String) -> Draft {
        let (line, column) = self.lines.place(site.at);
        let presence = self.syntax.presence(site.at);
        let (start, end) = self.line_around(line, site.at);
        let squeezed = Span::new(start, end).of(self.syntax.source());
        Draft {
            bucket,
            at: site.at,
            line,
            column,
            function,
            when: Cond::all(vec![presence, site.by_macro.clone()]).unless_always(),
            expression: one_line(site.expression.of(self.syntax.source())),
            squeezed: String::from_utf8_lossy(squeezed).split_whitespace().collect(),
            settled: Settled::default(),
            site,
        }
    }
}

/// A function's name without blanks.
fn squeeze_name(name: &[u8]) -> String {
    String::from_utf8_lossy(&name_text(name)).split_whitespace().collect()
}

/// Blanks and line ends collapsed, and cut where it gets too long for anybody to read.
fn one_line(text: &[u8]) -> String {
    const LONGEST: usize = 160;
    let text = &text[..text.len().min(LONGEST * 8)];
    // Latin-1: every byte is a character.
    let text: String = if let Ok(t) = std::str::from_utf8(text) {
        t.to_owned()
    } else {
        text.iter().map(|b| char::from(*b)).collect()
    };
    let line = text.replace("\\\n", "").replace("\\\r\n", "").split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
