//! Places that a file's own text does not explain are read once more with the macros around them expanded, or, where nobody knows
//! the macro, with its arguments as code.

use crate::audit::file::Work;
use crate::audit::site::{Scan, Site};
use crate::finding::{Implicit, Note};
use uioscope_source::body::Body;
use uioscope_source::decls::expand::Expander;
use uioscope_source::decls::expanded::{Expanded, as_code, expanded};
use uioscope_source::language::{self, Cover, Part};
use uioscope_source::text::{Span, name_text};
use uioscope_source::tree::{Ast, Decl, List, Stmt, Storage};

/// What steps in made text give as their file, until their places are those of the file that it was made of.
const MADE: &str = "\0";

impl Work<'_, '_, '_> {
    /// Reads an item again for the sake of those places.
    pub(super) fn read_expanded(&mut self, part: Part, hard: &[u32]) {
        let made = self.syntax.preprocessed().and_then(|file| {
            let range = *file.items.get(part.0 as usize)?;
            let source = self.context.lookup.tree().file(&self.file.path)?;
            // What sets the companion through a macro decides about the field beside it.
            let companion = self.context.pack.companion.field.as_bytes();
            let tokens = &file.unit.lexed.tokens[range.0 as usize..range.1 as usize];
            let beside = tokens.iter().filter(|t| !companion.is_empty() && t.span.of(file.unit.source) == companion);
            let places: Vec<u32> = hard.iter().copied().chain(beside.map(|t| t.span.start)).collect();
            let mut expander = Expander::new(self.context.lookup, Some(self.context.functions), source);
            expanded(&mut expander, file, range, &places)
        });
        if let Some(made) = made {
            self.read_made(&made, hard);
        }
        for &at in hard {
            // Inside a function an argument is what the parser takes it for.
            if self.is_explained(at) {
                continue;
            }
            let made = self.syntax.preprocessed().and_then(|file| {
                let range = *file.items.get(part.0 as usize)?;
                as_code(file, range, at)
            });
            if let Some(made) = made {
                self.read_made(&made, hard);
            }
        }
    }

    fn read_made(&mut self, made: &Expanded, hard: &[u32]) {
        let syntax = language::syntax(&self.file.path, &made.text);
        let mut sites: Vec<(Site, String)> = Vec::new();
        let mut declared: Vec<(u32, String)> = Vec::new();
        let mut loose = Vec::new();
        for part in language::parts(&*syntax) {
            syntax.trees(part, Cover::All, &mut |ast| {
                self.declarations(made, ast, &mut declared);
                for f in ast.functions.clone() {
                    let own = made.origin(f.name.start).is_own;
                    let name =
                        if own { name_text(f.name.of(&made.text)) } else { std::borrow::Cow::Borrowed(&b"-"[..]) };
                    let name = String::from_utf8_lossy(&name).into_owned();
                    let body = Body::new(&made.text, ast, &f);
                    loose.extend(self.loose_in(&body));
                    sites.extend(self.sites_of(&body).into_iter().map(|s| (s, name.clone())));
                }
                sites.extend(self.initialised(made, ast).into_iter().map(|s| (s, "-".to_owned())));
            });
        }
        for (at, name) in loose {
            let origin = made.origin(at);
            if origin.is_own && hard.contains(&origin.at) {
                self.note_offset(origin.at, name);
            }
        }
        for (at, tag) in declared {
            self.declared.entry(at).or_insert(tag);
        }
        for (site, function) in sites {
            self.place(made, site, function, hard);
        }
    }

    fn sites_of(&self, body: &Body<'_>) -> Vec<Site> {
        Scan {
            body,
            target: self.context.target,
            pack: self.context.pack,
            types: self.types(),
            in_macro: false,
            source_path: MADE,
            functions: Some(self.context.functions),
        }
        .sites()
    }

    /// Sites in initialisers outside functions.
    fn initialised(&self, made: &Expanded, ast: &mut Ast) -> Vec<Site> {
        let all: Vec<Decl> =
            ast.globals.iter().filter(|d| d.init.is_some()).map(|d| Decl { storage: Storage::Static, ..*d }).collect();
        if all.is_empty() {
            return Vec::new();
        }
        let start = ast.decls.len() as u32;
        ast.decls.extend_from_slice(&all);
        ast.stmts.push(Stmt::Decls(List { start, end: ast.decls.len() as u32 }));
        let body = Body::build(&made.text, ast, &[], ast.stmts.len() as u32 - 1);
        self.sites_of(&body)
    }

    /// Declarations of the field whose name stands in the file.
    fn declarations(&self, made: &Expanded, ast: &Ast, found: &mut Vec<(u32, String)>) {
        let field = self.context.target.field.as_bytes();
        let text = |s: Span| String::from_utf8_lossy(&name_text(s.of(&made.text))).into_owned();
        for a in &ast.aggregates {
            for d in ast.decls(a.members).iter().filter(|d| &*name_text(d.name.of(&made.text)) == field) {
                let origin = made.origin(d.name.start);
                if origin.is_own {
                    found.push((origin.at, a.tag.map(text).unwrap_or_default()));
                }
            }
        }
    }

    /// A site of made text at its place in the file: the occurrence that it is of, or the use of the macro that makes it.
    fn place(&mut self, made: &Expanded, site: Site, function: String, hard: &[u32]) {
        let origin = made.origin(site.at);
        let is_asked = hard.contains(&origin.at);
        if !is_asked
            || origin.is_own && (site.implicit.is_some() || self.is_explained(origin.at) && self.made_in.is_empty())
        {
            return;
        }
        let span = |s: Span| {
            let (start, end) = (made.origin(s.start).at, made.origin(s.end.saturating_sub(1).max(s.start)).at + 1);
            if start < end { Span::new(start, end) } else { Span::new(origin.at, origin.at + 1) }
        };
        let mut outcome = site.outcome.moved(MADE, &self.file.path, &|at| made.origin(at).at);
        let implicit = if origin.is_own { None } else { Some(Implicit::Macro) };
        if implicit.is_some() {
            outcome.notes.insert(Note::MadeByMacro);
        }
        if self.function_at(origin.at) == "-" {
            self.made_in.insert(origin.at, function);
        }
        self.unite(Site {
            at: origin.at,
            span: span(site.span),
            expression: span(site.expression),
            implicit,
            alias: None,
            outcome,
            is_macro_value: false,
            ..site
        });
    }
}
