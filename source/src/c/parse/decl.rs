//! Declarations: specifiers, declarators, struct bodies.

use super::{Parser, TOO_DEEP};
use crate::c::lex::Tok;
use crate::tree::{Aggregate, Base, Decl, Expr, List, Storage, Type};

/// What stands before a declarator.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spec {
    pub ty: Type,
    pub storage: Storage,
    /// Something was there.
    pub any: bool,
}

impl Parser<'_> {
    /// Storage, qualifiers and the type, with attribute macros among them.
    pub(super) fn specifiers(&mut self) -> Spec {
        let mut spec = Spec::default();
        let (mut typed, mut stored) = (false, false);
        loop {
            match self.kind() {
                Tok::Static => spec.storage = Storage::Static,
                Tok::Extern => spec.storage = Storage::Extern,
                Tok::Typedef => spec.storage = Storage::Typedef,
                Tok::Storage => stored = true,
                Tok::Qualifier | Tok::Extension => {}
                Tok::TypeWord => {
                    spec.ty.base = Base::Builtin;
                    typed = true;
                }
                Tok::Attribute => {
                    self.attribute();
                    spec.any = true;
                    continue;
                }
                Tok::Struct | Tok::Union | Tok::Enum => {
                    spec.ty.base = self.aggregate();
                    typed = true;
                    spec.any = true;
                    continue;
                }
                Tok::Typeof => {
                    spec.ty = self.typeof_type();
                    typed = true;
                    spec.any = true;
                    continue;
                }
                Tok::Ident if self.is_specifier(typed, spec.storage != Storage::Plain || stored) => {
                    if self.kind_at(1) == Tok::LParen && self.kind_at(2) != Tok::Star {
                        // `__aligned(8) int x`, `LIST_HEAD(, foo) x`
                        self.pos += 1;
                        self.skip_group();
                        spec.any = true;
                        let named = self.kind() == Tok::Ident
                            && matches!(self.kind_at(1), Tok::Semi | Tok::Comma | Tok::Eq | Tok::LBracket);
                        typed |= named || self.kind() == Tok::Star;
                        continue;
                    }
                    // Of several names the last is the type: those before it are attribute macros.
                    if !typed || matches!(spec.ty.base, Base::Named(_)) {
                        spec.ty.base = Base::Named(self.here());
                        typed = true;
                    }
                }
                _ => return spec,
            }
            spec.any = true;
            self.pos += 1;
        }
    }

    /// Whether the name here belongs to the specifiers, and is not what is declared. `typed`: a type was seen already;
    /// `stored`: a storage word was, after which a name alone is an implicit int.
    fn is_specifier(&self, typed: bool, stored: bool) -> bool {
        match self.kind_at(1) {
            // No declarator goes on with any of these.
            Tok::Star | Tok::TypeWord | Tok::Struct | Tok::Union | Tok::Enum => true,
            Tok::Static | Tok::Extern | Tok::Storage | Tok::Typedef | Tok::Typeof | Tok::Qualifier => true,
            Tok::Attribute => !typed && !stored,
            Tok::Ident if !typed => true,
            Tok::Ident => {
                // `int attr x` against `int x attr`: parameter macros (`__P((int))`) and names with two underscores follow.
                let after = self.pos + 1;
                let is_params = self.at(after + 1) == Tok::LParen && self.at(after + 2) == Tok::LParen;
                !is_params && !self.is_attribute_name(after) && !self.is_attribute_after(after)
            }
            Tok::LParen if !typed => self.is_function_typed_by_name() || self.is_macro_type(),
            // An abstract declarator: `(foo)`, `foo, bar`.
            Tok::RParen | Tok::Comma | Tok::Semi | Tok::LBracket | Tok::Colon | Tok::End => {
                !typed && !stored && self.depth > 0
            }
            _ => false,
        }
    }

    /// `int x PACKED;`: a name in capitals that ends a declarator whose name is not.
    fn is_attribute_after(&self, index: usize) -> bool {
        let capitals = |i: usize| !self.text(i).iter().any(u8::is_ascii_lowercase);
        capitals(index)
            && !capitals(self.pos)
            && matches!(self.at(index + 1), Tok::Comma | Tok::Semi | Tok::Eq | Tok::RBrace | Tok::End)
    }

    /// `LIST_HEAD(, foo) x`, `CAT(a, b) *x`
    fn is_macro_type(&self) -> bool {
        let close = self.close_of(self.pos + 1);
        matches!(
            self.at(close + 1),
            Tok::Ident | Tok::Star | Tok::TypeWord | Tok::Struct | Tok::Static | Tok::Qualifier | Tok::Storage
        )
    }

    /// `foo (*fp)(…)`: a type with a function pointer after it.
    fn is_function_typed_by_name(&self) -> bool {
        let close = self.close_of(self.pos + 1);
        self.kind_at(2) == Tok::Star
            && matches!(self.kind_at(3), Tok::Ident | Tok::RParen | Tok::Star | Tok::Qualifier)
            && matches!(
                self.at(close + 1),
                Tok::LParen | Tok::LBracket | Tok::Comma | Tok::RParen | Tok::Semi | Tok::End
            )
    }

    pub(super) fn is_attribute_name(&self, index: usize) -> bool {
        self.text(index).starts_with(b"__")
    }

    fn attribute(&mut self) {
        self.pos += 1;
        if self.kind() == Tok::LParen {
            self.skip_group();
        }
    }

    /// `struct tag { … }` and its like; the keyword stands here.
    fn aggregate(&mut self) -> Base {
        let is_enum = self.kind() == Tok::Enum;
        let start = self.bump();
        while self.kind() == Tok::Attribute {
            self.attribute();
        }
        let mut tag = None;
        // `struct __packed foo {`: the last name before the brace is the tag.
        while self.kind() == Tok::Ident && (tag.is_none() || matches!(self.kind_at(1), Tok::LBrace)) {
            tag = Some(self.bump());
            if self.kind() == Tok::LParen
                && self.kind_at(1) != Tok::Star
                && self.at(self.close_of(self.pos) + 1) == Tok::LBrace
            {
                self.skip_group();
            }
        }
        if self.kind() != Tok::LBrace {
            return match tag {
                _ if is_enum => Base::Enum,
                Some(tag) => Base::Struct(tag),
                None => Base::Unknown,
            };
        }
        if is_enum {
            self.skip_group();
            return Base::Enum;
        }
        let members = self.deeper(Self::members).unwrap_or_else(|| {
            let span = self.here();
            self.skip_group();
            self.record(span, TOO_DEEP);
            List::default()
        });
        let id = self.ast.aggregates.len() as u32;
        self.ast.aggregates.push(Aggregate { tag, members, span: start.to(self.before()) });
        while self.kind() == Tok::Attribute {
            self.attribute();
        }
        tag.map_or(Base::Anonymous(id), Base::Struct)
    }

    /// `{ … }` of a struct or union.
    fn members(&mut self) -> List {
        self.pos += 1;
        let mut members = Vec::new();
        loop {
            match self.kind() {
                Tok::RBrace => {
                    self.pos += 1;
                    break;
                }
                Tok::End => {
                    self.record(self.before(), "struct without an end");
                    break;
                }
                Tok::Semi => self.pos += 1,
                _ => self.member_line(&mut members),
            }
        }
        self.decl_list(&members)
    }

    fn member_line(&mut self, members: &mut Vec<Decl>) {
        let before = self.pos;
        let spec = self.specifiers();
        if matches!(self.kind(), Tok::Semi | Tok::RBrace) {
            // An unnamed struct or union: its members belong to this one.
            self.eat(Tok::Semi);
            members.push(Decl { ty: spec.ty, ..Decl::default() });
            return;
        }
        while let Some(mut decl) = self.declarator(spec) {
            if self.eat(Tok::Colon) {
                self.assign_expr();
            }
            self.trailing_attributes();
            // A function's storage is not a member's.
            decl.storage = Storage::Plain;
            members.push(decl);
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        if self.eat(Tok::Semi) || self.kind() == Tok::RBrace {
            return;
        }
        // A macro that stands for members: `VOPARG(x) int y;`
        if self.pos > before && self.at(self.pos - 1) == Tok::RParen {
            return;
        }
        self.skip_statement("this is no member");
        if self.pos == before {
            self.skip_one("this is no member");
        }
    }

    pub(super) fn decl_list(&mut self, decls: &[Decl]) -> List {
        let start = self.ast.decls.len() as u32;
        self.ast.decls.extend_from_slice(decls);
        List { start, end: self.ast.decls.len() as u32 }
    }

    /// Attributes, `asm` names and attribute macros after a declarator.
    pub(super) fn trailing_attributes(&mut self) {
        loop {
            match self.kind() {
                Tok::Attribute => self.attribute(),
                Tok::Asm => {
                    self.asm();
                }
                Tok::Ident => {
                    self.pos += 1;
                    if self.kind() == Tok::LParen {
                        self.skip_group();
                    }
                }
                _ => return,
            }
        }
    }

    /// One declarator. `None`: nothing that starts one stands here.
    pub(super) fn declarator(&mut self, spec: Spec) -> Option<Decl> {
        let mut decl = Decl { ty: spec.ty, storage: spec.storage, ..Decl::default() };
        let start = self.pos;
        self.deeper(|p| p.declarator_inner(&mut decl))?;
        // Bit-fields may have no name: `int : 3`.
        (self.pos > start || self.kind() == Tok::Colon).then_some(decl)
    }

    fn declarator_inner(&mut self, decl: &mut Decl) {
        let starred = self.kind() == Tok::Star;
        loop {
            match self.kind() {
                Tok::Star => decl.ty.pointers = decl.ty.pointers.saturating_add(1),
                Tok::Qualifier | Tok::Caret => {}
                Tok::Attribute => {
                    self.attribute();
                    continue;
                }
                // `char * __unused x`
                Tok::Ident if self.kind_at(1) == Tok::Ident && self.is_attribute_name(self.pos) => {}
                // `char * FAR *x`, `char * _Nonnull restrict x`
                Tok::Ident if matches!(self.kind_at(1), Tok::Star | Tok::Qualifier) => {}
                // `char * _Nonnull x`
                Tok::Ident if starred && self.kind_at(1) == Tok::Ident && self.text(self.pos).starts_with(b"_") => {}
                _ => break,
            }
            self.pos += 1;
        }
        match self.kind() {
            Tok::Ident => {
                decl.name = self.bump();
                // Token-pasted names: `CONCAT(a, b)`, `a ## b`.
                while self.kind() == Tok::HashHash {
                    self.pos += 1;
                    decl.name = decl.name.to(self.bump());
                }
            }
            Tok::LParen
                if matches!(self.kind_at(1), Tok::Star | Tok::LParen | Tok::Attribute | Tok::Caret)
                    || self.is_parenthesised_name() =>
            {
                self.pos += 1;
                let pointer = self.kind() == Tok::Star;
                self.deeper(|p| p.declarator_inner(decl));
                self.expect(Tok::RParen, "`)` expected in a declarator");
                if pointer && self.kind() == Tok::LParen {
                    decl.ty.function = true;
                }
            }
            _ => {}
        }
        loop {
            match self.kind() {
                Tok::LBracket => {
                    self.pos += 1;
                    while matches!(self.kind(), Tok::Static | Tok::Qualifier) {
                        self.pos += 1;
                    }
                    if self.kind() != Tok::RBracket {
                        self.comma_expr();
                    }
                    if !self.eat(Tok::RBracket) {
                        self.skip_statement("this is no array bound");
                        return;
                    }
                    decl.ty.pointers = decl.ty.pointers.saturating_add(1);
                    decl.ty.arrays = decl.ty.arrays.saturating_add(1);
                }
                Tok::LParen => {
                    decl.ty.function = true;
                    self.skip_group();
                }
                // `int f __P((int));`
                Tok::Ident if self.kind_at(1) == Tok::LParen && self.kind_at(2) == Tok::LParen => {
                    decl.ty.function = true;
                    self.pos += 1;
                    self.skip_group();
                }
                _ => return,
            }
        }
    }

    fn is_parenthesised_name(&self) -> bool {
        self.kind_at(1) == Tok::Ident
            && self.kind_at(2) == Tok::RParen
            && matches!(self.kind_at(3), Tok::LParen | Tok::LBracket)
    }

    /// A type where no name is declared.
    pub(super) fn type_name(&mut self) -> Type {
        self.deeper(|p| {
            let mut spec = p.specifiers();
            if !spec.any && p.kind() == Tok::Ident {
                spec.ty.base = Base::Named(p.bump());
            }
            let mut decl = Decl { ty: spec.ty, ..Decl::default() };
            p.declarator_inner(&mut decl);
            decl.ty
        })
        .unwrap_or_default()
    }

    /// Declarators with initialisers up to `;`, which is taken.
    pub(super) fn init_declarators(&mut self, spec: Spec, out: &mut Vec<Decl>) -> bool {
        loop {
            let Some(mut decl) = self.declarator(spec) else { return false };
            self.trailing_attributes();
            if self.eat(Tok::Eq) {
                decl.init = if self.kind() == Tok::LBrace {
                    self.initializer()
                } else {
                    self.whole(Self::assign_expr, &[Tok::Comma, Tok::Semi], "this is no initialiser")
                };
                if decl.init.is_none() {
                    return false;
                }
            } else if self.eat(Tok::Colon) {
                self.assign_expr();
            }
            out.push(decl);
            if !self.eat(Tok::Comma) {
                return self.eat(Tok::Semi);
            }
        }
    }

    /// ANSI parameters between the brackets at token indices `open` and `close`.
    pub(super) fn parameters(&mut self, open: usize, close: usize) -> Vec<Decl> {
        let mut params = Vec::new();
        let (saved, tokens) = (self.pos, self.tokens);
        self.tokens = &tokens[..close.min(tokens.len())];
        self.pos = open + 1;
        while self.pos < self.tokens.len() {
            let before = self.pos;
            if !self.eat(Tok::Ellipsis) {
                let spec = self.deeper(Self::specifiers).unwrap_or_default();
                let decl = self.declarator(spec).unwrap_or(Decl { ty: spec.ty, ..Decl::default() });
                self.trailing_attributes();
                let is_void = self.pos == before + 1 && self.text(before) == b"void";
                if !is_void {
                    params.push(decl);
                }
            }
            if !self.eat(Tok::Comma) && self.pos < self.tokens.len() {
                self.skip_one("this is no parameter");
            }
            if self.pos == before {
                self.skip_one("this is no parameter");
            }
        }
        self.tokens = tokens;
        self.pos = saved;
        params
    }

    /// An expression for something that has no better form.
    pub(super) fn unread(&mut self) -> u32 {
        let span = self.here();
        self.push(Expr::Unread, span)
    }
}
