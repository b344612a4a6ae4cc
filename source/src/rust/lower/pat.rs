//! Patterns: what they test, and what they declare.

use super::Lower;
use crate::text::Span;
use crate::tree::{Base, Decl, Expr, ExprId, Op, Type};
use syn::Pat;

/// What a pattern is matched against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// The variable of that name, and whether what is bound has its type.
    Whole(Span, bool),
    /// A member of it.
    Member(Span, Span),
    /// Something that is not the value.
    Nothing,
}

impl Lower<'_> {
    fn value_of(&mut self, value: Value) -> Option<ExprId> {
        match value {
            Value::Whole(name, _) => Some(self.name(name)),
            Value::Member(base, name) => {
                let base_id = self.name(base);
                // Bytes between the two are no part of it; the name alone is what stands in the text.
                Some(self.push(Expr::Member { base: base_id, name, arrow: true }, name))
            }
            Value::Nothing => None,
        }
    }

    fn not_null(&mut self, value: Value) -> Option<ExprId> {
        let e = self.value_of(value)?;
        let span = self.span(e);
        Some(self.unary(Op::Not, e, span))
    }

    /// Declares what a pattern binds; answers the test that it makes, if it makes one.
    pub(super) fn pattern(&mut self, pat: &Pat, value: Value, binds: &mut Vec<Decl>) -> Option<ExprId> {
        match pat {
            Pat::Ident(i) => {
                let name = self.at(i.ident.span());
                let text = self.text(name);
                if i.ident == "None" {
                    return self.not_null(value);
                }
                if i.subpat.is_none() && text.starts_with(|c: char| c.is_ascii_uppercase()) {
                    let (e, constant) = (self.value_of(value)?, self.name(name));
                    return Some(self.binary(Op::Eq, e, constant));
                }
                let init = self.value_of(value);
                let ty = match (value, init) {
                    (Value::Whole(_, true) | Value::Member(..), Some(e)) => {
                        Type { base: Base::Typeof(e), ..Type::default() }
                    }
                    _ => Type::default(),
                };
                self.local_is(name, true);
                binds.push(Decl { name, ty, init, ..Decl::default() });
                i.subpat.as_ref().and_then(|(_, p)| self.pattern(p, value, binds))
            }
            Pat::TupleStruct(t) => {
                let name = t.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                let inner = match (name.as_str(), value) {
                    ("Some" | "Ok", v) => v,
                    ("Err", _) => Value::Nothing,
                    (_, Value::Whole(n, _)) => Value::Whole(n, false),
                    (_, v) => v,
                };
                let mut test = if name == "Some" { self.not_null(value) } else { None };
                for p in &t.elems {
                    let more = self.pattern(p, inner, binds);
                    test = self.both(Op::And, test, more);
                }
                Some(test.unwrap_or_else(|| self.literal(Span::default())))
            }
            Pat::Struct(s) => {
                let mut test = None;
                for f in &s.fields {
                    let name = match &f.member {
                        syn::Member::Named(i) => self.at(i.span()),
                        syn::Member::Unnamed(i) => self.at(i.span),
                    };
                    let value = match value {
                        Value::Whole(base, _) => Value::Member(base, name),
                        _ => Value::Nothing,
                    };
                    let more = self.pattern(&f.pat, value, binds);
                    test = self.both(Op::And, test, more);
                }
                test
            }
            Pat::Tuple(t) => self.parts(t.elems.iter(), value, binds),
            Pat::Slice(s) => self.parts(s.elems.iter(), value, binds),
            Pat::Or(o) => {
                let mut test = None;
                for (i, p) in o.cases.iter().enumerate() {
                    // Each case declares the same names.
                    let mut others = Vec::new();
                    let more = self.pattern(p, value, if i == 0 { binds } else { &mut others });
                    test = self.both(Op::Or, test, more);
                }
                test
            }
            Pat::Reference(r) => self.pattern(&r.pat, value, binds),
            Pat::Paren(p) => self.pattern(&p.pat, value, binds),
            Pat::Type(t) => {
                let before = binds.len();
                let test = self.pattern(&t.pat, value, binds);
                if let (Pat::Ident(_), [bind]) = (&*t.pat, &mut binds[before..]) {
                    bind.ty = self.ty(&t.ty);
                }
                test
            }
            Pat::Lit(l) => {
                let (e, literal) = (self.value_of(value)?, self.at(l.lit.span()));
                let literal = self.literal(literal);
                Some(self.binary(Op::Eq, e, literal))
            }
            Pat::Path(p) => {
                let last = p.path.segments.last()?;
                let name = self.at(last.ident.span());
                let (e, constant) = (self.value_of(value)?, self.name(name));
                Some(self.binary(Op::Eq, e, constant))
            }
            Pat::Range(_) | Pat::Const(_) | Pat::Macro(_) => {
                let e = self.value_of(value)?;
                let span = self.span(e);
                let other = self.literal(span);
                Some(self.binary(Op::Order, e, other))
            }
            _ => None,
        }
    }

    /// Parts of a tuple: which of them is the value is not known, so each may be.
    fn parts<'p>(
        &mut self,
        parts: impl Iterator<Item = &'p Pat>,
        value: Value,
        binds: &mut Vec<Decl>,
    ) -> Option<ExprId> {
        let value = if let Value::Whole(name, _) = value { Value::Whole(name, false) } else { value };
        let mut test = None;
        for p in parts {
            let more = self.pattern(p, value, binds);
            test = self.both(Op::And, test, more);
        }
        test
    }

    fn both(&mut self, op: Op, a: Option<ExprId>, b: Option<ExprId>) -> Option<ExprId> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.binary(op, a, b)),
            (a, b) => a.or(b),
        }
    }
}
