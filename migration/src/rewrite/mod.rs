//! One file for each kind of edit.

pub mod carry;
pub mod current;
pub mod declare;
pub mod reference;
pub mod store;
pub mod tests;
pub mod types;

use crate::edit::Edit;
use crate::facts::Facts;
use crate::includes::Includes;
use crate::sites::View;
use uioscope_analyzer::finding::Audit;
use uioscope_analyzer::flow::global::Program;
use uioscope_analyzer::packs::Migration;
use uioscope_source::places::is_null;
use uioscope_source::tree::{Expr, ExprId, Op};

/// What all rewrites need.
pub struct Context<'x, 't> {
    /// The tree's indexes.
    pub program: &'x Program<'x, 't>,
    /// The findings.
    pub audit: &'x Audit,
    /// Of each finding.
    pub facts: &'x [Facts],
    /// Who sees which header.
    pub includes: &'x Includes<'t>,
}

impl Context<'_, '_> {
    /// The names to write.
    pub fn words(&self) -> &Migration {
        &self.program.pack.migration
    }

    /// The struct that the old field points to.
    pub fn pointee(&self) -> &str {
        self.program.target.pointee.as_deref().unwrap_or("proc")
    }

    /// Edits that make a place of a file see the declaration of a struct, if it does not yet.
    pub fn seeing(&self, path: &str, at: u32, of: &str) -> Result<Option<Edit>, String> {
        let (Some(header), Some(file)) = (self.words().header(of), self.program.functions.index_of(path)) else {
            return Ok(None);
        };
        if path.ends_with(".h") || self.includes.sees(file, at, header) {
            return Ok(None);
        }
        let declared = self.program.lookup.structure(of, path).is_some_and(|s| s.path == path);
        if declared {
            return Ok(None);
        }
        match self.includes.add(file, at, header) {
            Some(edit) => Ok(Some(edit)),
            None => Err(format!("the file does not include <{header}>")),
        }
    }

    /// Turns an expression that is a process into its address space.
    ///
    /// # Errors
    /// What is known of the expression does not lead there.
    pub fn to_space(&self, view: &View<'_>, e: ExprId, edits: &mut Vec<Edit>) -> Result<(), String> {
        let body = view.body;
        let e = match body.ast.expr(e) {
            Expr::Cast { .. } if !is_null(body, e) => return Err("the value is cast".to_owned()),
            _ => e,
        };
        if is_null(body, e) {
            return Ok(());
        }
        match body.ast.expr(e) {
            Expr::Assign { lhs, rhs, .. } => match body.ast.expr(body.strip(lhs)) {
                // The inner assignment's own edit makes it an address space.
                Expr::Member { name, .. } if self.is_field(&body.name(name)) => Ok(()),
                _ => self.to_space(view, rhs, edits),
            },
            Expr::Choice { then, other, .. } => {
                then.into_iter().try_for_each(|t| self.to_space(view, t, edits))?;
                self.to_space(view, other, edits)
            }
            Expr::Binary { op: Op::Comma, rhs, .. } => self.to_space(view, rhs, edits),
            Expr::Member { name, .. } if self.is_field(&body.name(name)) => {
                edits.push(Edit::new(&view.file.path, name.start, name.end, self.words().member.as_str()));
                Ok(())
            }
            _ => self.append_way(view, e, edits),
        }
    }

    fn append_way(&self, view: &View<'_>, e: ExprId, edits: &mut Vec<Edit>) -> Result<(), String> {
        let body = view.body;
        let text = String::from_utf8_lossy(body.text(e)).into_owned();
        let running = self.words().current.iter().find(|(_, name)| *name == text).map(|(of, _)| of.clone());
        let known = || view.types.struct_of(body, e).filter(|of| !of.is_empty());
        // What is stored in the field has the field's type.
        let of = running.or_else(known).unwrap_or_else(|| self.pointee().to_owned());
        let Some(way) = self.words().space_of(&of) else {
            return Err(format!("how to get from a struct {of} to its address space is not known"));
        };
        if let Expr::Unary { op: Op::AddrOf, operand } = body.ast.expr(e) {
            let (start, end) = (body.ast.own(e).start, body.ast.span(operand).end);
            let inner = String::from_utf8_lossy(body.ast.span(operand).of(body.source)).into_owned();
            edits.push(Edit::new(&view.file.path, start, end, format!("{inner}.{way}")));
        } else {
            let span = body.ast.span(e);
            let bare =
                matches!(body.ast.expr(e), Expr::Name | Expr::Member { .. } | Expr::Call { .. } | Expr::Index { .. });
            if bare || span != body.ast.own(e) {
                edits.push(Edit::new(&view.file.path, span.end, span.end, format!("->{way}")));
            } else {
                edits.push(Edit::new(&view.file.path, span.start, span.end, format!("({text})->{way}")));
            }
        }
        edits.extend(self.seeing(&view.file.path, body.ast.span(e).start, &of)?);
        Ok(())
    }

    /// Whether a member's name is that of the field.
    pub fn is_field(&self, name: &str) -> bool {
        name == self.program.target.field
    }
}
