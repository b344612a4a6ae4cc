//! One line a finding, `path:line:column: severity: what`, as compilers write it: editors and build logs know the form.

use crate::place::Places;
use crate::safe::clean;
use crate::view::{View, access_text, is_abuse, meaning};
use std::fmt::Write;

/// The findings that are shown, a line each.
pub fn render(view: &View<'_>, places: &Places) -> String {
    let mut out = String::new();
    for f in &view.shown {
        let severity = if is_abuse(f) { "warning" } else { "note" };
        let what = [access_text(f), meaning(f)].join(" ");
        let _ = writeln!(
            out,
            "{}:{}:{}: {severity}: {} in {} [{}]",
            places.shown(&f.path),
            f.line,
            f.column,
            what.trim(),
            clean(&f.function),
            f.id
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_line_a_finding() {
        let audit = fixture::audit();
        insta::assert_snapshot!(render(&View::whole(&audit), &Places::new("sys")));
    }
}
