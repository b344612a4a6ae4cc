//! The facts of a file, flat: what is defined, declared, accessed, assigned, called, tested, compared and returned, each
//! with its place, its function and its presence condition. Made from the trees alone, so any front end that makes the
//! same trees gives the same facts.

use crate::body::{Body, Fate};
use crate::c::grammar::c_text;
use crate::c::variant::{Cover, variants};
use crate::c::{items, parse, pp::Unit};
use crate::text::Cond;
use crate::text::Span;
use crate::text::name_text;
use crate::text::{LineIndex, SourceFile};
use crate::tree::{Ast, Base, Decl, Expr, ExprId, Op, Storage, Type};
use serde::Serialize;
use std::collections::BTreeMap;

/// What kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactKind {
    /// A function with a body; `what` is its name.
    Definition,
    /// A variable, parameter, member or typedef; `what` is `name: type`.
    Declaration,
    /// A member is read or written; `what` is the expression.
    Access,
    /// `what` is the whole assignment.
    Assignment,
    /// `what` is the callee; a macro's use looks the same.
    Call,
    /// A value decides a branch.
    Test,
    /// `==`, `!=`, `<` and their like.
    Comparison,
    /// `what` is the returned expression.
    Return,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fact {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// 1-based line of the first byte.
    pub line: u32,
    /// What kind.
    pub kind: FactKind,
    /// Depends on the kind; blanks collapsed.
    pub what: String,
    /// Enclosing function, `-` outside.
    pub function: String,
    /// Presence condition, where there is one.
    pub when: Option<String>,
}

struct Collector<'u, 'a> {
    unit: &'u Unit<'a>,
    lines: LineIndex,
    found: BTreeMap<(u32, u32, FactKind, String), Fact>,
}

/// The facts of a C file, in order of place; those of all `#if` arms.
pub fn facts(file: &SourceFile) -> Vec<Fact> {
    let text = c_text(&file.path, &file.bytes);
    let unit = Unit::new(&text);
    let mut c = Collector { unit: &unit, lines: LineIndex::new(&file.bytes), found: BTreeMap::new() };
    for item in items::cut(&unit) {
        for stream in variants(&unit, item, Cover::All).streams {
            let mut ast = Ast::default();
            parse::parse(unit.source, &stream, &mut ast);
            c.outside(&ast);
            for f in &ast.functions {
                let name: String = c.text(f.name).split_whitespace().collect();
                c.add(FactKind::Definition, f.span, name.clone(), &name);
                let body = Body::new(unit.source, &ast, f);
                c.inside(&ast, &body, &name);
            }
        }
    }
    c.found.into_values().collect()
}

impl Collector<'_, '_> {
    fn text(&self, span: Span) -> String {
        let text = String::from_utf8_lossy(&name_text(span.of(self.unit.source))).into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn add(&mut self, kind: FactKind, span: Span, what: String, function: &str) {
        let presence = self.unit.presence(self.unit.token_at(span.start));
        let fact = Fact {
            start: span.start,
            end: span.end,
            line: self.lines.line(span.start),
            kind,
            what: what.clone(),
            function: function.to_owned(),
            when: (presence != Cond::Const(true)).then(|| presence.to_string()),
        };
        self.found.entry((span.start, span.end, kind, what)).or_insert(fact);
    }

    fn declare(&mut self, d: &Decl, function: &str) {
        if d.name.end > d.name.start {
            let what = format!("{}: {}", self.text(d.name), self.type_text(d.ty, d.storage));
            self.add(FactKind::Declaration, d.name, what, function);
        }
    }

    fn type_text(&self, ty: Type, storage: Storage) -> String {
        let base = match ty.base {
            Base::Unknown => "?".to_owned(),
            Base::Builtin => "plain".to_owned(),
            Base::Enum => "enum".to_owned(),
            Base::Struct(tag) => format!("struct {}", self.text(tag)),
            Base::Anonymous(_) => "struct".to_owned(),
            Base::Named(name) => self.text(name),
            Base::Typeof(_) => "typeof".to_owned(),
        };
        let storage = match storage {
            Storage::Plain => "",
            Storage::Static => "static ",
            Storage::Extern => "extern ",
            Storage::Typedef => "typedef ",
        };
        let pointers = "*".repeat(usize::from(ty.pointers - ty.arrays.min(ty.pointers)));
        let arrays = "[]".repeat(usize::from(ty.arrays));
        format!("{storage}{base}{pointers}{arrays}{}", if ty.function { "()" } else { "" })
    }

    fn outside(&mut self, ast: &Ast) {
        for d in &ast.globals {
            self.declare(d, "-");
        }
        for a in &ast.aggregates {
            let tag = a.tag.map_or_else(|| "struct".to_owned(), |t| format!("struct {}", self.text(t)));
            for d in ast.decls(a.members) {
                self.declare(d, &tag);
            }
        }
    }

    fn inside(&mut self, ast: &Ast, body: &Body<'_>, function: &str) {
        for v in &body.vars {
            let d = Decl { name: v.name, ty: v.ty, init: v.init, storage: v.storage };
            self.declare(&d, function);
        }
        for e in body.exprs() {
            self.expr(ast, body, e, function);
        }
    }

    fn expr(&mut self, ast: &Ast, body: &Body<'_>, e: ExprId, function: &str) {
        let span = ast.span(e);
        let kind = match ast.expr(e) {
            Expr::Member { .. } => Some(FactKind::Access),
            Expr::Assign { .. } | Expr::Field { .. } => Some(FactKind::Assignment),
            Expr::Binary { op: Op::Eq | Op::NotEq | Op::Order, .. } => Some(FactKind::Comparison),
            Expr::Call { callee, .. } => {
                let what = self.text(ast.span(callee));
                self.add(FactKind::Call, span, what, function);
                None
            }
            _ => None,
        };
        let tested = match body.fate(e) {
            Fate::Tested => true,
            Fate::Operand(up) => match ast.expr(up) {
                Expr::Binary { op: Op::And | Op::Or, .. } | Expr::Unary { op: Op::Not, .. } => true,
                Expr::Choice { test, .. } => test == e,
                _ => false,
            },
            Fate::Returned => {
                let what = self.text(span);
                self.add(FactKind::Return, span, what, function);
                false
            }
            _ => false,
        };
        let what = self.text(span);
        if tested {
            self.add(FactKind::Test, span, what.clone(), function);
        }
        if let Some(kind) = kind {
            self.add(kind, span, what, function);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, want: &[&str]) {
        let file = SourceFile::new("x.c".into(), source.as_bytes().to_vec(), false);
        let got: Vec<String> = facts(&file)
            .iter()
            .map(|f| {
                let when = f.when.as_ref().map_or_else(String::new, |w| format!(" #if {w}"));
                format!("{} {:?} {} in {}{when}", f.line, f.kind, f.what, f.function)
            })
            .collect();
        assert_eq!(got, want);
    }

    #[test]
    fn facts_of_all_arms() {
        check(
            "struct s { int *a[3]; };\nstatic int\nf(x) struct s *x;\n{\n#ifdef A\n\tif (x->a == 0)\n#endif\n\t\tg(x);\n\treturn h = 1;\n}\n",
            &[
                "1 Declaration a: plain*[] in struct s",
                "2 Definition f in f",
                "3 Declaration x: struct s* in f",
                "6 Test (x->a == 0) in f #if A",
                "6 Comparison (x->a == 0) in f #if A",
                "6 Access x->a in f #if A",
                "8 Call g in f",
                "9 Assignment h = 1 in f",
                "9 Return h = 1 in f",
            ],
        );
    }
}
