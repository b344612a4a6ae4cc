//! A store of another process' address space: a reference is taken there, and dropped on every way out.

use super::Context;
use crate::edit::{Edit, indent, newline};
use crate::sites::{View, block_of, stmt_of, with_semicolon};
use uioscope_source::c::lex::Tok;
use uioscope_source::places::is_local;
use uioscope_source::text::Span;
use uioscope_source::tree::{Base, Expr, ExprId};

/// Edits that take a reference after a store, and drop it before each return that follows.
///
/// # Errors
/// The request outlives the function, or a way out cannot be changed by itself.
pub(super) fn held(context: &Context<'_, '_>, view: &View<'_>, assign: ExprId) -> Result<Vec<Edit>, String> {
    let body = view.body;
    let stmt = stmt_of(body.ast, assign).filter(|s| block_of(body.ast, *s).is_some());
    let span = with_semicolon(body.source, body.ast.span(assign));
    let (Some(_), Some(span), Some(function)) = (stmt, span, view.function) else {
        return Err("a reference has to be taken, and the store is no statement of its own".to_owned());
    };
    let Expr::Member { base, arrow, .. } = body.ast.expr(view.e) else { return Err("it is not a member".to_owned()) };
    if !is_local(body, view.e) {
        return Err("the request outlives this function: its completion has to drop the reference".to_owned());
    }
    let words = context.words();
    let object = String::from_utf8_lossy(body.text(base)).into_owned();
    let space = format!("{object}{}{}", if arrow { "->" } else { "." }, words.member);
    let defined = |t: &&String| {
        let name = t.split('(').next().unwrap_or_default();
        !t.contains('(') || t.starts_with("{}") || !context.program.functions.all(name).is_empty()
    };
    let take = words.take.iter().find(defined).ok_or("the pack names no way to take a reference that this tree has")?;
    let drop = words.drop.replace("{}", &space);
    let (blanks, end) = (blanks(body.source, span.start), newline(body.source));
    let taken = format!("{end}{blanks}{};", take.replace("{}", &space));
    let mut edits = vec![Edit::new(&view.file.path, span.end, span.end, taken)];
    let ways = Ways { context, view, after: span.end, stop: function.span.end, root: root(view, base), drop };
    edits.extend(ways.out()?);
    Ok(edits)
}

fn blanks(text: &[u8], at: u32) -> String {
    String::from_utf8_lossy(indent(text, at)).into_owned()
}

fn root(view: &View<'_>, mut base: ExprId) -> Vec<u8> {
    let body = view.body;
    while let Expr::Member { base: inner, .. } | Expr::Index { base: inner, .. } = body.ast.expr(base) {
        base = inner;
    }
    body.text(base).to_vec()
}

/// Without a pair of brackets around the whole.
fn unbracketed(value: &str) -> &str {
    let Some(inner) = value.strip_prefix('(').and_then(|v| v.strip_suffix(')')) else { return value };
    let mut depth = 0i32;
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return value;
        }
    }
    inner
}

struct Ways<'s, 'x, 't> {
    context: &'s Context<'x, 't>,
    view: &'s View<'s>,
    after: u32,
    stop: u32,
    root: Vec<u8>,
    drop: String,
}

impl Ways<'_, '_, '_> {
    /// Every `return` after the store, and the end of the function if it can be reached.
    fn out(&self) -> Result<Vec<Edit>, String> {
        let program = self.context.program;
        let file = program.functions.index_of(&self.view.file.path).ok_or("the file is not of the tree")?;
        let unit = &program.functions.preprocessed(file).ok_or("its language has no tokens to edit")?.unit;
        let tokens = &unit.lexed.tokens;
        let source = self.view.body.source;
        let mut edits = Vec::new();
        let mut last_is_return = false;
        let first = unit.token_at(self.after) as usize;
        for i in (first..tokens.len()).take_while(|i| tokens[*i].span.end < self.stop) {
            let t = &tokens[i];
            if t.span.start < self.after || t.span.of(source) != b"return" {
                continue;
            }
            let semi = (i..tokens.len()).find(|j| tokens[*j].kind == Tok::Semi).ok_or("a return without an end")?;
            let statement = Span::new(t.span.start, tokens[semi].span.end);
            let names_it = crate::sites::words(statement.of(source)).contains(&self.root[..]);
            let alone = i > 0 && (tokens[i - 1].kind == Tok::RParen || tokens[i - 1].span.of(source) == b"else");
            edits.extend(self.before(statement, t.span.end, tokens[i.max(1) - 1].span, alone, names_it)?);
            last_is_return = tokens.get(semi + 1).is_some_and(|n| n.span.end >= self.stop);
        }
        if !last_is_return {
            let brace = self.stop - 1;
            let line = memchr::memrchr(b'\n', &source[..brace as usize]).map_or(brace, |n| n as u32 + 1);
            edits.push(Edit::new(&self.view.file.path, line, line, format!("\t{};{}", self.drop, newline(source))));
        }
        Ok(edits)
    }

    /// One return: the drop before it, in braces where it was the only statement of a branch.
    fn before(
        &self,
        statement: Span,
        keyword: u32,
        previous: Span,
        alone: bool,
        names_it: bool,
    ) -> Result<Vec<Edit>, String> {
        let source = self.view.body.source;
        let path = &self.view.file.path;
        let (own, end) = (blanks(source, statement.start), newline(source));
        let mut text = format!("{};{end}{own}", self.drop);
        let mut edits = Vec::new();
        if names_it {
            // What is returned still needs the address space.
            let body = self.view.body;
            let error = body
                .vars
                .iter()
                .find(|v| body.name(v.name) == "error" && v.ty.base == Base::Builtin && v.ty.pointers == 0);
            if error.is_none() {
                return Err(
                    "what is returned is made with the request, and there is no variable to keep it in".to_owned()
                );
            }
            let value =
                String::from_utf8_lossy(&source[keyword as usize..statement.end as usize - 1]).trim().to_owned();
            let value = unbracketed(&value);
            text = format!("error = {value};{end}{own}{}", text);
            edits.push(Edit::new(path, keyword, statement.end, " (error);"));
        }
        if alone {
            let outer = own.strip_suffix('\t').or_else(|| own.strip_suffix("    ")).unwrap_or(&own).to_owned();
            edits.push(Edit::new(path, previous.end, previous.end, " {"));
            edits.push(Edit::new(path, statement.end, statement.end, format!("{end}{outer}}}")));
        }
        edits.push(Edit::new(path, statement.start, statement.start, text));
        Ok(edits)
    }
}
