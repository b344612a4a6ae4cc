//! Functions, structs and variables.

use super::Lower;
use super::types::pointer;
use crate::text::Span;
use crate::tree::{Aggregate, Decl, Function, Storage, Type};

impl Lower<'_> {
    pub(super) fn item(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Fn(f) => self.function(&f.sig, &f.block, f.block.brace_token.span.close()),
            syn::Item::Struct(s) => self.aggregate(&s.ident, s.fields.iter()),
            syn::Item::Union(u) => self.aggregate(&u.ident, u.fields.named.iter()),
            syn::Item::Const(c) => self.variable(&c.ident, &c.ty, Some(&c.expr)),
            syn::Item::Static(s) => self.variable(&s.ident, &s.ty, Some(&s.expr)),
            syn::Item::Type(t) => {
                let decl =
                    Decl { name: self.at(t.ident.span()), ty: self.ty(&t.ty), storage: Storage::Typedef, init: None };
                self.ast.globals.push(decl);
            }
            syn::Item::Macro(m) if m.mac.path.is_ident("macro_rules") => self.rules(m),
            syn::Item::Macro(m) => {
                let e = self.makro(&m.mac);
                let decl = Decl { init: Some(e), storage: Storage::Static, ..Decl::default() };
                self.ast.globals.push(decl);
            }
            // Functions of an `impl` inside a function.
            syn::Item::Impl(i) => {
                let outer = std::mem::take(&mut self.this);
                self.this = self.ty(&i.self_ty);
                for item in &i.items {
                    match item {
                        syn::ImplItem::Fn(f) => self.function(&f.sig, &f.block, f.block.brace_token.span.close()),
                        syn::ImplItem::Const(c) => self.variable(&c.ident, &c.ty, Some(&c.expr)),
                        _ => {}
                    }
                }
                self.this = outer;
            }
            syn::Item::Mod(m) => m.content.iter().flat_map(|c| &c.1).for_each(|i| self.item(i)),
            _ => {}
        }
    }

    pub(super) fn foreign(&mut self, item: &syn::ForeignItem) {
        match item {
            syn::ForeignItem::Static(s) => self.variable(&s.ident, &s.ty, None),
            syn::ForeignItem::Fn(f) => {
                let ty = Type { function: true, ..self.returned(&f.sig.output) };
                let decl = Decl { name: self.at(f.sig.ident.span()), ty, storage: Storage::Extern, init: None };
                self.ast.globals.push(decl);
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &syn::Ident, ty: &syn::Type, init: Option<&syn::Expr>) {
        let init = init.map(|e| self.expr(e));
        let storage = if init.is_some() { Storage::Static } else { Storage::Extern };
        let decl = Decl { name: self.at(name.span()), ty: self.ty(ty), init, storage };
        self.ast.globals.push(decl);
    }

    /// A struct or union; members of a tuple struct have no names.
    fn aggregate<'f>(&mut self, name: &syn::Ident, fields: impl Iterator<Item = &'f syn::Field>) {
        let member = |f: &syn::Field| Decl {
            name: f.ident.as_ref().map(|i| self.at(i.span())).unwrap_or_default(),
            ty: self.ty(&f.ty),
            ..Decl::default()
        };
        let members: Vec<Decl> = fields.map(member).collect();
        let members = self.decls(&members);
        let tag = self.at(name.span());
        self.ast.aggregates.push(Aggregate { tag: Some(tag), members, span: tag });
    }

    fn function(&mut self, sig: &syn::Signature, block: &syn::Block, close: proc_macro2::Span) {
        // A function inside another one sees nothing of it.
        let locals = std::mem::take(&mut self.locals);
        let names = std::mem::take(&mut self.names);
        let frames = std::mem::take(&mut self.frames);
        let closures = std::mem::take(&mut self.closures);
        let (mut params, mut first) = (Vec::new(), Vec::new());
        for input in &sig.inputs {
            let decl = match input {
                syn::FnArg::Receiver(r) => {
                    let ty = match &r.reference {
                        Some(_) => pointer(self.this),
                        None if r.colon_token.is_some() => self.ty(&r.ty),
                        None => self.this,
                    };
                    Decl { name: self.at(r.self_token.span), ty, ..Decl::default() }
                }
                syn::FnArg::Typed(t) => {
                    let ty = self.ty(&t.ty);
                    match &*t.pat {
                        syn::Pat::Ident(i) => Decl { name: self.at(i.ident.span()), ty, ..Decl::default() },
                        pat => {
                            // A pattern's parts are declared in the body.
                            let colon = self.at(t.colon_token.span);
                            let mut binds = Vec::new();
                            self.pattern(pat, super::pat::Value::Whole(colon, true), &mut binds);
                            first.extend(binds);
                            Decl { name: colon, ty, ..Decl::default() }
                        }
                    }
                }
            };
            self.local_is(decl.name, decl.ty.pointers > 0);
            params.push(decl);
        }
        let mut stmts = Vec::new();
        self.declare(&first, &mut stmts);
        self.statements(&block.stmts, super::stmt::Sink::Return, &mut stmts);
        let body = self.block_of(&stmts);
        let name = self.at(sig.ident.span());
        let ty = self.returned(&sig.output);
        let params = self.decls(&params);
        let span = name.to(self.at(sig.fn_token.span)).to(self.at(close));
        self.ast.functions.push(Function { name, ty, params, body, span, is_static: false });
        self.locals = locals;
        self.names = names;
        self.frames = frames;
        self.closures = closures;
    }

    /// `macro_rules!`: which of its words are code, and of what, only its uses say.
    fn rules(&mut self, m: &syn::ItemMacro) {
        let delimiter = match &m.mac.delimiter {
            syn::MacroDelimiter::Paren(d) => d.span,
            syn::MacroDelimiter::Brace(d) => d.span,
            syn::MacroDelimiter::Bracket(d) => d.span,
        };
        let span = Span::new(self.at(delimiter.open()).start, self.at(delimiter.close()).end);
        self.skip(span, "the rules of a macro are not followed");
        // What is in them belongs to a function of the macro's name.
        if let Some(name) = &m.ident {
            let name = self.at(name.span());
            let body = self.block_of(&[]);
            let params = self.decls(&[]);
            let ty = Type::default();
            let f = Function { name, ty, params, body, span: name.to(span), is_static: true };
            self.ast.functions.push(f);
        }
    }
}
