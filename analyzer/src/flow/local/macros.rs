//! Macros as functions: their text is parsed, and values are followed through it.

use crate::flow::local::{Flow, Outcome};
use memchr::memmem;
use uioscope_source::body::Body;
use uioscope_source::c::declared::macro_at;
use uioscope_source::c::{lex, parse};
use uioscope_source::shapes::Macro;
use uioscope_source::text::SourceFile;
use uioscope_source::tree::{Ast, Base, Decl, Stmt, StmtId, Type};

/// How many macros may hang on each other.
const DEEPEST: u32 = 8;

/// So many definitions of one macro in one file are looked at.
const MOST_DEFINITIONS: usize = 16;

/// A macro's text as a tree.
#[derive(Debug, Default)]
pub struct Text {
    /// Expressions and statements, in places of the file that defines the macro.
    pub ast: Ast,
    /// A `return` of the macro's value, or its statements.
    pub root: StmtId,
    /// Parameters, of unknown type.
    pub params: Vec<Decl>,
}

impl Text {
    /// Parses a macro's text: as an expression if it is one, as statements if not.
    pub fn new(source: &[u8], m: &Macro) -> Text {
        let tokens = lex::lex_at(source, m.body.start as usize, m.body.end as usize);
        let mut ast = Ast::default();
        let root = match parse::parse_expression(source, &tokens, &mut ast) {
            Some(e) => {
                ast.stmts.push(Stmt::Return(Some(e)));
                ast.stmts.len() as StmtId - 1
            }
            None => {
                ast.clear();
                parse::parse_statements(source, &tokens, &mut ast)
            }
        };
        let untyped = Type { base: Base::Unknown, pointers: 1, ..Type::default() };
        let params = m.params.iter().flatten().map(|s| Decl { name: *s, ty: untyped, ..Decl::default() }).collect();
        Text { ast, root, params }
    }

    /// With control flow.
    pub fn body<'a>(&'a self, source: &'a [u8]) -> Body<'a> {
        Body::build(source, &self.ast, &self.params, self.root)
    }
}

/// What becomes of argument `n` of a macro, in all its definitions of the nearest file that has any. `None`: there is no
/// function-like macro of that name.
pub fn through(flow: &Flow<'_, '_>, name: &str, n: usize, of: Option<String>, fields: &[String]) -> Option<Outcome> {
    if flow.macros >= DEEPEST {
        return None;
    }
    let nearest = flow.types.lookup.makro(name, flow.types.path)?;
    let file = flow.types.lookup.tree().file(&nearest.path)?;
    let mut all: Option<Outcome> = None;
    for m in definitions(file, name) {
        let Some(params) = m.params.as_ref() else { continue };
        let text = Text::new(&file.bytes, &m);
        // `…` takes what is left over.
        if n >= params.len() || is_itself(&text, &file.bytes, name) {
            continue;
        }
        let body = text.body(&file.bytes);
        let inner = Flow {
            body: &body,
            pack: flow.pack,
            types: flow.types,
            source_path: &m.path,
            pointee: of.clone(),
            macros: flow.macros + 1,
            reading: flow.reading,
        };
        all.get_or_insert_default().merge(inner.follow_param(n as u32, fields));
    }
    let mut all = all?;
    all.settle(true);
    Some(all)
}

/// All definitions of a macro in a file: `#if` chooses between them.
fn definitions(file: &SourceFile, name: &str) -> Vec<Macro> {
    memmem::find_iter(&file.bytes, name.as_bytes())
        .filter_map(|at| macro_at(file, at, name.len()))
        .take(MOST_DEFINITIONS)
        .collect()
}

/// `#define f(x) f(x, 0)`: the preprocessor expands it once, and then it is the function.
fn is_itself(text: &Text, source: &[u8], name: &str) -> bool {
    text.ast.spans.iter().any(|s| s.of(source) == name.as_bytes())
}
