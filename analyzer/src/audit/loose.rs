//! The field's name where no member stands: a variable, an argument that a macro makes a member of, `offsetof`.

use crate::audit::file::{Bucket, Context, Draft, Work};
use crate::finding::{Access, Note, Role};
use crate::flow::target::Target;
use uioscope_source::body::{Body, Fate};
use uioscope_source::text::name_text;
use uioscope_source::tree::{Base, Expr, ExprId, Op};

/// A name that stands where no member does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loose {
    /// Who gets it; empty where nobody does.
    pub callee: String,
    /// Only the member's place in its struct is asked for: `offsetof`; and whether a pointer is made of that.
    pub offset: Option<bool>,
}

impl Work<'_, '_, '_> {
    /// Names of the field by themselves in a body of made text, with their places there.
    pub(super) fn loose_in(&self, body: &Body<'_>) -> Vec<(u32, Loose)> {
        let field = self.context.target.field.as_bytes();
        let is_loose = |e: &ExprId| {
            body.ast.expr(*e) == Expr::Name
                && body.var(*e).is_none()
                && &*name_text(body.ast.own(*e).of(body.source)) == field
        };
        body.exprs().filter(is_loose).map(|e| (body.ast.own(e).start, loose(body, e, self.context.target))).collect()
    }

    /// What made text says of a name that stands by itself, where it says more than the file's own.
    pub(super) fn note_offset(&mut self, at: u32, loose: Loose) {
        if loose.offset.is_some() {
            self.loose.insert(at, loose);
        }
    }

    /// Names of the field that stand by themselves: variables, or arguments that a macro makes a member of.
    pub(super) fn note_loose(&mut self, body: &Body<'_>) {
        let field = self.context.target.field.as_bytes();
        for e in body.exprs() {
            let own = body.ast.own(e);
            if body.ast.expr(e) != Expr::Name || &*name_text(own.of(body.source)) != field {
                continue;
            }
            if body.var(e).is_some() {
                self.names.insert(own.start);
            } else {
                let loose = loose(body, e, self.context.target);
                self.loose.insert(own.start, loose);
            }
        }
    }

    /// A name by itself is something else only where something else of that name is declared.
    pub(super) fn loose_name(&self, at: u32, loose: Loose, function: String) -> Draft {
        let Context { target, lookup, functions, .. } = self.context;
        let name = target.field.as_str();
        let is_declared = lookup.variable(name, &self.file.path).is_some()
            || lookup.typedef(name, &self.file.path).is_some()
            || !functions.all(name).is_empty();
        let (bucket, role, note) = match loose.offset {
            _ if is_declared => return self.plain(Bucket::Other, at, Note::OtherName, function),
            Some(false) => (Bucket::Classified, Role::Unused, Note::PlaceAsked),
            Some(true) => (Bucket::Classified, Role::Opaque, Note::PlaceAsked),
            None => (Bucket::Unresolved, Role::Opaque, Note::NameAsArgument(loose.callee)),
        };
        let mut draft = self.plain(bucket, at, note, function);
        draft.site.access = Access::Load;
        draft.site.outcome.roles.insert(role);
        draft
    }
}

/// What a name is handed to, and whether only its place in the struct is asked for.
fn loose(body: &Body<'_>, e: ExprId, target: &Target) -> Loose {
    let ast = body.ast;
    let Fate::Operand(call) = body.fate(e) else { return Loose { callee: String::new(), offset: None } };
    let Expr::Call { callee, args } = ast.expr(call) else { return Loose { callee: String::new(), offset: None } };
    let name = String::from_utf8_lossy(body.text(callee)).into_owned();
    let of_target = ast.list(args).first().is_some_and(|first| match ast.expr(body.strip(*first)) {
        Expr::TypeArg { ty } => match ty.base {
            Base::Struct(tag) => body.name(tag) == target.of,
            Base::Named(named) => target.typedefs.contains(&body.name(named)),
            _ => false,
        },
        Expr::Name => target.typedefs.contains(&String::from_utf8_lossy(body.text(body.strip(*first))).into_owned()),
        _ => false,
    });
    if !of_target || !matches!(name.as_str(), "offsetof" | "__builtin_offsetof" | "__offsetof") {
        return Loose { callee: name, offset: None };
    }
    // A place that is added to an address makes a pointer to the member; one that is taken off, to the struct.
    let mut made = false;
    let mut at = call;
    while let Fate::Operand(up) = body.fate(at) {
        match ast.expr(up) {
            Expr::Binary { op: Op::Arith, rhs, .. } if rhs == at => {
                let start = ast.span(rhs).start as usize;
                if body.source[..start].trim_ascii_end().last() == Some(&b'-') {
                    break;
                }
            }
            Expr::Cast { ty, .. } => made |= ty.pointers > 0,
            Expr::Unary { op: Op::Deref, .. } => made = true,
            _ => {}
        }
        at = up;
    }
    Loose { callee: name, offset: Some(made) }
}
