//! Uses of macros: a call of the macro's name, as far as its arguments are expressions.

use super::Lower;
use crate::text::Span;
use crate::tree::{Expr, ExprId, Op, Stmt};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr as E, Token};

/// The arguments that are expressions, and whether that is all of them.
fn arguments(input: ParseStream<'_>) -> syn::Result<(Vec<E>, bool)> {
    let mut all = Vec::new();
    while !input.is_empty() {
        let fork = input.fork();
        let Ok(e) = fork.parse::<E>() else { break };
        input.advance_to(&fork);
        all.push(e);
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
        } else {
            break;
        }
    }
    let rest: proc_macro2::TokenStream = input.parse()?;
    Ok((all, rest.is_empty()))
}

/// `matches!(value, pattern if guard)`
fn matched(input: ParseStream<'_>) -> syn::Result<(E, syn::Pat, Option<E>)> {
    let value = input.parse()?;
    input.parse::<Token![,]>()?;
    let pat = syn::Pat::parse_multi_with_leading_vert(input)?;
    let guard = if input.peek(Token![if]) {
        input.parse::<Token![if]>()?;
        Some(input.parse()?)
    } else {
        None
    };
    let _: proc_macro2::TokenStream = input.parse()?;
    Ok((value, pat, guard))
}

impl Lower<'_> {
    pub(super) fn makro(&mut self, m: &syn::Macro) -> ExprId {
        let delimiter = match &m.delimiter {
            syn::MacroDelimiter::Paren(d) => d.span,
            syn::MacroDelimiter::Brace(d) => d.span,
            syn::MacroDelimiter::Bracket(d) => d.span,
        };
        let (open, close) = (self.at(delimiter.open()), self.at(delimiter.close()));
        let name = m.path.segments.last().map(|s| self.at(s.ident.span())).unwrap_or(open);
        let span = name.to(close);
        let text = self.text(name);
        match text.as_str() {
            // Their arguments are not evaluated.
            "cfg" | "concat" | "file" | "include" | "include_bytes" | "include_str" | "line" | "module_path"
            | "offset_of" | "stringify" => return self.literal(span),
            "matches" => {
                if let Ok((value, pat, guard)) = matched.parse2(m.tokens.clone()) {
                    return self.matches(&value, &pat, guard.as_ref(), name);
                }
            }
            _ => {}
        }
        let (args, all) = arguments.parse2(m.tokens.clone()).unwrap_or_default();
        if !all {
            let statements = syn::Block::parse_within.parse2(m.tokens.clone());
            if let Ok(stmts) = statements {
                return self.statement_macro(&stmts, span);
            }
            let start = Span::new(open.start, close.end);
            self.skip(start, "arguments of a macro that are no expressions");
        }
        let is_format = args.iter().any(|a| matches!(a, E::Lit(l) if matches!(l.lit, syn::Lit::Str(_))));
        let args: Vec<ExprId> = args
            .iter()
            .map(|a| match a {
                // `{x}` and `x = value` of a format.
                E::Assign(a) if is_format => self.expr(&a.right),
                E::Reference(r) => self.expr(&r.expr),
                a => self.expr(a),
            })
            .collect();
        match (text.as_str(), &args[..]) {
            ("addr_of" | "addr_of_mut", [e]) => return self.unary(Op::AddrOf, *e, span),
            ("assert_eq" | "debug_assert_eq", [a, b, ..]) => return self.binary(Op::Eq, *a, *b),
            ("assert_ne" | "debug_assert_ne", [a, b, ..]) => return self.binary(Op::NotEq, *a, *b),
            // What they test is a condition.
            ("assert" | "debug_assert", [a, ..]) => return self.unary(Op::Not, *a, span),
            _ => {}
        }
        let callee = self.name(name);
        let args = self.list(&args);
        self.push(Expr::Call { callee, args }, span)
    }

    fn matches(&mut self, value: &E, pat: &syn::Pat, guard: Option<&E>, name: Span) -> ExprId {
        let mark = self.ast.exprs.len();
        let seen = self.locals.len();
        let (mut out, mut binds) = (Vec::new(), Vec::new());
        let init = self.expr(value);
        self.temporary(name, init, &mut out);
        let test = self.pattern(pat, super::pat::Value::Whole(name, true), &mut binds);
        let mut test = test.unwrap_or_else(|| self.literal(name));
        if let Some(guard) = guard {
            self.declare(&binds, &mut out);
            let guard = self.expr(guard);
            test = self.binary(Op::And, test, guard);
        }
        self.locals.truncate(seen);
        out.push(self.stmt(Stmt::Expr(test)));
        let body = self.block_of(&out);
        self.push_block(body, mark, name)
    }

    /// A macro whose text is statements.
    fn statement_macro(&mut self, stmts: &[syn::Stmt], span: Span) -> ExprId {
        let mark = self.ast.exprs.len();
        let seen = self.locals.len();
        let mut out = Vec::new();
        self.statements(stmts, super::stmt::Sink::Drop, &mut out);
        self.locals.truncate(seen);
        let body = self.block_of(&out);
        self.push_block(body, mark, span)
    }
}
