//! Uses of a field whose name is a macro's, `#define uio_procp uio_u.procp`, that name the members behind it.

use crate::audit::site::{Known, Scan, Site};
use crate::finding::Implicit;
use uioscope_source::body::Fate;
use uioscope_source::tree::{Expr, ExprId};

impl<'x> Scan<'x, '_> {
    /// What stands left of the members that the field's name stands for, where `e` is the last of them.
    pub(super) fn by_path(&self, e: ExprId, last: &str) -> Option<(ExprId, bool)> {
        let ways = self.target.paths.iter().filter(|p| p.last().is_some_and(|l| l == last));
        ways.filter_map(|path| self.left_of(e, path)).next()
    }

    /// The first member of the way that leads from `base` to `e`, where the field's own name does not stand.
    pub(super) fn path_from(&self, e: ExprId, base: ExprId) -> Option<&'x str> {
        let way = self.target.paths.iter().find(|p| self.left_of(e, p).is_some_and(|(b, _)| b == base))?;
        way.first().map(String::as_str)
    }

    fn left_of(&self, e: ExprId, path: &[String]) -> Option<(ExprId, bool)> {
        let mut at = e;
        for (i, wanted) in path.iter().enumerate().rev() {
            let Expr::Member { base, name, arrow } = self.body.ast.expr(at) else { return None };
            if self.body.name(name) != *wanted || arrow && i > 0 {
                return None;
            }
            if i == 0 {
                return Some((base, arrow));
            }
            at = self.body.strip(base);
        }
        None
    }

    /// `.uio_u = { .procp = p }`, `.uio_u.procp = p`: the last designator's value.
    pub(super) fn designated_path(&self, e: ExprId, last: &str, out: &mut Vec<Site>) {
        let body = self.body;
        for path in self.target.paths.iter().filter(|p| p.last().is_some_and(|l| l == last)) {
            let mut at = e;
            let mut outer = None;
            for (i, wanted) in path.iter().enumerate().rev() {
                let Expr::Field { name, .. } = body.ast.expr(at) else { break };
                let Fate::Operand(init) = body.fate(at) else { break };
                if body.name(name) != *wanted {
                    break;
                }
                if i == 0 {
                    outer = Some(init);
                    break;
                }
                let Fate::Operand(up) = body.fate(init) else { break };
                at = up;
            }
            let (Some(init), Expr::Field { name, value }) = (outer, body.ast.expr(e)) else { continue };
            let before = out.len();
            self.designated_in(init, e, name, value, None, out);
            for site in &mut out[before..] {
                site.implicit = Some(Implicit::Path);
            }
            // Members of these names are common: only a struct that is seen to be the one counts.
            if out.last().is_some_and(|s| s.known != Known::Tracked) {
                out.truncate(before);
            }
        }
    }

    /// The value that a positional initialiser gives to the field: that of its first member, or of the braces around the ways.
    pub(super) fn behind_braces(&self, item: ExprId) -> (ExprId, bool) {
        let depth = self.target.paths.first().map_or(1, Vec::len);
        let mut item = item;
        for _ in 1..depth {
            match self.body.ast.expr(item) {
                Expr::Init { items } => match self.body.ast.list(items).first() {
                    Some(&first) => item = first,
                    None => break,
                },
                _ => break,
            }
        }
        (item, depth == 1)
    }
}
