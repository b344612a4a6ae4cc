//! One fixture for each construct of kernel C, as the tree that it gives.

use crate::c::items;
use crate::c::parse::parse;
use crate::c::pp::Unit;
use crate::c::variant::{Cover, variants};
use crate::tree::Ast;

mod conditionals;
mod declarations;
mod definitions;
mod expressions;
mod known;
pub(crate) mod printer;
mod statements;

/// The trees of a source: items one a line, variants of an item with ` | ` between.
#[track_caller]
fn check(source: &str, want: &str) {
    let source: Vec<u8> = source.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect();
    let unit = Unit::new(&source);
    let mut lines = Vec::new();
    for item in items::cut(&unit) {
        let taken = variants(&unit, item, Cover::All);
        assert!(!taken.incomplete, "arms were left out");
        let trees = taken.streams.iter().map(|stream| {
            let mut ast = Ast::default();
            parse(&source, stream, &mut ast);
            printer::print(&source, stream, &ast)
        });
        lines.push(trees.collect::<Vec<_>>().join(" | "));
    }
    lines.retain(|l| !l.is_empty());
    let want: Vec<_> = want.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let text = String::from_utf8_lossy(&source);
    assert!(lines == want, "{text}\n--- want\n{}\n--- got\n{}\n", want.join("\n"), lines.join("\n"));
}

/// The statements of a function's body, in each variant.
#[track_caller]
fn body(statements: &str, want: &str) {
    let want: Vec<_> = want.split(" | ").map(|w| format!("(fn f int [] {{{w}}})")).collect();
    check(&format!("int\nf(void)\n{{\n{statements}\n}}\n"), &want.join(" | "));
}
