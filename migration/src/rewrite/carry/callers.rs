//! A parameter that changes its type: its function, and everybody who names that.

use super::{Carry, Handed, Task, text};
use crate::edit::{Edit, indent, newline};
use crate::rewrite::types::prototype;
use crate::sites::View;
use uioscope_source::body::{Body, VarId};
use uioscope_source::c::lex::Tok;
use uioscope_source::decls::functions::Place;
use uioscope_source::decls::types::Types;
use uioscope_source::places::is_null;
use uioscope_source::text::Cond;
use uioscope_source::text::is_word;
use uioscope_source::tree::{Expr, ExprId};

impl Carry<'_, '_, '_> {
    /// A parameter's declaration, its uses, and everybody who names the function.
    pub(super) fn parameter(&mut self, place: Place, name: &str, n: usize) -> Result<(), String> {
        let program = self.context.program;
        if program.pack.call(name, n).is_some_and(|r| !r.roles.is_empty()) {
            return Err(format!("{name}() takes a process, and is called from everywhere"));
        }
        let mut old = String::new();
        self.in_function(place.file, place.at, |carry, view, f| {
            let Some(param) = view.ast().decls(f.params).get(n) else {
                return Err(format!("{name}() has no parameter {n} in all its variants"));
            };
            old = view.body.name(param.name);
            let file = program.functions.index_of(&view.file.path).unwrap_or_default();
            carry.done.insert(Task::Var(file, f.name.start, param.name.start));
            carry.retype(view, f, n as VarId)
        })?;
        self.callers(place, name, n, &old)
    }

    /// Every place of the tree that names the function.
    fn callers(&mut self, place: Place, name: &str, n: usize, old: &str) -> Result<(), String> {
        let program = self.context.program;
        let tree = program.lookup.tree();
        let finder = memchr::memmem::Finder::new(name);
        let files: Vec<u32> = if program.functions.is_private(place) {
            vec![place.file]
        } else {
            use rayon::prelude::*;
            let has = |(_, f): &(usize, &uioscope_source::text::SourceFile)| finder.find(&f.bytes).is_some();
            tree.files.par_iter().enumerate().filter(has).map(|(i, _)| i as u32).collect()
        };
        for file in files {
            let source = &tree.files[file as usize];
            let is_meant = program.functions.definitions(name, &source.path).contains(&place);
            let Some(parsed) = program.functions.preprocessed(file).filter(|_| is_meant) else { continue };
            for at in finder.find_iter(&source.bytes).filter(|at| is_word(&source.bytes, *at, name.len())) {
                let at = at as u32;
                let token = parsed.unit.token_at(at);
                let is_name = parsed
                    .unit
                    .lexed
                    .tokens
                    .get(token as usize)
                    .is_some_and(|t| t.span.start == at && t.kind == Tok::Ident);
                if !is_name || parsed.unit.in_comment(at) || at == place.at && file == place.file {
                    continue;
                }
                if parsed.unit.directive_at(at).is_some() {
                    return Err(format!("{name}() is used in a directive of {}", source.path));
                }
                if parsed.unit.presence(token) != Cond::Const(false) {
                    self.mentioned(file, at, name, n, old)?;
                }
            }
        }
        Ok(())
    }

    /// One place that names the function: another definition, a prototype or a call.
    fn mentioned(&mut self, file: u32, at: u32, name: &str, n: usize, old: &str) -> Result<(), String> {
        let context = self.context;
        let source = &context.program.lookup.tree().files[file as usize];
        let types = Types { lookup: context.program.lookup, path: &source.path };
        let mut result: Option<Result<(), String>> = None;
        context.program.functions.trees(file, at, |text, ast| {
            let Some(function) = ast.functions.iter().find(|f| f.span.holds(at)) else { return };
            if function.name.start == at {
                self.work.push_back(Task::Param(Place { file, at }, name.to_owned(), n));
                result = Some(Ok(()));
                return;
            }
            let body = Body::new(text, ast, function);
            let call = body.exprs().find_map(|e| match ast.expr(e) {
                Expr::Call { callee, args } if ast.own(callee).start == at => Some((e, args)),
                _ => None,
            });
            let view = View { body: &body, function: Some(*function), e: 0, types, file: source };
            let one = match call {
                Some((_, args)) => match ast.list(args).get(n) {
                    Some(&argument) => self.argument(&view, argument),
                    None => Err(format!("{name}() is called with fewer arguments in {}", source.path)),
                },
                // Declared again inside the function.
                None if ast.decls.iter().any(|d| d.name.start == at) => Ok(()),
                None => Err(format!("the address of {name}() is taken in {}", source.path)),
            };
            if one.is_err() || result.is_none() {
                result = Some(one);
            }
        });
        match result {
            Some(result) => result,
            None => {
                let tags = (context.pointee(), context.words().points_to.as_str());
                let end = at as usize + name.len();
                let renamed = context.words().variable.as_str();
                let edits = prototype(&source.path, &source.bytes, end, n, tags, (old, renamed))
                    .map_err(|e| format!("{}: {e} of {name}()", source.path))?;
                self.edits.extend(edits);
                Ok(())
            }
        }
    }

    /// What a caller hands over.
    fn argument(&mut self, view: &View<'_>, e: ExprId) -> Result<(), String> {
        let body = view.body;
        if is_null(body, e) {
            return Ok(());
        }
        if let Expr::Member { name, .. } = body.ast.expr(e)
            && self.context.is_field(&body.name(name))
        {
            return self.also(view, name);
        }
        let shown = text(body, e);
        let running = self.context.words().current.iter().find(|(_, name)| *name == shown).map(|(of, _)| of.clone());
        let sure = running.is_some();
        let of = running
            .or_else(|| view.types.struct_of(body, e).filter(|of| !of.is_empty()))
            .unwrap_or_else(|| self.context.pointee().to_owned());
        let way =
            self.context.words().space_of(&of).ok_or_else(|| format!("a caller hands over a struct {of}"))?.to_owned();
        match body.ast.expr(e) {
            Expr::Name | Expr::Member { .. } => {}
            _ => return Err(format!("a caller hands over {shown}")),
        }
        let span = body.ast.own(e);
        let var = body.var(e).and_then(|v| self.task(view, v));
        self.headers.insert(view.file.path.clone(), (body.ast.own(e).start, of));
        self.handed.insert(Handed { path: view.file.path.clone(), span: (span.start, span.end), var, way, sure });
        Ok(())
    }

    /// `p` becomes `p != NULL ? p->p_vmspace : NULL` where the function asks, on a line of its own if it gets too long.
    pub(super) fn hand(&self, handed: &Handed) -> Edit {
        let (start, end) = handed.span;
        let Some(file) = self.context.program.lookup.tree().file(&handed.path) else {
            return Edit::new(&handed.path, start, end, "");
        };
        let shown = &file.bytes[start as usize..end as usize];
        let p = String::from_utf8_lossy(shown).into_owned();
        let way = &handed.way;
        let new =
            if self.null && !handed.sure { format!("{p} != NULL ? {p}->{way} : NULL") } else { format!("{p}->{way}") };
        let line = memchr::memrchr(b'\n', &file.bytes[..start as usize]).map_or(0, |n| n + 1);
        let blanks = indent(&file.bytes, start);
        let before = &file.bytes[line + blanks.len()..start as usize];
        if columns(&file.bytes, start as usize) + new.len() - p.len() <= WIDEST || !before.ends_with(b", ") {
            return Edit::new(&handed.path, start, end, new);
        }
        let own = String::from_utf8_lossy(blanks);
        let deeper = if own.ends_with("    ") { own.into_owned() } else { format!("{own}    ") };
        Edit::new(&handed.path, start - 1, end, format!("{}{deeper}{new}", newline(&file.bytes)))
    }
}

/// Columns of a line that kernel style allows.
pub(super) const WIDEST: usize = 80;

/// Columns of the line that a place is on.
pub(super) fn columns(text: &[u8], at: usize) -> usize {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
    let stop = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
    text[line..stop].iter().fold(0, |w, b| if *b == b'\t' { w / 8 * 8 + 8 } else { w + 1 })
}
